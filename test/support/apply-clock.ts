/** A clock whose time stands still while anything is at work, and jumps to the next sleeper when all are asleep. */
import type { Clock } from '../../engine/core/ports.ts';

type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void };

export type VirtualClock = Clock & {
  /** Moves time on by itself, without waking anybody before the jump has ended. */
  readonly advance: (ms: number) => void;
};

/** Requests to the file system that are under way: the work of a sleeper's neighbours that no promise shows. */
const isDiskBusy = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq') || name.startsWith('FileHandle'));

/** @param wallMs the wall clock at the start, in milliseconds since the epoch */
export const createVirtualClock = (wallMs = Date.parse('2026-11-24T02:00:00Z')): VirtualClock => {
  let nowMs = 0;
  let count = 0;
  let isWatching = false;
  /** A binary heap would be quicker; tests have few sleepers at a time. */
  const sleepers: Sleeper[] = [];

  const watch = (): void => {
    if (isWatching) return;
    isWatching = true;
    setImmediate(look, count);
  };
  const look = (seen: number): void => {
    if (sleepers.length === 0) {
      isWatching = false;
      return;
    }
    // Somebody went to sleep since, or the disk is at work: others may still be on their way.
    if (seen !== count || isDiskBusy()) {
      setImmediate(look, count);
      return;
    }
    sleepers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const next = sleepers.shift();
    if (next) {
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
    }
    setImmediate(look, count);
  };

  return {
    nowMs: () => nowMs,
    wallMs: () => wallMs + nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          const index = sleepers.indexOf(sleeper);
          if (index >= 0) sleepers.splice(index, 1);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          atMs: nowMs + Math.max(0, ms),
          order: count++,
          wake: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        sleepers.push(sleeper);
        watch();
      }),
  };
};
