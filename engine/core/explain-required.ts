/** Which fields a create needs: those without which the kind itself refuses its own example. */
import { type ChangeDraft, kindChange } from './changes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { addressOf, isObject, pointerOf } from './json.ts';
import type { IdSource, Kind } from './kind.ts';
import type { Json, JsonObject } from './ports.ts';
import { resolve } from './resolve.ts';
import type { LoadedWorkspace, WorkspaceConfig } from './workspace.ts';

/** Any place: nobody sees what is refused here. */
const PLACE = { file: '', line: 1, column: 1 };
/** Nothing is live, every name is known. */
const IDS = {
  own: () => '1',
  known: () => '1',
  old: () => '1',
  of: () => '1',
  part: () => '1',
  user: () => '1',
  caller: null,
  tenant: '',
} as IdSource;
const ENVIRONMENT = { name: 'default', edition: null, serverVersion: null };

/**
 * Paths of the example's fields without which it could not be created.
 *
 * @param example the resource of the kind's example, with its key
 */
export const requiredToCreate = (
  kind: Kind,
  example: { readonly key: readonly string[]; readonly resource: JsonObject },
): readonly string[] => {
  const { key, resource } = example;
  if (faults(kind, key, resource).length > 0) return [];
  return pathsIn(resource)
    .filter((path) => faults(kind, key, without(resource, path)).length > 0)
    .map(pathOf);
};

/** Top-level fields, and those of the maps right below them: the halves of a pair. */
const pathsIn = (resource: JsonObject): readonly (readonly string[])[] =>
  Object.entries(resource).flatMap(([field, value]) => [
    [field],
    ...(isObject(value) ? Object.keys(value).map((below) => [field, below]) : []),
  ]);
const pathOf = (parts: readonly string[]): string => pointerOf(...parts);
const without = (resource: JsonObject, [field = '', below]: readonly string[]): JsonObject => {
  const { [field]: value, ...rest } = resource as Record<string, Json>;
  if (below === undefined || !isObject(value)) return rest;
  const { [below]: _, ...others } = value as Record<string, Json>;
  return { ...rest, [field]: others };
};

/** What the kind says against creating it: from the files alone, and as a change. */
const faults = (kind: Kind, key: readonly string[], raw: JsonObject): readonly Diagnostic['code'][] => {
  const workspace = {
    config: { environment: ENVIRONMENT } as WorkspaceConfig,
    resources: [
      { kind: kind.collection, key, address: addressOf(kind.collection, ...key), raw, source: PLACE, sourceOf: () => PLACE },
    ],
    sets: [],
    diagnostics: [],
  } satisfies LoadedWorkspace;
  const { desired, diagnostics } = resolve(workspace, [kind], { day: '1970-01-01', tenant: '1', caller: null });
  const [one] = desired;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  if (!one) return errors;
  const fields = Object.keys(one.spec).map((field) => ({ pointer: pointerOf(field), reason: 'added', after: one.spec[field] }));
  const change = kindChange({
    kind,
    address: one.address,
    key,
    action: 'create',
    desired: one,
    live: null,
    recorded: null,
    fields,
    difference: { after: one.spec },
  } as unknown as ChangeDraft);
  return [...errors, ...kind.demands(change, IDS).map(({ code }) => code)];
};
