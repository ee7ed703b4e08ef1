/**
 * `npm run coverage [-- --gaps]`: the share of branches of engine/core and engine/shell that the tests reach, generated
 * validators left out. Ends with 1 below 95 %. What processes reach that tests start is not counted: the sweep, the kills, the
 * built program; tests that do nothing else are left out, and the number is that of the others alone.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const LEAST = 95;
const FOLDER = 'coverage/branches';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { gaps: { type: 'boolean', default: false } } });

/** Istanbul's form: each branch has a count for each of its ways. */
type Place = { readonly start: { readonly line: number } };
type FileCoverage = {
  readonly path: string;
  readonly b: Readonly<Record<string, readonly number[]>>;
  readonly branchMap: Readonly<
    Record<string, { readonly type: string; readonly loc: Place; readonly locations: readonly Place[] }>
  >;
};

const measure = (): readonly FileCoverage[] => {
  rmSync(join(root, FOLDER), { recursive: true, force: true });
  const options = [
    '--coverage.enabled',
    '--coverage.include=engine/core/**/*.ts',
    '--coverage.include=engine/shell/**/*.ts',
    '--coverage.exclude=engine/core/validators/**',
    '--coverage.reporter=json',
    `--coverage.reportsDirectory=${FOLDER}`,
    '--coverage.reportOnFailure',
    // Counting takes time of its own.
    '--testTimeout=600000',
    '--project=!processes',
  ];
  const ran = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...options], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (ran.status !== 0) process.exitCode = 1;
  return Object.values(JSON.parse(readFileSync(join(root, FOLDER, 'coverage-final.json'), 'utf8')));
};

const countsOf = ({ b }: FileCoverage): { readonly all: number; readonly reached: number } => {
  const ways = Object.values(b).flat();
  return { all: ways.length, reached: ways.filter((times) => times > 0).length };
};

/** Lines of branches with a way that was never taken. */
const gapsOf = ({ b, branchMap }: FileCoverage): readonly string[] =>
  Object.entries(b).flatMap(([id, ways]) =>
    ways.flatMap((times, index) => {
      const branch = branchMap[id];
      if (times > 0 || !branch) return [];
      return [`${branch.locations[index]?.start.line ?? branch.loc.start.line} ${branch.type}`];
    }),
  );

const files = measure();
const counts = files.map((file) => ({ file, ...countsOf(file) }));
if (values.gaps)
  for (const { file, all, reached } of [...counts].sort((one, other) => other.all - other.reached - (one.all - one.reached)))
    if (reached < all)
      process.stdout.write(`${relative(root, file.path)}: ${reached} of ${all}; not: ${gapsOf(file).join(', ')}\n`);
const all = counts.reduce((sum, one) => sum + one.all, 0);
const reached = counts.reduce((sum, one) => sum + one.reached, 0);
const percent = (100 * reached) / Math.max(1, all);
process.stdout.write(`branches of engine/core and engine/shell: ${percent.toFixed(1)} % (${reached} of ${all})\n`);
if (!(percent >= LEAST)) process.exitCode = 1;
