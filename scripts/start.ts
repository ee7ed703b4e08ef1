/**
 * What starts: `dist/cli/main.js`, and the script with all that `validate` needs. Both are CommonJS, because Node's loader of ES
 * modules alone takes a quarter of a start; the script comes with V8's code cache (docs/decisions/0010).
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { cacheName, startScript } from './start-loader.ts';

export type File = { readonly path: string; readonly text: string };

/** Entry points of what a start loads later, by their names under `dist/`; ES modules. */
export type Parts = Readonly<Record<string, string>>;

type Start = {
  /** In the order in which they are to be written: `main.js` names the script. */
  readonly files: readonly File[];
  readonly parts: Parts;
  readonly name: string;
};

/** What is loaded lazily and yet in the script; all else is loaded when it is needed. */
const STARTED: readonly string[] = ['cli/command-line.ts', 'cli/commands/validate.ts'];

/** Modules of Node that are there before any program begins. */
const PRESENT: readonly string[] = ['node:buffer', 'node:events', 'node:fs', 'node:path', 'node:process', 'node:vm'];

/** Node's other modules are loaded by the first use of a name of theirs: an import alone costs milliseconds. */
const onFirstUse: Plugin = {
  name: 'on-first-use',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, namespace, kind }) =>
      kind === 'dynamic-import' || namespace === 'on-first-use' || PRESENT.includes(path)
        ? { path, external: true }
        : { path, namespace: 'on-first-use' },
    );
    onLoad({ filter: /^/, namespace: 'on-first-use' }, ({ path }) => {
      const names = Object.keys(createRequire(import.meta.url)(path));
      return {
        contents: `for (const name of ${JSON.stringify(names)})
          Object.defineProperty(module.exports, name, { enumerable: true, get: () => require("${path}")[name] });`,
        loader: 'js',
      };
    });
  },
};

/** Picocolors looks whether standard output is a terminal, which makes Node open it; we tell it whether to colour. */
const withoutLooking: Plugin = {
  name: 'without-looking',
  setup: ({ onLoad }) =>
    onLoad({ filter: /picocolors\.js$/ }, async ({ path }) => ({
      contents: `const process = {};\n${await readFile(path, 'utf8')}`,
      loader: 'js',
    })),
};

/** Bundles what starts, for a `dist/` folder. `shared` holds the options of every bundle. */
export const bundleStart = async (root: string, dist: string, shared: BuildOptions): Promise<Start> => {
  const options: BuildOptions = { ...shared, format: 'cjs', charset: 'ascii', write: false };
  const parts: Record<string, string> = {};
  const loadedLater: Plugin = {
    name: 'loaded-later',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir }) => {
        const source = relative(root, resolve(resolveDir, path));
        if (kind !== 'dynamic-import' || STARTED.includes(source)) return undefined;
        const name = source.replace(/\.ts$/, '').replace(/^cli/, 'parts');
        parts[name] = source;
        return { path: `../${name}.js`, external: true };
      }),
  };
  const script = await textOf({
    ...options,
    stdin: {
      contents: `export { run } from './cli/run.ts';\nexport const engine = () => require('./engine/index.ts');\n`,
      resolveDir: root,
      loader: 'ts',
    },
    banner: { js: '(function (module, require, load) {' },
    footer: { js: '})' },
    plugins: [loadedLater, onFirstUse, withoutLooking],
  });
  const loads = script.replaceAll(/\bimport\((?=["'])/g, 'load(');
  const name = `start-${createHash('sha256').update(loads).digest('hex').slice(0, 12)}`;
  const main = await textOf({
    ...options,
    entryPoints: ['cli/main.ts'],
    plugins: [standIn(root, name), loadedLater, onFirstUse],
  });
  const inCli = (file: string): string => join(dist, 'cli', file);
  return {
    files: [
      { path: inCli('package.json'), text: '{ "type": "commonjs" }\n' },
      { path: inCli(`${name}.js`), text: loads },
      { path: inCli('main.js'), text: main },
    ],
    parts,
    name,
  };
};

const textOf = async (options: BuildOptions): Promise<string> => {
  const { outputFiles } = await build(options);
  const [file] = outputFiles ?? [];
  if (file === undefined) throw new Error('esbuild gave no file');
  return file.text;
};

/** What `main.ts` loads by `import()` comes from the script. */
const standIn = (root: string, name: string): Plugin => {
  const modules: Readonly<Record<string, string>> = {
    'cli/run.ts': `export { run } from 'started';`,
    'engine/index.ts': `import { engine } from 'started'; module.exports = engine();`,
    started: `import { startScript } from './scripts/start-loader.ts';
      module.exports = startScript(__dirname, '${name}', { require, load: (path) => import(path) }).exports;`,
  };
  return {
    name: 'stand-in',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /\.ts$|^started$/ }, ({ path, resolveDir }) => {
        const source = path === 'started' ? path : relative(root, resolve(resolveDir, path));
        return source in modules ? { path: source, namespace: 'stand-in' } : undefined;
      });
      onLoad({ filter: /^/, namespace: 'stand-in' }, ({ path }) => ({
        contents: modules[path] ?? '',
        resolveDir: root,
        loader: 'js',
      }));
    },
  };
};

type Warm = { readonly run: (host: object) => Promise<number>; readonly engine: () => object };

/**
 * Runs the script's `validate` once and writes what V8 compiled for it: a start then compiles nothing.
 *
 * @returns the path of the cache
 * @throws Error when the example does not hold
 */
export const writeCache = async (root: string, dist: string, name: string): Promise<string> => {
  const folder = join(dist, 'cli');
  const require = createRequire(join(folder, 'main.js'));
  const load = (path: string): Promise<unknown> => Promise.reject(new Error(`a start loads ${path}`));
  const { script, exports } = startScript<Warm>(folder, name, { require, load });
  const told: string[] = [];
  const sink = { write: (text: string) => void told.push(text), isTerminal: false, columns: null, stream: null };
  const exit = await exports.run({
    argv: ['validate', '-C', join(root, 'examples/quickstart')],
    version: '',
    folder: root,
    env: {},
    home: homedir(),
    stdout: sink,
    stderr: sink,
    canAsk: false,
    signal: new AbortController().signal,
    signalName: () => null,
    loadEngine: async () => exports.engine(),
  });
  if (exit !== 0) throw new Error(`validate ended with ${exit}: ${told.join('')}`);
  const path = join(folder, cacheName(name));
  writeFileSync(path, script.createCachedData());
  return path;
};
