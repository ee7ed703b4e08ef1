/** The record: how it grows with each step that ends, and what a journal makes of a state (DESIGN 6). */
import { addAsk, settleAsked } from './asked.ts';
import { sure } from './diagnostic.ts';
import { sameIds } from './ids.ts';
import { isUnder } from './json.ts';
import type { Address, Asked, Change, Ids, JournalEvent, Position, RecordedResource, State, Step, ToRecord } from './model.ts';

/** What is known of a change while its steps end. */
export type Progress = {
  readonly change: Change;
  /** The record of the address before this run; of the old address where it moves. */
  readonly before: RecordedResource | null;
  /** Steps of the change that are done, in the order in which they ended; of a batch, its parts that are. */
  readonly done: readonly Pick<Step, 'phase' | 'covers'>[];
  /** All of its steps, done or not. */
  readonly steps: readonly Pick<Step, 'phase' | 'covers'>[];
  /** Nothing of the change is left to be done. */
  readonly isComplete: boolean;
  readonly ids: Ids | undefined;
  /** Fingerprints of what the steps sent. */
  readonly sent: Readonly<Record<string, string>>;
};

/** Values of the record by address; null: it leaves. */
export type RecordUpdate = Readonly<Record<Address, RecordedResource | null>>;

/**
 * The record after a step of the change has ended well. Before the last step it holds what the finished ones brought about
 * (`covers`), so that an id, or the ownership of a member, survives a crash between two calls.
 *
 * Empty where there is nothing to write: the change leaves no trace, or the id is not known yet.
 */
export const recordAfter = ({ change, before, done, steps, isComplete, ids, sent }: Progress): RecordUpdate => {
  if (change.record === undefined) return {};
  const at = change.renamedFrom !== undefined && !isComplete ? change.renamedFrom : change.address;
  const moved: RecordUpdate = change.renamedFrom !== undefined && isComplete ? { [change.renamedFrom]: null } : {};
  if (change.record === null) return isComplete ? { ...moved, [change.address]: null } : {};
  // The first half of a replacement: what was recorded is gone, and its id with it.
  const lastDelete = change.action === 'replace' ? done.findLastIndex((step) => step.phase === 'delete') : -1;
  const since = done.slice(lastDelete + 1);
  // The same name with another id: what was recorded speaks of something that is gone.
  const meant = nonEmpty(change.record.ids);
  const isOther = before !== null && meant !== undefined && !sameIds(before.ids, meant);
  const base = lastDelete === -1 && !isOther ? before : null;
  const known = ids ?? (lastDelete === -1 ? (meant ?? nonEmpty(base?.ids)) : undefined);
  if (isComplete) return { ...moved, [at]: whole(change.record, known ?? change.record.ids, sent) };
  if (lastDelete !== -1 && ids === undefined) return { [at]: null };
  return known === undefined
    ? {}
    : {
        [at]: partly(
          change.record,
          known,
          base,
          since.flatMap((step) => step.covers),
          sent,
          isTouchedBy(steps),
        ),
      };
};

/** Whether a step is about a field: what covers nothing by name changes all, and what only looks changes nothing. */
const isTouchedBy = (steps: Progress['steps']): ((pointer: string) => boolean) => {
  const writing = steps.filter(({ phase }) => phase !== 'check' && phase !== 'find');
  return (pointer) => writing.some(({ covers }) => covers.length === 0 || covers.some((prefix) => isUnder(pointer, prefix)));
};

const nonEmpty = (ids: Ids | undefined): Ids | undefined => (ids && Object.keys(ids).length > 0 ? ids : undefined);

const whole = ({ sent: _sent, ...record }: ToRecord, ids: Ids, sent: Readonly<Record<string, string>>): RecordedResource => ({
  ...record,
  ids,
  fingerprints: { ...record.fingerprints, ...sent },
});

const partly = (
  wanted: ToRecord,
  ids: Ids,
  before: RecordedResource | null,
  covers: readonly string[],
  sent: Readonly<Record<string, string>>,
  isTouched: (pointer: string) => boolean,
): RecordedResource => {
  // What no step changes is so already. A secret among it was found and taken on trust: were it not recorded, the next run would send it.
  const isSettled = (pointer: string): boolean => !isTouched(pointer) && !wanted.lists.some((list) => isUnder(pointer, list));
  const covered = (pointer: string): boolean => covers.some((prefix) => isUnder(pointer, prefix)) || isSettled(pointer);
  const mix = <T>(old: Readonly<Record<string, T>> | undefined, next: Readonly<Record<string, T>>): Record<string, T> => ({
    ...Object.fromEntries(Object.entries(old ?? {}).filter(([pointer]) => !covered(pointer))),
    ...Object.fromEntries(Object.entries(next).filter(([pointer]) => covered(pointer))),
  });
  const mixList = (old: readonly string[] | undefined, next: readonly string[]): string[] => [
    ...new Set([...(old ?? []).filter((pointer) => !covered(pointer)), ...next.filter(covered)]),
  ];
  return {
    ids,
    origin: wanted.origin,
    fields: mix(before?.fields, wanted.fields),
    lists: mixList(before?.lists, wanted.lists),
    fingerprints: mix(before?.fingerprints, { ...wanted.fingerprints, ...sent }),
    assumed: mixList(before?.assumed, wanted.assumed),
    prevent: wanted.prevent,
    onRemove: wanted.onRemove,
    causes: mix(before?.causes, wanted.causes),
  };
};

export type Intent = Extract<JournalEvent, { type: 'intent' }>;
export type Folded = {
  /** The state with the events applied; its serial is one higher when they hold a run. */
  readonly state: State;
  /**
   * Intents without an outcome, or with the outcome `unknown`, whose addresses no later record has settled; and those of what was
   * made and is in no record, because its id was still to be found.
   */
  readonly open: readonly Intent[];
};

/** When a call may have been sent last; a run that has ended tells it for good. */
const lastOf = (event: Extract<JournalEvent, { at: string }>, before: string | undefined): string => {
  const at = event.type === 'intent' ? (event.until ?? event.at) : event.at;
  return event.type === 'end' || before === undefined || at > before ? at : before;
};

/** What waits, less what does no longer: it was approved, and the same plan has seen it. */
const withWaiting = (position: Position, { waits = [] }: Extract<JournalEvent, { type: 'outcome' }>): Position => {
  const { waiting: before = [], ...rest } = position;
  const waiting = [...before.filter((id) => !rest.done.includes(id)), ...waits];
  return waiting.length === 0 ? rest : { ...rest, waiting };
};

/** The state as it is after the events: what a compaction writes, and what a plan reads in its stead. */
export const foldJournal = (state: State, events: readonly JournalEvent[]): Folded => {
  const resources = new Map(Object.entries(state.resources));
  let people = state.people;
  let guards = state.guards;
  const asked = new Map<Address, Asked>(Object.entries(state.asked ?? {}));
  let commit = state.commit;
  let position = state.position;
  let ranAt = state.ranAt;
  const open = new Map<string, { intent: Intent; left: Set<Address> }>();
  /** What was made and is in no record yet. */
  const made = new Map<string, { intent: Intent; left: Set<Address> }>();
  let runs = 0;
  for (const event of events) {
    if ('at' in event) ranAt = lastOf(event, ranAt);
    switch (event.type) {
      case 'run':
        runs++;
        commit = event.commit ?? commit;
        // Another plan supersedes what is left of the one before.
        if (event.planDigest !== position?.planDigest)
          position = event.planDigest === undefined ? undefined : { planDigest: event.planDigest, done: [], given: {} };
        break;
      case 'intent':
        open.set(event.step, { intent: event, left: new Set(event.serves) });
        break;
      case 'outcome':
        if (event.isUnrecorded && open.has(event.step))
          made.set(`${event.run} ${event.step}`, sure(open.get(event.step), 'intent'));
        if (event.outcome !== 'unknown') open.delete(event.step);
        if (position && (event.outcome === 'done' || event.parts))
          position = {
            ...position,
            done: [...position.done, ...(event.parts ?? [event.step])],
            given: { ...position.given, ...event.given },
          };
        if (position) position = withWaiting(position, event);
        break;
      case 'asked': {
        const { type: _type, run: _run, address, resource, ...ask } = event;
        asked.set(address, addAsk(asked.get(address), resource, ask));
        break;
      }
      case 'settled': {
        const left = settleAsked(asked.get(event.address), event.pointers);
        if (left) asked.set(event.address, left);
        else asked.delete(event.address);
        break;
      }
      case 'record':
        if (event.resource === null) resources.delete(event.address);
        else resources.set(event.address, event.resource);
        for (const [step, doubt] of open) {
          // A record of a later run than the intent: the plan behind it has looked.
          if (doubt.intent.run === event.run) continue;
          doubt.left.delete(event.address);
          if (doubt.left.size === 0) open.delete(step);
        }
        for (const [step, { left }] of made) if (left.delete(event.address) && left.size === 0) made.delete(step);
        break;
      case 'people':
        people = { ...people, ...event.people };
        break;
      case 'guards':
        guards = event.guards;
        break;
      case 'end':
        if (event.exit === 0) position = undefined;
        break;
      default:
        event satisfies never;
    }
  }
  const { position: _before, ranAt: _ranBefore, asked: _askedBefore, ...rest } = state;
  const byAddress = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
  return {
    state: {
      ...rest,
      ...(asked.size === 0 ? {} : { asked: Object.fromEntries([...asked].sort(byAddress)) }),
      ...(guards === undefined ? {} : { guards }),
      ...(commit === undefined ? {} : { commit }),
      ...(ranAt === undefined ? {} : { ranAt }),
      ...(position ? { position } : {}),
      serial: state.serial + (runs > 0 ? 1 : 0),
      resources: Object.fromEntries([...resources].sort(byAddress)),
      people,
    },
    open: [...open.values(), ...made.values()].map(({ intent }) => intent),
  };
};
