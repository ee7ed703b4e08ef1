/** What an apply waits for where it was told to: the end of another run, the next day of the quotas. */
import type { ApplyResult } from '../core/apply.ts';
import type { Clock } from '../core/ports.ts';
import { locked, lockedMessage } from './holder.ts';
import { nap } from './pace.ts';
import type { Store } from './store.ts';

/** How often a held lock is looked at. */
const LOOK_MS = 1_000;

/** `ms`: until the next try; `seconds`: how long it may take in all. A reason is told once, until another takes its place. */
export type Pause = { readonly ms: number; readonly reason: string; readonly seconds: number };

export type Patience = {
  /** How long to wait for the lock, in milliseconds; absent: not at all. */
  readonly lockWaitMs?: number;
  /** Where the day's calls are spent, sleep until the next day. */
  readonly isWaiting?: boolean;
};

/**
 * The pause after which a run may be tried once more; null: it has ended.
 *
 * @param waitedMs how long it has waited for the lock by now
 */
export const pauseAfter = (
  { exit, notBefore, diagnostics }: Pick<ApplyResult, 'exit' | 'notBefore' | 'diagnostics'>,
  { lockWaitMs = 0, isWaiting = false }: Patience,
  waitedMs: number,
  wallMs: number,
): Pause | null => {
  const leftMs = lockWaitMs - waitedMs;
  if (exit === 8 && leftMs > 0)
    return { ms: Math.min(LOOK_MS, leftMs), reason: diagnostics[0]?.message ?? '', seconds: leftMs / 1000 };
  if (exit !== 6 || !isWaiting || notBefore === null) return null;
  const ms = Math.max(0, Date.parse(notBefore) - wallMs);
  return { ms, reason: "the day's calls are spent", seconds: ms / 1000 };
};

/**
 * Waits while somebody who is not known to be dead holds the lock. Nothing is taken: an apply does that.
 *
 * @param onHeld told once of each holder, with the seconds that are left to wait
 * @throws EngineError LOCKED when `lockWaitMs` have passed; the signal's reason where it is aborted meanwhile
 */
export const untilUnlocked = async (
  store: Pick<Store, 'findLock'>,
  {
    lockWaitMs,
    clock,
    signal,
    onHeld = () => undefined,
  }: {
    readonly lockWaitMs: number;
    readonly clock: Clock;
    readonly signal?: AbortSignal | undefined;
    readonly onHeld?: ((reason: string, seconds: number) => void) | undefined;
  },
): Promise<void> => {
  const endMs = clock.nowMs() + lockWaitMs;
  let told: string | null = null;
  for (;;) {
    const { status, holder } = await store.findLock();
    if (status === 'free' || status === 'dead') return;
    const leftMs = endMs - clock.nowMs();
    if (leftMs <= 0) throw locked(holder);
    const message = lockedMessage(holder);
    if (message !== told) onHeld(message, leftMs / 1000);
    told = message;
    await nap(clock, Math.min(LOOK_MS, leftMs), signal);
  }
};
