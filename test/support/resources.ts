/** Desired and live resources by hand, for the pure stages. */
import { createHash } from 'node:crypto';
import { liveAddress } from '../../engine/core/changes.ts';
import type { DiffPorts } from '../../engine/core/diff.ts';
import { digestOf } from '../../engine/core/diff.ts';
import { addressOf, expand } from '../../engine/core/json.ts';
import type { FieldRule, Kind } from '../../engine/core/kind.ts';
import type { Desired, Lifecycle, Live, RecordedResource } from '../../engine/core/model.ts';
import type { Json, JsonObject } from '../../engine/core/ports.ts';

export const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
export const PLACE = { file: 'tenant.yaml', line: 1, column: 1 };
export const LIFECYCLE: Lifecycle = { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null };

/** A secret's fingerprint is its text in brackets: enough to compare, and plain to read in a test. */
export const PORTS: DiffPorts = { hash, fingerprint: (value) => `(${JSON.stringify(value)})` };

export const desiredOf = (kind: Kind, key: string, spec: JsonObject, more: Partial<Desired> = {}): Desired => ({
  kind: kind.collection,
  key: [key],
  address: addressOf(kind.collection, key),
  source: PLACE,
  sourceOf: () => PLACE,
  spec,
  lifecycle: LIFECYCLE,
  renamedFrom: null,
  people: [],
  listsPeople: false,
  references: [],
  parts: [],
  expired: [],
  causes: {},
  ...more,
});

export const liveOf = (kind: Kind, key: string, spec: JsonObject, more: Partial<Live> = {}): Live => {
  const live = { kind: kind.collection, key: [key], address: '', ids: { id: `id of ${key}` }, spec, extra: {}, ...more };
  return { ...live, address: liveAddress(live) };
};

/** What the record says after this normal form was applied; `lists` are ours. */
export const recordOf = (spec: JsonObject, paths: readonly string[], more: Partial<RecordedResource> = {}): RecordedResource => ({
  ids: {},
  origin: 'created',
  fields: Object.fromEntries(
    paths.flatMap((path) => expand(spec, path)).map((pointer) => [pointer, digestOf(at(spec, pointer), hash)]),
  ),
  lists: [],
  fingerprints: {},
  assumed: [],
  prevent: [],
  onRemove: null,
  causes: {},
  ...more,
});

const at = (spec: JsonObject, pointer: string): Json => {
  let value: Json | undefined = spec;
  for (const part of pointer.slice(1).split('/')) value = (value as JsonObject | undefined)?.[part];
  return value ?? null;
};

/** A kind of nothing but fields: what the pure stages are tried on. */
export const kindOf = (fields: readonly FieldRule[], more: Partial<Kind> = {}): Kind => ({
  collection: 'things',
  keyParts: ['name'],
  noun: 'thing',
  edition: 'agile',
  writesSince: null,
  schema: { type: 'object' },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: true,
  fields,
  normalise: (raw) => raw,
  list: { operation: 'ListUserGroups', request: {}, rows: () => [], identity: () => '' },
  each: [],
  whenMissing: null,
  live: () => [],
  names: () => [],
  letStand: () => [],
  deleteGuard: () => null,
  demands: () => [],
  refers: () => [],
  holds: () => [],
  steps: () => [],
  manual: () => [],
  ...more,
});
