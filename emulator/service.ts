/** The emulated service: one world, changed only here; calls without codec or signature. */
import type { OperationFacts, OperationName } from '../engine/operations/index.ts';
import { checkEdition, checkTenant, lookUp, noMember } from './admission.ts';
import { type Answer, faultAnswer, okAnswer, refusalAnswer, throttledAnswer } from './answers.ts';
import { parseParameters, readArguments } from './arguments.ts';
import { createFaults, type Fault, type Faults, isReadFault, isTransportFault, parseFaults, type SetFault } from './faults.ts';
import type { Context } from './handlers/context.ts';
import type { Handler } from './handlers/index.ts';
import { isObject, type JsonObject } from './json.ts';
import { fillKeys, type KeyMaker } from './keys.ts';
import { createMeters, type Meters, QUOTA_EDITIONS } from './quota.ts';
import { spoil } from './read-faults.ts';
import { type CallRecord, createRecords, type Violation } from './records.ts';
import { isRefusal, type Refusal, refuseAtGateway } from './refusal.ts';
import { createStore, type Rows, rowsOf, type Store, splitWorld, type View } from './store.ts';
import { DEFAULT_SWITCHES, type Switches, type SwitchSettings, setSwitches } from './switches.ts';
import {
  type Draft,
  defaultWorld,
  type Edition,
  type IdSort,
  idFor,
  type Key,
  type Member,
  parseWorld,
  type World,
} from './world.ts';

/** Milliseconds since the epoch; tests pass a virtual one. */
export type EmulatorClock = { readonly nowMs: () => number };

export type ServiceOptions = {
  /** A value in the format of EMULATOR.md; without it the default world. */
  readonly world?: unknown;
  /** Of the default world, or instead of the given world's. */
  readonly edition?: Edition;
  readonly switches?: SwitchSettings;
  readonly clock?: EmulatorClock;
  /** Makes request ids and keys the same in every run; without it keys are random. */
  readonly seed?: number;
};

export type Call = {
  readonly action: string;
  /** In the names of the wire; objects and lists as values or as JSON text. `OpTenantId` may be left out in process. */
  readonly parameters: JsonObject;
  /** Without it the world's first key. */
  readonly keyId?: string;
  /** When the call arrived, on the world's clock before any advance; must not run backwards. */
  readonly atMs?: number;
};

export type Service = {
  /** Carries out one call. */
  readonly call: (call: Call) => Answer;
  /** Answers a call that the gateway refuses before it knows the caller, and records it. */
  readonly refuseCall: (
    call: { readonly action: string; readonly keyId: string; readonly atMs?: number },
    refusal: Refusal,
    breach?: Violation['kind'],
  ) => Answer;
  readonly world: () => World;
  /** @throws Error when it is not a world; the present one then stays */
  readonly setWorld: (world: unknown) => void;
  /** Changes the world from outside, as somebody in the console would; visible at once, also with `lagMs`. */
  readonly change: (edit: (world: Draft<World>) => void) => void;
  readonly keys: () => readonly Key[];
  readonly calls: () => readonly CallRecord[];
  readonly clearCalls: () => void;
  readonly violations: () => readonly Violation[];
  readonly clearViolations: () => void;
  readonly faults: {
    readonly add: (faults: readonly Fault[]) => void;
    readonly list: () => readonly SetFault[];
    readonly clear: () => void;
  };
  readonly switches: () => Switches;
  /** @throws Error for an unknown name or value */
  readonly setSwitches: (settings: { readonly [name: string]: unknown }) => void;
  /** The world's clock, in milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** The clock before any advance: what `atMs` of a call is measured by. */
  readonly hostMs: () => number;
  readonly advance: (ms: number) => void;
  /** Called after each change of the world. */
  readonly onChange: (listener: () => void) => void;
};

const HOST_CLOCK: EmulatorClock = { nowMs: () => performance.timeOrigin + performance.now() };
/** A grant names an account by its id alone: people, production accounts and groups share none (BEHAVIOUR 3.11). */
const isAccount = (view: View, id: string): boolean =>
  view.users.get(id) !== undefined || view.userGroups.get(id) !== undefined || view.projects.by('produceUser', id).length > 0;
/** Where an id may be taken: in a table, or as told; null: nothing refers to it. */
const TAKEN: { readonly [S in IdSort]: keyof Rows | ((view: View, id: string) => boolean) | null } = {
  user: isAccount,
  userGroup: isAccount,
  membership: null,
  computeSource: 'computeSources',
  project: 'projects',
  bizUnit: 'bizUnits',
  dataSource: (view, id) => view.dataSources.by('half', id).length > 0,
  resourceGrant: 'resourceGrants',
  grantLogEntry: 'resourceGrantLog',
  appGroup: 'appGroups',
  app: 'apps',
  appKey: (view, key) => view.apps.by('key', key).length > 0,
  appSecret: null,
  dataServiceProject: 'dataServiceProjects',
  dataServiceApi: null,
  rowPermission: 'rowPermissions',
  rowRule: null,
};
const STALE_MS = 2000;

type Late = { readonly dueMs: number; readonly run: () => void };

/**
 * An emulated Dataphin in memory.
 *
 * @throws Error when the world or a switch is not valid
 */
export const createService = (options: ServiceOptions = {}): Service => {
  const clock = options.clock ?? HOST_CLOCK;
  const records = createRecords(options.seed);
  const faults: Faults = createFaults();
  const listeners: (() => void)[] = [];
  const makeKey: KeyMaker = records.keyMaker;
  let switches = setSwitches(DEFAULT_SWITCHES, options.switches ?? {});
  let head: Omit<World, keyof Rows>;
  let store: Store;
  let meters: Meters;
  let nextId = 1n;
  let offsetMs = 0;
  let late: Late[] = [];

  const nowMs = (): number => clock.nowMs() + offsetMs;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const load = (value: unknown, before: readonly Key[]): void => {
    const world = fillKeys(parseWorld(value), before, makeKey);
    const { rows, rest } = splitWorld(world);
    head = rest;
    store = createStore(rows);
    meters = createMeters(world.quotas ?? QUOTA_EDITIONS[world.edition], world.usage);
    nextId = BigInt(world.nextId);
    late = [];
    if (world.now !== null) offsetMs = Date.parse(world.now) - clock.nowMs();
  };
  const world = (): World => ({
    ...head,
    ...rowsOf(store),
    nextId: String(nextId),
    now: offsetMs === 0 ? null : new Date(nowMs()).toISOString(),
    usage: meters.usage(),
  });
  const settleLate = (ms: number): void => {
    if (late.length === 0) return;
    const due = late.filter((one) => one.dueMs <= ms).sort((a, b) => a.dueMs - b.dueMs);
    if (due.length === 0) return;
    late = late.filter((one) => one.dueMs > ms);
    for (const one of due) one.run();
  };
  const given = options.world ?? defaultWorld(options.edition);
  load(options.edition && isObject(given) ? { ...given, edition: options.edition } : given, []);

  const contextFor = (caller: Member, ms: number, read: boolean, fault: Fault | null): Context => {
    const lateMs = fault?.do === 'stale' ? (fault.staleMs ?? STALE_MS) : switches.lagMs;
    return {
      view: read && lateMs > 0 ? store.asOf(ms - lateMs) : store.view,
      put: (collection, row) => store.put(collection, row, ms),
      remove: (collection, id) => store.remove(collection, id, ms),
      newId: (sort) => {
        const where = TAKEN[sort];
        const isTaken = (id: string): boolean =>
          typeof where === 'function' ? where(store.view, id) : where !== null && store.view[where].get(id) !== undefined;
        let id = idFor(sort, nextId++);
        // A world from outside may hold ids that its counter would come to.
        while (isTaken(id)) id = idFor(sort, nextId++);
        return id;
      },
      caller,
      nowMs: Math.floor(ms),
      switches,
      tenant: head.tenant,
      edition: head.edition,
      unreachable: head.unreachable,
      tables: head.tables,
      listFault: fault?.do === 'reorder' || fault?.do === 'hide' ? fault.do : null,
    };
  };

  const act = (
    action: OperationName,
    facts: OperationFacts,
    handler: Handler,
    parameters: JsonObject,
    caller: Member,
    ms: number,
    fault: Fault | null,
  ): JsonObject => {
    checkTenant(action, parameters, head.tenant);
    checkEdition(action, facts, head.edition, switches);
    const payload = handler(contextFor(caller, ms, facts.kind === 'read', fault), readArguments(action, parameters));
    return fault && isReadFault(fault.do) ? spoil(fault.do, payload, facts) : payload;
  };

  const serve = (call: Call): Answer => {
    const ms = (call.atMs ?? clock.nowMs()) + offsetMs;
    settleLate(ms);
    const key = call.keyId === undefined ? head.keys[0] : head.keys.find((one) => one.id === call.keyId);
    const record = records.open(ms, call.action, call.keyId ?? key?.id ?? '');
    const refused = (error: unknown): Answer => {
      if (!isRefusal(error)) throw error;
      record.outcome = 'refused';
      record.code = error.code;
      return refusalAnswer(error, record.requestId, switches);
    };
    let facts: OperationFacts;
    let handler: Handler;
    let caller: Member;
    try {
      ({ facts, handler } = lookUp(call.action, head.serverVersion));
      if (!key) refuseAtGateway('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
      if (key?.readOnly && facts.kind === 'write') {
        records.violate({
          kind: 'readOnlyWrite',
          quota: null,
          action: call.action,
          ms,
          requestId: record.requestId,
          count: null,
          limit: null,
        });
        refuseAtGateway(
          'Forbidden.RAM',
          'User not authorized to operate on the specified resource, or this API does not support RAM.',
          403,
        );
      }
      caller = store.view.members.get(key?.userId ?? '') ?? noMember();
    } catch (error) {
      return refused(error);
    }
    const action = call.action as OperationName;
    const parameters = parseParameters(action, call.parameters);
    record.level = facts.level;
    record.quotas = meters.namesOf(facts.level);

    const armed = faults.arrive(action, facts, parameters);
    const fault = armed?.fault ?? null;
    if (armed && fault?.do === 'refuse') {
      faults.meet(armed);
      record.outcome = 'fault';
      return { status: 0, body: {}, requestId: record.requestId, headers: {}, transport: { kind: 'refuse', status: null } };
    }
    const breach = meters.arrive(facts.level, ms, { refusedCount: switches.throttledCounts === 'yes' });
    if (breach) {
      record.outcome = 'throttled';
      record.code = 'Throttling.User';
      records.violate({ ...breach, action, ms, requestId: record.requestId });
      return throttledAnswer(breach, record.requestId);
    }
    const run = (at: number, seen: Fault | null): Answer => {
      const before = store.writes();
      try {
        const payload = act(action, facts, handler, parameters, caller, at, seen);
        record.committed = facts.kind === 'write';
        record.code = 'OK';
        return okAnswer(payload, record.requestId);
      } catch (error) {
        const answer = refused(error);
        record.committed = store.writes() > before;
        return answer;
      } finally {
        if (store.writes() > before) changed();
      }
    };
    if (!armed || !fault) return run(ms, null);
    faults.meet(armed);
    if (isReadFault(fault.do)) {
      const answer = run(ms, fault);
      record.outcome = record.outcome === 'ok' ? 'fault' : record.outcome;
      return answer;
    }
    const answer = faulty(fault, facts, ms, run, record);
    record.outcome = 'fault';
    return answer;
  };

  /** A fault on the way: the service acts before it shows, later, or not at all. */
  const faulty = (
    fault: Fault,
    facts: OperationFacts,
    ms: number,
    run: (at: number, seen: Fault | null) => Answer,
    record: CallRecord,
  ): Answer => {
    const lateMs = fault.commitAfterMs;
    const spoilsAnswer = ['truncate', 'malformed', 'drip', 'gzip', 'endless'].includes(fault.do);
    let real: Answer | null = null;
    if (lateMs !== undefined && facts.kind === 'write') {
      const dueMs = ms + lateMs;
      late.push({
        dueMs,
        run: () => {
          const { outcome, code } = record;
          run(dueMs, null);
          // The log keeps what the caller saw; only `committed` tells what became of it.
          record.outcome = outcome;
          record.code = code;
        },
      });
    } else if (fault.when === 'after' || spoilsAnswer) real = run(ms, null);
    const shown = isTransportFault(fault.do)
      ? {
          status: fault.status ?? real?.status ?? (fault.do === 'html' ? 502 : 200),
          body: real?.body ?? {},
          requestId: record.requestId,
          headers: real?.headers ?? {},
          transport: { kind: fault.do, status: fault.status ?? null },
        }
      : faultAnswer(fault, record.requestId);
    record.code = typeof shown.body.Code === 'string' && !isTransportFault(fault.do) ? shown.body.Code : null;
    return shown;
  };

  return {
    call: serve,
    refuseCall: ({ action, keyId, atMs }, refusal, breach) => {
      const ms = (atMs ?? clock.nowMs()) + offsetMs;
      const record = records.open(ms, action, keyId);
      record.outcome = 'refused';
      record.code = refusal.code;
      if (breach)
        records.violate({ kind: breach, quota: null, action, ms, requestId: record.requestId, count: null, limit: null });
      return refusalAnswer(refusal, record.requestId, switches);
    },
    world: () => {
      settleLate(nowMs());
      return world();
    },
    setWorld: (value) => {
      load(value, head.keys);
      changed();
    },
    change: (edit) => {
      settleLate(nowMs());
      const draft = structuredClone(world()) as Draft<World>;
      const before = JSON.stringify([draft.now, draft.edition, draft.quotas, draft.usage]);
      edit(draft);
      // Reading clock and meters back would lose the fraction of a second that they know; they go on unless they were set.
      const kept = JSON.stringify([draft.now, draft.edition, draft.quotas, draft.usage]) === before ? { offsetMs, meters } : null;
      const waiting = late;
      load(draft, head.keys);
      late = waiting;
      if (kept) ({ offsetMs, meters } = kept);
      changed();
    },
    keys: () => head.keys,
    calls: records.calls,
    clearCalls: records.clearCalls,
    violations: records.violations,
    clearViolations: records.clearViolations,
    faults: { add: (some) => faults.add(parseFaults(some)), list: faults.list, clear: faults.clear },
    switches: () => switches,
    setSwitches: (settings) => {
      switches = setSwitches(switches, settings);
    },
    nowMs,
    hostMs: clock.nowMs,
    advance: (ms) => {
      offsetMs += ms;
      settleLate(nowMs());
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
};
