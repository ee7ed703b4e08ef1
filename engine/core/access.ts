/**
 * Who gains and who loses what by a plan (DESIGN 5), from the facts that kinds tell of both sides (access-model.ts).
 *
 * Only what a change touches is looked at: somebody whose ways are all as they were can neither gain nor lose.
 */

import { type AccessIndex, affected, endFor, everybody, indexOf, type Principals, throughFor } from './access-index.ts';
import {
  type AccessChange,
  type AccessEntry,
  type AccessSides,
  ALL_ROWS,
  type End,
  later,
  NEVER,
  type Side,
  untilOf,
} from './access-model.ts';
import { touchedBy } from './access-touched.ts';
import { byText } from './json.ts';
import type { Address } from './model.ts';

/** With the hubs whose people come or go. */
export type AccessCompared = AccessChange & { readonly hubs: readonly Address[] };

/**
 * What the changed resources give and take away, by everything that is known. The order of the resources is of no account.
 *
 *     rights   gained: the end after is later than the one before; lost: earlier
 *     rows     filtered on both sides: by what the filters show, whoever can read; filtered on one side only: of those who can
 *              read, and on the other side they see all rows
 */
export const compareAccess = (resources: readonly AccessSides[]): AccessCompared => {
  const touched = touchedBy(resources);
  if (touched === null) return { gained: [], lost: [], unread: [], hubs: [] };
  const index = indexOf(resources, touched);
  const found: Found = { gained: new Map(), lost: new Map() };
  for (const [on, rights] of index.rights)
    for (const [may, principals] of rights)
      for (const who of affected(principals, index)) {
        const [before, after] = [endFor(who, principals, 'before', index), endFor(who, principals, 'after', index)];
        if (before === after) continue;
        const from = [principals];
        note(found, { may, on, who, before: { end: before, from }, after: { end: after, from }, had: before, keeps: after });
      }
  for (const on of touched.filtered) compareRows(on, index, found);
  const unread = [...index.unread].filter((at) => !index.unread.has(at.slice(0, at.lastIndexOf('/')))).sort();
  return {
    gained: sorted(found.gained),
    lost: sorted(found.lost),
    unread: unread.length > 0 ? [{ why: 'who belongs to it was not read', addresses: unread }] : [],
    hubs: [...touched.hubs.keys()].sort(),
  };
};

// ---- entries --------------------------------------------------------------------------------------------------------

type Entry = Omit<AccessEntry, 'who'> & { readonly who: string[] };
type Found = Readonly<Record<'gained' | 'lost', Map<string, Entry>>>;

/** Until when somebody has something, and by whom of these. */
type Best = { readonly end: End; readonly from: readonly Principals[] };
const NOTHING: Best = { end: NEVER, from: [] };

/** @property had the latest end of what covered it before; @property keeps of what covers it after */
type Compared = {
  readonly may: string;
  readonly on: Address;
  readonly who: string;
  readonly before: Best;
  readonly after: Best;
  readonly had: End;
  readonly keeps: End;
};

const note = (found: Found, { may, on, who, before, after, had, keeps }: Compared): void => {
  if (after.end > had) put(found.gained, may, on, who, after, 'after', had);
  if (before.end > keeps) put(found.lost, may, on, who, before, 'before', keeps);
};

const put = (
  into: Map<string, Entry>,
  may: string,
  on: Address,
  who: string,
  { end, from }: Best,
  side: Side,
  other: End,
): void => {
  const through = throughFor(who, from, side, end);
  const name = `${on}\n${may}\n${through.join(' ')}\n${end}\n${other}`;
  const entry = into.get(name);
  if (entry) entry.who.push(who);
  else into.set(name, { who: [who], may, on, through, until: untilOf(end), ...(other === NEVER ? {} : { other }) });
};

/** By place, by what may be done there, and by the way: in the order of their names. */
const sorted = (entries: Map<string, Entry>): readonly AccessEntry[] =>
  [...entries].sort(([a], [b]) => byText(a, b)).map(([, entry]) => ({ ...entry, who: entry.who.sort() }));

// ---- rows -----------------------------------------------------------------------------------------------------------

type Rows = ReadonlyMap<string, Best>;
const compareRows = (on: Address, index: AccessIndex, found: Found): void => {
  const filter = index.filters.get(on);
  if (!filter) return;
  const shown = [...(index.shown.get(on) ?? [])];
  const isOnBoth = filter.before && filter.after;
  const readable = isOnBoth ? [] : readingOf(filter.readBy, index);
  const people = new Set([
    ...shown.flatMap(([, principals]) => [...(isOnBoth ? affected : everybody)(principals, index)]),
    ...readable.flatMap((principals) => [...everybody(principals, index)]),
  ]);
  for (const who of people) {
    const reads = (side: Side): Best =>
      bestIn(readable.map((principals) => ({ end: endFor(who, principals, side, index), from: [principals] })));
    if (!isOnBoth && reads('before').end === NEVER && reads('after').end === NEVER) continue;
    const rowsAt = (side: Side): Rows => {
      const rows = filter[side] ? shownTo(who, shown, side, index) : new Map([[ALL_ROWS, reads(side)]]);
      return new Map([...rows].filter(([, { end }]) => end !== NEVER));
    };
    noteRows(found, on, who, rowsAt('before'), rowsAt('after'));
  }
};

/** The ones that last longest, together. */
const bestIn = (some: readonly Best[]): Best => {
  const end = some.reduce((most, one) => later(most, one.end), NEVER);
  return { end, from: some.filter((one) => one.end === end).flatMap(({ from }) => from) };
};

/** Who may do anything at the places: their people were not all read where the index says so. */
const readingOf = (places: ReadonlySet<Address>, index: AccessIndex): readonly Principals[] =>
  [...places].flatMap((place) => {
    if (index.unreadPlaces.has(place)) index.unread.add(place);
    return [...(index.rights.get(place)?.values() ?? [])];
  });

const shownTo = (who: string, shown: readonly (readonly [string, Principals])[], side: Side, index: AccessIndex): Rows => {
  const rows = new Map(
    shown.map(([what, principals]) => [what, { end: endFor(who, principals, side, index), from: [principals] }]),
  );
  const all = rows.get(ALL_ROWS)?.end ?? NEVER;
  return new Map([...rows].filter(([what, { end }]) => what === ALL_ROWS || end > all));
};

const noteRows = (found: Found, on: Address, who: string, before: Rows, after: Rows): void => {
  const covered = (rows: Rows, what: string): End => later(rows.get(what)?.end ?? NEVER, rows.get(ALL_ROWS)?.end ?? NEVER);
  for (const may of new Set([...before.keys(), ...after.keys()]))
    note(found, {
      may,
      on,
      who,
      before: before.get(may) ?? NOTHING,
      after: after.get(may) ?? NOTHING,
      had: covered(before, may),
      keeps: covered(after, may),
    });
};
