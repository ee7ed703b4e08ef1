import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

/** What `npm run build` made: the program as it is installed. */
const main = join(import.meta.dirname, '../../dist/cli/main.js');
const folder = (): string => mkdtempSync(join(tmpdir(), 'phinfra-built-'));

type Ended = { readonly exit: number | null; readonly stdout: string; readonly stderr: string };

const runBuilt = (argv: readonly string[], cwd: string): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [main, ...argv],
      { cwd, env: { PATH: process.env['PATH'], HOME: cwd, CI: 'true' } },
      (_error, stdout, stderr) => done({ exit: child.exitCode, stdout, stderr }),
    );
  });

describe('the built program', () => {
  it('is there: npm run build makes it', () => expect(existsSync(main)).toBe(true));

  it('answers --version without loading anything of ours or of others', async () => {
    expect(await runBuilt(['--version'], folder())).toEqual({ exit: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    const imports = [...readFileSync(main, 'utf8').matchAll(/(?:^|;)import\b[^(;]*?["']([^"']+)["']/g)].map((match) => match[1]);
    expect(imports.filter((path) => !path?.startsWith('node:'))).toEqual([]);
  });

  it('ends with 3 and a place to begin where there is no workspace', async () => {
    const ended = await runBuilt(['validate', '--format', 'json'], folder());
    expect(ended.exit).toBe(3);
    expect(ended.stderr).toBe('');
    expect(JSON.parse(ended.stdout)).toMatchObject({
      command: 'validate',
      exit: 3,
      diagnostics: [{ code: 'WORKSPACE_MISSING' }],
    });
  });

  it('tells a file in error with its excerpt, and the codes of all errors in JSON', async () => {
    const at = folder();
    writeFileSync(join(at, 'phinfra.yaml'), 'phinfra: 1\nresources: ["*.yml"]\nedition: basic\nconnection: { emulator: {} }\n');
    writeFileSync(join(at, 'a.yml'), 'userGroups:\n  finance:\n    descripton: x\n    active: 7\n');
    const text = await runBuilt(['validate'], at);
    expect(text).toMatchObject({ exit: 3, stdout: '' });
    expect(text.stderr).toContain('error KEY_UNKNOWN   a.yml:3:5\n  3 │     descripton: x\n    │     ^');
    const result = JSON.parse((await runBuilt(['validate', '--format', 'json'], at)).stdout);
    expect(result.diagnostics.map(({ code }: { code: string }) => code)).toEqual(['KEY_UNKNOWN', 'TYPE_WRONG']);
  });

  it('plans, applies and plans again to nothing against its own emulator', async () => {
    const at = folder();
    writeFileSync(join(at, 'phinfra.yaml'), 'phinfra: 1\nresources: ["*.yml"]\nedition: basic\nconnection: { emulator: {} }\n');
    writeFileSync(
      join(at, 'a.yml'),
      'userGroups:\n  finance:\n    description: Reads\n    members: [alice@example.com, bob@example.com]\n',
    );
    const planned = await runBuilt(['plan', '-o', 'plan.json', '--detailed-exitcode'], at);
    expect(planned).toMatchObject({ exit: 2, stderr: '' });
    expect(planned.stdout).toContain('  + finance');
    const shown = await runBuilt(['show', 'plan.json'], at);
    expect(shown).toMatchObject({ exit: 0, stderr: '' });
    const refused = await runBuilt(['apply'], at);
    expect(refused.exit).toBe(3);
    expect(refused.stderr).toContain('CONFIRMATION_MISSING');
    const applied = await runBuilt(['apply', 'plan.json', '--format', 'json'], at);
    expect(JSON.parse(applied.stdout)).toMatchObject({ command: 'apply', exit: 0, applied: 1, failed: 0, unknown: 0, left: 0 });
    const again = await runBuilt(['plan', '--detailed-exitcode'], at);
    expect(again.exit).toBe(0);
    expect(again.stdout).toContain('Nothing changes');
    expect((await runBuilt(['state', 'list'], at)).stdout).toMatch(/^userGroups\/finance {2}created/);
    const destroyed = await runBuilt(['destroy', '--auto-approve', '--format', 'json'], at);
    expect(JSON.parse(destroyed.stdout)).toMatchObject({ command: 'destroy', exit: 0, applied: 1 });
  });

  it('refuses an edited plan', async () => {
    const at = folder();
    writeFileSync(join(at, 'phinfra.yaml'), 'phinfra: 1\nresources: ["*.yml"]\nedition: basic\nconnection: { emulator: {} }\n');
    writeFileSync(join(at, 'a.yml'), 'userGroups: { finance: { description: Reads } }\n');
    await runBuilt(['plan', '-o', 'plan.json'], at);
    writeFileSync(join(at, 'plan.json'), readFileSync(join(at, 'plan.json'), 'utf8').replaceAll('Reads', 'Writes'));
    const ended = await runBuilt(['apply', 'plan.json'], at);
    expect(ended.exit).toBe(3);
    expect(ended.stderr).toContain('error PLAN_EDITED');
  });

  it('ends in peace when its reader goes away', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const exit = await new Promise((done) => child.on('close', done));
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  it('runs an emulator until a signal, the keys in its first line', async () => {
    const child = spawn(process.execPath, [main, 'emulator'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const first = await new Promise<string>((done) => child.stdout.once('data', (data) => done(String(data))));
    const { endpoint } = JSON.parse(first);
    expect((await fetch(`${endpoint}/_emulator/violations`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });
});
