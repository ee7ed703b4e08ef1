/** Faults of row permissions: what does not fit together, conditions, tables, limits. */
import type { Case } from './harness.ts';

const COLUMNS = '    columns: { region: { type: STRING }, level: { type: STRING } }\n';
const permission = (...lines: readonly string[]): string =>
  `rowPermissions:\n  a:\n${COLUMNS}${lines.map((line) => `    ${line}\n`).join('')}`;
/** A condition in line 4, from column 26 on. */
const where = (condition: string): string => permission(`rules: { r: { where: ${condition} } }`);
const many = (count: number, entry: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => entry(index)).join(', ');
const long = (count: number): string => 'n'.repeat(count);

export const ROW_PERMISSIONS: readonly Case[] = [
  // what does not fit together
  {
    claim: 'a rule that names a control field that is not there, deep in its condition',
    resources: where('{ all: [ { region: { equal: x } }, { any: [ { levle: { equal: a } } ] } ] }'),
    expected: ['r.yaml:4:79 REFERENCE_UNKNOWN'],
    says: 'Did you mean "level"?',
  },
  {
    claim: 'a table that feeds a control field that is not there',
    resources: permission('tables: [{ table: finance.orders, bind: { regoin: r } }]'),
    expected: ['r.yaml:4:55 REFERENCE_UNKNOWN'],
    says: 'Did you mean "region"?',
  },
  {
    claim: 'a table that does not feed a control field that a rule asks for',
    resources: permission(
      'rules: { east: { where: { region: { equal: x } } } }',
      'tables: [{ table: finance.orders, bind: { level: l } }]',
    ),
    expected: ['r.yaml:5:45 KEY_MISSING'],
    says: 'bind: { region: COLUMN }',
  },
  {
    claim: 'a table bound twice',
    resources: permission(
      'tables:',
      '  - { table: finance.orders, bind: { region: r } }',
      '  - { table: finance.orders, bind: { level: l } }',
    ),
    expected: ['r.yaml:6:18 KEY_DUPLICATE'],
    says: 'one bind',
  },
  {
    claim: 'a table bound twice, once by its GUID',
    resources: permission(
      'tables:',
      '  - { table: finance.orders, bind: { region: r } }',
      '  - { table: odps.300001413.finance.orders, bind: { level: l } }',
    ),
    expected: ['r.yaml:6:18 KEY_DUPLICATE'],
    says: 'bound twice',
  },
  // tables
  {
    claim: 'a table of another tenant',
    resources: permission('tables: [{ table: odps.42.finance.orders, bind: { region: r } }]'),
    expected: ['r.yaml:4:23 VALUE_WRONG'],
    says: 'tenant 42',
  },
  {
    claim: 'a table without a project',
    resources: permission('tables: [{ table: orders, bind: { region: r } }]'),
    expected: ['r.yaml:4:23 VALUE_WRONG'],
    says: 'PROJECT.TABLE',
  },
  {
    claim: 'a table that feeds nothing',
    resources: permission('tables: [{ table: finance.orders, bind: {} }]'),
    expected: ['r.yaml:4:39 VALUE_WRONG'],
  },
  {
    claim: 'a table without bind',
    resources: permission('tables: [{ table: finance.orders }]'),
    expected: ['r.yaml:4:14 KEY_MISSING'],
    says: '"bind"',
  },
  // rules
  {
    claim: 'a rule for all rows with a condition',
    resources: permission('rules: { east: { scope: all, where: { region: { equal: x } } } }'),
    expected: ['r.yaml:4:41 VALUE_WRONG'],
    says: 'scope: all',
  },
  {
    claim: 'a rule without a condition',
    resources: permission('rules: { east: { grant: [] } }'),
    expected: ['r.yaml:4:20 KEY_MISSING'],
    says: 'scope: all',
  },
  {
    claim: 'a rule of an unknown scope',
    resources: permission('rules: { east: { scope: some } }'),
    expected: ['r.yaml:4:29 VALUE_WRONG'],
    says: 'all, select',
  },
  {
    claim: 'an unknown key in a rule',
    resources: permission('rules: { east: { scope: all, enable: true } }'),
    expected: ['r.yaml:4:34 KEY_UNKNOWN'],
    says: '"enabled"',
  },
  {
    claim: 'an app among those who are granted something',
    resources: permission('rules: { east: { scope: all, grant: [dataServiceApps/a/b] } }'),
    expected: ['r.yaml:4:42 PRINCIPAL_UNSUPPORTED'],
    says: 'user groups',
  },
  // conditions
  {
    claim: 'an operator that is no key of a test',
    resources: where('{ region: { equals: x } }'),
    expected: ['r.yaml:4:46 KEY_UNKNOWN'],
    says: 'Did you mean "equal"?',
  },
  {
    claim: 'an empty list of values',
    resources: where('{ region: { in: [] } }'),
    expected: ['r.yaml:4:42 VALUE_WRONG'],
    says: 'at least one value',
  },
  { claim: 'an empty condition', resources: where('{}'), expected: ['r.yaml:4:26 VALUE_WRONG'] },
  { claim: 'an empty relation', resources: where('{ any: [] }'), expected: ['r.yaml:4:33 VALUE_WRONG'], says: 'scope: all' },
  {
    claim: 'a relation beside a test',
    resources: where('{ any: [ { region: { equal: x } } ], level: { equal: y } }'),
    expected: ['r.yaml:4:70 VALUE_WRONG'],
    says: 'stands alone',
  },
  {
    claim: 'two tests in one',
    resources: where('{ region: { equal: x, like: y } }'),
    expected: ['r.yaml:4:36 VALUE_WRONG'],
    says: 'several',
  },
  {
    claim: 'a test without a control field',
    resources: where('{ equal: x }'),
    expected: ['r.yaml:4:35 VALUE_WRONG'],
    says: 'column: COLUMN',
  },
  {
    claim: 'a list in the place of one value',
    resources: where('{ region: { equal: [x] } }'),
    expected: ['r.yaml:4:45 VALUE_WRONG'],
  },
  { claim: 'text in the place of a condition', resources: where('region = x'), expected: ['r.yaml:4:26 TYPE_WRONG'] },
  {
    claim: 'text in the place of a condition within another',
    resources: where('{ all: [ region ] }'),
    expected: ['r.yaml:4:35 VALUE_WRONG'],
  },
  // limits
  {
    claim: 'a name of 65 characters',
    resources: `rowPermissions:\n  ${long(65)}: {}\n`,
    expected: ['r.yaml:2:3 NAME_WRONG'],
    says: '64',
  },
  {
    claim: 'a description of 129 characters',
    resources: permission(`description: ${long(129)}`),
    expected: ['r.yaml:4:18 VALUE_WRONG'],
    says: '128',
  },
  {
    claim: 'eleven control fields',
    resources: `rowPermissions:\n  a:\n    columns: { ${many(11, (index) => `c${index}: { type: STRING }`)} }\n`,
    expected: ['r.yaml:3:14 LIMIT_EXCEEDED'],
    says: '10',
  },
  {
    claim: 'a control field with a name of 65 characters',
    resources: `rowPermissions:\n  a:\n    columns: { ${long(65)}: { type: STRING } }\n`,
    expected: ['r.yaml:3:83 NAME_WRONG'],
    says: '64',
  },
  {
    claim: 'a control field with a description of 65 characters',
    resources: `rowPermissions:\n  a:\n    columns: { c: { type: STRING, description: ${long(65)} } }\n`,
    expected: ['r.yaml:3:48 VALUE_WRONG'],
    says: '64',
  },
  {
    claim: 'a control field without a type',
    resources: 'rowPermissions:\n  a:\n    columns: { c: {} }\n',
    expected: ['r.yaml:3:16 KEY_MISSING'],
    says: '"type"',
  },
  {
    claim: 'a rule with a name of 65 characters',
    resources: permission(`rules: { ${long(65)}: { scope: all } }`),
    expected: ['r.yaml:4:81 NAME_WRONG'],
    says: '64',
  },
  {
    claim: '501 rules',
    resources: permission(`rules: { ${many(501, (index) => `r${index}: { scope: all }`)} }`),
    expected: ['r.yaml:4:12 LIMIT_EXCEEDED'],
    says: '500',
  },
];
