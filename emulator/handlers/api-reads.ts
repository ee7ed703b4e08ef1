/** Published APIs, and who shows as granted (BEHAVIOUR 3.10). */
import type { Api, ApiGrant, App, DataServiceProject } from '../worlds/data-service.ts';
import { type Context, type Handlers, isLike, pageOf, userBrief } from './context.ts';
import { findProject, isListed, needProjectRole, paramError } from './data-service-access.ts';

/** What reads know of a grant: nothing before it is approved, and perhaps nothing once it is over. */
const isShown = (context: Context, grant: ApiGrant): boolean => !grant.Pending && isListed(context, grant.ExpireDate);
const isTo = (app: App, grant: ApiGrant): boolean => grant.GranteeType === 'APP' && grant.GranteeId === app.AppId;

const grantedApps = (context: Context, api: Api): readonly App[] => {
  const ids = new Set(
    api.Grants.filter((grant) => grant.GranteeType === 'APP' && isShown(context, grant)).map((grant) => grant.GranteeId),
  );
  return [...ids].flatMap((id) => context.view.apps.get(id) ?? []);
};

const toApiRow = (context: Context, project: DataServiceProject, api: Api) => {
  const apps = grantedApps(context, api);
  return {
    ApiId: api.ApiId,
    ApiName: api.ApiName,
    AppCount: apps.length,
    // The numeric AppKey is deprecated and useless; it is left out.
    AppInfoList: apps.map((app) => ({ AppId: app.AppId, AppKeyStr: app.AppKey, AppName: app.AppName })),
    Description: api.Description,
    GroupId: api.GroupId,
    GroupName: api.GroupName,
    Mode: project.Mode === 'BASIC' ? 0 : 1,
    Owner: api.OwnerId,
    OwnerUserName: userBrief(context.view, api.OwnerId).DisplayName,
    ProjectId: project.ProjectId,
    ProjectName: project.ProjectName,
    Version: api.Version,
  };
};

const AUTH_TYPES = ['USE', 'DELEGATION'] as const;
type Granted = {
  readonly project: DataServiceProject;
  readonly api: Api;
  readonly type: ApiGrant['AuthType'];
  readonly grants: readonly ApiGrant[];
};

/** One for each API and sort of right that an app has. */
const grantedTo = (context: Context, app: App): readonly Granted[] =>
  context.view.dataServiceProjects.by('app', app.AppId).flatMap((project) =>
    project.Apis.flatMap((api) => {
      const own = api.Grants.filter((grant) => isTo(app, grant) && isShown(context, grant));
      return AUTH_TYPES.flatMap((type) => {
        const grants = own.filter((grant) => grant.AuthType === type);
        return grants.length === 0 ? [] : [{ project, api, type, grants }];
      });
    }),
  );

const toDetails = (app: App, { project, api, type, grants }: Granted) => {
  const half = (env: ApiGrant['Env']) => {
    const grant = grants.find((one) => one.Env === env);
    return {
      period: grant?.ExpireDate ?? '',
      fields: api.Fields.map(({ Id, ParameterName, ParameterDescription, ExampleValue }) => ({
        ParameterName,
        ParameterDescription,
        ExampleValue,
        IsAuthorized: grant?.Fields.includes(Id) ? 1 : 0,
      })),
    };
  };
  const [prod, dev] = [half('PROD'), half('DEV')];
  return {
    ApiId: api.ApiId,
    ApiName: api.ApiName,
    AppId: app.AppId,
    AuthType: type,
    // Fields are named, never numbered: a grant cannot be built from what is read (measured).
    AuthorizedDevReturnParameters: project.Mode === 'BASIC' ? [] : dev.fields,
    AuthorizedProdReturnParameters: prod.fields,
    Description: api.Description,
    DevAuthPeriod: dev.period,
    ProdAuthPeriod: prod.period,
    ProjectId: project.ProjectId,
  };
};

const appWithKey = (context: Context, key: string): App | undefined => context.view.apps.by('key', key)[0];

export const apiReads = {
  ListDataServicePublishedApis: (context, request) => {
    const project = findProject(context, request.ProjectId);
    needProjectRole(context, project);
    const { ApiName, GroupId, PageNo, PageSize } = request.ListQuery ?? {};
    // The stated defaults may not be there (BEHAVIOUR 4, Q13).
    if (context.switches.publishedApisWithoutPaging === 'empty' && (PageNo === undefined || PageSize === undefined))
      return { PageResult: { ApiList: [], TotalCount: 0 } };
    const found = [...project.Apis]
      .reverse()
      .filter((api) => isLike(ApiName, api.ApiName) && (GroupId === undefined || api.GroupId === GroupId));
    const page = pageOf(context, found, PageNo, PageSize, (api) => toApiRow(context, project, api));
    return { PageResult: { ApiList: page.rows, TotalCount: page.total } };
  },

  ListAuthorizedDataServiceApiDetails: (context, request) => {
    const { AppKeyStr, Page, PageSize } = request.ListQuery;
    const app = appWithKey(context, AppKeyStr || paramError('appKeyStr 不能为空'));
    const page = pageOf(context, app ? grantedTo(context, app) : [], Page, PageSize, (one) => toDetails(app as App, one));
    return { Result: { Data: page.rows, TotalCount: page.total } };
  },

  ListApiByApp: (context, request) => {
    // A numeric AppKey finds nothing.
    const { AppKeyStr, Keyword, PageNum, PageSize } = request.PageQuery;
    const app = AppKeyStr ? appWithKey(context, AppKeyStr) : undefined;
    const apis = new Map<Api, { readonly project: DataServiceProject; readonly types: string[] }>();
    for (const { project, api, type } of app ? grantedTo(context, app) : []) {
      if (!isLike(Keyword, api.ApiName)) continue;
      const known = apis.get(api);
      if (known) known.types.push(type);
      else apis.set(api, { project, types: [type] });
    }
    const page = pageOf(context, [...apis], PageNum, PageSize, ([api, { project, types }]) => ({
      AppName: app?.AppName ?? '',
      AuthTypes: types,
      Description: api.Description,
      GroupId: api.GroupId,
      GroupName: api.GroupName,
      Id: api.ApiId,
      Name: api.ApiName,
      ProjId: project.ProjectId,
      ProjName: project.ProjectName,
      Version: api.Version,
    }));
    return { ListResult: { Data: page.rows, TotalCount: page.total } };
  },

  /** The caller's own grants: the only read of any grant to a user, and of no use for those of others. */
  ListDataServiceMyApiPermissions: (context, request) => {
    const project = findProject(context, request.ProjectId);
    const { Keyword, PageNo, PageSize } = request.ListQuery ?? {};
    const me = context.caller.UserId;
    const found = project.Apis.filter(
      (api) =>
        isLike(Keyword, api.ApiName) &&
        api.Grants.some((grant) => grant.GranteeType === 'USER' && grant.GranteeId === me && isShown(context, grant)),
    ).reverse();
    const page = pageOf(context, found, PageNo, PageSize, (api) => ({
      ApiId: api.ApiId,
      ApiName: api.ApiName,
      Owner: api.OwnerId,
      OwnerUserName: userBrief(context.view, api.OwnerId).DisplayName,
      ProjectId: project.ProjectId,
      ProjectName: project.ProjectName,
    }));
    return { PageResult: { PermissionList: page.rows, TotalCount: page.total } };
  },
} as const satisfies Handlers;
