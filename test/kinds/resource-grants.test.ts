/** Grants on resources: the cases, and what is peculiar to them. */
import { describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { JsonObject, Plan } from '../../engine/index.ts';
import { RESOURCE_WORLD, resourceGrantCases } from './resource-grants.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';

for (const one of resourceGrantCases) describeKind(one);

const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const TABLE = 'odps.300001413.finance.orders';
const SOURCE = '1234567890123456789';
const ends = (...operations: readonly string[]): JsonObject =>
  Object.fromEntries(operations.map((operation) => [operation, '3025-12-31 23:59:59']));
const row = (AccountId: string, Operations: JsonObject, more: JsonObject = {}): JsonObject => ({
  ResourceType: 'PHYSICAL_TABLE',
  ResourceId: TABLE,
  AccountId,
  AccountType: 'PERSONAL',
  Operations,
  ...more,
});
const worldWith = (...resourceGrants: readonly JsonObject[]): JsonObject => ({ ...RESOURCE_WORLD, resourceGrants });
const table = (lists: JsonObject, more: JsonObject = {}): JsonObject => ({
  resourceGrants: { tables: { 'finance.orders': lists, ...more } },
});
const source = (lists: JsonObject): JsonObject => ({ resourceGrants: { dataSources: { orders_db: lists } } });
const fieldsOf = (plan: Plan) =>
  plan.changes.flatMap((change) => change.fields.map(({ pointer, reason }) => [pointer, reason] as const));
const noteOf = (plan: Plan): string => plan.coverage.find(({ kind }) => kind === 'resourceGrants')?.note ?? '';
const reads = (calls: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(calls).filter(
      ([operation]) => operation.endsWith('ResourcePermissions') || operation.endsWith('ResourcePermission'),
    ),
  );

describe('grants on resources are read by the cheaper way', () => {
  it('one by one as long as that takes less of the day than a page of the list', async () => {
    const tenant = startTenant({ world: RESOURCE_WORLD });
    const callsIn = async (of: typeof tenant, files: ReturnType<typeof table>) => {
      await of.settle(files);
      of.sim.calls();
      const { bill } = await of.plan(files);
      expect(bill.spent).toEqual(bill.minimum);
      return reads(of.sim.calls());
    };
    const calls = (people: readonly string[]) => callsIn(tenant, table({ select: people, update: people }));
    // Basic: 50,000 calls of level 2 a day, 10,000 of level 3.
    expect(await calls([ALICE, BOB])).toEqual({ CheckResourcePermission: 4 });
    expect(await calls([ALICE, BOB, CAROL])).toEqual({ ListResourcePermissions: 1 });
    // Agile: one quota for all levels.
    const agile = startTenant({ edition: 'agile', world: { ...RESOURCE_WORLD, userGroups: [] } });
    expect(await callsIn(agile, table({ select: [ALICE] }))).toEqual({ CheckResourcePermission: 1 });
    expect(await callsIn(agile, table({ select: [ALICE, BOB] }))).toEqual({ ListResourcePermissions: 1 });
  });

  it('up to fifty resources in one question', async () => {
    const tenant = startTenant({ world: RESOURCE_WORLD });
    const fields = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`id:${index + 1}`, { select: [BOB] }]));
    await tenant.settle({ resourceGrants: { fields } });
    tenant.sim.calls();
    await tenant.plan({ resourceGrants: { fields } });
    expect(reads(tenant.sim.calls())).toEqual({ CheckResourcePermission: 2 });
  });

  it('of each tab by itself, and of none where nothing is declared in it', async () => {
    const tenant = startTenant({ world: RESOURCE_WORLD });
    const people = [ALICE, BOB, CAROL];
    const files = {
      resourceGrants: {
        tables: { 'finance.orders': { select: people, update: people } },
        dataSources: { orders_db: { syncRead: ['projects/finance'] } },
      },
    };
    await tenant.settle(files);
    tenant.sim.calls();
    const before = tenant.sim.sent().length;
    await tenant.plan(files);
    expect(
      tenant.sim
        .sent()
        .slice(before)
        .filter(({ operation }) => operation === 'ListResourcePermissions'),
    ).toEqual([expect.objectContaining({ request: { ListQuery: { TabType: 'TABLE', Page: 1, PageSize: 50 } } })]);
    expect(reads(tenant.sim.calls())).toEqual({ CheckResourcePermission: 1, ListResourcePermissions: 1 });
  });

  it('and the list is given up after its first page where it is longer than the questions are worth', async () => {
    const others = Array.from({ length: 60 }, (_, index) => row('300000002', ends('SELECT'), { ResourceId: `${TABLE}${index}` }));
    const tenant = startTenant({ world: worldWith(...others) });
    const files = table({ select: [ALICE, BOB, CAROL], update: [ALICE, BOB, CAROL] });
    await tenant.settle(files);
    tenant.sim.calls();
    const plan = await tenant.plan(files);
    expect(reads(tenant.sim.calls())).toEqual({ CheckResourcePermission: 6, ListResourcePermissions: 1 });
    expect(noteOf(plan)).toContain('tables: asked one by one');
  });

  it('says what questions do not show, and believes ends that it adopts', async () => {
    const tenant = startTenant({
      world: worldWith(row('300000003', { SELECT: '2027-06-30 23:59:59' }), row('300000004', ends('SELECT'))),
    });
    const until = (day: string) => table({ select: [{ who: BOB, until: day }], lifecycle: { exclusive: false } });
    const plan = await tenant.settle(until('2027-12-31'));
    expect(plan.changes.map(({ action }) => action)).toEqual(['adopt']);
    expect(noteOf(plan)).toBe(
      'tables: asked one by one, which is cheaper than the list: who else holds something is not seen, ends are compared with the record',
    );
    const later = await tenant.settle(until('2028-12-31'));
    expect(fieldsOf(later)).toEqual([[`/select/${BOB}`, 'changed']]);
    // Somebody takes it back: that much a question shows.
    tenant.sim.service.change((world) => {
      world.resourceGrants = world.resourceGrants.filter(({ AccountId }) => AccountId !== '300000003');
    });
    expect(fieldsOf(await tenant.settle(until('2028-12-31')))).toEqual([[`/select/${BOB}`, 'drifted']]);
  });

  it('and whole as long as a list is not ours: who else is on it is asked about in every plan', async () => {
    const tenant = startTenant({ world: worldWith(row('300000003', ends('SELECT')), row('300000004', ends('SELECT'))) });
    const files = table({ select: [BOB, ALICE] });
    for (let plans = 0; plans < 2; plans++) {
      const plan = await tenant.plan(files);
      expect([guardsOf(plan), stepsOf(plan)]).toEqual([['ADOPT_HAS_OTHERS'], []]);
      expect((await tenant.sim.apply(plan)).exit).toBe(12);
    }
  });

  it('an empty list is looked up in the list: nobody is a claim that questions cannot prove', async () => {
    const tenant = startTenant({ world: worldWith(row('300000003', ends('SELECT'))) });
    expect(guardsOf(await tenant.plan(table({ select: [] })))).toEqual(['ADOPT_HAS_OTHERS']);
    expect(reads(tenant.sim.calls())).toEqual({ ListResourcePermissions: 1 });
    const plan = await tenant.settle(table({ select: [], lifecycle: { exclusive: true } }));
    expect(stepsOf(plan)).toEqual([`resourceGrants/tables/finance.orders#revoke ${BOB}`]);
  });
});

describe('an apply of a plan that lies a while', () => {
  const people = [ALICE, BOB, CAROL];
  const ways = [
    ['asked', { select: [{ who: BOB, until: '2027-12-31' }] }],
    ['listed', { select: people, update: people }],
  ] as const;

  for (const [way, lists] of ways)
    it(`looks the way its plan looked, and finds nothing moved: ${way}`, async () => {
      const tenant = startTenant({ world: RESOURCE_WORLD });
      await tenant.settle(table(lists));
      const plan = await tenant.plan(table({ ...lists, select: [{ who: BOB, until: '2028-12-31' }, ALICE] }));
      tenant.sim.calls();
      tenant.sim.clock.advance(3_600_000);
      expect(await tenant.sim.apply(plan)).toMatchObject({ exit: 0, diagnostics: [] });
      const { CheckResourcePermission = 0, ListResourcePermissions = 0 } = tenant.sim.calls();
      expect([CheckResourcePermission > 0, ListResourcePermissions > 0]).toEqual([way === 'asked', way === 'listed']);
    });

  for (const [way, lists] of ways)
    it(`is refused where what it changes has moved: ${way}`, async () => {
      const tenant = startTenant({ world: RESOURCE_WORLD });
      await tenant.settle(table(lists));
      const plan = await tenant.plan(table({ ...lists, select: [ALICE] }));
      tenant.sim.clock.advance(3_600_000);
      tenant.sim.service.change((world) => {
        world.resourceGrants = world.resourceGrants.filter(({ AccountId }) => AccountId !== '300000003');
      });
      const result = await tenant.sim.apply(plan);
      expect({ exit: result.exit, applied: result.applied }).toEqual({ exit: 9, applied: 0 });
    });
});

describe('grants on resources', () => {
  it('that others made are seen in the list, by name, and taken back from a list that is ours', async () => {
    const tenant = startTenant({ world: RESOURCE_WORLD });
    const files = table({ select: [ALICE, BOB], update: [] });
    await tenant.settle(files);
    tenant.sim.service.change((world) => {
      const [first] = world.resourceGrants;
      if (!first) throw new Error('nothing was granted');
      world.resourceGrants.push(
        { ...first, RecordId: '801', AccountId: '310000002', AccountType: 'PRODUCE' },
        { ...first, RecordId: '802', AccountId: '70001', AccountType: 'USER_GROUP' },
      );
    });
    const plan = await tenant.settle(files);
    // Nobody named the project, so that its production account is not known by name.
    expect(fieldsOf(plan)).toEqual([
      ['/select/id:310000002', 'drifted'],
      ['/select/userGroups~1analysts', 'drifted'],
    ]);
    expect(plan.steps.map(({ request }) => (request['RevokeCommand'] as JsonObject)['UserId']).sort()).toEqual([
      '310000002',
      '70001',
    ]);
  });

  it('to a production account or a group that no file names any more are known by name', async () => {
    const tenant = startTenant({ world: RESOURCE_WORLD });
    await tenant.settle(source({ syncRead: ['projects/finance', 'userGroups/analysts', BOB] }));
    const plan = await tenant.settle(source({ syncRead: [BOB] }));
    expect(fieldsOf(plan)).toEqual([
      ['/syncRead/projects~1finance', 'removed'],
      ['/syncRead/userGroups~1analysts', 'removed'],
    ]);
  });

  it('that have ended are absent, whatever is listed, and nothing is sent when the day has passed', async () => {
    const world = worldWith(row('300000003', { SELECT: '2026-11-23 23:59:59', UPDATE: '2026-11-24 23:59:59' }));
    for (const expired of ['listed', 'gone'] as const) {
      const tenant = startTenant({ world, switches: { expired } });
      const plan = await tenant.settle(table({ select: [], update: [BOB] }));
      expect(fieldsOf(plan)).toEqual([[`/update/${BOB}`, 'found']]);
    }
    const tenant = startTenant({ world: RESOURCE_WORLD });
    await tenant.settle(table({ select: [{ who: BOB, until: '2026-11-24' }] }));
    const { plan } = await tenant.sim.plan({ now: '2026-11-25' });
    expect({ steps: plan?.steps, warnings: plan?.warnings.map(({ code }) => code) }).toEqual({
      steps: [],
      warnings: ['PERSON_EXPIRED'],
    });
  });

  it('until other days, to more than fifty people, on other types are calls of their own, and no more', async () => {
    const users = Array.from({ length: 60 }, (_, index) => ({
      Id: `4000000${10 + index}`,
      AccountName: `p${10 + index}@example.com`,
    }));
    const tenant = startTenant();
    tenant.sim.service.change((world) => {
      const [someone] = world.users;
      const [member] = world.members;
      if (!someone || !member) throw new Error('nobody is there');
      world.users.push(...users.map((user) => ({ ...someone, ...user })));
      world.members.push(...users.map(({ Id }) => ({ ...member, UserId: Id, RoleList: [] })));
      world.projects = parseWorld({ ...defaultWorld('basic'), ...RESOURCE_WORLD } as never).projects.map((one) => ({
        ...one,
      })) as never;
    });
    const everybody = users.map(({ AccountName }) => AccountName);
    const plan = await tenant.settle(
      table({
        select: [...everybody, { who: BOB, until: '2027-12-31' }],
        update: [ALICE, { who: ALICE, type: 'LOGICAL_TABLE' }, { who: BOB, until: '2027-12-31' }],
        alter: [ALICE],
      }),
    );
    const commands = plan.steps.map(({ request }) => request['GrantCommand'] as JsonObject);
    expect(
      commands.map(({ OperateList, ResourceType, EffectiveEnd, UserIdList }) => [
        (OperateList as string[]).join(' '),
        ResourceType,
        EffectiveEnd,
        (UserIdList as string[]).length,
      ]),
    ).toEqual([
      ['ALTER UPDATE', 'PHYSICAL_TABLE', '3025-12-31 23:59:59', 1],
      ['SELECT', 'PHYSICAL_TABLE', '3025-12-31 23:59:59', 50],
      ['SELECT', 'PHYSICAL_TABLE', '3025-12-31 23:59:59', 10],
      ['SELECT UPDATE', 'PHYSICAL_TABLE', '2027-12-31 23:59:59', 1],
      ['UPDATE', 'LOGICAL_TABLE', '3025-12-31 23:59:59', 1],
    ]);
  });

  it('are cut before anything is granted', async () => {
    const tenant = startTenant({
      world: worldWith(row('300000003', ends('SELECT')), row('300000004', { SELECT: '2027-06-30 23:59:59' })),
    });
    const until = (who: string, day: string) => ({ who, until: day });
    const lists = { select: [until(BOB, '2027-12-31'), until(CAROL, '2028-12-31')], update: [] };
    const plan = await tenant.settle(table(lists));
    expect(plan.steps.map(({ phase, request }) => [phase, (request['GrantCommand'] as JsonObject)['UserIdList']])).toEqual([
      ['revoke', ['300000003']],
      ['grant', ['300000004']],
    ]);
  });

  it('wait for the data source, the group and the project that the same plan makes, and go before they do', async () => {
    const tenant = startTenant({ world: { computeSources: [{ Name: 'mc', Config: {} }] } });
    const lifecycle = { allow: ['delete'] };
    const config = {
      version: 'MYSQL_8_X',
      'deploy.type': 'PUBLIC',
      'access.type': 'PUBLIC',
      'jdbc.url':
        'jdbc:mysql://db.example.com:3306/a?allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false',
      'jdbc.username': 'reader',
      'jdbc.password': '${env:MC_KEY}',
    };
    const all = {
      dataSources: { stock_db: { type: 'MYSQL', prod: { description: 'x', config }, lifecycle } },
      userGroups: { analysts: {} },
      projects: {
        stock: { mode: 'basic', type: 'GENERAL', computeSource: 'mc', members: { prod: { admin: [ALICE] } }, lifecycle },
      },
      resourceGrants: { dataSources: { stock_db: { syncRead: ['projects/stock', 'userGroups/analysts'] } } },
    };
    const plan = await tenant.settle(all);
    const grant = plan.steps.find(({ operation }) => operation === 'GrantResourcePermission');
    expect({ after: grant?.after, request: grant?.request }).toMatchObject({
      after: ['dataSources/stock_db#create', 'projects/stock#account', 'userGroups/analysts#create'],
      request: {
        GrantCommand: {
          ResourceList: [{ ResourceId: { $id: 'dataSources/stock_db' } }],
          UserIdList: [{ $id: 'projects/stock#account' }, { $id: 'userGroups/analysts' }],
        },
      },
    });
    const gone = await tenant.plan({});
    const revokes = gone.steps.filter(({ phase }) => phase === 'revoke').map(({ id }) => id);
    expect(revokes).toHaveLength(2);
    for (const address of ['dataSources/stock_db', 'userGroups/analysts', 'projects/stock'])
      expect(gone.steps.find(({ id }) => id === `${address}#delete`)?.after).toEqual(expect.arrayContaining(revokes));
    await tenant.settle({});
  });

  it('on tables that are named by GUID, or under development, mean the same tables', async () => {
    const dev = 'odps.300001413.finance_dev.orders';
    const tenant = startTenant({ world: { ...RESOURCE_WORLD, tables: [TABLE, dev] } });
    const plan = await tenant.settle({
      resourceGrants: { tables: { [TABLE]: { select: [BOB] }, 'finance_dev.orders': { select: [BOB] } } },
    });
    expect(plan.steps.map(({ request }) => (request['GrantCommand'] as JsonObject)['ResourceList'])).toEqual([
      [{ ResourceId: dev }, { ResourceId: TABLE }],
    ]);
  });

  it('on whole projects are counted and let be, like those on resources that no file names', async () => {
    const tenant = startTenant({
      world: worldWith(
        row('300000003', ends('SELECT'), { AuthScope: 'projectAllTable', ResourceId: '6690567890123401' }),
        row('300000002', ends('SELECT'), { ResourceId: 'odps.300001413.finance.stock' }),
        row('300000002', ends('SYNC_READ'), { ResourceType: 'DATASOURCE', ResourceId: SOURCE }),
      ),
    });
    const plan = await tenant.plan({
      resourceGrants: { tables: { 'finance.orders': { update: [] } }, fields: { 'id:1': { select: [] } } },
    });
    expect(noteOf(plan)).toBe('1 on whole projects or business units: the API neither makes them nor takes them back');
    expect(plan.unmanaged).toEqual([{ kind: 'resourceGrants', count: 1, addresses: ['resourceGrants/tables/finance.stock'] }]);
  });
});
