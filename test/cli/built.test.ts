import { spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { startScript } from '../../scripts/start-loader.ts';
import { newFolder as folder, main, runBuilt } from './run-built.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/quickstart');

describe('the built program', () => {
  it('is there: npm run build makes it', () => expect(existsSync(main)).toBe(true));

  it('answers --version without any other file of ours or of others', async () => {
    const alone = folder();
    for (const name of ['main.js', 'package.json']) copyFileSync(join(dirname(main), name), join(alone, name));
    const version = { exit: 0, stdout: `${packageJson.version}\n`, stderr: '' };
    expect(await runBuilt(['--version'], alone, join(alone, 'main.js'))).toEqual(version);
    expect((await runBuilt(['validate'], alone, join(alone, 'main.js'))).exit).toBe(1);
  });

  it('starts from what V8 compiled at build time, and from the text where there is no such thing', async () => {
    const scripts = readdirSync(dirname(main)).filter((name) => /^(start|line)-\w+\.js$/.test(name));
    expect(scripts).toHaveLength(2);
    const surroundings = { require: createRequire(main), load: () => Promise.reject(new Error('nothing is loaded')) };
    const refused = scripts.map((name) => startScript(dirname(main), name.slice(0, -3), surroundings).script.cachedDataRejected);
    expect(refused).toEqual([false, false]);

    const alone = folder();
    for (const name of ['main.js', 'package.json', ...scripts]) copyFileSync(join(dirname(main), name), join(alone, name));
    for (const argv of [['validate', '-C', EXAMPLE], ['validate', '-C', EXAMPLE, '--log-level', 'info'], ['--help']]) {
      const whole = await runBuilt(argv, alone);
      expect(whole).toMatchObject({ exit: 0, stderr: '' });
      expect(await runBuilt(argv, alone, join(alone, 'main.js'))).toEqual(whole);
    }
  });

  it('writes a long result whole, to a pipe and to a file', async () => {
    const at = folder();
    const argv = ['config', '--format', 'json', '-C', EXAMPLE];
    const { exit, stdout } = await runBuilt(argv, at);
    expect(exit).toBe(0);
    expect(stdout.length).toBeGreaterThan(8192);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'config', exit: 0 });
    const path = join(at, 'config.json');
    const file = openSync(path, 'w');
    const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', file, 'inherit'] });
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
    closeSync(file);
    expect(readFileSync(path, 'utf8')).toBe(stdout);
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
