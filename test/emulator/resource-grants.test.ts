import { describe, expect, it } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { approveGrants, endMs, endText } from '../../emulator/worlds/resource-grants.ts';
import { ALICE, BOB, CAROL, DAVE, OWNER, START_MS, startFixture, withKeysOf } from '../support/emulator-fixture.ts';

const TABLE = 'odps.300001413.finance.orders';
const OTHER_TABLE = 'odps.300001413.finance_dev.stock';
const SOURCE = '7461272386043500901';
const SOURCE_DEV = '7461272386043500902';
const ACCOUNT = '304000777';
const GROUP = '13777';
const LONG = '3025-12-31 23:59:59';
const MARCH = '2027-03-31 23:59:59';

/** The default world with a project, a group, a pair of data sources and a second table. */
const start = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  const { service, ok } = fixture;
  service.setWorld({
    ...service.world(),
    tables: [TABLE, OTHER_TABLE],
    projects: [
      {
        Id: '7155117168000900',
        Name: 'finance',
        Mode: 'DEV_PROD',
        ProduceUserId: ACCOUNT,
        Halves: { PROD: { DisplayName: '财务', Members: { [ALICE]: [1] } }, DEV: { Members: { [BOB]: [2] } } },
      },
    ],
    userGroups: [{ Id: GROUP, Name: 'analysts', Members: [{ UserId: BOB }] }],
    dataSources: [
      {
        Prod: { Id: SOURCE, Name: 'orders_db', Type: 'MYSQL', OwnerId: CAROL },
        Dev: { Id: SOURCE_DEV, Name: 'orders_db', Type: 'MYSQL', OwnerId: CAROL },
      },
    ],
  });
  const list = (TabType: string, more: object = {}) =>
    (ok('ListResourcePermissions', { ListQuery: { Page: 1, PageSize: 50, TabType, ...more } }) as { PageResult: Listed })
      .PageResult;
  const has = (UserId: string, Operate: string, ResourceType: string, ...ids: string[]) =>
    (
      ok('CheckResourcePermission', {
        CheckCommand: { Operate, ResourceType, UserId, ResourceList: ids.map((ResourceId) => ({ ResourceId })) },
      }) as { ResourcePermissionList: { HasPermission: boolean }[] }
    ).ResourcePermissionList.map((one) => one.HasPermission);
  /** Account and operations of the rows, newest first. */
  const who = (TabType: string, more: object = {}) =>
    (list(TabType, more).Data ?? []).map((row) => [
      row.TargetAccount.Id,
      ...row.PermissionPeriodList.map((one) => `${one.PermissionType} ${endText(Number(one.Period.EndTime))}`),
    ]);
  return { ...fixture, list, has, who };
};
type Row = {
  TargetAccount: { Id: string; Type: string };
  PermissionPeriodList: { PermissionType: string; Period: { EndTime: string; Type: string } }[];
};
type Listed = { TotalCount: number; Data?: Row[]; RecordList?: Row[] };

const grant = (
  ResourceType: string,
  ids: readonly unknown[],
  users: readonly string[],
  operations: readonly string[],
  end = LONG,
) => ({
  GrantCommand: {
    ResourceType,
    ResourceList: ids.map((id) => (typeof id === 'string' ? { ResourceId: id } : id)),
    UserIdList: users,
    OperateList: operations,
    EffectiveEnd: end,
    Reason: 'INC-1',
  },
});
const revoke = (ResourceType: string, ids: readonly string[], UserId: string, OperateList?: readonly string[]) => ({
  RevokeCommand: {
    ResourceType,
    ResourceList: ids.map((ResourceId) => ({ ResourceId })),
    UserId,
    ...(OperateList ? { OperateList } : {}),
  },
});

describe('resource grants', () => {
  it('go to people, production accounts and groups, known by their ids alone', () => {
    const { ok, list } = start();
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB, ACCOUNT, GROUP], ['SYNC_READ', 'SYNC_WRITE']));
    const period = { EndTime: String(Date.parse('3025-12-31T23:59:59+08:00')), Type: 'LONG_TERM' };
    const row = (RecordId: string, Id: string, Name: string, Type: string) => ({
      Period: period,
      PermissionPeriodList: [
        { Period: period, PermissionType: 'SYNC_READ' },
        { Period: period, PermissionType: 'SYNC_WRITE' },
      ],
      RecordId,
      ResourceInfo: { DisplayName: 'orders_db', Env: 'PROD', Id: SOURCE, Name: 'orders_db', Type: 'DATASOURCE' },
      TargetAccount: { Id, Name, Type },
    });
    const [group, account, person] = (list('DATASOURCE').Data ?? []) as (Row & { RecordId: string })[];
    expect([group, account, person]).toEqual([
      row(String(group?.RecordId), GROUP, 'analysts', 'USER_GROUP'),
      row(String(account?.RecordId), ACCOUNT, 'finance', 'PRODUCE'),
      row(String(person?.RecordId), BOB, 'bob@example.com', 'PERSONAL'),
    ]);
    expect(new Set([group?.RecordId, account?.RecordId, person?.RecordId]).size).toBe(3);
    expect(list('TABLE')).toEqual({ TotalCount: 0, Data: [] });
  });

  it('on tables show the project, its half and its biz unit; the tab of tables also holds fields', () => {
    const { ok, list, service } = start({ edition: 'intelligent' });
    service.change((world) => {
      for (const project of world.projects) project.BizUnitId = world.bizUnits[0]?.Id ?? null;
    });
    const unit = service.world().bizUnits[0]?.Id;
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [TABLE, OTHER_TABLE], [BOB], ['SELECT'], MARCH));
    ok('GrantResourcePermission', grant('PHYSICAL_FIELD', ['1234567'], [BOB], ['SELECT']));
    const project = (Env: string, Name: string, DisplayName: string) => ({
      BizUnitInfo: { DisplayName: 'Retail', Env, Id: unit, Name: 'retail' },
      ProjectInfo: { DisplayName, Env, Id: '7155117168000900', Name },
    });
    expect(list('TABLE')).toMatchObject({
      TotalCount: 3,
      Data: [
        { AuthScope: 'selectTable', ResourceInfo: { Id: '1234567', Name: '1234567', Type: 'PHYSICAL_FIELD' } },
        { ResourceInfo: { Id: OTHER_TABLE, Name: 'stock', Env: 'DEV', ...project('DEV', 'finance_dev', '财务_开发') } },
        {
          AuthScope: 'selectTable',
          Period: { EndTime: String(endMs(MARCH)), Type: 'CUSTOM' },
          ResourceInfo: {
            DisplayName: 'orders',
            Env: 'PROD',
            Id: TABLE,
            Name: 'orders',
            Type: 'PHYSICAL_TABLE',
            ...project('PROD', 'finance', '财务'),
          },
        },
      ],
    });
  });

  it('overwrite the end of the same operation and leave others and the record as they are', () => {
    const { ok, list, who } = start();
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ', 'SYNC_WRITE'], MARCH));
    const record = () => (list('DATASOURCE').Data?.[0] as unknown as { RecordId: string; Period: unknown } | undefined) ?? null;
    const before = record();
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ']));
    expect(who('DATASOURCE')).toEqual([[BOB, `SYNC_READ ${LONG}`, `SYNC_WRITE ${MARCH}`]]);
    expect(record()?.RecordId).toBe(before?.RecordId);
    // The record's own period is its latest end.
    expect(record()?.Period).toEqual({ EndTime: String(endMs(LONG)), Type: 'LONG_TERM' });
  });

  it('take an end as text only, or by the switch in milliseconds too', () => {
    const { call, code, ok, service, who } = start();
    const ms = String(endMs(MARCH) + 999);
    const bad = [ms, '2027-03-31', '2027-03-31T23:59:59', '2027-02-30 00:00:00', '2027-03-31 24:00:00', ''];
    for (const end of bad)
      expect(call('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], end)), end).toMatchObject({
        status: 400,
        body: { Code: 'DPN.Commons.InvalidParam', Message: expect.stringContaining('Invalid effectiveEndTime') },
      });
    service.setSwitches({ effectiveEnd: 'both' });
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], ms));
    expect(who('DATASOURCE')).toEqual([[BOB, `SYNC_READ ${MARCH}`]]);
    expect(code('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], 'soon'))).toBe(
      'DPN.Commons.InvalidParam',
    );
  });

  it('of RUN go to people, never to a production account', () => {
    const { ok, code, who } = start();
    expect(code('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB, ACCOUNT], ['RUN']))).toBe(
      'DPN.Security.NotSupport',
    );
    expect(who('DATASOURCE')).toEqual([]);
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['RUN']));
    expect(who('DATASOURCE')).toEqual([[BOB, `RUN ${LONG}`]]);
  });

  it('are refused for what the service does not know, as a whole or by the switch in part', () => {
    const { call, code, service, who } = start();
    const of = (...given: Parameters<typeof grant>) => code('GrantResourcePermission', grant(...given));
    expect([
      of('TABLE', [TABLE], [BOB], ['SELECT']),
      of('QD_EVENT', ['1'], [BOB], ['SELECT']),
      of('PHYSICAL_TABLE', ['odps.300001413.finance.nothing'], [BOB], ['SELECT']),
      of('PHYSICAL_TABLE', [TABLE], [BOB], ['select']),
      of('PHYSICAL_FIELD', ['1'], [BOB], ['UPDATE']),
      of('PHYSICAL_FIELD', ['amount'], [BOB], ['SELECT']),
      of('DATASOURCE', [SOURCE], [BOB], ['SELECT']),
      of('DATASOURCE', [SOURCE_DEV], [BOB], ['SYNC_READ']),
      of('DATASOURCE', ['1'], [BOB], ['SYNC_READ']),
      of('DATASOURCE', [SOURCE], ['42'], ['SYNC_READ']),
      of('DATASOURCE', [SOURCE], [DAVE], ['SYNC_READ']),
      of('DATASOURCE', [SOURCE], [], ['SYNC_READ']),
      of('DATASOURCE', [SOURCE], [BOB], []),
      of('DATASOURCE', [], [BOB], ['SYNC_READ']),
      of('DATASOURCE', [{}], [BOB], ['SYNC_READ']),
    ]).toEqual([
      'Dataphin.OpenAPI.BadRequest',
      'DPN.ResourceGrant.NotFound',
      'DPN.Os.TableNotFound',
      'DPN.ResourceGrant.Invalid',
      'DPN.ResourceGrant.Invalid',
      'DPN.ResourceGrant.NotFound',
      'DPN.ResourceGrant.Invalid',
      'DPN.DataProcess.DataSourceNotProd',
      'DPN.DataSource.NotFound',
      'DPN.ResourceGrant.NotFound',
      'DPN.TenantMember.NotFound',
      ...Array(4).fill('DPN.Bus.ParamsValidateError'),
    ]);
    const bare = grant('DATASOURCE', [], [BOB], ['SYNC_READ']);
    bare.GrantCommand.ResourceList = [[SOURCE][0]];
    expect(call('GrantResourcePermission', bare).body.Message).toContain('Expected BEGIN_OBJECT but was STRING');
    expect(of('DATASOURCE', [SOURCE], [BOB, '42', ALICE], ['SYNC_READ'])).toBe('DPN.ResourceGrant.NotFound');
    expect(who('DATASOURCE')).toEqual([]);
    service.setSwitches({ batch: 'partial' });
    expect(of('DATASOURCE', [SOURCE], [BOB, '42', ALICE], ['SYNC_READ'])).toBe('DPN.ResourceGrant.NotFound');
    expect(who('DATASOURCE').map(([id]) => id)).toEqual([ALICE, BOB]);
  });

  it('to groups need the basic edition', () => {
    const { code, ok } = start({ edition: 'agile' });
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ']));
    expect(code('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [GROUP], ['SYNC_READ']))).toBe(
      'DPN.Commons.EditionNotSupport',
    );
  });

  it('are revoked for one account, named operations or all of them', () => {
    const { ok, code, who, has, service } = start();
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [TABLE, OTHER_TABLE], [BOB, GROUP], ['SELECT', 'UPDATE', 'ALTER']));
    ok('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], BOB, ['UPDATE', 'DELETE']));
    expect(who('TABLE', { SearchText: 'orders' })).toEqual([
      [GROUP, `SELECT ${LONG}`, `UPDATE ${LONG}`, `ALTER ${LONG}`],
      [BOB, `SELECT ${LONG}`, `ALTER ${LONG}`],
    ]);
    ok('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE, OTHER_TABLE], BOB));
    expect(who('TABLE').map(([id]) => id)).toEqual([GROUP, GROUP]);
    expect(has(BOB, 'SELECT', 'PHYSICAL_TABLE', TABLE, OTHER_TABLE)).toEqual([false, false]);
    expect(code('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], BOB))).toBe('DPN.ResourceGrant.NotFound');
    expect(code('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], GROUP, ['DELETE']))).toBe(
      'DPN.ResourceGrant.NotFound',
    );
    service.setSwitches({ notFound: 'null' });
    ok('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], BOB));
    expect(who('TABLE').map(([id]) => id)).toEqual([GROUP, GROUP]);
  });

  it('are checked exactly: one account, one operation, many resources, nothing by way of a group', () => {
    const { ok, has } = start();
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [TABLE], [BOB], ['SELECT']));
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [OTHER_TABLE], [GROUP], ['SELECT']));
    expect(has(BOB, 'SELECT', 'PHYSICAL_TABLE', TABLE, OTHER_TABLE, 'odps.1.2.3')).toEqual([true, false, false]);
    expect([
      has(GROUP, 'SELECT', 'PHYSICAL_TABLE', OTHER_TABLE),
      has(BOB, 'UPDATE', 'PHYSICAL_TABLE', TABLE),
      has(BOB, 'constructor', 'PHYSICAL_TABLE', TABLE),
      has(BOB, 'SELECT', 'LOGICAL_TABLE', TABLE),
      has(OWNER, 'SELECT', 'PHYSICAL_TABLE', TABLE),
    ]).toEqual([[true], [false], [false], [false], [false]]);
  });

  it('end with their last second; expired ones stay listed without effect, or vanish by the switch', () => {
    for (const expired of ['listed', 'gone'] as const) {
      const { ok, code, who, has, clock } = start({ switches: { expired } });
      ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], '2026-11-25 10:00:00'));
      ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB, ALICE], ['SYNC_WRITE'], '2026-11-24 10:00:10'));
      const both = [BOB, 'SYNC_READ 2026-11-25 10:00:00', 'SYNC_WRITE 2026-11-24 10:00:10'];
      const alice = [ALICE, 'SYNC_WRITE 2026-11-24 10:00:10'];
      clock.ms = START_MS + 9_500;
      expect(has(BOB, 'SYNC_WRITE', 'DATASOURCE', SOURCE)).toEqual([true]);
      expect(who('DATASOURCE')).toEqual([alice, both]);
      expect(has(BOB, 'SYNC_WRITE', 'DATASOURCE', SOURCE)).toEqual([false]);
      expect(has(BOB, 'SYNC_READ', 'DATASOURCE', SOURCE)).toEqual([true]);
      expect(who('DATASOURCE')).toEqual(expired === 'listed' ? [alice, both] : [both.slice(0, 2)]);
      const again = revoke('DATASOURCE', [SOURCE], ALICE);
      if (expired === 'listed') ok('RevokeResourcePermission', again);
      else expect(code('RevokeResourcePermission', again)).toBe('DPN.ResourceGrant.NotFound');
      ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [ALICE], ['SYNC_WRITE'], '2026-11-25 10:00:00'));
      expect(has(ALICE, 'SYNC_WRITE', 'DATASOURCE', SOURCE)).toEqual([true]);
    }
  });

  it('wait for an approval by the switch: neither listed nor effective until then, and revocable', () => {
    const { ok, who, has, service } = start({ switches: { approvals: 'on' } });
    const effective = () => has(BOB, 'SYNC_READ', 'DATASOURCE', SOURCE);
    const ask = (end: string) => ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], end));
    ask(MARCH);
    expect([who('DATASOURCE'), effective()]).toEqual([[], [false]]);
    service.change(approveGrants);
    expect([who('DATASOURCE'), effective()]).toEqual([[[BOB, `SYNC_READ ${MARCH}`]], [true]]);
    // Another end has to be approved again; the old one holds meanwhile.
    ask(LONG);
    expect(who('DATASOURCE')).toEqual([[BOB, `SYNC_READ ${MARCH}`]]);
    service.change(approveGrants);
    expect(who('DATASOURCE')).toEqual([[BOB, `SYNC_READ ${LONG}`]]);
    ok('RevokeResourcePermission', revoke('DATASOURCE', [SOURCE], BOB));
    ask(LONG);
    ok('RevokeResourcePermission', revoke('DATASOURCE', [SOURCE], BOB));
    service.change(approveGrants);
    expect([who('DATASOURCE'), service.world().resourceGrants]).toEqual([[], []]);
  });

  it('are given and taken by the super administrator and by who owns the resource', () => {
    const { ok, code, service } = start();
    withKeysOf(service, ALICE, BOB, CAROL);
    const table = grant('PHYSICAL_TABLE', [TABLE], [BOB], ['SELECT']);
    const source = grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ']);
    const field = grant('PHYSICAL_FIELD', ['7'], [BOB], ['SELECT']);
    const no = 'DPN.ResourceGrant.NoPermission';
    // Alice administers the project, Carol owns the data source, Bob develops.
    ok('GrantResourcePermission', table, `AK-${ALICE}`);
    ok('GrantResourcePermission', source, `AK-${CAROL}`);
    ok('GrantResourcePermission', field);
    for (const [user, commands] of [
      [ALICE, [source, field]],
      [BOB, [table, source, field]],
      [CAROL, [table, field]],
    ] as const)
      for (const command of commands) expect(code('GrantResourcePermission', command, `AK-${user}`), user).toBe(no);
    expect(code('RevokeResourcePermission', revoke('DATASOURCE', [SOURCE], BOB), `AK-${ALICE}`)).toBe(no);
    service.change((world) => {
      for (const member of world.members) if (member.UserId === ALICE) member.RoleList = ['DATASOURCE_MANAGER'];
    });
    ok('RevokeResourcePermission', revoke('DATASOURCE', [SOURCE], BOB), `AK-${ALICE}`);
    ok('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], BOB), `AK-${ALICE}`);
  });

  it('go with the group that they were given to', () => {
    const { ok, who } = start();
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [GROUP, BOB], ['SYNC_READ']));
    ok('DeleteUserGroup', { UserGroupId: GROUP });
    expect(who('DATASOURCE').map(([id]) => id)).toEqual([BOB]);
  });

  it('come newest first in pages, searched by the names of resources and accounts, under either key', () => {
    const { ok, list, who, code, service } = start();
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [ALICE, ACCOUNT, GROUP], ['SYNC_READ']));
    const ids = (more: object) => who('DATASOURCE', more).map(([id]) => id);
    expect([
      ids({}),
      ids({ SearchText: 'ORDERS' }),
      ids({ SearchText: 'analyst' }),
      ids({ SearchText: 'finance' }),
      ids({ SearchText: 'nothing' }),
      ids({ Page: 2, PageSize: 2 }),
      ids({ Page: 3, PageSize: 2 }),
    ]).toEqual([[GROUP, ACCOUNT, ALICE], [GROUP, ACCOUNT, ALICE], [GROUP], [ACCOUNT], [], [ALICE], []]);
    expect(code('ListResourcePermissions', { ListQuery: { Page: 1, PageSize: 9, TabType: 'FIELD' } })).toBe(
      'Dataphin.OpenAPI.BadRequest',
    );
    service.setSwitches({ permissionRows: 'RecordList' });
    const listed = list('DATASOURCE', { PageSize: 1 });
    expect([Object.keys(listed), listed.TotalCount, listed.RecordList?.[0]?.TargetAccount.Id]).toEqual([
      ['TotalCount', 'RecordList'],
      3,
      GROUP,
    ]);
  });

  it('of a wider scope are shown with it and are not touched by grants on one table', () => {
    const { ok, list, service } = start();
    service.change((world) => {
      world.resourceGrants.push({
        RecordId: '5',
        ResourceType: 'PHYSICAL_TABLE',
        ResourceId: TABLE,
        AccountId: BOB,
        AccountType: 'PERSONAL',
        AuthScope: 'projectAllTable',
        Operations: { SELECT: LONG },
        Pending: {},
        GmtCreate: START_MS,
        GmtModified: START_MS,
      });
    });
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [TABLE], [BOB], ['SELECT'], MARCH));
    ok('RevokeResourcePermission', revoke('PHYSICAL_TABLE', [TABLE], BOB));
    expect(list('TABLE')).toMatchObject({ TotalCount: 1, Data: [{ RecordId: '5', AuthScope: 'projectAllTable' }] });
  });

  it('are read late by the switch lagMs', () => {
    const { ok, who, has, clock } = start({ switches: { lagMs: 5000 } });
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ']));
    expect([who('DATASOURCE'), has(BOB, 'SYNC_READ', 'DATASOURCE', SOURCE)]).toEqual([[], [false]]);
    clock.ms += 5000;
    expect([who('DATASOURCE').length, has(BOB, 'SYNC_READ', 'DATASOURCE', SOURCE)]).toEqual([1, [true]]);
  });
});

describe('the log of resource grants', () => {
  it('tells who did what to whom, newest first, to administrators', () => {
    const { ok, code, service } = start();
    withKeysOf(service, CAROL);
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB], ['SYNC_READ'], MARCH), `AK-${CAROL}`);
    service.setSwitches({ approvals: 'on' });
    ok('GrantResourcePermission', grant('PHYSICAL_TABLE', [TABLE], [GROUP], ['SELECT'], MARCH));
    ok('RevokeResourcePermission', revoke('DATASOURCE', [SOURCE], BOB));
    const log = (TabType: string) => ({ ListQuery: { Page: 1, PageSize: 9, TabType } });
    const source = { Name: 'orders_db', Type: 'DATASOURCE' };
    const bob = { Id: BOB, Name: 'bob@example.com', Type: 'PERSONAL' };
    const first = {
      Account: { Id: CAROL, Name: 'carol@example.com', Type: 'PERSONAL' },
      OperateTime: START_MS + 500,
      OperateType: 'GRANT',
      Period: { EndTime: String(endMs(MARCH)), Type: 'CUSTOM' },
      Reason: 'INC-1',
      ResourceInfo: source,
      TargetAccount: bob,
    };
    const second = { Account: { Id: OWNER }, OperateType: 'REVOKE', Reason: '', ResourceInfo: source, TargetAccount: bob };
    expect(ok('ListResourcePermissionOperationLog', log('DATASOURCE'))).toMatchObject({
      PageResult: { TotalCount: 2, Data: [second, first] },
    });
    expect(ok('ListResourcePermissionOperationLog', log('TABLE'))).toMatchObject({
      PageResult: {
        TotalCount: 1,
        Data: [{ AuthScope: 'selectTable', OperateType: 'APPLY', TargetAccount: { Type: 'USER_GROUP' } }],
      },
    });
    expect(code('ListResourcePermissionOperationLog', log('TABLE'), `AK-${CAROL}`)).toBe('DPN.ResourceGrant.NoPermission');
  });
});

describe('accounts and grants of a world', () => {
  const people = [{ Id: '5', AccountName: 'a@example.com' }];
  const SMALL = { format: 'phinfra.world/1', tenant: '1', users: people, members: [{ UserId: '5' }] };
  const project = { Name: 'p', Mode: 'BASIC', Halves: { PROD: {} } };

  it('share no id, and new ones take none that is there', () => {
    expect(() => parseWorld({ ...SMALL, userGroups: [{ Id: '5', Name: 'g' }] })).toThrow(
      'world.userGroups[0].Id: "5" is world.users[0].Id already',
    );
    expect(() => parseWorld({ ...SMALL, projects: [{ ...project, ProduceUserId: '5' }] })).toThrow(
      'world.projects[0].ProduceUserId: "5" is world.users[0].Id already',
    );
    const { ok } = startFixture({
      world: {
        ...SMALL,
        members: [{ UserId: '5', RoleList: ['SUPER_ADMIN'] }],
        users: [...people, { Id: '13001', AccountName: 'b@example.com' }],
        projects: [{ ...project, Id: '9', ProduceUserId: '13002' }],
      },
    });
    expect(ok('CreateUserGroup', { CreateCommand: { Name: 'g' } })).toEqual({ UserGroupId: '13003' });
  });

  it('are the same after a round trip, and a wrong end or an unknown data source is refused with its place', () => {
    const { ok, service } = start({ switches: { approvals: 'on' } });
    ok('GrantResourcePermission', grant('DATASOURCE', [SOURCE], [BOB, GROUP], ['SYNC_READ']));
    const world = service.world();
    expect(world.resourceGrants).toHaveLength(2);
    expect(parseWorld(JSON.parse(JSON.stringify(world)))).toEqual(world);
    const row = { ResourceType: 'DATASOURCE', ResourceId: '1', AccountId: '5', AccountType: 'PERSONAL' };
    expect(() =>
      parseWorld({ ...SMALL, resourceGrants: [{ ...row, Operations: { SYNC_READ: '2027-02-30 00:00:00' } }] }),
    ).toThrow('world.resourceGrants[0].Operations.SYNC_READ: expected a time in the form yyyy-MM-dd HH:mm:ss');
    expect(() => parseWorld({ ...SMALL, resourceGrants: [row] })).toThrow(
      'world.resourceGrants[0].ResourceId: no data source has the id 1',
    );
  });
});
