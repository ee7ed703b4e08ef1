/** `node:fs/promises` on the modelled disk: what the engine uses of it, and nothing else. */

import { constants } from 'node:fs';
import { type Disk, failure, find, holderOf, makeFolders, type Node, newFile, setEntry, syncNode } from './disk.ts';
import { change, look, machineHere } from './machine.ts';

/** The number: to read and to write over in place, made where it is missing. */
const OVER = constants.O_RDWR | constants.O_CREAT;
type Flags = 'r' | 'r+' | 'a' | 'wx' | typeof OVER;
type Encoding = 'utf8' | { readonly encoding?: 'utf8'; readonly mode?: number; readonly flag?: 'wx' };

const nodeAt = (disk: Disk, path: string, call: string): Node => {
  const node = find(disk, path);
  if (!node) throw failure('ENOENT', call, path);
  return node;
};

/** @param position null: at the end */
const put = (node: Node, bytes: Uint8Array, position: number | null): void => {
  if (node.kind !== 'file') return;
  const at = position ?? node.data.length;
  node.data = Buffer.concat([node.data.subarray(0, at), bytes, node.data.subarray(at + bytes.length)]);
};

export class FileHandle {
  readonly #node: Node;
  constructor(node: Node) {
    this.#node = node;
  }
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null = null,
  ): Promise<{ readonly bytesWritten: number }> {
    const bytes = buffer.subarray(offset, offset + length);
    return change(
      'write',
      () => {
        put(this.#node, bytes, position);
        return { bytesWritten: length };
      },
      (_disk, share) => put(this.#node, bytes.subarray(0, Math.floor(length * share)), position),
    );
  }
  writeFile(text: string, _encoding: 'utf8'): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    return this.write(bytes, 0, bytes.length).then(() => undefined);
  }
  datasync(): Promise<void> {
    return this.sync();
  }
  sync(): Promise<void> {
    return change('sync', () => syncNode(this.#node));
  }
  truncate(length: number): Promise<void> {
    return change('truncate', () => {
      if (this.#node.kind === 'file') this.#node.data = this.#node.data.subarray(0, length);
    });
  }
  stat(): Promise<{ readonly size: number }> {
    return look(() => ({ size: this.#node.kind === 'file' ? this.#node.data.length : 0 }));
  }
  read(buffer: Buffer, offset: number, length: number, position: number) {
    return look(() => {
      const bytesRead = this.#node.kind === 'file' ? this.#node.data.copy(buffer, offset, position, position + length) : 0;
      return { buffer, bytesRead };
    });
  }
  close(): Promise<void> {
    return look(() => undefined);
  }
}

export const open = (path: string, flags: Flags, _mode?: number): Promise<FileHandle> => {
  if (flags === 'r' || flags === 'r+') return look((disk) => new FileHandle(nodeAt(disk, path, 'open')));
  const make = (disk: Disk): FileHandle => {
    const { folder, name } = holderOf(disk, path, 'open');
    const there = folder.entries.get(name);
    if (there && flags === 'wx') throw failure('EEXIST', 'open', path);
    if (there) return new FileHandle(there);
    const made = newFile();
    setEntry(folder, name, made);
    return new FileHandle(made);
  };
  // What is there already is not changed by being opened.
  return flags !== 'wx' && find(machineHere().disk, path) ? look(make) : change('open', make);
};

export const mkdir = (
  path: string,
  _options: { readonly recursive: true; readonly mode?: number },
): Promise<string | undefined> =>
  find(machineHere().disk, path)?.kind === 'folder' ? look(() => undefined) : change('mkdir', (disk) => makeFolders(disk, path));

export const rename = (from: string, to: string): Promise<void> =>
  change('rename', (disk) => {
    const source = holderOf(disk, from, 'rename');
    const target = holderOf(disk, to, 'rename');
    const node = nodeAt(disk, from, 'rename');
    setEntry(target.folder, target.name, node);
    setEntry(source.folder, source.name, null);
  });

export const link = (from: string, to: string): Promise<void> =>
  change('link', (disk) => {
    const node = nodeAt(disk, from, 'link');
    const { folder, name } = holderOf(disk, to, 'link');
    if (folder.entries.has(name)) throw failure('EEXIST', 'link', to);
    setEntry(folder, name, node);
  });

export const rm = (path: string, _options: { readonly force: true }): Promise<void> =>
  find(machineHere().disk, path)
    ? change('unlink', (disk) => {
        const { folder, name } = holderOf(disk, path, 'unlink');
        if (folder.entries.has(name)) setEntry(folder, name, null);
      })
    : look(() => undefined);

export const copyFile = (from: string, to: string): Promise<void> =>
  change('copy', (disk) => {
    const node = nodeAt(disk, from, 'copyfile');
    const { folder, name } = holderOf(disk, to, 'copyfile');
    const made = newFile();
    if (node.kind === 'file') made.data = node.data;
    setEntry(folder, name, made);
  });

export const readFile = (path: string, _encoding: 'utf8'): Promise<string> => {
  // The system of the machine itself: what tells one start of it, and one process, from another.
  if (path.startsWith('/proc/')) return look(() => readSystem(path));
  return look((disk) => {
    const node = nodeAt(disk, path, 'open');
    if (node.kind === 'folder') throw failure('EISDIR', 'read', path);
    return node.data.toString('utf8');
  });
};

const readSystem = (path: string): string => {
  const machine = machineHere();
  if (path === '/proc/sys/kernel/random/boot_id') return `boot-${machine.boot}\n`;
  const pid = Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1]);
  if (!machine.processes.get(pid)?.isAlive) throw failure('ENOENT', 'open', path);
  return `${pid} (node) ${Array.from({ length: 19 }, (_, at) => (at === 0 ? 'R' : 0)).join(' ')} ${pid * 10} 0`;
};

export const writeFile = (path: string, text: string, _options: Encoding): Promise<void> =>
  open(path, 'wx').then((file) => file.writeFile(text, 'utf8'));

export const readdir = (path: string): Promise<string[]> =>
  look((disk) => {
    const node = nodeAt(disk, path, 'scandir');
    if (node.kind !== 'folder') throw failure('ENOTDIR', 'scandir', path);
    return [...node.entries.keys()];
  });

/** Asked for by parts of the engine that no case of the sweep comes to: files of another revision. */
const absent = (name: string) => (): never => {
  throw new Error(`the modelled disk has no ${name}`);
};
export const mkdtemp = absent('mkdtemp');
export const symlink = absent('symlink');
export const stat = absent('stat');
export const lstat = absent('lstat');
export const chmod = absent('chmod');
