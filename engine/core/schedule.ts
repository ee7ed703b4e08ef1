/** In which order steps are tried, and which of them wait for which (DESIGN 6, 7). */
import type { Level } from '../operations/index.ts';
import { EngineError, sure } from './diagnostic.ts';
import { PHASES, type Step } from './model.ts';
import { ASSUMED_CALL_MS, GUARD_MS, holds } from './quota.ts';
import type { Quota } from './workspace.ts';

const LEVELS: readonly Level[] = [1, 2, 3];

/** Rank 0 is tried first; `waitsFor` counts the steps that must have ended; `dependants` are step ids. */
export type Schedule = {
  readonly rank: ReadonlyMap<string, number>;
  readonly waitsFor: ReadonlyMap<string, number>;
  readonly dependants: ReadonlyMap<string, readonly string[]>;
};

/**
 * How long a step keeps what waits for it: its call on its way, or the spacing of its slowest quota where that is longer; in
 * milliseconds.
 *
 * @param share `budget.share`
 */
export const weightUnder =
  (quotas: readonly Quota[], share = 1): ((step: Step) => number) =>
  ({ level }) =>
    quotas.reduce(
      (most, quota) => (holds(quota, level) ? Math.max(most, (1000 + GUARD_MS) / (quota.perSecond * share)) : most),
      ASSUMED_CALL_MS,
    );

/**
 * Ranks the steps: by phase, then by what still hangs on a step, then as the plan has them. That is the longest path from it,
 * and all the work that waits for it: where two paths are alike, a step that frees more work for other levels' quotas goes
 * first. Work that is reached in several ways counts once for each, so that one pass over the steps is enough.
 *
 * @param weight of one step in a path; see `weightUnder`
 * @throws EngineError INTERNAL for an unknown step in `after`, an id that comes twice, or a circle
 */
export const scheduleOf = (steps: readonly Step[], weight: (step: Step) => number = () => 1): Schedule => {
  const dependants = dependantsOf(steps);
  const paths = remainingPaths(steps, dependants, weight);
  const hanging = (step: Step): number =>
    sure(paths.heaviest.get(step.id), 'weight of a step') + (paths.waiting.get(step.id) ?? 0);
  const order = steps
    .map((step, index) => ({ step, index, phase: PHASES.indexOf(step.phase), path: hanging(step) }))
    .sort((a, b) => a.phase - b.phase || b.path - a.path || a.index - b.index);
  return {
    rank: new Map(order.map(({ step }, rank) => [step.id, rank])),
    waitsFor: new Map(steps.map((step) => [step.id, new Set(step.after).size])),
    dependants,
  };
};

/**
 * Levels that share a rate, together: their steps wait in one row, so that the one that matters most takes the next place of
 * the quota that they share. Levels with rates of their own run side by side.
 */
export const lanesUnder = (quotas: readonly Quota[]): readonly (readonly Level[])[] => {
  let lanes: readonly (readonly Level[])[] = LEVELS.map((level) => [level]);
  for (const quota of quotas) {
    if (!Number.isFinite(quota.perSecond)) continue;
    const shared = lanes.filter((lane) => lane.some((level) => holds(quota, level)));
    if (shared.length > 1) lanes = [shared.flat(), ...lanes.filter((lane) => !shared.includes(lane))];
  }
  return lanes;
};

/** The heaviest chain through `after`, in the unit of `weight`; 0 without steps. */
export const longestPath = (steps: readonly Step[], weight: (step: Step) => number): number =>
  [...remainingPaths(steps, dependantsOf(steps), weight).heaviest.values()].reduce((most, path) => Math.max(most, path), 0);

/** All steps that wait for one of these, directly or through others. */
export const coneOf = (ids: Iterable<string>, schedule: Schedule): ReadonlySet<string> => {
  const found = new Set<string>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const next of dependantsIn(schedule, id))
      if (!found.has(next)) {
        found.add(next);
        open.push(next);
      }
  return found;
};

/** The steps that wait for this one, by themselves. */
export const dependantsIn = ({ dependants }: Pick<Schedule, 'dependants'>, id: string): readonly string[] =>
  sure(dependants.get(id), 'step of this id');

const dependantsOf = (steps: readonly Step[]): Map<string, string[]> => {
  const dependants = new Map<string, string[]>();
  for (const step of steps) {
    if (dependants.has(step.id)) throw new EngineError('INTERNAL', `The step "${step.id}" comes twice in the plan.`);
    dependants.set(step.id, []);
  }
  for (const step of steps)
    for (const before of new Set(step.after)) {
      const waiting = dependants.get(before);
      if (!waiting)
        throw new EngineError('INTERNAL', `The step "${step.id}" waits for "${before}", which the plan does not have.`);
      waiting.push(step.id);
    }
  return dependants;
};

/** Ways through a plan can be too many to count. */
const MOST_WORK = 1e12;

/** The heaviest chain that starts with each step, itself included, and the weight of all that waits for it; from the leaves up. */
const remainingPaths = (
  steps: readonly Step[],
  dependants: ReadonlyMap<string, readonly string[]>,
  weight: (step: Step) => number,
): { readonly heaviest: ReadonlyMap<string, number>; readonly waiting: ReadonlyMap<string, number> } => {
  const stepOf = new Map(steps.map((step) => [step.id, step]));
  const open = new Map([...dependants].map(([id, waiting]) => [id, waiting.length]));
  const heaviest = new Map<string, number>();
  const waiting = new Map<string, number>();
  const queue = steps.filter((step) => open.get(step.id) === 0);
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    const after = dependantsIn({ dependants }, step.id).reduce(
      (most, id) => Math.max(most, sure(heaviest.get(id), 'weight of a step')),
      0,
    );
    heaviest.set(step.id, weight(step) + after);
    const before = new Set(step.after);
    const work = weight(step) + (waiting.get(step.id) ?? 0);
    for (const id of before) {
      waiting.set(id, Math.min(MOST_WORK, (waiting.get(id) ?? 0) + work));
      const left = sure(open.get(id), 'step of this id') - 1;
      open.set(id, left);
      const next = stepOf.get(id);
      if (left === 0 && next) queue.push(next);
    }
  }
  if (heaviest.size < steps.length) {
    const stuck = steps.filter((step) => !heaviest.has(step.id)).map((step) => `"${step.id}"`);
    throw new EngineError('INTERNAL', `These steps wait for each other: ${stuck.slice(0, 5).join(', ')}.`);
  }
  return { heaviest, waiting };
};

/** The least first: a heap of ranks, for steps that are ready. */
export type Queue = {
  readonly push: (rank: number) => void;
  readonly pop: () => number | undefined;
  /** The least; infinite when empty. */
  readonly peek: () => number;
  /** All of them, in no order. */
  readonly ranks: () => readonly number[];
  readonly size: () => number;
};

/** A binary heap: 100,000 ready steps stay cheap to choose from. */
export const createQueue = (): Queue => {
  const heap: number[] = [];
  const at = (index: number): number => heap[index] ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    const kept = at(a);
    heap[a] = at(b);
    heap[b] = kept;
  };
  return {
    size: () => heap.length,
    peek: () => at(0),
    ranks: () => heap,
    push: (rank) => {
      let index = heap.push(rank) - 1;
      for (let parent = (index - 1) >> 1; index > 0 && at(parent) > at(index); parent = (index - 1) >> 1) {
        swap(parent, index);
        index = parent;
      }
    },
    pop: () => {
      const least = heap[0];
      const last = heap.pop();
      if (least === undefined || last === undefined || heap.length === 0) return least;
      heap[0] = last;
      for (let index = 0; ; ) {
        const child = at(2 * index + 2) < at(2 * index + 1) ? 2 * index + 2 : 2 * index + 1;
        if (at(child) >= at(index)) return least;
        swap(child, index);
        index = child;
      }
    },
  };
};
