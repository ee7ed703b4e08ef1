/**
 * A modelled disk: what was written is seen at once, and lasts through a loss of power once it was synced (RELIABILITY 3.6).
 *
 *     write, truncate     last after the file's sync
 *     a name in a folder  made, moved or removed, lasts after the folder's sync
 *
 * A loss of power keeps, of each file and of each folder by itself, any first part of what was not synced.
 */

export type File = { readonly kind: 'file'; data: Buffer; durable: Buffer };
export type Folder = {
  readonly kind: 'folder';
  readonly entries: Map<string, Node>;
  /** Names as they were at the last sync, and what happened to them since, in order. */
  durable: ReadonlyMap<string, Node>;
  unsynced: (readonly [name: string, node: Node | null])[];
};
export type Node = File | Folder;
export type Disk = { readonly root: Folder };

/** What the system calls the failure, as Node's errors carry it; without a trace, for many a file is asked for that is not there. */
export const failure = (code: string, call: string, path: string): Error => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${call} '${path}'`);
  Error.stackTraceLimit = stackTraceLimit;
  return Object.assign(error, { code, syscall: call, path });
};

const EMPTY = Buffer.alloc(0);
export const newFile = (): File => ({ kind: 'file', data: EMPTY, durable: EMPTY });
const newFolder = (): Folder => ({ kind: 'folder', entries: new Map(), durable: new Map(), unsynced: [] });
export const newDisk = (): Disk => ({ root: newFolder() });

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** The node at a path; null where there is none. */
export const find = (disk: Disk, path: string): Node | null => {
  let node: Node = disk.root;
  for (const part of partsOf(path)) {
    const next: Node | undefined = node.kind === 'folder' ? node.entries.get(part) : undefined;
    if (!next) return null;
    node = next;
  }
  return node;
};

/** The folder that holds a path, and the last name of it. @throws ENOENT */
export const holderOf = (disk: Disk, path: string, call: string): { readonly folder: Folder; readonly name: string } => {
  const parts = partsOf(path);
  const name = parts.pop();
  const folder = find(disk, parts.join('/'));
  if (folder?.kind !== 'folder' || name === undefined) throw failure('ENOENT', call, path);
  return { folder, name };
};

export const setEntry = (folder: Folder, name: string, node: Node | null): void => {
  if (node === null) folder.entries.delete(name);
  else folder.entries.set(name, node);
  folder.unsynced.push([name, node]);
};

export const syncNode = (node: Node): void => {
  if (node.kind === 'file') node.durable = node.data;
  else if (node.unsynced.length > 0) {
    node.durable = new Map(node.entries);
    node.unsynced = [];
  }
};

/** Makes a folder with the parents that it lacks; the first that was made, as Node's mkdir gives it. */
export const makeFolders = (disk: Disk, path: string): string | undefined => {
  let folder = disk.root;
  let first: string | undefined;
  const parts = partsOf(path);
  for (const [index, part] of parts.entries()) {
    const next = folder.entries.get(part);
    if (next?.kind === 'file') throw failure('EEXIST', 'mkdir', path);
    if (!next) first ??= `/${parts.slice(0, index + 1).join('/')}`;
    const made = next ?? newFolder();
    if (!next) setEntry(folder, part, made);
    folder = made;
  }
  return first;
};

/** Everything has reached the disk, as after a minute of rest. */
export const settleDisk = (disk: Disk): void => visit(disk.root, syncNode);

const visit = (node: Node, look: (node: Node) => void): void => {
  look(node);
  if (node.kind === 'folder') for (const entry of node.entries.values()) visit(entry, look);
};

/**
 * What a loss of power leaves, with nothing unsynced any more.
 *
 * @param below a whole number from 0 to below n: how much of the unsynced parts has reached the disk
 */
export const afterPowerLoss = (disk: Disk, below: (n: number) => number): Disk => {
  const known = new Map<Node, Node>();
  const survive = (node: Node): Node => {
    const before = known.get(node);
    if (before) return before;
    if (node.kind === 'file') {
      const data = survivingBytes(node, below);
      const file: File = { kind: 'file', data, durable: data };
      known.set(node, file);
      return file;
    }
    const folder = newFolder();
    known.set(node, folder);
    const names = new Map(node.durable);
    for (const [name, entry] of node.unsynced.slice(0, below(node.unsynced.length + 1)))
      if (entry === null) names.delete(name);
      else names.set(name, entry);
    for (const [name, entry] of names) folder.entries.set(name, survive(entry));
    folder.durable = new Map(folder.entries);
    return folder;
  };
  return { root: survive(disk.root) as Folder };
};

const survivingBytes = ({ data, durable }: File, below: (n: number) => number): Buffer => {
  if (data === durable) return data;
  const isAppended = data.length >= durable.length && data.subarray(0, durable.length).equals(durable);
  if (isAppended) return data.subarray(0, durable.length + below(data.length - durable.length + 1));
  // Cut, or written over in place: a first part is new, and the rest as it was.
  const kept = below(data.length + 1);
  return below(2) === 0 ? durable : Buffer.concat([data.subarray(0, kept), durable.subarray(kept)]);
};

/** The same disk once more: contents are shared, for bytes are never changed in place. */
export const copyDisk = (disk: Disk): Disk => {
  const known = new Map<Node, Node>();
  const copy = (node: Node): Node => {
    const before = known.get(node);
    if (before) return before;
    if (node.kind === 'file') {
      const file: File = { ...node };
      known.set(node, file);
      return file;
    }
    const folder = newFolder();
    known.set(node, folder);
    for (const [name, entry] of node.entries) folder.entries.set(name, copy(entry));
    folder.durable = new Map([...node.durable].map(([name, entry]) => [name, copy(entry)]));
    folder.unsynced = node.unsynced.map(([name, entry]) => [name, entry && copy(entry)] as const);
    return folder;
  };
  return { root: copy(disk.root) as Folder };
};

/** Every file with its text, by path. */
export const contentsOf = (disk: Disk): readonly (readonly [path: string, text: string])[] => {
  const found: [string, string][] = [];
  const walk = (folder: Folder, path: string): void => {
    for (const [name, node] of folder.entries)
      if (node.kind === 'folder') walk(node, `${path}/${name}`);
      else found.push([`${path}/${name}`, node.data.toString('utf8')]);
  };
  walk(disk.root, '');
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
};
