/** `budget simulate`: what the files cost before there is a tenant, a key or a call. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { simulateBudget } from '../../engine/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { startSim } from '../support/sim.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const invocation = (example: string, environment?: string) => ({
  folder: join(EXAMPLES, example),
  variables: {},
  env: {},
  home: tmpdir(),
  ...(environment ? { environment } : {}),
});
const enterprise = generateEnterprise({ seed: 1, resources: 400 });

describe('budget simulate', () => {
  for (const environment of ['dev', 'prod'] as const)
    it(`names every call that an apply of the enterprise to its empty tenant makes, and its time: ${environment}`, async () => {
      const { exit, diagnostics, simulation } = await simulateBudget(invocation('enterprise', environment));
      expect({ exit, diagnostics }).toEqual({ exit: 0, diagnostics: [] });
      const sim = startSim({ world: parseWorld(enterprise.worlds[environment]), env: { PHINFRA_ENV: environment }, lateSeed: 3 });
      onTestFinished(sim.end);
      sim.write(enterprise.files);
      const { plan } = await sim.plan();
      if (!plan) throw new Error('there is no plan');
      expect(simulation?.toApply).toEqual(plan.bill.toApply);
      expect(simulation?.smallest).toBe('basic');
      const basic = simulation?.editions.find(({ edition }) => edition === 'basic');
      const fromMs = sim.clock.nowMs();
      expect((await sim.apply(plan)).exit).toBe(0);
      const seconds = (sim.clock.nowMs() - fromMs) / 1000;
      expect(Math.abs((basic?.seconds ?? 0) - seconds)).toBeLessThan(0.05 * seconds);
      expect(basic).toMatchObject({ isEnough: true, lacks: [], days: 1 });
    });

  it('says what an edition lacks, where a day is too small, and how many plans a day has calls for', async () => {
    const { simulation } = await simulateBudget(invocation('quickstart'));
    expect(simulation?.editions.map(({ edition, isEnough, lacks }) => [edition, isEnough, lacks])).toEqual([
      ['personal', false, ['userGroups']],
      ['agile', false, ['userGroups']],
      ['database', false, ['userGroups']],
      ['bigdata', false, ['userGroups']],
      ['basic', true, []],
      ['intelligent', true, []],
    ]);
    const [personal, agile] = simulation?.editions ?? [];
    const calls = Object.values(simulation?.review.levels ?? {}).reduce((sum, count) => sum + count, 0);
    expect([personal?.reviewsADay, agile?.reviewsADay]).toEqual([Math.floor(100 / calls), Math.floor(1000 / calls)]);
    expect(simulation?.editions.at(-1)?.reviewsADay).toBe(null);
    const one = await simulateBudget(invocation('quickstart'), { edition: 'agile' });
    expect(one.simulation?.editions).toEqual([agile]);
    expect(one.simulation?.smallest).toBe(null);
  });

  it('takes a saved plan as it was planned', async () => {
    const sim = startSim({ world: parseWorld(enterprise.worlds.prod), env: { PHINFRA_ENV: 'prod' } });
    onTestFinished(sim.end);
    sim.write(enterprise.files);
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    const { simulation } = await simulateBudget(invocation('enterprise', 'prod'), { plan, edition: 'agile' });
    expect(simulation).toMatchObject({ from: 'plan', toApply: plan.bill.toApply, review: plan.bill.spent });
    const calls = Object.values(plan.bill.toApply.levels).reduce((sum, count) => sum + count, 0);
    // All levels share five calls a second: the guarded spacing is 210 ms.
    expect(simulation?.editions[0]?.seconds).toBe(Math.ceil(calls * 0.21 + 0.1));
  });

  it('takes the files against a snapshot, and counts the reads that a live plan of that tenant makes', async () => {
    const sim = startSim({ world: parseWorld(enterprise.worlds.prod), env: { PHINFRA_ENV: 'prod' } });
    onTestFinished(sim.end);
    sim.write(enterprise.files);
    const { plan: first } = await sim.plan();
    if (!first) throw new Error('there is no plan');
    // A part of it is there.
    expect((await sim.apply(first, { limits: { maxCalls: 60 } })).exit).toBe(6);
    sim.clock.advance(3_600_000);
    expect((await sim.snapshot({ out: 'tenant.json' })).exit).toBe(0);
    const { plan: live } = await sim.plan();
    if (!live) throw new Error('there is no plan');
    sim.calls();
    const { exit, simulation } = await sim.simulate({ from: 'tenant.json' });
    expect([exit, sim.calls()]).toEqual([0, {}]);
    expect(simulation).toMatchObject({
      from: 'snapshot',
      review: live.bill.spent,
      toApply: live.bill.toApply,
      smallest: 'basic',
    });
    const [personal] = simulation?.editions ?? [];
    const reads = Object.values(live.bill.spent.levels).reduce((sum, count) => sum + count, 0);
    expect([personal?.isEnough, personal?.reviewsADay]).toEqual([false, Math.floor(100 / reads)]);
    const none = await sim.simulate({ from: 'none.json' });
    expect([none.exit, none.diagnostics.map(({ code }) => code)]).toEqual([3, ['SNAPSHOT_UNREADABLE']]);
  }, 30_000);
});
