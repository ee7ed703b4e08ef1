/** Last applied, desired, live: what differs, why, and what the difference means (DESIGN 5, RESOURCES 1 and 2). */
import fjp from 'fast-json-patch';
import { matcher } from './glob.ts';
import { canonical, expand, fits, getAt, isUnder, lastOf, parentOf, withAt } from './json.ts';
import type { FieldRule, GuardWords, Kind } from './kind.ts';
import type {
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
};

/** Sixteen hex digits of SHA-256: enough to tell values of one field apart, and no secret is ever digested this way. */
export const digestOf = (value: Json, hash: Hash): string => hash(canonical(value)).slice(0, 16);

const sameValue = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonical(a) === canonical(b);

const isList = (rule: FieldRule): boolean => rule.path.endsWith('/*');
const hasSecret = (value: Json | undefined): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && ('$secret' in value || '$concat' in value);

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
    notCompared: [],
    trusted: 0,
  };
  const ignored = matcher(desired.lifecycle.ignore);
  const context: Context = {
    input,
    ports,
    collected,
    ignored: (pointer) => desired.lifecycle.ignore.length > 0 && ignored(pointer),
  };
  for (const rule of kind.fields)
    if (rule.rule === 'option') option(rule, context);
    else if (rule.rule === 'writeOnly') writeOnly(rule, context);
    else if (rule.rule === 'remembered') remembered(rule, context);
    else if (isList(rule)) list(rule, context);
    else field(rule, context);
  resendSecrets(context);
  const prevent = new Set([...kind.born, ...(recorded?.prevent ?? []), ...desired.lifecycle.prevent]);
  for (const allowed of desired.lifecycle.allow) if (allowed !== 'rebind') prevent.delete(allowed);
  return {
    fields: collected.fields,
    after: collected.after,
    guards: collected.guards,
    record: {
      ids: live?.ids ?? {},
      origin: recorded?.origin ?? (live ? 'adopted' : 'created'),
      fields: collected.digests,
      lists: collected.lists,
      fingerprints: collected.fingerprints,
      sent: collected.sent,
      assumed: [...collected.assumed].sort(),
      prevent: [...prevent].sort(),
      onRemove: desired.lifecycle.onRemove,
      causes: desired.causes,
    },
    notCompared: collected.notCompared,
    trusted: collected.trusted,
    immutable: collected.fields.filter((one) => one.reason === 'immutable'),
  };
};

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
  readonly notCompared: { readonly pointer: Pointer; readonly why: string }[];
  trusted: number;
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

/** One value that is not in a keyed list. */
const field = (rule: FieldRule, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, live, recorded } = input;
  const pointer = rule.path;
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
  const reason = reasonOf(
    last,
    recorded !== null,
    digestOf(want, ports.hash),
    have === undefined ? undefined : digestOf(have, ports.hash),
  );
  const place = { source: desired.sourceOf(pointer) };
  if (context.ignored(pointer)) {
    collected.fields.push(
      change(context, pointer, have, want, 'ignored', { stands: true, note: 'lifecycle.ignore names it', ...place }),
    );
  } else if (reason === 'drifted' && input.drift === 'report') {
    remember(context, pointer, want);
    collected.fields.push(
      change(context, pointer, have, want, 'drifted', { stands: true, note: 'reported only in this environment', ...place }),
    );
  } else if (rule.rule === 'immutable') {
    remember(context, pointer, want);
    collected.fields.push(change(context, pointer, have, want, 'immutable', { note: rule.why ?? '', ...place }));
    put(context, pointer, want);
  } else {
    const guard = rule.guard?.(have, want, desired.lifecycle) ?? null;
    if (guard) {
      collected.guards.push(asGuard(guard, pointer, desired));
      collected.fields.push(change(context, pointer, have, want, reason, { stands: true, note: 'waits for you', ...place }));
      if (last !== undefined) collected.digests[pointer] = last;
      return;
    }
    remember(context, pointer, want);
    put(context, pointer, want);
    collected.fields.push(change(context, pointer, have, want, reason, place));
  }
};

const asGuard = (words: GuardWords, pointer: Pointer, desired: Desired): Omit<Guard, 'address'> => ({
  ...words,
  pointer,
  source: desired.sourceOf(pointer),
});

/** The elements of a keyed list, which is complete unless something says otherwise (RESOURCES 2). */
const list = (rule: FieldRule, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, live, recorded } = input;
  const at = parentOf(rule.path);
  const wanted = getAt(desired.spec, at);
  if (wanted === undefined) {
    for (const pointer of Object.keys(recorded?.fields ?? {}).filter((one) => fits(rule.path, one)))
      if (live && getAt(live.spec, pointer) !== undefined) {
        const have = getAt(live.spec, pointer);
        collected.fields.push(
          change(context, pointer, have, have, 'unset', { stands: true, note: 'the list is no longer declared' }),
        );
      }
    return;
  }
  const wants = new Set(expand(desired.spec, rule.path));
  const haves = new Set(expand(live?.spec, rule.path));
  // Asked list by list: an administrator whom a waiting list keeps is one after the change, whatever the files say.
  const standing = new Map(
    (live ? input.kind.letStand(live, desired, collected.after) : []).map((one) => [one.pointer, one.why]),
  );
  const wasOurs = recorded?.lists.includes(at) ?? false;
  const exclusive = desired.lifecycle.exclusive ?? (input.exclusiveByWorkspace ? true : null);
  const isOther = (pointer: Pointer): boolean =>
    !wants.has(pointer) &&
    !standing.has(pointer) &&
    !context.ignored(pointer) &&
    recorded?.fields[pointer] === undefined &&
    !isExpired(context, pointer);
  const others = [...haves].filter(isOther);
  if (live && !wasOurs && exclusive === null && others.length > 0) {
    waitForAnswer(
      rule,
      context,
      others,
      [...wants].filter((pointer) => !haves.has(pointer)),
    );
    return;
  }
  if (exclusive !== false) collected.lists.push(at);
  if (getAt(collected.after, at) === undefined) put(context, at, {});
  for (const pointer of [...new Set([...wants, ...haves])].sort()) {
    const want = getAt(desired.spec, pointer);
    const have = getAt(live?.spec, pointer);
    const last = recorded?.fields[pointer];
    if (sameValue(want, have)) {
      if (want !== undefined) remember(context, pointer, want);
      continue;
    }
    const place = { source: want === undefined ? desired.sourceOf(at) : sourceOfElement(desired, pointer) };
    const stands = standing.get(pointer);
    if (want === undefined && stands !== undefined) {
      collected.fields.push(change(context, pointer, have, have, 'default', { stands: true, note: stands }));
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
    if (want !== undefined) remember(context, pointer, want);
    put(context, pointer, want);
    collected.fields.push(change(context, pointer, have, want, reason, place));
  }
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

const sourceOfElement = (desired: Desired, pointer: Pointer) =>
  desired.people.find((mention) => mention.pointer === pointer)?.source ?? desired.sourceOf(parentOf(pointer));

/** ADOPT_HAS_OTHERS: the list is left alone until somebody says what is to become of the others. */
const waitForAnswer = (rule: FieldRule, context: Context, others: readonly Pointer[], missing: readonly Pointer[]): void => {
  const { collected, input } = context;
  const { desired, live } = input;
  const at = parentOf(rule.path);
  const names = others.map(lastOf).sort();
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  collected.guards.push({
    code: 'ADOPT_HAS_OTHERS',
    pointer: at,
    message: `${at.slice(1).replaceAll('/', ' ')} holds ${names.length === 1 ? 'one' : names.length} that no file names: ${shown}. The list is left alone.`,
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

/** Values that the service never shows: the fingerprint of what was sent stands for what is there. */
const writeOnly = (rule: FieldRule, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, live, recorded } = input;
  const at = parentOf(rule.path);
  if (getAt(desired.spec, at) === undefined) {
    Object.assign(collected.fingerprints, recorded?.fingerprints ?? {});
    collected.assumed.push(...(recorded?.assumed ?? []));
    return;
  }
  put(context, at, getAt(desired.spec, at));
  const pointers = expand(desired.spec, rule.path);
  const place = (pointer: Pointer) => ({ source: desired.sourceOf(pointer) });
  for (const pointer of pointers) {
    const value = getAt(desired.spec, pointer) as SecretValue;
    const sensitive = hasSecret(value as Json);
    const shown = sensitive ? { sensitive: true as const } : {};
    const last = recorded?.fingerprints[pointer];
    const after = sensitive ? null : (value as string);
    collected.sent[pointer] = value;
    if (!live) {
      collected.fields.push(change(context, pointer, undefined, after, 'added', { ...shown, ...place(pointer) }));
      continue;
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
    } else if (last === undefined && (recorded === null || Object.keys(recorded.fingerprints).length === 0)) {
      collected.trusted++;
      if (now === null) notCompared(context, pointer, value);
      else collected.assumed.push(pointer);
      if (now === '') collected.believed.push(pointer);
      else if (now !== null) collected.fingerprints[pointer] = now;
    } else if (last === undefined) {
      collected.fields.push(change(context, pointer, undefined, after, 'added', { ...shown, ...place(pointer) }));
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
  if (live)
    for (const pointer of Object.keys(recorded?.fingerprints ?? {}))
      if (fits(rule.path, pointer) && !pointers.includes(pointer))
        collected.fields.push(change(context, pointer, null, undefined, 'removed'));
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

/** Known to the record alone: compared with what was last applied. */
const remembered = (rule: FieldRule, context: Context): void => {
  const { input, ports, collected } = context;
  const { desired, live, recorded } = input;
  const pointer = rule.path;
  const want = getAt(desired.spec, pointer);
  if (want === undefined) return;
  put(context, pointer, want);
  const last = recorded?.fields[pointer];
  remember(context, pointer, want);
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
  for (const pointer of isList(rule) ? expand(context.input.desired.spec, rule.path) : [rule.path]) {
    const want = getAt(context.input.desired.spec, pointer);
    if (want !== undefined) put(context, pointer, want);
  }
};

/** A full replacement sends every write-only value: what is sent is fingerprinted anew; what is not keeps its fingerprint. */
const resendSecrets = ({ collected }: Context): void => {
  const acts = collected.fields.some((one) => one.stands !== true);
  if (!acts) {
    for (const pointer of Object.keys(collected.sent)) if (!collected.believed.includes(pointer)) delete collected.sent[pointer];
    return;
  }
  for (const pointer of Object.keys(collected.sent)) delete collected.fingerprints[pointer];
  collected.assumed.length = 0;
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
    for (const pointer of isList(rule) ? expand(live.spec, rule.path) : [rule.path]) {
      const value = getAt(live.spec, pointer);
      if (value !== undefined) writable[pointer] = value;
    }
  }
  return digestOf({ ids: live.ids, writable }, hash);
};

/** True where something at or below one of the pointers acts. */
export const touches = (fields: readonly FieldChange[], pointers: readonly Pointer[]): boolean =>
  fields.some(
    (one) => one.stands !== true && pointers.some((pointer) => isUnder(one.pointer, pointer) || isUnder(pointer, one.pointer)),
  );
