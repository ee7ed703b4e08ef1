/** What changes of access facts touch: only there can anybody gain or lose (access.ts). */
import { type AccessSides, type AccessTeller, endOf, hears, type Side, tellAll } from './access-model.ts';
import type { Address } from './model.ts';

export type Touched = {
  /** Accounts that come or go: on which side they are there. */
  readonly comers: ReadonlyMap<string, Readonly<Record<Side, boolean>>>;
  /** By hub, those who come to act with it, no longer do, or until another day. */
  readonly hubs: ReadonlyMap<Address, ReadonlySet<string>>;
  /** Where rights may differ. */
  readonly places: ReadonlySet<Address>;
  /** What shows other rows, or to others. */
  readonly filtered: ReadonlySet<Address>;
};

/** Null: no fact changes. */
export const touchedBy = (resources: readonly AccessSides[]): Touched | null => {
  const changed = resources.filter(({ before, after }) => before !== after);
  const facts = differing(changed);
  if (facts.length === 0) return null;
  const comers = comersOf(facts);
  const hubs = new Map<Address, Set<string>>();
  const places = new Set<Address>();
  const filtered = new Set<Address>();
  const join = (hub: Address, who: string): void => {
    const people = hubs.get(hub);
    if (people) people.add(who);
    else hubs.set(hub, new Set([who]));
  };
  for (const { sort, at, who } of facts) {
    if (sort === 'acts') join(at, who);
    if (sort === 'may') places.add(at);
    if (sort === 'filters' || sort === 'shows') filtered.add(at);
  }
  if (comers.size > 0) tellAll(resources, () => hears({ acts: (hub, who) => void (comers.has(who) && join(hub, who)) }));
  const isMeant = (who: string): boolean => hubs.has(who) || comers.has(who);
  const readers = new Map<Address, Set<Address>>();
  tellAll(resources, () =>
    hears({
      may: (who, _what, on) => void (isMeant(who) && places.add(on)),
      shows: (on, who) => void (isMeant(who) && filtered.add(on)),
      filters: (on, readBy) => {
        const places = readers.get(on) ?? new Set();
        readers.set(on, places);
        for (const place of readBy) places.add(place);
      },
    }),
  );
  // Where a filter comes or goes, what counts is who could read before and after.
  for (const on of filtered) for (const place of readers.get(on) ?? []) places.add(place);
  return { comers, hubs, places, filtered };
};

type Fact = {
  readonly sort: 'exists' | 'acts' | 'may' | 'filters' | 'shows';
  readonly at: Address;
  readonly who: string;
  readonly what: string;
};
type Known = Fact & { readonly ends: Record<Side, string> };

/** Facts that are told on one side only, or with another end. */
const differing = (changed: readonly AccessSides[]): readonly Known[] => {
  const facts = new Map<string, Known>();
  const note =
    (sides: readonly Side[]) =>
    (sort: Fact['sort'], at: Address, who: string, what: string, until: string | null): void => {
      const name = `${sort}\n${at}\n${who}\n${what}`;
      const known = facts.get(name) ?? { sort, at, who, what, ends: { before: '', after: '' } };
      facts.set(name, known);
      for (const side of sides) if (known.ends[side] < endOf(until)) known.ends[side] = endOf(until);
    };
  tellAll(changed, (sides): AccessTeller => {
    const of = note(sides);
    return hears({
      exists: (who) => of('exists', '', who, '', null),
      acts: (hub, who, until) => of('acts', hub, who, '', until),
      may: (who, what, on, until) => of('may', on, who, what, until),
      filters: (on, readBy) => of('filters', on, '', readBy.join(' '), null),
      shows: (on, who, rows) => of('shows', on, who, rows, null),
    });
  });
  return [...facts.values()].filter(({ ends }) => ends.before !== ends.after);
};

const comersOf = (facts: readonly Known[]): Touched['comers'] =>
  new Map(
    facts
      .filter(({ sort }) => sort === 'exists')
      .map(({ who, ends }) => [who, { before: ends.before !== '', after: ends.after !== '' }]),
  );
