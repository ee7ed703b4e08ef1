/** `node:fs` on the modelled disk: how the engine reads a workspace, and nothing else. */
import { constants } from 'node:fs';
import { type Disk, failure, find, type Node } from './disk.ts';
import { lookAtOnce } from './machine.ts';

export { constants };

const nodeAt = (disk: Disk, path: string, call: string): Node => {
  const node = find(disk, path);
  if (!node) throw failure('ENOENT', call, path);
  return node;
};
const statsOf = (node: Node) => ({
  isFile: () => node.kind === 'file',
  isDirectory: () => node.kind === 'folder',
  isSymbolicLink: () => false,
  size: node.kind === 'file' ? node.data.length : 0,
});

/** Files that are open for reading, by descriptor. */
const opened = new Map<number, Node>();
let nextDescriptor = 3;

export const statSync = (path: string) => lookAtOnce((disk) => statsOf(nodeAt(disk, path, 'stat')));
export const lstatSync = (path: string, options?: { readonly throwIfNoEntry: false }) =>
  lookAtOnce((disk) => {
    if (options && !find(disk, path)) return undefined;
    return statsOf(nodeAt(disk, path, 'lstat'));
  });
export const fstatSync = (descriptor: number) => statsOf(openedAt(descriptor));
const openedAt = (descriptor: number): Node => {
  const node = opened.get(descriptor);
  if (!node) throw failure('EBADF', 'read', String(descriptor));
  return node;
};

export const openSync = (path: string, _flags: number): number =>
  lookAtOnce((disk) => {
    const descriptor = nextDescriptor++;
    opened.set(descriptor, nodeAt(disk, path, 'open'));
    return descriptor;
  });
export const closeSync = (descriptor: number): void => {
  opened.delete(descriptor);
};

export const readFileSync = (from: string | number, encoding?: 'utf8'): Buffer | string =>
  lookAtOnce((disk) => {
    const node = typeof from === 'number' ? openedAt(from) : nodeAt(disk, from, 'open');
    if (node.kind === 'folder') throw failure('EISDIR', 'read', String(from));
    return encoding === undefined ? node.data : node.data.toString(encoding);
  });

const realpath = (path: string): string =>
  lookAtOnce((disk) => {
    nodeAt(disk, path, 'realpath');
    return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  });
export const realpathSync = Object.assign(realpath, { native: realpath });

export const readdirSync = (path: string, _options: { readonly withFileTypes: true }) =>
  lookAtOnce((disk) => {
    const node = nodeAt(disk, path, 'scandir');
    if (node.kind !== 'folder') throw failure('ENOTDIR', 'scandir', path);
    return [...node.entries].map(([name, entry]) => ({ name, ...statsOf(entry) }));
  });
