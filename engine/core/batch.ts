/** Calls that do for several what could be done one by one, and the units that they are made of (DESIGN 5, 6). */
import { sure } from './diagnostic.ts';
import { givesOf } from './ids.ts';
import { listAt, withAt } from './json.ts';
import type { Address, Part, Step } from './model.ts';
import type { JsonObject } from './ports.ts';

export const partsOf = ({ batch }: Pick<Step, 'batch'>): readonly Part[] => batch?.parts ?? [];

/** The ids of what a step does, none of which can be had in parts: its own, or those of its parts. */
export const unitsOf = (step: Step): readonly string[] => (step.batch ? step.batch.parts.map(({ id }) => id) : [step.id]);

/** Steps and parts that must be done before a step, or before one part of it; the id of a batch stands for all its parts. */
export const needsOf = (step: Step, part?: Part): readonly string[] => part?.needs ?? step.needs ?? step.after;

/** One part as a call of its own. */
export const single = (step: Step, part: Part): Step => {
  const { batch: _batch, needs: _needs, ...rest } = some(step, [part]);
  return { ...rest, id: part.id, covers: part.covers, ...(step.asks ? { asks: part.covers } : {}) };
};

/** The same call for some of its parts. */
export const some = (step: Step, parts: readonly Part[]): Step => {
  const { batch } = step;
  if (!batch || parts.length === batch.parts.length) return step;
  const elements = listAt(step.request, batch.at);
  const ids = new Set(parts.map(({ id }) => id));
  const addresses = unique(parts.map(({ address }) => address));
  const gives = givesOf(step).filter((one) => addresses.includes(one.address));
  return {
    ...step,
    request: named(
      withAt(
        step.request,
        batch.at,
        elements.filter((_, index) => ids.has(sure(batch.parts[index], 'part of this number').id)),
      ),
      batch.says,
      addresses,
    ),
    serves: addresses,
    covers: unique(parts.flatMap(({ covers }) => covers)),
    gives: gives.length === 0 ? null : gives,
    batch: { ...batch, parts },
  };
};

/** A request that names whom it serves: the first, and how many more. */
export const named = (request: JsonObject, says: string | undefined, [first = '', ...more]: readonly Address[]): JsonObject =>
  says === undefined ? request : withAt(request, says, more.length === 0 ? first : `${first} and ${more.length} more`);

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
