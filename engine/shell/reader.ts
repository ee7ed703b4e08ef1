/** Sends reads: pages, paces, counts them, repeats what may be repeated, proves lists complete (RESOURCES 5). */
import { callsOf } from '../core/bill.ts';
import { EngineError } from '../core/diagnostic.ts';
import type { EachRead, MoreRead, Read } from '../core/kind.ts';
import type { Calls } from '../core/model.ts';
import type { CallResult, Client, Clock, JsonObject } from '../core/ports.ts';
import { isComplete, pageRequest, pagesOf, totalOf } from '../core/reads.ts';
import { type OperationName, operationFacts, type ReadName } from '../operations/index.ts';
import { isAuthCode } from './codes.ts';
import { sentence } from './message.ts';
import type { Pacer } from './pace.ts';

export type Rows = {
  readonly rows: readonly JsonObject[];
  readonly isComplete: boolean;
  readonly pages: number;
  /** The service does not show this to the caller; the reason in words. */
  readonly refused?: string;
  /** Given up after the first page: there are more pages than the caller wants. */
  readonly isGivenUp?: true;
  /** The snapshot does not hold this read, or a page of it. */
  readonly isLacking?: true;
};

/** Answers that were given before: of a snapshot, or kept from an earlier day of the same plan. */
export type Answers = {
  /** How a call ended; null: it is to be made; lacking: it cannot be made. */
  readonly take: (operation: ReadName, request: JsonObject) => CallResult | 'lacking' | null;
  /** Is told of every call that ended with an answer or a known refusal. */
  readonly put: (operation: ReadName, request: JsonObject, result: CallResult) => void;
  /**
   * The request as the service understands it, where what it is made from was redacted; absent: as it is.
   *
   * @param ask makes a call that tells what is missing; null: the thing is not there
   */
  readonly sendable?: (
    request: JsonObject,
    ask: (operation: ReadName, request: JsonObject) => Promise<JsonObject | null>,
  ) => Promise<JsonObject>;
};

export type Reader = {
  /** Every row of a list, in pages of fifty; read once more when it cannot be proven complete. */
  readonly list: (read: Read & ListLimits, request: JsonObject) => Promise<Rows>;
  /** The answer of one call; null where the service says that the thing is not there. */
  readonly call: (operation: ReadName, request: JsonObject) => Promise<JsonObject | null>;
  readonly spent: () => Calls;
  /** The least calls that the same reads could have been made with. */
  readonly minimum: () => Calls;
};

/** When a list ends early without being an error. */
type ListLimits = Pick<EachRead, 'refusals'> & Pick<MoreRead, 'mostPages'>;

export type ReaderOptions = {
  readonly client: Client;
  readonly pacer: Pick<Pacer, 'pass' | 'throttled' | 'accepted' | 'unanswered' | 'over'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly answers?: Answers;
  /** Asked before calls are made that are known to be wanted: all pages of a list at once. Throws where they are too many. */
  readonly allow?: (operation: ReadName, calls: number) => void;
};

/** Tries of one read before it is given up; between them 0.2 to 0.4 s, doubling. */
const TRIES = 4;
const BACKOFF_MS = 200;
/** Not-found answers of single reads that are known (BEHAVIOUR 2.3, Q1). */
const ABSENT = new Set(['DPN.Filter.ProjectNotFound']);

/** The service shows it to others, and the kind has said that this may be. */
const REFUSED = Symbol('refused');
/** Neither known nor to be asked. */
const LACKING = Symbol('lacking');

const NOT_HELD: Rows = { rows: [], isComplete: false, pages: 0, isLacking: true };

export const createReader = ({ client, pacer, clock, random, signal, answers, allow = () => {} }: ReaderOptions): Reader => {
  const sent: OperationName[] = [];
  const least: OperationName[] = [];

  const attempt = async (
    operation: ReadName,
    request: JsonObject,
    refusals: readonly string[] = [],
  ): Promise<JsonObject | null | typeof REFUSED | typeof LACKING> => {
    const { level } = operationFacts(operation);
    const known = answers?.take(operation, request) ?? null;
    if (known === 'lacking') return LACKING;
    const toSend = known === null && answers?.sendable ? await answers.sendable(request, askAnew) : request;
    for (let tries = 1; ; ) {
      if (known === null) {
        await pacer.pass(level, signal);
        sent.push(operation);
      }
      const result = known ?? (await client.call(operation, toSend, signal ? { signal } : {}));
      const isRefusal = 'code' in result && refusals.includes(result.code);
      const isAbsent = result.outcome === 'rejected' && ABSENT.has(result.code);
      if (known === null && (result.outcome === 'done' || isRefusal || isAbsent)) {
        answers?.put(operation, request, result);
        pacer.accepted(level);
      }
      if (result.outcome === 'done') return result.answer;
      if (isAbsent) return null;
      if (result.outcome === 'throttled') {
        pacer.throttled(level, result.retryAfterMs);
        const over = pacer.over(level);
        if (over) throw over;
        continue;
      }
      if (isRefusal) return REFUSED;
      pacer.unanswered(level);
      const error = failure(operation, result);
      if (result.outcome === 'rejected' || tries >= TRIES) throw error;
      allow(operation, 1);
      await clock.sleep(BACKOFF_MS * 2 ** (tries - 1) * (1 + random()), signal);
      tries++;
    }
  };

  const askAnew = async (operation: ReadName, request: JsonObject): Promise<JsonObject | null> => {
    const answer = await attempt(operation, request);
    return answer === REFUSED || answer === LACKING ? null : answer;
  };

  const readPages = async (read: Read & ListLimits, request: JsonObject): Promise<Rows> => {
    const { page } = operationFacts(read.operation);
    const codes = read.refusals?.codes;
    allow(read.operation, 1);
    const first = await attempt(read.operation, page ? pageRequest(request, page, 1, read.pageSize) : request, codes);
    if (first === LACKING) return NOT_HELD;
    if (first === REFUSED) return { rows: [], isComplete: true, pages: 1, refused: read.refusals?.why ?? '' };
    if (!page) return { rows: read.rows(first ?? {}), isComplete: true, pages: 1 };
    const pages = pagesOf(totalOf(first ?? {}, page) ?? 0, read.pageSize);
    if (read.mostPages !== undefined && pages > read.mostPages) return { rows: [], isComplete: true, pages: 1, isGivenUp: true };
    if (pages > 1) allow(read.operation, pages - 1);
    const others = await Promise.all(
      Array.from({ length: pages - 1 }, async (_, index) => {
        const answer = await attempt(read.operation, pageRequest(request, page, index + 2, read.pageSize), codes);
        return answer === REFUSED ? {} : answer === LACKING ? LACKING : (answer ?? {});
      }),
    );
    if (others.includes(LACKING)) return NOT_HELD;
    const bodies = [first ?? {}, ...others].filter((one): one is JsonObject => one !== LACKING);
    const rows = bodies.flatMap(read.rows);
    return {
      rows,
      isComplete: isComplete(
        bodies.map((body) => totalOf(body, page)),
        rows.map(read.identity),
      ),
      pages,
    };
  };

  return {
    list: async (read, request) => {
      let found = await readPages(read, request);
      if (!found.isComplete && !found.isLacking) found = await readPages(read, request);
      for (let page = 0; page < found.pages; page++) least.push(read.operation);
      return found;
    },
    call: async (operation, request) => {
      least.push(operation);
      allow(operation, 1);
      const answer = await attempt(operation, request);
      if (answer === LACKING)
        throw new EngineError(
          'SNAPSHOT_LACKS',
          `The snapshot holds no answer of ${operation} for what is declared now.`,
          'Make a new one with phinfra snapshot, or plan without --from.',
        );
      return answer === REFUSED ? null : answer;
    },
    spent: () => callsOf(sent),
    minimum: () => callsOf(least),
  };
};

const failure = (
  operation: OperationName,
  result: Exclude<CallResult, { outcome: 'done' } | { outcome: 'throttled' }>,
): EngineError => {
  const request = 'requestId' in result && result.requestId !== null ? ` (request ${result.requestId})` : '';
  const said = `${operation}: ${result.code}${request}. ${sentence(result.message)}`;
  if (result.outcome === 'not-sent')
    return new EngineError(
      'UNREACHABLE',
      `The service could not be reached. ${said}`,
      'Check the endpoint, the network and the proxy, then run the same command again.',
    );
  if (isAuthCode(result.code)) {
    const isKey = /AccessKey|Signature|TimeStamp|SecurityToken/i.test(result.code);
    return isKey
      ? new EngineError(
          'CREDENTIALS_REFUSED',
          `The service refused the access key. ${said}`,
          'Check ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, the endpoint and this machine’s clock.',
        )
      : new EngineError(
          'PERMISSION_DENIED',
          `The caller may not read this. ${said}`,
          'Give the key’s account the read-only RAM policy and the Dataphin role that the operation needs.',
        );
  }
  return result.outcome === 'rejected'
    ? new EngineError('ANSWER_WRONG', `The service refused a read. ${said}`, 'Look the code up; nothing was changed.')
    : new EngineError(
        'ANSWER_WRONG',
        `The service gave no usable answer. ${said}`,
        'Run the same command again; nothing was changed.',
      );
};
