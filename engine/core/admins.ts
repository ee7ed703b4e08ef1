/** Places whose administrators become fewer by a plan: what `guards.minAdmins` is held against. */

import { type AccessSides, hears, tellAll } from './access-model.ts';
import { byText } from './json.ts';
import type { Address } from './model.ts';

type Counted = { readonly before: Set<string>; readonly after: Set<string>; remains: boolean };

/**
 * Places that lose administrators and then have fewer than so many, with how many are left. Who leaves the tenant administers
 * nothing any more; what is deleted needs nobody.
 */
export const fewAdmins = (
  resources: readonly AccessSides[],
  least: number,
): readonly { readonly on: Address; readonly left: number }[] => {
  const changed = resources.filter(({ before, after }) => before !== after);
  const gone = goneFrom(changed);
  const places = new Map<Address, Counted>();
  for (const resource of resources) count(resource, places);
  return [...places]
    .map(([on, { before, after, remains }]) => {
      const left = [...after].filter((who) => !gone.has(who)).length;
      return { on, left, isTold: remains && left < before.size && left < least };
    })
    .filter(({ isTold }) => isTold)
    .map(({ on, left }) => ({ on, left }))
    .sort((a, b) => byText(a.on, b.on));
};

const goneFrom = (changed: readonly AccessSides[]): ReadonlySet<string> => {
  const there = { before: new Set<string>(), after: new Set<string>() };
  tellAll(changed, (sides) =>
    hears({
      exists: (who) => {
        for (const side of sides) there[side].add(who);
      },
    }),
  );
  return new Set([...there.before].filter((who) => !there.after.has(who)));
};

const count = (resource: AccessSides, places: Map<Address, Counted>): void => {
  if (resource.administers === undefined) return;
  tellAll([resource], (sides) =>
    hears({
      may: (who, what, on) => {
        const place = places.get(on) ?? { before: new Set<string>(), after: new Set<string>(), remains: false };
        places.set(on, place);
        if (resource.after !== null) place.remains = true;
        if (what === resource.administers) for (const side of sides) place[side].add(who);
      },
    }),
  );
};
