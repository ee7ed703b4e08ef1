/** Starts the simulator of test/sweep in processes of its own: the engine on a modelled machine in place of Node's modules. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Order } from '../test/sweep/main.ts';
import type { Verdict } from '../test/sweep/runs.ts';
import type { Report, Work } from '../test/sweep/work.ts';

const root = join(import.meta.dirname, '..');
const machine = join(root, 'test/sweep/machine');
const MODULES: Readonly<Record<string, string>> = {
  'node:fs': 'fs.ts',
  'node:fs/promises': 'fs-promises.ts',
  'node:crypto': 'crypto.ts',
  'node:os': 'os.ts',
};

/** The engine finds its disk, its randomness and its name on the modelled machine; everything else finds Node's. */
const onMachine: Plugin = {
  name: 'machine',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const own = MODULES[path];
      return own !== undefined && importer.startsWith(join(root, 'engine/')) ? { path: join(machine, own) } : undefined;
    });
  },
};

const bundleInto = (outfile: string) =>
  build({
    absWorkingDir: root,
    entryPoints: ['test/sweep/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
    // No case keeps a record in a bucket or a ledger in Redis.
    external: ['ali-oss', 'ioredis'],
    alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    define: { 'process.pid': 'simulated.pid', 'process.kill': 'simulated.kill' },
    plugins: [onMachine],
  });

const ask = <T>(bundle: string, order: Order): Promise<T> =>
  new Promise((done, fail) => {
    const child = fork(bundle, { execArgv: ['--enable-source-maps', '--max-semi-space-size=32'] });
    child.once('message', (answer) => done(answer as T));
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the simulator ended with ${code} and told nothing`)));
    child.send(order);
  });

const withBundle = async <T>(run: (bundle: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-sweep-'));
  try {
    const bundle = join(folder, 'sweep.mjs');
    await bundleInto(bundle);
    return await run(bundle);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Does every part of the work in a process of its own, all at the same time. */
export const sweepParts = (works: readonly Work[]): Promise<readonly Report[]> =>
  withBundle((bundle) => Promise.all(works.map((work) => ask<Report>(bundle, { work }))));

/** Plays one line. */
export const replayLine = (line: string): Promise<Verdict> => withBundle((bundle) => ask<Verdict>(bundle, { replay: line }));
