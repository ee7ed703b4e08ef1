/** Pages about kinds, fields, codes and the forms that all kinds share, from their own data (DESIGN 4). */
import { type OperationName, operationFacts } from '../operations/index.ts';
import { CODE_TEXTS } from './code-texts.ts';
import { CODES, type DiagnosticCode, nearest, sure } from './diagnostic.ts';
import { allowedOf, type FieldNode, fieldExample, fieldNodes, findField, formOf, limitsOf } from './explain-fields.ts';
import type { CallLine, FieldLine, FieldPage, KindPage, OverviewPage, Page, TopicPage } from './explain-pages.ts';
import { requiredToCreate } from './explain-required.ts';
import { TOPICS, type Topic } from './explain-topics.ts';
import { partsOf } from './json.ts';
import type { FieldRule, Kind, KnownKeys } from './kind.ts';
import type { JsonObject } from './ports.ts';
import { yamlOf } from './yaml-text.ts';

/**
 * The page about a topic: nothing, a kind, `KIND.FIELD`, a kind with a pointer as plans print it, a code, or one of the
 * engine's own topics. Case is of no account.
 *
 * @returns the page, or the nearest topics
 */
export const explainTopic = (
  topic: string | null,
  kinds: readonly Kind[],
): { readonly page: Page } | { readonly nearest: readonly string[] } => {
  if (topic === null) return { page: overview(kinds) };
  const asked = topic.trim();
  const isAsked = (name: string): boolean => name.toLowerCase() === asked.toLowerCase();
  const [first = ''] = asked.split(/[./]/, 1);
  const kind = kinds.find(({ collection }) => collection.toLowerCase() === first.toLowerCase());
  if (kind) return explainKind(kind, asked.slice(first.length));
  const own = TOPICS.find(({ name }) => name.toLowerCase() === first.toLowerCase());
  if (own && (isAsked(own.name) || fieldOf(fieldNodes(own.schema), asked.slice(first.length)))) return { page: topicPage(own) };
  const code = (Object.keys(CODES) as DiagnosticCode[]).find(isAsked);
  if (code) return { page: { page: 'code', topic: code, ...CODE_TEXTS[code], exit: CODES[code] } };
  return { nearest: nearestTo(asked, kinds) };
};

/** Every topic that has a page, fields of fields too. */
export const topicsOf = (kinds: readonly Kind[]): readonly string[] => [
  ...kinds.flatMap((kind) => [kind.collection, ...fieldNodes(kind.schema).map(({ name }) => `${kind.collection}.${name}`)]),
  ...TOPICS.map(({ name }) => name),
  ...Object.keys(CODES),
];

const MOST_NEAREST = 3;
const nearestOf = (asked: string, names: readonly string[]): readonly string[] => {
  const found: string[] = [];
  for (let left = names; found.length < MOST_NEAREST; left = left.filter((one) => one !== found.at(-1))) {
    const one = nearest(asked, left);
    if (one === null) break;
    found.push(one);
  }
  return found;
};

/** Of a name without its kind, the fields of that name; of a dotted one, first the kind and then the field. */
const nearestTo = (asked: string, kinds: readonly Kind[]): readonly string[] => {
  const [first = '', ...rest] = asked.split(/[./]/);
  if (rest.length > 0) {
    const near = nearest(first, [...kinds.map(({ collection }) => collection), ...TOPICS.map(({ name }) => name)]);
    const kind = kinds.find(({ collection }) => collection === near);
    return kind ? nearestFields(kind, rest) : near === null ? [] : [near];
  }
  const fields = kinds.flatMap(({ collection, schema }) =>
    fieldNodes(schema)
      .filter(({ name }) => name.toLowerCase() === first.toLowerCase())
      .map(({ name }) => `${collection}.${name}`),
  );
  if (fields.length > 0) return fields.slice(0, MOST_NEAREST);
  return nearestOf(first, [
    ...kinds.map(({ collection }) => collection),
    ...TOPICS.map(({ name }) => name),
    ...Object.keys(CODES),
  ]);
};

const nearestFields = ({ collection, schema }: Kind, words: readonly string[]): readonly string[] => {
  const near = nearestOf(
    words.join('.'),
    fieldNodes(schema).map(({ name }) => name),
  );
  return near.length > 0 ? near.map((name) => `${collection}.${name}`) : [collection];
};

// ---- kinds ----------------------------------------------------------------------------------------------------------

const overview = (kinds: readonly Kind[]): OverviewPage => ({
  page: 'overview',
  kinds: kinds.map(({ collection, schema, edition }) => ({ topic: collection, means: meaningOf(schema), edition })),
  topics: TOPICS.map((topic) => ({ topic: topic.name, means: topic.summary, of: placeOf(topic) })),
});

const meaningOf = (schema: JsonObject): string => String(schema['description'] ?? '');

/** A name below a kind's as words: `.members.prod`, `/members/prod/bob@example.com`. */
const wordsOf = (rest: string): readonly string[] => (rest.startsWith('/') ? partsOf(rest) : rest.slice(1).split('.'));
const fieldOf = (nodes: readonly FieldNode[], rest: string): FieldNode | null => findField(nodes, wordsOf(rest));

const explainKind = (kind: Kind, rest: string): ReturnType<typeof explainTopic> => {
  const nodes = fieldNodes(kind.schema);
  if (rest.length <= 1) return { page: kindPage(kind, nodes) };
  const [first = ''] = wordsOf(rest);
  const shared = TOPICS.find(({ name, ofResources }) => ofResources && name.toLowerCase() === first.toLowerCase());
  if (shared) return { page: topicPage(shared) };
  const node = fieldOf(nodes, rest);
  if (node) return { page: fieldPage(kind, node, nodes) };
  return { nearest: nearestFields(kind, wordsOf(rest)) };
};

const kindPage = (kind: Kind, nodes: readonly FieldNode[]): KindPage => {
  const { collection, noun, schema, keyParts, edition, writesSince } = kind;
  const calls = sure(kind.calls, `list of calls of ${collection}`);
  const needed = requiredToCreate(kind, exampleOf(kind));
  return {
    page: 'kind',
    topic: collection,
    noun,
    means: meaningOf(schema),
    key: keyParts,
    edition,
    serverVersion: highestVersion(writesSince, calls.create),
    example: yamlOf({ [collection]: sure(kind.example, `example of ${collection}`) }),
    fields: nodes
      .filter(({ name }) => !name.includes('.'))
      .map((node) => ({
        ...fieldLine(collection, node, needed),
        rules: [...new Set(rulesOf(kind, node).map(({ rule }) => rule))],
      })),
    protectedFrom: kind.born,
    replaceRefused: kind.replaceRefused,
    calls: {
      create: calls.create.map(callLine),
      rename: kind.renames ? (calls?.rename ?? []).map(callLine) : null,
      delete: calls.delete.map(callLine),
    },
  };
};

/** The resource of a kind's example, without its key. */
const exampleOf = (kind: Kind): { readonly key: readonly string[]; readonly resource: JsonObject } => {
  let resource = sure(kind.example, `example of ${kind.collection}`);
  const key: string[] = [];
  for (let part = 0; part < kind.keyParts.length; part++) {
    const [name = ''] = Object.keys(resource);
    key.push(name);
    resource = sure(resource[name], `${name} in an example`) as JsonObject;
  }
  return { key, resource };
};

const fieldLine = (kind: string, node: FieldNode, needed: readonly string[]): FieldLine => ({
  topic: `${kind}.${node.name}`,
  name: node.name,
  means: meaningOf(node.schema),
  required: node.isRequired ? 'always' : needed.includes(node.path) ? 'to create' : 'no',
});

const callLine = (operation: OperationName): CallLine => ({ operation, level: operationFacts(operation).level });

// ---- fields ---------------------------------------------------------------------------------------------------------

const fieldPage = (kind: Kind, node: FieldNode, nodes: readonly FieldNode[]): FieldPage => {
  const example = exampleOf(kind);
  const needed = requiredToCreate(kind, example);
  const rules = rulesOf(kind, node);
  const calls = rules.flatMap((rule) => rule.calls ?? []);
  const shown = fieldExample(node, nodes, example.resource);
  return {
    page: 'field',
    kind: kind.collection,
    path: node.path,
    ...fieldLine(kind.collection, node, needed),
    form: formOf(node.schema),
    allowed: allowedOf(node.schema),
    limits: limitsOf(node.schema),
    edition: highestEdition([kind.edition, ...rules.flatMap((rule) => rule.edition ?? []), ...calls.map(editionOf)]),
    serverVersion: highestVersion(kind.writesSince, calls),
    isContact: rules.some((rule) => rule.contact === true),
    changes: rules.map((rule) => ({
      path: rule.path,
      rule: rule.rule,
      why: rule.why ?? null,
      notes: notesOf(rule),
      refused: rule.rule === 'immutable' ? kind.replaceRefused : null,
      isGuarded: rule.guard !== undefined,
      calls: (rule.calls ?? []).map(callLine),
    })),
    known: knownOf(rules.filter(({ path }) => path === `${node.path}/*`).flatMap(({ known }) => known?.() ?? [])),
    example: shown === null ? '' : yamlOf({ [kind.collection]: keyed(example.key, shown) }),
    fields: nodes.filter((one) => one.path.startsWith(`${node.path}/`)).map((one) => fieldLine(kind.collection, one, needed)),
  };
};

const knownOf = (all: readonly KnownKeys[]): FieldPage['known'] => {
  const groups = new Map<string, { readonly of: readonly string[]; readonly keys: KnownKeys['keys'] }>();
  for (const { of, keys } of all) {
    const text = JSON.stringify(keys);
    groups.set(text, { of: [...(groups.get(text)?.of ?? []), of], keys });
  }
  return [...groups.values()];
};

const notesOf = ({ hides, remembers, additive, conceals }: FieldRule): readonly string[] => [
  ...(hides ? ['what a read masks is compared by the fingerprint of what was sent'] : []),
  ...(remembers ? ['what no read shows is compared with the record'] : []),
  ...(additive ? ['elements can be added; the rest is for somebody in the console'] : []),
  ...(conceals ? ['a value that is not in the files is never shown'] : []),
];

const keyed = (key: readonly string[], resource: JsonObject): JsonObject =>
  key.reduceRight<JsonObject>((below, part) => ({ [part]: below }), resource);

const overlaps = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((part, index) => part === '*' || b[index] === '*' || part === b[index]);

/** The rules at and below a field; else those of what it stands in. */
const rulesOf = (kind: Kind, node: FieldNode): readonly FieldRule[] => {
  const path = partsOf(node.path);
  const placed = kind.fields
    .map((rule) => ({ rule, parts: partsOf(rule.written ?? rule.path) }))
    .filter(({ parts }) => overlaps(parts, path));
  const below = placed.filter(({ parts }) => parts.length >= path.length);
  const longest = Math.max(0, ...placed.map(({ parts }) => parts.length));
  return (below.length > 0 ? below : placed.filter(({ parts }) => parts.length === longest)).map(({ rule }) => rule);
};

const EDITIONS = ['agile', 'basic', 'intelligent'];
const editionOf = (operation: OperationName): string => operationFacts(operation).edition?.toLowerCase() ?? 'agile';
const highestEdition = (editions: readonly string[]): string =>
  sure(EDITIONS[Math.max(0, ...editions.map((edition) => EDITIONS.indexOf(edition)))], 'edition of this rank');

const highestVersion = (written: string | null, calls: readonly OperationName[]): string | null => {
  const versions = [written, ...calls.map((operation) => operationFacts(operation).minServerVersion)].flatMap((one) => one ?? []);
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
};

// ---- the engine's own topics ----------------------------------------------------------------------------------------

const placeOf = ({ ofWorkspace }: Topic): TopicPage['of'] => (ofWorkspace ? 'workspace' : 'kinds');
const topicPage = (topic: Topic): TopicPage => ({
  page: 'topic',
  topic: topic.name,
  of: placeOf(topic),
  means: topic.text,
  example: yamlOf(topic.example),
  fields: fieldNodes(topic.schema).map((node) => ({
    ...fieldLine(topic.name, node, []),
    form: formOf(node.schema),
    allowed: allowedOf(node.schema),
  })),
});
