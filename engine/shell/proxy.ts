/** HTTPS_PROXY and NO_PROXY, given as text, and whether a host goes through the proxy. */
import type { Endpoint } from './endpoint.ts';

export type ProxyServer = {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** `proxy-authorization`, for the proxy alone; null where the address names nobody. */
  readonly authorization: string | null;
  /** Lower-case names or `name:port`; a leading dot or `*.` means the same as none; `*` alone is everything. */
  readonly except: readonly string[];
};

export type ProxyResult =
  | { readonly ok: true; readonly proxy: ProxyServer | null }
  | { readonly ok: false; readonly code: 'OPTION_WRONG'; readonly message: string; readonly hint: string };

/**
 * @param httpsProxy such as `http://user:password@proxy.example.com:3128`; empty means none. A refused text is not repeated:
 *                   it may hold a password
 */
export const readProxy = (httpsProxy: string | undefined, noProxy: string | undefined): ProxyResult => {
  const text = (httpsProxy ?? '').trim();
  if (text === '') return { ok: true, proxy: null };
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
    return {
      ok: false,
      code: 'OPTION_WRONG',
      message: 'HTTPS_PROXY is not the address of a proxy',
      hint: 'write http://host:port',
    };
  const user = decodeText(url.username);
  const password = decodeText(url.password);
  if (user === null || password === null)
    return { ok: false, code: 'OPTION_WRONG', message: 'HTTPS_PROXY holds a broken % escape', hint: 'write % as %25' };
  return {
    ok: true,
    proxy: {
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      authorization: url.username === '' ? null : `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`,
      except: (noProxy ?? '')
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((entry) => entry !== ''),
    },
  };
};

const decodeText = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** Loopback never goes through a proxy; NO_PROXY names hosts and all that is below them. */
export const usesProxy = (proxy: ProxyServer | null, endpoint: Endpoint): proxy is ProxyServer =>
  proxy !== null && !endpoint.isLoopback && !proxy.except.some((entry) => isExcepted(entry, endpoint));

const isExcepted = (entry: string, endpoint: Endpoint): boolean => {
  if (entry === '*') return true;
  const [, pattern = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && Number(port) !== endpoint.port) return false;
  const name = pattern.replace(/^\*?\./, '');
  return name !== '' && (endpoint.hostname === name || endpoint.hostname.endsWith(`.${name}`));
};
