/** Rows of switches in which every two answers to two open questions of the service meet at least once. */
import { SWITCH_CHOICES, type SwitchSettings } from '../../emulator/index.ts';
import { createRandom } from './random.ts';

type Row = Readonly<Record<string, string>>;

/** What a test in process cannot show: the codec and the signature are not between the engine and the service there. */
const OF_THE_WIRE = new Set(['parameters', 'signature']);
const LAGS = ['0', '1500'];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.entries(SWITCH_CHOICES).filter(([name]) => !OF_THE_WIRE.has(name))),
  lagMs: LAGS,
};
const NAMES = Object.keys(CHOICES);

/** Every pair of answers to two different questions, as text. */
const allPairs = (): Set<string> => {
  const pairs = new Set<string>();
  NAMES.forEach((a, index) => {
    for (const b of NAMES.slice(index + 1))
      for (const left of CHOICES[a] ?? []) for (const right of CHOICES[b] ?? []) pairs.add(`${a}=${left} ${b}=${right}`);
  });
  return pairs;
};
export const pairsOf = (row: Row): readonly string[] =>
  NAMES.flatMap((a, index) => NAMES.slice(index + 1).map((b) => `${a}=${row[a]} ${b}=${row[b]}`));

/** Greedy: of many random rows the one that meets the most pairs that are left; the same table on every machine. */
const table = (): readonly Row[] => {
  const random = createRandom(7);
  const left = allPairs();
  const rows: Row[] = [Object.fromEntries(NAMES.map((name) => [name, CHOICES[name]?.[0] ?? '']))];
  for (const pair of pairsOf(rows[0] as Row)) left.delete(pair);
  while (left.size > 0) {
    let best: Row = {};
    let most = 0;
    for (let tries = 0; tries < 60; tries++) {
      const row = Object.fromEntries(NAMES.map((name) => [name, random.pick(CHOICES[name] ?? [])]));
      const met = pairsOf(row).filter((pair) => left.has(pair)).length;
      if (met > most) [best, most] = [row, met];
    }
    if (most === 0) continue;
    rows.push(best);
    for (const pair of pairsOf(best)) left.delete(pair);
  }
  return rows;
};

const ROWS = table();
export const ROW_COUNT = ROWS.length;
export const pairCount = (): number => allPairs().size;

/** The row of a seed, for `Service`'s switches. */
export const switchesOf = (seed: number): SwitchSettings => {
  const { lagMs, ...row } = ROWS[seed % ROWS.length] ?? {};
  return { ...row, lagMs: Number(lagMs ?? 0) } as SwitchSettings;
};
export const rowOf = (seed: number): Row => ROWS[seed % ROWS.length] ?? {};
