/** Loopback servers that behave as a test says, and know what reached them. */
import { readFileSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';

export const CERTIFICATE = readFileSync(new URL('../fixtures/tls/certificate.pem', import.meta.url), 'utf8');
const PRIVATE_KEY = readFileSync(new URL('../fixtures/tls/key.pem', import.meta.url), 'utf8');

export type Received = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

export type TestServer = {
  readonly port: number;
  readonly received: readonly Received[];
  /** Connections that were opened so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

type Closeable = Pick<Server, 'listen' | 'close' | 'address' | 'on'>;

const start = async (server: Closeable, received: readonly Received[]): Promise<TestServer> => {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

export type Answer = (request: Received, response: ServerResponse, index: number) => void;

const listener =
  (received: Received[], answer: Answer): RequestListener =>
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(one);
      answer(one, response, received.length);
    });
  };

export const startHttp = (answer: Answer): Promise<TestServer> => {
  const received: Received[] = [];
  return start(createHttp(listener(received, answer)), received);
};

export const startHttps = (answer: Answer): Promise<TestServer> => {
  const received: Received[] = [];
  return start(
    createHttps({ key: PRIVATE_KEY, cert: CERTIFICATE }, listener(received, answer)) as unknown as Closeable,
    received,
  );
};

/** Bytes in, bytes out: for what no HTTP server would say. */
export const startTcp = (onConnection: (socket: Socket) => void): Promise<TestServer> =>
  start(createTcp(onConnection) as unknown as Closeable, []);

/** A proxy: tunnels every CONNECT to `targetPort`, or answers it with `status`; answers plain requests itself. */
export const startProxy = async (targetPort: number | null, status = 200): Promise<TestServer> => {
  const received: Received[] = [];
  const server = createHttp(listener(received, (_, response) => ok(response)));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    received.push({ method: 'CONNECT', url: request.url ?? '', headers: request.headers, body: '' });
    socket.on('error', () => {});
    if (targetPort === null) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const target = connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
  });
  return start(server, received);
};

export const OK = { Code: 'OK', HttpStatusCode: 200, Success: true, Message: 'successful', RequestId: 'R-1' } as const;

export const ok = (response: ServerResponse, payload: object = {}): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ...OK, ...payload }));
};

/** A port on which nothing listens. */
export const closedPort = async (): Promise<number> => {
  const server = await startTcp(() => {});
  await server.close();
  return server.port;
};
