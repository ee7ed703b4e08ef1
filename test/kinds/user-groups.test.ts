import { describe, expect, it } from 'vitest';
import { describeKind } from './suite.ts';
import { startTenant } from './tenant.ts';
import { userGroupCases } from './user-groups.case.ts';

for (const one of userGroupCases) describeKind(one);

/** Members of the tenant by number, beside those of the default world. */
const crowd = (count: number) => {
  const users = Array.from({ length: count }, (_, at) => ({
    Id: String(310_000_000 + at),
    AccountName: `p${String(at).padStart(3, '0')}@example.com`,
    SourceId: String(at),
  }));
  const owner = { Id: '300000001', AccountName: 'owner@example.com' };
  return {
    accounts: users.map((user) => user.AccountName),
    world: {
      users: [owner, ...users],
      members: [{ UserId: owner.Id, RoleList: ['SUPER_ADMIN'] }, ...users.map((user) => ({ UserId: user.Id }))],
    },
  };
};

describe('user groups', () => {
  it('have at most five administrators, and the sixth is told offline', async () => {
    const { accounts, world } = crowd(6);
    const tenant = startTenant({ world });
    expect(await tenant.errors({ userGroups: { a: { admins: accounts } } })).toEqual(['LIMIT_EXCEEDED']);
    expect(tenant.sim.sent()).toEqual([]);
    await tenant.settle({ userGroups: { a: { admins: accounts.slice(0, 5) } } });
  });

  it('have names of at most 128 characters, counted as people count them', async () => {
    const tenant = startTenant();
    expect(await tenant.errors({ userGroups: { [`${'组'.repeat(129)}`]: {} } })).toEqual(['NAME_WRONG']);
    await tenant.settle({ userGroups: { [`${'组'.repeat(128)}`]: {} } });
  });

  it('change 120 members in three calls each way, and read them in three pages', async () => {
    const { accounts, world } = crowd(240);
    const tenant = startTenant({ world });
    await tenant.settle({ userGroups: { a: { members: accounts.slice(0, 120) } } });
    tenant.sim.calls();
    const plan = await tenant.settle({ userGroups: { a: { members: accounts.slice(120) } } });
    expect(plan.steps.map((step) => step.operation)).toEqual([
      'RemoveUserGroupMember',
      'RemoveUserGroupMember',
      'RemoveUserGroupMember',
      'AddUserGroupMember',
      'AddUserGroupMember',
      'AddUserGroupMember',
    ]);
    expect(tenant.sim.calls()).toMatchObject({
      AddUserGroupMember: 3,
      RemoveUserGroupMember: 3,
      // Two plans, each of three pages.
      ListUserGroupMembers: 6,
    });
  });

  it('that declare an administrator as a member too send no call of its own for that', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({ userGroups: { a: { admins: ['alice@example.com'], members: ['alice@example.com'] } } });
    expect(plan.steps.map((step) => step.operation)).toEqual(['CreateUserGroup']);
  });

  it('of the same members in another order are the same', async () => {
    const tenant = startTenant();
    await tenant.settle({ userGroups: { a: { members: ['alice@example.com', 'bob@example.com'] } } });
    expect((await tenant.plan({ userGroups: { a: { members: ['bob@example.com', 'alice@example.com'] } } })).steps).toEqual([]);
  });

  it('may be named like members of a prototype', async () => {
    const tenant = startTenant();
    await tenant.settle({ userGroups: { valueOf: { description: 'v' }, toString: { members: ['alice@example.com'] } } });
  });

  it('are refused offline on an edition that has none', async () => {
    const tenant = startTenant({ edition: 'agile' });
    expect(await tenant.errors({ userGroups: { a: {} } })).toEqual(['EDITION_TOO_LOW']);
    expect(tenant.sim.sent()).toEqual([]);
  });
});
