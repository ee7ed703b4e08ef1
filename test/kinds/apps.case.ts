/** Apps: one that a caller owns, with everything that can be written of it. */
import { dataServiceApps } from '../../engine/kinds/apps.ts';
import type { KindCase } from './case.ts';

const [OWNER, ALICE, BOB, CAROL] = ['owner@example.com', 'alice@example.com', 'bob@example.com', 'carol@example.com'];
const BOB_UNTIL = { who: BOB, until: '2027-12-31' };
const START = {
  scenarios: 'internal reporting',
  owners: [OWNER, ALICE],
  key: 'finance-portal',
  secret: '${env:MC_KEY}',
  secretsVersion: '2026-11',
  members: [BOB_UNTIL],
  lifecycle: { allow: ['delete'], onRemove: 'delete' },
};
/** Ids may be negative, and a group may share its apps' names with another. */
export const APP_WORLD = {
  appGroups: [
    { Id: '509', Name: 'default' },
    { Id: '-510', Name: 'finance' },
    { Id: '511', Name: 'risk' },
  ],
  apps: [{ AppId: '-809333788831', AppName: 'portal', AppGroupId: '511', OwnerIds: ['300000001'] }],
};

export const appCases: readonly KindCase[] = [
  {
    title: 'dataServiceApps',
    kind: dataServiceApps,
    world: APP_WORLD,
    key: 'finance/portal',
    start: START,
    creates: ['CreateDataServiceApp', 'AddDataServiceAppMember'],
    deletes: ['DeleteDataServiceApp'],
    variants: [
      {
        name: 'other scenarios',
        to: { ...START, scenarios: 'reporting' },
        pointers: ['/scenarios'],
        operations: ['UpdateDataServiceApp'],
      },
      {
        name: 'an owner more',
        to: { ...START, owners: [OWNER, ALICE, CAROL] },
        pointers: [`/owners/${CAROL}`],
        operations: ['UpdateDataServiceApp'],
      },
      {
        name: 'an owner less: nothing of him stays among the members',
        to: { ...START, owners: [OWNER] },
        pointers: [`/members/${ALICE}`, `/owners/${ALICE}`],
        operations: ['UpdateDataServiceApp'],
      },
      {
        name: 'an owner who becomes a mere member',
        to: { ...START, owners: [OWNER], members: [BOB_UNTIL, ALICE] },
        pointers: [`/members/${ALICE}`, `/owners/${ALICE}`],
        operations: ['UpdateDataServiceApp', 'AddDataServiceAppMember'],
      },
      {
        name: 'a member who becomes an owner leaves the members first',
        to: { ...START, owners: [OWNER, ALICE, BOB], members: [] },
        pointers: [`/members/${BOB}`, `/owners/${BOB}`],
        operations: ['RemoveDataServiceAppMember', 'UpdateDataServiceApp'],
      },
      {
        name: 'an owner written among the members too',
        to: { ...START, members: [BOB_UNTIL, { who: ALICE, until: '2027-01-31' }] },
        pointers: [],
        operations: [],
      },
      {
        name: 'a member more, without an end',
        to: { ...START, members: [BOB_UNTIL, CAROL] },
        pointers: [`/members/${CAROL}`],
        operations: ['AddDataServiceAppMember'],
      },
      {
        name: 'another end',
        to: { ...START, members: [{ who: BOB, until: '2028-03-31' }] },
        pointers: [`/members/${BOB}`],
        operations: ['UpdateDataServiceAppMember'],
      },
      {
        name: 'no end any more',
        to: { ...START, members: [BOB] },
        pointers: [`/members/${BOB}`],
        operations: ['UpdateDataServiceAppMember'],
      },
      {
        name: 'another member',
        to: { ...START, members: [CAROL] },
        pointers: [`/members/${BOB}`, `/members/${CAROL}`],
        operations: ['RemoveDataServiceAppMember', 'AddDataServiceAppMember'],
      },
      {
        name: 'no members',
        to: { ...START, members: [] },
        pointers: [`/members/${BOB}`],
        operations: ['RemoveDataServiceAppMember'],
      },
      {
        name: 'another key, with the secret',
        to: { ...START, key: 'finance-portal-2' },
        pointers: ['/key'],
        operations: ['ResetDataServiceAppSecret'],
      },
      {
        name: 'another secret',
        to: { ...START, secret: 'new-${env:MC_KEY}' },
        pointers: ['/secret'],
        operations: ['ResetDataServiceAppSecret'],
      },
      {
        name: 'a rotation',
        to: { ...START, secretsVersion: '2026-12' },
        pointers: ['/secretsVersion'],
        operations: ['ResetDataServiceAppSecret'],
      },
      {
        name: 'another name',
        key: 'finance/finance_portal',
        to: { ...START, renamedFrom: 'finance/portal' },
        pointers: [''],
        operations: ['UpdateDataServiceApp'],
      },
      {
        name: 'another group, where another app has its old name',
        key: 'risk/finance_portal',
        to: { ...START, renamedFrom: 'finance/portal' },
        pointers: [''],
        operations: ['UpdateDataServiceApp'],
      },
      {
        name: 'everything at once',
        key: 'finance/finance_portal',
        to: {
          ...START,
          renamedFrom: 'finance/portal',
          scenarios: 'reporting',
          owners: [OWNER, BOB],
          key: 'finance-portal-2',
          secret: 'new-${env:MC_KEY}',
          secretsVersion: '2026-12',
          members: [ALICE, CAROL],
        },
        pointers: [
          '',
          '/key',
          `/members/${ALICE}`,
          `/members/${BOB}`,
          `/members/${CAROL}`,
          `/owners/${ALICE}`,
          `/owners/${BOB}`,
          '/scenarios',
          '/secret',
          '/secretsVersion',
        ],
        operations: [
          'RemoveDataServiceAppMember',
          'UpdateDataServiceApp',
          'AddDataServiceAppMember',
          'ResetDataServiceAppSecret',
        ],
      },
      {
        name: 'lists, key and secret no longer declared',
        to: { scenarios: 'internal reporting', lifecycle: START.lifecycle },
        pointers: [],
        operations: [],
      },
    ],
    switches: [
      { appOwnerOnly: 'strict' },
      { businessErrors: 'http200' },
      { absentOnUpdate: 'cleared' },
      { memberTwice: 'ignored' },
      { batch: 'partial' },
      { duplicates: 'allowed' },
      { expired: 'gone' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
