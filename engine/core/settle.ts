/** What follows from an outcome: settling of doubts, how a change ended, the exit code (DESIGN 4, 6). */
import type { Address, Ids, StepOutcome } from './model.ts';

/**
 * What a look at the service says of a step whose outcome is unknown (DESIGN 6).
 *
 * done       it happened; `ids` of what it made, where the step gives ids; `isAbsence`: only something's absence says so
 * void       shown not to have happened
 * undecided  two candidates, an incomplete list, or neither before nor after; `hindrance`: nobody has
 *            looked, because no call was left for it or the run was stopped
 * parts      of a batch: what it says of each part, by its id
 */
export type Settled = Verdict | { readonly verdict: 'parts'; readonly of: Readonly<Record<string, Verdict>> };
export type Verdict =
  | { readonly verdict: 'done'; readonly ids?: Readonly<Record<Address, Ids>>; readonly isAbsence?: true }
  | { readonly verdict: 'void' }
  | { readonly verdict: 'undecided'; readonly because: string; readonly hindrance?: 'day' | 'interrupted' };

/** A void step runs once more under a new intent; the second void is a refusal. */
export const MOST_RUNS = 2;
/** Looks at one doubt: soon, and when the service has had all its time. */
export const MOST_LOOKS_A_RUN = 2;

/** What a run can end with, besides 0. */
export type EndReason =
  | 'record'
  | 'unknown'
  | 'interrupted'
  | 'not-allowed'
  | 'refused'
  | 'stale'
  | 'guarded'
  | 'stopped'
  | 'waiting'
  | 'unreachable';

/**
 * By precedence (DESIGN 4). `not-allowed` is not in its list: it stops the run at once and says why nothing else was sent,
 * so it follows what touches the record and what needs a person.
 */
const EXITS: readonly (readonly [EndReason, number])[] = [
  ['record', 10],
  ['unknown', 7],
  ['interrupted', 130],
  ['not-allowed', 4],
  ['refused', 5],
  ['stale', 9],
  ['guarded', 12],
  ['stopped', 6],
  ['waiting', 13],
  ['unreachable', 11],
];

/** The exit code and its reason when these hold; `done` and 0 when none does. */
export const exitOf = (reasons: ReadonlySet<EndReason>): { readonly exit: number; readonly reason: string } => {
  const [reason, exit] = EXITS.find(([name]) => reasons.has(name)) ?? ['done', 0];
  return { exit, reason };
};

/** How a change ended, from its steps; `left` while some have not run. */
export const endOfChange = (outcomes: readonly (StepOutcome | null)[]): 'applied' | 'failed' | 'unknown' | 'waiting' | 'left' => {
  if (outcomes.includes('unknown')) return 'unknown';
  if (outcomes.includes('rejected')) return 'failed';
  if (outcomes.includes('waiting')) return 'waiting';
  return outcomes.every((outcome) => outcome === 'done') ? 'applied' : 'left';
};
