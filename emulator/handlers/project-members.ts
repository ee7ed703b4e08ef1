/** Members of the halves of projects (BEHAVIOUR 3.4). */
import { refuse } from '../refusal.ts';
import type { Half } from '../world.ts';
import { type Context, type Handlers, inBatch, pageOf, userBrief } from './context.ts';
import { findProject, halfOf, needProjectAdmin, needRole, readEnv, withHalf } from './project-access.ts';

type Item = { readonly UserId: string; readonly RoleList: readonly number[] };

/** Ids of custom roles are not public: any positive whole number is kept; an empty list is taken and means no working role. */
const checkRoles = (roles: readonly number[]): void => {
  for (const role of roles)
    if (!Number.isInteger(role) || role < 1) refuse('DPN.ProjectMember.Invalid', `role ${role} does not exist`);
};

/** Changes the members of one half; the rows that pass the check are written in one go. */
const changeMembers = <T>(
  context: Context,
  id: string,
  env: string | undefined,
  items: readonly T[],
  check: (half: Half, item: T) => void,
  change: (members: Map<string, readonly number[]>, item: T) => void,
): void => {
  const project = findProject(context, id);
  needProjectAdmin(context, project);
  const side = readEnv(project, env);
  const half = halfOf(project, side);
  const members = new Map(Object.entries(half.Members));
  let isChanged = false;
  try {
    inBatch(
      context,
      items,
      (item) => check(half, item),
      (item) => {
        change(members, item);
        isChanged = true;
      },
    );
  } finally {
    if (isChanged) context.put('projects', withHalf(project, side, { ...half, Members: Object.fromEntries(members) }));
  }
};

export const projectMembers = {
  AddProjectMember: (context, request) => {
    const { Env, UserList } = request.AddCommand;
    changeMembers(
      context,
      request.Id,
      Env,
      UserList,
      (half: Half, { UserId, RoleList }: Item) => {
        checkRoles(RoleList);
        if (!context.view.members.get(UserId))
          refuse('DPN.TenantMember.NotFound', `user ${UserId} is not a member of the tenant`);
        if (Object.hasOwn(half.Members, UserId) && context.switches.memberTwice === 'error')
          refuse('DPN.ProjectMember.AlreadyExists', `user ${UserId} is a member already`);
      },
      (members, { UserId, RoleList }) => {
        if (!members.has(UserId)) members.set(UserId, [...new Set(RoleList)]);
      },
    );
    return {};
  },

  UpdateProjectMember: (context, request) => {
    const { Env, UserList } = request.UpdateCommand;
    changeMembers(
      context,
      request.Id,
      Env,
      UserList,
      (half: Half, { UserId, RoleList }: Item) => {
        checkRoles(RoleList);
        if (!Object.hasOwn(half.Members, UserId)) refuse('DPN.ProjectMember.NotFound', `user ${UserId} is not a member`);
      },
      (members, { UserId, RoleList }) => members.set(UserId, [...new Set(RoleList)]),
    );
    return {};
  },

  RemoveProjectMember: (context, request) => {
    const { Env, UserIdList = [] } = request.RemoveCommand;
    changeMembers(
      context,
      request.Id,
      Env,
      UserIdList,
      (half: Half, id: string) => {
        if (!Object.hasOwn(half.Members, id)) refuse('DPN.ProjectMember.NotFound', `user ${id} is not a member`);
      },
      (members, id) => members.delete(id),
    );
    return {};
  },

  ListProjectMembers: (context, request) => {
    const project = findProject(context, request.Id);
    needRole(context, project);
    const { Env, PageNo, PageSize } = request.ListQuery;
    const half = halfOf(project, readEnv(project, Env));
    const owner = userBrief(context.view, project.OwnerId);
    const page = pageOf(context, Object.entries(half.Members), PageNo, PageSize, ([id, roles]) => ({
      GmtCreate: String(project.GmtCreate),
      GmtModified: String(project.GmtModified),
      Id: project.Id,
      LastModifier: owner.Id,
      LastModifierName: owner.DisplayName,
      RoleIdList: roles,
      UserId: id,
      UserName: userBrief(context.view, id).DisplayName,
    }));
    return { PageResult: { TotalCount: page.total, ProjectMemberList: page.rows } };
  },
} as const satisfies Handlers;
