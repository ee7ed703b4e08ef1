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
  'rowPermissions',
  'dataServiceAppGroups',
  'dataServiceApps',
  'dataServiceProjectMembers',
  'dataServiceGrants',
  'resourceGrants',
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

/** Paths of the maps and values that carry a mark such as `x-phinfra-secrets`. */
export const markedPaths = (schema: Json | undefined, mark: string, path: MarkedPath = []): readonly MarkedPath[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((branch) => markedPaths(branch as Json, mark, path));
  const at = schema as JsonObject;
  const properties = Object.entries((at['properties'] ?? {}) as JsonObject);
  return [
    ...(at[mark] === true ? [path] : []),
    ...properties.flatMap(([key, child]) => markedPaths(child, mark, [...path, key])),
    ...markedPaths(at['additionalProperties'], mark, [...path, '*']),
    ...markedPaths(at['items'], mark, [...path, '*']),
    ...(['anyOf', 'oneOf', 'allOf'] as const).flatMap((word) => markedPaths(at[word], mark, path)),
  ];
};
