import { describe, expect, it } from 'vitest';
import type { JsonObject, Plan } from '../../engine/index.ts';
import { dataSourceCases } from './data-sources.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf, type Tenant } from './tenant.ts';

for (const one of dataSourceCases) describeKind(one);

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const CONFIG = {
  version: 'MYSQL_8_X',
  'deploy.type': 'PUBLIC',
  'access.type': 'PUBLIC',
  'jdbc.url': `jdbc:mysql://orders.example.com:3306/orders?${SAFE}`,
  'jdbc.username': 'reader',
  'jdbc.password': '${env:MC_KEY}',
};
const SOURCE = { type: 'MYSQL', prod: { description: 'Orders', config: CONFIG } };
const PAIR = { ...SOURCE, dev: { name: 'orders_db_dev', config: CONFIG } };
const OURS = { onRemove: 'delete' };
const files = (source: object | null): JsonObject => ({
  dataSources: source === null ? {} : { orders_db: source as JsonObject },
});
const withConfig = (config: object): object => ({ ...SOURCE, prod: { ...SOURCE.prod, config: { ...CONFIG, ...config } } });

const PASSWORD = 'hunter2-hunter2';
const LIVE = { ...CONFIG, 'jdbc.password': PASSWORD };
const half = (Name: string, Config: object = LIVE, more: object = {}): JsonObject =>
  ({ Name, Type: 'MYSQL', Description: 'Orders', Config, ...more }) as JsonObject;
const worldOf = (pair: object): JsonObject => ({ dataSources: [pair as JsonObject] });

const requestOf = (plan: Plan, name: string): unknown => plan.steps.find((step) => step.id.endsWith(`#${name}`))?.request;
const itemsOf = (request: unknown, ...path: readonly string[]): Record<string, unknown> => {
  const at = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], request);
  const { ConfigItemList } = at as { readonly ConfigItemList: readonly { readonly Key: string; readonly Value: unknown }[] };
  return Object.fromEntries(ConfigItemList.map(({ Key, Value }) => [Key, Value]));
};
const configLive = (tenant: Tenant) => tenant.sim.service.world().dataSources[0]?.Prod.Config;
const reasonsOf = (plan: Plan): readonly string[] =>
  plan.changes.flatMap((change) => change.fields.map((one) => `${one.pointer} ${one.reason}${one.stands ? ' stands' : ''}`));

describe('data sources', () => {
  it('need a type and a config to be created, and neither to be adopted', async () => {
    const tenant = startTenant({ world: worldOf({ Prod: half('orders_db'), Dev: half('orders_db') }) });
    expect(await tenant.errors({ dataSources: { fresh: {} } })).toEqual(['FIELD_REQUIRED', 'FIELD_REQUIRED']);
    expect(await tenant.errors({ dataSources: { fresh: { ...SOURCE, dev: {} } } })).toEqual(['FIELD_REQUIRED']);
    await tenant.settle(files({ prod: {}, dev: {} }));
    await tenant.settle(files({}));
  });

  it('tell the service whether to try the connection, which it else would', async () => {
    const tenant = startTenant({ world: { unreachable: ['orders.example.com'] } });
    const plan = await tenant.settle(files(PAIR));
    expect(requestOf(plan, 'create')).toMatchObject({
      CreateCommand: {
        ProdDataSourceCreate: { Name: 'orders_db', Type: 'MYSQL', Description: 'Orders', CheckActivity: false },
        DevDataSourceCreate: { DataSourceCreate: { Name: 'orders_db_dev', Description: '', CheckActivity: false } },
      },
    });
  });

  it('that cannot be reached are not created: the check before says so, and nothing else is sent', async () => {
    const tenant = startTenant({ world: { unreachable: ['orders.example.com'] } });
    const checked = { ...SOURCE, prod: { ...SOURCE.prod, check: 'connectivity' } };
    const { plan, result } = await tenant.apply(files(checked));
    expect(stepsOf(plan)).toEqual(['dataSources/orders_db#prod check', 'dataSources/orders_db#create']);
    expect(requestOf(plan, 'create')).toMatchObject({ CreateCommand: { ProdDataSourceCreate: { CheckActivity: true } } });
    expect(result.exit).toBe(5);
    expect(result.steps.map(({ outcome, code }) => [outcome, code])).toEqual([['rejected', 'UNREACHABLE']]);
    expect(tenant.sim.service.world().dataSources).toEqual([]);
  });

  it('whose new config reaches nothing keep the old one, and what does not depend on it goes on', async () => {
    const tenant = startTenant({ world: { ...worldOf({ Prod: half('orders_db') }), unreachable: ['other.example.com'] } });
    const other = withConfig({ 'jdbc.url': `jdbc:mysql://other.example.com:3306/orders?${SAFE}` }) as typeof SOURCE;
    const { result } = await tenant.apply(
      files({ ...other, prod: { ...other.prod, description: 'All', check: 'connectivity' } }),
    );
    expect([result.exit, result.steps.map(({ outcome }) => outcome)]).toEqual([5, ['rejected', 'done']]);
    expect(tenant.sim.service.world().dataSources[0]?.Prod).toMatchObject({ Description: 'All', Config: LIVE });
  });

  it('send the secret, and nothing but the service ever sees it', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle(files(SOURCE));
    expect(configLive(tenant)?.['jdbc.password']).toBe(PASSWORD);
    expect(JSON.stringify(plan)).not.toContain(PASSWORD);
    expect(plan.needs).toEqual(['env:MC_KEY']);
  });

  for (const secretsInReads of ['masked', 'omitted', 'plain'] as const)
    it(`go without a word of what they hold where reads show secrets ${secretsInReads}`, async () => {
      const config = { ...CONFIG, 'jdbc.username': '${env:MC_KEY}' };
      const tenant = startTenant({ switches: { secretsInReads } });
      const pair = { ...SOURCE, prod: { ...SOURCE.prod, config }, dev: { config } };
      await tenant.settle(files(pair));
      expect(JSON.stringify(await tenant.plan(files({ ...SOURCE, prod: {} })))).not.toContain(PASSWORD);
      expect(JSON.stringify(await tenant.plan(files({ ...pair, dev: undefined })))).not.toContain(PASSWORD);
      expect(JSON.stringify(await tenant.settle(files(null)))).not.toContain(PASSWORD);
    });

  it('keep what is live and in no file, and send it back, but not what the service parsed out of the URL', async () => {
    const tenant = startTenant({ world: worldOf({ Prod: half('orders_db', { ...LIVE, 'jdbc.timeout': '5' }) }) });
    const adopted = await tenant.settle(files(SOURCE));
    expect(reasonsOf(adopted)).toEqual(['/prod/config/jdbc.database default stands', '/prod/config/jdbc.timeout default stands']);
    const plan = await tenant.settle(files(withConfig({ 'jdbc.url': `jdbc:mysql://orders.example.com:3306/archive?${SAFE}` })));
    expect(Object.keys(itemsOf(requestOf(plan, 'prod config'), 'UpdateCommand'))).toEqual(
      [...Object.keys(CONFIG), 'jdbc.timeout'].sort(),
    );
    expect(configLive(tenant)).toMatchObject({ 'jdbc.timeout': '5' });
    expect(configLive(tenant)).not.toHaveProperty('jdbc.database');
  });

  it('say so when an item that was ours is in no file any more, and let one stand that others added', async () => {
    const tenant = startTenant();
    await tenant.settle(files(withConfig({ 'jdbc.timeout': '5' })));
    tenant.sim.service.change((world) => {
      (world.dataSources[0]?.Prod.Config as Record<string, string>)['jdbc.fetch'] = '100';
    });
    const plan = await tenant.settle(files(SOURCE));
    expect(reasonsOf(plan)).toEqual([
      '/prod/config/jdbc.database default stands',
      '/prod/config/jdbc.fetch default stands',
      '/prod/config/jdbc.timeout removed',
    ]);
    expect(configLive(tenant)).toEqual({ ...LIVE, 'jdbc.fetch': '100' });
  });

  it('take back what others changed in the config', async () => {
    const tenant = startTenant();
    await tenant.settle(files(SOURCE));
    tenant.sim.service.change((world) => {
      (world.dataSources[0]?.Prod.Config as Record<string, string>)['jdbc.username'] = 'root';
    });
    expect(reasonsOf(await tenant.settle(files(SOURCE)))).toContain('/prod/config/jdbc.username drifted');
    expect(configLive(tenant)).toEqual(LIVE);
  });

  for (const secretsInReads of ['masked', 'plain'] as const)
    it(`need what the service keeps to be declared before the config is changed, reads being ${secretsInReads}`, async () => {
      const Config = { ...LIVE, 'truststore.password': PASSWORD };
      const tenant = startTenant({ world: worldOf({ Prod: half('orders_db', Config) }), switches: { secretsInReads } });
      await tenant.settle(files(SOURCE));
      const changed = withConfig({ 'jdbc.username': 'writer' });
      expect(await tenant.errors(files(changed))).toEqual(['CONFIG_NEEDED']);
      await tenant.settle(files({ ...SOURCE, prod: { ...SOURCE.prod, description: 'All orders' } }));
      const whole = withConfig({ 'jdbc.username': 'writer', 'truststore.password': '${env:MC_KEY}' });
      await tenant.settle(files(whole));
      expect(configLive(tenant)).toEqual({ ...Config, 'jdbc.username': 'writer' });
      // Ours by now: without the line it goes.
      await tenant.settle(files(changed));
      expect(configLive(tenant)).toEqual({ ...LIVE, 'jdbc.username': 'writer' });
    });

  it('cannot rotate what no file has', async () => {
    const tenant = startTenant({ world: worldOf({ Prod: half('orders_db') }) });
    await tenant.settle(files({ prod: { secretsVersion: '1' } }));
    expect(await tenant.errors(files({ prod: { secretsVersion: '2' } }))).toEqual(['CONFIG_NEEDED']);
  });

  it('take a literal that the service masks for what was sent', async () => {
    const tenant = startTenant();
    const kafka = (key: string) => ({ type: 'KAFKA_9_11', prod: { config: { servers: 'kafka:9092', key } } });
    await tenant.settle(files(kafka('a')));
    expect((await tenant.plan(files(kafka('a')))).steps).toEqual([]);
    expect(reasonsOf(await tenant.settle(files(kafka('b'))))).toContain('/prod/config/key changed');
    expect(configLive(tenant)).toEqual({ servers: 'kafka:9092', key: 'b' });
  });

  it('that tasks use stay, whole or by half, and the rest goes on', async () => {
    const uses = [{ Id: '1', Name: 'load_orders' }];
    const tenant = startTenant();
    await tenant.settle({ dataSources: { orders_db: { ...PAIR, lifecycle: OURS }, other_db: { ...SOURCE, lifecycle: OURS } } });
    tenant.sim.service.change((world) => {
      const used = world.dataSources.find((one) => one.Prod.Name === 'orders_db');
      (used as { Dependencies: unknown }).Dependencies = uses.map((use) => ({ ...use, Type: '', TypeCode: 'pipeline' }));
    });
    const whole = await tenant.plan({ dataSources: {} });
    expect(guardsOf(whole)).toEqual(['IN_USE']);
    expect(whole.guards[0]?.message).toContain('load_orders');
    expect(stepsOf(whole)).toEqual(['dataSources/other_db#delete']);
    const { plan, result } = await tenant.apply({
      dataSources: { orders_db: { ...SOURCE, prod: { ...SOURCE.prod, description: 'All' }, lifecycle: OURS } },
    });
    expect(plan.guards.map(({ code, pointer }) => [code, pointer])).toEqual([['IN_USE', '/dev']]);
    expect(stepsOf(plan)).toEqual(['dataSources/orders_db#prod', 'dataSources/other_db#delete']);
    expect(result.exit).toBe(12);
    expect(tenant.sim.service.world().dataSources.map(({ Prod, Dev }) => [Prod.Name, Prod.Description, Dev?.Name])).toEqual([
      ['orders_db', 'All', 'orders_db_dev'],
    ]);
    expect(plan.bill.spent).toEqual(plan.bill.minimum);
  });

  it('with a development half that is not ours stay: the service deletes both or none', async () => {
    const tenant = startTenant();
    await tenant.settle(files({ ...SOURCE, lifecycle: OURS }));
    tenant.sim.service.change((world) => {
      const [pair] = world.dataSources;
      (pair as { Dev: unknown }).Dev = { ...pair?.Prod, Id: '99', Name: 'theirs' };
    });
    expect(guardsOf(await tenant.plan({ dataSources: {} }))).toEqual(['IN_USE']);
    await tenant.settle(files({ ...SOURCE, dev: {}, lifecycle: OURS }));
    expect(stepsOf(await tenant.settle({ dataSources: {} }))).toEqual(['dataSources/orders_db#delete']);
  });

  it('that were adopted keep the half that no file names any more', async () => {
    const tenant = startTenant({ world: worldOf({ Prod: half('orders_db'), Dev: half('orders_db_dev') }) });
    await tenant.settle(files(PAIR));
    expect(reasonsOf(await tenant.settle(files(SOURCE)))).toContain('/dev unset stands');
    expect(tenant.sim.service.world().dataSources[0]?.Dev?.Name).toBe('orders_db_dev');
  });

  it('get the half back that somebody deleted, with its secrets', async () => {
    const tenant = startTenant();
    await tenant.settle(files(PAIR));
    tenant.sim.service.change((world) => {
      (world.dataSources[0] as { Dev: unknown }).Dev = null;
    });
    const plan = await tenant.settle(files(PAIR));
    expect(reasonsOf(plan)).toContain('/dev drifted');
    expect(requestOf(plan, 'dev+')).toMatchObject({
      CreateCommand: { DevDataSourceCreate: { ProdDataSourceId: tenant.sim.service.world().dataSources[0]?.Prod.Id } },
    });
    expect(tenant.sim.service.world().dataSources[0]?.Dev).toMatchObject({ Name: 'orders_db_dev', Config: LIVE });
  });

  it('of another type are made of what the files say: nothing of the old config goes over', async () => {
    const tenant = startTenant({ world: worldOf({ Prod: half('orders_db', { ...LIVE, 'jdbc.timeout': '5' }) }) });
    await tenant.settle(files(SOURCE));
    const other = { ...SOURCE, type: 'OCEANBASE', lifecycle: { allow: ['replace'] } };
    const plan = await tenant.settle(files(other));
    expect(stepsOf(plan)).toEqual(['dataSources/orders_db#delete', 'dataSources/orders_db#create']);
    expect(configLive(tenant)).toEqual(LIVE);
  });

  it('of a type that nobody knows are sent as they are, with a warning that knows a better word', async () => {
    const tenant = startTenant();
    const { plan, result } = await tenant.apply(files({ type: 'KAFKA', prod: { config: {} } }));
    expect(plan.warnings.map(({ code, hint }) => [code, hint])).toEqual([['VALUE_WRONG', 'Did you mean "KAFKA_9_11"?']]);
    expect(result.exit).toBe(5);
  });

  it('keep the name of a development half that no file says, also when the production half is renamed', async () => {
    const tenant = startTenant();
    await tenant.settle(files({ ...SOURCE, dev: { config: CONFIG } }));
    const renamed = { shop_db: { ...SOURCE, dev: { config: CONFIG }, renamedFrom: 'orders_db' } };
    expect(stepsOf(await tenant.settle({ dataSources: renamed }))).toEqual(['dataSources/shop_db#prod']);
    expect(tenant.sim.service.world().dataSources[0]).toMatchObject({ Prod: { Name: 'shop_db' }, Dev: { Name: 'orders_db' } });
  });
});
