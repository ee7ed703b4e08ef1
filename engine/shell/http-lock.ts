/** The lock of a record behind an address: LOCK and UNLOCK of Terraform's HTTP state protocol, or what the server has in their place. */
import { randomUUID } from 'node:crypto';
import { EngineError } from '../core/diagnostic.ts';
import { isObject, textOf } from '../core/json.ts';
import { type Holder, holderOf, isDead, lockedMessage, ourselves, type ProcessFacts } from './holder.ts';
import { type HttpPlace, isSuccess, JSON_TYPE, patiently, refusal, request, unreachable } from './http-state.ts';
import { printable } from './message.ts';
import type { FoundLock, Lock } from './store.ts';

type Taken = { readonly id: string } | { readonly by: LockInfo | null };

/** One try under an id of its own; a try whose answer was lost is repeated with the same id, and finds its own lock. */
const tryLock = async (options: HttpPlace, holder: Holder): Promise<Taken> => {
  const { lock } = options;
  const id = randomUUID();
  const body = infoText(id, holder);
  const answer = await patiently(options, { ...request(lock.method, lock.address), headers: JSON_TYPE, body }, () => true);
  if (answer.end !== 'answer') throw unreachable(lock.address, answer.message);
  if (isSuccess(answer.status)) return { id };
  if (answer.status === 409 || answer.status === 423) {
    const by = infoOf(answer.text);
    return by?.id === id ? { id } : { by };
  }
  if (answer.status === 404 || answer.status === 405 || answer.status === 501)
    throw new EngineError(
      'OPTION_WRONG',
      `${lock.address} does not take ${lock.method} (${answer.status}): the record cannot be locked there.`,
      'Name state.lockAddress and state.lockMethod, and the same for unlock, as the server has them.',
    );
  throw refusal(lock.address, answer.status);
};

/** Takes the lock; from a holder that has died on this machine it is taken over. @throws EngineError LOCKED, STATE_UNREACHABLE, STATE_REFUSED, OPTION_WRONG */
export const takeLock = async (options: HttpPlace, holder: Holder, facts: ProcessFacts): Promise<Lock> => {
  let taken = await tryLock(options, holder);
  if ('by' in taken && taken.by?.holder && (await isDead(taken.by.holder, facts))) {
    await unlock(options, taken.by.id);
    taken = await tryLock(options, holder);
  }
  if ('by' in taken) throw lockedBy(taken.by);
  const { id } = taken;
  return { fence: id, holder, release: () => unlock(options, id) };
};

/** The protocol has no question: the lock is tried, and given back where it was free. */
export const findLock = async (options: HttpPlace, facts: ProcessFacts): Promise<FoundLock> => {
  const since = new Date(options.clock.wallMs()).toISOString();
  const taken = await tryLock(options, await ourselves('state unlock', since, facts));
  if ('id' in taken) {
    await unlock(options, taken.id);
    return { fence: 0, status: 'free', holder: null };
  }
  const { by } = taken;
  if (by === null) return { fence: 0, status: 'unreadable', holder: null };
  if (by.holder === null) return { fence: by.id, status: 'unreadable', holder: null };
  if (by.holder.host !== facts.host) return { fence: by.id, status: 'elsewhere', holder: by.holder };
  return { fence: by.id, status: (await isDead(by.holder, facts)) ? 'dead' : 'running', holder: by.holder };
};

/** Gives a lock back. @throws EngineError LOCKED where the lock is another's by now, JOURNAL_WRITE where it cannot be given back */
export const unlock = async (options: HttpPlace, id: string): Promise<void> => {
  const { method, address } = options.unlock;
  let wasLost = false;
  const answer = await patiently(
    options,
    { ...request(method, address), headers: JSON_TYPE, body: JSON.stringify({ ID: id }) },
    (one) => {
      wasLost ||= one.end === 'lost' || (one.end === 'answer' && one.status >= 500);
      return true;
    },
  );
  if (answer.end === 'answer' && isSuccess(answer.status)) return;
  // A first try whose answer was lost has given it back.
  if (answer.end === 'answer' && wasLost && [400, 404, 409, 423].includes(answer.status)) return;
  if (answer.end === 'answer' && (answer.status === 409 || answer.status === 423)) throw lockedBy(infoOf(answer.text));
  throw new EngineError(
    'JOURNAL_WRITE',
    `The lock cannot be given back at ${address}: ${answer.end === 'answer' ? `the server answered ${answer.status}` : answer.message}.`,
    `phinfra state unlock --fence ${id} releases it.`,
  );
};

// ---- who holds it -------------------------------------------------------------------------------------------------

/**
 * LockInfo of the protocol. `Info` is free text, and holds who we are and under which id: GitLab answers a refused try with
 * the id of the holder and the text of the one who asked.
 */
const infoText = (id: string, holder: Holder): string =>
  JSON.stringify({
    ID: id,
    Operation: holder.command,
    Info: JSON.stringify({ id, ...holder }),
    Who: `phinfra@${holder.host}`,
    Version: 'phinfra',
    Created: holder.since,
    Path: '',
  });

type LockInfo = {
  readonly id: string;
  /** Null: it is not one of ours, or the server tells too little. */
  readonly holder: Holder | null;
  /** As the server tells it, for people. */
  readonly words: string;
};

const infoOf = (text: string): LockInfo | null => {
  const value = parsed(text);
  if (!isObject(value) || typeof value['ID'] !== 'string') return null;
  const id = value['ID'];
  const info = parsed(textOf(value['Info']));
  const holder = isObject(info) && info['id'] === id ? holderOf(info) : null;
  const who = printable(textOf(value['Who']), 100);
  const since = printable(textOf(value['Created']), 100);
  const told = who === '' ? null : `"${who}" holds the lock of this environment${since === '' ? '' : ` since ${since}`}.`;
  return { id, holder, words: holder === null && told !== null ? told : lockedMessage(holder) };
};

/** Who holds a lock, as the answer to a refused request tells it. */
export const wordsOf = (text: string): string => infoOf(text)?.words.replace(/\.$/, '') ?? 'somebody has released it';

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const lockedBy = (info: LockInfo | null): EngineError =>
  new EngineError(
    'LOCKED',
    info?.words ?? lockedMessage(null),
    `Wait until it has ended. Where it has and has left its lock: phinfra state unlock${info ? ` --fence ${printable(info.id, 100)}` : ''}.`,
  );
