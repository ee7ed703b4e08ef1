/**
 * `npm run sweep`: the engine on a modelled machine, with every fault that can happen to its calls (RELIABILITY 3).
 *
 *     npm run sweep -- [--singles N] [--doubles N] [--deaths N] [--schedules N] [--soak N] [--settings 1..6] [--seed N] [--only SUBSTRING] [--parts N] [--evidence]
 *     npm run replay -- 'scenario=… lag=0 names=unique faults=3:timeout-after'
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { OPEN } from '../test/sweep/open.ts';
import { costLine, countsLine, type Swept, together, worksOf } from '../test/sweep/sum.ts';
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
    only: { type: 'string', default: '' },
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
const noteEvidence = (swept: Swept, commit: string): void =>
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
    `    ${countsLine(swept)}\n`,
  );

const sweep = async (): Promise<void> => {
  const { singles, doubles, deaths, schedules, soak, settings, seed, only, parts } = values;
  const works = worksOf(Number(parts), {
    singles: Number(singles),
    doubles: Number(doubles),
    deaths: Number(deaths),
    schedules: Number(schedules),
    soaks: Number(soak),
    settings: Number(settings),
    seed: Number(seed),
    only,
  });
  const commit = values.evidence ? commitHere() : '';
  const swept = together(await sweepParts(works));
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
  say(countsLine(swept));
  if (values.evidence) noteEvidence(swept, commit);
  if (swept.failures.length > 0 || swept.missed.length > 0) process.exitCode = 1;
};

await (values.replay ? replay(positionals.join(' ')) : sweep());
