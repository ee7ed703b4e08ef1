/**
 * `journal.mark`: how far the journal is known to be on the disk, so that whole lines that are missing at its end are
 * noticed. A journal alone cannot tell: it then looks like one that was never longer.
 *
 * It is written over in place after each append and never synced: it may be behind the journal, never ahead of it. After a
 * power failure it may be unreadable, and then says nothing. It costs an append a few microseconds.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { EngineError } from '../core/diagnostic.ts';
import { cannotWrite, writeAll } from './durable.ts';
import { checksum, type Place } from './journal.ts';

/** The journal that continues the state with this lineage and serial is at least so long. */
export type Mark = Place & { readonly lineage: string; readonly serial: number };

/** Always the same length: what is written over leaves no rest. A lineage has 36 characters, a hash 64. */
const LENGTH = 200;

export const markText = ({ lineage, serial, seq, last }: Mark): string => {
  const body = JSON.stringify([lineage, serial, seq, last]);
  return `${`${checksum(body)} ${body}`.padEnd(LENGTH - 1)}\n`;
};

/** Null for what is no mark: a power failure may leave anything. */
export const parseMark = (text: string): Mark | null => {
  const body = text.slice(9).trimEnd();
  if (body === '' || text.slice(0, 9) !== `${checksum(body)} `) return null;
  // The checksum says that it is as we wrote it.
  const [lineage, serial, seq, last] = JSON.parse(body) as [string, number, number, string | null];
  return { lineage, serial, seq, last };
};

/** @throws EngineError STATE_UNREADABLE */
export const readMark = async (path: string): Promise<Mark | null> => {
  try {
    return parseMark(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new EngineError('STATE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`);
  }
};

export type MarkFile = {
  /** @throws EngineError JOURNAL_WRITE */
  readonly put: (place: Place) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The mark of the journal that continues a state; its file is opened by its first use. */
export const createMarkFile = (path: string, { lineage, serial }: Pick<Mark, 'lineage' | 'serial'>): MarkFile => {
  let file: FileHandle | null = null;
  return {
    put: async ({ seq, last }) => {
      try {
        file ??= await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
        await writeAll(file, Buffer.from(markText({ lineage, serial, seq, last }), 'utf8'), 0);
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
    close: async () => {
      const opened = file;
      file = null;
      await opened?.close();
    },
  };
};
