/**
 * `npm run sweep`: the engine on a modelled machine, with every fault that can happen to its calls (RELIABILITY 3).
 *
 *     npm run sweep -- [--singles N] [--doubles N] [--deaths N] [--schedules N] [--soak N] [--no-lates] [--settings 1..6] [--seed N] [--only SUBSTRING] [--parts N] [--sum FILE] [--evidence]
 *     in several sittings: `--sum FILE` adds what a sitting came to to those before it; other seeds make other cases
 *     npm run replay -- 'scenario=… lag=0 names=unique faults=3:timeout-after'
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { OPEN } from '../test/sweep/open.ts';
import { costLine, countsLine, type Swept, together, worksOf } from '../test/sweep/sum.ts';
import type { Report, Work } from '../test/sweep/work.ts';
import { commitHere, writeEvidence } from './evidence.ts';
import { replayLine, sweepParts } from './simulate.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    singles: { type: 'string', default: '25000' },
    doubles: { type: 'string', default: '30000' },
    deaths: { type: 'string', default: '2000' },
    schedules: { type: 'string', default: '10000' },
    soak: { type: 'string', default: '20000' },
    settings: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    'no-lates': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    sum: { type: 'string' },
    parts: { type: 'string', default: String(availableParallelism()) },
    evidence: { type: 'boolean', default: false },
    replay: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const replay = async (line: string): Promise<void> => {
  const { problems, exits, runs, extra, digest } = await replayLine(line);
  say(line);
  say(`  exits ${exits.map((exit) => exit ?? 'died').join(', ')}; ${runs} plain runs; ${extra} calls more; digest ${digest}`);
  for (const problem of problems) say(`  ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
};

/** `docs/evidence/sweep.md`: of which commit, from which seed, and the last line as it was printed. */
const noteEvidence = (swept: Swept, commit: string, last: string): void =>
  writeEvidence(
    'sweep',
    {
      title: 'The sweep',
      command: 'npm run sweep -- --evidence',
      commit,
      facts: [
        `Seed: ${values.seed}, in ${values.parts} parts; each scenario in ${values.settings} of 6 settings; Node ${process.version}`,
        costLine(swept),
        ...swept.failures.map(({ line }) => `Failed: \`${line}\``),
        ...OPEN.map(({ example, because }) => `Known and open: \`${example}\`: ${because}`),
      ],
    },
    `    ${last}\n`,
  );

/** What sittings came to: all of one commit, each from a seed of its own. */
type Sittings = { readonly commit: string; readonly seeds: readonly string[]; readonly reports: readonly Report[] };

/**
 * The sittings before with this one, kept for the next.
 *
 * @throws Error where they were of another commit
 */
const withSitting = (commit: string, reports: readonly Report[]): Sittings => {
  const { sum, seed } = values;
  const before = sum !== undefined && existsSync(sum) ? (JSON.parse(readFileSync(sum, 'utf8')) as Sittings) : null;
  if (before && before.commit !== commit) throw new Error(`${sum} is of commit ${before.commit}, and this is ${commit}`);
  const all = { commit, seeds: [...(before?.seeds ?? []), seed], reports: [...(before?.reports ?? []), ...reports] };
  if (sum !== undefined) writeFileSync(sum, JSON.stringify(all));
  return all;
};

/** At most a line a minute: cases done of about so many, and what is left at the pace so far. */
const EVERY_MS = 60_000;
const progressOf = (works: readonly Work[]): ((part: number, done: number) => void) => {
  const all = works.reduce((sum, one) => sum + one.singles + one.doubles + one.deaths + one.schedules + one.soaks, 0);
  const done = works.map(() => 0);
  const begunMs = performance.now();
  let toldMs = begunMs;
  return (part, count) => {
    done[part] = count;
    const nowMs = performance.now();
    if (nowMs - toldMs < EVERY_MS) return;
    toldMs = nowMs;
    const sum = done.reduce((a, b) => a + b, 0);
    const left = Math.max(0, ((nowMs - begunMs) / sum) * (all - sum));
    say(`${sum} of about ${all} cases, about ${Math.ceil(left / EVERY_MS)} minutes left`);
  };
};

const sweep = async (): Promise<void> => {
  const { singles, doubles, deaths, schedules, soak, settings, seed, only, parts } = values;
  const works = worksOf(Number(parts), {
    singles: Number(singles),
    doubles: Number(doubles),
    deaths: Number(deaths),
    schedules: Number(schedules),
    soaks: Number(soak),
    hasLates: !values['no-lates'],
    settings: Number(settings),
    seed: Number(seed),
    only,
  });
  const commit = commitHere();
  const reports = await sweepParts(works, progressOf(works));
  const all = withSitting(commit, reports);
  const swept = together(all.reports);
  const last = `commit ${commit}, seeds ${[...new Set(all.seeds)].join(' ')}: ${countsLine(swept)}`;
  for (const { line, problems } of swept.failures) {
    say(line);
    for (const problem of problems) say(`  ${problem}`);
  }
  for (const { line } of swept.open) say(`known and open: ${line}`);
  for (const pair of swept.missed) say(`never reached: ${pair}`);
  const exits = Object.entries(swept.exits).sort(([, a], [, b]) => b - a);
  say(
    `exits of the runs: ${exits
      .slice(0, 20)
      .map(([shown, times]) => `${shown} (${times})`)
      .join('  ')}`,
  );
  say(costLine(swept));
  say(last);
  if (values.evidence) noteEvidence(swept, commit, last);
  if (swept.failures.length > 0 || swept.missed.length > 0) process.exitCode = 1;
};

await (values.replay ? replay(positionals.join(' ')) : sweep());
