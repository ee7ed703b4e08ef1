import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The official core is CommonJS with a nested default; without this vitest unwraps it differently from Node.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    pool: 'forks',
    reporters: ['default', ['json', { outputFile: 'coverage/report.json' }]],
  },
});
