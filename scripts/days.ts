/**
 * The enterprise over days of 100 calls, killed at call 7, 14, 21, … in separate runs and once in each day: `npx tsx
 * scripts/days.ts [STEP] [FROM] [TO]`, on all cores. One line in the end; exit 1 and a line for every run that did not end as the
 * calm one.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { compare, type Kill, type Played, playDays } from '../test/enterprise/days.ts';

type Line = { readonly name: string; readonly faults: readonly string[]; readonly extra: number; readonly blind: number };

const HERE = fileURLToPath(import.meta.url);
const nameOf = (kill: Kill): string =>
  'atCall' in kill ? `killed ${kill.when} call ${kill.atCall}` : `killed ${kill.when} call ${kill.inEachDay} of each day`;

const playAll = async (kills: readonly Kill[], calm: Played, report: (line: Line) => void): Promise<void> => {
  for (const kill of kills) {
    const played = await playDays(kill);
    report({ name: nameOf(kill), faults: compare(calm, played), extra: played.calls - calm.calls, blind: played.blind });
  }
};

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

type Share = { readonly kills: readonly Kill[]; readonly calm: Played };

/** A part of the runs in a process of its own; the calm run is too long for an argument and goes as a message. */
const inProcess = (share: Share, report: (line: Line) => void): Promise<void> =>
  new Promise((done, fail) => {
    const child = fork(HERE, ['share'], { execArgv: process.execArgv });
    child.on('message', (message) => report(message as Line));
    child.on('error', fail);
    child.on('exit', (code) => (code === 0 ? done() : fail(new Error(`a part of the runs ended with ${code}`))));
    child.send(share);
  });

const playShare = async (): Promise<void> => {
  const { kills, calm } = await new Promise<Share>((resolve) => process.once('message', (message) => resolve(message as Share)));
  await playAll(kills, calm, (line) => process.send?.(line));
  process.disconnect();
};

const main = async (): Promise<void> => {
  const [first, second, third] = process.argv.slice(2);
  if (first === 'share') return playShare();
  const calm = await playDays(null);
  const step = Number(first ?? 7);
  const from = Number(second ?? step);
  const to = Number(third ?? calm.calls);
  const kills: Kill[] = [];
  for (let call = from; call <= Math.min(to, calm.calls); call += step)
    kills.push({ atCall: call, when: kills.length % 2 === 0 ? 'before' : 'after' });
  for (const when of ['before', 'after'] as const) kills.push({ inEachDay: 50, when });
  const cores = availableParallelism();
  const lines: Line[] = [];
  const shares = Array.from({ length: cores }, (_, core) => kills.filter((_kill, index) => index % cores === core));
  await Promise.all(shares.map((share) => inProcess({ kills: share, calm }, (line) => lines.push(line))));
  const calmFaults = calm.days === calm.predictedDays ? calm.faults : [...calm.faults, `${calm.days} days`];
  const broken = lines.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of broken) process.stdout.write(`${name}: ${faults.slice(0, 5).join('; ')}\n`);
  for (const fault of calmFaults) process.stdout.write(`calm: ${fault}\n`);
  process.stdout.write(
    `days: ${calm.calls} calls in ${calm.days} days of 100 (${calm.predictedDays} predicted), exit ${calm.exits.at(-1)}; ${lines.length} runs killed, ${broken.length} did not end as the calm one; at most ${Math.max(0, ...lines.map(({ extra }) => extra))} calls more; ${sum(lines.map(({ blind }) => blind))} times a grant was sent again that no read shows\n`,
  );
  process.exitCode = broken.length > 0 || calmFaults.length > 0 ? 1 : 0;
};

await main();
