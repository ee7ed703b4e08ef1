/**
 * `npm run mutants -- --score [FILE]`: small bugs by rule (operators.ts) in the journal, settling, the limiter and the lock, one
 * at a time; the score of a file is the share of them that a test notices. Every survivor is named.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Copy, makeCopy } from '../test/mutants/copy.ts';
import { placeOf, type SmallBug, smallBugsOf, withBug } from '../test/mutants/operators.ts';
import { SCORED, type Scored } from '../test/mutants/scored.ts';

const LIMIT_MS = 120_000;
const LEAST = 90;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

export type Score = { readonly of: Scored; readonly noticed: number; readonly survivors: readonly string[] };

export const scoreLine = ({ of, noticed, survivors }: Score): string => {
  const all = noticed + survivors.length;
  return `${of.part}  ${of.file}: ${noticed} of ${all}, ${((100 * noticed) / Math.max(1, all)).toFixed(1)} %`;
};

const isNoticed = (copy: Copy, of: Scored, text: string, bug: SmallBug): Promise<boolean> =>
  copy.with([{ file: of.file, from: text, to: withBug(text, bug) }], async () => {
    // A bug that does not load, or never ends, is noticed by whoever runs it.
    for (const check of of.checks) if ((await copy.check(check, LIMIT_MS)).end !== 'green') return true;
    return false;
  });

const scoreOf = async (copies: readonly Copy[], of: Scored): Promise<Score> => {
  const text = readFileSync(join(import.meta.dirname, '..', of.file), 'utf8');
  const left = [...smallBugsOf(text)];
  const survivors: string[] = [];
  let noticed = 0;
  const worker = async (copy: Copy): Promise<void> => {
    for (let bug = left.shift(); bug; bug = left.shift()) {
      if (await isNoticed(copy, of, text, bug)) {
        noticed++;
        continue;
      }
      survivors.push(placeOf(text, bug));
      say(`survives  ${of.file}:${placeOf(text, bug)}`);
    }
  };
  await Promise.all(copies.map(worker));
  return { of, noticed, survivors };
};

/** @returns a score for each file whose path holds the text, and whether every one is at least 90 % */
export const scoreAll = async (
  wanted: string,
  parallel: number,
): Promise<{ readonly scores: readonly Score[]; readonly isEnough: boolean }> => {
  const chosen = SCORED.filter(({ file }) => file.includes(wanted));
  const copies = Array.from({ length: parallel }, makeCopy);
  const scores: Score[] = [];
  try {
    for (const of of chosen) {
      const [copy] = copies;
      for (const check of of.checks) {
        const control = await copy?.check(check, 4 * LIMIT_MS);
        if (control?.end !== 'green') throw new Error(`the tests of ${of.file} fail without any bug`);
      }
      const score = await scoreOf(copies, of);
      scores.push(score);
      say(scoreLine(score));
    }
  } finally {
    for (const copy of copies) copy.remove();
  }
  const isEnough =
    scores.length > 0 && scores.every(({ noticed, survivors }) => noticed >= ((noticed + survivors.length) * LEAST) / 100);
  return { scores, isEnough };
};
