/** What a killed run has left open, and a new plan right after it (RELIABILITY 6, R6): lists may not show yet what was made. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../engine/index.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const files = (...names: readonly string[]) =>
  tenantFiles({ dataServiceAppGroups: Object.fromEntries(names.map((name) => [name, {}])) });
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const namesIn = (sim: Sim): readonly string[] => sim.service.world().appGroups.map(({ Name }) => Name);
/** Lists are 20 s behind, and a name may come twice: what a list does not show is made a second time by whoever believes it. */
const started = async (): Promise<Sim> => {
  const sim = startSim({ switches: { lagMs: 20_000, duplicates: 'allowed' } });
  onTestFinished(sim.end);
  sim.write(files('kept'));
  expect((await sim.apply(await planOf(sim))).exit).toBe(0);
  sim.clock.advance(60_000);
  sim.write(files('kept', 'made', 'more'));
  return sim;
};

describe('a new plan right after a run was killed', () => {
  it('names what the run has made and no file declares any more, until somebody says what becomes of it', async () => {
    const sim = await started();
    const crashed = sim.apply(await planOf(sim), { crash: { write: 1, when: 'after' } });
    await expect(crashed).rejects.toThrow(CRASH);
    const made = sim.service.world().appGroups.find(({ Name }) => Name === 'made');
    if (!made) throw new Error('nothing was made');
    const address = `dataServiceAppGroups/${made.Name}`;
    const unclaimed = async () =>
      (await planOf(sim)).warnings.flatMap(({ code, message, address: of }) => (code === 'UNCLAIMED' ? [[of, message]] : []));
    sim.write(files('kept', 'other'));
    const told = [
      [
        address,
        `A run that broke off has sent a create of "${address}", and ${made.Id} is there now; no file declares it, and it is not in the record.`,
      ],
    ];
    expect(await unclaimed()).toEqual(told);
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    sim.clock.advance(60_000);
    expect(await unclaimed()).toEqual(told);
    sim.write(files());
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    sim.clock.advance(60_000);
    // Nothing of its kind is declared or recorded any more.
    expect(await unclaimed()).toEqual(told);
    expect(namesIn(sim)).toEqual(['default', 'made']);

    // Declared, it is ours as if the run had ended, and goes with its file.
    for (const names of [['made'], []]) {
      sim.write(files(...names));
      expect(await unclaimed()).toEqual([]);
      expect((await sim.apply(await planOf(sim))).exit).toBe(0);
      sim.clock.advance(60_000);
    }
    expect(namesIn(sim)).toEqual(['default']);
    expect((await planOf(sim)).coverage.filter(({ status }) => status === 'live')).toEqual([]);
  });

  it('takes what the run has made for ours where it is exactly what is wanted: it goes with its file', async () => {
    const sim = await started();
    await expect(sim.apply(await planOf(sim), { crash: { write: 1, when: 'after' } })).rejects.toThrow(CRASH);
    for (const names of [['kept', 'made', 'more'], ['kept']]) {
      sim.write(files(...names));
      expect((await sim.apply(await planOf(sim))).exit).toBe(0);
      sim.clock.advance(60_000);
      expect(namesIn(sim)).toEqual(['default', ...names]);
    }
  });

  it('is quiet once somebody has deleted it, and the next apply closes the doubt', async () => {
    const sim = await started();
    await expect(sim.apply(await planOf(sim), { crash: { write: 1, when: 'after' } })).rejects.toThrow(CRASH);
    sim.service.change((world) => {
      world.appGroups = world.appGroups.filter(({ Name }) => Name !== 'made');
    });
    sim.clock.advance(60_000);
    sim.write(files('kept', 'other'));
    const plan = await planOf(sim);
    expect(plan.warnings).toEqual([]);
    expect((await sim.apply(plan)).exit).toBe(0);
    sim.clock.advance(60_000);
    sim.write(files());
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    expect((await planOf(sim)).coverage.filter(({ status }) => status === 'live')).toEqual([]);
  });

  it('makes nothing a second time, whichever write was the last', async () => {
    const calm = await started();
    const calmPlan = await planOf(calm);
    expect((await calm.apply(calmPlan)).exit).toBe(0);
    const wanted = shapeOf(calm.service.world());
    for (const when of ['before', 'after'] as const)
      for (let write = 1; write <= calmPlan.steps.length; write++) {
        const sim = await started();
        const place = `killed ${when} write ${write}`;
        await expect(sim.apply(await planOf(sim), { crash: { write, when } }), place).rejects.toThrow(CRASH);
        const { exit } = await sim.apply(await planOf(sim));
        expect(exit, place).toBe(0);
        expect(shapeOf(sim.service.world()), place).toEqual(wanted);
      }
  });
});
