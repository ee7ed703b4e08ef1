/** What read faults do to an answer's payload. */
import type { OperationFacts } from '../engine/operations/index.ts';
import type { ReadFault } from './faults.ts';
import type { Json, JsonObject } from './json.ts';

/** Other spellings that reads were seen to use for the same value (BEHAVIOUR 1.8, 3.6). */
const RESPELLED: { readonly [field: string]: { readonly [value: string]: string } } = {
  Type: { MAX_COMPUTE: 'MaxCompute', MaxCompute: 'MAX_COMPUTE' },
  Env: { PROD: 'prod', DEV: 'dev' },
};

/**
 * A payload with the fault in it. `stale`, `reorder` and `hide` act earlier, where the list is made; here they reach the
 * lists without pages.
 */
export const spoil = (fault: ReadFault, payload: JsonObject, facts: OperationFacts): JsonObject => {
  const items = facts.page?.items ?? null;
  switch (fault) {
    case 'missing':
      return withList(payload, items, (rows) => rows.slice(1));
    case 'repeat':
      return withList(payload, items, (rows) => (rows.length < 2 ? [...rows, ...rows] : [...rows.slice(0, -1), rows[0] as Json]));
    case 'total':
      return facts.page ? (at(payload, facts.page.total.split('.'), (total) => Number(total) + 1) as JsonObject) : payload;
    case 'reorder':
      return items === null ? withList(payload, null, (rows) => [...rows].reverse()) : payload;
    case 'hide':
      return items === null ? withList(payload, null, (rows) => rows.slice(1)) : payload;
    case 'respell':
      return respell(payload) as JsonObject;
    case 'stale':
      return payload;
    default:
      return fault satisfies never;
  }
};

const at = (value: Json, path: readonly string[], change: (value: Json) => Json): Json => {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  const object = value as JsonObject;
  return { ...object, [key]: at(object[key] ?? null, rest, change) };
};

/** The payload with its list changed: the one that the catalogue names, else the first that is found. */
const withList = (payload: JsonObject, items: string | null, change: (rows: readonly Json[]) => readonly Json[]): JsonObject => {
  const path = items?.split('.') ?? firstList(payload);
  return path ? (at(payload, path, (rows) => change((rows ?? []) as readonly Json[])) as JsonObject) : payload;
};

const firstList = (value: Json): readonly string[] | null => {
  if (Array.isArray(value)) return [];
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, one] of Object.entries(value)) {
    const path = firstList(one);
    if (path) return [key, ...path];
  }
  return null;
};

const respell = (value: Json, field = ''): Json => {
  if (Array.isArray(value)) return value.map((one: Json) => respell(one, field));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, respell(one, key)]));
  return typeof value === 'string' ? (RESPELLED[field]?.[value] ?? value) : value;
};
