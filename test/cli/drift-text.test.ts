/** What `drift` prints, and how it ends. */
import { describe, expect, it } from 'vitest';
import type { DriftReport, DriftResult } from '../../engine/index.ts';
import { runCli } from './hosts.ts';

const report: DriftReport = {
  workspace: 'platform',
  environment: 'prod',
  tenant: '300001413',
  endpoint: 'https://dataphin-public.cn-shanghai.aliyuncs.com',
  deployment: 'cn-shanghai',
  region: 'cn-shanghai',
  edition: 'basic',
  caller: 'ci@example.com',
  key: '7Q2a',
  madeAt: '2026-11-24T02:00:00.000Z',
  timezone: 'Asia/Shanghai',
  drifted: [
    {
      address: 'userGroups/analysts',
      kind: 'userGroups',
      what: 'changed',
      ids: { id: '13001' },
      by: null,
      at: null,
      source: { file: 'people/groups.yaml', line: 4 },
      fields: [
        { pointer: '/description', what: 'changed', live: 'Reads\u202e all', by: null, at: null },
        {
          pointer: '/members/bob@example.com',
          what: 'added',
          live: true,
          by: 'dave@example.com',
          at: '2026-11-20T06:02:00.000Z',
        },
      ],
    },
    { address: 'userGroups/guests', kind: 'userGroups', what: 'deleted', ids: { id: '13002' }, by: null, at: null, fields: [] },
    {
      address: 'dataServiceApps/f/portal',
      kind: 'dataServiceApps',
      what: 'renamed',
      nowAt: 'dataServiceApps/f/gate',
      ids: { id: '7' },
      by: 'dave@example.com',
      at: null,
      fields: [{ pointer: '/key', what: 'changed', live: null, isConcealed: true, by: 'dave@example.com', at: null }],
    },
  ],
  kinds: [
    { kind: 'userGroups', recorded: 30, compared: 5, status: 'now', at: '2026-11-24T02:00:00.000Z', oldest: null },
    { kind: 'projects', recorded: 1, compared: 0, status: 'not now', at: '2026-11-22T02:00:00.000Z' },
    { kind: 'dataSources', recorded: 1, compared: 0, status: 'incomplete', at: null },
  ],
  notLooked: [{ unit: 'projects', at: null, why: 'takes at least 9 calls of level 3, and 2 may be made now' }],
  spent: { levels: { '1': 1, '2': 0, '3': 6 }, operations: { GetMyTenants: 1, ListUserGroups: 6 } },
  budget: [{ levels: [1, 2, 3], allowed: 8, spent: 7 }],
  notBefore: '2026-11-24T16:00:00.000Z',
};
const result = (some: Partial<DriftResult> = {}): DriftResult => ({ exit: 0, diagnostics: [], config: null, report, ...some });
const calm: DriftReport = { ...report, drifted: [], notLooked: [], notBefore: null };

const run = (argv: readonly string[], found: DriftResult) =>
  runCli(['drift', '--no-color', ...argv], { engine: { drift: async () => found } });

describe('drift', () => {
  it('reads as people would tell it, with hidden characters made visible', async () => {
    const { exit, stdout } = await run([], result());
    expect(exit).toBe(0);
    expect(stdout).toBe(
      [
        'drift · prod · tenant 300001413 · cn-shanghai · basic · as ci@example.com (…7Q2a)',
        '',
        '  ~ userGroups/analysts   people/groups.yaml:4',
        '      ~ description            is Reads\\u{202e} all now; what it was is known as a digest alone   who and when: not told by the service',
        '      + members bob@example.com added outside   last changed by dave@example.com 2026-11-20 14:02',
        '  - userGroups/guests   deleted outside   who and when: not told by the service',
        '  ~ dataServiceApps/f/portal   renamed outside: it is dataServiceApps/f/gate now   last changed by dave@example.com; when is not told by the service',
        '      ~ key                    is a value that is not shown now; what it was is known as a digest alone   last changed by dave@example.com; when is not told by the service',
        '',
        '3 resources changed outside · 5 of 32 recorded compared as a whole',
        '',
        'Known as of',
        '  userGroups   now; read one by one: 5 of 30 now, the stalest never',
        '  projects     2026-11-22 10:00',
        '  dataSources  not compared: the list changed while it was read, twice',
        '',
        'Not looked at, for want of calls',
        '  projects: takes at least 9 calls of level 3, and 2 may be made now',
        '',
        '7 calls · from leftovers: 7 of 8 of level 1, 2, 3',
        'phinfra drift goes on with the stalest, from 2026-11-25 00:00 on.',
        'phinfra plan shows what an apply would make of it.',
        '',
      ].join('\n'),
    );
  });

  it('ends with 2 only where it was asked to and something was changed', async () => {
    expect((await run(['--detailed-exitcode'], result())).exit).toBe(2);
    expect((await run(['--detailed-exitcode'], result({ report: calm }))).exit).toBe(0);
    expect((await run(['--detailed-exitcode'], result({ exit: 6 }))).exit).toBe(6);
  });

  it('gives the report as the data of one object, with what was not looked at and when it goes on', async () => {
    const { stdout } = await run(['--format', 'json'], result());
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'drift',
      environment: null,
      tenant: '300001413',
      exit: 0,
      left: 1,
      next: { command: 'phinfra drift', notBefore: '2026-11-24T16:00:00.000Z' },
      data: { drifted: report.drifted, kinds: report.kinds },
    });
  });

  it('says that there is no record to compare with', async () => {
    const { exit, stdout } = await run([], result({ report: null }));
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: 'There is no record yet: the first apply makes one, and then there is something to compare with.\n',
    });
  });
});
