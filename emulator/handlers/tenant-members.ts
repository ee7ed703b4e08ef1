/** Tenant members, the people who may become some, and who the caller is (BEHAVIOUR 3.1). */
import { missingArgument, refuse } from '../refusal.ts';
import type { Member, Project, User } from '../world.ts';
import { absent, type Context, type Handlers, inBatch, isLike, isTenantAdmin, pageOf, updated } from './context.ts';
import { leaveDataService } from './data-service-access.ts';

/** Role, its name, and a small id for GetMyRoles; ids and names of roles are not public. */
const ASSIGNABLE: readonly (readonly [string, string])[] = [
  ['SYSTEM_ADMIN', 'System administrator'],
  ['DATASOURCE_MANAGER', 'Data source manager'],
  ['SECURITY_ADMIN', 'Security administrator'],
  ['QUALITY_MANAGER', 'Quality manager'],
  ['EXPORT_ADMIN', 'Export administrator'],
  ['DATA_STANDARD_MANAGER', 'Data standard manager'],
  ['LABELS_BUSINESS_PLANNER', 'Label planner'],
  ['BUSINESS_MEMBER', 'Business member'],
];
/** Taken as well, though ListAddableRoles does not list them (BEHAVIOUR 3.1). */
const ALSO_TAKEN = [
  'COMMON_USER',
  'DATA_ADMIN',
  'DATAPRO_OPERATE_SUPER_ADMIN',
  'DATAPRO_OPERATE_ADMIN',
  'DATAPRO_OPERATE_MEMBER',
  'DATAPRO_BUSINESS_ANALYST',
  'LABELS_BUSINESS_MEMBER',
  'DATAPRO_BUSINESS_MEMBER',
];
const TAKEN = new Set([...ASSIGNABLE.map(([code]) => code), ...ALSO_TAKEN]);
const ROLE_IDS = new Map(['SUPER_ADMIN', ...TAKEN].map((code, at) => [code, String(at + 1)]));

/** Every member is at least a plain user. */
const shownRoles = (roles: readonly string[]): readonly string[] => (roles.length === 0 ? ['COMMON_USER'] : roles);

const needTenantAdmin = (context: Context): void => {
  if (!isTenantAdmin(context.caller)) refuse('DPN.OP.NoPermission', 'only super and system administrators may do this');
};
const checkRoles = (roles: readonly string[]): void => {
  for (const role of roles)
    if (!TAKEN.has(role)) refuse('DPN.TenantMember.Invalid', `role ${JSON.stringify(role)} cannot be assigned`);
};

const userFields = (user: User) => ({
  AccountName: user.AccountName,
  DisplayName: user.DisplayName,
  DisplayNameWithoutStatus: user.DisplayName,
  EnableWhiteIp: 'false',
  GmtCreate: user.GmtCreate,
  GmtModified: user.GmtModified,
  Id: user.Id,
  Name: user.AccountName,
  NickName: user.DisplayName,
  RealName: user.DisplayName,
  SourceId: user.SourceId,
  SourceType: user.SourceType,
  WhiteIp: '',
});
const contacts = (member: Member | undefined) => ({
  Mail: member?.Mail ?? '',
  MobilePhone: member?.MobilePhone ?? '',
  DingNumber: member?.DingNumber ?? '',
});
const plainUser = (context: Context, user: User) => ({
  ...userFields(user),
  ...contacts(context.view.members.get(user.Id)),
  FeiShuRobot: '',
  ParentId: '',
  WeChatRobot: '',
});

const memberRow = (context: Context, { user, member }: { readonly user: User; readonly member: Member }) => ({
  ...userFields(user),
  ...contacts(member),
  RoleList: shownRoles(member.RoleList),
  UserGroupList: context.view.userGroups
    .by('user', user.Id)
    .map((group) => ({ Active: group.Active, Description: group.Description, Id: group.Id, Name: group.Name })),
});

/** The user with this source id; one skill passes the user id instead, which is taken too (BEHAVIOUR 4, Q16). */
const findMember = (context: Context, sourceId: string): Member => {
  for (const user of [...context.view.users.by('source', sourceId), context.view.users.get(sourceId)]) {
    const member = user && context.view.members.get(user.Id);
    if (member) return member;
  }
  return refuse('DPN.TenantMember.NotFound', `UserNotFound: no member has the source id ${JSON.stringify(sourceId)}`);
};

const newMember = (userId: string, roles: readonly string[]): Member => ({
  UserId: userId,
  RoleList: [...new Set(roles)],
  Mail: '',
  MobilePhone: '',
  DingNumber: '',
});

/** Nobody can be the second super administrator, and the first cannot be touched here (assumed). */
const needOrdinary = (member: Member): void => {
  if (member.RoleList.includes('SUPER_ADMIN'))
    refuse('DPN.TenantMember.NoPermission', 'the super administrator cannot be changed or removed');
};

/** Memberships end with the member's; what he owns has to be handed over first (BEHAVIOUR 3.1). */
const takeFromEverywhere = (context: Context, userId: string): void => {
  leaveDataService(context, userId);
  for (const group of context.view.userGroups.by('user', userId))
    context.put('userGroups', {
      ...group,
      Admins: group.Admins.filter((id) => id !== userId),
      Members: group.Members.filter((member) => member.UserId !== userId),
    });
  for (const project of context.view.projects.by('user', userId)) context.put('projects', withoutUser(project, userId));
};
const withoutUser = (project: Project, userId: string): Project => {
  const strip = <H extends { readonly Members: { readonly [id: string]: readonly number[] } }>(half: H): H => ({
    ...half,
    Members: Object.fromEntries(Object.entries(half.Members).filter(([id]) => id !== userId)),
  });
  const { PROD, DEV } = project.Halves;
  return { ...project, Halves: { PROD: strip(PROD), DEV: DEV && strip(DEV) } };
};

export const tenantMembers = {
  ListTenantMembers: (context, request) => {
    const query = request.ListQuery;
    const groups = query.UserGroupIdList?.length ? new Set(query.UserGroupIdList) : null;
    const rows = context.view.members.newestFirst().flatMap((member) => {
      const user = context.view.users.get(member.UserId);
      return user ? [{ user, member }] : [];
    });
    const isFiltered = query.SearchText || query.RoleList?.length || groups;
    const found = isFiltered
      ? rows.filter(
          ({ user, member }) =>
            isLike(query.SearchText, user.AccountName, user.DisplayName) &&
            (!query.RoleList?.length || query.RoleList.some((role) => shownRoles(member.RoleList).includes(role))) &&
            (!groups || context.view.userGroups.by('user', user.Id).some((group) => groups.has(group.Id))),
        )
      : rows;
    const page = pageOf(context, found, query.Page, query.PageSize, (row) => memberRow(context, row));
    return { PageResult: { TotalCount: page.total, UserList: page.rows } };
  },

  ListAddableUsers: (context, request) => {
    needTenantAdmin(context);
    const query = request.ListQuery;
    const users = context.view.users
      .newestFirst()
      .filter((user) => !context.view.members.get(user.Id) && isLike(query.SearchText, user.AccountName, user.DisplayName));
    const page = pageOf(context, users, query.Page, query.PageSize, (user) => plainUser(context, user));
    return { PageResult: { TotalCount: page.total, UserList: page.rows } };
  },

  ListAddableRoles: () => ({ RoleList: ASSIGNABLE.map(([Code, Name]) => ({ Code, Name })) }),

  AddTenantMembers: (context, request) => {
    needTenantAdmin(context);
    inBatch(
      context,
      request.AddCommand.UserList,
      (item) => {
        const id = item.Id ?? missingArgument('Id');
        checkRoles(item.RoleList ?? []);
        if (!context.view.users.get(id)) refuse('DPN.TenantMember.NotFound', `UserNotFound: ${id}`);
        if (context.view.members.get(id) && context.switches.memberTwice === 'error')
          refuse('DPN.TenantMember.AlreadyExists', `user ${id} is a member already`);
      },
      ({ Id = '', RoleList = [] }) => {
        if (!context.view.members.get(Id)) context.put('members', newMember(Id, RoleList));
      },
    );
    return { Data: true };
  },

  AddTenantMembersBySourceUser: (context, request) => {
    needTenantAdmin(context);
    const list = request.AddCommand?.SourceUserList ?? missingArgument('SourceUserList');
    const userOf = (sourceId: string): User | undefined => context.view.users.by('source', sourceId)[0];
    inBatch(
      context,
      list,
      (item) => {
        const user = userOf(item.SourceId || missingArgument('SourceId'));
        if (user && context.view.members.get(user.Id) && context.switches.memberTwice === 'error')
          refuse('DPN.TenantMember.AlreadyExists', `user ${user.Id} is a member already`);
      },
      (item) => {
        const sourceId = item.SourceId ?? '';
        const known = userOf(sourceId);
        const user = known ?? {
          Id: context.newId('user'),
          AccountName: item.AccountName ?? sourceId,
          DisplayName: item.DisplayName ?? item.AccountName ?? sourceId,
          SourceId: sourceId,
          SourceType: item.SourceType ?? 'aliyun',
          GmtCreate: context.nowMs,
          GmtModified: context.nowMs,
        };
        if (!known) context.put('users', user);
        if (context.view.members.get(user.Id)) return;
        const { Mail = '', MobilePhone = '', DingNumber = '' } = item;
        context.put('members', { ...newMember(user.Id, []), Mail, MobilePhone, DingNumber });
      },
    );
    return { Data: true };
  },

  UpdateTenantMember: (context, request) => {
    needTenantAdmin(context);
    const find = (id: string | undefined): Member =>
      context.view.members.get(id ?? missingArgument('UserId')) ?? refuse('DPN.TenantMember.NotFound', `UserNotFound: ${id}`);
    inBatch(
      context,
      request.UpdateCommand.MemberList,
      (item) => {
        needOrdinary(find(item.UserId));
        checkRoles(item.RoleList ?? []);
      },
      (item) => {
        const member = find(item.UserId);
        context.put('members', {
          ...member,
          RoleList: [...new Set(updated(context, item.RoleList, member.RoleList, []))],
          Mail: updated(context, item.Mail, member.Mail, ''),
          MobilePhone: updated(context, item.MobilePhone, member.MobilePhone, ''),
          DingNumber: updated(context, item.DingNumber, member.DingNumber, ''),
        });
      },
    );
    return {};
  },

  RemoveTenantMember: (context, request) => {
    needTenantAdmin(context);
    const member = findMember(context, request.RemoveCommand.SourceId);
    needOrdinary(member);
    if (member.UserId === context.caller.UserId) refuse('DPN.TenantMember.NoPermission', 'nobody can remove himself');
    if (context.view.projects.by('owner', member.UserId).length > 0)
      refuse('DPN.TenantMember.InUse', 'the member owns projects; hand them over first');
    takeFromEverywhere(context, member.UserId);
    context.remove('members', member.UserId);
    return {};
  },

  GetUsers: (context, request) => ({
    UserList: request.UserIdList.flatMap((id) => {
      const user = context.view.users.get(id);
      return user ? [plainUser(context, user)] : [];
    }),
  }),

  GetUserBySourceId: (context, request) => {
    const user = context.view.users.by('source', request.SourceId)[0];
    if (!user) return absent(context, 'DPN.TenantMember.NotFound', 'UserNotFound: no user has this source id', {});
    return { User: { Id: user.Id, DisplayName: user.DisplayName } };
  },

  GetMyRoles: (context) => ({
    RoleList: shownRoles(context.caller.RoleList).map((code) => ({
      Id: ROLE_IDS.get(code) ?? '100',
      Name: code,
      Description: ASSIGNABLE.find(([known]) => known === code)?.[1] ?? '',
    })),
  }),

  GetMyTenants: (context) => ({
    TenantList: [
      {
        Id: context.tenant,
        Name: `tenant_${context.tenant}`,
        Description: '',
        OwnerId: context.view.members.newestFirst().find((member) => member.RoleList.includes('SUPER_ADMIN'))?.UserId ?? '',
        Deleted: false,
        OpsTenant: false,
        ResourceLimited: false,
        TenantTypeList: [],
        Visible: true,
      },
    ],
  }),
} as const satisfies Handlers;
