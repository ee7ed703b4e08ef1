/**
 * What starts: `dist/cli/main.js`, and beside it two scripts: what `validate` needs, and commander's part of the command line.
 * All are CommonJS, because Node's loader of ES modules alone takes a quarter of a start; the scripts come with V8's code cache
 * (docs/decisions/0010).
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { onDemand } from './on-demand.ts';
import { cacheName, startScript } from './start-loader.ts';

export type File = { readonly path: string; readonly text: string };

export type Start = {
  /** In the order in which they are to be written: a file names those before it. */
  readonly files: readonly File[];
  /** Entry points of what a start loads later, by their names under `dist/`; ES modules. */
  readonly parts: Readonly<Record<string, string>>;
  /** The name of the script that begins. */
  readonly name: string;
};

/** A module that is a script of its own, with its name; it is loaded by `import()`. */
const APART: Readonly<Record<string, string>> = { 'cli/command-line.ts': 'line' };
/** Loaded by `import()`, and yet in the script that names it. */
const WITHIN: readonly string[] = ['cli/commands/validate.ts'];

/** Bundles what starts, for a `dist/` folder. `shared` holds the options of every bundle. */
export const bundleStart = async (root: string, dist: string, shared: BuildOptions): Promise<Start> => {
  const options: BuildOptions = { ...shared, format: 'cjs', charset: 'ascii', write: false };
  const parts: Record<string, string> = {};
  const scripts: Record<string, string> = {};
  const files: File[] = [{ path: join(dist, 'cli/package.json'), text: '{ "type": "commonjs" }\n' }];
  const later = loadedLater(root, parts, scripts);
  const demanded = await onDemand(root);
  const addScript = async (source: string, name: string, contents: string): Promise<string> => {
    const text = await textOf({
      ...options,
      stdin: { contents, resolveDir: root, loader: 'ts' },
      banner: { js: '(function (module, require, load) {' },
      footer: { js: '})' },
      plugins: [later, demanded, onFirstUse, withoutLooking],
    });
    const loads = text.replaceAll(/\bimport\((?=["'])/g, 'load(');
    const digest = createHash('sha256').update(loads).digest('hex').slice(0, 12);
    scripts[source] = `${name}-${digest}`;
    files.push({ path: join(dist, 'cli', `${name}-${digest}.js`), text: loads });
    return `${name}-${digest}`;
  };
  for (const [source, name] of Object.entries(APART)) await addScript(source, name, `export * from './${source}';`);
  const name = await addScript(
    'cli/run.ts',
    'start',
    `export { run } from './cli/run.ts';\nexport * as engine from './engine/index.ts';\n`,
  );
  const plugins = [standIn(root, name), later, onFirstUse];
  files.push({
    path: join(dist, 'cli/main.js'),
    text: await textOf({ ...options, entryPoints: ['cli/main.ts'], plugins }),
  });
  return { files, parts, name };
};

const textOf = async (options: BuildOptions): Promise<string> => {
  const { outputFiles } = await build(options);
  const [file] = outputFiles ?? [];
  if (file === undefined) throw new Error('esbuild gave no file');
  return file.text;
};

// ---- what is left out of a bundle ----------------------------------------------------------------------------------

/** Modules that are loaded by `import()`: scripts by `./NAME.js`, parts by their path from `dist/cli/`. */
const loadedLater = (root: string, parts: Record<string, string>, scripts: Readonly<Record<string, string>>): Plugin => ({
  name: 'loaded-later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir }) => {
      const source = relative(root, resolve(resolveDir, path));
      if (kind !== 'dynamic-import' || WITHIN.includes(source)) return undefined;
      if (scripts[source] !== undefined) return { path: `./${scripts[source]}.js`, external: true };
      const name = source.replace(/\.ts$/, '').replace(/^cli/, 'parts');
      parts[name] = source;
      return { path: `../${name}.js`, external: true };
    }),
});

/** Modules of Node that are there before any program begins. */
const PRESENT: readonly string[] = ['node:buffer', 'node:events', 'node:fs', 'node:path', 'node:process', 'node:vm'];

/** Node's other modules are loaded by the first call of a function of theirs: an import alone costs milliseconds. */
const onFirstUse: Plugin = {
  name: 'on-first-use',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'dynamic-import' || PRESENT.includes(path) ? { path, external: true } : { path, namespace: 'on-first-use' },
    );
    onLoad({ filter: /^/, namespace: 'on-first-use' }, ({ path }) => {
      const module: object = createRequire(import.meta.url)(path);
      const isFunction = (name: string): boolean => typeof Object.getOwnPropertyDescriptor(module, name)?.value === 'function';
      // Classes and values are left out: where one is named, esbuild says so and the build fails.
      const names = Object.keys(module).filter((name) => /^[a-z]/.test(name) && isFunction(name));
      const real = `process.getBuiltinModule('${path}')`;
      return { contents: names.map((name) => `export const ${name} = (...given) => ${real}.${name}(...given);`).join('\n') };
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

/** What `main.ts` loads by `import()` comes from the script that begins. */
const standIn = (root: string, name: string): Plugin => {
  const modules: Readonly<Record<string, string>> = {
    'cli/run.ts': `export { run } from 'started';`,
    'engine/index.ts': `import { engine } from 'started'; module.exports = engine;`,
    started: `import { startScript } from './scripts/start-loader.ts';
      const load = (path) => path.startsWith('./') ? Promise.resolve(start(path.slice(2, -3))) : import(path);
      const start = (name) => startScript(__dirname, name, { require, load }).exports;
      module.exports = start('${name}');`,
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

// ---- the code cache -------------------------------------------------------------------------------------------------

type Begun = { readonly run: (host: object) => Promise<number>; readonly engine: object };

/**
 * Runs what starts, once, and writes what V8 compiled for it: a start then compiles next to nothing.
 *
 * @param name of the script that begins
 * @returns the paths of the caches
 * @throws Error when a command does not end well
 */
export const writeCaches = async (root: string, dist: string, name: string): Promise<readonly string[]> => {
  const folder = join(dist, 'cli');
  const require = createRequire(join(folder, 'main.js'));
  const scripts = new Map<string, ReturnType<typeof startScript>['script']>();
  const load = async (path: string): Promise<unknown> => {
    if (!path.startsWith('./')) throw new Error(`a start loads ${path}`);
    return start(path.slice(2, -3));
  };
  const start = <Exports>(script: string): Exports => {
    const started = startScript<Exports>(folder, script, { require, load });
    scripts.set(script, started.script);
    return started.exports;
  };
  const { run, engine } = start<Begun>(name);
  const example = join(root, 'examples/quickstart');
  for (const argv of [['validate', '-C', example], ['validate', '-C', example, '--log-level', 'info'], ['--help']]) {
    const told: string[] = [];
    const sink = { write: (text: string) => void told.push(text), isTerminal: false, columns: null, stream: null };
    const exit = await run({
      argv,
      version: '',
      folder: root,
      env: {},
      home: homedir(),
      stdout: sink,
      stderr: sink,
      canAsk: false,
      signal: new AbortController().signal,
      signalName: () => null,
      loadEngine: async () => engine,
    });
    if (exit !== 0) throw new Error(`${argv.join(' ')} ended with ${exit}: ${told.join('')}`);
  }
  return [...scripts].map(([script, compiled]) => {
    const path = join(folder, cacheName(script));
    writeFileSync(path, compiled.createCachedData());
    return path;
  });
};
