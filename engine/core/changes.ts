/** Which resources change, and how: ownership, renames, removals, protection (RESOURCES 1 and 2). */
import { askedFields, withAsked } from './asked.ts';
import { type Diagnostic, type Source, sure } from './diagnostic.ts';
import {
  type Difference,
  type DiffPorts,
  diffResource,
  patchOf,
  preimageOf,
  revealed,
  strongest,
  touches,
  veiled,
} from './diff.ts';
import { matcher } from './glob.ts';
import { mainId, sameIds } from './ids.ts';
import { addressOf, expand, fits, getAt, isSame, lastOf, parentOf, withAt } from './json.ts';
import { type Kind, type KindChange, keyName } from './kind.ts';
import type {
  Action,
  Address,
  Change,
  Desired,
  FieldChange,
  Guard,
  Live,
  Only,
  Pointer,
  RecordedResource,
  State,
} from './model.ts';
import { isAskedFor } from './only.ts';
import type { Hash, JsonObject } from './ports.ts';
import { respell } from './respell.ts';
import type { Released } from './workspace.ts';

/** What the reads gave of one kind. */
export type KindLive = {
  readonly resources: readonly Live[];
  /** False: the list could not be proven complete; nothing is created, adopted or deleted from it. */
  readonly isComplete: boolean;
  /** Ids of resources of which a list of their own could not be proven complete. */
  readonly unproven: ReadonlySet<string>;
  /** What the service refused to show of a resource, by its id. */
  readonly unread?: ReadonlyMap<string, ReadonlyMap<Pointer, string>>;
};

export type ChangesInput = {
  readonly kinds: readonly Kind[];
  readonly desired: readonly Desired[];
  readonly live: ReadonlyMap<string, KindLive>;
  readonly state: State | null;
  readonly drift: 'revert' | 'report';
  readonly exclusive: readonly string[];
  /** What is let go where no file names it. */
  readonly released?: readonly Released[];
  readonly caller: string | null;
  readonly gone: ReadonlySet<string>;
  readonly pushSecrets: readonly string[];
  /** Resources that are compared; of the others it is only known that they are ours. Absent: all. */
  readonly scope?: ReadonlySet<Address>;
  /** Reasons for which a difference acts; absent: all. */
  readonly only?: readonly Only[];
  /** Of what a create was begun that no record tells of. */
  readonly begun?: ReadonlySet<Address>;
  /** The day of a moment, for what waits since then. */
  readonly dayOf?: (iso: string) => string;
};

/** A change with everything that making its steps needs. */
export type ChangeDraft = {
  readonly kind: Kind;
  readonly address: Address;
  readonly key: readonly string[];
  readonly action: Action;
  readonly desired: Desired | null;
  readonly live: Live | null;
  /** What it is created on. */
  readonly host?: Live | null;
  readonly recorded: RecordedResource | null;
  readonly renamedFrom: Address | null;
  readonly difference: Difference | null;
  readonly fields: readonly FieldChange[];
  readonly guards: readonly Guard[];
  /** Held back by a guard: shown, and no step is made. */
  readonly isHeld: boolean;
  /** Why, where no field tells it. */
  readonly cause?: string;
  /** Since when something of it waits for an approval. */
  readonly waitsSince?: string;
  /** All of it waits: there is nothing to record yet. */
  readonly isAllAsked?: true;
};

export type ChangesFound = {
  readonly drafts: readonly ChangeDraft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly unmanaged: ReadonlyMap<string, readonly Address[]>;
  readonly unchanged: number;
  /** What waited for an approval and no longer does, by address. */
  readonly settled: ReadonlyMap<Address, readonly Pointer[]>;
};

export const liveAddress = (live: Live): Address => addressOf(live.kind, ...live.key);

/** Compares everything that is desired or recorded with what is live. */
export const findChanges = (input: ChangesInput, ports: DiffPorts): ChangesFound => {
  const drafts: ChangeDraft[] = [];
  const diagnostics: Diagnostic[] = [];
  const unmanaged = new Map<string, readonly Address[]>();
  let unchanged = 0;
  // Kinds stand in the order in which they need each other: whoever is named has been looked at before.
  const moves = new Map<Address, Address>();
  const unseen = new Set<Address>();
  const settled = new Map<Address, readonly Pointer[]>();
  for (const kind of input.kinds) {
    const of = input.live.get(kind.collection);
    const desired = input.desired.filter((one) => one.kind === kind.collection);
    if (!of) continue;
    const found = changesOfKind(kind, desired, of, input, ports, diagnostics, moves, settled, unseen);
    drafts.push(...found.drafts);
    unchanged += found.unchanged;
    unmanaged.set(kind.collection, found.unmanaged);
  }
  diagnostics.push(...likeRenames(drafts), ...noLongerAsked(input, settled));
  const isTold = ({ address }: Diagnostic): boolean => address === undefined || input.scope?.has(address) !== false;
  return { drafts, diagnostics: diagnostics.filter(isTold), unmanaged, unchanged, settled };
};

const changesOfKind = (
  kind: Kind,
  desired: readonly Desired[],
  of: KindLive,
  input: ChangesInput,
  ports: DiffPorts,
  diagnostics: Diagnostic[],
  moves: Map<Address, Address>,
  settled: Map<Address, readonly Pointer[]>,
  /** Of which nobody knows whether they are there: nothing is planned for them, nor for what names them. */
  unseen: Set<Address>,
): { readonly drafts: readonly ChangeDraft[]; readonly unmanaged: readonly Address[]; readonly unchanged: number } => {
  const recordedAt = recordedAddresses(kind, input.state);
  const byAddress = liveAddresses(of.resources, recordedAt);
  const byId = new Map(of.resources.map((one) => [mainId(one.ids), one]));
  const ours = new Map<Address, RecordedResource | null>();
  const oursAt = (address: Address): RecordedResource | null => {
    if (!ours.has(address)) ours.set(address, withAsked(input.state?.resources[address] ?? null, input.state?.asked?.[address]));
    return ours.get(address) ?? null;
  };
  const recordedOf = (address: Address): RecordedResource | null => {
    const recorded = oursAt(address);
    return recorded ? respell(recorded, moves) : null;
  };
  const declared = new Set(desired.map((one) => one.address));
  const namesakes = namesakesOf(of.resources);
  const taken = new Set<Live>();
  const consumed = new Set<Address>();
  const exclusive = matcher(input.exclusive);
  const pushes = matcher(input.pushSecrets);
  const releases = (input.released ?? []).map((one) => ({ ...one, isMeant: matcher([one.address]) }));
  const drafts: ChangeDraft[] = [];
  let unchanged = 0;

  for (const one of desired) {
    const found = matchLive(kind, one, { byAddress, byId, recordedOf, declared, recordedAt, diagnostics });
    if (found.live) taken.add(found.live);
    // Nothing of this kind is on it yet: it is created, as far as the plan is concerned, unless nothing is to be put on it.
    const isHost = found.live?.isBare === true && found.recorded === null && hasContents(kind, one);
    const matched = isHost ? { ...found, live: null, host: found.live } : veil(kind, one, found, ports.hash);
    if (matched.renamedFrom) consumed.add(matched.renamedFrom);
    if (matched.renamedFrom && matched.recorded) moves.set(matched.renamedFrom, one.address);
    if (input.scope?.has(one.address) === false) continue;
    const isRespelled = matched.recorded !== null && matched.recorded !== oursAt(matched.renamedFrom ?? one.address);
    if (matched.live ? of.unproven.has(mainId(matched.live.ids)) : !of.isComplete) {
      diagnostics.push(incomplete(kind, one.source, one.address));
      if (!matched.live) unseen.add(one.address);
      continue;
    }
    const unread = matched.live ? of.unread?.get(mainId(matched.live.ids)) : undefined;
    const asked = askedFields(input.state?.asked?.[one.address]);
    const difference = diffResource(
      {
        kind,
        desired: one,
        live: matched.live,
        recorded: matched.recorded,
        drift: input.drift,
        exclusiveByWorkspace: input.exclusive.length > 0 && exclusive(one.address),
        caller: input.caller,
        gone: input.gone,
        pushSecrets: input.pushSecrets.length > 0 && pushes(one.address),
        ...(input.only ? { isAsked: isAskedFor(input.only) } : {}),
        ...(asked.size > 0 ? { asked: { at: asked, dayOf: input.dayOf ?? ((iso) => iso.slice(0, 10)) } } : {}),
        ...(unread ? { unread } : {}),
        ...(input.begun?.has(one.address) ? { isBegun: true } : {}),
      },
      ports,
    );
    const over = [...asked.keys()].filter((pointer) => !difference.awaited.has(pointer)).sort();
    if (over.length > 0) settled.set(one.address, over);
    const isRecorded = input.state?.resources[matched.renamedFrom ?? one.address] !== undefined;
    const draft = draftOf(kind, one, { ...matched, isRespelled, isRecorded }, difference, of.isComplete, diagnostics);
    const named = draft && unseen.size > 0 ? kind.refers(one.spec, one.key).find((address) => unseen.has(address)) : undefined;
    if (named !== undefined) {
      diagnostics.push(namesUnseen(one, named));
      if (!matched.live) unseen.add(one.address);
      continue;
    }
    const rivals = found.live !== null && matched.recorded === null ? namesakes.get(one.address) : undefined;
    if (draft !== null && rivals)
      drafts.push({ ...draft, action: 'none', fields: [], guards: [ambiguous(kind, one, rivals)], isHeld: true });
    else if (draft === null) unchanged++;
    else drafts.push(draft);
  }

  for (const [address, recorded] of Object.entries(input.state?.resources ?? {})) {
    if (!address.startsWith(`${kind.collection}/`) || declared.has(address) || consumed.has(address)) continue;
    const live = byId.get(mainId(recorded.ids)) ?? null;
    if (input.scope?.has(address) === false) {
      if (live) taken.add(live);
      continue;
    }
    if (live && taken.has(live)) {
      drafts.push(removal(kind, address, recorded, null, 'forget', []));
      continue;
    }
    if (live) taken.add(live);
    if (!of.isComplete) {
      diagnostics.push(incomplete(kind, null, address));
      continue;
    }
    const was = sure(recordedOf(address), 'record of this address');
    const release = releases.find(({ isMeant }) => isMeant(address));
    drafts.push(
      release
        ? { ...removal(kind, address, was, live, 'forget', []), cause: `released to ${release.to}: ${release.reason}` }
        : removalOf(kind, address, was, live),
    );
  }
  const sources = new Map(desired.map(({ address, source }) => [address, source]));
  for (const [address, all] of namesakes) {
    const ours = all.filter(({ ids }) => recordedAt(mainId(ids)) !== null);
    const others = all.filter(({ ids }) => recordedAt(mainId(ids)) === null);
    if (ours.length > 0 && others.length > 0) diagnostics.push(namesake(kind, address, ours, others, sources.get(address)));
  }
  const unmanaged = of.resources
    .filter((one) => !taken.has(one) && !one.isBare)
    .map(liveAddress)
    .sort();
  return { drafts, unmanaged, unchanged };
};

/** Something is asked for that a read could show, or that is remembered: not only empty lists. */
const hasContents = (kind: Kind, { spec }: Desired): boolean =>
  kind.fields.some((rule) => rule.rule !== 'option' && expand(spec, rule.path).length > 0);

/** What is live at each address. Of several the one that the record knows; a guard asks about the others. */
const liveAddresses = (resources: readonly Live[], recordedAt: (id: string) => Address | null): ReadonlyMap<Address, Live> => {
  const isRecorded = (one: Live): boolean => recordedAt(mainId(one.ids)) === liveAddress(one);
  return new Map([...resources, ...resources.filter(isRecorded)].map((one) => [liveAddress(one), one]));
};

/** Live resources that share an address, where the service lets names come twice: only their ids tell them apart. */
const namesakesOf = (resources: readonly Live[]): ReadonlyMap<Address, readonly Live[]> => {
  const found = new Map<Address, Live[]>();
  for (const one of resources) found.set(liveAddress(one), [...(found.get(liveAddress(one)) ?? []), one]);
  return new Map([...found].filter(([, all]) => all.length > 1));
};

const ambiguous = (kind: Kind, { address, source }: Desired, rivals: readonly Live[]): Guard => {
  const ids = rivals.map((one) => mainId(one.ids)).sort();
  return {
    code: 'ADOPT_AMBIGUOUS',
    address,
    message: `${ids.length} live ones of ${kind.collection} have this name: ${ids.join(', ')}. None of them is touched.`,
    hint: `Name the one that is meant: phinfra state adopt ${address}=${ids[0]}.`,
    source,
  };
};

/** A create that the service carried out after it had been given up shows here, and nowhere else (RELIABILITY 3.3). */
const namesake = (
  kind: Kind,
  address: Address,
  ours: readonly Live[],
  others: readonly Live[],
  source: Source | undefined,
): Diagnostic => {
  const listed = (of: readonly Live[]): string =>
    of
      .map(({ ids }) => mainId(ids))
      .sort()
      .join(', ');
  return {
    code: 'NAMESAKE',
    severity: 'warning',
    message: `${ours.length + others.length} live ones of ${kind.collection} are called as "${address}" says: ${listed(ours)} is ours, ${listed(others)} is not. A create that came too late may have made it, or somebody else.`,
    hint: `Look at both in the console, and delete the one that nobody needs: phinfra touches ${listed(ours)} alone.`,
    address,
    ...(source ? { source } : {}),
  };
};

/** Where the record has the ids of a kind. */
const recordedAddresses = (kind: Kind, state: State | null): ((id: string) => Address | null) => {
  const byId = new Map(
    Object.entries(state?.resources ?? {})
      .filter(([address]) => address.startsWith(`${kind.collection}/`))
      .map(([address, recorded]) => [mainId(recorded.ids), address]),
  );
  return (id) => byId.get(id) ?? null;
};

const veil = (kind: Kind, desired: Desired, matched: Matched, hash: Hash): Matched =>
  matched.live
    ? { ...matched, live: veiled(kind, revealed(kind, matched.live, desired, hash), desired, matched.recorded) }
    : matched;

type Matched = {
  readonly live: Live | null;
  /** It is to be created on this. */
  readonly host?: Live | null;
  readonly recorded: RecordedResource | null;
  readonly renamedFrom: Address | null;
  readonly isOutside: boolean;
};

/** Which live object a declared address means: by its key, by renamedFrom, or by the recorded id under another name. */
const matchLive = (
  kind: Kind,
  one: Desired,
  at: {
    readonly byAddress: ReadonlyMap<Address, Live>;
    readonly byId: ReadonlyMap<string, Live>;
    readonly recordedOf: (address: Address) => RecordedResource | null;
    readonly declared: ReadonlySet<Address>;
    /** Where the record has this id. */
    readonly recordedAt: (id: string) => Address | null;
    readonly diagnostics: Diagnostic[];
  },
): Matched => {
  const recorded = at.recordedOf(one.address);
  const live = at.byAddress.get(one.address) ?? null;
  const old = one.renamedFrom === null ? null : addressOf(kind.collection, ...one.renamedFrom);
  const oldRecorded = old === null ? null : at.recordedOf(old);
  if (live) {
    // With both in the record the old one would be deleted, although the files ask to keep it under the new name.
    if (old !== null && at.byAddress.has(old) && !at.declared.has(old) && (recorded === null || oldRecorded !== null))
      at.diagnostics.push({
        code: 'RENAME_CONFLICT',
        severity: 'error',
        message: `Both "${one.address}" and "${old}" exist in the tenant, so the one cannot be renamed to the other.`,
        hint: 'Delete one of them, or take renamedFrom out.',
        source: one.sourceOf('/renamedFrom'),
        address: one.address,
      });
    // The same name with another id: somebody deleted ours and made a new one. It is found, not ours.
    // What it hangs on had no id yet when empty lists were recorded: the address is all there is to know it by.
    const isByAddress = kind.attached === true && recorded !== null && Object.keys(recorded.ids).length === 0;
    const isOurs = recorded !== null && (isByAddress || sameIds(recorded.ids, live.ids));
    if (isOurs) return { live, recorded, renamedFrom: null, isOutside: false };
    // The record knows it by an address that nobody declares: what its key begins with is renamed, and it goes along.
    const was = recorded === null ? at.recordedAt(mainId(live.ids)) : null;
    return was === null || at.declared.has(was)
      ? { live, recorded: null, renamedFrom: null, isOutside: false }
      : { live, recorded: at.recordedOf(was), renamedFrom: was, isOutside: false };
  }
  // Where the old name is declared as well, it is somebody else's by now.
  if (old !== null && kind.renames && !at.declared.has(old)) {
    const oldLive = (oldRecorded ? at.byId.get(mainId(oldRecorded.ids)) : undefined) ?? at.byAddress.get(old) ?? null;
    if (oldLive) return { live: oldLive, recorded: oldRecorded, renamedFrom: old, isOutside: false };
  }
  const moved = recorded && kind.renames ? at.byId.get(mainId(recorded.ids)) : undefined;
  if (moved && !at.declared.has(liveAddress(moved))) return { live: moved, recorded, renamedFrom: null, isOutside: true };
  return { live: null, recorded: null, renamedFrom: null, isOutside: false };
};

const liveOf = ({ live }: MatchInput, { collection }: Kind): readonly Live[] =>
  sure(live.get(collection), `list of ${collection}`).resources;

type MatchInput = Pick<ChangesInput, 'kinds' | 'desired' | 'live' | 'state'>;

/** What is live of what is declared: under its key, under the one that it had, or by the recorded id under another name. */
export const matchesOf = (input: MatchInput): readonly { readonly desired: Desired; readonly live: Live }[] =>
  input.kinds.flatMap((kind) => {
    const resources = liveOf(input, kind);
    const desired = input.desired.filter((one) => one.kind === kind.collection);
    const at = {
      byAddress: new Map(resources.map((one) => [liveAddress(one), one])),
      byId: new Map(resources.map((one) => [mainId(one.ids), one])),
      recordedOf: (address: Address): RecordedResource | null => input.state?.resources[address] ?? null,
      declared: new Set(desired.map((one) => one.address)),
      recordedAt: recordedAddresses(kind, input.state),
      diagnostics: [],
    };
    return desired.flatMap((one) => {
      const { live } = matchLive(kind, one, at);
      return live ? [{ desired: one, live }] : [];
    });
  });

/** Live resources that are being renamed, by id and new name: everybody who refers to them means the new one. */
export const renamesOf = (input: MatchInput): readonly { readonly kind: string; readonly id: string; readonly name: string }[] =>
  matchesOf(input)
    .filter(({ desired, live }) => liveAddress(live) !== desired.address)
    .map(({ desired, live }) => ({ kind: desired.kind, id: mainId(live.ids), name: keyName(desired.key) }));

const draftOf = (
  kind: Kind,
  desired: Desired,
  {
    live,
    host = null,
    recorded,
    renamedFrom,
    isOutside,
    isRespelled,
    isRecorded,
  }: Matched & { readonly isRespelled: boolean; readonly isRecorded: boolean },
  difference: Difference,
  isComplete: boolean,
  diagnostics: Diagnostic[],
): ChangeDraft | null => {
  const { address, key } = desired;
  const renames = live !== null && liveAddress(live) !== address;
  const fields: readonly FieldChange[] = renames
    ? [
        {
          pointer: '',
          reason: isOutside ? 'drifted' : 'changed',
          before: live.key.join('/'),
          after: key.join('/'),
          note: 'renamed',
          source: isOutside ? desired.source : desired.sourceOf('/renamedFrom'),
        },
        ...difference.fields,
      ]
    : difference.fields;
  const guards: Guard[] = difference.guards.map((guard) => ({ ...guard, address }));
  const [waitsSince] = [...difference.awaited.values()].map(({ since }) => since).sort();
  const isAllAsked = waitsSince !== undefined && !isRecorded && Object.keys(difference.record.fields).length === 0;
  const base = {
    kind,
    address,
    key,
    desired,
    live,
    host,
    recorded,
    renamedFrom,
    difference,
    fields,
    ...(waitsSince === undefined ? {} : { waitsSince }),
    ...(isAllAsked ? { isAllAsked: true as const } : {}),
  };
  // Nothing is said of it, and nothing is there: there is nothing to make, and nothing to record.
  const isSilent = fields.length === 0 && guards.length === 0 && difference.record.lists.length === 0;
  if (kind.attached && recorded === null && (!live || live.isBare) && isSilent) return null;
  const acts = fields.some((one) => one.stands !== true);
  if (!live) return { ...base, action: waitsSince !== undefined && !acts ? 'none' : 'create', guards, isHeld: false };
  if (difference.immutable.length > 0) {
    const guard = replaceGuard(kind, desired, difference);
    return { ...base, action: 'replace', guards: guard ? [...guards, guard] : guards, isHeld: guard !== null };
  }
  if (acts) return { ...base, action: 'update', guards, isHeld: false };
  if (recorded === null) {
    if (isComplete) return { ...base, action: 'adopt', guards, isHeld: false };
    diagnostics.push(incomplete(kind, desired.source, address));
    return null;
  }
  const moves = renamedFrom !== null || isRespelled || !isRecorded || recordDiffers(recorded, difference);
  return fields.length > 0 || guards.length > 0 || difference.notCompared.length > 0 || moves
    ? { ...base, action: 'none', guards, isHeld: false }
    : null;
};

/** The record would say something new although nothing is to be sent: a cause, a protection, a field no longer managed. */
const recordDiffers = (recorded: RecordedResource, { record }: Difference): boolean => {
  const { sent: _sent, ...rest } = record;
  return !isSame({ ...rest, lists: [...rest.lists].sort() }, { ...recorded, lists: [...recorded.lists].sort() });
};

const replaceGuard = (kind: Kind, desired: Desired, difference: Difference): Guard | null => {
  const [field] = difference.immutable;
  const source = field?.source ?? desired.source;
  const what = difference.immutable.map((one) => one.pointer.slice(1)).join(', ');
  const why = field?.note ? `: ${field.note}` : '';
  if (kind.replaceRefused !== null)
    return {
      code: 'REPLACE_REFUSED',
      address: desired.address,
      message: `Changing ${what} would need a new ${kind.noun}${why}.`,
      hint: kind.replaceRefused,
      source,
    };
  return difference.record.prevent.includes('replace')
    ? {
        code: 'REPLACE_PREVENTED',
        address: desired.address,
        message: `Changing ${what} deletes the ${kind.noun} and makes a new one${why}.`,
        hint: 'lifecycle: { allow: [replace] } lets it happen.',
        source,
      }
    : null;
};

const removal = (
  kind: Kind,
  address: Address,
  recorded: RecordedResource,
  live: Live | null,
  action: 'delete' | 'forget',
  guards: readonly Guard[],
): ChangeDraft => ({
  kind,
  address,
  key: live?.key ?? address.split('/').slice(1).map(decodeURIComponent),
  action,
  desired: null,
  live,
  recorded,
  renamedFrom: null,
  difference: null,
  // What no read shows is in no normal form: those who lose it are told one by one.
  fields:
    action === 'delete' ? rememberedIn(kind, recorded).map((pointer) => ({ pointer, reason: 'removed', before: null })) : [],
  guards,
  isHeld: guards.length > 0,
});

const removalOf = (kind: Kind, address: Address, recorded: RecordedResource, found: Live | null): ChangeDraft => {
  const live = found && veiled(kind, found, null, recorded);
  const onRemove = recorded.onRemove ?? (recorded.origin === 'adopted' ? 'forget' : 'delete');
  const isEmpty = live?.isBare && rememberedIn(kind, recorded).length === 0;
  if (!live || isEmpty || onRemove === 'forget') return removal(kind, address, recorded, live, 'forget', []);
  return removal(
    kind,
    address,
    recorded,
    live,
    'delete',
    recorded.prevent.includes('delete')
      ? [
          {
            code: 'DELETE_PREVENTED',
            address,
            message: `The ${kind.noun} would be deleted, and it is protected against that.`,
            hint: 'Apply it once with lifecycle: { allow: [delete] }; or with onRemove: forget, which leaves it as it is.',
          },
        ]
      : [],
  );
};

/** What no read shows can only be taken back from what the record says. */
const rememberedIn = (kind: Kind, recorded: RecordedResource): readonly Pointer[] =>
  Object.keys(recorded.fields)
    .filter((pointer) =>
      kind.fields.some((rule) => rule.remembers && fits(rule.path, pointer) && rule.remembers(lastOf(pointer))),
    )
    .sort();

const incomplete = (kind: Kind, source: Source | null, address: Address): Diagnostic => ({
  code: 'LIST_INCOMPLETE',
  severity: 'warning',
  message: `The list of ${kind.collection} could not be proven complete: nothing is planned for "${address}".`,
  hint: 'Plan again.',
  address,
  ...(source ? { source } : {}),
});

const namesUnseen = ({ source, address }: Desired, named: Address): Diagnostic => ({
  code: 'LIST_INCOMPLETE',
  severity: 'warning',
  message: `Whether "${named}" is there could not be proven: nothing is planned for "${address}", which names it.`,
  hint: 'Plan again.',
  address,
  source,
});

/** Marks of what the files no longer ask for go as well; in Dataphin the request may still be approved. */
const noLongerAsked = (
  { state, desired, scope }: ChangesInput,
  settled: Map<Address, readonly Pointer[]>,
): readonly Diagnostic[] => {
  const byAddress = new Map(desired.map((one) => [one.address, one]));
  return Object.entries(state?.asked ?? {}).flatMap(([address, asked]): readonly Diagnostic[] => {
    if (scope?.has(address) === false) return [];
    const one = byAddress.get(address);
    const pointers = [...askedFields(asked).keys()].sort();
    if (!one) settled.set(address, pointers);
    const left = (settled.get(address) ?? []).filter((pointer) => getAt(one?.spec, pointer) === undefined);
    return left.length === 0
      ? []
      : [
          {
            code: 'APPROVAL_LEFT',
            severity: 'warning',
            message: `No file names ${left.map((pointer) => pointer.slice(1)).join(', ')} of "${address}" any more, and it may still wait for an approval in Dataphin.`,
            hint: 'Withdraw the request there.',
            address,
          },
        ];
  });
};

/** A value that more deletes than this share tells none of them. */
const TELLING = 20;

/** A delete and a create of one kind with almost equal fields (RESOURCES 1): what was last applied beside what is wanted. */
const likeRenames = (drafts: readonly ChangeDraft[]): readonly Diagnostic[] => {
  const valuesOf = (kind: Kind, fields: RecordedResource['fields']): readonly string[] =>
    Object.entries(fields).map(([pointer, digest]) => `${kind.collection} ${digest} ${pointer}`);
  const byValue = new Map<string, ChangeDraft[]>();
  for (const one of drafts)
    if (one.action === 'delete' && one.kind.renames)
      for (const value of valuesOf(one.kind, sure(one.recorded, 'record of a delete').fields))
        byValue.set(value, [...(byValue.get(value)?.slice(0, TELLING) ?? []), one]);
  return drafts
    .filter((one) => one.action === 'create' && one.kind.renames)
    .flatMap((created) => {
      const { desired } = created;
      const { fields } = sure(created.difference, 'difference of a create').record;
      const twin = valuesOf(created.kind, fields)
        .map((value) => byValue.get(value) ?? [])
        .filter((sharers) => sharers.length <= TELLING)
        .flat()
        .find((one) => areAlike(sure(one.recorded, 'record of a delete').fields, fields));
      return twin
        ? [
            {
              code: 'LOOKS_LIKE_RENAME',
              severity: 'warning',
              message: `"${created.address}" is created and "${twin.address}", almost the same, is deleted.`,
              hint: `To keep it: renamedFrom: ${twin.key.join('/')}.`,
              address: created.address,
              source: sure(desired, 'file of a create').source,
            } satisfies Diagnostic,
          ]
        : [];
    });
};

/** At least two fields, and three quarters of the longer side, have the same digest. */
const areAlike = (a: RecordedResource['fields'], b: RecordedResource['fields']): boolean => {
  const both = Object.entries(a).filter(([pointer, digest]) => b[pointer] === digest).length;
  return both >= 2 && both >= 0.75 * Math.max(Object.keys(a).length, Object.keys(b).length);
};

/** A normal form as it may be shown: what a rule conceals is null where it is not what the files say. */
const concealed = ({ kind, desired }: ChangeDraft, spec: JsonObject | null): JsonObject | null =>
  kind.fields
    .filter((rule) => rule.conceals)
    .flatMap((rule) => expand(spec ?? {}, rule.path))
    .filter((pointer) => !isSame(getAt(spec ?? {}, pointer) ?? null, getAt(desired?.spec, pointer) ?? null))
    .reduce((shown, pointer) => shown && withAt(shown, pointer, null), spec);

/** What the kind sees of a change while it makes the calls. */
export const kindChange = (draft: ChangeDraft): KindChange => {
  const acting = draft.fields.filter((one) => one.stands !== true);
  const elements = (list: Pointer, test: (one: FieldChange) => boolean): readonly string[] =>
    acting.filter((one) => one.pointer !== '' && parentOf(one.pointer) === list && test(one)).map((one) => lastOf(one.pointer));
  return {
    address: draft.address,
    key: draft.key,
    action: draft.action as KindChange['action'],
    before: draft.live?.spec ?? null,
    recorded: draft.recorded,
    after: draft.action === 'delete' ? null : (draft.difference?.after ?? null),
    live: draft.live,
    host: draft.host ?? null,
    desired: draft.desired,
    renamed: acting.some((one) => one.pointer === ''),
    touches: (...pointers) =>
      touches(
        acting.filter((one) => one.pointer !== ''),
        pointers,
      ),
    added: (list) => elements(list, (one) => !('before' in one) && 'after' in one),
    removed: (list) => elements(list, (one) => 'before' in one && !('after' in one)),
    updated: (list) => elements(list, (one) => 'before' in one && 'after' in one),
    reasonOf: (pointer) => acting.find((one) => one.pointer === pointer)?.reason ?? null,
  };
};

/** The change as the plan shows it; steps are put in by the caller. */
export const changeOf = (draft: ChangeDraft, steps: readonly string[], manual: readonly string[], ports: DiffPorts): Change => {
  const { action, difference, live } = draft;
  const before = concealed(draft, live?.spec ?? null);
  const after = concealed(draft, action === 'delete' || action === 'forget' ? null : (difference?.after ?? null));
  const causes = [...new Set(draft.fields.filter((one) => one.stands !== true).flatMap((one) => (one.cause ? [one.cause] : [])))];
  const isManual = manual.length > 0 && steps.length === 0 && action === 'update';
  const acting = draft.fields.filter((one) => one.stands !== true).map((one) => one.pointer);
  const byHand = isManual ? acting : manual.length > 0 ? (draft.kind.byHand?.(kindChange(draft)) ?? []) : [];
  const record = isManual || byHand.length > 0 ? recordBefore(draft, byHand) : recordAfter(draft);
  // Held back by a guard: shown as it would be, and nothing is sent for it.
  const fields = draft.isHeld ? draft.fields.map((one) => ({ ...one, stands: true as const })) : draft.fields;
  return {
    address: draft.address,
    kind: draft.kind.collection,
    key: draft.key,
    action: isManual ? 'manual' : action,
    reason: action === 'adopt' ? 'found' : strongest(draft.fields),
    ids: live?.ids ?? null,
    ...(draft.renamedFrom ? { renamedFrom: draft.renamedFrom } : {}),
    before,
    after,
    patch: patchOf(before, after),
    fields,
    cause: draft.cause ?? (causes.length === 1 ? sure(causes[0], 'cause') : null),
    preimage: live ? preimageOf(draft.kind, live, ports.hash) : null,
    source: draft.desired?.source ?? null,
    steps,
    ...(draft.waitsSince === undefined ? {} : { waitsSince: draft.waitsSince }),
    manual,
    ...(record === undefined ? {} : { record }),
  };
};

const recordAfter = ({ action, difference, isHeld, isAllAsked }: ChangeDraft): Change['record'] | undefined => {
  if (isHeld || (isAllAsked && action === 'none')) return undefined;
  if (action === 'delete' || action === 'forget') return null;
  return difference?.record;
};

/** What a person has to do is not done yet: of these fields the record says what it said. */
const recordBefore = (
  { difference, recorded, isHeld }: ChangeDraft,
  byHand: readonly Pointer[],
): Change['record'] | undefined => {
  if (isHeld || !difference) return undefined;
  const { record } = difference;
  const waiting = new Set(byHand);
  const kept = Object.entries(recorded?.fields ?? {}).filter(([pointer]) => waiting.has(pointer));
  const others = Object.entries(record.fields).filter(([pointer]) => !waiting.has(pointer));
  return { ...record, fields: Object.fromEntries([...others, ...kept]) };
};

/** Addresses that a change's live side refers to and its desired side no longer does. */
export const letGo = (draft: ChangeDraft, refers: Kind['refers']): readonly Address[] => {
  const after = draft.action === 'delete' ? null : (draft.difference?.after ?? null);
  const still = new Set(after ? refers(after, draft.key) : []);
  return draft.live ? refers(withRemembered(draft), draft.live.key).filter((address) => !still.has(address)) : [];
};

/** What is live, and what is known by the record alone: the people of a grant that no read shows. */
const withRemembered = ({ kind, live, recorded }: ChangeDraft): JsonObject =>
  Object.keys(recorded?.fields ?? {})
    .filter((pointer) => kind.fields.some((rule) => fits(rule.path, pointer) && rule.remembers?.(lastOf(pointer)) === true))
    .reduce(
      (spec, pointer) => (getAt(spec, pointer) === undefined ? (withAt(spec, pointer, {}) as JsonObject) : spec),
      live?.spec ?? {},
    );
