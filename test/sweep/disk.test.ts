/** The modelled disk: what a loss of power keeps. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../laws/random.ts';
import {
  afterPowerLoss,
  contentsOf,
  copyDisk,
  type Disk,
  type File,
  type Folder,
  find,
  makeFolders,
  newDisk,
  newFile,
  setEntry,
  settleDisk,
  syncNode,
} from './machine/disk.ts';

const put = (disk: Disk, name: string, text: string): File => {
  const file = newFile();
  file.data = Buffer.from(text);
  setEntry(find(disk, '/f') as Folder, name, file);
  return file;
};
const start = (): Disk => {
  const disk = newDisk();
  makeFolders(disk, '/f');
  settleDisk(disk);
  return disk;
};
/** Every way in which the power may go, by many seeds. */
const survivors = (disk: Disk): readonly string[] => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const kept = contentsOf(afterPowerLoss(disk, createRandom(seed).below));
    seen.add(kept.map(([path, text]) => `${path}=${text}`).join(' '));
  }
  return [...seen].sort();
};

describe('a loss of power', () => {
  it('keeps a file whose bytes and whose name are synced', () => {
    const disk = start();
    syncNode(put(disk, 'a', 'xy'));
    syncNode(find(disk, '/f') as Folder);
    expect(survivors(disk)).toEqual(['/f/a=xy']);
  });

  it('may take the name of a file whose folder was not synced', () => {
    const disk = start();
    syncNode(put(disk, 'a', 'xy'));
    expect(survivors(disk)).toEqual(['', '/f/a=xy']);
  });

  it('keeps any first part of bytes that were not synced', () => {
    const disk = start();
    put(disk, 'a', 'xy');
    syncNode(find(disk, '/f') as Folder);
    expect(survivors(disk)).toEqual(['/f/a=', '/f/a=x', '/f/a=xy']);
  });

  it('keeps the order of what happened to the names of a folder', () => {
    const disk = start();
    syncNode(put(disk, 'a', '1'));
    syncNode(put(disk, 'b', '2'));
    expect(survivors(disk)).toEqual(['', '/f/a=1', '/f/a=1 /f/b=2']);
  });

  it('leaves the copy of a disk as it was', () => {
    const disk = start();
    const file = put(disk, 'a', '1');
    setEntry(find(disk, '/f') as Folder, 'same', file);
    const copy = copyDisk(disk);
    file.data = Buffer.from('2');
    expect(contentsOf(copy)).toEqual([
      ['/f/a', '1'],
      ['/f/same', '1'],
    ]);
    expect(find(copy, '/f/a')).toBe(find(copy, '/f/same'));
  });
});
