/** What others changed is found by the record alone, within the leftovers of the day, and nothing is ever written to the service. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { DriftReport } from '../../engine/index.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const account = (index: number): string => `p${index}@example.com`;
const userId = (index: number): string => String(300_000_001 + index);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const START_MS = Date.parse('2026-11-24T02:00:00Z');

const WORLD = {
  format: 'phinfra.world/1',
  tenant: '300001413',
  edition: 'basic',
  serverVersion: '6.3',
  nextId: '1',
  keys: [
    { id: 'AK', secret: 'SK', userId: userId(0), readOnly: false },
    { id: 'OTHER', secret: 'SK', userId: userId(1), readOnly: false },
  ],
  users: numbers(12).map((index) => ({ Id: userId(index), AccountName: account(index), SourceId: `s${index}` })),
  members: numbers(10).map((index) => ({
    UserId: userId(index),
    RoleList: index === 0 ? ['SUPER_ADMIN'] : index === 1 ? ['SYSTEM_ADMIN', 'DATASOURCE_MANAGER'] : [],
  })),
};
const HEAD = {
  phinfra: 1,
  resources: ['r.yaml'],
  edition: 'basic',
  tenant: '300001413',
  connection: { region: 'cn-shanghai', caller: account(0) },
};
const RESOURCES = {
  userGroups: {
    analysts: { description: 'Reads marts', admins: [account(2)], members: [account(3), account(4)] },
    stewards: { description: 'Keeps marts', members: [account(5)] },
    guests: { description: 'Looks' },
  },
  computeSources: {
    mc: {
      type: 'MAX_COMPUTE',
      description: 'Finance',
      config: {
        'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
        'maxcompute.project': 'f',
        'maxcompute.access.id': 'r',
        'maxcompute.access.key': '${env:MC_KEY}',
      },
    },
  },
  dataSources: {
    orders: {
      type: 'MYSQL',
      prod: {
        description: 'Orders',
        config: {
          version: 'MYSQL_8_X',
          'deploy.type': 'PUBLIC',
          'access.type': 'PUBLIC',
          'jdbc.url':
            'jdbc:mysql://orders.example.com:3306/orders?allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false',
          'jdbc.username': 'reader',
          'jdbc.password': '${env:MC_KEY}',
        },
      },
    },
  },
};

const write = (here: Sim, more: object = {}, resources: object = RESOURCES): void =>
  here.write({
    'phinfra.yaml': stringify({ ...HEAD, secrets: { env: ['MC_*'] }, ...more }),
    'r.yaml': stringify(resources),
  });

const applied = async (more: object = {}, resources: object = RESOURCES): Promise<Sim> => {
  sim = startSim({ world: WORLD as never, env: { MC_KEY: 'k-canary' }, wallMs: START_MS });
  write(sim, more, resources);
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(`no plan: ${JSON.stringify(diagnostics)}`);
  expect(await sim.apply(plan)).toMatchObject({ exit: 0, failed: 0 });
  sim.clock.advance(3_600_000);
  return sim;
};
/** Somebody else, with another key. */
const outside = (here: Sim, action: string, parameters: object): void => {
  const answer = here.service.call({ action, parameters: parameters as never, keyId: 'OTHER' });
  if (answer.transport || answer.status !== 200) throw new Error(`${action}: ${JSON.stringify(answer)}`);
};
const idOf = (here: Sim, address: string): string => {
  const state = JSON.parse(readFileSync(join(here.folder, '.phinfra/default/state.json'), 'utf8')) as {
    resources: Record<string, { ids: Record<string, string> }>;
  };
  const ids = state.resources[address]?.ids ?? {};
  return ids['id'] ?? ids['prod'] ?? '';
};
const reportOf = async (here: Sim, options = {}): Promise<DriftReport> => {
  const result = await here.drift(options);
  if (!result.report) throw new Error(JSON.stringify(result));
  return result.report;
};
const brief = (report: DriftReport) =>
  report.drifted.map(({ address, what, fields, nowAt }) => [
    address,
    what,
    ...(nowAt ? [nowAt] : []),
    ...fields.map((field) => `${field.what} ${field.pointer}`),
  ]);

describe('drift', () => {
  it('says that nothing was changed where nothing was', async () => {
    const here = await applied();
    const report = await reportOf(here);
    expect({ drifted: report.drifted, notLooked: report.notLooked, notBefore: report.notBefore }).toEqual({
      drifted: [],
      notLooked: [],
      notBefore: null,
    });
    expect(report.kinds.map(({ kind, status, recorded, compared }) => [kind, status, recorded, compared])).toEqual([
      ['userGroups', 'now', 3, 3],
      ['computeSources', 'now', 1, 1],
      ['dataSources', 'now', 1, 1],
    ]);
  });

  it('finds what was changed, added, removed, renamed and deleted, with the live values, and who and when as far as it is told', async () => {
    const here = await applied();
    const analysts = idOf(here, 'userGroups/analysts');
    outside(here, 'UpdateUserGroup', {
      UpdateCommand: { Id: analysts, Name: 'analysts', Description: 'Reads all', AdminUserIdList: [userId(2)] },
    });
    outside(here, 'AddUserGroupMember', { AddCommand: { UserGroupId: analysts, UserIdList: [userId(6)] } });
    const addedAt = new Date(here.clock.wallMs()).toISOString();
    outside(here, 'RemoveUserGroupMember', { RemoveCommand: { UserGroupId: analysts, UserIdList: [userId(4)] } });
    outside(here, 'UpdateUserGroup', {
      UpdateCommand: { Id: idOf(here, 'userGroups/stewards'), Name: 'keepers', Description: 'Keeps marts', AdminUserIdList: [] },
    });
    outside(here, 'DeleteUserGroup', { UserGroupId: idOf(here, 'userGroups/guests') });
    const writes = here.service.calls().length;
    here.clock.advance(60_000);
    const report = await reportOf(here);
    expect(brief(report)).toEqual([
      [
        'userGroups/analysts',
        'changed',
        'changed /description',
        `removed /members/${account(4)}`,
        `added /members/${account(6)}`,
      ],
      ['userGroups/guests', 'deleted'],
      ['userGroups/stewards', 'renamed', 'userGroups/keepers'],
    ]);
    const [first] = report.drifted;
    expect(first?.fields[0]).toEqual({ pointer: '/description', what: 'changed', live: 'Reads all', by: null, at: null });
    // The list of members tells who put somebody there, and when; of those who are gone it tells nothing.
    expect(first?.fields[2]).toEqual({
      pointer: `/members/${account(6)}`,
      what: 'added',
      live: true,
      by: account(0),
      at: addedAt,
    });
    expect(first?.source).toEqual({ file: 'r.yaml', line: 2 });
    const sent = here.service.calls().slice(writes);
    expect(sent.length).toBeGreaterThan(3);
    expect(sent.filter(({ action }) => operationFacts(action as never).kind !== 'read')).toEqual([]);
  });

  it('names who changed a row permission and when, as its list tells', async () => {
    const rules = { east: { where: { region: { in: ['east'] } }, grant: [account(3)] } };
    const here = await applied(
      {},
      { rowPermissions: { region: { description: 'By region', columns: { region: { type: 'STRING' } }, rules } } },
    );
    const created = here.sent().find(({ operation }) => operation === 'CreateRowPermission')?.request[
      'CreateRowPermissionCommand'
    ];
    outside(here, 'UpdateRowPermission', {
      UpdateRowPermissionCommand: {
        ...(created as object),
        RowPermissionId: idOf(here, 'rowPermissions/region'),
        RowPermissionDesc: 'By anything',
      },
    });
    const at = new Date(here.clock.wallMs()).toISOString();
    here.clock.advance(60_000);
    const report = await reportOf(here);
    const who = { by: account(1), at };
    expect(report.drifted).toEqual([
      {
        address: 'rowPermissions/region',
        kind: 'rowPermissions',
        what: 'changed',
        ids: { id: idOf(here, 'rowPermissions/region') },
        fields: [{ pointer: '/description', what: 'changed', live: 'By anything', ...who }],
        ...who,
        source: { file: 'r.yaml', line: 2 },
      },
    ]);
  });

  it('needs no file but phinfra.yaml: errors in the others stop nothing', async () => {
    const here = await applied();
    outside(here, 'DeleteUserGroup', { UserGroupId: idOf(here, 'userGroups/guests') });
    here.write({
      'phinfra.yaml': stringify({ ...HEAD, secrets: { env: ['MC_*'] } }),
      'r.yaml': 'userGroups:\n  analysts: { descripton: [ }\n',
    });
    const result = await here.drift();
    expect(result).toMatchObject({ exit: 0, diagnostics: [] });
    expect(result.report && brief(result.report)).toEqual([['userGroups/guests', 'deleted']]);
    expect(result.report?.drifted[0]?.source).toBeUndefined();
  });

  it('shows no secret, and of a config only what was never one', async () => {
    const here = await applied();
    const Id = idOf(here, 'dataSources/orders');
    const created = here.sent().find(({ operation }) => operation === 'CreateDataSource')?.request['CreateCommand'] as never as {
      ProdDataSourceCreate: { ConfigItemList: { Key: string; Value: string }[] };
    };
    const items = created.ProdDataSourceCreate.ConfigItemList.map(({ Key, Value }) => ({
      Key,
      Value: Key === 'jdbc.username' ? 'writer' : Key === 'jdbc.password' ? 'other-canary' : Value,
    }));
    outside(here, 'UpdateDataSourceConfig', { UpdateCommand: { Id, ConfigItemList: items } });
    const changedAt = new Date(here.clock.wallMs()).toISOString();
    const result = await here.drift();
    expect(result.report && brief(result.report)).toEqual([
      ['dataSources/orders', 'changed', 'changed /prod/config/jdbc.username'],
    ]);
    expect(result.report?.drifted[0]?.fields[0]).toMatchObject({ live: 'writer', by: null, at: changedAt });
    expect(JSON.stringify(result)).not.toContain('canary');
    expect(readFileSync(join(here.folder, '.phinfra/default/looked.json'), 'utf8')).not.toContain('canary');
  });

  it('refuses the record of another tenant, and says nothing where there is no record', async () => {
    const here = await applied();
    write(here, { tenant: '300009999' });
    expect(await here.drift()).toMatchObject({ exit: 4, report: null, diagnostics: [{ code: 'STATE_TENANT' }] });
    here.end();
    sim = startSim({ world: WORLD as never, wallMs: START_MS });
    write(sim);
    expect(await sim.drift()).toMatchObject({ exit: 0, report: null, diagnostics: [] });
    expect(sim.calls()).toEqual({});
  });
});

describe('the budget of drift', () => {
  const many = { userGroups: Object.fromEntries(numbers(30).map((index) => [`g${index}`, { members: [account(index % 9)] }])) };
  const day = (calls: number) => ({
    budget: { quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay: calls }], reserve: 0.2, review: 0.25 },
  });

  it('takes a share of what is left beside the reserve, and not a call more', async () => {
    const here = await applied({}, many);
    // Of 1,000 the reserve keeps 200; what the apply has spent is counted.
    write(here, day(1_000), many);
    here.calls();
    const report = await reportOf(here);
    const calls = Object.values(here.calls()).reduce((sum, one) => sum + one, 0);
    expect(report.budget).toHaveLength(1);
    expect(report.budget[0]?.allowed).toBeLessThanOrEqual(200);
    expect(report.budget[0]?.spent).toBe(calls);
    expect(await here.drift({ maxCalls: 2 })).toMatchObject({ report: { spent: { operations: { GetMyTenants: 1 } } } });
  });

  it('covers everything over several days, the stalest first, and finds in the end what was changed', async () => {
    const here = await applied({}, many);
    write(here, day(40), many);
    // A day of 40 leaves 40 - 8 = 32 beside the reserve, and a quarter of them for drift: 8.
    const looked = join(here.folder, '.phinfra/default/looked.json');
    writeFileSync(looked, '{}');
    const seen = new Set<string>();
    const from = here.sent().length;
    const days: number[] = [];
    outside(here, 'AddUserGroupMember', {
      AddCommand: { UserGroupId: idOf(here, 'userGroups/g29'), UserIdList: [userId(9)] },
    });
    let found: readonly unknown[] = [];
    let last: DriftReport | null = null;
    for (let one = 0; one < 6; one++) {
      here.clock.advance(24 * 3_600_000);
      here.calls();
      const result = await here.drift();
      last = result.report;
      expect(result.exit).toBe(0);
      const calls = here.calls();
      const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
      expect(total).toBeLessThanOrEqual(8);
      days.push(calls['ListUserGroupMembers'] ?? 0);
      for (const { request, operation } of here.sent().slice(from))
        if (operation === 'ListUserGroupMembers') seen.add(JSON.stringify(request));
      if (found.length === 0) found = last ? brief(last) : [];
      expect(last?.notBefore).not.toBeNull();
    }
    expect(found).toEqual([['userGroups/g29', 'changed', `added /members/${account(9)}`]]);
    // Three calls of a day for tenant, groups and people; five groups a day: thirty in six days.
    expect(days).toEqual([5, 5, 5, 5, 5, 5]);
    expect(last?.kinds).toMatchObject([{ kind: 'userGroups', status: 'now', recorded: 30, compared: 5 }]);
    expect(last?.notLooked).toHaveLength(25);
    expect(seen.size).toBeGreaterThanOrEqual(30);
  });

  it('ends with 6 where not even one kind could be looked at, and says what is known since when', async () => {
    const here = await applied({}, many);
    write(here, day(1_000), many);
    const result = await here.drift({ maxCalls: 0 });
    expect(result).toMatchObject({ exit: 6, report: { notLooked: [{ unit: 'userGroups', why: 'no call may be made now' }] } });
    // What the apply's plan had read is known as of then.
    expect(result.report?.kinds[0]?.at).toBe(
      '2026-11-24T02:00:00.000Z'.slice(0, 14) + String(result.report?.kinds[0]?.at).slice(14),
    );
  });
});
