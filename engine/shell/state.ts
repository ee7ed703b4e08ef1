/** The record: the state, the journal that goes on from it, and fingerprints of what is never stored (DESIGN 6). */
import { createHmac, randomBytes, randomUUID, scryptSync } from 'node:crypto';
import { EngineError } from '../core/diagnostic.ts';
import { foldJournal, type Intent } from '../core/fold.ts';
import { isObject } from '../core/json.ts';
import type { JournalEvent, State } from '../core/model.ts';
import { genesisOf, type Journal, type JournalText } from './journal.ts';
import type { OpenJournal, Store } from './store.ts';

export const FORMAT = 'phinfra.state/1';

export type RecordIdentity = { readonly environment: string; readonly tenant: string; readonly deployment: string };

/** The record as a plan sees it: the state with the journal folded in; nothing on disk is changed. */
export type ReadRecord = {
  /** Null: nothing was ever applied here. */
  readonly state: State | null;
  /** Intents of earlier runs whose outcome nobody knows yet. */
  readonly open: readonly Intent[];
  readonly file: string;
};

/**
 * Reads state and journal of an environment.
 *
 * @throws EngineError STATE_FORMAT, STATE_UNREADABLE, JOURNAL_DAMAGED
 */
export const readRecord = async (store: Pick<Store, 'name' | 'read'>): Promise<ReadRecord> => {
  const { state, text } = await store.read();
  if (state === null) return { state: null, open: [], file: store.name };
  return { state: foldOnto(state, text), open: openIn(state, text), file: store.name };
};

/** The journal goes on from the state. */
export const continues = (text: JournalText, state: State): boolean => text.genesis === genesisOf(state.lineage, state.serial);
/** The state was replaced and the journal not yet: all its events are in the state already. */
export const isLeftOver = (text: JournalText, state: State): boolean =>
  text.genesis === genesisOf(state.lineage, state.serial - 1);

const foldOnto = (state: State, text: JournalText): State =>
  continues(text, state) ? foldJournal(state, text.events).state : state;
/** A journal that is left over still tells which intents are open. */
export const openIn = (state: State, text: JournalText): readonly Intent[] => foldJournal(state, text.events).open;

/**
 * The state from its text.
 *
 * @throws EngineError STATE_UNREADABLE when it is not a state, STATE_FORMAT when it is one of another format
 */
export const parseState = (text: string, name: string): State => {
  const hint = `Put back a copy, such as ${name}.1; it is never started afresh by itself.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EngineError('STATE_UNREADABLE', `${name} is not JSON.`, hint);
  }
  return stateOf(value, name, hint);
};

/**
 * The state from a value that was read.
 *
 * @param hint what helps where it is none
 * @throws EngineError STATE_UNREADABLE, STATE_FORMAT
 */
export const stateOf = (value: unknown, name: string, hint: string): State => {
  const unreadable = (what: string): EngineError => new EngineError('STATE_UNREADABLE', `${name} ${what}.`, hint);
  if (!isObject(value) || typeof value.format !== 'string') throw unreadable('is not a state');
  if (value.format !== FORMAT)
    throw new EngineError(
      'STATE_FORMAT',
      `${name} has the format "${value.format}", and this version reads "${FORMAT}".`,
      'Use the version that wrote it, or a later one.',
    );
  for (const field of ['lineage', 'environment', 'tenant', 'deployment', 'salt'] as const)
    if (typeof value[field] !== 'string') throw unreadable(`has no ${field}`);
  if (!Number.isSafeInteger(value.serial) || (value.serial as number) < 0) throw unreadable('has no serial');
  for (const field of ['resources', 'people'] as const) if (!isObject(value[field])) throw unreadable(`has no ${field}`);
  for (const [address, resource] of Object.entries(value.resources as Record<string, unknown>))
    if (!isObject(resource) || !isObject(resource.ids) || !isObject(resource.fields) || !isObject(resource.fingerprints))
      throw unreadable(`holds "${address}" in another form`);
  return value as unknown as State;
};

/**
 * Refuses the record of another tenant or deployment.
 *
 * @throws EngineError STATE_TENANT
 */
export const checkIdentity = (state: State, { tenant, deployment }: Omit<RecordIdentity, 'environment'>): void => {
  for (const [what, recorded, asked] of [
    ['tenant', state.tenant, tenant],
    ['deployment', state.deployment, deployment],
  ] as const)
    if (recorded !== asked)
      throw new EngineError(
        'STATE_TENANT',
        `The record belongs to the ${what} "${recorded}", and the environment now names "${asked}".`,
        `Give the other ${what} an environment of its own, or put back the one that the record was made with.`,
      );
};

/** The record as an apply holds it, under the lock. */
export type RecordStore = Journal & {
  /** Null: nothing was ever applied here; the first append makes the state. */
  readonly state: State | null;
  /** The state that will be written: the one read, or a new one with its lineage and salt. */
  readonly base: State;
  readonly open: readonly Intent[];
  /** Copies of torn last lines that were cut off on opening. */
  readonly torn: readonly string[];
  /**
   * Writes the state with everything appended folded in, then restarts the journal. Nothing appended: nothing is written.
   *
   * @param last events that are folded in as well, without being appended before
   * @throws EngineError JOURNAL_WRITE; the journal then still holds everything that was appended
   */
  readonly compact: (...last: readonly JournalEvent[]) => Promise<State>;
  /** Intents that belong into one append: more than one where each append is a whole version of the record. */
  readonly blockSize: number;
  /** Before each call that writes: see Store. @throws EngineError JOURNAL_WRITE */
  readonly confirm: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Opens the record for an apply; call it under the lock. What an interrupted run left in the journal is compacted at once,
 * with the serial that readRecord told, so that a plan made from it still fits.
 *
 * @throws EngineError STATE_FORMAT, STATE_UNREADABLE, STATE_TENANT, JOURNAL_DAMAGED, JOURNAL_WRITE
 */
export const openRecord = async (store: Store, identity: RecordIdentity): Promise<RecordStore> => {
  await store.prepare();
  const { state: read, text } = await store.read();
  if (read !== null) checkIdentity(read, identity);
  const torn = await store.mend(text);
  const opened = read === null ? null : foldOnto(read, text);
  let carried = read === null ? [] : openIn(read, text);
  if (read !== null && opened !== null) {
    const isNewState = opened.serial !== read.serial;
    const isAsCarried = continues(text, opened) && text.seq === carried.length;
    if (isNewState || (text.seq > 0 && !isAsCarried)) await store.put(opened, carried, { isNewState });
  }

  let base: State = opened ?? {
    format: FORMAT,
    lineage: randomUUID(),
    serial: 0,
    ...identity,
    salt: randomBytes(16).toString('base64url'),
    resources: {},
    people: {},
  };
  let isFirst = opened === null;
  let journal: Promise<OpenJournal> | null = null;
  let appended: JournalEvent[] = [];

  const start = async (): Promise<OpenJournal> => {
    const open = await store.goOn(base, { isFirst });
    isFirst = false;
    return open;
  };
  const close = async (): Promise<void> => {
    const open = journal;
    journal = null;
    // Where it could not be opened, the append has said so, and there is nothing to close.
    await (await open?.catch(() => null))?.close();
  };

  return {
    get state() {
      return opened;
    },
    get base() {
      return base;
    },
    open: carried,
    torn,
    append: async (...events) => {
      journal ??= start();
      await (await journal).append(...events);
      appended.push(...events);
    },
    blockSize: store.blockSize,
    confirm: store.confirm,
    compact: async (...last) => {
      if (appended.length + last.length === 0) return base;
      const next = foldJournal(base, [...carried, ...appended, ...last]);
      await close();
      await store.put(next.state, next.open, { isNewState: true });
      base = next.state;
      carried = next.open;
      appended = [];
      return base;
    },
    close,
  };
};

/** Text that tells whether a value is the one of before, and nothing else about it. */
export type Fingerprint = (value: string) => string;

/** N of scrypt: 32 MiB and about 0.1 s, once per run. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/**
 * The fingerprints of one state: HMAC-SHA256 under a key that is derived once and slowly (DESIGN 6), on first use.
 *
 * @param salt     the state's
 * @param stateKey PHINFRA_STATE_KEY: a secret outside the record, without which a stolen record cannot be tried against
 *                 a dictionary at all
 */
export const createFingerprint = (salt: string, stateKey?: string): Fingerprint => {
  let key: Buffer | null = null;
  return (value) => {
    key ??= scryptSync(stateKey ?? salt, salt, 32, SCRYPT);
    return createHmac('sha256', key).update(value, 'utf8').digest('base64url');
  };
};
