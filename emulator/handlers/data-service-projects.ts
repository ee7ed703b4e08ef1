/** Data-service projects, which no operation makes, and their members, which no operation lists (BEHAVIOUR 3.10). */
import { refuse } from '../refusal.ts';
import type { DataServiceProject } from '../worlds/data-service.ts';
import { type Context, type Handlers, inBatch, userBrief } from './context.ts';
import { findProject, needProjectAdmin, needTenantMember, paramError, roleIn } from './data-service-access.ts';

const GIVEN_ROLES = [2, 3, 4, 5];

const rowsOf = (context: Context, projects: readonly DataServiceProject[]) =>
  projects.map((project) => {
    const role = roleIn(context, project, context.caller.UserId);
    return { ProjectId: project.ProjectId, ProjectName: project.ProjectName, ...(role === undefined ? {} : { Role: role }) };
  });

export const dataServiceProjects = {
  GetDataServiceMyProjects: (context) => ({
    ProjectList: rowsOf(
      context,
      context.view.dataServiceProjects
        .newestFirst()
        .filter((project) => roleIn(context, project, context.caller.UserId) !== undefined),
    ),
  }),

  /** The caller's projects, and those whose APIs he may use (assumed). */
  GetDataServiceAuthorizedProjects: (context) => {
    const mine = new Set(context.view.dataServiceProjects.by('user', context.caller.UserId));
    return {
      ProjectList: rowsOf(
        context,
        context.view.dataServiceProjects
          .newestFirst()
          .filter((project) => mine.has(project) || roleIn(context, project, context.caller.UserId) !== undefined),
      ),
    };
  },

  AddDataServiceProjectMember: (context, request) => {
    const project = findProject(context, request.ProjectId);
    needProjectAdmin(context, project);
    const members = new Map(Object.entries(project.Members));
    let isChanged = false;
    try {
      inBatch(
        context,
        request.AddCommand.ProjectMemberList,
        ({ UserId, AccountName, DisplayName, Role }) => {
          if (AccountName === '' || DisplayName === '') paramError('AccountName and DisplayName must not be empty');
          if (!GIVEN_ROLES.includes(Role)) paramError(`role ${Role} cannot be given`);
          needTenantMember(context, UserId);
          if (roleIn(context, project, UserId) !== undefined && context.switches.memberTwice === 'error')
            refuse('DPN.ProjectMember.AlreadyExists', `user ${UserId} is a member already`);
        },
        ({ UserId, Role }) => {
          if (members.has(UserId) || roleIn(context, project, UserId) !== undefined) return;
          members.set(UserId, Role);
          isChanged = true;
        },
      );
    } finally {
      if (isChanged) context.put('dataServiceProjects', { ...project, Members: Object.fromEntries(members) });
    }
    return {};
  },

  GetDataServiceProjectAddableUsers: (context, request) => {
    const project = findProject(context, request.ProjectId);
    needProjectAdmin(context, project);
    return {
      UserList: context.view.members
        .newestFirst()
        .filter((member) => roleIn(context, project, member.UserId) === undefined)
        .map((member) => {
          const { Id, AccountName, DisplayName } = userBrief(context.view, member.UserId);
          return { UserId: Id, AccountName, DisplayName };
        }),
    };
  },
} as const satisfies Handlers;
