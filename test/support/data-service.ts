/** A data-service project with an app that may be granted its APIs. */
import { startApps } from './apps.ts';

export const PROJECT = { ProjectId: '22' };
export const QUERY = '1021';
export const OPERATION = '1022';

/** The default world with an app `portal`; Carol is a system administrator, Alice the owner of the app. */
export const startDataService = (options: Parameters<typeof startApps>[0] & { readonly mode?: 'BASIC' | 'DEV_PROD' } = {}) => {
  const { mode = 'BASIC', ...rest } = options;
  const fixture = startApps(rest);
  const { ok, code, service } = fixture;
  const app = fixture.create({ AppKey: 'portal-key', AppSecret: 'canary-canary' });
  service.change((world) => {
    for (const project of world.dataServiceProjects) {
      project.Mode = mode;
      for (const api of project.Apis)
        if (api.Query)
          api.Fields = ['amount', 'region'].map((ParameterName, at) => ({
            Id: String(at + 1),
            ParameterName,
            ParameterDescription: '',
            ExampleValue: '',
          }));
    }
  });
  const command = (more: object) => ({ AppId: app, ExpireDate: '2027-12-31', Reason: 'test', ...more });
  const fields = (...ids: string[]) => ids.map((Id) => ({ Id }));
  return {
    ...fixture,
    app,
    fields,
    grant: (more: object, keyId?: string) => ok('GrantDataServiceApi', { ...PROJECT, GrantCommand: command(more) }, keyId),
    grantCode: (more: object, keyId?: string) => code('GrantDataServiceApi', { ...PROJECT, GrantCommand: command(more) }, keyId),
    revoke: (more: object) => ok('RevokeDataServiceApi', { ...PROJECT, RevokeCommand: { AppId: app, Reason: 'test', ...more } }),
    revokeCode: (more: object) =>
      code('RevokeDataServiceApi', { ...PROJECT, RevokeCommand: { AppId: app, Reason: 'test', ...more } }),
    /** What the app may use, one line a row. */
    details: (key = 'portal-key') => {
      const { Result } = ok('ListAuthorizedDataServiceApiDetails', {
        ListQuery: { AppKeyStr: key, Page: 1, PageSize: 100 },
      }) as { Result: { Data: Record<string, never>[]; TotalCount: number } };
      const granted = (list: { ParameterName: string; IsAuthorized: number }[]) =>
        list.map((field) => `${field.ParameterName}=${field.IsAuthorized}`).join(' ');
      if (Result.TotalCount !== Result.Data.length) throw new Error('the page is not the whole list');
      return Result.Data.map((row: Record<string, never>) =>
        [
          row.ApiName,
          row.AuthType,
          `prod[${row.ProdAuthPeriod}: ${granted(row.AuthorizedProdReturnParameters ?? [])}]`,
          `dev[${row.DevAuthPeriod}: ${granted(row.AuthorizedDevReturnParameters ?? [])}]`,
        ].join(' '),
      );
    },
    grants: () => service.world().dataServiceProjects[0]?.Apis.flatMap((api) => api.Grants),
  };
};
