/** A plan is bound to what it was made from: what moved since is refused, the rest goes on (DESIGN 1, promise 2). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const groups = (of: Record<string, unknown>) => tenantFiles({ userGroups: of });
const START = {
  finance: { description: 'Finance', members: ['alice@example.com'], lifecycle: { onRemove: 'delete' } },
  risk: { description: 'Risk', members: ['bob@example.com'] },
};
const EDITED = {
  finance: { description: 'Finance marts', members: ['alice@example.com', 'bob@example.com'] },
  risk: { description: 'Risk marts', members: ['bob@example.com'] },
  retail: { description: 'Retail' },
};

const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan } = await sim.plan();
  if (!plan) throw new Error('there is no plan');
  return plan;
};
const started = async (): Promise<Sim> => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')) });
  onTestFinished(sim.end);
  sim.write(groups(START));
  expect((await sim.apply(await planOf(sim))).exit).toBe(0);
  sim.write(groups(EDITED));
  return sim;
};
const group = (sim: Sim, name: string) => sim.service.world().userGroups.find((one) => one.Name === name);
const callsOf = (plan: Plan): Record<string, number> => {
  const all: Record<string, number> = {};
  for (const part of [plan.bill.check, plan.bill.toApply])
    for (const [operation, count] of Object.entries(part.operations)) all[operation] = (all[operation] ?? 0) + count;
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
};

describe('an apply that comes later than a minute after its plan', () => {
  it('looks once before the first write, with the calls that the bill names, and goes on where nothing moved', async () => {
    const sim = await started();
    const plan = await planOf(sim);
    sim.clock.advance(61_000);
    sim.calls();
    const result = await sim.apply(plan, { isSaved: true });
    expect([result.exit, result.applied]).toEqual([0, 3]);
    expect(sim.calls()).toEqual(callsOf(plan));
  });

  it('refuses what somebody has changed, with its place and no call, and applies the rest', async () => {
    const sim = await started();
    const plan = await planOf(sim);
    sim.clock.advance(61_000);
    sim.service.change((world) => {
      for (const one of world.userGroups) if (one.Name === 'finance') one.Description = 'changed in the console';
    });
    const result = await sim.apply(plan, { isSaved: true });
    expect({ exit: result.exit, applied: result.applied, failed: result.failed }).toEqual({ exit: 9, applied: 2, failed: 1 });
    expect(result.diagnostics.map(({ code, address, message }) => [code, address, message])).toEqual(
      plan.steps
        .filter((step) => step.serves[0] === 'userGroups/finance')
        .map(() => [
          'STEP_STALE',
          'userGroups/finance',
          '"userGroups/finance" is not what the plan was made from: somebody has changed it.',
        ]),
    );
    expect([group(sim, 'finance')?.Description, group(sim, 'risk')?.Description, group(sim, 'retail')?.Name]).toEqual([
      'changed in the console',
      'Risk marts',
      'retail',
    ]);
  });

  it('sees a membership that has come, a resource that was made, and one that is gone', async () => {
    const sim = await started();
    const plan = await planOf(sim);
    sim.clock.advance(61_000);
    sim.service.change((world) => {
      for (const one of world.userGroups)
        if (one.Name === 'finance') one.Members.push({ Id: '99', UserId: '300000004', GmtCreate: 0 });
      world.userGroups = [
        ...world.userGroups.filter((one) => one.Name !== 'risk'),
        { Id: '77', Name: 'retail', Description: 'by hand', Active: true, Admins: [], Members: [] },
      ];
    });
    const before = sim.service.world();
    const result = await sim.apply(plan, { isSaved: true });
    expect([result.exit, result.applied]).toEqual([9, 0]);
    expect([...new Set(result.diagnostics.map(({ message }) => message))]).toEqual([
      '"userGroups/retail" is not what the plan was made from: it exists by now.',
      '"userGroups/finance" is not what the plan was made from: somebody has changed it.',
      '"userGroups/risk" is not what the plan was made from: it is not there any more.',
    ]);
    expect(sim.service.world().userGroups).toEqual(before.userGroups);
  });

  it('takes what was to be deleted and is gone for done', async () => {
    const sim = await started();
    sim.write(groups({ risk: EDITED.risk }));
    const plan = await planOf(sim);
    sim.clock.advance(61_000);
    sim.service.change((world) => {
      world.userGroups = world.userGroups.filter((one) => one.Name !== 'finance');
    });
    expect((await sim.apply(plan, { isSaved: true })).exit).toBe(0);
    expect((await planOf(sim)).steps).toEqual([]);
  });
});

describe('an apply within the minute', () => {
  it('trusts the reads of its plan; one from a file proves the tenant', async () => {
    const sim = await started();
    const plan = await planOf(sim);
    sim.calls();
    expect((await sim.apply(plan, { isSaved: true })).exit).toBe(0);
    expect(sim.calls()).toEqual({ ...plan.bill.toApply.operations, GetMyTenants: 1 });
  });
});
