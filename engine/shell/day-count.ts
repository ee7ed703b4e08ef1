/**
 * Calls of the day, counted before they are sent and shared by all runs of this machine (DESIGN 7, the local ledger in its
 * simplest form). Calls are taken in blocks: a run that is killed has counted too many, never too few.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import { dayOf, holds, reserveOf } from '../core/quota.ts';
import type { BudgetConfig, Quota } from '../core/workspace.ts';
import type { DayCounter } from './pace.ts';

export type DayCountOptions = {
  /** `$XDG_STATE_HOME/phinfra`. */
  readonly folder: string;
  /** With the port on loopback (DESIGN 7). */
  readonly deployment: string;
  readonly tenant: string;
  /** The zone in which the quota's day begins. */
  readonly timezone: string;
  readonly quotas: readonly Quota[];
  readonly reserve: BudgetConfig['reserve'];
  readonly clock: Clock;
};

export type DayCount = DayCounter & {
  /** Calls of today so far, one number per quota; 0 for a quota without a day. What blocks still hold is not counted. */
  readonly used: () => Promise<readonly number[]>;
  /** Gives back what is left of the blocks. */
  readonly close: () => Promise<void>;
  /** Said once when the count cannot be kept: this run then counts for itself alone. */
  readonly warnings: () => readonly Diagnostic[];
};

const BLOCK = 20;
/** Near the end of the day's calls a block would keep others from the last ones. */
const BLOCK_SHARE = 0.1;

type Ledger = { readonly day: string; readonly counts: Readonly<Record<string, number>> };

const nameOf = (quota: Quota): string => `levels-${quota.levels.join('-')}`;

/** Opens the count of one tenant; nothing is read or written before it is asked for. */
export const openDayCount = (options: DayCountOptions): DayCount => {
  const { folder, deployment, tenant, timezone, quotas, reserve, clock } = options;
  const place = createHash('sha256').update(`${deployment}\n${tenant}`, 'utf8').digest('hex').slice(0, 16);
  const name = `day-${tenant.replace(/[^\w-]/g, '_')}-${place}`;
  const today = (): string => dayOf(clock.wallMs(), timezone);

  let memory: Ledger = { day: today(), counts: {} };
  let isShared = true;
  const warnings: Diagnostic[] = [];
  const blocks = quotas.map(() => 0);
  let blocksOf = memory.day;
  const limited = quotas.flatMap((quota, index) => (quota.perDay === null ? [] : [{ quota, index, perDay: quota.perDay }]));

  const giveUp = (error: unknown): void => {
    isShared = false;
    warnings.push({
      code: 'LEDGER_WRITE',
      severity: 'warning',
      message: `Calls of the day cannot be counted in ${join(folder, name)}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'What is left today is known only from this run; other runs of this machine are not seen.',
    });
  };
  const current = (ledger: Ledger): Ledger => (ledger.day === today() ? ledger : { day: today(), counts: {} });

  /** Changes the counts, again from the start where another run was quicker; without a file, in memory. */
  const change = async (add: (ledger: Ledger) => Ledger): Promise<void> => {
    if (isShared)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        for (let isPut = false; !isPut; ) {
          const { number, ledger } = await readVersion(folder, name, today());
          memory = add(current(ledger));
          isPut = await putVersion(folder, name, { number: number + 1, ledger: memory });
        }
        return;
      } catch (error) {
        giveUp(error);
      }
    memory = add(current(memory));
  };

  // One at a time: the three levels ask side by side, and a block is taken once.
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = tail.then(run);
    tail = turn.catch(() => undefined);
    return turn;
  };

  const keepOf = (quota: Quota, useReserve: boolean): number => (useReserve ? 0 : reserveOf(quota, reserve));
  const countIn = (ledger: Ledger, quota: Quota): number => ledger.counts[nameOf(quota)] ?? 0;

  return {
    take: (level, { useReserve = false }) =>
      inTurn(async () => {
        if (blocksOf !== today()) {
          blocksOf = today();
          blocks.fill(0);
        }
        const mine = limited.filter(({ quota }) => holds(quota, level));
        const short = mine.filter(({ index }) => (blocks[index] ?? 0) === 0);
        if (short.length > 0)
          await change((ledger) => {
            const counts = { ...ledger.counts };
            for (const { quota, index, perDay } of short) {
              const left = perDay - keepOf(quota, useReserve) - countIn(ledger, quota);
              const block = left <= 0 ? 0 : Math.min(left, BLOCK, Math.max(1, Math.floor(left * BLOCK_SHARE)));
              counts[nameOf(quota)] = countIn(ledger, quota) + block;
              blocks[index] = block;
            }
            return { day: ledger.day, counts };
          });
        if (mine.some(({ index }) => (blocks[index] ?? 0) === 0)) return false;
        for (const { index } of mine) blocks[index] = (blocks[index] ?? 0) - 1;
        return true;
      }),
    used: () =>
      inTurn(async () => {
        if (isShared)
          try {
            memory = (await readVersion(folder, name, today())).ledger;
          } catch (error) {
            giveUp(error);
          }
        const ledger = current(memory);
        return quotas.map((quota, index) =>
          quota.perDay === null ? 0 : countIn(ledger, quota) - (blocksOf === ledger.day ? (blocks[index] ?? 0) : 0),
        );
      }),
    close: () =>
      inTurn(async () => {
        if (blocksOf !== today() || blocks.every((block) => block === 0)) return;
        await change((ledger) => {
          const counts = { ...ledger.counts };
          for (const { quota, index } of limited)
            counts[nameOf(quota)] = Math.max(0, countIn(ledger, quota) - (blocks[index] ?? 0));
          return { day: ledger.day, counts };
        });
        blocks.fill(0);
      }),
    warnings: () => warnings,
  };
};

/** One version of the count: its number grows with every change, and only the highest counts. */
type Version = { readonly number: number; readonly ledger: Ledger };

const NUMBERED = /^(.*)\.(\d+)\.json$/;

const numbersOf = async (folder: string, name: string): Promise<readonly number[]> => {
  try {
    return (await readdir(folder)).flatMap((file) => {
      const [, of, number] = NUMBERED.exec(file) ?? [];
      return of === name ? [Number(number)] : [];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const highest = async (folder: string, name: string): Promise<number> => Math.max(0, ...(await numbersOf(folder, name)));
const pathOf = (folder: string, name: string, number: number): string => join(folder, `${name}.${number}.json`);

const readVersion = async (folder: string, name: string, today: string): Promise<Version> => {
  for (;;) {
    const number = await highest(folder, name);
    if (number === 0) return { number, ledger: { day: today, counts: {} } };
    let text: string;
    try {
      text = await readFile(pathOf(folder, name, number), 'utf8');
    } catch (error) {
      // Somebody has made the next one and taken this one away.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw error;
    }
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || typeof value.day !== 'string' || !isObject(value.counts))
      throw new Error('it is not a count of calls');
    return { number, ledger: value.day === today ? (value as unknown as Ledger) : { day: today, counts: {} } };
  }
};

/** Versions that stay: among them a number that is free was never taken. */
const KEPT = 8;

/**
 * Makes the next version, or finds that somebody else has: a link to a finished file is exclusive. Nothing is ever held, so
 * a run that is killed or stopped in the middle keeps nobody waiting; one that wakes up so late that its number was taken
 * and has gone finds itself behind all that stay.
 */
const putVersion = async (folder: string, name: string, { number, ledger }: Version): Promise<boolean> => {
  const path = pathOf(folder, name, number);
  const draft = join(folder, `${name}.${randomUUID()}.tmp`);
  await writeFile(draft, JSON.stringify(ledger), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const numbers = await numbersOf(folder, name);
  const newest = Math.max(number, ...numbers);
  if (newest >= number + KEPT) {
    await rm(path, { force: true });
    return false;
  }
  for (const older of numbers) if (older <= newest - KEPT) await rm(pathOf(folder, name, older), { force: true });
  return true;
};
