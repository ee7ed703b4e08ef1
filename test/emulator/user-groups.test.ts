import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, DAVE, OWNER, startFixture, withKeysOf } from '../support/emulator-fixture.ts';

const paged = (more: object = {}) => ({ ListQuery: { PageNo: 1, PageSize: 50, ...more } });
const create = (command: object) => ({ CreateCommand: command });

describe('user groups', () => {
  it('are created enabled, with their administrators among the members', () => {
    const { ok } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'finance', Description: 'x', AdminUserIdList: [ALICE] }));
    expect(ok('GetUserGroup', { UserGroupId: id })).toEqual({
      UserGroupInfo: {
        Id: id,
        Name: 'finance',
        Description: 'x',
        Active: true,
        MyRole: 'NONE',
        AdminList: [{ AccountName: 'alice@example.com', DisplayName: 'Alice', Id: ALICE }],
      },
    });
    expect(ok('ListUserGroupMembers', paged({ UserGroupId: id }))).toMatchObject({
      PageResult: { TotalCount: 1, MemberList: [{ UserGroupId: id, UserInfo: { Id: ALICE }, UserRole: 'ADMIN' }] },
    });
  });

  it('have names that are unique as they are spelled', () => {
    const { ok, code } = startFixture();
    ok('CreateUserGroup', create({ Name: 'finance' }));
    ok('CreateUserGroup', create({ Name: 'Finance' }));
    expect(code('CreateUserGroup', create({ Name: 'finance' }))).toBe('DPN.UserGroup.Duplicated');
  });

  it('take at most five administrators, all of them members of the tenant', () => {
    const { code } = startFixture();
    expect(code('CreateUserGroup', create({ Name: 'a', AdminUserIdList: ['1', '2', '3', '4', '5', '6'] }))).toBe(
      'DPN.UserGroup.Invalid',
    );
    expect(code('CreateUserGroup', create({ Name: 'a', AdminUserIdList: [DAVE] }))).toBe('DPN.TenantMember.NotFound');
  });

  it('keep the description and administrators that an update leaves out, and clear them by the switch', () => {
    for (const absentOnUpdate of ['kept', 'cleared'] as const) {
      const { ok } = startFixture({ switches: { absentOnUpdate } });
      const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a', Description: 'x', AdminUserIdList: [ALICE] }));
      ok('UpdateUserGroup', { UpdateCommand: { Id: id, Name: 'b' } });
      const kept = absentOnUpdate === 'kept';
      expect(ok('GetUserGroup', { UserGroupId: id })).toMatchObject({
        UserGroupInfo: { Name: 'b', Description: kept ? 'x' : '', AdminList: kept ? [{ Id: ALICE }] : [] },
      });
    }
  });

  it('keep a former administrator as a member', () => {
    const { ok } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a', AdminUserIdList: [ALICE] }));
    ok('UpdateUserGroup', { UpdateCommand: { Id: id, AdminUserIdList: [] } });
    expect(ok('ListUserGroupMembers', paged({ UserGroupId: id }))).toMatchObject({
      PageResult: { MemberList: [{ UserInfo: { Id: ALICE }, UserRole: 'MEMBER' }] },
    });
  });

  it('ignore a member added twice, refuse a batch with a stranger as a whole, remove by user id', () => {
    const { ok, code, service } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a' }));
    const add = (...UserIdList: string[]) => ({ AddCommand: { UserGroupId: id, UserIdList } });
    ok('AddUserGroupMember', add(BOB));
    ok('AddUserGroupMember', add(BOB, CAROL));
    expect(code('AddUserGroupMember', add(ALICE, DAVE))).toBe('DPN.TenantMember.NotFound');
    const users = () => service.world().userGroups[0]?.Members.map((member) => member.UserId);
    expect(users()).toEqual([BOB, CAROL]);
    ok('RemoveUserGroupMember', { RemoveCommand: { UserGroupId: id, UserIdList: [BOB, ALICE] } });
    expect(users()).toEqual([CAROL]);
    service.setSwitches({ batch: 'partial' });
    expect(code('AddUserGroupMember', add(ALICE, DAVE))).toBe('DPN.TenantMember.NotFound');
    expect(users()).toEqual([CAROL, ALICE]);
    expect(service.calls().at(-1)).toMatchObject({ outcome: 'refused', committed: true });
  });

  it('do not lose an administrator by a removal from the members', () => {
    const { ok, code } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a', AdminUserIdList: [ALICE] }));
    expect(code('RemoveUserGroupMember', { RemoveCommand: { UserGroupId: id, UserIdList: [ALICE] } })).toBe(
      'DPN.UserGroup.Invalid',
    );
  });

  it('are switched off by a call of its own only', () => {
    const { ok } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a' }));
    ok('UpdateUserGroup', { UpdateCommand: { Id: id, Active: false } });
    expect(ok('GetUserGroup', { UserGroupId: id })).toMatchObject({ UserGroupInfo: { Active: true } });
    ok('UpdateUserGroupSwitch', { UserGroupId: id, Active: 'false' });
    expect(ok('GetUserGroup', { UserGroupId: id })).toMatchObject({ UserGroupInfo: { Active: false } });
  });

  it('are deleted with members in them; what is gone is not found', () => {
    const { ok, code, call, service } = startFixture();
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a', AdminUserIdList: [ALICE] }));
    ok('DeleteUserGroup', { UserGroupId: id });
    expect(code('DeleteUserGroup', { UserGroupId: id })).toBe('DPN.UserGroup.NotFound');
    expect(code('GetUserGroup', { UserGroupId: id })).toBe('DPN.UserGroup.NotFound');
    service.setSwitches({ notFound: 'null' });
    expect(call('GetUserGroup', { UserGroupId: id })).toMatchObject({ status: 200, body: { Code: 'OK', Success: true } });
  });

  it('come newest first, filtered by keyword, administrator, switch and the caller', () => {
    const { ok, service } = startFixture();
    service.change((world) => {
      for (const [name, admin] of [
        ['one', ALICE],
        ['two', OWNER],
        ['three', BOB],
      ] as const)
        world.userGroups.push({ Id: '', Name: name, Description: '', Active: name !== 'three', Admins: [admin], Members: [] });
    });
    const names = (query: object) =>
      (ok('ListUserGroups', paged(query)) as { PageResult: { UserGroupList: { Name: string }[] } }).PageResult.UserGroupList.map(
        (group) => group.Name,
      );
    expect(names({})).toEqual(['three', 'two', 'one']);
    expect(names({ Keyword: 'T' })).toEqual(['three', 'two']);
    expect(names({ AdminIdList: [ALICE] })).toEqual(['one']);
    expect(names({ Active: false })).toEqual(['three']);
    expect(names({ FilterMine: true })).toEqual(['two']);
    expect(names({ PageNo: 2, PageSize: 2 })).toEqual(['one']);
    expect(names({ PageNo: 9, PageSize: 2 })).toEqual([]);
  });

  it('are made by tenant administrators and edited by their own', () => {
    const { ok, code, service } = startFixture();
    withKeysOf(service, ALICE, BOB);
    const { UserGroupId: id } = ok('CreateUserGroup', create({ Name: 'a', AdminUserIdList: [ALICE] }));
    expect(code('CreateUserGroup', create({ Name: 'b' }), `AK-${ALICE}`)).toBe('DPN.UserGroup.NoPermission');
    ok('UpdateUserGroup', { UpdateCommand: { Id: id, Description: 'mine' } }, `AK-${ALICE}`);
    expect(code('UpdateUserGroup', { UpdateCommand: { Id: id, Description: 'his' } }, `AK-${BOB}`)).toBe(
      'DPN.UserGroup.NoPermission',
    );
    expect(code('DeleteUserGroup', { UserGroupId: id }, `AK-${ALICE}`)).toBe('DPN.UserGroup.NoPermission');
  });

  it('need the basic edition', () => {
    const { code } = startFixture({ edition: 'agile' });
    expect(code('ListUserGroups', paged())).toBe('DPN.Commons.EditionNotSupport');
  });
});
