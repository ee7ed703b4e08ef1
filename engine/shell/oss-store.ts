/**
 * The record in a bucket of OSS.
 *
 *     PREFIX/record/0000000007.json   a whole version of the record; the highest number counts
 *     PREFIX/lock/0000000012.json     who holds the lock, or that it is free; the number is the fence
 *
 * OSS puts an object only where there is none of its key (`x-oss-forbid-overwrite`), and has no condition on what is put in
 * the place of another or removed. So nothing is ever written over: both texts are numbered versions (`versions.ts`), each of
 * which one run alone can make. A run that was taken for dead and wakes up finds its number taken, or itself behind.
 */
import { randomUUID } from 'node:crypto';
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import { type Holder, holderOf, isDead, locked, lostLock, ourselves, type ProcessFacts, systemFacts } from './holder.ts';
import { createOssObjects, type Objects, type OssBucket } from './oss-objects.ts';
import { cannotWrite, createRemoteStore } from './remote-store.ts';
import type { FoundLock, Lock, Store } from './store.ts';
import { createVersions, type Versions } from './versions.ts';

/** Earlier versions are copies for people too. */
const KEPT = 10;

export type OssPlace = Omit<OssBucket, 'name'> & { readonly prefix: string };

/** @param facts of the processes here */
export const createOssStore = (options: OssPlace, facts: ProcessFacts = systemFacts()): Store => {
  const { bucket, prefix } = options;
  const name = `oss://${bucket}/${prefix}`;
  const objects = createOssObjects({ ...options, name });
  const records = versionsOf(objects, `${prefix}/record/`);
  const locks = versionsOf(objects, `${prefix}/lock/`);
  /** The version that was read or put last. */
  let after = 0;
  return createRemoteStore({
    name,
    read: async () => {
      const { version, text } = await records.read();
      after = version;
      return text;
    },
    put: async (text, held) => {
      try {
        const now = await readLock(locks);
        if (String(now.fence) !== held) throw lostLock(name, now.is === 'free' ? 'released' : holderIn(now));
        if (!(await records.put(after, text))) throw cannotWrite(name, 'another run has written it meanwhile');
        after += 1;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code === 'JOURNAL_WRITE') throw error;
        throw cannotWrite(name, error.message.replace(/\.$/, ''));
      }
    },
    lock: async ({ command, since }) => {
      await tryOut(objects, name, prefix);
      return takeLock(locks, name, await ourselves(command, since, facts), facts);
    },
    findLock: async () => found(await readLock(locks), facts),
    releaseFound: (fence) => release(locks, name, Number(fence)),
  });
};

/** Ten digits: a list is sorted, and no record is written so often. */
const versionsOf = (objects: Objects, folder: string): Versions => {
  const keyOf = (number: number): string => `${folder}${String(number).padStart(10, '0')}.json`;
  return createVersions(
    {
      numbers: async () =>
        (await objects.list(folder)).flatMap((key) => {
          const digits = /^(\d{10})\.json$/.exec(key.slice(folder.length))?.[1];
          return digits === undefined ? [] : [Number(digits)];
        }),
      text: (number) => objects.get(keyOf(number)),
      // The answer to a first try may have been lost: what is there is then what was sent.
      make: async (number, text) => (await objects.make(keyOf(number), text)) || (await objects.get(keyOf(number))) === text,
      remove: (number) => objects.remove(keyOf(number)),
    },
    KEPT,
  );
};

/**
 * On a bucket with versioning, switched on or suspended, an object is written over whatever the header says: there is no lock
 * then. So one object is made twice before the lock is taken, and the second one has to be refused.
 */
const tryOut = async (objects: Objects, name: string, prefix: string): Promise<void> => {
  const key = `${prefix}/probe/${randomUUID()}.json`;
  await objects.make(key, '{}');
  const isWrittenOver = await objects.make(key, '{}');
  await objects.remove(key);
  if (isWrittenOver)
    throw new EngineError(
      'BUCKET_VERSIONED',
      `${name} lets an object be written over another one: no lock would hold there.`,
      'Versioning is switched on or suspended. Name a bucket on which it never was. Nothing was sent to Dataphin.',
    );
};

// ---- the lock -------------------------------------------------------------------------------------------------------

type Held = { readonly fence: number; readonly is: 'free' | 'unreadable' | Holder };

const readLock = async (locks: Versions): Promise<Held> => {
  const { version, text } = await locks.read();
  return { fence: version, is: text === null ? 'free' : entryOf(text) };
};

const entryOf = (text: string): Held['is'] => {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return 'unreadable';
    return value['released'] === true ? 'free' : holderOf(value);
  } catch {
    return 'unreadable';
  }
};

const found = async ({ fence, is }: Held, facts: ProcessFacts): Promise<FoundLock> => {
  if (is === 'free' || is === 'unreadable') return { fence, status: is, holder: null };
  if (is.host !== facts.host) return { fence, status: 'elsewhere', holder: is };
  return { fence, status: (await isDead(is, facts)) ? 'dead' : 'running', holder: is };
};

const holderIn = ({ is }: Held): Holder | null => (is === 'free' || is === 'unreadable' ? null : is);

/** Takes the lock; from a holder that has died on this machine it is taken over. @throws EngineError LOCKED, naming the holder */
const takeLock = async (locks: Versions, name: string, holder: Holder, facts: ProcessFacts): Promise<Lock> => {
  const before = await found(await readLock(locks), facts);
  if (before.status !== 'free' && before.status !== 'dead') throw locked(before.holder);
  const after = Number(before.fence);
  // An id of its own: two of one process at one moment are two holders.
  if (!(await locks.put(after, JSON.stringify({ id: randomUUID(), ...holder })))) throw locked(holderIn(await readLock(locks)));
  const fence = after + 1;
  return { fence, holder, release: () => release(locks, name, fence) };
};

/**
 * Makes the version that follows the lock's, which is free: it cannot be made after a later lock.
 *
 * @throws EngineError LOCKED where somebody has followed, JOURNAL_WRITE where it cannot be made
 */
const release = async (locks: Versions, name: string, fence: number): Promise<void> => {
  try {
    const now = await readLock(locks);
    if (now.is === 'free') return;
    if (now.fence === fence && (await locks.put(fence, JSON.stringify({ released: true, fence })))) return;
    const after = await readLock(locks);
    if (after.is !== 'free') throw locked(holderIn(after));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === 'LOCKED') throw error;
    throw new EngineError(
      'JOURNAL_WRITE',
      `The lock cannot be given back at ${name}: ${error.message}`,
      `phinfra state unlock --fence ${fence} releases it.`,
    );
  }
};
