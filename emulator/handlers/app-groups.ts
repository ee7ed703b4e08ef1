/** Groups of data-service apps (BEHAVIOUR 3.8). */
import { refuse } from '../refusal.ts';
import type { AppGroup } from '../worlds/data-service.ts';
import { type Context, type Handlers, isTenantAdmin } from './context.ts';
import { findProject, paramError } from './data-service-access.ts';

const MAX_NAME = 64;

const find = (context: Context, id: string): AppGroup =>
  context.view.appGroups.get(id) ?? refuse('DPN.AppGroup.NotFound', `app group ${id} does not exist`);

/** Writes are for tenant administrators; reading the groups is for every member (assumed). */
const needTenantAdmin = (context: Context): void => {
  if (!isTenantAdmin(context.caller)) refuse('DPN.AppGroup.NoPermission', 'only super and system administrators may do this');
};

const needName = (context: Context, name: string, but?: string): void => {
  if (name === '' || [...name].length > MAX_NAME) paramError(`the group's name must have 1 to ${MAX_NAME} characters`);
  if (context.switches.duplicates === 'refused' && context.view.appGroups.by('name', name).some((other) => other.Id !== but))
    refuse('DPN.AppGroup.Duplicated', 'an app group of this name exists');
};

export const appGroups = {
  CreateDataServiceAppGroup: (context, request) => {
    needTenantAdmin(context);
    needName(context, request.GroupName);
    const id = context.newId('appGroup');
    context.put('appGroups', { Id: id, Name: request.GroupName });
    return { Data: Number(id) };
  },

  UpdateDataServiceAppGroup: (context, request) => {
    needTenantAdmin(context);
    const { GroupId, GroupName } = request.UpdateCommand;
    const group = find(context, GroupId);
    needName(context, GroupName, group.Id);
    context.put('appGroups', { ...group, Name: GroupName });
    return {};
  },

  DeleteDataServiceAppGroup: (context, request) => {
    needTenantAdmin(context);
    const group = find(context, request.GroupId);
    if (context.view.apps.by('group', group.Id).length > 0) refuse('DPN.AppGroup.InUse', 'apps are in the group');
    context.remove('appGroups', group.Id);
    return {};
  },

  // Its project id is deprecated and has no effect.
  GetDataServiceAppGroups: (context) => ({
    AppGroupList: context.view.appGroups.newestFirst().map(({ Id, Name }) => ({ Id, Name })),
  }),

  GetDataServiceAppsByGroupId: (context, request) => {
    findProject(context, request.ProjectId);
    return {
      AppInfoList: context.view.apps.by('group', request.GroupId).map((app) => ({ Id: app.AppId, Name: app.AppName })),
    };
  },
} as const satisfies Handlers;
