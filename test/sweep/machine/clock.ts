/** Time on the modelled machine: it stands still while anybody is at work, and jumps to the next sleeper when all wait. */
import type { Clock } from '../../../engine/core/ports.ts';
import { type Process, processHere } from './machine.ts';

type Sleeper = { readonly atMs: number; readonly order: number; readonly process: Process; readonly wake: () => void };

export type MachineClock = Clock & {
  /** Time passes on every clock. */
  readonly advance: (ms: number) => void;
  /** What time it is for the service, whatever this machine's wall clock says. */
  readonly trueMs: () => number;
  /** Somebody sets the wall clock. */
  readonly setBy: (ms: number) => void;
  /** The machine sleeps, and its monotonic clock with it. */
  readonly suspend: (ms: number) => void;
  /** Wakes the next sleeper that still lives; false: nobody sleeps. */
  readonly wakeNext: () => boolean;
};

/** @param wallMs the wall clock at the start, in milliseconds since the epoch */
export const createMachineClock = (wallMs: number): MachineClock => {
  let nowMs = 0;
  let asleepMs = 0;
  let wrongMs = 0;
  let count = 0;
  let sleepers: Sleeper[] = [];
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        sleepers = sleepers.filter((one) => one !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        atMs: nowMs + Math.max(0, ms),
        order: count++,
        process: processHere(),
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.push(sleeper);
    });
  return {
    nowMs: () => nowMs,
    wallMs: () => wallMs + nowMs + asleepMs + wrongMs,
    trueMs: () => wallMs + nowMs + asleepMs,
    advance: (ms) => {
      nowMs += ms;
    },
    setBy: (ms) => {
      wrongMs += ms;
    },
    suspend: (ms) => {
      asleepMs += ms;
    },
    sleep,
    wakeNext: () => {
      sleepers = sleepers.filter(({ process }) => process.isAlive);
      const next = sleepers.reduce<Sleeper | null>(
        (first, one) =>
          first === null || one.atMs < first.atMs || (one.atMs === first.atMs && one.order < first.order) ? one : first,
        null,
      );
      if (next === null) return false;
      sleepers.splice(sleepers.indexOf(next), 1);
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
      return true;
    },
  };
};
