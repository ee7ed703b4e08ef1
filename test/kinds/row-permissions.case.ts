/** Row permissions: everything declared, tables of both halves, grants to people, groups and a production account. */
import { rowPermissions } from '../../engine/kinds/row-permissions.ts';
import type { KindCase } from './case.ts';

const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const TENANT = '300001413';
const half = (source: string) => ({ DisplayName: source, ComputeSourceId: null });
const WORLD = {
  userGroups: [
    { Id: '710000001', Name: 'analysts' },
    { Id: '710000002', Name: '财务 部' },
  ],
  projects: [{ Id: '720000001', Name: 'finance', Mode: 'DEV_PROD', Halves: { PROD: half('Finance'), DEV: half('Finance dev') } }],
  tables: [`odps.${TENANT}.finance.orders`, `odps.${TENANT}.finance_dev.orders`, `hadoop.${TENANT}.finance.stock`],
};
const COLUMNS = { region: { type: 'STRING', description: 'sales region' }, level: { type: 'STRING' } };
const EAST = {
  where: { all: [{ region: { in: ['east', 'north'] } }, { any: [{ level: { equal: 'a' } }, { column: 'level', like: 'b%' }] }] },
  grant: ['userGroups/analysts', 'projects/finance', { who: BOB, until: '2099-12-31', reason: 'INC-4711' }],
};
const EVERYTHING = { scope: 'all', grant: [ALICE] };
const RULES = { east: EAST, everything: EVERYTHING };
const ORDERS = {
  table: 'finance.orders',
  bind: { region: 'region_name', level: 'lvl' },
  extra: { ResourceType: 'PHYSICAL_TABLE' },
};
const DEV = { table: 'finance_dev.orders', bind: { region: 'region_name', level: 'lvl' } };
const LIFECYCLE = { allow: ['delete'], onRemove: 'delete' };
const START = {
  description: 'Analysts see their own region',
  columns: COLUMNS,
  rules: RULES,
  tables: [ORDERS, DEV],
  lifecycle: LIFECYCLE,
};
const rules = (change: object) => ({ ...START, rules: { ...RULES, ...change } });
const UPDATE = ['UpdateRowPermission'] as const;

export const rowPermissionCases: readonly KindCase[] = [
  {
    title: 'rowPermissions',
    kind: rowPermissions,
    world: WORLD,
    key: 'region_filter',
    start: START,
    creates: ['CreateRowPermission', 'ListRowPermission'],
    deletes: ['DeleteRowPermission'],
    variants: [
      {
        name: 'another name',
        to: { ...START, renamedFrom: 'region_filter' },
        key: 'regions',
        pointers: [''],
        operations: UPDATE,
      },
      {
        name: 'another description',
        to: { ...START, description: 'Everybody sees his own region' },
        pointers: ['/description'],
        operations: UPDATE,
      },
      {
        name: 'a control field more, which the tables feed',
        to: {
          ...START,
          columns: { ...COLUMNS, shop: { type: 'NUMBER' } },
          tables: [{ ...ORDERS, bind: { ...ORDERS.bind, shop: 'shop_id' } }, DEV],
        },
        pointers: ['/columns/shop', '/tables/finance.orders shop', '/tables/finance.orders shop/extra'],
        operations: UPDATE,
      },
      {
        name: 'another type and another description of a control field',
        to: { ...START, columns: { ...COLUMNS, region: { type: 'NUMBER', description: 'number of the region' } } },
        pointers: ['/columns/region'],
        operations: UPDATE,
      },
      {
        name: 'another condition',
        to: rules({ east: { ...EAST, where: { region: { equal: 'east' } } } }),
        pointers: ['/rules/east'],
        operations: UPDATE,
      },
      {
        name: 'the same condition in other words',
        to: rules({
          east: {
            ...EAST,
            where: {
              any: [
                {
                  all: [
                    { any: [{ column: 'level', like: 'b%' }, { level: { equal: 'a' } }] },
                    { region: { in: ['north', 'east'] } },
                  ],
                },
              ],
            },
          },
        }),
        pointers: [],
        operations: [],
      },
      {
        name: 'a disabled rule',
        to: rules({ east: { ...EAST, enabled: false } }),
        pointers: ['/rules/east'],
        operations: UPDATE,
      },
      {
        name: 'all rows instead of a condition',
        to: rules({ east: { scope: 'all', grant: EAST.grant } }),
        pointers: ['/rules/east'],
        operations: UPDATE,
      },
      {
        name: 'a rule more, with its grants',
        to: rules({ west: { where: { region: { equal: 'west' } }, grant: [CAROL, 'userGroups/财务%20部'] } }),
        pointers: ['/rules/west', '/rules/west/grant/carol@example.com', '/rules/west/grant/userGroups~1财务%20部'],
        operations: UPDATE,
      },
      {
        name: 'a rule less',
        to: { ...START, rules: { east: EAST } },
        pointers: ['/rules/everything'],
        operations: UPDATE,
      },
      {
        name: 'no rules at all',
        to: { ...START, rules: {} },
        pointers: ['/rules/east', '/rules/everything'],
        operations: UPDATE,
      },
      {
        name: 'a grant more',
        to: rules({ everything: { scope: 'all', grant: [ALICE, CAROL] } }),
        pointers: ['/rules/everything/grant/carol@example.com'],
        operations: UPDATE,
      },
      {
        name: 'another grant instead of all others',
        to: rules({ east: { ...EAST, grant: [CAROL] } }),
        pointers: [
          '/rules/east/grant/bob@example.com',
          '/rules/east/grant/carol@example.com',
          '/rules/east/grant/projects~1finance',
          '/rules/east/grant/userGroups~1analysts',
        ],
        operations: UPDATE,
      },
      {
        name: 'no grants of a rule',
        to: rules({ everything: { scope: 'all', grant: [] } }),
        pointers: ['/rules/everything/grant/alice@example.com'],
        operations: UPDATE,
      },
      {
        name: 'grants that are not managed any more',
        to: rules({ everything: { scope: 'all' } }),
        pointers: [],
        operations: [],
      },
      {
        name: 'another column of a table',
        to: { ...START, tables: [{ ...ORDERS, bind: { ...ORDERS.bind, level: 'grade' } }, DEV] },
        pointers: ['/tables/finance.orders level'],
        operations: UPDATE,
      },
      {
        name: 'a table of another engine, by its GUID',
        to: { ...START, tables: [ORDERS, DEV, { table: `hadoop.${TENANT}.finance.stock`, bind: ORDERS.bind }] },
        pointers: ['/tables/finance.stock level', '/tables/finance.stock region'],
        operations: UPDATE,
      },
      {
        name: 'the same table by its GUID',
        to: { ...START, tables: [{ ...ORDERS, table: `odps.${TENANT}.finance.orders` }, DEV] },
        pointers: [],
        operations: [],
      },
      {
        name: 'a table less',
        to: { ...START, tables: [ORDERS] },
        pointers: ['/tables/finance_dev.orders level', '/tables/finance_dev.orders region'],
        operations: UPDATE,
      },
      {
        name: 'another field beside a table',
        to: { ...START, tables: [{ ...ORDERS, extra: { ResourceType: 'PHYSICAL_VIEW' } }, DEV] },
        pointers: ['/tables/finance.orders level/extra', '/tables/finance.orders region/extra'],
        operations: UPDATE,
      },
      { name: 'nothing declared', to: { lifecycle: LIFECYCLE }, pointers: [], operations: [] },
    ],
    switches: [
      { businessErrors: 'http200' },
      { rowPermissionId: 'number' },
      { absentOnUpdate: 'cleared' },
      { duplicates: 'allowed' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
