/** Last applied, desired, live: what differs, why, and what the difference means (DESIGN 5, RESOURCES 1 and 2). */

import fjp from 'fast-json-patch';
import type { AskedField } from './asked.ts';
import { sure } from './diagnostic.ts';
import { matcher } from './glob.ts';
import { canonical, expand, fits, getAt, isSame, isUnder, lastOf, parentOf, partsOf, pointerOf, withAt } from './json.ts';
import type { FieldRule, GuardWords, Kind } from './kind.ts';
import type {
  Ask,
  Desired,
  FieldChange,
  FieldReason,
  Guard,
  Live,
  Pointer,
  RecordedResource,
  SecretValue,
  ToRecord,
} from './model.ts';
import { NOT_ASKED } from './only.ts';
import type { Hash, Json, JsonObject } from './ports.ts';

export type DiffPorts = {
  readonly hash: Hash;
  /**
   * The fingerprint of a write-only value; null where a source of it is not set here. Empty where it could be had, but
   * there is no record yet and so no key: the apply makes it.
   */
  readonly fingerprint: (value: SecretValue) => string | null;
};

export type DiffInput = {
  readonly kind: Kind;
  readonly desired: Desired;
  readonly live: Live | null;
  readonly recorded: RecordedResource | null;
  readonly drift: 'revert' | 'report';
  /** What the workspace says of the lists of this address. */
  readonly exclusiveByWorkspace: boolean;
  readonly caller: string | null;
  readonly gone: ReadonlySet<string>;
  /** Send the write-only values even where nothing says that they differ. */
  readonly pushSecrets: boolean;
  /** Differences for these reasons act; others are let stand where they can be. Absent: all act. */
  readonly isAsked?: (reason: FieldReason) => boolean;
  /** What waits for an approval, and since which day in words. */
  readonly asked?: { readonly at: ReadonlyMap<Pointer, AskedField>; readonly dayOf: (since: string) => string };
  /** Pointers at and below which the service refused to show what is there, with the reason. */
  readonly unread?: ReadonlyMap<Pointer, string>;
  /** A run that broke off has sent its create: what is live and no more than what is wanted is what that one made. */
  readonly isBegun?: boolean;
};

export type Difference = {
  readonly fields: readonly FieldChange[];
  /** The live normal form with everything that is to change put in. */
  readonly after: JsonObject;
  readonly guards: readonly Omit<Guard, 'address'>[];
  readonly record: ToRecord;
  readonly notCompared: readonly { readonly pointer: Pointer; readonly why: string }[];
  /** Write-only values taken on trust. */
  readonly trusted: number;
  /** Fields that ask for a replacement. */
  readonly immutable: readonly FieldChange[];
  /** What was asked for and nobody has approved yet: it is let stand. */
  readonly awaited: ReadonlyMap<Pointer, Ask>;
};

/** Sixteen hex digits of SHA-256: enough to tell values of one field apart, and no secret is ever digested this way. */
export const digestOf = (value: Json, hash: Hash): string => hash(canonical(value)).slice(0, 16);

/** How a snapshot holds a value that a rule conceals: its digest, as the record has it. No such value has a colon. */
const DIGEST_MARK = 'digest:';
export const asDigest = (value: Json, hash: Hash): string => `${DIGEST_MARK}${digestOf(value, hash)}`;
/** True for what stands for a value as its digest. */
export const isDigest = (value: string): boolean => value.startsWith(DIGEST_MARK);
const concealedDigest = (value: Json, hash: Hash): string =>
  typeof value === 'string' && isDigest(value) ? value.slice(DIGEST_MARK.length) : digestOf(value, hash);

/** A live resource out of a snapshot: what is concealed is what the files say, where it has the same digest. */
export const revealed = (kind: Kind, live: Live, desired: Desired, hash: Hash): Live => {
  let { spec } = live;
  for (const rule of kind.fields.filter(({ conceals }) => conceals))
    for (const pointer of expand(spec, rule.path)) {
      const want = getAt(desired.spec, pointer);
      if (want !== undefined && getAt(spec, pointer) === asDigest(want, hash)) spec = withAt(spec, pointer, want);
    }
  return spec === live.spec ? live : { ...live, spec };
};

const sameValue = (a: Json | undefined, b: Json | undefined): boolean => isSame(a, b);

const isList = (rule: FieldRule): boolean => rule.path.endsWith('/*');
/** The concrete pointers that a rule means in either value: its own path, or one for each element on the way. */
const places = (pattern: Pointer, ...values: readonly (Json | undefined)[]): readonly Pointer[] =>
  pattern.includes('*') ? [...new Set(values.flatMap((value) => expand(value, pattern)))].sort() : [pattern];
const hasSecret = (value: Json | undefined): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && ('$secret' in value || '$concat' in value);

/**
 * The live resource without what must not be seen: values that a read may show and the files or the record call secret, or
 * that a rule conceals; and without those on an additive list whom neither the files nor the record know.
 *
 * @param desired null where no file names the resource any more: then the record tells what is no secret
 */
export const veiled = (kind: Kind, live: Live, desired: Desired | null, recorded: RecordedResource | null): Live => {
  let { spec } = live;
  for (const rule of kind.fields) {
    if (desired && (rule.conceals || rule.additive))
      for (const pointer of expand(spec, rule.path))
        if (getAt(desired.spec, pointer) === undefined && (rule.conceals || recorded?.fields[pointer] === undefined))
          spec = withAt(spec, pointer, undefined);
    if (!rule.hides) continue;
    for (const pointer of expand(spec, rule.path)) {
      const value = getAt(desired?.spec, pointer) ?? getAt(spec, pointer);
      const isUnknown = desired === null && recorded?.fields[pointer] === undefined;
      if (isUnknown || recorded?.fingerprints[pointer] !== undefined || rule.hides(lastOf(pointer), value, desired, live))
        spec = withAt(spec, pointer, undefined);
    }
  }
  return spec === live.spec ? live : { ...live, spec };
};

/** Compares one resource; pure, the order of keys is of no account. */
export const diffResource = (input: DiffInput, ports: DiffPorts): Difference => {
  const { kind, desired, live, recorded } = input;
  const collected: Collected = {
    fields: [],
    guards: [],
    after: live?.spec ?? {},
    digests: {},
    lists: [],
    fingerprints: {},
    assumed: [],
    sent: {},
    believed: [],
    resendable: new Map(),
    notCompared: [],
    trusted: 0,
    awaited: new Map(),
  };
  const ignored = matcher(desired.lifecycle.ignore);
  const context: Context = {
    input,
    ports,
    collected,
    ignored: (pointer) => desired.lifecycle.ignore.length > 0 && ignored(pointer),
  };
  const gone = new Set<Pointer>();
  for (const rule of kind.fields) {
    if (rule.within !== undefined && gone.has(rule.within)) continue;
    if (rule.rule === 'part') {
      if (part(rule, context)) gone.add(rule.path);
    } else if (rule.rule === 'option') option(rule, context);
    else if (rule.rule === 'writeOnly') writeOnly(rule, context);
    else if (rule.rule === 'remembered') for (const pointer of settled(rule.path, context)) remembered(pointer, context, rule);
    else if (isList(rule)) for (const at of settled(parentOf(rule.path), context)) list(rule, at, context);
    else for (const pointer of settled(rule.path, context)) field(rule, pointer, context);
  }
  fallOut(context);
  resendSecrets(context);
  const prevent = new Set([...kind.born, ...(recorded?.prevent ?? []), ...desired.lifecycle.prevent]);
  for (const allowed of desired.lifecycle.allow) if (allowed !== 'rebind') prevent.delete(allowed);
  return {
    fields: collected.fields,
    after: collected.after,
    guards: collected.guards,
    record: {
      ids: idsLeft(kind, live, collected),
      origin: recorded?.origin ?? (live && !(input.isBegun && isAsMade(collected.fields)) ? 'adopted' : 'created'),
      fields: collected.digests,
      lists: collected.lists,
      fingerprints: collected.fingerprints,
      sent: collected.sent,
      assumed: [...collected.assumed].sort(),
      ...(input.isAsked?.('changed') === false && recorded
        ? { prevent: recorded.prevent, onRemove: recorded.onRemove, causes: recorded.causes }
        : { prevent: [...prevent].sort(), onRemove: desired.lifecycle.onRemove, causes: desired.causes }),
    },
    notCompared: collected.notCompared,
    trusted: collected.trusted,
    immutable: collected.fields.filter((one) => one.reason === 'immutable'),
    awaited: collected.awaited,
  };
};

/** It lacks what later steps would have added, has what the service adds to everything that is made, and nothing else. */
const isAsMade = (fields: readonly FieldChange[]): boolean =>
  fields.every(({ reason, before }) => reason === 'default' || before === undefined || before === null || before === '');

type Collected = {
  readonly fields: FieldChange[];
  readonly guards: Omit<Guard, 'address'>[];
  after: JsonObject;
  readonly digests: Record<Pointer, string>;
  readonly lists: Pointer[];
  readonly fingerprints: Record<Pointer, string>;
  readonly assumed: Pointer[];
  readonly sent: Record<Pointer, SecretValue>;
  /** Taken on trust before there is a record: the apply fingerprints them without sending them. */
  readonly believed: Pointer[];
  /** Write-only values: what a change must touch for them to be sent again. */
  readonly resendable: Map<Pointer, readonly Pointer[]>;
  readonly notCompared: { readonly pointer: Pointer; readonly why: string }[];
  trusted: number;
  readonly awaited: Map<Pointer, Ask>;
};
type Context = {
  readonly input: DiffInput;
  readonly ports: DiffPorts;
  readonly collected: Collected;
  readonly ignored: (pointer: Pointer) => boolean;
};

const put = (context: Context, pointer: Pointer, value: Json | undefined): void => {
  context.collected.after = withAt(context.collected.after, pointer, value);
};
const remember = (context: Context, pointer: Pointer, value: Json): void => {
  context.collected.digests[pointer] = digestOf(value, context.ports.hash);
};

/**
 * The pointers that a rule means in what is desired. Those inside an element that a guard or a switch keeps from being
 * made wait with it: of them the record says what it said.
 */
const settled = (pattern: Pointer, context: Context): readonly Pointer[] => {
  const { desired, recorded } = context.input;
  const { after, digests } = context.collected;
  const depth = partsOf(pattern).lastIndexOf('*') + 1;
  return places(pattern, desired.spec).filter((pointer) => {
    if (
      depth === 0 ||
      getAt(after, pointerOf(...partsOf(pointer).slice(0, depth))) !== undefined ||
      depth === partsOf(pattern).length
    )
      return true;
    for (const [at, digest] of Object.entries(recorded?.fields ?? {})) if (isUnder(at, pointer)) digests[at] = digest;
    return false;
  });
};

/** The call that asked for just this; null where none did, or for another value. */
const askFor = ({ input: { asked }, ports }: Context, pointer: Pointer, want: Json | undefined): Ask | null => {
  const found = asked?.at.get(pointer);
  return found && want !== undefined && found.digest === digestOf(want, ports.hash) ? found.ask : null;
};

/** Asked for, and not there: it is not sent again, and the record says what it said. */
const letWait = (
  pointer: Pointer,
  have: Json | undefined,
  want: Json,
  ask: Ask,
  context: Context,
  more: Partial<FieldChange>,
): void => {
  const { input, collected } = context;
  const last = input.recorded?.fields[pointer];
  if (last !== undefined) collected.digests[pointer] = last;
  collected.awaited.set(pointer, ask);
  const words = ask.isLost ? 'its answer was lost, it may wait' : 'waits';
  const note = `${words} for an approval in Dataphin since ${sure(input.asked, 'mark of what was asked for').dayOf(ask.since)}`;
  collected.fields.push(change(context, pointer, have, want, 'later', { ...more, stands: true, note }));
};

/** What cannot be sent back goes with the first change of something else. */
const fallOut = (context: Context): void => {
  const { input, collected } = context;
  const { kind, live, desired } = input;
  const acts = collected.fields.some((one) => one.stands !== true) || canonical(live?.key) !== canonical(desired.key);
  if (!live || !acts) return;
  for (const { pointer, why } of kind.fallsOut?.(live) ?? []) {
    const have = getAt(collected.after, pointer);
    if (have === undefined || getAt(desired.spec, pointer) !== undefined) continue;
    const shown = collected.fields.findIndex((one) => one.pointer === pointer);
    if (shown !== -1) collected.fields.splice(shown, 1);
    put(context, pointer, undefined);
    collected.fields.push(change(context, pointer, have, undefined, 'leaver', { note: why }));
  }
};

/**
 * Three-way, by what the record last applied:
 *
 *   last = live    desired differs      changed, added, removed
 *   last = desired live differs         drifted
 *   none equal                          both
 *   no record                           found
 */
const reasonOf = (
  last: string | undefined,
  hadRecord: boolean,
  want: string | undefined,
  have: string | undefined,
): FieldReason => {
  if (!hadRecord) return 'found';
  if (last === have) return want === undefined ? 'removed' : have === undefined ? 'added' : 'changed';
  if (last === want) return 'drifted';
  if (last === undefined) return have === undefined ? 'added' : 'found';
  return 'both';
};

const change = (
  context: Context,
  pointer: Pointer,
  before: Json | undefined,
  after: Json | undefined,
  reason: FieldReason,
  more: Partial<FieldChange> = {},
): FieldChange => {
  const { desired, recorded } = context.input;
  const cause = desired.causes[pointer] ?? recorded?.causes[pointer];
  return {
    pointer,
    reason,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(cause === undefined ? {} : { cause }),
    ...more,
  };
};

/** The ids without those of halves that go. */
const idsLeft = (kind: Kind, live: Live | null, { fields }: Collected): Live['ids'] => {
  const goes = (one: FieldChange): boolean => one.stands !== true && !('after' in one);
  const leaving = kind.fields
    .filter((rule) => rule.rule === 'part' && fields.some((one) => one.pointer === rule.path && goes(one)))
    .map((rule) => lastOf(rule.path));
  return Object.fromEntries(Object.entries(live?.ids ?? {}).filter(([name]) => !leaving.includes(name)));
};

/** Of a half that waits the record says what it said. */
const keepRecorded = (half: Pointer, { input, collected }: Context): void => {
  const { recorded } = input;
  if (recorded === null) return;
  for (const [pointer, digest] of Object.entries(recorded.fields))
    if (isUnder(pointer, half)) collected.digests[pointer] = digest;
  for (const [pointer, print] of Object.entries(recorded.fingerprints))
    if (isUnder(pointer, half)) collected.fingerprints[pointer] = print;
  collected.lists.push(...recorded.lists.filter((pointer) => isUnder(pointer, half)));
  collected.assumed.push(...recorded.assumed.filter((pointer) => isUnder(pointer, half)));
};

/** What is live of the resource, or of the half that the rule speaks of: one that is being made has no values yet. */
const liveFor = (rule: FieldRule, { live }: DiffInput): Live | null =>
  live && (rule.within === undefined || getAt(live.spec, rule.within) !== undefined) ? live : null;

/** Why nothing was seen at a pointer; null where it was looked at. */
const unreadAt = ({ input }: Context, pointer: Pointer): string | null => {
  for (const [at, why] of input.unread ?? []) if (isUnder(pointer, at)) return why;
  return null;
};

/**
 * A half with an id of its own: it is there or not, and what the record calls ours and no file names is deleted as
 * `onRemove` says. True where it is not there afterwards.
 */
const part = (rule: FieldRule, context: Context): boolean => {
  const { input, collected } = context;
  const { desired, live, recorded } = input;
  const pointer = rule.path;
  const isWanted = getAt(desired.spec, pointer) !== undefined;
  const have = getAt(live?.spec, pointer);
  if (isWanted) {
    if (live && have === undefined) {
      const reason = recorded === null ? 'found' : recorded.fields[pointer] === undefined ? 'added' : 'drifted';
      const isIgnored = context.ignored(pointer);
      if (isIgnored || (reason === 'drifted' && input.drift === 'report')) {
        keepRecorded(pointer, context);
        const note = isIgnored ? 'lifecycle.ignore names it' : 'reported only in this environment';
        collected.fields.push(change(context, pointer, undefined, true, isIgnored ? 'ignored' : reason, { stands: true, note }));
        return true;
      }
      collected.fields.push(
        change(context, pointer, undefined, true, reason, { source: desired.sourceOf(pointer), note: rule.why ?? '' }),
      );
    }
    remember(context, pointer, true);
    return false;
  }
  if (!live || have === undefined || recorded?.fields[pointer] === undefined) return have === undefined;
  const onRemove = desired.lifecycle.onRemove ?? (recorded.origin === 'adopted' ? 'forget' : 'delete');
  if (onRemove === 'forget') {
    collected.fields.push(change(context, pointer, true, true, 'unset', { stands: true, note: 'no longer declared: it stands' }));
    return true;
  }
  const prevent = new Set([...recorded.prevent, ...desired.lifecycle.prevent]);
  const isPrevented = prevent.has('delete') && !desired.lifecycle.allow.includes('delete');
  const words: GuardWords | null = isPrevented
    ? {
        code: 'DELETE_PREVENTED',
        message: `No file names ${pointer.slice(1)} any more, and it is protected against being deleted.`,
        hint: 'lifecycle: { allow: [delete] } lets it happen.',
      }
    : (rule.removalGuard?.(live) ?? null);
  if (words) {
    keepRecorded(pointer, context);
    collected.guards.push({ ...words, pointer, source: desired.source });
    collected.fields.push(change(context, pointer, true, undefined, 'removed', { stands: true, note: 'waits for you' }));
    return true;
  }
  put(context, pointer, undefined);
  collected.fields.push(change(context, pointer, true, undefined, 'removed'));
  return true;
};

/** One value that is not in a keyed list. */
const field = (rule: FieldRule, pointer: Pointer, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, recorded } = input;
  const live = liveFor(rule, input);
  if (live && getAt(desired.spec, pointer) !== undefined && unreadAt(context, pointer) !== null) {
    remembered(pointer, context, rule);
    return;
  }
  const want = getAt(desired.spec, pointer);
  const have = getAt(live?.spec, pointer);
  const last = recorded?.fields[pointer];
  if (want === undefined) {
    if (live && last !== undefined)
      collected.fields.push(
        change(context, pointer, have, have, 'unset', { stands: true, note: 'no longer declared: the value stands' }),
      );
    return;
  }
  if (!live) {
    remember(context, pointer, want);
    put(context, pointer, want);
    collected.fields.push(change(context, pointer, undefined, want, 'added', { source: desired.sourceOf(pointer) }));
    return;
  }
  if (sameValue(want, have)) {
    remember(context, pointer, want);
    return;
  }
  const ask = askFor(context, pointer, want);
  if (ask) {
    letWait(pointer, have, want, ask, context, { source: desired.sourceOf(pointer) });
    return;
  }
  const reason = reasonOf(
    last,
    recorded !== null,
    digestOf(want, ports.hash),
    have === undefined ? undefined : (rule.conceals ? concealedDigest : digestOf)(have, ports.hash),
  );
  const place = { source: desired.sourceOf(pointer) };
  // There, and another one: more is not told.
  const shown = rule.conceals && have !== undefined ? null : have;
  if (context.ignored(pointer)) {
    collected.fields.push(
      change(context, pointer, shown, want, 'ignored', { stands: true, note: 'lifecycle.ignore names it', ...place }),
    );
  } else if (reason === 'drifted' && input.drift === 'report') {
    remember(context, pointer, want);
    collected.fields.push(
      change(context, pointer, shown, want, 'drifted', { stands: true, note: 'reported only in this environment', ...place }),
    );
  } else if (rule.rule !== 'immutable' && isLeft(reason, context)) {
    leave(pointer, shown, want, reason, context, place);
  } else if (rule.rule === 'immutable') {
    remember(context, pointer, want);
    collected.fields.push(change(context, pointer, shown, want, 'immutable', { note: rule.why ?? '', ...place }));
    put(context, pointer, want);
  } else {
    const guard = rule.guard?.(have, want, desired.lifecycle) ?? null;
    if (guard) {
      collected.guards.push(asGuard(guard, pointer, desired));
      collected.fields.push(change(context, pointer, shown, want, reason, { stands: true, note: 'waits for you', ...place }));
      if (last !== undefined) collected.digests[pointer] = last;
      return;
    }
    remember(context, pointer, want);
    put(context, pointer, want);
    collected.fields.push(change(context, pointer, shown, want, reason, place));
  }
};

/** Another plan is for it: what is live stands, and the record says what it said. */
const isLeft = (reason: FieldReason, { input }: Context): boolean => input.live !== null && input.isAsked?.(reason) === false;
const leave = (
  pointer: Pointer,
  have: Json | undefined,
  want: Json | undefined,
  reason: FieldReason,
  context: Context,
  more: Partial<FieldChange>,
): void => {
  const last = context.input.recorded?.fields[pointer];
  if (last !== undefined) context.collected.digests[pointer] = last;
  context.collected.fields.push(change(context, pointer, have, want, reason, { ...more, stands: true, note: NOT_ASKED }));
};

const asGuard = (words: GuardWords, pointer: Pointer, desired: Desired): Omit<Guard, 'address'> => ({
  ...words,
  pointer,
  source: desired.sourceOf(pointer),
});

/** The elements of a keyed list, which is complete unless something says otherwise (RESOURCES 2). */
const list = (rule: FieldRule, at: Pointer, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, recorded } = input;
  const live = liveFor(rule, input);
  const wanted = getAt(desired.spec, at);
  const refused = unreadAt(context, at);
  const isOfList = (pointer: Pointer): boolean => pointer !== '' && parentOf(pointer) === at;
  const isRemembered = (pointer: Pointer): boolean =>
    isOfList(pointer) && ((live !== null && refused !== null) || (rule.remembers?.(lastOf(pointer)) ?? false));
  if (wanted === undefined) {
    for (const pointer of Object.keys(recorded?.fields ?? {}).filter((one) => isOfList(one)))
      if (live && getAt(live.spec, pointer) !== undefined) {
        const have = getAt(live.spec, pointer);
        collected.fields.push(
          change(context, pointer, have, have, 'unset', { stands: true, note: 'the list is no longer declared' }),
        );
      }
    return;
  }
  if (live && refused !== null) collected.notCompared.push({ pointer: at, why: refused });
  const strip = (value: Json | undefined): Json | undefined => without(value, rule.omits);
  const elementsOf = (value: JsonObject | undefined): readonly Pointer[] =>
    Object.keys(objectOf(getAt(value, at))).map((key) => at + pointerOf(key));
  const wants = new Set(elementsOf(desired.spec));
  const haves = new Set(elementsOf(live?.spec).filter((pointer) => !isRemembered(pointer)));
  const rememberedBefore = [
    ...Object.keys(recorded?.fields ?? {}).filter(isRemembered),
    ...(rule.hides && live ? Object.keys(recorded?.fingerprints ?? {}).filter(isOfList) : []),
  ];
  // Asked list by list: an administrator whom a waiting list keeps is one after the change, whatever the files say.
  const stays = live
    ? input.kind.letStand(live, desired, collected.after, (pointer) => recorded?.fields[pointer] !== undefined)
    : [];
  const standing = new Map(stays.flatMap((one) => (one.moves ? [] : [[one.pointer, one.why] as const])));
  const moving = new Set(stays.flatMap((one) => (one.moves ? [one.pointer] : [])));
  const wasOurs = recorded?.lists.includes(at) ?? false;
  const exclusive = desired.lifecycle.exclusive ?? (input.exclusiveByWorkspace ? true : null);
  const isOther = (pointer: Pointer): boolean =>
    !wants.has(pointer) &&
    !standing.has(pointer) &&
    !moving.has(pointer) &&
    !context.ignored(pointer) &&
    recorded?.fields[pointer] === undefined &&
    !isExpired(context, pointer);
  const others = [...haves].filter(isOther);
  if (live && !wasOurs && exclusive === null && others.length > 0) {
    waitForAnswer(
      at,
      context,
      others,
      [...wants].filter((pointer) => !haves.has(pointer) && !isRemembered(pointer)),
    );
    return;
  }
  // A list becomes ours with what the files say of it.
  if (exclusive !== false && (wasOurs || input.isAsked?.('added') !== false)) collected.lists.push(at);
  if (getAt(collected.after, at) === undefined) put(context, at, {});
  for (const pointer of [...new Set([...wants, ...haves, ...rememberedBefore])].sort()) {
    const isShown = rule.additive === true && haves.has(pointer);
    const isThere = live?.unread?.includes(pointer) ?? false;
    if (isRemembered(pointer) || isShown || isThere) {
      const isNew = isShown ? recorded?.fields[pointer] === undefined : (refused !== null || isThere) && recorded === null;
      rememberedElement(rule, pointer, at, isNew, context);
      continue;
    }
    const written = getAt(desired.spec, pointer);
    if (written !== undefined && rule.hides?.(lastOf(pointer), written, desired, live)) {
      hidden(rule, at, pointer, context);
      continue;
    }
    if (written === undefined && recorded?.fingerprints[pointer] !== undefined) {
      put(context, pointer, undefined);
      collected.fields.push(change(context, pointer, null, undefined, 'removed'));
      continue;
    }
    const want = strip(written);
    const have = strip(getAt(live?.spec, pointer));
    const last = recorded?.fields[pointer];
    if (sameValue(want, have)) {
      if (want !== undefined) remember(context, pointer, want);
      continue;
    }
    const place = { source: want === undefined ? desired.sourceOf(at) : sourceOfElement(desired, pointer) };
    const ask = askFor(context, pointer, want);
    if (ask && want !== undefined) {
      letWait(pointer, have, want, ask, context, place);
      continue;
    }
    const stands = standing.get(pointer);
    if (want === undefined && stands !== undefined) {
      collected.fields.push(change(context, pointer, have, have, 'default', { stands: true, note: stands }));
      continue;
    }
    // What is there instead stands for now: it is put right when the list that keeps it no longer waits.
    if (stands !== undefined) {
      collected.fields.push(change(context, pointer, have, want, 'later', { stands: true, note: stands, ...place }));
      continue;
    }
    if (context.ignored(pointer)) {
      collected.fields.push(
        change(context, pointer, have, want, 'ignored', { stands: true, note: 'lifecycle.ignore names it', ...place }),
      );
      continue;
    }
    if (want === undefined && exclusive === false && last === undefined && !isExpired(context, pointer)) {
      collected.fields.push(
        change(context, pointer, have, have, 'found', { stands: true, note: 'not ours: exclusive is false' }),
      );
      continue;
    }
    const reason = !live
      ? 'added'
      : want === undefined && isExpired(context, pointer)
        ? 'expired'
        : want === undefined && input.gone.has(lastOf(pointer))
          ? 'leaver'
          : elementReason(last, recorded !== null, wasOurs, want, have, ports.hash);
    if (reason === 'drifted' && input.drift === 'report') {
      if (want !== undefined) remember(context, pointer, want);
      collected.fields.push(
        change(context, pointer, have, want, 'drifted', { stands: true, note: 'reported only in this environment', ...place }),
      );
      continue;
    }
    if (isLeft(reason, context)) {
      leave(pointer, have, want, reason, context, place);
      continue;
    }
    if (want !== undefined) remember(context, pointer, want);
    put(context, pointer, withOmitted(want, getAt(live?.spec, pointer), rule.omits));
    const until = reason === 'expired' ? lastDayOf(context, pointer) : undefined;
    collected.fields.push(
      change(context, pointer, have, want, reason, { ...place, ...(until ? { note: `until ${until}` } : {}) }),
    );
  }
};

const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const without = (value: Json | undefined, omits: readonly string[] = []): Json | undefined =>
  omits.length === 0 || value === undefined
    ? value
    : Object.fromEntries(Object.entries(objectOf(value)).filter(([key]) => !omits.includes(key)));
/** The new value of an element, with the members that rules of their own settle as they are. */
const withOmitted = (want: Json | undefined, have: Json | undefined, omits: readonly string[] = []): Json | undefined =>
  want === undefined || omits.length === 0
    ? want
    : { ...objectOf(want), ...Object.fromEntries(Object.entries(objectOf(have)).filter(([key]) => omits.includes(key))) };

/** An element that no read shows: what the record says was last applied stands for what is there. */
const rememberedElement = (rule: FieldRule, pointer: Pointer, at: Pointer, isBelieved: boolean, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, live, recorded } = input;
  const want = without(getAt(desired.spec, pointer), rule.omits);
  const last = recorded?.fields[pointer];
  if (want === undefined) {
    const reason = isExpired(context, pointer) ? 'expired' : input.gone.has(lastOf(pointer)) ? 'leaver' : 'removed';
    if (isLeft(reason, context)) {
      leave(pointer, null, undefined, reason, context, { source: desired.sourceOf(at) });
      return;
    }
    put(context, pointer, undefined);
    collected.fields.push(change(context, pointer, null, undefined, reason, { source: desired.sourceOf(at) }));
    return;
  }
  remember(context, pointer, want);
  put(context, pointer, withOmitted(want, getAt(live?.spec, pointer), rule.omits));
  // What is there, or kept from us by the service, is believed when it is adopted; an element that nobody can read is sent once.
  // Asked for and there: a read that does not tell how is all that there will be.
  if (last === digestOf(want, ports.hash) || isBelieved || askFor(context, pointer, want)) return;
  const place = { source: sourceOfElement(desired, pointer) };
  collected.fields.push(
    last === undefined || !live
      ? change(context, pointer, undefined, want, live && recorded === null ? 'found' : 'added', place)
      : change(context, pointer, null, want, 'changed', place),
  );
};

const elementReason = (
  last: string | undefined,
  hadRecord: boolean,
  wasOurs: boolean,
  want: Json | undefined,
  have: Json | undefined,
  hash: Hash,
): FieldReason => {
  const wantDigest = want === undefined ? undefined : digestOf(want, hash);
  const haveDigest = have === undefined ? undefined : digestOf(have, hash);
  // In a list that is ours, what neither we nor the files know was added outside; in one that is new to us it was there before.
  if (want === undefined && last === undefined) return wasOurs ? 'drifted' : 'found';
  return reasonOf(last, hadRecord, wantDigest, haveDigest);
};

const isExpired = (context: Context, pointer: Pointer): boolean =>
  context.input.desired.expired.some((one) => one.pointer === pointer);

/** The last day on which an element was to be there. */
const lastDayOf = (context: Context, pointer: Pointer): string | undefined =>
  context.input.desired.expired.find((one) => one.pointer === pointer)?.until;

const sourceOfElement = (desired: Desired, pointer: Pointer) =>
  desired.people.find((mention) => mention.pointer === pointer)?.source ?? desired.sourceOf(parentOf(pointer));

/** ADOPT_HAS_OTHERS: the list is left alone until somebody says what is to become of the others. */
const waitForAnswer = (at: Pointer, context: Context, others: readonly Pointer[], missing: readonly Pointer[]): void => {
  const { collected, input } = context;
  const { desired, live } = input;
  const names = others.map(lastOf).sort();
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  collected.guards.push({
    code: 'ADOPT_HAS_OTHERS',
    pointer: at,
    message: `${at.slice(1).replaceAll('/', ' ')} holds ${othersText(at, names.length)}: ${shown}. The list is left alone.`,
    hint: 'Write them in; or lifecycle: { exclusive: true } (they go), or { exclusive: false } (only ours are added and taken away).',
    source: desired.sourceOf(at),
  });
  for (const pointer of [...others].sort()) {
    const have = getAt(live?.spec, pointer);
    collected.fields.push(
      change(context, pointer, have, have, 'found', { stands: true, note: 'no file names it; the list waits for you' }),
    );
  }
  for (const pointer of [...missing].sort())
    collected.fields.push(
      change(context, pointer, undefined, getAt(desired.spec, pointer), 'later', {
        stands: true,
        note: 'the list waits for you',
        source: sourceOfElement(desired, pointer),
      }),
    );
};

const PEOPLE_LIST = /^\/(members|admins|owners)(\/|$)/;

const othersText = (at: Pointer, count: number): string => {
  if (PEOPLE_LIST.test(at)) return `${count === 1 ? 'one person' : `${count} people`} whom no file names`;
  return `${count === 1 ? 'one entry' : `${count} entries`} that no file names`;
};

/** Values that the service never shows: the fingerprint of what was sent stands for what is there. */
const writeOnly = (rule: FieldRule, context: Context): void => {
  const { input, collected } = context;
  const { desired, live, recorded } = input;
  const at = isList(rule) ? parentOf(rule.path) : rule.path;
  if (getAt(desired.spec, at) === undefined) {
    const isOfRule = (pointer: Pointer): boolean => fits(rule.path, pointer);
    for (const [pointer, print] of Object.entries(recorded?.fingerprints ?? {}))
      if (isOfRule(pointer)) collected.fingerprints[pointer] = print;
    collected.assumed.push(...(recorded?.assumed ?? []).filter(isOfRule));
    return;
  }
  put(context, at, getAt(desired.spec, at));
  const pointers = expand(desired.spec, rule.path);
  for (const pointer of pointers) hidden(rule, at, pointer, context);
  if (live)
    for (const pointer of Object.keys(recorded?.fingerprints ?? {}))
      if (fits(rule.path, pointer) && !pointers.includes(pointer))
        collected.fields.push(change(context, pointer, null, undefined, 'removed'));
};

/** One write-only value that is declared. */
const hidden = (rule: FieldRule, at: Pointer, pointer: Pointer, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, recorded } = input;
  const live = liveFor(rule, input);
  const place = (of: Pointer) => ({ source: desired.sourceOf(of) });
  const value = getAt(desired.spec, pointer) as SecretValue;
  const sensitive = hasSecret(value as Json);
  const shown = sensitive ? { sensitive: true as const } : {};
  const last = recorded?.fingerprints[pointer];
  const after = sensitive ? null : (value as string);
  const isNewList = recorded === null || !Object.keys(recorded.fingerprints).some((one) => isUnder(one, at));
  // Read back until now, and kept from us from now on: where it is the value that was applied, it is believed.
  const wasRead = recorded?.fields[pointer] !== undefined;
  const wasSeen = !sensitive && recorded?.fields[pointer] === digestOf(value as string, ports.hash);
  put(context, pointer, value);
  collected.sent[pointer] = value;
  collected.resendable.set(pointer, rule.sentWith ?? ['']);
  {
    if (!live) {
      collected.fields.push(change(context, pointer, undefined, after, 'added', { ...shown, ...place(pointer) }));
      return;
    }
    const now = ports.fingerprint(value);
    if (input.pushSecrets) {
      collected.fields.push(
        change(context, pointer, null, after, 'secret', {
          ...shown,
          note: 'sent because --push-secrets names it',
          ...place(pointer),
        }),
      );
    } else if (last === undefined && (wasSeen || (isNewList && !wasRead))) {
      collected.trusted++;
      if (now === null) notCompared(context, pointer, value);
      else collected.assumed.push(pointer);
      if (now === '') collected.believed.push(pointer);
      else if (now !== null) collected.fingerprints[pointer] = now;
    } else if (last === undefined) {
      const reason = !wasRead ? 'added' : sensitive ? 'secret' : 'changed';
      const before = wasRead ? null : undefined;
      collected.fields.push(change(context, pointer, before, after, reason, { ...shown, ...place(pointer) }));
    } else if (now === null) {
      collected.fingerprints[pointer] = last;
      if (recorded?.assumed.includes(pointer)) collected.assumed.push(pointer);
      notCompared(context, pointer, value);
    } else if (now !== last) {
      collected.fields.push(
        change(context, pointer, null, after, sensitive ? 'secret' : 'changed', {
          ...shown,
          note: 'its fingerprint differs',
          ...place(pointer),
        }),
      );
    } else {
      collected.fingerprints[pointer] = last;
      if (recorded?.assumed.includes(pointer)) collected.assumed.push(pointer);
    }
  }
};

const notCompared = (context: Context, pointer: Pointer, value: SecretValue): void => {
  context.collected.notCompared.push({ pointer, why: `${sourcesIn(value).join(', ')} is not set here` });
};

/** Names of the sources in a value: `env:MC_ACCESS_KEY`. */
export const sourcesIn = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return [];
  if ('$secret' in value && typeof value.$secret === 'string') return [value.$secret];
  return Object.values(value).flatMap(sourcesIn);
};

/** Known to the record alone, or kept from us by the service: compared with what was last applied. */
const remembered = (pointer: Pointer, context: Context, rule: FieldRule): void => {
  const { input, ports, collected } = context;
  const { desired, recorded } = input;
  const live = liveFor(rule, input);
  const want = getAt(desired.spec, pointer);
  if (want === undefined) return;
  const refused = live ? unreadAt(context, pointer) : null;
  if (refused !== null) collected.notCompared.push({ pointer, why: refused });
  const ask = askFor(context, pointer, want);
  // No read shows it: it waits as long as anything waits that was asked for by the same call.
  if (ask && [...collected.awaited.values()].includes(ask)) {
    letWait(pointer, undefined, want, ask, context, { source: desired.sourceOf(pointer) });
    return;
  }
  put(context, pointer, want);
  const last = recorded?.fields[pointer];
  remember(context, pointer, want);
  if (ask) return;
  if (!live) collected.fields.push(change(context, pointer, undefined, want, 'added', { source: desired.sourceOf(pointer) }));
  // Without a record the value is believed: an adoption writes nothing.
  else if (recorded !== null && last !== digestOf(want, ports.hash))
    collected.fields.push(
      // The record keeps no values: what it was is not known.
      change(context, pointer, last === undefined ? undefined : null, want, last === undefined ? 'added' : 'changed', {
        source: desired.sourceOf(pointer),
      }),
    );
};

/** Says how, not what: it travels along and is never compared. */
const option = (rule: FieldRule, context: Context): void => {
  for (const pointer of settled(rule.path, context)) {
    const want = getAt(context.input.desired.spec, pointer);
    if (want !== undefined) put(context, pointer, want);
  }
};

/** A replacement sends its write-only values with it: what is sent is fingerprinted anew; what is not keeps its fingerprint. */
const resendSecrets = ({ collected }: Context): void => {
  const resent = new Set<Pointer>();
  for (const pointer of Object.keys(collected.sent)) {
    if (touches(collected.fields, collected.resendable.get(pointer) ?? [''])) {
      delete collected.fingerprints[pointer];
      resent.add(pointer);
    } else if (!collected.believed.includes(pointer)) delete collected.sent[pointer];
  }
  const kept = collected.assumed.filter((pointer) => !resent.has(pointer));
  collected.assumed.splice(0, collected.assumed.length, ...kept);
};

/** RFC 6902 from one normal form to the other. */
export const patchOf = (before: JsonObject | null, after: JsonObject | null): readonly JsonObject[] =>
  before && after ? (fjp.compare(structuredCopy(before), structuredCopy(after)) as unknown as JsonObject[]) : [];

const structuredCopy = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

/** The strongest reason of what acts, else of what stands: what a person reads first. */
export const strongest = (fields: readonly FieldChange[]): FieldReason | null => {
  const acting = fields.filter((one) => one.stands !== true);
  const among = acting.length > 0 ? acting : fields;
  const order: readonly FieldReason[] = [
    'immutable',
    'both',
    'changed',
    'added',
    'removed',
    'secret',
    'drifted',
    'expired',
    'leaver',
    'found',
  ];
  return order.find((reason) => among.some((one) => one.reason === reason)) ?? among[0]?.reason ?? null;
};

/** Digest of all writable fields that were read (DESIGN 5): what a saved plan is bound to. */
export const preimageOf = (kind: Kind, live: Live, hash: Hash): string => {
  const writable: Record<Pointer, Json> = {};
  for (const rule of kind.fields) {
    if ((rule.rule !== 'update' && rule.rule !== 'immutable') || rule.contact) continue;
    for (const pointer of places(rule.path, live.spec)) {
      const value = without(getAt(live.spec, pointer), rule.omits);
      if (value !== undefined) writable[pointer] = rule.conceals ? concealedDigest(value, hash) : value;
    }
  }
  return digestOf({ ids: live.ids, writable }, hash);
};

/** True where something at or below one of the pointers acts. */
export const touches = (fields: readonly FieldChange[], pointers: readonly Pointer[]): boolean =>
  fields.some(
    (one) => one.stands !== true && pointers.some((pointer) => isUnder(one.pointer, pointer) || isUnder(pointer, one.pointer)),
  );
