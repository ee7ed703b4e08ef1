/** What git says when it cannot help, as a person reads it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Git, openGit } from '../../engine/shell/git.ts';

const PATH = process.env['PATH'] ?? '';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phinfra-git-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim();
const commit = (text: string): string => {
  writeFileSync(join(folder, 'a.yaml'), text);
  git('add', '--all');
  git('commit', '--quiet', '--message', text);
  return git('rev-parse', 'HEAD');
};
const opened = (): Promise<Git> => openGit(folder, { PATH });

/** A git of our own in front of the real one: a line of shell for each command that is to answer otherwise. */
const instead = async (commands: Readonly<Record<string, string>>): Promise<Git> => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const cases = Object.entries(commands).map(([name, line]) => `*" ${name} "*) ${line} ;;`);
  writeFileSync(join(bin, 'git'), `#!/bin/sh\ncase " $* " in\n${cases.join('\n')}\nesac\nPATH='${PATH}' exec git "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  return openGit(folder, { PATH: `${bin}:${PATH}` });
};

describe('a repository that cannot be used', () => {
  it('is none, or none that git opens: what git says is passed on', async () => {
    await expect(opened()).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: `"${folder}" is in no git repository.`,
      hint: 'Plan without --changed-since, or in a clone.',
    });
    await expect(instead({ 'rev-parse': 'echo "fatal: detected dubious ownership" >&2; exit 128' })).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: `git cannot be used in "${folder}": fatal: detected dubious ownership`,
      hint: 'Mend what git says, or plan without --changed-since.',
    });
  });

  it('lacks git itself, or a git that may be started', async () => {
    await expect(openGit(folder, { PATH: join(folder, 'none') })).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: 'git is not installed, or not in PATH.',
      hint: 'Install git, or plan without --changed-since.',
    });
    // There, and no program.
    writeFileSync(join(folder, 'git'), '');
    await expect(openGit(folder, { PATH: folder })).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: 'git cannot be started: EACCES.',
    });
  });
});

describe('branches', () => {
  it('without a commit in common, or without a branch to be merged into, have no merge base', async () => {
    git('init', '--quiet', '--initial-branch=main');
    commit('one');
    git('checkout', '--quiet', '--orphan', 'other');
    commit('two');
    await expect((await opened()).mergeBase()).rejects.toMatchObject({
      message: 'This branch and "main" have no commit in common.',
      hint: 'Name the revision: --changed-since REV.',
    });
    git('branch', '--quiet', '-D', 'main');
    await expect((await opened()).mergeBase()).rejects.toMatchObject({
      message: expect.stringContaining('there is no origin/HEAD, main or master'),
    });
    expect(await (await openGit(folder, { PATH, CHANGE_TARGET: 'refs/heads/other', GITHUB_BASE_REF: '-x' })).mergeBase()).toBe(
      git('rev-parse', 'HEAD'),
    );
  });

  it('lack commits of each other, or nobody can tell', async () => {
    git('init', '--quiet', '--initial-branch=main');
    const [one, two] = [commit('one'), commit('two')];
    const known = await opened();
    expect(await known.lacking(one, two)).toEqual({ commits: 1, isBehind: true });
    expect(await known.lacking(two, one)).toEqual({ commits: 0, isBehind: false });
    expect(await known.lacking(one, 'f'.repeat(40))).toBeNull();
    expect(await known.lacking('main', one)).toBeNull();
    const broken = await instead({ 'rev-list': 'exit 1' });
    expect(await broken.lacking(one, two)).toBeNull();
  });
});

describe('files of a commit', () => {
  it('that git cannot list or read are told, never left out', async () => {
    git('init', '--quiet', '--initial-branch=main');
    const at = commit('one');
    await expect((await opened()).filesAt('f'.repeat(40), 100)).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: `git cannot list the files of ${'f'.repeat(40)}.`,
    });
    const blob = git('rev-parse', 'HEAD:a.yaml');
    const objects = join(folder, '.git/objects', blob.slice(0, 2));
    expect(readdirSync(objects)).toContain(blob.slice(2));
    rmSync(join(objects, blob.slice(2)), { force: true });
    await expect((await opened()).filesAt(at, 100)).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
      message: `git cannot read all files of ${at}.`,
      hint: expect.stringContaining('A clone that was made with --filter lacks files'),
    });
  });

  it('are told as unread where git ends badly or gives fewer of them', async () => {
    git('init', '--quiet', '--initial-branch=main');
    const at = commit('one');
    await expect(
      (await instead({ 'cat-file': 'echo "fatal: out of memory" >&2; exit 128' })).filesAt(at, 100),
    ).rejects.toMatchObject({ message: `git cannot read all files of ${at}.`, hint: 'fatal: out of memory' });
    rmSync(join(folder, 'bin'), { recursive: true });
    await expect((await instead({ 'cat-file': 'cat > /dev/null; exit 0' })).filesAt(at, 100)).rejects.toMatchObject({
      message: `git cannot read all files of ${at}.`,
      hint: expect.stringContaining('git fsck tells what is missing.'),
    });
    rmSync(join(folder, 'bin'), { recursive: true });
    const missing = `cat > /dev/null; echo "${'f'.repeat(40)} missing"; exit 0`;
    await expect((await instead({ 'cat-file': missing })).filesAt(at, 100)).rejects.toMatchObject({
      message: `git cannot read all files of ${at}.`,
    });
  });

  it('are not whole where git was killed', async () => {
    git('init', '--quiet', '--initial-branch=main');
    const at = commit('one');
    await expect((await instead({ 'cat-file': 'kill -9 $$' })).filesAt(at, 100)).rejects.toMatchObject({
      message: `git cannot read all files of ${at}.`,
    });
  });
});
