import { describe, expect, it } from 'vitest';
import type { AdoptResult, Engine, PullResult, PushResult, State } from '../../cli/engine.ts';
import { aChange, aPlan } from './builders.ts';
import { runCli } from './hosts.ts';

const state: State = {
  format: 'phinfra.state/1',
  lineage: 'l-1',
  serial: 7,
  environment: 'prod',
  tenant: '300001413',
  deployment: 'cn-shanghai',
  salt: 's',
  resources: {},
  people: {},
};
const found = { exit: 0, diagnostics: [], config: null, state, open: 2, place: 'https://h.example.com/x' };
const pulling = (over: Partial<PullResult> = {}): Partial<Engine> => ({
  pull: async () => ({ ...found, text: '{"version":1000,"serial":7}\n', ...over }),
});
const pushing = (over: Partial<PushResult> = {}) => {
  const files: string[] = [];
  const engine: Partial<Engine> = {
    push: async (_invocation, { file }) => {
      files.push(file);
      return { ...found, before: 6, isPushed: true, ...over };
    },
  };
  return { files, engine };
};
const WHAT = '  serial 7   0 resources, 2 calls in doubt   lineage l-1';

describe('state pull', () => {
  it('prints the document and nothing else', async () => {
    const ran = await runCli(['state', 'pull'], { engine: pulling() });
    expect([ran.exit, ran.stdout, ran.stderr]).toEqual([0, '{"version":1000,"serial":7}\n', '']);
  });

  it('says what it would print, and where there is nothing', async () => {
    const dry = await runCli(['state', 'pull', '--dry-run'], { engine: pulling() });
    expect(dry.stdout).toBe(`${WHAT}\nIt would be printed, as it is at https://h.example.com/x.\n`);
    const none = await runCli(['state', 'pull'], { engine: pulling({ state: null, text: null, open: 0 }) });
    expect(none.stdout).toBe('There is no record at https://h.example.com/x.\n');
  });

  it('has the document in the result object', async () => {
    const ran = await runCli(['state', 'pull', '--format', 'json'], { engine: pulling() });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      exit: 0,
      tenant: '300001413',
      data: { dryRun: false, lineage: 'l-1', serial: 7, resources: 0, open: 2, document: { version: 1000, serial: 7 } },
    });
  });
});

describe('state push', () => {
  it('says in whose place it is', async () => {
    const { engine, files } = pushing();
    const ran = await runCli(['state', 'push', 'record.json'], { engine });
    expect([ran.exit, ran.stdout]).toEqual([0, `${WHAT}\nPushed to https://h.example.com/x. In place of serial 6.\n`]);
    expect(files[0]).toMatch(/\/record\.json$/);
    const first = await runCli(['state', 'push', 'r'], { engine: pushing({ before: null }).engine });
    expect(first.stdout).toContain('Pushed to https://h.example.com/x. There was none before.\n');
  });

  it('tells a dry run from one that has nothing to do', async () => {
    const dry = await runCli(['state', 'push', 'r', '--dry-run'], { engine: pushing({ isPushed: false }).engine });
    expect(dry.stdout).toContain('It would be pushed to https://h.example.com/x. In place of serial 6. Nothing was written.\n');
    const same = await runCli(['state', 'push', 'r', '--format', 'json'], {
      engine: pushing({ isPushed: false, before: 7 }).engine,
    });
    expect(JSON.parse(same.stdout)).toMatchObject({
      exit: 0,
      reason: 'nothing to do',
      applied: 0,
      left: 0,
      data: { pushed: false },
    });
  });

  it('ends with 9 where the record in place is newer', async () => {
    const diagnostics = [{ code: 'STATE_STALE', severity: 'error', message: 'Older.' }] as const;
    const ran = await runCli(['state', 'push', 'r'], { engine: pushing({ exit: 9, diagnostics, isPushed: false }).engine });
    expect([ran.exit, ran.stdout]).toEqual([9, '']);
    expect(ran.stderr).toContain('error STATE_STALE');
  });
});

describe('state rebuild', () => {
  const rebuilding = (over: Partial<AdoptResult>): Partial<Engine> => ({
    rebuild: async () => ({
      exit: 0,
      diagnostics: [],
      config: null,
      plan: aPlan({ changes: [aChange({ address: 'userGroups/a', action: 'adopt', source: null })] }),
      adopted: [{ address: 'userGroups/a', ids: { id: '12' }, differs: [], waits: [], assumed: [] }],
      already: [],
      missing: ['userGroups/missing'],
      isRecorded: true,
      ...over,
    }),
  });

  it('lists what is claimed and what is not live', async () => {
    const ran = await runCli(['state', 'rebuild'], { engine: rebuilding({}) });
    expect(ran.exit).toBe(0);
    expect(ran.stdout.split('\n').slice(2)).toEqual([
      '  = userGroups/a        12',
      '    userGroups/missing  not live: an apply creates it',
      '',
      '1 resource recorded as imported: from now on its removal from the files deletes it.',
      '',
    ]);
  });

  it('says what it recorded also where something was left out', async () => {
    const diagnostics = [{ code: 'ADOPT_AMBIGUOUS', severity: 'error', message: 'Two.', address: 'userGroups/b' }] as const;
    const ran = await runCli(['state', 'rebuild'], { engine: rebuilding({ exit: 12, diagnostics }) });
    expect(ran.exit).toBe(12);
    expect(ran.stdout).toContain('1 resource recorded as imported');
    expect(ran.stderr).toContain('error ADOPT_AMBIGUOUS');
    const dry = await runCli(['state', 'rebuild', '--dry-run', '--format', 'json'], {
      engine: rebuilding({ isRecorded: false }),
    });
    expect(JSON.parse(dry.stdout)).toMatchObject({
      applied: 0,
      left: 1,
      next: { command: 'phinfra state rebuild' },
      data: { dryRun: true, missing: ['userGroups/missing'] },
    });
  });
});
