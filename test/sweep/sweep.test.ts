/** A part of the sweep, the same at every run; `npm run sweep` does more of it. */
import { describe, expect, it } from 'vitest';
import { replayLine, sweepParts } from '../../scripts/simulate.ts';
import { OPEN } from './open.ts';
import { costLine, countsLine, together, worksOf } from './sum.ts';

describe('the engine on a modelled machine', () => {
  it('ends as without faults, whatever happens to a call, to two, or to the process', async () => {
    const works = worksOf(2, {
      singles: 6_000,
      doubles: 3_000,
      deaths: 500,
      schedules: 500,
      soaks: 2_000,
      settings: 2,
      seed: 1,
      only: '',
    });
    const swept = together(await sweepParts(works));
    process.stdout.write(`${costLine(swept)}\n${countsLine(swept)}\n`);
    expect(swept.failures).toEqual([]);
    expect(swept.missed).toEqual([]);
    expect(swept.counts.singles).toBeGreaterThanOrEqual(6_000);
    expect(swept.counts.doubles).toBeGreaterThanOrEqual(3_000);
    expect(swept.counts.deaths).toBeGreaterThanOrEqual(500);
    expect(swept.counts.soaks).toBeGreaterThanOrEqual(2_000);
  }, 900_000);

  it('still does not converge where that is known', async () => {
    for (const { example } of OPEN) expect((await replayLine(example)).problems).not.toEqual([]);
  });

  it('plays a line the same way again, byte for byte', async () => {
    const line = 'scenario=userGroups.0.create lag=3000 names=twice faults=4:timeout-after,5:500-before death=12:written seed=7';
    const played = await replayLine(line);
    expect(await replayLine(line)).toEqual(played);
    expect((await replayLine(line.replace('seed=7', 'seed=8'))).digest).not.toBe(played.digest);
  });
});
