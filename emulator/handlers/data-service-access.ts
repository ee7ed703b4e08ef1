/** Who may do what in the data service, and what several of its kinds ask of values (BEHAVIOUR 3.8 to 3.10). */
import { refuse } from '../refusal.ts';
import type { Api, App, DataServiceProject } from '../worlds/data-service.ts';
import { type Context, isSuperAdmin, isTenantAdmin, timeText } from './context.ts';

/** The role that the super administrator shows in every data-service project; nobody can be given it. */
export const SUPER_ROLE = 1;
const PROJECT_ADMIN = 4;

export const paramError = (message: string): never => refuse('DPN.Oltp.MgmtSys.ParamError', message);
const noAuthorized = (message: string): never => refuse('DPN.Oltp.MgmtSys.NoAuthorized', message);

export const findApp = (context: Context, id: string): App =>
  context.view.apps.get(id) ?? refuse('DPN.App.NotFound', `app ${id} does not exist`);

const passes = (context: Context): boolean =>
  context.switches.appOwnerOnly === 'superAdminPasses' && isSuperAdmin(context.caller);

const isOwner = (app: App, userId: string): boolean => app.OwnerIds.includes(userId);

/** Owners, and members whose time is not over. */
export const isInApp = (context: Context, app: App, userId: string): boolean =>
  isOwner(app, userId) || app.Members.some((member) => member.UserId === userId && !isPast(context, member.EffectiveEnd));

/** Calls for members only; whether the super administrator passes is the switch `appOwnerOnly` (BEHAVIOUR 4, Q45). */
export const needMemberOf = (context: Context, app: App): void => {
  if (!passes(context) && !isInApp(context, app, context.caller.UserId)) noAuthorized('the caller is no member of the app');
};

/** Calls for owners only, with the same switch. */
export const needOwnerOf = (context: Context, app: App): void => {
  if (!passes(context) && !isOwner(app, context.caller.UserId)) noAuthorized('the caller is no owner of the app');
};

/** Calls for owners and tenant administrators. */
export const needOwnerOrAdmin = (context: Context, app: App): void => {
  if (!isTenantAdmin(context.caller) && !isOwner(app, context.caller.UserId))
    noAuthorized('the caller is neither an administrator nor an owner of the app');
};

export const findProject = (context: Context, id: string): DataServiceProject =>
  context.view.dataServiceProjects.get(id) ?? refuse('DPN.Filter.ProjectNotFound', 'the data-service project does not exist');

export const findApi = (project: DataServiceProject, id: string): Api =>
  project.Apis.find((api) => api.ApiId === id) ?? paramError(`API ${id} does not exist in the project`);

/** A user's role in a project; undefined for who has none. */
export const roleIn = (context: Context, project: DataServiceProject, userId: string): number | undefined => {
  const member = context.view.members.get(userId);
  return member && isSuperAdmin(member) ? SUPER_ROLE : project.Members[userId];
};

export const needProjectRole = (context: Context, project: DataServiceProject): void => {
  if (roleIn(context, project, context.caller.UserId) === undefined) noAuthorized('the caller has no role in the project');
};

/** Who may add members and grant APIs is not public: the administrators of the project (assumed). */
export const needProjectAdmin = (context: Context, project: DataServiceProject): void => {
  const role = roleIn(context, project, context.caller.UserId);
  if (role !== SUPER_ROLE && role !== PROJECT_ADMIN) noAuthorized('the caller is no administrator of the project');
};

export const needTenantMember = (context: Context, userId: string): void => {
  if (!context.view.members.get(userId)) refuse('DPN.TenantMember.NotFound', `user ${userId} is not a member of the tenant`);
};

/** A day of the calendar as `yyyy-MM-dd`; one in the past is taken (assumed). */
export const needDay = (field: string, value: string): string => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(value)) paramError(`${field}: expected yyyy-MM-dd`);
  return value;
};

/** Whether a day is over, in +08:00; the day itself still counts. */
export const isPast = (context: Context, day: string): boolean => day < timeText(context.nowMs).slice(0, 10);

/** Whether reads still show what ended on that day: a switch (BEHAVIOUR 4, Q24). */
export const isListed = (context: Context, day: string): boolean =>
  context.switches.expired === 'listed' || !isPast(context, day);

/**
 * Takes a user out of apps and data-service projects; his grants end with him (assumed).
 *
 * @throws Refusal when an app would be left without an owner
 */
export const leaveDataService = (context: Context, userId: string): void => {
  const apps = context.view.apps.by('user', userId);
  if (apps.some((app) => app.OwnerIds.length === 1 && isOwner(app, userId)))
    refuse('DPN.TenantMember.InUse', 'the member is the last owner of an app; hand it over first');
  for (const app of apps)
    context.put('apps', {
      ...app,
      OwnerIds: app.OwnerIds.filter((id) => id !== userId),
      Members: app.Members.filter((member) => member.UserId !== userId),
    });
  for (const project of context.view.dataServiceProjects.by('user', userId))
    context.put('dataServiceProjects', {
      ...withoutGrantsTo(project, 'USER', userId),
      Members: Object.fromEntries(Object.entries(project.Members).filter(([id]) => id !== userId)),
    });
};

/** The project without what its APIs grant to an app or a user. */
export const withoutGrantsTo = (project: DataServiceProject, type: 'APP' | 'USER', id: string): DataServiceProject => ({
  ...project,
  Apis: project.Apis.map((api) => ({
    ...api,
    Grants: api.Grants.filter((grant) => grant.GranteeType !== type || grant.GranteeId !== id),
  })),
});
