/** The record on disk: the state, the journal that goes on from it, and fingerprints of what is never stored (DESIGN 6). */
import { createHmac, randomBytes, randomUUID, scryptSync } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import { foldJournal, type Intent } from '../core/fold.ts';
import { isObject } from '../core/json.ts';
import type { JournalEvent, State } from '../core/model.ts';
import { makeFolder, openForAppend, writeDurably } from './durable.ts';
import { continues, type JournalPlaces, misfitOf, type RecordTexts } from './fits.ts';
import {
  createJournal,
  cutTorn,
  genesisOf,
  type Journal,
  type JournalText,
  journalOf,
  type Place,
  readJournal,
} from './journal.ts';
import { createMarkFile, readMark } from './mark.ts';

export const FORMAT = 'phinfra.state/1';
const KEPT = 3;

export type RecordIdentity = { readonly environment: string; readonly tenant: string; readonly deployment: string };

/** The record as a plan sees it: the state with the journal folded in; nothing on disk is changed. */
export type ReadRecord = {
  /** Null: nothing was ever applied here. */
  readonly state: State | null;
  /** Intents of earlier runs whose outcome nobody knows yet. */
  readonly open: readonly Intent[];
  readonly file: string;
};

const filesOf = (folder: string) => ({
  state: join(folder, 'state.json'),
  journal: join(folder, 'journal.jsonl'),
  mark: join(folder, 'journal.mark'),
});

/**
 * Reads state and journal of an environment (`.phinfra/ENV`). While an apply compacts, the two files may not fit for a
 * moment; they are then read again.
 *
 * @throws EngineError STATE_FORMAT, STATE_UNREADABLE, JOURNAL_DAMAGED
 */
export const readRecord = async (folder: string): Promise<ReadRecord> => {
  const { state, text } = await readBoth(folder);
  const { state: file } = filesOf(folder);
  if (state === null) return { state: null, open: [], file };
  return { state: foldOnto(state, text), open: openIn(state, text), file };
};

/** The mark first: whoever appends meanwhile only goes beyond it. */
const readBoth = async (folder: string): Promise<RecordTexts> => {
  const files = filesOf(folder);
  for (let attempt = 1; ; attempt++) {
    const mark = await readMark(files.mark);
    const { state, places } = await readState(files.state);
    const found = { state, places, text: await readJournal(files.journal), mark };
    const misfit = misfitOf(found, files);
    if (misfit === null) return found;
    if (attempt === 3) throw misfit;
  }
};

const foldOnto = (state: State, text: JournalText): State =>
  continues(text, state) ? foldJournal(state, text.events).state : state;
/** A journal that is left over still tells which intents are open. */
const openIn = (state: State, text: JournalText): readonly Intent[] => foldJournal(state, text.events).open;

type StateFile = { readonly state: State | null; readonly places: JournalPlaces | null };

const readState = async (path: string): Promise<StateFile> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: null, places: null };
    throw new EngineError('STATE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`);
  }
  return parseStateFile(text, path);
};

/**
 * The state from its text.
 *
 * @throws EngineError STATE_UNREADABLE when it is not a state, STATE_FORMAT when it is one of another format
 */
export const parseState = (text: string, name: string): State => parseStateFile(text, name).state;

/** The state, and what its file says of the journals at its sides. */
export const parseStateFile = (text: string, name: string): StateFile & { readonly state: State } => {
  const unreadable = (what: string): EngineError =>
    new EngineError(
      'STATE_UNREADABLE',
      `${name} ${what}.`,
      `Put back a copy, such as ${name}.1; it is never started afresh by itself.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable('is not JSON');
  }
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
  const { journal, ...state } = value;
  if (journal !== undefined && !isPlaces(journal)) throw unreadable('does not say where its journal stood');
  return { state: state as unknown as State, places: journal ?? null };
};

const isPlaces = (value: unknown): value is JournalPlaces => isObject(value) && isPlace(value.folded) && isPlace(value.carried);
const isPlace = (value: unknown): value is Place =>
  isObject(value) && typeof value.seq === 'number' && (value.seq === 0 ? value.last === null : typeof value.last === 'string');

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
   * @throws EngineError JOURNAL_WRITE; the journal then still holds everything
   */
  readonly compact: () => Promise<State>;
  readonly close: () => Promise<void>;
};

/**
 * Opens the record for an apply; call it under the lock. What an interrupted run left in the journal is compacted at once,
 * with the serial that readRecord told, so that a plan made from it still fits.
 *
 * @throws EngineError STATE_FORMAT, STATE_UNREADABLE, STATE_TENANT, JOURNAL_DAMAGED, JOURNAL_WRITE
 */
export const openRecord = async (folder: string, identity: RecordIdentity): Promise<RecordStore> => {
  await makeFolder(folder);
  const files = filesOf(folder);
  const { state: read, text } = await readBoth(folder);
  if (read !== null) checkIdentity(read, identity);
  const torn = text.isTorn ? [await cutTorn(files.journal, text)] : [];
  const mark = createMarkFile(files.mark);
  const restart = async ({ lineage, serial }: State, journal: Place & { readonly text: string }): Promise<void> => {
    await writeDurably(files.journal, journal.text);
    await mark.put({ lineage, serial, ...placeOf(journal) }).finally(mark.close);
  };
  const opened = read === null ? null : foldOnto(read, text);
  let carried = read === null ? [] : openIn(read, text);
  if (read !== null && opened !== null) {
    const next = after(opened, carried);
    if (opened.serial !== read.serial) await replaceState(files.state, opened, { folded: placeOf(text), carried: placeOf(next) });
    const isAsCarried = continues(text, opened) && text.seq === carried.length;
    if (text.seq > 0 && !isAsCarried) await restart(opened, next);
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
  let isOnDisk = opened !== null;
  let file: FileHandle | null = null;
  let journal: Promise<Journal> | null = null;
  let appended: JournalEvent[] = [];
  let reached: Place = { seq: 0, last: null };

  const start = async (): Promise<Journal> => {
    const { lineage, serial } = base;
    if (!isOnDisk) await writeDurably(files.state, stateText(base, { folded: reached, carried: reached }));
    isOnDisk = true;
    file = await openForAppend(files.journal);
    const begin = { ...placeOf(await readJournal(files.journal)), genesis: genesisOf(lineage, serial) };
    return createJournal(file, files.journal, begin, (place) => {
      reached = place;
      return mark.put({ lineage, serial, ...place });
    });
  };
  const closeJournal = async (): Promise<void> => {
    const opened = file;
    file = null;
    journal = null;
    await opened?.close();
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
    compact: async () => {
      if (appended.length === 0) return base;
      const next = foldJournal(base, [...carried, ...appended]);
      await closeJournal();
      const goesOn = after(next.state, next.open);
      await replaceState(files.state, next.state, { folded: reached, carried: placeOf(goesOn) });
      await restart(next.state, goesOn);
      base = next.state;
      carried = next.open;
      appended = [];
      return base;
    },
    close: async () => {
      await closeJournal();
      await mark.close();
    },
  };
};

const placeOf = ({ seq, last }: Place): Place => ({ seq, last });
/** The journal with which a state goes on. */
const after = ({ lineage, serial }: State, open: readonly Intent[]): ReturnType<typeof journalOf> =>
  journalOf(genesisOf(lineage, serial), open);

const stateText = (state: State, journal: JournalPlaces): string => `${JSON.stringify({ ...state, journal }, null, 1)}\n`;

/**
 * The last three states are kept as state.json.1 (the newest) to .3; state.json itself is there at every moment. They move on
 * when the new state is on the disk as a whole: a disk that stays full must not push them out one by one.
 */
const replaceState = (path: string, state: State, places: JournalPlaces): Promise<void> =>
  writeDurably(path, stateText(state, places), async () => {
    for (let index = KEPT; index > 1; index--) await rename(`${path}.${index - 1}`, `${path}.${index}`).catch(ignoreAbsent);
    await rm(`${path}.1`, { force: true });
    await link(path, `${path}.1`);
  });

const ignoreAbsent = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
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
