/** `state unlock`: who holds the lock, and its release where nobody on this machine is at work (DESIGN 6). */
import { CODES, type Diagnostic } from '../core/diagnostic.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { lockedMessage } from './holder.ts';
import { diagnosticOf, exitOf, exitOfErrors, SHAPES } from './offline.ts';
import { type StorePorts, storeOf } from './open-store.ts';
import { readRecord } from './state.ts';
import type { Fence, FoundLock } from './store.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type { Holder } from './holder.ts';
export type { FoundLock } from './store.ts';
export type UnlockOptions = {
  /** Says who holds the lock, and releases nothing. */
  readonly dryRun?: boolean;
  /** The lock that was looked at: needed for a holder whose end cannot be seen from here. */
  readonly fence?: Fence;
};
export type UnlockResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** The record's tenant, else the configured one. */
  readonly tenant: string | null;
  /** As it was found; null: nothing was looked at. */
  readonly lock: FoundLock | null;
  readonly isReleased: boolean;
};

/**
 * Releases a lock by rule:
 *
 *     free                        nothing to do
 *     dead (this machine)         released
 *     elsewhere, unreadable       released where `fence` is the lock's, else LOCKED
 *     running (this machine)      LOCKED, whatever is given
 *
 * It takes no lock itself; of two that release at once one does it.
 *
 * @returns diagnostics LOCKED and what the workspace or the disk may say; exit 0 where there is none
 */
export const unlock = async (
  invocation: Invocation,
  options: UnlockOptions = {},
  ports: StorePorts = {},
): Promise<UnlockResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const none = { config, tenant: null, lock: null, isReleased: false };
  if (config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOfErrors(diagnostics), diagnostics };
  try {
    const store = storeOf(invocation, config, ports);
    const { state } = await readRecord(store);
    const lock = await store.findLock();
    const found = { config, tenant: state?.tenant ?? config.environment.tenant, lock, isReleased: false };
    const problem = options.dryRun ? null : hindrance(lock, options.fence);
    if (problem) return { ...found, exit: CODES[problem.code], diagnostics: [problem] };
    if (options.dryRun || lock.status === 'free') return { ...found, exit: 0, diagnostics: [] };
    await store.releaseFound(lock.fence);
    return { ...found, exit: 0, diagnostics: [], isReleased: true };
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [told] };
  }
};

const hindrance = (lock: FoundLock, fence: Fence | undefined): Diagnostic | null => {
  const { status, holder } = lock;
  const locked = (message: string, hint: string): Diagnostic => ({ code: 'LOCKED', severity: 'error', message, hint });
  if (status === 'free') return null;
  if (fence !== undefined && fence !== lock.fence)
    return locked(`The lock is ${lock.fence} now, not ${fence}.`, 'Look again: phinfra state unlock --dry-run.');
  switch (status) {
    case 'dead':
      return null;
    case 'running':
      return locked(lockedMessage(holder), 'It runs on this machine: wait until it has ended, or end it.');
    case 'elsewhere':
    case 'unreadable':
      return fence === lock.fence
        ? null
        : locked(
            lockedMessage(holder),
            lock.fence === 0
              ? 'The server does not tell which lock it is: release it there.'
              : `Whether it still runs cannot be seen from here. Where it has ended: phinfra state unlock --fence ${lock.fence}.`,
          );
    default:
      return status satisfies never;
  }
};
