/** Bytes that are on the disk when the promise resolves, and files that are never half written (DESIGN 6, RELIABILITY R2). */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';

/** What an append needs of a file; a FileHandle is one. */
export type AppendFile = {
  readonly write: (buffer: Uint8Array, offset: number, length: number) => Promise<{ readonly bytesWritten: number }>;
  readonly datasync: () => Promise<void>;
};

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Writes all bytes at the file's end and waits until they are on the disk. On a full disk `write` succeeds with a short
 * count (RELIABILITY 0.5), so it is repeated until all is written or nothing more is.
 *
 * @throws EngineError JOURNAL_WRITE; the error is final: neither the write nor the sync may be tried again
 */
export const appendDurably = async (file: AppendFile, bytes: Uint8Array, name: string): Promise<void> => {
  try {
    await writeAll(file, bytes);
    await file.datasync();
  } catch (error) {
    throw cannotWrite(name, error);
  }
};

type Writable = {
  readonly write: (
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ) => Promise<{ readonly bytesWritten: number }>;
};

/** @param at where the first byte goes; null: where the file stands */
export const writeAll = async (file: Writable, bytes: Uint8Array, at: number | null = null): Promise<void> => {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.length - offset, at === null ? null : at + offset);
    if (bytesWritten <= 0) throw new Error('the disk takes no more');
    offset += bytesWritten;
  }
};

/**
 * Replaces a file as a whole: a temporary one beside it, synced, renamed, the folder synced. Readable by the owner alone.
 *
 * @param beforeRename what is done once all bytes are on the disk: a full disk has not come so far
 * @throws EngineError JOURNAL_WRITE; the file is then as it was
 */
export const writeDurably = async (path: string, text: string, beforeRename?: () => Promise<void>): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', FILE_MODE);
    try {
      await writeAll(file, Buffer.from(text, 'utf8'));
      await file.sync();
    } finally {
      await file.close();
    }
    await beforeRename?.();
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await tidy(temporary);
    throw cannotWrite(path, error);
  }
};

/** Removes a file that is of no use any more. Where that fails it is in nobody's way, and who comes next tries again. */
export const tidy = (path: string): Promise<void> => rm(path, { force: true }).catch(() => undefined);

/** Makes the entries of a folder durable: a new file, a rename. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/**
 * Makes a folder that only the owner can enter, with the parents that it lacks.
 *
 * @throws EngineError JOURNAL_WRITE
 */
export const makeFolder = async (path: string): Promise<void> => {
  try {
    const first = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    if (first === undefined) return;
    // The name of each folder that was made lasts once the folder that holds it is synced.
    for (let made = resolve(path); made.length >= resolve(first).length; made = dirname(made)) await syncFolder(dirname(made));
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/** A file opened for appending, made where it is missing. */
export const openForAppend = async (path: string): Promise<FileHandle> => {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'a', FILE_MODE);
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file?.close();
    throw cannotWrite(path, error);
  }
};

/** What could not be written, as the error that ends a run. */
export const cannotWrite = (path: string, error: unknown): EngineError =>
  error instanceof EngineError
    ? error
    : new EngineError(
        'JOURNAL_WRITE',
        `The record cannot be written: ${path}: ${error instanceof Error ? error.message : String(error)}.`,
        'Nothing further was sent. Make room or give back the rights to the folder, then run the same command again.',
      );
