/**
 * The laws over many seeds, on all cores: `npm run laws -- 0 2000`. Prints how often each operation, field rule, edition and
 * edit was exercised; exit 1 and the workspace of every seed that broke a law.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Exercised, newExercised, play } from '../test/laws/laws.ts';

type Share = { readonly exercised: Exercised; readonly reports: readonly string[]; readonly seeds: number };

const HERE = fileURLToPath(import.meta.url);
const SHOWN = 5;

/** Every n-th seed from `from`: one process's part. */
const playShare = async (from: number, to: number, step: number): Promise<Share> => {
  const exercised = newExercised();
  const reports: string[] = [];
  let seeds = 0;
  for (let seed = from; seed < to; seed += step) {
    seeds++;
    const { failures, report } = await play(seed, exercised);
    if (failures.length > 0) reports.push(report);
  }
  return { exercised, reports, seeds };
};

const add = (into: Record<string, number>, from: Readonly<Record<string, number>>): void => {
  for (const [key, count] of Object.entries(from)) into[key] = (into[key] ?? 0) + count;
};

const inProcess = (from: number, to: number, step: number): Promise<Share> =>
  new Promise((done, fail) => {
    const child = fork(HERE, ['share', String(from), String(to), String(step)], { execArgv: process.execArgv });
    let share: Share | null = null;
    child.on('message', (message) => {
      share = message as Share;
    });
    child.on('error', fail);
    child.on('exit', (code) =>
      share ? done(share) : fail(new Error(`seeds ${from}, ${from + step}, … ended with ${code} and no result`)),
    );
  });

const table = (title: string, counts: Readonly<Record<string, number>>): string =>
  [
    `\n${title}`,
    ...Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `  ${String(count).padStart(7)}  ${key}`),
  ].join('\n');

const main = async (): Promise<void> => {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'share') {
    const [from = 0, to = 0, step = 1] = rest.map(Number);
    const share = await playShare(from, to, step);
    process.send?.(share, () => process.disconnect());
    return;
  }
  const [from, to] = [Number(first ?? 0), Number(rest[0] ?? 2000)];
  const cores = availableParallelism();
  const shares = await Promise.all(Array.from({ length: cores }, (_, index) => inProcess(from + index, to, cores)));
  const all = newExercised();
  for (const { exercised } of shares)
    for (const part of ['operations', 'rules', 'editions', 'edits', 'switches', 'pace'] as const) add(all[part], exercised[part]);
  const reports = shares.flatMap((share) => share.reports);
  for (const report of reports.slice(0, SHOWN)) process.stdout.write(`${report}\n`);
  process.stdout.write(
    `${table('calls by operation', all.operations)}\n${table('differences by field and reason', all.rules)}\n${table('worlds by edition', all.editions)}\n${table('edits', all.edits)}\n${table('answers to open questions', all.switches)}\n${table('applies by the clock', all.pace)}\n`,
  );
  process.stdout.write(
    `\n${shares.reduce((sum, share) => sum + share.seeds, 0)} seeds from ${from}, ${reports.length} broke a law\n`,
  );
  process.exitCode = reports.length > 0 ? 1 : 0;
};

await main();
