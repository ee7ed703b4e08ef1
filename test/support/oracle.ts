/**
 * Who may do what in an emulated tenant, and what refers to nothing: judged from the world alone, without a word of the
 * engine. Laws use it to judge every moment of an apply (DESIGN 1: stop anywhere).
 *
 * A right is a text that begins with the person or production account that has it; its value is when it ends.
 *
 *     300000002 | role SYSTEM_ADMIN                    a role of the tenant
 *     300000002 | project 71 PROD 2                    a role in one half of a project
 *     300000002 | resource PHYSICAL_TABLE … SELECT     a grant: to him, to an active group of his, to the production account of
 *                                                      a project whose production half he belongs to
 *     300000002 | api 1021 PROD USE field 3            a grant to him or to an app that he owns or belongs to
 *     300000002 | rows odps.….orders …                 rows of a table that he may read; the whole table where nothing filters it
 */
import type { Service, World } from '../../emulator/index.ts';

export type Access = ReadonlyMap<string, number>;

const FOR_EVER = Number.POSITIVE_INFINITY;
const ALL_ROWS = 'all';
/** Times without a zone are those of +08:00; a day counts to its end. */
const endOf = (text: string): number => {
  const ms = Date.parse(text.length === 10 ? `${text}T23:59:59+08:00` : `${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(ms) ? FOR_EVER : ms;
};

type Half = 'PROD' | 'DEV';
type Expression = World['rowPermissions'][number]['Rules'][number]['Expressions'][number];

/** Tables that a permission filters: what is compared has to know them all, also where nothing filters them. */
export const filteredTables = (world: World): ReadonlySet<string> =>
  new Set(world.rowPermissions.flatMap((permission) => permission.Tables.map((table) => table.ResourceId)));

/** @param tables whose rows are judged; one list for all worlds that are compared */
export const accessOf = (world: World, tables: ReadonlySet<string>): Access => {
  const access = new Map<string, number>();
  const members = new Set(world.members.map((member) => member.UserId));
  const exempt = rolesAs(world, 'SUPER_ADMIN');
  const strangers = new Set(world.users.flatMap((user) => (members.has(user.Id) ? [] : [user.Id])));
  const give = (who: string, right: string, until = FOR_EVER): void => {
    // Who is no member of the tenant may do nothing, whatever still names him.
    if (strangers.has(who) || (exempt.has(who) && !right.startsWith('role '))) return;
    const key = `${who} | ${right}`;
    access.set(key, Math.max(access.get(key) ?? 0, until));
  };
  const actors = actorsOf(world);
  for (const { UserId, RoleList } of world.members) {
    give(UserId, 'member');
    for (const role of RoleList) give(UserId, `role ${role}`);
  }
  for (const group of world.userGroups) for (const id of group.Admins) give(id, `administrator of group ${group.Id}`);
  for (const { project, half, id, roles } of projectMembers(world))
    for (const role of roles) give(id, `project ${project.Id} ${half} ${role}`);
  for (const unit of world.bizUnits) for (const { Id } of unit.AccountList) give(Id, `biz unit ${unit.Id}`);
  for (const grant of world.resourceGrants)
    for (const [operation, end] of Object.entries(grant.Operations))
      for (const who of actors(grant.AccountType, grant.AccountId))
        give(who, `resource ${grant.ResourceType} ${grant.ResourceId} ${grant.AuthScope} ${operation}`, endOf(end));
  dataService(world, give);
  rows(world, tables, { give, access, actors, members });
  return access;
};

const SUPER = 'role SUPER_ADMIN';
const rolesAs = (world: World, role: string): ReadonlySet<string> =>
  new Set(world.members.filter((member) => member.RoleList.includes(role)).map((one) => one.UserId));

type Give = (who: string, right: string, until?: number) => void;
type Actors = (type: string, id: string) => readonly string[];

const projectMembers = (world: World) =>
  world.projects.flatMap((project) =>
    (['PROD', 'DEV'] as const).flatMap((half) =>
      Object.entries(project.Halves[half]?.Members ?? {}).map(([id, roles]) => ({ project, half: half as Half, id, roles })),
    ),
  );

/** Everybody who acts with an account: the person; the active group's people; a production account and who works with it. */
const actorsOf = (world: World): Actors => {
  const groups = new Map(world.userGroups.map((group) => [group.Id, group]));
  const projects = new Map(world.projects.map((project) => [project.ProduceUserId, project]));
  return (type, id) => {
    if (type === 'USER_GROUP') {
      const group = groups.get(id);
      return group?.Active ? group.Members.map((member) => member.UserId) : [];
    }
    if (type === 'PRODUCE') return [id, ...Object.keys(projects.get(id)?.Halves.PROD.Members ?? {})];
    return [id];
  };
};

const dataService = (world: World, give: Give): void => {
  const users = new Map<string, { readonly id: string; readonly until: number }[]>();
  for (const app of world.apps) {
    for (const id of app.OwnerIds) give(id, `owner of app ${app.AppId}`);
    for (const { UserId, EffectiveEnd } of app.Members) give(UserId, `member of app ${app.AppId}`, endOf(EffectiveEnd));
    users.set(app.AppId, [
      { id: `app ${app.AppId}`, until: FOR_EVER },
      ...app.OwnerIds.map((id) => ({ id, until: FOR_EVER })),
      ...app.Members.map(({ UserId, EffectiveEnd }) => ({ id: UserId, until: endOf(EffectiveEnd) })),
    ]);
  }
  for (const project of world.dataServiceProjects) {
    for (const [id, role] of Object.entries(project.Members)) give(id, `data service ${project.ProjectId} ${role}`);
    for (const api of project.Apis)
      for (const grant of api.Grants) {
        if (grant.Pending) continue;
        const whom =
          grant.GranteeType === 'USER' ? [{ id: grant.GranteeId, until: FOR_EVER }] : (users.get(grant.GranteeId) ?? []);
        const right = `api ${api.ApiId} ${grant.Env} ${grant.AuthType}`;
        for (const { id, until } of whom)
          for (const part of ['', ...grant.Fields.map((field) => ` field ${field}`)])
            give(id, `${right}${part}`, Math.min(until, endOf(grant.ExpireDate)));
      }
  }
};

type Known = {
  readonly give: Give;
  readonly access: Access;
  readonly actors: Actors;
  readonly members: ReadonlySet<string>;
};

/**
 * Rows that somebody sees of a table that he may read: as a member of the half that holds it, or by a grant. Several
 * permissions of one table add up; the super administrator is exempt (BEHAVIOUR 3.7).
 */
const rows = (world: World, tables: ReadonlySet<string>, { give, access, actors, members }: Known): void => {
  const readers = readersOf(world);
  for (const table of tables) {
    const reads = readers(access, table);
    const filters = world.rowPermissions.filter((one) => one.Tables.some((bound) => bound.ResourceId === table));
    const seen = new Map<string, Set<string>>();
    for (const filter of filters)
      for (const rule of filter.Rules) {
        if (rule.Status !== 1 || rule.IsDelete) continue;
        const what = rule.ScopeType === 'ALL_COLUMN' ? ALL_ROWS : wordsOf(rule.Expressions, columnsOf(filter, table));
        for (const { AccountType, Accounts } of rule.UserMappingList)
          for (const { AccountId } of Accounts)
            for (const who of actors(AccountType, AccountId)) seen.set(who, (seen.get(who) ?? new Set()).add(what));
      }
    for (const who of members) {
      const until = reads(who);
      if (until === 0) continue;
      for (const what of filters.length === 0 ? [ALL_ROWS] : (seen.get(who) ?? [])) give(who, `rows ${table} ${what}`, until);
    }
  }
};

/** The columns that feed the control fields of a filter in one table. */
const columnsOf = (filter: World['rowPermissions'][number], table: string): ReadonlyMap<string, string> =>
  new Map(filter.Tables.filter((one) => one.ResourceId === table).map((one) => [one.MappingColumnName, one.ColumnName] as const));

const wordsOf = (expressions: readonly Expression[], columns: ReadonlyMap<string, string>): string =>
  JSON.stringify(expressions.map((one) => wordOf(one, columns)));
const wordOf = (one: Expression, columns: ReadonlyMap<string, string>): unknown => [
  one.Operator,
  columns.get(one.MappingColumnName) ?? '',
  one.Values,
  one.SubConditions.map((sub) => wordOf(sub, columns)),
];

/** Until when somebody may read a table at all; 0: he may not. */
const readersOf = (world: World) => {
  const projects = new Map(world.projects.map((project) => [project.Name, project]));
  const rights = new Map<string, Set<string>>();
  for (const grant of world.resourceGrants) {
    const mine = rights.get(grant.ResourceId) ?? new Set();
    rights.set(grant.ResourceId, mine);
    for (const operation of Object.keys(grant.Operations))
      mine.add(`resource ${grant.ResourceType} ${grant.ResourceId} ${grant.AuthScope} ${operation}`);
  }
  return (access: Access, table: string): ((who: string) => number) => {
    const [, , name = ''] = table.split('.');
    const halves = [
      projects.get(name)?.Halves.PROD,
      name.endsWith('_dev') ? projects.get(name.slice(0, -'_dev'.length))?.Halves.DEV : null,
    ];
    const granted = [...(rights.get(table) ?? [])];
    return (who) =>
      halves.some((half) => half?.Members[who] !== undefined)
        ? FOR_EVER
        : Math.max(0, ...granted.map((right) => access.get(`${who} | ${right}`) ?? 0));
  };
};

/** Rights of a moment that neither end has, or that last longer than at either end. */
export const excess = (between: Access, before: Access, after: Access): readonly string[] => {
  const most = (key: string): number => Math.max(before.get(key) ?? 0, after.get(key) ?? 0);
  // The super administrator may do everything, and is asked for nothing else.
  const allowed = (key: string): number => Math.max(most(key), most(`${key.slice(0, key.indexOf(' |'))} | ${SUPER}`));
  return [...between].flatMap(([key, until]) => {
    const whole = key.replace(/( \| rows \S+ ).*$/, `$1${ALL_ROWS}`);
    const limit = key.includes(' | rows ') ? Math.max(allowed(key), allowed(whole)) : allowed(key);
    return until > limit ? [key] : [];
  });
};

/** What names something that is not there. */
export const danglingOf = (world: World): ReadonlySet<string> => {
  const found = new Set<string>();
  const need = (isThere: boolean, what: string): void => {
    if (!isThere) found.add(what);
  };
  const members = new Set(world.members.map((one) => one.UserId));
  const groups = new Set(world.userGroups.map((one) => one.Id));
  const accounts = new Set(world.projects.map((one) => one.ProduceUserId));
  const sources = new Set(world.computeSources.map((one) => one.Id));
  const apps = new Set(world.apps.map((one) => one.AppId));
  const appGroups = new Set(world.appGroups.map((one) => one.Id));
  const dataSources = new Set(world.dataSources.flatMap((pair) => [pair.Prod.Id, ...(pair.Dev ? [pair.Dev.Id] : [])]));
  const tables = new Set(world.tables);
  const isAccount = (type: string, id: string): boolean =>
    (type === 'USER_GROUP' ? groups : type === 'PRODUCE' ? accounts : members).has(id);
  for (const group of world.userGroups)
    for (const id of [...group.Admins, ...group.Members.map((one) => one.UserId)])
      need(members.has(id), `group ${group.Id} names ${id}`);
  for (const { project, id } of projectMembers(world)) need(members.has(id), `project ${project.Id} names ${id}`);
  for (const project of world.projects) {
    for (const half of [project.Halves.PROD, project.Halves.DEV])
      for (const id of [half?.ComputeSourceId, half?.StreamComputeSourceId])
        need(id === null || id === undefined || sources.has(id), `project ${project.Id} uses compute source ${id}`);
    need(members.has(project.OwnerId), `project ${project.Id} is owned by ${project.OwnerId}`);
  }
  for (const permission of world.rowPermissions) {
    for (const rule of permission.Rules)
      for (const { AccountType, Accounts } of rule.UserMappingList)
        for (const { AccountId } of Accounts)
          need(isAccount(AccountType, AccountId), `row permission ${permission.RowPermissionId} names ${AccountId}`);
    for (const { ResourceId } of permission.Tables)
      need(tables.has(ResourceId), `row permission ${permission.RowPermissionId} filters ${ResourceId}`);
  }
  for (const app of world.apps) {
    need(appGroups.has(app.AppGroupId), `app ${app.AppId} is in group ${app.AppGroupId}`);
    for (const id of [...app.OwnerIds, ...app.Members.map((one) => one.UserId)])
      need(members.has(id), `app ${app.AppId} names ${id}`);
  }
  for (const project of world.dataServiceProjects) {
    for (const id of Object.keys(project.Members)) need(members.has(id), `data service ${project.ProjectId} names ${id}`);
    for (const api of project.Apis)
      for (const grant of api.Grants)
        need((grant.GranteeType === 'APP' ? apps : members).has(grant.GranteeId), `api ${api.ApiId} names ${grant.GranteeId}`);
  }
  for (const grant of world.resourceGrants) {
    need(isAccount(grant.AccountType, grant.AccountId), `grant ${grant.RecordId} names ${grant.AccountId}`);
    if (grant.ResourceType === 'DATASOURCE')
      need(dataSources.has(grant.ResourceId), `grant ${grant.RecordId} is on data source ${grant.ResourceId}`);
  }
  return found;
};

export type Moment = { readonly name: string; readonly world: World };

/**
 * Judges every moment of an apply by its two ends. Each line says which moment breaks what; empty: it may stop anywhere.
 *
 * @param moments the worlds after each write, in order, named by the write
 */
export const judge = (before: World, moments: readonly Moment[], after: World): readonly string[] => {
  const worlds = [before, ...moments.map(({ world }) => world), after];
  const tables = new Set(worlds.flatMap((world) => [...filteredTables(world)]));
  const [old, end] = [accessOf(before, tables), accessOf(after, tables)];
  const [oldLoose, endLoose] = [danglingOf(before), danglingOf(after)];
  return moments.flatMap(({ name, world }) => [
    ...excess(accessOf(world, tables), old, end).map((right) => `after ${name}: ${right}`),
    ...[...danglingOf(world)].filter((one) => !oldLoose.has(one) && !endLoose.has(one)).map((one) => `after ${name}: ${one}`),
  ]);
};

export type Watch = {
  /** The worlds since the last time that this was asked, each named by the call that made it. */
  readonly moments: () => readonly Moment[];
};

/** Keeps the world after every change of a service. */
export const watch = (service: Service): Watch => {
  let kept: Moment[] = [];
  service.onChange(() => {
    kept.push({ name: service.calls().at(-1)?.action ?? 'a change from outside', world: service.world() });
  });
  return {
    moments: () => {
      const found = kept;
      kept = [];
      return found;
    },
  };
};
