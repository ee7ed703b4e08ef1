import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, longest first: begun last, it would keep one core busy while the other has nothing left to do. */
const LONG = [
  'sweep/sweep',
  'enterprise/edits',
  'kills/bucket',
  'kinds/projects',
  'kinds/cheapest',
  'kinds/data-sources',
  'kills/signals',
  'kinds/apps',
  'kinds/row-permissions',
  'kinds/resource-grants',
  'laws/snapshot',
  'shell/ledger-redis',
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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The official core is CommonJS with a nested default; without this vitest unwraps it differently from Node.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    pool: 'forks',
    // Unless told, one core is left idle: with two cores that is half of the machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    reporters: ['default', ['json', { outputFile: 'coverage/report.json' }]],
  },
});
