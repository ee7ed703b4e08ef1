/** Random row permissions, and edits of them. */
import { type DriftsOf, type Edit, type Model, pointerPart } from './model.ts';
import type { Random } from './random.ts';

export type RuleSpec = { enabled?: boolean; scope?: string; where?: unknown; grant?: unknown[] };
export type RowPermissionSpec = {
  description?: string;
  columns?: Record<string, { type: string; description?: string }>;
  rules?: Record<string, RuleSpec>;
  tables?: { table: string; bind: Record<string, string>; extra?: Record<string, string> }[];
  lifecycle?: object;
  renamedFrom?: string;
};
export type RowParts = {
  /** Accounts, groups and projects as principals. */
  readonly principals: readonly string[];
  /** `project.table`, each there. */
  readonly tables: readonly string[];
};

const test = (random: Random, column: string): object =>
  random.pick([
    { [column]: { equal: random.pick(['east', '北', '1']) } },
    { [column]: { in: random.some(['east', 'north', 'south'], 0.6).concat('west') } },
    { column, like: random.pick(['b%', '%东%']) },
  ]);
const condition = (random: Random, columns: readonly string[], depth = 2): object => {
  if (depth === 0 || random.chance(0.4)) return test(random, random.pick(columns));
  const children = Array.from({ length: 1 + random.below(3) }, () => condition(random, columns, depth - 1));
  return random.chance(0.5) ? { all: children } : { any: children };
};
const grant = (random: Random, principals: readonly string[]): unknown[] =>
  random.some(principals, 0.35).map((who) => (random.chance(0.15) ? { who, until: '2031-12-31', reason: 'INC-4711' } : who));

const rule = (random: Random, columns: readonly string[], parts: RowParts): RuleSpec => ({
  ...(random.chance(0.3) ? { enabled: random.chance(0.6) } : {}),
  ...(random.chance(0.25) ? { scope: 'all' } : { where: condition(random, columns) }),
  ...(random.chance(0.85) ? { grant: grant(random, parts.principals) } : {}),
});

export const rowPermissionSpec = (random: Random, parts: RowParts): RowPermissionSpec => {
  const columns = random.chance(0.5) ? ['region', 'level'] : ['region'];
  return {
    ...(random.chance(0.6) ? { description: random.pick(['own region', '自己的区域', '']) } : {}),
    columns: Object.fromEntries(
      columns.map((name) => [name, { type: 'STRING', ...(random.chance(0.5) ? { description: name } : {}) }]),
    ),
    rules: Object.fromEntries(random.some(['east', 'west', '全部'], 0.6).map((name) => [name, rule(random, columns, parts)])),
    ...(parts.tables.length > 0 && random.chance(0.8)
      ? {
          tables: random.some(parts.tables, 0.6).map((table) => ({
            table,
            bind: Object.fromEntries(columns.map((name) => [name, `${name}_c`])),
            ...(random.chance(0.2) ? { extra: { ResourceType: 'PHYSICAL_TABLE' } } : {}),
          })),
        }
      : {}),
  };
};

const expression = (values: readonly string[]) => ({
  Type: 'RELATION',
  Operator: 'OR',
  SubConditions: [{ Type: 'EXPRESSION', MappingColumnName: 'region', Operator: 'IN', Values: values, SubConditions: [] }],
});

/** Live ones: of declared names with other content, and strangers. */
export const liveRowPermissions = (
  random: Random,
  declared: Record<string, RowPermissionSpec>,
  world: { readonly userIds: readonly string[]; readonly tables: readonly string[] },
): unknown[] => {
  const row = (name: string, tables = world.tables) => ({
    RowPermissionName: name,
    RowPermissionDesc: random.pick(['by hand', '']),
    MappingColumns: [{ ColumnName: 'region', ColumnType: 'STRING', ColumnDesc: random.pick(['', 'region']) }],
    Rules: [
      {
        RuleName: random.pick(['east', 'old']),
        ScopeType: 'SELECT_COLUMN',
        Expressions: [expression(['east', 'north'])],
        UserMappingList: [
          { AccountType: 'PERSONAL', Accounts: random.some(world.userIds, 0.4).map((AccountId) => ({ AccountId })) },
        ].filter((mapping) => mapping.Accounts.length > 0),
      },
    ],
    Tables: random.some(tables, 0.4).map((ResourceId) => ({ ResourceId, ColumnName: 'region_c', MappingColumnName: 'region' })),
  });
  return [
    // Live tables that stay would have to bind every column that the files' rules ask for.
    ...random
      .some(Object.keys(declared), 0.3)
      .map((name) => row(name, declared[name]?.columns?.['level'] === undefined ? world.tables : [])),
    ...random.some(['RP1', 'other_filter'], 0.3).map((name) => row(name)),
  ];
};

const anyPermission = (model: Model, random: Random): [string, RowPermissionSpec] | null => {
  const all = Object.entries(model.rowPermissions);
  return all.length === 0 ? null : random.pick(all);
};
const anyRule = (one: RowPermissionSpec | undefined, random: Random): RuleSpec | null => {
  const all = Object.values(one?.rules ?? {});
  return all.length === 0 ? null : random.pick(all);
};

export const ROW_EDITS: Readonly<Record<string, Edit>> = {
  'row permission description': (model, _scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    if (!one) return null;
    one.description = `edited ${random.below(100)}`;
    return `rowPermissions/${name}`;
  },
  'row permission grant': (model, scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    const found = anyRule(one, random);
    if (!found) return null;
    found.grant = random.some(scene.members, 0.5);
    return `rowPermissions/${name}`;
  },
  'row permission condition': (model, _scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    const found = anyRule(one, random);
    if (!found?.where) return null;
    found.where = condition(random, Object.keys(one?.columns ?? {}));
    return `rowPermissions/${name}`;
  },
  'row permission rule added': (model, scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    if (!one) return null;
    one.rules = { ...one.rules, added: { scope: 'all', grant: random.some(scene.members, 0.3) } };
    return `rowPermissions/${name}`;
  },
  'row permission rule removed': (model, _scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    const keys = Object.keys(one?.rules ?? {});
    if (!one?.rules || keys.length === 0) return null;
    delete one.rules[random.pick(keys)];
    return `rowPermissions/${name}`;
  },
  'row permission tables': (model, _scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    if (!one?.tables || one.tables.length === 0) return null;
    one.tables = one.tables.slice(1);
    return `rowPermissions/${name}`;
  },
  'row permission removed': (model, _scene, random) => {
    const [name] = anyPermission(model, random) ?? [];
    if (name === undefined) return null;
    delete model.rowPermissions[name];
    return `rowPermissions/${name}`;
  },
  'row permission renamed': (model, _scene, random) => {
    const [name, one] = anyPermission(model, random) ?? [];
    if (!name || !one || one.renamedFrom || model.rowPermissions[`${name}_new`]) return null;
    delete model.rowPermissions[name];
    model.rowPermissions[`${name}_new`] = { ...one, renamedFrom: name };
    return `rowPermissions/${name}_new`;
  },
};

export const rowDrifts: DriftsOf = (model, world, random, add) => {
  for (const [name, one] of Object.entries(model.rowPermissions)) {
    const live = world.rowPermissions.find(({ RowPermissionName }) => RowPermissionName === name);
    if (!live) continue;
    const address = `rowPermissions/${name}`;
    if (one.description !== undefined)
      add(address, '/description', (draft) => {
        for (const row of draft.rowPermissions) if (row.RowPermissionName === name) row.RowPermissionDesc += ' (edited)';
      });
    for (const [rule, spec] of Object.entries(one.rules ?? {})) {
      const liveRule = live.Rules.find(({ RuleName }) => RuleName === rule);
      if (!liveRule || spec.grant === undefined) continue;
      const inside = liveRule.UserMappingList.flatMap(({ Accounts }) => Accounts.map(({ AccountId }) => AccountId));
      const outsiders = world.members.map(({ UserId }) => UserId).filter((id) => !inside.includes(id));
      if (outsiders.length === 0) continue;
      const id = random.pick(outsiders);
      const account = world.users.find((user) => user.Id === id)?.AccountName ?? '';
      add(address, `/rules/${pointerPart(rule)}/grant/${pointerPart(account)}`, (draft) => {
        const row = draft.rowPermissions.find(({ RowPermissionName }) => RowPermissionName === name);
        const at = row?.Rules.find(({ RuleName }) => RuleName === rule);
        at?.UserMappingList.push({ AccountType: 'PERSONAL', Accounts: [{ AccountId: id }] });
      });
    }
  }
};
