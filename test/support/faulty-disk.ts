/**
 * A disk that fails when told: stands in for `node:fs/promises` (`vi.mock`), so that every step of the program's own code
 * passes it, also one that nobody thought of. What is not below `disk.under`, and reading, is left alone.
 */
import type * as Promises from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';

/**
 * - `ENOSPC`: a write takes half of its bytes and then none, and nothing can be made from then on; syncs and renames work
 * - `EROFS`: nothing works from then on
 * - `EIO`: this step fails, the next one works
 * - `short`: this write takes half of its bytes, and says so
 */
export type DiskFault = 'ENOSPC' | 'EROFS' | 'EIO' | 'short';
/** One thing that is done to the disk: `write journal.jsonl`. */
export type DiskStep = { readonly verb: string; readonly name: string };

type Planned = { readonly at: number; readonly fault: DiskFault; hasHappened: boolean };

export const disk = {
  /** The folder that is watched; null: none. */
  under: null as string | null,
  steps: [] as DiskStep[],
  planned: null as Planned | null,
  /** Told at the moment of the fault. */
  onFault: (): void => undefined,
};

/** Watches a folder from now on, and lets the step with this number (from 0) fail. */
export const watch = (
  under: string,
  planned: { readonly at: number; readonly fault: DiskFault } | null,
  onFault = (): void => undefined,
): void => {
  disk.under = under;
  disk.steps = [];
  disk.planned = planned && { ...planned, hasHappened: false };
  disk.onFault = onFault;
};
export const unwatch = (): void => watch('', null);

const errorOf = (code: string, verb: string): Error =>
  Object.assign(new Error(`${code}: ${verb}`), { code, errno: -1, syscall: verb });

const TAKES_ROOM: ReadonlySet<string> = new Set(['write', 'open', 'mkdir', 'copyFile', 'link']);

/** What the step meets: null, a short write, or its error thrown. */
const meet = (verb: string, path: string): 'short' | 'full' | null => {
  if (disk.under === null || disk.under === '' || !path.startsWith(disk.under)) return null;
  disk.steps.push({ verb, name: basename(path) });
  const { planned } = disk;
  if (!planned) return null;
  const isNow = !planned.hasHappened && disk.steps.length - 1 === planned.at;
  if (isNow) {
    planned.hasHappened = true;
    disk.onFault();
  }
  if (!planned.hasHappened) return null;
  switch (planned.fault) {
    case 'short':
      return isNow ? 'short' : null;
    case 'EIO':
      if (isNow) throw errorOf('EIO', verb);
      return null;
    case 'EROFS':
      throw errorOf('EROFS', verb);
    case 'ENOSPC':
      if (isNow && verb === 'write') return 'full';
      if (TAKES_ROOM.has(verb)) throw errorOf('ENOSPC', verb);
      return null;
    default:
      return planned.fault satisfies never;
  }
};

const isForWriting = (flags: string | number | undefined): boolean => flags !== undefined && flags !== 'r' && flags !== 0;

const watched = (file: FileHandle, path: string): FileHandle =>
  new Proxy(file, {
    get: (target, key) => {
      if (key === 'write')
        return async (bytes: Uint8Array, offset: number, length: number, position: number | null) => {
          const met = meet('write', path);
          if (met === null) return target.write(bytes, offset, length, position);
          // A single byte cannot be halved.
          return target.write(bytes, offset, Math.floor(length / 2), position);
        };
      if (key === 'datasync' || key === 'sync' || key === 'truncate' || key === 'writeFile')
        return async (...words: readonly unknown[]) => {
          meet(key === 'writeFile' ? 'write' : key, path);
          return (target[key] as (...all: unknown[]) => Promise<unknown>).apply(target, [...words]);
        };
      const value = Reflect.get(target, key) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** The module in which some functions fail as told. */
export const faulty = (real: typeof Promises): typeof Promises => {
  const failing = <K extends 'rename' | 'link' | 'rm' | 'mkdir' | 'copyFile'>(verb: K, place: 0 | 1) =>
    (async (...words: readonly unknown[]) => {
      meet(verb, String(words[place]));
      return (real[verb] as (...all: readonly unknown[]) => Promise<unknown>)(...words);
    }) as unknown as (typeof real)[K];
  const open: typeof real.open = async (path, flags, mode) => {
    // A folder is opened for reading to be synced; a file for writing.
    if (isForWriting(flags)) meet('open', String(path));
    return watched(await real.open(path, flags, mode), String(path));
  };
  const module = {
    ...real,
    open,
    rename: failing('rename', 1),
    link: failing('link', 1),
    rm: failing('rm', 0),
    mkdir: failing('mkdir', 0),
    copyFile: failing('copyFile', 1),
  };
  return { ...module, default: module } as typeof Promises;
};
