/** Row-level permissions (BEHAVIOUR 3.7). */
import type { RequestOf } from '../../engine/operations/index.ts';
import { refuse } from '../refusal.ts';
import type { Member, RowPermission } from '../world.ts';
import type { Rule } from '../worlds/row-permissions.ts';
import { absent, type Context, type Handlers, isLike, isTenantAdmin, pageOf } from './context.ts';
import { accountName, reaches, readMapping } from './row-accounts.ts';
import { columnsOf, noConstant, readExpressions, showExpressions } from './row-expressions.ts';

type Command = RequestOf<'CreateRowPermission'>['CreateRowPermissionCommand'];
type RuleDraft = Omit<Rule, 'Id'>;

const MAX_NAME = 64;
const MAX_DESCRIPTION = 128;
const MAX_COLUMNS = 10;
const MAX_RULES = 500;

const invalid = (message: string): never => refuse('DPN.RowPermission.Invalid', message);
const notFound = (id: string): never => refuse('DPN.RowPermission.NotFound', `row permission ${id} does not exist`);
const find = (context: Context, id: string): RowPermission => context.view.rowPermissions.get(id) ?? notFound(id);

/** Who may write is not public: tenant and security administrators (assumed). Reads are open to members (assumed). */
const mayWrite = (member: Member): boolean => isTenantAdmin(member) || member.RoleList.includes('SECURITY_ADMIN');
const needRight = (context: Context): void => {
  if (!mayWrite(context.caller)) refuse('DPN.RowPermission.NoPermission', 'only tenant and security administrators may do this');
};

const checkText = (what: string, value: string, most: number, mayBeEmpty: boolean): void => {
  if (value.length > most || (value === '' && !mayBeEmpty))
    invalid(`the ${what} must have ${mayBeEmpty ? 'at most' : '1 to'} ${most} characters`);
};
const checkOnce = (what: string, values: readonly string[]): void => {
  const twice = values.find((value, at) => values.indexOf(value) < at);
  if (twice !== undefined) invalid(`the ${what} "${twice}" is there twice`);
};

const needName = (context: Context, name: string, but?: string): void => {
  checkText('name', name, MAX_NAME, false);
  const others = context.view.rowPermissions.by('name', name).filter((other) => other.RowPermissionId !== but);
  if (context.switches.duplicates === 'refused' && others.length > 0)
    refuse('DPN.RowPermission.Duplicated', 'a row permission of this name exists');
};

/** What both writes say, checked: a permission as it will be, but for id, people and times. */
const readCommand = (context: Context, command: Command) => {
  const description = command.RowPermissionDesc ?? '';
  checkText('description', description, MAX_DESCRIPTION, true);
  const columns = readColumns(command.MappingColumns);
  const names = new Set(columns.map((column) => column.ColumnName));
  const tables = readTables(context, command.Tables ?? [], names);
  const rules = readRules(context, command.Rules ?? [], names);
  checkBindings(rules, tables);
  return {
    RowPermissionName: command.RowPermissionName,
    RowPermissionDesc: description,
    MappingColumns: columns,
    // Ids cannot be sent: every write gives new ones (BEHAVIOUR 4, Q31).
    Rules: rules.map((rule) => ({ ...rule, Id: context.newId('rowRule') })),
    Tables: tables,
  };
};

const readColumns = (columns: Command['MappingColumns']): RowPermission['MappingColumns'] => {
  if (columns.length > MAX_COLUMNS) invalid(`a row permission has at most ${MAX_COLUMNS} control fields`);
  for (const { ColumnName, ColumnDesc = '' } of columns) {
    checkText('name of a control field', ColumnName, MAX_NAME, false);
    checkText('description of a control field', ColumnDesc, MAX_NAME, true);
  }
  checkOnce(
    'control field',
    columns.map((column) => column.ColumnName),
  );
  return columns.map(({ ColumnName, ColumnType, ColumnDesc = '' }) => ({ ColumnName, ColumnType, ColumnDesc }));
};

/** The three fields of the official client; what the richer shape adds is ignored (BEHAVIOUR 4, Q32). */
const readTables = (
  context: Context,
  tables: NonNullable<Command['Tables']>,
  columns: ReadonlySet<string>,
): RowPermission['Tables'] => {
  for (const { ResourceId, MappingColumnName } of tables) {
    if (!context.tables.includes(ResourceId)) refuse('DPN.Os.TableNotFound', `table ${ResourceId} does not exist`);
    if (!columns.has(MappingColumnName)) invalid(`table ${ResourceId} feeds "${MappingColumnName}", which is no control field`);
  }
  checkOnce(
    'binding of a table to a control field',
    tables.map((table) => `${table.ResourceId} ${table.MappingColumnName}`),
  );
  return tables.map(({ ResourceId, ColumnName, MappingColumnName }) => ({ ResourceId, ColumnName, MappingColumnName }));
};

const readRules = (
  context: Context,
  given: NonNullable<Command['Rules']>,
  columns: ReadonlySet<string>,
): readonly RuleDraft[] => {
  // A rule that is marked as deleted is one that is not there (assumed).
  const rules = given.flatMap((rule, at) => (rule.IsDelete ? [] : [{ rule, path: `$.rules[${at}]` }]));
  if (rules.length > MAX_RULES) invalid(`a row permission has at most ${MAX_RULES} rules`);
  checkOnce(
    'rule',
    rules.map(({ rule }) => rule.RuleName),
  );
  return rules.map(({ rule, path }) => readRule(context, rule, columns, path));
};

const readRule = (
  context: Context,
  rule: NonNullable<Command['Rules']>[number],
  columns: ReadonlySet<string>,
  path: string,
): RuleDraft => {
  checkText('name of a rule', rule.RuleName, MAX_NAME, false);
  const scope = rule.ScopeType;
  if (scope !== 'ALL_COLUMN' && scope !== 'SELECT_COLUMN') return noConstant('ScopeTypeEnum', scope);
  const status = rule.Status ?? 1;
  if (status !== 0 && status !== 1) return invalid(`rule ${rule.RuleName}: the status is 1 (enabled) or 0 (disabled)`);
  const expressions = readExpressions(rule.Expressions, columns, `${path}.expressions`);
  if (scope === 'ALL_COLUMN' && expressions.length > 0) invalid(`rule ${rule.RuleName}: a rule for all rows has no conditions`);
  return {
    RuleName: rule.RuleName,
    ScopeType: scope,
    Status: status,
    IsDelete: false,
    Expressions: expressions,
    UserMappingList: (rule.UserMappingList ?? []).map((mapping) => readMapping(context, mapping)),
  };
};

/** Every table of the permission feeds the control fields that a rule asks for: it could not be filtered else (assumed). */
const checkBindings = (rules: readonly RuleDraft[], tables: RowPermission['Tables']): void => {
  const bound = new Map<string, Set<string>>();
  for (const { ResourceId, MappingColumnName } of tables)
    bound.set(ResourceId, (bound.get(ResourceId) ?? new Set()).add(MappingColumnName));
  for (const { RuleName, Expressions } of rules)
    for (const column of columnsOf(Expressions))
      for (const [table, columns] of bound)
        if (!columns.has(column)) invalid(`rule ${RuleName} asks for "${column}", which table ${table} does not feed`);
};

/** An API that filters by the permission keeps it alive (assumed). */
const checkUnused = (context: Context, id: string): void => {
  for (const api of apisOf(context))
    if (api.RowPermissionIds.includes(id)) refuse('DPN.RowPermission.InUse', `API ${api.ApiName} references the row permission`);
};

const apisOf = (context: Context) => context.view.dataServiceProjects.newestFirst().flatMap((project) => project.Apis);

/** What a row of both lists shows. */
const toRow = (context: Context, permission: RowPermission) => ({
  Creator: permission.CreatorId,
  GmtCreate: isoTime(permission.GmtCreate),
  GmtModified: isoTime(permission.GmtModified),
  Modifier: permission.ModifierId,
  Rules: permission.Rules.map((rule) => ({ ...rule, Expressions: showExpressions(rule.Expressions) })),
  Tables: permission.Tables,
  TenantId: context.tenant,
});
/** ISO 8601, as only this kind shows times (BEHAVIOUR 1.8). */
const isoTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

export const rowPermissions = {
  CreateRowPermission: (context, { CreateRowPermissionCommand: command }) => {
    needRight(context);
    needName(context, command.RowPermissionName);
    const read = readCommand(context, command);
    const id = context.newId('rowPermission');
    const me = context.caller.UserId;
    const permission = { ...read, RowPermissionId: id, CreatorId: me, ModifierId: me };
    context.put('rowPermissions', { ...permission, GmtCreate: context.nowMs, GmtModified: context.nowMs });
    // The model says number, the example true (BEHAVIOUR 4, Q4).
    return { Data: context.switches.rowPermissionId === 'number' ? id : (true as unknown as string) };
  },

  UpdateRowPermission: (context, { UpdateRowPermissionCommand: command }) => {
    needRight(context);
    const before = find(context, command.RowPermissionId);
    needName(context, command.RowPermissionName, before.RowPermissionId);
    // A full overwrite: description, rules and tables that are left out are gone.
    const read = readCommand(context, command);
    context.put('rowPermissions', { ...before, ...read, ModifierId: context.caller.UserId, GmtModified: context.nowMs });
    return { Data: true };
  },

  DeleteRowPermission: (context, { DeleteRowPermissionCommand: { RowPermissionId: id } }) => {
    needRight(context);
    find(context, id);
    checkUnused(context, id);
    context.remove('rowPermissions', id);
    return { Data: true };
  },

  ListRowPermission: (context, { PageRowPermissionQuery: query }) => {
    const all = context.view.rowPermissions.newestFirst();
    const found = query.Keyword ? all.filter((permission) => isLike(query.Keyword, permission.RowPermissionName)) : all;
    const page = pageOf(context, found, query.PageNum, query.PageSize, (permission) => ({
      ...toRow(context, permission),
      MappingColumns: permission.MappingColumns,
      RowPermissionDesc: permission.RowPermissionDesc,
      RowPermissionId: permission.RowPermissionId,
      RowPermissionName: permission.RowPermissionName,
    }));
    return { PageResult: { TotalCount: page.total, Data: page.rows } };
  },

  /** Rows without id, name and control fields: whoever wants those has to ask ListRowPermission. */
  ListRowPermissionByUserId: (context, { ListRowPermissionByUserIdQuery: query }) => {
    const found = context.view.rowPermissions
      .newestFirst()
      .filter((permission) => reaches(context.view, permission, query.Operator));
    const page = pageOf(context, found, query.PageNum, query.PageSize, (permission) => toRow(context, permission));
    return { PageResult: { TotalCount: page.total, Data: page.rows } };
  },

  GetRowPermissionByTableGuids: (context, { GetRowPermissionByTableGuidsQuery: { TableGuids: guids } }) => ({
    Data: [...new Set(guids.flatMap((guid) => context.view.rowPermissions.by('table', guid)))].map((permission) => ({
      RowPermissionDesc: permission.RowPermissionDesc,
      RowPermissionId: permission.RowPermissionId,
      RowPermissionName: permission.RowPermissionName,
    })),
  }),

  GetAccountByRowPermissionId: (context, { GetAccountByRowPermissionIdQuery: { RowPermissionId: id, RuleIds } }) => {
    const permission = context.view.rowPermissions.get(id);
    if (!permission) return absent(context, 'DPN.RowPermission.NotFound', `row permission ${id} does not exist`, {});
    const wanted = RuleIds === undefined ? null : new Set(RuleIds.map(String));
    return {
      Data: permission.Rules.filter((rule) => wanted === null || wanted.has(rule.Id)).map((rule) => ({
        Id: rule.Id,
        UserMappingList: rule.UserMappingList.map(({ AccountType, Accounts }) => ({
          AccountType,
          Accounts: Accounts.map(({ AccountId }) => ({
            AccountId,
            AccountName: accountName(context.view, AccountType, AccountId),
          })),
        })),
      })),
    };
  },
} as const satisfies Handlers;
