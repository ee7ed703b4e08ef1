import { describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, DAVE, OWNER, START_MS, startFixture, withKeysOf } from '../support/emulator-fixture.ts';

const CONFIG = (project: string) => [
  { Key: 'maxcompute.endpoint', Value: 'http://service.example.com/api' },
  { Key: 'maxcompute.project', Value: project },
  { Key: 'maxcompute.access.key', Value: 'secret' },
];
const SOURCE = (Name: string) => ({ CreateCommand: { Name, Type: 'MAX_COMPUTE', ConfigList: CONFIG(Name) } });
type Created = { readonly CreateResult: { readonly Id: string } };

const start = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  const id = (action: string, parameters: object) => (fixture.ok(action, parameters as never) as Created).CreateResult.Id;
  const source = (name: string) => id('CreateComputeSource', SOURCE(name));
  const basic = (command: object) => id('CreateBasicProject', { CreateCommand: command });
  const pair = (command: object) => id('CreateDevProdProject', { CreateCommand: command });
  const info = (Id: string, Env?: string) =>
    (fixture.ok('GetProject', { Id, ...(Env ? { Env } : {}) }) as { ProjectInfo: Record<string, unknown> }).ProjectInfo;
  const rows = (query: object = {}) =>
    (
      fixture.ok('ListProjects', { ListQuery: query }) as {
        PageResult: { TotalCount: number; ProjectList: Record<string, unknown>[] };
      }
    ).PageResult;
  return { ...fixture, source, basic, pair, info, rows };
};

describe('compute sources', () => {
  it('have ids of 16 digits and never show their config', () => {
    const { source, ok } = start();
    const id = source('mc');
    expect(id).toMatch(/^\d{16}$/);
    expect(ok('GetComputeSource', { Id: id })).toEqual({
      ComputeSourceInfo: {
        BindProject: false,
        Creator: OWNER,
        CreatorName: 'Owner',
        Description: '',
        DisplayName: 'mc',
        GmtCreate: String(START_MS + 500),
        GmtModified: String(START_MS + 500),
        Id: id,
        Name: 'mc',
        Owner: OWNER,
        OwnerName: 'Owner',
        Type: 'MAX_COMPUTE',
      },
    });
  });

  it('are listed with another spelling of type and time', () => {
    const { source, ok } = start();
    source('mc');
    expect(ok('ListComputeSources', { ListQuery: {} })).toMatchObject({
      PageResult: { TotalCount: 1, ComputeSourceList: [{ Type: 'MaxCompute', GmtCreate: '2026-11-24 10:00:00' }] },
    });
  });

  it('take MAX_COMPUTE, and MaxCompute by the switch', () => {
    const { call, service } = start();
    const command = { CreateCommand: { Name: 'mc', Type: 'MaxCompute', ConfigList: [] } };
    expect(call('CreateComputeSource', command).body).toMatchObject({
      Code: 'Dataphin.OpenAPI.BadRequest',
      Message: expect.stringMatching(/No enum constant .*ComputeSourceTypeEnum\.MaxCompute$/),
    });
    service.setSwitches({ computeSourceType: 'both' });
    expect(call('CreateComputeSource', command).body.Code).toBe('OK');
    expect(service.world().computeSources[0]?.Type).toBe('MAX_COMPUTE');
  });

  it('are unique by name, unless the switch allows it, and by the project behind them', () => {
    const { source, code, service } = start();
    source('mc');
    expect(code('CreateComputeSource', SOURCE('mc'))).toBe('DPN.ComputeSource.Duplicated');
    const other = { CreateCommand: { Name: 'other', Type: 'MAX_COMPUTE', ConfigList: CONFIG('mc') } };
    expect(code('CreateComputeSource', other)).toBe('DPN.ComputeEngine.ConfigRepeat');
    service.setSwitches({ duplicates: 'allowed' });
    expect(code('CreateComputeSource', SOURCE('mc'))).toBe('DPN.ComputeEngine.ConfigRepeat');
  });

  it('are replaced by an update: a key that is left out is gone', () => {
    const { source, ok, code, service } = start();
    const Id = source('mc');
    const command = {
      Id,
      Name: 'renamed',
      Type: 'MAX_COMPUTE',
      Description: 'd',
      ConfigList: [{ Key: 'maxcompute.project', Value: 'x' }],
    };
    ok('UpdateComputeSource', { UpdateCommand: command });
    expect(service.world().computeSources[0]).toMatchObject({
      Name: 'renamed',
      Description: 'd',
      Config: { 'maxcompute.project': 'x' },
    });
    expect(Object.keys(service.world().computeSources[0]?.Config ?? {})).toEqual(['maxcompute.project']);
    expect(code('UpdateComputeSource', { UpdateCommand: { ...command, Type: 'HADOOP' } })).toBe('DPN.ComputeSource.Invalid');
    expect(code('UpdateComputeSource', { UpdateCommand: { ...command, Description: undefined } })).toBe(
      'Dataphin.OpenAPI.BadRequest',
    );
    expect(code('UpdateComputeSource', { UpdateCommand: { ...command, Id: '1' } })).toBe('DPN.ComputeSource.NotFound');
  });

  it('are not deleted while a project holds them', () => {
    const { source, basic, ok, code, service } = start();
    const id = source('mc');
    const project = basic({ Name: 'p', ComputeSourceId: id });
    expect(ok('GetComputeSource', { Id: id })).toMatchObject({
      ComputeSourceInfo: { BindProject: true, BindProjectId: project, BindProjectName: 'p' },
    });
    expect(code('DeleteComputeSource', { Id: id })).toBe('DPN.ComputeSource.InUse');
    ok('DeleteProject', { Id: project });
    ok('DeleteComputeSource', { Id: id });
    expect(service.world().computeSources).toEqual([]);
  });

  it('can be checked, and some targets are unreachable', () => {
    const { source, ok, code, service } = start();
    const id = source('mc');
    const check = () => ok('CheckComputeSourceConnectivity', { CheckCommand: { Type: 'MAX_COMPUTE', ConfigList: CONFIG('x') } });
    expect([check(), ok('CheckComputeSourceConnectivityById', { Id: id })]).toEqual([{ Data: true }, { Data: true }]);
    service.change((world) => {
      world.unreachable.push('service.example.com');
    });
    expect([check(), ok('CheckComputeSourceConnectivityById', { Id: id })]).toEqual([{ Data: false }, { Data: false }]);
    expect(code('CheckComputeSourceConnectivityById', { Id: '1' })).toBe('DPN.ComputeSource.NotFound');
  });

  it('are filtered by binding and name', () => {
    const { source, basic, ok } = start();
    basic({ Name: 'p', ComputeSourceId: source('one') });
    source('two');
    const names = (query: object) =>
      (
        ok('ListComputeSources', { ListQuery: query }) as { PageResult: { ComputeSourceList: { Name: string }[] } }
      ).PageResult.ComputeSourceList.map((row) => row.Name);
    expect([names({ BindProject: true }), names({ BindProject: false }), names({ Keyword: 'O' })]).toEqual([
      ['one'],
      ['two'],
      ['two', 'one'],
    ]);
    expect([names({ Type: 'MAX_COMPUTE' }), names({ Type: 'MaxCompute' })]).toEqual([['two', 'one'], []]);
  });

  it('are for administrators and project administrators', () => {
    const { basic, ok, code, service } = start();
    withKeysOf(service, ALICE, BOB);
    const project = basic({ Name: 'p' });
    ok('AddProjectMember', { Id: project, AddCommand: { Env: 'PROD', UserList: [{ UserId: ALICE, RoleList: [1] }] } });
    ok('CreateComputeSource', SOURCE('a'), `AK-${ALICE}`);
    expect(code('CreateComputeSource', SOURCE('b'), `AK-${BOB}`)).toBe('DPN.ComputeSource.NoPermission');
  });
});

describe('projects', () => {
  it('of two halves share an id; the development half has a name and a display name of its own', () => {
    const { source, pair, info, rows, ok } = start();
    const [prod, dev] = [source('mc_prod'), source('mc_dev')];
    const id = pair({
      Name: 'finance',
      DisplayName: '财务',
      ProdDescription: 'P',
      DevDescription: 'D',
      ProdComputeSourceId: prod,
      DevComputeSourceId: dev,
    });
    expect(id).toMatch(/^\d{16}$/);
    expect(info(id)).toMatchObject({
      Id: id,
      Env: 'PROD',
      Name: 'finance',
      DisplayName: '财务',
      Description: 'P',
      ComputeSourceName: 'mc_prod',
    });
    expect(info(id, 'DEV')).toMatchObject({
      Id: id,
      Env: 'DEV',
      Name: 'finance_dev',
      DisplayName: '财务_开发',
      Description: 'D',
      Mode: 'DEV_PROD',
    });
    expect(ok('GetProjectByName', { Name: 'finance_dev' })).toMatchObject({
      ProjectInfo: { Id: id, Env: 'DEV', GmtCreate: '2026-11-24 10:00:01' },
    });
    expect(rows()).toMatchObject({
      TotalCount: 2,
      ProjectList: [
        { Id: id, Env: 'PROD', Name: 'finance', DataSourceId: prod, DataSourceName: 'mc_prod' },
        { Id: id, Env: 'DEV', Name: 'finance_dev', DataSourceId: dev, DataSourceName: 'mc_dev' },
      ],
    });
  });

  it('show other fields in the list: no tag, no white list, other names of the compute sources', () => {
    const { source, basic, info, rows } = start();
    const id = basic({
      Name: 'p',
      NameSpaceTag: 'BASE',
      WhiteLists: [{ Ip: '10.0.0.0/8' }],
      StreamComputeSourceId: source('fl'),
    });
    expect(Object.keys(info(id))).toEqual(expect.arrayContaining(['NameSpaceTag', 'WhiteLists', 'StreamComputeSourceId']));
    expect(Object.keys(rows().ProjectList[0] ?? {}).sort()).toEqual([
      'Description',
      'DisplayName',
      'Env',
      'GmtCreate',
      'GmtModified',
      'Id',
      'Mode',
      'Name',
      'Owner',
      'OwnerName',
      'RealtimeDataSourceId',
      'RealtimeDataSourceName',
      'Type',
    ]);
  });

  it('make the creator owner and administrator of each half', () => {
    const { pair, service } = start();
    pair({ Name: 'p' });
    expect(service.world().projects[0]).toMatchObject({
      OwnerId: OWNER,
      ProduceUserId: expect.stringMatching(/^\d{9}$/),
      Halves: { PROD: { Members: { [OWNER]: [1] } }, DEV: { Members: { [OWNER]: [1] } } },
    });
  });

  it('refuse names that are taken, also as another one’s development half, or not well formed', () => {
    const { basic, pair, code } = start();
    const create = (command: object) => code('CreateBasicProject', { CreateCommand: command });
    pair({ Name: 'a', DisplayName: 'A' });
    basic({ Name: 'b_dev' });
    expect(create({ Name: 'a_dev' })).toBe('DPN.Project.Duplicated');
    expect(code('CreateDevProdProject', { CreateCommand: { Name: 'b' } })).toBe('DPN.Project.Duplicated');
    expect(create({ Name: 'c', DisplayName: 'A' })).toBe('DPN.Project.DisplayNameDuplicated');
    expect([create({ Name: 'ld_x' }), create({ Name: 'a b' }), create({ Name: 'x'.repeat(65) })]).toEqual(
      Array(3).fill('DPN.Project.ParameterError'),
    );
    expect(create({ Name: 'd', Type: 'general' })).toBe('Dataphin.OpenAPI.BadRequest');
    basic({ Name: 'A', DisplayName: 'another' });
  });

  it('hold each compute source alone', () => {
    const { source, basic, code } = start();
    const id = source('mc');
    basic({ Name: 'p', ComputeSourceId: id });
    expect(code('CreateBasicProject', { CreateCommand: { Name: 'q', ComputeSourceId: id } })).toBe('DPN.ComputeSource.InUse');
    expect(code('CreateBasicProject', { CreateCommand: { Name: 'q', ComputeSourceId: '1' } })).toBe('DPN.ComputeSource.NotFound');
  });

  it('are updated in place, what is left out stays, a first compute source can be set', () => {
    const { source, pair, info, ok } = start();
    const id = pair({ Name: 'p', ProdDescription: 'x', WhiteLists: [{ Ip: '10.0.0.1', Port: '1' }] });
    const prod = source('mc');
    ok('UpdateDevProdProject', {
      UpdateCommand: { Id: id, DisplayName: 'P', DevDescription: 'd', NameSpaceTag: 'PUBLIC', ProdComputeSourceId: prod },
    });
    expect(info(id)).toMatchObject({
      DisplayName: 'P',
      Description: 'x',
      NameSpaceTag: 'PUBLIC',
      ComputeSourceId: prod,
      WhiteLists: [{ Ip: '10.0.0.1' }],
    });
    expect(info(id, 'DEV')).toMatchObject({ DisplayName: 'P_开发', Description: 'd' });
  });

  it('keep a bound compute source, unless the switch lets it change', () => {
    const { source, basic, code, ok, info, service } = start();
    const [one, two] = [source('one'), source('two')];
    const id = basic({ Name: 'p', ComputeSourceId: one });
    const update = { UpdateCommand: { Id: id, Name: 'p', ComputeSourceId: two } };
    expect(code('UpdateBasicProject', update)).toBe('DPN.Project.ParameterError');
    service.setSwitches({ absentOnUpdate: 'cleared' });
    ok('UpdateBasicProject', { UpdateCommand: { Id: id, Name: 'p' } });
    expect(info(id)).toMatchObject({ ComputeSourceId: one });
    service.setSwitches({ boundComputeSource: 'changeable' });
    ok('UpdateBasicProject', update);
    expect(info(id)).toMatchObject({ ComputeSourceId: two });
    ok('DeleteComputeSource', { Id: one });
    ok('UpdateBasicProject', { UpdateCommand: { Id: id, Name: 'p' } });
    expect(info(id)).not.toHaveProperty('ComputeSourceId');
  });

  it('change neither name nor mode', () => {
    const { basic, code } = start();
    const id = basic({ Name: 'p' });
    expect(code('UpdateBasicProject', { UpdateCommand: { Id: id, Name: 'q' } })).toBe('DPN.Project.ParameterError');
    expect(code('UpdateBasicProject', { UpdateCommand: { Id: id } })).toBe('Dataphin.OpenAPI.BadRequest');
    expect(code('UpdateDevProdProject', { UpdateCommand: { Id: id } })).toBe('DPN.Project.ParameterError');
  });

  it('are not deleted while something depends on them', () => {
    const { basic, code, ok, service } = start();
    const Id = basic({ Name: 'p' });
    const depend = (value: boolean) =>
      service.change((world) => {
        for (const project of world.projects) project.HasDependency = value;
      });
    depend(true);
    expect(ok('CheckProjectHasDependency', { Id })).toEqual({ Data: true });
    expect(code('DeleteProject', { Id })).toBe('DPN.Project.InUse');
    depend(false);
    ok('DeleteProject', { Id });
    expect(code('DeleteProject', { Id })).toBe('DPN.Filter.ProjectNotFound');
    expect(code('GetProject', { Id })).toBe('DPN.Filter.ProjectNotFound');
  });

  it('have a white list that is replaced as a whole', () => {
    const { basic, ok, code } = start();
    const Id = basic({ Name: 'p', WhiteLists: [{ Ip: '1.1.1.1', Port: '1', Description: 'one' }] });
    ok('ReplaceProjectWhiteLists', { Id, ReplaceCommand: { WhiteLists: [{ Ip: '2.2.2.2', Port: '2' }] } });
    expect(ok('GetProjectWhiteLists', { Id })).toEqual({ WhiteLists: [{ Ip: '2.2.2.2', Port: '2', Description: '' }] });
    expect(code('ReplaceProjectWhiteLists', { Id, ReplaceCommand: { WhiteLists: [{ Ip: '2.2.2.2' }] } })).toBe(
      'Dataphin.OpenAPI.BadRequest',
    );
  });

  it('are filtered by half, mode, keyword and tag, in pages of 20 and at most 100', () => {
    const { pair, basic, rows, service } = start();
    pair({ Name: 'a' });
    basic({ Name: 'b', NameSpaceTag: 'BASE' });
    const names = (query: object) => rows(query).ProjectList.map((row) => row.Name);
    expect(names({})).toEqual(['b', 'a', 'a_dev']);
    expect([
      names({ Env: 'DEV' }),
      names({ Mode: 'BASIC' }),
      names({ Keyword: 'A_' }),
      names({ TagList: ['BASE'] }),
      names({ Env: 'dev' }),
    ]).toEqual([['a_dev'], ['b'], ['a_dev'], ['b'], []]);
    service.change((world) => {
      const [first] = world.projects;
      if (first)
        for (let at = 0; at < 120; at++)
          world.projects.push({ ...structuredClone(first), Id: '', ProduceUserId: '', Name: `n${at}` });
    });
    expect([rows().ProjectList.length, rows({ PageSize: 500 }).ProjectList.length, rows({ PageSize: 500 }).TotalCount]).toEqual([
      20, 100, 243,
    ]);
  });

  it('show the production account to the super administrator only', () => {
    const { basic, ok, code, service } = start();
    withKeysOf(service, ALICE);
    const ProjectId = basic({ Name: 'p' });
    expect(ok('GetProjectProduceUser', { ProjectId })).toEqual({ User: { Id: service.world().projects[0]?.ProduceUserId } });
    expect(code('GetProjectProduceUser', { ProjectId }, `AK-${ALICE}`)).toBe('DPN.Filter.NoPermission');
  });

  it('need server 6.3 to be written, and belong to a biz unit on intelligent', () => {
    const { service, ok, pair, info, code } = start({ edition: 'intelligent' });
    const BizUnitId = service.world().bizUnits[0]?.Id;
    expect(ok('ListBizUnits')).toMatchObject({
      Data: { BizUnitList: [{ Id: BizUnitId, Name: 'retail', Env: 'PROD', Mode: 'BASIC', AccountList: [{ Id: OWNER }] }] },
    });
    expect(info(pair({ Name: 'p', BizUnitId }))).toMatchObject({ BizUnitId, BizUnitDisplayName: 'Retail' });
    expect(code('CreateBasicProject', { CreateCommand: { Name: 'q', BizUnitId: '1' } })).toBe('DPN.Project.ParameterError');
    expect(start().code('ListBizUnits')).toBe('DPN.Commons.EditionNotSupport');
  });
});

describe('project members', () => {
  const startPair = (options: Parameters<typeof startFixture>[0] = {}) => {
    const fixture = start(options);
    const Id = fixture.pair({ Name: 'p' });
    const send = (verb: 'Add' | 'Update', UserId: string, RoleList: readonly number[], Env: string | undefined = 'PROD') =>
      [`${verb}ProjectMember`, { Id, [`${verb}Command`]: { Env, UserList: [{ UserId, RoleList }] } }] as const;
    const members = (Env: string) =>
      Object.fromEntries(
        (
          fixture.ok('ListProjectMembers', { Id, ListQuery: { Env, PageSize: 50 } }) as {
            PageResult: { ProjectMemberList: { UserId: string; RoleIdList: number[] }[] };
          }
        ).PageResult.ProjectMemberList.map((row) => [row.UserId, row.RoleIdList]),
      );
    return { ...fixture, Id, send, members };
  };

  it('belong to one half', () => {
    const { ok, send, members, Id } = startPair();
    ok(...send('Add', BOB, [2, 4]));
    ok(...send('Add', CAROL, [3], 'DEV'));
    expect([members('PROD'), members('DEV')]).toEqual([
      { [OWNER]: [1], [BOB]: [2, 4] },
      { [OWNER]: [1], [CAROL]: [3] },
    ]);
    expect(ok('ListProjectMembers', { Id, ListQuery: { Env: 'DEV', PageSize: 1 } })).toMatchObject({
      PageResult: { TotalCount: 2, ProjectMemberList: [{ Id, UserName: 'Owner', GmtCreate: expect.stringMatching(/^\d{13}$/) }] },
    });
  });

  it('without Env reach one half; an unknown Env is none', () => {
    const { ok, code, send, members } = startPair();
    const [action, parameters] = send('Add', BOB, [2]);
    ok(action, { ...parameters, AddCommand: { ...(parameters.AddCommand as object), Env: undefined } });
    expect([members('PROD'), members('DEV')]).toEqual([{ [OWNER]: [1], [BOB]: [2] }, { [OWNER]: [1] }]);
    expect(code(...send('Add', CAROL, [2], 'prod'))).toBe('Dataphin.OpenAPI.BadRequest');
  });

  it('of a basic project are the same under any Env', () => {
    const { ok, basic } = start();
    const Id = basic({ Name: 'b' });
    ok('AddProjectMember', { Id, AddCommand: { Env: 'DEV', UserList: [{ UserId: BOB, RoleList: [2] }] } });
    const total = (Env: string) =>
      (ok('ListProjectMembers', { Id, ListQuery: { Env } }) as { PageResult: { TotalCount: number } }).PageResult.TotalCount;
    expect([total('PROD'), total('DEV')]).toEqual([2, 2]);
  });

  it('are added once, updated only when there, removed only when there', () => {
    const { ok, code, send, members, Id, service } = startPair();
    ok(...send('Add', BOB, [2]));
    expect(code(...send('Add', BOB, [3]))).toBe('DPN.ProjectMember.AlreadyExists');
    expect(code(...send('Add', DAVE, [3]))).toBe('DPN.TenantMember.NotFound');
    expect(code(...send('Update', CAROL, [3]))).toBe('DPN.ProjectMember.NotFound');
    ok(...send('Update', BOB, [17]));
    expect(members('PROD')).toEqual({ [OWNER]: [1], [BOB]: [17] });
    const remove = (...UserIdList: string[]) => ({ Id, RemoveCommand: { Env: 'PROD', UserIdList } });
    expect(code('RemoveProjectMember', remove(BOB, CAROL))).toBe('DPN.ProjectMember.NotFound');
    expect(members('PROD')).toEqual({ [OWNER]: [1], [BOB]: [17] });
    service.setSwitches({ batch: 'partial', memberTwice: 'ignored' });
    ok(...send('Add', BOB, [3]));
    expect(members('PROD')).toEqual({ [OWNER]: [1], [BOB]: [17] });
    expect(code('RemoveProjectMember', remove(CAROL, BOB))).toBe('DPN.ProjectMember.NotFound');
    expect(members('PROD')).toEqual({ [OWNER]: [1] });
  });

  it('may be left without a role, but not with one that is no number', () => {
    const { ok, code, send, members } = startPair();
    ok(...send('Add', BOB, []));
    expect(members('PROD')).toEqual({ [OWNER]: [1], [BOB]: [] });
    expect(code(...send('Update', BOB, [0]))).toBe('DPN.ProjectMember.Invalid');
    expect(code(...send('Update', BOB, ['admin' as unknown as number]))).toBe('Dataphin.OpenAPI.BadRequest');
  });

  it('are managed by the project’s administrators and seen by its members', () => {
    const { ok, code, send, Id, service } = startPair();
    withKeysOf(service, ALICE, BOB, CAROL);
    ok(...send('Add', ALICE, [1]));
    ok(...send('Add', BOB, [2], 'DEV'));
    ok(...send('Add', CAROL, [3]), `AK-${ALICE}`);
    const query = { Id, ListQuery: { Env: 'PROD' } };
    expect(code(...send('Update', CAROL, [2]), `AK-${BOB}`)).toBe('DPN.Filter.NoPermission');
    ok('ListProjectMembers', query, `AK-${BOB}`);
    ok('RemoveProjectMember', { Id, RemoveCommand: { Env: 'PROD', UserIdList: [CAROL] } });
    expect(code('ListProjectMembers', query, `AK-${CAROL}`)).toBe('DPN.Filter.NoPermission');
  });
});
