/** The fewest reads that a plan can make do with (RESOURCES 5), counted from what is declared and what is live, without the engine. */
import type { World } from '../../emulator/index.ts';
import type { JsonObject } from '../../engine/core/ports.ts';

type Named = Readonly<Record<string, JsonObject>>;
type Two = Readonly<Record<string, Named>>;
type Half = 'prod' | 'dev';

const PAGE = 50;
/** Of ListAuthorizedDataServiceApiDetails. */
const LONG_PAGE = 100;
/** Resources in one CheckResourcePermission. */
const BATCH = 50;
/** Calls of a day in the basic edition: levels 1 and 2 share a quota, level 3 has its own (BEHAVIOUR 2.1). */
const PER_DAY = { check: 50_000, list: 10_000 };

const pages = (rows: number, size = PAGE): number => Math.max(1, Math.ceil(rows / size));
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/**
 * Calls by operation; operations without a call are left out.
 *
 * @param declared   collections after variables and overlays; every one of them is there
 * @param isRecorded the record calls every list of them ours
 */
export const leastReads = (declared: JsonObject, world: World, isRecorded: boolean): Readonly<Record<string, number>> => {
  const of = (collection: string): Named => (declared[collection] ?? {}) as Named;
  const counts: Record<string, number> = {
    GetMyTenants: 1,
    ...people(of('tenantMembers'), world),
    ...groups(of('userGroups'), world),
    ListComputeSources: pages(world.computeSources.length),
    ListDataSourceWithConfig: pages(world.dataSources.length),
    ...projects(of('projects'), world),
    ListRowPermission: pages(world.rowPermissions.length),
    GetProjectProduceUser: productionAccounts([of('rowPermissions'), of('resourceGrants')], world),
    ...apps(of('dataServiceApps') as unknown as Two, world),
    GetDataServiceMyProjects: 1,
    GetDataServiceProjectAddableUsers: liveOnly(
      Object.keys(of('dataServiceProjectMembers')),
      world.dataServiceProjects.map(({ ProjectName }) => ProjectName),
    ).length,
    ...apiGrants(of('dataServiceGrants') as unknown as Two, world),
    ...resourceGrants(of('resourceGrants') as unknown as Two, world, isRecorded),
  };
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
};

const liveOnly = (names: readonly string[], live: readonly string[]): readonly string[] =>
  names.filter((name) => live.includes(name));

const people = (declared: Named, { users, members }: World) => {
  const ids = new Set(members.map(({ UserId }) => UserId));
  const accounts = new Set(users.filter(({ Id }) => ids.has(Id)).map(({ AccountName }) => AccountName));
  const isMissing = Object.keys(declared).some((account) => !accounts.has(account));
  return { ListTenantMembers: pages(members.length), ListAddableUsers: isMissing ? pages(users.length - members.length) : 0 };
};

const groups = (declared: Named, { userGroups }: World) => ({
  ListUserGroups: pages(userGroups.length),
  ListUserGroupMembers: sum(
    userGroups.filter(({ Name }) => declared[Name]?.['members'] !== undefined).map(({ Members }) => pages(Members.length)),
  ),
});

const projects = (declared: Named, world: World) => {
  const live = world.projects.filter(({ Name }) => declared[Name] !== undefined);
  const members = live.flatMap(({ Name, Halves }) => {
    const given = (declared[Name]?.['members'] ?? {}) as Readonly<Record<Half, unknown>>;
    const halves = [
      ['prod', Halves.PROD],
      ['dev', Halves.DEV],
    ] as const;
    return halves.flatMap(([half, at]) => (given[half] !== undefined && at ? [pages(Object.keys(at.Members).length)] : []));
  });
  return {
    ListProjects: pages(sum(world.projects.map(({ Halves }) => (Halves.DEV ? 2 : 1)))),
    ListProjectMembers: sum(members),
    GetProject: live.filter(({ Name }) => ['whiteList', 'namespaceTag'].some((field) => declared[Name]?.[field] !== undefined))
      .length,
  };
};

/** Every text of the value. */
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];

const productionAccounts = (declared: readonly Named[], { projects: live }: World): number => {
  const named = new Set(declared.flatMap(textsIn).flatMap((text) => (text.startsWith('projects/') ? [text.slice(9)] : [])));
  return live.filter(({ Name }) => named.has(Name)).length;
};

const appName = (world: World, { AppGroupId, AppName }: World['apps'][number]): readonly [string, string] => [
  world.appGroups.find(({ Id }) => Id === AppGroupId)?.Name ?? '',
  AppName,
];

const apps = (declared: Two, world: World) => {
  const live = world.apps.flatMap((app) => {
    const [group, name] = appName(world, app);
    const spec = declared[group]?.[name];
    return spec ? [spec] : [];
  });
  return {
    GetDataServiceAppGroups: 1,
    ListDataServiceApps: pages(world.apps.length),
    GetDataServiceApp: live.filter(({ scenarios, key }) => scenarios !== undefined || key !== undefined).length,
    GetDataServiceAppMembers: live.filter(({ members }) => members !== undefined).length,
  };
};

const apiGrants = (declared: Two, world: World) => {
  const projectsOf = world.dataServiceProjects.filter(({ ProjectName }) => declared[ProjectName] !== undefined);
  // A grantee's key shows in the list of APIs, once it holds a grant: a declared one that holds none has nothing to show.
  const grantees = new Set(
    projectsOf.flatMap(({ ProjectName, Apis }) =>
      Apis.filter(({ ApiName }) => declared[ProjectName]?.[ApiName] !== undefined).flatMap(({ Grants }) =>
        Grants.filter(({ GranteeType }) => GranteeType === 'APP').map(({ GranteeId }) => GranteeId),
      ),
    ),
  );
  const rowsOf = (app: string): number =>
    sum(
      world.dataServiceProjects.flatMap(({ Apis }) =>
        Apis.map(
          ({ Grants }) => new Set(Grants.filter(({ GranteeId }) => GranteeId === app).map(({ AuthType }) => AuthType)).size,
        ),
      ),
    );
  return {
    ListDataServicePublishedApis: sum(projectsOf.map(({ Apis }) => pages(Apis.length))),
    ListAuthorizedDataServiceApiDetails: sum([...grantees].map((app) => pages(rowsOf(app), LONG_PAGE))),
  };
};

const TABS = [
  { sorts: ['tables', 'fields'], holds: (type: string) => type !== 'DATASOURCE' },
  { sorts: ['dataSources'], holds: (type: string) => type === 'DATASOURCE' },
];

/**
 * Of each tab the cheaper: its whole list, or one check for every principal and operation, fifty resources a call. A check asks
 * for an id: of somebody who is no member of the tenant yet only the list tells. Who else is on a list before it is ours, only the
 * list tells, too.
 */
const resourceGrants = (declared: Two, world: World, isRecorded: boolean) => {
  let lists = 0;
  let checks = 0;
  for (const { sorts, holds } of TABS) {
    const specs = sorts.flatMap((sort) =>
      Object.entries(declared[sort] ?? {}).flatMap(([resource, spec]) =>
        isLive(sort, resource, world) ? [{ sort, resource, spec }] : [],
      ),
    );
    if (specs.length === 0) continue;
    const asked = new Map<string, Set<string>>();
    let hasStrangers = false;
    for (const { sort, resource, spec } of specs)
      for (const [operation, list] of Object.entries(spec))
        for (const entry of list as readonly (string | { readonly who: string })[]) {
          const who = typeof entry === 'string' ? entry : entry.who;
          const question = `${sort} ${operation} ${who}`;
          if (!who.includes('/') && !isMember(who, world)) hasStrangers = true;
          else if (isThere(who, world)) asked.set(question, (asked.get(question) ?? new Set()).add(resource));
        }
    const inChecks =
      hasStrangers || !isRecorded
        ? Number.POSITIVE_INFINITY
        : sum([...asked.values()].map(({ size }) => Math.ceil(size / BATCH)));
    const inPages = pages(world.resourceGrants.filter(({ ResourceType }) => holds(ResourceType)).length);
    if (inPages / PER_DAY.list <= inChecks / PER_DAY.check) lists += inPages;
    else checks += inChecks;
  }
  return { ListResourcePermissions: lists, CheckResourcePermission: checks };
};

/** Tables and fields are there whatever the service's lists say: no read of a plan shows them. */
const isLive = (sort: string, resource: string, world: World): boolean =>
  sort !== 'dataSources' || world.dataSources.some(({ Prod }) => Prod.Name === resource);
const isMember = (account: string, { users, members }: World): boolean =>
  members.some(({ UserId }) => users.some(({ Id, AccountName }) => Id === UserId && AccountName === account));
/** A group or project that is not there yet holds nothing, and nobody asks. */
const isThere = (who: string, world: World): boolean => {
  const [sort, name] = who.split('/');
  if (name === undefined) return true;
  return sort === 'projects'
    ? world.projects.some(({ Name }) => Name === name)
    : world.userGroups.some(({ Name }) => Name === name);
};
