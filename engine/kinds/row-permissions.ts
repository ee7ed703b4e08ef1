/** Row-level permissions: control fields, rules with their grants, and the tables that they filter (BEHAVIOUR 3.7). */
import { getAt, pointerOf, textOf } from '../core/json.ts';
import { type Demand, type Kind, type KindChange, objectAt, rowsAt, step } from '../core/kind.ts';
import type { Pointer } from '../core/model.ts';
import { ACCESS } from './access-facts.ts';
import { rowPassages } from './passages.ts';
import { commandOf, leftGrants, liveSpec, referredBy } from './row-commands.ts';
import { misfits, normaliseRowPermission } from './row-normalise.ts';
import { ROW_PERMISSION } from './row-schema.ts';
import { TABLES, tableName } from './tables.ts';

export const rowPermissions: Kind = {
  collection: 'rowPermissions',
  keyParts: ['name'],
  noun: 'row permission',
  edition: 'agile',
  writesSince: null,
  schema: ROW_PERMISSION,
  nested: ['rules'],
  born: ['delete', 'replace'],
  replaceRefused: null,
  renames: true,
  fields: [
    { path: '/description', rule: 'update', calls: ['UpdateRowPermission'] },
    { path: '/columns/*', rule: 'update', calls: ['UpdateRowPermission'] },
    { path: '/rules/*', rule: 'update', omits: ['grant'], calls: ['UpdateRowPermission'] },
    { path: '/rules/*/grant/*', rule: 'update', calls: ['UpdateRowPermission'] },
    { path: '/tables/*', rule: 'update', omits: ['extra', 'engine'], calls: ['UpdateRowPermission'] },
    { path: '/tables/*/extra', rule: 'remembered', why: 'no read shows it', calls: ['UpdateRowPermission'] },
    { path: '/tables/*/engine', rule: 'option', why: 'says how to name the table to the service' },
  ],
  calls: {
    create: ['CreateRowPermission', 'ListRowPermission'],
    rename: ['UpdateRowPermission'],
    delete: ['DeleteRowPermission'],
  },
  example: {
    region_filter: {
      description: 'Analysts see their own region',
      columns: { region: { type: 'STRING', description: 'sales region' } },
      rules: {
        east: { where: { region: { in: ['east', 'north'] } }, grant: ['userGroups/finance_analysts'] },
        everything: { scope: 'all', grant: ['alice@example.com'] },
      },
      tables: [{ table: 'finance.orders', bind: { region: 'region_name' } }],
    },
  },

  normalise: normaliseRowPermission,

  list: {
    operation: 'ListRowPermission',
    request: { PageRowPermissionQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'Data'),
    identity: (row) => textOf(row['RowPermissionId']),
  },
  each: [],
  // A create says that it was done, and not what the id is (BEHAVIOUR 3.7, Q4).
  find: {
    operation: 'ListRowPermission',
    request: (name) => ({ PageRowPermissionQuery: { PageNum: 1, PageSize: 50, ...(name === null ? {} : { Keyword: name }) } }),
    list: '/PageResult/Data',
    where: ([name = '']) => ({ '/RowPermissionName': name }),
    ids: { id: '/RowPermissionId' },
  },
  whenMissing: null,
  namesFrom: ['userGroups', 'projects'],
  meansBy: ['computeSources'],
  coverage: () => ['extra of tables: no read shows it; compared with the record'],
  names: (row) => [
    ['rowPermissions', textOf(row['RowPermissionName']), textOf(row['RowPermissionId'])],
    ...rowsAt(row, 'Tables').map((table): readonly [string, string, string] => {
      const guid = textOf(table['ResourceId']);
      return [TABLES, tableName(guid, textOf(row['TenantId'])), guid];
    }),
  ],
  live: ({ rows, names, tenant }) =>
    rows.map((row) => ({
      kind: 'rowPermissions',
      key: [textOf(row['RowPermissionName'])],
      address: '',
      ids: { id: textOf(row['RowPermissionId']) },
      ...liveSpec(row, names, tenant),
    })),
  told: (row) => [
    { id: textOf(row['RowPermissionId']), pointer: '', by: textOf(row['Modifier']), at: row['GmtModified'] ?? null },
  ],
  letStand: () => [],
  fallsOut: ({ extra }) => leftGrants(extra).map((pointer) => ({ pointer, why: 'no update can send the grant back' })),
  deleteGuard: () => null,
  demands: (change) => {
    const { action, before, after, desired } = change;
    if (action === 'delete') return [];
    const missing: readonly Demand[] =
      action === 'create' && after?.['columns'] === undefined
        ? [
            {
              code: 'FIELD_REQUIRED',
              message: 'A row permission needs its control fields to be created.',
              hint: 'columns: { region: { type: STRING } }',
              at: '',
            },
          ]
        : [];
    // What is live and does not fit was let in by the service: only what the change brings about is refused.
    const there = new Set(misfits(before).map(({ message }) => message));
    const isDeclared = (at: Pointer): boolean => getAt(desired?.spec, at) !== undefined;
    return [
      ...missing,
      ...misfits(after)
        .filter(({ message }) => !there.has(message))
        .map((one) => ({ ...one, at: one.at.map(([list = '']) => pointerOf(list)).find(isDeclared) ?? '' })),
    ];
  },
  refers: (spec) => referredBy(spec),
  holds: () => [],
  access: ACCESS.rowPermissions,
  passages: rowPassages,

  steps: (change, ids) => {
    if (change.action === 'delete')
      return [step('delete', 'delete', 'DeleteRowPermission', { DeleteRowPermissionCommand: { RowPermissionId: ids.old() } })];
    const command = commandOf(change, ids);
    return change.action === 'update'
      ? [
          step('update', phaseOf(change), 'UpdateRowPermission', {
            UpdateRowPermissionCommand: { RowPermissionId: ids.own(), ...command },
          }),
        ]
      : [step('create', 'create', 'CreateRowPermission', { CreateRowPermissionCommand: command })];
  },
  manual: () => [],
};

/** One call, whose phase is that of what it does: it takes grants away, gives them, or does anything else besides. */
const phaseOf = (change: KindChange): 'update' | 'grant' | 'revoke' => {
  const isOther =
    change.renamed ||
    change.touches('/description', '/columns', '/tables') ||
    [change.added, change.removed, change.updated].some((keys) => keys('/rules').length > 0);
  if (isOther) return 'update';
  const lists = Object.keys({ ...objectAt(change.before, 'rules'), ...objectAt(change.after, 'rules') }).map((rule) =>
    pointerOf('rules', rule, 'grant'),
  );
  const gives = lists.some((list) => change.added(list).length > 0);
  const takes = lists.some((list) => change.removed(list).length > 0);
  return gives === takes ? 'update' : gives ? 'grant' : 'revoke';
};
