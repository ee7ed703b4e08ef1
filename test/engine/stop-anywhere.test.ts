/** After any call of an apply nobody has what neither end grants; judged by the world alone (DESIGN 1, promise 5). */
import { describe, expect, it } from 'vitest';
import type { World } from '../../emulator/index.ts';
import type { JsonObject } from '../../engine/index.ts';
import { startTenant, type Tenant } from '../kinds/tenant.ts';
import { accessOf, danglingOf, filteredTables, judge, watch } from '../support/oracle.ts';

const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';
const ALICE_ID = '300000002';
const BOB_ID = '300000003';
const TABLE = 'odps.300001413.finance.orders';
const WORLD = {
  tables: [TABLE],
  projects: [{ Id: '720000001', Name: 'finance', Mode: 'BASIC', Halves: { PROD: { DisplayName: 'finance' }, DEV: null } }],
};
const rows = (grant: readonly string[], where = 'east'): JsonObject => ({
  regions: {
    columns: { region: { type: 'STRING' } },
    rules: { one: { where: { region: { equal: where } }, grant } },
    tables: [{ table: 'finance.orders', bind: { region: 'region' } }],
  },
});
const reads = (...who: readonly string[]): JsonObject => ({
  tables: { 'finance.orders': { select: who.map((one) => ({ who: one, until: '2031-12-31' })) } },
});
const group = (...members: readonly string[]): JsonObject => ({ g: { members } });

/** What each call of the second apply showed that it must not, and the calls in their order. */
const between = async (tenant: Tenant, first: JsonObject, second: JsonObject) => {
  const seen = watch(tenant.sim.service);
  await tenant.settle(first);
  const before = tenant.sim.service.world();
  seen.moments();
  const { plan, result } = await tenant.apply(second);
  const moments = seen.moments();
  return { faults: judge(before, moments, tenant.sim.service.world()), calls: moments.map(({ name }) => name), plan, result };
};

describe('an apply that may stop anywhere', () => {
  it('narrows the rows of a group before somebody joins it', async () => {
    const tenant = startTenant({ world: WORLD });
    const { faults, calls } = await between(
      tenant,
      { userGroups: group(ALICE), rowPermissions: rows(['userGroups/g'], 'east'), resourceGrants: reads('userGroups/g') },
      { userGroups: group(ALICE, BOB), rowPermissions: rows(['userGroups/g'], 'west'), resourceGrants: reads('userGroups/g') },
    );
    expect({ faults, calls }).toEqual({ faults: [], calls: ['UpdateRowPermission', 'AddUserGroupMember'] });
  });

  it('filters a table before a group that may read it already takes somebody in', async () => {
    const tenant = startTenant({ world: WORLD });
    const { faults, calls } = await between(
      tenant,
      { userGroups: group(ALICE), resourceGrants: reads('userGroups/g') },
      { userGroups: group(ALICE, BOB), resourceGrants: reads('userGroups/g'), rowPermissions: rows([ALICE]) },
    );
    expect(faults).toEqual([]);
    expect(calls.indexOf('CreateRowPermission')).toBeLessThan(calls.indexOf('AddUserGroupMember'));
  });

  it('takes from a group before somebody joins it, and lets people leave before the group is given more', async () => {
    const tenant = startTenant({ world: { ...WORLD, tables: [TABLE, 'odps.300001413.finance.items'] } });
    const of = (table: string): JsonObject => ({
      tables: { [table]: { select: [{ who: 'userGroups/g', until: '2031-12-31' }] } },
    });
    const lifted = (table: string): JsonObject => ({ resourceGrants: of(table) });
    const { faults, calls } = await between(
      tenant,
      { userGroups: group(ALICE), ...lifted('finance.items') },
      { userGroups: group(BOB), ...lifted('finance.orders') },
    );
    expect(faults).toEqual([]);
    expect([...calls].sort()).toEqual([
      'AddUserGroupMember',
      'GrantResourcePermission',
      'RemoveUserGroupMember',
      'RevokeResourcePermission',
    ]);
    const at = (name: string): number => calls.indexOf(name);
    expect(at('RevokeResourcePermission')).toBeLessThan(at('AddUserGroupMember'));
    expect(at('RemoveUserGroupMember')).toBeLessThan(at('GrantResourcePermission'));
  });

  it('filters the tables of a project before it takes members in', async () => {
    const tenant = startTenant({ world: WORLD });
    const finance = (members: JsonObject): JsonObject => ({ finance: { mode: 'basic', members } });
    const { faults, calls } = await between(
      tenant,
      { projects: finance({}) },
      { projects: finance({ prod: { analyst: [BOB] } }), rowPermissions: rows([ALICE]) },
    );
    expect(faults).toEqual([]);
    expect(calls.indexOf('CreateRowPermission')).toBeLessThan(calls.indexOf('AddProjectMember'));
  });

  it('takes the grant before the filter goes', async () => {
    const tenant = startTenant({ world: WORLD });
    const { faults, calls } = await between(
      tenant,
      {
        rowPermissions: { regions: { ...(rows([ALICE])['regions'] as JsonObject), lifecycle: { allow: ['delete'] } } },
        resourceGrants: reads(BOB),
      },
      {},
    );
    expect({ faults, calls }).toEqual({ faults: [], calls: ['RevokeResourcePermission', 'DeleteRowPermission'] });
  });

  it('holds back what relied on a step that was refused', async () => {
    const tenant = startTenant({ world: WORLD });
    await tenant.settle({ userGroups: group(ALICE), resourceGrants: reads('userGroups/g') });
    const before = tenant.sim.service.world();
    const plan = await tenant.plan({
      userGroups: group(ALICE, BOB),
      resourceGrants: reads('userGroups/g'),
      rowPermissions: rows([ALICE]),
    });
    // The table goes after the plan was made: the row permission is refused, and the group must not grow.
    tenant.sim.service.change((world) => {
      world.tables = [];
    });
    const { exit, skipped } = await tenant.sim.apply(plan);
    expect({ exit, skipped }).toEqual({
      exit: 5,
      skipped: [{ address: 'userGroups/g', because: 'rowPermissions/regions#create' }],
    });
    expect(judge(before, [{ name: 'the end', world: tenant.sim.service.world() }], before)).toEqual([]);
  });
});

describe('the oracle', () => {
  const worldOf = (change: (world: World) => World): World => change(startTenant({ world: WORLD }).sim.service.world());
  const member = (id: string) => ({ Id: `21${id}`, UserId: id, GmtCreate: 0 });
  const withGroup = (ids: readonly string[], table: boolean): World =>
    worldOf((world) => ({
      ...world,
      userGroups: [{ Id: '13001', Name: 'g', Description: '', Active: true, Admins: [], Members: ids.map(member) }],
      resourceGrants: table
        ? [
            {
              RecordId: '1',
              ResourceType: 'PHYSICAL_TABLE',
              ResourceId: TABLE,
              AccountId: '13001',
              AccountType: 'USER_GROUP',
              AuthScope: 'selectTable',
              Operations: { SELECT: '2031-12-31 23:59:59' },
              Pending: {},
              GmtCreate: 0,
              GmtModified: 0,
            },
          ]
        : [],
    }));

  it('sees rights through groups, and what a moment gives that no end does', () => {
    const right = `${ALICE_ID} | resource PHYSICAL_TABLE ${TABLE} selectTable SELECT`;
    const until = Date.parse('2031-12-31T23:59:59+08:00');
    expect(accessOf(withGroup([ALICE_ID], true), new Set()).get(right)).toBe(until);
    expect(accessOf(withGroup([], true), new Set()).has(right)).toBe(false);
    const [old, end] = [withGroup([ALICE_ID], false), withGroup([BOB_ID], true)];
    expect(judge(old, [{ name: 'the grant', world: withGroup([ALICE_ID], true) }], end)).toEqual([`after the grant: ${right}`]);
    expect(judge(old, [{ name: 'the leaving', world: withGroup([], false) }], end)).toEqual([]);
  });

  it('sees rows that nothing filters for a moment', () => {
    const filter = (world: World): World => ({
      ...world,
      rowPermissions: [
        {
          RowPermissionId: '520000001',
          RowPermissionName: 'regions',
          RowPermissionDesc: '',
          MappingColumns: [],
          Rules: [],
          Tables: [{ ResourceId: TABLE, ColumnName: 'region', MappingColumnName: 'region' }],
          CreatorId: '300000001',
          ModifierId: '300000001',
          GmtCreate: 0,
          GmtModified: 0,
        },
      ],
    });
    const [open, shut] = [withGroup([ALICE_ID], true), filter(withGroup([ALICE_ID], true))];
    const all = `${ALICE_ID} | rows ${TABLE} all`;
    expect([...filteredTables(shut)]).toEqual([TABLE]);
    expect(judge(shut, [{ name: 'a gap', world: open }], shut)).toEqual([`after a gap: ${all}`]);
    expect(judge(open, [{ name: 'the filter', world: shut }], shut)).toEqual([]);
  });

  it('sees names of what is not there', () => {
    const lost = withGroup(['399999999'], false);
    expect([...danglingOf(lost)]).toEqual(['group 13001 names 399999999']);
    expect([...danglingOf(withGroup([ALICE_ID], false))]).toEqual([]);
  });
});
