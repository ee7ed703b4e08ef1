/** What git knows of a workspace: its revisions, and the files of one of them. Nothing is written, nothing is fetched. */
import { spawn } from 'node:child_process';
import { EngineError, sure } from '../core/diagnostic.ts';

/** Variables that git needs to be found and to find its own; secrets are none of them. */
const PASSED: readonly string[] = [
  'PATH',
  'HOME',
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_CEILING_DIRECTORIES',
  'SYSTEMROOT',
  'XDG_CONFIG_HOME',
];

export type Git = {
  /** The commit that a revision means. */
  readonly commitOf: (revision: string) => Promise<string>;
  /** Where this branch left the one that it is to be merged into. */
  readonly mergeBase: () => Promise<string>;
  /** What one commit lacks of another; null where one of them is not known here. */
  readonly lacking: (commit: string, of: string) => Promise<Lacking | null>;
  /** The files of the workspace at a commit, by their paths in it; links as links. */
  readonly filesAt: (commit: string, mostBytes: number) => Promise<readonly RevisionFile[]>;
};
/** `commits`: how many; `isBehind`: it has nothing that the other has not. */
export type Lacking = { readonly commits: number; readonly isBehind: boolean };
export type RevisionFile = { readonly path: string; readonly isLink: boolean; readonly content: Buffer };

type Answer = { readonly status: number; readonly out: Buffer; readonly told: string };

/**
 * Opens the repository that a folder is in.
 *
 * @throws EngineError REVISION_UNKNOWN where git is not installed, the folder is in no repository, or git refuses it
 */
export const openGit = async (folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Git> => {
  const run = (args: readonly string[], input = ''): Promise<Answer> => runGit(folder, env, args, input);
  const text = async (args: readonly string[]): Promise<string | null> => {
    const { status, out } = await run(args);
    return status === 0 ? out.toString('utf8').trim() : null;
  };
  const opened = await run(['rev-parse', '--show-prefix']);
  if (opened.status !== 0) throw notOpened(folder, opened.told);
  const prefix = opened.out.toString('utf8').replace(/\n$/, '');
  const commit = (revision: string): Promise<string | null> => text(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
  const isShallow = async (): Promise<boolean> => (await text(['rev-parse', '--is-shallow-repository'])) === 'true';
  const unknown = async (message: string, hint: string): Promise<EngineError> =>
    new EngineError(
      'REVISION_UNKNOWN',
      message,
      (await isShallow())
        ? 'The clone is shallow and may lack it: git fetch --unshallow (GitLab: GIT_DEPTH: 0, GitHub: fetch-depth: 0).'
        : hint,
    );
  return {
    commitOf: async (revision) => {
      const found = revision.startsWith('-') || revision === '' ? null : await commit(revision);
      if (found === null)
        throw await unknown(
          `git knows no revision "${revision}".`,
          'Write a branch, a tag or a commit that git log shows; or git fetch.',
        );
      return found;
    },
    mergeBase: async () => {
      const candidates = [
        ...targetsIn(env).flatMap((name) => [`origin/${name}`, name]),
        'origin/HEAD',
        'origin/main',
        'origin/master',
        'main',
        'master',
      ];
      for (const name of candidates) {
        const target = await commit(name);
        if (target === null) continue;
        const base = await text(['merge-base', 'HEAD', target]);
        if (base !== null) return base;
        throw await unknown(`This branch and "${name}" have no commit in common.`, 'Name the revision: --changed-since REV.');
      }
      throw await unknown(
        'It is not known which branch this one is to be merged into: there is no origin/HEAD, main or master.',
        'Name the revision: --changed-since REV.',
      );
    },
    lacking: async (mine, other) => {
      const known = await Promise.all([mine, other].map((one) => (HEX.test(one) ? commit(one) : null)));
      if (known.includes(null)) return null;
      // LEFT...RIGHT: how many only the one has, and how many only the other.
      const counted = await text(['rev-list', '--left-right', '--count', `${mine}...${other}`]);
      const [, left = '', right = ''] = /^(\d+)\s+(\d+)$/.exec(counted ?? '') ?? [];
      return left === '' ? null : { commits: Number(right), isBehind: Number(left) === 0 && Number(right) > 0 };
    },
    filesAt: async (at, mostBytes) => {
      const listed = await run(['ls-tree', '-r', '-z', '-l', '--full-tree', at, ...(prefix === '' ? [] : ['--', prefix])]);
      if (listed.status !== 0) throw await unknown(`git cannot list the files of ${at}.`, listed.told);
      const unread = (hint: string): Promise<EngineError> => unknown(`git cannot read all files of ${at}.`, hint);
      // The size of what the clone lacks is BAD: left out, it would pass for a file that was not there.
      if (/(^|\0)\d+ blob [0-9a-f]+ +BAD\t/.test(listed.out.toString('utf8'))) throw await unread(MISSING);
      const entries = listed.out
        .toString('utf8')
        .split('\0')
        .flatMap((line) => {
          const [, mode = '', id = '', size = '', path = ''] = /^(\d+) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
          return id === '' || Number(size) > mostBytes
            ? []
            : [{ id, path: path.slice(prefix.length), isLink: mode === '120000' }];
        });
      const { status, out, told } = await run(['cat-file', '--batch'], entries.map(({ id }) => `${id}\n`).join(''));
      const contents = status === 0 ? contentsIn(out) : [];
      if (contents.length !== entries.length) throw await unread(told || MISSING);
      return entries.map(({ path, isLink }, index) => ({ path, isLink, content: sure(contents[index], 'file of this number') }));
    },
  };
};

const MISSING = 'git fsck tells what is missing. A clone that was made with --filter lacks files: make one without.';
const HEX = /^[0-9a-f]{7,64}$/;

/** The branch that a merge request asks to be merged into, as CI systems name it. */
const targetsIn = (env: Readonly<Record<string, string | undefined>>): readonly string[] =>
  ['CI_MERGE_REQUEST_TARGET_BRANCH_NAME', 'GITHUB_BASE_REF', 'SYSTEM_PULLREQUEST_TARGETBRANCH', 'CHANGE_TARGET'].flatMap(
    (name) => {
      const branch = (env[name] ?? '').replace(/^refs\/heads\//, '');
      return branch === '' || branch.startsWith('-') ? [] : [branch];
    },
  );

/** `ID blob SIZE\n`, the bytes, `\n`; an object that is missing has no bytes and ends the list. */
const contentsIn = (out: Buffer): readonly Buffer[] => {
  const found: Buffer[] = [];
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(0x0a, at);
    const [, size] = / blob (\d+)$/.exec(out.toString('latin1', at, end)) ?? [];
    if (size === undefined) break;
    found.push(out.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return found;
};

const notOpened = (folder: string, told: string): EngineError => {
  const isNone = /not a git repository/i.test(told);
  return new EngineError(
    'REVISION_UNKNOWN',
    isNone ? `"${folder}" is in no git repository.` : `git cannot be used in "${folder}": ${told.split('\n')[0]}`,
    isNone ? 'Plan without --changed-since, or in a clone.' : 'Mend what git says, or plan without --changed-since.',
  );
};

const runGit = (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  input: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const passed = Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
    const child = spawn('git', ['-c', 'core.fsmonitor=false', ...args], {
      cwd: folder,
      // Messages in English, no lock, no question, nothing fetched.
      env: { ...passed, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const told: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => told.push(chunk));
    // A git that ends before it has read everything says why by its status.
    child.stdin.on('error', () => undefined);
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new EngineError(
          'REVISION_UNKNOWN',
          error.code === 'ENOENT'
            ? 'git is not installed, or not in PATH.'
            : `git cannot be started: ${error.code ?? error.message}.`,
          'Install git, or plan without --changed-since.',
        ),
      ),
    );
    child.on('close', (status) =>
      resolve({ status: status ?? 1, out: Buffer.concat(out), told: Buffer.concat(told).toString('utf8').trim() }),
    );
    child.stdin.end(input);
  });
