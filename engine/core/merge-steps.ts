/** Steps of several resources that one call can do become one step: a batch (DESIGN 5). */
import { named } from './batch.ts';
import { sure } from './diagnostic.ts';
import { givesOf } from './ids.ts';
import { byText, canonical, listAt, withAt } from './json.ts';
import { BATCH, batchName, type StepDraft } from './kind.ts';
import type { Step } from './model.ts';
import { dependantsIn } from './schedule.ts';

/** A step of one resource, and the list of its request that others may share. */
export type Separate = { readonly step: Step; readonly shares: NonNullable<StepDraft['shares']> | null };

/**
 * Puts together what differs in nothing but the resource. At most fifty people or things are in a call, in the order of their
 * addresses.
 *
 * Only steps that are equally far from the first ones are put together: what is merged then never waits for itself, for every
 * edge still leads to a step that is farther. What takes something away is put together only with what waits for the same, so
 * that no revoke waits for another's create. All else may wait a little longer than alone: it gives, or changes in place. A
 * part of a batch whose own needs are not done is left out when the batch is sent, so that nobody fails with another.
 */
export const mergeSteps = (all: readonly Separate[]): readonly Step[] => {
  const depths = depthsOf(all.map(({ step }) => step));
  const groups = new Map<string, Separate[]>();
  for (const one of all) {
    const depth = depths.get(one.step.id);
    if (one.shares === null || one.step.fails || depth === undefined) continue;
    const like = likeness(one.step, one.shares, depth);
    const group = groups.get(like);
    if (group) group.push(one);
    else groups.set(like, [one]);
  }
  const taken = new Set(all.map(({ step }) => step.id));
  const batches = [...groups.values()]
    .flatMap(chunks)
    .filter((some) => some.length > 1)
    .sort((a, b) => byText(firstOf(a).step.id, firstOf(b).step.id))
    .map((some) => merged(some, taken));
  const batchOf = new Map(batches.flatMap((batch) => batch.batch.parts.map(({ id }) => [id, batch] as const)));
  const found = [...all.flatMap(({ step }) => (batchOf.has(step.id) ? [] : [step])), ...batches];
  return found.map((step) => {
    const isApart = step.after.some((id) => batchOf.has(id));
    const after = [...new Set(step.after.map((id) => batchOf.get(id)?.id ?? id))].sort();
    return { ...step, after, ...(isApart && !step.batch?.parts.every(({ needs }) => needs) ? { needs: step.after } : {}) };
  });
};

/** What has to be equal. */
const likeness = (
  { id, operation, phase, request, covers, after, isBlind, asks }: Step,
  { at, says }: Shares,
  depth: number,
): string =>
  canonical([
    id.slice(0, id.search(/[/#]/)),
    operation,
    phase,
    covers,
    isBlind ?? false,
    asks ?? [],
    depth,
    withAt(says === undefined ? request : withAt(request, says, ''), at, []),
    phase === 'revoke' || phase === 'delete' ? after : [],
  ]);
type Shares = NonNullable<Separate['shares']>;

/** By address, as many as fit into a call: whoever has many people of his own takes the room of many. */
const chunks = (group: readonly Separate[]): readonly (readonly Separate[])[] => {
  const found: Separate[][] = [];
  let room = 0;
  for (const one of [...group].sort((a, b) => byText(a.step.id, b.step.id))) {
    const size = one.step.batch?.parts.length ?? 1;
    if (room < size) {
      found.push([]);
      room = BATCH;
    }
    found.at(-1)?.push(one);
    room -= size;
  }
  return found;
};

const merged = (some: readonly Separate[], taken: Set<string>): Step & Required<Pick<Step, 'batch'>> => {
  const { step: first, shares } = firstOf(some);
  const { at, says } = sure(shares, 'list that is shared');
  const steps = some.map(({ step }) => step);
  const elements = steps.flatMap(({ request }) => listAt(request, at));
  const addresses = steps.flatMap(({ serves }) => serves);
  const gives = steps.flatMap(givesOf);
  return {
    ...first,
    id: freeName(first.id, taken),
    request: named(withAt(first.request, at, elements), says, addresses),
    serves: addresses,
    after: [...new Set(steps.flatMap(({ after }) => after))].sort(),
    gives: gives.length === 0 ? null : gives,
    batch: {
      at,
      ...(says === undefined ? {} : { says }),
      parts: steps.map(({ id, serves: [address = ''], covers, after }) => ({ id, address, covers, needs: after })),
    },
  };
};

const firstOf = ([first]: readonly Separate[]): Separate => sure(first, 'step in a batch');

/** `tenantMembers#create`, `tenantMembers#create2`, … for `tenantMembers/dave#create` and others like it. */
const freeName = (id: string, taken: Set<string>): string => {
  const name = `${id.slice(0, id.search(/[/#]/))}${id.slice(id.lastIndexOf('#'))}`;
  for (let index = 0; ; index++) {
    const free = batchName(name, index);
    if (taken.has(free)) continue;
    taken.add(free);
    return free;
  }
};

/** How many steps the longest way to each has; steps of a circle have no depth. */
const depthsOf = (steps: readonly Step[]): ReadonlyMap<string, number> => {
  const dependants = new Map<string, string[]>();
  for (const { id } of steps) dependants.set(id, []);
  for (const { id, after } of steps) for (const from of after) dependants.get(from)?.push(id);
  const waits = new Map(steps.map(({ id, after }) => [id, after.length]));
  const depths = new Map<string, number>();
  const far = new Map<string, number>();
  const open = steps.filter(({ after }) => after.length === 0).map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const depth = far.get(id) ?? 0;
    depths.set(id, depth);
    for (const next of dependantsIn({ dependants }, id)) {
      far.set(next, Math.max(far.get(next) ?? 0, depth + 1));
      const left = sure(waits.get(next), 'step of this id') - 1;
      waits.set(next, left);
      if (left === 0) open.push(next);
    }
  }
  return depths;
};
