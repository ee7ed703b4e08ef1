import { describe, expect, it } from 'vitest';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';
import { tenantMemberCases } from './tenant-members.case.ts';

for (const one of tenantMemberCases) describeKind(one);

describe('tenant members', () => {
  it('that nobody declares stay as they are and are counted', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({ tenantMembers: { 'bob@example.com': { roles: [] } } });
    expect(plan.summary.unmanaged).toBe(3);
    expect(plan.steps).toEqual([]);
  });

  it('whom neither the tenant nor the instance knows are told', async () => {
    expect(await startTenant().errors({ tenantMembers: { 'nobody@example.com': {} } })).toEqual(['REFERENCE_UNKNOWN']);
  });

  it('are looked for among the addable users only where one is missing', async () => {
    const tenant = startTenant();
    await tenant.plan({ tenantMembers: { 'bob@example.com': {} } });
    expect(tenant.sim.calls()).toEqual({ GetMyTenants: 1, ListTenantMembers: 1 });
    await tenant.plan({ tenantMembers: { 'dave@example.com': {} } });
    expect(tenant.sim.calls()).toEqual({ GetMyTenants: 1, ListAddableUsers: 1, ListTenantMembers: 1 });
  });

  it('are told by their whole account name: one that begins alike is somebody else', async () => {
    const tenant = startTenant();
    const zoe = { source: { type: 'aliyun', id: '99' }, roles: ['BUSINESS_MEMBER'] };
    await tenant.settle({
      tenantMembers: { 'zoe@example.com': zoe, 'zoe@example.com.cn': { ...zoe, source: { type: 'aliyun', id: '98' } } },
    });
    const world = tenant.sim.service.world();
    const names = new Map(world.users.map((user) => [user.Id, user.AccountName]));
    expect(
      world.members
        .filter((member) => member.RoleList.includes('BUSINESS_MEMBER'))
        .map((member) => names.get(member.UserId))
        .sort(),
    ).toEqual(['zoe@example.com', 'zoe@example.com.cn']);
  });

  it('leave their groups before they leave the tenant', async () => {
    const tenant = startTenant();
    const dave = 'dave@example.com';
    await tenant.settle({ tenantMembers: { [dave]: {} }, userGroups: { a: { members: [dave, 'bob@example.com'] } } });
    const plan = await tenant.plan({ userGroups: { a: { members: ['bob@example.com'] } } });
    expect(stepsOf(plan)).toEqual(['userGroups/a#members-', `tenantMembers/${dave}#delete`]);
    await tenant.settle({ userGroups: { a: { members: ['bob@example.com'] } } });
  });

  it('the super admin is never edited and never removed', async () => {
    const tenant = startTenant();
    const plan = await tenant.plan({ tenantMembers: { 'owner@example.com': { mail: 'o@example.com' } } });
    expect(plan.changes.map(({ action, steps }) => [action, steps])).toEqual([['manual', []]]);
    await tenant.settle({ tenantMembers: { 'owner@example.com': { lifecycle: { onRemove: 'delete' } } } });
    const gone = await tenant.plan({ tenantMembers: {} });
    expect(guardsOf(gone)).toEqual(['DELETE_PREVENTED']);
    expect(gone.steps).toEqual([]);
  });

  it('repeat what is to be done by hand until it is done, and never call it somebody else’s doing', async () => {
    const tenant = startTenant();
    const files = { tenantMembers: { 'owner@example.com': { mail: 'o@example.com' } } };
    for (let run = 0; run < 3; run++) {
      const { plan, result } = await tenant.apply(files);
      expect(result.exit).toBe(0);
      expect(plan.changes.map(({ action, fields }) => [action, fields.map(({ reason }) => reason)])).toEqual([
        ['manual', ['found']],
      ]);
    }
    tenant.sim.service.change((world) => {
      const owner = world.members[0];
      if (owner) owner.Mail = 'o@example.com';
    });
    await tenant.settle(files);
  });

  it('do not take SUPER_ADMIN for a role that can be given', async () => {
    expect(await startTenant().errors({ tenantMembers: { 'bob@example.com': { roles: ['SUPER_ADMIN'] } } })).toEqual([
      'VALUE_WRONG',
    ]);
  });

  it('keep contact data that the files do not give when the roles change', async () => {
    const tenant = startTenant({
      world: {
        members: [
          { UserId: '300000001', RoleList: ['SUPER_ADMIN'] },
          { UserId: '300000003', Mail: 'b@example.com', MobilePhone: '13800000000', DingNumber: 'b' },
        ],
      },
      switches: { absentOnUpdate: 'cleared' },
    });
    await tenant.settle({ tenantMembers: { 'bob@example.com': { roles: ['QUALITY_MANAGER'] } } });
    expect(tenant.sim.service.world().members.find((member) => member.UserId === '300000003')).toMatchObject({
      Mail: 'b@example.com',
      MobilePhone: '13800000000',
      DingNumber: 'b',
    });
  });

  it('whose contact data moved do not make a saved plan stale: no contact is in its digest', async () => {
    const tenant = startTenant();
    const files = { tenantMembers: { 'bob@example.com': { roles: ['QUALITY_MANAGER'] } } };
    const first = await tenant.plan(files);
    tenant.sim.service.change((world) => {
      for (const member of world.members) member.Mail = 'moved@example.com';
    });
    const second = await tenant.plan(files);
    expect(second.changes[0]?.preimage).toBe(first.changes[0]?.preimage);
  });
});
