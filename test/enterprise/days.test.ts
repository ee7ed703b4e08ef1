/** The enterprise over days of 100 calls, from one saved plan; `npx tsx scripts/days.ts` kills it at every seventh call. */
import { beforeAll, describe, expect, it } from 'vitest';
import { compare, type Played, playDays } from './days.ts';

const MOST_MS = 300_000;

describe('examples/enterprise with 100 calls a day', () => {
  let calm: Played;
  beforeAll(async () => {
    calm = await playDays(null);
  }, MOST_MS);

  it('is applied from one saved plan over the predicted days; no moment grants what neither end does', () => {
    const { exits, days, predictedDays, faults } = calm;
    expect({ days, faults }).toEqual({ days: predictedDays, faults: [] });
    expect(exits).toEqual([...Array.from({ length: days - 1 }, () => 6), 0]);
    expect(days).toBeGreaterThan(5);
  });

  it(
    'ends as the calm run where it is killed in the middle, a call after which the service had acted',
    async () => {
      const killed = await playDays({ atCall: 245, when: 'after' });
      expect(compare(calm, killed)).toEqual([]);
      expect({ kills: killed.kills, runs: killed.looks.length > calm.looks.length }).toEqual({ kills: 1, runs: true });
    },
    MOST_MS,
  );
});
