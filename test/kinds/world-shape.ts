/** What a world holds, by names: without ids, times and the order of rows. Two runs that end alike have the same shape. */
import type { World } from '../../emulator/index.ts';

const byName = <T>(rows: readonly T[], name: (row: T) => string): T[] => [...rows].sort((a, b) => (name(a) < name(b) ? -1 : 1));

/** Secrets are part of it: two runs that send alike hold alike. What the service makes by itself differs from run to run. */
const dataServiceShape = ({ appGroups, apps, dataServiceProjects }: World, nameOf: (id: string) => string) => {
  const group = new Map(appGroups.map((one) => [one.Id, one.Name]));
  const appName = (id: string): string => {
    const app = apps.find((one) => one.AppId === id);
    return app ? `${group.get(app.AppGroupId)}/${app.AppName}` : id;
  };
  const grantKey = (one: { readonly grantee: string; readonly AuthType: string; readonly Env: string }): string =>
    `${one.grantee} ${one.AuthType} ${one.Env}`;
  return {
    appGroups: appGroups.map((one) => one.Name).sort(),
    apps: byName(
      apps.map(({ AppId: _id, AppKey, AppSecret, AppGroupId, OwnerIds, Members, ...rest }) => ({
        ...rest,
        key: /^\d+$/.test(AppKey) ? 'made by the service' : AppKey,
        secret: AppSecret.startsWith('emulator-only-') ? 'made by the service' : AppSecret,
        group: group.get(AppGroupId) ?? AppGroupId,
        owners: OwnerIds.map(nameOf).sort(),
        members: Object.fromEntries(Members.map(({ UserId, EffectiveEnd }) => [nameOf(UserId), EffectiveEnd] as const).sort()),
      })),
      (row) => `${row.group}/${row.AppName}`,
    ),
    apiGrants: dataServiceProjects.flatMap(({ Apis }) =>
      Apis.flatMap(({ ApiName, Grants }) =>
        Grants.map(({ GranteeType, GranteeId, Fields, ...rest }) => {
          const grantee = GranteeType === 'USER' ? nameOf(GranteeId) : appName(GranteeId);
          return { ApiName, grantee, ...rest, Fields: [...Fields].sort() };
        }),
      ).sort((a, b) => (grantKey(a) < grantKey(b) ? -1 : 1)),
    ),
    projectMembers: Object.fromEntries(
      dataServiceProjects.map(({ ProjectName, Members }) => [
        ProjectName,
        Object.fromEntries(Object.entries(Members).map(([id, role]) => [nameOf(id), role])),
      ]),
    ),
  };
};

/** Who holds what on which resource, by names; ids of records come and go. */
const resourceGrantShape = ({ resourceGrants, userGroups, projects, dataSources }: World, nameOf: (id: string) => string) => {
  const names = new Map([
    ...userGroups.map((one) => [one.Id, `userGroups/${one.Name}`] as const),
    ...projects.map((one) => [one.ProduceUserId, `projects/${one.Name}`] as const),
    ...dataSources.map((one) => [one.Prod.Id, one.Prod.Name] as const),
  ]);
  return byName(
    resourceGrants.map(({ ResourceType, ResourceId, AccountId, AuthScope, Operations, Pending }) => ({
      on: `${ResourceType} ${names.get(ResourceId) ?? ResourceId} to ${names.get(AccountId) ?? nameOf(AccountId)}`,
      AuthScope,
      Operations,
      Pending,
    })),
    (row) => row.on,
  );
};

const sourceHalf = ({ Name, Type, Description, Config }: World['dataSources'][number]['Prod']) => ({
  Name,
  Type,
  Description,
  Config,
});

/** Ids of rules change with every write; principals are named by what they are. */
const rowPermissionShape = ({ rowPermissions, userGroups, projects }: World, nameOf: (id: string) => string) => {
  const principals = new Map([
    ...userGroups.map((one) => [one.Id, `userGroups/${one.Name}`] as const),
    ...projects.map((one) => [one.ProduceUserId, `projects/${one.Name}`] as const),
  ]);
  return byName(
    rowPermissions.map(({ RowPermissionName, RowPermissionDesc, MappingColumns, Rules, Tables }) => ({
      RowPermissionName,
      RowPermissionDesc,
      columns: byName(MappingColumns, (row) => row.ColumnName),
      rules: byName(
        Rules.map(({ Id, UserMappingList, ...rest }) => ({
          ...rest,
          grant: UserMappingList.flatMap(({ Accounts }) =>
            Accounts.map(({ AccountId }) => principals.get(AccountId) ?? nameOf(AccountId)),
          ).sort(),
        })),
        (row) => row.RuleName,
      ),
      tables: byName(Tables, (row) => `${row.ResourceId} ${row.MappingColumnName}`),
    })),
    (row) => row.RowPermissionName,
  );
};

export const shapeOf = (world: World) => {
  const account = new Map(world.users.map((user) => [user.Id, user.AccountName]));
  const nameOf = (id: string): string => account.get(id) ?? id;
  const source = new Map(world.computeSources.map((one) => [one.Id, one.Name]));
  const unit = new Map(world.bizUnits.map((one) => [one.Id, one.Name]));
  const half = ({ ComputeSourceId, StreamComputeSourceId, Members, ...rest }: World['projects'][number]['Halves']['PROD']) => ({
    ...rest,
    computeSource: ComputeSourceId === null ? null : source.get(ComputeSourceId),
    streamComputeSource: StreamComputeSourceId === null ? null : source.get(StreamComputeSourceId),
    members: Object.fromEntries(Object.entries(Members).map(([id, roles]) => [nameOf(id), [...roles].sort()])),
  });
  return {
    members: byName(
      world.members.map(({ UserId, RoleList, ...rest }) => ({ account: nameOf(UserId), roles: [...RoleList].sort(), ...rest })),
      (row) => row.account,
    ),
    userGroups: byName(
      world.userGroups.map((group) => ({
        name: group.Name,
        description: group.Description,
        active: group.Active,
        admins: group.Admins.map(nameOf).sort(),
        members: group.Members.map((member) => nameOf(member.UserId)).sort(),
      })),
      (row) => row.name,
    ),
    computeSources: byName(
      world.computeSources.map(({ Name, Type, Description, Config }) => ({ Name, Type, Description, Config })),
      (row) => row.Name,
    ),
    dataSources: byName(
      world.dataSources.map(({ Prod, Dev }) => ({ prod: sourceHalf(Prod), dev: Dev && sourceHalf(Dev) })),
      (row) => row.prod.Name,
    ),
    resourceGrants: resourceGrantShape(world, nameOf),
    rowPermissions: rowPermissionShape(world, nameOf),
    projects: byName(
      world.projects.map(({ Name, Mode, Type, OwnerId, WhiteLists, NameSpaceTag, BizUnitId, Halves }) => ({
        Name,
        Mode,
        Type,
        owner: nameOf(OwnerId),
        NameSpaceTag,
        whiteLists: byName(WhiteLists, (row) => `${row.Ip}:${row.Port}`),
        bizUnit: BizUnitId === null ? null : unit.get(BizUnitId),
        prod: half(Halves.PROD),
        dev: Halves.DEV === null ? null : half(Halves.DEV),
      })),
      (row) => row.Name,
    ),
    ...dataServiceShape(world, nameOf),
  };
};
