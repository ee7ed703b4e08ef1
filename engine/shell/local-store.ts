/** The record as files in a folder: `state.json`, `journal.jsonl` and the lock beside them (DESIGN 6). */
import { link, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import { isSame } from '../core/json.ts';
import type { State } from '../core/model.ts';
import type { Json } from '../core/ports.ts';
import { isRecordCalls, NO_RECORD_CALLS, type RecordCalls } from '../core/record-calls.ts';
import { type AppendFile, makeFolder, openForAppend, tidy, writeDurably } from './durable.ts';
import { isPlaces, type JournalPlaces, misfitOf, type RecordFiles, type RecordTexts } from './fits.ts';
import { type ProcessFacts, systemFacts } from './holder.ts';
import { createJournal, cutTorn, genesisOf, journalOf, type Place, readJournal } from './journal.ts';
import { checkHeld, readLock, releaseFound, takeLock } from './lock.ts';
import { createMarkFile, type MarkFile, readMark } from './mark.ts';
import { parseState } from './state.ts';
import type { OpenJournal, Store } from './store.ts';

const KEPT = 3;

/** @param folder `.phinfra/ENV` of the workspace */
export const createLocalStore = (folder: string, facts: ProcessFacts = systemFacts()): Store => {
  const files: RecordFiles = {
    state: join(folder, 'state.json'),
    journal: join(folder, 'journal.jsonl'),
    mark: join(folder, 'journal.mark'),
  };
  /** How far the journal has come, as it was read or appended to last. */
  let reached = NOWHERE;
  const callsFile = join(folder, 'calls.json');
  let calls: RecordCalls = NO_RECORD_CALLS;
  /** The fence of this run's lock; 0: it has none. */
  let held = 0;
  const confirm = (): Promise<void> => checkHeld(folder, held);
  return {
    name: files.state,
    blockSize: 1,
    read: async () => {
      const { state, text } = await readAll(files);
      reached = placeOf(text);
      calls = await readCalls(callsFile);
      return { state, text };
    },
    calls: () => calls,
    putCalls: async (next) => {
      if (isSame(next, calls)) return;
      await confirm();
      calls = next;
      await writeDurably(callsFile, `${JSON.stringify(next, null, 1)}\n`);
    },
    lock: async ({ command, since }) => {
      const lock = await takeLock(folder, command, since, facts);
      held = Number(lock.fence);
      return lock;
    },
    confirm,
    findLock: () => readLock(folder, facts),
    releaseFound: (fence) => releaseFound(folder, Number(fence)),
    prepare: async () => {
      await makeFolder(folder);
      await sweep(folder);
    },
    mend: async (text) => (text.isTorn ? [await cutTorn(files.journal, text)] : []),
    put: async (state, carried, { isNewState }) => {
      const next = journalOf(genesisOf(state.lineage, state.serial), carried);
      await confirm();
      if (isNewState) await replaceState(files.state, state, { folded: reached, carried: placeOf(next) }, confirm);
      await writeDurably(files.journal, next.text);
      reached = placeOf(next);
      const mark = createMarkFile(files.mark, state);
      await mark.put(reached).finally(mark.close);
    },
    goOn: async (state, { isFirst }) => {
      if (isFirst) await writeDurably(files.state, stateText(state, { folded: NOWHERE, carried: NOWHERE }));
      return openJournal(files, state, confirm, (place) => {
        reached = place;
      });
    },
  };
};

/** What a killed run was about to put in the place of state, journal or a plan; under the lock nobody else makes them. */
const DRAFT = /^(state|journal|calls|plan-\w+)\.jsonl?\..*\.tmp$/;
const sweep = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) if (DRAFT.test(name)) await tidy(join(folder, name));
};

const NOWHERE: Place = { seq: 0, last: null };
const placeOf = ({ seq, last }: Place): Place => ({ seq, last });

const openJournal = async (
  { journal: path, mark: markPath }: RecordFiles,
  state: State,
  confirm: () => Promise<void>,
  onDurable: (place: Place) => void,
): Promise<OpenJournal> => {
  const file = await openForAppend(path);
  const appended: AppendFile = {
    write: async (...of) => {
      await confirm();
      return file.write(...of);
    },
    datasync: () => file.datasync(),
  };
  const mark: MarkFile = createMarkFile(markPath, state);
  const close = async (): Promise<void> => {
    await mark.close();
    await file.close();
  };
  try {
    const start = { ...placeOf(await readJournal(path)), genesis: genesisOf(state.lineage, state.serial) };
    const journal = createJournal(appended, path, start, async (place) => {
      await mark.put(place);
      onDurable(place);
    });
    return { ...journal, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/**
 * The mark first: whoever appends meanwhile only goes beyond it. While an apply compacts, the files may not fit for a moment;
 * they are then read again.
 */
const readAll = async (files: RecordFiles): Promise<RecordTexts> => {
  for (let attempt = 1; ; attempt++) {
    const mark = await readMark(files.mark);
    const { state, places } = await readState(files.state);
    const found = { state, places, text: await readJournal(files.journal), mark };
    const misfit = misfitOf(found, files);
    if (misfit === null) return found;
    if (attempt === 3) throw misfit;
  }
};

const readCalls = async (path: string): Promise<RecordCalls> => {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NO_RECORD_CALLS;
    throw new EngineError('STATE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`, WITHOUT_CALLS);
  }
  if (isRecordCalls(value as Json)) return value as RecordCalls;
  throw new EngineError('STATE_UNREADABLE', `${path} holds calls in another form.`, WITHOUT_CALLS);
};
const WITHOUT_CALLS = 'Take it away: what other machines have spent today is then not known.';

const readState = async (path: string): Promise<Pick<RecordTexts, 'state' | 'places'>> => {
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
 * The state, and what its file says of the journals at its sides.
 *
 * @throws EngineError see parseState
 */
export const parseStateFile = (text: string, name: string): { readonly state: State; readonly places: JournalPlaces | null } => {
  const { journal, ...state } = parseState(text, name) as State & { readonly journal?: unknown };
  if (journal !== undefined && !isPlaces(journal))
    throw new EngineError(
      'STATE_UNREADABLE',
      `${name} does not say where its journal stood.`,
      `Put back a copy, such as ${name}.1; it is never started afresh by itself.`,
    );
  return { state, places: journal ?? null };
};

const stateText = (state: State, journal: JournalPlaces): string => `${JSON.stringify({ ...state, journal }, null, 1)}\n`;

/**
 * The last three states are kept as state.json.1 (the newest) to .3; state.json itself is there at every moment. They move on
 * when the new state is on the disk as a whole: a disk that stays full must not push them out one by one.
 */
const replaceState = (path: string, state: State, places: JournalPlaces, confirm: () => Promise<void>): Promise<void> =>
  writeDurably(path, stateText(state, places), async () => {
    await confirm();
    for (let index = KEPT; index > 1; index--) await rename(`${path}.${index - 1}`, `${path}.${index}`).catch(ignoreAbsent);
    await rm(`${path}.1`, { force: true });
    // A record that is pushed where there was none has nothing before it.
    await link(path, `${path}.1`).catch(ignoreAbsent);
  });

const ignoreAbsent = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
};
