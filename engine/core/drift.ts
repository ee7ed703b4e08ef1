/** What others changed: the record's digests beside what is live, without the files (DESIGN 4, 6). Pure. */
import { liveAddress } from './changes.ts';
import { digestOf, veiled } from './diff.ts';
import { mainId } from './ids.ts';
import { byText, decodePart, fits, getAt, isObject, isUnder, lastOf, parentOf, pointerOf, withAt } from './json.ts';
import type { FieldRule, Kind, Names, Told } from './kind.ts';
import type { Address, Desired, Ids, Live, Pointer, RecordedResource } from './model.ts';
import type { Hash, Json, JsonObject } from './ports.ts';
import { readingIn } from './quota.ts';

/** Who and when as the service tells it; null where it does not. */
export type Teller = { readonly by: string | null; readonly at: string | null };

/** One field or element that is not what was last applied. */
export type DriftedField = Teller & {
  readonly pointer: Pointer;
  readonly what: 'changed' | 'added' | 'removed';
  /** What is live; absent where nothing is, null where it is not shown. What was there is known as a digest alone. */
  readonly live?: Json;
  readonly isConcealed?: true;
};
export type DriftedResource = Teller & {
  readonly address: Address;
  readonly kind: string;
  /** `recreated`: something else is there under the name now. */
  readonly what: 'changed' | 'renamed' | 'recreated' | 'deleted';
  /** The name that it has now. */
  readonly nowAt?: Address;
  readonly ids: Ids;
  readonly fields: readonly DriftedField[];
};

export type DriftInput = {
  readonly kind: Kind;
  readonly address: Address;
  readonly recorded: RecordedResource;
  /** Null: a list that is complete does not have it. */
  readonly live: Live | null;
  /** Its own reads were made: a list that is not there then is empty. */
  readonly isWhole: boolean;
  /** Pointers at and below which the service refused to show what is there. */
  readonly unread: ReadonlyMap<Pointer, string>;
  readonly told: readonly Told[];
  readonly names: Names;
  readonly timezone: string;
};

export const keyOf = (address: Address): readonly string[] => address.split('/').slice(1).map(decodePart);

/**
 * The resource as the record has it, where the values do not matter: it has the fields, elements and lists that were last
 * applied, so that the same reads are made for it as for a declared one. People are looked up wherever a list may hold some.
 */
export const shadowOf = (kind: Kind, address: Address, recorded: RecordedResource): Desired => {
  const pointers = [...Object.keys(recorded.fields), ...Object.keys(recorded.fingerprints)].sort();
  let spec: JsonObject = {};
  for (const pointer of recorded.lists) spec = withAt(spec, pointer, {});
  for (const pointer of pointers) if (!isObject(getAt(spec, pointer))) spec = withAt(spec, pointer, true);
  const key = keyOf(address);
  const source = { file: '', line: 1, column: 1 };
  const named = new Set(kind.refers(spec, key).map((one) => one.slice(0, one.indexOf('/'))));
  if (recorded.fields['/bizUnit'] !== undefined) named.add('bizUnits');
  return {
    kind: kind.collection,
    key,
    address,
    source,
    sourceOf: () => source,
    spec,
    lifecycle: { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null },
    renamedFrom: null,
    people: [],
    listsPeople: recorded.lists.length > 0 || named.has('tenantMembers'),
    references: [...named].map((collection) => ({ kind: collection, name: '', address: collection, pointer: '', source })),
    parts: [],
    expired: [],
    causes: {},
  };
};

/** Finds what is live of a recorded resource: by its id, else under its name. */
export const liveFinder = (
  kind: Kind,
  resources: readonly Live[],
): ((address: Address, recorded: RecordedResource) => Live | null) => {
  const byName = new Map(resources.map((one) => [liveAddress(one), one]));
  const byId = new Map(kind.attached ? [] : resources.map((one) => [mainId(one.ids), one]));
  return (address, recorded) => byId.get(mainId(recorded.ids)) ?? byName.get(address) ?? null;
};

/**
 * Compares one resource with what the record says was last applied; null where nothing was changed outside.
 *
 * Not compared, for no read shows them: write-only values, what the record alone remembers, what the service refused to show.
 */
export const driftOf = (input: DriftInput, hash: Hash): DriftedResource | null => {
  const { kind, address, recorded, live } = input;
  const head = { address, kind: kind.collection, ids: recorded.ids };
  const nobody: Teller = { by: null, at: null };
  if (live === null && !kind.attached) return { ...head, ...nobody, what: 'deleted', fields: [] };
  const seen = live ?? bare(kind, address, recorded);
  const fields = fieldsOf(seen, input, hash);
  const whole = tellerAt('', input);
  const nowAt = liveAddress(seen);
  if (!kind.attached && mainId(seen.ids) !== mainId(recorded.ids))
    return { ...head, ...whole, what: 'recreated', ids: seen.ids, fields };
  if (nowAt !== address) return { ...head, ...whole, what: 'renamed', nowAt, fields };
  return fields.length === 0 ? null : { ...head, ...whole, what: 'changed', fields };
};

/** What it hangs on has nothing of it: all lists are empty. */
const bare = (kind: Kind, address: Address, recorded: RecordedResource): Live => ({
  kind: kind.collection,
  key: keyOf(address),
  address,
  ids: recorded.ids,
  spec: {},
  extra: {},
});

const fieldsOf = (live: Live, input: DriftInput, hash: Hash): readonly DriftedField[] => {
  const { kind, address, recorded, unread } = input;
  const shown = veiled(kind, live, null, recorded);
  const shadow = shadowOf(kind, address, recorded);
  const isRefused = (pointer: Pointer): boolean => [...unread.keys()].some((at) => isUnder(pointer, at));
  const gone = kind.fields
    .filter(
      (rule) => rule.rule === 'part' && recorded.fields[rule.path] !== undefined && getAt(live.spec, rule.path) === undefined,
    )
    .map((rule) => rule.path);
  const inGone = (pointer: Pointer): boolean => gone.some((half) => pointer !== half && isUnder(pointer, half));
  const isOut = (pointer: Pointer): boolean => isRefused(pointer) || inGone(pointer);
  const found: DriftedField[] = [];
  const report = (pointer: Pointer, what: DriftedField['what'], rule: FieldRule | null, have?: Json): void => {
    const isConcealed = have !== undefined && (rule === null || isHidden(rule, pointer, shown, shadow));
    found.push({
      pointer,
      what,
      ...(have === undefined ? {} : { live: isConcealed ? null : have }),
      ...(isConcealed ? { isConcealed: true } : {}),
      ...tellerAt(pointer, input),
    });
  };

  for (const [pointer, digest] of Object.entries(recorded.fields)) {
    const rule = ruleOf(kind, pointer);
    if (rule === null || isOut(pointer) || isOnlyRemembered(rule, pointer)) continue;
    const have = without(getAt(live.spec, pointer), rule.omits);
    if (have === undefined) {
      if (isSeen(pointer, rule, live, input.isWhole)) report(pointer, 'removed', rule);
    } else if (rule.rule === 'part' || rule.additive || live.unread?.includes(pointer)) {
      // There, and more is not told.
    } else if (digestOf(have, hash) !== digest) report(pointer, 'changed', rule, have);
  }
  for (const pointer of Object.keys(recorded.fingerprints)) {
    const rule = ruleOf(kind, pointer);
    if (!rule?.hides || isOut(pointer) || getAt(live.spec, pointer) !== undefined) continue;
    if (isSeen(pointer, rule, live, input.isWhole)) report(pointer, 'removed', rule);
  }
  const isOurs = (pointer: Pointer): boolean =>
    recorded.fields[pointer] !== undefined || recorded.fingerprints[pointer] !== undefined;
  const stands = new Set(kind.letStand(live, shadow, live.spec, isOurs).map((one) => one.pointer));
  for (const list of recorded.lists) {
    const rule = kind.fields.find((one) => one.path.endsWith('/*') && fits(one.path, `${list}/x`)) ?? null;
    const elements = getAt(live.spec, list);
    if (rule?.rule !== 'update' || rule.additive || isOut(list) || !isObject(elements)) continue;
    for (const key of Object.keys(elements)) {
      const pointer = list + pointerOf(key);
      if (isOurs(pointer) || stands.has(pointer) || isOnlyRemembered(rule, pointer)) continue;
      report(pointer, 'added', rule, without(elements[key], rule.omits));
    }
  }
  return found.sort((a, b) => byText(a.pointer, b.pointer));
};

/** The rule of a recorded pointer; null where this version has none any more. */
const ruleOf = (kind: Kind, pointer: Pointer): FieldRule | null =>
  kind.fields.find((rule) => rule.path === pointer) ?? kind.fields.find((rule) => fits(rule.path, pointer)) ?? null;

const isOnlyRemembered = (rule: FieldRule, pointer: Pointer): boolean =>
  rule.rule === 'remembered' ||
  rule.rule === 'option' ||
  rule.rule === 'writeOnly' ||
  (rule.remembers?.(lastOf(pointer)) ?? false);

/** Whether the reads that were made would have shown it: of an element, its list. */
const isSeen = (pointer: Pointer, rule: FieldRule, live: Live, isWhole: boolean): boolean =>
  isWhole || (rule.path.endsWith('/*') && getAt(live.spec, parentOf(pointer)) !== undefined);

/** Secrets, what a rule conceals, and people's contacts are never shown. */
const isHidden = (rule: FieldRule, pointer: Pointer, shown: Live, shadow: Desired): boolean =>
  rule.conceals === true ||
  rule.contact === true ||
  (rule.hides !== undefined &&
    (getAt(shown.spec, pointer) === undefined || rule.hides(lastOf(pointer), getAt(shown.spec, pointer), shadow, shown)));

const without = (value: Json | undefined, omits: readonly string[] = []): Json | undefined =>
  omits.length === 0 || !isObject(value)
    ? value
    : Object.fromEntries(Object.entries(value).filter(([key]) => !omits.includes(key)));

/** The nearest that was told: of the element itself, else of what it is in. */
const tellerAt = (pointer: Pointer, { told, names, timezone }: DriftInput): Teller => {
  const [nearest] = told.filter((one) => isUnder(pointer, one.pointer)).sort((a, b) => b.pointer.length - a.pointer.length);
  return nearest
    ? { by: nearest.by === '' ? null : names.account(nearest.by), at: instantOf(nearest.at, timezone) }
    : { by: null, at: null };
};

/**
 * A time of the service as ISO 8601 in UTC: milliseconds as number or text, ISO 8601, or `2026-11-24 10:00:00` in the zone
 * (BEHAVIOUR 1.8). Null for anything else.
 */
export const instantOf = (value: Json, timezone: string): string | null => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  if (/^\d{1,15}$/.test(text)) return new Date(Number(text)).toISOString();
  const isLocal = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text);
  if (!isLocal && !/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text)) return null;
  const ms = Date.parse(isLocal ? `${text.replace(' ', 'T')}Z` : text);
  if (Number.isNaN(ms)) return null;
  if (!isLocal) return new Date(ms).toISOString();
  const { day, ofDayMs } = readingIn(ms, timezone);
  return new Date(ms - (Date.parse(`${day}T00:00:00Z`) + ofDayMs - ms)).toISOString();
};
