/** What a plan keeps whose reads exceed the day, and when it is of no use any more (DESIGN 7). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plan, PlanResult } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

const DAY_MS = 86_400_000;
const GROUPS = 6;
/** The tenant, the members, the groups, the members of each group. */
const READS = 3 + GROUPS;

const files = (perDay: number | null, caller = 'owner@example.com') => ({
  'phinfra.yaml': JSON.stringify({
    phinfra: 1,
    tenant: '300001413',
    edition: 'basic',
    connection: { region: 'cn-shanghai', caller },
    resources: ['tenant.yaml'],
    budget: { reserve: 0, ...(perDay === null ? {} : { quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay }] }) },
  }),
  'tenant.yaml': JSON.stringify({
    userGroups: Object.fromEntries(
      Array.from({ length: GROUPS }, (_, index) => [
        `g${index}`,
        { description: `Group ${index}`, members: ['alice@example.com'] },
      ]),
    ),
  }),
});
const planIn = ({ plan, diagnostics }: PlanResult): Plan => {
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
/** Applied, and on the next morning a day has so many calls. */
const started = async (perDay: number): Promise<Sim> => {
  const sim = startSim();
  onTestFinished(sim.end);
  sim.write(files(null));
  expect((await sim.apply(planIn(await sim.plan()))).exit).toBe(0);
  sim.write(files(perDay));
  sim.clock.advance(DAY_MS);
  sim.calls();
  return sim;
};
const fileOf = (sim: Sim): string => join(sim.folder, '.phinfra', 'default', 'reads.json');
const callsOf = (sim: Sim): number => Object.values(sim.calls()).reduce((sum, count) => sum + count, 0);

describe('a plan whose reads exceed the day', () => {
  it('says when it may go on, and sleeps until then where it is told to wait', async () => {
    const sim = await started(6);
    const stopped = await sim.plan();
    expect([stopped.exit, stopped.notBefore]).toEqual([6, '2026-11-25T16:00:00.000Z']);
    expect(stopped.diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      [
        'DAY_SPENT',
        'The 5 answers that were read so far are kept: the same command goes on with the rest when the day of the quota is over.',
      ],
    ]);
    expect(callsOf(sim)).toBe(6);
    const pauses: (readonly [string, number])[] = [];
    const waited = planIn(await sim.plan({ isWaiting: true, onPause: (...told) => pauses.push(told) }));
    expect(pauses).toEqual([["the day's calls are spent", expect.any(Number)]]);
    expect(sim.clock.wallMs()).toBeGreaterThanOrEqual(Date.parse('2026-11-25T16:00:00.000Z'));
    expect(callsOf(sim)).toBe(READS - 6 + 1);
    expect(waited.summary.unchanged).toBe(GROUPS);
    expect(existsSync(fileOf(sim))).toBe(false);
  });

  it.each([
    ['another caller reads', (sim: Sim) => sim.write(files(6, 'alice@example.com'))],
    ['a whole day has passed without a plan', (sim: Sim) => sim.clock.advance(DAY_MS)],
    ['the file is damaged', (sim: Sim) => writeFileSync(fileOf(sim), readFileSync(fileOf(sim), 'utf8').slice(0, 400))],
  ])('reads anew where %s', async (_why, change) => {
    const sim = await started(6);
    expect((await sim.plan()).exit).toBe(6);
    sim.clock.advance(DAY_MS);
    change(sim);
    sim.calls();
    const again = await sim.plan();
    expect([again.exit, callsOf(sim)]).toEqual([6, 6]);
  });

  it('says that a damaged file is of no use', async () => {
    const sim = await started(6);
    await sim.plan();
    writeFileSync(fileOf(sim), '{}');
    sim.write(files(null));
    expect((await sim.plan()).diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['READS_UNUSABLE', 'warning']]);
  });

  it('reads anew after an apply: what was read is not what is there', async () => {
    const sim = await started(6);
    expect((await sim.plan()).exit).toBe(6);
    const held = readFileSync(fileOf(sim), 'utf8');
    sim.write({ ...files(null), 'tenant.yaml': JSON.stringify({ userGroups: { g0: { description: 'Other' } } }) });
    const other = planIn(await sim.plan());
    expect((await sim.apply(other)).exit).toBe(0);
    writeFileSync(fileOf(sim), held);
    sim.write(files(null));
    sim.clock.advance(DAY_MS / 4);
    sim.calls();
    const plan = planIn(await sim.plan());
    expect(plan.coverage.map(({ status }) => status)).not.toContain('snapshot');
    expect(callsOf(sim)).toBeGreaterThanOrEqual(3);
  });
});
