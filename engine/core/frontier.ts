/** The steps that may run now: what they waited for is done, and nobody else is at work on their addresses (DESIGN 6). */

import type { Level } from '../operations/index.ts';
import { needsOf, partsOf, unitsOf } from './batch.ts';
import { sure } from './diagnostic.ts';
import type { Address, Part, Step } from './model.ts';
import { createQueue, dependantsIn, type Queue, type Schedule } from './schedule.ts';

/** `unknown` leaves an intent open. */
export type StepEnding = 'done' | 'not-done' | 'unknown';

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
   * Steps that come next, in about the order in which they will: what is ready, and after each what follows once it is done.
   *
   * @param isWanted of steps that are not at work yet; the others are passed over
   */
  readonly ahead: (most: number, isWanted: (step: Step) => boolean) => readonly Step[];
  /** Whether all is done that a part of a batch waits for. */
  readonly isFree: (step: Step, part: Part) => boolean;
  /**
   * Ends a step. `done` lets go what waits for it; `unknown` leaves its intent open, and its addresses closed for good.
   *
   * @param parts of a batch: how each of its parts has ended, where they have not all ended alike
   */
  readonly end: (step: Step, how: StepEnding, parts?: (part: Part) => StepEnding) => void;
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

/** Lanes of levels, the one first whose next step matters most: it gives the first write, which goes alone. */
export const byBest = <L extends { readonly open: ReadonlySet<Level> }>(
  frontier: Frontier,
  lanes: readonly L[],
): readonly L[] => {
  const rank = ({ open }: L): number =>
    [...open].reduce((best, level) => Math.min(best, frontier.peek(level)), Number.POSITIVE_INFINITY);
  return [...lanes].sort((a, b) => rank(a) - rank(b));
};

/** @param steps those that are still to run */
export const createFrontier = (steps: readonly Step[], schedule: Schedule): Frontier => {
  const byRank: Step[] = [];
  const rankOf = (step: Step): number => sure(schedule.rank.get(step.id), 'rank of a step');
  const ranked = (rank: number): Step => sure(byRank[rank], 'step of this rank');
  const inOrder = (a: Step, b: Step): number => rankOf(a) - rankOf(b);
  for (const step of steps) byRank[rankOf(step)] = step;
  const stepOf = new Map(steps.map((step) => [step.id, step]));
  const ready: Readonly<Record<Level, Queue>> = { 1: createQueue(), 2: createQueue(), 3: createQueue() };
  const waitsFor = new Map(schedule.waitsFor);
  /** A look-up for several is worth its call when one of those it looks for is there. */
  const isLookUp = (step: Step): boolean => step.phase === 'find' && step.serves.length > 1;
  /** Steps and parts that are done; steps of which something is. */
  const done = new Set<string>();
  const begun = new Set<string>();
  const isFree = (step: Step, part?: Part): boolean => needsOf(step, part).every((id) => done.has(id));
  const mayRun = (step: Step): boolean => {
    if (isLookUp(step)) return step.after.length === 0 || step.after.some((id) => begun.has(id));
    return step.batch ? partsOf(step).some((part) => isFree(step, part)) : isFree(step);
  };
  /** What waits for a step is looked at when all that it waits for has ended; what can never run has ended by that. */
  const ended = (id: string): void => {
    const open = [id];
    for (let from = open.pop(); from !== undefined; from = open.pop())
      for (const next of dependantsIn(schedule, from)) {
        const step = stepOf.get(next);
        const left = sure(waitsFor.get(next), 'step of this id') - 1;
        waitsFor.set(next, left);
        if (!step || left !== 0) continue;
        if (mayRun(step)) makeReady(step);
        else open.push(next);
      }
  };
  const atWork = new Set<Step>();
  /** Addresses at work, with the ranks that wait for them. */
  const busy = new Map<Address, number[]>();

  const makeReady = (step: Step): void => ready[step.level].push(rankOf(step));
  const best = (level: Level): Step | undefined => byRank[ready[level].peek()];
  for (const step of steps) if (waitsFor.get(step.id) === 0) makeReady(step);

  return {
    peek: (level) => ready[level].peek(),
    size: (level) => ready[level].size(),
    best,
    isFree,
    ahead: (most, isWanted) => {
      const chosen: Step[] = [];
      const expected = new Set<string>();
      const isExpected = (id: string): boolean => done.has(id) || expected.has(id);
      const follows = (step: Step): boolean =>
        (step.batch ? partsOf(step).flatMap((part) => needsOf(step, part)) : needsOf(step)).every(isExpected);
      const visit = (step: Step): void => {
        if (chosen.length >= most || expected.has(step.id)) return;
        for (const id of [step.id, ...unitsOf(step)]) expected.add(id);
        if (!atWork.has(step) && isWanted(step)) chosen.push(step);
        for (const next of dependantsIn(schedule, step.id)
          .flatMap((id) => stepOf.get(id) ?? [])
          .sort(inOrder))
          if (follows(next)) visit(next);
      };
      for (const step of atWork) visit(step);
      const all = ([1, 2, 3] as const).flatMap((level) => ready[level].ranks());
      for (const rank of all.sort((a, b) => a - b)) visit(ranked(rank));
      return chosen;
    },
    take: (level, mayGo) => {
      for (let step = best(level); step !== undefined && mayGo(step); step = best(level)) {
        ready[level].pop();
        if (isLookUp(step)) {
          atWork.add(step);
          return step;
        }
        const taken = step.serves.find((address) => busy.has(address));
        if (taken === undefined) {
          for (const address of step.serves) busy.set(address, []);
          atWork.add(step);
          return step;
        }
        busy.get(taken)?.push(rankOf(step));
      }
      return null;
    },
    end: (step, how, parts = () => how) => {
      atWork.delete(step);
      if (how === 'done') for (const id of [step.id, ...unitsOf(step)]) done.add(id);
      for (const part of partsOf(step)) if (parts(part) === 'done') done.add(part.id);
      if (unitsOf(step).some((id) => done.has(id))) begun.add(step.id);
      const isClosed = (address: Address): boolean => {
        const own = partsOf(step).filter((part) => part.address === address);
        return own.length === 0 ? how === 'unknown' : own.some((part) => parts(part) === 'unknown');
      };
      for (const address of isLookUp(step) ? [] : step.serves) {
        if (isClosed(address)) continue;
        const parked = busy.get(address) ?? [];
        busy.delete(address);
        for (const rank of parked) makeReady(ranked(rank));
      }
      ended(step.id);
    },
  };
};
