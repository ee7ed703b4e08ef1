/** `state adopt`: what is declared and live comes under management by an entry in the record, without a write (RESOURCES 2). */
import { liveAddress } from '../core/changes.ts';
import { CODES, type Diagnostic, type DiagnosticCode, nearest } from '../core/diagnostic.ts';
import { sourcesIn } from '../core/diff.ts';
import { mainId } from '../core/ids.ts';
import { isUnder } from '../core/json.ts';
import type { Kind } from '../core/kind.ts';
import type { Address, Change, Desired, Ids, Live, Plan, Pointer, State, ToRecord } from '../core/model.ts';
import type { Resolved } from '../core/resolve.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { readOnlyClient } from './client.ts';
import { systemClock } from './clock.ts';
import { isStoppingCode } from './codes.ts';
import { execute } from './execute.ts';
import { withLock } from './lock.ts';
import { diagnosticOf, exitOf, loadAndResolve, recordFolder } from './offline.ts';
import { makePlan } from './planner.ts';
import { createReader } from './reader.ts';
import { type EnginePorts, fingerprintPort, headOf, openSession, type Session } from './session.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, openRecord, readRecord } from './state.ts';
import type { Invocation } from './workspace.ts';

export type AdoptOptions = {
  /** `ADDRESS`, or `ADDRESS=ID` where several live ones have that name. */
  readonly resources: readonly string[];
  /** Says what would be recorded; takes no lock and writes nothing. */
  readonly dryRun?: boolean;
};
export type Adopted = {
  readonly address: Address;
  readonly ids: Ids;
  /** Declared otherwise than it is live: not recorded, so that the next plan shows it as found. */
  readonly differs: readonly Pointer[];
  /** Lists that hold others (ADOPT_HAS_OTHERS): not recorded until the files say what becomes of them. */
  readonly waits: readonly Pointer[];
  /** Write-only values that were taken on trust. */
  readonly assumed: readonly Pointer[];
};
export type AdoptResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** What was read and recorded, as a plan without a call; null where nothing was looked at. */
  readonly plan: Plan | null;
  readonly adopted: readonly Adopted[];
  /** What the record held before. */
  readonly already: readonly { readonly address: Address; readonly ids: Ids; readonly origin: string }[];
};

type Choice = { readonly desired: Desired; readonly id: string | null };
type Choices = ReadonlyMap<Address, Choice>;
type Refusal = { readonly problems: readonly Diagnostic[] };

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
    const session = await openSession(invocation, config, ports);
    try {
      const folder = recordFolder(invocation, config);
      const work = (): Promise<AdoptResult> =>
        adoptChosen({ invocation, config, session, resolved, choices, folder, options, ports });
      if (options.dryRun) return await work();
      return await withLock(folder, { command: 'state adopt', since: new Date(clock.wallMs()).toISOString() }, work);
    } finally {
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [told] };
  }
};

/** What is asked for, by declared address. An address may hold `=` itself: the whole text is tried first. */
const choicesOf = (resources: readonly string[], desired: readonly Desired[]): Choices | Refusal => {
  const declared = new Map(desired.map((one) => [one.address, one]));
  const choices = new Map<Address, Choice>();
  const problems: Diagnostic[] = [];
  for (const text of resources) {
    const at = declared.has(text) ? -1 : text.lastIndexOf('=');
    const address = at === -1 ? text : text.slice(0, at);
    const id = at === -1 ? null : text.slice(at + 1);
    const one = declared.get(address);
    const before = choices.get(address);
    if (!one) {
      const near = nearest(address, declared.keys());
      const hint = near === null ? 'Declare it first: the files say what it should be.' : `Did you mean ${near}?`;
      problems.push(problem('OPTION_WRONG', `No file declares "${address}".`, hint));
    } else if (before && before.id !== id)
      problems.push(problem('OPTION_WRONG', `"${address}" is given twice, with different ids.`, 'Give it once.'));
    else choices.set(address, { desired: one, id });
  }
  return problems.length > 0 ? { problems } : choices;
};

const problem = (code: DiagnosticCode, message: string, hint: string, desired?: Desired): Diagnostic => ({
  code,
  severity: 'error',
  message,
  hint,
  ...(desired ? { address: desired.address, source: desired.source } : {}),
});

type Work = {
  readonly invocation: Invocation;
  readonly config: WorkspaceConfig;
  readonly session: Session;
  readonly resolved: Resolved;
  readonly choices: Choices;
  readonly folder: string;
  readonly options: AdoptOptions;
  readonly ports: EnginePorts;
};

const adoptChosen = async (work: Work): Promise<AdoptResult> => {
  const { config, session, choices, folder, options } = work;
  const { state } = await readRecord(folder);
  if (state) checkIdentity(state, session);
  const recorded = recordedAmong(choices, state);
  if ('problems' in recorded)
    return { exit: exitOf(recorded.problems), diagnostics: recorded.problems, config, plan: null, adopted: [], already: [] };
  const { already } = recorded;
  const asked = new Map([...choices].filter(([address]) => state?.resources[address] === undefined));
  const nothing = { config, plan: null, adopted: [], already };
  if (asked.size === 0) return { ...nothing, exit: 0, diagnostics: [] };

  const found = await look(work, asked, state);
  const warnings = [...found.diagnostics, ...session.day.warnings()];
  if (found.plan === null) return { ...nothing, exit: exitOf(warnings) || 3, diagnostics: warnings };
  const problems = [...asked.values()].flatMap((choice) => obstaclesOf(choice, found.plan, found.candidates, state));
  if (problems.length > 0) return { ...nothing, exit: exitOf(problems), diagnostics: problems };

  const changes = found.plan.changes.filter((change) => asked.has(change.address)).map((change) => imported(change, session));
  const plan: Plan = { ...found.plan, changes, guards: [] };
  const adopted = changes.map((change) => ({
    address: change.address,
    ids: change.ids ?? {},
    differs: acting(change).map((one) => one.pointer),
    waits: found.plan.guards.flatMap((guard) => (guard.address === change.address && guard.pointer ? [guard.pointer] : [])),
    assumed: change.record?.assumed ?? [],
  }));
  const diagnostics = warnings.filter((one) => one.severity !== 'info');
  if (options.dryRun) return { exit: 0, diagnostics, config, plan, adopted, already };
  const result = await write(work, plan);
  return { exit: result.exit, diagnostics: [...diagnostics, ...result.diagnostics], config, plan, adopted, already };
};

/** What is ours already; another id than the recorded one is refused. */
const recordedAmong = (choices: Choices, state: State | null): Pick<AdoptResult, 'already'> | Refusal => {
  const already: AdoptResult['already'][number][] = [];
  const problems: Diagnostic[] = [];
  for (const [address, { desired, id }] of choices) {
    const recorded = state?.resources[address];
    if (!recorded) continue;
    const { ids, origin } = recorded;
    if (id === null || Object.values(ids).includes(id)) already.push({ address, ids, origin });
    else
      problems.push(
        problem(
          'ADOPT_RECORDED',
          `The record holds "${address}" with the id ${mainId(ids)}, not ${id}.`,
          'Leave the id out; where the recorded one is gone, plan: what is live under its name is found, and the next apply records it.',
          desired,
        ),
      );
  }
  return problems.length > 0 ? { problems } : { already };
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
    reader: createReader({ ...session, client: readOnlyClient(session.client), signal: ports.signal }),
    ports: { hash: sha256, fingerprint: fingerprintPort(session, state) },
    head: headOf(invocation, config, session, state, session.clock, false),
    quotas: session.quotas,
    usedToday: session.day.used,
    now: () => new Date(session.clock.wallMs()).toISOString(),
    pushSecrets: [],
    warnings: [],
  });
  return plan === null ? { plan, diagnostics } : { plan, diagnostics, candidates };
};

/** The kind as an adoption sees it: it tells what is live under each address, keeps the one that is meant, and makes no calls. */
const withoutCalls = (kind: Kind, asked: Choices, candidates: Map<Address, readonly Ids[]>): Kind => ({
  ...kind,
  live: (input) => {
    const all = kind.live(input);
    const under = new Map<Address, Ids[]>();
    for (const one of all) if (!one.isBare) under.set(liveAddress(one), [...(under.get(liveAddress(one)) ?? []), one.ids]);
    for (const [address, ids] of under) candidates.set(address, ids);
    const isMeant = (one: Live): boolean => {
      const id = asked.get(liveAddress(one))?.id ?? null;
      return id === null || Object.values(one.ids).includes(id);
    };
    return all.filter(isMeant);
  },
  each: kind.each.map((read) => ({ ...read, wanted: (subject) => subject.intent === 'compare' && read.wanted(subject) })),
  demands: () => [],
  manual: () => [],
  steps: () => [],
});

/** Why one of them cannot be recorded. */
const obstaclesOf = (
  { desired, id }: Choice,
  plan: Plan,
  candidates: Found['candidates'],
  state: State | null,
): readonly Diagnostic[] => {
  const { address } = desired;
  const refuse = (code: DiagnosticCode, message: string, hint: string) => [problem(code, message, hint, desired)];
  const live = candidates.get(address) ?? [];
  const meant = id === null ? live : live.filter((ids) => Object.values(ids).includes(id));
  const [ids] = meant;
  if (live.length === 0 || !ids)
    return refuse(
      'ADOPT_NOT_LIVE',
      live.length === 0
        ? `"${address}" is not live in the tenant.`
        : `"${address}" is live with the id ${live.map(mainId).join(' and ')}, not ${id}.`,
      desired.renamedFrom === null
        ? 'phinfra plan shows what is; an apply creates what is missing.'
        : 'An apply renames what renamedFrom names, and records it.',
    );
  if (meant.length > 1)
    return refuse(
      'ADOPT_AMBIGUOUS',
      `${meant.length} live ones are named "${address}": ${meant.map(mainId).join(', ')}.`,
      `Name the one that is meant: ${address}=${mainId(ids)}.`,
    );
  const elsewhere = Object.entries(state?.resources ?? {}).find(
    ([at, one]) => at.startsWith(`${desired.kind}/`) && mainId(one.ids) === mainId(ids),
  );
  if (elsewhere)
    return refuse(
      'ADOPT_RECORDED',
      `What is live as "${address}" is in the record as "${elsewhere[0]}".`,
      'An apply moves it in the record, with renamedFrom where the name has changed.',
    );
  const change = plan.changes.find((one) => one.address === address);
  if (!change)
    return refuse(
      'ANSWER_WRONG',
      `The list that holds "${address}" could not be proven complete.`,
      'Run the same command again.',
    );
  const guard = plan.guards.find((one) => one.address === address);
  if (change.record === undefined && guard)
    return refuse(guard.code as DiagnosticCode, guard.message, 'Write what is live, and adopt it then.');
  return [];
};

const acting = (change: Change): Change['fields'] => change.fields.filter((one) => one.stands !== true);

/** The change as an adoption: of what the files say otherwise the record says nothing, and what nobody can read is assumed. */
const imported = (change: Change, { secrets }: Session): Change => {
  const differing = acting(change).map((one) => one.pointer);
  const differs = (pointer: Pointer): boolean => differing.some((one) => isUnder(pointer, one) || isUnder(one, pointer));
  const only = <T>(values: Readonly<Record<Pointer, T>>): Record<Pointer, T> =>
    Object.fromEntries(Object.entries(values).filter(([pointer]) => !differs(pointer)));
  const record = change.record as ToRecord;
  const sent = Object.fromEntries(
    Object.entries(only(record.sent)).filter(([, value]) => sourcesIn(value).every((source) => secrets(source) !== undefined)),
  );
  return {
    ...change,
    action: 'adopt',
    reason: 'found',
    steps: [],
    record: {
      ...record,
      ids: change.ids ?? record.ids,
      origin: 'imported',
      fields: only(record.fields),
      lists: record.lists.filter((at) => !differs(at)),
      fingerprints: only(record.fingerprints),
      sent,
      assumed: [...new Set([...Object.keys(only(record.fingerprints)), ...Object.keys(sent)])].sort(),
    },
  };
};

/** Through the journal like any apply; there is no call in it. */
const write = async ({ config, session, folder }: Work, plan: Plan) => {
  const { tenant, deployment, fingerprints } = session;
  const record = await openRecord(folder, { environment: config.environment.name, tenant, deployment });
  try {
    return await execute(plan, {
      ...session,
      client: readOnlyClient(session.client),
      record,
      fingerprint: fingerprints(record.base.salt),
      isAuth: isStoppingCode,
      command: 'state adopt',
    });
  } finally {
    await record.close();
  }
};
