/** What a plan costs: calls by level and operation, seconds, days (DESIGN 5, 7). */
import { operationFacts } from '../operations/index.ts';
import { addCalls, callsOf, NO_CALLS } from './calls.ts';
import type { Bill, Calls, Step } from './model.ts';
import { callsUnder, GUARD_MS, holds, reserveOf, secondsOf } from './quota.ts';
import { longestPath } from './schedule.ts';
import type { BudgetConfig, Quota } from './workspace.ts';

export { addCalls, callsOf, NO_CALLS } from './calls.ts';

/**
 * The bill of a plan.
 *
 * @param spent       calls that the plan made
 * @param minimum     the least that it could have made (RESOURCES 5)
 * @param usedToday   calls of the day so far, one number per quota, the plan's own among them
 * @param reserve     `budget.reserve`: shares of the day that only revocations may use
 * @param settleReads calls that looking once at every resource with a write would take. A doubt is settled by a read; if
 *                    that shows nothing happened the step runs once more, and may need a second read (DESIGN 6)
 * @param check       reads before the first write of a later apply
 * @param checkLater  the same once everything is there that the plan makes: what a further day costs at most
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
  checkLater: Calls = check,
): Bill => {
  const toApply = callsOf(steps.map((step) => step.operation));
  const again = callsOf(steps.map((step) => step.operation).filter((operation) => operationFacts(operation).kind === 'write'));
  const left = quotas.map((quota, index) => ({
    levels: quota.levels,
    perDay: quota.perDay,
    left: quota.perDay === null ? null : Math.max(0, quota.perDay - (usedToday[index] ?? 0)),
    reserve: reserveOf(quota, reserve),
  }));
  return {
    spent,
    minimum,
    toApply,
    settle: addCalls(again, settleReads, settleReads),
    check,
    left,
    seconds: Math.ceil(Math.max(secondsOf(toApply.levels, quotas), chainSeconds(steps, quotas))),
    days:
      steps.length === 0 ? 0 : Math.max(1, ...quotas.map((quota, index) => daysUnder(quota, toApply, left[index], checkLater))),
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

const ASSUMED_CALL_MS = 100;
const chainSeconds = (steps: readonly Step[], quotas: readonly Quota[]): number => {
  const spacingMs = (step: Step): number =>
    Math.max(0, ...quotas.filter((quota) => holds(quota, step.level)).map((quota) => (1000 + GUARD_MS) / quota.perSecond));
  return longestPath(steps, (step) => Math.max(ASSUMED_CALL_MS, spacingMs(step))) / 1000;
};

/** Every further day looks first whether what is to come is as the plan saw it (DESIGN 6). */
const daysUnder = (quota: Quota, toApply: Calls, today: Bill['left'][number] | undefined, check: Calls): number => {
  const calls = callsUnder(quota, toApply.levels);
  if (quota.perDay === null || !today || calls === 0) return 1;
  const first = Math.max(0, (today.left ?? 0) - today.reserve);
  const later = Math.max(1, quota.perDay - today.reserve - callsUnder(quota, check.levels));
  return calls <= first ? 1 : 1 + Math.ceil((calls - first) / later);
};
