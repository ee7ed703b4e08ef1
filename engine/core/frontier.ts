/** The steps that may run now: what they waited for is done, and nobody else is at work on their addresses (DESIGN 6). */
import type { Level } from '../operations/index.ts';
import type { Address, Step } from './model.ts';
import { createQueue, type Queue, type Schedule } from './schedule.ts';

export type Frontier = {
  /** Rank of the best ready step of a level; infinite where there is none. */
  readonly peek: (level: Level) => number;
  readonly size: (level: Level) => number;
  /**
   * Takes the best ready step of a level whose addresses are free, and closes its addresses: at most one open intent an
   * address. Steps that have to wait for an address come back by themselves when it is free.
   *
   * @param mayGo asked of the best step alone: where it may not go, none of its level does
   */
  readonly take: (level: Level, mayGo: (step: Step) => boolean) => Step | null;
  readonly best: (level: Level) => Step | undefined;
  /**
   * Ends a step. `done` lets go what waits for it; `unknown` leaves its intent open, and its addresses closed for good.
   */
  readonly end: (step: Step, how: 'done' | 'not-done' | 'unknown') => void;
};

/** Takes the best step that may go of all these levels; null where none may. */
export const takeBest = (frontier: Frontier, levels: ReadonlySet<Level>, mayGo: (step: Step) => boolean): Step | null => {
  const byRank = [...levels].sort((a, b) => frontier.peek(a) - frontier.peek(b));
  for (const level of byRank) {
    const step = frontier.take(level, mayGo);
    if (step) return step;
  }
  return null;
};

export const createFrontier = (steps: readonly Step[], schedule: Schedule): Frontier => {
  const byRank: Step[] = [];
  const rankOf = (step: Step): number => schedule.rank.get(step.id) ?? 0;
  for (const step of steps) byRank[rankOf(step)] = step;
  const stepOf = new Map(steps.map((step) => [step.id, step]));
  const ready: Readonly<Record<Level, Queue>> = { 1: createQueue(), 2: createQueue(), 3: createQueue() };
  const waitsFor = new Map(schedule.waitsFor);
  /** A look-up for several waits for the end of all that it looks for, and is worth its call when one of them is done. */
  const isLookUp = (step: Step): boolean => step.phase === 'find' && step.serves.length > 1;
  const worthwhile = new Set<string>();
  const ended = (id: string, isDone: boolean): void => {
    for (const next of schedule.dependants.get(id) ?? []) {
      const step = stepOf.get(next);
      if (!step || (!isDone && !isLookUp(step))) continue;
      if (isDone) worthwhile.add(next);
      const left = (waitsFor.get(next) ?? 0) - 1;
      waitsFor.set(next, left);
      if (left === 0 && worthwhile.has(next)) makeReady(step);
    }
  };
  /** Addresses at work, with the ranks that wait for them. */
  const busy = new Map<Address, number[]>();

  const makeReady = (step: Step): void => ready[step.level].push(rankOf(step));
  const best = (level: Level): Step | undefined => byRank[ready[level].peek()];
  for (const step of steps) if (waitsFor.get(step.id) === 0) makeReady(step);

  return {
    peek: (level) => ready[level].peek(),
    size: (level) => ready[level].size(),
    best,
    take: (level, mayGo) => {
      for (let step = best(level); step !== undefined && mayGo(step); step = best(level)) {
        ready[level].pop();
        if (isLookUp(step)) return step;
        const taken = step.serves.find((address) => busy.has(address));
        if (taken === undefined) {
          for (const address of step.serves) busy.set(address, []);
          return step;
        }
        busy.get(taken)?.push(rankOf(step));
      }
      return null;
    },
    end: (step, how) => {
      if (how === 'unknown') {
        ended(step.id, false);
        return;
      }
      if (isLookUp(step)) {
        ended(step.id, how === 'done');
        return;
      }
      for (const address of step.serves) {
        const parked = busy.get(address) ?? [];
        busy.delete(address);
        for (const rank of parked) {
          const next = byRank[rank];
          if (next) makeReady(next);
        }
      }
      ended(step.id, how === 'done');
    },
  };
};
