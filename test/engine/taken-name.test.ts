/** A create whose name was taken meanwhile: nothing is ours by guess (DESIGN 6). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import { startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const FILES = tenantFiles({ userGroups: { finance: { description: 'Finance', active: true } } });
const group = (Description: string) => ({ Id: '77', Name: 'finance', Description, Active: true, Admins: [], Members: [] });

const applied = async (options: { readonly taken: string; readonly isLost?: boolean }) => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')) });
  onTestFinished(sim.end);
  sim.write(FILES);
  const { plan } = await sim.plan();
  if (!plan) throw new Error('there is no plan');
  sim.service.change((world) => {
    world.userGroups = [group(options.taken)];
  });
  if (options.isLost) sim.service.faults.add([{ match: { action: 'CreateUserGroup' }, when: 'before', do: 'reset' }]);
  const { exit, steps } = await sim.apply(plan);
  return { exit, outcomes: steps.map(({ outcome, code }) => [outcome, code]), groups: sim.service.world().userGroups };
};

describe('a name that somebody else took between the plan and the create', () => {
  it('is a refusal where the service refuses it: what is there is not what was sent', async () => {
    expect(await applied({ taken: 'by hand' })).toEqual({
      exit: 5,
      outcomes: [['rejected', 'DPN.UserGroup.Duplicated']],
      groups: [group('by hand')],
    });
  });

  it('needs a person where the answer was lost: nobody can tell whose it is', async () => {
    expect(await applied({ taken: 'by hand', isLost: true })).toEqual({
      exit: 7,
      outcomes: [['unknown', 'CONNECTION_LOST']],
      groups: [group('by hand')],
    });
  });

  it('is done where it is exactly what was sent', async () => {
    expect(await applied({ taken: 'Finance', isLost: true })).toMatchObject({ exit: 0, groups: [group('Finance')] });
  });

  it('needs a person where two have it, of which one is exactly what was sent: nobody can tell which', async () => {
    const sim = startSim({ switches: { duplicates: 'allowed' } });
    onTestFinished(sim.end);
    sim.write(tenantFiles({ dataServiceAppGroups: { finance: {} } }));
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    sim.service.change((world) => {
      world.appGroups.push({ Id: '77', Name: 'finance' });
    });
    sim.service.faults.add([{ match: { action: 'CreateDataServiceAppGroup' }, when: 'after', do: 'reset' }]);
    const { exit, steps } = await sim.apply(plan);
    expect([exit, steps.map(({ outcome }) => outcome)]).toEqual([7, ['unknown']]);
    expect(sim.service.world().appGroups.filter(({ Name }) => Name === 'finance')).toHaveLength(2);
  });
});
