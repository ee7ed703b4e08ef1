import { describe, expect, it } from 'vitest';
import { createGateway } from '../../emulator/index.ts';
import { ALICE, BOB, CAROL, DAVE, OWNER, START_MS, startFixture, withKeysOf } from '../support/emulator-fixture.ts';
import { signV3, timestampOf } from '../support/emulator-signing.ts';

const ORDERS = 'odps.300001413.finance.orders';
const STOCK = 'odps.300001413.finance.stock';
type Row = {
  readonly RowPermissionId: string;
  readonly RowPermissionName: string;
  readonly Rules: readonly { readonly Id: string }[];
};

const leaf = (column: string, operator: string, ...values: string[]) => ({
  Type: 'EXPRESSION',
  Operator: operator,
  MappingColumnName: column,
  SubConditions: [],
  Values: values,
});
const relation = (operator: string, ...nodes: object[]) => ({ Type: 'RELATION', Operator: operator, SubConditions: nodes });
const rule = (name: string, more: object = {}) => ({
  RuleName: name,
  ScopeType: 'SELECT_COLUMN',
  Expressions: [leaf('region', 'EQUAL', 'east')],
  ...more,
});
const people = (type: string, ...ids: string[]) => ({ AccountType: type, Accounts: ids.map((AccountId) => ({ AccountId })) });
const bind = (table: string, column = 'region') => ({
  ResourceId: table,
  ColumnName: `${column}_name`,
  MappingColumnName: column,
});
const permission = (name: string, more: object = {}) => ({
  RowPermissionName: name,
  MappingColumns: [{ ColumnName: 'region', ColumnType: 'STRING' }],
  ...more,
});
const many = <T>(count: number, make: (at: number) => T): readonly T[] => Array.from({ length: count }, (_, at) => make(at));

const start = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  fixture.service.change((world) => {
    world.tables.push(STOCK);
  });
  const create = (name: string, more: object = {}) =>
    fixture.ok('CreateRowPermission', { CreateRowPermissionCommand: permission(name, more) });
  const refused = (name: string, more: object = {}) =>
    fixture.code('CreateRowPermission', { CreateRowPermissionCommand: permission(name, more) });
  const list = (query: object = {}) =>
    (
      fixture.ok('ListRowPermission', { PageRowPermissionQuery: { PageNum: 1, PageSize: 50, ...query } }) as {
        PageResult: { TotalCount: number; Data: Row[] };
      }
    ).PageResult;
  const names = (query: object = {}) => list(query).Data.map((row) => row.RowPermissionName);
  const only = () => list().Data[0] as Row;
  const update = (id: string, name: string, more: object = {}) => ({
    UpdateRowPermissionCommand: { RowPermissionId: id, ...permission(name, more) },
  });
  const remove = (id: string) => ({ DeleteRowPermissionCommand: { RowPermissionId: id } });
  return { ...fixture, create, refused, list, names, only, update, remove };
};

describe('row permissions', () => {
  it('answer a create with true, and are found by name with all that was said and nothing else', () => {
    const { create, list } = start();
    const answer = create('by_region', {
      RowPermissionDesc: 'own region',
      MappingColumns: [
        { ColumnName: 'region', ColumnType: 'STRING', ColumnDesc: 'sales region', ColumnId: 7 },
        { ColumnName: 'level', ColumnType: 'string' },
      ],
      Rules: [
        rule('east', {
          Expressions: [
            {
              ...relation('AND', leaf('region', 'IN', 'east', 'north'), {
                ...relation('OR', leaf('level', 'EQUAL', 'a'), { ...leaf('level', 'LIKE', 'b%'), Parent: '-999' }),
                MappingColumnName: '',
              }),
              Parent: 'null',
            },
          ],
          UserMappingList: [people('PERSONAL', ALICE, BOB)],
        }),
        { RuleName: 'all', ScopeType: 'ALL_COLUMN', Status: 0, IsDelete: false, Expressions: [], UserMappingList: [] },
      ],
      Tables: [{ ...bind(ORDERS), ResourceType: 'PHYSICAL_TABLE', ResourceProject: 'finance' }, bind(ORDERS, 'level')],
    });
    expect(answer).toEqual({ Data: true });
    expect(list()).toEqual({
      TotalCount: 1,
      Data: [
        {
          Creator: OWNER,
          GmtCreate: '2026-11-24T02:00:00.500Z',
          GmtModified: '2026-11-24T02:00:00.500Z',
          MappingColumns: [
            { ColumnName: 'region', ColumnType: 'STRING', ColumnDesc: 'sales region' },
            { ColumnName: 'level', ColumnType: 'string', ColumnDesc: '' },
          ],
          Modifier: OWNER,
          RowPermissionDesc: 'own region',
          RowPermissionId: '520000003',
          RowPermissionName: 'by_region',
          Rules: [
            {
              Id: '610000001',
              RuleName: 'east',
              ScopeType: 'SELECT_COLUMN',
              Status: 1,
              IsDelete: false,
              Expressions: [
                relation(
                  'AND',
                  leaf('region', 'IN', 'east', 'north'),
                  relation('OR', leaf('level', 'EQUAL', 'a'), leaf('level', 'LIKE', 'b%')),
                ),
              ],
              UserMappingList: [people('PERSONAL', ALICE, BOB)],
            },
            {
              Id: '610000002',
              RuleName: 'all',
              ScopeType: 'ALL_COLUMN',
              Status: 0,
              IsDelete: false,
              Expressions: [],
              UserMappingList: [],
            },
          ],
          Tables: [bind(ORDERS), bind(ORDERS, 'level')],
          TenantId: '300001413',
        },
      ],
    });
  });

  it('answer a create with the id by the switch', () => {
    const { create, only } = start({ switches: { rowPermissionId: 'number' } });
    expect(create('a')).toEqual({ Data: only().RowPermissionId });
  });

  it('carry their id bare in lists and quoted where they are asked for by table', () => {
    const { create, service } = start();
    create('a', { Tables: [bind(ORDERS)] });
    const gateway = createGateway(service, () => START_MS);
    const [key] = service.keys();
    const wire = (action: string, form: Record<string, string>, nonce: string) =>
      gateway.wire(
        signV3(
          action,
          { query: { OpTenantId: '300001413' }, form },
          { keyId: key?.id ?? '', secret: key?.secret ?? '', nonce, timestamp: timestampOf(START_MS) },
        ),
      ).text;
    expect(wire('ListRowPermission', { PageRowPermissionQuery: '{"PageNum":"1","PageSize":"10"}' }, '1')).toMatch(
      /"RowPermissionId":520000001,/,
    );
    expect(
      wire('GetRowPermissionByTableGuids', { GetRowPermissionByTableGuidsQuery: `{"TableGuids":["${ORDERS}"]}` }, '2'),
    ).toMatch(/"Data":\[\{"RowPermissionDesc":"","RowPermissionId":"520000001","RowPermissionName":"a"\}\]/);
  });

  it('are overwritten by an update: what it leaves out is gone, and the rules have new ids', () => {
    const { create, ok, only, update, clock } = start();
    create('a', { RowPermissionDesc: 'x', Rules: [rule('east'), rule('west')], Tables: [bind(ORDERS)] });
    const before = only();
    expect(ok('UpdateRowPermission', update(before.RowPermissionId, 'b', { Rules: [rule('east')] }))).toEqual({ Data: true });
    const modified = new Date(clock.ms).toISOString();
    expect(only()).toEqual({
      ...before,
      GmtModified: modified,
      RowPermissionName: 'b',
      RowPermissionDesc: '',
      Rules: [{ ...before.Rules[0], Id: expect.stringMatching(/^61\d{7}$/) }],
      Tables: [],
    });
    expect(before.Rules.map((old) => old.Id)).not.toContain(only().Rules[0]?.Id);
  });

  it('lose a rule that an update marks as deleted, whose name another may then bear', () => {
    const { create, only, ok, update } = start();
    create('a', { Rules: [rule('east')] });
    const Rules = [rule('east', { IsDelete: true }), rule('east', { Status: 0 })];
    ok('UpdateRowPermission', update(only().RowPermissionId, 'a', { Rules }));
    expect(only().Rules).toMatchObject([{ RuleName: 'east', Status: 0, IsDelete: false }]);
  });

  it('have a name of their own in the tenant, unless the switch allows another', () => {
    const { create, refused, code, list, update, service } = start();
    create('a');
    create('b');
    expect(refused('a')).toBe('DPN.RowPermission.Duplicated');
    const id = list().Data[0]?.RowPermissionId ?? '';
    expect(code('UpdateRowPermission', update(id, 'a'))).toBe('DPN.RowPermission.Duplicated');
    service.setSwitches({ duplicates: 'allowed' });
    create('a');
    expect(list().TotalCount).toBe(3);
  });

  it('keep to the limits of the manual, and are taken at them', () => {
    const long = (length: number) => 'x'.repeat(length);
    const columns = (count: number, more: object = {}) => ({
      MappingColumns: many(count, (at) => ({ ColumnName: `c${at}`, ColumnType: 'STRING', ...more })),
    });
    const rules = (count: number) => ({ Rules: many(count, (at) => rule(`r${at}`)) });
    const cases: readonly (readonly [string, object, string, object])[] = [
      [long(64), {}, long(65), {}],
      ['description', { RowPermissionDesc: long(128) }, 'x', { RowPermissionDesc: long(129) }],
      ['columns', columns(10), 'x', columns(11)],
      ['column', columns(1, { ColumnName: long(64) }), 'x', columns(1, { ColumnName: long(65) })],
      ['column text', columns(1, { ColumnDesc: long(64) }), 'x', columns(1, { ColumnDesc: long(65) })],
      ['rules', rules(500), 'x', rules(501)],
      ['rule', { Rules: [rule(long(64))] }, 'x', { Rules: [rule(long(65))] }],
      ['rule names', { Rules: [rule('r'), rule('s')] }, 'x', { Rules: [rule('r'), rule('r')] }],
      ['column names', columns(2), 'x', columns(2, { ColumnName: 'c' })],
      ['no columns', columns(0), '', {}],
    ];
    const { create, refused, names } = start();
    for (const [name, taken, badName, bad] of cases) {
      create(name, taken);
      expect([name, refused(badName, bad)]).toEqual([name, 'DPN.RowPermission.Invalid']);
    }
    expect(names()).toEqual(cases.map(([name]) => name).reverse());
  });

  it('refuse conditions that are none, as the service puts it', () => {
    const { call } = start();
    const wrong: readonly (readonly [object, string, string])[] = [
      [leaf('region', 'NOT_IN', 'a'), 'Dataphin.OpenAPI.BadRequest', 'No enum constant com.example.dataphin.OperatorEnum.NOT_IN'],
      [leaf('region', 'OR', 'a'), 'Dataphin.OpenAPI.BadRequest', 'OperatorEnum.OR'],
      [relation('IN', leaf('region', 'IN', 'a')), 'Dataphin.OpenAPI.BadRequest', 'OperatorEnum.IN'],
      [{ ...leaf('region', 'IN', 'a'), Type: 'GROUP' }, 'Dataphin.OpenAPI.BadRequest', 'ExpressionTypeEnum.GROUP'],
      [
        { ...leaf('', 'IN', 'a'), MappingColumnName: null },
        'Dataphin.OpenAPI.BadRequest',
        'required argument: MappingColumnName',
      ],
      [relation('OR', { Type: 'EXPRESSION' }), 'Dataphin.OpenAPI.BadRequest', 'required argument: Operator'],
      [relation('OR', { Type: 'RELATION', Operator: 'OR' }), 'Dataphin.OpenAPI.BadRequest', 'required argument: SubConditions'],
      [
        relation('OR', []),
        'Dataphin.OpenAPI.BadRequest',
        'Expected BEGIN_OBJECT but was BEGIN_ARRAY at path $.rules[0].expressions[0].subConditions[0]',
      ],
      [
        relation('OR', { ...leaf('region', 'IN'), Values: 'a' }),
        'Dataphin.OpenAPI.BadRequest',
        'Expected BEGIN_ARRAY but was STRING at path $.rules[0].expressions[0].subConditions[0].values',
      ],
      [relation('OR'), 'DPN.RowPermission.Invalid', 'relates nothing'],
      [relation('OR', leaf('level', 'IN', 'a')), 'DPN.RowPermission.Invalid', 'names "level", which is no control field'],
      [{ ...leaf('region', 'IN', 'a'), SubConditions: [leaf('region', 'IN', 'a')] }, 'DPN.RowPermission.Invalid', 'below it'],
      [leaf('region', 'IN'), 'DPN.RowPermission.Invalid', 'takes one value or more'],
      [leaf('region', 'EQUAL', 'a', 'b'), 'DPN.RowPermission.Invalid', 'takes one value'],
      [leaf('region', 'LIKE'), 'DPN.RowPermission.Invalid', 'takes one value'],
    ];
    for (const [node, code, message] of wrong) {
      const command = permission('a', { Rules: [rule('east', { Expressions: [node] })] });
      const { body } = call('CreateRowPermission', { CreateRowPermissionCommand: command });
      expect(body).toMatchObject({ Code: code, Message: expect.stringContaining(message) });
    }
  });

  it('refuse a rule of another scope or status, and one for all rows with conditions', () => {
    const { refused, create } = start();
    expect(refused('a', { Rules: [rule('r', { ScopeType: 'SOME' })] })).toBe('Dataphin.OpenAPI.BadRequest');
    expect(refused('a', { Rules: [rule('r', { Status: 2 })] })).toBe('DPN.RowPermission.Invalid');
    expect(refused('a', { Rules: [rule('r', { ScopeType: 'ALL_COLUMN' })] })).toBe('DPN.RowPermission.Invalid');
    expect(refused('a', { Rules: [rule('r', { IsDelete: 1 })] })).toBe('Dataphin.OpenAPI.BadRequest');
    create('a', { Rules: [rule('r', { Expressions: [] })] });
  });

  it('apply to tables that are there, each fed once with every control field that a rule asks for', () => {
    const { refused, create } = start();
    const columns = { MappingColumns: ['region', 'level'].map((ColumnName) => ({ ColumnName, ColumnType: 'STRING' })) };
    const rules = { Rules: [rule('r', { Expressions: [relation('OR', leaf('level', 'EQUAL', 'a'))] })] };
    expect(refused('a', { Tables: [bind('odps.300001413.finance.gone')] })).toBe('DPN.Os.TableNotFound');
    expect(refused('a', { Tables: [bind(ORDERS, 'level')] })).toBe('DPN.RowPermission.Invalid');
    expect(refused('a', { Tables: [bind(ORDERS), { ...bind(ORDERS), ColumnName: 'other' }] })).toBe('DPN.RowPermission.Invalid');
    const tables = [bind(ORDERS, 'level'), bind(STOCK, 'region')];
    expect(refused('a', { ...columns, ...rules, Tables: tables })).toBe('DPN.RowPermission.Invalid');
    create('a', { ...columns, ...rules, Tables: [...tables, bind(STOCK, 'level')] });
    create('b', { ...columns, ...rules });
  });

  it('are granted to members, production accounts and groups that are there, each by its type', () => {
    const { refused, create, ok, service } = start();
    const { UserGroupId: group } = ok('CreateUserGroup', { CreateCommand: { Name: 'g' } }) as { UserGroupId: string };
    ok('CreateBasicProject', { CreateCommand: { Name: 'finance' } });
    const project = service.world().projects[0];
    const { User: producer } = ok('GetProjectProduceUser', { ProjectId: project?.Id }) as { User: { Id: string } };
    const grant = (...UserMappingList: object[]) => ({ Rules: [rule('r', { UserMappingList })] });
    expect(refused('a', grant(people('PERSONAL', DAVE)))).toBe('DPN.TenantMember.NotFound');
    expect(refused('a', grant(people('PERSONAL', group)))).toBe('DPN.TenantMember.NotFound');
    expect(refused('a', grant(people('PRODUCE', ALICE)))).toBe('DPN.RowPermission.Invalid');
    expect(refused('a', grant(people('USER_GROUP', ALICE)))).toBe('DPN.UserGroup.NotFound');
    expect(refused('a', grant(people('DEPARTMENT', ALICE)))).toBe('Dataphin.OpenAPI.BadRequest');
    create('a', grant(people('PERSONAL', ALICE), people('PRODUCE', producer.Id), people('USER_GROUP', group)));
    service.setWorld({ ...service.world(), edition: 'agile' });
    expect(refused('b', grant(people('USER_GROUP', group)))).toBe('DPN.Commons.EditionNotSupport');
  });

  it('tell the accounts of their rules by name, of all rules or of some', () => {
    const { create, ok, code, call, only, service } = start();
    const { UserGroupId: group } = ok('CreateUserGroup', { CreateCommand: { Name: 'analysts' } }) as { UserGroupId: string };
    ok('CreateBasicProject', { CreateCommand: { Name: 'finance' } });
    const producer = service.world().projects[0]?.ProduceUserId ?? '';
    create('a', {
      Rules: [
        rule('east', { UserMappingList: [people('PERSONAL', ALICE), people('USER_GROUP', group)] }),
        rule('west', { UserMappingList: [people('PRODUCE', producer)] }),
      ],
    });
    const { RowPermissionId, Rules } = only();
    const ids = Rules.map((one) => one.Id);
    const ask = (more: object = {}) => ({ GetAccountByRowPermissionIdQuery: { RowPermissionId, ...more } });
    const east = {
      Id: ids[0],
      UserMappingList: [
        { AccountType: 'PERSONAL', Accounts: [{ AccountId: ALICE, AccountName: 'alice@example.com' }] },
        { AccountType: 'USER_GROUP', Accounts: [{ AccountId: group, AccountName: 'analysts' }] },
      ],
    };
    const west = {
      Id: ids[1],
      UserMappingList: [{ AccountType: 'PRODUCE', Accounts: [{ AccountId: producer, AccountName: 'finance' }] }],
    };
    expect(ok('GetAccountByRowPermissionId', ask())).toEqual({ Data: [east, west] });
    expect(ok('GetAccountByRowPermissionId', ask({ RuleIds: [ids[1], '1'] }))).toEqual({ Data: [west] });
    expect(code('GetAccountByRowPermissionId', ask({ RowPermissionId: '1' }))).toBe('DPN.RowPermission.NotFound');
    service.setSwitches({ notFound: 'null' });
    const { body } = call('GetAccountByRowPermissionId', ask({ RowPermissionId: '1' }));
    expect([body.Code, 'Data' in body]).toEqual(['OK', false]);
  });

  it('come newest first by pages, filtered by a part of the name; the page is asked for', () => {
    const { create, names, list, code } = start();
    for (const name of ['one', 'two', 'three']) create(name);
    expect(names()).toEqual(['three', 'two', 'one']);
    expect(names({ Keyword: 'T' })).toEqual(['three', 'two']);
    expect(names({ PageNum: 2, PageSize: 2 })).toEqual(['one']);
    expect(list({ PageNum: 3, PageSize: 2 })).toEqual({ TotalCount: 3, Data: [] });
    expect(code('ListRowPermission', { PageRowPermissionQuery: { PageSize: 10 } })).toBe('Dataphin.OpenAPI.BadRequest');
    expect(code('ListRowPermission', { PageRowPermissionQuery: { PageNum: 1 } })).toBe('Dataphin.OpenAPI.BadRequest');
  });

  it('are listed for a user without id, name or control fields, also those that an active group brings', () => {
    const { create, ok } = start();
    const { UserGroupId: group } = ok('CreateUserGroup', { CreateCommand: { Name: 'g' } }) as { UserGroupId: string };
    ok('AddUserGroupMember', { AddCommand: { UserGroupId: group, UserIdList: [BOB] } });
    const granted = (type: string, id: string) => ({ Rules: [rule('r', { UserMappingList: [people(type, id)] })] });
    create('alice', granted('PERSONAL', ALICE));
    create('group', granted('USER_GROUP', group));
    create('both', { Rules: [rule('r', { UserMappingList: [people('PERSONAL', ALICE, BOB)] })] });
    const rowsOf = (Operator: string) =>
      (
        ok('ListRowPermissionByUserId', { ListRowPermissionByUserIdQuery: { Operator, PageNum: 1, PageSize: 10 } }) as {
          PageResult: { Data: Record<string, unknown>[]; TotalCount: number };
        }
      ).PageResult;
    expect(Object.keys(rowsOf(ALICE).Data[0] ?? {}).sort()).toEqual([
      'Creator',
      'GmtCreate',
      'GmtModified',
      'Modifier',
      'Rules',
      'Tables',
      'TenantId',
    ]);
    expect([ALICE, BOB, CAROL].map((id) => rowsOf(id).TotalCount)).toEqual([2, 2, 0]);
    ok('UpdateUserGroupSwitch', { UserGroupId: group, Active: false });
    expect(rowsOf(BOB).TotalCount).toBe(1);
  });

  it('are found by the tables that they guard, each once', () => {
    const { create, ok, only } = start();
    create('a', { RowPermissionDesc: 'x', Tables: [bind(ORDERS), bind(STOCK)] });
    const { RowPermissionId } = only();
    const ask = (...TableGuids: string[]) =>
      ok('GetRowPermissionByTableGuids', { GetRowPermissionByTableGuidsQuery: { TableGuids } });
    expect(ask(ORDERS, STOCK)).toEqual({ Data: [{ RowPermissionDesc: 'x', RowPermissionId, RowPermissionName: 'a' }] });
    expect(ask('odps.300001413.finance.gone')).toEqual({ Data: [] });
  });

  it('are deleted with their grants; what is gone is not found', () => {
    const { create, ok, code, only, update, remove, list } = start();
    create('a', { Rules: [rule('r', { UserMappingList: [people('PERSONAL', ALICE)] })], Tables: [bind(ORDERS)] });
    const { RowPermissionId: id } = only();
    expect(ok('DeleteRowPermission', remove(id))).toEqual({ Data: true });
    expect(list()).toEqual({ TotalCount: 0, Data: [] });
    expect(code('DeleteRowPermission', remove(id))).toBe('DPN.RowPermission.NotFound');
    expect(code('UpdateRowPermission', update(id, 'a'))).toBe('DPN.RowPermission.NotFound');
  });

  it('stay as long as an API of the data service filters by them', () => {
    const { create, ok, code, only, remove, service } = start();
    create('a');
    const { RowPermissionId: id } = only();
    const filterBy = (...ids: string[]) =>
      service.change((world) => {
        const api = world.dataServiceProjects[0]?.Apis[0];
        if (api) api.RowPermissionIds = ids;
      });
    filterBy('1', id);
    expect(code('DeleteRowPermission', remove(id))).toBe('DPN.RowPermission.InUse');
    filterBy('1');
    ok('DeleteRowPermission', remove(id));
  });

  it('are written by tenant and security administrators and read by every member', () => {
    const { create, ok, code, service, only, update, remove } = start();
    create('a');
    const { RowPermissionId: id } = only();
    service.change((world) => {
      for (const member of world.members) if (member.UserId === BOB) member.RoleList = ['SECURITY_ADMIN'];
    });
    withKeysOf(service, ALICE, BOB);
    const [alice, bob] = [`AK-${ALICE}`, `AK-${BOB}`];
    const command = { CreateRowPermissionCommand: permission('b') };
    expect(code('CreateRowPermission', command, alice)).toBe('DPN.RowPermission.NoPermission');
    expect(code('UpdateRowPermission', update(id, 'c'), alice)).toBe('DPN.RowPermission.NoPermission');
    expect(code('DeleteRowPermission', remove(id), alice)).toBe('DPN.RowPermission.NoPermission');
    ok('UpdateRowPermission', update(id, 'c'), bob);
    expect(ok('ListRowPermission', { PageRowPermissionQuery: { PageNum: 1, PageSize: 9 } }, alice)).toMatchObject({
      PageResult: { Data: [{ RowPermissionName: 'c', Creator: OWNER, Modifier: BOB }] },
    });
  });

  it('change nothing when they are refused', () => {
    const { create, code, only, update, service } = start();
    create('a', { Rules: [rule('r')] });
    const before = service.world();
    expect(code('UpdateRowPermission', update(only().RowPermissionId, 'b', { Tables: [bind('gone')] }))).toBe(
      'DPN.Os.TableNotFound',
    );
    expect(service.world()).toEqual({ ...before, usage: service.world().usage });
    expect(service.calls().at(-1)).toMatchObject({ outcome: 'refused', committed: false, level: 3 });
  });

  it('of a world get ids, people and the defaults of the service', () => {
    const { service, only } = start();
    service.change((world) => {
      world.rowPermissions = [{ RowPermissionName: 'a', Rules: [{ RuleName: 'r' }] }] as never;
    });
    expect(only()).toMatchObject({
      RowPermissionId: '520000001',
      Creator: OWNER,
      Modifier: OWNER,
      GmtCreate: '2025-01-01T00:00:00Z',
      Rules: [{ Id: '610000002', ScopeType: 'SELECT_COLUMN', Status: 1, Expressions: [], UserMappingList: [] }],
    });
    expect(() =>
      service.change((world) => {
        world.rowPermissions.push(...structuredClone(world.rowPermissions));
      }),
    ).toThrow('world.rowPermissions[1].RowPermissionId: "520000001" is there twice');
  });
});
