/** The place of an environment's record, as the workspace names it. */
import type { WorkspaceConfig } from '../core/workspace.ts';
import type { ProcessFacts } from './holder.ts';
import { createLocalStore } from './local-store.ts';
import { recordFolder } from './offline.ts';
import type { Store } from './store.ts';
import type { Invocation } from './workspace.ts';

/** @param facts of the processes here; the system's unless told */
export const storeOf = (invocation: Invocation, config: WorkspaceConfig, facts?: ProcessFacts): Store =>
  createLocalStore(recordFolder(invocation, config), facts);
