/** Whole processes: how much longer than a bare Node they take (DESIGN 10, the first two lines). */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Line, median } from './line.ts';

const ROOT = join(import.meta.dirname, '..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const ROUNDS = 31;

const CASES: readonly { readonly what: string; readonly args: readonly string[]; readonly most: number }[] = [
  { what: 'phinfra --version', args: [MAIN, '--version'], most: 1.25 },
  { what: 'phinfra validate examples/quickstart', args: [MAIN, 'validate', '-C', join(ROOT, 'examples/quickstart')], most: 2 },
];

/** Milliseconds of one process from start to end; it must end with 0. */
const timeOf = (args: readonly string[]): number => {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - from;
};

/** Each round times the bare process and the cases one after the other, so that a busy moment meets all of them. */
export const startLines = async (): Promise<readonly Line[]> => {
  const bare = ['-e', '0'];
  for (const args of [bare, ...CASES.map((one) => one.args)]) timeOf(args);
  const base: number[] = [];
  const times = CASES.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    base.push(timeOf(bare));
    for (const [index, one] of CASES.entries()) times[index]?.push(timeOf(one.args));
  }
  return CASES.map(({ what, most }, index) => {
    const [mine, yardstick] = [median(times[index] ?? []), median(base)];
    const ratio = mine / yardstick;
    return {
      what,
      value: `${ratio.toFixed(2)} x`,
      goal: `<= ${most} x`,
      yardstick: `${mine.toFixed(1)} ms against node -e 0: ${yardstick.toFixed(1)} ms (medians of ${ROUNDS})`,
      isReached: ratio <= most,
    };
  });
};
