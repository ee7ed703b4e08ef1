/** The form of resources: what every kind has beside its own fields, and the engine's own collection. */
import { PRINCIPALS } from './kind.ts';
import type { Json, JsonObject } from './ports.ts';
import { LIFECYCLE_SCHEMA } from './workspace-schema.ts';

/** What loading needs to know of a kind; `Kind` has it all. */
export type KindShape = {
  readonly collection: string;
  readonly keyParts: readonly string[];
  /** JSON Schema of one resource, without `lifecycle` and `renamedFrom`. */
  readonly schema: JsonObject;
  /** Collections that may be written in another file than their parent. */
  readonly nested: readonly string[];
};

/** `sets` is the engine's own: nothing is created from them (RESOURCES 3). */
export const SETS: KindShape = {
  collection: 'sets',
  keyParts: ['name'],
  nested: [],
  schema: {
    type: 'object',
    title: 'A set of people',
    additionalProperties: false,
    properties: { people: PRINCIPALS, from: { description: 'A file with people. Not supported yet.' } },
  },
};

/** Collections of the contract that this version has no kind for. */
export const LATER_COLLECTIONS: readonly string[] = [
  'dataSources',
  'defaults',
  'profiles',
  'scopes',
  'leavers',
  'holds',
  'released',
  'policies',
];

/** A resource's schema as files are held against it. */
export const schemaOf = (kind: KindShape): JsonObject =>
  kind.collection === SETS.collection
    ? kind.schema
    : {
        ...kind.schema,
        properties: {
          ...(kind.schema['properties'] as JsonObject),
          lifecycle: LIFECYCLE_SCHEMA,
          renamedFrom: { type: 'string', minLength: 1, description: 'The key that it had; it is renamed in place.' },
        },
      };

/** Where a schema marks something: parts of the path, `*` for any key or index. */
export type MarkedPath = readonly string[];

/** Paths of the maps and values that carry a mark such as `x-phinfra-secrets`, by mark; the schema is walked once for all of them. */
export const markedPaths = <Mark extends string>(
  schema: JsonObject,
  marks: readonly Mark[],
): Readonly<Record<Mark, readonly MarkedPath[]>> => {
  const found = Object.fromEntries(marks.map((mark) => [mark, [] as MarkedPath[]])) as Record<Mark, MarkedPath[]>;
  const walk = (at: Json | undefined, path: MarkedPath): void => {
    if (typeof at !== 'object' || at === null) return;
    if (Array.isArray(at)) {
      for (const branch of at as readonly Json[]) walk(branch, path);
      return;
    }
    const form = at as JsonObject;
    for (const mark of marks) if (form[mark] === true) found[mark].push(path);
    const properties = (form['properties'] ?? {}) as JsonObject;
    for (const key of Object.keys(properties)) walk(properties[key], [...path, key]);
    for (const word of BELOW) if (form[word] !== undefined) walk(form[word], [...path, '*']);
    for (const word of BESIDE) walk(form[word], path);
  };
  walk(schema, []);
  return found;
};

const BELOW = ['additionalProperties', 'items'] as const;
const BESIDE = ['anyOf', 'oneOf', 'allOf'] as const;
