/** The audit: what was applied, by whom, when and why; on the disk before the run's end, and never a secret in it. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AuditedRun, forget, history, move } from '../../engine/index.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const CI = {
  GITLAB_CI: 'true',
  CI_COMMIT_SHA: '0123456789abcdef0123456789abcdef01234567',
  GITLAB_USER_LOGIN: 'dana@example.com',
  CI_JOB_URL: 'https://ci.example.com/jobs/7',
};
const WORLD = {
  format: 'phinfra.world/1',
  tenant: '300001413',
  edition: 'basic',
  serverVersion: '6.3',
  nextId: '1',
  keys: [{ id: 'AK', secret: 'SK', userId: '300000001', readOnly: false }],
  users: ['alice', 'bob', 'carol'].map((name, index) => ({
    Id: String(300_000_001 + index),
    AccountName: `${name}@example.com`,
    SourceId: name,
  })),
  members: [0, 1, 2].map((index) => ({ UserId: String(300_000_001 + index), RoleList: index === 0 ? ['SUPER_ADMIN'] : [] })),
};
const HEAD =
  'phinfra: 1\nresources: [r.yaml]\nedition: basic\ntenant: "300001413"\nconnection: { region: cn-shanghai, caller: ci@example.com }\nsecrets: { env: ["MC_*"] }\n';
const GROUPS = 'userGroups:\n  analysts: { description: Reads marts, members: [bob@example.com] }\n  guests: {}\n';
const SOURCE =
  'computeSources:\n  mc: { type: MAX_COMPUTE, description: Finance, config: { maxcompute.endpoint: "http://service.cn-shanghai.maxcompute.aliyun.com/api", maxcompute.project: f, maxcompute.access.id: r, maxcompute.access.key: "${env:MC_KEY}" } }\n';

const start = (text: string): Sim => {
  sim = startSim({ world: WORLD as never, env: { ...CI, MC_KEY: 'k-canary' }, wallMs: Date.parse('2026-11-30T15:59:50Z') });
  sim.write({ 'phinfra.yaml': HEAD, 'r.yaml': text });
  return sim;
};
const planAndApply = async (here: Sim) => {
  const { plan, diagnostics } = await here.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return { plan, result: await here.apply(plan) };
};
const invocation = (here: Sim) => ({ folder: here.folder, variables: {}, env: {}, home: here.folder });
const told = async (here: Sim, of: string | null = null): Promise<readonly AuditedRun[]> => {
  const result = await history(invocation(here), of);
  expect(result).toMatchObject({ exit: 0, diagnostics: [] });
  return result.runs;
};
const brief = (runs: readonly AuditedRun[]) =>
  runs.map(({ begin, changes, end }) => [
    begin.command,
    end?.exit ?? null,
    ...changes.map(({ action, address, outcome }) => `${action} ${address} ${outcome}`),
  ]);
const fileOf = (here: Sim): string => join(here.folder, '.phinfra/default/audit/2026-11.jsonl');

describe('history', () => {
  it('has one line a run and one a change: who, where, before, after, requests', async () => {
    const here = start(GROUPS + SOURCE);
    const { plan, result } = await planAndApply(here);
    expect(result.exit).toBe(0);
    const [run, ...others] = await told(here);
    expect(others).toEqual([]);
    expect(run?.begin).toEqual({
      type: 'begin',
      format: 'phinfra.audit/1',
      run: run?.begin.run,
      at: run?.begin.at,
      command: 'apply',
      environment: 'default',
      tenant: '300001413',
      deployment: plan.deployment,
      caller: 'ci@example.com',
      key: 'cess',
      changesDigest: plan.changesDigest,
      planDigest: plan.planDigest,
      planCommit: CI.CI_COMMIT_SHA,
      guards: [],
      ci: 'gitlab',
      commit: CI.CI_COMMIT_SHA,
      startedBy: 'dana@example.com',
      job: 'https://ci.example.com/jobs/7',
    });
    expect(run?.end).toMatchObject({ exit: 0 });
    const analysts = run?.changes.find(({ address }) => address === 'userGroups/analysts');
    expect(analysts?.fields).toEqual([
      { pointer: '/description', reason: 'added', after: 'Reads marts' },
      { pointer: '/members/bob@example.com', reason: 'added', after: true },
    ]);
    const requests = new Map(result.steps.map(({ id, requestId }) => [id, requestId]));
    expect(analysts?.steps.map(({ id, requestId }) => requestId === requests.get(id) && requestId !== null)).toEqual([
      true,
      true,
    ]);
    expect(readFileSync(fileOf(here), 'utf8')).not.toContain('canary');
    expect(run?.changes.find(({ address }) => address === 'computeSources/mc')?.fields).toContainEqual({
      pointer: '/config/maxcompute.access.key',
      reason: 'added',
      after: null,
    });
  });

  it('keeps what was deleted, and an update with the value before', async () => {
    const here = start(GROUPS);
    await planAndApply(here);
    here.write({
      'phinfra.yaml': HEAD,
      'r.yaml': 'userGroups:\n  analysts: { description: Reads all, members: [bob@example.com] }\n',
    });
    await planAndApply(here);
    const [last] = await told(here);
    expect(last?.changes.map(({ address, action, fields, before }) => ({ address, action, fields, before }))).toEqual([
      {
        address: 'userGroups/analysts',
        action: 'update',
        fields: [{ pointer: '/description', reason: 'changed', before: 'Reads marts', after: 'Reads all' }],
      },
      expect.objectContaining({
        address: 'userGroups/guests',
        action: 'delete',
        before: expect.objectContaining({ active: true }),
      }),
    ]);
  });

  it('is asked by address, by glob and by person', async () => {
    const here = start(GROUPS);
    await planAndApply(here);
    here.write({ 'phinfra.yaml': HEAD, 'r.yaml': GROUPS.replace('bob', 'carol') });
    await planAndApply(here);
    expect(brief(await told(here, 'userGroups/guests'))).toEqual([['apply', 0, 'create userGroups/guests applied']]);
    expect(brief(await told(here, 'userGroups/a*'))).toEqual([
      ['apply', 0, 'update userGroups/analysts applied'],
      ['apply', 0, 'create userGroups/analysts applied'],
    ]);
    expect(brief(await told(here, 'carol@example.com'))).toEqual([['apply', 0, 'update userGroups/analysts applied']]);
    expect(brief(await told(here, 'dana@example.com'))).toHaveLength(2);
    expect(await told(here, 'nobody@example.com')).toEqual([]);
  });

  it('has forgettings, moves and adoptions as well', async () => {
    const here = start(GROUPS);
    await planAndApply(here);
    expect(await move(invocation(here), { from: 'userGroups/guests', to: 'userGroups/visitors' })).toMatchObject({ exit: 0 });
    expect(await forget(invocation(here), { resources: ['userGroups/analysts'] })).toMatchObject({ exit: 0 });
    expect(await here.adopt({ resources: ['userGroups/analysts'] })).toMatchObject({ exit: 0 });
    const runs = await told(here);
    expect(brief(runs)).toEqual([
      ['state adopt', 0, 'adopt userGroups/analysts applied'],
      ['state forget', 0, 'forget userGroups/analysts applied'],
      ['state move', 0, 'move userGroups/visitors applied'],
      ['apply', 0, 'create userGroups/analysts applied', 'create userGroups/guests applied'],
    ]);
    expect(runs[2]?.changes[0]?.renamedFrom).toBe('userGroups/guests');
  });

  it('tells of a killed run that it has no end, and of what it did when the plan goes on, each step once', async () => {
    const here = start(GROUPS);
    const { plan } = await here.plan();
    if (!plan) throw new Error('there is no plan');
    await expect(here.apply(plan, { crash: { write: 3, when: 'after' } })).rejects.toThrow(CRASH);
    expect(brief(await told(here))).toEqual([['apply', null]]);
    // The killed process holds no lock any more: its lock is this process's own.
    expect(await here.apply(plan)).toMatchObject({ exit: 0 });
    const runs = await told(here);
    expect(brief(runs)).toEqual([
      ['apply', 0, 'create userGroups/analysts applied', 'create userGroups/guests applied'],
      ['apply', null],
    ]);
    const steps = runs.flatMap(({ changes }) => changes.flatMap((change) => change.steps.map(({ id }) => id)));
    expect(steps.sort()).toEqual(plan.steps.map(({ id }) => id).sort());
  });

  it('ends with 10 and sends nothing where the audit cannot be written', async () => {
    const here = start(GROUPS);
    const { plan } = await here.plan();
    if (!plan) throw new Error('there is no plan');
    const folder = dirname(fileOf(here));
    mkdirSync(dirname(folder), { recursive: true });
    writeFileSync(folder, 'in the way');
    const writes = here.sent().length;
    expect(await here.apply(plan)).toMatchObject({ exit: 10, diagnostics: [{ code: 'JOURNAL_WRITE' }] });
    expect(
      here
        .sent()
        .slice(writes)
        .map(({ operation }) => operation),
    ).not.toContain('CreateUserGroup');
    rmSync(folder);
    expect(await planAndApply(here)).toMatchObject({ result: { exit: 0 } });
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    expect(await forget(invocation(here), { resources: ['userGroups/guests'] })).toMatchObject({ exit: 10 });
    rmSync(folder);
    expect(await forget(invocation(here), { resources: ['userGroups/guests'] })).toMatchObject({ exit: 0 });
  });

  it('goes on after a torn line, says which lines it cannot read, and tells the others', async () => {
    const here = start(GROUPS);
    await planAndApply(here);
    appendFileSync(fileOf(here), '{"type":"begin","run":"x');
    here.write({ 'phinfra.yaml': HEAD, 'r.yaml': 'userGroups:\n  guests: {}\n' });
    await planAndApply(here);
    const result = await history(invocation(here), null);
    expect(result.diagnostics).toMatchObject([{ code: 'AUDIT_DAMAGED', severity: 'warning' }]);
    expect(result.diagnostics[0]?.message).toContain('line 5 cannot be read');
    expect(brief(result.runs)).toEqual([
      ['apply', 0, 'delete userGroups/analysts applied'],
      ['apply', 0, 'create userGroups/analysts applied', 'create userGroups/guests applied'],
    ]);
  });

  it('has nothing to tell before the first apply, and a plan writes nothing', async () => {
    const here = start(GROUPS);
    await here.plan();
    expect(await told(here)).toEqual([]);
    expect(existsSync(join(here.folder, '.phinfra'))).toBe(false);
  });
});
