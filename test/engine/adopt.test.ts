/** `state adopt`: what is live and declared comes into the record without a write (RESOURCES 2). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { State } from '../../engine/index.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { takeLock } from '../../engine/shell/lock.ts';
import { readRecord } from '../../engine/shell/state.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const HEAD = `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: [tenant.yaml]
secrets: { env: ["MC_*"] }
`;
const group = (Id: string, Name: string, Description: string, people: readonly string[] = []) => ({
  Id,
  Name,
  Description,
  Members: people.map((UserId) => ({ UserId })),
});
const ALICE = '300000002';
const BOB = '300000003';
const CAROL = '300000004';

const start = (world: object, yaml: string, env: Readonly<Record<string, string>> = {}): Sim => {
  sim?.end();
  sim = startSim({ world: parseWorld({ ...defaultWorld('basic'), ...world }), env });
  sim.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': yaml });
  return sim;
};
const recordOf = async ({ folder }: Sim): Promise<State | null> =>
  (await readRecord(createLocalStore(join(folder, '.phinfra/default')))).state;
const codes = (result: { readonly diagnostics: readonly { readonly code: string }[] }) =>
  result.diagnostics.map((one) => one.code);

describe('state adopt', () => {
  it('records what is live as declared: imported, with its id, by reads alone', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts', [ALICE, BOB])] },
      'userGroups:\n  analysts: { description: Reads marts, members: [alice@example.com, bob@example.com] }\n  new: {}\n',
    );
    const result = await here.adopt({ resources: ['userGroups/analysts'] });
    expect(result).toMatchObject({
      exit: 0,
      diagnostics: [],
      adopted: [{ address: 'userGroups/analysts', ids: { id: '13001' }, differs: [], waits: [], assumed: [] }],
      already: [],
    });
    expect(here.calls()).toEqual({ GetMyTenants: 1, ListTenantMembers: 1, ListUserGroupMembers: 1, ListUserGroups: 1 });
    const state = await recordOf(here);
    expect(Object.keys(state?.resources ?? {})).toEqual(['userGroups/analysts']);
    expect(state?.resources['userGroups/analysts']).toMatchObject({
      ids: { id: '13001' },
      origin: 'imported',
      lists: ['/members'],
    });
    expect(Object.keys(state?.resources['userGroups/analysts']?.fields ?? {}).sort()).toEqual([
      '/description',
      '/members/alice@example.com',
      '/members/bob@example.com',
    ]);
    expect(state?.people).toEqual({ 'alice@example.com': ALICE, 'bob@example.com': BOB });
    const journal = readFileSync(join(here.folder, '.phinfra/default/journal.jsonl'), 'utf8');
    expect(journal).toBe('');

    here.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': 'userGroups: {}\n' });
    const { plan } = await here.plan();
    expect(plan?.changes.map(({ action, address }) => [action, address])).toEqual([['delete', 'userGroups/analysts']]);
    expect(here.service.violations()).toEqual([]);
  });

  it('leaves what the files say otherwise to the next plan, as found live', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts', [ALICE])] },
      'userGroups:\n  analysts: { description: Reads the finance marts, active: true, members: [alice@example.com, bob@example.com] }\n',
    );
    const result = await here.adopt({ resources: ['userGroups/analysts'] });
    expect(result.adopted).toMatchObject([{ differs: ['/description', '/members/bob@example.com'], waits: [] }]);
    expect((await recordOf(here))?.resources['userGroups/analysts']).toMatchObject({ lists: [] });
    const { plan } = await here.plan();
    expect(plan?.changes.map(({ action, fields }) => [action, fields.map(({ pointer, reason }) => [pointer, reason])])).toEqual([
      [
        'update',
        [
          ['/description', 'found'],
          ['/members/bob@example.com', 'added'],
        ],
      ],
    ]);
    if (plan) await here.apply(plan);
    expect((await here.plan()).plan?.changes).toEqual([]);
    expect((await recordOf(here))?.resources['userGroups/analysts']?.origin).toBe('imported');
  });

  it('leaves a list that holds others unrecorded, in every plan until a way out is written', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts', [ALICE, CAROL])] },
      'userGroups:\n  analysts: { description: Reads marts, members: [alice@example.com] }\n',
    );
    const result = await here.adopt({ resources: ['userGroups/analysts'] });
    expect(result).toMatchObject({ exit: 0, adopted: [{ differs: [], waits: ['/members'] }] });
    const recorded = (await recordOf(here))?.resources['userGroups/analysts'];
    expect({ lists: recorded?.lists, fields: Object.keys(recorded?.fields ?? {}) }).toEqual({
      lists: [],
      fields: ['/description'],
    });
    for (const _again of [1, 2]) {
      const { plan } = await here.plan();
      expect(plan?.guards.map((guard) => guard.code)).toEqual(['ADOPT_HAS_OTHERS']);
      expect(plan?.steps).toEqual([]);
      if (plan) expect(await here.apply(plan)).toMatchObject({ exit: 12 });
    }
  });

  it('takes secrets on trust: fingerprinted, assumed, and noticed when they change', async () => {
    const env: Record<string, string> = { MC_KEY: 'k-canary-1' };
    const here = start(
      { computeSources: [{ Id: '6865280996660001', Name: 'mc', Description: 'Finance', Config: { 'maxcompute.project': 'f' } }] },
      'computeSources:\n  mc: { type: MAX_COMPUTE, description: Finance, config: { maxcompute.endpoint: "http://service.cn-shanghai.maxcompute.aliyun.com/api", maxcompute.project: f, maxcompute.access.id: r, maxcompute.access.key: "${env:MC_KEY}" } }\n',
      env,
    );
    const result = await here.adopt({ resources: ['computeSources/mc'] });
    const pointers = ['access.id', 'access.key', 'endpoint', 'project'].map((name) => `/config/maxcompute.${name}`);
    expect(result.adopted).toMatchObject([{ differs: [], assumed: pointers }]);
    const recorded = (await recordOf(here))?.resources['computeSources/mc'];
    expect(Object.keys(recorded?.fingerprints ?? {}).sort()).toEqual(pointers);
    expect(recorded?.assumed).toEqual(pointers);
    expect(JSON.stringify([result, await recordOf(here)])).not.toContain('canary');
    expect((await here.plan()).plan?.changes).toEqual([]);
    env['MC_KEY'] = 'k-canary-2';
    const { plan } = await here.plan();
    expect(plan?.changes.flatMap(({ fields }) => fields.map(({ pointer, reason }) => [pointer, reason]))).toEqual([
      ['/config/maxcompute.access.key', 'secret'],
    ]);
  });

  it('does not ask for a secret that is not set here', async () => {
    const here = start(
      { computeSources: [{ Id: '6865280996660001', Name: 'mc', Description: 'Finance', Config: { 'maxcompute.project': 'f' } }] },
      'computeSources:\n  mc: { type: MAX_COMPUTE, description: Other, config: { maxcompute.endpoint: "http://service.cn-shanghai.maxcompute.aliyun.com/api", maxcompute.project: f, maxcompute.access.id: r, maxcompute.access.key: "${env:MC_KEY}" } }\n',
    );
    const result = await here.adopt({ resources: ['computeSources/mc'] });
    expect(result).toMatchObject({ exit: 0, adopted: [{ differs: ['/description'] }] });
    expect(result.adopted[0]?.assumed).toEqual(['access.id', 'endpoint', 'project'].map((name) => `/config/maxcompute.${name}`));
  });

  it('says what would be recorded with dryRun, and leaves no trace', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts')] },
      'userGroups:\n  analysts: { description: Reads marts }\n',
    );
    const result = await here.adopt({ resources: ['userGroups/analysts'], dryRun: true });
    expect(result).toMatchObject({ exit: 0, adopted: [{ address: 'userGroups/analysts', ids: { id: '13001' } }] });
    expect(existsSync(join(here.folder, '.phinfra'))).toBe(false);
  });

  it('says what is ours already, and refuses another id for it, without a read', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts')] },
      'userGroups:\n  analysts: { description: Reads marts }\n',
    );
    await here.adopt({ resources: ['userGroups/analysts'] });
    here.calls();
    for (const resource of ['userGroups/analysts', 'userGroups/analysts=13001'])
      expect(await here.adopt({ resources: [resource] })).toMatchObject({
        exit: 0,
        adopted: [],
        already: [{ address: 'userGroups/analysts', ids: { id: '13001' }, origin: 'imported' }],
      });
    const other = await here.adopt({ resources: ['userGroups/analysts=7'] });
    expect(other).toMatchObject({ exit: 3, diagnostics: [{ code: 'ADOPT_RECORDED', address: 'userGroups/analysts' }] });
    expect(here.calls()).toEqual({});
    expect((await recordOf(here))?.serial).toBe(1);
  });

  it('needs the id where several live ones have the name, and takes that one', async () => {
    const ids = ['6865280996660001', '6865280996660002'];
    const here = start(
      { computeSources: ids.map((Id, index) => ({ Id, Name: 'mc', Description: `Source ${index + 1}`, Config: {} })) },
      'computeSources:\n  mc: { type: MAX_COMPUTE, description: Source 1 }\n',
    );
    const [, second = ''] = ids;
    const { plan: before } = await here.plan();
    expect(before?.guards.map((guard) => guard.code)).toEqual(['ADOPT_AMBIGUOUS']);
    expect(before?.steps).toEqual([]);
    const refused = await here.adopt({ resources: ['computeSources/mc'] });
    expect(refused).toMatchObject({ exit: 12, adopted: [], diagnostics: [{ code: 'ADOPT_AMBIGUOUS' }] });
    for (const id of ids) expect(refused.diagnostics[0]?.message).toContain(id);
    const wrong = await here.adopt({ resources: ['computeSources/mc=99'] });
    expect({ exit: wrong.exit, codes: codes(wrong) }).toEqual({ exit: 3, codes: ['ADOPT_NOT_LIVE'] });
    expect(await recordOf(here)).toBeNull();
    expect(await here.adopt({ resources: [`computeSources/mc=${second}`] })).toMatchObject({
      exit: 0,
      adopted: [{ ids: { id: second }, differs: ['/description'] }],
    });
    here.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': 'computeSources:\n  mc: { description: Source 2 }\n' });
    const { plan } = await here.plan();
    expect({ guards: plan?.guards, steps: plan?.steps, unmanaged: plan?.unmanaged }).toEqual({
      guards: [],
      steps: [],
      unmanaged: [{ kind: 'computeSources', count: 1, addresses: ['computeSources/mc'] }],
    });
  });

  it('records all or nothing, and tells every mistake at once', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts')] },
      'userGroups:\n  analysts: { description: Reads marts }\n  stewards: {}\n',
    );
    const undeclared = await here.adopt({ resources: ['userGroups/analyst', 'nothing/like/it', 'userGroups/analysts'] });
    expect({ exit: undeclared.exit, codes: codes(undeclared) }).toEqual({ exit: 3, codes: ['OPTION_WRONG', 'OPTION_WRONG'] });
    expect(undeclared.diagnostics[0]?.hint).toBe('Did you mean userGroups/analysts?');
    const absent = await here.adopt({ resources: ['userGroups/analysts', 'userGroups/stewards'] });
    expect(absent).toMatchObject({
      exit: 3,
      adopted: [],
      diagnostics: [{ code: 'ADOPT_NOT_LIVE', address: 'userGroups/stewards', source: { file: 'tenant.yaml', line: 3 } }],
    });
    expect(await recordOf(here)).toBeNull();
  });

  it('refuses what could only be replaced, with the words of the plan', async () => {
    const here = start(
      {
        computeSources: [{ Id: '6865280996660001', Name: 'mc', Description: 'Finance', Config: {} }],
        projects: [
          {
            Id: '7155117168639001',
            Name: 'finance',
            Mode: 'BASIC',
            Halves: { PROD: { DisplayName: 'Finance', ComputeSourceId: '6865280996660001' } },
          },
        ],
      },
      'projects:\n  finance: { mode: dev-prod, displayName: Finance }\n',
    );
    expect(await here.adopt({ resources: ['projects/finance'] })).toMatchObject({
      exit: 12,
      adopted: [],
      diagnostics: [{ code: 'REPLACE_REFUSED', address: 'projects/finance' }],
    });
    expect(await recordOf(here)).toBeNull();
  });

  it('waits for nobody: another holder of the lock is told', async () => {
    const here = start(
      { userGroups: [group('13001', 'analysts', 'Reads marts')] },
      'userGroups:\n  analysts: { description: Reads marts }\n',
    );
    const lock = await takeLock(join(here.folder, '.phinfra/default'), 'apply', '2026-11-24T00:00:00Z');
    expect(await here.adopt({ resources: ['userGroups/analysts'] })).toMatchObject({
      exit: 8,
      diagnostics: [{ code: 'LOCKED' }],
    });
    await lock.release();
    expect(await here.adopt({ resources: ['userGroups/analysts'] })).toMatchObject({ exit: 0 });
  });
});
