/** What speaks to the service: plan, apply, and the record between them. */
import type { ApplyEvent, ApplyResult } from '../core/apply.ts';
import { behindOf } from '../core/behind.ts';
import { addCalls, callsOf, overRun } from '../core/bill.ts';
import { byPlace, CODES, type Diagnostic } from '../core/diagnostic.ts';
import type { Address, Calls, Change, Plan, State } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { type Answers, objectionsTo } from '../core/protect.ts';
import { nextDayMs } from '../core/quota.ts';
import type { Resolved } from '../core/resolve.ts';
import type { Chosen } from '../core/selection.ts';
import { begunCreates } from '../core/unclaimed.ts';
import { usingReserve, type WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { openAudit } from './audit.ts';
import { keepPlan, readBegunPlan } from './begun-plan.ts';
import { branchOf } from './branch.ts';
import { checkBefore, FRESH_MS } from './check-first.ts';
import { readOnlyClient } from './client.ts';
import { systemClock } from './clock.ts';
import { isStoppingCode } from './codes.ts';
import { execute, type RunLimits, untilCaughtUp, untilToldApart } from './execute.ts';
import { openKeptReads } from './kept-reads.ts';
import { noteLooked } from './looked.ts';
import { diagnosticOf, exitOf, exitOfErrors, loadAndResolve, recordFolder, SHAPES } from './offline.ts';
import { storeOf } from './open-store.ts';
import { nap } from './pace.ts';
import { type Patience, pauseAfter, untilUnlocked } from './patience.ts';
import { planFrom } from './plan-from.ts';
import { makePlan, type Planned, type PlannerInput, perRunWords, proveTenant } from './planner.ts';
import { createReader } from './reader.ts';
import { type ReadMemory, type RememberingReader, rememberReads } from './remember.ts';
import { refusedResult } from './result.ts';
import { wholeOf } from './see-live.ts';
import { type SelectOptions, selectFrom } from './select.ts';
import { type EnginePorts, fingerprintPort, headOf, openSession, type Session, spenderOf } from './session.ts';
import { createSettler } from './settler.ts';
import { readShared, shareApply } from './share-calls.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, openRecord, readRecord } from './state.ts';
import { withLock } from './store.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type { Adopted } from '../core/adopt.ts';
export type { EditedResource } from '../core/record-edits.ts';
export { type AdoptOptions, type AdoptResult, adopt, type RebuildOptions, rebuild } from './adopt.ts';
export { type SnapshotOptions, type SnapshotResult, takeSnapshot } from './snapshot.ts';
export { type ForgetOptions, forget, type MoveOptions, move, type StateEditPorts, type StateEditResult } from './state-edit.ts';
export { type PullResult, type PushOptions, type PushResult, pull, push, type TransferResult } from './state-transfer.ts';
export { type FoundLock, type Holder, type UnlockOptions, type UnlockResult, unlock } from './unlock.ts';

export type PlanOptions = SelectOptions & {
  readonly destroy?: boolean;
  readonly pushSecrets?: readonly string[];
  /** A snapshot's file, or `latest`: nothing is asked of the service. */
  readonly from?: string;
};
export type PlanResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly plan: Plan | null;
  readonly config: WorkspaceConfig | null;
  /** When the same command may go on, ISO 8601, where the day had no call left for its reads. */
  readonly notBefore?: string;
  /** The reads that the plan was made from, for an apply of the same process. */
  readonly memory?: ReadMemory;
};
export type StateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly state: State | null;
  readonly file: string;
};

export type PlanPorts = EnginePorts & {
  /** A plan for an apply that waits for the lock waits as well, at most so long: what it reads is not what others are changing. */
  readonly lockWaitMs?: number;
  /** Where the day has no call left for its reads, sleep until the next day and go on. */
  readonly isWaiting?: boolean;
  /** The plan of an apply that may use the reserve of the day: its reads may as well. */
  readonly useReserve?: boolean;
  /** What is waited for, and for how many seconds at most. */
  readonly onPause?: (reason: string, seconds: number) => void;
};

/** Reads the live tenant and says what would change; only read operations can be sent. */
export const plan = async (invocation: Invocation, options: PlanOptions = {}, ports: PlanPorts = {}): Promise<PlanResult> => {
  if (options.from !== undefined) return planFrom(invocation, options.from, options, ports);
  const clock = ports.clock ?? systemClock;
  const locked = await waitForLock(invocation, clock, ports);
  if (locked) return locked;
  for (;;) {
    const result = await planOnce(invocation, options, ports);
    const pause = pauseAfter({ notBefore: null, ...result }, { isWaiting: ports.isWaiting ?? false }, 0, clock.wallMs());
    if (pause === null || ports.signal?.aborted) return result;
    ports.onPause?.(pause.reason, pause.seconds);
    await nap(clock, pause.ms, ports.signal);
  }
};

/** What is asked for in the place of the files: only these addresses are looked at, with what they need. */
export type Turned = Pick<PlannerInput, 'resolved'> & { readonly chosen: Chosen };

/** @param turn what a plan is made of instead of what the files say and the options choose */
export const planOnce = async (
  invocation: Invocation,
  options: PlanOptions,
  ports: PlanPorts,
  turn?: (written: { readonly resolved: Resolved; readonly state: State | null }) => Turned,
): Promise<PlanResult> => {
  const clock = ports.clock ?? systemClock;
  const { loaded, resolved: asked, diagnostics } = await loadAndResolve(invocation, clock, ports.connection);
  const written = loaded?.config ?? null;
  const config = written !== null && ports.useReserve ? usingReserve(written) : written;
  if (!loaded || !asked || config === null || exitOf(diagnostics) !== 0)
    return { exit: exitOfErrors(diagnostics), diagnostics, plan: null, config };
  return guarded(diagnostics, config, async () => {
    const session = openSession(invocation, config, ports, 'plan');
    try {
      const record = await readShared(storeOf(invocation, config, ports), config, session.ledger);
      if (record.state) checkIdentity(record.state, session);
      const head = headOf(invocation, config, session, record.state, clock, options.destroy ?? false);
      const { state } = record;
      const turned = turn?.({ resolved: asked, state });
      const resolved = turned?.resolved ?? asked;
      const select = await selectFrom(wholeOf({ head, resolved, state }), { config, desired: resolved.desired }, options, {
        invocation,
        clock,
        ...(ports.connection ? { connection: ports.connection } : {}),
      });
      if (select.diagnostics.length > 0)
        return { exit: exitOf(select.diagnostics), diagnostics: [...diagnostics, ...select.diagnostics], plan: null, config };
      await untilToldApart(record.open, { clock, signal: ports.signal }, (seconds) =>
        ports.onPause?.('what a run that was killed has sent must show first', seconds),
      );
      const chosen = turned?.chosen ?? select.chosen;
      const kept = await openKeptReads(
        { folder: recordFolder(invocation, config), of: head, resolved, state, timezone: config.timezone, clock },
        { ...session, client: readOnlyClient(session.client), signal: session.until(ports.signal) },
      );
      const branch = await branchOf(invocation, state, { commit: head.commit, isProtected: config.environment.isProtected });
      const behind = branch ? behindOf(branch, {}) : null;
      const warnings = behind ? [...diagnostics, { ...behind, severity: 'warning' as const }] : diagnostics;
      const input: PlannerInput = {
        config,
        kinds: KINDS,
        lookUps: LOOK_UPS,
        resolved,
        state,
        reader: kept.reader,
        kept,
        ports: { hash: sha256, fingerprint: fingerprintPort(session, record.state) },
        head,
        ...(chosen ? { chosen } : {}),
        quotas: session.quotas,
        usedToday: session.ledger.used,
        now: () => new Date(clock.wallMs()).toISOString(),
        pause: () =>
          untilCaughtUp(state, clock, ports.signal, (seconds) =>
            ports.onPause?.('something of ours is not on its list, and lists may be behind', seconds),
          ),
        pushSecrets: options.pushSecrets ?? [],
        begun: begunCreates(record.open, KINDS),
        warnings,
      };
      let made: Planned;
      try {
        made = await kept.through(() => makePlan(input));
      } catch (error) {
        const told = diagnosticOf(error);
        const stopped = told.code === 'DAY_SPENT' ? { notBefore: nextTry(config, clock, session.pacer.retryMs()) } : {};
        return {
          exit: CODES[told.code],
          diagnostics: [...diagnostics, told, ...session.ledger.warnings(), ...kept.warnings()],
          plan: null,
          config,
          ...stopped,
        };
      }
      const all = [...made.diagnostics, ...session.ledger.warnings(), ...kept.warnings()].sort(byPlace);
      const { memory } = made;
      return {
        exit: made.plan ? 0 : exitOfErrors(all),
        diagnostics: all,
        plan: made.plan,
        config,
        ...(memory ? { memory } : {}),
      };
    } finally {
      await session.close();
    }
  });
};

/** A lock that is still held is told as the plan's end; files in error are told by the plan itself. */
const waitForLock = async (invocation: Invocation, clock: Clock, ports: PlanPorts): Promise<PlanResult | null> => {
  const { lockWaitMs, signal, onPause } = ports;
  if (lockWaitMs === undefined) return null;
  const { config } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  if (config === null) return null;
  try {
    await untilUnlocked(storeOf(invocation, config, ports), { lockWaitMs, clock, signal, onHeld: onPause });
    return null;
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [told], plan: null, config };
  }
};

export type ApplyPorts = EnginePorts &
  Patience & {
    readonly onEvent?: (event: ApplyEvent) => void;
    readonly settleMs?: number;
    /** The plan comes from a file: the tenant is proven once more. */
    readonly isSaved?: boolean;
    readonly limits?: RunLimits;
    /** What a person has answered to what the plan asks. */
    readonly answers?: Answers;
    /** The reads that the plan was made from, where this process has made it: a look at a call in doubt finds names there. */
    readonly memory?: ReadMemory;
  };

/** Carries a plan out. The resource files are not read: what was reviewed is what is applied. */
export const apply = async (invocation: Invocation, saved: Plan, ports: ApplyPorts = {}): Promise<ApplyResult> => {
  const clock = ports.clock ?? systemClock;
  const begunMs = clock.nowMs();
  let told: string | null = null;
  for (;;) {
    const result = await applyOnce(invocation, saved, ports);
    const pause = pauseAfter(result, ports, clock.nowMs() - begunMs, clock.wallMs());
    if (pause === null || ports.signal?.aborted) return result;
    if (pause.reason !== told) ports.onEvent?.({ type: 'pause', reason: pause.reason, seconds: pause.seconds });
    told = pause.reason;
    try {
      await nap(clock, pause.ms, ports.signal);
    } catch (error) {
      if (!ports.signal?.aborted) throw error;
      return { ...result, exit: 130, reason: 'interrupted' };
    }
  }
};

const applyOnce = async (invocation: Invocation, saved: Plan, ports: ApplyPorts): Promise<ApplyResult> => {
  const loaded = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const errors = loaded.diagnostics.filter((one) => one.severity === 'error');
  if (loaded.config === null || errors.length > 0) return refused(saved, errors);
  const config = ports.answers?.useReserve === undefined ? loaded.config : usingReserve(loaded.config);
  let retryMs: number | null = null;
  try {
    const session = openSession(invocation, config, ports, 'apply');
    try {
      const mismatch = mismatchOf(saved, config, session);
      if (mismatch) return refused(saved, [mismatch]);
      const asked: Plan = config.environment.isProtected ? { ...saved, isProtected: true } : saved;
      const objections = objectionsTo(asked, ports.answers ?? {});
      if (objections.length > 0) return refusedResult(saved, 'GUARD_UNCONFIRMED', objections);
      const folder = recordFolder(invocation, config);
      const store = storeOf(invocation, config, ports);
      return await withLock(store, { command: 'apply', since: new Date(session.clock.wallMs()).toISOString() }, async () => {
        const opened = await openRecord(store, {
          environment: config.environment.name,
          tenant: session.tenant,
          deployment: session.deployment,
        });
        const { record, end } = shareApply({ store, config, record: opened, ledger: session.ledger }, spenderOf(config, 'apply'));
        let isEnded = false;
        try {
          const branch = await branchOf(invocation, record.state, {
            commit: saved.commit,
            isProtected: asked.isProtected === true,
          });
          const behind = branch ? behindOf(branch, ports.answers?.confirmed ?? {}) : null;
          if (behind?.severity === 'error') return refusedResult(saved, 'BRANCH_BEHIND', [behind]);
          const over = overLimit(saved, record.state, config, ports.limits);
          if (over) return refusedResult(saved, 'BUDGET_PER_RUN', [over]);
          await session.ledger.reserve(addCalls(leftToSend(saved, record.state), saved.bill.check).levels);
          const patience = session.untilGrace(ports.signal);
          const reader = rememberReads(
            createReader({ ...session, client: readOnlyClient(session.client), signal: patience }),
            session.clock,
            new Map(ports.memory),
          );
          const result = await execute(saved, {
            ...session,
            record,
            patience,
            fingerprint: session.fingerprints(record.base.salt),
            isAuth: isStoppingCode,
            audit: openAudit(folder, invocation.env, session, ports.answers),
            settle: createSettler(saved, KINDS, LOOK_UPS, reader),
            check: (changes) => look(saved, changes, ports.isSaved ?? false, session, record.state, reader),
            nextDay: () => nextTry(config, session.clock, session.pacer.retryMs()),
            keep: () => keepPlan(folder, saved, record.state?.position),
            budget: { reserve: config.budget.reserve, timezone: config.timezone, used: session.ledger.used },
            ...(ports.settleMs === undefined ? {} : { settleMs: ports.settleMs }),
            ...(ports.signal ? { signal: ports.signal } : {}),
            ...(ports.limits ? { limits: ports.limits } : {}),
            ...(ports.onEvent ? { onEvent: ports.onEvent } : {}),
          });
          isEnded = true;
          // Where the record cannot be written, that has been said.
          const left = result.diagnostics.some(({ code }) => code === 'JOURNAL_WRITE') ? [] : await end();
          const looked = record.state === null && record.base.serial === 0 ? [] : await noteLooked(folder, record.base, saved);
          return { ...result, diagnostics: [...result.diagnostics, ...left, ...looked] };
        } finally {
          if (!isEnded) await end();
          await record.close();
        }
      });
    } finally {
      retryMs = session.pacer.retryMs();
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    const isOver = told.code === 'DAY_SPENT';
    return {
      ...refused(saved, [told]),
      ...(isOver ? { reason: 'stopped', notBefore: nextTry(config, ports.clock ?? systemClock, retryMs) } : {}),
    };
  }
};

/** When the same command may go on: on the next day, or sooner where the service has refused calls that were left by our count. */
const nextTry = (config: WorkspaceConfig, clock: Clock, retryMs: number | null): string => {
  const nowMs = clock.wallMs();
  return new Date(Math.min(nextDayMs(nowMs, config.timezone), nowMs + (retryMs ?? Number.POSITIVE_INFINITY))).toISOString();
};

/** Why this run may not be: it would make more calls than one run may. What an earlier run has done is not counted. */
const overLimit = (
  saved: Plan,
  state: State | null,
  { budget }: WorkspaceConfig,
  limits: RunLimits | undefined,
): Diagnostic | null => {
  const [first] = overRun(leftToSend(saved, state).levels, budget, limits?.maxCalls);
  return first ? { ...perRunWords(first), severity: 'error' } : null;
};

/** What no earlier run of the plan has done or asked for. */
const leftToSend = (saved: Plan, state: State | null): Calls => {
  const { done: ended = [], waiting = [] } = state?.position?.planDigest === saved.planDigest ? state.position : {};
  const done = new Set([...ended, ...waiting]);
  return callsOf(saved.steps.filter((step) => !done.has(step.id)).map((step) => step.operation));
};

/** Reads that are younger than a minute stand; a plan that was saved, is older, or was made from older reads proves the tenant in any case. */
const look = async (
  saved: Plan,
  changes: readonly Change[],
  isSaved: boolean,
  session: Session,
  state: State | null,
  remembering: RememberingReader,
): Promise<ReadonlyMap<Address, string>> => {
  if (saved.steps.length === 0) return new Map();
  const isLive = !saved.coverage.some(({ status }) => status === 'snapshot');
  const nowMs = session.clock.wallMs();
  const isFresh = isLive && nowMs - Date.parse(saved.madeAt) < FRESH_MS;
  const reader = remembering.since(nowMs);
  if (isSaved || !isFresh) await proveTenant(reader, saved.tenant);
  if (isFresh) return new Map();
  return checkBefore({ plan: saved, changes, kinds: KINDS, lookUps: LOOK_UPS, state, reader, hash: sha256 });
};

/** The plan that was begun last and not carried out to its end: what `apply --resume` goes on with. */
export const begunPlan = async (invocation: Invocation): Promise<PlanResult> => {
  const { config, diagnostics: found } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const diagnostics = [...found].sort(byPlace);
  if (config === null || exitOf(diagnostics) !== 0) return { exit: exitOfErrors(diagnostics), diagnostics, plan: null, config };
  return guarded(diagnostics, config, async () => {
    const folder = recordFolder(invocation, config);
    const { state } = await readRecord(storeOf(invocation, config));
    return { exit: 0, diagnostics, plan: await readBegunPlan(folder, state), config };
  });
};

/** The record of what is ours, with the journal folded in. */
export const readState = async (invocation: Invocation): Promise<StateResult> => {
  const loaded = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const diagnostics = [...loaded.diagnostics].sort(byPlace);
  if (loaded.config === null || exitOf(diagnostics) !== 0)
    return { exit: exitOfErrors(diagnostics), diagnostics, state: null, file: '' };
  try {
    const { state, file } = await readRecord(storeOf(invocation, loaded.config));
    return { exit: 0, diagnostics, state, file };
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], state: null, file: '' };
  }
};

const guarded = async (
  diagnostics: readonly Diagnostic[],
  config: WorkspaceConfig,
  work: () => Promise<PlanResult>,
): Promise<PlanResult> => {
  try {
    return await work();
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], plan: null, config };
  }
};

/** A plan is for one environment, tenant and deployment: what it was made for is what it is applied to. */
const mismatchOf = (saved: Plan, config: WorkspaceConfig, session: Session): Diagnostic | null => {
  const wrong = (what: string, was: string, is: string): Diagnostic => ({
    code: 'TENANT_WRONG',
    severity: 'error',
    message: `The plan was made for ${what} ${was}; this is ${what} ${is}.`,
    hint: 'Apply it with the same --env and connection, or plan again.',
  });
  if (saved.environment !== config.environment.name) return wrong('environment', saved.environment, config.environment.name);
  if (saved.tenant !== session.tenant) return wrong('tenant', saved.tenant, session.tenant);
  if (saved.deployment !== session.deployment) return wrong('deployment', saved.deployment, session.deployment);
  return null;
};

const refused = (saved: Plan, diagnostics: readonly Diagnostic[]): ApplyResult => {
  const [first] = diagnostics;
  return {
    exit: first ? Math.max(...diagnostics.map((one) => CODES[one.code])) : 1,
    reason: first?.code ?? 'INTERNAL',
    applied: 0,
    failed: 0,
    unknown: 0,
    waiting: 0,
    left: saved.changes.filter((change) => change.action !== 'none' && change.action !== 'manual').length,
    notBefore: null,
    skipped: [],
    steps: [],
    diagnostics,
  };
};
