/** One step from its intent to its end: on disk before the call, on disk after it, doubts settled (DESIGN 6, STYLE 5). */
import { sure } from '../core/diagnostic.ts';
import { fillRequest } from '../core/fill.ts';
import { givesOf } from '../core/ids.ts';
import type { Step } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import { MOST_RUNS } from '../core/settle.ts';
import { operationFacts } from '../operations/index.ts';
import {
  type Attempt,
  attemptOnce,
  close,
  digestOf,
  givenWithoutAnswer,
  intentOf,
  outcomeOf,
  type StepEnd,
  type StepPorts,
} from './attempt.ts';
import { settleDoubt } from './doubt.ts';
import { nap } from './pace.ts';

/** A read may be repeated: nothing depends on whether it happened. */
const MOST_READS = 3;
/** Looks for a row that a list does not show yet: the last when the service has had all its time. */
const MOST_LOOKS = 3;

/**
 * Runs one step to its end.
 *
 * @param onFirst see send
 * @param wasRefused it was sent with others before, and looked up
 * @throws EngineError JOURNAL_WRITE
 */
export const runStep = async (step: Step, ports: StepPorts, onFirst: () => void, wasRefused = false): Promise<StepEnd> => {
  const known = ports.keeper.withIds(step.request);
  const request = fillRequest(known, { ids: ports.keeper.ids, secret: ports.secrets });
  const end =
    operationFacts(step.operation).kind === 'read'
      ? await runRead(step, request, ports, onFirst)
      : await runWrite(step, known, request, ports, onFirst, wasRefused);
  return end;
};

const runWrite = async (
  step: Step,
  known: JsonObject,
  request: JsonObject,
  ports: StepPorts,
  onFirst: () => void,
  wasRefused: boolean,
): Promise<StepEnd> => {
  const waitsSince = ports.waitsSince(step.id);
  if (waitsSince !== null) return runWaiting(step, ports, waitsSince);
  const digest = digestOf(known);
  const openSince = ports.openSince(step.id);
  let isLeftOpen = openSince !== null;
  let refusedBefore: string | null = null;
  for (let runs = isLeftOpen ? 0 : 1; ; runs++) {
    if (!isLeftOpen) await ports.append(intentOf(step, digest, ports));
    const attempt: Attempt = isLeftOpen ? LEFT_OPEN : await attemptOnce(step, request, ports, onFirst);
    if (attempt.outcome !== 'unknown') return close(step, attempt, ports);
    // Believed at once: a revoke names halves that may never have been granted, and "not there" is their usual answer.
    if (step.isBlind && NOT_THERE.test(attempt.code ?? '')) return close(step, { ...attempt, outcome: 'done', given: {} }, ports);
    const sentMs = isLeftOpen && openSince !== null ? openSince : ports.clock.wallMs();
    if (!isLeftOpen) await ports.append(outcomeOf(step, attempt, ports));
    if (ports.settle === null) return attempt;
    const { isRefused = false, code } = attempt;
    const isBelieved = isRefused && (step.phase !== 'create' || code === refusedBefore);
    const [found] = await settleDoubt(step, ports.settle, ports, {
      isRefused,
      isBelieved,
      sentMs,
      isSecond: runs > 1 || wasRefused,
    });
    const settled = sure(found, `verdict of ${step.id}`);
    if (settled.verdict === 'undecided')
      return {
        ...attempt,
        message: `${attempt.message ?? ''} (${settled.because})`.trim(),
        // The intent stays open, and the next run looks it up: no person is needed.
        ...(settled.hindrance ? { hindrance: settled.hindrance } : {}),
      };
    if (settled.verdict === 'done') {
      const given = settled.ids ?? givenWithoutAnswer(step, ports);
      if (given === null) return { ...attempt, message: 'it has happened, but the id of what it made is not known' };
      return close(step, { ...attempt, outcome: 'done', given }, ports);
    }
    // Nothing shows it, and nothing would: sent again, it would be asked for twice.
    if (step.asks && !isRefused)
      return close(step, { ...attempt, outcome: 'waiting', given: givenWithoutAnswer(step, ports) ?? {} }, ports);
    const refused: Attempt = { ...attempt, outcome: 'rejected' };
    if (runs >= MOST_RUNS) return close(step, refused, ports);
    refusedBefore = isRefused ? code : null;
    // Void: the first intent is closed before the second is opened.
    await ports.append(outcomeOf(step, refused, ports));
    isLeftOpen = false;
    if (ports.halt.aborted) return { ...refused, outcome: 'not-sent', hindrance: 'interrupted' };
  }
};

/** Sent by an earlier run, and not approved by then. */
export const STILL_WAITING: StepEnd = { outcome: 'waiting', code: null, message: null, requestId: null };

/** It was asked for: nothing is sent again, and what is live tells whether it was approved since. */
const runWaiting = async (step: Step, ports: StepPorts, sentMs: number): Promise<StepEnd> => {
  const [verdict] = ports.settle
    ? await settleDoubt(step, ports.settle, ports, { isRefused: false, isBelieved: false, sentMs })
    : [];
  const given = verdict?.verdict === 'done' ? (verdict.ids ?? givenWithoutAnswer(step, ports)) : null;
  return given === null ? STILL_WAITING : close(step, { ...STILL_WAITING, outcome: 'done', given }, ports);
};

/**
 * Codes that say that something is not there, published or not: the service names them alike. Of what no read shows it was
 * taken back by the call before, whose answer was lost, or by somebody else (BEHAVIOUR 3.10).
 */
const NOT_THERE = /(NotFound|NotExists?)$/;

export const LEFT_OPEN: StepEnd = {
  outcome: 'unknown',
  code: 'INTERRUPTED',
  message: 'an earlier run was stopped before it knew',
  requestId: null,
};

/** Reads have no intent. A row that a list does not show yet is waited for (BEHAVIOUR Q25). */
const runRead = async (step: Step, request: JsonObject, ports: StepPorts, onFirst: () => void): Promise<StepEnd> => {
  const { clock, settleMs, settledMs, halt } = ports;
  const startMs = clock.wallMs();
  for (let reads = 1; ; reads++) {
    const attempt = await attemptOnce(step, request, ports, onFirst);
    // What was just made may not be seen yet: a list lacks its row, a single read says that it is not there.
    const isMissing =
      attempt.rows === 0 || (attempt.outcome === 'rejected' && givesOf(step).length > 0 && NOT_THERE.test(attempt.code ?? ''));
    const isWorthAnother =
      (isMissing && reads < MOST_LOOKS) || (attempt.outcome === 'unknown' && attempt.rows === undefined && reads < MOST_READS);
    // Without an id to find, a read that fails has told nothing, and that is all that can be in doubt.
    if (!isWorthAnother)
      return close(
        step,
        attempt.outcome === 'unknown' && givesOf(step).length === 0 ? { ...attempt, outcome: 'rejected' } : attempt,
        ports,
      );
    try {
      const isLast = isMissing && reads === MOST_LOOKS - 1;
      await nap(clock, isLast ? Math.max(settleMs, startMs + settledMs - clock.wallMs()) : settleMs, halt);
    } catch (error) {
      if (!halt.aborted) throw error;
      return close(step, attempt, ports);
    }
  }
};
