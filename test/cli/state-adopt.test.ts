import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { AdoptOptions, AdoptResult, Engine } from '../../cli/engine.ts';
import { aChange, aPlan } from './builders.ts';
import { runCli } from './hosts.ts';

const source = { file: 'groups.yaml', line: 2, column: 3 };
const result = (over: Partial<AdoptResult> = {}): AdoptResult => ({
  exit: 0,
  diagnostics: [],
  config: null,
  plan: aPlan({ changes: [aChange({ address: 'userGroups/analysts', action: 'adopt', source })] }),
  adopted: [{ address: 'userGroups/analysts', ids: { id: '12' }, differs: [], waits: [], assumed: [] }],
  already: [],
  missing: [],
  isRecorded: (over.exit ?? 0) === 0,
  ...over,
});
const HEAD = 'state adopt · prod · tenant 300001413 · cn-shanghai · basic · as ci-dataphin@example.com (…7Q2a)';

const adopting = (over: Partial<AdoptResult> = {}) => {
  const seen: AdoptOptions[] = [];
  const engine: Partial<Engine> = {
    adopt: async (_invocation, options) => {
      seen.push(options);
      return result(over);
    },
  };
  return { seen, engine };
};

describe('state adopt', () => {
  it('says what was recorded, and what that means', async () => {
    const { seen, engine } = adopting();
    const ran = await runCli(['state', 'adopt', 'userGroups/analysts'], { engine });
    expect(seen).toEqual([{ resources: ['userGroups/analysts'], dryRun: false }]);
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(ran.stdout).toBe(
      [
        HEAD,
        '',
        '  = userGroups/analysts  12   groups.yaml:2',
        '1 resource recorded as imported: from now on its removal from the files deletes it.',
        '',
      ].join('\n'),
    );
  });

  it('names what differs, what waits, what is on trust, and what is ours already', async () => {
    const { engine } = adopting({
      adopted: [
        {
          address: 'userGroups/analysts',
          ids: { prod: '12', dev: '13' },
          differs: ['/description', '/members/bob@example.com'],
          waits: ['/members'],
          assumed: ['/config/a~1b'],
        },
      ],
      already: [{ address: 'userGroups/stewards', ids: { id: '7' }, origin: 'adopted' }],
    });
    const ran = await runCli(['state', 'adopt', 'userGroups/analysts', 'userGroups/stewards', '-C', tmpdir()], { engine });
    expect(ran.stdout.split('\n').slice(2)).toEqual([
      '  = userGroups/analysts  prod 12 · dev 13   groups.yaml:2',
      '      differs from the files: description, members bob@example.com',
      '      holds others, and waits for you in the next plan: members',
      '      taken on trust, never sent from here: config a/b',
      '    userGroups/stewards  7   ours already, adopted',
      '',
      `1 resource recorded as imported: from now on its removal from the files deletes it. phinfra plan -C ${tmpdir()} shows what differs.`,
      '',
    ]);
  });

  it('only says what it would do with --dry-run, and gives the result object as JSON', async () => {
    const { seen, engine } = adopting();
    const argv = ['state', 'adopt', 'userGroups/analysts=12', '--dry-run'];
    const text = await runCli(argv, { engine });
    expect(text.stdout).toContain('1 resource would be recorded as imported; nothing was written.\n');
    const json = JSON.parse((await runCli([...argv, '--format', 'json'], { engine })).stdout);
    expect(json).toMatchObject({
      command: 'state adopt',
      tenant: '300001413',
      exit: 0,
      applied: 0,
      left: 1,
      next: { command: 'phinfra state adopt userGroups/analysts=12' },
      data: { dryRun: true, adopted: [{ address: 'userGroups/analysts' }], already: [], missing: [] },
    });
    expect(seen).toEqual([1, 2].map(() => ({ resources: ['userGroups/analysts=12'], dryRun: true })));
  });

  it('ends with the exit code of what is in the way', async () => {
    const diagnostics = [
      { code: 'ADOPT_NOT_LIVE', severity: 'error', message: '"userGroups/x" is not live.', address: 'userGroups/x' },
    ] as const;
    const { engine } = adopting({ exit: 3, plan: null, adopted: [], diagnostics });
    const ran = await runCli(['state', 'adopt', 'userGroups/x'], { engine });
    expect(ran).toMatchObject({ exit: 3, stdout: '' });
    expect(ran.stderr).toContain('error ADOPT_NOT_LIVE   userGroups/x');
    expect(await runCli(['state', 'adopt'])).toMatchObject({ exit: 3, stdout: '' });
  });
});
