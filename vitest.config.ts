import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The sweep, which keeps every core busy by itself; what mostly waits, while it does; then what takes longest, longest first.
 * Begun last, these would leave cores with nothing to do.
 */
const LONG = [
  'sweep/sweep',
  'kills/bucket',
  'kills/signals',
  'kills/schedule',
  'shell/ledger-redis',
  'shell/ledger',
  'enterprise/edits',
  'laws/laws',
  'kinds/projects',
  'kinds/cheapest',
  'kinds/data-sources',
  'kinds/apps',
  'kinds/row-permissions',
  'kinds/resource-grants',
  'enterprise/days',
  'laws/snapshot',
  'enterprise/snapshot',
  'enterprise/example',
  'core/load-positions',
  'enterprise/inverse',
  'kinds/data-service-grants',
  'kinds/tenant-members',
  'engine/disk-faults',
].map((name) => `test/${name}.test.ts`);

const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = LONG.findIndex((path) => moduleId.endsWith(path));
  return place < 0 ? LONG.length : place;
};

/** Vitest takes a class here. Left to itself it goes by what it remembers of earlier runs, and a clean checkout has none. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** What a file puts in the place of a module would stay there for the files after it. */
const REPLACES = /vi\.mock\(|from 'nock'/;
const ALONE = readdirSync(join(import.meta.dirname, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter((path) => REPLACES.test(readFileSync(join(import.meta.dirname, path), 'utf8')));

/** The tests are in processes that they start, and in nothing that a measurement in this one sees. */
const PROCESSES = ['test/sweep/sweep.test.ts', 'test/kills/**/*.test.ts', 'test/cli/built.test.ts'];

export default defineConfig({
  test: {
    // The official core is CommonJS with a nested default; without this vitest unwraps it differently from Node.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    pool: 'forks',
    // Unless told, one core is left idle: with two cores that is half of the machine.
    maxWorkers: '100%',
    // Nearly all files share the modules of their process: reading them anew took as long as many a file's tests.
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'processes', include: PROCESSES, isolate: false } },
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [...ALONE, ...PROCESSES], isolate: false },
      },
    ],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', ['json', { outputFile: 'coverage/report.json' }]],
  },
});
