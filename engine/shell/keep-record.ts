/** What an apply knows by heart while it runs: ids that were given, and what of each change is done (DESIGN 6). */
import { single } from '../core/batch.ts';
import { fillIds, secretText } from '../core/fill.ts';
import { type RecordUpdate, recordAfter } from '../core/fold.ts';
import { canonical, isUnder } from '../core/json.ts';
import type { Address, Ask, Change, Ids, Plan, Position, RecordedResource, State, Step } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import type { Fingerprint } from './state.ts';

/** One unit of a step, and what the marks say of it. */
export type AskedFor = { readonly address: Address; readonly resource: RecordedResource } & Omit<Ask, 'since'>;

export type RecordKeeper = {
  /** Ids by address: given by a step of this run, else as planned, else as recorded. */
  readonly ids: (address: Address) => Ids | undefined;
  /** The changes that a step serves. */
  readonly served: (step: Step) => readonly Change[];
  /** Notes what an earlier run of the same plan has done; its record is there already. */
  readonly goOn: (position: Position) => void;
  /** A step of this run has made it. */
  readonly isMade: (address: Address) => boolean;
  /** The request without placeholders for ids; secrets stay references. */
  readonly withIds: (request: JsonObject) => JsonObject;
  /** Notes that a step is done; what the record says from now on. */
  readonly stepDone: (step: Step, given: Readonly<Record<Address, Ids>>) => RecordUpdate;
  /** What a step asks for that somebody has to approve: nothing of it is recorded as done. */
  readonly stepAsked: (step: Step, given: Readonly<Record<Address, Ids>>) => readonly AskedFor[];
  /** What is recorded without a call: adoptions, forgettings, unchanged resources whose record moved. */
  readonly atOnce: () => RecordUpdate;
};

/** Computes all fingerprints at once, so that the slow derivation is over before the first call. */
export const createRecordKeeper = (
  plan: Plan,
  state: State | null,
  secrets: (reference: string) => string | undefined,
  fingerprint: Fingerprint,
): RecordKeeper => {
  const changes = new Map(plan.changes.map((change) => [change.address, change]));
  const given = new Map<Address, Ids>();
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  const done = new Map<Address, Step[]>();
  /** Steps, and parts of batches. */
  const doneUnits = new Set<string>();
  const recorded = new Map<Address, RecordedResource>(Object.entries(state?.resources ?? {}));
  const sent = new Map(
    plan.changes.map((change) => [
      change.address,
      Object.fromEntries(
        Object.entries(change.record?.sent ?? {}).map(([pointer, value]) => [pointer, fingerprint(secretText(value, secrets))]),
      ),
    ]),
  );

  const ids = (address: Address): Ids | undefined => {
    const change = changes.get(address);
    // The old id of what is replaced must never stand for the new one.
    if (change?.action === 'create' || change?.action === 'replace') return given.get(address);
    return given.get(address) ?? change?.ids ?? recorded.get(address)?.ids;
  };
  const serving = new Map<string, Change[]>();
  for (const change of plan.changes)
    for (const id of change.steps) {
      const some = serving.get(id);
      if (some) some.push(change);
      else serving.set(id, [change]);
    }
  const served = (step: Step): readonly Change[] => {
    const known = serving.get(step.id);
    if (known) return step.batch ? known.filter(({ address }) => step.serves.includes(address)) : known;
    return step.serves.flatMap((address) => changes.get(address) ?? []);
  };
  /** What a step does, one by one. */
  const singles = (step: Step): readonly Step[] => step.batch?.parts.map((part) => single(step, part)) ?? [step];
  const note = (step: Step): readonly Change[] => {
    const all = singles(step).filter(({ id }) => !doneUnits.has(id));
    for (const one of all) {
      doneUnits.add(one.id);
      for (const { address } of served(one)) {
        const before = done.get(address);
        if (before) before.push(one);
        else done.set(address, [one]);
      }
    }
    return [...new Set(all.flatMap(served))];
  };
  const isDone = (id: string, address: Address): boolean => {
    const step = steps.get(id);
    const parts = step?.batch?.parts.filter((part) => part.address === address) ?? [];
    return parts.length > 0 ? parts.every((part) => doneUnits.has(part.id)) : doneUnits.has(id);
  };
  const remember = (update: RecordUpdate): RecordUpdate => {
    for (const [address, resource] of Object.entries(update)) {
      if (resource === null) recorded.delete(address);
      else recorded.set(address, resource);
    }
    return update;
  };
  const after = (change: Change): RecordUpdate =>
    remember(
      recordAfter({
        change,
        before: recorded.get(change.address) ?? recorded.get(change.renamedFrom ?? change.address) ?? null,
        done: done.get(change.address) ?? [],
        steps: change.steps.flatMap((id) => steps.get(id) ?? []),
        isComplete: change.steps.every((id) => isDone(id, change.address)),
        ids: given.get(change.address),
        sent: sent.get(change.address) ?? {},
      }),
    );

  return {
    ids,
    served,
    goOn: (position) => {
      for (const [address, found] of Object.entries(position.given)) given.set(address, found);
      const before = new Set(position.done);
      for (const step of plan.steps)
        for (const one of singles(step)) {
          if (!before.has(one.id)) continue;
          for (const { address, action } of note(one)) {
            const known = recorded.get(address)?.ids;
            if (one.phase === 'create' && action !== 'update' && known && !given.has(address)) given.set(address, known);
          }
        }
    },
    isMade: (address) => (done.get(address) ?? []).some((step) => step.phase === 'create'),
    withIds: (request) => fillIds(request, ids),
    stepDone: (step, gives) => {
      for (const [address, found] of Object.entries(gives)) given.set(address, { ...given.get(address), ...found });
      return Object.assign({}, ...note(step).map(after)) as RecordUpdate;
    },
    stepAsked: (step, gives) =>
      singles(step).flatMap((one) =>
        served(one).flatMap(({ address, record }): readonly AskedFor[] => {
          if (!record) return [];
          const { sent: _sent, ...resource } = record;
          const fields = Object.entries(record.fields).filter(([pointer]) => one.asks?.some((at) => isUnder(pointer, at)));
          const known = { ...ids(address), ...gives[address] };
          return [
            {
              address,
              resource: { ...resource, ids: Object.keys(known).length > 0 ? known : resource.ids, fields: {}, fingerprints: {} },
              step: one.id,
              fields: Object.fromEntries(fields),
            },
          ];
        }),
      ),
    atOnce: () => {
      const updates = plan.changes
        .filter((change) => change.steps.length === 0 && change.record !== undefined)
        .map((change) => {
          const before = new Map(recorded);
          return Object.fromEntries(
            Object.entries(after(change)).filter(
              ([address, next]) => canonical(next) !== canonical((before.get(address) ?? null) as unknown as Json),
            ),
          );
        });
      return Object.assign({}, ...updates) as RecordUpdate;
    },
  };
};
