import { describe, expect, it } from 'vitest';
import { withKeysOf } from '../support/emulator-fixture.ts';
import { dataServiceProjectMemberCases } from './data-service-project-members.case.ts';
import { describeKind } from './suite.ts';
import { startTenant } from './tenant.ts';

for (const one of dataServiceProjectMemberCases) describeKind(one);

const [ALICE, BOB, DAVE] = ['alice@example.com', 'bob@example.com', 'dave@example.com'];
const ADDRESS = 'dataServiceProjectMembers/finance_ds';
const files = (roles: Record<string, readonly string[]>) => ({ dataServiceProjectMembers: { finance_ds: roles } });
const projectOf = (Members: Record<string, number>) => ({
  dataServiceProjects: [
    { ProjectId: '22', ProjectName: 'finance_ds', Members },
    { ProjectId: '10121', ProjectName: 'risk_ds', Members: {} },
  ],
});

describe('members of data-service projects', () => {
  it('are seen by who can no longer be added, with one call for each declared project', async () => {
    const tenant = startTenant({ world: projectOf({ '300000002': 4 }) });
    const plan = await tenant.settle(files({ admin: [ALICE] }));
    expect(plan.changes.map(({ action }) => action)).toEqual(['adopt']);
    // Projects that nobody declares are not counted: there is nothing of ours on them.
    expect(plan.summary.unmanaged).toBe(0);
    tenant.sim.calls();
    await tenant.plan(files({ admin: [ALICE] }));
    expect(tenant.sim.calls()).toEqual({
      GetMyTenants: 1,
      ListTenantMembers: 1,
      GetDataServiceMyProjects: 1,
      GetDataServiceProjectAddableUsers: 1,
    });
  });

  it('are remembered with their role, which nobody can read', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle(files({ developer: [BOB] }));
    expect(plan.coverage.find(({ kind }) => kind === 'dataServiceProjectMembers')?.note).toContain('roles: no read shows them');
    expect(tenant.sim.service.world().dataServiceProjects[0]?.Members).toEqual({ '300000003': 2 });
    tenant.sim.service.change((world) => {
      for (const project of world.dataServiceProjects) project.Members['300000003'] = 5;
    });
    await tenant.settle(files({ developer: [BOB] }));
  });

  it('are added again when somebody has taken them out', async () => {
    const tenant = startTenant();
    await tenant.settle(files({ developer: [BOB] }));
    tenant.sim.service.change((world) => {
      for (const project of world.dataServiceProjects) project.Members = {};
    });
    const plan = await tenant.settle(files({ developer: [BOB] }));
    expect(plan.changes.map(({ action, reason }) => [action, reason])).toEqual([['update', 'drifted']]);
  });

  it('who are to go wait for a hand, and are done with when it has come', async () => {
    const tenant = startTenant();
    await tenant.settle(files({ developer: [BOB], admin: [ALICE] }));
    for (let run = 0; run < 2; run++) {
      const { plan, result } = await tenant.apply(files({ admin: [ALICE] }));
      expect(result.exit).toBe(0);
      expect(plan.changes.map(({ action, manual }) => [action, manual])).toEqual([
        ['manual', [expect.stringMatching(/^Remove bob@example\.com from finance_ds in the console: /)]],
      ]);
    }
    tenant.sim.service.change((world) => {
      for (const project of world.dataServiceProjects) delete project.Members['300000003'];
    });
    await tenant.settle(files({ admin: [ALICE] }));
  });

  it('of another role are believed once the project was out of the files', async () => {
    const tenant = startTenant();
    await tenant.settle(files({ developer: [BOB] }));
    expect((await tenant.plan(files({ admin: [BOB] }))).changes.map(({ action, manual }) => [action, manual])).toEqual([
      ['manual', [expect.stringMatching(/^Make bob@example\.com admin of finance_ds in the console: /)]],
    ]);
    await tenant.settle({});
    await tenant.settle(files({ admin: [BOB] }));
  });

  it('are added by one call for fifty people, with the names that the service shows', async () => {
    const users = Array.from({ length: 60 }, (_, at) => ({
      Id: String(310_000_000 + at),
      AccountName: `p${at}@example.com`,
      DisplayName: `Person ${at}`,
      SourceId: String(at),
    }));
    const owner = { Id: '300000001', AccountName: 'owner@example.com' };
    const tenant = startTenant({
      world: {
        users: [owner, ...users],
        members: [{ UserId: owner.Id, RoleList: ['SUPER_ADMIN'] }, ...users.map((user) => ({ UserId: user.Id }))],
        ...projectOf({}),
      },
    });
    const plan = await tenant.settle(files({ member: users.map((user) => user.AccountName) }));
    expect(plan.steps.map((step) => step.id)).toEqual([`${ADDRESS}#members+`, `${ADDRESS}#members+2`]);
    expect(plan.steps[1]?.request['AddCommand']).toMatchObject({
      ProjectMemberList: expect.arrayContaining([
        { AccountName: 'p9@example.com', DisplayName: 'Person 9', Role: 3, UserId: '310000009' },
      ]),
    });
    expect(Object.keys(tenant.sim.service.world().dataServiceProjects[0]?.Members ?? {})).toHaveLength(60);
  });

  it('may become members of the tenant by the same plan', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({ tenantMembers: { [DAVE]: {} }, ...files({ operator: [DAVE] }) });
    expect(plan.steps.map(({ id, after }) => [id, after])).toEqual([
      [`tenantMembers/${DAVE}#create`, []],
      [`${ADDRESS}#members+`, [`tenantMembers/${DAVE}#create`]],
    ]);
  });

  it('that the service does not show to the caller are not compared', async () => {
    const tenant = startTenant({ world: projectOf({ '300000003': 2 }) });
    withKeysOf(tenant.sim.service, '300000003');
    await tenant.plan(files({ admin: [ALICE] }));
    const { plan } = await tenant.sim.plan({ keyId: 'AK-300000003' });
    expect(plan?.steps).toEqual([]);
    expect(plan?.notCompared.map(({ address, pointer }) => [address, pointer])).toEqual([[ADDRESS, '/members']]);
  });

  it('are added by a saved plan although strangers have come, and not where somebody was quicker', async () => {
    for (const [who, outcome] of [
      ['300000004', [0, []]],
      ['300000002', [9, ['STEP_STALE']]],
    ] as const) {
      const tenant = startTenant();
      await tenant.settle(files({ developer: [BOB] }));
      const plan = await tenant.plan(files({ developer: [BOB], admin: [ALICE] }));
      tenant.sim.service.change((world) => {
        for (const project of world.dataServiceProjects) project.Members[who] = 2;
      });
      tenant.sim.clock.advance(61_000);
      const result = await tenant.sim.apply(plan, { isSaved: true });
      expect([result.exit, result.diagnostics.map(({ code }) => code)]).toEqual(outcome);
    }
  });

  it('of a project that the caller does not belong to are no resource', async () => {
    const tenant = startTenant({ world: projectOf({}) });
    expect(await tenant.errors({ dataServiceProjectMembers: { finanze_ds: { admin: [ALICE] } } })).toEqual(['REFERENCE_UNKNOWN']);
  });
});
