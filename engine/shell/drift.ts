/** `drift`: what others changed, by the record alone, from leftover budget, the stalest first (DESIGN 4, 7). Never writes to the service. */

import { CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { type DriftedResource, driftOf, keyOf, liveFinder, shadowOf } from '../core/drift.ts';
import { mainId } from '../core/ids.ts';
import { byText } from '../core/json.ts';
import { type Kind, keyName, type Told } from '../core/kind.ts';
import type { Address, Calls, Live, RecordedResource, State } from '../core/model.ts';
import { nextDayMs } from '../core/quota.ts';
import { eachWanted, type NameTable, recordedOfKind } from '../core/reads.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { readOnlyClient } from './client.ts';
import { createLeftovers, type Leftover } from './leftovers.ts';
import { type Looked, readLooked, writeLooked } from './looked.ts';
import { diagnosticOf, exitOf, exitOfErrors, loadAndResolve, recordFolder, SHAPES } from './offline.ts';
import { storeOf } from './open-store.ts';
import { proveTenant } from './planner.ts';
import { isComplete, type LiveWorld, liveByKind, readEach, readLists, rowsOfKind, subject } from './read-live.ts';
import { createReader, type Reader } from './reader.ts';
import { rememberReads } from './remember.ts';
import { learnMoved, priceOf } from './see-live.ts';
import { type EnginePorts, headOf, openSession, type Session } from './session.ts';
import { readShared } from './share-calls.ts';
import { sha256 } from './sign.ts';
import { checkIdentity } from './state.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type DriftOptions = {
  /** No more calls than this, whatever the budget leaves. */
  readonly maxCalls?: number;
};

/** How well a kind is known after the look. */
export type KindLook = {
  readonly kind: string;
  readonly recorded: number;
  /** How many of them were compared as a whole this time; of the others what the lists show was. */
  readonly compared: number;
  /** `now`: its lists were read this time; `not now`: they were not; `incomplete`: they changed while they were read, twice. */
  readonly status: 'now' | 'not now' | 'incomplete';
  /** The last time that its lists were read; null: never. */
  readonly at: string | null;
  /** Of those with reads of their own, the one that was not read for longest; null: never, absent: there is none. */
  readonly oldest?: string | null;
};
export type NotLooked = { readonly unit: string; readonly at: string | null; readonly why: string };
export type DriftReport = {
  readonly workspace: string;
  readonly environment: string;
  readonly tenant: string;
  readonly endpoint: string;
  readonly deployment: string;
  readonly region: string | null;
  readonly edition: string;
  readonly caller: string | null;
  readonly key: string;
  readonly madeAt: string;
  readonly timezone: string;
  readonly drifted: readonly (DriftedResource & { readonly source?: { readonly file: string; readonly line: number } })[];
  readonly kinds: readonly KindLook[];
  readonly notLooked: readonly NotLooked[];
  readonly spent: Calls;
  readonly budget: readonly Leftover[];
  readonly notBefore: string | null;
};
export type DriftResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** Null where there is no record, or nothing could be asked. */
  readonly report: DriftReport | null;
};

/**
 * Compares every recorded resource with what is live. Only phinfra.yaml must be valid: the other files give places alone.
 *
 * @returns exit 0 also where something drifted; 6 where the budget did not let it look at anything; diagnostics STATE_*,
 * LOOKED_UNUSABLE, and what a read may say
 */
export const drift = async (
  invocation: Invocation,
  options: DriftOptions = {},
  ports: EnginePorts = {},
): Promise<DriftResult> => {
  const loaded = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const { config } = loaded;
  const none = { config, report: null };
  if (config === null || exitOf(loaded.diagnostics) !== 0)
    return { ...none, exit: exitOfErrors(loaded.diagnostics), diagnostics: loaded.diagnostics };
  try {
    const session = openSession(invocation, config, ports, 'drift');
    try {
      const folder = recordFolder(invocation, config);
      const { state } = await readShared(storeOf(invocation, config, ports), config, session.ledger);
      if (state === null) return { ...none, exit: 0, diagnostics: loaded.diagnostics };
      checkIdentity(state, session);
      return await lookAround({ invocation, config, session, state, folder, options, ports }, loaded.diagnostics);
    } finally {
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [...loaded.diagnostics, told] };
  }
};

type Work = {
  readonly invocation: Invocation;
  readonly config: WorkspaceConfig;
  readonly session: Session;
  readonly state: State;
  readonly folder: string;
  readonly options: DriftOptions;
  readonly ports: EnginePorts;
};

const lookAround = async (work: Work, before: readonly Diagnostic[]): Promise<DriftResult> => {
  const { invocation, config, session, state, folder, options, ports } = work;
  const { clock } = session;
  const budget = createLeftovers(session.quotas, await session.ledger.used(), config.budget, options.maxCalls ?? null);
  const plain = createReader({
    ...session,
    client: readOnlyClient(session.client),
    signal: session.until(ports.signal),
    allow: budget.allow,
  });
  const reader = rememberReads(plain, clock);
  const known = await readLooked(folder, state.lineage);
  const head = headOf(invocation, config, session, state, clock, false);
  const look = createLook(work, reader, { day: head.day, tenant: head.tenant });
  const news = { kinds: {} as Record<string, string>, resources: {} as Record<Address, string>, needs: {} as Looked['needs'] };
  const notLooked: NotLooked[] = [];
  let warnings: readonly Diagnostic[] = [];
  try {
    const isProven = await within(() => proveTenant(reader, head.tenant));
    for (const unit of stalestFirst(state, known.looked)) {
      const at = unit.at;
      const needs = known.looked.needs[unit.name];
      const spentBefore = budget.spent();
      const isTooDear = needs !== undefined && budget.left(needs.level) < needs.calls;
      const done = isProven && !isTooDear ? await within(() => look.at(unit)) : false;
      const now = new Date(clock.wallMs()).toISOString();
      if (done && unit.address === null) news.kinds[unit.name] = now;
      else if (done) {
        if (look.hasOwnReads(unit)) news.resources[unit.name] = now;
      } else {
        const refused = budget.refused();
        const isNews = isProven && !isTooDear && refused !== null;
        const least = isNews ? { level: refused.level, calls: refused.calls + budget.spent() - spentBefore } : needs;
        if (isNews && least) news.needs = { ...news.needs, [unit.name]: least };
        const left = least ? budget.left(least.level) : 0;
        const why = least
          ? `takes at least ${least.calls} ${least.calls === 1 ? 'call' : 'calls'} of level ${least.level}, and ${left} may be made now`
          : 'no call may be made now';
        // Of a resource without reads of its own the list tells all; where the list was not read, it stands for its resources.
        if (unit.address === null || look.hasOwnReads(unit)) notLooked.push({ unit: unit.name, at, why });
      }
    }
  } finally {
    await reader.settled();
    const isAny = Object.keys(news.kinds).length + Object.keys(news.resources).length + Object.keys(news.needs).length > 0;
    if (isAny) warnings = await writeLooked(folder, state.lineage, news, new Set(Object.keys(state.resources)));
  }
  const places = await placesOf(invocation, session);
  const found = look.compare();
  const isCut = notLooked.length > 0;
  const report: DriftReport = {
    workspace: head.workspace,
    environment: head.environment,
    tenant: head.tenant,
    endpoint: head.endpoint,
    deployment: head.deployment,
    region: head.region,
    edition: head.edition,
    caller: head.caller,
    key: head.key,
    timezone: head.timezone,
    madeAt: new Date(clock.wallMs()).toISOString(),
    drifted: found.drifted.map((one) => {
      const source = places.get(one.address);
      return source ? { ...one, source } : one;
    }),
    kinds: kindsOf(state, found, { ...known.looked.kinds, ...news.kinds }, { ...known.looked.resources, ...news.resources }),
    notLooked,
    spent: reader.spent(),
    budget: budget.all(),
    notBefore: isCut ? new Date(nextDayMs(clock.wallMs(), config.timezone)).toISOString() : null,
  };
  const isNothing = isCut && found.looked.size === 0;
  return {
    exit: isNothing ? 6 : 0,
    diagnostics: [...before, ...known.warnings, ...warnings, ...session.ledger.warnings()],
    config,
    report,
  };
};

/** True where it was done; false where the budget or the day did not allow it. */
const within = async (work: () => Promise<void>): Promise<boolean> => {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'DAY_SPENT') return false;
    throw error;
  }
};

/** The list of a kind (`address` null), or the reads of one resource alone. */
type Unit = { readonly name: string; readonly kind: Kind; readonly address: Address | null; readonly at: string | null };

/** What was never looked at comes first, then by age; of one age, lists before single reads. */
const stalestFirst = (state: State, looked: Looked): readonly Unit[] => {
  const units = KINDS.flatMap((kind): Unit[] => {
    const addresses = [...recordedOfKind(state, kind.collection).keys()].sort();
    if (addresses.length === 0) return [];
    const list = { name: kind.collection, kind, address: null, at: looked.kinds[kind.collection] ?? null };
    const singles = kind.each.length === 0 ? [] : addresses;
    return [list, ...singles.map((address) => ({ name: address, kind, address, at: looked.resources[address] ?? null }))];
  });
  const order = (unit: Unit): string => `${unit.at ?? ''} ${unit.address === null ? 0 : 1}`;
  return units
    .map((unit, index) => ({ unit, index }))
    .sort((a, b) => (order(a.unit) === order(b.unit) ? a.index - b.index : order(a.unit) < order(b.unit) ? -1 : 1))
    .map(({ unit }) => unit);
};

/** The lists of one kind, and of what it names. */
type Opened = {
  readonly world: LiveWorld;
  readonly names: NameTable;
  readonly kind: Kind;
  readonly find: ReturnType<typeof liveFinder>;
};
type Compared = {
  readonly drifted: readonly DriftedResource[];
  /** Collections whose lists were read. */
  readonly looked: ReadonlySet<string>;
  readonly incomplete: ReadonlySet<string>;
  /** Addresses that were compared as a whole. */
  readonly whole: ReadonlySet<Address>;
  /** Addresses with reads of their own, as far as that is known. */
  readonly singles: ReadonlySet<Address>;
};

/** What was read so far, kind by kind; lists that several kinds need are read once. */
const createLook = (
  { session, state, config }: Work,
  reader: Reader,
  context: { readonly day: string; readonly tenant: string },
) => {
  const worlds = new Map<string, Opened>();
  const singles = new Set<Address>();
  // Who could be added is of no account here.
  const kinds = KINDS.map((kind) => ({ ...kind, whenMissing: null }));

  const open = async (collection: string): Promise<Opened> => {
    const there = worlds.get(collection);
    if (there) return there;
    const recorded = recordedOfKind(state, collection);
    const kind = kinds.find((one) => one.collection === collection) as Kind;
    const world = await readLists({
      reader,
      kinds,
      lookUps: LOOK_UPS,
      desired: [...recorded].map(([address, resource]) => shadowOf(kind, address, resource)),
      state: { ...state, resources: Object.fromEntries(recorded) },
      context,
      price: priceOf(session.quotas),
    });
    const names = namesOf(world, state);
    const opened = { world, names, kind, find: liveFinder(kind, resourcesOf(world, names, collection)) };
    worlds.set(collection, opened);
    return opened;
  };
  const resourcesOf = (world: LiveWorld, names: NameTable, collection: string): readonly Live[] =>
    liveByKind(world, names).get(collection)?.resources ?? [];
  const subjectOf = ({ kind, find }: Opened, address: Address, recorded: RecordedResource) => {
    const live = find(address, recorded);
    return live ? subject(live, shadowOf(kind, address, recorded), 'compare') : null;
  };
  const missing = ({ kind, world }: Opened, one: ReturnType<typeof subjectOf>): boolean =>
    one !== null && eachWanted(kind, [one], world.each.get(kind.collection) ?? new Map()).length > 0;

  return {
    at: async ({ kind: { collection }, address }: Unit): Promise<void> => {
      const opened = await open(collection);
      const recorded = address === null ? undefined : state.resources[address];
      if (address === null || !recorded) return;
      const one = subjectOf(opened, address, recorded);
      if (one === null || !missing(opened, one)) return;
      singles.add(address);
      await readEach(reader, opened.kind, [one], opened.world);
    },
    /** False too where its list was not read, and nobody knows. */
    hasOwnReads: ({ kind: { collection }, address }: Unit): boolean => {
      const opened = worlds.get(collection);
      const recorded = address === null ? undefined : state.resources[address];
      if (!opened || address === null || !recorded) return false;
      return singles.has(address) || missing(opened, subjectOf(opened, address, recorded));
    },
    compare: (): Compared => {
      const drifted: DriftedResource[] = [];
      const incomplete = new Set<string>();
      const whole = new Set<Address>();
      for (const [collection, opened] of worlds) {
        const { world, names, kind } = opened;
        if (!isComplete(world, kind)) {
          incomplete.add(collection);
          continue;
        }
        const find = liveFinder(kind, resourcesOf(world, names, collection));
        const told = toldOf(kind, world, names);
        for (const [address, recorded] of recordedOfKind(state, collection)) {
          const live = find(address, recorded);
          const id = mainId(live?.ids);
          if (live && world.unproven.get(collection)?.has(id)) continue;
          const isWhole = !missing(opened, subjectOf(opened, address, recorded));
          if (isWhole) whole.add(address);
          const found = driftOf(
            {
              kind,
              address,
              recorded,
              live,
              isWhole,
              unread: world.unread.get(collection)?.get(id) ?? new Map(),
              told: told.get(id) ?? [],
              names,
              timezone: config.timezone,
            },
            sha256,
          );
          if (found) drifted.push(found);
        }
      }
      const looked = new Set([...worlds.keys()].filter((one) => !incomplete.has(one)));
      return { drifted: drifted.sort((a, b) => byText(a.address, b.address)), looked, incomplete, whole, singles };
    },
  };
};

/** Names as the record has them: of people who have another name now, and of what was renamed outside. */
const namesOf = (world: LiveWorld, state: State): NameTable => {
  const members = world.names(new Map()).members();
  const nameNow = new Map([...members].map(([account, id]) => [id, account]));
  const isKnown = (account: string | undefined): boolean => account !== undefined && state.people[account] !== undefined;
  const aliases = new Map(
    Object.entries(state.people).flatMap(([account, id]) => {
      const now = nameNow.get(id);
      // Who left keeps the recorded name, unless somebody else has it now.
      const isAlias = now === undefined ? !members.has(account) : now !== account && !isKnown(now);
      return isAlias ? [[id, account] as const] : [];
    }),
  );
  const names = world.names(aliases);
  for (const [collection, { resources }] of liveByKind(world, names)) {
    const byId = new Map(resources.map((one) => [mainId(one.ids), one]));
    for (const [address, { ids }] of recordedOfKind(state, collection)) {
      const live = byId.get(mainId(ids));
      if (live && !live.isBare && live.address !== address) names.rename(collection, mainId(ids), keyName(keyOf(address)));
    }
  }
  learnMoved(world, names);
  return names;
};

/** What the rows tell of who and when, by the resource's id. */
const toldOf = (kind: Kind, world: LiveWorld, names: NameTable): ReadonlyMap<string, readonly Told[]> => {
  const found = new Map<string, Told[]>();
  const note = (id: string, told: Told): void => {
    found.set(id, [...(found.get(id) ?? []), told]);
  };
  for (const row of rowsOfKind(world, kind.collection).rows)
    for (const told of kind.told?.(row, null, names) ?? []) note(told.id, told);
  for (const [id, reads] of world.each.get(kind.collection) ?? [])
    for (const [read, rows] of Object.entries(reads))
      for (const row of rows) for (const told of kind.told?.(row, read, names) ?? []) note(id, told);
  return found;
};

const kindsOf = (
  state: State,
  { looked, incomplete, whole, singles }: Compared,
  kindsAt: Looked['kinds'],
  resourcesAt: Looked['resources'],
): readonly KindLook[] =>
  KINDS.flatMap(({ collection }) => {
    const addresses = [...recordedOfKind(state, collection).keys()];
    if (addresses.length === 0) return [];
    const own = addresses.filter(
      (address) => singles.has(address) || (resourcesAt[address] !== undefined && !whole.has(address)),
    );
    const ages = own.map((address) => resourcesAt[address] ?? '').sort();
    return [
      {
        kind: collection,
        recorded: addresses.length,
        compared: addresses.filter((address) => whole.has(address)).length,
        status: looked.has(collection) ? 'now' : incomplete.has(collection) ? 'incomplete' : 'not now',
        at: kindsAt[collection] ?? null,
        ...(own.length > 0 ? { oldest: ages[0] || null } : {}),
      } as const,
    ];
  });

/** Where the files write it, as far as they can be read: errors in them are a plan's to tell. */
const placesOf = async (
  invocation: Invocation,
  { clock }: Session,
): Promise<ReadonlyMap<Address, { readonly file: string; readonly line: number }>> => {
  const { resolved, diagnostics } = await loadAndResolve(invocation, clock);
  if (!resolved || exitOf(diagnostics) !== 0) return new Map();
  return new Map(resolved.desired.map(({ address, source }) => [address, { file: source.file, line: source.line }]));
};
