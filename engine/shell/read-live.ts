/** Live resources, by level, in the fewest calls (RESOURCES 5). */
import type { ChangeDraft, KindLive } from '../core/changes.ts';
import { mainId } from '../core/ids.ts';
import { byText, canonical, getAt, textOf, withAt } from '../core/json.ts';
import type { EachRows, EachSubject, Kind, ListRead, LookUp, MoreInput } from '../core/kind.ts';
import type { Address, Change, Desired, Live, Pointer, State } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import {
  eachWanted,
  type KindRows,
  keysOf,
  type LiveContext,
  learnFrom,
  liveOf,
  missingDeclared,
  type NameTable,
  NO_ROWS,
  nameTable,
  partKind,
  recordedOfKind,
  recordedParts,
  wantedLists,
} from '../core/reads.ts';
import { type Whole, wantedOfPart } from '../core/selection.ts';
import { LEFT_OUT } from '../core/snapshot-redact.ts';
import type { ReadName } from '../operations/index.ts';
import type { Reader, Rows } from './reader.ts';

export type LiveWorld = {
  readonly kinds: readonly Kind[];
  /** Lists as they came, by collection; look-ups among them. */
  readonly lists: ReadonlyMap<string, Rows>;
  /** Further lists of kinds: collection -> name -> rows. */
  readonly more: ReadonlyMap<string, ReadonlyMap<string, Rows>>;
  /** The calls that the further lists of a kind took. */
  readonly moreCalls: ReadonlyMap<string, readonly ReadName[]>;
  /** Rows of single resources' reads: collection -> id -> read -> rows. */
  readonly each: Map<string, Map<string, EachRows>>;
  /** Resources of which a list of their own could not be proven complete: collection -> ids. */
  readonly unproven: Map<string, Set<string>>;
  /** What the service refused to show: collection -> id -> pointer -> why. */
  readonly unread: Map<string, Map<string, Map<Pointer, string>>>;
  readonly addable: ReadonlyMap<string, string>;
  /** The further ids that were read. */
  readonly parts: Desired['parts'];
  /** Lists of the collection were read. */
  readonly looked: (collection: string) => boolean;
  /** Names with the aliases of people whose account has another name now. */
  readonly names: (aliases: ReadonlyMap<string, string>) => NameTable;
  readonly context: LiveContext;
};

/** Why contact data are not compared. */
export const NO_CONTACTS = 'a snapshot leaves contact data out';

export type ListsInput = {
  readonly reader: Reader;
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
  readonly desired: readonly Desired[];
  readonly state: State | null;
  readonly context: Omit<LiveContext, 'keys'>;
  readonly price: (operation: ReadName) => number;
  /** A look during an apply, at what these changes were made from: who could be added is of no account. */
  readonly again?: readonly Change[];
  /** Addresses that an earlier run may have made. */
  readonly begun?: ReadonlySet<Address>;
  /** `desired` and `state` are a part of this: a kind that reads as a whole is read in the way that all of it would be. */
  readonly whole?: Whole;
};

/**
 * The lists: of everything declared, recorded or named; then the addable users, where a declared member is not live; the
 * further ids that somebody names; and the lists that follow from all these. The same list is read once.
 */
export const readLists = async (input: ListsInput): Promise<LiveWorld> => {
  const { reader, kinds, lookUps, desired, state } = input;
  const context: LiveContext = { day: input.context.day, tenant: input.context.tenant, keys: keysOf(desired, state) };
  const wanted = input.whole
    ? wantedOfPart(kinds, lookUps, input, input.whole)
    : wantedLists(kinds, lookUps, desired, state, input.begun);
  const read = once(reader);
  const lists = new Map(
    await Promise.all(
      [...wanted.kinds, ...wanted.lookUps].flatMap((one) =>
        one.list ? [read(one.list).then((rows) => [one.collection, rows] as const)] : [],
      ),
    ),
  );
  const more = new Map<string, Map<string, Rows>>();
  const moreCalls = new Map<string, ReadName[]>();
  const learnt: (readonly [string, string, string])[] = [];
  const rowsOf = (kind: Kind | LookUp): KindRows => kindRows(lists.get(kind.collection), more.get(kind.collection));
  const names = (aliases: ReadonlyMap<string, string>): NameTable => {
    const table = nameTable(aliases);
    for (const kind of wanted.kinds) learnFrom(table, kind, rowsOf(kind));
    for (const one of wanted.lookUps) for (const row of rowsOf(one).rows) table.learn(one.names(row));
    table.learn(learnt);
    return table;
  };
  const addable = new Map<string, string>();
  let table = names(new Map());
  for (const kind of wanted.kinds) {
    if (
      input.again ||
      !kind.whenMissing ||
      !missingDeclared(kind, desired, liveOf(kind, rowsOf(kind), new Map(), table, context))
    )
      continue;
    const { rows } = await read(kind.whenMissing);
    for (const row of rows) for (const [, name, id] of kind.names(row)) addable.set(name, id);
  }
  const parts = partsToRead([...desired.flatMap((one) => one.parts), ...recordedParts(state)], table);
  learnt.push(...(await readParts(reader, wanted.kinds, parts, table)));
  table = names(new Map());
  for (let isNew = true; isNew; table = names(new Map()))
    isNew = (
      await Promise.all(wanted.kinds.map((kind) => readMore(kind, input, rowsOf(kind), table, { more, moreCalls, read })))
    ).some(Boolean);
  return {
    kinds: wanted.kinds,
    lists,
    more,
    moreCalls,
    each: new Map(),
    unproven: new Map(),
    unread: new Map(),
    addable,
    parts,
    looked: (collection) => lists.has(collection) || more.has(collection),
    names,
    context,
  };
};

const kindRows = (list: Rows | undefined, more: ReadonlyMap<string, Rows> | undefined): KindRows =>
  list === undefined && more === undefined
    ? NO_ROWS
    : {
        rows: list?.rows ?? [],
        more: new Map([...(more ?? [])].map(([name, rows]) => [name, rows.isGivenUp ? null : rows.rows])),
      };

/** Two kinds may begin with the same list. */
const once = (reader: Reader): ((list: ListRead & { readonly mostPages?: number }) => Promise<Rows>) => {
  const made = new Map<string, Promise<Rows>>();
  return (list) => {
    const key = `${list.operation} ${canonical(list.request)}`;
    const there = made.get(key) ?? reader.list(list, list.request);
    made.set(key, there);
    return there;
  };
};

/** The further ids that are named, of resources that are live. */
const partsToRead = (named: Desired['parts'], names: NameTable): Desired['parts'] =>
  [...new Map(named.map((part) => [part.join(' '), part])).values()]
    .filter(([collection, name]) => names.id(collection, name) !== null)
    .sort((a, b) => byText(a.join(' '), b.join(' ')));

/** One call each. */
const readParts = async (
  reader: Reader,
  kinds: readonly Kind[],
  parts: Desired['parts'],
  names: NameTable,
): Promise<readonly (readonly [string, string, string])[]> => {
  const read = await Promise.all(
    parts.map(async ([collection, name, partName]) => {
      const part = kinds.find((kind) => kind.collection === collection)?.parts?.find((one) => one.name === partName);
      const id = names.id(collection, name);
      if (!part || id === null) return [];
      const answer = await reader.call(part.operation, part.request(id));
      return [[partKind(collection, partName), name, textOf(getAt(answer ?? {}, part.at))] as const];
    }),
  );
  return read.flat();
};

/** Makes the further lists of a kind that are wanted by now; whether there were any. */
const readMore = async (
  kind: Kind,
  { desired, state, context, price, again, whole }: ListsInput,
  { rows, more }: KindRows,
  names: NameTable,
  made: {
    readonly more: Map<string, Map<string, Rows>>;
    readonly moreCalls: Map<string, ReadName[]>;
    readonly read: ReturnType<typeof once>;
  },
): Promise<boolean> => {
  if (!kind.more) return false;
  const input: MoreInput = {
    rows,
    more,
    desired: desired.filter((one) => one.kind === kind.collection),
    recorded: recordedOfKind(state, kind.collection),
    names,
    tenant: context.tenant,
    price,
    shown: again
      ? again
          .filter((change) => change.kind === kind.collection)
          .map(({ key, ids, before }) => ({ key, ids: ids ?? {}, spec: before ?? {} }))
      : null,
    ...(whole && kind.readsAsWhole
      ? {
          whole: {
            desired: whole.desired.filter((one) => one.kind === kind.collection),
            recorded: recordedOfKind(whole.state, kind.collection),
          },
        }
      : {}),
  };
  const wanted = kind.more(input).filter((one) => !more.has(one.name));
  const found = await Promise.all(wanted.map(async (one) => [one.name, await made.read(one)] as const));
  made.more.set(kind.collection, new Map([...(made.more.get(kind.collection) ?? []), ...found]));
  const calls = wanted.flatMap((one, index) => Array.from({ length: found[index]?.[1].pages ?? 0 }, () => one.operation));
  made.moreCalls.set(kind.collection, [...(made.moreCalls.get(kind.collection) ?? []), ...calls]);
  return found.length > 0;
};

/** Every list of every kind was proven complete. */
export const isAllComplete = (world: LiveWorld): boolean =>
  [...world.lists.values(), ...[...world.more.values()].flatMap((more) => [...more.values()])].every((rows) => rows.isComplete) &&
  [...world.unproven.values()].every((ids) => ids.size === 0);

export const rowsOfKind = (world: LiveWorld, collection: string): KindRows =>
  kindRows(world.lists.get(collection), world.more.get(collection));

export const isComplete = (world: LiveWorld, kind: Kind): boolean =>
  (kind.list === null || (world.lists.get(kind.collection)?.isComplete ?? false)) &&
  [...(world.more.get(kind.collection)?.values() ?? [])].every((rows) => rows.isComplete);

/** What is known of every kind, with the rows of single reads put in. */
export const liveByKind = (world: LiveWorld, names: NameTable): ReadonlyMap<string, KindLive> =>
  new Map(
    world.kinds.map((kind) => {
      const rows = rowsOfKind(world, kind.collection);
      const all = liveOf(kind, rows, world.each.get(kind.collection) ?? new Map(), names, world.context);
      const seen = withoutLeftOut(kind, all);
      return [
        kind.collection,
        {
          resources: seen.resources,
          isComplete: isComplete(world, kind),
          unproven: world.unproven.get(kind.collection) ?? new Set(),
          unread: new Map([...(world.unread.get(kind.collection) ?? []), ...seen.unread]),
        },
      ];
    }),
  );

/** Contact data that a snapshot leaves out were not read: they are no text that is live. */
const withoutLeftOut = (
  kind: Kind,
  all: readonly Live[],
): { readonly resources: readonly Live[]; readonly unread: ReadonlyMap<string, ReadonlyMap<Pointer, string>> } => {
  const paths = kind.fields.filter((rule) => rule.contact).map((rule) => rule.path);
  const unread = new Map<string, ReadonlyMap<Pointer, string>>();
  const resources = all.map((live) => {
    const out = paths.filter((path) => getAt(live.spec, path) === LEFT_OUT);
    if (out.length === 0) return live;
    unread.set(mainId(live.ids), new Map(out.map((path) => [path, NO_CONTACTS])));
    return { ...live, spec: out.reduce((spec, path) => withAt(spec, path, undefined), live.spec) };
  });
  return { resources, unread };
};

/** Sends the single reads that the subjects want; returns whether there were any. */
export const readEach = async (
  reader: Reader,
  kind: Kind,
  subjects: readonly EachSubject[],
  world: LiveWorld,
): Promise<boolean> => {
  const made = world.each.get(kind.collection) ?? new Map<string, EachRows>();
  world.each.set(kind.collection, made);
  const wanted = eachWanted(kind, subjects, made);
  const read = await Promise.all(
    wanted.map(async ({ subject, read: one }) => ({
      id: mainId(subject.ids),
      one,
      ...(await reader.list(one, one.request(subject))),
    })),
  );
  const unproven = world.unproven.get(kind.collection) ?? new Set<string>();
  world.unproven.set(kind.collection, unproven);
  const unread = world.unread.get(kind.collection) ?? new Map<string, Map<Pointer, string>>();
  world.unread.set(kind.collection, unread);
  for (const { id, one, rows, isComplete: isProven, refused } of read) {
    made.set(id, { ...made.get(id), [one.name]: rows });
    if (!isProven) unproven.add(id);
    if (refused !== undefined)
      unread.set(id, new Map([...(unread.get(id) ?? []), ...(one.refusals?.shows ?? []).map((at) => [at, refused] as const)]));
  }
  return wanted.length > 0;
};

/** Why the single resources of a change are looked at before its calls are made. */
export const subjectsOf = (drafts: readonly ChangeDraft[], kind: Kind): readonly EachSubject[] =>
  drafts
    .filter(
      (draft) =>
        draft.kind === kind &&
        !draft.isHeld &&
        draft.live !== null &&
        (draft.action === 'update' || draft.action === 'delete' || draft.action === 'replace'),
    )
    .map((draft) =>
      subject(
        draft.live as Live,
        draft.desired,
        draft.action === 'update' ? 'update' : 'delete',
        draft.fields.filter((one) => one.stands !== true).map((one) => one.pointer),
      ),
    );

export const subject = (
  live: Live,
  desired: Desired | null,
  intent: EachSubject['intent'],
  touches: readonly string[] = [],
): EachSubject => ({
  ids: live.ids,
  key: live.key,
  desired,
  live,
  intent,
  touches,
});

/** Reads of a single resource that show whether a step has happened: those of a comparison with what it was to become. */
export const settleEach = (kind: Kind, live: Live | null, after: JsonObject): Kind['each'] => {
  const desired = wantedAs(kind, after);
  const at = live ?? { kind: kind.collection, key: [], address: '', ids: {}, spec: after, extra: {} };
  return kind.each.filter((read) => read.wanted(subject(at, desired, 'compare')));
};

/** A desired resource that asks for nothing but the normal form. */
export const wantedAs = (kind: Kind, spec: JsonObject, key: readonly string[] = []): Desired => {
  const source = { file: '', line: 1, column: 1 };
  return {
    kind: kind.collection,
    key,
    address: '',
    source,
    sourceOf: () => source,
    spec,
    lifecycle: { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null },
    renamedFrom: null,
    people: [],
    listsPeople: false,
    references: [],
    parts: [],
    expired: [],
    causes: {},
  };
};
