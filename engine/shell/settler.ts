/** Looks whether a step whose outcome is unknown has happened (DESIGN 6): one list, the resource's own reads, a comparison. */

import { partsOf, single } from '../core/batch.ts';
import { EngineError, sure } from '../core/diagnostic.ts';
import { mainId } from '../core/ids.ts';
import { decodePart, expand, fits, getAt, isUnder, lastOf, parentOf, textOf, withAt } from '../core/json.ts';
import { type Kind, keyName, type LookUp } from '../core/kind.ts';
import type { Change, Desired, Live, Plan, Pointer, ReferenceMention, Step } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { type NameTable, stepShows } from '../core/reads.ts';
import type { Settled, Verdict } from '../core/settle.ts';
import type { Doubt } from './doubt.ts';
import { type Asked, type AskedOf, isShown, isWithin, knowing, namesOnlyReads } from './look-cheaply.ts';
import { isAllComplete, type LiveWorld, liveByKind, readEach, readLists, subject, wantedAs } from './read-live.ts';
import type { Reader } from './reader.ts';
import type { RememberingReader } from './remember.ts';

/**
 * The settling of one plan. The same list serves all doubts that are looked up at a time. Names of people
 * are known beside the kind's list: nobody must be taken for absent because a name is not known.
 */
export const createSettler =
  (plan: Plan, kinds: readonly Kind[], lookUps: readonly LookUp[], reader: RememberingReader) =>
  async (
    step: Step,
    changes: readonly Change[],
    _signal?: AbortSignal,
    doubt: Doubt = { isRefused: false },
  ): Promise<Settled> => {
    const parts = partsOf(step);
    const asked = (parts.length > 0 ? parts.map((part) => single(step, part)) : [step]).flatMap((one) => {
      const change = changes.find(({ address }) => one.serves.includes(address));
      const kind = kinds.find(({ collection }) => collection === change?.kind);
      return change && kind ? [{ step: one, change, kind }] : [];
    });
    if (asked.length < Math.max(1, parts.length)) return undecided('the step belongs to no change');
    try {
      const since = reader.since(doubt.sinceMs ?? Number.POSITIVE_INFINITY);
      const verdicts = await lookCheaply({ plan, kinds, lookUps, reader: since, doubt }, asked, reader);
      if (parts.length === 0) return sure(verdicts[0], 'verdict of a step');
      return {
        verdict: 'parts',
        of: Object.fromEntries(asked.map((one, index) => [one.step.id, sure(verdicts[index], 'verdict of a part')])),
      };
    } catch (error) {
      if (error instanceof EngineError && error.code === 'DAY_SPENT')
        return { verdict: 'undecided', because: error.message, hindrance: 'day' };
      if (error instanceof EngineError && error.code !== 'INTERNAL') return undecided(error.message);
      throw error;
    }
  };

const undecided = (because: string): Verdict => ({ verdict: 'undecided', because });
const UNPROVEN = undecided('a list could not be proven complete');
const NO_RESOURCE = undecided('the resource is not there');

type Ports = AskedOf & {
  readonly reader: Reader;
  readonly doubt: Doubt;
  /** Only what the resources' own reads tell is told: the list may be an old one. */
  readonly isAlone?: true;
};

/**
 * Looks with what the run knows already, as far as that can tell nothing wrong: names of what nothing in the plan is about; and
 * the list in which the resource stands, where its own reads tell all. What cannot be decided so is looked at as a whole.
 *
 * @param known answers of any age
 */
const lookCheaply = async (ports: Ports, asked: readonly Asked[], known: Reader): Promise<readonly Verdict[]> => {
  const { reader } = ports;
  const names = namesOnlyReads(ports, asked);
  const lists = asked.flatMap(({ kind }) => (kind.list ? [kind.list.operation] : []));
  const isDecided = (verdicts: readonly Verdict[]): boolean => verdicts.every(({ verdict }) => verdict !== 'undecided');
  // No other names show what is not on its list.
  const isByNames = (one: Verdict): boolean => one.verdict === 'undecided' && one !== NO_RESOURCE && one !== UNPROVEN;
  if (asked.every(isWithin)) {
    const alone = await look({ ...ports, reader: knowing(known, reader, new Set([...names, ...lists])), isAlone: true }, asked);
    if (isDecided(alone)) return alone;
  }
  const named = await look({ ...ports, reader: knowing(known, reader, names) }, asked);
  return named.some(isByNames) ? look(ports, asked) : named;
};

/** One reading of the lists for all that is asked; a verdict for each, in order. */
const look = async (ports: Ports, asked: readonly Asked[]): Promise<readonly Verdict[]> => {
  const { plan, kinds, lookUps, reader } = ports;
  const changes = [...new Set(asked.map(({ change }) => change))];
  const desired = new Map(
    asked.map(({ change, kind }) => {
      const steps = asked.flatMap((one) => (one.change === change ? [one.step] : []));
      const covers = steps.flatMap((step) => step.covers);
      const wanted = wantedBy(kind, change, covers);
      const isBare = steps.every((step) => isPresence(kind, step));
      return [change, isBare ? { ...wanted, listsPeople: false, references: [], parts: [] } : wanted] as const;
    }),
  );
  const world = await readLists({
    reader,
    kinds,
    lookUps,
    desired: [...desired.values()],
    state: null,
    context: { day: plan.day, tenant: plan.tenant },
    price: () => 1,
    again: changes,
  });
  const verdicts: Verdict[] = [];
  for (const one of asked)
    verdicts.push(await judge(ports, world, one, desired.get(one.change) ?? wantedBy(one.kind, one.change, one.step.covers)));
  return verdicts;
};

const judge = async (ports: Ports, world: LiveWorld, { step, change, kind }: Asked, desired: Desired): Promise<Verdict> => {
  const { plan, lookUps, reader } = ports;
  if (!isAllComplete(world)) return UNPROVEN;
  const names = namesOf(plan, world);
  const found = (): readonly Live[] => {
    const makesAll = change.action === 'create' || (step.phase === 'create' && isWhole(kind, step));
    const id = makesAll ? null : mainId(change.ids ?? {});
    return (liveByKind(world, names).get(kind.collection)?.resources ?? []).filter((live) =>
      id === null || change.ids === null ? live.address === change.address : mainId(live.ids) === id,
    );
  };
  const candidates = found();
  if (candidates.length > 1) return undecided('there are two candidates');
  const [live] = candidates;
  if (isPresence(kind, step)) return live ? { verdict: 'void' } : { verdict: 'done', isAbsence: true };
  const isMaking = step.phase === 'create' && isWhole(kind, step);
  if (isMaking && !live) return { verdict: 'void' };
  if (!live && !kind.attached) return NO_RESOURCE;

  const changed = readable(kind, change, step);
  const isTold = (pointer: Pointer): boolean => isShown(kind, live, pointer);
  if (ports.isAlone && changed.some(isTold)) return undecided('the list that it stands in tells it');
  // What its list tells needs no reads of its own.
  if (live && !(isWithin({ step, change, kind }) && changed.length > 0 && changed.every(isTold)))
    await readEach(reader, kind, [subject(live, desired, 'compare')], world);
  if (!isAllComplete(world)) return UNPROVEN;
  const unread = world.unread.get(kind.collection)?.get(mainId(live?.ids));
  const pointers = changed.filter((pointer) => ![...(unread?.keys() ?? [])].some((prefix) => isUnder(pointer, prefix)));
  let [now] = found();
  if (ports.isAlone && !pointers.every((pointer) => isShown(kind, now, pointer)))
    return undecided('its own reads do not tell it');
  if (pointers.some((pointer) => textOf(getAt(now?.spec, pointer)).startsWith('id:'))) {
    // The plan knew a name that the kind's own list does not tell.
    for (const one of lookUps)
      for (const row of (await reader.list(one.list, one.list.request)).rows) names.learn(one.names(row));
    [now] = found();
  }
  const isTaken = step.phase === 'revoke' ? (kind.isTaken?.(step, now ?? null) ?? null) : null;
  if (isTaken !== null) return isTaken ? { verdict: 'done', isAbsence: true } : { verdict: 'void' };
  const verdicts = new Set<string>();
  const isThere = (pointer: string): boolean => now?.unread?.includes(pointer) ?? false;
  const showsPresence = (pointer: string): boolean =>
    isThere(pointer) || kind.fields.some((rule) => (rule.additive || rule.rule === 'part') && fits(rule.path, pointer));
  // Of what was there before and is to be there after, presence tells nothing.
  const isTelling = (pointer: string): boolean =>
    !isThere(pointer) || [change.before, change.after].some((side) => getAt(side ?? {}, pointer) === undefined);
  const telling = pointers.filter(isTelling);
  if (telling.length > 0)
    verdicts.add(
      stepShows(now?.spec ?? null, shown(kind, change.before), shown(kind, change.after), telling, showsPresence, {
        isGrant: step.phase === 'grant',
        omits: (pointer) => kind.fields.find((rule) => fits(rule.path, pointer))?.omits ?? [],
      }),
    );
  const mayRename = step.phase === 'update' && isWhole(kind, step) && (kind.renamesBy ?? step.operation) === step.operation;
  if (mayRename && change.fields.some((field) => field.pointer === '' && field.stands !== true))
    verdicts.add(now?.address === change.address ? 'after' : 'before');
  if (isMaking && live) {
    // What has the name and is not what was sent was made by somebody else: a refusal was about it, a lost answer tells nothing.
    const isOurs = verdicts.size === 0 || (verdicts.size === 1 && verdicts.has('after'));
    if (isOurs) return { verdict: 'done', ids: { [change.address]: live.ids } };
    return ports.doubt.isRefused ? { verdict: 'void' } : undecided('something else has the name, and it is not what was sent');
  }
  // Only what nobody can read has changed: the call sets it whole, so the same call again ends in the same state.
  if (verdicts.size === 0)
    return step.phase === 'update' || step.phase === 'grant' || step.phase === 'revoke'
      ? { verdict: 'void' }
      : undecided('what it changes cannot be read');
  const [shows] = verdicts;
  if (verdicts.size > 1 || shows === 'neither') return undecided('neither the old nor the new state is there');
  if (shows === 'before') return { verdict: 'void' };
  // A half that was made: its id is wanted.
  return { verdict: 'done', ...(step.phase === 'create' && now ? { ids: { [change.address]: now.ids } } : {}) };
};

/** A normal form without what no read shows: what says how, and what is remembered. */
const shown = (kind: Kind, spec: JsonObject | null): JsonObject | null =>
  kind.fields
    .filter(({ rule }) => rule === 'option' || rule === 'remembered')
    .flatMap(({ path }) => expand(spec ?? {}, path))
    .reduce((left, pointer) => left && withAt(left, pointer, undefined), spec);

/** Only whether the resource is there is asked: by its id, and no name is needed. */
const isPresence = (kind: Kind, step: Step): boolean => step.phase === 'delete' && !kind.attached && isWhole(kind, step);

/** It makes or deletes the resource, not a half of it. */
const isWhole = (kind: Kind, step: Step): boolean =>
  step.covers.length === 0 ||
  !kind.fields.some((rule) => rule.rule === 'part' && step.covers.every((pointer) => isUnder(pointer, rule.path)));

/**
 * The resource as the change wants it, or as it was, with what its rows need to be understood: of it what is covered, so that
 * nothing is read that tells nothing.
 */
const wantedBy = (kind: Kind, change: Change, covers: readonly Pointer[]): Desired => {
  const mentions = new Map<string, ReferenceMention>();
  let listsPeople = false;
  const { before, after } = change;
  const bare = wantedAs(kind, narrowed(after ?? before ?? {}, before, covers), change.key);
  for (const spec of [before && narrowed(before, after, covers), after && narrowed(after, before, covers)])
    for (const address of spec ? kind.refers(spec, change.key) : []) {
      const [collection = '', ...parts] = address.split('/');
      if (collection === 'tenantMembers') listsPeople = true;
      if (kind.namesFrom?.includes(collection))
        mentions.set(address, {
          kind: collection,
          name: keyName(parts.map(decodePart)),
          address,
          pointer: '',
          source: bare.source,
        });
    }
  const references = [...mentions.values()];
  return {
    ...bare,
    address: change.address,
    listsPeople,
    references,
    parts: references.filter((one) => one.kind === 'projects').map((one) => ['projects', one.name, 'account'] as const),
  };
};

/** What of a normal form is covered, in its container: an element that goes is looked for in the list that it goes from. */
const narrowed = (spec: JsonObject, other: JsonObject | null, covers: readonly Pointer[]): JsonObject => {
  if (covers.length === 0 || covers.includes('')) return spec;
  return covers
    .map((pointer) => parentOf(pointer) || pointer)
    .reduce<JsonObject>((part, at) => withAt(part, at, getAt(spec, at) ?? getAt(other ?? {}, at)), {});
};

/** Everybody by the name that the plan knows. */
export const namesOf = (plan: Plan, world: LiveWorld): NameTable => {
  const nameNow = new Map([...world.names(new Map()).members()].map(([account, id]) => [id, account]));
  const aliases = new Map(
    Object.entries(plan.people).flatMap(([account, id]) => (nameNow.get(id) === account ? [] : [[id, account] as const])),
  );
  return world.names(aliases);
};

/** What the step changes and a read shows; a rename shows in the key. */
const readable = (kind: Kind, change: Change, step: Step): readonly string[] =>
  changedBy(kind, change, step)
    // Of a hidden element that goes no read tells whether it is there.
    .filter(({ pointer, before }) => before !== null || !kind.fields.some((rule) => rule.hides && fits(rule.path, pointer)))
    .map((field) => field.pointer)
    .filter((pointer) =>
      kind.fields.some(
        (rule) =>
          (rule.rule === 'update' || rule.rule === 'immutable' || rule.rule === 'part') &&
          fits(rule.path, pointer) &&
          !rule.remembers?.(lastOf(pointer)) &&
          change.record?.sent[pointer] === undefined,
      ),
    );

type Changed = { readonly pointer: string; readonly before?: Json };

/** What a whole resource is taken back from has no fields of its own in the change: the step says what it takes. */
const changedBy = (kind: Kind, change: Change, step: Step): readonly Changed[] =>
  kind.attached && change.action === 'delete'
    ? step.covers.map((pointer) => ({ pointer }))
    : change.fields.filter(
        (field) => field.stands !== true && field.pointer !== '' && step.covers.some((prefix) => isUnder(field.pointer, prefix)),
      );
