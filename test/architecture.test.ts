/** Who may import whom (STYLE 2): every file's imports are read, and an arrow that points the wrong way fails. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

type Import = { readonly from: string; readonly to: string; readonly isType: boolean; readonly isLazy: boolean };

const sourceFiles = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

const STATEMENT = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

const importsOf = (file: string): readonly Import[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(STATEMENT)].map(([, , type, fixed, lazy]) => {
    const target = fixed ?? lazy ?? '';
    return {
      from: file,
      to: target.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), target)) : target,
      isType: type !== undefined,
      isLazy: lazy !== undefined,
    };
  });

/** The room of a file: a folder of STYLE 2. */
const ROOMS = [
  'engine/operations',
  'engine/core',
  'engine/kinds',
  'engine/shell',
  'engine/index.ts',
  'emulator',
  'cli',
  'scripts',
  'bench',
  'test',
];
const roomOf = (path: string): string | null => ROOMS.find((room) => path === room || path.startsWith(`${room}/`)) ?? null;

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'engine/operations': ['engine/operations'],
  'engine/core': ['engine/core', 'engine/operations'],
  'engine/kinds': ['engine/kinds', 'engine/core', 'engine/operations'],
  'engine/shell': ['engine/shell', 'engine/kinds', 'engine/core', 'engine/operations'],
  'engine/index.ts': ['engine/shell', 'engine/kinds', 'engine/core', 'engine/operations'],
  emulator: ['emulator', 'engine/operations'],
  cli: ['cli', 'engine/index.ts'],
  scripts: ['scripts', 'engine/operations', 'engine/kinds', 'engine/core'],
};

/** Scripts that are programs of their own: they run the whole. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'scripts/changed-since.ts': ['scripts', 'test'],
  'scripts/access.ts': ['scripts', 'test'],
  'scripts/days.ts': ['scripts', 'test'],
  'scripts/demo.ts': ['scripts', 'cli', 'engine/index.ts', 'emulator'],
  'scripts/ledger.ts': ['scripts', 'test'],
  'scripts/kills.ts': ['scripts', 'test'],
  'scripts/laws.ts': ['scripts', 'test'],
  'scripts/schedules.ts': ['scripts', 'test'],
  'scripts/mutants.ts': ['scripts', 'test'],
  'scripts/score.ts': ['scripts', 'test'],
  'scripts/simulate.ts': ['scripts', 'test'],
  'scripts/sweep.ts': ['scripts', 'test'],
};

/** Each package has one home (STYLE 2). */
const HOMES: Readonly<Record<string, RegExp>> = {
  yaml: /^engine\/core\/document\.ts$/,
  ajv: /^scripts\//,
  'fast-json-patch': /^engine\/core\/diff\.ts$/,
  'p-limit': /^engine\/shell\/execute\.ts$/,
  listr2: /^cli\/render\/progress\.ts$/,
  picomatch: /^engine\/(core\/glob|shell\/files)\.ts$/,
  tinyglobby: /^engine\/shell\/files\.ts$/,
  commander: /^cli\//,
  picocolors: /^cli\//,
  'string-width': /^cli\//,
  'lossless-json': /^emulator\//,
  ioredis: /^engine\/shell\/ledger-redis\.ts$/,
  'ali-oss': /^engine\/shell\/oss-objects\.ts$/,
  esbuild: /^scripts\//,
};

const all = ['engine', 'emulator', 'cli', 'scripts'].flatMap(sourceFiles).flatMap(importsOf);
const show = (one: Import): string => `${one.from} -> ${one.to}`;

describe('who may import whom', () => {
  it('reads a real program', () => {
    expect(all.length).toBeGreaterThan(200);
    expect(all.some((one) => one.from === 'engine/core/diff.ts' && one.to === 'fast-json-patch')).toBe(true);
  });

  it('lets no arrow between the rooms point the wrong way', () => {
    const wrong = all.filter((one) => {
      const from = roomOf(one.from);
      const to = roomOf(one.to);
      if (to === null || from === null) return false;
      if (from === 'cli' && to === 'emulator') return !(one.to === 'emulator/index.ts' && (one.isLazy || one.isType));
      return !(PROGRAMS[one.from] ?? ALLOWED[from] ?? []).includes(to);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('keeps core and kinds pure: no node modules, no async, no clock, no randomness, no environment', () => {
    const nodes = all.filter((one) => /^engine\/(core|kinds|operations)\//.test(one.from) && isBuiltin(one.to));
    expect(nodes.map(show)).toEqual([]);
    const impure = [...sourceFiles('engine/core'), ...sourceFiles('engine/kinds')].filter((file) =>
      /\basync\b|\bawait\b|\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\b|\bsetTimeout\b/.test(
        readFileSync(join(ROOT, file), 'utf8')
          .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
          .replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''"),
      ),
    );
    expect(impure).toEqual([]);
  });

  it('gives each package one home', () => {
    const strays = all.filter((one) => {
      const home = Object.entries(HOMES).find(([name]) => one.to === name || one.to.startsWith(`${name}/`));
      return home !== undefined && !home[1].test(one.from);
    });
    expect(strays.map(show)).toEqual([]);
  });

  it('lets main.ts alone read the process', () => {
    const readers = sourceFiles('cli').filter(
      (file) =>
        file !== 'cli/main.ts' &&
        /\bprocess\.(argv|env|exit|stdout|stderr|stdin|cwd|on)\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(readers).toEqual([]);
  });
});
