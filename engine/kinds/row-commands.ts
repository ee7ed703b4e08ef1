/** Row permissions as the service shows and takes them, from and to the normal form (BEHAVIOUR 3.7). */
import { addressOf, canonical, decodePart, getAt, pointerOf, textOf } from '../core/json.ts';
import { type IdSource, type KindChange, type Names, objectAt, rowsAt } from '../core/kind.ts';
import type { IdRef, Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { type Condition, fromExpressions, type Node, toExpressions } from './row-rules.ts';
import { ENGINES, parseTable, projectsOf, TABLES, tableGuid, tableName } from './tables.ts';

/** `finance.orders region`: a table and the control field that it feeds. */
export const bindingKey = (table: string, column: string): string => `${table} ${column}`;
export const bindingOf = (key: string): { readonly table: string; readonly column: string } => {
  const at = key.indexOf(' ');
  return { table: key.slice(0, at), column: key.slice(at + 1) };
};

// ---- principals -----------------------------------------------------------------------------------------------------

const PERSON = 'PERSONAL';
const ACCOUNT = 'PRODUCE';
const GROUP = 'USER_GROUP';
const ACCOUNT_TYPES: readonly string[] = [PERSON, ACCOUNT, GROUP];
/** An account that nobody here has a name for, by its type and id. */
const UNNAMED = /^([A-Z_]+)\/id:(.+)$/;
const ADDRESS = /^(userGroups|projects)\/(.+)$/;

/** A principal as the normal form has it, however its address was encoded. */
export const principalName = (written: string): string => {
  const [, sort = '', name = ''] = ADDRESS.exec(written) ?? [];
  return sort === '' ? written : addressOf(sort, decodePart(name));
};

const principalOf = (type: string, id: string, names: Names): string => {
  if (type === PERSON) return names.account(id);
  if (type === GROUP) return addressOf('userGroups', names.name('userGroups', id) ?? `id:${id}`);
  const project = type === ACCOUNT ? names.partOf('projects', 'account', id) : null;
  return project === null ? `${type}/id:${id}` : addressOf('projects', project);
};

const accountOf = (principal: string, ids: IdSource): { readonly type: string; readonly id: string | IdRef } => {
  const [, type, unnamed = ''] = UNNAMED.exec(principal) ?? [];
  if (type !== undefined) return { type, id: unnamed };
  const [, sort, encoded = ''] = ADDRESS.exec(principal) ?? [];
  const name = decodePart(encoded);
  if (sort === 'userGroups') return { type: GROUP, id: ids.of('userGroups', name) };
  if (sort === 'projects') return { type: ACCOUNT, id: ids.part('projects', name, 'account') };
  return { type: PERSON, id: ids.user(principal) };
};

/** Addresses of what the rules grant to and of the projects whose tables are bound. */
export const referredBy = (spec: JsonObject): readonly string[] => {
  const granted = Object.values(objectAt(spec, 'rules')).flatMap((rule) => Object.keys(objectAt(rule as JsonObject, 'grant')));
  const projects = Object.keys(objectAt(spec, 'tables')).flatMap((key) => {
    const parsed = parseTable(bindingOf(key).table, '');
    return 'project' in parsed ? projectsOf(parsed.project).map((project) => addressOf('projects', project)) : [];
  });
  const principals = granted
    .filter((principal) => !UNNAMED.test(principal) && !/\/id:/.test(principal))
    .map((principal) => (ADDRESS.test(principal) ? principal : addressOf('tenantMembers', principal)));
  return [...new Set([...principals, ...projects])];
};

// ---- what a read shows ----------------------------------------------------------------------------------------------

/** A permission as one row of the list shows it, with what only an update needs. */
export const liveSpec = (
  row: JsonObject,
  names: Names,
  tenant: string,
): { readonly spec: JsonObject; readonly extra: JsonObject } => {
  // A boolean in the model, 0 and 1 in the examples.
  const rules = rowsAt(row, 'Rules').filter((rule) => rule['IsDelete'] !== true && rule['IsDelete'] !== 1);
  const columns = rowsAt(row, 'MappingColumns');
  const tables = new Map<string, JsonObject>();
  for (const table of rowsAt(row, 'Tables')) {
    const guid = textOf(table['ResourceId']);
    const key = bindingKey(tableName(guid, tenant), textOf(table['MappingColumnName']));
    // Two engines may have tables of one name: the second one keeps its GUID.
    tables.set(tables.has(key) ? bindingKey(guid, textOf(table['MappingColumnName'])) : key, table);
  }
  const members = new Set(names.members().values());
  const left: Json[] = [];
  const isGone = (type: string, id: string): boolean => type === PERSON && members.size > 0 && !members.has(id);
  const grantOf = (rule: JsonObject): JsonObject => {
    const grant: Record<string, true> = {};
    for (const mapping of rowsAt(rule, 'UserMappingList'))
      for (const account of rowsAt(mapping, 'Accounts')) {
        const type = textOf(mapping['AccountType']);
        const id = textOf(account['AccountId']);
        const principal = principalOf(type, id, names);
        grant[principal] = true;
        if (isGone(type, id)) left.push(pointerOf('rules', textOf(rule['RuleName']), 'grant', principal));
      }
    return grant;
  };
  const byName = (rows: readonly JsonObject[], name: string, value: (row: JsonObject) => Json): JsonObject =>
    Object.fromEntries(rows.map((one) => [textOf(one[name]), value(one)]));
  return {
    spec: {
      description: textOf(row['RowPermissionDesc']),
      columns: byName(columns, 'ColumnName', (one) => ({
        type: columnType(one['ColumnType']),
        description: textOf(one['ColumnDesc']),
      })),
      rules: byName(rules, 'RuleName', (rule) => ({ ...ruleOf(rule), grant: grantOf(rule) })),
      tables: Object.fromEntries([...tables].map(([key, table]) => [key, { column: textOf(table['ColumnName']) }])),
    },
    extra: {
      columns: byName(columns, 'ColumnName', (one) => one),
      expressions: byName(rules, 'RuleName', (rule) => rule['Expressions'] ?? []),
      tables: Object.fromEntries(tables),
      left,
    },
  };
};

/** Examples show `STRING` and `string` for the same type. */
export const columnType = (type: Json | undefined): string => textOf(type).toUpperCase();

const SCOPES: Readonly<Record<string, string>> = { all: 'ALL_COLUMN', select: 'SELECT_COLUMN' };
const scopeOf = (type: string): string => Object.keys(SCOPES).find((scope) => SCOPES[scope] === type) ?? type;

const ruleOf = (rule: JsonObject): JsonObject => {
  const nodes = rule['Expressions'];
  const where = fromExpressions(Array.isArray(nodes) ? (nodes as readonly Json[]) : []);
  // 1 is enabled; 0 is assumed to be the other one.
  return { scope: scopeOf(textOf(rule['ScopeType'])), enabled: rule['Status'] !== 0, ...(where === null ? {} : { where }) };
};

/** Grants of people who have left: the service would refuse to be sent them. */
export const leftGrants = (extra: JsonObject): readonly Pointer[] =>
  Array.isArray(extra['left']) ? extra['left'].map(textOf) : [];

// ---- what a call carries --------------------------------------------------------------------------------------------

/** Everything that create and update have in common; what does not change is sent as it was read. */
export const commandOf = (change: KindChange, ids: IdSource) => {
  const { after, before } = change;
  const extra = change.action === 'create' ? {} : (change.live?.extra ?? {});
  const [name = ''] = change.key;
  const was = (...path: readonly string[]): boolean =>
    canonical(getAt(before ?? {}, pointerOf(...path))) === canonical(getAt(after ?? {}, pointerOf(...path)));
  return {
    RowPermissionName: name,
    RowPermissionDesc: textOf(after?.['description']),
    MappingColumns: sorted(after, 'columns').map(([column, value]) => ({
      ColumnName: column,
      ColumnType: textOf(value['type']),
      ColumnDesc: textOf(value['description']),
      ...(was('columns', column) ? objectAt(objectAt(extra, 'columns'), column) : {}),
    })),
    Rules: sorted(after, 'rules').map(([rule, value]) => ({
      RuleName: rule,
      ScopeType: SCOPES[textOf(value['scope'])] ?? textOf(value['scope']),
      Status: value['enabled'] === false ? 0 : 1,
      IsDelete: false,
      Expressions: expressionsOf(value, was('rules', rule, 'where') ? objectAt(extra, 'expressions')[rule] : undefined),
      UserMappingList: mappingsOf(Object.keys(objectAt(value, 'grant')), ids),
    })),
    Tables: sorted(after, 'tables').map(([key, value]) => ({
      ...(was('tables', key, 'column') ? objectAt(objectAt(extra, 'tables'), key) : {}),
      ...objectAt(value, 'extra'),
      ResourceId: guidOf(key, value, extra, ids),
      ColumnName: textOf(value['column']),
      MappingColumnName: bindingOf(key).column,
    })),
  };
};

const sorted = (spec: JsonObject | null, list: string): readonly (readonly [string, JsonObject])[] =>
  Object.entries(objectAt(spec, list))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, value as JsonObject]);

const expressionsOf = (rule: JsonObject, asRead: Json | undefined): readonly Node[] =>
  Array.isArray(asRead)
    ? (asRead as unknown as readonly Node[])
    : rule['where'] === undefined
      ? []
      : toExpressions(rule['where'] as Condition);

/** Accounts by their type: people, production accounts, groups, then what nobody here knows. */
const mappingsOf = (principals: readonly string[], ids: IdSource) => {
  const accounts = [...principals].sort().map((principal) => accountOf(principal, ids));
  const types = [...new Set([...ACCOUNT_TYPES, ...accounts.map(({ type }) => type)])];
  return types.flatMap((type) => {
    const Accounts = accounts.filter((one) => one.type === type).map(({ id }) => ({ AccountId: id }));
    return Accounts.length === 0 ? [] : [{ AccountType: type, Accounts }];
  });
};

/**
 * A table's GUID: as it is live in this permission or another one; with the engine that was written; with that of the
 * project's compute source where it was read; else MaxCompute's.
 */
const guidOf = (key: string, value: JsonObject, extra: JsonObject, ids: IdSource): string => {
  const { table } = bindingOf(key);
  const bound = objectAt(extra, 'tables');
  const [, row] =
    Object.entries(bound).find(([other]) => other === key) ??
    Object.entries(bound).find(([other]) => bindingOf(other).table === table) ??
    [];
  if (row !== undefined) return textOf((row as JsonObject)['ResourceId']);
  const parsed = parseTable(table, ids.tenant);
  if (!('project' in parsed)) return table;
  const [known = null] = projectsOf(parsed.project).flatMap((project) => ids.known(ENGINES, project) ?? []);
  const written = textOf(value['engine']) || null;
  return (written === null ? ids.known(TABLES, table) : null) ?? tableGuid({ ...parsed, engine: written ?? known }, ids.tenant);
};
