/** Looks once before the first write whether what a plan was made from is still so (DESIGN 1, promise 2; DESIGN 6). */

import { preimageOf, veiled } from '../core/diff.ts';
import { mainId } from '../core/ids.ts';
import type { Kind, LookUp } from '../core/kind.ts';
import type { Address, Change, Desired, Live, Plan, State } from '../core/model.ts';
import type { Hash } from '../core/ports.ts';
import { isAllComplete, liveByKind, readEach, readLists, subject, wantedAs } from './read-live.ts';
import type { Reader } from './reader.ts';
import { namesOf } from './settler.ts';

/** Reads of a plan younger than this stand for a look before the first write. */
export const FRESH_MS = 60_000;

export type CheckInput = {
  readonly plan: Plan;
  /** What has not been begun yet. */
  readonly changes: readonly Change[];
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
  readonly state: State | null;
  readonly reader: Reader;
  readonly hash: Hash;
};

/**
 * Reads what gave the pre-images of the changes that send something, once more.
 *
 * @returns addresses whose object is another one now, with what has happened to it in words; one that is to be deleted and
 *   is gone is none of them
 * @throws EngineError as the reader does
 */
export const checkBefore = async (input: CheckInput): Promise<ReadonlyMap<Address, string>> => {
  const { plan, changes: acting, kinds, lookUps, reader } = input;
  const stale = new Map<Address, string>();
  if (acting.length === 0) return stale;
  const wanted = acting.flatMap((change) => {
    const kind = kinds.find((one) => one.collection === change.kind);
    return kind ? [{ change, kind, desired: asPlanned(kind, change, plan) }] : [];
  });
  const world = await readLists({
    reader,
    kinds,
    lookUps,
    desired: wanted.map((one) => one.desired),
    state: null,
    context: { day: plan.day, tenant: plan.tenant },
    price: () => 1,
    again: acting,
  });
  const names = namesOf(plan, world);
  const find = ({ change }: { readonly change: Change }): Live | undefined =>
    liveByKind(world, names)
      .get(change.kind)
      ?.resources.find((live) =>
        change.ids === null ? live.address === change.address && !live.isBare : mainId(live.ids) === mainId(change.ids),
      );
  const before = new Map(wanted.map((one) => [one, find(one)]));
  for (const kind of new Set(wanted.map((one) => one.kind))) {
    const subjects = wanted.flatMap((one) => {
      const live = before.get(one);
      if (one.kind !== kind || !live || one.change.action === 'create') return [];
      const touches = one.change.fields.filter((field) => field.stands !== true).map((field) => field.pointer);
      return [
        subject(live, one.desired, 'compare'),
        subject(live, one.desired, one.change.action === 'update' ? 'update' : 'delete', touches),
      ];
    });
    for (const one of subjects) await readEach(reader, kind, [one], world);
  }
  const now = new Map(wanted.map((one) => [one, find(one)]));
  for (const one of wanted) {
    const why = isAllComplete(world) ? moved(one, now.get(one), input) : 'a list could not be proven complete';
    if (why !== null) stale.set(one.change.address, why);
  }
  return stale;
};

/** The resource as the plan saw it and wants it: what was read for it then is read for it now. */
const asPlanned = (kind: Kind, change: Change, plan: Plan): Desired => {
  const bare = wantedAs(kind, change.after ?? change.before ?? {}, change.key);
  return {
    ...bare,
    address: change.address,
    listsPeople: true,
    // What the record is to call complete was read as a whole.
    lifecycle: { ...bare.lifecycle, exclusive: (change.record?.lists.length ?? 0) > 0 },
    references: (kind.namesFrom ?? [])
      .filter((collection) => plan.looked.includes(collection))
      .map((collection) => ({ kind: collection, name: '', address: collection, pointer: '', source: bare.source })),
    parts: plan.parts,
  };
};

const moved = (
  { change, kind, desired }: { readonly change: Change; readonly kind: Kind; readonly desired: Desired },
  live: Live | undefined,
  { state, hash }: CheckInput,
): string | null => {
  if (change.action === 'create') return live === undefined ? null : 'it exists by now';
  if (live === undefined) return change.action === 'delete' || kind.attached ? null : 'it is not there any more';
  const recorded = state?.resources[change.renamedFrom ?? change.address] ?? null;
  const seen = veiled(kind, live, change.action === 'delete' ? null : desired, recorded);
  return preimageOf(kind, seen, hash) === change.preimage ? null : 'somebody has changed it';
};
