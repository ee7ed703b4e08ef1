/**
 * How well an apply uses a quota while there is enough to send (DESIGN 10): calls sent beside those that the guarded rate lets
 * go, over the time in which at least three seconds of calls were ready and had not been sent.
 */

import type { Step } from '../../engine/core/model.ts';
import { GUARD_MS, holds } from '../../engine/core/quota.ts';
import type { Quota } from '../../engine/core/workspace.ts';
import type { Level } from '../../engine/operations/index.ts';

export type SentCall = { readonly level: Level; readonly atMs: number };
/** `rate`: 1 is all that the guarded rate lets go; null: there was never so much to send. */
export type BusyRate = { readonly quota: Quota; readonly rate: number | null; readonly seconds: number };

const READY_S = 3;

/**
 * @param sent    when each call of the steps left
 * @param endedMs when each step ended
 * @param fromMs  when the first call could leave
 */
export const busyRates = (
  steps: readonly Step[],
  sent: readonly SentCall[],
  endedMs: ReadonlyMap<string, number>,
  quotas: readonly Quota[],
  fromMs: number,
): readonly BusyRate[] =>
  quotas
    .filter(({ perSecond }) => Number.isFinite(perSecond))
    .map((quota) => {
      const spacingMs = (1000 + GUARD_MS) / quota.perSecond;
      const own = steps.filter(({ level }) => holds(quota, level));
      const calls = sent
        .filter(({ level }) => holds(quota, level))
        .map(({ atMs }) => atMs)
        .sort((a, b) => a - b);
      const readyMs = own
        .flatMap(({ after }) => {
          const times = after.map((id) => endedMs.get(id));
          // A step whose needs never ended was never ready.
          return times.some((at) => at === undefined) ? [] : [Math.max(fromMs, ...times.map((at) => at ?? fromMs))];
        })
        .sort((a, b) => a - b);
      const enough = (READY_S * 1000) / spacingMs;
      let busyMs = 0;
      let inBusy = 0;
      // Between two calls the number that waits only grows: it is looked at just after each call.
      for (const [index, atMs] of calls.entries()) {
        const next = calls[index + 1];
        const ready = readyMs.findLastIndex((time) => time <= atMs) + 1;
        if (next === undefined || ready - (index + 1) < enough) continue;
        busyMs += next - atMs;
        inBusy++;
      }
      return { quota, rate: busyMs === 0 ? null : (inBusy * spacingMs) / busyMs, seconds: busyMs / 1000 };
    });
