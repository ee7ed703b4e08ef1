/** Data sources: a pair made at once, one whose development half comes and goes, and one of a type whose keys are not public. */
import { dataSources } from '../../engine/kinds/data-sources.ts';
import type { KindCase, Variant } from './case.ts';

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const CONFIG = {
  version: 'MYSQL_8_X',
  'deploy.type': 'PUBLIC',
  'access.type': 'PUBLIC',
  'jdbc.url': `jdbc:mysql://orders.example.com:3306/orders?${SAFE}`,
  'jdbc.username': 'reader',
  'jdbc.password': '${env:MC_KEY}',
};
const DEV_CONFIG = { ...CONFIG, 'jdbc.url': `jdbc:mysql://orders-dev.example.com:3306/orders?${SAFE}` };
const LIFECYCLE = { allow: ['delete'], onRemove: 'delete' };
const PROD = { description: 'Orders', config: CONFIG, secretsVersion: '2026-11' };
const DEV = { name: 'orders_db_dev', description: 'Orders, to try', config: DEV_CONFIG, secretsVersion: '2026-11' };
const ONE = { type: 'MYSQL', prod: PROD, lifecycle: LIFECYCLE };
const PAIR = { ...ONE, dev: DEV };

/** What can change in a half: by its own id, name and description by one call, the config by another. */
const ofHalf = (): readonly Variant[] => {
  const to = (change: object) => ({ ...PAIR, prod: { ...PROD, ...change } });
  const config = (change: object) => to({ config: { ...CONFIG, ...change } });
  return [
    {
      name: 'another description',
      to: to({ description: 'All orders' }),
      pointers: ['/prod/description'],
      operations: ['UpdateDataSourceBasicInfo'],
    },
    {
      name: 'another value of the config',
      to: config({ 'jdbc.username': 'writer' }),
      pointers: ['/prod/config/jdbc.username'],
      operations: ['UpdateDataSourceConfig'],
    },
    {
      name: 'another database, which the service parses out of the URL',
      to: config({ 'jdbc.url': `jdbc:mysql://orders.example.com:3306/archive?${SAFE}` }),
      pointers: ['/prod/config/jdbc.url'],
      operations: ['UpdateDataSourceConfig'],
    },
    {
      name: 'a key more in the config',
      to: config({ 'jdbc.timeout': '30' }),
      pointers: ['/prod/config/jdbc.timeout'],
      operations: ['UpdateDataSourceConfig'],
    },
    {
      name: 'a value from a source in the place of a literal: what it was cannot be compared',
      to: config({ 'jdbc.username': 'reader-${env:MC_KEY}' }),
      pointers: ['/prod/config/jdbc.username'],
      operations: ['UpdateDataSourceConfig'],
    },
    {
      name: 'a rotation',
      to: to({ secretsVersion: '2026-12' }),
      pointers: ['/prod/secretsVersion'],
      operations: ['UpdateDataSourceConfig'],
    },
    {
      name: 'description and config',
      to: to({ description: 'All orders', config: { ...CONFIG, 'jdbc.username': 'writer' } }),
      pointers: ['/prod/config/jdbc.username', '/prod/description'],
      operations: ['UpdateDataSourceBasicInfo', 'UpdateDataSourceConfig'],
    },
    {
      name: 'a check, which is no difference',
      to: to({ check: 'connectivity' }),
      pointers: [],
      operations: [],
    },
    {
      name: 'a check before and after a change of the config',
      to: to({ check: 'connectivity', config: { ...CONFIG, 'jdbc.username': 'writer' } }),
      pointers: ['/prod/config/jdbc.username'],
      operations: ['CheckDataSourceConnectivity', 'UpdateDataSourceConfig', 'CheckDataSourceConnectivityById'],
    },
    {
      name: 'no config declared: it is no longer compared',
      to: to({ config: undefined }),
      pointers: [],
      operations: [],
    },
  ];
};

const switches = [
  { businessErrors: 'http200' },
  { absentOnUpdate: 'cleared' },
  { duplicates: 'allowed' },
  { secretsInReads: 'omitted' },
  { secretsInReads: 'plain' },
  { dataSourceConfig: 'merge' },
  { dataSourceConfig: 'merge', secretsInReads: 'plain' },
  { notFound: 'null' },
  { lagMs: 1500 },
] as const;

const KAFKA_CONFIG = { 'bootstrap.servers': 'kafka:9092', security: 'PLAIN', 'login.token': '${env:MC_KEY}' };
const KAFKA = {
  type: 'KAFKA_9_11',
  prod: { description: 'Events', config: KAFKA_CONFIG },
  lifecycle: LIFECYCLE,
};

export const dataSourceCases: readonly KindCase[] = [
  {
    title: 'dataSources: a pair',
    kind: dataSources,
    key: 'orders_db',
    start: PAIR,
    creates: ['CreateDataSource'],
    deletes: ['DeleteDataSource'],
    variants: [
      ...ofHalf(),
      {
        name: 'another description of the development half',
        to: { ...PAIR, dev: { ...DEV, description: 'All orders, to try' } },
        pointers: ['/dev/description'],
        operations: ['UpdateDataSourceBasicInfo'],
      },
      {
        name: 'another database and another secret of the development half, checked',
        to: { ...PAIR, dev: { ...DEV, config: CONFIG, secretsVersion: '2026-12', check: 'connectivity' } },
        pointers: ['/dev/config/jdbc.url', '/dev/secretsVersion'],
        operations: ['CheckDataSourceConnectivity', 'UpdateDataSourceConfig', 'CheckDataSourceConnectivityById'],
      },
      {
        name: 'another name of the development half',
        to: { ...PAIR, dev: { ...DEV, name: 'orders_test' } },
        pointers: ['/dev/name'],
        operations: ['UpdateDataSourceBasicInfo'],
      },
      {
        name: 'another name',
        key: 'shop_db',
        to: { ...PAIR, renamedFrom: 'orders_db' },
        pointers: [''],
        operations: ['UpdateDataSourceBasicInfo'],
      },
      {
        name: 'other names of both halves, another secret and another description: each call is known by what it brings about',
        key: 'shop_db',
        to: {
          ...PAIR,
          renamedFrom: 'orders_db',
          prod: { ...PROD, secretsVersion: '2026-12' },
          dev: { ...DEV, name: 'shop_db_dev' },
        },
        pointers: ['', '/dev/name', '/prod/secretsVersion'],
        operations: ['UpdateDataSourceBasicInfo', 'UpdateDataSourceBasicInfo', 'UpdateDataSourceConfig'],
      },
      {
        name: 'no development half any more',
        to: ONE,
        pointers: ['/dev'],
        operations: ['DeleteDataSource'],
      },
      {
        name: 'no development half any more, under another name',
        key: 'shop_db',
        to: { ...ONE, renamedFrom: 'orders_db' },
        pointers: ['', '/dev'],
        operations: ['UpdateDataSourceBasicInfo', 'DeleteDataSource'],
      },
      {
        name: 'another type, which waits',
        to: { ...PAIR, type: 'OCEANBASE' },
        pointers: [],
        operations: [],
        guard: 'REPLACE_PREVENTED',
      },
      {
        name: 'another type, with leave to replace',
        to: { ...PAIR, type: 'OCEANBASE', lifecycle: { allow: ['delete', 'replace'], onRemove: 'delete' } },
        pointers: ['/type'],
        operations: ['DeleteDataSource', 'CreateDataSource'],
      },
    ],
    switches,
  },
  {
    title: 'dataSources: one half, and then a pair',
    kind: dataSources,
    key: 'orders_db',
    start: ONE,
    creates: ['CreateDataSource'],
    deletes: ['DeleteDataSource'],
    variants: [
      {
        name: 'a development half',
        to: PAIR,
        pointers: [
          '/dev',
          '/dev/name',
          '/dev/description',
          ...Object.keys(CONFIG).map((key) => `/dev/config/${key}`),
          '/dev/secretsVersion',
        ].sort(),
        operations: ['CreateDataSource'],
      },
      {
        name: 'a development half that is called as the production half, with a check',
        to: { ...ONE, dev: { config: DEV_CONFIG, check: 'connectivity' } },
        pointers: ['/dev', ...Object.keys(CONFIG).map((key) => `/dev/config/${key}`)].sort(),
        operations: ['CheckDataSourceConnectivity', 'CreateDataSource'],
      },
      {
        name: 'a development half, and the production half under another name with another secret',
        key: 'shop_db',
        to: { ...ONE, renamedFrom: 'orders_db', prod: { ...PROD, secretsVersion: '2026-12' }, dev: { config: DEV_CONFIG } },
        pointers: ['', '/dev', '/prod/secretsVersion', ...Object.keys(CONFIG).map((key) => `/dev/config/${key}`)].sort(),
        operations: ['CreateDataSource', 'UpdateDataSourceBasicInfo', 'UpdateDataSourceConfig'],
      },
    ],
    switches: switches.filter((one) => !('notFound' in one || 'duplicates' in one || 'absentOnUpdate' in one)),
    isFurther: true,
  },
  {
    title: 'dataSources: a type whose keys are not public',
    kind: dataSources,
    key: 'events',
    start: KAFKA,
    creates: ['CreateDataSource'],
    deletes: ['DeleteDataSource'],
    variants: [
      {
        name: 'a key less',
        to: { ...KAFKA, prod: { ...KAFKA.prod, config: { 'bootstrap.servers': 'kafka:9092', 'login.token': '${env:MC_KEY}' } } },
        pointers: ['/prod/config/security'],
        operations: ['UpdateDataSourceConfig'],
      },
      {
        name: 'a secret less',
        to: { ...KAFKA, prod: { ...KAFKA.prod, config: { 'bootstrap.servers': 'kafka:9092', security: 'PLAIN' } } },
        pointers: ['/prod/config/login.token'],
        operations: ['UpdateDataSourceConfig'],
      },
      {
        name: 'a secret more, by a key that only the files call one',
        to: {
          ...KAFKA,
          prod: { ...KAFKA.prod, config: { ...KAFKA_CONFIG, 'jaas.line': '${env:MC_KEY}' } },
          secretKeys: ['jaas.line'],
        },
        pointers: ['/prod/config/jaas.line'],
        operations: ['UpdateDataSourceConfig'],
      },
    ],
    switches: switches.filter((one) => !('notFound' in one || 'duplicates' in one || 'absentOnUpdate' in one)),
    isFurther: true,
  },
];
