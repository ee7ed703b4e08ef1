/** The rendered workspace: collections as one file would say them, and where each value comes from (DESIGN 2). */
import type { Source } from './diagnostic.ts';
import { isObject, pointerOf } from './json.ts';
import type { Json, JsonObject } from './ports.ts';
import { asWritten, isSecret } from './variables.ts';
import type { LoadedWorkspace } from './workspace.ts';

export type Rendered = {
  /** Collections after variables and overlays; secrets as `${env:NAME}`, a literal `${` as `$${`. */
  readonly rendered: JsonObject;
  /** Place of every resource and every value, by its pointer in `rendered`. */
  readonly origins: Readonly<Record<string, Source>>;
};

type Part = {
  readonly collection: string;
  readonly key: readonly string[];
  readonly raw: JsonObject;
  readonly source: Source;
  readonly sourceOf: (pointer: string) => Source;
};

/** Sets first, then resources in the order of the workspace. */
export const renderWorkspace = ({ sets, resources }: Pick<LoadedWorkspace, 'sets' | 'resources'>): Rendered => {
  const rendered: Record<string, Json> = {};
  const origins: Record<string, Source> = {};
  const parts: readonly Part[] = [
    ...sets.map((set) => ({ ...set, collection: 'sets', key: [set.name] })),
    ...resources.map((resource) => ({ ...resource, collection: resource.kind })),
  ];
  for (const { collection, key, raw, source, sourceOf } of parts) {
    const path = [collection, ...key].map((part) => part.replaceAll('${', () => '$${'));
    put(rendered, path, asWritten(raw));
    const base = pointerOf(...path);
    origins[base] = source;
    for (const [pointer, shown] of pointersIn(raw)) origins[base + shown] = sourceOf(pointer);
  }
  return { rendered, origins };
};

const put = (into: Record<string, Json>, path: readonly string[], value: Json): void => {
  let at = into;
  for (const part of path.slice(0, -1)) {
    at[part] ??= {};
    at = at[part] as Record<string, Json>;
  }
  at[path.at(-1) ?? ''] = value;
};

/** Pointers of everything in a value, as they are in it and as they are in what is shown. */
const pointersIn = (value: Json, pointer = '', shown = ''): (readonly [pointer: string, shown: string])[] => {
  if (typeof value !== 'object' || value === null || isSecret(value)) return [];
  const children = Array.isArray(value)
    ? value.map((item, index) => [String(index), item as Json] as const)
    : isObject(value)
      ? Object.entries(value)
      : [];
  return children.flatMap(([key, child]) => {
    const at = pointer + pointerOf(key);
    const name = shown + pointerOf(key.replaceAll('${', () => '$${'));
    return [[at, name] as const, ...pointersIn(child, at, name)];
  });
};
