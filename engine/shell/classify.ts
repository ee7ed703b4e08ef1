/** From an HTTP answer to the outcome of a call (BEHAVIOUR 1.6, 2.2; RELIABILITY 6.1). */
import { sure } from '../core/diagnostic.ts';
import type { CallResult, Json, JsonObject } from '../core/ports.ts';
import type { OperationFacts } from '../operations/index.ts';
import { isRefusal, isThrottlingCode } from './codes.ts';
import { normaliseIds, parseAnswer } from './json.ts';
import { printable, safeCode, safeMessage, safeRequestId } from './message.ts';

export type HttpAnswer = {
  readonly status: number;
  /** In lower case, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Decompressed, decoded from UTF-8. */
  readonly text: string;
};

export type CallFacts = {
  readonly operation: string;
  readonly facts: OperationFacts;
  /** Texts that no message may repeat. */
  readonly hidden: readonly string[];
};

const ENVELOPE: ReadonlySet<string> = new Set(['Code', 'HttpStatusCode', 'Message', 'RequestId', 'Success']);
const MAX_RETRY_AFTER_MS = 15 * 60 * 1000;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (value: JsonObject, name: string): Json | undefined => (Object.hasOwn(value, name) ? value[name] : undefined);
const textOf = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** What an answer that is not a success says of itself. */
type Refused = { readonly code: string; readonly message: string; readonly status: number; readonly requestId: string | null };

/**
 * The outcome of a call that was answered.
 *
 *     HTTP 2xx, Success true, Code OK, no inner failure, shape as in the catalogue   done
 *     a Throttling code, HTTP 429, or an error with a positive x-acs-retry-after     throttled
 *     below 500, a listed code (codes.ts)                                            rejected
 *     everything else                                                                unknown
 */
export const classifyAnswer = (answer: HttpAnswer, call: CallFacts): CallResult => {
  const parsed = parseAnswer(answer.text);
  if (!parsed.ok || !isObject(parsed.value)) {
    const refused = readForeign(answer, call, parsed.ok ? 'ANSWER_WRONG_SHAPE' : parsed.code);
    return answer.status >= 400 ? refusal(refused, answer, call) : unknown(refused);
  }
  const body = parsed.value;
  const requestId = safeRequestId(field(body, 'RequestId')) ?? safeRequestId(header(answer, 'x-acs-request-id'));
  const says = (code: string, message: string): Refused => ({
    code: safeCode(code),
    message: safeMessage(code, message, call.hidden),
    status: answer.status,
    requestId,
  });
  const code = field(body, 'Code');
  const message = textOf(field(body, 'Message')) ?? `HTTP ${answer.status} without a message`;
  if (answer.status >= 400) return refusal(says(textOf(code) ?? `HTTP_${answer.status}`, message), answer, call);
  if (answer.status < 200 || answer.status >= 300)
    return unknown(says(`HTTP_${answer.status}`, 'an answer that is neither a success nor an error; redirects are not followed'));
  const success = field(body, 'Success');
  const said = textOf(code) ?? '';
  if (success === false) return refusal(says(textOf(code) ?? 'SUCCESS_FALSE', message), answer, call);
  if (success !== true)
    return isThrottlingCode(said)
      ? refusal(says(said, message), answer, call)
      : unknown(says('ANSWER_WRONG_SHAPE', 'the answer does not say whether it is a success'));
  // "0" is said to be another sign of acceptance (BEHAVIOUR 1.6). A success with any other code contradicts itself.
  if (code !== undefined && code !== null && code !== 'OK' && code !== '0')
    return unknown(says(textOf(code) ?? 'ANSWER_WRONG_SHAPE', message));
  const inner = innerFailure(body, call.facts);
  if (inner) return refusal(says(inner.code, inner.message), answer, call);
  return accepted(body, requestId, answer.status, call);
};

const accepted = (body: JsonObject, requestId: string | null, status: number, call: CallFacts): CallResult => {
  const wrong = (message: string): CallResult => unknown({ code: 'ANSWER_WRONG_SHAPE', message, status, requestId });
  // A create may say that it was done in the place of the id that its model has (BEHAVIOUR Q4).
  const isDone = (name: string): boolean => call.facts.kind === 'write' && body[name] === true && call.facts.ids.includes(name);
  const payload = Object.fromEntries(Object.entries(body).filter(([name]) => !ENVELOPE.has(name) && !isDone(name)));
  const normalised = normaliseIds(payload, call.facts.ids);
  if (!normalised.ok) return wrong(`the id at ${printable(normalised.path, 120)} is not an integer`);
  const shape = wrongPage(payload, call.facts);
  return shape === null ? { outcome: 'done', answer: normalised.value as JsonObject, requestId } : wrong(shape);
};

const at = (value: Json | undefined, path: string): Json | undefined =>
  path.split('.').reduce<Json | undefined>((here, name) => (isObject(here) ? field(here, name) : undefined), value);

/** A page that does not say how many rows there are, or whose rows are not a list, must never be read as an empty one. */
const wrongPage = (payload: JsonObject, facts: OperationFacts): string | null => {
  if (facts.page === null) return null;
  const total = at(payload, facts.page.total);
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0)
    return `the answer has no count at ${facts.page.total}`;
  const items = at(payload, facts.page.items);
  return items === undefined || items === null || Array.isArray(items) ? null : `the answer has no list at ${facts.page.items}`;
};

/**
 * Failures inside a successful envelope (BEHAVIOUR 1.6), by their form: no read of the catalogue has one of these.
 * `Data: false` of a connectivity check is its result; of a write it is not a clear success.
 */
const innerFailure = (body: JsonObject, facts: OperationFacts): { readonly code: string; readonly message: string } | null => {
  if (facts.kind === 'read') return null;
  for (const [name, payload] of Object.entries(body)) {
    if (ENVELOPE.has(name)) continue;
    if (name === 'Data' && payload === false) return { code: 'INNER_FAILURE', message: 'the service answered Data: false' };
    if (!isObject(payload)) continue;
    if (field(payload, 'Success') === false)
      return {
        code: textOf(field(payload, 'ErrorCode')) ?? 'INNER_FAILURE',
        message: textOf(field(payload, 'Message')) ?? textOf(field(payload, 'ErrorMessage')) ?? `${name}.Success is false`,
      };
    const part = partlyFailed(payload);
    if (part !== null) return { code: 'INNER_FAILURE', message: `a part was not done: ${name}.${part}` };
  }
  return null;
};

const partlyFailed = (payload: JsonObject): string | null => {
  for (const name of ['NotExistStandardIdList', 'FailedGuidList']) {
    const list = field(payload, name);
    if (Array.isArray(list) && list.length > 0) return name;
  }
  const failed = field(payload, 'FailCount');
  return typeof failed === 'number' && failed > 0 ? 'FailCount' : null;
};

const unknown = (refused: Refused): CallResult => ({ outcome: 'unknown', ...refused });

const refusal = (refused: Refused, answer: HttpAnswer, call: CallFacts): CallResult => {
  const hint = retryAfter(answer);
  if (isThrottlingCode(refused.code) || answer.status === 429 || hint !== 'none')
    return {
      outcome: 'throttled',
      code: refused.code,
      message: refused.message,
      retryAfterMs: typeof hint === 'number' ? hint : null,
      requestId: refused.requestId,
    };
  // A server that broke may have acted first: BEHAVIOUR 1.6 has a 502 behind which the write was done.
  if (answer.status < 500 && isRefusal(refused.code, call.operation)) return { outcome: 'rejected', ...refused };
  return unknown(refused);
};

/**
 * The hint of a throttled answer in milliseconds (BEHAVIOUR 1.6); `none` where the header is no positive integer, `absurd`
 * beyond 15 minutes.
 */
const retryAfter = (answer: HttpAnswer): number | 'none' | 'absurd' => {
  const text = header(answer, 'x-acs-retry-after')?.trim() ?? '';
  if (!/^\d+$/.test(text) || /^0+$/.test(text)) return 'none';
  const ms = Number(text);
  return ms <= MAX_RETRY_AFTER_MS ? ms : 'absurd';
};

const header = (answer: HttpAnswer, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : value?.[0];
};

/** An error that is not a JSON object: the gateway's XML (BEHAVIOUR 1.6), or a page of something in between. */
const readForeign = (answer: HttpAnswer, call: CallFacts, parseCode: string): Refused => {
  const head = answer.text.slice(0, 16_000);
  const xml = /^\s*(<\?xml[^>]*>\s*)?<Error(Response)?[\s>]/.test(head);
  const code = xml ? element(head, 'Code') : null;
  const requestId = safeRequestId(xml ? element(head, 'RequestId') : null) ?? safeRequestId(header(answer, 'x-acs-request-id'));
  const form = answer.text.trim() === '' ? 'an empty body' : "a body that is not the service's";
  return {
    code: safeCode(
      code ?? (answer.status >= 400 || answer.status < 200 || answer.status >= 300 ? `HTTP_${answer.status}` : parseCode),
    ),
    message: safeMessage(code ?? '', (code && element(head, 'Message')) || `HTTP ${answer.status} with ${form}`, call.hidden),
    status: answer.status,
    requestId,
  };
};

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const element = (xml: string, name: string): string | null => {
  const text = new RegExp(`<${name}>([^<]{1,8000})</${name}>`).exec(xml)?.[1]?.trim();
  return text
    ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => sure(ENTITIES[entity], `entity ${entity}`))
    : null;
};
