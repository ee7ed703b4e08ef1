/** A whole tenant in one process: files in a folder of memory, the emulator's service, a virtual clock, the engine's doors. */
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createService, type Service, type ServiceOptions } from '../../emulator/index.ts';
import {
  type AdoptOptions,
  type AdoptResult,
  type Answers,
  type ApplyEvent,
  type ApplyResult,
  adopt,
  apply,
  type BudgetResult,
  begunPlan,
  budget,
  type DriftOptions,
  type DriftResult,
  drift,
  type InverseResult,
  inverse,
  type JsonObject,
  type Plan,
  type PlanOptions,
  type PlanPorts,
  type PlanResult,
  type PullResult,
  type PushOptions,
  type PushResult,
  plan,
  pull,
  push,
  type RebuildOptions,
  type RunLimits,
  rebuild,
  type SimulateOptions,
  type SimulateResult,
  type SnapshotOptions,
  type SnapshotResult,
  simulateBudget,
  takeSnapshot,
} from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import type { StateSend } from '../../engine/shell/http-state.ts';
import { type LedgerStore, memoryStore } from '../../engine/shell/ledger.ts';
import { createRandom } from '../laws/random.ts';
import { createVirtualClock, type VirtualClock } from './apply-clock.ts';
import { inProcessClient, lateClient } from './in-process.ts';

export type Files = Readonly<Record<string, string>>;

export type Sim = {
  readonly folder: string;
  readonly service: Service;
  readonly clock: VirtualClock;
  /** Puts the workspace's files in place of all earlier ones. */
  readonly write: (files: Files) => void;
  readonly plan: (
    options?: PlanOptions &
      Pick<PlanPorts, 'lockWaitMs' | 'isWaiting' | 'onPause'> & {
        readonly now?: string;
        readonly keyId?: string;
        /** The workspace is in this folder of the files. */
        readonly below?: string;
      },
  ) => Promise<PlanResult>;
  readonly begunPlan: () => Promise<PlanResult>;
  readonly snapshot: (options?: SnapshotOptions & { readonly now?: string }) => Promise<SnapshotResult>;
  readonly simulate: (options?: SimulateOptions) => Promise<SimulateResult>;
  readonly apply: (plan: Plan, options?: SimApplyOptions) => Promise<ApplyResult>;
  readonly inverse: (run: string) => Promise<InverseResult>;
  readonly adopt: (options: AdoptOptions) => Promise<AdoptResult>;
  readonly rebuild: (options?: RebuildOptions) => Promise<AdoptResult>;
  readonly pull: () => Promise<PullResult>;
  readonly push: (options: PushOptions) => Promise<PushResult>;
  readonly drift: (options?: DriftOptions) => Promise<DriftResult>;
  readonly budget: () => Promise<BudgetResult>;
  /** Calls that arrived since the last time this was asked, by operation. */
  readonly calls: () => Readonly<Record<string, number>>;
  /** Every call with its request and how it ended, from the start. */
  readonly sent: () => readonly Sent[];
  readonly end: () => void;
};
/** `atMs`: when it left, on the virtual clock. */
export type Sent = {
  readonly operation: string;
  readonly request: JsonObject;
  readonly outcome: string;
  readonly atMs: number;
};

export type SimApplyOptions = {
  readonly keyId?: string;
  readonly isSaved?: boolean;
  readonly limits?: RunLimits;
  readonly isWaiting?: boolean;
  readonly answers?: Answers;
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
  readonly memory?: NonNullable<PlanResult['memory']>;
  /** The process ends at its n-th write, or call of any sort: before the service has it, or after, with no outcome on disk either way. */
  readonly onCrash?: () => void;
  /** Told of each call before it leaves. */
  readonly onCall?: (operation: OperationName, request: JsonObject) => void | Promise<void>;
  readonly crash?: ({ readonly write: number } | { readonly call: number }) & { readonly when: 'before' | 'after' };
};

/** What ends a run that a test kills. */
export const CRASH = 'the run was killed by a test';

/** The derivation of a state's key is slow by design, and nothing here tests it. */
const quickFingerprints =
  (salt: string) =>
  (value: string): string =>
    createHmac('sha256', salt).update(value).digest('base64url');

/** A folder in memory where there is one: fsync costs nothing there, and nothing here tests a disk. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export const startSim = (
  options: Omit<ServiceOptions, 'clock'> & {
    readonly env?: Readonly<Record<string, string>>;
    readonly wallMs?: number;
    /** Calls are on their way for 100 ms and arrive up to 50 ms late, drawn from this seed; at once without it. */
    readonly lateSeed?: number;
    /** The backend of the record, where the workspace names one. */
    readonly stateSend?: StateSend;
    /** Where calls are counted; in memory unless told. */
    readonly ledger?: LedgerStore;
    /** Another machine, of the same tenant at the same time. */
    readonly beside?: Sim;
  } = {},
): Sim => {
  const { env = {}, wallMs, lateSeed, stateSend, ledger = memoryStore(), beside, ...rest } = options;
  const late = createRandom(lateSeed ?? 0);
  const clock = beside?.clock ?? createVirtualClock(wallMs);
  const service = beside?.service ?? createService({ seed: 1, ...rest, clock: { nowMs: clock.wallMs } });
  const folder = mkdtempSync(join(MEMORY, 'phinfra-sim-'));
  const workspace = join(folder, 'workspace');
  const invocation = {
    folder: workspace,
    variables: {},
    get env() {
      return { ...env, XDG_STATE_HOME: join(folder, 'state') };
    },
    home: folder,
    endpoint: 'http://127.0.0.1:1',
  };
  let written: readonly string[] = [];
  let seen = 0;
  const sent: Sent[] = [];
  const ports = (keyId?: string) => {
    const direct = inProcessClient(service, keyId ? { keyId } : {});
    const client = lateSeed === undefined ? direct : lateClient(direct, clock, late.below);
    return {
      client: {
        ...client,
        call: async (operation: OperationName, request: JsonObject) => {
          const atMs = clock.nowMs();
          const result = await client.call(operation, request);
          sent.push({
            operation,
            request,
            atMs,
            outcome: 'code' in result ? `${result.outcome} ${result.code}` : result.outcome,
          });
          return result;
        },
      },
      clock,
      ledger,
      random: () => 0.5,
      fingerprints: quickFingerprints,
      ...(stateSend ? { stateSend } : {}),
    };
  };
  return {
    folder: workspace,
    service,
    clock,
    write: (files) => {
      for (const path of written) rmSync(join(workspace, path), { force: true });
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(workspace, path)), { recursive: true });
        writeFileSync(join(workspace, path), text);
      }
      written = Object.keys(files);
    },
    plan: ({ now, keyId, below = '.', lockWaitMs, isWaiting, onPause, ...more } = {}) =>
      plan({ ...invocation, folder: join(workspace, below), ...(now ? { now } : {}) }, more, {
        ...ports(keyId),
        ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
        ...(isWaiting ? { isWaiting } : {}),
        ...(onPause ? { onPause } : {}),
      }),
    begunPlan: () => begunPlan(invocation),
    snapshot: ({ now, ...more } = {}) => takeSnapshot({ ...invocation, ...(now ? { now } : {}) }, more, ports()),
    apply: (
      saved,
      { keyId, isSaved, crash, onCrash, onCall, limits, isWaiting, answers, lockWaitMs, signal, onEvent, memory } = {},
    ) => {
      const { client, ...others } = ports(keyId);
      let counted = 0;
      const most = crash && ('write' in crash ? crash.write : crash.call);
      const call: typeof client.call = async (operation, request) => {
        const isCounted = crash && ('call' in crash || operationFacts(operation).kind === 'write');
        // A dead process sends nothing more, whatever of it still runs here.
        if (most !== undefined && counted >= most) throw new Error(CRASH);
        await onCall?.(operation, request);
        const isLast = isCounted && most !== undefined && ++counted >= most;
        if (isLast && crash.when === 'before') {
          onCrash?.();
          throw new Error(CRASH);
        }
        const result = await client.call(operation, request);
        if (isLast) {
          onCrash?.();
          throw new Error(CRASH);
        }
        return result;
      };
      return apply(invocation, saved, {
        ...others,
        client: { ...client, call },
        ...(isSaved ? { isSaved } : {}),
        ...(limits ? { limits } : {}),
        ...(isWaiting ? { isWaiting } : {}),
        ...(answers ? { answers } : {}),
        ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
        ...(signal ? { signal } : {}),
        ...(onEvent ? { onEvent } : {}),
        ...(memory ? { memory } : {}),
      });
    },
    simulate: (options = {}) => simulateBudget(invocation, options, { clock }),
    inverse: (run) => inverse(invocation, run, ports()),
    adopt: (options) => adopt(invocation, options, ports()),
    rebuild: (options = {}) => rebuild(invocation, options, ports()),
    pull: () => pull(invocation, ports()),
    push: (options) => push(invocation, options, ports()),
    drift: (options = {}) => drift(invocation, options, ports()),
    budget: () => budget(invocation, ports()),
    calls: () => {
      const all = service.calls();
      const counts: Record<string, number> = {};
      for (const one of all.slice(seen)) counts[one.action] = (counts[one.action] ?? 0) + 1;
      seen = all.length;
      return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    sent: () => sent,
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
};
