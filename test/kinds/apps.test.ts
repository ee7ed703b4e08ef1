import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../engine/index.ts';
import { appCases } from './apps.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';

for (const one of appCases) describeKind(one);

const [OWNER, ALICE, BOB, CAROL] = ['owner@example.com', 'alice@example.com', 'bob@example.com', 'carol@example.com'];
const ID: Readonly<Record<string, string>> = {
  [OWNER]: '300000001',
  [ALICE]: '300000002',
  [BOB]: '300000003',
  [CAROL]: '300000004',
};
const GROUP = { Id: '510', Name: 'finance' };
/** One app `finance/portal` with key and secret of the service's making. */
const worldOf = (app: JsonObject): JsonObject => ({
  appGroups: [GROUP],
  apps: [
    {
      AppId: '-7',
      AppName: 'portal',
      AppGroupId: GROUP.Id,
      AppKey: 'key-canary',
      AppSecret: 'secret-canary',
      Scenarios: 'reporting',
      OwnerIds: [ID[OWNER] ?? ''],
      ...app,
    },
  ],
});
const files = (app: JsonObject): JsonObject => ({ dataServiceApps: { finance: { portal: app } } });
const member = (account: string, EffectiveEnd: string) => ({ UserId: ID[account] ?? '', EffectiveEnd });
const ADDRESS = 'dataServiceApps/finance/portal';

describe('apps', () => {
  it('need a group that is there: the service would take any number for one', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    const app = { scenarios: 'x', owners: [OWNER] };
    expect(await tenant.errors({ dataServiceApps: { finanze: { portal: app } } })).toEqual(['REFERENCE_UNKNOWN']);
  });

  it('need scenarios and owners to be created, and neither to be adopted', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    expect(await tenant.errors({ dataServiceApps: { finance: { other: {} } } })).toEqual(['FIELD_REQUIRED', 'FIELD_REQUIRED']);
    const plan = await tenant.settle(files({}));
    expect(plan.changes.map(({ action }) => action)).toEqual(['adopt']);
  });

  it('are read as far as something is declared of them', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    const calls = async (app: JsonObject) => {
      await tenant.plan(files(app));
      return tenant.sim.calls();
    };
    const lists = { GetMyTenants: 1, GetDataServiceAppGroups: 1, ListDataServiceApps: 1 };
    expect(await calls({})).toEqual(lists);
    expect(await calls({ scenarios: 'reporting' })).toEqual({ ...lists, GetDataServiceApp: 1 });
    expect(await calls({ scenarios: 'reporting', members: [] })).toEqual({
      ...lists,
      ListTenantMembers: 1,
      GetDataServiceApp: 1,
      GetDataServiceAppMembers: 1,
    });
    // An update sends the scenarios along.
    expect(await calls({ owners: [OWNER, ALICE] })).toEqual({ ...lists, ListTenantMembers: 1, GetDataServiceApp: 1 });
  });

  it('never show the key and the secret that the service has', async () => {
    const tenant = startTenant({ world: worldOf({ Members: [member(BOB, '2027-12-31')] }) });
    const lifecycle = { allow: ['delete'], onRemove: 'delete' };
    const secret = '${env:MC_KEY}';
    const plans = [
      await tenant.plan(files({})),
      await tenant.plan(files({ key: 'finance-portal', secret })),
      await tenant.plan(files({ scenarios: 'other', members: [BOB, CAROL] })),
    ];
    await tenant.settle(files({ scenarios: 'reporting', lifecycle }));
    plans.push(await tenant.plan({}));
    expect(plans.map((plan) => plan.changes.map(({ action }) => action))).toEqual([
      ['adopt'],
      ['update'],
      ['update'],
      ['delete'],
    ]);
    expect(JSON.stringify(plans)).not.toContain('canary');
    // The secret came with the answer of a read, and went no further.
    expect(tenant.sim.calls()).toMatchObject({ GetDataServiceApp: 3 + 1 });
  });

  it('whose owners lack the caller are warned about, offline', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    const { warnings } = await tenant.plan(files({ owners: [ALICE], lifecycle: { exclusive: true } }));
    expect(warnings.map(({ code, hint }) => [code, hint])).toEqual([
      ['OWNER_NOT_CALLER', `Add ${OWNER} to the owners, or apply with the key of an owner.`],
    ]);
    expect((await tenant.plan(files({ owners: [OWNER] }))).warnings).toEqual([]);
  });

  it('that the service does not show are not compared, and nothing of them counts as absent', async () => {
    const tenant = startTenant({ world: worldOf({ OwnerIds: [ID[ALICE] ?? ''] }), switches: { appOwnerOnly: 'strict' } });
    const app = { scenarios: 'other', key: 'finance-portal', owners: [ALICE], members: [BOB] };
    const first = await tenant.plan(files(app));
    expect(first.steps).toEqual([]);
    expect(first.notCompared.map(({ address, pointer }) => [address, pointer])).toEqual([
      [ADDRESS, '/scenarios'],
      [ADDRESS, '/key'],
      [ADDRESS, '/members'],
    ]);
    expect(first.coverage.find(({ kind }) => kind === 'dataServiceApps')?.note).toContain('not read in part for 1');
    await tenant.settle(files(app));
    // From then on the record tells what changed in the files.
    const plan = await tenant.plan(files({ ...app, scenarios: 'third', members: [BOB, CAROL] }));
    expect(stepsOf(plan)).toEqual([`${ADDRESS}#update`, `${ADDRESS}#members+`]);
  });

  it('cannot be updated without their scenarios: what cannot be read must be declared', async () => {
    const tenant = startTenant({ world: worldOf({ OwnerIds: [ID[ALICE] ?? ''] }), switches: { appOwnerOnly: 'strict' } });
    const owners = { owners: [ALICE, BOB] };
    expect(await tenant.errors(files(owners))).toEqual(['CONFIG_NEEDED']);
    expect(stepsOf(await tenant.plan(files({ ...owners, scenarios: 'reporting' })))).toEqual([`${ADDRESS}#update`]);
  });

  it('keep what the files do not give when something else changes', async () => {
    const tenant = startTenant({ world: worldOf({}), switches: { absentOnUpdate: 'cleared' } });
    await tenant.settle(files({ owners: [OWNER, ALICE] }));
    expect(tenant.sim.service.world().apps[0]).toMatchObject({ Scenarios: 'reporting', AppKey: 'key-canary' });
  });

  it('are never left without an owner', async () => {
    const tenant = startTenant({ world: worldOf({ OwnerIds: [ID[ALICE] ?? ''] }) });
    const owners = [{ who: ALICE, until: '2026-11-01' }];
    expect(await tenant.errors(files({ owners, lifecycle: { exclusive: true } }))).toEqual(['FIELD_REQUIRED']);
  });

  it('in a waiting list of owners keep as a member whoever is to be one of them', async () => {
    const owners = [ID[OWNER] ?? '', ID[CAROL] ?? ''];
    const tenant = startTenant({ world: worldOf({ OwnerIds: owners, Members: [member(BOB, '3025-12-31')] }) });
    const plan = await tenant.plan(files({ owners: [OWNER, BOB], members: [] }));
    expect(guardsOf(plan)).toEqual(['ADOPT_HAS_OTHERS']);
    expect(plan.steps).toEqual([]);
  });

  it('go before their group does, and before the people who own them', async () => {
    const tenant = startTenant();
    const lifecycle = { allow: ['delete'], onRemove: 'delete' };
    const app = { scenarios: 'x', owners: [OWNER, 'dave@example.com'], lifecycle };
    const all = { tenantMembers: { 'dave@example.com': {} }, dataServiceAppGroups: { finance: {} }, ...files(app) };
    await tenant.settle(all);
    const plan = await tenant.plan({});
    const after = Object.fromEntries(plan.steps.map((step) => [step.id, step.after]));
    expect(after).toEqual({
      [`${ADDRESS}#delete`]: [],
      'dataServiceAppGroups/finance#delete': [`${ADDRESS}#delete`],
      'tenantMembers/dave@example.com#delete': [`${ADDRESS}#delete`],
    });
    await tenant.settle({});
  });

  it('move to a group that is made by the same plan, out of one that goes', async () => {
    const tenant = startTenant();
    const app = { scenarios: 'x', owners: [OWNER] };
    await tenant.settle({ dataServiceAppGroups: { finance: {} }, ...files(app) });
    const moved = {
      dataServiceAppGroups: { risk: {} },
      dataServiceApps: { risk: { portal: { ...app, renamedFrom: 'finance/portal' } } },
    };
    const plan = await tenant.settle(moved);
    expect(stepsOf(plan)).toEqual([
      'dataServiceAppGroups/risk#create',
      'dataServiceApps/risk/portal#update',
      'dataServiceAppGroups/finance#delete',
    ]);
  });

  it('go along when their group is renamed, and stay ours', async () => {
    const tenant = startTenant();
    const lifecycle = { allow: ['delete'] };
    const app = { scenarios: 'x', owners: [OWNER], lifecycle };
    await tenant.settle({ dataServiceAppGroups: { finance: {} }, ...files(app) });
    const renamed = {
      dataServiceAppGroups: { money: { renamedFrom: 'finance' } },
      dataServiceApps: { money: { portal: { ...app, scenarios: 'y' } } },
    };
    expect(stepsOf(await tenant.settle(renamed))).toEqual([
      'dataServiceAppGroups/money#update',
      'dataServiceApps/money/portal#update',
    ]);
    const gone = await tenant.plan({ dataServiceAppGroups: { money: {} } });
    expect(gone.changes.filter(({ action }) => action !== 'none').map(({ action, address }) => [action, address])).toEqual([
      ['delete', 'dataServiceApps/money/portal'],
    ]);
  });
});

describe('a saved plan of apps', () => {
  const START = { owners: [OWNER], scenarios: 'reporting', members: [BOB], key: 'finance-portal', secret: '${env:MC_KEY}' };
  const saved = async (app: JsonObject) => {
    const tenant = startTenant({ world: worldOf({}) });
    await tenant.settle(files(START));
    const plan = await tenant.plan(files(app));
    tenant.sim.clock.advance(61_000);
    return { tenant, plan };
  };

  it('is applied where nothing moved', async () => {
    const { tenant, plan } = await saved({ ...START, owners: [OWNER, ALICE], members: [], key: 'finance-portal-2' });
    expect(await tenant.sim.apply(plan, { isSaved: true })).toMatchObject({ exit: 0, diagnostics: [] });
  });

  it('is refused where somebody has changed a member, or a key that it declares', async () => {
    for (const change of [
      (app: { Members: unknown[] }) => void app.Members.push(member(CAROL, '2027-12-31')),
      (app: { AppKey: string }) => Object.assign(app, { AppKey: 'key-canary' }),
    ]) {
      const { tenant, plan } = await saved({ ...START, scenarios: 'other' });
      tenant.sim.service.change((world) => {
        for (const one of world.apps) change(one);
      });
      const result = await tenant.sim.apply(plan, { isSaved: true });
      expect([result.exit, result.diagnostics.map(({ code }) => code)]).toEqual([9, ['STEP_STALE']]);
      expect(JSON.stringify(result)).not.toContain('canary');
    }
  });
});

it('an app that somebody has renamed in the console is put back, and its members are read like those of any other', async () => {
  const tenant = startTenant({ world: worldOf({}) });
  const app = { owners: [OWNER], scenarios: 'reporting', members: [BOB] };
  await tenant.settle(files(app));
  tenant.sim.service.change((world) => {
    for (const one of world.apps) one.AppName = 'another';
  });
  const plan = await tenant.settle(files(app));
  expect(
    plan.changes.map(({ action, fields }) => [action, fields.filter((one) => !one.stands).map(({ pointer }) => pointer)]),
  ).toEqual([['update', ['']]]);
  expect(plan.steps.map((step) => step.operation)).toEqual(['UpdateDataServiceApp']);
});

describe('members of apps', () => {
  const app = { owners: [OWNER], scenarios: 'reporting' };

  it('whose time is over are absent, whatever is listed, and are named again by the call that their row needs', async () => {
    for (const [expired, operation] of [
      ['listed', 'UpdateDataServiceAppMember'],
      ['gone', 'AddDataServiceAppMember'],
    ] as const) {
      const tenant = startTenant({ world: worldOf({ Members: [member(BOB, '2026-11-23')] }), switches: { expired } });
      expect((await tenant.settle(files({ ...app, members: [] }))).steps).toEqual([]);
      const plan = await tenant.settle(files({ ...app, members: [{ who: BOB, until: '2027-12-31' }] }));
      expect(plan.steps.map((step) => step.operation)).toEqual([operation]);
    }
  });

  it('are members on the last day, and nothing is sent when it has passed', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    await tenant.settle(files({ ...app, members: [{ who: BOB, until: '2026-11-24' }] }));
    const later = await tenant.sim.plan({ now: '2026-11-25' });
    expect(later.plan?.steps).toEqual([]);
    expect(later.plan?.warnings.map(({ code }) => code)).toEqual(['PERSON_EXPIRED']);
  });

  it('who own the app are told where the owners are not declared', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    expect(await tenant.errors(files({ members: [OWNER] }))).toEqual(['VALUE_WRONG']);
    expect((await tenant.settle(files({ ...app, members: [OWNER] }))).steps).toEqual([]);
  });

  it('are changed while the caller is an owner: before he leaves, after he comes', async () => {
    const tenant = startTenant({
      world: worldOf({ Members: [member(BOB, '3025-12-31')] }),
      switches: { appOwnerOnly: 'strict' },
    });
    const secret = '${env:MC_KEY}';
    const start = { ...app, members: [BOB], secret, secretsVersion: '1' };
    await tenant.settle(files(start));
    const leaves = files({ ...start, owners: [ALICE], members: [CAROL], secretsVersion: '2' });
    const { plan, result } = await tenant.apply(leaves);
    expect({ exit: result.exit, diagnostics: result.diagnostics }).toEqual({ exit: 0, diagnostics: [] });
    expect(plan.steps.at(-1)?.operation).toBe('UpdateDataServiceApp');
    const comes = files({ ...start, owners: [ALICE, OWNER], members: [CAROL, BOB], secretsVersion: '3' });
    const back = await tenant.apply(comes);
    expect({ exit: back.result.exit, diagnostics: back.result.diagnostics }).toEqual({ exit: 0, diagnostics: [] });
    expect(back.plan.steps.map((step) => step.operation)[0]).toBe('UpdateDataServiceApp');
    expect(tenant.sim.service.violations()).toEqual([]);
  });
});

describe('keys and secrets of apps', () => {
  const app = { owners: [OWNER], scenarios: 'reporting', key: 'finance-portal', secret: '${env:MC_KEY}' };

  it('go together: a new key without a declared secret is refused, for a reset makes both', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    const { secret: _secret, ...rest } = app;
    expect(await tenant.errors(files(rest))).toEqual(['CONFIG_NEEDED']);
    const plan = await tenant.settle(files(app));
    expect(plan.steps.map((step) => step.operation)).toEqual(['ResetDataServiceAppSecret']);
    expect(tenant.sim.service.world().apps[0]).toMatchObject({ AppKey: 'finance-portal', AppSecret: 'hunter2-hunter2' });
  });

  it('that a gateway ignores are work by hand, until a rotation tries again', async () => {
    const tenant = startTenant({ world: worldOf({}) });
    await tenant.settle(files(app));
    const ignore = (): void =>
      tenant.sim.service.change((world) => {
        for (const one of world.apps) one.AppKey = 'key-canary';
      });
    ignore();
    for (let run = 0; run < 2; run++) {
      const { plan, result } = await tenant.apply(files(app));
      expect(result.exit).toBe(0);
      expect(plan.changes.map(({ action, fields }) => [action, fields.filter((one) => !one.stands)])).toEqual([
        ['manual', [expect.objectContaining({ pointer: '/key', reason: 'drifted', before: null, after: 'finance-portal' })]],
      ]);
      expect(plan.changes[0]?.manual[0]).toContain('in the console: Data Service');
      expect(JSON.stringify(plan)).not.toContain('canary');
    }
    const other = await tenant.apply(files({ ...app, scenarios: 'other' }));
    expect(stepsOf(other.plan)).toEqual([`${ADDRESS}#update`]);
    expect(other.plan.changes[0]?.manual).toHaveLength(1);
    const again = await tenant.plan(files({ ...app, scenarios: 'other' }));
    expect(again.changes.map(({ action }) => action)).toEqual(['manual']);
    await tenant.settle(files({ ...app, scenarios: 'other', secretsVersion: '2' }));
  });

  it('are taken on trust where they are found', async () => {
    const tenant = startTenant({ world: worldOf({ AppKey: 'finance-portal' }) });
    const plan = await tenant.settle(files(app));
    expect([plan.steps, plan.trusted]).toEqual([[], 1]);
    expect(tenant.sim.service.world().apps[0]?.AppSecret).toBe('secret-canary');
  });
});
