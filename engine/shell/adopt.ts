/** `state adopt`: what is declared and live comes under management by an entry in the record, without a write (RESOURCES 2). */
import {
  type Adopted,
  type Already,
  adoptedOf,
  type Choices,
  choicesOf,
  imported,
  obstaclesOf,
  recordedAmong,
  withoutCalls,
} from '../core/adopt.ts';
import { CODES, type Diagnostic } from '../core/diagnostic.ts';
import type { Address, Ids, Plan, State } from '../core/model.ts';
import type { Resolved } from '../core/resolve.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { openAudit } from './audit.ts';
import { readOnlyClient } from './client.ts';
import { systemClock } from './clock.ts';
import { isStoppingCode } from './codes.ts';
import { execute, untilCaughtUp } from './execute.ts';
import { diagnosticOf, exitOf, loadAndResolve, recordFolder } from './offline.ts';
import { storeOf } from './open-store.ts';
import { makePlan } from './planner.ts';
import { createReader } from './reader.ts';
import { type EnginePorts, fingerprintPort, headOf, openSession, type Session } from './session.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, openRecord, readRecord } from './state.ts';
import { type Store, withLock } from './store.ts';
import type { Invocation } from './workspace.ts';

export type AdoptOptions = {
  /** `ADDRESS`, or `ADDRESS=ID` where several live ones have that name. */
  readonly resources: readonly string[];
  /** Says what would be recorded; takes no lock and writes nothing. */
  readonly dryRun?: boolean;
};
export type AdoptResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** What was read and recorded, as a plan without a call; null where nothing was looked at. */
  readonly plan: Plan | null;
  readonly adopted: readonly Adopted[];
  readonly already: readonly Already[];
};

/**
 * Records live resources as imported: their removal from the files deletes them (RESOURCES 2). All of them or none.
 *
 * @returns diagnostics OPTION_WRONG, ADOPT_NOT_LIVE, ADOPT_AMBIGUOUS, ADOPT_RECORDED, the guards of a replacement, LOCKED and
 * what a plan and the record may say; exit 0 where there is none
 */
export const adopt = async (invocation: Invocation, options: AdoptOptions, ports: EnginePorts = {}): Promise<AdoptResult> => {
  const clock = ports.clock ?? systemClock;
  const { loaded, resolved, diagnostics } = await loadAndResolve(invocation, clock, ports.connection);
  const config = loaded?.config ?? null;
  const none = { config, plan: null, adopted: [], already: [] };
  if (!resolved || config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOf(diagnostics) || 3, diagnostics };
  const choices = choicesOf(options.resources, resolved.desired);
  if ('problems' in choices) return { ...none, exit: exitOf(choices.problems), diagnostics: choices.problems };
  try {
    const session = openSession(invocation, config, ports, 'state adopt');
    try {
      const folder = recordFolder(invocation, config);
      const store = storeOf(invocation, config);
      const work = (): Promise<AdoptResult> =>
        adoptChosen({ invocation, config, session, resolved, choices, folder, store, options, ports });
      if (options.dryRun) return await work();
      return await withLock(store, { command: 'state adopt', since: new Date(clock.wallMs()).toISOString() }, work);
    } finally {
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [told] };
  }
};

type Work = {
  readonly invocation: Invocation;
  readonly config: WorkspaceConfig;
  readonly session: Session;
  readonly resolved: Resolved;
  readonly choices: Choices;
  readonly folder: string;
  readonly store: Store;
  readonly options: AdoptOptions;
  readonly ports: EnginePorts;
};

const adoptChosen = async (work: Work): Promise<AdoptResult> => {
  const { config, session, choices, store, options } = work;
  const { state } = await readRecord(store);
  if (state) checkIdentity(state, session);
  const recorded = recordedAmong(choices, state);
  if ('problems' in recorded)
    return { exit: exitOf(recorded.problems), diagnostics: recorded.problems, config, plan: null, adopted: [], already: [] };
  const { already } = recorded;
  const asked = new Map([...choices].filter(([address]) => state?.resources[address] === undefined));
  const nothing = { config, plan: null, adopted: [], already };
  if (asked.size === 0) return { ...nothing, exit: 0, diagnostics: [] };

  const found = await look(work, asked, state);
  const warnings = [...found.diagnostics, ...session.ledger.warnings()];
  if (found.plan === null) return { ...nothing, exit: exitOf(warnings) || 3, diagnostics: warnings };
  const problems = [...asked.values()].flatMap((choice) => obstaclesOf(choice, found.plan, found.candidates, state));
  if (problems.length > 0) return { ...nothing, exit: exitOf(problems), diagnostics: problems };

  const isSet = (source: string): boolean => session.secrets(source) !== undefined;
  const changes = found.plan.changes.filter((change) => asked.has(change.address)).map((change) => imported(change, isSet));
  const plan: Plan = { ...found.plan, changes, guards: [] };
  const adopted = changes.map((change) => adoptedOf(change, found.plan.guards));
  const diagnostics = warnings.filter((one) => one.severity !== 'info');
  if (options.dryRun) return { exit: 0, diagnostics, config, plan, adopted, already };
  const result = await write(work, plan);
  return { exit: result.exit, diagnostics: [...diagnostics, ...result.diagnostics], config, plan, adopted, already };
};

type Found = {
  readonly plan: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** Ids of what is live under each address. */
  readonly candidates: ReadonlyMap<Address, readonly Ids[]>;
};

/** Plans for the chosen ones alone: their reads and no others. No calls are made from the differences, so nothing is asked of them. */
const look = async (
  { invocation, config, session, resolved, ports }: Work,
  asked: Choices,
  state: State | null,
): Promise<Found | { readonly plan: null; readonly diagnostics: readonly Diagnostic[] }> => {
  const candidates = new Map<Address, readonly Ids[]>();
  const kinds = KINDS.map((kind) => withoutCalls(kind, asked, candidates));
  // Whom the chosen ones name may be declared and not be a member yet: that is no unknown person.
  const named = new Set([...asked.values()].flatMap(({ desired }) => desired.people.map((mention) => mention.account)));
  const desired = resolved.desired.filter(
    (one) => asked.has(one.address) || (one.kind === 'tenantMembers' && named.has(one.key[0] ?? '')),
  );
  const references = new Set(desired.flatMap((one) => one.references));
  const { plan, diagnostics } = await makePlan({
    config,
    kinds,
    lookUps: LOOK_UPS,
    resolved: { desired, diagnostics: [], external: resolved.external.filter((mention) => references.has(mention)) },
    state: state && { ...state, resources: {} },
    reader: createReader({ ...session, client: readOnlyClient(session.client), signal: session.until(ports.signal) }),
    ports: { hash: sha256, fingerprint: fingerprintPort(session, state) },
    head: headOf(invocation, config, session, state, session.clock, false),
    quotas: session.quotas,
    usedToday: session.ledger.used,
    now: () => new Date(session.clock.wallMs()).toISOString(),
    pause: () => untilCaughtUp(state, session.clock, ports.signal),
    pushSecrets: [],
    warnings: [],
  });
  return plan === null ? { plan, diagnostics } : { plan, diagnostics, candidates };
};

/** Through the journal like any apply; there is no call in it. */
const write = async ({ invocation, config, session, folder, store }: Work, plan: Plan) => {
  const { tenant, deployment, fingerprints } = session;
  const record = await openRecord(store, { environment: config.environment.name, tenant, deployment });
  try {
    return await execute(plan, {
      ...session,
      client: readOnlyClient(session.client),
      record,
      fingerprint: fingerprints(record.base.salt),
      isAuth: isStoppingCode,
      command: 'state adopt',
      audit: openAudit(folder, invocation.env, session),
    });
  } finally {
    await record.close();
  }
};
