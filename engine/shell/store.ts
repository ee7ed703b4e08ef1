/** Where the record of an environment is kept, and what a place must be able to do (DESIGN 6). */
import { type Diagnostic, EngineError } from '../core/diagnostic.ts';
import type { JournalEvent, State } from '../core/model.ts';
import type { RecordCalls } from '../core/record-calls.ts';
import type { Holder } from './holder.ts';
import type { Journal, JournalText } from './journal.ts';

/** The state, and the journal that goes on from it or whose events are all in it already. */
export type Stored = { readonly state: State | null; readonly text: JournalText };

/** What is appended to, until it is closed. */
export type OpenJournal = Journal & { readonly close: () => Promise<void> };

export type Store = {
  /** For messages: where the state is. */
  readonly name: string;
  /** Intents that belong into one append. */
  readonly blockSize: number;
  /** @throws EngineError STATE_FORMAT, STATE_UNREADABLE, JOURNAL_DAMAGED */
  readonly read: () => Promise<Stored>;

  /** What the applies of the record have made of each day: as it was read or put last. */
  readonly calls: () => RecordCalls;
  /**
   * Puts it in the place of what was read, under the lock.
   *
   * @param of the state that is written where there is none yet; `isLater`: along with the next version
   * @throws EngineError JOURNAL_WRITE
   */
  readonly putCalls: (calls: RecordCalls, of: { readonly state: State; readonly isLater: boolean }) => Promise<void>;

  /** Takes the lock. Everything below but `findLock` is called under it. @throws EngineError LOCKED, naming the holder */
  readonly lock: (of: { readonly command: string; readonly since: string }) => Promise<Lock>;
  /**
   * Sees that the lock is still this run's, where that can be seen at once; elsewhere the next write shows it.
   *
   * @throws EngineError JOURNAL_WRITE
   */
  readonly confirm: () => Promise<void>;
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

/** Which lock it is: a number that grows where the place is a folder, the lock's id elsewhere. */
export type Fence = number | string;
export type Lock = { readonly fence: Fence; readonly holder: Holder; readonly release: () => Promise<void> };

/** A lock as it lies there; `dead` and `running` are known of this machine alone. */
export type FoundLock = {
  /** 0: there is none that could be told from another. */
  readonly fence: Fence;
  readonly status: 'free' | 'dead' | 'running' | 'elsewhere' | 'unreadable';
  readonly holder: Holder | null;
};

/**
 * Runs something under the lock and gives the lock back however it ends. What was done under it is done all the same where
 * the lock cannot be given back: that is a warning LOCK_LEFT.
 */
export const withLock = async <T extends { readonly diagnostics: readonly Diagnostic[] }>(
  store: Pick<Store, 'lock'>,
  of: { readonly command: string; readonly since: string },
  run: (lock: Lock) => Promise<T>,
): Promise<T> => {
  const lock = await store.lock(of);
  let result: T;
  try {
    result = await run(lock);
  } catch (error) {
    // What went wrong first is what is told; a lock that is kept is taken over once this process has ended.
    await leave(lock).catch(() => undefined);
    throw error;
  }
  const left = await leave(lock);
  return left === null ? result : { ...result, diagnostics: [...result.diagnostics, left] };
};

const leave = async ({ release, fence }: Lock): Promise<Diagnostic | null> => {
  try {
    await release();
    return null;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return {
      code: 'LOCK_LEFT',
      severity: 'warning',
      message: `The lock could not be given back. ${error.message}`,
      hint: `It changes nothing of what was done. A later run on this machine may take the lock over; elsewhere: phinfra state unlock --fence ${fence}.`,
    };
  }
};
