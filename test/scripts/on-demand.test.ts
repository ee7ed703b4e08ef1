import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { VALIDATORS } from '../../engine/core/validators/index.js';
import { KINDS, LOOK_UPS } from '../../engine/kinds/index.ts';
import { onDemand } from '../../scripts/on-demand.ts';

const root = join(import.meta.dirname, '../..');

type Lists = { readonly KINDS: readonly object[]; readonly LOOK_UPS: readonly object[]; readonly VALIDATORS: object };

/** The lists as the script that starts has them. */
const bundled = async (): Promise<Lists> => {
  const contents = `export { KINDS, LOOK_UPS } from './engine/kinds/index.ts';
    export { VALIDATORS } from './engine/core/validators/index.js';`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins: [await onDemand(root)],
  });
  const module = { exports: {} };
  new Function('module', outputFiles[0]?.text ?? '')(module);
  return module.exports as Lists;
};

/** Values of the same form are equal where their functions are written alike. */
const written = (value: unknown): unknown => {
  if (typeof value === 'function') return 'a function';
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, inner]) => [key, written(inner)]);
};

describe('what is run on demand', () => {
  it('has every key of every kind and look-up, in the same order, with the same values', async () => {
    const lists = await bundled();
    expect(lists.KINDS.map(written)).toEqual(KINDS.map(written));
    expect(lists.LOOK_UPS.map(written)).toEqual(LOOK_UPS.map(written));
  });

  it('has a validator for every collection, and each is the same one at every asking', async () => {
    const { VALIDATORS: found } = await bundled();
    expect(Object.keys(found)).toEqual(Object.keys(VALIDATORS));
    for (const name of Object.keys(found)) {
      const ask = (): unknown => Reflect.get(found, name);
      expect(typeof ask()).toBe('function');
      expect(ask()).toBe(ask());
    }
  });

  it('runs no module of a kind before it is asked for something that only the kind knows', async () => {
    const { KINDS: found } = await bundled();
    const [first] = found;
    const descriptors = Object.entries(Object.getOwnPropertyDescriptors(first));
    expect(descriptors.filter(([, { get }]) => get === undefined).map(([key]) => key)).toEqual(
      expect.arrayContaining(['collection', 'keyParts', 'nested']),
    );
    expect(descriptors.find(([key]) => key === 'schema')?.[1].get).toBeTypeOf('function');
  });
});
