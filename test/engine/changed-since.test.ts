/** `--changed-since`: what the files say otherwise than at another revision of them, as git has it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { PlanOptions } from '../../engine/index.ts';
import { openGit } from '../../engine/shell/git.ts';
import { commitAll } from '../enterprise/changed-since.ts';
import { type Sim, startSim } from '../support/sim.ts';

const PATH = process.env['PATH'] ?? '';
const HEAD = (more = ''): string => `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: ["t/*.yaml"]
${more}`;
const GROUPS = `userGroups:
  readers: { description: Reads, members: [alice@example.com] }
  writers: { members: [bob@example.com] }
rowPermissions:
  filter: { columns: { region: { type: STRING } }, rules: { all: { scope: all, grant: [userGroups/readers] } } }
`;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
const start = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): Sim => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')), env: { PATH, ...env } });
  ends.push(sim.end);
  sim.write(files);
  return sim;
};
const git = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: folder, encoding: 'utf8' });
const looked = async (sim: Sim, options: PlanOptions): Promise<readonly string[]> => {
  const { plan, diagnostics } = await sim.plan(options);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan.selection?.addresses ?? [];
};

describe('a plan of what changed', () => {
  it('looks at what is declared otherwise, and at what names a thing that is another one now', async () => {
    const sim = start({ 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS });
    commitAll(sim.folder, 'one');
    expect(await looked(sim, { changedSince: 'HEAD' })).toEqual([]);
    expect(sim.calls()).toEqual({ GetMyTenants: 1 });
    sim.write({ 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS.replace('Reads', 'Reads marts') });
    expect(await looked(sim, { changedSince: 'HEAD' })).toEqual(['userGroups/readers']);
    commitAll(sim.folder, 'two');
    expect(await looked(sim, { changedSince: 'HEAD' })).toEqual([]);
    expect(await looked(sim, { changedSince: 'HEAD~1' })).toEqual(['userGroups/readers']);
    // A group of its own takes the place of the one that others name.
    sim.write({
      'phinfra.yaml': HEAD(),
      't/all.yaml': GROUPS.replace('readers: { description: Reads,', 'readers: { renamedFrom: old, description: Reads marts,'),
    });
    expect(await looked(sim, { changedSince: 'HEAD' })).toEqual(['rowPermissions/filter', 'userGroups/readers']);
    expect(await looked(sim, { changedSince: 'HEAD', exclude: ['rowPermissions'] })).toEqual(['userGroups/readers']);
  });

  it('is told by the plan with the commit, from a folder below the repository’s, with files and folders moved', async () => {
    const sim = start({ 'infra/phinfra.yaml': HEAD(), 'infra/t/all.yaml': GROUPS });
    commitAll(sim.folder, 'one');
    const commit = git(sim.folder, 'rev-parse', 'HEAD').trim();
    sim.write({
      'infra/phinfra.yaml': HEAD().replace('t/*', 'u/*'),
      'infra/u/a.yaml': GROUPS.replace(/ {2}writers.*\n/, ''),
      'infra/u/b.yaml': 'userGroups: { writers: { members: [] } }\n',
    });
    const files = await (await openGit(join(sim.folder, 'infra'), { PATH })).filesAt(commit, 1_000_000);
    expect(files.map(({ path }) => path)).toEqual(['phinfra.yaml', 't/all.yaml']);
    const { plan } = await sim.plan({ changedSince: commit.slice(0, 8), below: 'infra' });
    expect(plan?.selection).toMatchObject({
      changedSince: { revision: commit.slice(0, 8), commit },
      addresses: ['userGroups/writers'],
    });
  });

  it('looks at everything where the environment says something else of all, or is new', async () => {
    const sim = start({ 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS });
    commitAll(sim.folder, 'one');
    sim.write({ 'phinfra.yaml': HEAD('drift: report\n'), 't/all.yaml': GROUPS });
    expect((await looked(sim, { changedSince: 'HEAD' })).length).toBe(3);
    const fresh = start({ 'README.md': 'no workspace yet' });
    commitAll(fresh.folder, 'one');
    fresh.write({ 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS });
    expect((await looked(fresh, { changedSince: 'HEAD' })).length).toBe(3);
  });

  it('knows where the branch begins: by what CI says, else by the usual names', async () => {
    const files = { 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS };
    const sim = start(files, { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'release' });
    commitAll(sim.folder, 'one');
    git(sim.folder, 'branch', 'release');
    sim.write({ ...files, 't/all.yaml': GROUPS.replace('Reads', 'Reads marts') });
    commitAll(sim.folder, 'two');
    git(sim.folder, 'checkout', '--quiet', '-b', 'topic');
    sim.write({ ...files, 't/all.yaml': GROUPS.replace('Reads', 'Reads marts').replace('bob', 'carol') });
    commitAll(sim.folder, 'three');
    expect(await looked(sim, { changedSince: 'merge-base' })).toEqual(['userGroups/readers', 'userGroups/writers']);
    expect(await (await openGit(sim.folder, { PATH })).mergeBase()).toBe(git(sim.folder, 'rev-parse', 'main').trim());
  });
});

describe('what was applied last', () => {
  it('is the commit that CI named of the last plan of everything that was applied to its end', async () => {
    const env: Record<string, string> = { GITLAB_CI: 'true', PATH };
    const here = startSim({ world: parseWorld(defaultWorld('basic')), env });
    ends.push(here.end);
    const write = (text: string): void => here.write({ 'phinfra.yaml': HEAD(), 't/all.yaml': text });
    const commit = (text: string, message: string): void => {
      write(text);
      commitAll(here.folder, message);
      env['CI_COMMIT_SHA'] = git(here.folder, 'rev-parse', 'HEAD').trim();
    };
    const apply = async (options: PlanOptions = {}): Promise<void> => {
      const { plan } = await here.plan(options);
      if (!plan) throw new Error('there is no plan');
      expect(plan.commit).toBe(env['CI_COMMIT_SHA']);
      expect((await here.apply(plan)).exit).toBe(0);
      here.clock.advance(60_000);
    };
    commit(GROUPS, 'one');
    const { exit, diagnostics } = await here.plan({ changedSince: 'last-apply' });
    expect({ exit, code: diagnostics[0]?.code }).toEqual({ exit: 3, code: 'REVISION_UNKNOWN' });
    await apply();
    expect(await looked(here, { changedSince: 'last-apply' })).toEqual([]);
    commit(GROUPS.replace('Reads', 'Reads marts').replace('bob', 'carol'), 'two');
    // A part of a commit was applied: the rest of it is still to come.
    await apply({ target: ['userGroups/writers'] });
    expect(await looked(here, { changedSince: 'last-apply' })).toEqual(['userGroups/readers', 'userGroups/writers']);
    await apply({ changedSince: 'last-apply' });
    expect(await looked(here, { changedSince: 'last-apply' })).toEqual([]);
  });
});

describe('a revision that cannot be had', () => {
  const refusal = async (sim: Sim, options: PlanOptions) => {
    const { exit, plan, diagnostics } = await sim.plan(options);
    expect({ exit, plan, calls: sim.calls() }).toEqual({ exit: 3, plan: null, calls: {} });
    const [{ code, message, hint } = {}] = diagnostics.filter(({ severity }) => severity === 'error') as readonly {
      code?: string;
      message?: string;
      hint?: string;
    }[];
    return `${code} ${message} ${hint}`;
  };
  const files = { 'phinfra.yaml': HEAD(), 't/all.yaml': GROUPS };

  it('is told with the way out, before anything is read', async () => {
    const sim = start(files);
    expect(await refusal(sim, { changedSince: 'HEAD' })).toMatch(/^REVISION_UNKNOWN ".*" is in no git repository\. Plan without/);
    commitAll(sim.folder, 'one');
    expect(await refusal(sim, { changedSince: 'nope' })).toBe(
      'REVISION_UNKNOWN git knows no revision "nope". Write a branch, a tag or a commit that git log shows; or git fetch.',
    );
    expect(await refusal(sim, { changedSince: '--all' })).toContain('git knows no revision "--all"');
    expect(await refusal(sim, { changedSince: 'HEAD', destroy: true })).toContain('OPTION_WRONG --destroy');
    git(sim.folder, 'branch', '-m', 'trunk');
    expect(await refusal(sim, { changedSince: 'merge-base' })).toContain('REVISION_UNKNOWN It is not known which branch');
    sim.write({ ...files, 't/all.yaml': 'userGroups: { a: { nope: 1 } }\n' });
    commitAll(sim.folder, 'two');
    sim.write(files);
    expect(await refusal(sim, { changedSince: 'HEAD' })).toMatch(
      /^REVISION_INVALID The files of HEAD have errors: KEY_UNKNOWN t\/all\.yaml:1 /,
    );
  });

  it('is told where git is missing, and where the clone is shallow', async () => {
    const sim = start(files, { PATH: '/nowhere' });
    expect(await refusal(sim, { changedSince: 'HEAD' })).toContain('REVISION_UNKNOWN git is not installed, or not in PATH.');
    commitAll(sim.folder, 'one');
    commitAll(sim.folder, 'two');
    const folder = mkdtempSync(join(tmpdir(), 'shallow-'));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    git(folder, 'clone', '--quiet', '--depth', '1', `file://${sim.folder}`, 'clone');
    const clone = await openGit(join(folder, 'clone'), { PATH });
    await expect(clone.commitOf('HEAD~1')).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      hint: expect.stringContaining('git fetch --unshallow'),
    });
  });

  it('gives links as links', async () => {
    const sim = start(files);
    mkdirSync(join(sim.folder, 'd'));
    symlinkSync('../t/all.yaml', join(sim.folder, 'd/link.yaml'));
    commitAll(sim.folder, 'one');
    const found = await (await openGit(sim.folder, { PATH })).filesAt('HEAD', 1_000_000);
    expect(found.map(({ path, isLink, content }) => [path, isLink, isLink ? content.toString() : ''])).toEqual([
      ['d/link.yaml', true, '../t/all.yaml'],
      ['phinfra.yaml', false, ''],
      ['t/all.yaml', false, ''],
    ]);
    expect((await (await openGit(sim.folder, { PATH })).filesAt('HEAD', 10)).map(({ path }) => path)).toEqual([]);
  });
});
