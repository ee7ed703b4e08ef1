/** Where the record of an environment is kept, and what a place must be able to do (DESIGN 6). */
import { EngineError } from '../core/diagnostic.ts';
import type { JournalEvent, State } from '../core/model.ts';
import type { Holder } from './holder.ts';
import type { Journal, JournalText } from './journal.ts';

/** The state, and the journal that goes on from it or whose events are all in it already. */
export type Stored = { readonly state: State | null; readonly text: JournalText };

/** What is appended to, until it is closed. */
export type OpenJournal = Journal & { readonly close: () => Promise<void> };

export type Store = {
  /** For messages: where the state is. */
  readonly name: string;
  /** @throws EngineError STATE_FORMAT, STATE_UNREADABLE, JOURNAL_DAMAGED */
  readonly read: () => Promise<Stored>;

  /** Takes the lock. Everything below but `findLock` is called under it. @throws EngineError LOCKED, naming the holder */
  readonly lock: (of: { readonly command: string; readonly since: string }) => Promise<Lock>;
  /** Who holds the lock; nothing is changed. */
  readonly findLock: () => Promise<FoundLock>;
  /** Releases the lock that was found, and no later one. @throws EngineError LOCKED where somebody has followed it */
  readonly releaseFound: (fence: FoundLock['fence']) => Promise<void>;

  /** Makes the place ready to be written. @throws EngineError JOURNAL_WRITE */
  readonly prepare: () => Promise<void>;
  /** Cuts off what a crash has torn; the names of copies that were put aside. */
  readonly mend: (text: JournalText) => Promise<readonly string[]>;
  /** Puts a journal with these events, which continues the state, in the place of the one before; the state too where it is new. */
  readonly put: (state: State, carried: readonly JournalEvent[], of: { readonly isNewState: boolean }) => Promise<void>;
  /** Goes on with the journal of a state; where that is the first, it is written before. */
  readonly goOn: (state: State, of: { readonly isFirst: boolean }) => Promise<OpenJournal>;
};

export type Lock = { readonly fence: number; readonly holder: Holder; readonly release: () => Promise<void> };

/** A lock as it lies there; `dead` and `running` are known of this machine alone. */
export type FoundLock = {
  /** 0: there never was one. */
  readonly fence: number;
  readonly status: 'free' | 'dead' | 'running' | 'elsewhere' | 'unreadable';
  readonly holder: Holder | null;
};

/**
 * Runs something under the lock and gives the lock back however it ends.
 *
 * @param onKept told when it was done, and the lock could not be given back: what was done stands all the same. Where nobody
 *               is told it is an error of its own
 */
export const withLock = async <T>(
  store: Pick<Store, 'lock'>,
  of: { readonly command: string; readonly since: string },
  run: (lock: Lock) => Promise<T>,
  onKept?: (error: EngineError) => void,
): Promise<T> => {
  const lock = await store.lock(of);
  let result: T;
  try {
    result = await run(lock);
  } catch (error) {
    // What went wrong first is what is told; a lock that is kept is taken over once this process has ended.
    await lock.release().catch(() => undefined);
    throw error;
  }
  await lock.release().catch((error: unknown) => {
    if (!onKept || !(error instanceof EngineError)) throw error;
    onKept(error);
  });
  return result;
};
