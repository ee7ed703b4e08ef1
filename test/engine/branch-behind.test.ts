/** A branch that lacks what was applied last is refused (DESIGN 4: exit 12), by what git knows and nothing else. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../engine/index.ts';
import { branchOf } from '../../engine/shell/branch.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const env: Record<string, string> = { PATH: process.env['PATH'] ?? '' };
const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** A tenant whose files are in git, and whose runs are of the commit that is checked out, as CI tells it. */
const started = (head: object = {}) => {
  const own = { ...env, GITHUB_ACTIONS: 'true' } as Record<string, string>;
  const sim = startSim({ env: own });
  onTestFinished(sim.end);
  const write = (description: string): void => sim.write(tenantFiles({ userGroups: { readers: { description } } }, head));
  write('One');
  git(sim.folder, 'init', '-q', '-b', 'main');
  const commit = (description: string): string => {
    write(description);
    git(sim.folder, 'add', '-A', '--', '*.yaml');
    git(sim.folder, 'commit', '-q', '-m', description);
    own['GITHUB_SHA'] = git(sim.folder, 'rev-parse', 'HEAD');
    return own['GITHUB_SHA'];
  };
  const checkOut = (revision: string): void => {
    git(sim.folder, 'checkout', '-q', revision);
    own['GITHUB_SHA'] = git(sim.folder, 'rev-parse', 'HEAD');
  };
  return { sim, commit, checkOut, own };
};
const planned = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const warned = ({ warnings }: Plan): readonly string[] =>
  warnings.flatMap(({ code, severity }) => (code === 'BRANCH_BEHIND' ? [severity] : []));

describe('an apply of a branch', () => {
  it('that is behind what was applied last sends nothing, until the number of commits is confirmed', async () => {
    const { sim, commit, checkOut } = started();
    const first = commit('One');
    expect((await sim.apply(await planned(sim))).exit).toBe(0);
    commit('Two');
    const last = commit('Three');
    expect((await sim.apply(await planned(sim))).exit).toBe(0);

    checkOut(first);
    const plan = await planned(sim);
    expect(warned(plan)).toEqual(['warning']);
    sim.calls();
    for (const answers of [{}, { confirmed: { behind: 1 } }]) {
      const { exit, reason, diagnostics } = await sim.apply(plan, { answers });
      expect([exit, reason, diagnostics.map(({ code }) => code)]).toEqual([12, 'guarded', ['BRANCH_BEHIND']]);
      expect(diagnostics[0]?.message).toContain(`lack 2 commits of what was applied last (${last.slice(0, 10)})`);
      expect(diagnostics[0]?.hint).toContain('--confirm behind=2');
    }
    expect(sim.calls()).toEqual({});
    expect((await sim.apply(plan, { answers: { confirmed: { behind: 2 } } })).exit).toBe(0);
    expect(sim.service.world().userGroups[0]?.Description).toBe('One');
    const audit = readFileSync(join(sim.folder, '.phinfra/default/audit/2026-11.jsonl'), 'utf8');
    expect(audit).toContain('"confirmed":["behind=2"]');
    // What was applied last is the older one now.
    checkOut('main');
    const again = await planned(sim);
    expect([warned(again), (await sim.apply(again)).exit]).toEqual([[], 0]);
  });

  it('that has commits of its own is a warning, and refused where the environment is protected', async () => {
    for (const isProtected of [false, true]) {
      const { sim, commit, checkOut } = started(isProtected ? { protected: true } : {});
      const apply = async (plan: Plan) => sim.apply(plan, { answers: { reviewed: plan.changesDigest } });
      commit('One');
      git(sim.folder, 'branch', 'other');
      commit('Two');
      expect((await apply(await planned(sim))).exit).toBe(0);
      checkOut('other');
      commit('Three');
      const plan = await planned(sim);
      expect(warned(plan)).toEqual(['warning']);
      expect((await apply(plan)).exit).toBe(isProtected ? 12 : 0);
    }
  });

  it('outside CI is that of what is checked out, and what a run without a commit did is no matter', async () => {
    const { sim, commit, checkOut, own } = started();
    const first = commit('One');
    delete own['GITHUB_ACTIONS'];
    expect((await sim.apply(await planned(sim))).exit).toBe(0);
    own['GITHUB_ACTIONS'] = 'true';
    commit('Two');
    expect((await sim.apply(await planned(sim))).exit).toBe(0);
    checkOut(first);
    delete own['GITHUB_ACTIONS'];
    const plan = await planned(sim);
    expect([plan.commit, warned(plan), (await sim.apply(plan)).exit]).toEqual([undefined, ['warning'], 12]);
  });

  it('cannot be told in a clone that lacks the commit, or without git: protected environments want it told', async () => {
    const { sim, commit } = started();
    commit('One');
    const last = commit('Two');
    const clone = mkdtempSync(join(tmpdir(), 'phinfra-clone-'));
    onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
    git(clone, 'clone', '-q', '--depth', '1', `file://${sim.folder}`, '.');
    const ask = (folder: string, commitOf: string, isProtected = true) =>
      branchOf({ folder, env }, { commit: commitOf }, { commit: undefined, isProtected });
    expect(await ask(clone, last)).toMatchObject({ lacking: { commits: 0 } });
    expect(await ask(clone, git(sim.folder, 'rev-parse', 'HEAD~1'))).toMatchObject({ lacking: null });
    expect(await ask(clone, '--output=x')).toMatchObject({ lacking: null });
    expect(await ask(tmpdir(), last)).toMatchObject({ lacking: null });
    expect(await branchOf({ folder: clone, env }, null, { commit: undefined, isProtected: true })).toBeNull();
  });
});
