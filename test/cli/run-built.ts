/** The program as it is installed: what `npm run build` made, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const main = join(import.meta.dirname, '../../dist/cli/main.js');
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'phinfra-built-'));

export type Ended = { readonly exit: number | null; readonly stdout: string; readonly stderr: string };

/** @param env beside a path, a home and CI */
export const runBuilt = (
  argv: readonly string[],
  cwd: string,
  program = main,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [program, ...argv],
      { cwd, env: { PATH: process.env['PATH'], HOME: cwd, CI: 'true', ...env } },
      (_error, stdout, stderr) => done({ exit: child.exitCode, stdout, stderr }),
    );
  });
