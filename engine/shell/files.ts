/** Files of a workspace: found by globs, read within limits, never outside the workspace (DESIGN 2, 9). */

import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, join, sep } from 'node:path';
import picomatch from 'picomatch';
import { encodingFault } from '../core/characters.ts';
import type { Diagnostic, DiagnosticCode } from '../core/diagnostic.ts';
import { LIMITS } from '../core/document.ts';
import { byText } from '../core/json.ts';

export type FileSystem = {
  /** The workspace's folder, every link in it resolved. */
  readonly root: string;
  /** Bytes that may still be read in all. */
  bytesLeft: number;
  readonly folders: Map<string, readonly Dirent[]>;
};

/** @throws Error (ENOENT and the like) when the folder does not exist */
export const openFileSystem = (folder: string): FileSystem => ({
  root: realpathSync.native(folder),
  bytesLeft: LIMITS.totalBytes,
  folders: new Map(),
});

const MEBIBYTE = 1024 * 1024;
const fault = (code: DiagnosticCode, file: string, message: string, hint: string, line = 1, column = 1): Diagnostic => ({
  code,
  severity: 'error',
  message,
  hint,
  source: { file, line, column },
});

// ---- one file -------------------------------------------------------------------------------------------------------

export type TextFile = { readonly text: string } | { readonly fault: Diagnostic };

/**
 * The text of a file, without its byte order mark.
 *
 * @param file path relative to the workspace, with slashes
 */
export const readTextFile = (system: FileSystem, file: string): TextFile => {
  const path = join(system.root, ...file.split('/'));
  try {
    const real = realpathSync.native(path);
    if (!isInside(system.root, real)) return { fault: outside(file) };
    // A pipe or a device would block or never end: looked at before it is opened.
    const kind = kindOf(statSync(real));
    if (kind !== 'file') return { fault: unreadable(file, `This is ${kind}, not a file.`) };
    return readRegular(system, file, real);
  } catch (error) {
    return { fault: unreadable(file, reasonOf(error)) };
  }
};

const readRegular = (system: FileSystem, file: string, path: string): TextFile => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(descriptor);
    if (size > LIMITS.fileBytes)
      return { fault: fault('FILE_TOO_LARGE', file, `The file is larger than ${LIMITS.fileBytes / MEBIBYTE} MiB.`, 'Split it.') };
    if (size > system.bytesLeft)
      return {
        fault: fault(
          'FILE_TOO_LARGE',
          file,
          `The files are larger than ${LIMITS.totalBytes / MEBIBYTE} MiB in all.`,
          'Split the workspace.',
        ),
      };
    const bytes = readFileSync(descriptor);
    system.bytesLeft -= bytes.length;
    return textOf(file, bytes);
  } finally {
    closeSync(descriptor);
  }
};

const textOf = (file: string, bytes: Buffer): TextFile => {
  const wrong = isUtf8(bytes) && !bytes.includes(0) ? null : encodingFault(bytes);
  if (wrong === null) {
    const text = bytes.toString('utf8');
    return { text: text.startsWith('\ufeff') ? text.slice(1) : text };
  }
  const message = wrong.encoding === 'not UTF-8' ? 'A byte here is not UTF-8.' : `The file is in ${wrong.encoding}.`;
  return { fault: fault('FILE_ENCODING', file, message, 'Save the file in UTF-8.', wrong.line, wrong.column) };
};

type Stats = { isFile: () => boolean; isDirectory: () => boolean };
const kindOf = (stats: Stats): 'file' | 'a folder' | 'a device, pipe or socket' =>
  stats.isFile() ? 'file' : stats.isDirectory() ? 'a folder' : 'a device, pipe or socket';
const isInside = (root: string, path: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
const outside = (file: string): Diagnostic =>
  fault('PATH_OUTSIDE', file, 'This link leads out of the workspace.', 'Copy what it leads to into the workspace.');
const unreadable = (file: string, reason: string): Diagnostic =>
  fault('FILE_UNREADABLE', file, `${reason.replace(/\.$/, '')}.`, 'Mend it, or let the pattern leave it out.');
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'The file does not exist, or is a link that leads nowhere',
  EACCES: 'The file may not be read by this user',
  EPERM: 'The file may not be read by this user',
  ELOOP: 'The file is a link that leads to itself',
  EISDIR: 'This is a folder, not a file',
  ENAMETOOLONG: 'The name is too long',
};
const reasonOf = (error: unknown): string => {
  const code = String((error as NodeJS.ErrnoException).code);
  return REASONS[code] ?? `The file cannot be read (${code})`;
};

// ---- patterns -------------------------------------------------------------------------------------------------------

export type PatternFiles = {
  /** Paths relative to the workspace with slashes, sorted. */
  readonly files: readonly string[];
  readonly faults: readonly Diagnostic[];
  /** Why nothing can be found: the pattern leads out of the workspace; or it names a folder. */
  readonly wrong: 'outside' | 'folder' | null;
};

/** Folders that no pattern looks into unless it names them. */
const SKIPPED: readonly string[] = ['node_modules'];

/**
 * The files that a glob names. Links to files and folders inside the workspace are followed; those that lead out of it are faults,
 * as are folders, pipes and devices that the glob names as if they were files.
 */
export const findFiles = (system: FileSystem, glob: string): PatternFiles => {
  const pattern = glob.replace(/^(\.\/+)+/, '');
  if (pattern.startsWith('/') || pattern.split('/').includes('..')) return { files: [], faults: [], wrong: 'outside' };
  const isMatch = picomatch(pattern, { nonegate: true, noextglob: true });
  const { base } = picomatch.scan(pattern);
  const parts = base.split('/').filter((part) => part !== '' && part !== '.');
  const search: Search = {
    system,
    pattern,
    isMatch,
    files: [],
    faults: [],
    maxDepth: pattern.includes('**') ? Number.POSITIVE_INFINITY : pattern.split('/').length,
  };
  if (isMatch(parts.join('/'))) visit(search, parts.join('/'), []);
  else descend(search, parts, []);
  const isFolder = search.files.length === 0 && search.faults.length === 0 && isFolderAt(system, pattern);
  return { files: search.files.sort(byText), faults: search.faults, wrong: isFolder ? 'folder' : null };
};

type Search = {
  readonly system: FileSystem;
  readonly pattern: string;
  readonly isMatch: (path: string) => boolean;
  readonly files: string[];
  readonly faults: Diagnostic[];
  readonly maxDepth: number;
};

const isFolderAt = (system: FileSystem, path: string): boolean => {
  try {
    return statSync(join(system.root, ...path.split('/'))).isDirectory();
  } catch {
    return false;
  }
};

/** Walks a folder; `above` holds the real paths of the folders on the way, so that a link to one of them ends there. */
const descend = (search: Search, parts: readonly string[], above: readonly string[]): void => {
  if (parts.length >= search.maxDepth) return;
  const folder = join(search.system.root, ...parts);
  let real: string;
  try {
    real = realpathSync.native(folder);
  } catch {
    return;
  }
  if (!isInside(search.system.root, real)) {
    search.faults.push(outside(parts.join('/')));
    return;
  }
  if (above.includes(real)) return;
  for (const entry of entriesOf(search, real, parts.join('/'))) {
    const path = [...parts, entry.name].join('/');
    if (entry.isFile()) {
      if (search.isMatch(path)) search.files.push(path);
    } else visit(search, path, [...above, real]);
  }
};

const entriesOf = ({ system, faults }: Search, real: string, path: string): readonly Dirent[] => {
  const known = system.folders.get(real);
  if (known !== undefined) return known;
  let entries: readonly Dirent[] = [];
  try {
    entries = readdirSync(real, { withFileTypes: true }).sort((a, b) => byText(a.name, b.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') faults.push(unreadable(path, reasonOf(error).replace('The file', 'The folder')));
  }
  system.folders.set(real, entries);
  return entries;
};

/** A path that is no plain file in its folder: a folder, a link, a pipe, a device; or one that the pattern names in full. */
const visit = (search: Search, path: string, above: readonly string[]): void => {
  const { system, isMatch, files, faults, pattern } = search;
  const full = join(system.root, ...path.split('/'));
  const isWanted = isMatch(path);
  let real: string;
  let kind: ReturnType<typeof kindOf>;
  try {
    if (!lstatSync(full)) return;
    real = realpathSync.native(full);
    kind = kindOf(statSync(real));
  } catch (error) {
    const isThere = lstatSync(full, { throwIfNoEntry: false }) !== undefined;
    if (isWanted && isThere) faults.push(unreadable(path, reasonOf(error)));
    return;
  }
  if (!isInside(system.root, real)) {
    const mayHold = kind === 'a folder' && !isSkipped(path, pattern) && path.split('/').length < search.maxDepth;
    if (isWanted || mayHold) faults.push(outside(path));
    return;
  }
  if (kind === 'file') {
    if (isWanted) files.push(path);
    return;
  }
  const isNamedLikeFile = isWanted && /\.[A-Za-z0-9]+$/.test(basename(path));
  if (isNamedLikeFile || (isWanted && kind !== 'a folder')) faults.push(unreadable(path, `This is ${kind}, not a file`));
  if (kind === 'a folder' && !isSkipped(path, pattern)) descend(search, path.split('/'), above);
};

const isSkipped = (path: string, pattern: string): boolean => {
  const name = basename(path);
  if (SKIPPED.includes(name)) return !pattern.split('/').includes(name);
  return name.startsWith('.') && !pattern.split('/').some((part) => part.startsWith('.'));
};
