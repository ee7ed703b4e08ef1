import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProcessFacts, systemFacts } from '../../engine/shell/holder.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { takeLock } from '../../engine/shell/lock.ts';
import { withLock } from '../../engine/shell/store.ts';
import { temporaryFolder } from '../support/apply-plan.ts';

const SINCE = '2026-11-24T02:00:00.000Z';
/** A machine on which these processes run: pid -> start time. */
const machine = (
  pid: number,
  running: Readonly<Record<number, string>>,
  more: { host?: string; boot?: string } = {},
): ProcessFacts => ({
  host: more.host ?? 'build-1',
  bootId: async () => more.boot ?? 'boot-1',
  pid,
  startedAt: async (asked) => running[asked] ?? null,
});
const ended = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'taken',
    (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`,
  );
const locks = (folder: string): string[] => readdirSync(folder).sort();

describe('the lock', () => {
  it('is held by one at a time, and names the holder to the other', async () => {
    const folder = temporaryFolder();
    const lock = await takeLock(folder, 'apply', SINCE, machine(7, { 7: '100', 8: '200' }));
    expect([lock.fence, lock.holder]).toEqual([
      1,
      { host: 'build-1', bootId: 'boot-1', pid: 7, startedAt: '100', command: 'apply', since: SINCE },
    ]);
    expect(await ended(takeLock(folder, 'destroy', SINCE, machine(8, { 7: '100', 8: '200' })))).toBe(
      `LOCKED: "apply" holds the lock of this environment since ${SINCE}: process 7 on build-1.`,
    );
    await lock.release();
    expect((await takeLock(folder, 'destroy', SINCE, machine(8, { 8: '200' }))).fence).toBe(2);
    expect(locks(folder)).toEqual(['lock.000002']);
  });

  it('is taken over from a dead holder on this machine: gone, another process with its pid, or before the last start', async () => {
    for (const after of [
      machine(8, { 8: '200' }),
      machine(8, { 7: '300', 8: '200' }),
      machine(8, { 7: '100', 8: '200' }, { boot: 'boot-2' }),
    ]) {
      const folder = temporaryFolder();
      await takeLock(folder, 'apply', SINCE, machine(7, { 7: '100' }));
      expect((await takeLock(folder, 'apply', SINCE, after)).fence).toBe(2);
    }
  });

  it('is not taken over from another machine, nor from a holder that nobody can make out', async () => {
    const folder = temporaryFolder();
    await takeLock(folder, 'apply', SINCE, machine(7, { 7: '100' }, { host: 'build-2' }));
    expect(await ended(takeLock(folder, 'apply', SINCE, machine(8, { 8: '200' })))).toContain('LOCKED: "apply" holds the lock');
    writeFileSync(join(folder, 'lock.000001'), '{"host":');
    expect(await ended(takeLock(folder, 'apply', SINCE, machine(8, { 8: '200' })))).toBe(
      'LOCKED: Another run holds the lock of this environment.',
    );
  });

  it('goes to exactly one of many that take over from the same dead holder', async () => {
    for (let round = 0; round < 20; round++) {
      const folder = temporaryFolder();
      await takeLock(folder, 'apply', SINCE, machine(7, { 7: '100' }));
      const others = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [100 + index, `${index}`]));
      const all = await Promise.all(
        Object.keys(others).map((pid) => ended(takeLock(folder, 'apply', SINCE, machine(Number(pid), others)))),
      );
      expect(all.filter((end) => end === 'taken')).toHaveLength(1);
      expect(locks(folder)).toHaveLength(1);
    }
  });

  it('is held until all that runs under it has ended', async () => {
    const folder = temporaryFolder();
    const store = createLocalStore(folder, machine(7, { 7: '100' }));
    const seen: string[] = [];
    await withLock(store, { command: 'apply', since: SINCE }, async () => {
      for (let step = 0; step < 3; step++) seen.push((await store.findLock()).status);
      return { diagnostics: [] };
    });
    expect([...seen, (await store.findLock()).status]).toEqual(['running', 'running', 'running', 'free']);
  });

  it('is given back also when what ran under it fails', async () => {
    const folder = temporaryFolder();
    const facts = machine(7, { 7: '100' });
    const failing = withLock(createLocalStore(folder, facts), { command: 'apply', since: SINCE }, () =>
      Promise.reject(new Error('broken')),
    );
    await expect(failing).rejects.toThrow('broken');
    expect(readFileSync(join(folder, 'lock.000001'), 'utf8')).toBe('{"released":true}');
    const again = await withLock(createLocalStore(folder, facts), { command: 'apply', since: SINCE }, async ({ fence }) => ({
      fence,
      diagnostics: [],
    }));
    expect(again).toEqual({ fence: 2, diagnostics: [] });
  });

  it('knows this process on this machine', async () => {
    const facts = systemFacts();
    const started = await facts.startedAt(process.pid);
    expect(started).not.toBeNull();
    expect(await facts.startedAt(process.pid)).toBe(started);
    // Above the highest pid that Linux and macOS give out.
    expect(await facts.startedAt(2 ** 22 + 1)).toBeNull();
    const folder = temporaryFolder();
    await takeLock(folder, 'apply', SINCE);
    expect(await ended(takeLock(folder, 'apply', SINCE))).toContain(`process ${process.pid} on `);
  });
});
