import { describe, expect, it } from 'vitest';
import { as } from '../support/apps.ts';
import { OPERATION, PROJECT, QUERY, startDataService } from '../support/data-service.ts';
import { ALICE, BOB, DAVE, OWNER } from '../support/emulator-fixture.ts';

describe('a grant to an app', () => {
  it('of a query in basic mode needs fields of the production half; what is said of the other has no effect', () => {
    const { details, fields, grant, grantCode } = startDataService();
    expect(grantCode({ ApiId: QUERY })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(grantCode({ ApiId: QUERY, DevFieldList: fields('1') })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(grantCode({ ApiId: QUERY, ApplyProd: true })).toBe('DPN.Oltp.MgmtSys.ParamError');
    grant({ ApiId: QUERY, ProdFieldList: fields('2'), DevFieldList: fields('1') });
    expect(details()).toEqual(['get_orders USE prod[2027-12-31: amount=0 region=1] dev[: ]']);
  });

  it('of a query in dev-prod mode needs fields of the development half', () => {
    const { details, fields, grant, grantCode } = startDataService({ mode: 'DEV_PROD' });
    expect(grantCode({ ApiId: QUERY, ProdFieldList: fields('1') })).toBe('DPN.Oltp.MgmtSys.ParamError');
    grant({ ApiId: QUERY, DevFieldList: fields('1') });
    expect(details()).toEqual(['get_orders USE prod[: amount=0 region=0] dev[2027-12-31: amount=1 region=0]']);
    grant({ ApiId: QUERY, ProdFieldList: fields('1', '2'), DevFieldList: fields('2') });
    expect(details()).toEqual(['get_orders USE prod[2027-12-31: amount=1 region=1] dev[2027-12-31: amount=0 region=1]']);
  });

  it('of an operation needs halves instead of fields', () => {
    const { details, grant, grantCode } = startDataService({ mode: 'DEV_PROD' });
    expect(grantCode({ ApiId: OPERATION })).toBe('DPN.Oltp.MgmtSys.ParamError');
    grant({ ApiId: OPERATION, ApplyProd: true, ApplyDev: false });
    expect(details()).toEqual(['put_order USE prod[2027-12-31: ] dev[: ]']);
    grant({ ApiId: OPERATION, ApplyDev: true });
    expect(details()).toEqual(['put_order USE prod[2027-12-31: ] dev[2027-12-31: ]']);
    const basic = startDataService();
    expect(basic.grantCode({ ApiId: OPERATION, ApplyDev: true })).toBe('DPN.Oltp.MgmtSys.ParamError');
  });

  it('given again replaces fields and day', () => {
    const { details, fields, grant } = startDataService();
    grant({ ApiId: QUERY, ProdFieldList: fields('1', '2') });
    grant({ ApiId: QUERY, ProdFieldList: fields('2'), ExpireDate: '2028-06-30' });
    expect(details()).toEqual(['get_orders USE prod[2028-06-30: amount=0 region=1] dev[: ]']);
  });

  it('delegates only together with use', () => {
    const { details, fields, grant, grantCode } = startDataService();
    const query = { ApiId: QUERY, ProdFieldList: fields('1') };
    expect(grantCode({ ...query, AuthTypes: ['DELEGATION'] })).toBe('DPN.Oltp.MgmtSys.ParamError');
    grant({ ...query, AuthTypes: ['DELEGATION', 'USE'] });
    expect(details()).toEqual([
      'get_orders USE prod[2027-12-31: amount=1 region=0] dev[: ]',
      'get_orders DELEGATION prod[2027-12-31: amount=1 region=0] dev[: ]',
    ]);
  });

  it('is refused with fields, APIs, apps, days and words that are not there', () => {
    const { fields, grantCode, grants } = startDataService();
    const query = { ApiId: QUERY, ProdFieldList: fields('1') };
    const wrong: readonly (readonly [object, string])[] = [
      [{ ...query, ProdFieldList: fields('1', '3') }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, ProdFieldList: [{}] }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, ApiId: '1' }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, AppId: '1' }, 'DPN.App.NotFound'],
      [{ ...query, AppId: undefined }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, ExpireDate: '2027-12-31 00:00:00' }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, Reason: '' }, 'DPN.Oltp.MgmtSys.ParamError'],
      [{ ...query, Reason: undefined }, 'Dataphin.OpenAPI.BadRequest'],
      [{ ...query, AuthTypes: ['READ'] }, 'Dataphin.OpenAPI.BadRequest'],
      [{ ...query, GranteeType: 'GROUP' }, 'Dataphin.OpenAPI.BadRequest'],
    ];
    for (const [command, code] of wrong) expect(grantCode(command), JSON.stringify(command)).toBe(code);
    expect(grants()).toEqual([]);
  });

  it('goes with the app, and tells nothing of its secret', () => {
    const { ok, app, fields, grant, grants } = startDataService();
    grant({ ApiId: QUERY, ProdFieldList: fields('1') });
    grant({ ApiId: OPERATION, ApplyProd: true });
    const reads = [
      ok('ListDataServicePublishedApis', { ...PROJECT, ListQuery: { PageNo: 1, PageSize: 50 } }),
      ok('ListAuthorizedDataServiceApiDetails', { ListQuery: { AppKeyStr: 'portal-key', Page: 1, PageSize: 50 } }),
      ok('ListApiByApp', { PageQuery: { AppKeyStr: 'portal-key' } }),
      ok('ListDataServiceApps', { ListQuery: {} }),
      ok('GetDataServiceAppMembers', { AppId: app }),
    ];
    expect(JSON.stringify(reads)).not.toContain('canary');
    ok('DeleteDataServiceApp', { AppId: app });
    expect(grants()).toEqual([]);
  });
});

describe('a grant to a user', () => {
  it('needs no fields, delegates nothing, and is seen by nobody but him', () => {
    const { ok, details, grant, grantCode } = startDataService();
    const user = { ApiId: QUERY, GranteeType: 'USER', UserId: BOB };
    expect(grantCode({ ...user, AuthTypes: ['USE', 'DELEGATION'] })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(grantCode({ ...user, UserId: DAVE })).toBe('DPN.TenantMember.NotFound');
    expect(grantCode({ ...user, UserId: undefined })).toBe('DPN.Oltp.MgmtSys.ParamError');
    grant(user);
    const mine = (keyId?: string) =>
      (
        ok('ListDataServiceMyApiPermissions', { ...PROJECT, ListQuery: { Keyword: 'get' } }, keyId).PageResult as {
          PermissionList: object[];
        }
      ).PermissionList;
    expect(mine(as(BOB))).toEqual([
      {
        ApiId: QUERY,
        ApiName: 'get_orders',
        Owner: OWNER,
        OwnerUserName: 'Owner',
        ProjectId: '22',
        ProjectName: 'finance_ds',
      },
    ]);
    expect([mine(), details()]).toEqual([[], []]);
  });

  it('reaches every half of the API unless one is named', () => {
    const { fields, grant, grants } = startDataService({ mode: 'DEV_PROD' });
    const user = { GranteeType: 'USER', UserId: BOB };
    grant({ ...user, ApiId: QUERY });
    grant({ ...user, ApiId: OPERATION, ApplyProd: true });
    grant({ ...user, ApiId: QUERY, UserId: ALICE, ProdFieldList: fields('2') });
    expect(grants()?.map((one) => [one.GranteeId, one.Env, one.Fields])).toEqual([
      [BOB, 'PROD', ['1', '2']],
      [BOB, 'DEV', ['1', '2']],
      [ALICE, 'PROD', ['2']],
      [BOB, 'PROD', []],
    ]);
  });
});

describe('revoking', () => {
  const all = { ApiId: OPERATION, ApplyProd: true, ApplyDev: true, AuthTypes: ['USE', 'DELEGATION'] };
  const left = (more: object) => {
    const { grant, grants, revoke } = startDataService({ mode: 'DEV_PROD' });
    grant(all);
    revoke({ ApiId: OPERATION, ...more });
    return grants()?.map((one) => `${one.AuthType} ${one.Env}`);
  };

  it('takes one half, one sort of right, or everything', () => {
    expect(left({})).toEqual([]);
    expect(left({ Env: 'DEV' })).toEqual(['USE PROD', 'DELEGATION PROD']);
    expect(left({ AuthType: 'DELEGATION' })).toEqual(['USE PROD', 'USE DEV']);
    expect(left({ AuthType: 'DELEGATION', Env: 'PROD' })).toEqual(['USE PROD', 'USE DEV', 'DELEGATION DEV']);
  });

  it('of use takes the delegation with it', () => {
    expect(left({ AuthType: 'USE' })).toEqual([]);
    expect(left({ AuthType: 'USE', Env: 'PROD' })).toEqual(['USE DEV', 'DELEGATION DEV']);
  });

  it('of nothing is an error', () => {
    const { grant, revoke, revokeCode } = startDataService();
    expect(revokeCode({ ApiId: OPERATION })).toBe('DPN.ApiGrant.NotFound');
    grant({ ApiId: OPERATION, ApplyProd: true });
    for (const more of [{ AuthType: 'DELEGATION' }, { Env: 'DEV' }, { GranteeType: 'USER', UserId: BOB }])
      expect(revokeCode({ ApiId: OPERATION, ...more }), JSON.stringify(more)).toBe('DPN.ApiGrant.NotFound');
    expect(revokeCode({ ApiId: OPERATION, Env: 'TEST' })).toBe('Dataphin.OpenAPI.BadRequest');
    expect(revokeCode({ ApiId: OPERATION, Reason: '' })).toBe('DPN.Oltp.MgmtSys.ParamError');
    revoke({ ApiId: OPERATION });
    expect(revokeCode({ ApiId: OPERATION })).toBe('DPN.ApiGrant.NotFound');
  });
});

describe('reading what an app was granted', () => {
  it('needs the key as text and the paging; a number finds nothing', () => {
    const { code, call, details, fields, grant, ok } = startDataService();
    grant({ ApiId: QUERY, ProdFieldList: fields('1') });
    const page = { Page: 1, PageSize: 50 };
    const { body } = call('ListAuthorizedDataServiceApiDetails', { ListQuery: { ...page, AppKey: 200000001 } });
    expect([body.Code, body.Message]).toEqual(['DPN.Oltp.MgmtSys.ParamError', 'appKeyStr 不能为空']);
    expect(code('ListAuthorizedDataServiceApiDetails', { ListQuery: { AppKeyStr: 'portal-key' } })).toBe(
      'Dataphin.OpenAPI.BadRequest',
    );
    expect([details('no-such-key'), details().length]).toEqual([[], 1]);
    expect(ok('ListApiByApp', { PageQuery: { AppKey: 200000001 } })).toEqual({ ListResult: { Data: [], TotalCount: 0 } });
    expect(ok('ListApiByApp', { PageQuery: { AppKeyStr: 'portal-key', Keyword: 'put' } })).toEqual({
      ListResult: { Data: [], TotalCount: 0 },
    });
    expect(ok('ListApiByApp', { PageQuery: { AppKeyStr: 'portal-key' } })).toEqual({
      ListResult: {
        TotalCount: 1,
        Data: [
          {
            AppName: 'portal',
            AuthTypes: ['USE'],
            Description: '',
            GroupId: '1',
            GroupName: 'default',
            Id: QUERY,
            Name: 'get_orders',
            ProjId: '22',
            ProjName: 'finance_ds',
            Version: 'V1.0.0',
          },
        ],
      },
    });
  });

  it('gives at most 100 rows a page, whatever is asked for', () => {
    const { ok, app, service } = startDataService();
    service.change((world) => {
      const [project] = world.dataServiceProjects;
      const model = project?.Apis[1];
      if (!project || !model) throw new Error('the default world has two APIs');
      const grant = { GranteeType: 'APP', GranteeId: app, AuthType: 'USE', Env: 'PROD', ExpireDate: '2027-12-31' } as const;
      project.Apis = Array.from({ length: 130 }, (_, at) => ({
        ...model,
        ApiId: '',
        ApiName: `api${at}`,
        Grants: [{ ...grant, Fields: [], Pending: false }],
      }));
    });
    const sizes = [1, 2, 3].map((Page) => {
      const { Result } = ok('ListAuthorizedDataServiceApiDetails', {
        ListQuery: { AppKeyStr: 'portal-key', Page, PageSize: 500 },
      }) as { Result: { Data: object[]; TotalCount: number } };
      return [Result.Data.length, Result.TotalCount];
    });
    expect(sizes).toEqual([
      [100, 130],
      [30, 130],
      [0, 130],
    ]);
  });

  it('shows what is over until the switch says that it is gone', () => {
    const { clock, details, grant, ok, service } = startDataService();
    grant({ ApiId: OPERATION, ApplyProd: true, ExpireDate: '2026-11-24' });
    service.setSwitches({ expired: 'gone' });
    expect(details()).toHaveLength(1);
    clock.ms += 86_400_000;
    expect(details()).toEqual([]);
    expect(ok('ListDataServicePublishedApis', { ...PROJECT, ListQuery: { PageNo: 1, PageSize: 1 } })).toMatchObject({
      PageResult: { ApiList: [{ AppInfoList: [] }] },
    });
    service.setSwitches({ expired: 'listed' });
    expect(details()).toEqual(['put_order USE prod[2026-11-24: ] dev[: ]']);
  });
});

describe('with approvals', () => {
  it('a grant shows once somebody has approved it, and what held before holds until then', () => {
    const { details, fields, grant, grants, service } = startDataService();
    grant({ ApiId: QUERY, ProdFieldList: fields('1') });
    service.setSwitches({ approvals: 'on' });
    grant({ ApiId: QUERY, ProdFieldList: fields('2'), ExpireDate: '2028-06-30' });
    grant({ ApiId: QUERY, ProdFieldList: fields('1', '2'), ExpireDate: '2028-06-30' });
    grant({ ApiId: OPERATION, ApplyProd: true });
    const before = ['get_orders USE prod[2027-12-31: amount=1 region=0] dev[: ]'];
    expect(details()).toEqual(before);
    expect(grants()?.map((one) => one.Pending)).toEqual([false, true, true]);
    service.change((world) => {
      for (const api of world.dataServiceProjects[0]?.Apis ?? []) for (const one of api.Grants) one.Pending = false;
    });
    expect(details()).toEqual([
      'get_orders USE prod[2028-06-30: amount=1 region=1] dev[: ]',
      'put_order USE prod[2027-12-31: ] dev[: ]',
    ]);
    expect(grants()).toHaveLength(2);
  });

  it('a request is taken back by revoking', () => {
    const { grant, grants, revoke, revokeCode } = startDataService({ switches: { approvals: 'on' } });
    grant({ ApiId: OPERATION, ApplyProd: true });
    revoke({ ApiId: OPERATION });
    expect(grants()).toEqual([]);
    expect(revokeCode({ ApiId: OPERATION })).toBe('DPN.ApiGrant.NotFound');
  });
});
