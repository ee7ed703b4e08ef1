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
