/** Rights where something is touched, by place and by what may be done there; people of hubs, expanded once (access.ts). */
import {
  type AccessSides,
  type AccessTeller,
  type End,
  earlier,
  endOf,
  hears,
  later,
  NEVER,
  type Side,
  tellAll,
} from './access-model.ts';
import type { Touched } from './access-touched.ts';
import type { Address } from './model.ts';

export type Ends = Record<Side, End>;
/** Who has one right, directly: accounts and hubs; the hubs among them once more. */
export type Principals = {
  readonly all: ReadonlyMap<string, Ends>;
  readonly hubs: readonly { readonly address: Address; readonly people: Hub['people']; readonly ends: Ends }[];
};
/** By place, by what may be done there. */
type Rights = ReadonlyMap<Address, ReadonlyMap<string, Principals>>;
type Filter = Record<Side, boolean> & { readonly readBy: Set<Address> };
type Hub = {
  readonly people: ReadonlyMap<string, Ends>;
  /** It acts for itself, or nobody knows who acts with it: it stands for them. */
  readonly isActor: boolean;
  readonly isUnread: boolean;
};

export type AccessIndex = {
  readonly rights: Rights;
  /** Rows in the place of what may be done. */
  readonly shown: Rights;
  readonly filters: ReadonlyMap<Address, Filter>;
  readonly touched: Touched;
  readonly hubOf: (address: Address) => Hub | null;
  /** Hubs and places that came up and whose people were not read. */
  readonly unread: Set<Address>;
  /** Places whose people were not read. */
  readonly unreadPlaces: ReadonlySet<Address>;
};

export const indexOf = (resources: readonly AccessSides[], touched: Touched): AccessIndex => {
  const rights = new Map<Address, Map<string, Map<string, Ends>>>();
  const shown: typeof rights = new Map();
  const filters = new Map<Address, Filter>();
  const unreadPlaces = new Set<Address>();
  tellAll(resources, (sides) =>
    hears({
      may: (who, what, on, until) => void (touched.places.has(on) && put(rights, on, what, who, sides, endOf(until))),
      shows: (on, who, rows) => void (touched.filtered.has(on) && put(shown, on, rows, who, sides, endOf(null))),
      unread: (at) => void (touched.places.has(at) && unreadPlaces.add(at)),
      filters: (on, readBy) => {
        if (!touched.filtered.has(on)) return;
        const filter = filters.get(on) ?? { before: false, after: false, readBy: new Set() };
        filters.set(on, filter);
        for (const side of sides) filter[side] = true;
        for (const place of readBy) filter.readBy.add(place);
      },
    }),
  );
  const hubOf = hubsOf(resources);
  return {
    rights: withHubs(rights, hubOf),
    shown: withHubs(shown, hubOf),
    filters,
    touched,
    hubOf,
    unread: new Set(),
    unreadPlaces,
  };
};

type Filling = Map<Address, Map<string, Map<string, Ends>>>;

const put = (into: Filling, on: Address, what: string, who: string, sides: readonly Side[], end: End): void => {
  const place = into.get(on) ?? new Map<string, Map<string, Ends>>();
  into.set(on, place);
  const principals = place.get(what) ?? new Map<string, Ends>();
  place.set(what, principals);
  lengthen(principals, who, sides, end);
};

const lengthen = (all: Map<string, Ends>, who: string, sides: readonly Side[], end: End): void => {
  const ends = all.get(who) ?? { before: NEVER, after: NEVER };
  all.set(who, ends);
  for (const side of sides) ends[side] = later(ends[side], end);
};

const withHubs = (rights: Filling, hubOf: AccessIndex['hubOf']): Rights => {
  const hubsIn = (all: ReadonlyMap<string, Ends>): Principals['hubs'] =>
    [...all].flatMap(([address, ends]) => {
      const hub = hubOf(address);
      return hub === null ? [] : [{ address, people: hub.people, ends }];
    });
  return new Map([...rights].map(([on, of]) => [on, new Map([...of].map(([what, all]) => [what, { all, hubs: hubsIn(all) }]))]));
};

/** The hub of an address, looked at when it is first asked for; null for what nobody acts with: people, and what was not read. */
const hubsOf = (resources: readonly AccessSides[]): AccessIndex['hubOf'] => {
  const byAddress = new Map(resources.map((one) => [one.address, one]));
  const known = new Map<Address, Hub>();
  return (address) => {
    const resource = byAddress.get(address);
    if (resource === undefined) return null;
    const hub = known.get(address) ?? hubAt(resource);
    known.set(address, hub);
    return hub;
  };
};

const hubAt = (resource: AccessSides): Hub => {
  const people = new Map<string, Ends>();
  let isAccount = false;
  let isUnread = false;
  tellAll(
    [resource],
    (sides): AccessTeller =>
      hears({
        acts: (hub, who, until) => void (hub === resource.address && lengthen(people, who, sides, endOf(until))),
        exists: (account) => {
          if (account === resource.address) isAccount = true;
        },
        unread: (at) => {
          if (at === resource.address) isUnread = true;
        },
      }),
  );
  return { people, isActor: isAccount || isUnread, isUnread };
};

/** Everybody who has one right on either side. */
export const everybody = ({ all }: Principals, index: AccessIndex): ReadonlySet<string> => {
  const found = new Set<string>();
  for (const who of all.keys()) addWhole(who, found, index);
  return found;
};

/** Whose one right may differ: those whose own part, or whose hub's part, of the way does. */
export const affected = ({ all }: Principals, index: AccessIndex): ReadonlySet<string> => {
  const { comers, hubs } = index.touched;
  const found = new Set<string>();
  for (const [who, ends] of all)
    if (ends.before !== ends.after || comers.has(who)) addWhole(who, found, index);
    else for (const person of hubs.get(who) ?? []) found.add(person);
  return found;
};

const addWhole = (who: string, found: Set<string>, { hubOf, unread }: AccessIndex): void => {
  const hub = hubOf(who);
  if (hub?.isUnread) unread.add(who);
  if (hub === null || hub.isActor) found.add(who);
  for (const person of hub?.people.keys() ?? []) found.add(person);
};

/** Until when somebody has a right on one side, by the best of his ways. */
export const endFor = (who: string, { all, hubs }: Principals, side: Side, { touched }: AccessIndex): End => {
  if (touched.comers.get(who)?.[side] === false) return NEVER;
  let end = all.get(who)?.[side] ?? NEVER;
  for (const { people, ends } of hubs) {
    const own = people.get(who);
    if (own !== undefined) end = later(end, earlier(own[side], ends[side]));
  }
  return end;
};

/** The hubs by which somebody has a right until its end; none where he has it directly for as long. */
export const throughFor = (who: string, from: readonly Principals[], side: Side, end: End): readonly Address[] => {
  if (from.some(({ all }) => all.get(who)?.[side] === end)) return [];
  const ways = from.flatMap(({ hubs }) =>
    hubs
      .filter(({ people, ends }) => earlier(people.get(who)?.[side] ?? NEVER, ends[side]) === end)
      .map(({ address }) => address),
  );
  return ways.length < 2 ? ways : [...new Set(ways)].sort();
};
