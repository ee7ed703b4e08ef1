/** Bundles what is published into `dist/`, with the declarations beside it: `npm run build`. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { bundleStart, writeCaches } from './start.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const types = join(dist, 'types');

/** CommonJS packages ask for Node's own modules by `require`, which an ES module lacks. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n`;

const SHARED: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  // Optional peers: whoever asks for them installs them.
  external: ['ali-oss', 'ioredis'],
  // The same release as ES modules: what is not used falls away, and no start waits for `require`.
  alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
};

/**
 * One chunk per part that is loaded by itself: a single file would be parsed as a whole at every start (DEPENDENCIES 9).
 * Dependencies are bundled, so that a start reads few files. What starts is written last, when all that it may load is there.
 */
const bundle = async (): Promise<void> => {
  const start = await bundleStart(root, dist, SHARED);
  const { outputFiles } = await build({
    ...SHARED,
    entryPoints: { ...start.parts, 'engine/index': 'engine/index.ts', 'scripts/demo': 'scripts/demo.ts' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    write: false,
  });
  const files = [...outputFiles.map(({ path, text }) => ({ path, text: withRequire(text) })), ...start.files];
  for (const file of files) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text);
  }
  chmodSync(join(dist, 'cli/main.js'), 0o755);
  const caches = await writeCaches(root, dist, start.name);
  removeOthers(new Set([...files.map((file) => file.path), ...caches]));
};

/** Chunks of earlier builds: removed last, so that a program that is running finds what it began with. */
const removeOthers = (kept: ReadonlySet<string>): void => {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !path.startsWith(types) && !kept.has(path)) rmSync(path);
  }
};

/** Adds the banner where esbuild's stand-in for `require` is defined, and nowhere else. */
const withRequire = (text: string): string => (text.includes('Dynamic require of "') ? BANNER + text : text);

/** Types of the two doors; runs beside the bundler, in a process of its own. */
const declare = (): Promise<void> =>
  new Promise((done, fail) => {
    const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
    const child = spawn(process.execPath, [join(dirname(tsc), 'bin/tsc'), '-p', 'tsconfig.build.json'], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', fail);
    child.on('exit', (code) => (code === 0 ? done() : fail(new Error(`tsc -p tsconfig.build.json ended with ${code}`))));
  });

await Promise.all([bundle(), declare()]);
