/** What `history` prints. */
import { describe, expect, it } from 'vitest';
import type { AuditedRun, HistoryResult, InverseResult } from '../../engine/index.ts';
import { aChange, aPlan } from './builders.ts';
import { runCli } from './hosts.ts';

const RUN: AuditedRun = {
  begin: {
    type: 'begin',
    format: 'phinfra.audit/1',
    run: 'r-1',
    at: '2026-11-24T02:00:00.000Z',
    command: 'apply',
    environment: 'prod',
    tenant: '300001413',
    deployment: 'cn-shanghai',
    caller: 'ci@example.com',
    key: '7Q2a',
    changesDigest: '4f1c9a0011223344',
    planDigest: 'p',
    guards: ['ADOPT_HAS_OTHERS'],
    confirmed: ['deletes=12', 'losses=200'],
    ci: 'gitlab',
    commit: '0123456789abcdef',
    startedBy: 'dana@example.com',
    job: 'https://ci.example.com/jobs/7',
  },
  changes: [
    {
      type: 'change',
      run: 'r-1',
      at: '2026-11-24T02:00:01.000Z',
      address: 'userGroups/analysts',
      action: 'update',
      outcome: 'failed',
      ids: { id: '1' },
      renamedFrom: 'userGroups/readers',
      cause: 'sets/finance',
      fields: [
        { pointer: '/description', reason: 'changed', before: 'Old', after: 'New' },
        { pointer: '/members/bob@example.com', reason: 'added', after: true },
        { pointer: '/members/carol@example.com', reason: 'removed', before: true },
        { pointer: '/secret', reason: 'secret', before: null, after: null },
      ],
      steps: [{ id: 's', outcome: 'rejected', code: 'X', requestId: 'Q-1' }],
    },
  ],
  end: { type: 'end', run: 'r-1', at: '2026-11-24T02:00:02.000Z', exit: 5 },
};
const killed: AuditedRun = {
  begin: { ...RUN.begin, run: 'r-0', startedBy: null, commit: null, job: null, guards: [] },
  changes: [],
  end: null,
};

const run = (argv: readonly string[], runs: readonly AuditedRun[]) => {
  const found: HistoryResult = { exit: 0, diagnostics: [], config: null, runs };
  return runCli(['history', '--no-color', ...argv], { engine: { history: async () => found } });
};

describe('history', () => {
  it('reads as people would tell it', async () => {
    const { exit, stdout } = await run([], [RUN, killed]);
    expect(exit).toBe(0);
    expect(stdout).toBe(
      [
        '2026-11-24 02:00 · apply · prod · tenant 300001413 · as ci@example.com (…7Q2a) · exit 5, the service refused a change',
        '  started by dana@example.com · commit 0123456789ab · https://ci.example.com/jobs/7',
        '  run r-1 · changes 4f1c9a001122',
        '  beyond the guards, confirmed: deletes=12, losses=200',
        '  kept back by guards: ADOPT_HAS_OTHERS',
        '  ~ userGroups/analysts   was userGroups/readers   failed   sets/finance',
        '      description   Old → New   changed',
        '      members   + bob@example.com   added',
        '      members   - carol@example.com   removed',
        '      secret   not shown → not shown   secret',
        '      requests Q-1',
        '',
        '2026-11-24 02:00 · apply · prod · tenant 300001413 · as ci@example.com (…7Q2a) · no end: it was ended from outside, or is under way',
        '  run r-0 · changes 4f1c9a001122',
        '  beyond the guards, confirmed: deletes=12, losses=200',
        '',
      ].join('\n'),
    );
  });

  it('says where there is nothing', async () => {
    expect((await run([], [])).stdout).toBe('Nothing was applied here yet.\n');
    expect((await run(['bob@example.com'], [])).stdout).toBe('The audit says nothing about bob@example.com.\n');
  });

  it('gives the runs as the data of one object', async () => {
    expect(JSON.parse((await run(['userGroups/*', '--format', 'json'], [RUN])).stdout)).toMatchObject({
      command: 'history',
      exit: 0,
      data: { of: 'userGroups/*', runs: [{ begin: { run: 'r-1' }, end: { exit: 5 } }] },
    });
  });
});

describe('history --inverse', () => {
  const inverse = (over: Partial<InverseResult>) =>
    ({ exit: 0, diagnostics: [], config: null, run: RUN, way: null, obstacles: [], ...over }) satisfies InverseResult;
  const ask = (argv: readonly string[], over: Partial<InverseResult> = {}) =>
    runCli(['history', '--no-color', ...argv], { engine: { inverse: async () => inverse(over) } });
  const way = aPlan({
    changes: [
      aChange({
        address: 'userGroups/analysts',
        action: 'update',
        fields: [{ pointer: '/description', reason: 'changed', before: 'New', after: 'Old' }],
        steps: ['s'],
      }),
    ],
    summary: { ...aPlan().summary, update: 1 },
  });

  it('shows the changes like a plan, then what stands in the way, and how to go back', async () => {
    const { exit, stdout } = await ask(['--inverse', 'r-1'], {
      way,
      obstacles: [
        { address: 'userGroups/analysts', what: 'later', run: 'r-2', message: 'Run r-2 has changed it since.' },
        { address: 'dataSources/orders', what: 'lost', message: 'Its id was 7.' },
      ],
    });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^history · prod/);
    expect(stdout).toContain('description  New → Old');
    expect(stdout).not.toContain('phinfra apply');
    expect(stdout.slice(stdout.indexOf('Changed by a later run'))).toBe(
      [
        'Changed by a later run, and lost by going back',
        '  userGroups/analysts   Run r-2 has changed it since.',
        '',
        'Not as it was',
        '  dataSources/orders   Its id was 7.',
        '',
        'The way back from run r-1 of 2026-11-24 02:00, 1 change. Nothing was sent: write in the files what stands above, then phinfra plan.',
        '',
      ].join('\n'),
    );
  });

  it('as JSON holds the changes and the bill, and no plan', async () => {
    const { data } = JSON.parse((await ask(['--inverse', 'r-1', '--format', 'json'], { way })).stdout);
    expect(data).toMatchObject({
      run: { run: 'r-1' },
      obstacles: [],
      changes: [{ address: 'userGroups/analysts' }],
      bill: { seconds: 0 },
    });
    expect(JSON.stringify(data)).not.toContain('phinfra.plan/1');
    expect(data.changes[0]).not.toHaveProperty('steps');
  });

  it('says what is in the way also where the rest cannot be told', async () => {
    const { exit, stdout, stderr } = await ask(['--inverse', 'r-1'], {
      exit: 3,
      diagnostics: [{ code: 'REFERENCE_UNKNOWN', severity: 'error', message: 'No user group "x".' }],
      obstacles: [{ address: 'a/b', what: 'outside', message: 'Changed.' }],
    });
    expect(exit).toBe(3);
    expect(stdout).toContain('a/b   Changed.');
    expect(stdout).toContain('cannot be told');
    expect(stderr).toContain('REFERENCE_UNKNOWN');
  });

  it('is about a whole run: an address beside it is refused', async () => {
    const ran = await ask(['userGroups/analysts', '--inverse', 'r-1']);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('OPTION_WRONG');
  });
});
