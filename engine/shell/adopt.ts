/** `state adopt`, `state rebuild`: what is declared and live comes under management by an entry in the record, without a write (RESOURCES 2). */

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
import { keyName } from '../core/kind.ts';
import type { Address, Ids, Plan, State } from '../core/model.ts';
import type { Resolved } from '../core/resolve.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { openAudit } from './audit.ts';
import { readOnlyClient } from './client.ts';
import { systemClock } from './clock.ts';
import { isStoppingCode } from './codes.ts';
import { execute, untilCaughtUp } from './execute.ts';
import { diagnosticOf, exitOf, exitOfErrors, loadAndResolve, recordFolder } from './offline.ts';
import { storeOf } from './open-store.ts';
import { makePlan } from './planner.ts';
import { createReader } from './reader.ts';
import { type EnginePorts, fingerprintPort, headOf, openSession, type Session } from './session.ts';
import { readShared } from './share-calls.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, openRecord } from './state.ts';
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
  /** Of a rebuild: declared, and not live. */
  readonly missing: readonly Address[];
  /** What was adopted stands in the record. */
  readonly isRecorded: boolean;
};
export type RebuildOptions = { readonly dryRun?: boolean };

/**
 * Records live resources as imported: their removal from the files deletes them (RESOURCES 2). All of them or none.
 *
 * @returns diagnostics OPTION_WRONG, ADOPT_NOT_LIVE, ADOPT_AMBIGUOUS, ADOPT_RECORDED, the guards of a replacement, LOCKED and
 * what a plan and the record may say; exit 0 where there is none
 */
export const adopt = (invocation: Invocation, options: AdoptOptions, ports: EnginePorts = {}): Promise<AdoptResult> =>
  adoptAs('state adopt', invocation, options, ports);

/**
 * Records everything that is declared and live and not in the record, as imported: what a lost record cannot tell any more is
 * claimed. Each for itself: what cannot be claimed is told, and the others are all the same.
 *
 * @returns diagnostics as of `adopt`; exit 0 where nothing but what is not live was left out
 */
export const rebuild = (invocation: Invocation, options: RebuildOptions = {}, ports: EnginePorts = {}): Promise<AdoptResult> =>
  adoptAs('state rebuild', invocation, { ...options, resources: null }, ports);

/** `resources` null: all that are declared. */
type Wanted = Pick<AdoptOptions, 'dryRun'> & { readonly resources: AdoptOptions['resources'] | null };

const adoptAs = async (command: string, invocation: Invocation, options: Wanted, ports: EnginePorts): Promise<AdoptResult> => {
  const clock = ports.clock ?? systemClock;
  const { loaded, resolved, diagnostics } = await loadAndResolve(invocation, clock, ports.connection);
  const config = loaded?.config ?? null;
  const none = { config, plan: null, adopted: [], already: [], missing: [], isRecorded: false };
  if (!resolved || config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOfErrors(diagnostics), diagnostics };
  const choices = options.resources === null ? everything(resolved.desired) : choicesOf(options.resources, resolved.desired);
  if ('problems' in choices) return { ...none, exit: exitOf(choices.problems), diagnostics: choices.problems };
  try {
    const session = openSession(invocation, config, ports, command);
    try {
      const folder = recordFolder(invocation, config);
      const store = storeOf(invocation, config, ports);
      const work = (): Promise<AdoptResult> =>
        adoptChosen({ command, invocation, config, session, resolved, choices, folder, store, options, ports });
      if (options.dryRun) return await work();
      return await withLock(store, { command, since: new Date(clock.wallMs()).toISOString() }, work);
    } finally {
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [told] };
  }
};

/** Every declared one, by its name. */
const everything = (desired: Resolved['desired']): Choices =>
  new Map(desired.map((one) => [one.address, { desired: one, id: null }]));

type Work = {
  readonly command: string;
  readonly invocation: Invocation;
  readonly config: WorkspaceConfig;
  readonly session: Session;
  readonly resolved: Resolved;
  readonly choices: Choices;
  readonly folder: string;
  readonly store: Store;
  readonly options: Wanted;
  readonly ports: EnginePorts;
};

const adoptChosen = async (work: Work): Promise<AdoptResult> => {
  const { config, session, choices, store, options } = work;
  const { state } = await readShared(store, config, session.ledger);
  if (state) checkIdentity(state, session);
  const recorded = recordedAmong(choices, state);
  const none = { config, plan: null, adopted: [], already: [], missing: [], isRecorded: false };
  if ('problems' in recorded) return { ...none, exit: exitOf(recorded.problems), diagnostics: recorded.problems };
  const { already } = recorded;
  const asked = new Map([...choices].filter(([address]) => state?.resources[address] === undefined));
  const nothing = { ...none, already };
  if (asked.size === 0) return { ...nothing, exit: 0, diagnostics: [] };

  const found = await look(work, asked, state);
  const warnings = [...found.diagnostics, ...session.ledger.warnings()];
  if (found.plan === null) return { ...nothing, exit: exitOfErrors(warnings), diagnostics: warnings };
  const obstacles = [...asked.values()].flatMap((choice) => obstaclesOf(choice, found.plan, found.candidates, state));
  const isAll = options.resources === null;
  const problems = obstacles.filter(({ code }) => !isAll || code !== 'ADOPT_NOT_LIVE');
  if (problems.length > 0 && !isAll) return { ...nothing, exit: exitOf(problems), diagnostics: problems };
  const missing = obstacles.flatMap(({ code, address }) => (isAll && code === 'ADOPT_NOT_LIVE' && address ? [address] : []));
  const left = new Set(obstacles.map(({ address }) => address));

  const isSet = (source: string): boolean => session.secrets(source) !== undefined;
  const changes = found.plan.changes
    .filter(({ address }) => asked.has(address) && !left.has(address))
    .map((change) => imported(change, isSet));
  const plan: Plan = { ...found.plan, changes, guards: [] };
  const adopted = changes.map((change) => adoptedOf(change, found.plan.guards));
  const diagnostics = [...problems, ...warnings.filter((one) => one.severity !== 'info')];
  const told = { config, plan, adopted, already, missing, isRecorded: false };
  if (options.dryRun || adopted.length === 0) return { ...told, exit: exitOf(problems), diagnostics };
  const result = await write(work, plan);
  return {
    ...told,
    exit: result.exit || exitOf(problems),
    diagnostics: [...diagnostics, ...result.diagnostics],
    isRecorded: result.exit === 0,
  };
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
    (one) => asked.has(one.address) || (one.kind === 'tenantMembers' && named.has(keyName(one.key))),
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
const write = async ({ command, invocation, config, session, folder, store }: Work, plan: Plan) => {
  const { tenant, deployment, fingerprints } = session;
  const record = await openRecord(store, { environment: config.environment.name, tenant, deployment });
  try {
    return await execute(plan, {
      ...session,
      client: readOnlyClient(session.client),
      record,
      fingerprint: fingerprints(record.base.salt),
      isAuth: isStoppingCode,
      command,
      audit: openAudit(folder, invocation.env, session),
    });
  } finally {
    await record.close();
  }
};
