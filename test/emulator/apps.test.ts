import { describe, expect, it } from 'vitest';
import { appCommand, as, DEFAULT_GROUP, SYSTEM_ADMIN, startApps } from '../support/apps.ts';
import { ALICE, BOB, DAVE, OWNER, startFixture } from '../support/emulator-fixture.ts';

describe('app groups', () => {
  it('take their name as a plain parameter and are listed newest first, whatever project is asked for', () => {
    const { ok, code } = startApps();
    expect(code('CreateDataServiceAppGroup', { CreateCommand: { GroupName: 'finance' } })).toBe('Dataphin.OpenAPI.BadRequest');
    const { Data } = ok('CreateDataServiceAppGroup', { GroupName: 'finance' });
    const list = {
      AppGroupList: [
        { Id: String(Data), Name: 'finance' },
        { Id: DEFAULT_GROUP, Name: 'default' },
      ],
    };
    expect(ok('GetDataServiceAppGroups')).toEqual(list);
    expect(ok('GetDataServiceAppGroups', { ProjectId: '999' })).toEqual(list);
  });

  it('have ids of 12 digits, some of them negative, as apps have', () => {
    const { ok, create } = startApps();
    const names = ['aaaa', 'bbbb', 'cccc', 'dddd', 'eeee', 'ffff'];
    const groups = names.map((GroupName) => Number(ok('CreateDataServiceAppGroup', { GroupName }).Data));
    const apps = names.map((AppName) => Number(create({ AppName })));
    expect(groups.map((id) => Math.sign(id))).toEqual([1, -1, 1, -1, -1, -1]);
    expect(apps.map((id) => Math.sign(id))).toEqual([-1, 1, 1, -1, -1, 1]);
    expect([...groups, ...apps].every((id) => String(Math.abs(id)).length === 12)).toBe(true);
  });

  it('have a name of 1 to 64 characters that no other has, unless the switch allows it', () => {
    const { ok, code, service } = startApps();
    expect(code('CreateDataServiceAppGroup', { GroupName: '' })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(code('CreateDataServiceAppGroup', { GroupName: '中'.repeat(65) })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(code('CreateDataServiceAppGroup', { GroupName: 'default' })).toBe('DPN.AppGroup.Duplicated');
    const { Data: id } = ok('CreateDataServiceAppGroup', { GroupName: '中'.repeat(64) });
    const rename = { UpdateCommand: { GroupId: id, GroupName: 'default' } };
    expect(code('UpdateDataServiceAppGroup', rename)).toBe('DPN.AppGroup.Duplicated');
    service.setSwitches({ duplicates: 'allowed' });
    ok('UpdateDataServiceAppGroup', rename);
    expect(service.world().appGroups.map((group) => group.Name)).toEqual(['default', 'default']);
  });

  it('cannot be deleted while apps are in them', () => {
    const { ok, code, create, service } = startApps();
    const id = create();
    expect(code('DeleteDataServiceAppGroup', { GroupId: DEFAULT_GROUP })).toBe('DPN.AppGroup.InUse');
    ok('DeleteDataServiceApp', { AppId: id });
    ok('DeleteDataServiceAppGroup', { GroupId: DEFAULT_GROUP });
    expect(service.world().appGroups).toEqual([]);
    expect(code('DeleteDataServiceAppGroup', { GroupId: DEFAULT_GROUP })).toBe('DPN.AppGroup.NotFound');
  });

  it('are written by tenant administrators and read by all', () => {
    const { ok, code } = startApps();
    expect(code('CreateDataServiceAppGroup', { GroupName: 'a' }, as(BOB))).toBe('DPN.AppGroup.NoPermission');
    ok('CreateDataServiceAppGroup', { GroupName: 'a' }, SYSTEM_ADMIN);
    expect(ok('GetDataServiceAppGroups', {}, as(BOB))).toEqual(ok('GetDataServiceAppGroups'));
  });

  it('tell their apps by name, when asked with a project that exists', () => {
    const { ok, code, create } = startApps();
    const id = create();
    expect(ok('GetDataServiceAppsByGroupId', { GroupId: DEFAULT_GROUP, ProjectId: '22' })).toEqual({
      AppInfoList: [{ Id: id, Name: 'portal' }],
    });
    expect(code('GetDataServiceAppsByGroupId', { GroupId: DEFAULT_GROUP, ProjectId: '23' })).toBe('DPN.Filter.ProjectNotFound');
  });

  it('need the basic edition, as the whole data service does', () => {
    for (const edition of ['personal', 'agile', 'database', 'bigdata'] as const) {
      const { code } = startFixture({ edition });
      expect(code('GetDataServiceAppGroups')).toBe('DPN.Commons.EditionNotSupport');
      expect(code('GetDataServiceMyProjects')).toBe('DPN.Commons.EditionNotSupport');
    }
  });
});

describe('apps', () => {
  it('are read with key and secret, but only with the name of their group', () => {
    const { create, read } = startApps();
    const id = create({ AppKey: 'portal-key', AppSecret: 'portal_secret' });
    expect(read(id)).toEqual({
      AppGroup: 'default',
      AppId: id,
      AppKey: 'portal-key',
      AppName: 'portal',
      AppSecret: 'portal_secret',
      IpWhitelist: '',
      IpWhitelistStatus: false,
      OwnerList: [{ Id: ALICE, Name: 'Alice' }],
      Scenarios: 'reporting',
    });
  });

  it('are created without an answer but the id, and listed without keys and secrets', () => {
    const { ok, create, service } = startApps();
    const { Data, ...rest } = ok('CreateDataServiceApp', { CreateCommand: appCommand({ AppSecret: 'canary-canary' }) });
    expect([typeof Data, rest]).toEqual(['number', {}]);
    create({ AppName: 'other', AppSecret: 'canary-canary' });
    expect(service.calls().every((call) => !JSON.stringify(call).includes('canary'))).toBe(true);
    const list = ok('ListDataServiceApps', { ListQuery: { PageNo: 1, PageSize: 50 } });
    expect(list).toEqual({
      Data: {
        TotalCount: 2,
        AppList: ['other', 'portal'].map((AppName) => ({
          AppGroup: 'default',
          AppId: expect.stringMatching(/^-?\d{12}$/),
          AppName,
          IsMember: false,
          OwnerList: [{ Id: ALICE, Name: 'Alice' }],
        })),
      },
    });
  });

  it('get a key and a secret of their own when none are given', () => {
    const { create, app } = startApps();
    const [one, two] = [app(create()), app(create({ AppName: 'other' }))];
    expect([one?.AppKey, two?.AppKey]).toEqual([expect.stringMatching(/^2\d{8}$/), expect.stringMatching(/^2\d{8}$/)]);
    expect(one?.AppSecret).toMatch(/^emulator-only-[0-9a-f]{32}$/);
    expect(new Set([one?.AppKey, two?.AppKey, one?.AppSecret, two?.AppSecret]).size).toBe(4);
  });

  it('have a name that is unique in their group only', () => {
    const { ok, code, create, created, service } = startApps();
    create();
    expect(created({})).toBe('DPN.App.Duplicated');
    const { Data: other } = ok('CreateDataServiceAppGroup', { GroupName: 'other' });
    const id = create({ AppGroupId: other });
    const move = { UpdateCommand: { AppId: id, AppGroupId: DEFAULT_GROUP } };
    expect(code('UpdateDataServiceApp', move)).toBe('DPN.App.Duplicated');
    service.setSwitches({ duplicates: 'allowed' });
    ok('UpdateDataServiceApp', move);
    expect(service.world().apps.map((app) => [app.AppName, app.AppGroupId])).toEqual([
      ['portal', DEFAULT_GROUP],
      ['portal', DEFAULT_GROUP],
    ]);
  });

  it('refuse names, keys and secrets that the console would refuse', () => {
    const { create, created } = startApps();
    for (const AppName of ['abc', 'a'.repeat(27), '1abc', '_abc', 'éabc'])
      expect(created({ AppName }), AppName).toBe('DPN.Oltp.MgmtSys.ParamError');
    for (const AppKey of ['', 'short12', 'k'.repeat(129), 'with blank', 'schlüssel'])
      expect(created({ AppKey }), AppKey).toBe('DPN.Oltp.MgmtSys.ParamError');
    for (const AppSecret of ['', 'short12', 's'.repeat(128), 'with.dots'])
      expect(created({ AppSecret }), AppSecret).toBe('DPN.Oltp.MgmtSys.ParamError');
    for (const more of [
      { AppName: 'abcd', AppKey: 'k'.repeat(8), AppSecret: 's'.repeat(8) },
      { AppName: '默认应用', AppKey: 'k'.repeat(128), AppSecret: 's'.repeat(127) },
      { AppName: `a${'1'.repeat(25)}` },
    ])
      create(more);
  });

  it('have a key that no other app of the tenant has', () => {
    const { ok, code, create, created } = startApps({ switches: { duplicates: 'allowed' } });
    create({ AppKey: 'one-and-only' });
    expect(created({ AppName: 'other', AppKey: 'one-and-only' })).toBe('DPN.App.Duplicated');
    const id = create({ AppName: 'other' });
    const reset = { UpdateCommand: { AppId: id, AppKey: 'one-and-only' } };
    expect(code('ResetDataServiceAppSecret', reset)).toBe('DPN.App.Duplicated');
    ok('ResetDataServiceAppSecret', { UpdateCommand: { AppId: id, AppKey: 'another-one' } });
  });

  it('land in a group that nobody sees when the group’s id is wrong', () => {
    const { ok, create, read } = startApps();
    const id = create({ AppGroupId: '22' });
    expect(read(id)).toMatchObject({ AppGroup: '', AppName: 'portal' });
    expect(ok('GetDataServiceAppGroups')).toEqual({ AppGroupList: [{ Id: DEFAULT_GROUP, Name: 'default' }] });
    expect(ok('ListDataServiceApps', { ListQuery: { AppGroupId: DEFAULT_GROUP } })).toEqual({
      Data: { AppList: [], TotalCount: 0 },
    });
    expect(ok('ListDataServiceApps', { ListQuery: {} })).toMatchObject({ Data: { AppList: [{ AppGroup: '' }], TotalCount: 1 } });
  });

  it('need owners who are members of the tenant', () => {
    const { created } = startApps();
    expect(created({ OwnerIds: [ALICE, DAVE] })).toBe('DPN.TenantMember.NotFound');
    expect(created({ OwnerIds: [] })).toBe('DPN.Oltp.MgmtSys.ParamError');
    expect(created({ OwnerIds: undefined })).toBe('Dataphin.OpenAPI.BadRequest');
  });

  it('are changed in place; owners are replaced, and what is left out is kept or cleared by the switch', () => {
    for (const absentOnUpdate of ['kept', 'cleared'] as const) {
      const { ok, create, app } = startApps({ switches: { absentOnUpdate } });
      const id = create({ AppKey: 'portal-key', AppSecret: 'portal_secret' });
      ok('UpdateDataServiceApp', { UpdateCommand: { AppId: id, AppName: 'renamed', OwnerIds: [BOB, BOB], Scenarios: 'other' } });
      const renamed = { AppId: id, AppName: 'renamed', AppGroupId: DEFAULT_GROUP, AppKey: 'portal-key' };
      expect(app(id)).toMatchObject({ ...renamed, AppSecret: 'portal_secret', OwnerIds: [BOB], Scenarios: 'other' });
      ok('UpdateDataServiceApp', { UpdateCommand: { AppId: id } });
      expect(app(id)).toMatchObject({
        ...renamed,
        ...(absentOnUpdate === 'kept' ? { OwnerIds: [BOB], Scenarios: 'other' } : { OwnerIds: [], Scenarios: '' }),
      });
    }
  });

  it('are created by tenant administrators, changed and deleted by them and by owners', () => {
    const { ok, code, create } = startApps();
    expect(code('CreateDataServiceApp', { CreateCommand: appCommand() }, as(ALICE))).toBe('DPN.App.NoPermission');
    const id = create();
    const update = { UpdateCommand: { AppId: id, Scenarios: 'x' } };
    ok('UpdateDataServiceApp', update, as(ALICE));
    ok('UpdateDataServiceApp', update, SYSTEM_ADMIN);
    expect(code('UpdateDataServiceApp', update, as(BOB))).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    expect(code('DeleteDataServiceApp', { AppId: id }, as(BOB))).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    ok('DeleteDataServiceApp', { AppId: id }, as(ALICE));
    expect(code('DeleteDataServiceApp', { AppId: id })).toBe('DPN.App.NotFound');
  });

  it('that are gone are not found, or null by the switch', () => {
    const { code, call, service } = startApps();
    expect(code('GetDataServiceApp', { AppId: '-1' })).toBe('DPN.App.NotFound');
    service.setSwitches({ notFound: 'null' });
    const { status, body } = call('GetDataServiceApp', { AppId: '-1' });
    expect([status, body.Code, 'Data' in body]).toEqual([200, 'OK', false]);
  });

  it('are read whole by their people only; the super administrator passes by the switch', () => {
    const { ok, code, create, service } = startApps();
    const id = create();
    ok('AddDataServiceAppMember', { AddCommand: { AppId: id, MemberList: [{ UserId: BOB, EffectiveEnd: '2027-12-31' }] } });
    for (const member of [ALICE, BOB, OWNER]) ok('GetDataServiceApp', { AppId: id }, member === OWNER ? undefined : as(member));
    expect(code('GetDataServiceApp', { AppId: id }, SYSTEM_ADMIN)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    service.setSwitches({ appOwnerOnly: 'strict' });
    for (const action of ['GetDataServiceApp', 'GetDataServiceAppMembers'])
      expect(code(action, { AppId: id }), action).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    ok('GetDataServiceApp', { AppId: id }, as(BOB));
    ok('DeleteDataServiceApp', { AppId: id });
  });

  it('are listed for everybody; whether one is a member depends on who asks', () => {
    const { ok, clock, create } = startApps();
    const id = create();
    const isMember = (keyId?: string) => {
      const { Data } = ok('ListDataServiceApps', { ListQuery: {} }, keyId) as { Data: { AppList: { IsMember: boolean }[] } };
      return Data.AppList.map((app) => app.IsMember);
    };
    ok('AddDataServiceAppMember', { AddCommand: { AppId: id, MemberList: [{ UserId: BOB, EffectiveEnd: '2026-11-24' }] } });
    expect([isMember(), isMember(as(ALICE)), isMember(as(BOB)), isMember(SYSTEM_ADMIN)]).toEqual([
      [false],
      [true],
      [true],
      [false],
    ]);
    clock.ms += 86_400_000;
    expect(isMember(as(BOB))).toEqual([false]);
  });

  it('are listed in pages, filtered by group and by a part of the name', () => {
    const { ok, create } = startApps();
    const { Data: other } = ok('CreateDataServiceAppGroup', { GroupName: 'other' });
    for (const [AppName, AppGroupId] of [
      ['sales', DEFAULT_GROUP],
      ['stock', other],
      ['salt', other],
    ])
      create({ AppName, AppGroupId });
    const names = (ListQuery: object) => {
      const { Data } = ok('ListDataServiceApps', { ListQuery }) as {
        Data: { AppList: { AppName: string }[]; TotalCount: number };
      };
      return [...Data.AppList.map((app) => app.AppName), Data.TotalCount];
    };
    expect(names({})).toEqual(['salt', 'stock', 'sales', 3]);
    expect(names({ AppGroupId: other })).toEqual(['salt', 'stock', 2]);
    expect(names({ Keyword: 'SAL' })).toEqual(['salt', 'sales', 2]);
    expect(names({ PageNo: 2, PageSize: 2 })).toEqual(['sales', 3]);
    expect(names({ PageNo: 3, PageSize: 2 })).toEqual([3]);
  });
});

describe('a reset', () => {
  it('without arguments makes a new secret and keeps the key', () => {
    const { ok, create, read } = startApps();
    const id = create({ AppKey: 'portal-key', AppSecret: 'portal_secret' });
    const { Data } = ok('ResetDataServiceAppSecret', { UpdateCommand: { AppId: id } }) as { Data: Record<string, unknown> };
    expect(Data).toEqual({ AppKey: 'portal-key', AppSecret: expect.stringMatching(/^emulator-only-/) });
    expect(read(id)).toMatchObject(Data);
    expect(ok('ResetDataServiceAppSecret', { UpdateCommand: { AppId: id } })).not.toEqual({ Data });
  });

  it('sets the key and the secret that it is given', () => {
    const { ok, code, create, read } = startApps();
    const id = create();
    const Data = { AppKey: 'another-key', AppSecret: 'another_secret' };
    expect(ok('ResetDataServiceAppSecret', { UpdateCommand: { AppId: id, ...Data } })).toEqual({ Data });
    expect(read(id)).toMatchObject(Data);
    expect(code('ResetDataServiceAppSecret', { UpdateCommand: { AppId: id, AppSecret: 'tiny' } })).toBe(
      'DPN.Oltp.MgmtSys.ParamError',
    );
    expect(read(id)).toMatchObject(Data);
  });

  it('is for owners; a system administrator who owns nothing is refused', () => {
    const { ok, code, create, service } = startApps();
    const reset = { UpdateCommand: { AppId: create() } };
    ok('ResetDataServiceAppSecret', reset, as(ALICE));
    ok('ResetDataServiceAppSecret', reset);
    expect(code('ResetDataServiceAppSecret', reset, SYSTEM_ADMIN)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
    service.setSwitches({ appOwnerOnly: 'strict' });
    expect(code('ResetDataServiceAppSecret', reset)).toBe('DPN.Oltp.MgmtSys.NoAuthorized');
  });
});
