/** Grants of APIs: the cases, and what is peculiar to them. */
import { describe, expect, it } from 'vitest';
import type { JsonObject, Plan } from '../../engine/index.ts';
import { dataServiceGrantCases, GRANT_WORLD } from './data-service-grants.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';

for (const one of dataServiceGrantCases) describeKind(one);

const [PORTAL, OTHER] = ['dataServiceApps/finance/finance_portal', 'dataServiceApps/default/finance_portal'];
const [OWNER, BOB] = ['owner@example.com', 'bob@example.com'];
const ORDERS = 'dataServiceGrants/finance_ds/get_orders';
const FIELDS = { prod: ['1', '2'], dev: ['1'] };
const orders = (api: JsonObject): JsonObject => ({ dataServiceGrants: { finance_ds: { get_orders: api } } });
const put = (api: JsonObject): JsonObject => ({ dataServiceGrants: { risk_ds: { put_order: api } } });

type Grant = { readonly GranteeType: 'APP' | 'USER'; readonly GranteeId: string } & JsonObject;
/** The world of the cases with these grants on `get_orders` (1021) or `put_order` (1022). */
const worldWith = (grants: Readonly<Record<string, readonly Grant[]>>, mode = 'DEV_PROD') => ({
  ...GRANT_WORLD,
  dataServiceProjects: GRANT_WORLD.dataServiceProjects.map((project) => ({
    ...project,
    Mode: mode,
    Apis: project.Apis.map((api) => ({ ...api, Grants: grants[api.ApiId] ?? [] })),
  })),
});
const toPortal = (more: JsonObject = {}): Grant => ({
  GranteeType: 'APP',
  GranteeId: '-809333788831',
  Env: 'PROD',
  ExpireDate: '2027-12-31',
  ...more,
});
const fieldsOf = (plan: Plan) =>
  plan.changes.flatMap((change) =>
    change.fields.map(({ pointer, reason, before, after }) => ({ pointer, reason, before, after })),
  );

describe('a grant of an API', () => {
  it('needs an API that is published, and a project that the caller belongs to', async () => {
    const tenant = startTenant({ world: GRANT_WORLD });
    expect(await tenant.errors({ dataServiceGrants: { finance_ds: { get_ordes: { use: [BOB] } } } })).toEqual([
      'REFERENCE_UNKNOWN',
    ]);
    expect(await tenant.errors({ dataServiceGrants: { finanze_ds: { get_orders: { use: [BOB] } } } })).toEqual([
      'REFERENCE_UNKNOWN',
    ]);
    expect(await tenant.errors(orders({ use: [{ who: 'dataServiceApps/finance/other', halves: ['prod'] }] }))).toEqual([
      'REFERENCE_UNKNOWN',
    ]);
  });

  it('to an app needs fields or halves, and the ones that the project has; to people neither', async () => {
    const tenant = startTenant({ world: GRANT_WORLD });
    expect(await tenant.errors(orders({ use: [PORTAL] }))).toEqual(['FIELD_REQUIRED']);
    expect(await tenant.errors(orders({ use: [{ who: PORTAL, fields: { prod: ['1'] } }] }))).toEqual(['FIELD_REQUIRED']);
    const basic = startTenant({ world: worldWith({}, 'BASIC') });
    expect(await basic.errors(orders({ use: [{ who: PORTAL, fields: FIELDS }] }))).toEqual(['VALUE_WRONG']);
    expect(await basic.errors(put({ use: [{ who: PORTAL, halves: ['dev'] }] }))).toEqual(['VALUE_WRONG']);
    await basic.settle(orders({ use: [{ who: PORTAL, fields: { prod: ['1'] } }, BOB] }));
    // Where there is one half, one call takes a person off.
    expect((await basic.settle(orders({ use: [{ who: PORTAL, fields: { prod: ['1'] } }] }))).steps).toHaveLength(1);
  });

  it('is adopted without fields, which a new grant of a query API needs, and one of an operation API does not', async () => {
    const operation = [toPortal(), toPortal({ Env: 'DEV' })];
    const query = operation.map((grant) => ({ ...grant, Fields: ['1'] }));
    const tenant = startTenant({ world: worldWith({ 1021: query, 1022: operation }) });
    const use = [{ who: PORTAL, until: '2027-12-31' }];
    expect((await tenant.settle({ ...orders({ use }) })).changes.map(({ action }) => action)).toEqual(['adopt']);
    const later = [{ who: PORTAL, until: '2028-12-31' }];
    expect(await tenant.errors(orders({ use: later }))).toEqual(['FIELD_REQUIRED']);
    const plan = await tenant.settle(put({ use: later, delegation: [] }));
    expect(plan.steps.filter(({ serves }) => serves[0]?.includes('put_order')).map(({ request }) => request)).toEqual([
      {
        ProjectId: '10121',
        GrantCommand: {
          ApiId: '1022',
          GranteeType: 'APP',
          AppId: '-809333788831',
          AuthTypes: ['USE'],
          ExpireDate: '2028-12-31',
          ApplyProd: true,
          ApplyDev: true,
          Reason: 'dataServiceGrants/risk_ds/put_order',
        },
      },
    ]);
  });

  it('that somebody else made is named, also where no file names an app, and waits for an answer', async () => {
    const tenant = startTenant({ world: worldWith({ 1022: [toPortal()] }) });
    const plan = await tenant.plan(put({ use: [] }));
    expect(guardsOf(plan)).toEqual(['ADOPT_HAS_OTHERS']);
    expect(plan.guards[0]?.message).toContain(PORTAL);
    expect(tenant.sim.calls()).toEqual({
      GetMyTenants: 1,
      ListTenantMembers: 1,
      GetDataServiceMyProjects: 1,
      ListDataServicePublishedApis: 1,
      ListDataServiceApps: 1,
      ListAuthorizedDataServiceApiDetails: 1,
    });
    const exclusive = await tenant.settle(put({ use: [], lifecycle: { exclusive: true } }));
    expect(exclusive.steps.map(({ operation }) => operation)).toEqual(['RevokeDataServiceApi']);
  });

  it('is read with one list of each project, and a page of a hundred for each app that holds one', async () => {
    const tenant = startTenant({
      world: worldWith({ 1021: [toPortal({ Fields: ['1'] }), toPortal({ Env: 'DEV', Fields: ['1'] })] }),
    });
    const files = {
      dataServiceGrants: {
        finance_ds: {
          get_orders: {
            use: [
              { who: PORTAL, until: '2027-12-31' },
              { who: OTHER, fields: FIELDS },
            ],
          },
        },
        risk_ds: { put_order: { use: [{ who: OTHER, halves: ['prod'] }] } },
      },
    };
    const { bill } = await tenant.plan(files);
    expect(tenant.sim.calls()).toEqual({
      GetMyTenants: 1,
      ListTenantMembers: 1,
      GetDataServiceMyProjects: 1,
      ListDataServiceApps: 1,
      ListDataServicePublishedApis: 2,
      ListAuthorizedDataServiceApiDetails: 1,
    });
    expect(bill.spent).toEqual(bill.minimum);
    const details = tenant.sim.sent().find(({ operation }) => operation === 'ListAuthorizedDataServiceApiDetails');
    expect(details?.request).toEqual({ ListQuery: { AppKeyStr: '200001170', Page: 1, PageSize: 100 } });
  });

  it('that has ended is absent, whatever the service lists', async () => {
    for (const expired of ['listed', 'gone'] as const) {
      const tenant = startTenant({ world: worldWith({ 1022: [toPortal({ ExpireDate: '2026-11-23' })] }), switches: { expired } });
      expect((await tenant.settle(put({ use: [] }))).steps).toEqual([]);
      const plan = await tenant.settle(put({ use: [{ who: PORTAL, halves: ['prod'] }] }));
      expect(fieldsOf(plan).map(({ reason }) => reason)).toEqual(['added', 'added']);
    }
  });

  it('with halves that end on different days is granted anew, until one', async () => {
    const tenant = startTenant({ world: worldWith({ 1022: [toPortal(), toPortal({ Env: 'DEV', ExpireDate: '2027-06-30' })] }) });
    const plan = await tenant.settle(put({ use: [{ who: PORTAL, until: '2027-12-31', halves: ['prod', 'dev'] }] }));
    expect(fieldsOf(plan)).toEqual([
      {
        pointer: '/use/dataServiceApps~1finance~1finance_portal',
        reason: 'found',
        before: { until: 'prod 2027-12-31, dev 2027-06-30' },
        after: { until: '2027-12-31' },
      },
    ]);
  });

  it('to a person ends with the day: it is taken back, and not found is good enough', async () => {
    const tenant = startTenant({ world: GRANT_WORLD });
    const use = [{ who: BOB, until: '2026-11-24' }];
    await tenant.settle(put({ use }));
    const { plan } = await tenant.sim.plan({ now: '2026-11-25' });
    expect(plan?.changes.map(({ fields }) => fields.map(({ pointer, reason }) => [pointer, reason]))).toEqual([
      [[`/use/${BOB}`, 'expired']],
    ]);
    tenant.sim.service.change((world) => {
      for (const project of world.dataServiceProjects) for (const api of project.Apis) api.Grants = [];
    });
    expect(plan && (await tenant.sim.apply(plan))).toMatchObject({ exit: 0, applied: 1, diagnostics: [] });
  });

  it('is cut before anything is granted, and extended afterwards', async () => {
    const tenant = startTenant({ world: GRANT_WORLD });
    const use = (portal: string, other: string) => [
      { who: PORTAL, until: portal, halves: ['prod'] },
      { who: OTHER, until: other, halves: ['prod'] },
    ];
    await tenant.settle(put({ use: use('2027-12-31', '2027-12-31') }));
    const plan = await tenant.settle(put({ use: use('2027-06-30', '2028-12-31') }));
    expect(plan.steps.map(({ id, phase }) => [id.slice(id.indexOf('#') + 1), phase])).toEqual([
      [`use+ ${PORTAL}`, 'revoke'],
      [`use+ ${OTHER}`, 'grant'],
    ]);
  });

  it('is managed where it is declared; of other APIs it counts as not managed', async () => {
    const tenant = startTenant({ world: worldWith({ 1022: [toPortal()] }) });
    const plan = await tenant.plan({
      dataServiceGrants: { finance_ds: { get_orders: { use: [] } }, risk_ds: {} },
      dataServiceProjectMembers: { risk_ds: { developer: [BOB] } },
    });
    expect(plan.unmanaged.filter(({ kind }) => kind === 'dataServiceGrants')).toEqual([]);
    const both = { ...worldWith({ 1021: [toPortal({ Fields: ['1'] })] }) };
    const [finance, risk] = both.dataServiceProjects;
    const one = { ...finance, Apis: [...(finance?.Apis ?? []), ...(risk?.Apis ?? [])] };
    const other = startTenant({ world: { ...both, dataServiceProjects: [one] } as JsonObject });
    const found = await other.plan({ dataServiceGrants: { finance_ds: { put_order: { use: [] } } } });
    expect(found.unmanaged).toEqual([{ kind: 'dataServiceGrants', count: 1, addresses: [ORDERS] }]);
  });

  it('waits for its app, its person, and goes before both do', async () => {
    const tenant = startTenant({ world: GRANT_WORLD });
    const app = { scenarios: 'x', owners: [OWNER], lifecycle: { allow: ['delete'] } };
    const all = {
      tenantMembers: { 'dave@example.com': {} },
      dataServiceApps: { finance: { new_portal: app } },
      ...put({ use: [{ who: 'dataServiceApps/finance/new_portal', halves: ['prod'] }, 'dave@example.com'] }),
    };
    const plan = await tenant.settle(all);
    const address = 'dataServiceGrants/risk_ds/put_order';
    const after = Object.fromEntries(plan.steps.map((step) => [step.id, step.after]));
    expect(after).toMatchObject({
      [`${address}#use+ dataServiceApps/finance/new_portal`]: ['dataServiceApps/finance/new_portal#create'],
      [`${address}#use+ dave@example.com`]: ['tenantMembers/dave@example.com#create'],
    });
    const gone = await tenant.plan({});
    const revokes = stepsOf(gone).filter((id) => id.startsWith(`${address}#use- `));
    expect(revokes.length).toBeGreaterThan(0);
    // No read shows what people were granted, and whoever has left cannot be revoked from: the record knows.
    expect(gone.steps.find(({ id }) => id === 'tenantMembers/dave@example.com#delete')?.after).toEqual(revokes.sort());
    expect(Object.fromEntries(gone.steps.map((step) => [step.id, step.after]))).toMatchObject({
      'dataServiceApps/finance/new_portal#delete': expect.arrayContaining([
        `${address}#use- dataServiceApps/finance/new_portal prod`,
      ]) as unknown,
    });
    await tenant.settle({});
  });

  it('on an API whose name comes twice waits for an answer, and is meant by the id', async () => {
    const [finance] = GRANT_WORLD.dataServiceProjects;
    const twin = { ApiId: '1099', ApiName: 'get_orders', Fields: [{ Id: '1', ParameterName: 'amount' }] };
    const world = { ...GRANT_WORLD, dataServiceProjects: [{ ...finance, Apis: [...(finance?.Apis ?? []), twin] }] };
    const tenant = startTenant({ world: world as JsonObject });
    expect(guardsOf(await tenant.plan(orders({ use: [BOB] })))).toEqual(['ADOPT_AMBIGUOUS']);
    const plan = await tenant.settle({ dataServiceGrants: { finance_ds: { 'id:1099': { use: [BOB] } } } });
    expect(plan.steps.map(({ request }) => (request['GrantCommand'] as JsonObject)['ApiId'])).toEqual(['1099']);
    expect(stepsOf(plan)).toEqual([`dataServiceGrants/finance_ds/id:1099#use+ ${BOB}`]);
  });

  it('that moved since the plan was made is not touched by an apply that comes late', async () => {
    for (const isMoved of [false, true]) {
      const tenant = startTenant({ world: GRANT_WORLD });
      const use = (until: string) => put({ use: [{ who: PORTAL, until, halves: ['prod'] }] });
      await tenant.settle(use('2027-12-31'));
      const plan = await tenant.plan(use('2028-12-31'));
      tenant.sim.clock.advance(3_600_000);
      if (isMoved)
        tenant.sim.service.change((world) => {
          for (const project of world.dataServiceProjects)
            for (const api of project.Apis) for (const grant of api.Grants) grant.ExpireDate = '2027-01-01';
        });
      expect((await tenant.sim.apply(plan)).exit).toBe(isMoved ? 9 : 0);
    }
  });
});
