/** Kinds and validators that are read with the script that starts, and run only where a file declares something of theirs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { KINDS, LOOK_UPS } from '../engine/kinds/index.ts';

/** One export of a module under `engine/kinds/`, with what it holds. */
type Export = { readonly file: string; readonly name: string; readonly value: unknown };

/**
 * Puts stand-ins in the place of the two lists. A stand-in has every key of what it stands for, in its order: texts and lists
 * of texts as they are (they tell the kinds apart), all else asked of the real one, whose module runs then.
 */
export const onDemand = async (root: string): Promise<Plugin> => {
  const exports = await exportsOf(join(root, 'engine/kinds'));
  const kinds = [
    'const standIn = (known, keys, real) => {',
    '  const all = {};',
    '  for (const key of keys)',
    '    if (Object.hasOwn(known, key)) all[key] = known[key];',
    '    else Object.defineProperty(all, key, { enumerable: true, get: () => real()[key] });',
    '  return all;',
    '};',
    `export const KINDS = [${KINDS.map((kind) => standInOf(kind, exports)).join(',\n')}];`,
    `export const LOOK_UPS = [${LOOK_UPS.map((lookUp) => standInOf(lookUp, exports)).join(',\n')}];`,
  ].join('\n');
  return {
    name: 'on-demand',
    setup: ({ onLoad }) => {
      onLoad({ filter: /engine[\\/]kinds[\\/]index\.ts$/ }, ({ suffix }) =>
        suffix === WHOLE ? undefined : { contents: kinds, loader: 'js' },
      );
      onLoad({ filter: /engine[\\/]core[\\/]validators[\\/]index\.js$/ }, async () => ({
        contents: await validatorsOf(root),
        loader: 'js',
      }));
    },
  };
};

/** Behind a path: the file as it is. */
const WHOLE = '?whole';

const exportsOf = async (folder: string): Promise<readonly Export[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'index.ts').sort();
  const modules = await Promise.all(
    files.map(async (file): Promise<Export[]> => {
      const module: Readonly<Record<string, unknown>> = await import(join(folder, file));
      return Object.entries(module).map(([name, value]) => ({ file, name, value }));
    }),
  );
  return modules.flat();
};

const isText = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

const standInOf = (of: object, exports: readonly Export[]): string => {
  const entries = Object.entries(of);
  const known = Object.fromEntries(entries.filter(([, value]) => isText(value)));
  const keys = entries.map(([key]) => key);
  const found = exports.find(({ value }) => value === of);
  const real = found === undefined ? inList(of) : `require('./${found.file}').${found.name}`;
  return `/* @__PURE__ */ standIn(${JSON.stringify(known)}, ${JSON.stringify(keys)}, () => ${real})`;
};

/** What is written out in the list itself. */
const inList = (of: object): string => {
  const list = KINDS.some((kind) => kind === of) ? 'KINDS' : 'LOOK_UPS';
  const at = (list === 'KINDS' ? KINDS : LOOK_UPS).findIndex((one: object) => one === of);
  return `require('./index.ts${WHOLE}').${list}[${at}]`;
};

const validatorsOf = async (root: string): Promise<string> => {
  const { VALIDATORS } = await import(join(root, 'engine/core/validators/index.js'));
  const names = Object.keys(VALIDATORS);
  return [
    "export { validate as validateWorkspace } from './workspace.js';",
    `export const VALIDATORS = { ${names.map((name) => `get ${name}() { return require('./${name}.js').validate; }`).join(', ')} };`,
  ].join('\n');
};
