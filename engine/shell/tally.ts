/** Counts the steps of an apply while it runs, and tells about them (DESIGN 4: progress). */
import type { ApplyEvent } from '../core/apply.ts';
import { callsOf } from '../core/bill.ts';
import type { Plan, Step } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { secondsOf } from '../core/quota.ts';
import type { StepEnd } from './attempt.ts';
import type { Pacer } from './pace.ts';

export type Tally = {
  readonly started: () => void;
  readonly ended: (step: Step, end: StepEnd) => void;
  readonly pause: (reason: string, waitMs: number) => void;
  readonly finish: () => void;
};

const EVERY_MS = 100;

/** @param before steps that have ended before the first call: by an earlier run of the plan, or because they must not be sent */
export const createTally = (
  plan: Plan,
  before: ReadonlyMap<string, StepEnd>,
  pacer: Pacer,
  clock: Clock,
  onEvent: (event: ApplyEvent) => void,
): Tally => {
  const kindOf = new Map(plan.changes.map((change) => [change.address, change.kind]));
  const kindOfStep = (step: Step): string => kindOf.get(step.serves[0] ?? '') ?? '';
  const byKind = new Map<string, { done: number; total: number }>();
  for (const step of plan.steps) {
    const counts = byKind.get(kindOfStep(step)) ?? { done: 0, total: 0 };
    counts.total++;
    byKind.set(kindOfStep(step), counts);
  }
  const toSend = { ...callsOf(plan.steps.filter((step) => !before.has(step.id)).map((step) => step.operation)).levels };
  const counts = { done: 0, failed: 0, unknown: 0, running: 0 };
  for (const step of plan.steps) {
    const end = before.get(step.id);
    if (end?.outcome === 'done') counts.done++;
    else if (end) counts.failed++;
    const kind = byKind.get(kindOfStep(step));
    if (kind && end?.outcome === 'done') kind.done++;
  }
  let toldMs = Number.NEGATIVE_INFINITY;
  let isTold = false;

  const tell = (): void => {
    const left = plan.steps.length - counts.done - counts.failed - counts.unknown - counts.running;
    onEvent({
      type: 'progress',
      ...counts,
      left,
      secondsLeft: Math.ceil(secondsOf(toSend, pacer.quotas, pacer.share)),
      byKind: Object.fromEntries([...byKind].map(([kind, some]) => [kind, { ...some }])),
    });
    toldMs = clock.nowMs();
    isTold = true;
  };
  const changed = (): void => {
    isTold = false;
    if (clock.nowMs() - toldMs >= EVERY_MS) tell();
  };

  onEvent({
    type: 'start',
    steps: plan.steps.length,
    levels: { ...toSend },
    seconds: Math.ceil(secondsOf(toSend, pacer.quotas, pacer.share)),
  });
  return {
    started: () => {
      counts.running++;
      changed();
    },
    ended: (step, end) => {
      counts.running--;
      if (end.outcome === 'done') counts.done++;
      else if (end.outcome === 'rejected') counts.failed++;
      else if (end.outcome === 'unknown') counts.unknown++;
      if (end.outcome !== 'not-sent' || [...(end.parts?.values() ?? [])].some(({ outcome }) => outcome !== 'not-sent')) {
        toSend[step.level]--;
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
