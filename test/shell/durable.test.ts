/** What a loss of power leaves of files that were written durably, at every change of a modelled disk (RELIABILITY 3.4, G3). */
import { describe, expect, it, vi } from 'vitest';
import { appendDurably, makeFolder, openForAppend, writeDurably } from '../../engine/shell/durable.ts';
import { cutTorn, parseJournal } from '../../engine/shell/journal.ts';
import { createRandom } from '../laws/random.ts';
import { afterPowerLoss, contentsOf, type Disk, find, makeFolders, newDisk, settleDisk } from '../sweep/machine/disk.ts';
import { type Machine, newMachine, startProcess, useMachine } from '../sweep/machine/machine.ts';

vi.mock('node:fs/promises', () => import('../sweep/machine/fs-promises.ts'));

/** Ways in which the power may go: chance decides how much of what was not synced is kept. */
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const FILE = '/f/file';

/** A machine on which the folder is there, and what was done before lasts. */
const startMachine = async (seed: number, before: () => Promise<unknown>): Promise<Machine> => {
  const disk = newDisk();
  makeFolders(disk, '/f');
  const machine = newMachine(disk, seed);
  useMachine(machine);
  machine.only = startProcess(machine, null);
  await before();
  settleDisk(disk);
  return machine;
};
const textIn = (disk: Disk): string | null => contentsOf(disk).find(([name]) => name === FILE)?.[1] ?? null;
const nothing = async (): Promise<void> => undefined;
const old = (): Promise<void> => writeDurably(FILE, 'old');

/** The disk after every loss of power behind the end of the work. */
const disksAfter = async (work: () => Promise<unknown>, before = nothing): Promise<readonly Disk[]> => {
  const machine = await startMachine(1, before);
  await work();
  return SEEDS.map((seed) => afterPowerLoss(machine.disk, createRandom(seed).below));
};
const textsAfter = async (work: () => Promise<unknown>, before = nothing) =>
  new Set((await disksAfter(work, before)).map(textIn));

/** The file after every loss of power in the midst of the work, which goes on from a file that says `old`. */
const textsAmid = async (work: () => Promise<unknown>): Promise<ReadonlySet<string | null>> => {
  const seen = new Set<string | null>();
  for (let at = 1; ; at++)
    for (const how of ['written', 'torn'] as const)
      for (const seed of SEEDS) {
        const machine = await startMachine(seed, old);
        machine.only = startProcess(machine, { at, how });
        let isDone = false;
        void work().then(() => {
          isDone = true;
        });
        // The dead never come back: everything that waits for a promise alone has moved on by then.
        await new Promise((resolve) => setImmediate(resolve));
        if (isDone) return seen;
        seen.add(textIn(how === 'torn' ? afterPowerLoss(machine.disk, machine.random.below) : machine.disk));
      }
};

describe('a file that is replaced durably', () => {
  const replace = (): Promise<void> => writeDurably(FILE, 'the new text');

  it('is the old one or the new one, whenever the power goes', async () => {
    expect(await textsAmid(replace)).toEqual(new Set(['old', 'the new text']));
  });

  it('is the new one from the moment that it is told to be', async () => {
    expect(await textsAfter(replace, old)).toEqual(new Set(['the new text']));
    expect(await textsAfter(replace)).toEqual(new Set(['the new text']));
  });
});

describe('what is appended durably', () => {
  const append = async (text: string): Promise<void> => {
    const file = await openForAppend(FILE);
    await appendDurably(file, Buffer.from(text), FILE);
    await file.close();
  };

  it('is there from the moment that it is told to be, in a file that is new as well', async () => {
    expect(await textsAfter(() => append('one'))).toEqual(new Set(['one']));
    expect(await textsAfter(() => append(' and more'), old)).toEqual(new Set(['old and more']));
  });

  it('leaves a first part of itself behind what was there, whenever the power goes', async () => {
    const texts = await textsAmid(() => append(' and more'));
    expect(texts.size).toBeGreaterThan(2);
    for (const text of texts) {
      expect(text).toMatch(/^old/);
      expect('old and more').toContain(text);
    }
  });
});

it('a torn line that was cut off does not come back', async () => {
  const torn = (): Promise<void> => writeDurably(FILE, 'a line\nand a pa');
  const cut = (): Promise<string> => cutTorn(FILE, { ...parseJournal('', FILE), seq: 1, soundBytes: 'a line\n'.length });
  expect(await textsAfter(cut, torn)).toEqual(new Set(['a line\n']));
});

describe('a folder', () => {
  it('is there from the moment that it is told to be, with all the parents that it lacked', async () => {
    const kinds = (await disksAfter(() => makeFolder('/f/g/h/i'))).map((disk) => find(disk, '/f/g/h/i')?.kind ?? null);
    expect(new Set(kinds)).toEqual(new Set(['folder']));
  });
});
