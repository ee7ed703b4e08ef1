/** Which resources a plan looks at when it is told to look at some only, and what has to come along (DESIGN 4, 7). Pure. */
import type { KindLive } from './changes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { nearest } from './diagnostic.ts';
import { digestOf } from './diff.ts';
import { keyOf, shadowOf } from './drift.ts';
import { matcher } from './glob.ts';
import { addressOf } from './json.ts';
import { type Kind, keyName, type LookUp } from './kind.ts';
import type { Address, Desired, RecordedResource, Selection, State } from './model.ts';
import type { Hash } from './ports.ts';
import { type NameTable, recordedOfKind, type Wanted, wantedLists } from './reads.ts';

/** What was asked for on the command line; empty lists ask for nothing. */
export type Asked = Pick<Selection, 'target' | 'exclude' | 'changedSince' | 'only'>;

/** Everything that a plan of the whole would look at. */
export type Whole = { readonly desired: readonly Desired[]; readonly state: State | null };

export type Chosen = {
  readonly asked: Asked;
  readonly chosen: ReadonlySet<Address>;
  /** Named by `--exclude`: not looked at, and not taken along either. */
  readonly excluded: ReadonlySet<Address>;
};

const addressesIn = ({ desired, state }: Whole): readonly Address[] =>
  [...new Set([...desired.map((one) => one.address), ...Object.keys(state?.resources ?? {})])].sort();

/**
 * The resources that the globs choose, of what is declared or recorded.
 *
 * @returns with an error SELECTION_EMPTY for every glob that names none: a slip must not look like "nothing to do"
 */
export const choose = (
  whole: Whole,
  asked: Asked,
): { readonly chosen: Chosen } | { readonly diagnostics: readonly Diagnostic[] } => {
  const all = addressesIn(whole);
  const diagnostics = [
    ...asked.target.flatMap((glob) => emptyGlob('--target', glob, all)),
    ...asked.exclude.flatMap((glob) => emptyGlob('--exclude', glob, all)),
  ];
  if (diagnostics.length > 0) return { diagnostics };
  const isTarget = asked.target.length === 0 ? () => true : matcher(asked.target);
  const isExcluded = asked.exclude.length === 0 ? () => false : matcher(asked.exclude);
  const excluded = new Set(all.filter(isExcluded));
  return { chosen: { asked, excluded, chosen: new Set(all.filter((one) => isTarget(one) && !excluded.has(one))) } };
};

const emptyGlob = (flag: string, glob: string, all: readonly Address[]): readonly Diagnostic[] => {
  if (all.some(matcher([glob]))) return [];
  const above = all.find((one) => glob.startsWith(`${one}/`));
  const near = nearest(glob, all);
  return [
    {
      code: 'SELECTION_EMPTY',
      severity: 'error',
      message: `${flag} "${glob}" names nothing that is declared or recorded.`,
      hint:
        above !== undefined
          ? `Resources are chosen as a whole: ${flag} ${above}.`
          : near !== null
            ? `Did you mean "${near}"?`
            : 'Write an address such as userGroups/finance_analysts, or a glob in quotes: "userGroups/finance_*".',
    },
  ];
};

/** Why one resource cannot be planned without another. */
export type Need = { readonly address: Address; readonly by: Address };

export type Scope = {
  readonly addresses: ReadonlySet<Address>;
  /** Not chosen, and looked at because a chosen one needs it. */
  readonly needed: readonly Need[];
  /** Chosen, and not looked at because it needs what is excluded. */
  readonly leftOut: readonly { readonly address: Address; readonly because: Address }[];
};

export const firstScope = ({ chosen }: Chosen): Scope => ({ addresses: chosen, needed: [], leftOut: [] });

/**
 * One turn: what the scope needs is put in; what needs something excluded is taken out. The same scope: it is closed.
 *
 * @param needs what resources of the scope need, whether it is in it or not
 */
export const widen = (scope: Scope, { excluded }: Chosen, needs: readonly Need[]): Scope => {
  const out = new Set([...excluded, ...scope.leftOut.map((one) => one.address)]);
  const wanting = new Map(needs.filter((one) => out.has(one.address)).map((one) => [one.by, one.address]));
  if (wanting.size > 0)
    return {
      addresses: new Set([...scope.addresses].filter((one) => !wanting.has(one))),
      needed: scope.needed.filter((one) => !wanting.has(one.address) && !wanting.has(one.by)),
      leftOut: [...scope.leftOut, ...[...wanting].map(([address, because]) => ({ address, because }))],
    };
  const news = [...new Map(needs.filter((one) => !scope.addresses.has(one.address)).map((one) => [one.address, one])).values()];
  if (news.length === 0) return scope;
  return {
    ...scope,
    addresses: new Set([...scope.addresses, ...news.map((one) => one.address)]),
    needed: [...scope.needed, ...news],
  };
};

export type NeedsInput = {
  readonly whole: Whole;
  readonly scope: ReadonlySet<Address>;
  readonly kinds: readonly Kind[];
  readonly live: ReadonlyMap<string, KindLive>;
  readonly names: NameTable;
  readonly hash: Hash;
};

/**
 * What the resources of a scope cannot do without:
 *
 *   what they name, where it is declared and not live under its name   it is made, or renamed, first
 *   who holds what only one may hold, or has the name that is wanted   it lets go first
 *   of what is removed: whatever was last applied and refers to it     it goes, or lets go, first
 */
export const needsOf = (input: NeedsInput): readonly Need[] => {
  const { whole, scope } = input;
  const declared = new Map(whole.desired.map((one) => [one.address, one]));
  const renamed = new Map(
    whole.desired.flatMap((one) => (one.renamedFrom ? [[addressOf(one.kind, ...one.renamedFrom), one.address] as const] : [])),
  );
  return [
    ...whole.desired
      .filter((one) => scope.has(one.address))
      .flatMap((one) =>
        [...mentioned(one, declared, input), ...holders(one, declared, input), ...[renamed.get(one.address) ?? []].flat()].map(
          (address) => ({ address, by: one.address }),
        ),
      ),
    ...dependents(declared, renamed, input),
  ].filter((one) => one.address !== one.by);
};

const mentioned = (
  one: Desired,
  declared: ReadonlyMap<Address, Desired>,
  { live, names, whole }: NeedsInput,
): readonly Address[] => {
  const members = new Set(names.members().values());
  const isMember = (account: string): boolean =>
    names.userId(account) !== null || members.has(whole.state?.people[account] ?? '');
  const people = one.people.filter(({ account }) => !isMember(account)).map(({ account }) => addressOf('tenantMembers', account));
  const others = one.references.map((mention) => mention.address).filter((address) => !isLive(address, live));
  return [...new Set([...people, ...others])].filter((address) => declared.has(address));
};

const isLive = (address: Address, live: ReadonlyMap<string, KindLive>): boolean =>
  live.get(address.slice(0, address.indexOf('/')))?.resources.some((one) => one.address === address) ?? false;

/** Others of its kind that hold now what it is to hold, and are to hold it no longer. */
const holders = (
  one: Desired,
  declared: ReadonlyMap<Address, Desired>,
  { kinds, live, whole }: NeedsInput,
): readonly Address[] => {
  const kind = kinds.find(({ collection }) => collection === one.kind);
  const wanted = new Set(kind?.holds(one.spec) ?? []);
  if (!kind || wanted.size === 0) return [];
  return (live.get(one.kind)?.resources ?? [])
    .filter(({ address, spec }) => {
      const desired = declared.get(address);
      const isOurs = desired !== undefined || whole.state?.resources[address] !== undefined;
      const keeps = new Set(desired ? kind.holds(desired.spec) : []);
      return isOurs && address !== one.address && kind.holds(spec).some((held) => wanted.has(held) && !keeps.has(held));
    })
    .map(({ address }) => address);
};

/** Of what the record has and no file names: who was last applied with a reference to it, and is to have none. */
const dependents = (
  declared: ReadonlyMap<Address, Desired>,
  renamed: ReadonlyMap<Address, Address>,
  { whole, scope, kinds, hash }: NeedsInput,
): readonly Need[] => {
  const recorded = Object.entries(whole.state?.resources ?? {});
  const leaving = recorded.filter(([address]) => scope.has(address) && !declared.has(address) && !renamed.has(address));
  if (leaving.length === 0) return [];
  const going = new Map(leaving.map(([address]) => [address, digestOf(keyName(keyOf(address)), hash)]));
  return recorded.flatMap(([address, resource]) => {
    const now = declared.get(renamed.get(address) ?? address);
    return referredFrom(address, resource, going, kinds)
      .filter((by) => !now?.references.some((mention) => mention.address === by))
      .filter((by) => !now?.people.some(({ account }) => addressOf('tenantMembers', account) === by))
      .map((by) => ({ address: now?.address ?? address, by }));
  });
};

/** By the names of elements, and by values whose digest is that of a name. */
const referredFrom = (
  address: Address,
  resource: RecordedResource,
  going: ReadonlyMap<Address, string>,
  kinds: readonly Kind[],
): readonly Address[] => {
  const kind = kinds.find(({ collection }) => address.startsWith(`${collection}/`));
  if (!kind) return [];
  const digests = new Set(Object.values(resource.fields));
  const named = new Set(kind.refers(shadowOf(kind, address, resource).spec, keyOf(address)));
  return [...going]
    .filter(([one, digest]) => {
      const isNamedBySort = kind.namesFrom?.includes(one.slice(0, one.indexOf('/'))) ?? false;
      return named.has(one) || (isNamedBySort && digests.has(digest));
    })
    .map(([one]) => one);
};

/** What of the whole is in the scope. */
export const within = ({ desired, state }: Whole, scope: ReadonlySet<Address>): Whole => ({
  desired: desired.filter((one) => scope.has(one.address)),
  state: state && {
    ...state,
    resources: Object.fromEntries(Object.entries(state.resources).filter(([address]) => scope.has(address))),
  },
});

/** What a plan says about what it was told to look at. */
export const selectionOf = (
  whole: Whole,
  { asked, chosen }: Chosen,
  scope: Scope,
  kinds: readonly Kind[],
  otherReasons: readonly Address[],
): Selection => {
  const all = addressesIn(whole);
  return {
    ...asked,
    ...(asked.only ? { otherReasons } : {}),
    chosen: chosen.size,
    addresses: [...scope.addresses].sort(),
    needed: scope.needed,
    leftOut: scope.leftOut,
    notLookedAt: kinds.flatMap(({ collection }) => {
      const count = all.filter((one) => one.startsWith(`${collection}/`) && !scope.addresses.has(one)).length;
      return count === 0 ? [] : [{ kind: collection, count }];
    }),
  };
};

/**
 * The lists of a part of a plan: those that a plan of the part alone would read, what its recorded resources name, and what
 * says what its names mean; none that the plan of the whole would not read.
 */
export const wantedOfPart = (kinds: readonly Kind[], lookUps: readonly LookUp[], part: Whole, whole: Whole): Wanted => {
  const shadowsOf = (kind: Kind, { desired, state }: Whole): readonly Desired[] => {
    const declared = new Set(desired.map((one) => one.address));
    return [...recordedOfKind(state, kind.collection)]
      .filter(([address]) => !declared.has(address))
      .map(([address, recorded]) => shadowOf(kind, address, recorded));
  };
  const inPart = kinds.filter(
    ({ collection }) => part.desired.some((one) => one.kind === collection) || recordedOfKind(part.state, collection).size > 0,
  );
  const mates = inPart.filter((kind) => kind.readsAsWhole);
  const named = [
    ...part.desired,
    ...inPart.flatMap((kind) => shadowsOf(kind, part)),
    ...mates.flatMap((kind) => [...whole.desired.filter((one) => one.kind === kind.collection), ...shadowsOf(kind, whole)]),
  ];
  const means = new Set(inPart.flatMap((kind) => kind.meansBy ?? []));
  const wanted = wantedLists(kinds, lookUps, named, part.state);
  const all = wantedLists(kinds, lookUps, whole.desired, whole.state);
  return {
    kinds: all.kinds.filter((kind) => wanted.kinds.includes(kind) || means.has(kind.collection)),
    lookUps: all.lookUps.filter((one) => wanted.lookUps.includes(one)),
  };
};
