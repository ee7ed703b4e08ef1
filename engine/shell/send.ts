/** One step on its way: passes the pace, leaves, is repeated where nothing has happened yet (DESIGN 6). */
import { EngineError } from '../core/diagnostic.ts';
import type { Step } from '../core/model.ts';
import type { CallResult, Client, Clock, JsonObject } from '../core/ports.ts';
import { mayUseReserve } from '../core/quota.ts';
import { operationFacts } from '../operations/index.ts';
import { nap, type Pacer } from './pace.ts';

/** Why nothing was sent in the end: what it means for the rest of the run. */
export type Hindrance = 'day' | 'throttled' | 'unreachable' | 'interrupted';

export type Sent =
  | Exclude<CallResult, { readonly outcome: 'throttled' | 'not-sent' }>
  | { readonly outcome: 'not-sent'; readonly code: string; readonly message: string; readonly hindrance: Hindrance };

export type SendPorts = {
  readonly client: Client;
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** Aborted: nothing new leaves; what has left is waited for. */
  readonly halt: AbortSignal;
  readonly onPause: (reason: string, waitMs: number) => void;
  /** Of a call that writes, asked when its turn has come; false: only just, and its turn is over. See Blocks. */
  readonly mayLeave: (step: string) => Promise<boolean>;
};

/** Refused connections, DNS, TLS: tried again after 1, 2 and 4 s. */
const MOST_LOST = 4;
const FIRST_LOST_MS = 1_000;
/** Refusals with a hint are followed this often before the run gives up. */
const MOST_THROTTLED = 20;

/**
 * Sends one call, again as long as it is certain that nothing has happened: throttled answers and calls that did not leave.
 *
 * @param onFirst called once, as soon as the first call has left or cannot leave: the next step may then be chosen
 */
export const send = async (step: Step, request: JsonObject, ports: SendPorts, onFirst: () => void): Promise<Sent> => {
  const { client, clock, pacer, halt, onPause } = ports;
  const pass = (): Promise<void> => pacer.pass(step.level, halt, { useReserve: mayUseReserve(step) });
  const isWrite = operationFacts(step.operation).kind === 'write';
  for (let lost = 0, refused = 0; ; ) {
    try {
      await pass();
      // A turn is given up once: where turns come so seldom that no intent holds for one, being late harms nobody.
      if (isWrite && !(await ports.mayLeave(step.id))) await pass();
    } catch (error) {
      onFirst();
      return hindered(error, halt);
    }
    const answered = client.call(step.operation, request);
    onFirst();
    const result = await answered;
    if (result.outcome === 'throttled') {
      const { waitMs, isSpent } = pacer.throttled(step.level, result.retryAfterMs);
      if (isSpent) return notSent({ code: result.code, message: pacer.over(step.level)?.message ?? result.message }, 'day');
      if (++refused >= MOST_THROTTLED) return notSent(result, 'throttled');
      onPause('throttled', waitMs);
    } else if (result.outcome === 'not-sent') {
      pacer.unanswered(step.level);
      if (++lost >= MOST_LOST) return notSent(result, 'unreachable');
      const waitMs = FIRST_LOST_MS * 2 ** (lost - 1);
      onPause('unreachable', waitMs);
      try {
        await nap(clock, waitMs, halt);
      } catch (error) {
        return hindered(error, halt);
      }
    } else {
      if (result.outcome === 'unknown') pacer.unanswered(step.level);
      else pacer.accepted(step.level);
      return result;
    }
  }
};

const notSent = ({ code, message }: { readonly code: string; readonly message: string }, hindrance: Hindrance): Sent => ({
  outcome: 'not-sent',
  code,
  message,
  hindrance,
});

/** A call that cannot be counted where others count theirs does not leave (DESIGN 1.4). */
export const isLedgerCode = (code: string | null): code is 'LEDGER_UNREACHABLE' | 'LEDGER_REFUSED' =>
  code === 'LEDGER_UNREACHABLE' || code === 'LEDGER_REFUSED';

const hindered = (error: unknown, halt: AbortSignal): Sent => {
  if (error instanceof EngineError && error.code === 'DAY_SPENT')
    return notSent({ code: error.code, message: error.message }, 'day');
  if (error instanceof EngineError && isLedgerCode(error.code))
    return notSent({ code: error.code, message: error.message.replace(/\.$/, '') }, 'unreachable');
  const isOfRecord = error instanceof EngineError && error.code === 'JOURNAL_WRITE';
  if (halt.aborted && !isOfRecord)
    return notSent({ code: 'INTERRUPTED', message: 'the run was stopped before the call left' }, 'interrupted');
  throw error;
};
