/** From a loaded workspace to a plan: reads, people, differences, calls, bill. Sends reads only. */
import { partsOf } from '../core/batch.ts';
import { billOf, callsOf, NO_CALLS, overRun } from '../core/bill.ts';
import { type ChangesFound, findChanges, type KindLive, matchesOf, renamesOf } from '../core/changes.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { EngineError } from '../core/diagnostic.ts';
import type { DiffPorts } from '../core/diff.ts';
import { mainId } from '../core/ids.ts';
import { textOf } from '../core/json.ts';
import { type EachSubject, type Kind, keyName, type LookUp, rowsAt } from '../core/kind.ts';
import { lookAt } from '../core/looks.ts';
import { isSomethingMissing } from '../core/missing.ts';
import type { Calls, Coverage, Desired, Live, Plan, State } from '../core/model.ts';
import type { Lead } from '../core/passages.ts';
import { assemblePlan, type PlanHead } from '../core/plan.ts';
import { type NameTable, pagesOf, recordedOfKind } from '../core/reads.ts';
import { type PeopleResolved, type Resolved, resolvePeople, unknownReferences } from '../core/resolve.ts';
import { makeSteps, type StepsMade } from '../core/steps.ts';
import type { Quota, WorkspaceConfig } from '../core/workspace.ts';
import { type OperationName, operationFacts, type ReadName } from '../operations/index.ts';
import { looksOf } from './look-reads.ts';
import {
  isComplete,
  type LiveWorld,
  liveByKind,
  NO_CONTACTS,
  readEach,
  readLists,
  rowsOfKind,
  settleEach,
  subject,
  subjectsOf,
} from './read-live.ts';
import type { Reader } from './reader.ts';
import { rememberReads } from './remember.ts';

export type PlannerInput = {
  readonly config: WorkspaceConfig;
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
  readonly resolved: Resolved;
  readonly state: State | null;
  readonly reader: Reader;
  readonly ports: DiffPorts;
  /** What is known before the reads; the tenant is proven by the first of them. */
  readonly head: Omit<PlanHead, 'madeAt'>;
  readonly quotas: readonly Quota[];
  readonly usedToday: () => Promise<readonly number[]>;
  /** ISO 8601, asked once, after the reads. */
  readonly now: () => string;
  /** Waits until lists show what was done last; asked where they do not show something that is ours. */
  readonly pause: () => Promise<void>;
  readonly pushSecrets: readonly string[];
  readonly warnings: readonly Diagnostic[];
  /** The reads come from a snapshot: what the coverage says of them. */
  readonly snapshot?: string;
  /** Some of the reads are older than this run: what the coverage says of them. */
  readonly keptNote?: () => string | null;
  /** Every single read that could be wanted of what is declared, whatever differs today: a snapshot is planned from later. */
  readonly isWide?: true;
};

export type Planned = { readonly plan: Plan | null; readonly diagnostics: readonly Diagnostic[] };

/**
 * Makes the plan; errors in the files that only the reads can show come back as diagnostics, and then there is no plan.
 *
 * @throws EngineError TENANT_WRONG, PERMISSION_DENIED, CREDENTIALS_REFUSED, UNREACHABLE, ANSWER_WRONG, THROTTLED, DAY_SPENT
 */
export const makePlan = async (input: PlannerInput): Promise<Planned> => {
  const { kinds, reader, head } = input;
  await proveTenant(reader, head.tenant);
  const remembering = rememberReads(reader);
  let seen = await seeLive(input, remembering);
  const gone = 'diagnostics' in seen ? [] : missingKinds(seen.world, seen.names, input.state);
  if (gone.length > 0 && !('diagnostics' in seen)) {
    // One answer that does not show what is ours proves nothing: it is read once more, when lists have caught up.
    remembering.forget(new Set(gone.flatMap((kind) => operationsOf(kind, (seen as Seen).world))));
    await input.pause();
    seen = await seeLive(input, remembering);
  }
  if ('diagnostics' in seen) return { plan: null, diagnostics: seen.diagnostics };
  const { world, people, names, found } = seen;
  const made = makeSteps({
    drafts: found.drafts,
    kinds,
    names,
    addable: world.addable,
    caller: head.caller,
    tenant: head.tenant,
    leads: leadsOf(world.kinds, liveByKind(world, names), people.desired),
    liveCount: (collection) => world.lists.get(collection)?.rows.length ?? 0,
  });
  const diagnostics = [...input.warnings, ...people.diagnostics, ...found.diagnostics, ...made.diagnostics];
  if (diagnostics.some((one) => one.severity === 'error')) return { plan: null, diagnostics };
  return { plan: await assemble(input, { world, people, names, found, made, warnings: diagnostics }), diagnostics };
};

type Seen = {
  readonly world: LiveWorld;
  readonly people: PeopleResolved;
  readonly names: NameTable;
  readonly found: ChangesFound;
};

/** The reads, and what they come to; errors in the files that only reads can show instead. */
const seeLive = async (input: PlannerInput, reader: Reader): Promise<Seen | { readonly diagnostics: readonly Diagnostic[] }> => {
  const { config, kinds, lookUps, resolved, state, ports, head } = input;
  const wanted = head.destroy ? [] : resolved.desired;
  const world = await readLists({
    reader,
    kinds,
    lookUps,
    desired: wanted,
    state,
    context: { day: head.day, tenant: head.tenant },
    price: priceOf(input.quotas),
  });
  const bare = world.names(new Map());
  const people = resolvePeople(wanted, { members: bare.members(), addable: world.addable, recorded: state?.people ?? {} });
  const names = world.names(people.aliases);
  const unknown = head.destroy
    ? []
    : unknownReferences(
        resolved.external,
        [...kinds, ...lookUps],
        (kind, name) => names.id(kind, name) !== null,
        candidates(names, wanted),
      );
  const errors = [...people.diagnostics.filter((one) => one.severity === 'error'), ...unknown];
  if (errors.length > 0)
    return {
      diagnostics: [...input.warnings, ...people.diagnostics.filter((one) => one.severity !== 'error'), ...errors],
    };

  const find = (): ChangesFound =>
    findChanges(
      {
        kinds: world.kinds,
        desired: people.desired,
        live: liveByKind(world, names),
        state,
        drift: config.environment.drift,
        exclusive: config.exclusive,
        caller: head.caller,
        gone: people.gone,
        pushSecrets: input.pushSecrets,
      },
      ports,
    );
  for (const { kind, id, name } of renamesOf({
    kinds: world.kinds,
    desired: people.desired,
    live: liveByKind(world, names),
    state,
  }))
    names.rename(kind, id, name);
  learnMoved(world, names);
  await readDeclared({ reader, state }, world, names, people.desired);
  let found = find();
  // An update sends what the files do not give, a delete asks first: both look once more at the single resource.
  const looked = await Promise.all(world.kinds.map((kind) => readEach(reader, kind, subjectsOf(found.drafts, kind), world)));
  if (looked.some(Boolean)) found = find();
  found = holdUnread(found, liveByKind(world, names));
  return { world, people, names, found };
};

/** Kinds of which the reads do not show something that is ours. */
const missingKinds = (world: LiveWorld, names: NameTable, state: State | null): readonly Kind[] => {
  if (state === null) return [];
  const live = liveByKind(world, names);
  return world.kinds.filter((kind) => {
    const of = live.get(kind.collection);
    return of !== undefined && isSomethingMissing(kind, of, recordedOfKind(state, kind.collection));
  });
};

/** Every read that is made of a kind. */
const operationsOf = (kind: Kind, world: LiveWorld): readonly OperationName[] => [
  ...(kind.list ? [kind.list.operation] : []),
  ...(world.moreCalls.get(kind.collection) ?? []),
  ...kind.each.map((read) => read.operation),
];

/** By what was read and what is asked for, also where neither changes. */
const leadsOf = (kinds: readonly Kind[], live: ReadonlyMap<string, KindLive>, desired: readonly Desired[]): readonly Lead[] =>
  kinds.flatMap(({ collection, leads }) =>
    leads
      ? [...(live.get(collection)?.resources ?? []), ...desired.filter((one) => one.kind === collection)].flatMap(
          ({ spec, key }) => leads(spec, key),
        )
      : [],
  );

/** An update of a person sends the contact data along: without them it would take them away, so it waits. */
const holdUnread = (found: ChangesFound, live: ReadonlyMap<string, KindLive>): ChangesFound => ({
  ...found,
  drafts: found.drafts.map((draft) => {
    const unread = live.get(draft.kind.collection)?.unread?.get(mainId(draft.live?.ids));
    const isLeftOut = [...(unread?.values() ?? [])].includes(NO_CONTACTS);
    if (!isLeftOut || (draft.action !== 'update' && draft.action !== 'replace')) return draft;
    const guard = {
      code: 'CONTACTS_UNREAD',
      address: draft.address,
      message: 'The update sends contact data along, and a snapshot leaves them out.',
      hint: 'Plan this one from the live tenant, without --from.',
      ...(draft.desired ? { source: draft.desired.source } : {}),
    };
    return { ...draft, guards: [...draft.guards, guard], isHeld: true };
  }),
});

const assemble = async (
  input: PlannerInput,
  parts: {
    readonly world: LiveWorld;
    readonly people: PeopleResolved;
    readonly names: NameTable;
    readonly found: ChangesFound;
    readonly made: StepsMade;
    readonly warnings: readonly Diagnostic[];
  },
): Promise<Plan> => {
  const { config, kinds, reader, state, ports, head, quotas } = input;
  const { world, people, names, found, made } = parts;
  const managed = new Set([
    ...people.desired.map((one) => one.kind),
    ...Object.keys(state?.resources ?? {}).map((address) => address.slice(0, address.indexOf('/'))),
  ]);
  const madeAt = input.now();
  const looks = looksOf({
    drafts: found.drafts,
    made,
    world,
    names,
    kinds,
    lookUps: input.lookUps,
    price: priceOf(quotas),
    tenant: head.tenant,
  });
  const changes = found.drafts.map(({ address, kind, action }) => ({
    address,
    kind: kind.collection,
    action,
    steps: made.byAddress.get(address) ?? [],
  }));
  const bill = billOf(
    made.steps,
    quotas,
    reader.spent(),
    reader.minimum(),
    await input.usedToday(),
    config.budget.reserve,
    settleReads(found, made, world, input),
    made.steps.length === 0 ? NO_CALLS : callsOf(lookAt(looks, changes, made.steps, new Set())),
    { startMs: Date.parse(madeAt), timezone: head.timezone, share: config.budget.share, looks, changes },
  );
  const over = overRun(bill.toApply.levels, config.budget).map((one) => ({ ...perRunWords(one), severity: 'warning' as const }));
  return assemblePlan(
    {
      head: { ...head, madeAt },
      kinds,
      found,
      made,
      bill,
      coverage: coverageOf(input, world),
      looked: [...world.lists.keys(), ...world.more.keys()].filter((one, index, all) => all.indexOf(one) === index).sort(),
      parts: world.parts,
      managedKinds: managed,
      people: peopleSeen(people.desired, names, state),
      warnings: [...parts.warnings, ...over],
    },
    ports,
  );
};

/** The share of its day that one call takes; of a quota without a day, a millionth part of its rate. */
export const priceOf =
  (quotas: readonly Quota[]) =>
  (operation: ReadName): number => {
    const { level } = operationFacts(operation);
    const shares = quotas
      .filter((quota) => quota.levels.includes(level))
      .map((quota) => (quota.perDay !== null ? 1 / quota.perDay : 1e-6 / (quota.perSecond ?? 1)));
    return Math.max(0, ...shares);
  };

/** What stands below something that is being renamed is known by its new key as well: an app by its group's new name. */
export const learnMoved = (world: LiveWorld, names: NameTable): void => {
  for (const [collection, { resources }] of liveByKind(world, names))
    for (const { key, ids } of resources)
      if (key.length > 1 && names.id(collection, keyName(key)) === null) names.rename(collection, mainId(ids), keyName(key));
};

/** What is said where a run would make more calls than `budget.perRun` allows. */
export const perRunWords = (over: ReturnType<typeof overRun>[number]): Pick<Diagnostic, 'code' | 'message' | 'hint'> => ({
  code: 'BUDGET_PER_RUN',
  message: `Applying this takes ${over.calls} calls of ${over.level}, and budget.perRun lets one run make ${over.allowed}.`,
  hint: `--max-calls ${over.allowed} applies a part now, and the same command goes on later; or raise the limit.`,
});

/** GetMyTenants: the one read that every plan makes. */
export const proveTenant = async (reader: Reader, tenant: string): Promise<void> => {
  const answer = await reader.call('GetMyTenants', {});
  const tenants = rowsAt(answer ?? {}, 'TenantList').map((row) => textOf(row['Id']));
  if (!tenants.includes(tenant))
    throw new EngineError(
      'TENANT_WRONG',
      `The key's account does not belong to tenant ${tenant}${tenants.length > 0 ? `; it belongs to ${tenants.slice(0, 5).join(', ')}` : ''}.`,
      'Check tenant in phinfra.yaml and the access key.',
    );
};

const readDeclared = async (
  { reader, state, isWide }: Pick<PlannerInput, 'reader' | 'state' | 'isWide'>,
  world: LiveWorld,
  names: NameTable,
  desired: readonly Desired[],
): Promise<void> => {
  const matches = matchesOf({ kinds: world.kinds, desired, live: liveByKind(world, names), state });
  await Promise.all(
    world.kinds.map((kind) => {
      const ofKind = matches.filter((one) => one.desired.kind === kind.collection);
      return readEach(
        reader,
        kind,
        ofKind.flatMap((one) => [
          subject(one.live, one.desired, 'compare'),
          ...(isWide ? laterSubjects(kind, one.live, one.desired) : []),
        ]),
        world,
      );
    }),
  );
};

/** What a later plan may ask of a resource, when another field of it differs or no file names it. */
const laterSubjects = (kind: Kind, live: Live, desired: Desired): readonly EachSubject[] => {
  const every = ['', ...kind.fields.map((rule) => rule.path)];
  return [
    subject(live, desired, 'update', every),
    subject(live, { ...desired, spec: {} }, 'update', every),
    subject(live, null, 'delete'),
  ];
};

const candidates = (names: NameTable, desired: readonly Desired[]) => (kind: string) => [
  ...desired.filter((one) => one.kind === kind).map((one) => ({ name: one.key.join('/'), source: one.source })),
  ...names.known(kind).map((name) => ({ name, source: null })),
];

/** Whom this plan has resolved, kept so that a later one knows a renamed person and one who left from one never seen. */
const peopleSeen = (desired: readonly Desired[], names: NameTable, state: State | null): Readonly<Record<string, string>> => {
  const seen: Record<string, string> = { ...state?.people };
  for (const one of desired) {
    const accounts = [
      ...one.people.map((mention) => mention.account),
      ...(one.kind === 'tenantMembers' ? [one.key[0] ?? ''] : []),
    ];
    for (const account of accounts) {
      const id = account.startsWith('id:') ? null : names.userId(account);
      if (id !== null) seen[account] = id;
    }
  }
  return Object.fromEntries(Object.entries(seen).sort(([a], [b]) => (a < b ? -1 : 1)));
};

const coverageOf = (
  { kinds, snapshot, keptNote }: Pick<PlannerInput, 'kinds' | 'snapshot' | 'keptNote'>,
  world: LiveWorld,
): readonly Coverage[] => {
  const kept = keptNote?.() ?? null;
  return kinds.map((kind) => {
    if (!world.kinds.includes(kind))
      return { kind: kind.collection, status: 'not read', note: 'nothing of it is declared or named' };
    if (snapshot !== undefined && isLacking(world, kind))
      return { kind: kind.collection, status: 'not read', note: 'the snapshot does not hold it: nothing of it was compared' };
    const unproven = world.unproven.get(kind.collection)?.size ?? 0;
    if (!isComplete(world, kind) || unproven > 0)
      return {
        kind: kind.collection,
        status: 'incomplete',
        note:
          snapshot !== undefined && unproven > 0
            ? `the snapshot lacks what ${unproven} of them need to be compared`
            : 'a list changed while it was read, twice',
      };
    const notes = [...(snapshot === undefined ? [] : [snapshot]), ...(kept === null ? [] : [kept])];
    for (const rule of kind.fields)
      if (rule.rule === 'writeOnly')
        notes.push(`${rule.path.split('/')[1]}: ${rule.why ?? 'never read'}; compared with what was last sent`);
    const refused = world.unread.get(kind.collection)?.size ?? 0;
    if (refused > 0) notes.push(`not read in part for ${refused} of them: the service shows it to others only`);
    notes.push(...(kind.coverage?.(rowsOfKind(world, kind.collection).more) ?? []));
    return {
      kind: kind.collection,
      status: snapshot === undefined ? 'live' : 'snapshot',
      ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
    };
  });
};

const isLacking = (world: LiveWorld, { collection }: Kind): boolean =>
  world.lists.get(collection)?.isLacking === true ||
  [...(world.more.get(collection)?.values() ?? [])].some((rows) => rows.isLacking);

/** Reads that looking once at every resource with a write would take: its list, its own reads, everybody's names, other names. */
const settleReads = (
  found: ChangesFound,
  made: StepsMade,
  world: LiveWorld,
  { kinds, lookUps }: Pick<PlannerInput, 'kinds' | 'lookUps'>,
): Calls => {
  const pagesOfList = ({ collection, list, more }: Kind | (LookUp & { readonly more?: never })): readonly OperationName[] => [
    ...(list ? Array.from({ length: pagesOf(world.lists.get(collection)?.rows.length ?? 0) }, () => list.operation) : []),
    ...(more ? (world.moreCalls.get(collection) ?? []) : []),
  ];
  const members = kinds.find((kind) => kind.collection === 'tenantMembers');
  const drafts = new Map(found.drafts.map((draft) => [draft.address, draft]));
  const all = made.steps
    .filter((step) => operationFacts(step.operation).kind === 'write')
    // A batch is looked at by one reading of its lists; where it is repeated one by one, each part may be looked at alone.
    .flatMap((step) => [step.serves, ...partsOf(step).map(({ address }) => [address])])
    .flatMap((addresses) => {
      const [draft, ...others] = addresses.flatMap((address) => drafts.get(address) ?? []);
      if (!draft) return [];
      return [
        ...pagesOfList(draft.kind),
        ...(members && members !== draft.kind ? pagesOfList(members) : []),
        ...lookUps
          .filter((one) => draft.desired?.references.some((mention) => mention.kind === one.collection))
          .flatMap(pagesOfList),
        ...kinds
          .filter((one) => draft.kind.namesFrom?.includes(one.collection) && world.kinds.includes(one))
          .flatMap(pagesOfList),
        ...(draft.desired?.parts ?? []).flatMap(([collection, , name]) =>
          (kinds.find((one) => one.collection === collection)?.parts ?? [])
            .filter((part) => part.name === name)
            .map((part) => part.operation),
        ),
        ...[draft, ...others].flatMap((one) =>
          settleEach(one.kind, one.live, one.difference?.after ?? {}).map((read) => read.operation),
        ),
      ];
    });
  return callsOf(all);
};
