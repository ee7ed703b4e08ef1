/** User groups and their members (BEHAVIOUR 3.2). */
import { missingArgument, refuse } from '../refusal.ts';
import type { UserGroup } from '../world.ts';
import {
  absent,
  type Context,
  type Handlers,
  inBatch,
  isLike,
  isSuperAdmin,
  isTenantAdmin,
  pageOf,
  updated,
  userBrief,
} from './context.ts';

const MAX_ADMINS = 5;
const MAX_NAME = 128;
const MAX_DESCRIPTION = 512;

const notFound = (id: string): never => refuse('DPN.UserGroup.NotFound', `user group ${id} does not exist`);
const find = (context: Context, id: string): UserGroup => context.view.userGroups.get(id) ?? notFound(id);

/** Creating and deleting is for tenant administrators; a group's own administrators may edit it and its members (assumed). */
const needTenantAdmin = (context: Context): void => {
  if (!isTenantAdmin(context.caller)) refuse('DPN.UserGroup.NoPermission', 'only super and system administrators may do this');
};
const needAdmin = (context: Context, group: UserGroup): void => {
  if (!group.Admins.includes(context.caller.UserId)) needTenantAdmin(context);
};

const checkTexts = (name: string, description: string): void => {
  if (name === '' || name.length > MAX_NAME) refuse('DPN.UserGroup.Invalid', `the name must have 1 to ${MAX_NAME} characters`);
  if (description.length > MAX_DESCRIPTION)
    refuse('DPN.UserGroup.Invalid', `the description must have at most ${MAX_DESCRIPTION} characters`);
};
const checkAdmins = (context: Context, admins: readonly string[]): void => {
  if (admins.length > MAX_ADMINS) refuse('DPN.UserGroup.Invalid', `a group has at most ${MAX_ADMINS} administrators`);
  for (const id of admins) checkUser(context, id);
};
const checkUser = (context: Context, id: string): void => {
  if (!context.view.members.get(id)) refuse('DPN.TenantMember.NotFound', `user ${id} is not a member of the tenant`);
};

/** The group with these people among its members; those who are there already stay as they are. */
const withMembers = (context: Context, group: UserGroup, users: readonly string[]): UserGroup => {
  const known = new Set(group.Members.map((member) => member.UserId));
  const added = [...new Set(users)]
    .filter((id) => !known.has(id))
    .map((id) => ({ Id: context.newId('membership'), UserId: id, GmtCreate: context.nowMs }));
  return added.length === 0 ? group : { ...group, Members: [...group.Members, ...added] };
};

const roleIn = (group: UserGroup, userId: string): string => (group.Admins.includes(userId) ? 'ADMIN' : 'MEMBER');

const toInfo = (context: Context, group: UserGroup) => ({
  Active: group.Active,
  AdminList: group.Admins.map((id) => userBrief(context.view, id)),
  Description: group.Description,
  Id: group.Id,
  MyRole: isIn(group, context.caller.UserId) ? roleIn(group, context.caller.UserId) : 'NONE',
  Name: group.Name,
});
const isIn = (group: UserGroup, userId: string): boolean => group.Members.some((member) => member.UserId === userId);

export const userGroups = {
  CreateUserGroup: (context, request) => {
    needTenantAdmin(context);
    const command = request.CreateCommand ?? missingArgument('CreateCommand');
    const name = command.Name ?? missingArgument('Name');
    const admins = [...new Set(command.AdminUserIdList ?? [])];
    checkTexts(name, command.Description ?? '');
    checkAdmins(context, admins);
    if (context.view.userGroups.by('name', name).length > 0)
      refuse('DPN.UserGroup.Duplicated', 'a user group of this name exists');
    const id = context.newId('userGroup');
    const group: UserGroup = {
      Id: id,
      Name: name,
      Description: command.Description ?? '',
      Active: command.Active ?? true,
      Admins: admins,
      Members: [],
    };
    context.put('userGroups', withMembers(context, group, admins));
    return { UserGroupId: id };
  },

  UpdateUserGroup: (context, request) => {
    const command = request.UpdateCommand ?? missingArgument('UpdateCommand');
    const group = find(context, command.Id);
    needAdmin(context, group);
    const name = command.Name ?? group.Name;
    const description = updated(context, command.Description, group.Description, '');
    const admins = [...new Set(updated(context, command.AdminUserIdList, group.Admins, []))];
    checkTexts(name, description);
    checkAdmins(
      context,
      admins.filter((id) => !group.Admins.includes(id)),
    );
    if (admins.length > MAX_ADMINS) refuse('DPN.UserGroup.Invalid', `a group has at most ${MAX_ADMINS} administrators`);
    if (context.view.userGroups.by('name', name).some((other) => other.Id !== group.Id))
      refuse('DPN.UserGroup.Duplicated', 'a user group of this name exists');
    // Who stops being an administrator stays a member (assumed).
    context.put('userGroups', withMembers(context, { ...group, Name: name, Description: description, Admins: admins }, admins));
    return { Data: true };
  },

  UpdateUserGroupSwitch: (context, request) => {
    const group = find(context, request.UserGroupId);
    needAdmin(context, group);
    context.put('userGroups', { ...group, Active: request.Active });
    return { Data: true };
  },

  DeleteUserGroup: (context, request) => {
    const group = find(context, request.UserGroupId);
    needTenantAdmin(context);
    context.remove('userGroups', group.Id);
    // Grants to the group vanish with it (BEHAVIOUR 3.2).
    for (const grant of context.view.resourceGrants.by('account', group.Id)) context.remove('resourceGrants', grant.RecordId);
    return { Data: true };
  },

  GetUserGroup: (context, request) => {
    const group = context.view.userGroups.get(request.UserGroupId);
    if (!group) return absent(context, 'DPN.UserGroup.NotFound', `user group ${request.UserGroupId} does not exist`, {});
    return { UserGroupInfo: toInfo(context, group) };
  },

  ListUserGroups: (context, request) => {
    const query = request.ListQuery;
    const me = context.caller.UserId;
    const isFiltered = query.Active !== undefined || query.AdminIdList?.length || query.FilterMine || query.Keyword;
    const all = context.view.userGroups.newestFirst();
    const groups = isFiltered
      ? all.filter(
          (group) =>
            (query.Active === undefined || group.Active === query.Active) &&
            (!query.AdminIdList?.length || query.AdminIdList.some((id) => group.Admins.includes(id))) &&
            (!query.FilterMine || isIn(group, me)) &&
            isLike(query.Keyword, group.Name),
        )
      : all;
    const page = pageOf(context, groups, query.PageNo, query.PageSize, (group) => toInfo(context, group));
    return { PageResult: { TotalCount: page.total, UserGroupList: page.rows } };
  },

  AddUserGroupMember: (context, request) => {
    const command = request.AddCommand ?? missingArgument('AddCommand');
    const group = find(context, command.UserGroupId);
    needAdmin(context, group);
    // An existing member is no error here, whatever the switch memberTwice says (EMULATOR.md).
    const users: string[] = [];
    try {
      inBatch(
        context,
        command.UserIdList ?? [],
        (id) => checkUser(context, id),
        (id) => users.push(id),
      );
    } finally {
      if (users.length > 0) context.put('userGroups', withMembers(context, group, users));
    }
    return { Data: true };
  },

  RemoveUserGroupMember: (context, request) => {
    const command = request.RemoveCommand;
    const group = find(context, command.UserGroupId);
    needAdmin(context, group);
    const gone = new Set(command.UserIdList);
    // An administrator is a member by himself: he cannot be taken out while he is one (assumed).
    for (const id of gone)
      if (group.Admins.includes(id)) refuse('DPN.UserGroup.Invalid', `user ${id} is an administrator of the group`);
    context.put('userGroups', { ...group, Members: group.Members.filter((member) => !gone.has(member.UserId)) });
    return { Data: true };
  },

  ListUserGroupMembers: (context, request) => {
    const query = request.ListQuery;
    const groups =
      query.UserGroupId === undefined ? context.view.userGroups.newestFirst() : [context.view.userGroups.get(query.UserGroupId)];
    const wanted = query.UserIdList?.length ? new Set(query.UserIdList) : null;
    const rows = groups.flatMap((group) => (group ? membersOf(context, group, query.Keyword, wanted) : []));
    // Who made a membership is not kept: the super administrator stands for him.
    const creator = context.view.members.newestFirst().find(isSuperAdmin);
    const page = pageOf(context, rows, query.PageNo, query.PageSize, ({ group, member }) => ({
      Creator: userBrief(context.view, creator?.UserId ?? ''),
      GmtCreate: member.GmtCreate,
      Id: member.Id,
      UserGroupId: group.Id,
      UserInfo: userBrief(context.view, member.UserId),
      UserRole: roleIn(group, member.UserId),
    }));
    return { PageResult: { TotalCount: page.total, MemberList: page.rows } };
  },
} as const satisfies Handlers;

type MemberRow = { readonly group: UserGroup; readonly member: UserGroup['Members'][number] };

const membersOf = (
  context: Context,
  group: UserGroup,
  keyword: string | undefined,
  wanted: ReadonlySet<string> | null,
): readonly MemberRow[] =>
  group.Members.filter((member) => {
    if (wanted && !wanted.has(member.UserId)) return false;
    if (!keyword) return true;
    const user = userBrief(context.view, member.UserId);
    return isLike(keyword, user.AccountName, user.DisplayName);
  })
    .map((member) => ({ group, member }))
    .reverse();
