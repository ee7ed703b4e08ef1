/** Grants on a table, read by the whole list; on a data source and a field, asked one by one. */
import { resourceGrants } from '../../engine/kinds/resource-grants.ts';
import type { KindCase } from './case.ts';

const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const [GROUP, PROJECT, OTHER] = ['userGroups/analysts', 'projects/finance', 'projects/risk'];
const at = (principal: string): string => principal.replaceAll('/', '~1');
const until = (who: string, day = '2027-12-31') => ({ who, until: day });

const basic = (Name: string, Id: string, ProduceUserId: string) => ({
  Id,
  Name,
  Mode: 'BASIC',
  ProduceUserId,
  Halves: { PROD: {}, DEV: null },
});
export const RESOURCE_WORLD = {
  userGroups: [{ Id: '70001', Name: 'analysts' }],
  projects: [basic('finance', '6690567890123401', '310000001'), basic('risk', '6690567890123402', '310000002')],
  dataSources: [{ Prod: { Id: '1234567890123456789', Name: 'orders_db', Type: 'MYSQL' } }],
  tables: ['odps.300001413.finance.orders'],
};

const TABLE = {
  select: [GROUP, PROJECT, until(BOB)],
  update: [GROUP, PROJECT],
  alter: [ALICE],
};
const SOURCE = { syncRead: [PROJECT], syncWrite: [until(PROJECT)] };

const switches = [
  { businessErrors: 'http200' },
  { batch: 'partial' },
  { notFound: 'null' },
  { expired: 'gone' },
  { effectiveEnd: 'both' },
  { permissionRows: 'RecordList' },
  { lagMs: 1500 },
] as const;

export const resourceGrantCases: readonly KindCase[] = [
  {
    title: 'resourceGrants: a table, by the list',
    kind: resourceGrants,
    world: RESOURCE_WORLD,
    key: 'tables/finance.orders',
    start: TABLE,
    // The group and the project get the same in one call; Alice something else, Bob until another day.
    creates: ['GrantResourcePermission', 'GrantResourcePermission', 'GrantResourcePermission'],
    // One for each principal.
    deletes: ['RevokeResourcePermission', 'RevokeResourcePermission', 'RevokeResourcePermission', 'RevokeResourcePermission'],
    variants: [
      {
        name: 'somebody more',
        to: { ...TABLE, select: [...TABLE.select, CAROL] },
        pointers: [`/select/${CAROL}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'somebody with two more operations: one call',
        to: { ...TABLE, select: [...TABLE.select, CAROL], alter: [ALICE, CAROL] },
        pointers: [`/alter/${CAROL}`, `/select/${CAROL}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'two more people with one operation: one call',
        to: { ...TABLE, select: [...TABLE.select, ALICE, CAROL] },
        pointers: [`/select/${ALICE}`, `/select/${CAROL}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'a later end',
        to: { ...TABLE, select: [GROUP, PROJECT, until(BOB, '2028-12-31')] },
        pointers: [`/select/${BOB}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'a sooner end',
        to: { ...TABLE, select: [GROUP, PROJECT, until(BOB, '2027-06-30')] },
        pointers: [`/select/${BOB}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'no end',
        to: { ...TABLE, select: [GROUP, PROJECT, BOB] },
        pointers: [`/select/${BOB}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'another reason, which is nobody else’s business',
        to: { ...TABLE, select: [GROUP, PROJECT, { ...until(BOB), reason: 'HR-881' }] },
        pointers: [],
        operations: [],
      },
      {
        name: 'the group with nothing: one call',
        to: { ...TABLE, select: [PROJECT, until(BOB)], update: [PROJECT] },
        pointers: [`/select/${at(GROUP)}`, `/update/${at(GROUP)}`],
        operations: ['RevokeResourcePermission'],
      },
      {
        name: 'nobody may update',
        to: { ...TABLE, update: [] },
        pointers: [`/update/${at(PROJECT)}`, `/update/${at(GROUP)}`],
        operations: ['RevokeResourcePermission', 'RevokeResourcePermission'],
      },
      {
        name: 'an operation that nobody is known to have, and the same table as a logical one',
        to: { ...TABLE, describe: [CAROL], select: [...TABLE.select, { who: CAROL, type: 'LOGICAL_TABLE' }] },
        pointers: [`/describe/${CAROL}`, `/select/${CAROL} LOGICAL_TABLE`],
        operations: ['GrantResourcePermission', 'GrantResourcePermission'],
      },
      { name: 'an operation no longer declared', to: { select: TABLE.select }, pointers: [], operations: [] },
    ],
    switches,
  },
  {
    title: 'resourceGrants: a data source, one by one',
    kind: resourceGrants,
    world: RESOURCE_WORLD,
    key: 'dataSources/orders_db',
    start: SOURCE,
    creates: ['GrantResourcePermission', 'GrantResourcePermission'],
    deletes: ['RevokeResourcePermission'],
    variants: [
      {
        name: 'another project',
        to: { ...SOURCE, syncRead: [OTHER] },
        pointers: [`/syncRead/${at(PROJECT)}`, `/syncRead/${at(OTHER)}`],
        operations: ['RevokeResourcePermission', 'GrantResourcePermission'],
      },
      {
        name: 'a later end',
        to: { ...SOURCE, syncWrite: [until(PROJECT, '2028-12-31')] },
        pointers: [`/syncWrite/${at(PROJECT)}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'no end',
        to: { ...SOURCE, syncWrite: [PROJECT] },
        pointers: [`/syncWrite/${at(PROJECT)}`],
        operations: ['GrantResourcePermission'],
      },
      {
        name: 'nobody writes, which only the list can show',
        to: { ...SOURCE, syncWrite: [] },
        pointers: [`/syncWrite/${at(PROJECT)}`],
        operations: ['RevokeResourcePermission'],
      },
    ],
    switches,
  },
  {
    title: 'resourceGrants: a field, one by one',
    kind: resourceGrants,
    world: RESOURCE_WORLD,
    key: 'fields/id:1234567',
    start: { select: [BOB] },
    creates: ['GrantResourcePermission'],
    deletes: ['RevokeResourcePermission'],
    variants: [
      {
        name: 'somebody more, until a day',
        to: { select: [BOB, until(CAROL)] },
        pointers: [`/select/${CAROL}`],
        operations: ['GrantResourcePermission'],
      },
    ],
    switches: [{ notFound: 'null' }, { lagMs: 1500 }],
  },
];
