/** Fields as a schema tells them: their names, forms, limits, examples. */
import { isObject, partsOf, pointerOf } from './json.ts';
import { PRINCIPALS } from './kind.ts';
import type { Json, JsonObject } from './ports.ts';

/** One field of a resource as it is written; lists and maps of free keys are passed through. */
export type FieldNode = {
  /** `whiteList.ip` */
  readonly name: string;
  /** A pointer with a star for each element of a list, or of a map with free keys. */
  readonly path: string;
  readonly schema: JsonObject;
  /** The map that it stands in is refused without it. */
  readonly isRequired: boolean;
};

const isPrincipals = (schema: JsonObject): boolean => JSON.stringify(schema['items']) === JSON.stringify(PRINCIPALS['items']);
const objectsIn = (value: Json | undefined): readonly JsonObject[] =>
  (Array.isArray(value) ? (value as readonly Json[]) : [value ?? null]).filter(isObject);
const branchesOf = (schema: JsonObject): readonly JsonObject[] =>
  ['anyOf', 'oneOf', 'allOf'].flatMap((word) => objectsIn(schema[word]));
const elementsOf = (schema: JsonObject): readonly JsonObject[] => [
  ...objectsIn(schema['items']),
  ...objectsIn(schema['additionalProperties']),
  ...Object.values((schema['patternProperties'] ?? {}) as JsonObject).filter(isObject),
];

/** All fields below a schema, each once, parents before their children. */
export const fieldNodes = (schema: JsonObject): readonly FieldNode[] => {
  const found = new Map<string, FieldNode>();
  const walk = (at: JsonObject, names: readonly string[], path: string, depth: number): void => {
    // Conditions hold conditions; nobody writes them deeper than a page can show.
    if (isPrincipals(at) || depth > MAX_DEPTH) return;
    const required = Array.isArray(at['required']) ? at['required'] : [];
    for (const [key, child] of Object.entries((at['properties'] ?? {}) as JsonObject)) {
      if (!isObject(child)) continue;
      const [below, name] = [[...names, key], [...names, key].join('.')];
      if (!found.has(name))
        found.set(name, { name, path: `${path}${pointerOf(key)}`, schema: child, isRequired: required.includes(key) });
      walk(child, below, `${path}${pointerOf(key)}`, depth + 1);
    }
    for (const branch of branchesOf(at)) walk(branch, names, path, depth + 1);
    // What a resource calls as it likes has no name to be asked for by: further operations of tables.
    if (names.length > 0) for (const element of elementsOf(at)) walk(element, names, `${path}/*`, depth + 1);
  };
  walk(schema, [], '', 0);
  return [...found.values()];
};
const MAX_DEPTH = 12;

/** Whether words after a field's name can be a key of one of its elements. */
const hasElements = (schema: JsonObject): boolean =>
  schema['type'] === 'array' ||
  schema['additionalProperties'] === true ||
  isObject(schema['additionalProperties']) ||
  schema['patternProperties'] !== undefined ||
  branchesOf(schema).some(hasElements);

/** How many words a path takes of them, stars with or without a word of their own; null where they do not fit. */
const take = (words: readonly string[], path: readonly string[]): number | null => {
  const [part, ...rest] = path;
  if (part === undefined) return 0;
  if (part === '*') {
    const without = take(words, rest);
    const within = words.length === 0 ? null : take(words.slice(1), rest);
    return without ?? (within === null ? null : within + 1);
  }
  if (words[0]?.toLowerCase() !== part.toLowerCase()) return null;
  const taken = take(words.slice(1), rest);
  return taken === null ? null : taken + 1;
};

/**
 * The field that words name: `whiteList`, `whiteList.ip`, `whiteList.*.ip`, or one of its elements, as plans point at it.
 *
 * @param words parts of a pointer or of a dotted name; null where they name none
 */
export const findField = (nodes: readonly FieldNode[], words: readonly string[]): FieldNode | null => {
  let best: { readonly node: FieldNode; readonly length: number } | null = null;
  for (const node of nodes) {
    const path = partsOf(node.path);
    const taken = take(words, path);
    if (taken === null || (taken < words.length && !hasElements(node.schema))) continue;
    if (best === null || path.length > best.length) best = { node, length: path.length };
  }
  return best?.node ?? null;
};

/** What is written there, in words: `text`, `a list of principals`. */
export const formOf = (schema: JsonObject): string => {
  if (isPrincipals(schema)) return 'a list of principals';
  if (schema['enum'] !== undefined) return 'one of the allowed values';
  const branches = branchesOf(schema);
  if (branches.length > 0) return [...new Set(branches.map(formOf))].join(', or ');
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'array':
      return `a list${ofElements(objectsIn(schema['items']))}`;
    case 'object':
      return schema['properties'] === undefined ? `a map${ofElements(elementsOf(schema))}` : 'a map';
    default:
      return 'any value';
  }
};
const ofElements = ([first]: readonly JsonObject[]): string => {
  if (first === undefined) return '';
  const form = formOf(first);
  return form === 'any value' ? '' : ` of ${form.replace(/^(a|an) (list|map|whole number|number)/, '$2s')}`;
};

/** The values that may be written, where they can be counted. */
export const allowedOf = (schema: JsonObject): readonly string[] | null => {
  const [element] = objectsIn(schema['items']);
  const values = schema['enum'] ?? (schema['type'] === 'array' ? element?.['enum'] : undefined);
  if (schema['type'] === 'boolean') return ['true', 'false'];
  return Array.isArray(values) ? (values as readonly Json[]).map(String) : null;
};

/** Limits in words. */
export const limitsOf = (schema: JsonObject): readonly string[] => {
  const number = (key: string): number | null => (typeof schema[key] === 'number' ? schema[key] : null);
  const [least, most, fewest, largest] = [number('minLength'), number('maxLength'), number('minItems'), number('maxItems')];
  const form = schema['x-phinfra-form'];
  return [
    ...(least === 1 ? ['not empty'] : least === null ? [] : [`at least ${least} characters`]),
    ...(most === null ? [] : [`at most ${most} characters`]),
    ...(fewest === null ? [] : [`at least ${fewest}`]),
    ...(largest === null ? [] : [`at most ${largest}`]),
    ...(number('minimum') === null ? [] : [`${number('minimum')} or more`]),
    ...(number('maximum') === null ? [] : [`${number('maximum')} or less`]),
    ...(typeof form === 'string' ? [`written as ${form}`] : []),
  ];
};

// ---- examples -------------------------------------------------------------------------------------------------------

/** A value that the schema takes, from its own examples where it has them; undefined where it tells none. */
const sampleOf = (schema: JsonObject): Json | undefined => {
  const { examples, type } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as Json;
  const allowed = schema['enum'];
  if (Array.isArray(allowed)) return allowed[0] as Json;
  for (const branch of branchesOf(schema)) {
    const sample = sampleOf(branch);
    if (sample !== undefined) return sample;
  }
  if (type === 'boolean') return true;
  if (type === 'array') {
    const [element] = objectsIn(schema['items']).map(sampleOf);
    return element === undefined ? undefined : [element];
  }
  if (type !== 'object') return undefined;
  const parts = Object.entries((schema['properties'] ?? {}) as JsonObject).flatMap(([key, child]) => {
    const sample = isObject(child) ? sampleOf(child) : undefined;
    return sample === undefined ? [] : [[key, sample] as const];
  });
  return parts.length > 0 ? Object.fromEntries(parts) : undefined;
};

/** The first place in a value that a path names, as keys and indexes; null where there is none. */
const placeOf = (value: Json | undefined, [part, ...rest]: readonly string[]): readonly string[] | null => {
  if (part === undefined) return value === undefined ? null : [];
  if (!Array.isArray(value) && !isObject(value)) return null;
  const below = value as Readonly<Record<string, Json>>;
  for (const key of part === '*' ? Object.keys(below) : Object.hasOwn(below, part) ? [part] : []) {
    const place = placeOf(below[key], rest);
    if (place !== null) return [key, ...place];
  }
  return null;
};

/** Only what stands at a place, with what it stands in. */
const slice = (value: Json, [key, ...rest]: readonly string[]): Json => {
  if (key === undefined) return value;
  const inner = slice((value as Readonly<Record<string, Json>>)[key] ?? null, rest);
  return Array.isArray(value) ? [inner] : { [key]: inner };
};

/** A resource that holds nothing but this value. */
const holding = ([part, ...rest]: readonly string[], value: Json): Json => {
  if (part === undefined) return value;
  return { [part === '*' ? 'NAME' : part]: holding(rest, value) };
};

/**
 * The field in an example of its resource: the kind's own, else one that the schema tells; null where neither does.
 *
 * @param nodes all fields of the resource
 * @param whole the resource of the kind's example
 */
export const fieldExample = (node: FieldNode, nodes: readonly FieldNode[], whole: JsonObject): JsonObject | null => {
  const path = partsOf(node.path);
  const written = placeOf(whole, path);
  if (written !== null) return slice(whole, written) as JsonObject;
  // The example of a field above may hold it.
  for (const above of [...nodes.filter((one) => `${node.path}/`.startsWith(`${one.path}/`))].reverse()) {
    const sample = sampleOf(above.schema);
    const resource = sample === undefined ? undefined : holding(partsOf(above.path), sample);
    const found = placeOf(resource, path);
    if (resource !== undefined && found !== null) return slice(resource, found) as JsonObject;
  }
  return null;
};
