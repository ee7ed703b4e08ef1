/** From a loaded workspace to a plan: reads, people, differences, calls, bill. Sends reads only. */
import { accessChange, accessSides } from '../core/access-sides.ts';
import { partsOf } from '../core/batch.ts';
import { addCalls, billOf, callsOf, NO_CALLS, overRun } from '../core/bill.ts';
import type { ChangesFound, KindLive } from '../core/changes.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { EngineError } from '../core/diagnostic.ts';
import type { DiffPorts } from '../core/diff.ts';
import { beyondGuards, type GuardsInput, loosened, NO_GUARDS, stricter } from '../core/guards.ts';
import { byText, isSame, textOf } from '../core/json.ts';
import { type Kind, keyName, type LookUp, rowsAt } from '../core/kind.ts';
import { lookAt } from '../core/looks.ts';
import type { Address, Calls, Coverage, Desired, Plan, Selection, State } from '../core/model.ts';
import type { Lead } from '../core/passages.ts';
import { assemblePlan, type PlanHead } from '../core/plan.ts';
import { type NameTable, pagesOf } from '../core/reads.ts';
import type { PeopleResolved, Resolved } from '../core/resolve.ts';
import { type Chosen, selectionOf } from '../core/selection.ts';
import { ageText } from '../core/snapshot.ts';
import { makeSteps, type StepsMade } from '../core/steps.ts';
import { unclaimedOf } from '../core/unclaimed.ts';
import type { GuardsConfig, Quota, WorkspaceConfig } from '../core/workspace.ts';
import { type OperationName, operationFacts } from '../operations/index.ts';
import type { KeptReads } from './kept-reads.ts';
import { looksOf } from './look-reads.ts';
import { isComplete, type LiveWorld, liveByKind, rowsOfKind, settleEach } from './read-live.ts';
import type { Reader } from './reader.ts';
import { type ReadMemory, rememberReads } from './remember.ts';
import { operationsOf, priceOf, type Seen, seeLiveSurely, wholeOf } from './see-live.ts';

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
  /** What an earlier run may have made and no record tells: it is looked for. */
  readonly begun?: ReadonlySet<Address>;
  readonly warnings: readonly Diagnostic[];
  /** Only these are looked at, with what they need; absent: everything. */
  readonly chosen?: Chosen;
  /** The reads come from a snapshot: what the coverage says of them. */
  readonly snapshot?: string;
  /** Answers of earlier days are among the reads: when those of some operations were given, and what they took. */
  readonly kept?: Pick<KeptReads, 'since' | 'spent'>;
  /** Every single read that could be wanted of what is declared, whatever differs today: a snapshot is planned from later. */
  readonly isWide?: true;
};

/** `memory`: the reads that the plan was made from. */
export type Planned = { readonly plan: Plan | null; readonly diagnostics: readonly Diagnostic[]; readonly memory?: ReadMemory };

/**
 * Makes the plan; errors in the files that only the reads can show come back as diagnostics, and then there is no plan.
 *
 * @throws EngineError TENANT_WRONG, PERMISSION_DENIED, CREDENTIALS_REFUSED, UNREACHABLE, ANSWER_WRONG, THROTTLED, DAY_SPENT
 */
export const makePlan = async (input: PlannerInput): Promise<Planned> => {
  const { kinds, reader, head } = input;
  await proveTenant(reader, head.tenant);
  const memory: ReadMemory = new Map();
  const once = rememberReads(reader, undefined, memory);
  let seen = await seeLiveSurely(input, once);
  if ('diagnostics' in seen) return { plan: null, diagnostics: seen.diagnostics };
  let made = stepsOf(input, seen);
  const between = listsReadBetween(kinds, made);
  if (between.size > 0) {
    once.forget(between);
    seen = await seeLiveSurely(input, once);
    if ('diagnostics' in seen) return { plan: null, diagnostics: seen.diagnostics };
    made = stepsOf(input, seen);
  }
  const { world, people, names, found, scope, otherReasons } = seen;
  const live = liveByKind(world, names);
  const selection = input.chosen && scope ? selectionOf(wholeOf(input), input.chosen, scope, kinds, otherReasons) : null;
  const unclaimed = unclaimedOf(
    input.begun ?? new Set(),
    people.desired,
    input.state,
    [...live.values()].flatMap(({ resources }) => resources),
  );
  const diagnostics = [...input.warnings, ...people.diagnostics, ...found.diagnostics, ...made.diagnostics, ...unclaimed];
  if (diagnostics.some((one) => one.severity === 'error')) return { plan: null, diagnostics };
  const plan = await assemble(input, { world, live, people, names, found, made, selection, warnings: diagnostics });
  return { plan, diagnostics, memory };
};

const stepsOf = ({ kinds, head, config }: PlannerInput, { world, people, names, found }: Seen): StepsMade =>
  makeSteps({
    drafts: found.drafts,
    kinds,
    names,
    addable: world.addable,
    caller: head.caller,
    tenant: head.tenant,
    leads: leadsOf(world.kinds, liveByKind(world, names), people.desired),
    approvals: config.environment.approvals,
    liveCount: (collection) => world.lists.get(collection)?.rows.length ?? 0,
  });

/**
 * Lists that are worth another reading: something is on neither of two that were read one after the other. It may have gone from
 * the second to the first in between, as a person does whom another run adds.
 */
const listsReadBetween = (kinds: readonly Kind[], { diagnostics }: StepsMade): ReadonlySet<OperationName> =>
  new Set(
    kinds.flatMap(({ collection, list, whenMissing }) =>
      list &&
      whenMissing &&
      diagnostics.some(({ code, address }) => code === 'REFERENCE_UNKNOWN' && address?.startsWith(`${collection}/`))
        ? [list.operation]
        : [],
    ),
  );

/** By what was read and what is asked for, also where neither changes. */
const leadsOf = (kinds: readonly Kind[], live: ReadonlyMap<string, KindLive>, desired: readonly Desired[]): readonly Lead[] =>
  kinds.flatMap(({ collection, leads }) =>
    leads
      ? [...(live.get(collection)?.resources ?? []), ...desired.filter((one) => one.kind === collection)].flatMap(
          ({ spec, key }) => leads(spec, key),
        )
      : [],
  );

const assemble = async (
  input: PlannerInput,
  parts: {
    readonly world: LiveWorld;
    readonly live: ReadonlyMap<string, KindLive>;
    readonly people: PeopleResolved;
    readonly names: NameTable;
    readonly found: ChangesFound;
    readonly made: StepsMade;
    readonly selection: Selection | null;
    readonly warnings: readonly Diagnostic[];
  },
): Promise<Plan> => {
  const { config, kinds, reader, state, ports, head, quotas } = input;
  const { world, live, people, names, found, made, selection } = parts;
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
    input.kept ? addCalls(input.kept.spent, reader.spent()) : reader.spent(),
    reader.minimum(),
    await input.usedToday(),
    config.budget.reserve,
    settleReads(found, made, world, input),
    made.steps.length === 0 ? NO_CALLS : callsOf(lookAt(looks, changes, made.steps, new Set())),
    { startMs: Date.parse(madeAt), timezone: head.timezone, share: config.budget.share, looks, changes },
  );
  const over = overRun(bill.toApply.levels, config.budget).map((one) => ({ ...perRunWords(one), severity: 'warning' as const }));
  const hasSteps = (address: string): boolean => (made.byAddress.get(address) ?? []).length > 0;
  const isPartly = (kind: Kind): boolean =>
    kind.list === null && selection?.notLookedAt.some((one) => one.kind === kind.collection) === true;
  const known = { kinds, live, drafts: found.drafts, desired: people.desired, state, isPartly, hasSteps };
  const sides = accessSides(known);
  const access = accessChange(known, sides);
  const deleted = found.drafts.filter(
    ({ action, address }) => (action === 'delete' || action === 'replace') && hasSteps(address),
  );
  const guarded = guardedBy(state, config.guards, {
    deleted: deleted.map(({ address }) => address).sort(),
    access,
    sides,
    caller: head.caller,
  });
  return assemblePlan(
    {
      head: { ...head, madeAt },
      kinds,
      found,
      made,
      bill,
      access,
      ...(guarded ? { guarding: { ...guarded.plan, guarding: config.guards } } : {}),
      coverage: coverageOf(input, world, selection, Date.parse(madeAt)),
      ...(selection ? { selection } : {}),
      looked: [...world.lists.keys(), ...world.more.keys()].filter((one, index, all) => all.indexOf(one) === index).sort(),
      parts: world.parts,
      // Of a part it is not known what else is in no file.
      managedKinds: selection ? new Set() : managed,
      people: peopleSeen(people.desired, names, state),
      warnings: [...parts.warnings, ...over, ...(guarded?.warnings ?? [])],
    },
    ports,
  );
};

/** What the plan goes beyond, by the stricter of the recorded and the written guards; null: there are none. */
const guardedBy = (
  state: State | null,
  written: GuardsConfig,
  plan: Omit<GuardsInput, 'guards' | 'ours'>,
): { readonly plan: Pick<Plan, 'beyond' | 'isProtected'>; readonly warnings: readonly Diagnostic[] } | null => {
  const recorded = state?.guards ?? NO_GUARDS;
  const guards = stricter(recorded, written);
  if (isSame(guards, NO_GUARDS)) return null;
  const looser = loosened(recorded, written);
  return {
    plan: {
      beyond: beyondGuards({ ...plan, guards, ours: Object.keys(state?.resources ?? {}).length }),
      ...(guards.isProtected ? { isProtected: true } : {}),
    },
    warnings:
      looser.length === 0
        ? []
        : [
            {
              code: 'GUARD_LOOSENED',
              severity: 'warning',
              message: `The files loosen guards: ${looser.join(', ')}. The recorded ones hold until the next apply.`,
            },
          ],
  };
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

/** Whom this plan has resolved, kept so that a later one knows a renamed person and one who left from one never seen. */
const peopleSeen = (desired: readonly Desired[], names: NameTable, state: State | null): Readonly<Record<string, string>> => {
  const seen: Record<string, string> = { ...state?.people };
  for (const one of desired) {
    const accounts = [
      ...one.people.map((mention) => mention.account),
      ...(one.kind === 'tenantMembers' ? [keyName(one.key)] : []),
    ];
    for (const account of accounts) {
      const id = account.startsWith('id:') ? null : names.userId(account);
      if (id !== null) seen[account] = id;
    }
  }
  return Object.fromEntries(Object.entries(seen).sort(([a], [b]) => byText(a, b)));
};

const coverageOf = (
  { kinds, snapshot, kept }: Pick<PlannerInput, 'kinds' | 'snapshot' | 'kept'>,
  world: LiveWorld,
  selection: Selection | null,
  nowMs: number,
): readonly Coverage[] =>
  kinds.map((kind) => {
    const leftOut = selection?.notLookedAt.find((one) => one.kind === kind.collection)?.count ?? 0;
    if (!world.kinds.includes(kind))
      return {
        kind: kind.collection,
        status: 'not read',
        note: leftOut > 0 ? `not looked at: ${leftOut} of it, which were not chosen` : 'nothing of it is declared or named',
      };
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
    const at = kept?.since(operationsOf(kind, world)) ?? null;
    const from = snapshot ?? (at === null ? undefined : `of ${at}, ${ageText(nowMs - Date.parse(at))}`);
    const notes = [
      ...(from === undefined ? [] : [from]),
      ...(leftOut > 0 ? [`not looked at: ${leftOut} of it, which were not chosen`] : []),
    ];
    for (const rule of kind.fields)
      if (rule.rule === 'writeOnly')
        notes.push(`${rule.path.split('/')[1]}: ${rule.why ?? 'never read'}; compared with what was last sent`);
    const refused = world.unread.get(kind.collection)?.size ?? 0;
    if (refused > 0) notes.push(`not read in part for ${refused} of them: the service shows it to others only`);
    notes.push(...(kind.coverage?.(rowsOfKind(world, kind.collection).more) ?? []));
    return {
      kind: kind.collection,
      status: from === undefined ? 'live' : 'snapshot',
      ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
    };
  });

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
