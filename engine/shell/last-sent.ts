/**
 * When the last call of each quota left, kept from one command to the next: a plan and the apply that follows it share the
 * second that the service counts (DESIGN 7). Runs side by side are for the ledger to keep apart.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import { quotaName } from '../core/quota.ts';
import type { Quota } from '../core/workspace.ts';
import { writeDurably } from './durable.ts';

export type LastSent = {
  /** Per quota, on the monotonic clock of this process; minus infinity where nothing is known. */
  readonly read: () => Promise<readonly number[]>;
  readonly write: (lastMs: readonly number[]) => Promise<void>;
};

/** A moment further back than this cannot share a window with a call of now. */
const LONG_AGO_MS = 10_000;

/** @param options.folder `$XDG_STATE_HOME/phinfra` */
export const openLastSent = (options: {
  readonly folder: string;
  readonly deployment: string;
  readonly tenant: string;
  readonly quotas: readonly Quota[];
  readonly clock: Clock;
}): LastSent => {
  const { folder, deployment, tenant, quotas, clock } = options;
  const place = createHash('sha256').update(`${deployment}\n${tenant}`, 'utf8').digest('hex').slice(0, 16);
  const path = join(folder, `sent-${place}.json`);
  /** Both directions go over the wall clock, which a file can keep; one set back counts as now. */
  const toMonotonic = (wallMs: number): number => clock.nowMs() - Math.max(0, clock.wallMs() - wallMs);
  return {
    read: async () => {
      const known = await readKnown(path);
      return quotas.map((quota) => {
        const wallMs = known[quotaName(quota)];
        return typeof wallMs === 'number' && clock.wallMs() - wallMs < LONG_AGO_MS
          ? toMonotonic(wallMs)
          : Number.NEGATIVE_INFINITY;
      });
    },
    write: async (lastMs) => {
      const sent = quotas.flatMap((quota, index) => {
        const at = lastMs[index] ?? Number.NEGATIVE_INFINITY;
        return Number.isFinite(at) ? [[quotaName(quota), Math.ceil(clock.wallMs() - (clock.nowMs() - at))] as const] : [];
      });
      if (sent.length === 0) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(path, JSON.stringify({ ...(await readKnown(path)), ...Object.fromEntries(sent) }));
    },
  };
};

/** What the file says; nothing where there is none or where it is not ours to understand: the pace then starts afresh. */
const readKnown = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
};
