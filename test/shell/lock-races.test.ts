/** The lock on a modelled disk: a holder that dies at any change, others in between, a disk that fails (RELIABILITY 3.4, G3, G9). */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Holder, type ProcessFacts, systemFacts } from '../../engine/shell/holder.ts';
import { readLock, releaseFound, takeLock } from '../../engine/shell/lock.ts';
import { createRandom } from '../laws/random.ts';
import {
  afterPowerLoss,
  contentsOf,
  type Disk,
  failure,
  find,
  makeFolders,
  newDisk,
  newFile,
  setEntry,
  settleDisk,
} from '../sweep/machine/disk.ts';
import { type Machine, newMachine, startProcess, useMachine } from '../sweep/machine/machine.ts';

/** What is asked before each call of the file system; an error that it gives is the call's own. */
const before = vi.hoisted(() => ({ call: (_call: string, _path: string): Error | null => null }));

vi.mock('node:fs/promises', async () => {
  const fs = await import('../sweep/machine/fs-promises.ts');
  const asked = async <T>(call: string, path: string, run: () => Promise<T>): Promise<T> => {
    const error = before.call(call, path);
    if (error) throw error;
    return run();
  };
  return {
    ...fs,
    link: (from: string, to: string) => asked('link', to, () => fs.link(from, to)),
    readdir: (path: string) => asked('readdir', path, () => fs.readdir(path)),
    readFile: (path: string, encoding: 'utf8') => asked('readFile', path, () => fs.readFile(path, encoding)),
    open: (path: string, flags: Parameters<typeof fs.open>[1]) =>
      asked('open', path, async () => {
        const file = await fs.open(path, flags);
        const { sync } = file;
        return Object.assign(file, { sync: () => asked('sync', path, () => sync.call(file)) });
      }),
  };
});

const FOLDER = '/f';
const SINCE = '2026-11-24T02:00:00.000Z';
const lockName = (fence: number): string => `lock.${String(fence).padStart(6, '0')}`;
/** Of these processes the last runs on; of a pid that is not named nothing runs. */
const facts = (pid: number, running: readonly number[] = [pid], host = 'build-1'): ProcessFacts => ({
  host,
  bootId: async () => 'boot-1',
  pid,
  startedAt: async (asked) => (running.includes(asked) ? `start of ${asked}` : null),
});
const holder = (pid: number): Holder => ({
  host: 'build-1',
  bootId: 'boot-1',
  pid,
  startedAt: `start of ${pid}`,
  command: 'apply',
  since: SINCE,
});
const take = (of: ProcessFacts) => takeLock(FOLDER, 'apply', SINCE, of);
const told = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`,
  );
const startMachine = (disk: Disk = newDisk(), seed = 1): Machine => {
  makeFolders(disk, FOLDER);
  settleDisk(disk);
  const machine = newMachine(disk, seed);
  machine.only = startProcess(machine, null);
  useMachine(machine);
  return machine;
};
const names = ({ disk }: Machine): string[] => contentsOf(disk).map(([path]) => path.slice(FOLDER.length + 1));
const put = ({ disk }: Machine, fence: number, text: string): void => {
  const file = newFile();
  file.data = Buffer.from(text);
  const folder = find(disk, FOLDER);
  if (folder?.kind === 'folder') setEntry(folder, lockName(fence), file);
};
const remove = ({ disk }: Machine, fence: number): void => {
  const folder = find(disk, FOLDER);
  if (folder?.kind === 'folder') setEntry(folder, lockName(fence), null);
};
/** Does something just before the first such call. */
const once = (call: string, ending: string, act: () => unknown): void => {
  let isDue = true;
  before.call = (asked, path) => {
    if (!isDue || asked !== call || !path.endsWith(ending)) return null;
    isDue = false;
    const given = act();
    return given instanceof Error ? given : null;
  };
};

beforeEach(() => {
  before.call = () => null;
});

describe('a holder that dies while it takes the lock', () => {
  for (const how of ['before', 'torn', 'after', 'written'] as const)
    it(`is followed by the next one, and nothing of it is left (${how} any change of the disk)`, async () => {
      for (let at = 1; ; at++) {
        const machine = startMachine();
        machine.only = startProcess(machine, { at, how });
        let isTaken = false;
        void take(facts(7)).then(() => {
          isTaken = true;
        });
        await new Promise((resolve) => setImmediate(resolve));
        if (isTaken) {
          expect(at).toBeGreaterThan(5);
          break;
        }
        machine.only = startProcess(machine, null);
        const { fence } = await take(facts(8));
        expect(names(machine), `change ${at}`).toEqual([lockName(Number(fence))]);
        expect(await readLock(FOLDER, facts(9, [8]))).toEqual({ fence, status: 'running', holder: holder(8) });
      }
    });

  it('holds it through a loss of power from the moment that it is told so', async () => {
    const machine = startMachine();
    await take(facts(7));
    for (let seed = 0; seed < 40; seed++) {
      startMachine(afterPowerLoss(machine.disk, createRandom(seed).below));
      expect(await readLock(FOLDER, facts(8, [7]))).toEqual({ fence: 1, status: 'running', holder: holder(7) });
    }
  });
});

describe('others in between', () => {
  it('leave one holder of several that begin together, in any order of their steps', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const machine = startMachine(newDisk(), seed);
      // Somebody is dead already: all of them would take over.
      put(machine, 1, JSON.stringify(holder(6)));
      const random = createRandom(seed);
      const waiting: (() => void)[] = [];
      machine.turn = () => new Promise((go) => void waiting.push(go));
      const ends: string[] = [];
      for (const pid of [7, 8, 9]) void told(take(facts(pid, [7, 8, 9]))).then((end) => void ends.push(end));
      while (ends.length < 3) {
        await new Promise((resolve) => setImmediate(resolve));
        waiting.splice(random.below(Math.max(1, waiting.length)), 1)[0]?.();
      }
      machine.turn = null;
      expect(
        ends.filter((end) => end === 'done'),
        `seed ${seed}`,
      ).toHaveLength(1);
      expect(ends.filter((end) => end.startsWith('LOCKED: '))).toHaveLength(2);
      expect(names(machine), `seed ${seed}`).toHaveLength(1);
    }
  });

  it('win over one that slept over two of them: it gives up what it made, and names the holder', async () => {
    const machine = startMachine();
    put(machine, 1, JSON.stringify(holder(6)));
    once('link', lockName(2), () => put(machine, 3, JSON.stringify(holder(8))));
    expect(await told(take(facts(7, [7, 8])))).toBe(
      `LOCKED: "apply" holds the lock of this environment since ${SINCE}: process 8 on build-1.`,
    );
    expect(names(machine)).toEqual([lockName(1), lockName(3)]);
  });

  it('that have released it meanwhile are not named', async () => {
    const machine = startMachine();
    put(machine, 1, JSON.stringify(holder(6)));
    once('link', lockName(2), () => put(machine, 3, '{"released":true}'));
    expect(await told(take(facts(7)))).toBe('LOCKED: Another run holds the lock of this environment.');
  });

  it('that sweep away its draft have won', async () => {
    const machine = startMachine();
    once('link', lockName(1), () => {
      put(machine, 1, JSON.stringify(holder(8)));
      return failure('ENOENT', 'link', lockName(1));
    });
    expect(await told(take(facts(7, [7, 8])))).toMatch(/^LOCKED: .*process 8/);
  });

  it('that follow while somebody looks are who holds it', async () => {
    const machine = startMachine();
    put(machine, 1, JSON.stringify(holder(6)));
    once('readFile', lockName(1), () => {
      remove(machine, 1);
      put(machine, 2, JSON.stringify(holder(8)));
    });
    expect(await readLock(FOLDER, facts(7, [7, 8]))).toEqual({ fence: 2, status: 'running', holder: holder(8) });
    put(machine, 2, 'nobody can read this');
    expect(await readLock(FOLDER, facts(7))).toEqual({ fence: 2, status: 'unreadable', holder: null });
  });
});

describe('a lock that is released by somebody else', () => {
  it('is free under the next number, and what it followed is gone', async () => {
    const machine = startMachine();
    put(machine, 4, JSON.stringify(holder(6)));
    await releaseFound(FOLDER, 4);
    expect(names(machine)).toEqual([lockName(5)]);
    expect(await readLock(FOLDER, facts(7))).toEqual({ fence: 5, status: 'free', holder: null });
    expect((await take(facts(7))).fence).toBe(6);
  });

  it('is not released where somebody has followed: before the look, or after it', async () => {
    const machine = startMachine();
    put(machine, 4, JSON.stringify(holder(8)));
    expect(await told(releaseFound(FOLDER, 3))).toMatch(/^LOCKED: "apply" .*process 8/);
    once('link', lockName(5), () => {
      put(machine, 5, '{"released":true}');
      return failure('EEXIST', 'link', lockName(5));
    });
    expect(await told(releaseFound(FOLDER, 4))).toBe('LOCKED: Another run holds the lock of this environment.');
    expect(names(machine)).toEqual([lockName(4), lockName(5)]);
  });
});

describe('a disk that fails', () => {
  it('gives no lock, and leaves none behind that its maker was told not to have', async () => {
    for (const [call, ending] of [
      ['open', '.tmp'],
      ['sync', '.tmp'],
      ['link', lockName(1)],
      ['sync', FOLDER],
    ] as const) {
      const machine = startMachine();
      once(call, ending, () => failure('EIO', call, ending));
      expect(await told(take(facts(7))), `${call} ${ending}`).toMatch(/^JOURNAL_WRITE: The lock cannot be taken: .*EIO/);
      expect(names(machine), `${call} ${ending}`).toEqual([]);
    }
  });

  it('tells nobody that a lock is free: a folder that is not there has none, one that cannot be read is not known', async () => {
    startMachine();
    expect(await readLock('/f/none', facts(7))).toEqual({ fence: 0, status: 'free', holder: null });
    once('readdir', FOLDER, () => failure('EACCES', 'scandir', FOLDER));
    expect(await told(readLock(FOLDER, facts(7)))).toMatch(/^STATE_UNREADABLE: \/f cannot be read: .*EACCES/);
  });
});

it('a process is known by when it started, and the machine by its start', async () => {
  const machine = startMachine();
  const { bootId, startedAt } = systemFacts();
  expect(await bootId()).toBe('boot-1');
  expect(await startedAt(process.pid)).toBe('');
  machine.processes.set(process.pid, startProcess(machine, null));
  expect(await startedAt(process.pid)).toBe(String(process.pid * 10));
  // Above the highest pid that Linux gives out.
  expect(await startedAt(2 ** 22 + 1)).toBe(null);
});
