/** What an apply puts beside its record before its calls leave: its bill, and what goes beyond it (DESIGN 7). */

import type { LevelCounts } from '../core/quota.ts';
import { coveredNext, type RecordCalls } from '../core/record-calls.ts';

/** The place beside a record where its applies are counted, for machines with ledgers of their own. */
export type RecordShare = {
  /** What lies there. */
  readonly calls: () => RecordCalls;
  /** The apply that is counted; null: this run writes nothing there, and takes from `budget.review`. */
  readonly apply: {
    readonly run: string;
    /**
     * Puts down what the run makes of a day at most: before any of these calls leaves, or along with what is written next.
     *
     * @throws EngineError JOURNAL_WRITE
     */
    readonly cover: (day: string, calls: LevelCounts, of: { readonly isLater: boolean }) => Promise<void>;
  } | null;
};

type Apply = NonNullable<RecordShare['apply']>;

/** @param made what an apply has made by now, by day */
export const createCover = (made: (run: string) => ReadonlyMap<string, LevelCounts>) => {
  let bill: LevelCounts = { '1': 0, '2': 0, '3': 0 };
  const covered = new Map<string, LevelCounts>();
  // One after the other: what the levels make side by side is covered together.
  let tail: Promise<unknown> = Promise.resolve();
  return {
    /** Mostly the first intents take it along; the first call sees to it in any case. */
    bill: async (apply: Apply, day: string, calls: LevelCounts): Promise<void> => {
      bill = calls;
      if (calls['1'] + calls['2'] + calls['3'] > 0) await apply.cover(day, calls, { isLater: true });
    },
    /** Resolves when all that was made of a day is covered. @throws EngineError JOURNAL_WRITE */
    day: (apply: Apply, day: string): Promise<void> => {
      const turn = tail.then(async () => {
        const next = coveredNext(made(apply.run), day, covered.get(day) ?? null, bill);
        if (next === null) return;
        await apply.cover(day, next, { isLater: false });
        covered.set(day, next);
      });
      tail = turn.catch(() => undefined);
      return turn;
    },
  };
};
