/** Plays many cases side by side, each under a seed of its own. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** `from`: the first of them, from 0 on. */
export type Many = { readonly count: number; readonly seed: number; readonly from: number };

/** `SCRIPT -- N [--seed S] [--from I]`. @throws Error with the usage */
export const manyAsked = (script: string): Many => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, from: { type: 'string', default: '0' } },
  });
  const count = Number(positionals[0] ?? 100);
  const seed = Number(values.seed);
  const from = Number(values.from);
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || !Number.isSafeInteger(from))
    throw new Error(`npm run ${script} -- N [--seed S] [--from I]`);
  return { count, seed, from };
};

/** @param play told the seed of the case, and which of them it is, from 0 on */
export const playMany = async <T>(
  { count, seed, from }: Many,
  play: (seed: number, index: number) => Promise<T>,
): Promise<readonly T[]> => {
  const played: T[] = [];
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const index = next++;
      played.push(await play(seed * 1_000_000 + index, index));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return played;
};
