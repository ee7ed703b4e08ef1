/** Documents to resources: collections, addresses, merging of files, overlays, schema (DESIGN 2; RESOURCES 1, 3). */

import { byPlace, type Diagnostic, type DiagnosticCode, nearest, sure } from './diagnostic.ts';
import { type DocumentFile, writtenOf } from './document.ts';
import { addressOf, byText, getAt, isObject, pointerOf } from './json.ts';
import { keyName } from './kind.ts';
import type { LoadedResource } from './model.ts';
import { mergePatch } from './overlay.ts';
import type { Json, JsonObject } from './ports.ts';
import { childrenOf, isFaulty, keySpan, locate, type Span, valueSpan, type Written } from './positions.ts';
import { type KindShape, LATER_COLLECTIONS, SETS, schemaOf } from './resource-schema.ts';
import { checkSchema, type Validate } from './schema-check.ts';
import { checkSecrets, markedPlaces } from './secret-check.ts';
import type { LoadedSet } from './workspace.ts';

export type { KindShape } from './resource-schema.ts';
export type { Validate } from './schema-check.ts';

export type LoadInput = {
  /** Resource files in any order; overlays in the order in which they are merged. */
  readonly documents: readonly DocumentFile[];
  readonly overlays: readonly DocumentFile[];
  readonly kinds: readonly KindShape[];
  /** By collection, `sets` included: made from `schemaOf` at generate time. */
  readonly validators: Readonly<Record<string, Validate>>;
};

export type Loaded = {
  /** In the order of the kinds, then of addresses. Only those without an error of their own. */
  readonly resources: readonly LoadedResource[];
  readonly sets: readonly LoadedSet[];
  readonly diagnostics: readonly Diagnostic[];
};

/** One resource in the making; `layers` from the first file that speaks of it to the last overlay. */
type Entry = {
  readonly kind: KindShape;
  readonly key: readonly string[];
  readonly address: string;
  layers: Written[];
  raw: Json;
};

/**
 * Merges documents and overlays into resources, and holds each against its kind's schema. All errors at once, by place.
 *
 * The documents' own diagnostics are passed on.
 */
export const loadResources = (input: LoadInput): Loaded => {
  const kinds = new Map([SETS, ...input.kinds].map((kind) => [kind.collection, kind]));
  const diagnostics: Diagnostic[] = [...input.documents, ...input.overlays].flatMap((document) => document.diagnostics);
  const entries = new Map<string, Entry>();
  const documents = [...input.documents].sort((a, b) => byText(a.file, b.file));
  for (const document of documents)
    for (const entry of entriesOf(document, kinds, diagnostics)) addEntry(entries, entry, diagnostics);
  for (const overlay of input.overlays) applyOverlay(entries, overlay, kinds, diagnostics);

  const order = new Map([...kinds.keys()].map((collection, index) => [collection, index]));
  const rankOf = ({ kind }: Entry): number => sure(order.get(kind.collection), 'kind of this name');
  const checkOf = checkersOf(input.validators);
  const sorted = [...entries.values()].sort((a, b) => rankOf(a) - rankOf(b) || byText(a.address, b.address));
  const resources: LoadedResource[] = [];
  const sets: LoadedSet[] = [];
  for (const entry of sorted) {
    const found = checkOf(entry.kind)(entry);
    diagnostics.push(...found);
    if (found.length > 0 || !isObject(entry.raw)) continue;
    if (entry.kind === SETS) sets.push(loadedSet(entry, entry.raw));
    else resources.push(loadedResource(entry, entry.raw));
  }
  return { resources, sets, diagnostics: diagnostics.sort(byPlace) };
};

const placesOf = (entry: Entry): Pick<LoadedResource, 'source' | 'sourceOf'> => {
  const { layers } = entry;
  const base = layerOf(entry);
  return {
    source: keySpan(base).source,
    sourceOf: (pointer) => (pointer === '' ? keySpan(base) : valueSpan(locate(layers, pointer).written)).source,
  };
};

const loadedResource = (entry: Entry, raw: JsonObject): LoadedResource => ({
  kind: entry.kind.collection,
  key: entry.key,
  address: entry.address,
  raw,
  ...placesOf(entry),
});
const loadedSet = (entry: Entry, raw: JsonObject): LoadedSet => ({ name: keyName(entry.key), raw, ...placesOf(entry) });

// ---- what a file declares -------------------------------------------------------------------------------------------

type Report = Diagnostic[];
const error = (code: DiagnosticCode, message: string, at: Span, hint: string, more: Partial<Diagnostic> = {}): Diagnostic => ({
  code,
  severity: 'error',
  message,
  hint,
  ...at,
  ...more,
});

const MAP_HINT = 'Write it as a map: lines of "key: value", or { … }.';
const NULL_HINT = 'Write {} for none of its fields; leave the line out for "not managed".';

/** Reads the collections of one file; null is let through for overlays, which take away by it. */
const collectionsOf = (
  document: DocumentFile,
  kinds: ReadonlyMap<string, KindShape>,
  report: Report,
): { kind: KindShape; at: Written }[] => {
  const root = writtenOf(document);
  if (document.value === null) return [];
  if (!isObject(document.value)) {
    report.push(
      error(
        'TYPE_WRONG',
        'A file of resources must be a map of collections.',
        valueSpan(root),
        'For example: userGroups: { … }.',
      ),
    );
    return [];
  }
  return childrenOf(root).flatMap(([name, at]) => {
    const kind = kinds.get(name);
    if (kind !== undefined) return [{ kind, at }];
    report.push(unknownCollection(name, at, kinds));
    return [];
  });
};

const unknownCollection = (name: string, at: Written, kinds: ReadonlyMap<string, KindShape>): Diagnostic => {
  if (LATER_COLLECTIONS.includes(name))
    return error(
      'COLLECTION_UNKNOWN',
      `"${name}" is not supported yet.`,
      keySpan(at),
      'Leave it out; what the tenant has of it stays as it is.',
    );
  const near = nearest(name, kinds.keys());
  const hint = near === null ? `There are: ${[...kinds.keys()].join(', ')}.` : `Did you mean "${near}"?`;
  return error('COLLECTION_UNKNOWN', `There is no collection "${name}".`, keySpan(at), hint);
};

const entriesOf = (document: DocumentFile, kinds: ReadonlyMap<string, KindShape>, report: Report): Entry[] => {
  const found: Entry[] = [];
  const descend = (kind: KindShape, at: Written, key: readonly string[]): void => {
    const isResource = key.length === kind.keyParts.length;
    const name = key.at(-1) ?? kind.collection;
    if (isFaulty(at) && !isObject(at.value)) return;
    if (at.value === null) {
      report.push(error('NULL_RESOURCE', `"${name}" is empty.`, keySpan(at), NULL_HINT));
      return;
    }
    if (!isObject(at.value) || isReference(at.value)) {
      report.push(error('TYPE_WRONG', `"${name}" must be a map.`, valueSpan(at), MAP_HINT));
      return;
    }
    if (isResource) {
      found.push({ kind, key, address: addressOf(kind.collection, ...key), layers: [at], raw: at.value });
      return;
    }
    for (const [part, child] of childrenOf(at)) if (isNameRight(part, child, report)) descend(kind, child, [...key, part]);
  };
  for (const { kind, at } of collectionsOf(document, kinds, report)) descend(kind, at, []);
  return found;
};

const isReference = (value: JsonObject): boolean => '$secret' in value || '$concat' in value;

const LONGEST_NAME = 255;
const isNameRight = (name: string, at: Written, report: Report): boolean => {
  const fault =
    name === ''
      ? 'A name may not be empty.'
      : name.trim() !== name
        ? 'A name may not begin or end with a blank.'
        : name.length > LONGEST_NAME
          ? `A name may have at most ${LONGEST_NAME} characters.`
          : null;
  if (fault === null) return true;
  report.push(error('NAME_WRONG', fault, keySpan(at), 'Write the name as the service shows it.'));
  return false;
};

/** The second mention of an address: an error, unless one of the two only brings nested collections that the other lacks. */
const addEntry = (entries: Map<string, Entry>, entry: Entry, report: Report): void => {
  const first = entries.get(entry.address);
  if (first === undefined) {
    entries.set(entry.address, entry);
    return;
  }
  const { nested } = entry.kind;
  const keysOf = (value: Json): string[] => (isObject(value) ? Object.keys(value) : []);
  const isNestedOnly = (value: Json): boolean => keysOf(value).length > 0 && keysOf(value).every((key) => nested.includes(key));
  const isAddition = isNestedOnly(entry.raw);
  if (!isAddition && !isNestedOnly(first.raw)) {
    report.push(duplicate(entry.address, keySpan(layerOf(entry)), keySpan(layerOf(first)), nested));
    return;
  }
  const both = keysOf(entry.raw).filter((key) => keysOf(first.raw).includes(key));
  for (const key of both)
    report.push(
      duplicate(
        `${entry.address}/${key}`,
        keySpan(locate(entry.layers, pointerOf(key)).written),
        keySpan(locate(first.layers, pointerOf(key)).written),
        nested,
      ),
    );
  if (both.length > 0) return;
  // The file that says more than nested collections is where the resource is declared.
  first.layers = isAddition ? [...first.layers, ...entry.layers] : [...entry.layers, ...first.layers];
  first.raw = { ...(first.raw as JsonObject), ...(entry.raw as JsonObject) };
};

const layerOf = ({ layers: [first] }: Entry): Written => sure(first, 'layer of a resource');

const duplicate = (address: string, here: Span, first: Span, nested: readonly string[]): Diagnostic =>
  error(
    'ADDRESS_DUPLICATE',
    `"${address}" is declared twice.`,
    here,
    nested.length > 0 ? `Keep one of them; only ${nested.join(', ')} may stand in a file of its own, once.` : 'Keep one of them.',
    { address, related: [{ message: 'The first one is here.', source: first.source }] },
  );

// ---- overlays -------------------------------------------------------------------------------------------------------

const applyOverlay = (
  entries: Map<string, Entry>,
  overlay: DocumentFile,
  kinds: ReadonlyMap<string, KindShape>,
  report: Report,
): void => {
  const take = (kind: KindShape, key: readonly string[]): void => {
    for (const [address, entry] of entries)
      if (entry.kind === kind && key.every((part, index) => entry.key[index] === part)) entries.delete(address);
  };
  const descend = (kind: KindShape, at: Written, key: readonly string[]): void => {
    if (isFaulty(at) && !isObject(at.value)) return;
    if (at.value === null) {
      take(kind, key);
      return;
    }
    if (!isObject(at.value) || isReference(at.value)) {
      report.push(
        error(
          'TYPE_WRONG',
          `"${key.at(-1) ?? kind.collection}" must be a map, or null to take it away.`,
          valueSpan(at),
          MAP_HINT,
        ),
      );
      return;
    }
    if (key.length === kind.keyParts.length) {
      patchEntry(entries, kind, key, at);
      return;
    }
    for (const [part, child] of childrenOf(at)) if (isNameRight(part, child, report)) descend(kind, child, [...key, part]);
  };
  for (const { kind, at } of collectionsOf(overlay, kinds, report)) descend(kind, at, []);
};

const patchEntry = (entries: Map<string, Entry>, kind: KindShape, key: readonly string[], at: Written): void => {
  const address = addressOf(kind.collection, ...key);
  const entry = entries.get(address);
  if (entry === undefined) entries.set(address, { kind, key, address, layers: [at], raw: mergePatch({}, at.value) });
  else {
    entry.layers = [...entry.layers, at];
    entry.raw = mergePatch(entry.raw, at.value);
  }
};

// ---- schema ---------------------------------------------------------------------------------------------------------

type Check = (entry: Entry) => readonly Diagnostic[];

/** The checks by kind; what nobody declares is not made ready. */
const checkersOf = (validators: LoadInput['validators']): ((kind: KindShape) => Check) => {
  const known = new Map<string, Check>();
  return (kind) => {
    const check = known.get(kind.collection) ?? checkerOf(kind, validators);
    known.set(kind.collection, check);
    return check;
  };
};

const checkerOf = (kind: KindShape, validators: LoadInput['validators']): Check => {
  const schema = schemaOf(kind);
  const marked = markedPlaces(schema);
  const validate = sure(validators[kind.collection], `validator of ${kind.collection}: run npm run generate`);
  return (entry) => {
    const { address, layers } = entry;
    if (kind === SETS && getAt(entry.raw, '/from') !== undefined)
      return [
        error(
          'OPTION_UNSUPPORTED',
          '"from" is not supported yet.',
          keySpan(locate(layers, '/from').written),
          'Write the people out.',
          { address },
        ),
      ];
    const secrets = checkSecrets({ ...entry, schema, marked });
    entry.raw = secrets.raw;
    const subject = { value: secrets.plain, schema, layers, name: `"${entry.key.at(-1)}"`, address, nested: kind.nested };
    const found = checkSchema(validate, subject).filter(
      ({ source }) => !secrets.places.has(`${source?.file} ${source?.line}:${source?.column}`),
    );
    return [...secrets.diagnostics, ...found];
  };
};
