import { describe, expect, it } from 'vitest';
import { createGateway, createService } from '../../emulator/index.ts';
import { ALICE, BOB, CAROL, type Fixture, OWNER, START_MS, startFixture, withKeysOf } from '../support/emulator-fixture.ts';
import { signV3, timestampOf } from '../support/emulator-signing.ts';

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const MYSQL: Readonly<Record<string, string>> = {
  'jdbc.url': `jdbc:mysql://orders.example.com:3306/orders?${SAFE}`,
  'jdbc.username': 'reader',
  'jdbc.password': 'p4ss',
  version: 'MYSQL_8_X',
  'deploy.type': 'PUBLIC',
  'access.type': 'PUBLIC',
};
const items = (config: Readonly<Record<string, string>>) => Object.entries(config).map(([Key, Value]) => ({ Key, Value }));
const half = (Name: string, config = MYSQL, more: object = {}) => ({
  Name,
  Type: 'MYSQL',
  Description: 'Orders',
  ConfigItemList: items(config),
  ...more,
});
const prodOnly = (Name: string, config = MYSQL, more: object = {}) => ({
  CreateCommand: { ProdDataSourceCreate: half(Name, config, more) },
});
const both = (prod: string, dev: string) => ({
  CreateCommand: { ProdDataSourceCreate: half(prod), DevDataSourceCreate: { DataSourceCreate: half(dev) } },
});
const devOnly = (Name: string, ProdDataSourceId?: string) => ({
  CreateCommand: { DevDataSourceCreate: { DataSourceCreate: half(Name), ...(ProdDataSourceId ? { ProdDataSourceId } : {}) } },
});

type Info = { Id: string; Name: string; ConfigItemList: { Key: string; Value: string }[] } & Record<string, unknown>;
type Row = { ProdDataSourceInfo: Info; DevDataSourceInfo?: Info | null };
type Created = { CreateResult: { ProdDataSourceId: string; DevDataSourceId: string } };

const start = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  const create = (command: object) => (fixture.ok('CreateDataSource', command as never) as Created).CreateResult;
  return { ...fixture, create, rows: rowsOf(fixture), config: configOf(fixture) };
};
const rowsOf =
  ({ ok }: Fixture) =>
  (query: object = {}): Row[] =>
    (
      ok('ListDataSourceWithConfig', { ListQuery: { Page: 1, PageSize: 50, ...query } }) as {
        PageResult: { DataSourceList: Row[] };
      }
    ).PageResult.DataSourceList;
const configOf =
  (fixture: Fixture) =>
  (query: object = {}): Record<string, string> =>
    Object.fromEntries(
      (rowsOf(fixture)(query)[0]?.ProdDataSourceInfo.ConfigItemList ?? []).map(({ Key, Value }) => [Key, Value]),
    );

describe('data sources', () => {
  it('come as pairs, each half with an id of its own, 19 digits long', () => {
    const { create, rows, clock } = start();
    const made = create(both('orders', 'orders_dev'));
    expect([made.ProdDataSourceId, made.DevDataSourceId].map((id) => id.length)).toEqual([19, 19]);
    const shown = (Id: string, Name: string, Env: string) => ({
      ConfigItemList: items({ 'jdbc.database': 'orders', ...MYSQL, 'jdbc.password': '******' }),
      CreateTime: START_MS + 500,
      Creator: OWNER,
      CreatorName: 'Owner',
      Description: 'Orders',
      Env,
      Id,
      ModifyTime: START_MS + 500,
      Name,
      Owner: OWNER,
      OwnerName: 'Owner',
      Scope: 'ALL',
      Type: 'MYSQL',
    });
    expect(rows()).toEqual([
      {
        ProdDataSourceInfo: shown(made.ProdDataSourceId, 'orders', 'PROD'),
        DevDataSourceInfo: shown(made.DevDataSourceId, 'orders_dev', 'DEV'),
      },
    ]);
    expect(clock.ms).toBe(START_MS + 1000);
  });

  it('show null or nothing where there is no development half', () => {
    const { create, rows } = start();
    for (const name of ['a', 'b', 'c', 'd']) create(prodOnly(name));
    const seen = new Set(rows().map((row) => ('DevDataSourceInfo' in row ? row.DevDataSourceInfo : 'absent')));
    expect(seen).toEqual(new Set(['absent', null]));
  });

  it('get a development half later by the id of the production half, once, and say only what was made', () => {
    const { create, code, rows } = start();
    const { ProdDataSourceId: id } = create(prodOnly('orders'));
    const made = create(devOnly('orders', id));
    expect(made).toEqual({ DevDataSourceId: made.DevDataSourceId });
    expect(rows()[0]).toMatchObject({
      ProdDataSourceInfo: { Name: 'orders' },
      DevDataSourceInfo: { Name: 'orders', Env: 'DEV' },
    });
    expect(code('CreateDataSource', devOnly('again', id))).toBe('DPN.DataSource.AlreadyExists');
    expect(code('CreateDataSource', devOnly('lost', '7461272386043599999'))).toBe('DPN.DataSource.NotFound');
    expect(code('CreateDataSource', devOnly('lost', made.DevDataSourceId))).toBe('DPN.DataSource.NotFound');
  });

  it('fail with the raw words of the database for a development half without a production half', () => {
    const { call, service } = start();
    expect(call('CreateDataSource', devOnly('lost'))).toMatchObject({
      status: 400,
      body: { Code: 'DPN.Commons.InternalError', Message: expect.stringContaining('violates not-null constraint') },
    });
    expect(call('CreateDataSource', { CreateCommand: {} }).body.Code).toBe('Dataphin.OpenAPI.BadRequest');
    expect(service.world().dataSources).toEqual([]);
  });

  it('are not made in part: a wrong development half leaves no production half behind', () => {
    const { code, rows } = start();
    const command = both('orders', 'bad name');
    expect(code('CreateDataSource', command)).toBe('DPN.DataSource.Invalid');
    command.CreateCommand.DevDataSourceCreate.DataSourceCreate = half('orders', MYSQL, { Type: 'ORACLE' });
    expect(code('CreateDataSource', command)).toBe('DPN.DataSource.Invalid');
    expect(rows()).toEqual([]);
  });

  it('have names that are unique in each environment, unless the switch allows more', () => {
    const { create, ok, code, service, rows } = start();
    create(both('orders', 'orders'));
    const { ProdDataSourceId: other } = create(prodOnly('other'));
    expect(code('CreateDataSource', prodOnly('orders'))).toBe('DPN.DataSource.Duplicated');
    expect(code('CreateDataSource', devOnly('orders', other))).toBe('DPN.DataSource.Duplicated');
    const rename = { UpdateCommand: { Id: other, Name: 'orders', Description: '' } };
    expect(code('UpdateDataSourceBasicInfo', rename)).toBe('DPN.DataSource.Duplicated');
    service.setSwitches({ duplicates: 'allowed' });
    ok('UpdateDataSourceBasicInfo', rename);
    expect(rows().map((row) => row.ProdDataSourceInfo.Name)).toEqual(['orders', 'orders']);
    expect(service.world().dataSources).toHaveLength(2);
  });

  it('have names of letters, digits, Chinese characters, underscores and hyphens', () => {
    const { create, code } = start();
    create(prodOnly('订单_db-1'));
    for (const name of ['', 'a b', 'a.b', 'x'.repeat(65)])
      expect(code('CreateDataSource', prodOnly(name)), name).toBe('DPN.DataSource.Invalid');
  });

  it('have a type of the enum, spelled as it is', () => {
    const { call, create } = start();
    for (const Type of ['STAR_ROCKS', 'MaxCompute', 'POSTGRESQL'])
      expect(call('CreateDataSource', prodOnly('a', {}, { Type })).body).toMatchObject({
        Code: 'Dataphin.OpenAPI.BadRequest',
        Message: expect.stringContaining(`No enum constant com.example.dataphin.PhysicalDataSourceTypeEnum.${Type}`),
      });
    create(prodOnly('k', { anything: 'goes' }, { Type: 'KAFKA_9_11' }));
  });

  it('connect on creation unless told otherwise', () => {
    const { service, code, create } = start();
    service.change((world) => {
      world.unreachable.push('orders.example.com');
    });
    expect(code('CreateDataSource', prodOnly('a'))).toBe('DPN.DataSource.Invalid');
    expect(code('CreateDataSource', prodOnly('a', MYSQL, { CheckActivity: true }))).toBe('DPN.DataSource.Invalid');
    create(prodOnly('a', MYSQL, { CheckActivity: false }));
    // A type that has no check is not tried.
    create(prodOnly('mq', { host: 'orders.example.com' }, { Type: 'ROCKET_MQ' }));
  });

  it('are stored with whatever keys are sent, which only a connection needs', () => {
    const { create, code, config } = start();
    const wrong = { 'JDBC.URL': 'jdbc:mysql://h/d', endPoint: 'x' };
    expect(code('CreateDataSource', prodOnly('a', wrong))).toBe('DPN.DataSource.Invalid');
    const { ProdDataSourceId: Id } = create(prodOnly('a', wrong, { CheckActivity: false }));
    expect(config()).toEqual(wrong);
    expect(code('CheckDataSourceConnectivityById', { Id })).toBe('DPN.DataSource.Invalid');
  });

  it('of type MYSQL need the safety parameters in their URL, in any order, on create and on update', () => {
    const { code, create, ok } = start();
    const withUrl = (url: string) => ({ ...MYSQL, 'jdbc.url': url });
    const swapped = SAFE.split('&').reverse().join('&');
    const { ProdDataSourceId: Id } = create(prodOnly('a', withUrl(`jdbc:mysql://h:1/d?useSSL=true&${swapped}`)));
    for (const url of [
      'jdbc:mysql://h:1/d',
      `jdbc:mysql://h:1/d?${SAFE.replace('false', 'true')}`,
      `jdbc:mysql://h/d?${SAFE}x`,
    ]) {
      const unsafe = { CheckActivity: false };
      expect(code('CreateDataSource', prodOnly('b', withUrl(url), unsafe)), url).toBe('DATASOURCE_CONNECT_URL_NOT_SAFE_V2');
      const update = { UpdateCommand: { Id, ConfigItemList: items(withUrl(url)) } };
      expect(code('UpdateDataSourceConfig', update), url).toBe('DATASOURCE_CONNECT_URL_NOT_SAFE_V2');
    }
    ok('UpdateDataSourceConfig', { UpdateCommand: { Id, ConfigItemList: items({ ...MYSQL, version: 'MYSQL_5_X' }) } });
    create(prodOnly('doris', withUrl('jdbc:mysql:loadbalance://fe1:9030,fe2:9030/d'), { Type: 'DORIS', CheckActivity: false }));
  });

  it('show items that nobody sent: the database of a JDBC URL, and a deploy type for MaxCompute', () => {
    const { create, config, ok } = start();
    const urls: readonly (readonly [string, string | undefined])[] = [
      ['jdbc:postgresql://h:5432/sales', 'sales'],
      ['jdbc:mysql:loadbalance://fe1:9030,fe2:9030/dw', 'dw'],
      ['jdbc:sqlserver://h:1433;DatabaseName=crm;encrypt=true', 'crm'],
      ['jdbc:sap://h:30015?databaseName=HDB', 'HDB'],
      ['jdbc:teradata://h/DATABASE=tera', 'tera'],
      ['jdbc:clickhouse://h:8123', undefined],
    ];
    for (const [url, database] of urls) {
      const { ProdDataSourceId } = create(prodOnly('a', { 'jdbc.url': url }, { Type: 'ORACLE', CheckActivity: false }));
      expect(config()['jdbc.database'], url).toBe(database);
      ok('DeleteDataSource', { DeleteCommand: { Mode: 'DEV_PROD', ProdDataSourceId } });
    }
    create(prodOnly('mc', { 'maxcompute.project': 'p' }, { Type: 'MAX_COMPUTE', CheckActivity: false }));
    expect(config({ Name: 'mc' })).toEqual({ 'maxcompute.project': 'p', 'deploy.type': 'RDS' });
    const own = { 'deploy.type': 'PUBLIC', 'jdbc.database': 'mine', 'jdbc.url': 'jdbc:x://h/theirs' };
    create(prodOnly('own', own, { Type: 'MAX_COMPUTE', CheckActivity: false }));
    expect(config({ Name: 'own' })).toEqual(own);
  });

  it('show secrets masked, not at all, or plain, by the switch', () => {
    const secrets = {
      'jdbc.password': 's',
      'maxcompute.access.key': 's',
      accessKey: 's',
      password: 's',
      'hive.kerberos.keytab.file': 's',
    };
    const open = { accessId: 'id', 'hive.kerberos.keytab.filename': 'f', 'jdbc.username': 'u' };
    const masked = Object.fromEntries(Object.keys(secrets).map((key) => [key, '******']));
    for (const [secretsInReads, shown] of [
      ['masked', { ...secrets, ...open, ...masked }],
      ['omitted', open],
      ['plain', { ...secrets, ...open }],
    ] as const) {
      const { create, config } = start({ switches: { secretsInReads } });
      create(prodOnly('a', { ...secrets, ...open }, { Type: 'KAFKA_9_11' }));
      expect(config()).toEqual(shown);
    }
  });

  it('take basic info by the id of a half, both fields, and leave the other half alone', () => {
    const { create, ok, code, rows, clock } = start();
    const { DevDataSourceId: Id } = create(both('orders', 'orders'));
    ok('UpdateDataSourceBasicInfo', { UpdateCommand: { Id, Name: 'renamed', Description: '' } });
    expect(rows()[0]).toMatchObject({
      ProdDataSourceInfo: { Name: 'orders', Description: 'Orders', ModifyTime: START_MS + 500 },
      DevDataSourceInfo: { Name: 'renamed', Description: '', ModifyTime: clock.ms - 500 },
    });
    const bad = 'Dataphin.OpenAPI.BadRequest';
    expect(code('UpdateDataSourceBasicInfo', { UpdateCommand: { Id, Name: 'renamed' } })).toBe(bad);
    expect(code('UpdateDataSourceBasicInfo', { UpdateCommand: { Id, Description: '' } })).toBe(bad);
    expect(code('UpdateDataSourceBasicInfo', { UpdateCommand: { Id: '1', Name: 'a', Description: '' } })).toBe(
      'DPN.DataSource.NotFound',
    );
  });

  it('have their config replaced or merged, by the switch', () => {
    for (const dataSourceConfig of ['replace', 'merge'] as const) {
      const { create, ok, service } = start({ switches: { dataSourceConfig } });
      const { ProdDataSourceId, DevDataSourceId } = create(both('orders', 'orders'));
      const changed = { 'jdbc.username': 'writer', connectTimeout: '5' };
      ok('UpdateDataSourceConfig', { UpdateCommand: { Id: ProdDataSourceId, ConfigItemList: items(changed) } });
      const [pair] = service.world().dataSources;
      expect(pair?.Prod.Config).toEqual(dataSourceConfig === 'merge' ? { ...MYSQL, ...changed } : changed);
      expect([pair?.Dev?.Id, pair?.Dev?.Config]).toEqual([DevDataSourceId, MYSQL]);
    }
  });

  it('are deleted by half or together, always by the id of the production half', () => {
    const { create, ok, code, rows } = start();
    const { ProdDataSourceId, DevDataSourceId } = create(both('orders', 'orders'));
    const remove = (Mode: string, id: string) => ({ DeleteCommand: { Mode, ProdDataSourceId: id } });
    expect(code('DeleteDataSource', remove('PROD', ProdDataSourceId))).toBe('Dataphin.OpenAPI.BadRequest');
    expect(code('DeleteDataSource', remove('DEV', DevDataSourceId))).toBe('DPN.DataSource.NotFound');
    ok('DeleteDataSource', remove('DEV', ProdDataSourceId));
    expect(rows().map((row) => [row.ProdDataSourceInfo.Name, row.DevDataSourceInfo ?? null])).toEqual([['orders', null]]);
    expect(code('DeleteDataSource', remove('DEV', ProdDataSourceId))).toBe('DPN.DataSource.NotFound');
    create(devOnly('orders', ProdDataSourceId));
    ok('DeleteDataSource', remove('DEV_PROD', ProdDataSourceId));
    expect(rows()).toEqual([]);
    expect(code('DeleteDataSource', remove('DEV_PROD', ProdDataSourceId))).toBe('DPN.DataSource.NotFound');
  });

  it('stay while tasks depend on them', () => {
    const { create, ok, code, service } = start();
    const { ProdDataSourceId, DevDataSourceId } = create(both('orders', 'orders'));
    const task = { Id: '9', Name: 'load', Type: 'pipeline', TypeCode: 'pipeline' };
    expect(ok('GetDataSourceDependencies', { Id: ProdDataSourceId })).toEqual({ DependencyList: [] });
    service.change((world) => {
      world.dataSources[0]?.Dependencies.push(task);
    });
    for (const Id of [ProdDataSourceId, DevDataSourceId])
      expect(ok('GetDataSourceDependencies', { Id })).toEqual({ DependencyList: [task] });
    for (const Mode of ['DEV', 'DEV_PROD'])
      expect(code('DeleteDataSource', { DeleteCommand: { Mode, ProdDataSourceId } })).toBe('DPN.DataSource.InUse');
    expect(code('GetDataSourceDependencies', { Id: '1' })).toBe('DPN.DataSource.NotFound');
    service.setSwitches({ notFound: 'null' });
    expect(ok('GetDataSourceDependencies', { Id: '1' })).toEqual({});
  });

  it('take their grants with them, and leave those of others', () => {
    const { create, service, ok } = start();
    const [mine, other] = [create(both('a', 'a')), create(prodOnly('b'))];
    service.change((world) => {
      for (const ResourceId of [mine.ProdDataSourceId, mine.DevDataSourceId, other.ProdDataSourceId])
        world.resourceGrants.push({
          RecordId: '',
          ResourceType: 'DATASOURCE',
          ResourceId,
          AccountId: ALICE,
          AccountType: 'PERSONAL',
          AuthScope: 'selectTable',
          Operations: { SYNC_READ: '3025-12-31 23:59:59' },
          Pending: {},
          GmtCreate: START_MS,
          GmtModified: START_MS,
        });
    });
    const left = () => service.world().resourceGrants.map((grant) => grant.ResourceId);
    ok('DeleteDataSource', { DeleteCommand: { Mode: 'DEV', ProdDataSourceId: mine.ProdDataSourceId } });
    expect(left()).toEqual([mine.ProdDataSourceId, other.ProdDataSourceId]);
    ok('DeleteDataSource', { DeleteCommand: { Mode: 'DEV_PROD', ProdDataSourceId: mine.ProdDataSourceId } });
    expect(left()).toEqual([other.ProdDataSourceId]);
  });

  it('are found by a part of either name, by type, owner and scope; a wrong value finds nothing', () => {
    const { create, rows } = start();
    create(both('orders', 'tryout'));
    create(prodOnly('Orders_archive', { k: 'v' }, { Type: 'KAFKA_9_11' }));
    create(prodOnly('stock', { k: 'v' }, { Type: 'OSS', CheckActivity: false }));
    const names = (query: object) => rows(query).map((row) => row.ProdDataSourceInfo.Name);
    expect([
      names({}),
      names({ Name: 'orders' }),
      names({ Name: 'tryout' }),
      names({ TypeList: ['MYSQL', 'OSS'] }),
      names({ TypeList: ['KAFKA'] }),
      names({ TypeList: [] }),
      names({ ScopeList: ['ALL'] }),
      names({ ScopeList: ['STREAMING'] }),
      names({ OwnerList: [ALICE] }),
      names({ Tag: 'x' }),
      names({ Page: 2, PageSize: 2 }),
      names({ Page: 9 }),
    ]).toEqual([
      ['stock', 'Orders_archive', 'orders'],
      ['Orders_archive', 'orders'],
      ['orders'],
      ['stock', 'orders'],
      [],
      ['stock', 'Orders_archive', 'orders'],
      ['stock', 'Orders_archive', 'orders'],
      [],
      [],
      [],
      ['orders'],
      [],
    ]);
  });

  it('are checked with a config or by id; the answer is Data, with the reason as the message', () => {
    const { create, ok, call, code, service } = start();
    const check = (Type: string, config: Readonly<Record<string, string>>) => ({
      CheckCommand: { Type, ConfigItemList: items(config) },
    });
    const { DevDataSourceId: Id } = create(both('orders', 'orders'));
    expect([ok('CheckDataSourceConnectivity', check('MYSQL', MYSQL)), ok('CheckDataSourceConnectivityById', { Id })]).toEqual([
      { Data: true },
      { Data: true },
    ]);
    service.change((world) => {
      world.unreachable.push('orders.example.com');
    });
    for (const answer of [
      call('CheckDataSourceConnectivity', check('MYSQL', MYSQL)),
      call('CheckDataSourceConnectivityById', { Id }),
    ])
      expect(answer).toMatchObject({
        status: 200,
        body: { Success: true, Code: 'OK', Data: false, Message: 'the data source cannot be reached with this config' },
      });
    expect(code('CheckDataSourceConnectivity', check('MYSQL', { ...MYSQL, version: '' }))).toBe('DPN.DataSource.Invalid');
    expect(code('CheckDataSourceConnectivity', check('MYSQL', { ...MYSQL, 'access.type': 'VPC', 'vpc.id': 'v' }))).toBe(
      'DPN.DataSource.Invalid',
    );
    expect(code('CheckDataSourceConnectivity', check('KAFKA', {}))).toBe('Dataphin.OpenAPI.BadRequest');
    for (const type of ['ROCKET_MQ', 'API', 'HUDI', 'DW_OPENAPI', 'QBI_OPENAPI', 'RABBITMQ', 'ALI_DING_DOC'])
      expect(code('CheckDataSourceConnectivity', check(type, {})), type).toBe('DPN.DataSource.Invalid');
    expect(code('CheckDataSourceConnectivityById', { Id: '1' })).toBe('DPN.DataSource.NotFound');
  });

  it('are written by data source managers, project administrators and biz unit architects, and read by every member', () => {
    const { service, ok, code } = start({ edition: 'intelligent' });
    withKeysOf(service, ALICE, BOB, CAROL);
    service.change((world) => {
      for (const member of world.members) if (member.UserId === ALICE) member.RoleList = ['DATASOURCE_MANAGER'];
      for (const member of world.members) if (member.UserId === CAROL) member.RoleList = ['SYSTEM_ADMIN'];
    });
    ok('CreateDataSource', prodOnly('a'), `AK-${ALICE}`);
    for (const user of [BOB, CAROL])
      expect(code('CreateDataSource', prodOnly('b'), `AK-${user}`)).toBe('DPN.DataSource.NoPermission');
    expect(ok('ListDataSourceWithConfig', { ListQuery: { Page: 1, PageSize: 9 } }, `AK-${BOB}`)).toMatchObject({
      PageResult: { TotalCount: 1, DataSourceList: [{ ProdDataSourceInfo: { Owner: ALICE, OwnerName: 'Alice' } }] },
    });
    service.change((world) => {
      world.bizUnits[0]?.AccountList.push({ Id: BOB });
    });
    ok('CreateDataSource', prodOnly('b'), `AK-${BOB}`);
  });

  it('are read late by the switch lagMs', () => {
    const { create, rows, clock } = start({ switches: { lagMs: 5000 } });
    create(prodOnly('a'));
    expect(rows()).toEqual([]);
    clock.ms += 5000;
    expect(rows()).toHaveLength(1);
  });
});

describe('ids of data sources on the wire', () => {
  it('are bare numbers of 19 digits in answers, and text or numbers in requests', () => {
    const secret = 's';
    let ms = START_MS;
    const service = createService({ seed: 1, clock: { nowMs: () => ms } });
    service.change((world) => {
      world.keys = [{ id: 'RW', secret, userId: OWNER, readOnly: false }];
    });
    const gateway = createGateway(service, () => ms);
    let nonce = 0;
    const send = (action: string, form: Readonly<Record<string, string>>) => {
      ms += 500;
      const signer = { keyId: 'RW', secret, nonce: String(nonce++), timestamp: timestampOf(ms) };
      return gateway.wire(signV3(action, { query: { OpTenantId: '300001413' }, form }, signer)).text;
    };
    const made = send('CreateDataSource', { CreateCommand: JSON.stringify(both('orders', 'orders').CreateCommand) });
    const [, prod, dev] = /"CreateResult":\{"ProdDataSourceId":(\d{19}),"DevDataSourceId":(\d{19})\}/.exec(made) ?? [];
    const listed = send('ListDataSourceWithConfig', { ListQuery: '{"Page":1,"PageSize":9}' });
    expect(/"Id":(\d+),/g[Symbol.match](listed)).toEqual([`"Id":${prod},`, `"Id":${dev},`]);
    const rename = (id: string) =>
      send('UpdateDataSourceBasicInfo', { UpdateCommand: `{"Id":${id},"Name":"n","Description":""}` });
    expect([rename(`"${prod}"`), rename(String(dev))].map((text) => JSON.parse(text).Code)).toEqual(['OK', 'OK']);
    expect(rename(String(Number(prod)))).toContain('"Code":"DPN.DataSource.NotFound"');
  });
});
