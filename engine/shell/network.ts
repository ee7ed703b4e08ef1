/** What of the environment and the workspace says how the network is reached: a proxy, further certificates. */
import { readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import type { ConnectionConfig } from '../core/workspace.ts';
import { readCa } from './connect.ts';
import { sentence } from './message.ts';
import { type ProxyServer, readProxy } from './proxy.ts';
import type { Invocation } from './workspace.ts';

/** HTTPS_PROXY and NO_PROXY. @throws EngineError OPTION_WRONG */
export const proxyOf = ({ env }: Pick<Invocation, 'env'>): ProxyServer | null => {
  const proxy = readProxy(env['HTTPS_PROXY'] ?? env['https_proxy'], env['NO_PROXY'] ?? env['no_proxy']);
  if (!proxy.ok) throw new EngineError(proxy.code, sentence(proxy.message), sentence(proxy.hint));
  return proxy.proxy;
};

/** Certificates beside Node's own. With a list of ours Node leaves NODE_EXTRA_CA_CERTS out, so it is read here. */
export const certificatesOf = ({ folder, env }: Invocation, { caFile }: ConnectionConfig): readonly string[] => {
  if (caFile === null) return [];
  const extra = env['NODE_EXTRA_CA_CERTS'];
  return [
    ...readCaFile('connection.caFile', join(resolvePath(folder), caFile), 'Give a path relative to the workspace.'),
    ...(extra ? readCaFile('NODE_EXTRA_CA_CERTS', extra, 'Mend the variable, or unset it.') : []),
  ];
};

const readCaFile = (name: string, path: string, hint: string): readonly string[] => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new EngineError('OPTION_WRONG', `The file of ${name} cannot be read: ${path}.`, hint);
  }
  const found = readCa(text);
  if (!found.ok) throw new EngineError(found.code, sentence(found.message), sentence(found.hint));
  return found.certificates;
};
