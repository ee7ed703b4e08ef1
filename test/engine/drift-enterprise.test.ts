/** A tenant that nobody touched has not drifted, whatever the kinds are; and the look costs no more calls than a plan. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { startSim } from '../support/sim.ts';

describe('drift over examples/enterprise', () => {
  const enterprise = generateEnterprise({ seed: 1, resources: 400 });
  it('finds nothing after an apply, for every kind and field, with no more calls than a plan', async () => {
    const sim = startSim({ world: parseWorld(enterprise.worlds.prod), env: { PHINFRA_ENV: 'prod' } });
    onTestFinished(sim.end);
    sim.write(enterprise.files);
    const first = await sim.plan();
    if (!first.plan) throw new Error('there is no plan');
    await sim.apply(first.plan);
    const second = await sim.plan();
    sim.clock.advance(120_000);
    sim.calls();
    const { exit, diagnostics, report } = await sim.drift();
    expect({ exit, diagnostics, drifted: report?.drifted, notLooked: report?.notLooked }).toEqual({
      exit: 0,
      diagnostics: [],
      drifted: [],
      notLooked: [],
    });
    expect(report?.kinds.map(({ recorded, compared, status }) => [compared === recorded, status])).toEqual(
      report?.kinds.map(() => [true, 'now']),
    );
    expect(report?.kinds).toHaveLength(11);
    const calls = sim.calls();
    expect(calls).toEqual(report?.spent.operations);
    expect(calls).toEqual(second.plan?.bill.spent.operations);
  });
});
