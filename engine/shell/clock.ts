/** The real clock behind the Clock port. */
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleepFor(Math.max(0, ms), undefined, signal ? { signal } : {});
  },
};
