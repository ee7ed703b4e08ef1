/** The built program, killed in the middle of an apply with its record in a bucket: the next one takes over by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';
import { defaultWorld, parseWorld, startEmulator } from '../../emulator/index.ts';
import { bucketOf, createOssServer } from '../support/oss-server.ts';
import { QUOTAS, startProgram, writeFiles } from './process.ts';

const GROUPS = Object.fromEntries(
  Array.from({ length: 6 }, (_, index) => [`made${index}`, { description: `Made ${index}`, members: ['bob@example.com'] }]),
);
/** Of the machine's time: 45 s until the lock is too old, and three programs at a time. */
const MOST_MS = 120_000;
const APPLY = ['apply', '--auto-approve', '--format', 'json'];

// Each waits until the lock of the dead is too old: they wait together.
it.concurrent.for([1, 4, 9])(
  'killed at its write %i, it is gone on with from an empty folder, and nothing is made twice',
  { timeout: MOST_MS },
  async (write, { expect, onTestFinished }) => {
    const emulator = await startEmulator({
      world: { ...parseWorld(defaultWorld('basic')), quotas: QUOTAS as never },
      latencyMs: 15,
    });
    const server = createOssServer({ key: emulator });
    const { endpoint, close } = await server.listen();
    const home = mkdtempSync(join(tmpdir(), 'phinfra-bucket-'));
    onTestFinished(async () => {
      await emulator.close();
      await close();
      rmSync(home, { recursive: true, force: true });
    });
    const folderOf = (name: string): string => {
      const folder = join(home, name);
      writeFiles(folder, GROUPS, { state: bucketOf({ endpoint }) });
      return folder;
    };
    const writes = (): number => emulator.service.calls().filter(({ action }) => /^(Create|Add|Update)/.test(action)).length;
    const { child, ended } = startProgram(emulator, folderOf('killed'), APPLY);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (writes() < write && !isOver) await new Promise((done) => setTimeout(done, 1));
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    expect(server.lock()).not.toBe(null);

    const again = await startProgram(emulator, folderOf('after'), APPLY).ended;
    expect({ exit: again.exit, said: again.exit === 0 ? '' : again.stdout }).toEqual({ exit: 0, said: '' });
    const names = emulator.service.world().userGroups.map(({ Name }) => Name);
    expect(names.sort()).toEqual(Object.keys(GROUPS).sort());
    expect([server.lock(), emulator.service.violations()]).toEqual([null, []]);
    const planned = await startProgram(emulator, folderOf('last'), ['plan', '--detailed-exitcode']).ended;
    expect(planned.exit).toBe(0);
  },
);
