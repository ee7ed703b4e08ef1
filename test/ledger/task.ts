/** What a process of `spender.ts` is told, and what it tells. */
import type { Quota } from '../../engine/core/workspace.ts';
import type { LedgerStore } from '../../engine/shell/ledger.ts';
import { fileLedger } from '../../engine/shell/ledger-file.ts';

export type SpenderTask = {
  readonly name: string;
  /** A folder. */
  readonly store: string;
  readonly tenant: string;
  readonly quotas: readonly Quota[];
  readonly guardMs: number;
  readonly calls: number;
  /** Calls set aside before the first one. */
  readonly reserved: number;
  /** Stands still after so many calls, until it is killed. */
  readonly haltAfter: number | null;
  readonly service: { readonly endpoint: string; readonly accessKeyId: string; readonly accessKeySecret: string };
};
export type SpenderReport = {
  /** Places in the ledger of the calls that left, in milliseconds since the epoch. */
  readonly places: readonly number[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
};

export const storeOf = ({ store, tenant }: Pick<SpenderTask, 'store' | 'tenant'>): LedgerStore =>
  fileLedger({ folder: store, deployment: 'loopback:1', tenant });
