import { describe, expect, it } from 'vitest';
import { as } from '../support/apps.ts';
import { OPERATION, PROJECT, QUERY, startDataService } from '../support/data-service.ts';
import { ALICE, BOB, CAROL, DAVE, OWNER } from '../support/emulator-fixture.ts';

describe('data-service projects', () => {
  it('are those in which the caller has a role; the super administrator has role 1 in all', () => {
    const { ok, service } = startDataService();
    service.change((world) => {
      for (const project of world.dataServiceProjects) project.Members = { [BOB]: 3 };
    });
    const mine = (keyId?: string) => ok('GetDataServiceMyProjects', {}, keyId).ProjectList;
    const row = { ProjectId: '22', ProjectName: 'finance_ds' };
    expect([mine(), mine(as(BOB)), mine(as(ALICE))]).toEqual([[{ ...row, Role: 1 }], [{ ...row, Role: 3 }], []]);
  });

  it('are open also to those who may use an API of theirs', () => {
    const { ok, grant } = startDataService();
    const authorized = (keyId?: string) => ok('GetDataServiceAuthorizedProjects', {}, keyId).ProjectList;
    expect(authorized(as(BOB))).toEqual([]);
    grant({ ApiId: QUERY, GranteeType: 'USER', UserId: BOB });
    expect(authorized(as(BOB))).toEqual([{ ProjectId: '22', ProjectName: 'finance_ds' }]);
    expect(authorized()).toEqual([{ ProjectId: '22', ProjectName: 'finance_ds', Role: 1 }]);
  });

  const person = (UserId: string, Role: number, more: object = {}) => ({
    UserId,
    Role,
    AccountName: 'account@example.com',
    DisplayName: 'Somebody',
    ...more,
  });
  const adding = (...ProjectMemberList: object[]) => ({ ...PROJECT, AddCommand: { ProjectMemberList } });

  it('tell of their members only that nobody can add them any more', () => {
    const { ok, code } = startDataService();
    const addable = () =>
      (ok('GetDataServiceProjectAddableUsers', PROJECT).UserList as { AccountName: string }[]).map((user) => user.AccountName);
    expect(addable()).toEqual(['carol@example.com', 'bob@example.com', 'alice@example.com']);
    ok('AddDataServiceProjectMember', adding(person(BOB, 2), person(CAROL, 4)));
    expect(ok('GetDataServiceProjectAddableUsers', PROJECT)).toEqual({
      UserList: [{ UserId: ALICE, AccountName: 'alice@example.com', DisplayName: 'Alice' }],
    });
    for (const action of ['ListDataServiceProjectMembers', 'RemoveDataServiceProjectMember', 'UpdateDataServiceProjectMember'])
      expect(code(action, PROJECT)).toBe('InvalidAction.NotFound');
  });

  it('take members with account and display name, of a role that can be given', () => {
    const { code, service } = startDataService();
    const refused = (...people: object[]) => code('AddDataServiceProjectMember', adding(...people));
    expect(refused(person(BOB, 2, { AccountName: undefined }))).toBe('Dataphin.OpenAPI.BadRequest');
    expect(refused(person(BOB, 2, { DisplayName: undefined }))).toBe('Dataphin.OpenAPI.BadRequest');
    expect(refused(person(BOB, 2, { DisplayName: '' }))).toBe('DPN.Oltp.MgmtSys.ParamError');
    for (const role of [0, 1, 6]) expect(refused(person(BOB, role))).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(refused(person(BOB, 2), person(DAVE, 2))).toBe('DPN.TenantMember.NotFound');
    expect(service.world().dataServiceProjects[0]?.Members).toEqual({});
  });

  it('take nobody twice, the super administrator not even once; by the switch nothing happens', () => {
    const { ok, code, service } = startDataService();
    ok('AddDataServiceProjectMember', adding(person(BOB, 2)));
    for (const id of [BOB, OWNER])
      expect(code('AddDataServiceProjectMember', adding(person(id, 3)))).toBe('DPN.ProjectMember.AlreadyExists');
    service.setSwitches({ memberTwice: 'ignored' });
    ok('AddDataServiceProjectMember', adding(person(BOB, 3), person(OWNER, 3)));
    expect(service.world().dataServiceProjects[0]?.Members).toEqual({ [BOB]: 2 });
  });

  it('are governed by their administrators', () => {
    const { ok, code, grantCode, service } = startDataService();
    service.change((world) => {
      for (const project of world.dataServiceProjects) project.Members = { [BOB]: 4, [ALICE]: 2 };
    });
    ok('AddDataServiceProjectMember', adding(person(CAROL, 5)), as(BOB));
    for (const keyId of [as(ALICE), as(CAROL)]) {
      expect(code('AddDataServiceProjectMember', adding(person(CAROL, 5)), keyId)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
      expect(code('GetDataServiceProjectAddableUsers', PROJECT, keyId)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
      expect(grantCode({ ApiId: OPERATION, ApplyProd: true }, keyId)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    }
    expect(code('GetDataServiceProjectAddableUsers', { ProjectId: '23' })).toBe('DPN.Filter.ProjectNotFound');
  });

  it('lose those who leave the tenant, with what was granted to them', () => {
    const { ok, grant, grants, service } = startDataService();
    ok('AddDataServiceProjectMember', adding(person(BOB, 2)));
    grant({ ApiId: QUERY, GranteeType: 'USER', UserId: BOB });
    ok('RemoveTenantMember', { RemoveCommand: { SourceId: BOB } });
    expect([service.world().dataServiceProjects[0]?.Members, grants()]).toEqual([{}, []]);
  });
});

describe('published APIs', () => {
  const page = { PageNo: 1, PageSize: 50 };
  const row = {
    AppCount: 0,
    AppInfoList: [],
    Description: '',
    GroupId: '1',
    GroupName: 'default',
    Mode: 0,
    Owner: OWNER,
    OwnerUserName: 'Owner',
    ProjectId: '22',
    ProjectName: 'finance_ds',
    Version: 'V1.0.0',
  };

  it('are an empty page unless both paging parameters are given; by the switch the defaults hold', () => {
    const { ok, service } = startDataService();
    const total = (query: object) =>
      (ok('ListDataServicePublishedApis', { ...PROJECT, ...query }).PageResult as { TotalCount: number }).TotalCount;
    const queries = [{}, { ListQuery: {} }, { ListQuery: { PageNo: 1 } }, { ListQuery: { PageSize: 9 } }, { ListQuery: page }];
    expect(queries.map(total)).toEqual([0, 0, 0, 0, 2]);
    service.setSwitches({ publishedApisWithoutPaging: 'page' });
    expect(queries.map(total)).toEqual([2, 2, 2, 2, 2]);
  });

  it('name the apps that may use them by their key', () => {
    const { ok, app, fields, grant } = startDataService();
    grant({ ApiId: QUERY, ProdFieldList: fields('1') });
    grant({ ApiId: QUERY, GranteeType: 'USER', UserId: BOB });
    expect(ok('ListDataServicePublishedApis', { ...PROJECT, ListQuery: page })).toEqual({
      PageResult: {
        TotalCount: 2,
        ApiList: [
          { ...row, ApiId: OPERATION, ApiName: 'put_order' },
          {
            ...row,
            ApiId: QUERY,
            ApiName: 'get_orders',
            AppCount: 1,
            AppInfoList: [{ AppId: app, AppKeyStr: 'portal-key', AppName: 'portal' }],
          },
        ],
      },
    });
  });

  it('are found by name and group, in pages, by whoever has a role in the project', () => {
    const { ok, code } = startDataService();
    const names = (query: object) =>
      (
        ok('ListDataServicePublishedApis', { ...PROJECT, ListQuery: { ...page, ...query } }).PageResult as {
          ApiList: { ApiName: string }[];
        }
      ).ApiList.map((api) => api.ApiName);
    expect([names({ ApiName: 'ORDERS' }), names({ GroupId: '9' }), names({ PageNo: 2, PageSize: 1 })]).toEqual([
      ['get_orders'],
      [],
      ['get_orders'],
    ]);
    expect(code('ListDataServicePublishedApis', { ...PROJECT, ListQuery: page }, as(BOB))).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
  });
});

describe('a world with a data service', () => {
  it('that is wrong is refused with the place', () => {
    const { app, service } = startDataService();
    const world = JSON.parse(JSON.stringify(service.world()));
    const grant = { GranteeType: 'APP', GranteeId: app, ExpireDate: '2027-12-31' };
    const withGrant = (more: object) => ({
      dataServiceProjects: [{ ProjectName: 'p', Apis: [{ ApiName: 'a', Grants: [{ ...grant, ...more }] }] }],
    });
    const place = 'world.dataServiceProjects[0].Apis[0].Grants';
    const wrong: readonly (readonly [object, string])[] = [
      [
        {
          appGroups: [
            { Id: '1', Name: 'a' },
            { Id: '1', Name: 'b' },
          ],
        },
        'world.appGroups[1].Id: "1" is there twice',
      ],
      [{ apps: [...world.apps, { ...world.apps[0], AppId: '' }] }, 'world.apps[1].AppKey: "portal-key" is there twice'],
      [{ apps: [{ AppName: 'a', AppGroupId: '1', OwnerIds: ['9'] }] }, 'world.apps[0].OwnerIds: no user has the id 9'],
      [{ dataServiceProjects: [{ ProjectName: 'p', Members: { 9: 2 } }] }, 'Members: no user has the id 9'],
      [withGrant({ GranteeId: '9' }), `${place}: no app has the id 9`],
      [withGrant({ GranteeType: 'USER', GranteeId: '9' }), `${place}: no user has the id 9`],
      [withGrant({ Fields: ['9'] }), `${place}: the API has no field 9`],
      [withGrant({ Env: 'DEV' }), `${place}: a BASIC project has no half DEV`],
    ];
    for (const [more, message] of wrong) expect(() => service.setWorld({ ...world, ...more })).toThrow(message);
  });

  it('gets ids, keys and secrets for what has none', () => {
    const { service } = startDataService();
    service.setWorld({
      format: 'phinfra.world/1',
      tenant: '1',
      users: [{ Id: '5', AccountName: 'a@example.com' }],
      members: [{ UserId: '5', RoleList: ['SUPER_ADMIN'] }],
      appGroups: [{ Name: 'finance' }],
      apps: [
        { AppName: 'one', AppGroupId: '7' },
        { AppName: 'two', AppGroupId: '7', AppKey: 'given-key', AppSecret: 'given-secret' },
      ],
      dataServiceProjects: [{ ProjectName: 'p', Apis: [{ ApiName: 'a' }] }],
    });
    const { appGroups, apps, dataServiceProjects } = service.world();
    expect(appGroups).toEqual([{ Id: '550980364001', Name: 'finance' }]);
    expect(apps.map((app) => [app.AppId, app.AppKey, app.AppSecret])).toEqual([
      ['-538893915002', '200000003', expect.stringMatching(/^emulator-only-[0-9a-f]{32}$/)],
      ['-538893915005', 'given-key', 'given-secret'],
    ]);
    expect(dataServiceProjects).toMatchObject([{ ProjectId: '10006', Mode: 'BASIC', Apis: [{ ApiId: '1007', OwnerId: '5' }] }]);
  });
});
