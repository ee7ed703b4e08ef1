/** Which reads a plan needs, and what their rows mean (RESOURCES 5). Pure: `shell/read-live.ts` sends them. */
import type { OperationFacts } from '../operations/index.ts';
import { liveAddress } from './changes.ts';
import { mainId } from './ids.ts';
import { canonical, decodePart, getAt, isObject, lastOf, pointerOf, withAt } from './json.ts';
import type { EachRead, EachRows, EachSubject, Kind, LookUp, MoreRows, Names, PrincipalSort } from './kind.ts';
import type { Address, Desired, Live, RecordedResource, State } from './model.ts';
import type { Json, JsonObject } from './ports.ts';

export const PAGE_SIZE = 50;

const pathOf = (dotted: string): string => pointerOf(...dotted.split('.'));

/** The request of one page: number and size at the places that the catalogue names. */
export const pageRequest = (
  request: JsonObject,
  page: NonNullable<OperationFacts['page']>,
  number: number,
  size: number = PAGE_SIZE,
): JsonObject => withAt(withAt(request, pathOf(page.page), number), pathOf(page.size), size);

/** The total that a page tells; null where the answer has none. */
export const totalOf = (answer: JsonObject, page: NonNullable<OperationFacts['page']>): number | null => {
  const total = getAt(answer, pathOf(page.total));
  return typeof total === 'number' && Number.isInteger(total) && total >= 0 ? total : null;
};

export const pagesOf = (total: number, size: number = PAGE_SIZE): number => Math.max(1, Math.ceil(total / size));

/** Complete: every page told the same total, no identity came twice, the count fits. */
export const isComplete = (totals: readonly (number | null)[], identities: readonly string[]): boolean => {
  const [total] = totals;
  return (
    total !== null &&
    total !== undefined &&
    totals.every((one) => one === total) &&
    identities.length === total &&
    new Set(identities).size === total
  );
};

export type Wanted = {
  /** Kinds whose lists are read. */
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
};

/**
 * The lists of a plan: of what is declared or recorded, of what is named, and of the members as soon as anybody is named.
 *
 * @param begun addresses that an earlier run may have made
 */
export const wantedLists = (
  kinds: readonly Kind[],
  lookUps: readonly LookUp[],
  desired: readonly Desired[],
  state: State | null,
  begun: ReadonlySet<Address> = new Set(),
): Wanted => {
  const named = new Set([...begun].map((address) => address.slice(0, address.indexOf('/'))));
  for (const one of desired) {
    named.add(one.kind);
    for (const mention of one.references) if (!mention.name.startsWith('id:')) named.add(mention.kind);
    if (one.listsPeople) named.add('tenantMembers');
  }
  for (const address of Object.keys(state?.resources ?? {})) named.add(address.slice(0, address.indexOf('/')));
  for (const { kind } of recordedPrincipals(state)) named.add(kind);
  return {
    kinds: kinds.filter((kind) => named.has(kind.collection)),
    lookUps: lookUps.filter((lookUp) => named.has(lookUp.collection)),
  };
};

/** An element of a list that is a group, a project or an app; what the list tells them apart by may follow after a blank. */
const PRINCIPAL = /^(userGroups|projects|dataServiceApps)\/(\S+)/;

/** Principals other than people on recorded lists: who goes from a list must be known by name and id as well. */
export const recordedPrincipals = (
  state: State | null,
): readonly { readonly kind: PrincipalSort; readonly key: readonly string[] }[] => {
  const found = new Map<string, { readonly kind: PrincipalSort; readonly key: readonly string[] }>();
  for (const { fields = {} } of Object.values(state?.resources ?? {}))
    for (const pointer of Object.keys(fields)) {
      const [at, kind, path = ''] = (pointer.includes('~1') && PRINCIPAL.exec(lastOf(pointer))) || [];
      if (at !== undefined) found.set(at, { kind: kind as PrincipalSort, key: path.split('/').map(decodePart) });
    }
  return [...found.values()];
};

/** Production accounts of projects that are on recorded lists. */
export const recordedParts = (state: State | null): Desired['parts'] =>
  recordedPrincipals(state).flatMap(({ kind, key: [name = ''] }) =>
    kind === 'projects' ? [['projects', name, 'account'] as const] : [],
  );

/** What lists have told about names and ids. */
export type NameTable = Names & {
  readonly learn: (facts: readonly (readonly [kind: string, name: string, id: string])[]) => void;
  /** A live resource is known by another name from now on: the one that it is being renamed to. */
  readonly rename: (kind: string, id: string, name: string) => void;
  readonly known: (kind: string) => readonly string[];
};

/** Under what further ids of a kind's resources are learnt: `projects#account`. */
export const partKind = (kind: string, part: string): string => `${kind}#${part}`;

/** @param aliases user id -> the name that the files use, where the service has another */
export const nameTable = (aliases: ReadonlyMap<string, string>): NameTable => {
  const ids = new Map<string, Map<string, string>>();
  const names = new Map<string, Map<string, string>>();
  const of = <V>(map: Map<string, Map<string, V>>, kind: string): Map<string, V> => {
    const there = map.get(kind) ?? new Map<string, V>();
    map.set(kind, there);
    return there;
  };
  const literal = (key: string): string | null => (key.startsWith('id:') ? key.slice(3) : null);
  const byAlias = new Map([...aliases].map(([id, account]) => [account, id]));
  return {
    learn: (facts) => {
      for (const [kind, name, id] of facts) {
        if (name === '' || id === '') continue;
        of(ids, kind).set(name, id);
        of(names, kind).set(id, name);
      }
    },
    rename: (kind, id, name) => {
      of(ids, kind).set(name, id);
      of(names, kind).set(id, name);
    },
    id: (kind, key) => literal(key) ?? ids.get(kind)?.get(key) ?? null,
    name: (kind, id) => names.get(kind)?.get(id) ?? null,
    account: (userId) => aliases.get(userId) ?? names.get('users')?.get(userId) ?? `id:${userId}`,
    part: (kind, key, part) => ids.get(partKind(kind, part))?.get(key) ?? null,
    partOf: (kind, part, id) => names.get(partKind(kind, part))?.get(id) ?? null,
    userId: (account) => literal(account) ?? byAlias.get(account) ?? ids.get('users')?.get(account) ?? null,
    known: (kind) => [...(ids.get(kind)?.keys() ?? [])],
    members: () => ids.get('users') ?? new Map<string, string>(),
  };
};

/** The same names at a later time, when everything that is named is there: an id for whatever has none yet. */
export const namesToCome = (names: NameTable): NameTable => ({
  ...names,
  id: (kind, key) => names.id(kind, key) ?? `to come: ${kind}/${key}`,
  part: (kind, key, part) => names.part(kind, key, part) ?? `to come: ${kind}/${key}#${part}`,
  userId: (account) => names.userId(account) ?? `to come: ${account}`,
});

/** What the lists of a kind gave. */
export type KindRows = { readonly rows: readonly JsonObject[]; readonly more: MoreRows };
export const NO_ROWS: KindRows = { rows: [], more: new Map() };
/** The plan's day and tenant: they decide what has ended, and whose tables are meant. `keys`: what is declared or recorded. */
export type LiveContext = {
  readonly day: string;
  readonly tenant: string;
  readonly keys: (collection: string) => readonly (readonly string[])[];
};

/** Keys of a kind that are declared or recorded, each once. */
export const keysOf =
  (desired: readonly Desired[], state: State | null): LiveContext['keys'] =>
  (collection) => [
    ...new Map([
      ...addressesOfKind(state, collection).map((address) => [address, address.split('/').slice(1).map(decodePart)] as const),
      ...desired.filter((one) => one.kind === collection).map((one) => [one.address, one.key] as const),
    ]).values(),
  ];

/** Live resources of a kind with their addresses. */
export const liveOf = (
  kind: Kind,
  { rows, more }: KindRows,
  each: ReadonlyMap<string, EachRows>,
  names: Names,
  { day, tenant, keys }: LiveContext,
): readonly Live[] =>
  kind
    .live({ keys: keys(kind.collection), rows, more, each: (id) => each.get(id) ?? {}, names, day, tenant })
    .map((live) => ({ ...live, address: liveAddress(live) }));

/** Everything that the rows of a kind's lists tell about names. */
export const learnFrom = (table: NameTable, kind: Pick<Kind, 'names'>, { rows, more }: KindRows): void => {
  for (const row of rows) table.learn(kind.names(row));
  for (const [read, found] of more) for (const row of found ?? []) table.learn(kind.names(row, read));
};

/** The reads of single resources that are wanted and were not made yet. */
export const eachWanted = (
  kind: Kind,
  subjects: readonly EachSubject[],
  made: ReadonlyMap<string, EachRows>,
): readonly { readonly subject: EachSubject; readonly read: EachRead }[] =>
  subjects.flatMap((subject) =>
    kind.each
      .filter((read) => read.wanted(subject) && made.get(mainId(subject.ids))?.[read.name] === undefined)
      .map((read) => ({ subject, read })),
  );

/** Declared members that are not live: only they make the list of addable users worth its call. */
export const missingDeclared = (kind: Kind, desired: readonly Desired[], live: readonly Live[]): boolean => {
  const there = new Set(live.map((one) => one.address));
  return desired.some((one) => one.kind === kind.collection && !there.has(one.address));
};

/** What the record calls ours of a kind. */
export const recordedOfKind = (state: State | null, collection: string): ReadonlyMap<Address, RecordedResource> =>
  new Map(Object.entries(state?.resources ?? {}).filter(([address]) => address.startsWith(`${collection}/`)));

export const addressesOfKind = (state: State | null, collection: string): readonly Address[] =>
  Object.keys(state?.resources ?? {}).filter((address) => address.startsWith(`${collection}/`));

/**
 * Does the live resource show what a step was to bring about? `before` and `after` are the change's normal forms; a text
 * that was never set reads as the empty one. Null in `before` is a value that the plan conceals: whatever is not `after`.
 *
 * @param showsPresence pointers of elements of which a read tells only that they are there
 * @param isGrant       what is not there has not been granted, also where it was another thing before: an owner's row
 * @param omits         members of an element that have rules of their own
 */
export const stepShows = (
  live: JsonObject | null,
  before: JsonObject | null,
  after: JsonObject | null,
  pointers: readonly string[],
  showsPresence: (pointer: string) => boolean = () => false,
  {
    isGrant = false,
    omits = () => [],
  }: { readonly isGrant?: boolean; readonly omits?: (pointer: string) => readonly string[] } = {},
): 'after' | 'before' | 'neither' => {
  const text = (value: Json | undefined): string => (value === undefined || value === '' ? 'null' : canonical(value));
  const same = (a: Json | undefined, b: Json | undefined): boolean => text(a) === text(b);
  const own = (value: Json | undefined, others: readonly string[]): Json | undefined =>
    others.length > 0 && isObject(value)
      ? Object.fromEntries(Object.entries(value).filter(([key]) => !others.includes(key)))
      : value;
  const all = (side: JsonObject | null): boolean =>
    pointers.every((pointer) => {
      const now = own(getAt(live ?? {}, pointer), omits(pointer));
      const then = own(getAt(side ?? {}, pointer), omits(pointer));
      if (showsPresence(pointer)) return (now === undefined) === (then === undefined);
      if (same(now, then)) return true;
      return side === before && (now === undefined ? isGrant : then === null);
    });
  if (pointers.length === 0) return 'neither';
  return all(after) ? 'after' : all(before) ? 'before' : 'neither';
};
