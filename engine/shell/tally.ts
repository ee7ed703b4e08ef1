/** Counts the steps of an apply while it runs, and tells about them (DESIGN 4: progress). */

import type { ApplyEvent } from '../core/apply.ts';
import { sure } from '../core/diagnostic.ts';
import type { Plan, Step } from '../core/model.ts';
import { type Outlook, outlookOf } from '../core/outlook.ts';
import type { Clock } from '../core/ports.ts';
import { holds } from '../core/quota.ts';
import type { BudgetConfig } from '../core/workspace.ts';
import type { StepEnd } from './attempt.ts';
import type { Pacer } from './pace.ts';

export type Tally = {
  readonly started: () => void;
  readonly ended: (step: Step, end: StepEnd) => void;
  readonly pause: (reason: string, waitMs: number) => void;
  readonly finish: () => void;
};

const EVERY_MS = 100;
/** What is left is foreseen anew after a failure, at most this often: it plays the rest of the plan through. */
const FORESEE_MS = 1_000;

/** The budget of the day that the calls come out of. */
export type DayBudget = {
  readonly reserve: BudgetConfig['reserve'];
  readonly timezone: string;
  /** Calls of the day before the first step, one number per quota. */
  readonly usedToday: readonly number[];
};
export const NO_BUDGET: DayBudget = { reserve: { level1: 0, level2: 0, level3: 0 }, timezone: 'UTC', usedToday: [] };

/** @param before steps that have ended before the first call: by an earlier run of the plan, or because they must not be sent */
export const createTally = (
  plan: Plan,
  before: ReadonlyMap<string, StepEnd>,
  pacer: Pacer,
  clock: Clock,
  onEvent: (event: ApplyEvent) => void,
  budget: DayBudget = NO_BUDGET,
): Tally => {
  const kindOf = new Map(plan.changes.map((change) => [change.address, change.kind]));
  const kindOfStep = (step: Step): string => kindOf.get(step.serves[0] ?? '') ?? '';
  const byKind = new Map<string, { done: number; total: number }>();
  for (const step of plan.steps) {
    const counts = byKind.get(kindOfStep(step)) ?? { done: 0, total: 0 };
    counts.total++;
    byKind.set(kindOfStep(step), counts);
  }
  const ended = [...before].map(([id, end]) => ({ id, isDone: end.outcome === 'done' }));
  const used = pacer.quotas.map((_, index) => budget.usedToday[index] ?? 0);
  const foresee = (): Outlook =>
    outlookOf({
      plan,
      quotas: pacer.quotas,
      share: pacer.share,
      reserve: budget.reserve,
      usedToday: used,
      nowMs: clock.wallMs(),
      timezone: budget.timezone,
      ended,
    });
  let outlook = foresee();
  let foreseenMs = clock.nowMs();
  let endedSince = 0;
  let isWrong = false;
  const counts = { done: 0, failed: 0, unknown: 0, running: 0 };
  for (const step of plan.steps) {
    const end = before.get(step.id);
    if (end?.outcome === 'done' || end?.outcome === 'waiting') counts.done++;
    else if (end) counts.failed++;
    const kind = byKind.get(kindOfStep(step));
    if (kind && end?.outcome === 'done') kind.done++;
  }
  let toldMs = Number.NEGATIVE_INFINITY;
  let isTold = false;

  const tell = (): void => {
    const left = plan.steps.length - counts.done - counts.failed - counts.unknown - counts.running;
    if (isWrong && clock.nowMs() - foreseenMs >= FORESEE_MS) {
      outlook = foresee();
      foreseenMs = clock.nowMs();
      endedSince = 0;
      isWrong = false;
    }
    const { seconds, ...others } = outlook.after(endedSince);
    onEvent({
      type: 'progress',
      ...counts,
      left,
      secondsLeft: seconds,
      ...others,
      byKind: Object.fromEntries([...byKind].map(([kind, some]) => [kind, { ...some }])),
    });
    toldMs = clock.nowMs();
    isTold = true;
  };
  const changed = (): void => {
    isTold = false;
    if (clock.nowMs() - toldMs >= EVERY_MS) tell();
  };

  onEvent({ type: 'start', steps: plan.steps.length, levels: outlook.levels, ...outlook.after(0) });
  return {
    started: () => {
      counts.running++;
      changed();
    },
    ended: (step, end) => {
      counts.running--;
      // The call is done; what waits for an approval is told by the end of the run.
      if (end.outcome === 'done' || end.outcome === 'waiting') counts.done++;
      else if (end.outcome === 'rejected') counts.failed++;
      else if (end.outcome === 'unknown') counts.unknown++;
      if (end.outcome !== 'not-sent' || [...(end.parts?.values() ?? [])].some(({ outcome }) => outcome !== 'not-sent')) {
        ended.push({ id: step.id, isDone: end.outcome === 'done' });
        endedSince++;
        for (const [index, quota] of pacer.quotas.entries())
          if (holds(quota, step.level)) used[index] = sure(used[index], 'quota of this number') + 1;
        isWrong ||= end.outcome !== 'done';
        const kind = byKind.get(kindOfStep(step));
        if (kind && end.outcome === 'done') kind.done++;
      }
      onEvent({ type: 'step', step, outcome: end.outcome, code: end.code, requestId: end.requestId });
      changed();
    },
    pause: (reason, waitMs) => onEvent({ type: 'pause', reason, seconds: waitMs / 1000 }),
    finish: () => {
      if (!isTold) tell();
      onEvent({ type: 'end' });
    },
  };
};
