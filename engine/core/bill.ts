/** What a plan costs: calls by level and operation, seconds, days (DESIGN 5, 7). */
import { operationFacts } from '../operations/index.ts';
import { partsOf } from './batch.ts';
import { addCalls, callsOf, NO_CALLS } from './calls.ts';
import { type Looks, lookAt, NO_LOOKS } from './looks.ts';
import type { Bill, Calls, Step } from './model.ts';
import { mayUseReserve, reserveOf } from './quota.ts';
import { MOST_LOOKS_A_RUN, MOST_RUNS } from './settle.ts';
import { type SimulateInput, simulate } from './simulate.ts';
import type { BudgetConfig, Quota } from './workspace.ts';

export { addCalls, callsOf, NO_CALLS } from './calls.ts';

/** What the simulation behind a bill is told beside the steps. */
export type BilledRun = {
  readonly startMs: number;
  readonly timezone: string;
  readonly share: number;
  readonly looks: Looks;
  readonly changes: Parameters<typeof lookAt>[1];
};
const NO_RUN: BilledRun = { startMs: 0, timezone: 'UTC', share: 1, looks: NO_LOOKS, changes: [] };

/**
 * The bill of a plan.
 *
 * @param spent       calls that the plan made
 * @param minimum     the least that it could have made (RESOURCES 5)
 * @param usedToday   calls of the day so far, one number per quota, the plan's own among them
 * @param reserve     `budget.reserve`: shares of the day that only revocations may use
 * @param settleReads calls that looking once at every resource with a write would take. A doubt is settled by a read, and
 *                    by a second one where the first shows nothing; the step then runs once more and may be in doubt again.
 *                    A batch counts once, and once more for each of its parts
 * @param check       reads before the first write of a later apply
 * @param run         when the apply would begin and how it would go on; seconds and days are those of a simulation of it
 */
export const billOf = (
  steps: readonly Step[],
  quotas: readonly Quota[],
  spent: Calls,
  minimum: Calls,
  usedToday: readonly number[],
  reserve: BudgetConfig['reserve'],
  settleReads: Calls = NO_CALLS,
  check: Calls = NO_CALLS,
  run: BilledRun = NO_RUN,
): Bill => {
  const toApply = callsOf(steps.map((step) => step.operation));
  const fromReserve = steps.filter(mayUseReserve).map((step) => step.operation);
  // A write runs once more where a doubt has shown that it did nothing; a batch also as each of its parts, and these once more.
  const again = callsOf(
    steps
      .filter(({ operation }) => operationFacts(operation).kind === 'write')
      .flatMap((step) => Array.from({ length: 1 + MOST_RUNS * partsOf(step).length }, () => step.operation)),
  );
  const left = quotas.map((quota, index) => ({
    levels: quota.levels,
    perDay: quota.perDay,
    left: quota.perDay === null ? null : Math.max(0, quota.perDay - (usedToday[index] ?? 0)),
    reserve: reserveOf(quota, reserve),
  }));
  const input: SimulateInput = {
    steps,
    quotas,
    reserve,
    usedToday,
    share: run.share,
    startMs: run.startMs,
    timezone: run.timezone,
    look: (done) => lookAt(run.looks, run.changes, steps, done),
  };
  const atOnce = simulate(input);
  // What lasts for days is applied from a file, and a saved plan proves the tenant on its first day too.
  const { days, isEnough, endMs } = atOnce.days.length > 1 ? simulate({ ...input, firstLook: ['GetMyTenants'] }) : atOnce;
  return {
    spent,
    minimum,
    toApply,
    ...(fromReserve.length > 0 ? { fromReserve: callsOf(fromReserve) } : {}),
    settle: addCalls(again, ...Array.from({ length: MOST_LOOKS_A_RUN * MOST_RUNS }, () => settleReads)),
    check,
    left,
    seconds: Math.ceil((endMs - run.startMs) / 1000),
    days: isEnough ? days.length : null,
    byDay: days.map(({ day, toApply: calls, check: reads }) => ({ day, toApply: calls, check: reads })),
    looks: run.looks,
  };
};

/**
 * Levels of which a run would make more calls than `budget.perRun` lets it, with both numbers; `all` is the sum.
 *
 * @param most the run stops after so many calls by itself
 */
export const overRun = (
  levels: Calls['levels'],
  { perRun }: Pick<BudgetConfig, 'perRun'>,
  most = Number.POSITIVE_INFINITY,
): readonly { readonly level: string; readonly calls: number; readonly allowed: number }[] => {
  const counts: readonly (readonly [keyof BudgetConfig['perRun'], string, number])[] = [
    ['level1', 'level 1', levels['1']],
    ['level2', 'level 2', levels['2']],
    ['level3', 'level 3', levels['3']],
    ['all', 'all levels', levels['1'] + levels['2'] + levels['3']],
  ];
  return counts.flatMap(([key, level, count]) => {
    const allowed = perRun[key];
    const calls = Math.min(count, most);
    return allowed !== null && calls > allowed ? [{ level, calls, allowed }] : [];
  });
};
