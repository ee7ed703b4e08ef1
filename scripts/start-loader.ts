/** How the built program loads what it starts with: one script, together with what V8 had made of it when it was built. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** What a started script sees beside JavaScript's own globals; `load` imports a file of `dist/`, relative to `dist/cli/`. */
export type Surroundings = {
  readonly require: (name: string) => unknown;
  readonly load: (path: string) => Promise<unknown>;
};

export type Started<Exports> = { readonly script: Script; readonly exports: Exports };

/** Code made by one release of Node is of no use to another, nor to another machine's. */
export const cacheName = (name: string): string => `${name}-${process.version}-${process.platform}-${process.arch}.cache`;

/**
 * Runs `FOLDER/NAME.js`, a function expression in ASCII (see `start.ts`).
 *
 * V8 itself refuses a cache of another version, of other flags or of a text of another length, and compiles the text instead;
 * `script.cachedDataRejected` says so. The name holds a digest of the text, so that a cache never meets another text.
 */
export const startScript = <Exports>(folder: string, name: string, { require, load }: Surroundings): Started<Exports> => {
  const filename = join(folder, `${name}.js`);
  const cachedData = readCache(join(folder, cacheName(name)));
  const script = new Script(readFileSync(filename, 'utf8'), { filename, ...(cachedData === null ? {} : { cachedData }) });
  const module: { exports: unknown } = { exports: {} };
  script.runInThisContext()(module, require, load);
  return { script, exports: module.exports as Exports };
};

const readCache = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch {
    // Built by another Node: the text alone does as well, more slowly.
    return null;
  }
};
