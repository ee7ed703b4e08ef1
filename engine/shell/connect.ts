/**
 * A connection that is ready for a request: TCP, through a proxy where there is one, TLS verified. A request is given to a
 * socket only after all of that, which is what makes "nothing left this machine" provable.
 */
import { X509Certificate } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { systemClock } from './clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { ProxyServer } from './proxy.ts';

export type Route = {
  readonly endpoint: Endpoint;
  /** Null: straight. */
  readonly proxy: ProxyServer | null;
  /** Null: Node's own certificates, NODE_EXTRA_CA_CERTS among them. */
  readonly secureContext: SecureContext | null;
};

export type ConnectCode =
  | 'CONNECT_REFUSED'
  | 'NAME_NOT_FOUND'
  | 'CONNECT_TIMEOUT'
  | 'CONNECT_FAILED'
  | 'TLS_FAILED'
  | 'PROXY_REFUSED';

/** Why no connection came about; the message names no address. */
export type ConnectError = Error & { readonly connectCode: ConnectCode };

const connectError = (connectCode: ConnectCode, message: string): ConnectError =>
  Object.assign(new Error(message), { connectCode });

export const isConnectError = (error: Error): error is ConnectError => 'connectCode' in error;

/**
 * Ends with the first of: the socket, a ConnectError, the limit. Whatever was opened on the way to a failure is closed.
 *
 * A process that was stopped meanwhile, or a machine that slept, finds the connection before it finds that the limit is over; by
 * then another may have the lock, so what it was to send must not leave.
 */
export const openSocket = async (route: Route, limitMs: number): Promise<Socket> => {
  const opened: Opened = [];
  const from = { nowMs: systemClock.nowMs(), wallMs: systemClock.wallMs() };
  const isLate = (): boolean => Math.max(systemClock.nowMs() - from.nowMs, systemClock.wallMs() - from.wallMs) > limitMs;
  const tooLate = (): ConnectError => connectError('CONNECT_TIMEOUT', `no connection within ${limitMs} ms`);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), limitMs);
  });
  try {
    const socket = await Promise.race([openStages(route, opened), limit]);
    if (isLate()) throw tooLate();
    if (socket.destroyed) throw connectError('CONNECT_FAILED', 'the connection ended before it was used');
    return socket;
  } catch (error) {
    for (const one of opened) one.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

type Opened = { destroy: () => unknown }[];

/** An error of a connected socket is seen by whoever uses it; between connecting and use it only marks the socket as destroyed. */
const ignoreLate = (): void => {};

const openStages = async (route: Route, opened: Opened): Promise<Socket> => {
  const { endpoint, proxy } = route;
  const throughTunnel = proxy !== null && endpoint.protocol === 'https:';
  const first =
    throughTunnel && proxy
      ? await openTunnel(proxy, endpoint, route.secureContext, opened)
      : await openTcp(proxy?.hostname ?? endpoint.hostname, proxy?.port ?? endpoint.port, opened);
  if (endpoint.protocol === 'https:') return openTls(first, endpoint.hostname, route.secureContext, opened);
  return proxy?.protocol === 'https:' ? openTls(first, proxy.hostname, route.secureContext, opened) : first;
};

const openTcp = (host: string, port: number, opened: Opened): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true });
    opened.push(socket);
    const fail = (error: NodeJS.ErrnoException): void => reject(tcpError(error));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail).on('error', ignoreLate);
      resolve(socket);
    });
  });

const tcpError = (error: NodeJS.ErrnoException): ConnectError => {
  const code = error.code ?? 'UNKNOWN';
  switch (code) {
    case 'ECONNREFUSED':
      return connectError('CONNECT_REFUSED', 'the connection was refused (ECONNREFUSED)');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ENODATA':
      return connectError('NAME_NOT_FOUND', `the name of the host was not found (${code})`);
    case 'ETIMEDOUT':
      return connectError('CONNECT_TIMEOUT', 'the connection timed out (ETIMEDOUT)');
    default:
      return connectError('CONNECT_FAILED', `no connection (${code})`);
  }
};

/** CONNECT through the proxy. What a proxy refuses never reached the service. */
const openTunnel = (
  proxy: ProxyServer,
  endpoint: Endpoint,
  secureContext: SecureContext | null,
  opened: Opened,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const authority = `${isIP(endpoint.hostname) === 6 ? `[${endpoint.hostname}]` : endpoint.hostname}:${endpoint.port}`;
    const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
      hostname: proxy.hostname,
      port: proxy.port,
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: { host: authority, ...(proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization }) },
      ...(secureContext === null ? {} : { secureContext }),
      rejectUnauthorized: true,
    });
    opened.push(request);
    request.once('connect', (answer, socket: Socket, head: Buffer) => {
      opened.push(socket);
      const isOpen = answer.statusCode === 200 && head.length === 0;
      if (isOpen) resolve(socket);
      else reject(connectError('PROXY_REFUSED', `the proxy answered ${answer.statusCode} to CONNECT`));
    });
    request.once('response', (answer) =>
      reject(connectError('PROXY_REFUSED', `the proxy answered ${answer.statusCode} to CONNECT`)),
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      const { connectCode, message } = tcpError(error);
      reject(connectError(connectCode, `proxy: ${message}`));
    });
    request.end();
  });

const openTls = (socket: Socket, hostname: string, secureContext: SecureContext | null, opened: Opened): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      host: hostname,
      // An address is no server name (RFC 6066); its certificate is still compared with `host`.
      servername: isIP(hostname) === 0 ? hostname : '',
      ALPNProtocols: ['http/1.1'],
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
      rejectUnauthorized: true,
      ...(secureContext === null ? {} : { secureContext }),
    });
    opened.push(secure);
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(connectError('TLS_FAILED', `no secure connection (${error.code ?? 'UNKNOWN'})`));
    secure.once('error', fail);
    secure.once('secureConnect', () => {
      secure.off('error', fail).on('error', ignoreLate);
      resolve(secure);
    });
  });

export type CaResult =
  | { readonly ok: true; readonly certificates: readonly string[] }
  | { readonly ok: false; readonly code: 'OPTION_WRONG'; readonly message: string; readonly hint: string };

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The certificates of a CA file's text. Node itself would silently ignore a file without any. */
export const readCa = (pem: string): CaResult => {
  const certificates = pem.match(PEM) ?? [];
  const isBroken = (text: string): boolean => {
    try {
      new X509Certificate(text);
      return false;
    } catch {
      return true;
    }
  };
  return certificates.length === 0 || certificates.some(isBroken)
    ? {
        ok: false,
        code: 'OPTION_WRONG',
        message: 'the CA file holds no certificate that can be read',
        hint: 'it must be PEM text',
      }
    : { ok: true, certificates };
};

/** Node's roots and these; null where there are none to add. */
export const secureContextOf = (certificates: readonly string[]): SecureContext | null =>
  certificates.length === 0 ? null : createSecureContext({ ca: [...rootCertificates, ...certificates] });
