/** The two sides of everything that is known, for the access model: as it is, and as it is once the plan's calls are made. */
import { compareAccess } from './access.ts';
import type { AccessChange, AccessSides, AccessUnread } from './access-model.ts';
import { type ChangeDraft, type KindLive, kindChange, liveAddress } from './changes.ts';
import { mainId } from './ids.ts';
import { expand, fits, getAt, lastOf, parentOf, withAt } from './json.ts';
import type { FieldRule, Kind } from './kind.ts';
import type { Address, Desired, Pointer, State } from './model.ts';
import type { JsonObject } from './ports.ts';

export type SidesInput = {
  readonly kinds: readonly Kind[];
  readonly live: ReadonlyMap<string, KindLive>;
  readonly drafts: readonly ChangeDraft[];
  readonly desired: readonly Desired[];
  readonly state: State | null;
  /** Not everything of the kind was looked at, and nothing shows the rest of it. */
  readonly isPartly?: (kind: Kind) => boolean;
  /** The plan sends calls for it. */
  readonly hasSteps: (address: string) => boolean;
};

/** Who gains and who loses what by the plan's calls, and what was not read that could say more. */
export const accessChange = (input: SidesInput, sides: readonly AccessSides[]): AccessChange => {
  const { hubs, ...change } = compareAccess(sides);
  const made = new Set(input.drafts.filter(({ live }) => live === null).map(({ address }) => address));
  return {
    ...change,
    unread: [
      ...change.unread,
      ...unreadOf(
        input,
        hubs.filter((hub) => !made.has(hub)),
      ),
    ],
  };
};

/** Whose people come or go, where a kind that may allow them more was not read. */
const unreadOf = ({ kinds, live, isPartly }: SidesInput, hubs: readonly Address[]): readonly AccessUnread[] => {
  const byWhy = new Map<string, Address[]>();
  for (const hub of hubs) {
    const collection = hub.slice(0, hub.indexOf('/'));
    const allowing = kinds.filter((kind) => kind.access?.allows?.includes(collection));
    const say = (lacking: readonly Kind[], end: string): void => {
      if (lacking.length === 0) return;
      const why = `${lacking.map((kind) => kind.collection).join(', ')} may allow it more, and ${end}`;
      byWhy.set(why, [...(byWhy.get(why) ?? []), hub]);
    };
    const isRead = (kind: Kind): boolean => live.has(kind.collection);
    say(
      allowing.filter((kind) => !isRead(kind)),
      'nothing of them was read',
    );
    say(
      allowing.filter((kind) => isRead(kind) && isPartly?.(kind) === true),
      'not all of them were looked at',
    );
  }
  return [...byWhy].map(([why, addresses]) => ({ why, addresses }));
};

/**
 * One of each resource of the kinds that have to do with access. What the plan lets stand, holds back, or leaves to be done by
 * hand is as it is on both sides; what is renamed has its new name on both.
 */
export const accessSides = ({ kinds, live, drafts, desired, state, hasSteps }: SidesInput): readonly AccessSides[] =>
  kinds.flatMap((kind) => {
    if (!kind.access) return [];
    const { facts, administers } = kind.access;
    const how = { facts, ...(administers === undefined ? {} : { administers }) };
    const acting = drafts.filter((draft) => draft.kind === kind && hasSteps(draft.address));
    const changing = new Set(acting.flatMap((draft) => (draft.live ? [mainId(draft.live.ids)] : [])));
    const isRemembered = kind.fields.some((rule) => rule.remembers);
    const declared = isRemembered ? new Map(desired.map((one) => [one.address, one.spec])) : null;
    const whole = (address: string, spec: JsonObject): JsonObject =>
      declared ? withRecorded(kind, spec, state?.resources[address]?.fields ?? {}, declared.get(address) ?? {}) : spec;
    return [
      ...acting.map((draft) => ({ ...how, address: draft.address, key: draft.key, ...sidesOf(draft) })),
      ...(live.get(kind.collection)?.resources ?? [])
        .filter((one) => !changing.has(mainId(one.ids)))
        .map((one) => {
          const spec = whole(liveAddress(one), one.spec);
          return { ...how, address: liveAddress(one), key: one.key, before: spec, after: spec };
        }),
    ];
  });

type BothSides = Pick<AccessSides, 'before' | 'after'>;

const sidesOf = (draft: ChangeDraft): BothSides => {
  const { kind, live, recorded, action, difference } = draft;
  const said = recorded?.fields ?? {};
  if (action === 'delete')
    return { before: live && withRecorded(kind, withUnreadLists(kind, live.spec, Object.keys(said)), said, {}), after: null };
  const before = live?.spec ?? null;
  const after = difference?.after ?? null;
  if (after === null) return { before, after };
  if (before === null) return { before, after: withEmptyLists(kind, after) };
  const known = shownBefore(draft, before, after);
  return { before: known, after: leftByHand(draft, known, after) };
};

/** What no read shows of elements that stay or get another value is as it will be: nothing of it can be told. */
const shownBefore = ({ kind, recorded, fields }: ChangeDraft, before: JsonObject, after: JsonObject): JsonObject => {
  const added = new Set(fields.filter((one) => one.stands !== true && !('before' in one)).map(({ pointer }) => pointer));
  let known = before;
  for (const rule of kind.fields)
    if (rule.additive || rule.remembers)
      for (const pointer of expand(after, rule.path))
        if (isTold(rule, pointer) && !added.has(pointer)) known = withAt(known, pointer, getAt(after, pointer));
  return withRecorded(kind, known, recorded?.fields ?? {}, {});
};

const isTold = (rule: FieldRule, pointer: Pointer): boolean =>
  rule.additive === true || rule.remembers?.(lastOf(pointer)) === true;

const leftByHand = (draft: ChangeDraft, before: JsonObject, after: JsonObject): JsonObject =>
  (draft.kind.byHand?.(kindChange(draft)) ?? []).reduce((spec, pointer) => withAt(spec, pointer, getAt(before, pointer)), after);

/** Elements that only the record knows, with what the files say of them. */
const withRecorded = (
  kind: Kind,
  spec: JsonObject,
  fields: Readonly<Record<Pointer, string>>,
  declared: JsonObject,
): JsonObject =>
  Object.keys(fields)
    .filter((pointer) => kind.fields.some((rule) => rule.remembers?.(lastOf(pointer)) && fits(rule.path, pointer)))
    .reduce(
      (known, pointer) => (getAt(known, pointer) === undefined ? withAt(known, pointer, getAt(declared, pointer) ?? {}) : known),
      spec,
    );

/** Nobody reads the lists of what is deleted: who is on them is what the record says. */
const withUnreadLists = (kind: Kind, spec: JsonObject, recorded: readonly Pointer[]): JsonObject =>
  recorded
    .filter(
      (pointer) =>
        getAt(spec, parentOf(pointer)) === undefined &&
        kind.fields.some((rule) => rule.path.endsWith('/*') && fits(rule.path, pointer)),
    )
    .reduce((known, pointer) => withAt(known, pointer, true), spec);

/** What is made has nobody on the lists that the files do not give. */
const withEmptyLists = (kind: Kind, spec: JsonObject): JsonObject =>
  kind.fields
    .map(({ path }) => path)
    .filter((path) => path.endsWith('/*') && path.indexOf('*') === path.length - 1 && getAt(spec, parentOf(path)) === undefined)
    .reduce((known, path) => withAt(known, parentOf(path), {}), spec);
