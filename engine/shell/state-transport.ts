/** Sends what the backend of the record is asked, once, over the transport of all calls (DESIGN 9). */
import { EngineError } from '../core/diagnostic.ts';
import type { StatePlace } from '../core/workspace.ts';
import { createAgent } from './client.ts';
import { type Route, secureContextOf } from './connect.ts';
import { type Endpoint, isLoopbackHost } from './endpoint.ts';
import { exchange, type Limits } from './exchange.ts';
import type { StateSend } from './http-state.ts';
import { type ProxyServer, usesProxy } from './proxy.ts';

/** Versions are large and servers write them through: more time than a call has. */
const LIMITS: Limits = { connectMs: 5_000, firstByteMs: 60_000, totalMs: 120_000, answerBytes: 128 * 1024 * 1024 };

export type StateTransport = {
  readonly user: Extract<StatePlace, { backend: 'http' }>['user'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly proxy: ProxyServer | null;
  /** PEM certificates to be trusted beside Node's roots. */
  readonly ca: readonly string[];
};

/** @throws EngineError SECRET_UNSET where the variable of the password is not set */
export const createStateSend = ({ user, env, proxy, ca }: StateTransport): StateSend => {
  const authorization = user === null ? null : basic(user.name, passwordOf(user.variable, env));
  const secureContext = secureContextOf(ca);
  const ways = new Map<string, { readonly route: Route; readonly agent: ReturnType<typeof createAgent> }>();
  const wayTo = (url: URL) => {
    const known = ways.get(url.origin);
    if (known) return known;
    const endpoint = endpointOf(url);
    const route: Route = { endpoint, proxy: usesProxy(proxy, endpoint) ? proxy : null, secureContext };
    const made = { route, agent: createAgent(route, LIMITS.connectMs) };
    ways.set(url.origin, made);
    return made;
  };
  return ({ method, address, query, headers, body }) => {
    const url = new URL(address);
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
    const { route, agent } = wayTo(url);
    return exchange(
      {
        method,
        path: url.pathname,
        query: url.search.slice(1),
        headers: {
          host: url.host,
          accept: 'application/json',
          'user-agent': 'phinfra',
          'content-length': String(Buffer.byteLength(body ?? '')),
          ...(authorization === null ? {} : { authorization }),
          ...headers,
        },
        body,
      },
      route,
      agent,
      LIMITS,
      undefined,
    );
  };
};

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`;

const passwordOf = (variable: string, env: StateTransport['env']): string => {
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
  if (value) return value;
  throw new EngineError(
    'SECRET_UNSET',
    `The environment variable "${variable}" of state.password is not set.`,
    `Set ${variable} where phinfra runs.`,
  );
};

const endpointOf = (url: URL): Endpoint => {
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return {
    protocol,
    hostname,
    port: url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port),
    host: url.host,
    origin: url.origin,
    deployment: url.host,
    isLoopback: isLoopbackHost(hostname),
  };
};
