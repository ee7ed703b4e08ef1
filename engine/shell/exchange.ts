/** One HTTP request and its answer, once, within limits (RELIABILITY 6.1). Never throws and never follows a redirect. */
import { type Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isConnectError, type Route } from './connect.ts';

export type Limits = {
  /** Name, TCP, proxy and TLS together. */
  readonly connectMs: number;
  /** From the moment the request is given to a connection to the head of the answer. */
  readonly firstByteMs: number;
  /** All of it. */
  readonly totalMs: number;
  /** The answer's body, as received and after decompression. */
  readonly answerBytes: number;
};

/**
 * answer    a whole answer
 * not-sent  no byte of the request was given to a connection
 * lost      a connection had it, and no whole answer came back
 */
export type Exchange =
  | { readonly end: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
  | { readonly end: 'not-sent'; readonly code: string; readonly message: string }
  | { readonly end: 'lost'; readonly code: string; readonly message: string; readonly status: number | null };

/** What leaves this machine. `query` is the raw text without `?`; empty: there is none. */
export type OutgoingRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

type Failure = { readonly code: string; readonly message: string };

export const exchange = (
  http: OutgoingRequest,
  route: Route,
  agent: HttpAgent,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<Exchange> => {
  if (signal?.aborted) return Promise.resolve({ end: 'not-sent', code: 'ABORTED', message: 'stopped before it was sent' });
  return new Promise((resolve) => {
    const request = open(http, route, agent);
    // A socket reaches the request only when it is connected and verified (connect.ts); from here on bytes may leave.
    let isHandedOver = false;
    let status: number | null = null;
    let firstByte: NodeJS.Timeout | undefined;
    const total = setTimeout(
      () => fail({ code: 'TOTAL_TIMEOUT', message: `no whole answer within ${limits.totalMs} ms` }),
      limits.totalMs,
    );
    const onAbort = (): void =>
      fail({ code: 'ABORTED', message: isHandedOver ? 'stopped while waiting for the answer' : 'stopped before it was sent' });
    const settle = (result: Exchange): void => {
      clearTimeout(total);
      clearTimeout(firstByte);
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const fail = (failure: Failure): void => {
      settle(isHandedOver ? { end: 'lost', ...failure, status } : { end: 'not-sent', ...failure });
      request.destroy();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('socket', () => {
      isHandedOver = true;
      firstByte = setTimeout(
        () => fail({ code: 'ANSWER_TIMEOUT', message: `no answer within ${limits.firstByteMs} ms` }),
        limits.firstByteMs,
      );
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail(describe(error)));
    request.on('close', () => {
      // Once the head of an answer is there, the body says how it ended.
      if (status === null) fail({ code: 'CONNECTION_LOST', message: 'the connection ended without an answer' });
    });
    request.on('response', (response) => {
      clearTimeout(firstByte);
      status = response.statusCode ?? 0;
      readBody(response, limits.answerBytes).then(
        (text) => settle({ end: 'answer', status: response.statusCode ?? 0, headers: response.headers, text }),
        (failure: Failure) => fail(failure),
      );
    });
    request.end(http.body ?? undefined);
  });
};

const open = (http: OutgoingRequest, route: Route, agent: HttpAgent) => {
  const { endpoint, proxy } = route;
  const target = http.query === '' ? http.path : `${http.path}?${http.query}`;
  // Plain http through a proxy names the whole address (RFC 9112, 3.2.2); https goes through a tunnel.
  const viaProxy = proxy !== null && endpoint.protocol === 'http:';
  const authorization = viaProxy && proxy.authorization !== null ? { 'proxy-authorization': proxy.authorization } : {};
  return (endpoint.protocol === 'https:' ? httpsRequest : httpRequest)({
    method: http.method,
    hostname: endpoint.hostname,
    port: endpoint.port,
    path: viaProxy ? `${endpoint.origin}${target}` : target,
    headers: { ...http.headers, ...authorization },
    agent,
  });
};

const describe = (error: NodeJS.ErrnoException): Failure => {
  if (isConnectError(error)) return { code: error.connectCode, message: error.message };
  const code = error.code ?? 'UNKNOWN';
  return code.startsWith('HPE_')
    ? { code: 'ANSWER_NOT_HTTP', message: `the answer is not HTTP (${code})` }
    : { code: 'CONNECTION_LOST', message: `the connection was lost (${code})` };
};

/** The body as text. @throws Failure */
const readBody = async (response: IncomingMessage, limitBytes: number): Promise<string> => {
  const bytes = await collect(response, limitBytes);
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const plain = encoding === 'identity' || encoding === '' ? bytes : await unpack(bytes, encoding, limitBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(plain);
  } catch {
    throw { code: 'ANSWER_NOT_TEXT', message: 'the answer is not UTF-8' } satisfies Failure;
  }
};

const tooLarge = (limitBytes: number): Failure => ({
  code: 'ANSWER_TOO_LARGE',
  message: `the answer is larger than ${limitBytes} bytes`,
});

const collect = (response: IncomingMessage, limitBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const truncated = (): void =>
      reject({ code: 'ANSWER_TRUNCATED', message: 'the connection ended in the middle of the answer' } satisfies Failure);
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) reject(tooLarge(limitBytes));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks)));
    response.on('error', truncated);
    response.on('close', truncated);
  });

const gunzipAsync = promisify(gunzip);

/** We ask for no compression; some proxies compress all the same. */
const unpack = async (bytes: Buffer, encoding: string, limitBytes: number): Promise<Buffer> => {
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw { code: 'ANSWER_NOT_TEXT', message: 'the answer is in a compression that was not asked for' } satisfies Failure;
  try {
    return await gunzipAsync(bytes, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limitBytes);
    throw { code: 'ANSWER_NOT_TEXT', message: 'the compressed answer is broken' } satisfies Failure;
  }
};
