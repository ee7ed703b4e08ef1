/** Random choices from a seed: the same seed makes the same world on every machine. */
export type Random = {
  /** A whole number from 0 to below n. */
  readonly below: (n: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** Some of the items, each with the share, in their order. */
  readonly some: <T>(items: readonly T[], share: number) => T[];
  readonly shuffled: <T>(items: readonly T[]) => T[];
};

/** A 32-bit generator of the xorshift family, mixed at the start so that neighbouring seeds differ at once. */
export const createRandom = (seed: number): Random => {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  for (let warm = 0; warm < 8; warm++) next();
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    some: (items, share) => items.filter(() => next() < share),
    shuffled: (items) => {
      const copy = [...items];
      for (let at = copy.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [copy[at], copy[other]] = [copy[other] as (typeof copy)[number], copy[at] as (typeof copy)[number]];
      }
      return copy;
    },
  };
};
