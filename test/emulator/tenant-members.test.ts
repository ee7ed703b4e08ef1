import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, DAVE, OWNER, startFixture, withKeysOf } from '../support/emulator-fixture.ts';

const PAGE = { Page: 1, PageSize: 50 };
type Users = { PageResult: { TotalCount: number; UserList: { Id: string; RoleList: string[] }[] } };
const add = (...users: object[]) => ({ AddCommand: { UserList: users } });
const update = (...members: object[]) => ({ UpdateCommand: { MemberList: members } });

const start = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  const members = (query: object = {}) =>
    (fixture.ok('ListTenantMembers', { ListQuery: { ...PAGE, ...query } }) as Users).PageResult.UserList;
  return { ...fixture, members, ids: (query: object = {}) => members(query).map((user) => user.Id) };
};

describe('tenant members', () => {
  it('are listed newest first with every field of the model, a role at least, and their groups', () => {
    const { ok, members } = start();
    const { UserGroupId } = ok('CreateUserGroup', { CreateCommand: { Name: 'g', AdminUserIdList: [CAROL] } });
    expect(members({ PageSize: 1 })).toEqual([
      {
        AccountName: 'carol@example.com',
        DingNumber: '',
        DisplayName: 'Carol',
        DisplayNameWithoutStatus: 'Carol',
        EnableWhiteIp: 'false',
        GmtCreate: 1735689600000,
        GmtModified: 1735689600000,
        Id: CAROL,
        Mail: '',
        MobilePhone: '',
        Name: 'carol@example.com',
        NickName: 'Carol',
        RealName: 'Carol',
        RoleList: ['COMMON_USER'],
        SourceId: '204800000000000004',
        SourceType: 'aliyun',
        UserGroupList: [{ Active: true, Description: '', Id: UserGroupId, Name: 'g' }],
        WhiteIp: '',
      },
    ]);
  });

  it('need paging parameters', () => {
    const { call } = start();
    expect(call('ListTenantMembers', { ListQuery: { Page: 1 } }).body).toMatchObject({
      Message: 'Missing required argument: PageSize',
    });
  });

  it('are filtered by text, role and group; a role that does not exist finds nobody', () => {
    const { ok, ids } = start();
    const { UserGroupId } = ok('CreateUserGroup', { CreateCommand: { Name: 'g', AdminUserIdList: [BOB] } });
    expect(ids({ SearchText: 'ALI' })).toEqual([ALICE]);
    expect(ids({ RoleList: ['SUPER_ADMIN'] })).toEqual([OWNER]);
    expect(ids({ RoleList: ['common_user'] })).toEqual([]);
    expect(ids({ UserGroupIdList: [UserGroupId] })).toEqual([BOB]);
  });

  it('are added from the addable, and twice only by the switch', () => {
    const { ok, code, ids, service } = start();
    const addable = () => (ok('ListAddableUsers', { ListQuery: {} }) as Users).PageResult.UserList.map((user) => user.Id);
    expect(addable()).toEqual(['300000006', DAVE]);
    ok('AddTenantMembers', add({ Id: DAVE, RoleList: ['QUALITY_MANAGER'] }));
    expect([addable(), ids()]).toEqual([['300000006'], [DAVE, CAROL, BOB, ALICE, OWNER]]);
    expect(code('AddTenantMembers', add({ Id: DAVE }))).toBe('DPN.TenantMember.AlreadyExists');
    expect(code('AddTenantMembers', add({ Id: '300000006' }, { Id: '1' }))).toBe('DPN.TenantMember.NotFound');
    expect(addable()).toEqual(['300000006']);
    service.setSwitches({ memberTwice: 'ignored' });
    ok('AddTenantMembers', add({ Id: DAVE, RoleList: ['SYSTEM_ADMIN'] }));
    expect(service.world().members.at(-1)?.RoleList).toEqual(['QUALITY_MANAGER']);
  });

  it('can be registered from the identity source', () => {
    const { ok, members, service } = start();
    const person = {
      SourceId: '99',
      SourceType: 'aliyun',
      AccountName: 'frank@example.com',
      DisplayName: 'Frank',
      Mail: 'f@example.com',
    };
    ok('AddTenantMembersBySourceUser', { AddCommand: { SourceUserList: [person, { SourceId: '204800000000000005' }] } });
    expect(members({ PageSize: 2 })).toMatchObject([
      { Id: DAVE, AccountName: 'dave@example.com' },
      { AccountName: 'frank@example.com', Mail: 'f@example.com', SourceId: '99', RoleList: ['COMMON_USER'] },
    ]);
    expect(ok('GetUserBySourceId', { SourceId: '99' })).toEqual({
      User: { Id: service.world().users.at(-1)?.Id, DisplayName: 'Frank' },
    });
    expect(service.world().users.at(-1)?.Id).toMatch(/^\d{9}$/);
  });

  it('have their roles replaced, and contacts that are left out stay', () => {
    const { ok, members, service } = start();
    ok('UpdateTenantMember', update({ UserId: BOB, RoleList: ['SYSTEM_ADMIN', 'EXPORT_ADMIN'], Mail: 'b@example.com' }));
    ok('UpdateTenantMember', update({ UserId: BOB, RoleList: ['BUSINESS_MEMBER'], DingNumber: 'bob@ding' }));
    expect(members({ SearchText: 'bob' })).toMatchObject([
      { RoleList: ['BUSINESS_MEMBER'], Mail: 'b@example.com', DingNumber: 'bob@ding' },
    ]);
    service.setSwitches({ absentOnUpdate: 'cleared' });
    ok('UpdateTenantMember', update({ UserId: BOB, MobilePhone: '138' }));
    expect(members({ SearchText: 'bob' })).toMatchObject([
      { RoleList: ['COMMON_USER'], Mail: '', DingNumber: '', MobilePhone: '138' },
    ]);
  });

  it('cannot become, be or stop being the super administrator', () => {
    const { code } = start();
    expect(code('UpdateTenantMember', update({ UserId: OWNER, RoleList: [] }))).toBe('DPN.TenantMember.NoPermission');
    expect(code('RemoveTenantMember', { RemoveCommand: { SourceId: '204800000000000001' } })).toBe(
      'DPN.TenantMember.NoPermission',
    );
    expect(code('UpdateTenantMember', update({ UserId: BOB, RoleList: ['SUPER_ADMIN'] }))).toBe('DPN.TenantMember.Invalid');
    expect(code('UpdateTenantMember', update({ UserId: DAVE, RoleList: [] }))).toBe('DPN.TenantMember.NotFound');
  });

  it('are removed by source id or user id, with their memberships, unless they own a project', () => {
    const { ok, code, ids, service } = start();
    ok('CreateUserGroup', { CreateCommand: { Name: 'g', AdminUserIdList: [ALICE, BOB] } });
    const { CreateResult } = ok('CreateBasicProject', { CreateCommand: { Name: 'p' } }) as { CreateResult: { Id: string } };
    ok('AddProjectMember', { Id: CreateResult.Id, AddCommand: { Env: 'PROD', UserList: [{ UserId: BOB, RoleList: [2] }] } });
    ok('RemoveTenantMember', { RemoveCommand: { SourceId: '204800000000000003' } });
    ok('RemoveTenantMember', { RemoveCommand: { SourceId: CAROL } });
    expect(code('RemoveTenantMember', { RemoveCommand: { SourceId: CAROL } })).toBe('DPN.TenantMember.NotFound');
    const world = service.world();
    expect(ids()).toEqual([ALICE, OWNER]);
    expect(world.userGroups[0]).toMatchObject({ Admins: [ALICE], Members: [{ UserId: ALICE }] });
    expect(world.projects[0]?.Halves.PROD.Members).toEqual({ [OWNER]: [1] });
    service.change((draft) => {
      for (const project of draft.projects) project.OwnerId = ALICE;
    });
    expect(code('RemoveTenantMember', { RemoveCommand: { SourceId: ALICE } })).toBe('DPN.TenantMember.InUse');
  });

  it('are changed by super and system administrators only', () => {
    const { code, ok, service } = start();
    withKeysOf(service, ALICE);
    const alice = `AK-${ALICE}`;
    expect(code('UpdateTenantMember', update({ UserId: BOB }), alice)).toBe('DPN.OP.NoPermission');
    expect(code('AddTenantMembers', add({ Id: DAVE }), alice)).toBe('DPN.OP.NoPermission');
    expect(code('ListAddableUsers', { ListQuery: {} }, alice)).toBe('DPN.OP.NoPermission');
    ok('UpdateTenantMember', update({ UserId: ALICE, RoleList: ['SYSTEM_ADMIN'] }));
    ok('AddTenantMembers', add({ Id: DAVE }), alice);
    expect(code('RemoveTenantMember', { RemoveCommand: { SourceId: ALICE } }, alice)).toBe('DPN.TenantMember.NoPermission');
  });

  it('are looked up in a batch that leaves unknown ids out', () => {
    const { ok, code, service, call } = start();
    expect(ok('GetUsers', { UserIdList: [DAVE, '1'] })).toMatchObject({
      UserList: [{ Id: DAVE, Name: 'dave@example.com', FeiShuRobot: '' }],
    });
    expect(code('GetUserBySourceId', { SourceId: 'x' })).toBe('DPN.TenantMember.NotFound');
    service.setSwitches({ notFound: 'null' });
    expect(call('GetUserBySourceId', { SourceId: 'x' }).body).not.toHaveProperty('User');
  });
});

describe('the caller', () => {
  it('learns tenant and roles, never who it is', () => {
    const { ok, service } = start();
    withKeysOf(service, BOB);
    expect(ok('GetMyTenants')).toMatchObject({ TenantList: [{ Id: '300001413', OwnerId: OWNER, Deleted: false }] });
    expect(ok('GetMyRoles')).toEqual({ RoleList: [{ Id: '1', Name: 'SUPER_ADMIN', Description: '' }] });
    expect(ok('GetMyRoles', {}, `AK-${BOB}`)).toMatchObject({ RoleList: [{ Name: 'COMMON_USER' }] });
    expect((ok('ListAddableRoles') as { RoleList: object[] }).RoleList).toHaveLength(8);
  });

  it('who is no member may do nothing', () => {
    const { code, service } = start();
    withKeysOf(service, DAVE);
    expect(code('GetMyTenants', {}, `AK-${DAVE}`)).toBe('DPN.Filter.NoPermission');
  });
});
