/** A part of the sweep, the same at every run; all of it is `npm run sweep`. */
import { describe, expect, it } from 'vitest';
import { runCase } from './case.ts';
import { lineOf, singles } from './lines.ts';
import { prepare, SCENARIOS, type Setting } from './scenario.ts';

/** Every so manieth case; prime, so that the faults of one call do not all fall out. */
const STEP = 197;
const SETTINGS: readonly Setting[] = [0, 3_000, 20_000].flatMap((lagMs) =>
  (['unique', 'twice'] as const).map((names) => ({ lagMs, names })),
);

describe('one fault at one call, and at most two plain runs after it', () => {
  let turn = 0;
  for (const setting of SETTINGS)
    it(`ends as without it: lists ${setting.lagMs} ms behind, names ${setting.names}`, async () => {
      const wrong: string[] = [];
      let cases = 0;
      for (const name of SCENARIOS) {
        const scenario = await prepare(name, setting);
        for (const one of singles(scenario)) {
          if (turn++ % STEP !== 0) continue;
          cases++;
          const { problems } = await runCase(scenario, one);
          wrong.push(...problems.map((problem) => `${lineOf(scenario, one)}: ${problem}`));
        }
        scenario.close();
      }
      expect(wrong).toEqual([]);
      expect(cases).toBeGreaterThan(50);
    }, 300_000);
});
