import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The official core is CommonJS with a nested default; without this vitest unwraps it differently from Node.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    pool: 'forks',
    // Unless told, one core is left idle: with two cores that is half of the machine.
    maxWorkers: '100%',
    reporters: ['default', ['json', { outputFile: 'coverage/report.json' }]],
  },
});
