/** The place of an environment's record, as the workspace names it. */
import { EngineError } from '../core/diagnostic.ts';
import type { Clock } from '../core/ports.ts';
import type { StatePlace, WorkspaceConfig } from '../core/workspace.ts';
import { systemClock } from './clock.ts';
import { findCredentials } from './credentials.ts';
import { allowedEndpoints, resolveEndpoint } from './endpoint.ts';
import type { ProcessFacts } from './holder.ts';
import type { StateSend } from './http-state.ts';
import { createHttpStore } from './http-store.ts';
import { createLocalStore } from './local-store.ts';
import { sentence } from './message.ts';
import { certificatesOf, proxyOf } from './network.ts';
import { recordFolder } from './offline.ts';
import { createOssStore } from './oss-store.ts';
import type { AccessKey } from './sign.ts';
import { createStateSend } from './state-transport.ts';
import type { Store } from './store.ts';
import type { Invocation } from './workspace.ts';

export type StorePorts = {
  readonly clock?: Clock;
  /** Of the processes here; the system's unless told. */
  readonly facts?: ProcessFacts;
  /** In place of the network to a backend: tests in one process. */
  readonly stateSend?: StateSend;
};

/**
 * @throws EngineError SECRET_UNSET where the backend's password is not set, ENDPOINT_WRONG where a bucket's endpoint is not allowed,
 *                     OPTION_WRONG of a proxy or a CA file
 */
export const storeOf = (invocation: Invocation, config: WorkspaceConfig, ports: StorePorts = {}): Store => {
  const place = config.environment.state;
  const clock = ports.clock ?? systemClock;
  switch (place.backend) {
    case 'local':
      return createLocalStore(recordFolder(invocation, config), ports.facts);
    case 'http': {
      const send = ports.stateSend ?? networkSend(invocation, config, place.user);
      return createHttpStore({ ...place, send, clock }, ports.facts);
    }
    case 'oss': {
      checkAllowed(invocation, place.endpoint);
      const send = ports.stateSend ?? networkSend(invocation, config, null);
      return createOssStore({ ...place, key: () => keyOf(invocation), send, clock }, ports.facts);
    }
    default:
      return place satisfies never;
  }
};

const networkSend = (
  invocation: Invocation,
  { environment }: WorkspaceConfig,
  user: Extract<StatePlace, { backend: 'http' }>['user'],
) =>
  createStateSend({
    user,
    env: invocation.env,
    proxy: proxyOf(invocation),
    ca: certificatesOf(invocation, environment.connection),
  });

/** What is signed with the cloud's key goes where calls of Dataphin may go as well, and nowhere else. */
const checkAllowed = ({ env }: Invocation, endpoint: string): void => {
  const found = resolveEndpoint({ region: null, endpoint, allowed: allowedEndpoints(env['PHINFRA_ALLOW_ENDPOINT']) });
  if (!found.ok) throw new EngineError(found.code, `state.endpoint: ${sentence(found.message)}`, sentence(found.hint));
};

/** The key of Dataphin's calls, whose sources and rules are the same. @throws EngineError CREDENTIALS_… */
const keyOf = ({ env, home }: Invocation): AccessKey => {
  const found = findCredentials(env, home);
  if (!found.ok) throw new EngineError(found.code, sentence(found.message), sentence(found.hint));
  return found;
};
