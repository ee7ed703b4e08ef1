/** The place of an environment's record, as the workspace names it. */
import type { Clock } from '../core/ports.ts';
import type { StatePlace, WorkspaceConfig } from '../core/workspace.ts';
import { systemClock } from './clock.ts';
import type { ProcessFacts } from './holder.ts';
import type { StateSend } from './http-state.ts';
import { createHttpStore } from './http-store.ts';
import { createLocalStore } from './local-store.ts';
import { certificatesOf, proxyOf } from './network.ts';
import { recordFolder } from './offline.ts';
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

/** @throws EngineError SECRET_UNSET where the backend's password is not set, OPTION_WRONG of a proxy or a CA file */
export const storeOf = (invocation: Invocation, config: WorkspaceConfig, ports: StorePorts = {}): Store => {
  const place = config.environment.state;
  if (place.backend === 'local') return createLocalStore(recordFolder(invocation, config), ports.facts);
  const send = ports.stateSend ?? networkSend(invocation, config, place);
  return createHttpStore({ ...place, send, clock: ports.clock ?? systemClock }, ports.facts);
};

const networkSend = (
  invocation: Invocation,
  { environment }: WorkspaceConfig,
  { user }: Extract<StatePlace, { backend: 'http' }>,
) =>
  createStateSend({
    user,
    env: invocation.env,
    proxy: proxyOf(invocation),
    ca: certificatesOf(invocation, environment.connection),
  });
