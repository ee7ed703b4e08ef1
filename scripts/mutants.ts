/**
 * `npm run mutants [-- NAME] [--evidence]`: bugs are put into copies of the engine, one at a time, and each must make a test fail
 * (RELIABILITY 3.4 G8). Ends with 1 where one is not noticed, does not load, or no longer applies: a mutant is never left out.
 */
import { parseArgs } from 'node:util';
import { type Copy, makeCopy, type Result } from '../test/mutants/copy.ts';
import { type Check, type Mutant, nameOf } from '../test/mutants/mutant.ts';
import { REVIEWER } from '../test/mutants/reviewer.ts';
import { SEEDED } from '../test/mutants/seeded.ts';
import { commitHere, writeEvidence } from './evidence.ts';
import { scoreAll } from './score.ts';

const LIMIT_MS = 300_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parallel: { type: 'string', default: '2' },
    evidence: { type: 'boolean', default: false },
    score: { type: 'boolean', default: false },
  },
});
const wanted = positionals.join(' ');
const isWanted = (mutant: Mutant): boolean => nameOf(mutant).startsWith(wanted);
const chosen = [...SEEDED, ...REVIEWER].filter(isWanted);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each check once, all tests in one run. */
const checksOf = (mutants: readonly Mutant[]): readonly Check[] => {
  const all = mutants.flatMap(({ checks }) => checks);
  const files = new Set(all.flatMap((one) => ('tests' in one ? one.tests : [])));
  const lines = new Set(all.flatMap((one) => ('replay' in one ? [one.replay] : [])));
  return [...(files.size > 0 ? [{ tests: [...files] }] : []), ...[...lines].map((replay) => ({ replay }))];
};

/** What fails without a mutant would notice nothing. */
const isControlGreen = async (copy: Copy): Promise<boolean> => {
  for (const one of checksOf(chosen)) {
    const result = await copy.check(one, 2 * LIMIT_MS);
    if (result.end === 'green') continue;
    say(`without any mutant: ${result.by}`);
    return false;
  }
  return true;
};

const resultOf = (copy: Copy, { edits, checks }: Mutant): Promise<Result> =>
  copy.with(edits, async () => {
    let last: Result = { end: 'green' };
    for (const one of checks) {
      last = await copy.check(one, LIMIT_MS);
      if (last.end !== 'green') return last;
    }
    return last;
  });

const WORDS = { red: 'caught', green: 'NOT CAUGHT', broken: 'BROKEN' } as const;

type Results = ReadonlyMap<Mutant, Result>;

const runAll = async (copies: readonly Copy[]): Promise<Results> => {
  const results = new Map<Mutant, Result>();
  const left = [...chosen];
  const worker = async (copy: Copy): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const began = performance.now();
      const result = await resultOf(copy, mutant);
      results.set(mutant, result);
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      say(`${WORDS[result.end]} (${seconds} s)  ${nameOf(mutant)}${result.end === 'green' ? '' : `\n    by ${result.by}`}`);
    }
  };
  await Promise.all(copies.map(worker));
  return results;
};

const isCaught = (mutant: Mutant, results: Results): boolean => results.get(mutant)?.end === 'red';

/** A bug is caught when all its ways are. */
const countLine = (all: readonly Mutant[], results: Results, what: string): string => {
  const bugs = new Set(all.filter(isWanted).map(({ bug }) => bug));
  const missed = new Set(all.filter((one) => isWanted(one) && !isCaught(one, results)).map(({ bug }) => bug));
  return `${bugs.size - missed.size} of ${bugs.size} ${what} caught`;
};

const linesOf = (results: Results): readonly string[] => [
  ...(REVIEWER.some(isWanted) ? [countLine(REVIEWER, results, "reviewer's bugs")] : []),
  ...(SEEDED.some(isWanted) ? [countLine(SEEDED, results, 'seeded bugs')] : []),
];

const rowOf = (mutant: Mutant, results: Results): string => {
  const result = results.get(mutant);
  const by = result?.end === 'red' ? result.by : 'nothing';
  return `| ${nameOf(mutant)}${mutant.note ? ` (${mutant.note})` : ''} | ${by.replaceAll('|', '\\|')} |\n`;
};

/** `docs/evidence/mutants.md`: which test has noticed which bug. */
const noteEvidence = (results: Results, commit: string): void => {
  const table = (all: readonly Mutant[]): string =>
    `| bug | noticed by |\n|---|---|\n${all.map((one) => rowOf(one, results)).join('')}`;
  writeEvidence(
    'mutants',
    { title: 'Mutants', command: 'npm run mutants -- --evidence', commit, facts: [`Node ${process.version}`] },
    `${linesOf(results)
      .map((line) => `    ${line}\n`)
      .join('')}
## Bugs that somebody really shipped (RELIABILITY 3.5)

${table(SEEDED)}
## Bugs that a reviewer has thought of

${table(REVIEWER)}`,
  );
};

const main = async (): Promise<void> => {
  if (chosen.length === 0) throw new Error(`no mutant is named "${wanted}"`);
  const began = performance.now();
  const commit = values.evidence ? commitHere() : '';
  const copies = Array.from({ length: Math.max(1, Math.min(2, Number(values.parallel), chosen.length)) }, makeCopy);
  try {
    const [first] = copies;
    if (!first || !(await isControlGreen(first))) {
      process.exitCode = 1;
      return;
    }
    const results = await runAll(copies);
    say(`${chosen.length} mutants in ${((performance.now() - began) / 60_000).toFixed(1)} min`);
    for (const line of linesOf(results)) say(line);
    if (values.evidence && wanted === '') noteEvidence(results, commit);
    if (!chosen.every((one) => isCaught(one, results))) process.exitCode = 1;
  } finally {
    for (const copy of copies) copy.remove();
  }
};

const score = async (): Promise<void> => {
  const { isEnough } = await scoreAll(wanted, Math.max(1, Math.min(2, Number(values.parallel))));
  if (!isEnough) process.exitCode = 1;
};

await (values.score ? score() : main());
