import { describe, expect, it } from 'vitest';
import { createService, DEFAULT_SWITCHES, defaultWorld, EDITIONS, parseWorld, SERVED } from '../../emulator/index.ts';
import { OWNER, startFixture } from '../support/emulator-fixture.ts';

const SMALL = {
  format: 'phinfra.world/1',
  tenant: '1',
  users: [{ Id: '5', AccountName: 'a@example.com' }],
  members: [{ UserId: '5' }],
};

describe('a world', () => {
  it('is the same after a round trip through JSON', () => {
    const { ok, service } = startFixture();
    ok('CreateUserGroup', { CreateCommand: { Name: 'g', AdminUserIdList: [OWNER] } });
    ok('CreateDevProdProject', { CreateCommand: { Name: 'p' } });
    const world = service.world();
    expect(parseWorld(JSON.parse(JSON.stringify(world)))).toEqual(world);
    expect(createService({ world: JSON.parse(JSON.stringify(world)), clock: { nowMs: () => 0 } }).world()).toEqual(world);
  });

  it('by default is a small tenant of the edition', () => {
    for (const edition of EDITIONS) {
      const world = defaultWorld(edition);
      expect([world.edition, world.users.length, world.members.length, world.bizUnits.length]).toEqual([
        edition,
        6,
        4,
        edition === 'intelligent' ? 1 : 0,
      ]);
    }
  });

  it('gets the keys that it lacks, keeps its own, and tells who owns them', () => {
    const made = createService({ seed: 7 }).keys();
    expect(made.map(({ userId, readOnly }) => [userId, readOnly])).toEqual([
      [OWNER, false],
      [OWNER, true],
    ]);
    expect(createService({ seed: 7 }).keys()).toEqual(made);
    expect(createService().keys()).not.toEqual(createService().keys());
    const own = { id: 'mine', secret: 's', userId: '5', readOnly: false };
    expect(createService({ world: { ...SMALL, keys: [own] } }).keys()[0]).toEqual(own);
  });

  it('that is set without keys keeps those of the world before', () => {
    const service = createService({ seed: 7 });
    const keys = service.keys();
    service.setWorld({ ...service.world(), keys: [] });
    expect(service.keys()).toEqual(keys);
  });

  it('gets ids, owners, display names and the memberships of administrators', () => {
    const world = parseWorld({
      ...SMALL,
      members: [{ UserId: '5', RoleList: ['SUPER_ADMIN'] }],
      userGroups: [{ Name: 'g', Admins: ['5'] }],
      projects: [{ Name: 'p', Mode: 'DEV_PROD', Halves: { PROD: {}, DEV: {} } }],
    });
    expect(world.userGroups[0]).toMatchObject({ Id: '13003', Members: [{ Id: '210004', UserId: '5' }] });
    expect(world.projects[0]).toMatchObject({
      Id: '7155117168000001',
      ProduceUserId: '304000002',
      OwnerId: '5',
      Halves: { PROD: { DisplayName: 'p' }, DEV: { DisplayName: 'p_开发' } },
    });
    expect(world.nextId).toBe('5');
  });

  it('never gives an id that is taken', () => {
    const { ok, service } = startFixture({
      world: {
        ...SMALL,
        members: [{ UserId: '5', RoleList: ['SUPER_ADMIN'] }],
        userGroups: [{ Id: '13001', Name: 'old' }, { Name: 'new' }],
      },
    });
    service.change((world) => {
      world.nextId = '1';
    });
    ok('CreateUserGroup', { CreateCommand: { Name: 'next' } });
    expect(service.world().userGroups.map((group) => group.Id)).toEqual(['13001', '13002', '13003']);
  });

  it('that is wrong is refused with the place', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ format: 'phinfra.world/2' }, 'world.format: expected one of phinfra.world/1'],
      [{ colour: 1 }, 'world: unknown field "colour"; known: format, tenant'],
      [{ users: [{ Id: 5, AccountName: 'a' }] }, 'world.users[0].Id: expected an id: decimal digits as text'],
      [{ users: [{ Id: '5' }] }, 'world.users[0].AccountName: expected a value; it is missing'],
      [{ members: [{ UserId: '6' }] }, 'world.members[0].UserId: no user has the id 6'],
      [{ keys: [{ id: 'k', secret: 's', userId: '6' }] }, 'world.keys[0].userId: no user has the id 6'],
      [{ userGroups: [{ Name: 'g' }, { Name: 'g' }] }, 'world.userGroups[1].Name: "g" is there twice'],
      [
        {
          computeSources: [
            { Id: '1', Name: 'a' },
            { Id: '1', Name: 'b' },
          ],
        },
        'world.computeSources[1].Id: "1" is there twice',
      ],
      [
        { projects: [{ Name: 'p', Mode: 'BASIC', Halves: { PROD: {}, DEV: {} } }] },
        'world.projects[0].Halves: DEV belongs to mode DEV_PROD',
      ],
      [
        { projects: [{ Name: 'p', Mode: 'BASIC', Halves: { PROD: { ComputeSourceId: '9' } } }] },
        'world.projects[0]: no compute source has the id 9',
      ],
      [{ now: 'noon' }, 'world.now: expected a time in ISO 8601'],
    ];
    for (const [more, message] of wrong) expect(() => parseWorld({ ...SMALL, ...more })).toThrow(message);
    expect(() => createService({ world: [] })).toThrow('world: expected an object');
  });

  it('stays as it was when a change is refused', () => {
    const { service } = startFixture();
    const before = service.world();
    expect(() =>
      service.change((world) => {
        world.userGroups.push({ Id: 'x', Name: 'g', Description: '', Active: true, Admins: [], Members: [] });
      }),
    ).toThrow('world.userGroups[0].Id');
    expect(service.world()).toEqual(before);
  });

  it('has a clock that can be set and moved', () => {
    const service = createService({ world: { ...SMALL, now: '2030-01-01T00:00:00.000Z' }, clock: { nowMs: () => 5000 } });
    service.advance(60_000);
    expect(service.world().now).toBe('2030-01-01T00:01:00.000Z');
    expect(createService({ world: SMALL, clock: { nowMs: () => 5000 } }).world().now).toBeNull();
  });
});

describe('switches', () => {
  it('have the documented defaults', () => {
    expect(DEFAULT_SWITCHES).toEqual({
      notFound: 'error',
      businessErrors: 'http400',
      rowPermissionId: 'true',
      secretsInReads: 'masked',
      dataSourceConfig: 'replace',
      boundComputeSource: 'fixed',
      absentOnUpdate: 'kept',
      publishedApisWithoutPaging: 'empty',
      computeSourceType: 'strict',
      memberTwice: 'error',
      batch: 'all',
      effectiveEnd: 'text',
      expired: 'listed',
      lagMs: 0,
      parameters: 'both',
      signature: 'both',
      duplicates: 'refused',
      permissionRows: 'Data',
      approvals: 'off',
      personal: 'agile',
      appOwnerOnly: 'superAdminPasses',
      throttledCounts: 'no',
    });
  });

  it('are refused when unknown, by name or value', () => {
    expect(() => createService({ switches: { lagMs: -1 } })).toThrow('switch lagMs');
    expect(() => createService({ switches: { colour: 'red' } as object })).toThrow('unknown switch "colour"');
    const service = createService();
    service.setSwitches({ lagMs: '250' });
    expect(service.switches().lagMs).toBe(250);
  });
});

describe('the operations served', () => {
  it('are those of the kinds of this emulator', () => expect(SERVED).toHaveLength(89));
});
