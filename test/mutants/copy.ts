/** A copy of the sources in a folder of its own, where one mutant at a time lives, and what the checks say of it. */
import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Check, Edit } from './mutant.ts';
import { edited } from './mutant.ts';

/**
 * green    nothing was noticed
 * red      `by`: the first that noticed
 * broken   no test failed, and yet it did not end well: the edit does not load, say
 */
export type Result = { readonly end: 'green' } | { readonly end: 'red' | 'broken'; readonly by: string };

export type Copy = {
  /** Makes the edits, runs the work, and puts the files back. @throws Error for an edit that does not apply */
  readonly with: <T>(edits: readonly Edit[], work: () => Promise<T>) => Promise<T>;
  readonly check: (one: Check, limitMs: number) => Promise<Result>;
  readonly remove: () => void;
};

const root = join(import.meta.dirname, '../..');

/** What git knows, and what is new and not ignored; as it is now. */
export const makeCopy = (): Copy => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'phinfra-mutants-')));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const name of listed.split('\0').filter((one) => one !== '' && !one.startsWith('node_modules'))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(root, name), join(folder, name));
  }
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  return {
    with: async (edits, work) => {
      const before = new Map<string, string>();
      try {
        for (const edit of edits) {
          const path = join(folder, edit.file);
          const text = readFileSync(path, 'utf8');
          if (!before.has(path)) before.set(path, text);
          writeFileSync(path, edited(text, edit));
        }
        return await work();
      } finally {
        for (const [path, text] of before) writeFileSync(path, text);
      }
    },
    check: (one, limitMs) => ('replay' in one ? runReplay(folder, one.replay, limitMs) : runTests(folder, one.tests, limitMs)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const runTests = async (folder: string, files: readonly string[], limitMs: number): Promise<Result> => {
  // Where vitest.config.ts has it.
  const report = join(folder, 'coverage', 'report.json');
  rmSync(report, { force: true });
  const options = ['--bail', '1', '--maxWorkers', '1', '--reporter', 'json'];
  const ended = await run(folder, ['node_modules/vitest/vitest.mjs', 'run', ...files, ...options], limitMs);
  if (ended.isOver) return late(limitMs);
  if (ended.code === 0) return { end: 'green' };
  return (existsSync(report) ? firstFailure(report) : null) ?? { end: 'broken', by: lastLines(ended.output) };
};

type Report = {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

/** A name that is not there is a slip of the edit's author, and shows nothing about the tests. */
const SLIP = /^(ReferenceError|SyntaxError)/;

const firstFailure = (report: string): Result | null => {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed');
  if (!failed) return null;
  const slip = failed.failureMessages.find((message) => SLIP.test(message));
  return slip === undefined ? { end: 'red', by: failed.fullName } : { end: 'broken', by: slip.slice(0, 300) };
};

const runReplay = async (folder: string, line: string, limitMs: number): Promise<Result> => {
  const ended = await run(folder, ['node_modules/tsx/dist/cli.mjs', 'scripts/sweep.ts', '--replay', line], limitMs);
  if (ended.isOver) return late(limitMs);
  if (ended.code === 0) return { end: 'green' };
  // The line comes back with what is wrong below it; a case that could not be played says nothing.
  return ended.output.startsWith(line) ? { end: 'red', by: `the case ${line}` } : { end: 'broken', by: lastLines(ended.output) };
};

/** Whether something has noticed it nobody knows: it may be the machine that is slow. */
const late = (limitMs: number): Result => ({ end: 'broken', by: `does not end within ${limitMs / 1000} s` });

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-12).join('\n');

type Ended = { readonly code: number | null; readonly output: string; readonly isOver: boolean };

/** A process group of its own, so that what it has started ends with it. */
const run = (folder: string, args: readonly string[], limitMs: number): Promise<Ended> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isOver = false;
    const limit = setTimeout(() => {
      isOver = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    const collect = (bytes: Buffer): void => {
      output += bytes.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(limit);
      done({ code, output, isOver });
    });
  });
