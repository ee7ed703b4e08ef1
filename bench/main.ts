/**
 * `npm run bench`: the numbers of DESIGN 10, each as a ratio against a yardstick of the same run, so that the machine and what
 * else it does are of no account. Exit 1 where a goal is missed. `npm run bench -- start` runs the lines whose name holds the word.
 */
import { fileURLToPath } from 'node:url';
import { applyLines } from './apply.ts';
import { emulatorLines } from './emulator.ts';
import type { Line } from './line.ts';
import { makespanLines } from './makespan.ts';
import { naiveLines } from './naive-lines.ts';
import { startLines } from './start.ts';

const LINES: readonly (() => Promise<readonly Line[]>)[] = [startLines, emulatorLines, naiveLines, makespanLines, applyLines];

const show = (line: Line): string =>
  [
    line.isReached ? 'reached' : 'MISSED ',
    line.what.padEnd(46),
    line.value.padStart(14),
    `goal ${line.goal}`.padEnd(22),
    line.yardstick,
  ].join('  ');

const run = async (): Promise<void> => {
  const [word = ''] = process.argv.slice(2);
  let missed = 0;
  for (const lines of LINES) {
    if (!lines.name.toLowerCase().includes(word.toLowerCase())) continue;
    for (const line of await lines()) {
      process.stdout.write(`${show(line)}\n`);
      if (!line.isReached) missed++;
    }
  }
  process.exitCode = missed > 0 ? 1 : 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
