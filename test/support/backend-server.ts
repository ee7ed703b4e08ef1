/** What servers of the record have in common: requests in one process or over a real connection, and faults of both. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StateRequest, StateSend } from '../../engine/shell/http-state.ts';

/**
 * What happens to a request:
 *
 *     not-sent      no connection
 *     lost-before   it never arrives, and nobody answers
 *     lost          the server has it; its answer does not come back
 *     unavailable   503, nothing was done
 *     failed-after  500, and it was done
 *     twice         it is delivered twice
 */
export type Fault = 'none' | 'not-sent' | 'lost-before' | 'lost' | 'unavailable' | 'failed-after' | 'twice';
export const FAULTS = ['not-sent', 'lost-before', 'lost', 'unavailable', 'failed-after', 'twice'] as const;

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};
export type Answer = { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

export type Backend = {
  /** In one process, without a network. */
  readonly send: StateSend;
  /** Asked before each request, in order. */
  readonly fault: (next: (request: StateRequest, index: number) => Fault) => void;
  /** Over a real connection; the origin, without a path. */
  readonly listen: () => Promise<{ readonly origin: string; readonly close: () => Promise<void> }>;
};

export const createBackend = (serve: (asked: Asked) => Answer): Backend => {
  let faultOf: (request: StateRequest, index: number) => Fault = () => 'none';
  let count = 0;
  const send: StateSend = async (request) => {
    const fault = faultOf(request, count++);
    const lost = { end: 'lost', code: 'CONNECTION_LOST', message: 'the connection was lost', status: null } as const;
    if (fault === 'not-sent') return { end: 'not-sent', code: 'CONNECT_REFUSED', message: 'the connection was refused' };
    if (fault === 'unavailable') return { end: 'answer', status: 503, headers: {}, text: '' };
    if (fault === 'lost-before') return lost;
    const url = new URL(request.address);
    for (const [name, value] of Object.entries(request.query)) url.searchParams.append(name, value);
    const { method, headers } = request;
    const asked = { method, path: url.pathname, query: url.searchParams, headers, body: request.body ?? '' };
    if (fault === 'twice') serve(asked);
    const answer = serve(asked);
    if (fault === 'lost') return lost;
    if (fault === 'failed-after') return { end: 'answer', status: 500, headers: {}, text: '' };
    return { end: 'answer', status: answer.status, headers: { ...answer.headers }, text: answer.body };
  };
  const listen: Backend['listen'] = async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://here');
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
        const body = Buffer.concat(chunks).toString('utf8');
        const answer = serve({ method: request.method ?? '', path: url.pathname, query: url.searchParams, headers, body });
        response.writeHead(answer.status, answer.headers ?? {});
        response.end(answer.status === 204 ? undefined : answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      origin: `http://127.0.0.1:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  };
  return {
    send,
    fault: (next) => {
      faultOf = next;
      count = 0;
    },
    listen,
  };
};
