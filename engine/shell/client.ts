/** The client of the service: signs, sends once, says how it ended (DESIGN 9, "transport"). */
import { randomUUID } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { EngineError } from '../core/diagnostic.ts';
import type { CallResult, Client, Clock, JsonObject } from '../core/ports.ts';
import { type OperationFacts, type OperationName, operationFacts } from '../operations/index.ts';
import { classifyAnswer } from './classify.ts';
import { openSocket, type Route, secureContextOf } from './connect.ts';
import type { Endpoint } from './endpoint.ts';
import { exchange, type Limits } from './exchange.ts';
import { MAX_ANSWER_BYTES } from './json.ts';
import { secretTexts } from './message.ts';
import { type ProxyServer, usesProxy } from './proxy.ts';
import { type Placement, type SignatureVersion, signRequest, splitRequest } from './request.ts';
import type { AccessKey } from './sign.ts';

export const DEFAULT_LIMITS: Limits = { connectMs: 5_000, firstByteMs: 30_000, totalMs: 60_000, answerBytes: MAX_ANSWER_BYTES };

/** An idle connection is closed before the servers that we know close it (Node's own after 5 s): a write must not meet a dead one. */
const IDLE_MS = 4_000;

export type ClientOptions = {
  readonly endpoint: Endpoint;
  /** OpTenantId, decimal text. */
  readonly tenant: string;
  readonly credentials: AccessKey;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Default v3. */
  readonly signature?: SignatureVersion;
  /** Default body. */
  readonly parameters?: Placement;
  readonly limits?: Partial<Limits>;
  readonly proxy?: ProxyServer | null;
  /** PEM certificates to be trusted beside Node's roots (`readCa`). */
  readonly ca?: readonly string[];
  readonly userAgent?: string;
  /** Unique text for each request; default a random UUID. */
  readonly nonce?: () => string;
  readonly facts?: (name: OperationName) => OperationFacts;
};

/**
 * A client on kept-alive connections. It sends each call once, follows no redirect and repeats nothing.
 *
 * `call` rejects only for a fault of the caller: an operation without facts, a parameter that the operation does not have,
 * a number that is not exact. Codes of its own outcomes: `not-sent` ABORTED, TOTAL_TIMEOUT and those of `ConnectCode`;
 * `unknown` ABORTED, ANSWER_TIMEOUT, TOTAL_TIMEOUT, CONNECTION_LOST, ANSWER_TRUNCATED, ANSWER_TOO_LARGE, ANSWER_TOO_DEEP,
 * ANSWER_NOT_TEXT, ANSWER_NOT_HTTP, ANSWER_NOT_JSON, ANSWER_WRONG_SHAPE, INNER_FAILURE, SUCCESS_FALSE, HTTP_nnn.
 */
export const createClient = (options: ClientOptions): Client => {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const proxy = options.proxy ?? null;
  const route: Route = {
    endpoint: options.endpoint,
    proxy: usesProxy(proxy, options.endpoint) ? proxy : null,
    secureContext: secureContextOf(options.ca ?? []),
  };
  const agent = createAgent(route, limits.connectMs);
  const factsOf = options.facts ?? operationFacts;
  return {
    call: async (operation, request, callOptions) => {
      const facts = factsOf(operation);
      const parts = splitRequest(facts, request, options.tenant, options.parameters ?? 'body');
      const http = signRequest(parts, {
        operation,
        host: options.endpoint.host,
        key: options.credentials,
        signature: options.signature ?? 'v3',
        wallMs: options.clock.wallMs(),
        nonce: (options.nonce ?? randomUUID)(),
        userAgent: options.userAgent ?? 'phinfra',
      });
      const ended = await exchange(http, route, agent, limits, callOptions?.signal);
      switch (ended.end) {
        case 'not-sent':
          return { outcome: 'not-sent', code: ended.code, message: ended.message };
        case 'lost':
          return { outcome: 'unknown', code: ended.code, message: ended.message, status: ended.status, requestId: null };
        case 'answer':
          return classifyAnswer(ended, { operation, facts, hidden: hiddenTexts(options.credentials, request) });
        default:
          return ended satisfies never;
      }
    },
    close: () => agent.destroy(),
  };
};

const hiddenTexts = (credentials: AccessKey, request: JsonObject): string[] => [
  credentials.accessKeySecret,
  ...secretTexts(request),
];

type Created = (error: Error | null, socket?: Socket) => void;

/** An agent that gets its sockets from connect.ts, connected and verified; the pool and the idle limit are Node's. */
export const createAgent = (route: Route, connectMs: number): HttpAgent => {
  const settings = { keepAlive: true, timeout: IDLE_MS };
  const agent = route.endpoint.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  return Object.assign(agent, {
    createConnection: (_: unknown, created: Created): undefined => {
      openSocket(route, connectMs).then(
        (socket) => created(null, socket),
        (error: Error) => created(error),
      );
      return undefined;
    },
  });
};

/**
 * The client of a plan: it can send reads and nothing else (DESIGN 1, promise 1).
 *
 * @throws EngineError INTERNAL, before anything is sent, for every operation whose facts do not say `read`
 */
export const readOnlyClient = (client: Client, facts: (name: OperationName) => OperationFacts = operationFacts): Client => ({
  call: (operation, request, options): Promise<CallResult> => {
    if (facts(operation).kind !== 'read')
      throw new EngineError(
        'INTERNAL',
        `a plan tried to send ${operation}, which writes`,
        'nothing was sent; please report this',
      );
    return client.call(operation, request, options);
  },
  close: client.close,
});
