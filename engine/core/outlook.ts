/** What is left of an apply, in calls and time, today and over the days to come: the simulation of a plan's rest (DESIGN 4: progress). */
import { callsOf } from './calls.ts';
import { lookAt } from './looks.ts';
import type { Plan, Step } from './model.ts';
import { dayOf, nextDayMs } from './quota.ts';
import { coneOf, scheduleOf } from './schedule.ts';
import { type Simulated, simulate } from './simulate.ts';
import type { BudgetConfig, Quota } from './workspace.ts';

export type OutlookInput = {
  readonly plan: Plan;
  readonly quotas: readonly Quota[];
  readonly share: number;
  readonly reserve: BudgetConfig['reserve'];
  /** Calls of the day so far, one number per quota. */
  readonly usedToday: readonly number[];
  readonly nowMs: number;
  readonly timezone: string;
  /** Steps that have ended, however they did. */
  readonly ended: readonly { readonly id: string; readonly isDone: boolean }[];
};

export type Left = {
  /** The day that it is on, counted from the day of the plan, and how many there will have been; null: it never ends. */
  readonly day: number;
  readonly days: number | null;
  /** Calls and seconds until all has been sent, nights included; null: never. */
  readonly seconds: number | null;
  readonly today: { readonly calls: number; readonly seconds: number };
  /** When it goes on after today, ISO 8601 in UTC; null: it ends today. */
  readonly goesOnAt: string | null;
};
export type Outlook = {
  /** What is left once so many steps have ended since this outlook was made. */
  readonly after: (ended: number) => Left;
  /** Calls by level of all that is left. */
  readonly levels: Readonly<Record<'1' | '2' | '3', number>>;
};

/** What depends on a step that is not done is not sent any more, and counts as ended. */
export const outlookOf = (input: OutlookInput): Outlook => {
  const { plan, quotas, share, reserve, usedToday, nowMs, timezone, ended } = input;
  const over = endedWithCones(plan.steps, ended);
  const run = simulate({
    steps: plan.steps,
    quotas,
    share,
    reserve,
    usedToday,
    startMs: nowMs,
    timezone,
    done: over,
    look: (done) => lookAt(plan.bill.looks, plan.changes, plan.steps, done),
  });
  const before = daysBetween(dayOf(Date.parse(plan.madeAt), timezone), dayOf(nowMs, timezone));
  return {
    levels: callsOf(plan.steps.filter(({ id }) => !over.has(id)).map(({ operation }) => operation)).levels,
    after: (count) => leftOf(run, count, before, nowMs, timezone),
  };
};

const endedWithCones = (steps: readonly Step[], ended: OutlookInput['ended']): ReadonlySet<string> => {
  const over = new Set(ended.map(({ id }) => id));
  // Of a batch each part has an end of its own; what waits for the batch waits for the step.
  const known = new Set(steps.map(({ id }) => id));
  const failed = ended.flatMap(({ id, isDone }) => (isDone || !known.has(id) ? [] : [id]));
  if (failed.length > 0) for (const id of coneOf(failed, scheduleOf(steps))) over.add(id);
  return over;
};

const leftOf = (run: Simulated, count: number, daysBefore: number, startMs: number, timezone: string): Left => {
  const total = run.endsMs.length;
  const atMs = count <= 0 ? startMs : (run.endsMs[Math.min(count, total) - 1] ?? startMs);
  let through = 0;
  let index = 0;
  for (; index < run.days.length - 1; index++) {
    const calls = callsIn(run.days[index]);
    if (count < through + calls) break;
    through += calls;
  }
  const today = run.days[index];
  const calls = Math.max(0, through + callsIn(today) - count);
  return {
    day: daysBefore + index + 1,
    days: run.isEnough ? daysBefore + Math.max(1, run.days.length) : null,
    seconds: run.isEnough ? secondsUntil(run.endMs, atMs) : null,
    today: { calls, seconds: calls === 0 || !today ? 0 : secondsUntil(today.endMs, Math.max(atMs, today.startMs)) },
    goesOnAt:
      today && (index < run.days.length - 1 || !run.isEnough)
        ? new Date(nextDayMs(Math.max(today.startMs, today.endMs), timezone)).toISOString()
        : null,
  };
};

const callsIn = (day: Simulated['days'][number] | undefined): number =>
  day ? day.toApply.levels['1'] + day.toApply.levels['2'] + day.toApply.levels['3'] : 0;

const secondsUntil = (endMs: number, fromMs: number): number => Math.ceil(Math.max(0, endMs - fromMs) / 1000);

const DAY_MS = 86_400_000;
const daysBetween = (from: string, to: string): number => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS));
