/** Judges an apply by its clock: is the quota that decides used to the full, and is the time the one that the bill told (DESIGN 7, 10). */
import { holds, quotasOf } from '../../engine/core/quota.ts';
import type { Edition } from '../../engine/core/workspace.ts';
import type { ApplyEvent, Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { busyRates, type SentCall } from './busy-rate.ts';
import type { Sent, Sim } from './sim.ts';

/** Of the guarded rate, while enough calls wait. */
export const LEAST_RATE = 0.98;
/** Told seconds beside those that pass; they are told as whole ones, rounded up. */
const MOST_OFF = 0.05;

export type Timed = {
  /** Goes to the apply. */
  readonly onEvent: (event: ApplyEvent) => void;
  /** What must not be, once the apply has ended; `rate` of the quota that decides, null where it was never busy. */
  readonly judge: (plan: Plan) => { readonly faults: readonly string[]; readonly rate: number | null };
};

/** Looks on from now; `edition`: whose quotas hold. */
export const timeApply = (sim: Pick<Sim, 'clock' | 'sent'>, edition: Edition): Timed => {
  const fromMs = sim.clock.nowMs();
  const before = sim.sent().length;
  const endedMs = new Map<string, number>();
  return {
    onEvent: (event) => {
      if (event.type === 'step') endedMs.set(event.step.id, sim.clock.nowMs());
    },
    judge: (plan) => {
      const passedMs = sim.clock.nowMs() - fromMs;
      const toldMs = plan.bill.seconds * 1000;
      const isNear = toldMs >= (1 - MOST_OFF) * passedMs && toldMs <= (1 + MOST_OFF) * passedMs + 1000;
      const quotas = quotasOf(edition, null);
      const sent = sim.sent().slice(before).map(sentCall);
      const all = busyRates(plan.steps, sent, endedMs, quotas, fromMs);
      const [deciding] = [...all].sort((a, b) => neededS(b.quota, sent) - neededS(a.quota, sent));
      const rate = deciding?.rate ?? null;
      return {
        rate,
        faults: [
          ...(rate !== null && rate < LEAST_RATE ? [`the quota that decides is used to ${rate.toFixed(3)} only`] : []),
          ...(isNear ? [] : [`${plan.bill.seconds} s were told, and ${passedMs / 1000} s have passed`]),
        ],
      };
    },
  };
};

const sentCall = ({ operation, atMs }: Sent): SentCall => ({ level: operationFacts(operation as OperationName).level, atMs });

const neededS = (quota: Parameters<typeof holds>[0], sent: readonly SentCall[]): number =>
  sent.filter(({ level }) => holds(quota, level)).length / (quota.perSecond ?? Number.POSITIVE_INFINITY);
