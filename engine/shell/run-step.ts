/** One step from its intent to its end: on disk before the call, on disk after it, doubts settled (DESIGN 6, STYLE 5). */
import { createHash } from 'node:crypto';
import { fillRequest, findIds } from '../core/fill.ts';
import { givesOf } from '../core/ids.ts';
import { canonical, getAt } from '../core/json.ts';
import type { Address, Change, Ids, JournalEvent, Step, StepOutcome } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import { MOST_RUNS, type Settled } from '../core/settle.ts';
import { operationFacts } from '../operations/index.ts';
import type { Journal } from './journal.ts';
import type { RecordKeeper } from './keep-record.ts';
import { nap } from './pace.ts';
import { type Hindrance, type SendPorts, send } from './send.ts';

/**
 * Looks whether a step has happened whose outcome is unknown. Its reads pass the pacer like all others. It never throws for
 * what the service does: that is `undecided`.
 */
export type Settle = (step: Step, changes: readonly Change[], signal: AbortSignal, doubt: Doubt) => Promise<Settled>;
/** `isRefused`: the service has answered and said no, with a code that does not prove it; else the answer was lost. */
export type Doubt = { readonly isRefused: boolean };

export type StepEnd = {
  readonly outcome: StepOutcome;
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  readonly hindrance?: Hindrance;
};

export type StepPorts = SendPorts & {
  readonly run: string;
  readonly append: Journal['append'];
  readonly keeper: RecordKeeper;
  readonly secrets: (reference: string) => string | undefined;
  readonly settle: Settle | null;
  /** After this a doubt is looked up; what happened is mostly seen by then. */
  readonly settleMs: number;
  /** What is not seen after this has not happened: lists may be this far behind (RELIABILITY 3.3). */
  readonly settledMs: number;
  /**
   * An earlier run has written the intent and not the outcome: whether it happened is looked up before anything is sent.
   * When it was written, in milliseconds of the wall clock; null: there is none.
   */
  readonly openSince: (step: string) => number | null;
};

/** A read may be repeated: nothing depends on whether it happened. */
const MOST_READS = 3;
/** Looks for a row that a list does not show yet: the last when the service has had all its time. */
const MOST_LOOKS = 3;

/**
 * Runs one step to its end.
 *
 * @param onFirst see send
 * @throws EngineError JOURNAL_WRITE
 */
export const runStep = async (step: Step, ports: StepPorts, onFirst: () => void): Promise<StepEnd> => {
  const known = ports.keeper.withIds(step.request);
  const request = fillRequest(known, { ids: ports.keeper.ids, secret: ports.secrets });
  const end =
    operationFacts(step.operation).kind === 'read'
      ? await runRead(step, request, ports, onFirst)
      : await runWrite(step, known, request, ports, onFirst);
  return end;
};

const runWrite = async (
  step: Step,
  known: JsonObject,
  request: JsonObject,
  ports: StepPorts,
  onFirst: () => void,
): Promise<StepEnd> => {
  const digest = createHash('sha256').update(canonical(known), 'utf8').digest('hex');
  const openSince = ports.openSince(step.id);
  let isLeftOpen = openSince !== null;
  let refusedBefore: string | null = null;
  for (let runs = isLeftOpen ? 0 : 1; ; runs++) {
    if (!isLeftOpen) await ports.append(intentOf(step, digest, ports));
    const attempt: Attempt = isLeftOpen ? LEFT_OPEN : settledBlind(step, await attemptOnce(step, request, ports, onFirst), runs);
    if (attempt.outcome !== 'unknown') return close(step, attempt, ports);
    if (step.isBlind && runs === 1 && NOT_THERE.test(attempt.code ?? '')) {
      // No read shows it, so the answer is asked for once more: one that says "not there" proves nothing.
      await ports.append(outcomeOf(step, { ...attempt, outcome: 'rejected' }, ports));
      continue;
    }
    const sentMs = isLeftOpen && openSince !== null ? openSince : ports.clock.wallMs();
    if (!isLeftOpen) await ports.append(outcomeOf(step, attempt, ports));
    if (ports.settle === null) return attempt;
    const { isRefused = false, code } = attempt;
    const isBelieved = isRefused && (step.phase !== 'create' || code === refusedBefore);
    const settled = await settleDoubt(step, ports.settle, ports, { isRefused, isBelieved, sentMs });
    if (settled.verdict === 'undecided')
      return {
        ...attempt,
        message: `${attempt.message ?? ''} (${settled.because})`.trim(),
        // The intent stays open, and the next day looks it up: no person is needed.
        ...(settled.isDaySpent ? { hindrance: 'day' } : {}),
      };
    if (settled.verdict === 'done') {
      const given = settled.ids ?? givenWithoutAnswer(step, ports);
      if (given === null) return { ...attempt, message: 'it has happened, but the id of what it made is not known' };
      return close(step, { ...attempt, outcome: 'done', given }, ports);
    }
    const refused: Attempt = { ...attempt, outcome: 'rejected' };
    if (runs >= MOST_RUNS) return close(step, refused, ports);
    refusedBefore = isRefused ? code : null;
    // Void: the first intent is closed before the second is opened.
    await ports.append(outcomeOf(step, refused, ports));
    isLeftOpen = false;
    if (ports.halt.aborted) return { ...refused, outcome: 'not-sent', hindrance: 'interrupted' };
  }
};

/** Codes that say that something is not there, published or not: the service names them alike. */
const NOT_THERE = /(NotFound|NotExists?)$/;

/**
 * What no read shows is taken back, and the service says twice that it is not there: it was taken back by the call before,
 * whose answer was lost, or by somebody else (BEHAVIOUR 3.10).
 */
const settledBlind = (step: Step, attempt: Attempt, runs: number): Attempt =>
  runs > 1 && step.isBlind && attempt.outcome === 'unknown' && NOT_THERE.test(attempt.code ?? '')
    ? { ...attempt, outcome: 'done', given: {} }
    : attempt;

const LEFT_OPEN: StepEnd = {
  outcome: 'unknown',
  code: 'INTERRUPTED',
  message: 'an earlier run was stopped before it knew',
  requestId: null,
};

/**
 * Looks soon, and believes what it sees. What it does not see may still be on its way, or a list may be behind: that nothing
 * was made, that something has gone, and what cannot be told are looked at again when the service has had all its time.
 *
 * @param doubt `isBelieved`: the service has said no and is taken at its word once nothing is seen
 */
const settleDoubt = async (
  step: Step,
  settle: Settle,
  ports: StepPorts,
  { isRefused, isBelieved, sentMs }: Doubt & { readonly isBelieved: boolean; readonly sentMs: number },
): Promise<Settled> => {
  const { clock, settleMs, settledMs, halt, keeper } = ports;
  const look = async (atMs: number): Promise<Settled> => {
    await nap(clock, Math.max(0, atMs - clock.wallMs()), halt);
    return settle(step, keeper.served(step), halt, { isRefused });
  };
  try {
    const nowMs = clock.wallMs();
    const first = await look(Math.max(nowMs, Math.min(sentMs, nowMs) + settleMs));
    if (first.verdict === 'done' && !first.isAbsence) return first;
    if (first.verdict === 'void' && isBelieved) return first;
    if (clock.wallMs() >= sentMs + settledMs && first.verdict !== 'done') return first;
    ports.onPause('in doubt', Math.max(0, sentMs + settledMs - clock.wallMs()));
    const second = await look(Math.max(sentMs + settledMs, clock.wallMs() + settleMs));
    return first.verdict === 'done' && second.verdict === 'void'
      ? { verdict: 'undecided', because: 'it was gone, and is there again' }
      : second;
  } catch (error) {
    if (halt.aborted) return { verdict: 'undecided', because: 'the run was stopped before it could be looked up' };
    throw error;
  }
};

const givenWithoutAnswer = (step: Step, { keeper }: StepPorts): Readonly<Record<Address, Ids>> | null => {
  const given: Record<Address, Ids> = {};
  for (const gives of givesOf(step)) {
    const found = findIds(gives, {}, keeper.ids);
    if (!('ids' in found)) return null;
    given[gives.address] = found.ids;
  }
  return given;
};

type Attempt = StepEnd & {
  readonly given?: Readonly<Record<Address, Ids>>;
  readonly rows?: number;
  readonly isRefused?: boolean;
};

/** Codes of the service have parts: `DPN.UserGroup.Duplicated`. */
const isServiceCode = (code: string): boolean => code.includes('.');

const attemptOnce = async (step: Step, request: JsonObject, ports: StepPorts, onFirst: () => void): Promise<Attempt> => {
  const sent = await send(step, request, ports, onFirst);
  if (sent.outcome === 'not-sent') return { ...sent, requestId: null };
  if (sent.outcome !== 'done')
    return {
      outcome: sent.outcome,
      code: sent.code,
      message: sent.message,
      requestId: sent.requestId,
      ...(sent.outcome === 'unknown' && sent.status !== null && sent.status < 500 && isServiceCode(sent.code)
        ? { isRefused: true }
        : {}),
    };
  const { answer, requestId } = sent;
  if (step.fails && canonical(getAt(answer, step.fails.pointer)) === canonical(step.fails.equals))
    return { outcome: 'rejected', code: step.fails.code, message: step.fails.message, requestId };
  const given: Record<Address, Ids> = {};
  for (const gives of givesOf(step)) {
    // A look-up for several looks for those that were made.
    if (step.serves.length > 1 && !ports.keeper.isMade(gives.address)) continue;
    const found = findIds(gives, answer, ports.keeper.ids);
    if (!('ids' in found))
      return { outcome: 'unknown', code: 'ANSWER_WRONG', message: found.problem, requestId, rows: found.rows };
    given[gives.address] = found.ids;
  }
  return { outcome: 'done', code: null, message: null, requestId, given };
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

/** The outcome, and with it what the record says from now on, in one write. */
const close = async (step: Step, attempt: Attempt, ports: StepPorts): Promise<StepEnd> => {
  const updates = attempt.outcome === 'done' ? ports.keeper.stepDone(step, attempt.given ?? {}) : {};
  await ports.append(
    outcomeOf(step, attempt, ports),
    ...Object.entries(updates).map(
      ([address, resource]): JournalEvent => ({ type: 'record', run: ports.run, address, resource }),
    ),
  );
  const { given: _given, rows: _rows, isRefused: _isRefused, ...end } = attempt;
  return end;
};

const at = ({ clock }: StepPorts): string => new Date(clock.wallMs()).toISOString();

const intentOf = (step: Step, request: string, ports: StepPorts): JournalEvent => ({
  type: 'intent',
  run: ports.run,
  step: step.id,
  operation: step.operation,
  serves: step.serves,
  request,
  at: at(ports),
});

const outcomeOf = (step: Step, { outcome, code, requestId, given }: Attempt, ports: StepPorts): JournalEvent => ({
  type: 'outcome',
  run: ports.run,
  step: step.id,
  outcome,
  code,
  requestId,
  ...(given && Object.keys(given).length > 0 ? { given } : {}),
  at: at(ports),
});
