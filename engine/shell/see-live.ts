/** The live world of a plan: its reads, the people and names that they tell, and what differs. */
import { type ChangesFound, findChanges, type KindLive, matchesOf, renamesOf } from '../core/changes.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { holdAdoptions } from '../core/hold-adoptions.ts';
import { mainId } from '../core/ids.ts';
import { getAt } from '../core/json.ts';
import { type EachSubject, type Kind, keyName } from '../core/kind.ts';
import { isSomethingMissing } from '../core/missing.ts';
import type { Address, Desired, Live, State } from '../core/model.ts';
import { type Kept, keepOnly } from '../core/only.ts';
import { dayOf } from '../core/quota.ts';
import { type NameTable, recordedOfKind } from '../core/reads.ts';
import { type PeopleResolved, resolvePeople, unknownReferences } from '../core/resolve.ts';
import { firstScope, needsOf, type Scope, type Whole, widen, within } from '../core/selection.ts';
import type { Quota } from '../core/workspace.ts';
import { type OperationName, operationFacts, type ReadName } from '../operations/index.ts';
import type { PlannerInput } from './planner.ts';
import { type LiveWorld, liveByKind, NO_CONTACTS, readEach, readLists, subject, subjectsOf } from './read-live.ts';
import type { Reader } from './reader.ts';
import type { RememberingReader } from './remember.ts';

export type Seen = {
  readonly world: LiveWorld;
  readonly people: PeopleResolved;
  readonly names: NameTable;
  readonly found: ChangesFound;
  /** What was looked at; null: everything. */
  readonly scope: Scope | null;
  /** Of these there are differences for reasons that were not asked for. */
  readonly otherReasons: readonly Address[];
};

/**
 * The reads, and once more those of kinds that do not show something of ours, when lists have caught up: one answer that does
 * not show it proves nothing (RELIABILITY 3.4, G22).
 *
 * @param once remembers the reads of this plan
 * @throws EngineError as the reader does
 */
export const seeLiveSurely = async (
  input: PlannerInput,
  once: RememberingReader,
): Promise<Seen | { readonly diagnostics: readonly Diagnostic[] }> => {
  let seen = await seeLive(input, once);
  if ('diagnostics' in seen) return seen;
  const withoutContacts = input.kept ? kindsWithoutContacts(seen) : [];
  if (withoutContacts.length > 0) {
    const { world } = seen;
    once.forget(new Set(withoutContacts.flatMap((kind) => operationsOf(kind, world))));
    seen = await seeLive(input, once);
    if ('diagnostics' in seen) return seen;
  }
  const { world } = seen;
  const missing = missingKinds(seen, partOf(input, seen.scope).state);
  if (missing.length === 0) return seen;
  once.forget(new Set(missing.flatMap((kind) => operationsOf(kind, world))));
  await input.pause();
  return seeLive(input, once);
};

/** The reads, and what they come to; errors in the files that only reads can show instead. */
const seeLive = async (input: PlannerInput, reader: Reader): Promise<Seen | { readonly diagnostics: readonly Diagnostic[] }> => {
  const { config, kinds, lookUps, resolved, state, ports, head } = input;
  const wanted = wholeOf(input).desired;
  const { world, scope } = await readScope(input, reader);
  const part = partOf(input, scope);
  const bare = world.names(new Map());
  const known = { members: bare.members(), addable: world.addable, recorded: state?.people ?? {} };
  const people = withOthers(resolvePeople(part.desired, known), wanted, scope);
  const names = world.names(people.aliases);
  const isAsked = new Set(part.desired.flatMap((one) => one.references));
  const unknown = head.destroy
    ? []
    : unknownReferences(
        scope ? resolved.external.filter((mention) => isAsked.has(mention)) : resolved.external,
        [...kinds, ...lookUps],
        (kind, name) => names.id(kind, name) !== null,
        candidates(names, wanted),
      );
  const errors = [...people.diagnostics.filter((one) => one.severity === 'error'), ...unknown];
  if (errors.length > 0)
    return {
      diagnostics: [...input.warnings, ...people.diagnostics.filter((one) => one.severity !== 'error'), ...errors],
    };

  const only = input.chosen?.asked.only;
  const find = (): Kept => {
    const all = findChanges(
      {
        kinds: world.kinds,
        desired: people.desired,
        live: liveByKind(world, names),
        state,
        drift: config.environment.drift,
        exclusive: config.exclusive,
        released: config.released,
        caller: head.caller,
        gone: people.gone,
        pushSecrets: input.pushSecrets,
        ...(input.begun ? { begun: input.begun } : {}),
        dayOf: (iso) => dayOf(Date.parse(iso), head.timezone),
        ...(scope ? { scope: scope.addresses } : {}),
        ...(only ? { only } : {}),
      },
      ports,
    );
    return only ? keepOnly(all, only, state) : { found: all, otherReasons: [] };
  };
  for (const { kind, id, name } of renamesOf({
    kinds: world.kinds,
    desired: people.desired,
    live: liveByKind(world, names),
    state,
  }))
    names.rename(kind, id, name);
  learnMoved(world, names);
  await readDeclared({ ...input, reader }, world, names, people.desired, scope);
  let kept = find();
  // An update sends what the files do not give, a delete asks first: both look once more at the single resource.
  const looked = await Promise.all(world.kinds.map((kind) => readEach(reader, kind, subjectsOf(kept.found.drafts, kind), world)));
  if (looked.some(Boolean)) kept = find();
  const sendable = holdUnread(kept.found, liveByKind(world, names));
  const isProtected = config.environment.isProtected || state?.guards?.isProtected === true;
  const found = isProtected ? holdAdoptions(sendable, config.environment.adopt) : sendable;
  return { world, people, names, found, scope, otherReasons: kept.otherReasons };
};

/** Everything that the plan is about. */
export const wholeOf = ({ head, resolved, state }: Pick<PlannerInput, 'head' | 'resolved' | 'state'>): Whole => ({
  desired: head.destroy ? [] : resolved.desired,
  state,
});
const partOf = (input: PlannerInput, scope: Scope | null): Whole =>
  scope ? within(wholeOf(input), scope.addresses) : wholeOf(input);

/** The lists of what was chosen; and, as long as they show that it needs something else, of that as well. */
const readScope = async (
  input: PlannerInput,
  reader: Reader,
): Promise<{ readonly world: LiveWorld; readonly scope: Scope | null }> => {
  const { kinds, lookUps, head, chosen, ports } = input;
  const whole = wholeOf(input);
  const read = ({ desired, state }: Whole): Promise<LiveWorld> =>
    readLists({
      reader,
      kinds,
      lookUps,
      desired,
      state,
      context: { day: head.day, tenant: head.tenant },
      price: priceOf(input.quotas),
      ...(chosen ? { whole } : {}),
      ...(input.begun ? { begun: input.begun } : {}),
    });
  if (!chosen) return { world: await read(whole), scope: null };
  for (let scope = firstScope(chosen); ; ) {
    const world = await read(within(whole, scope.addresses));
    const names = world.names(new Map());
    const live = liveByKind(world, names);
    const wider = widen(scope, chosen, needsOf({ whole, scope: scope.addresses, kinds, live, names, hash: ports.hash }));
    if (wider === scope) return { world, scope };
    scope = wider;
  }
};

/** Those that are not looked at are declared all the same. */
const withOthers = (people: PeopleResolved, wanted: readonly Desired[], scope: Scope | null): PeopleResolved =>
  scope ? { ...people, desired: [...people.desired, ...wanted.filter((one) => !scope.addresses.has(one.address))] } : people;

/** Kinds of which the reads do not show something that is ours. */
const missingKinds = ({ world, names }: Seen, state: State | null): readonly Kind[] => {
  if (state === null) return [];
  const live = liveByKind(world, names);
  return world.kinds.filter((kind) => {
    const of = live.get(kind.collection);
    return of !== undefined && isSomethingMissing(kind, of, recordedOfKind(state, kind.collection));
  });
};

/** Kinds of which an earlier day has read contact data, and left them out, that are compared or sent along today. */
const kindsWithoutContacts = ({ world, names, people, found }: Seen): readonly Kind[] => {
  const live = liveByKind(world, names);
  return world.kinds.filter((kind) => {
    const contacts = kind.fields.filter((rule) => rule.contact).map((rule) => rule.path);
    const out = [...(live.get(kind.collection)?.unread?.values() ?? [])].some((why) => [...why.values()].includes(NO_CONTACTS));
    if (!out) return false;
    const isDeclared = people.desired.some(
      (one) => one.kind === kind.collection && contacts.some((path) => getAt(one.spec, path) !== undefined),
    );
    return (
      isDeclared || found.drafts.some((one) => one.kind === kind && one.guards.some(({ code }) => code === 'CONTACTS_UNREAD'))
    );
  });
};

/** Every read that is made of a kind. */
export const operationsOf = (kind: Kind, world: LiveWorld): readonly OperationName[] => [
  ...(kind.list ? [kind.list.operation] : []),
  ...(world.moreCalls.get(kind.collection) ?? []),
  ...kind.each.map((read) => read.operation),
];

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

/** What stands below something that is being renamed is known by its new key as well: an app by its group's new name. */
export const learnMoved = (world: LiveWorld, names: NameTable): void => {
  for (const [collection, { resources }] of liveByKind(world, names))
    for (const { key, ids } of resources)
      if (key.length > 1 && names.id(collection, keyName(key)) === null) names.rename(collection, mainId(ids), keyName(key));
};

const readDeclared = async (
  { reader, state, isWide }: Pick<PlannerInput, 'reader' | 'state' | 'isWide'>,
  world: LiveWorld,
  names: NameTable,
  desired: readonly Desired[],
  scope: Scope | null,
): Promise<void> => {
  const matches = matchesOf({ kinds: world.kinds, desired, live: liveByKind(world, names), state }).filter(
    (one) => scope?.addresses.has(one.desired.address) !== false,
  );
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

const candidates = (names: NameTable, desired: readonly Desired[]) => (kind: string) => [
  ...desired.filter((one) => one.kind === kind).map((one) => ({ name: one.key.join('/'), source: one.source })),
  ...names.known(kind).map((name) => ({ name, source: null })),
];

/** What a later plan may ask of a resource, when another field of it differs or no file names it. */
const laterSubjects = (kind: Kind, live: Live, desired: Desired): readonly EachSubject[] => {
  const every = ['', ...kind.fields.map((rule) => rule.path)];
  return [
    subject(live, desired, 'update', every),
    subject(live, { ...desired, spec: {} }, 'update', every),
    subject(live, null, 'delete'),
  ];
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
