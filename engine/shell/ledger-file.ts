/** The ledger of a machine: a folder of numbered versions. No lock, so a killed run holds nobody up. */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLedger } from '../core/ledger.ts';
import type { LedgerStore } from './ledger.ts';
import { createVersions } from './versions.ts';

const KEPT = 8;
const NUMBERED = /^(\d+)\.json$/;

/**
 * A version is made by a link to a finished file, which is exclusive.
 *
 * @param options.folder     `$XDG_STATE_HOME/phinfra`
 * @param options.deployment with the port on loopback (DESIGN 7)
 */
export const fileLedger = (options: {
  readonly folder: string;
  readonly deployment: string;
  readonly tenant: string;
}): LedgerStore => {
  const { deployment, tenant } = options;
  const digest = createHash('sha256').update(`${deployment}\n${tenant}`, 'utf8').digest('hex').slice(0, 16);
  const folder = join(options.folder, `ledger-${tenant.replace(/[^\w-]/g, '_')}-${digest}`);
  const pathOf = (number: number): string => join(folder, `${number}.json`);
  let isMade = false;

  const make = async (number: number, text: string): Promise<boolean> => {
    if (!isMade) await mkdir(folder, { recursive: true, mode: 0o700 });
    isMade = true;
    const draft = join(folder, `${randomUUID()}.tmp`);
    try {
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
      await link(draft, pathOf(number));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  };
  const versions = createVersions(
    {
      numbers: () => numbersIn(folder),
      text: (number) => readFile(pathOf(number), 'utf8').catch(absent),
      make,
      remove: (number) => rm(pathOf(number), { force: true }),
    },
    KEPT,
  );
  /** A loss of power may take what no disk had been asked to keep: the newest that is whole counts. */
  const read: LedgerStore['read'] = async () => {
    const newest = await versions.read();
    if (newest.text === null || parseLedger(newest.text) !== null) return newest;
    for (const number of [...(await numbersIn(folder))].sort((a, b) => b - a)) {
      const text = await readFile(pathOf(number), 'utf8').catch(absent);
      if (text !== null && parseLedger(text) !== null) return { version: newest.version, text };
    }
    return { version: newest.version, text: null, isLost: true };
  };
  return { place: folder, read, put: versions.put };
};

const absent = (error: unknown): null => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
};

const numbersIn = async (folder: string): Promise<readonly number[]> => {
  try {
    return (await readdir(folder)).flatMap((file) => {
      const [, number] = NUMBERED.exec(file) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};
