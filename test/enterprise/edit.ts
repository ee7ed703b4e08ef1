/** One thing that people do to a workspace, and exactly what a plan has to say of it. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import type { Random } from '../laws/random.ts';
import { endings, type Found, free, type Model, remove, rename, replaceTexts } from './model.ts';

/** One change of the plan. */
export type Expected = {
  readonly address: string;
  readonly action: 'create' | 'update' | 'delete';
  /** Pointers of the fields that act, of updates. */
  readonly pointers?: readonly string[];
};
export type Edit = {
  readonly kind: string;
  readonly sort: 'change' | 'delete' | 'rename' | 'expiry';
  readonly name: string;
  /** Changes the model in place; null, and nothing changed: there is nothing of the sort. */
  readonly run: (model: Model, random: Random) => readonly Expected[] | null;
};

/** The day before the day on which the tests stand still. */
export const YESTERDAY = '2026-11-23';

export const change = (
  kind: string,
  name: string,
  run: (found: Found, model: Model, random: Random) => readonly string[] | null,
): Edit => ({
  kind,
  name,
  sort: 'change',
  run: onSome(kind, run),
});
export const expiry = (kind: string, run: (found: Found, model: Model, random: Random) => readonly string[] | null): Edit => ({
  kind,
  name: 'an end passes',
  sort: 'expiry',
  run: onSome(kind, run),
});

/** Tries resources in a random order until one of them can be edited so. */
const onSome =
  (kind: string, run: (found: Found, model: Model, random: Random) => readonly string[] | null): Edit['run'] =>
  (model, random) => {
    for (const found of random.shuffled(free(model, kind))) {
      const pointers = run(found, model, random);
      if (pointers) return [{ address: found.address, action: 'update', pointers: [...pointers].sort() }];
    }
    return null;
  };

export const removal = (kind: string, isFree: (found: Found, model: Model) => boolean): Edit => ({
  kind,
  name: 'removed',
  sort: 'delete',
  run: (model, random) => {
    const found = random.shuffled(free(model, kind)).find((one) => isFree(one, model));
    if (!found) return null;
    remove(model, kind, found.keys);
    return [{ address: found.address, action: 'delete' }];
  },
});
export const allowsDelete = ({ spec }: Found): boolean => JSON.stringify(spec['lifecycle'] ?? {}).includes('"delete"');

/** @param refers what in the files means the resource, as whole texts */
export const renaming = (
  kind: string,
  refers: (keys: readonly string[]) => string | null,
  isFree: (found: Found, model: Model) => boolean = () => true,
): Edit => ({
  kind,
  name: 'renamed',
  sort: 'rename',
  run: (model, random) => {
    const found = random.shuffled(free(model, kind)).find((one) => one.spec['renamedFrom'] === undefined && isFree(one, model));
    if (!found) return null;
    const name = `${found.keys.at(-1)}_x`;
    const keys = [...found.keys.slice(0, -1), name];
    const from = refers(found.keys);
    // Before the line that says what it was called, which holds the old name too.
    if (from !== null) replaceTexts(model, from, refers(keys) ?? '');
    rename(model, kind, free(model, kind).find(({ address }) => address === found.address) ?? found, name);
    return [{ address: [kind, ...keys].join('/'), action: 'update', pointers: [''] }];
  },
});

export const text = (spec: JsonObject, field: string, random: Random): void => {
  (spec as Record<string, Json>)[field] = `${String(spec[field] ?? '')}·${random.below(1000)}`;
};
export const listAt = (spec: JsonObject, field: string): Json[] => {
  const record = spec as Record<string, Json>;
  record[field] ??= [];
  return record[field] as Json[];
};
const isPerson = (who: string): boolean => who.includes('@');
export const pass = (entry: { until: string }): void => {
  entry.until = YESTERDAY;
};
export const lasting = (list: Json | undefined) => endings(list).filter(({ who, until }) => isPerson(who) && until > YESTERDAY);
