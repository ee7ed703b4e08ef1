/** One order of all steps that respects phases and needs, and is the same for every order of files. */

import { EngineError, sure } from './diagnostic.ts';
import { byText } from './json.ts';
import type { Kind } from './kind.ts';
import { PHASES, type Step } from './model.ts';
import { createQueue } from './schedule.ts';

/** Topological, by phase, kind, address, name among those that are free; the same for every order of files. */
export const inOrder = (steps: readonly Step[], kinds: readonly Kind[]): readonly Step[] => {
  const kindRank = new Map(kinds.map((kind, index) => [kind.collection, index]));
  const rank = (one: Step): readonly [number, number, string] => [
    PHASES.indexOf(one.phase),
    sure(kindRank.get(collectionOf(one.id)), 'kind of a step'),
    one.id,
  ];
  const ranked = [...steps]
    .map((one) => ({ one, rank: rank(one) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || byText(a.rank[2], b.rank[2]));
  const position = new Map(ranked.map(({ one }, index) => [one.id, index]));
  const placeOf = (id: string): number => sure(position.get(id), 'step of this id');
  const byId = new Map(ranked.map(({ one }) => [one.id, one]));
  const waits = new Map(ranked.map(({ one }) => [one.id, one.after.filter((id) => byId.has(id)).length]));
  const dependants = new Map<string, string[]>();
  for (const { one } of ranked) for (const id of one.after) dependants.set(id, [...(dependants.get(id) ?? []), one.id]);
  const free = createQueue();
  for (const { one } of ranked) if (waits.get(one.id) === 0) free.push(placeOf(one.id));
  const order: Step[] = [];
  for (let at = free.pop(); at !== undefined; at = free.pop()) {
    const { one: next } = sure(ranked[at], 'step of this rank');
    order.push(next);
    for (const id of dependants.get(next.id) ?? []) {
      const left = sure(waits.get(id), 'step of this id') - 1;
      waits.set(id, left);
      if (left === 0) free.push(placeOf(id));
    }
  }
  if (order.length < steps.length) {
    const done = new Set(order.map((one) => one.id));
    const circle = steps.filter((one) => !done.has(one.id)).map((one) => one.id);
    throw new EngineError(
      'REFERENCE_CYCLE',
      `These steps wait for each other: ${circle.slice(0, 6).join(', ')}.`,
      'Apply a part of it first.',
    );
  }
  return order;
};

/** `userGroups` of `userGroups/a#create` and of `userGroups#create`. */
const collectionOf = (id: string): string => id.slice(0, id.search(/[/#]/));
