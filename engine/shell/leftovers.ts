/** What a run may spend that takes leftovers alone: a share of what is left today, and never the reserve (DESIGN 7). */
import { EngineError, sure } from '../core/diagnostic.ts';
import { holds, quotaName, reserveOf } from '../core/quota.ts';
import type { BudgetConfig, Quota } from '../core/workspace.ts';
import { type Level, operationFacts, type ReadName } from '../operations/index.ts';

export type Leftover = {
  readonly levels: readonly Level[];
  /** Calls that this run may make; null where the quota has no day. */
  readonly allowed: number | null;
  readonly spent: number;
};
export type Leftovers = {
  /** @throws EngineError DAY_SPENT where the calls are more than is left for this run */
  readonly allow: (operation: ReadName, calls: number) => void;
  /** Calls of the level that may still be made. */
  readonly left: (level: Level) => number;
  /** The last refusal: what it asked for. */
  readonly refused: () => { readonly level: Level; readonly calls: number } | null;
  readonly spent: () => number;
  readonly all: () => readonly Leftover[];
};

/** @param used calls of the day so far, one number per quota */
export const createLeftovers = (
  quotas: readonly Quota[],
  used: readonly number[],
  { review, reserve }: Pick<BudgetConfig, 'review' | 'reserve'>,
  maxCalls: number | null,
): Leftovers => {
  const lanes = quotas.map((quota, index) => ({
    quota,
    allowed:
      quota.perDay === null
        ? null
        : Math.floor(review * Math.max(0, quota.perDay - reserveOf(quota, reserve) - sure(used[index], 'quota of this number'))),
    spent: 0,
  }));
  let total = 0;
  let refused: { readonly level: Level; readonly calls: number } | null = null;
  const left = (level: Level): number =>
    Math.min(
      maxCalls === null ? Number.POSITIVE_INFINITY : maxCalls - total,
      ...lanes.flatMap(({ quota, allowed, spent }) => (allowed !== null && holds(quota, level) ? [allowed - spent] : [])),
    );
  return {
    allow: (operation, calls) => {
      const { level } = operationFacts(operation);
      if (left(level) < calls) {
        refused = { level, calls };
        throw new EngineError(
          'DAY_SPENT',
          `${calls} more ${calls === 1 ? 'call' : 'calls'} of ${quotaName({ levels: [level], perSecond: 1, perDay: null })} (${operation}) are wanted, and this run may make ${left(level)}.`,
          'The same command goes on when the day of the quota is over; budget.review and --max-calls set how much it takes.',
        );
      }
      total += calls;
      for (const lane of lanes) if (holds(lane.quota, level)) lane.spent += calls;
    },
    left,
    refused: () => refused,
    spent: () => total,
    all: () => lanes.map(({ quota, allowed, spent }) => ({ levels: quota.levels, allowed, spent })),
  };
};
