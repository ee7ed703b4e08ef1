/**
 * The record behind an address, by the HTTP state protocol of Terraform: GET, POST with `?ID=` of the lock, LOCK and UNLOCK
 * (https://developer.hashicorp.com/terraform/language/backend/http; for GitLab its `lib/api/terraform/state.rb`).
 *
 * Every write is a whole version of the record (`remote-record.ts`) and has the serial that follows the one read under the
 * lock. A write whose answer was lost is looked up by reading: the version is there, or the one before it, or somebody else's.
 */
import { EngineError } from '../core/diagnostic.ts';
import type { State } from '../core/model.ts';
import type { Exchange } from './exchange.ts';
import { ourselves, type ProcessFacts, systemFacts } from './holder.ts';
import { findLock, takeLock, unlock, wordsOf } from './http-lock.ts';
import {
  type HttpPlace,
  isSuccess,
  mayTryAgain,
  md5,
  PAUSES_MS,
  patiently,
  refusal,
  request,
  type StateRequest,
  unreachable,
} from './http-state.ts';
import { createJournal, genesisOf, journalOf, parseJournal } from './journal.ts';
import { printable } from './message.ts';
import { type RemoteRecord, recordOf, textOfRecord } from './remote-record.ts';
import { continues, isLeftOver } from './state.ts';
import type { Store, Stored } from './store.ts';

/** Intents of one version: at five calls a second, ten seconds of them. */
const BLOCK = 50;

/** @param facts of the processes here */
export const createHttpStore = (options: HttpPlace, facts: ProcessFacts = systemFacts()): Store => {
  const { address } = options;
  let held: string | null = null;
  /** What is stored, as far as this run knows. */
  let stored: RemoteRecord | null = null;

  const get = async (): Promise<RemoteRecord | null> => {
    const text = await readDocument(options);
    return text === null ? null : recordOf(text, address);
  };
  const write = async (state: State, journal: string): Promise<void> => {
    const next = { serial: (stored?.serial ?? 0) + 1, state, journal };
    const text = textOfRecord(next);
    await writeDocument(options, held, text, async () => {
      const there = await get();
      if (there !== null && textOfRecord(there) === text) return 'ours';
      return (there?.serial ?? 0) === (stored?.serial ?? 0) ? 'before' : 'other';
    });
    stored = next;
  };

  return {
    name: address,
    blockSize: BLOCK,
    read: async () => {
      stored = await get();
      return asStored(stored, address);
    },
    lock: async ({ command, since }) => {
      const lock = await takeLock(options, await ourselves(command, since, facts), facts);
      held = String(lock.fence);
      return lock;
    },
    findLock: () => findLock(options, facts),
    releaseFound: (fence) => unlock(options, String(fence)),
    prepare: async () => undefined,
    mend: async () => [],
    put: (state, carried) => write(state, journalOf(genesisOf(state.lineage, state.serial), carried).text),
    goOn: async (state) => {
      let text = stored?.journal ?? '';
      const { seq, last } = parseJournal(text, address);
      let waiting: Buffer[] = [];
      const file = {
        write: async (bytes: Uint8Array, offset: number, length: number) => {
          waiting.push(Buffer.from(bytes.subarray(offset, offset + length)));
          return { bytesWritten: length };
        },
        datasync: async () => {
          text += Buffer.concat(waiting).toString('utf8');
          waiting = [];
          await write(state, text);
        },
      };
      const journal = createJournal(file, address, { seq, last, genesis: genesisOf(state.lineage, state.serial) });
      return { ...journal, close: async () => undefined };
    },
  };
};

const asStored = (record: RemoteRecord | null, address: string): Stored => {
  if (record === null) return { state: null, text: parseJournal('', address) };
  const text = parseJournal(record.journal, address);
  if (text.genesis === null || continues(text, record.state) || isLeftOver(text, record.state))
    return { state: record.state, text };
  throw new EngineError(
    'JOURNAL_DAMAGED',
    `The journal at ${address} does not continue its state.`,
    'Put back an earlier version that the server keeps.',
  );
};

// ---- reading and writing --------------------------------------------------------------------------------------------

/** Null: nothing was ever stored. @throws EngineError STATE_UNREACHABLE, STATE_REFUSED, STATE_UNREADABLE */
const readDocument = async (options: HttpPlace): Promise<string | null> => {
  const answer = await patiently(options, request('GET', options.address), () => true);
  if (answer.end !== 'answer') throw unreachable(options.address, answer.message);
  if (answer.status === 404 || answer.status === 204) return null;
  if (answer.status !== 200) throw refusal(options.address, answer.status);
  const sum = answer.headers['content-md5'];
  if (typeof sum === 'string' && sum !== md5(answer.text))
    throw new EngineError('STATE_UNREADABLE', `What came from ${options.address} is not what its checksum says.`, 'Try again.');
  return answer.text === '' ? null : answer.text;
};

type Found = 'ours' | 'before' | 'other';

/** @throws EngineError JOURNAL_WRITE */
const writeDocument = async (
  options: HttpPlace,
  held: string | null,
  text: string,
  look: () => Promise<Found>,
): Promise<void> => {
  const post: StateRequest = {
    ...request(options.update, options.address),
    query: held === null ? {} : { ID: held },
    headers: { 'content-type': 'application/json', 'content-md5': md5(text) },
    body: text,
  };
  let isDoubtful = false;
  for (let tries = 0; ; tries++) {
    const answer = await options.send(post);
    if (answer.end === 'answer' && isSuccess(answer.status)) return;
    isDoubtful ||= answer.end === 'lost' || (answer.end === 'answer' && !PROVEN.has(answer.status));
    if (isDoubtful) {
      const found = await lookUp(options.address, look);
      if (found === 'ours') return;
      if (found === 'other') throw cannotWrite(options.address, 'another run has written it meanwhile');
    }
    const pauseMs = PAUSES_MS[tries];
    if (!mayTryAgain(answer) || pauseMs === undefined) throw cannotWrite(options.address, whyNot(answer, text));
    await options.clock.sleep(pauseMs);
  }
};

/** Answers that show that nothing was stored; any other may be to a second delivery of what was. */
const PROVEN: ReadonlySet<number> = new Set([401, 403, 404, 413]);

const lookUp = async (address: string, look: () => Promise<Found>): Promise<Found> => {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw cannotWrite(address, `whether it was written cannot be read: ${error.message.replace(/\.$/, '')}`);
  }
};

const whyNot = (answer: Exchange, text: string): string => {
  if (answer.end !== 'answer') return answer.message;
  switch (answer.status) {
    case 409:
    case 423:
      return `the lock is not this run’s any more: ${wordsOf(answer.text)}`;
    case 413:
      return `the server takes no version of ${Buffer.byteLength(text)} bytes`;
    case 422:
      return `the server refuses the version (422): ${printable(answer.text, 120)}`;
    default:
      return `the server answered ${answer.status}`;
  }
};

const cannotWrite = (address: string, why: string): EngineError =>
  new EngineError(
    'JOURNAL_WRITE',
    `The record cannot be written: ${address}: ${why}.`,
    'Nothing further was sent. What is open is looked up by the next run.',
  );
