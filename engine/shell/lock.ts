/**
 * One apply at a time per environment (DESIGN 6, RELIABILITY R0).
 *
 * The lock is a file `lock.N`, made exclusively; N is the fence and only grows. A file of a released or dead holder is not
 * removed before its successor is there: of two that take over from the same dead holder only one can make `lock.N+1`, and
 * one that slept over all of it finds a higher number than its own.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import { isObject, textOf } from '../core/json.ts';
import { makeFolder, syncFolder, writeDurably } from './durable.ts';

export type Holder = {
  readonly host: string;
  /** Changes with every start of the machine; the empty text where the system does not tell it. */
  readonly bootId: string;
  readonly pid: number;
  /** When the process started, in the system's own unit: a pid that was given out again is another process. */
  readonly startedAt: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
};

/** What is asked of the system; tests answer in its stead. */
export type ProcessFacts = {
  readonly host: string;
  readonly bootId: () => Promise<string>;
  readonly pid: number;
  /** When a process of this machine started; null: there is none. The empty text where only its being there is known. */
  readonly startedAt: (pid: number) => Promise<string | null>;
};

export type Lock = { readonly fence: number; readonly holder: Holder; readonly release: () => Promise<void> };

/** Boot id and start times from /proc; elsewhere only whether a process is there. */
export const systemFacts = (): ProcessFacts => ({
  host: hostname(),
  pid: process.pid,
  bootId: async () => (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? '',
  startedAt: async (pid) => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    }
    const stat = await readText(`/proc/${pid}/stat`);
    // The name in brackets may hold blanks and brackets; the start time is the 22nd field, the 20th after it (proc(5)).
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  },
});

const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
};

const NAME = /^lock\.(\d+)$/;
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
  const holder: Holder = {
    host: facts.host,
    bootId: await facts.bootId(),
    pid: facts.pid,
    startedAt: (await facts.startedAt(facts.pid)) ?? '',
    command,
    since,
  };
  const last = await highest(folder);
  if (last > 0) {
    const before = await readHolder(pathOf(folder, last));
    if (before !== 'released' && (before === null || !(await isDead(before, facts)))) throw locked(before);
  }
  const fence = last + 1;
  const isOurs = await createWhole(pathOf(folder, fence), JSON.stringify(holder));
  const now = await highest(folder);
  if (!isOurs || now !== fence) {
    if (isOurs) await rm(pathOf(folder, fence), { force: true });
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

/** Runs something under the lock and gives the lock back however it ends. */
export const withLock = async <T>(
  folder: string,
  { command, since, facts }: { readonly command: string; readonly since: string; readonly facts?: ProcessFacts },
  run: (lock: Lock) => Promise<T>,
): Promise<T> => {
  const lock = await takeLock(folder, command, since, facts);
  try {
    return await run(lock);
  } finally {
    await lock.release();
  }
};

/** A lock as it lies there; `dead` and `running` are known of this machine alone. */
export type FoundLock = {
  /** 0: there never was one. */
  readonly fence: number;
  readonly status: 'free' | 'dead' | 'running' | 'elsewhere' | 'unreadable';
  readonly holder: Holder | null;
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

const removeOlder = async (folder: string, fence: number): Promise<void> => {
  for (const older of await fencesIn(folder)) if (older < fence) await rm(pathOf(folder, older), { force: true });
};

/** Makes a file with its whole content at once, or finds that somebody else has: a link to a finished file is exclusive. */
const createWhole = async (path: string, text: string): Promise<boolean> => {
  const draft = `${path}.${randomUUID()}.tmp`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
    await syncFolder(join(path, '..'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new EngineError('JOURNAL_WRITE', `The lock cannot be taken: ${path}: ${(error as Error).message}.`);
  } finally {
    await rm(draft, { force: true });
  }
};

/** Null: nobody can tell who holds it. */
const readHolder = async (path: string): Promise<Holder | 'released' | null> => {
  const text = await readText(path);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    if (value.released === true) return 'released';
    return {
      host: textOf(value.host),
      bootId: textOf(value.bootId),
      pid: Number(value.pid),
      startedAt: textOf(value.startedAt),
      command: textOf(value.command),
      since: textOf(value.since),
    };
  } catch {
    return null;
  }
};

/** Only what happened on this very machine can be known to be over. */
const isDead = async (holder: Holder, facts: ProcessFacts): Promise<boolean> => {
  if (holder.host !== facts.host) return false;
  if (holder.bootId !== (await facts.bootId())) return true;
  return (await facts.startedAt(holder.pid)) !== holder.startedAt;
};

/** Who holds the lock, for people; null: nobody can tell. */
export const lockedMessage = (holder: Holder | null): string =>
  holder === null
    ? 'Another run holds the lock of this environment.'
    : `"${holder.command}" holds the lock of this environment since ${holder.since}: process ${holder.pid} on ${holder.host}.`;

/** @param holder null: nobody can tell */
export const locked = (holder: Holder | null): EngineError =>
  new EngineError(
    'LOCKED',
    lockedMessage(holder),
    'Wait until it has ended, or let apply wait: --lock-wait 10m. A holder that died on this machine is taken over by itself; phinfra state unlock tells of others.',
  );
