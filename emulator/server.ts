/** The emulator on a socket: the service's protocol, and the doors under /_emulator/ through which tests look and meddle. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { approveAll, refuseAll } from './approvals.ts';
import type { Fault } from './faults.ts';
import { createGateway, type WireAnswer } from './gateway.ts';
import { isObject } from './json.ts';
import { parseLossless } from './lossless.ts';
import type { Service } from './service.ts';

export type ServerOptions = {
  readonly service: Service;
  /** 0: any free port. */
  readonly port: number;
  /** How long every answer of the service waits, in milliseconds. */
  readonly latencyMs: number;
  /** What the fault `exit` does once the socket is gone; a program ends here. */
  readonly onExit: () => void;
};
export type RunningServer = { readonly port: number; readonly close: () => Promise<void> };

const LARGEST_BODY = 32 * 1024 * 1024;
const DRIP_MS = 50;

/** Listens on 127.0.0.1 and nowhere else. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { service } = options;
  const gateway = createGateway(service);
  const server: Server = createServer((request, response) => {
    const hostMs = service.hostMs();
    const serve = async (): Promise<void> => {
      const body = await readBody(request);
      const [path = '/', query = ''] = splitUrl(request.url ?? '/');
      if (path.startsWith('/_emulator/')) return answerDoor(service, gateway.setSkew, request, response, path, body);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
      );
      const answer = gateway.wire({ method: request.method ?? '', path, query, headers, body }, hostMs);
      const send = (): void => sendAnswer(answer, request, response, exit);
      if (options.latencyMs > 0) setTimeout(send, options.latencyMs);
      else send();
    };
    serve().catch((error: unknown) => {
      // A fault of the emulator, not of the caller: said aloud, so that no test takes it for the service's answer.
      const text = JSON.stringify({ Code: 'EmulatorFault', Message: error instanceof Error ? error.message : String(error) });
      if (response.headersSent || request.destroyed) request.socket.destroy();
      else response.writeHead(500, { 'content-type': 'application/json' }).end(text);
    });
  });
  const exit = (): void => {
    server.closeAllConnections();
    server.close();
    options.onExit();
  };
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const splitUrl = (url: string): readonly [string, string] => {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
};

/** The body as text. */
const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY) throw new Error(`the body is larger than ${LARGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Sends an answer, or does to it what a fault wants. */
const sendAnswer = (answer: WireAnswer, request: IncomingMessage, response: ServerResponse, exit: () => void): void => {
  const socket = request.socket;
  const bytes = Buffer.from(answer.text, 'utf8');
  const head = (extra: { readonly [name: string]: string | number } = {}): ServerResponse =>
    response.writeHead(answer.status, { ...answer.headers, ...extra });
  const kind = answer.transport?.kind;
  switch (kind) {
    case undefined:
      head({ 'content-length': bytes.length }).end(bytes);
      return;
    case 'refuse':
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'timeout':
      return;
    case 'truncate':
      head({ 'content-length': bytes.length }).write(bytes.subarray(0, bytes.length >> 1), () => socket.destroy());
      return;
    case 'malformed':
      head().end(answer.text.slice(0, -1));
      return;
    case 'html':
      head({ 'content-type': 'text/html' }).end('<html><head><title>Bad Gateway</title></head><body>nginx</body></html>');
      return;
    case 'empty':
      head({ 'content-length': 0 }).end();
      return;
    case 'gzip':
      head({ 'content-encoding': 'gzip' }).end(gzipSync(bytes));
      return;
    case 'drip':
      head({ 'content-length': bytes.length });
      repeat(response, (at) => {
        response.write(bytes.subarray(at, at + 1));
        if (at + 1 >= bytes.length) response.end();
      });
      return;
    case 'endless': {
      head();
      response.write(answer.text.slice(0, -1));
      const blanks = ' '.repeat(65_536);
      const pump = (): void => {
        while (!response.destroyed && response.write(blanks));
        if (!response.destroyed) response.once('drain', pump);
      };
      pump();
      return;
    }
    case 'exit':
      exit();
      return;
    default:
      kind satisfies never;
  }
};

const repeat = (response: ServerResponse, step: (at: number) => void): void => {
  let at = 0;
  const timer = setInterval(() => step(at++), DRIP_MS);
  response.on('close', () => clearInterval(timer));
  response.on('finish', () => clearInterval(timer));
};

type Door = (body: unknown) => { readonly json: unknown } | { readonly lines: readonly unknown[] } | undefined;

const doors = (service: Service, setSkew: (ms: number) => void): { readonly [methodAndPath: string]: Door } => ({
  'GET /_emulator/world': () => ({ json: service.world() }),
  'PUT /_emulator/world': (body) => {
    service.setWorld(body);
    return undefined;
  },
  'GET /_emulator/calls': () => ({ lines: service.calls() }),
  'DELETE /_emulator/calls': () => {
    service.clearCalls();
    return undefined;
  },
  'GET /_emulator/violations': () => ({ json: service.violations() }),
  'DELETE /_emulator/violations': () => {
    service.clearViolations();
    return undefined;
  },
  'GET /_emulator/faults': () => ({ json: service.faults.list() }),
  'POST /_emulator/faults': (body) => {
    service.faults.add(body as readonly Fault[]);
    return undefined;
  },
  'DELETE /_emulator/faults': () => {
    service.faults.clear();
    return undefined;
  },
  'GET /_emulator/switches': () => ({ json: service.switches() }),
  'PUT /_emulator/switches': (body) => {
    if (!isObject(body)) throw new Error('switches: expected an object');
    service.setSwitches(body);
    return undefined;
  },
  'POST /_emulator/approvals': (body) => {
    const wanted = isObject(body) ? body.do : undefined;
    if (wanted !== 'approve' && wanted !== 'refuse')
      throw new Error('approvals: expected { "do": "approve" } or { "do": "refuse" }');
    service.change(wanted === 'approve' ? approveAll : refuseAll);
    return undefined;
  },
  'POST /_emulator/clock': (body) => {
    if (!isObject(body)) throw new Error('clock: expected an object');
    const { advanceMs = 0, skewMs, ...rest } = body;
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined) throw new Error(`clock: unknown field "${unknown}"; known: advanceMs, skewMs`);
    if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs)) throw new Error('clock.advanceMs: expected a number');
    if (skewMs !== undefined && !(typeof skewMs === 'number' && Number.isFinite(skewMs)))
      throw new Error('clock.skewMs: expected a number');
    service.advance(advanceMs);
    if (typeof skewMs === 'number') setSkew(skewMs);
    return { json: { nowMs: service.nowMs() } };
  },
});

/** Pages in a browser must not reach the doors: their requests carry an origin or, rebound, another host's name. */
const isFromBrowser = (request: IncomingMessage): boolean =>
  request.headers.origin !== undefined || !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '');

type Plain = { readonly status: number; readonly text: string; readonly type: string };

const answerDoor = (
  service: Service,
  setSkew: (ms: number) => void,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  body: string,
): void => {
  const { status, text, type } = openDoor(service, setSkew, request, path, body);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
};

const openDoor = (
  service: Service,
  setSkew: (ms: number) => void,
  request: IncomingMessage,
  path: string,
  body: string,
): Plain => {
  const json = (status: number, value: unknown): Plain => ({ status, text: JSON.stringify(value), type: 'application/json' });
  if (isFromBrowser(request)) return json(403, { error: 'not for browsers' });
  const door = doors(service, setSkew)[`${request.method} ${path}`];
  if (!door) return json(404, { error: 'no such door' });
  const value = body === '' ? null : parseLossless(body);
  if (value === undefined) return json(400, { error: 'the body is not JSON' });
  try {
    const answer = door(value);
    if (answer === undefined) return { status: 204, text: '', type: 'application/json' };
    if ('json' in answer) return json(200, answer.json);
    return { status: 200, text: answer.lines.map((line) => `${JSON.stringify(line)}\n`).join(''), type: 'application/x-ndjson' };
  } catch (error) {
    return json(400, { error: error instanceof Error ? error.message : String(error) });
  }
};
