/**
 * One apply at a time per environment (DESIGN 6, RELIABILITY R0).
 *
 * The lock is a file `lock.N`, made exclusively; N is the fence and only grows. A file of a released or dead holder is not
 * removed before its successor is there: of two that take over from the same dead holder only one can make `lock.N+1`, and
 * one that slept over all of it finds a higher number than its own.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import { cannotWrite, makeFolder, syncFolder, tidy, writeAll, writeDurably } from './durable.ts';
import {
  type Holder,
  holderOf,
  isDead,
  locked,
  lostLock,
  ourselves,
  type ProcessFacts,
  readText,
  systemFacts,
} from './holder.ts';
import type { FoundLock, Lock } from './store.ts';

const NAME = /^lock\.(\d+)$/;
const MADE = /^lock\.(\d+)(\..*\.tmp)?$/;
const pathOf = (folder: string, fence: number): string => join(folder, `lock.${String(fence).padStart(6, '0')}`);

/**
 * Takes the lock of a folder.
 *
 * @throws EngineError LOCKED, naming the holder
 */
export const takeLock = async (
  folder: string,
  command: string,
  since: string,
  facts: ProcessFacts = systemFacts(),
): Promise<Lock> => {
  await makeFolder(folder);
  const holder = await ourselves(command, since, facts);
  const last = await highest(folder);
  if (last > 0) {
    const before = await readHolder(pathOf(folder, last));
    if (before !== 'released' && (before === null || !(await isDead(before, facts)))) throw locked(before);
  }
  const fence = last + 1;
  const isOurs = await createWhole(pathOf(folder, fence), JSON.stringify(holder));
  const now = await highest(folder);
  if (!isOurs || now !== fence) {
    if (isOurs) await tidy(pathOf(folder, fence));
    const winner = await readHolder(pathOf(folder, now));
    throw locked(winner === 'released' ? null : winner);
  }
  await removeOlder(folder, fence);
  return {
    fence,
    holder,
    release: () => writeDurably(pathOf(folder, fence), JSON.stringify({ released: true })),
  };
};

/** Who holds the lock of a folder; nothing is changed, and a folder that is not there is free. */
export const readLock = async (folder: string, facts: ProcessFacts = systemFacts()): Promise<FoundLock> => {
  const fence = await highestIfThere(folder);
  if (fence === 0) return { fence, status: 'free', holder: null };
  const holder = await readHolder(pathOf(folder, fence));
  if (holder === 'released') return { fence, status: 'free', holder: null };
  // A successor removes what it follows: what has vanished was not the last one any more.
  if (holder === null) return (await highest(folder)) > fence ? readLock(folder, facts) : { fence, status: 'unreadable', holder };
  if (holder.host !== facts.host) return { fence, status: 'elsewhere', holder };
  return { fence, status: (await isDead(holder, facts)) ? 'dead' : 'running', holder };
};

/**
 * Sees that nobody has followed a holder: somebody may have released its lock on another machine while it was stopped or slept.
 *
 * @throws EngineError JOURNAL_WRITE
 */
export const checkHeld = async (folder: string, fence: number): Promise<void> => {
  let now: number;
  try {
    now = await highest(folder);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  if (now !== fence) throw lostLock(folder, await readHolder(pathOf(folder, now)));
};

/**
 * Releases the lock that was found, and no later one: its successor, free from the start, is made exclusively, so the fence
 * grows past a holder that wakes up again.
 *
 * @throws EngineError LOCKED where somebody has followed it meanwhile
 */
export const releaseFound = async (folder: string, fence: number): Promise<void> => {
  if ((await highest(folder)) !== fence || !(await createWhole(pathOf(folder, fence + 1), JSON.stringify({ released: true })))) {
    const next = await readHolder(pathOf(folder, await highest(folder)));
    throw locked(next === 'released' ? null : next);
  }
  await removeOlder(folder, fence + 1);
};

const highestIfThere = async (folder: string): Promise<number> => {
  try {
    return await highest(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw new EngineError('STATE_UNREADABLE', `${folder} cannot be read: ${(error as Error).message}.`);
  }
};

const fencesIn = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).flatMap((name) => {
    const fence = NAME.exec(name)?.[1];
    return fence === undefined ? [] : [Number(fence)];
  });
const highest = async (folder: string): Promise<number> => Math.max(0, ...(await fencesIn(folder)));

/** Locks that were followed, and drafts of them that a killed run has left. */
const removeOlder = async (folder: string, fence: number): Promise<void> => {
  for (const name of await readdir(folder)) {
    const made = MADE.exec(name);
    if (made && Number(made[1]) < fence + (made[2] ? 1 : 0)) await tidy(join(folder, name));
  }
};

/** Makes a file with its whole content at once, or finds that somebody else has: a link to a finished file is exclusive. */
const createWhole = async (path: string, text: string): Promise<boolean> => {
  const draft = `${path}.${randomUUID()}.tmp`;
  let isLinked = false;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await writeAll(file, Buffer.from(text, 'utf8'));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    isLinked = true;
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    // Nobody holds what its own maker was told that he does not.
    if (isLinked) await tidy(path);
    const { code, message } = error as NodeJS.ErrnoException;
    // The draft of one that slept over others is swept away by them.
    if (code === 'EEXIST' || (code === 'ENOENT' && !isLinked)) return false;
    throw new EngineError(
      'JOURNAL_WRITE',
      `The lock cannot be taken: ${path}: ${message}.`,
      'Nothing was sent. Make room or give back the rights to the folder, then run the same command again.',
    );
  } finally {
    await tidy(draft);
  }
};

/** Null: nobody can tell who holds it. */
const readHolder = async (path: string): Promise<Holder | 'released' | null> => {
  const text = await readText(path);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    return value.released === true ? 'released' : holderOf(value);
  } catch {
    return null;
  }
};
