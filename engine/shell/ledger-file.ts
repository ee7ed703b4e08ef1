/** The ledger of a machine: a folder of numbered versions, of which the highest counts. No lock, so a killed run holds nobody up. */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLedger } from '../core/ledger.ts';
import type { LedgerStore } from './ledger.ts';

/** Versions that stay: among them a number that is free was never taken. */
const KEPT = 8;
const NUMBERED = /^(\d+)\.json$/;

/**
 * A version is made by a link to a finished file, which is exclusive. One that wakes up so late that its number was taken and
 * has gone finds itself behind all that stay, and has not counted.
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

  const read: LedgerStore['read'] = async () => {
    for (;;) {
      const numbers = [...(await numbersIn(folder))].sort((a, b) => b - a);
      const [version = 0] = numbers;
      if (version === 0) return { version, text: null };
      try {
        // A loss of power may take what no disk had been asked to keep: the newest that is whole counts.
        for (const number of numbers) {
          const text = await readFile(pathOf(number), 'utf8');
          if (parseLedger(text) !== null) return { version, text };
        }
        return { version, text: null, isLost: true };
      } catch (error) {
        // Somebody has made the next ones and taken this one away.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };
  const put: LedgerStore['put'] = async (after, text) => {
    if (!isMade) await mkdir(folder, { recursive: true, mode: 0o700 });
    isMade = true;
    const number = after + 1;
    const draft = join(folder, `${randomUUID()}.tmp`);
    try {
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
      await link(draft, pathOf(number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    const numbers = await numbersIn(folder);
    const newest = Math.max(number, ...numbers);
    const isBehind = newest >= number + KEPT;
    for (const older of numbers) if (older <= newest - KEPT) await rm(pathOf(older), { force: true });
    return !isBehind;
  };
  return { place: folder, read, put };
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
