/** Every example is what it says: it validates, applies to the emulator's default world as it is, and then nothing is left. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseWorld } from '../emulator/index.ts';
import { readConfig, validate } from '../engine/index.ts';
import { type Files, startSim } from './support/sim.ts';

const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = join(ROOT, 'examples');
const names = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(EXAMPLES, entry.name, 'phinfra.yaml')))
  .map((entry) => entry.name);

const filesOf = (folder: string): Files =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.phinfra'))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
      }),
  );

describe('examples', () => {
  it('are listed in examples/README.md, each with a README of its own', () => {
    const list = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    expect(names.length).toBeGreaterThanOrEqual(2);
    expect(names.filter((name) => !list.includes(`[${name}](${name})`))).toEqual([]);
    expect(names.filter((name) => !existsSync(join(EXAMPLES, name, 'README.md')))).toEqual([]);
  });

  for (const name of names)
    it(`${name} validates, applies with no variable set, and plans empty`, async () => {
      const invocation = { folder: join(EXAMPLES, name), variables: {}, env: {}, home: tmpdir() };
      const validated = await validate(invocation);
      expect({ exit: validated.exit, diagnostics: validated.diagnostics }).toEqual({ exit: 0, diagnostics: [] });
      const { config } = await readConfig(invocation);
      const edition = config?.environment.edition ?? null;
      expect(config?.environment.connection.emulator).not.toBeNull();

      // The sim stands in for the started emulator, whose world and tenant the CLI would take.
      const begun = config?.environment.connection.emulator?.world ?? null;
      const world = begun === null ? null : parseWorld(JSON.parse(readFileSync(join(EXAMPLES, name, begun), 'utf8')));
      const env = { PHINFRA_TENANT: world?.tenant ?? '300001413' };
      const sim = startSim({ env, ...(edition === null ? {} : { edition }), ...(world === null ? {} : { world }) });
      try {
        sim.write(filesOf(join(EXAMPLES, name)));
        const first = await sim.plan();
        expect(first.diagnostics).toEqual([]);
        const total = Object.values(validated.counts).reduce((sum, count) => sum + count, 0);
        // Members come to a data-service project that is there; all else is new.
        const added = validated.counts['dataServiceProjectMembers'] ?? 0;
        expect(first.plan?.summary).toMatchObject({ create: total - added, update: added, delete: 0, manual: 0 });
        sim.calls();
        if (!first.plan) throw new Error('there is no plan');
        const applied = await sim.apply(first.plan);
        expect(applied).toMatchObject({ exit: 0, applied: total, failed: 0, unknown: 0, left: 0, diagnostics: [] });
        expect(sim.calls()).toEqual(first.plan.bill.toApply.operations);
        const second = await sim.plan();
        expect(second.diagnostics).toEqual([]);
        expect(second.plan?.changes.filter((change) => change.action !== 'none')).toEqual([]);
        expect(second.plan?.steps).toEqual([]);
        expect(sim.service.violations()).toEqual([]);
      } finally {
        sim.end();
      }
    });
});

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const top = readme.split('\n').slice(0, 40);

  it('holds the two commands, the promise and a whole plan in its first 40 lines', () => {
    for (const command of ['npm ci && npm run demo', 'npm ci && npm test', 'phinfra plan', 'phinfra apply'])
      expect(top.filter((line) => line.includes(command)).length, command).toBeGreaterThan(0);
    expect(top.join('\n')).toContain('A plan never writes');
    expect(top.filter((line) => /^(plan · |Calls|About )/.test(line)).length).toBe(3);
    expect(top.filter((line) => line.startsWith('```')).length % 2).toBe(0);
  });

  it('shows a plan that the built program prints, line by line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'phinfra-readme-'));
    try {
      const workspace = join(folder, 'quickstart');
      cpSync(join(EXAMPLES, 'quickstart'), workspace, { recursive: true, filter: (path) => !path.endsWith('.phinfra') });
      const phinfra = (...argv: readonly string[]): string =>
        execFileSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...argv], {
          cwd: workspace,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          env: { PATH: process.env['PATH'], HOME: folder, XDG_STATE_HOME: folder },
        });
      phinfra('apply', '--auto-approve');
      const groups = join(workspace, 'people/groups.yaml');
      const before = readFileSync(groups, 'utf8');
      const after = before.replace(
        '[alice@example.com, bob@example.com]',
        '[alice@example.com, bob@example.com, erin@example.com]',
      );
      expect(after).not.toBe(before);
      writeFileSync(groups, after);
      const data = join(workspace, '.phinfra/default/emulator.json');
      writeFileSync(data, readFileSync(data, 'utf8').replace('"Reads the finance marts"', '"Reads whatever there is"'));

      const printed = phinfra('plan').split('\n').map(withoutChance);
      const [, block = ''] = /\n```\n(plan · .*?)\n```/s.exec(readme) ?? [];
      const shown = block.split('\n').map(withoutChance);
      expect(
        shown.filter((line) => line !== '…' && !printed.includes(line)),
        printed.join('\n'),
      ).toEqual([]);
      const positions = shown.filter((line) => line !== '…' && line !== '').map((line) => printed.indexOf(line));
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Keys are random, and the digest is of no use to a reader. */
const withoutChance = (line: string): string => line.replace(/\(…[0-9A-F]{4}\)|Changes [0-9a-f]{6}…/, '');
