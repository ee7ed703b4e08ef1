/**
 * Stop anywhere: what keeps a new way to something from opening before an old one is closed (DESIGN 1, 6).
 *
 * Access goes by ways of several parts: a person is in a group, the group may read a table, a permission filters its rows.
 * Where two parts meet is a hub: the group, the project, the app, the table. A moment between two calls shows a way that
 * neither the old nor the new state has only if, at some hub, a part is open already that the plan opens, on one side, and a
 * part is still open that the plan closes, on the other. So at every hub what narrows one side goes before what widens the
 * other:
 *
 *     carol leaves the group             ->   the group may read the orders
 *     the group reads the east alone     ->   bob joins the group
 *
 * A step that does both (one call rewrites a row permission) goes after the pure narrowing ones and before the pure widening
 * ones. Phases alone would not do: levels run side by side, and what was refused must hold back what relied on it.
 */
import { sure } from './diagnostic.ts';
import type { Address, Step } from './model.ts';

export type Side = 'people' | 'rights';

/** What one step does to one side of a hub. */
export type Passage = {
  readonly hub: Address;
  readonly side: Side;
  readonly how: 'narrows' | 'widens' | 'both';
};

/** Beyond a hub lies another: who may read the table is the group, so that what filters the table filters the group. */
export type Lead = { readonly from: Address; readonly to: Address };

type Ends = { readonly narrows: string[]; readonly widens: string[] };

/**
 * The steps with the edges that protect; none of them closes a circle: where two calls that both open and close meet, the
 * earlier edge stands.
 *
 * @param passages by step id
 */
export const withProtection = (
  steps: readonly Step[],
  passages: ReadonlyMap<string, readonly Passage[]>,
  leads: readonly Lead[],
): readonly Step[] => {
  const further = new Map<Address, Address[]>();
  for (const { from, to } of leads) further.set(from, [...(further.get(from) ?? []), to]);
  const hubs = new Map<Address, { readonly people: Ends; readonly rights: Ends }>();
  const at = (hub: Address) => {
    const found = hubs.get(hub) ?? { people: { narrows: [], widens: [] }, rights: { narrows: [], widens: [] } };
    hubs.set(hub, found);
    return found;
  };
  for (const { id } of steps)
    for (const { hub, side, how } of passages.get(id) ?? [])
      for (const one of new Set([hub, ...(side === 'rights' ? (further.get(hub) ?? []) : [])])) {
        if (how !== 'widens') at(one)[side].narrows.push(id);
        if (how !== 'narrows') at(one)[side].widens.push(id);
      }

  const after = new Map(steps.map((step) => [step.id, new Set(step.after)]));
  const isPure = (id: string): boolean => sure(passages.get(id), 'passage of a step').every(({ how }) => how !== 'both');
  const needsOf = (id: string): ReadonlySet<string> => sure(after.get(id), 'step of this id');
  const waits = (id: string, on: string): boolean => {
    const seen = new Set<string>();
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const before of needsOf(next)) {
        if (before === on) return true;
        if (!seen.has(before)) {
          seen.add(before);
          open.push(before);
        }
      }
    return false;
  };
  const link = (first: string, then: string): void => {
    const mine = after.get(then);
    if (first === then || !mine || mine.has(first) || waits(first, then)) return;
    mine.add(first);
  };
  const edges = [...hubs.values()].flatMap(({ people, rights }) =>
    [[people, rights] as const, [rights, people] as const].flatMap(([one, other]) =>
      one.narrows.flatMap((first) => other.widens.map((then) => ({ first, then }))),
    ),
  );
  // Pure ones first: an edge between two calls that do both gives way to them.
  for (const { first, then } of edges) if (isPure(first) && isPure(then)) link(first, then);
  for (const { first, then } of edges) if (!isPure(first) || !isPure(then)) link(first, then);
  return steps.map((step) => {
    const mine = needsOf(step.id);
    return mine.size === step.after.length ? step : { ...step, after: [...mine].sort() };
  });
};
