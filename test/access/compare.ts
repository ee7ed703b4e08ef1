/** One seed's world by the engine's model and by the long way, in the same lines. */
import { compareAccess } from '../../engine/core/access.ts';
import type { AccessEntry, AccessSides } from '../../engine/core/access-model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { compareNaively } from './naive.ts';
import { type Pair, randomPair, worldOf } from './worlds.ts';

const FACTS = new Map(KINDS.flatMap(({ collection, access }) => (access ? [[collection, access.facts] as const] : [])));

export const sidesOf = (pairs: readonly Pair[]): readonly AccessSides[] =>
  pairs.flatMap(({ kind, key, before, after }) => {
    const facts = FACTS.get(kind);
    return facts
      ? [
          {
            facts,
            address: [kind, ...key].join('/'),
            key,
            before: before as JsonObject | null,
            after: after as JsonObject | null,
          },
        ]
      : [];
  });

const linesOf = (sign: string, entries: readonly AccessEntry[]): string[] =>
  entries.flatMap(({ who, may, on, through, until, other }) =>
    who.map((one) =>
      [
        `${sign} ${one}`,
        may,
        on,
        until === null ? 'for ever' : `until ${until}`,
        ...(other === undefined ? [] : [`else until ${other}`]),
        ...(through.length > 0 ? [`by ${through.join(' ')}`] : []),
      ].join(' | '),
    ),
  );

export type Compared = { readonly engine: readonly string[]; readonly naive: readonly string[] };

export const compareSeed = (seed: number): Compared => comparePairs(randomPair(seed));
export const comparePairs = (pairs: readonly Pair[]): Compared => {
  const { gained, lost } = compareAccess(sidesOf(pairs));
  return {
    engine: [...linesOf('+', gained), ...linesOf('-', lost)].sort(),
    naive: compareNaively(worldOf(pairs, 'before'), worldOf(pairs, 'after')),
  };
};
