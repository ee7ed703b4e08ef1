import { describe, expect, it } from 'vitest';
import type { Fault } from '../../emulator/index.ts';
import { startFixture } from '../support/emulator-fixture.ts';

const CREATE = (Name: string) => ({ CreateCommand: { Name } });
const LIST = (PageNo = 1, PageSize = 2) => ({ ListQuery: { PageNo, PageSize } });
type Groups = { PageResult: { TotalCount: number; UserGroupList: { Name: string }[] } };

/** Five groups, g1 the oldest. */
const startWithGroups = (fault: Omit<Fault, 'match'> & { readonly match?: Partial<Fault['match']> }) => {
  const fixture = startFixture();
  for (const name of ['g1', 'g2', 'g3', 'g4', 'g5']) fixture.ok('CreateUserGroup', CREATE(name));
  fixture.service.faults.add([{ ...fault, match: { action: 'ListUserGroups', ...fault.match } }]);
  const list = (pageNo?: number) => {
    const { PageResult: page } = fixture.ok('ListUserGroups', LIST(pageNo)) as Groups;
    return [page.TotalCount, ...page.UserGroupList.map((group) => group.Name)];
  };
  return { ...fixture, list };
};

describe('read faults', () => {
  const cases: readonly (readonly [Fault['do'], readonly unknown[]])[] = [
    ['missing', [5, 'g4']],
    ['repeat', [5, 'g5', 'g5']],
    ['total', [6, 'g5', 'g4']],
    ['reorder', [5, 'g1', 'g2']],
    ['hide', [4, 'g4', 'g3']],
  ];
  for (const [word, seen] of cases)
    it(`${word} one list and leave the next alone`, () => {
      const { list } = startWithGroups({ do: word });
      expect([list(), list()]).toEqual([seen, [5, 'g5', 'g4']]);
    });

  it('stale shows the world as it was', () => {
    const { list, service } = startWithGroups({ do: 'stale', staleMs: 1500 });
    // Groups are made 500 ms apart: g5 500 ms before the list, g3 1,500 ms before it.
    expect([list(), list()]).toEqual([
      [3, 'g3', 'g2'],
      [5, 'g5', 'g4'],
    ]);
    expect(service.calls().at(-2)).toMatchObject({ outcome: 'fault', code: 'OK', committed: false });
  });

  it('respell types and halves as other reads of the service do', () => {
    const { ok, service } = startFixture();
    service.change((world) => {
      world.computeSources.push({
        Id: '',
        Name: 'mc',
        Type: 'MAX_COMPUTE',
        Description: '',
        Config: {},
        OwnerId: '',
        GmtCreate: 0,
        GmtModified: 0,
      });
    });
    const id = service.world().computeSources[0]?.Id;
    service.faults.add([{ match: { action: 'GetComputeSource' }, do: 'respell' }]);
    const type = () => (ok('GetComputeSource', { Id: id }) as { ComputeSourceInfo: { Type: string } }).ComputeSourceInfo.Type;
    expect([type(), type()]).toEqual(['MaxCompute', 'MAX_COMPUTE']);
  });

  it('meet the page, the how many-th call and the fields that they name, as often as they say', () => {
    expect(startWithGroups({ do: 'total', match: { page: 2 } }).list(1)).toEqual([5, 'g5', 'g4']);
    const paged = startWithGroups({ do: 'total', match: { page: 2 } });
    expect([paged.list(1), paged.list(2)]).toEqual([
      [5, 'g5', 'g4'],
      [6, 'g3', 'g2'],
    ]);
    const nth = startWithGroups({ do: 'total', match: { nth: 2 }, times: 2 });
    expect([nth.list(), nth.list(), nth.list(), nth.list()].map(([total]) => total)).toEqual([5, 6, 6, 5]);
    const where = startWithGroups({ do: 'total', match: { where: { '/ListQuery/PageNo': '3' } }, times: 9 });
    expect([where.list(1), where.list(3)].map(([total]) => total)).toEqual([5, 6]);
    expect(where.service.faults.list()).toMatchObject([{ do: 'total', met: 1 }]);
  });
});

describe('write faults', () => {
  const startOne = (fault: Omit<Fault, 'match'>) => {
    const fixture = startFixture();
    fixture.service.faults.add([{ ...fault, match: { action: 'CreateUserGroup' } }]);
    const answer = fixture.call('CreateUserGroup', CREATE('g'));
    const made = () => fixture.service.world().userGroups.length;
    return { ...fixture, answer, made, record: () => fixture.service.calls()[0] };
  };

  it('show before or after the service acted', () => {
    for (const word of ['reset', 'timeout', 'status', 'fail', 'throttle', 'html', 'empty'] as const)
      for (const when of ['before', 'after'] as const) {
        const { made, record } = startOne({ do: word, when });
        expect([word, when, made(), record()?.outcome, record()?.committed]).toEqual([
          word,
          when,
          when === 'after' ? 1 : 0,
          'fault',
          when === 'after',
        ]);
      }
  });

  it('that cut the answer let the service act', () => {
    for (const word of ['truncate', 'malformed', 'drip', 'gzip', 'endless'] as const) {
      const { made, answer } = startOne({ do: word });
      expect([made(), answer.transport?.kind, answer.body.Code]).toEqual([1, word, 'OK']);
    }
  });

  it('refuse the connection: nothing arrives, nothing is counted', () => {
    const { made, answer, service } = startOne({ do: 'refuse' });
    expect([made(), answer.transport, service.world().usage]).toEqual([0, { kind: 'refuse', status: null }, {}]);
  });

  it('answer as they are told', () => {
    expect(startOne({ do: 'status' }).answer).toMatchObject({ status: 502, body: { Code: 'Dataphin.OpenAPI.BadGateway' } });
    expect(startOne({ do: 'status', status: 503 }).answer).toMatchObject({ status: 503, body: { Code: 'ServiceUnavailable' } });
    expect(startOne({ do: 'fail', code: 'DPN.X.Y' }).answer).toMatchObject({
      status: 200,
      body: { Code: 'DPN.X.Y', Success: false },
    });
    expect(startOne({ do: 'throttle' }).answer).toMatchObject({ status: 400, headers: { 'x-acs-retry-after': '1000' } });
    expect(startOne({ do: 'throttle', status: 429, retryAfter: null }).answer).toMatchObject({ status: 429, headers: {} });
    expect(startOne({ do: 'throttle' }).service.violations()).toEqual([]);
  });

  it('commit late: the write shows only when its time has come', () => {
    const { made, record, service, clock } = startOne({ do: 'timeout', commitAfterMs: 3000 });
    expect([made(), record()?.committed]).toEqual([0, false]);
    clock.ms += 2999;
    expect(made()).toBe(0);
    service.advance(1);
    expect([made(), record()]).toMatchObject([1, { outcome: 'fault', code: null, committed: true }]);
  });

  it('that commit late can find the world changed', () => {
    const { made, record, ok, clock } = startOne({ do: 'reset', commitAfterMs: 3000 });
    ok('CreateUserGroup', CREATE('g'));
    clock.ms += 3000;
    expect([made(), record()?.committed, record()?.outcome]).toEqual([1, false, 'fault']);
  });

  it('wait while the quota refuses', () => {
    const { service } = startFixture({ edition: 'agile' });
    service.faults.add([{ match: { action: 'GetMyTenants', nth: 6 }, do: 'fail' }]);
    for (let at = 0; at < 5; at++) service.call({ action: 'GetMyTenants', parameters: {} });
    expect(service.call({ action: 'GetMyTenants', parameters: {} }).body.Code).toBe('Throttling.User');
    service.advance(1000);
    expect(service.call({ action: 'GetMyTenants', parameters: {} }).body.Code).toBe('DPN.Commons.InternalError');
  });

  it('are refused when they are misspelled', () => {
    const { service } = startFixture();
    const add = (fault: object) => () => service.faults.add([fault as Fault]);
    expect(add({ match: { action: 'X' }, do: 'explode' })).toThrow('faults[0].do: one of refuse, ');
    expect(add({ match: { action: 'X', nht: 1 }, do: 'reset' })).toThrow('unknown field "nht"');
    expect(add({ match: { action: 'X' }, do: 'reset', times: 0 })).toThrow('faults[0].times: expected a number, at least 1');
  });
});

describe('lag', () => {
  it('lets reads after a write show the world as it was', () => {
    const { ok, service, clock } = startFixture({ switches: { lagMs: 2000 } });
    ok('CreateUserGroup', CREATE('g'));
    const total = () => (ok('ListUserGroups', LIST()) as Groups).PageResult.TotalCount;
    expect(total()).toBe(0);
    clock.ms += 1500;
    expect(total()).toBe(1);
    ok('DeleteUserGroup', { UserGroupId: service.world().userGroups[0]?.Id });
    expect(total()).toBe(1);
    clock.ms += 2000;
    expect(total()).toBe(0);
  });

  it('does not hide what was changed from outside, nor a write from the next write', () => {
    const { ok, code, service } = startFixture({ switches: { lagMs: 60_000 } });
    service.change((world) => {
      world.userGroups.push({ Id: '', Name: 'console', Description: '', Active: true, Admins: [], Members: [] });
    });
    expect((ok('ListUserGroups', LIST()) as Groups).PageResult.TotalCount).toBe(1);
    ok('CreateUserGroup', CREATE('g'));
    expect(code('CreateUserGroup', CREATE('g'))).toBe('DPN.UserGroup.Duplicated');
  });
});

describe('business errors', () => {
  it('come with HTTP 400, or with 200 and Success false by the switch; gateway errors do not change', () => {
    const { call, service } = startFixture();
    const unknown = { UserGroupId: '1' };
    expect(call('GetUserGroup', unknown)).toMatchObject({ status: 400, body: { HttpStatusCode: 400, Success: false } });
    service.setSwitches({ businessErrors: 'http200' });
    expect(call('GetUserGroup', unknown)).toMatchObject({
      status: 200,
      body: { HttpStatusCode: 200, Success: false, Code: 'DPN.UserGroup.NotFound' },
    });
    expect(call('PagedQueryUserGroups').status).toBe(404);
  });
});
