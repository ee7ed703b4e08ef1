/** What earlier runs of a plan have left open, and what of it is still in doubt while this one goes on (DESIGN 6). */
import { needsOf, unitsOf } from '../core/batch.ts';
import type { Intent } from '../core/fold.ts';
import type { Step } from '../core/model.ts';

export type LeftOpen = {
  /** When the call of a step, or of a part of it, may have left last, in milliseconds of the wall clock; null: it has not. */
  readonly since: (step: Step) => (id: string) => number | null;
  readonly begun: (step: Step) => void;
  /** A call of the step has left. */
  readonly sent: (step: Step) => void;
};

/** When an intent's call may have left last. */
export const sentLastMs = ({ at, until }: Intent): number => Date.parse(until ?? at);

export const createLeftOpen = (open: readonly Intent[]): LeftOpen => {
  const sinceMs = new Map(open.map((intent) => [intent.step, sentLastMs(intent)]));
  /**
   * Steps that this run has sent, and what waits for them. No run before can have sent what waits for what it had not done, so an
   * intent that was written ahead of that is no doubt. Of a batch nobody knows which of its parts were sent, and a look-up for
   * several does not wait for all of them.
   */
  const anew = new Set<string>();
  const isAnew = (step: Step): boolean =>
    (step.batch ? step.batch.parts.map((part) => needsOf(step, part)) : [needsOf(step)]).every((ids) =>
      ids.some((id) => anew.has(id)),
    );
  const isLookUp = ({ phase, serves }: Step): boolean => phase === 'find' && serves.length > 1;
  return {
    since: (step) => (isAnew(step) ? () => null : (id) => sinceMs.get(id) ?? null),
    begun: (step) => {
      if (isAnew(step) && !isLookUp(step)) for (const id of [step.id, ...unitsOf(step)]) anew.add(id);
    },
    sent: (step) => {
      if (!step.batch) anew.add(step.id);
    },
  };
};
