/** The record as files in a folder: `state.json`, `journal.jsonl` and the lock beside them (DESIGN 6). */
import { link, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import type { State } from '../core/model.ts';
import { makeFolder, openForAppend, writeDurably } from './durable.ts';
import { type ProcessFacts, systemFacts } from './holder.ts';
import { createJournal, cutTorn, genesisOf, readJournal, restartJournal } from './journal.ts';
import { readLock, releaseFound, takeLock } from './lock.ts';
import { continues, isLeftOver, parseState } from './state.ts';
import type { OpenJournal, Store, Stored } from './store.ts';

const KEPT = 3;

type Files = { readonly state: string; readonly journal: string };

/** @param folder `.phinfra/ENV` of the workspace */
export const createLocalStore = (folder: string, facts: ProcessFacts = systemFacts()): Store => {
  const files: Files = { state: join(folder, 'state.json'), journal: join(folder, 'journal.jsonl') };
  return {
    name: files.state,
    read: () => readBoth(files),
    lock: ({ command, since }) => takeLock(folder, command, since, facts),
    findLock: () => readLock(folder, facts),
    releaseFound: (fence) => releaseFound(folder, fence),
    prepare: () => makeFolder(folder),
    mend: async (text) => (text.isTorn ? [await cutTorn(files.journal, text)] : []),
    put: async (state, carried, { isNewState }) => {
      if (isNewState) await replaceState(files.state, state);
      await restartJournal(files.journal, genesisOf(state.lineage, state.serial), carried);
    },
    goOn: async (state, { isFirst }) => {
      if (isFirst) await writeDurably(files.state, stateText(state));
      return openJournal(files.journal, genesisOf(state.lineage, state.serial));
    },
  };
};

const openJournal = async (path: string, genesis: string): Promise<OpenJournal> => {
  const file = await openForAppend(path);
  try {
    const { seq, last } = await readJournal(path);
    return { ...createJournal(file, path, { seq, last, genesis }), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** While an apply compacts, the two files may not fit for a moment; they are then read again. */
const readBoth = async (files: Files): Promise<Stored> => {
  for (let attempt = 1; ; attempt++) {
    const state = await readState(files.state);
    const text = await readJournal(files.journal);
    const fits =
      state === null ? text.genesis === null : text.genesis === null || continues(text, state) || isLeftOver(text, state);
    if (fits) return { state, text };
    if (attempt < 3) continue;
    if (state === null)
      throw new EngineError(
        'STATE_UNREADABLE',
        `${files.journal} is there, but ${files.state} is not.`,
        `Put back ${files.state} from a copy, such as ${files.state}.1.`,
      );
    throw new EngineError(
      'JOURNAL_DAMAGED',
      `${files.journal} does not continue ${files.state}.`,
      'Put back both files from one copy.',
    );
  }
};

const readState = async (path: string): Promise<State | null> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new EngineError('STATE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`);
  }
  return parseState(text, path);
};

const stateText = (state: State): string => `${JSON.stringify(state, null, 1)}\n`;

/** The last three states are kept as state.json.1 (the newest) to .3; state.json itself is there at every moment. */
const replaceState = async (path: string, state: State): Promise<void> => {
  try {
    for (let index = KEPT; index > 1; index--) await rename(`${path}.${index - 1}`, `${path}.${index}`).catch(ignoreAbsent);
    await rm(`${path}.1`, { force: true });
    await link(path, `${path}.1`);
  } catch (error) {
    throw new EngineError('JOURNAL_WRITE', `The record cannot be written: ${path}.1: ${(error as Error).message}.`);
  }
  await writeDurably(path, stateText(state));
};

const ignoreAbsent = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
};
