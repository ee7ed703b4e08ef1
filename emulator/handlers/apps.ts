/** Data-service apps (BEHAVIOUR 3.9). */
import { refuse } from '../refusal.ts';
import { type App, makeSecret } from '../worlds/data-service.ts';
import { absent, type Context, type Handlers, isLike, isTenantAdmin, pageOf, updated, userBrief } from './context.ts';
import {
  findApp,
  isInApp,
  needMemberOf,
  needOwnerOf,
  needOwnerOrAdmin,
  needTenantMember,
  paramError,
  withoutGrantsTo,
} from './data-service-access.ts';

const NAME_LENGTH = { least: 4, most: 26 };

/** The console's rule, which the service is taken to share. */
const needName = (context: Context, group: string, name: string, but?: string): void => {
  const { least, most } = NAME_LENGTH;
  const length = [...name].length;
  if (length < least || length > most) paramError(`the app's name must have ${least} to ${most} characters`);
  if (!/^[\p{Script=Han}A-Za-z]/u.test(name)) paramError("the app's name must begin with a Chinese character or a letter");
  // Unique in its group only; what is no group counts as one.
  const others = context.view.apps.by('group', group);
  if (context.switches.duplicates === 'refused' && others.some((other) => other.AppName === name && other.AppId !== but))
    refuse('DPN.App.Duplicated', 'an app of this name exists in the group');
};

const needKey = (context: Context, key: string, but?: string): void => {
  if (!/^[A-Za-z0-9_-]{8,128}$/.test(key)) paramError('AppKey: expected 8 to 128 of A-Z, a-z, 0-9, _ and -');
  if (context.view.apps.by('key', key).some((other) => other.AppId !== but))
    refuse('DPN.App.Duplicated', 'an app with this key exists');
};
const needSecret = (secret: string): void => {
  if (!/^[A-Za-z0-9_-]{8,127}$/.test(secret)) paramError('AppSecret: expected 8 to 127 of A-Z, a-z, 0-9, _ and -');
};
const newSecret = (context: Context): string => makeSecret(context.newId('appSecret'));

const needOwners = (context: Context, owners: readonly string[]): readonly string[] => {
  if (owners.length === 0) paramError('OwnerIds: an app needs an owner');
  for (const id of owners) needTenantMember(context, id);
  return [...new Set(owners)];
};

/** Reads show the group's name only: an empty one for an app whose group nobody sees. */
const groupName = (context: Context, app: App): string => context.view.appGroups.get(app.AppGroupId)?.Name ?? '';
const ownerList = (context: Context, app: App) =>
  app.OwnerIds.map((id) => ({ Id: id, Name: userBrief(context.view, id).DisplayName }));

export const apps = {
  CreateDataServiceApp: (context, request) => {
    if (!isTenantAdmin(context.caller)) refuse('DPN.App.NoPermission', 'only super and system administrators may do this');
    const { AppGroupId, AppName, AppKey, AppSecret, OwnerIds, Scenarios } = request.CreateCommand;
    // The group is not looked up: a wrong id is taken, and the app is in a group that nobody sees (measured).
    needName(context, AppGroupId, AppName);
    if (AppKey !== undefined) needKey(context, AppKey);
    if (AppSecret !== undefined) needSecret(AppSecret);
    const owners = needOwners(context, OwnerIds);
    const id = context.newId('app');
    context.put('apps', {
      AppId: id,
      AppName,
      AppGroupId,
      AppKey: AppKey ?? context.newId('appKey'),
      AppSecret: AppSecret ?? newSecret(context),
      Scenarios,
      OwnerIds: owners,
      Members: [],
      IpWhitelist: '',
      IpWhitelistStatus: false,
    });
    return { Data: Number(id) };
  },

  UpdateDataServiceApp: (context, request) => {
    const { AppId, AppGroupId, AppName, OwnerIds, Scenarios } = request.UpdateCommand;
    const app = findApp(context, AppId);
    needOwnerOrAdmin(context, app);
    const group = AppGroupId ?? app.AppGroupId;
    const name = AppName ?? app.AppName;
    if (group !== app.AppGroupId || name !== app.AppName) needName(context, group, name, app.AppId);
    context.put('apps', {
      ...app,
      AppName: name,
      AppGroupId: group,
      OwnerIds: OwnerIds === undefined ? updated(context, undefined, app.OwnerIds, []) : needOwners(context, OwnerIds),
      Scenarios: updated(context, Scenarios, app.Scenarios, ''),
    });
    return {};
  },

  DeleteDataServiceApp: (context, request) => {
    const app = findApp(context, request.AppId);
    needOwnerOrAdmin(context, app);
    // What was granted to the app goes with it (assumed).
    for (const project of context.view.dataServiceProjects.by('app', app.AppId))
      context.put('dataServiceProjects', withoutGrantsTo(project, 'APP', app.AppId));
    context.remove('apps', app.AppId);
    return {};
  },

  GetDataServiceApp: (context, request) => {
    const app = context.view.apps.get(request.AppId);
    if (!app) return absent(context, 'DPN.App.NotFound', `app ${request.AppId} does not exist`, {});
    needMemberOf(context, app);
    return {
      Data: {
        AppGroup: groupName(context, app),
        AppId: app.AppId,
        AppKey: app.AppKey,
        AppName: app.AppName,
        AppSecret: app.AppSecret,
        IpWhitelist: app.IpWhitelist,
        IpWhitelistStatus: app.IpWhitelistStatus,
        OwnerList: ownerList(context, app),
        Scenarios: app.Scenarios,
      },
    };
  },

  ListDataServiceApps: (context, request) => {
    const { AppGroupId, Keyword, PageNo, PageSize } = request.ListQuery;
    const found = context.view.apps
      .newestFirst()
      .filter((app) => (AppGroupId === undefined || app.AppGroupId === AppGroupId) && isLike(Keyword, app.AppName));
    const page = pageOf(context, found, PageNo, PageSize, (app) => ({
      AppGroup: groupName(context, app),
      AppId: app.AppId,
      AppName: app.AppName,
      IsMember: isInApp(context, app, context.caller.UserId),
      OwnerList: ownerList(context, app),
    }));
    return { Data: { AppList: page.rows, TotalCount: page.total } };
  },

  ResetDataServiceAppSecret: (context, request) => {
    const { AppId, AppKey, AppSecret } = request.UpdateCommand;
    const app = findApp(context, AppId);
    needOwnerOf(context, app);
    if (AppKey !== undefined) needKey(context, AppKey, app.AppId);
    if (AppSecret !== undefined) needSecret(AppSecret);
    // Without arguments the secret is made anew and the key stays (assumed).
    const reset = { AppKey: AppKey ?? app.AppKey, AppSecret: AppSecret ?? newSecret(context) };
    context.put('apps', { ...app, ...reset });
    return { Data: reset };
  },
} as const satisfies Handlers;
