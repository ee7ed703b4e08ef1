/**
 * The record behind an address, by the HTTP state protocol of Terraform: GET, POST with `?ID=` of the lock, LOCK and UNLOCK
 * (https://developer.hashicorp.com/terraform/language/backend/http; for GitLab its `lib/api/terraform/state.rb`).
 *
 * A write whose answer was lost is looked up by reading: the version is there, or the one before it, or somebody else's.
 */
import { EngineError } from '../core/diagnostic.ts';
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
import { printable } from './message.ts';
import { cannotWrite, createRemoteStore, type Told } from './remote-store.ts';
import type { Store } from './store.ts';

/** @param facts of the processes here */
export const createHttpStore = (options: HttpPlace, facts: ProcessFacts = systemFacts()): Store =>
  createRemoteStore({
    name: options.address,
    read: () => readDocument(options),
    put: (text, held, tell) => writeDocument(options, held, text, tell),
    lock: async ({ command, since }) => takeLock(options, await ourselves(command, since, facts), facts),
    findLock: () => findLock(options, facts),
    releaseFound: (fence) => unlock(options, String(fence)),
  });

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

/** @throws EngineError JOURNAL_WRITE */
const writeDocument = async (
  options: HttpPlace,
  held: string | null,
  text: string,
  tell: (there: string | null) => Told,
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
      const found = await lookUp(options, tell);
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

const lookUp = async (options: HttpPlace, tell: (there: string | null) => Told): Promise<Told> => {
  try {
    return tell(await readDocument(options));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw cannotWrite(options.address, `whether it was written cannot be read: ${error.message.replace(/\.$/, '')}`);
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
