/** Which host a workspace speaks to, and whether it may (DESIGN 2; BEHAVIOUR 1.1). */
import { isIP } from 'node:net';
import { printable } from './message.ts';

export type Endpoint = {
  readonly protocol: 'https:' | 'http:';
  /** Without brackets and port. */
  readonly hostname: string;
  readonly port: number;
  /** As in the `host` header: with brackets and with a port that is not the protocol's own. */
  readonly host: string;
  /** As text: `https://host`. */
  readonly origin: string;
  /** What the record and the ledger know the service by: the region, the host, or `loopback` (DESIGN 6). */
  readonly deployment: string;
  readonly isLoopback: boolean;
};

export type EndpointResult =
  | { readonly ok: true; readonly endpoint: Endpoint }
  | { readonly ok: false; readonly code: 'ENDPOINT_WRONG'; readonly message: string; readonly hint: string };

const wrong = (message: string, hint: string): EndpointResult => ({ ok: false, code: 'ENDPOINT_WRONG', message, hint });

const REGION = /^[a-z]{2,8}(-[a-z0-9]{1,20}){1,4}$/;
const SERVICE_DOMAIN = '.aliyuncs.com';
const REGIONAL_HOST = /^dataphin-public(-[a-z0-9-]+)?\.([a-z0-9-]+)\.aliyuncs\.com$/;
const FORM = 'write connection: { region: cn-shanghai }, or endpoint: https://host[:port] without a path';

/**
 * The endpoint of a region, or the explicit one, which always wins.
 *
 * @param connection.allowed hosts (`host` or `host:port`) that PHINFRA_ALLOW_ENDPOINT names: only these may be neither under
 *                           aliyuncs.com nor loopback, so that a changed file cannot send signed requests elsewhere
 */
export const resolveEndpoint = (connection: {
  readonly region: string | null;
  readonly endpoint: string | null;
  readonly allowed: readonly string[];
}): EndpointResult => {
  if (connection.endpoint !== null) return explicitEndpoint(connection.endpoint, connection.allowed);
  if (connection.region === null) return wrong('the connection has neither a region nor an endpoint', FORM);
  if (!REGION.test(connection.region)) return wrong(`"${printable(connection.region, 60)}" is not the name of a region`, FORM);
  return explicitEndpoint(`https://dataphin-public.${connection.region}${SERVICE_DOMAIN}`, connection.allowed);
};

/** The list of PHINFRA_ALLOW_ENDPOINT: hosts between commas or spaces. */
export const allowedEndpoints = (text: string | undefined): string[] =>
  (text ?? '').split(/[\s,]+/).filter((host) => host !== '');

const explicitEndpoint = (text: string, allowed: readonly string[]): EndpointResult => {
  const url = parseOrigin(text);
  if (url === null) return wrong('the endpoint is not a host or an address of the form https://host[:port]', FORM);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const isLoopback = isLoopbackHost(hostname);
  if (url.protocol === 'http:' && !isLoopback)
    return wrong(`the endpoint ${url.host} is plain http, which is for loopback only`, 'use https');
  const isService = hostname.endsWith(SERVICE_DOMAIN);
  if (!isService && !isLoopback && !isAllowed(url, hostname, allowed))
    return wrong(
      `the endpoint ${url.host} is neither under aliyuncs.com nor on loopback`,
      `if it is your deployment, set PHINFRA_ALLOW_ENDPOINT=${url.host} where phinfra runs`,
    );
  const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port);
  const deployment = isLoopback ? 'loopback' : (REGIONAL_HOST.exec(hostname)?.[2] ?? url.host);
  return {
    ok: true,
    endpoint: { protocol, hostname, port, host: url.host, origin: `${protocol}//${url.host}`, deployment, isLoopback },
  };
};

/** A bare host means https. Anything beyond protocol, host and port is refused: it would be signed or sent elsewhere. */
const parseOrigin = (text: string): URL | null => {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (/[\s\\]/.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  const isPlain = url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isPlain && isHttp && !/[@?#]/.test(address) ? url : null;
};

/** `URL` has already written every spelling of an IPv4 address (`127.1`, `0x7f000001`) as four decimal numbers. */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '::1' || (isIP(hostname) === 4 && hostname.startsWith('127.'));

const isAllowed = (url: URL, hostname: string, allowed: readonly string[]): boolean =>
  allowed.some((entry) => {
    const named = parseOrigin(entry);
    return (
      named !== null && (named.host === url.host || (named.port === '' && named.hostname.replace(/^\[|\]$/g, '') === hostname))
    );
  });
