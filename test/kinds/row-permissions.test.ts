import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import type { Plan } from '../../engine/index.ts';
import { rowPermissionCases } from './row-permissions.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf, type Tenant } from './tenant.ts';

for (const one of rowPermissionCases) describeKind(one);

const TENANT = '300001413';
const [OWNER, ALICE, BOB] = ['owner@example.com', 'alice@example.com', 'bob@example.com'];
const TABLES = ['odps', 'hadoop'].flatMap((engine) =>
  ['finance.orders', 'finance_dev.orders', 'risk.orders'].map((table) => `${engine}.${TENANT}.${table}`),
);
const project = (Id: string, Name: string, computeSource: string | null = null) => ({
  Id,
  Name,
  Mode: 'BASIC',
  Halves: { PROD: { DisplayName: Name, ComputeSourceId: computeSource }, DEV: null },
});
const leaf = (MappingColumnName: string, Operator: string, ...Values: readonly string[]) => ({
  Type: 'EXPRESSION',
  Operator,
  MappingColumnName,
  SubConditions: [],
  Values,
});
const people = (...ids: readonly string[]) => [{ AccountType: 'PERSONAL', Accounts: ids.map((AccountId) => ({ AccountId })) }];
const LIVE = {
  RowPermissionId: '520000001',
  RowPermissionName: 'regions',
  RowPermissionDesc: 'Regions',
  MappingColumns: [{ ColumnName: 'region', ColumnType: 'string', ColumnDesc: 'sales' }],
  Rules: [
    {
      RuleName: 'east',
      ScopeType: 'SELECT_COLUMN',
      Expressions: [leaf('region', 'EQUAL', 'east')],
      UserMappingList: people('300000002'),
    },
  ],
  Tables: [{ ResourceId: `odps.${TENANT}.finance.orders`, ColumnName: 'region_name', MappingColumnName: 'region' }],
};
const WORLD = { tables: TABLES, projects: [project('720000001', 'finance')], rowPermissions: [LIVE] };
const COLUMNS = { region: { type: 'STRING', description: 'sales' } };
const EAST = { where: { region: { equal: 'east' } } };
const permission = (change: JsonObject, name = 'regions'): JsonObject => ({ rowPermissions: { [name]: change } });

/** The command of the one create or update that was sent last. */
const sentBy = (tenant: Tenant): JsonObject => {
  const sent = tenant.sim.sent().filter(({ operation }) => /^(Create|Update)RowPermission$/.test(operation));
  return Object.values(sent.at(-1)?.request ?? {})[0] as JsonObject;
};
const fieldsOf = (plan: Plan) =>
  plan.changes.flatMap(({ fields }) =>
    fields.map(({ pointer, reason, stands }) => `${pointer} ${reason}${stands ? ' stands' : ''}`),
  );
const phasesOf = (plan: Plan) => plan.steps.map(({ id, phase }) => `${id} ${phase}`);

describe('an update of a row permission', () => {
  it('sends what no file names as it is live, spelled as it was read', async () => {
    const tenant = startTenant({ world: WORLD });
    await tenant.settle(permission({ description: 'All regions' }));
    expect(sentBy(tenant)).toEqual({
      RowPermissionId: '520000001',
      RowPermissionName: 'regions',
      RowPermissionDesc: 'All regions',
      MappingColumns: LIVE.MappingColumns,
      Rules: [{ ...LIVE.Rules[0], Status: 1, IsDelete: false }],
      Tables: LIVE.Tables,
    });
  });

  it('keeps a condition that the language has no word for, in every rule that it does not change', async () => {
    const tree = {
      Type: 'RELATION',
      Operator: 'OR',
      MappingColumnName: '',
      Values: [],
      SubConditions: [leaf('region', 'GREATER_THAN', 'm')],
    };
    const odd = {
      Type: 'RELATION',
      Operator: 'NOT',
      MappingColumnName: '',
      Values: [],
      SubConditions: [leaf('region', 'EQUAL', 'm')],
    };
    const rule = (RuleName: string, Expressions: readonly JsonObject[]) => ({
      RuleName,
      ScopeType: 'SELECT_COLUMN',
      Expressions,
    });
    const tenant = startTenant({
      world: { ...WORLD, rowPermissions: [{ ...LIVE, Rules: [rule('odd', [odd]), rule('tree', [tree])] }] },
    });
    const plan = await tenant.plan(permission({ description: 'All regions' }));
    expect(plan.changes[0]?.before).toMatchObject({
      rules: {
        odd: { where: { asIs: expect.stringContaining('"Operator":"NOT"') } },
        tree: { where: { column: 'region', operator: 'GREATER_THAN', values: ['m'] } },
      },
    });
    const command = plan.steps[0]?.request['UpdateRowPermissionCommand'] as { readonly Rules: readonly JsonObject[] };
    // Reads leave out what a relation was not given.
    const shown = ({ MappingColumnName, Values, ...rest }: typeof tree) => rest;
    expect(command.Rules.map(({ Expressions }) => Expressions)).toEqual([[shown(odd)], [shown(tree)]]);
  });

  it('drops grants of people who have left, with the reason, and is not made for that alone', async () => {
    const tenant = startTenant({
      world: {
        ...WORLD,
        rowPermissions: [{ ...LIVE, Rules: [{ ...LIVE.Rules[0], UserMappingList: people('300000002', '300000099') }] }],
      },
    });
    const group = { userGroups: { analysts: { members: [ALICE] } } };
    await tenant.settle({ ...group, ...permission({ description: 'Regions' }) });
    const { plan, result } = await tenant.apply({ ...group, ...permission({ description: 'All regions' }) });
    expect(fieldsOf(plan)).toEqual(['/description changed', '/rules/east/grant/id:300000099 leaver']);
    expect(result.exit).toBe(0);
    expect(sentBy(tenant)['Rules']).toMatchObject([{ UserMappingList: people('300000002') }]);
  });

  it('keeps accounts that have no name here', async () => {
    const list = [{ AccountType: 'PRODUCE', Accounts: [{ AccountId: '300000501' }] }];
    const tenant = startTenant({
      world: {
        ...WORLD,
        projects: [{ ...project('720000001', 'finance'), ProduceUserId: '300000501' }],
        rowPermissions: [{ ...LIVE, Rules: [{ ...LIVE.Rules[0], UserMappingList: list }] }],
      },
    });
    const plan = await tenant.settle(permission({ description: 'All regions' }));
    expect(plan.changes[0]?.before).toMatchObject({ rules: { east: { grant: { 'PRODUCE/id:300000501': true } } } });
    expect(sentBy(tenant)['Rules']).toMatchObject([{ UserMappingList: list }]);
  });

  it('is a grant where it only gives, a revocation where it only takes, else an update', async () => {
    const tenant = startTenant({ world: WORLD });
    const grant = (...whom: readonly string[]) => permission({ rules: { east: { ...EAST, grant: whom } } });
    await tenant.settle(grant(ALICE));
    expect(phasesOf(await tenant.plan(grant(ALICE, BOB)))).toEqual(['rowPermissions/regions#update grant']);
    expect(phasesOf(await tenant.plan(grant()))).toEqual(['rowPermissions/regions#update revoke']);
    expect(phasesOf(await tenant.plan(grant(BOB)))).toEqual(['rowPermissions/regions#update update']);
    const disabled = permission({ rules: { east: { ...EAST, enabled: false, grant: [] } } });
    expect(phasesOf(await tenant.plan(disabled))).toEqual(['rowPermissions/regions#update update']);
  });
});

describe('a grant of a rule', () => {
  const rule = (...grant: readonly Json[]) => permission({ columns: COLUMNS, rules: { east: { ...EAST, grant } } }, 'new');
  it('waits for the group, and for the production account of the project, that are made in the same plan', async () => {
    const tenant = startTenant({ edition: 'intelligent', world: { tables: TABLES } });
    const collections = {
      userGroups: { analysts: {} },
      projects: { risk: { mode: 'basic' } },
      ...rule('userGroups/analysts', 'projects/risk', ALICE),
    };
    const plan = await tenant.settle(collections);
    expect(stepsOf(plan)).toEqual([
      'userGroups/analysts#create',
      'projects/risk#create',
      'projects/risk#account',
      'rowPermissions/new#create',
      'rowPermissions/new#find',
    ]);
  });

  it('falls out when its time is over', async () => {
    const tenant = startTenant();
    const until = rule({ who: BOB, until: '2099-12-31' }, ALICE);
    await tenant.settle(until);
    const { plan, diagnostics } = await tenant.sim.plan({ now: '2100-01-01' });
    expect(plan && fieldsOf(plan)).toEqual(['/rules/east/grant/bob@example.com expired']);
    expect(plan && phasesOf(plan)).toEqual(['rowPermissions/new#update revoke']);
    expect(diagnostics.map(({ code }) => code)).toEqual(['PERSON_EXPIRED']);
  });

  it('to a group needs an edition that has groups', async () => {
    expect(await startTenant({ edition: 'agile' }).errors(rule('userGroups/analysts'))).toEqual(['EDITION_TOO_LOW']);
  });

  it('to somebody unknown is refused', async () => {
    expect(await startTenant().errors(rule('nobody@example.com', 'userGroups/none', 'projects/none'))).toEqual([
      'REFERENCE_UNKNOWN',
      'REFERENCE_UNKNOWN',
      'REFERENCE_UNKNOWN',
    ]);
  });
});

describe('lists of a row permission that is adopted', () => {
  it('are left alone where they hold others, and what belongs to a rule that waits waits with it', async () => {
    const tenant = startTenant({ world: WORLD });
    const plan = await tenant.plan(permission({ rules: { west: { scope: 'all', grant: [BOB] } } }));
    expect(guardsOf(plan)).toEqual(['ADOPT_HAS_OTHERS']);
    expect(fieldsOf(plan)).toEqual(['/rules/east found stands', '/rules/west later stands']);
    expect(plan.steps).toEqual([]);
  });
  it('of grants wait each for itself', async () => {
    const tenant = startTenant({ world: WORLD });
    const plan = await tenant.plan(permission({ rules: { east: { ...EAST, enabled: false, grant: [BOB] } } }));
    expect(plan.guards.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(['ADOPT_HAS_OTHERS /rules/east/grant']);
    expect(fieldsOf(plan)).toEqual([
      '/rules/east found',
      `/rules/east/grant/${ALICE} found stands`,
      `/rules/east/grant/${BOB} later stands`,
    ]);
    expect((await tenant.sim.apply(plan)).exit).toBe(12);
    expect(sentBy(tenant)['Rules']).toMatchObject([{ Status: 0, UserMappingList: people('300000002') }]);
  });
  it('that are not exclusive get ours beside the others', async () => {
    const tenant = startTenant({ world: WORLD });
    await tenant.settle(permission({ rules: { west: { scope: 'all', grant: [BOB] } }, lifecycle: { exclusive: false } }));
    expect(sentBy(tenant)['Rules']).toMatchObject([{ RuleName: 'east' }, { RuleName: 'west' }]);
  });
});

describe('a table of a row permission', () => {
  const bound = (table: string, name = 'new') =>
    permission({ columns: COLUMNS, tables: [{ table, bind: { region: 'r' } }] }, name);
  const guids = (tenant: Tenant) => (sentBy(tenant)['Tables'] as readonly JsonObject[]).map(({ ResourceId }) => ResourceId);
  const bind = async (tenant: Tenant, collections: JsonObject) => {
    await tenant.settle(collections);
    return guids(tenant);
  };
  const hadoop = {
    rowPermissions: [{ ...LIVE, Tables: [{ ...LIVE.Tables[0], ResourceId: `hadoop.${TENANT}.finance.orders` }] }],
  };

  it('is one of MaxCompute where nothing says otherwise', async () => {
    expect(await bind(startTenant({ world: WORLD }), bound('finance.orders'))).toEqual([`odps.${TENANT}.finance.orders`]);
  });
  it('has the GUID that is written', async () => {
    const guid = `hadoop.${TENANT}.finance.orders`;
    expect(await bind(startTenant({ world: WORLD }), bound(guid))).toEqual([guid]);
  });
  it('has the GUID by which another row permission binds it', async () => {
    expect(await bind(startTenant({ world: { ...WORLD, ...hadoop } }), bound('finance.orders'))).toEqual([
      `hadoop.${TENANT}.finance.orders`,
    ]);
  });
  it('keeps its live GUID when another column is bound', async () => {
    const other = { tables: [{ table: 'finance.orders', bind: { region: 'other' } }] };
    expect(await bind(startTenant({ world: { ...WORLD, ...hadoop } }), permission(other))).toEqual([
      `hadoop.${TENANT}.finance.orders`,
    ]);
  });
  it("has the engine of its project's compute source, where that was read", async () => {
    const world = {
      ...WORLD,
      rowPermissions: [],
      computeSources: [{ Id: '730000001', Name: 'emr', Type: 'HADOOP_EMR' }],
      projects: [project('720000001', 'finance', '730000001')],
    };
    expect(
      await bind(startTenant({ world }), { ...bound('finance.orders'), computeSources: { emr: { type: 'HADOOP_EMR' } } }),
    ).toEqual([`hadoop.${TENANT}.finance.orders`]);
  });
  it('is a reference to its project, whichever half it is of', async () => {
    const tenant = startTenant({ world: WORLD });
    expect(await tenant.errors(bound('risk.orders'))).toEqual(['REFERENCE_UNKNOWN']);
    expect(await bind(tenant, bound('finance_dev.orders'))).toEqual([`odps.${TENANT}.finance_dev.orders`]);
  });
});

describe('what does not fit together only with what is live', () => {
  const told = async (change: JsonObject) => {
    const tenant = startTenant({ world: WORLD });
    return tenant.errors(permission({ ...change, lifecycle: { exclusive: true } }));
  };
  it('is refused before a call', async () => {
    expect(await told({ columns: { shop: { type: 'STRING' } } })).toEqual(['REFERENCE_UNKNOWN', 'REFERENCE_UNKNOWN']);
    expect(await told({ tables: [{ table: 'finance_dev.orders', bind: {} }] })).toEqual(['VALUE_WRONG']);
    expect(await told({ rules: { east: { where: { level: { equal: 'a' } } } } })).toEqual(['REFERENCE_UNKNOWN']);
  });
  it('is let be where it is live already', async () => {
    const odd = { ...LIVE, Rules: [{ ...LIVE.Rules[0], Expressions: [leaf('gone', 'EQUAL', 'x')] }] };
    const tenant = startTenant({ world: { ...WORLD, rowPermissions: [odd] } });
    expect(stepsOf(await tenant.plan(permission({ description: 'All regions' })))).toEqual(['rowPermissions/regions#update']);
  });
  it('needs its control fields to be created', async () => {
    expect(await startTenant().errors(permission({ description: 'x' }, 'new'))).toEqual(['FIELD_REQUIRED']);
  });
});

describe('calls of row permissions', () => {
  it('find the ids of all that are new with one list', async () => {
    const tenant = startTenant({ world: WORLD });
    const plan = await tenant.settle({ rowPermissions: { a: { columns: COLUMNS }, ab: { columns: COLUMNS } } });
    expect(stepsOf(plan)).toEqual(['rowPermissions/a#create', 'rowPermissions/ab#create', 'rowPermissions#find']);
  });
  it('are no more reads than the minimum', async () => {
    const tenant = startTenant({ world: WORLD });
    const plan = await tenant.plan(permission({ rules: { east: { ...EAST, grant: [ALICE, 'projects/finance'] } } }));
    expect(plan.bill.spent).toEqual(plan.bill.minimum);
    expect(plan.bill.spent.operations).toEqual({
      GetMyTenants: 1,
      GetProjectProduceUser: 1,
      ListProjects: 1,
      ListRowPermission: 1,
      ListTenantMembers: 1,
    });
  });
  it('tell that an API which filters by one keeps it', async () => {
    const api = { ApiId: '1021', ApiName: 'get_orders', Query: true, Fields: [], Grants: [], RowPermissionIds: ['520000001'] };
    const world = { ...WORLD, dataServiceProjects: [{ ProjectId: '22', ProjectName: 'finance_ds', Members: {}, Apis: [api] }] };
    const tenant = startTenant({ world });
    const mine = { description: 'Regions', lifecycle: { allow: ['delete'], onRemove: 'delete' } };
    await tenant.settle(permission(mine));
    const { result } = await tenant.apply({ rowPermissions: {} });
    expect(result).toMatchObject({ exit: 5, reason: 'refused' });
    expect(result.diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['STEP_REJECTED', expect.stringContaining('DPN.RowPermission.InUse')],
    ]);
  });
  it('hold a delete back that nobody has allowed', async () => {
    const tenant = startTenant();
    await tenant.settle(permission({ columns: COLUMNS }, 'new'));
    expect(guardsOf(await tenant.plan({ rowPermissions: {} }))).toEqual(['DELETE_PREVENTED']);
  });
});

it('drift in a rule and in its grants is turned back, each for itself', async () => {
  const tenant = startTenant({ world: WORLD });
  const declared = permission({ rules: { east: { ...EAST, grant: [ALICE] } } });
  await tenant.settle(declared);
  tenant.sim.service.change((draft) => {
    const [rule] = draft.rowPermissions[0]?.Rules ?? [];
    Object.assign(rule ?? {}, { Status: 0, UserMappingList: people('300000001') });
  });
  const plan = await tenant.plan(declared);
  expect(fieldsOf(plan)).toEqual([
    '/rules/east drifted',
    `/rules/east/grant/${ALICE} drifted`,
    `/rules/east/grant/${OWNER} drifted`,
  ]);
  expect((await tenant.sim.apply(plan)).exit).toBe(0);
  await tenant.settle(declared);
});
