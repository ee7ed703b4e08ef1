/** What the audit says that a resource was, in the form in which files ask for it (DESIGN 4: history --inverse). Pure. */
import type { AuditChange, AuditedRun, AuditField } from './audit.ts';
import { addressOf, decodePart, fits, getAt, isObject, isUnder, lastOf, parentOf, pointerOf, withAt } from './json.ts';
import { type Kind, keyName } from './kind.ts';
import type { Address, Desired, Lifecycle, PersonMention, Pointer, ReferenceMention, State } from './model.ts';
import type { Json, JsonObject } from './ports.ts';

/**
 * Something that the way back does not do by itself, or would do to more than the run.
 *
 *   later     a later run has changed the same address
 *   outside   somebody else has changed it since
 *   unsure    the run did not do all of it, or nobody knows what it did
 *   lost      it cannot be what it was: an id, a secret, a value that the audit does not hold
 *   files     what the files must say besides
 *   record    only the record is concerned: the command that puts it back
 */
export type Obstacle = {
  readonly address: Address;
  readonly what: 'later' | 'outside' | 'unsure' | 'lost' | 'files' | 'record';
  readonly message: string;
  readonly pointer?: Pointer;
  /** Of `later`: the run. */
  readonly run?: string;
};

export type InverseInput = {
  /** The newest first. */
  readonly runs: readonly AuditedRun[];
  readonly run: AuditedRun;
  readonly kinds: readonly Kind[];
  /** What the files ask for today. */
  readonly desired: readonly Desired[];
  readonly state: State | null;
};

/** The run among the others. */
export type RunContext = InverseInput & {
  readonly later: readonly AuditedRun[];
  readonly earlier: readonly AuditedRun[];
  readonly byAddress: ReadonlyMap<Address, Desired>;
};

export type Wanted = { readonly wanted?: Desired | null; readonly obstacles: readonly Obstacle[] };

/** An update put back into what the files ask for; of what was deleted, what the audit kept of it. */
export const wantedOf = (kind: Kind, change: AuditChange, address: Address, context: RunContext): Wanted => {
  const base = context.byAddress.get(address);
  if (change.action === 'delete') return remade(kind, change, base, context);
  const gone = lastDelete(address, context.later);
  const spec =
    base?.spec ?? (gone ? keptSpec(kind, gone, [...context.later].reverse().concat(context.run, context.earlier)) : null);
  if (spec === null)
    return { obstacles: [lost(address, 'No file names it any more, and the audit holds only what the run changed of it.')] };
  const obstacles: Obstacle[] = [];
  const put: Pointer[] = [];
  let back: JsonObject = spec;
  for (const field of change.fields) {
    const { pointer } = field;
    if (pointer === '' || change.ours?.secrets.includes(pointer)) continue;
    const known = knownBefore(kind, address, field, context.earlier);
    if ('why' in known) obstacles.push(lost(address, `${named(pointer)}: ${known.why}.`, pointer));
    if (known.stands) continue;
    back = withAt(back, pointer, known.value);
    if (known.value === undefined) continue;
    put.push(pointer);
    // The files of before do not bring it back: what they do not ask for stands.
    if (field.reason === 'found')
      obstacles.push({
        address,
        what: 'files',
        pointer,
        message: `${named(pointer)}: no file asked for it before; only written out does it go back.`,
      });
    for (const [at, value] of besides(kind, address, pointer, context.earlier)) back = withAt(back, at, value);
  }
  for (const pointer of change.ours?.secrets ?? []) {
    if (getAt(back, parentOf(pointer)) === undefined) continue;
    back = withAt(back, pointer, LOST_SECRET);
    obstacles.push(lostSecret(address, pointer));
  }
  const renamed = change.renamedFrom !== undefined && change.fields.some(({ pointer }) => pointer === '');
  const key = keyOf(renamed ? (change.renamedFrom ?? address) : address);
  const from = renamed ? keyOf(address) : (base?.renamedFrom ?? null);
  if (renamed)
    obstacles.push({
      address,
      what: 'files',
      message: `It is written under its old name with renamedFrom: ${keyOf(address).join('/')}. Without it, it is deleted and made anew.`,
    });
  return { wanted: asDesired(kind, key, back, { base, put, renamedFrom: from }), obstacles };
};

/** What a field was before the run, and why not where that is not known; `stands`: going back does nothing about it. */
type Before = { readonly value?: Json; readonly why?: string; readonly stands?: true };

/** Stands for a value that only the record knew, and of which it is known that it was another one. */
const UNKNOWN = '(not in the audit)';

const knownBefore = (
  kind: Kind,
  address: Address,
  { pointer, reason, before, after }: AuditField,
  earlier: readonly AuditedRun[],
): Before => {
  const rule = kind.fields.find(({ path }) => fits(path, pointer));
  const isElement = rule === undefined || rule.path.endsWith('/*') || rule.rule === 'part' || rule.path.includes('/*/');
  if (before === undefined) return isElement ? {} : { why: 'no file asked for it before, and what no file asks for stands' };
  if (before !== null) return { value: before };
  if (reason === 'secret' || after === null) return { why: NEVER_KEPT, stands: true };
  const value = lastKnown(address, pointer, earlier) ?? undefined;
  if (value !== undefined) return { value };
  const why = 'the audit does not hold what it was';
  return rule?.rule === 'remembered' && !isElement ? { value: UNKNOWN, why } : { why, stands: true };
};

/** What only the record remembers of an element stands in another list, and no field of a removal tells it. */
const besides = (
  kind: Kind,
  address: Address,
  pointer: Pointer,
  earlier: readonly AuditedRun[],
): readonly (readonly [Pointer, Json])[] =>
  kind.fields
    .filter(({ rule, path }) => rule === 'remembered' && path.endsWith('/*') && parentOf(path) !== parentOf(pointer))
    .flatMap(({ path }) => {
      const at = parentOf(path) + pointerOf(lastOf(pointer));
      const known = lastKnown(address, at, earlier);
      return known === undefined || known === null ? [] : [[at, known] as const];
    });

/** The value that a run of before has left there; undefined: none tells it. */
const lastKnown = (address: Address, pointer: Pointer, earlier: readonly AuditedRun[]): Json | undefined => {
  let at = address;
  for (const { changes } of earlier) {
    const change = changes.find((one) => one.address === at);
    if (!change) continue;
    const field = change.fields.find((one) => one.pointer === pointer);
    if (field) return field.after;
    at = change.renamedFrom ?? at;
  }
  return undefined;
};

const lastDelete = (address: Address, later: readonly AuditedRun[]): AuditChange | undefined =>
  later.flatMap(({ changes }) => changes).findLast((change) => change.address === address && change.action === 'delete');

const remade = (kind: Kind, change: AuditChange, base: Desired | undefined, context: RunContext): Wanted => {
  const { address, before, ids, ours } = change;
  if (base) return { wanted: base, obstacles: [] };
  if (!before) return { obstacles: [lost(address, 'The audit does not hold what it was.')] };
  const spec = keptSpec(kind, change, context.earlier);
  const obstacles = [
    ...(ids && !kind.attached
      ? [lost(address, `Its id was ${Object.values(ids).join(', ')}: the service gives it another one.`)]
      : []),
    ...(ours?.secrets ?? []).map((pointer) => lostSecret(address, pointer)),
    ...(ours?.fields ?? [])
      .filter((pointer) => getAt(spec, pointer) === undefined)
      .map((pointer) => lost(address, `${named(pointer)}: the audit does not hold what it was.`, pointer)),
  ];
  return { wanted: asDesired(kind, keyOf(address), spec, { put: [''] }), obstacles };
};

/** Of what was live when it was deleted, what the record called ours; older lines do not tell that apart. */
const keptSpec = (kind: Kind, { address, before = {}, ours }: AuditChange, earlier: readonly AuditedRun[]): JsonObject => {
  if (!ours) return before;
  let spec: JsonObject = {};
  for (const list of ours.lists) spec = withAt(spec, list, {});
  for (const pointer of [...ours.fields].sort((a, b) => a.length - b.length)) {
    const value = getAt(before, pointer) ?? lastKnown(address, pointer, earlier);
    // A half is there by what stands in it.
    const isPart = kind.fields.some((rule) => rule.rule === 'part' && rule.path === pointer);
    if (value !== undefined && value !== null) spec = withAt(spec, pointer, isPart ? (getAt(spec, pointer) ?? {}) : value);
  }
  for (const pointer of ours.secrets) spec = withAt(spec, pointer, LOST_SECRET);
  return spec;
};

const keyOf = (address: Address): readonly string[] => address.split('/').slice(1).map(decodePart);

const NOWHERE = { file: '', line: 1, column: 1 };
const NO_LIFECYCLE: Lifecycle = { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null };

/** @param put pointers that were put back: what stands there names people and resources that the files may not */
const asDesired = (
  kind: Kind,
  key: readonly string[],
  spec: JsonObject,
  {
    base,
    put,
    renamedFrom = null,
  }: { readonly base?: Desired | undefined; readonly put: readonly Pointer[]; readonly renamedFrom?: readonly string[] | null },
): Desired => {
  const named = new Set(
    base
      ? [...base.people.map(({ account }) => addressOf('tenantMembers', account)), ...base.references.map((one) => one.address)]
      : [],
  );
  const news = kind.refers(spec, key).filter((address) => !named.has(address));
  const people = news.flatMap((address): readonly PersonMention[] => {
    const [collection, account = ''] = address.split('/').map(decodePart);
    if (collection !== 'tenantMembers' || kind.collection === 'tenantMembers') return [];
    return placesOf(spec, account, put).map((pointer) => ({ account, pointer, source: NOWHERE }));
  });
  const references = news.flatMap((address): readonly ReferenceMention[] => {
    const [collection = '', ...parts] = address.split('/').map(decodePart);
    return collection === 'tenantMembers'
      ? []
      : [{ kind: collection, name: keyName(parts), address, pointer: '', source: NOWHERE }];
  });
  const isPut = (pointer: Pointer): boolean => put.some((at) => touch(pointer, at));
  return {
    kind: kind.collection,
    key,
    address: addressOf(kind.collection, ...key),
    source: base?.source ?? NOWHERE,
    sourceOf: base?.sourceOf ?? (() => NOWHERE),
    spec,
    lifecycle: base?.lifecycle ?? NO_LIFECYCLE,
    renamedFrom,
    people: [...(base?.people ?? []).filter(({ pointer }) => getAt(spec, pointer) !== undefined), ...people],
    listsPeople: base?.listsPeople === true || people.length > 0,
    references: [...(base?.references ?? []), ...references],
    parts: [
      ...(base?.parts ?? []),
      ...references.filter((one) => one.kind === 'projects').map((one) => ['projects', one.name, 'account'] as const),
    ],
    expired: (base?.expired ?? []).filter(({ pointer }) => !isPut(pointer)),
    causes: base?.causes ?? {},
  };
};

/** Where an account stands as a key, below what was put back. */
const placesOf = (spec: JsonObject, account: string, put: readonly Pointer[]): readonly Pointer[] => {
  const walk = (value: Json | undefined, at: Pointer): readonly Pointer[] =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, inner]) => {
          const here = at + pointerOf(key);
          return key.split(' ')[0] === account ? [here] : walk(inner, here);
        })
      : [];
  return walk(spec, '').filter((pointer) => put.some((at) => touch(pointer, at)));
};

/** Stands for a secret that nobody knows any more: whoever writes the files names its source. */
export const LOST_SECRET = { $secret: 'lost' } as const;

export const lost = (address: Address, message: string, pointer?: Pointer): Obstacle => ({
  address,
  what: 'lost',
  message,
  ...(pointer === undefined ? {} : { pointer }),
});

const NEVER_KEPT = 'a secret is never kept: name the source that it had';
const lostSecret = (address: Address, pointer: Pointer): Obstacle => lost(address, `${named(pointer)}: ${NEVER_KEPT}.`, pointer);

/** One lies in the other. */
export const touch = (a: Pointer, b: Pointer): boolean => isUnder(a, b) || isUnder(b, a);
/** A pointer in words: `members bob@example.com`. */
export const named = (pointer: Pointer): string =>
  pointer === '' ? 'its name' : pointer.slice(1).replaceAll('/', ' ').replaceAll('~1', '/');
