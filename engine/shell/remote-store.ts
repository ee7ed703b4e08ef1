/**
 * The record where each write is a whole version of it (`remote-record.ts`), under a lock of the place. A version has the
 * serial that follows the one read under the lock; a place that cannot tell whether it took one asks by the text.
 */
import { EngineError } from '../core/diagnostic.ts';
import { isSame } from '../core/json.ts';
import { NO_RECORD_CALLS, type RecordCalls } from '../core/record-calls.ts';
import { createJournal, genesisOf, journalOf, parseJournal } from './journal.ts';
import { type RemoteRecord, recordOf, textOfRecord } from './remote-record.ts';
import { continues, isLeftOver } from './state.ts';
import type { Store, Stored } from './store.ts';

/** What lies there, seen by who wants to write: this version, the one that was read, or one of another run. */
export type Told = 'ours' | 'before' | 'other';

export type RemotePlace = Pick<Store, 'name' | 'lock' | 'findLock' | 'releaseFound'> & {
  /** The newest version. Null: nothing was ever stored. @throws EngineError STATE_UNREACHABLE, STATE_REFUSED, STATE_UNREADABLE */
  readonly read: () => Promise<string | null>;
  /**
   * Stores a version after the one that was read or stored last, and none over another.
   *
   * @param held the fence of this run's lock; null: it has none
   * @throws EngineError JOURNAL_WRITE
   */
  readonly put: (text: string, held: string | null, tell: (there: string | null) => Told) => Promise<void>;
};

/** Intents of one version: at five calls a second, ten seconds of them. */
const BLOCK = 50;

export const createRemoteStore = (place: RemotePlace): Store => {
  const { name } = place;
  let held: string | null = null;
  /** What is stored, as far as this run knows. */
  let stored: RemoteRecord | null = null;

  /** What the next version says of the calls of the day. */
  let calls: RecordCalls = NO_RECORD_CALLS;

  // One after the other: the journal and the calls of the day are written side by side.
  let tail: Promise<unknown> = Promise.resolve();
  const write = (of: () => Pick<RemoteRecord, 'state' | 'journal'>): Promise<void> => {
    const turn = tail.then(async () => {
      const before = stored?.serial ?? 0;
      const next = { serial: before + 1, ...of(), calls };
      const text = textOfRecord(next);
      await place.put(text, held, (there) => {
        const found = there === null ? null : recordOf(there, name);
        if (found !== null && textOfRecord(found) === text) return 'ours';
        return (found?.serial ?? 0) === before ? 'before' : 'other';
      });
      stored = next;
    });
    tail = turn.catch(() => undefined);
    return turn;
  };

  return {
    name,
    blockSize: BLOCK,
    read: async () => {
      const text = await place.read();
      stored = text === null ? null : recordOf(text, name);
      calls = stored?.calls ?? NO_RECORD_CALLS;
      return asStored(stored !== null && isUnused(stored) ? null : stored, name);
    },
    calls: () => calls,
    putCalls: async (next, { state, isLater }) => {
      calls = next;
      const isThere = isSame(next, stored?.calls ?? NO_RECORD_CALLS);
      if (!isLater && !isThere) await write(() => ({ state: stored?.state ?? state, journal: stored?.journal ?? '' }));
    },
    lock: async (of) => {
      const lock = await place.lock(of);
      held = String(lock.fence);
      return lock;
    },
    confirm: async () => undefined,
    findLock: place.findLock,
    releaseFound: place.releaseFound,
    prepare: async () => undefined,
    mend: async () => [],
    put: (state, carried) => write(() => ({ state, journal: journalOf(genesisOf(state.lineage, state.serial), carried).text })),
    goOn: async (state) => {
      let text = stored?.journal ?? '';
      const { seq, last } = parseJournal(text, name);
      let waiting: Buffer[] = [];
      const file = {
        write: async (bytes: Uint8Array, offset: number, length: number) => {
          waiting.push(Buffer.from(bytes.subarray(offset, offset + length)));
          return { bytesWritten: length };
        },
        datasync: async () => {
          text += Buffer.concat(waiting).toString('utf8');
          waiting = [];
          const journal = text;
          await write(() => ({ state, journal }));
        },
      };
      const journal = createJournal(file, name, { seq, last, genesis: genesisOf(state.lineage, state.serial) });
      return { ...journal, close: async () => undefined };
    },
  };
};

/** A first apply has said what it is about to make, and nothing more. */
const isUnused = ({ state, journal }: RemoteRecord): boolean => state.serial === 0 && journal === '';

const asStored = (record: RemoteRecord | null, name: string): Stored => {
  if (record === null) return { state: null, text: parseJournal('', name) };
  const text = parseJournal(record.journal, name);
  if (text.genesis === null || continues(text, record.state) || isLeftOver(text, record.state))
    return { state: record.state, text };
  throw new EngineError(
    'JOURNAL_DAMAGED',
    `The journal at ${name} does not continue its state.`,
    'Put back an earlier version that the server keeps.',
  );
};

export const cannotWrite = (name: string, why: string): EngineError =>
  new EngineError(
    'JOURNAL_WRITE',
    `The record cannot be written: ${name}: ${why}.`,
    'Nothing further was sent. What is open is looked up by the next run.',
  );
