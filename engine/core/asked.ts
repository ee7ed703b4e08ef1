/** What waits for an approval in Dataphin: marks beside the record, and what a plan makes of them (BEHAVIOUR 4, Q40). Pure. */
import type { Ask, Asked, Pointer, RecordedResource } from './model.ts';

/** One field or element that was asked for, and the call that asked. */
export type AskedField = { readonly digest: string; readonly ask: Ask };

/** By pointer; of two calls for the same the later one counts. */
export const askedFields = (asked: Asked | undefined): ReadonlyMap<Pointer, AskedField> =>
  new Map(
    (asked?.asks ?? []).flatMap((ask) =>
      Object.entries(ask.fields).map(([pointer, digest]): [Pointer, AskedField] => [pointer, { digest, ask }]),
    ),
  );

/**
 * The record as a plan compares with it: what was made by a call that waits is ours as soon as it is there, and so are the
 * lists that it stands in. Fields are not among it: nobody has them yet.
 */
export const withAsked = (recorded: RecordedResource | null, asked: Asked | undefined): RecordedResource | null => {
  if (!asked) return recorded;
  if (!recorded) return asked.resource;
  return { ...recorded, lists: [...new Set([...recorded.lists, ...asked.resource.lists])] };
};

/** The marks with one more call that waits: what it asks for again is asked for by it alone. */
export const addAsk = (before: Asked | undefined, resource: RecordedResource, ask: Ask): Asked => {
  const others = without(before?.asks ?? [], Object.keys(ask.fields));
  return { resource, asks: [...others, ask] };
};

/** The marks without these fields; undefined where none is left. */
export const settleAsked = (asked: Asked | undefined, pointers: readonly Pointer[]): Asked | undefined => {
  const asks = without(asked?.asks ?? [], pointers);
  return asked && asks.length > 0 ? { ...asked, asks } : undefined;
};

const without = (asks: readonly Ask[], pointers: readonly Pointer[]): readonly Ask[] =>
  asks
    .map((ask) => ({
      ...ask,
      fields: Object.fromEntries(Object.entries(ask.fields).filter(([pointer]) => !pointers.includes(pointer))),
    }))
    .filter(({ fields }) => Object.keys(fields).length > 0);
