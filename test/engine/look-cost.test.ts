/** What a look at a call in doubt reads: only what tells whether it has happened (DESIGN 6). */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../emulator/faults.ts';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import { startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const GROUP = { description: 'Finance', members: ['alice@example.com'] };
type Groups = Readonly<Record<string, object>>;

/** Operations of the apply, of a change of groups, whose first write meets the fault. */
const callsOf = async (
  from: Groups,
  to: Groups,
  fault: Omit<Fault, 'match'>,
  { lagMs = 0, hasMemory = true } = {},
): Promise<readonly string[]> => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')), switches: { lagMs } });
  onTestFinished(sim.end);
  for (const groups of [from, to]) {
    const isLast = groups === to;
    sim.write(tenantFiles({ userGroups: groups }));
    const { plan, memory } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    if (isLast) sim.service.faults.add([{ match: { action: plan.steps[0]?.operation ?? '*' }, ...fault }]);
    const before = sim.sent().length;
    expect((await sim.apply(plan, hasMemory && memory ? { memory } : {})).exit).toBe(0);
    const made = sim.sent().slice(before);
    sim.clock.advance(60_000);
    expect((await sim.plan()).plan?.steps).toEqual([]);
    if (isLast) return made.map(({ operation }) => operation);
  }
  return [];
};
const LOST = { do: 'reset', when: 'after' } as const;
const NEVER_SENT = { do: 'reset', when: 'before' } as const;

describe('a look at a call in doubt', () => {
  it('reads the list alone where the list tells what was changed', async () => {
    const changed = { finance: { ...GROUP, description: 'Money' } };
    const made = ['UpdateUserGroup', 'ListUserGroups'];
    expect(await callsOf({ finance: GROUP }, changed, LOST)).toEqual(made);
    expect(await callsOf({ finance: GROUP }, changed, NEVER_SENT)).toEqual([...made, 'ListUserGroups', 'UpdateUserGroup']);
  });

  it('reads the members alone where they have changed, and the names of people only where nobody has read them', async () => {
    const more = { finance: { ...GROUP, members: ['alice@example.com', 'bob@example.com'] } };
    expect(await callsOf({ finance: GROUP }, more, LOST)).toEqual(['AddUserGroupMember', 'ListUserGroupMembers']);
    expect([...(await callsOf({ finance: GROUP }, more, LOST, { hasMemory: false }))].sort()).toEqual([
      'AddUserGroupMember',
      'ListTenantMembers',
      'ListUserGroupMembers',
      'ListUserGroups',
    ]);
  });

  it('asks for nobody’s name where only the presence of a thing is in doubt', async () => {
    expect(await callsOf({ finance: GROUP, risk: {} }, { risk: {} }, LOST, { hasMemory: false })).toEqual([
      'DeleteUserGroup',
      'ListUserGroups',
      'ListUserGroups',
    ]);
  });
});
