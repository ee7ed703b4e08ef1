/** One call of a step: what came of it, and what the journal and the record say about it. */
import { createHash } from 'node:crypto';
import { partsOf, unitsOf } from '../core/batch.ts';
import { findIds } from '../core/fill.ts';
import type { Intent } from '../core/fold.ts';
import { givesOf } from '../core/ids.ts';
import { canonical, getAt } from '../core/json.ts';
import type { Address, Ids, JournalEvent, Step, StepOutcome } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import type { Settle } from './doubt.ts';
import type { Journal } from './journal.ts';
import type { RecordKeeper } from './keep-record.ts';
import { type Hindrance, type SendPorts, send } from './send.ts';

export type StepEnd = {
  readonly outcome: StepOutcome;
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  readonly hindrance?: Hindrance;
  /** Of a batch whose parts have not all ended alike: how each has ended that was tried. */
  readonly parts?: ReadonlyMap<string, StepEnd>;
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
  /** An earlier run of the plan has asked for it, and nobody had approved it then: when it asked; null: none has. */
  readonly waitsSince: (step: string) => number | null;
};

export type Attempt = StepEnd & {
  readonly given?: Readonly<Record<Address, Ids>>;
  readonly rows?: number;
  readonly isRefused?: boolean;
};

/** Codes of the service have parts: `DPN.UserGroup.Duplicated`. */
const isServiceCode = (code: string): boolean => code.includes('.');

export const attemptOnce = async (step: Step, request: JsonObject, ports: StepPorts, onFirst: () => void): Promise<Attempt> => {
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
    if (step.phase === 'find' && step.serves.length > 1 && !ports.keeper.isMade(gives.address)) continue;
    const found = findIds(gives, answer, ports.keeper.ids);
    if (!('ids' in found))
      return { outcome: 'unknown', code: 'ANSWER_WRONG', message: found.problem, requestId, rows: found.rows };
    given[gives.address] = found.ids;
  }
  // The answer says that the request was taken; whether it holds already, only a later read tells (BEHAVIOUR 4, Q40).
  return { outcome: step.asks ? 'waiting' : 'done', code: null, message: null, requestId, given };
};

export const givenWithoutAnswer = (step: Step, { keeper }: StepPorts): Readonly<Record<Address, Ids>> | null => {
  const given: Record<Address, Ids> = {};
  for (const gives of givesOf(step)) {
    const found = findIds(gives, {}, keeper.ids);
    if (!('ids' in found)) return null;
    given[gives.address] = found.ids;
  }
  return given;
};

/** The outcome, and with it what the record says from now on, in one write. */
export const close = async (step: Step, attempt: Attempt, ports: StepPorts): Promise<StepEnd> => {
  const records = attempt.outcome === 'done' ? recordOf(step, attempt.given ?? {}, ports) : [];
  const isUnrecorded = attempt.outcome === 'done' && step.phase === 'create' && records.length === 0;
  await ports.append(
    { ...outcomeOf(step, attempt, ports), ...(isUnrecorded ? { isUnrecorded } : {}) },
    ...records,
    ...(attempt.outcome === 'done' ? settledOf(step, ports) : []),
    ...(attempt.outcome === 'waiting' ? askedOf(step, attempt, ports) : []),
  );
  return endOf(attempt);
};

/** What the record says from now on. */
export const recordOf = (step: Step, given: Readonly<Record<Address, Ids>>, { keeper, run }: StepPorts): JournalEvent[] =>
  Object.entries(keeper.stepDone(step, given)).map(([address, resource]) => ({ type: 'record', run, address, resource }));

/** What the marks beside the record say from now on: the step's effect waits for an approval. */
export const askedOf = (step: Step, { given = {}, code }: Pick<Attempt, 'given' | 'code'>, ports: StepPorts): JournalEvent[] =>
  ports.keeper
    .stepAsked(step, given)
    .map((asked) => ({ type: 'asked', run: ports.run, since: at(ports), ...asked, ...(code === null ? {} : { isLost: true }) }));

/** What a step has asked for is there: it waits no longer. */
export const settledOf = (step: Step, { keeper, run }: StepPorts): JournalEvent[] =>
  step.asks
    ? keeper.stepAsked(step, {}).map(({ address, fields }) => ({ type: 'settled', run, address, pointers: Object.keys(fields) }))
    : [];

export const endOf = ({ given: _given, rows: _rows, isRefused: _isRefused, ...end }: Attempt): StepEnd => end;

/** Of a request as it may be written down. */
export const digestOf = (known: JsonObject): string => createHash('sha256').update(canonical(known), 'utf8').digest('hex');

const at = ({ clock }: Pick<StepPorts, 'clock'>): string => new Date(clock.wallMs()).toISOString();

export const intentOf = (step: Step, request: string, ports: Pick<StepPorts, 'run' | 'clock'>): Intent => ({
  type: 'intent',
  run: ports.run,
  step: step.id,
  operation: step.operation,
  serves: step.serves,
  request,
  at: at(ports),
});

/**
 * @param parts of a batch, where others than all of it are done
 * @param waits the step, or parts of the batch, whose effect waits for an approval
 */
export const outcomeOf = (
  step: Step,
  { outcome, code, requestId, given }: Attempt,
  ports: Pick<StepPorts, 'run' | 'clock'>,
  parts: readonly string[] = outcome === 'done' ? partsOf(step).map(({ id }) => id) : [],
  waits: readonly string[] = outcome === 'waiting' ? unitsOf(step) : [],
): JournalEvent => ({
  type: 'outcome',
  run: ports.run,
  step: step.id,
  outcome,
  code,
  requestId,
  ...(given && Object.keys(given).length > 0 ? { given } : {}),
  ...(parts.length > 0 ? { parts } : {}),
  ...(waits.length > 0 ? { waits } : {}),
  at: at(ports),
});
