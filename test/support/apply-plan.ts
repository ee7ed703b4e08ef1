/** Small plans by hand, a client that answers from a script, and a folder that goes away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ApplyEvent, ApplyResult } from '../../engine/core/apply.ts';
import { billOf, NO_CALLS } from '../../engine/core/bill.ts';
import type { Change, Plan, RecordedResource, Step, ToRecord } from '../../engine/core/model.ts';
import type { CallResult, Client, JsonObject } from '../../engine/core/ports.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type ExecuteOptions, execute } from '../../engine/shell/execute.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { openRecord, type RecordStore, readRecord } from '../../engine/shell/state.ts';
import { createVirtualClock, type VirtualClock } from './apply-clock.ts';

export const IDENTITY = { environment: 'prod', tenant: '300001413', deployment: 'cn-shanghai' };

/** A folder for one test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const toRecord = (more: Partial<ToRecord> = {}): ToRecord => ({
  ids: {},
  origin: 'created',
  fields: {},
  lists: [],
  fingerprints: {},
  sent: {},
  assumed: [],
  prevent: [],
  onRemove: null,
  causes: {},
  ...more,
});

export const recorded = (more: Partial<RecordedResource> = {}): RecordedResource => {
  const { sent: _sent, ...resource } = toRecord();
  return { ...resource, ...more };
};

/** `step('userGroups/a#create', 'CreateUserGroup', { … })`: serves the address before `#`. */
export const step = (id: string, operation: OperationName, more: Partial<Step> = {}): Step => ({
  id,
  operation,
  level: operationFacts(operation).level,
  phase: 'update',
  request: { Step: id },
  serves: [id.slice(0, id.lastIndexOf('#'))],
  after: [],
  gives: null,
  covers: [''],
  ...more,
});

export const change = (
  address: string,
  action: Change['action'],
  steps: readonly string[],
  more: Partial<Change> = {},
): Change => ({
  address,
  kind: address.split('/')[0] ?? '',
  key: address.split('/').slice(1),
  action,
  reason: 'changed',
  ids: null,
  before: null,
  after: null,
  patch: [],
  fields: [],
  cause: null,
  preimage: null,
  source: null,
  steps,
  manual: [],
  ...more,
});

/** A plan of these steps; addresses without a change get an update of a live resource. */
export const planOf = (steps: readonly Step[], changes: readonly Change[] = [], more: Partial<Plan> = {}): Plan => {
  const given = new Set(changes.map(({ address }) => address));
  const served = [...new Set(steps.flatMap((some) => some.serves))].filter((address) => !given.has(address));
  const all = [
    ...changes,
    ...served.map((address) =>
      change(
        address,
        'update',
        steps.filter((some) => some.serves.includes(address)).map((some) => some.id),
        {
          ids: { id: `id of ${address}` },
          record: toRecord({ ids: { id: `id of ${address}` }, fields: { '/description': 'd1' } }),
        },
      ),
    ),
  ];
  const count = (action: Change['action']): number => all.filter((some) => some.action === action).length;
  return {
    format: 'phinfra.plan/1',
    workspace: 'test',
    ...IDENTITY,
    endpoint: 'http://127.0.0.1:1',
    region: 'cn-shanghai',
    edition: 'basic',
    caller: null,
    key: '7Q2a',
    day: '2026-11-24',
    timezone: 'Asia/Shanghai',
    madeAt: '2026-11-24T02:00:00.000Z',
    record: null,
    destroy: false,
    changes: all,
    steps,
    summary: {
      create: count('create'),
      update: count('update'),
      replace: count('replace'),
      delete: count('delete'),
      adopt: count('adopt'),
      forget: count('forget'),
      manual: count('manual'),
      none: count('none'),
      unchanged: 0,
      unmanaged: 0,
    },
    coverage: [],
    looked: [],
    parts: [],
    notCompared: [],
    trusted: 0,
    unmanaged: [],
    bill: billOf(steps, quotasOf('basic', null), NO_CALLS, NO_CALLS, [], { level1: 0, level2: 0, level3: 0 }),
    access: null,
    guards: [],
    needs: [],
    people: {},
    warnings: [],
    changesDigest: '4f1c9a',
    planDigest: '0',
    ...more,
  };
};

export type SentCall = { readonly operation: OperationName; readonly request: JsonObject; readonly atMs: number };
export type Script = (call: SentCall & { readonly nth: number; readonly of: string }) => CallResult | Promise<CallResult>;

export const DONE: CallResult = { outcome: 'done', answer: {}, requestId: 'R' };
export const done = (answer: JsonObject): CallResult => ({ outcome: 'done', answer, requestId: 'R' });
export const rejected = (code: string): CallResult => ({
  outcome: 'rejected',
  code,
  message: `no: ${code}`,
  status: 400,
  requestId: 'R',
});
export const unknown = (code: string, status: number | null = 400): CallResult => ({
  outcome: 'unknown',
  code,
  message: `hm: ${code}`,
  status,
  requestId: 'R',
});
export const throttled = (retryAfterMs: number | null): CallResult => ({
  outcome: 'throttled',
  code: 'Throttling.User',
  message: 'slowly',
  retryAfterMs,
  requestId: 'R',
});
export const notSent = (code = 'ECONNREFUSED'): CallResult => ({ outcome: 'not-sent', code, message: 'refused' });

/** A client that takes `latencyMs` for each call and answers as the script says; `of` is the step's id, `nth` counts its calls from 1. */
export const scripted = (clock: VirtualClock, script: Script, latencyMs = 30) => {
  const calls: SentCall[] = [];
  const counts = new Map<string, number>();
  let underWay = 0;
  let most = 0;
  const client: Client = {
    call: async (operation, request) => {
      const sent = { operation, request, atMs: clock.nowMs() };
      calls.push(sent);
      most = Math.max(most, ++underWay);
      const of = typeof request.Step === 'string' ? request.Step : operation;
      const nth = (counts.get(of) ?? 0) + 1;
      counts.set(of, nth);
      const result = await script({ ...sent, nth, of });
      await clock.sleep(latencyMs);
      underWay--;
      return result;
    },
    close: () => undefined,
  };
  return { client, calls, most: () => most, order: () => calls.map(({ request, operation }) => request.Step ?? operation) };
};

export type World = {
  readonly folder: string;
  readonly clock: VirtualClock;
  readonly calls: readonly SentCall[];
  readonly order: () => readonly unknown[];
  readonly most: () => number;
  readonly events: readonly ApplyEvent[];
  readonly result: ApplyResult;
  readonly state: Awaited<ReturnType<typeof readRecord>>;
};

export type ApplyMore = Partial<Omit<ExecuteOptions, 'record'>> & {
  readonly folder?: string;
  readonly latencyMs?: number;
  readonly wrap?: (record: RecordStore) => RecordStore;
  readonly withClock?: (clock: VirtualClock) => Partial<ExecuteOptions>;
};

/** Applies a plan against the script in a folder of its own and tells all that came of it. */
export const applied = async (plan: Plan, script: Script, more: ApplyMore = {}): Promise<World> => {
  const { folder = temporaryFolder(), latencyMs, wrap = (record: RecordStore) => record, withClock, ...options } = more;
  const clock = createVirtualClock();
  const { client, calls, order, most } = scripted(clock, script, latencyMs);
  const events: ApplyEvent[] = [];
  const record = wrap(await openRecord(createLocalStore(folder), IDENTITY));
  try {
    const result = await execute(plan, {
      client,
      clock,
      pacer: createPacer({ quotas: quotasOf('basic', null), share: 1, clock, random: () => 0.5 }),
      record,
      secrets: () => undefined,
      fingerprint: (value) => `fingerprint of ${value}`,
      isAuth: (code) => code === 'Forbidden.RAM',
      onEvent: (event) => events.push(event),
      run: 'run-1',
      ...options,
      ...withClock?.(clock),
    });
    return { folder, clock, calls, order, most, events, result, state: await readRecord(createLocalStore(folder)) };
  } finally {
    await record.close();
  }
};

/** The most calls that arrive within any half-open window of 1,000 ms. */
export const busiestSecond = (times: readonly number[]): number => {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; from < sorted.length; from++) {
    while (to < sorted.length && (sorted[to] ?? 0) < (sorted[from] ?? 0) + 1000) to++;
    most = Math.max(most, to - from);
  }
  return most;
};
