/** What a process of `spender.ts` is told, and what it tells. */
import type { Quota } from '../../engine/core/workspace.ts';
import { systemClock } from '../../engine/shell/clock.ts';
import type { LedgerStore } from '../../engine/shell/ledger.ts';
import { fileLedger } from '../../engine/shell/ledger-file.ts';
import { redisLedger } from '../../engine/shell/ledger-redis.ts';

export type SpenderTask = {
  readonly name: string;
  /** A folder, or the port of a Redis on this machine. */
  readonly store: string | number;
  /** What cannot be counted is not sent, as in an apply whose ledger is shared. */
  readonly isRequired: boolean;
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
  /** The code that ended it before its last call. */
  readonly stopped: string | null;
};

export const storeOf = ({ store, tenant }: Pick<SpenderTask, 'store' | 'tenant'>): LedgerStore =>
  typeof store === 'string'
    ? fileLedger({ folder: store, deployment: 'loopback:1', tenant })
    : redisOn({ port: store }, { tenant });

/** The ledger of a Redis of a test. */
export const redisOn = (
  { port }: { readonly port: number },
  more: Partial<Parameters<typeof redisLedger>[0]> = {},
): LedgerStore =>
  redisLedger({
    address: `redis://127.0.0.1:${port}/0`,
    host: '127.0.0.1',
    port,
    database: 0,
    isSecure: false,
    username: null,
    password: null,
    ca: [],
    deployment: 'loopback:1',
    tenant: '300001413',
    clock: systemClock,
    ...more,
  });
