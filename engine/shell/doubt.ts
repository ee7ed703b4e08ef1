/** A step whose outcome nobody knows: when it is looked up, and what is believed (DESIGN 6). */
import { sure } from '../core/diagnostic.ts';
import type { Change, Step } from '../core/model.ts';
import type { Settled, Verdict } from '../core/settle.ts';
import type { StepPorts } from './attempt.ts';
import { nap } from './pace.ts';

/**
 * Looks whether a step has happened whose outcome is unknown. Its reads pass the pacer like all others. It never throws for
 * what the service does: that is `undecided`.
 */
export type Settle = (step: Step, changes: readonly Change[], signal: AbortSignal, doubt: Doubt) => Promise<Settled>;
/**
 * `isRefused`: the service has answered and said no, with a code that does not prove it; else the answer was lost.
 * `sinceMs`: what was asked for from this moment of the wall clock on tells what has come of it; absent: only a read of its own.
 */
export type Doubt = { readonly isRefused: boolean; readonly sinceMs?: number };

/** Doubts of the same second are looked up together: one list serves them all. */
const TOGETHER_MS = 1_000;

/**
 * Looks soon, and believes what it sees. What it does not see may still be on its way, or a list may be behind: that nothing
 * was made, that something has gone, and what cannot be told are looked at again when the service has had all its time.
 * What was read for another doubt, or for the look before the first write, serves where it was asked for late enough.
 *
 * @param doubt `isBelieved`: the service has said no and is taken at its word once nothing is seen; `isSecond`: it was sent and
 *   looked up before: one look, when the service has had all its time, is cheaper than a soon one that decides nothing
 * @returns one verdict; of a batch one for each part, in order
 */
export const settleDoubt = async (
  step: Step,
  settle: Settle,
  ports: StepPorts,
  {
    isRefused,
    isBelieved,
    sentMs,
    isSecond = false,
  }: Doubt & { readonly isBelieved: boolean; readonly sentMs: number; readonly isSecond?: boolean },
): Promise<readonly Verdict[]> => {
  const { clock, settleMs, settledMs, halt, keeper } = ports;
  const look = async (sinceMs: number): Promise<readonly Verdict[]> => {
    const leftMs = sinceMs - clock.wallMs();
    if (leftMs > 0) await nap(clock, leftMs + togetherMs(sinceMs), halt);
    return verdictsOf(step, await settle(step, keeper.served(step), halt, { isRefused, sinceMs }));
  };
  try {
    const nowMs = clock.wallMs();
    if (step.isBlind) {
      // No look would tell: what was sent is given all its time, so that it does not arrive after what comes next.
      const leftMs = isBelieved ? 0 : sentMs + settledMs - nowMs;
      if (leftMs > 0) {
        ports.onPause('in doubt', leftMs);
        await nap(clock, leftMs, halt);
      }
      return verdictsOf(step, { verdict: 'void' });
    }
    const isLate = isSecond || nowMs >= sentMs + settledMs;
    if (isSecond) ports.onPause('in doubt', Math.max(0, sentMs + settledMs - nowMs));
    const first = await look(isLate ? sentMs + settledMs : Math.min(sentMs, nowMs) + settleMs);
    if (first.every((one) => isSeen(one) || (one.verdict === 'void' && isBelieved) || (isLate && one.verdict !== 'done')))
      return first;
    ports.onPause('in doubt', Math.max(0, sentMs + settledMs - clock.wallMs()));
    const second = await look(Math.max(sentMs + settledMs, clock.wallMs() + settleMs));
    return first.map((before, index) => {
      const now = sure(second[index], 'verdict of a step');
      if (isSeen(before)) return before;
      return before.verdict === 'done' && now.verdict === 'void'
        ? { verdict: 'undecided', because: 'it was gone, and is there again' }
        : now;
    });
  } catch (error) {
    if (halt.aborted)
      return verdictsOf(step, {
        verdict: 'undecided',
        because: 'the run was stopped before it could be looked up',
        hindrance: 'interrupted',
      });
    throw error;
  }
};

/** To the end of its second. */
const togetherMs = (ms: number): number => (TOGETHER_MS - (ms % TOGETHER_MS)) % TOGETHER_MS;

const isSeen = (one: Verdict): boolean => one.verdict === 'done' && !one.isAbsence;

const verdictsOf = ({ batch }: Step, settled: Settled): readonly Verdict[] => {
  if (settled.verdict !== 'parts') return batch ? batch.parts.map(() => settled) : [settled];
  return sure(batch, 'batch with parts').parts.map(({ id }) => sure(settled.of[id], `verdict of ${id}`));
};
