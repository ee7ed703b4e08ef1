/** Faults of grants, of APIs and of resources, that are told offline. */
import type { Case } from './harness.ts';

const api = (lists: string): string => `dataServiceGrants:\n  finance_ds:\n    get_orders:\n${lists}`;
const grants = (sort: string, resource: string, lists: string): string =>
  `resourceGrants:\n  ${sort}:\n    ${resource}:\n${lists}`;
const PORTAL = 'dataServiceApps/finance/finance_portal';

export const GRANTS: readonly Case[] = [
  // APIs
  {
    claim: 'an API with a field that it has not',
    resources: api('      read: []\n'),
    expected: ['r.yaml:4:7 KEY_UNKNOWN'],
  },
  {
    claim: 'a project among those who use an API',
    resources: api('      use: [projects/finance]\n'),
    expected: ['r.yaml:4:13 PRINCIPAL_UNSUPPORTED'],
    says: 'people, apps only',
  },
  {
    claim: 'an app without its group',
    resources: api('      use: [dataServiceApps/finance_portal]\n'),
    expected: ['r.yaml:4:13 VALUE_WRONG'],
    says: 'dataServiceApps/GROUP/NAME',
  },
  {
    claim: 'fields and halves at once',
    resources: api(`      use:\n        - { who: ${PORTAL}, fields: { prod: ["1"] }, halves: [prod] }\n`),
    expected: ['r.yaml:5:11 VALUE_WRONG'],
    says: 'a query API by fields',
  },
  {
    claim: 'a field by its name',
    resources: api(`      use:\n        - { who: ${PORTAL}, fields: { prod: [amount] } }\n`),
    expected: ['r.yaml:5:75 VALUE_WRONG'],
    says: 'a number in quotes',
  },
  {
    claim: 'fields of no half',
    resources: api(`      use:\n        - { who: ${PORTAL}, fields: {} }\n`),
    expected: ['r.yaml:5:58 VALUE_WRONG'],
  },
  {
    claim: 'a half that there is not',
    resources: api(`      use:\n        - { who: ${PORTAL}, halves: [test] }\n`),
    expected: ['r.yaml:5:67 VALUE_WRONG'],
    says: 'prod',
  },
  {
    claim: 'a person who may hand an API on',
    resources: api('      use: [bob@example.com]\n      delegation: [bob@example.com]\n'),
    expected: ['r.yaml:5:20 PRINCIPAL_UNSUPPORTED'],
    says: 'lets apps do that only',
  },
  {
    claim: 'an app that may hand on what it may not use',
    resources: api(`      delegation: [${PORTAL}]\n`),
    expected: ['r.yaml:4:20 VALUE_WRONG'],
    says: 'under use',
  },
  {
    claim: 'two ends of one app, each told at its line',
    resources: api(
      `      use: [{ who: ${PORTAL}, until: 2027-12-31 }]\n      delegation:\n        - ${PORTAL}\n        - { who: ${PORTAL}x, until: 2027-12-31 }\n`,
    ),
    expected: ['r.yaml:6:11 VALUE_WRONG', 'r.yaml:7:11 VALUE_WRONG'],
    says: 'the same day in both',
  },
  {
    claim: 'an end that is no day',
    resources: api(`      use: [{ who: ${PORTAL}, until: 2027-02-30 }]\n`),
    expected: ['r.yaml:4:13 UNTIL_WRONG'],
  },
  {
    claim: 'an end with a time',
    resources: api(`      use: [{ who: ${PORTAL}, until: "2027-12-31 23:59:59" }]\n`),
    expected: ['r.yaml:4:67 VALUE_WRONG'],
  },
  {
    claim: 'a grant that is renamed',
    resources: api('      renamedFrom: finance_ds/get_order\n'),
    expected: ['r.yaml:4:20 RENAME_UNSUPPORTED'],
  },

  // resources
  {
    claim: 'a sort that there is not',
    resources: grants('views', 'finance.orders', '      select: []\n'),
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: 'dataSources, tables, fields',
  },
  {
    claim: 'an operation that data sources have not',
    resources: grants('dataSources', 'orders_db', '      select: [bob@example.com]\n'),
    expected: ['r.yaml:4:15 KEY_UNKNOWN'],
    says: 'syncRead, syncWrite, run',
  },
  {
    claim: 'an operation that fields have not',
    resources: grants('fields', '"id:1"', '      update: [bob@example.com]\n'),
    expected: ['r.yaml:4:15 KEY_UNKNOWN'],
    says: 'There is select',
  },
  {
    claim: 'an operation in capitals',
    resources: grants('tables', 'finance.orders', '      SELECT: [bob@example.com]\n'),
    expected: ['r.yaml:4:7 KEY_UNKNOWN'],
    says: 'select',
  },
  {
    claim: 'a field by its name',
    resources: grants('fields', 'amount', '      select: [bob@example.com]\n'),
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: 'id:1234567',
  },
  {
    claim: 'a table without its project',
    resources: grants('tables', 'orders', '      select: [bob@example.com]\n'),
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: 'PROJECT.TABLE',
  },
  {
    claim: "another tenant's table",
    resources: grants('tables', 'odps.300009999.finance.orders', '      select: [bob@example.com]\n'),
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: '300009999',
  },
  {
    claim: 'an app among those who may read a table',
    resources: grants('tables', 'finance.orders', `      select: [${PORTAL}]\n`),
    expected: ['r.yaml:4:16 PRINCIPAL_UNSUPPORTED'],
    says: 'user groups, projects (their production accounts) only',
  },
  {
    claim: 'a production account that is to run statements',
    resources: grants('dataSources', 'orders_db', '      run: [bob@example.com, projects/finance]\n'),
    expected: ['r.yaml:4:30 PRINCIPAL_UNSUPPORTED'],
    says: 'production accounts',
  },
  {
    claim: 'a type of another sort',
    resources: grants('tables', 'finance.orders', '      select: [{ who: bob@example.com, type: PHYSICAL_FIELD }]\n'),
    expected: ['r.yaml:4:16 VALUE_WRONG'],
    says: 'LOGICAL_TABLE',
  },
  {
    claim: 'a type of a data source, which has one only',
    resources: grants('dataSources', 'orders_db', '      syncRead: [{ who: bob@example.com, type: PHYSICAL_TABLE }]\n'),
    expected: ['r.yaml:4:18 VALUE_WRONG'],
    says: 'Take the type out',
  },
  {
    claim: 'a type that the service has not',
    resources: grants('tables', 'finance.orders', '      select: [{ who: bob@example.com, type: VIEW }]\n'),
    expected: ['r.yaml:4:46 VALUE_WRONG'],
    says: 'PHYSICAL_VIEW',
  },
  {
    claim: 'an operation of tables with a word that nobody knows, which is a warning, and a wrong entry',
    resources: grants('tables', 'finance.orders', '      describe: [{ whom: bob@example.com }]\n'),
    expected: ['r.yaml:4:18 KEY_MISSING', 'r.yaml:4:20 KEY_UNKNOWN'],
  },
];
