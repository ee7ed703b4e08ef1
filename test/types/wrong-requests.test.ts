import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCE = readFileSync(join(ROOT, 'test/types/wrong-requests.ts'), 'utf8');
const MARKER = /^\/\/ @ts-expect-error/;

/** `file:line` of every error that the compiler finds in these files, by the options of tsconfig.json. */
const compile = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-types-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { types: [] },
      include: [join(folder, '*.ts')],
      exclude: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const output = await new Promise<string>((resolve, reject) =>
      execFile(
        process.execPath,
        [tsc, '--noEmit', '--pretty', 'false', '-p', folder],
        { cwd: folder },
        (error, stdout, stderr) =>
          // Errors in the files end with 1 or 2 and are told on stdout; anything else is a fault of the test.
          error && typeof error.code !== 'number' ? reject(error) : resolve(`${stdout}${stderr}`),
      ),
    );
    const found = output.split('\n').filter((line) => /error TS\d+/.test(line));
    return found.map((line) => /([\w-]+\.ts)\((\d+),\d+\): error TS\d+/.exec(line)?.slice(1, 3).join(':') ?? line);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const lines = SOURCE.replaceAll('../../engine/', `${ROOT}engine/`).split('\n');
/** 1-based numbers of the lines below a marker. */
const marked = lines.flatMap((line, index) => (MARKER.test(line) ? [index + 2] : []));

it('at least ten wrong requests and answers fail to compile, each at its own line, and nothing else does', async () => {
  expect(marked.length).toBeGreaterThanOrEqual(10);
  const found = await compile({
    'with-markers.ts': lines.join('\n'),
    'without-markers.ts': lines.map((line) => (MARKER.test(line) ? '//' : line)).join('\n'),
  });
  expect([...new Set(found)].sort()).toEqual(marked.map((line) => `without-markers.ts:${line}`).sort());
});
