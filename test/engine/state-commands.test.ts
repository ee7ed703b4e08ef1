/** `state forget`, `state move`, `state unlock`: the record and its lock, without a call (DESIGN 4, 6). */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import { forget, move, unlock } from '../../engine/index.ts';
import type { ProcessFacts } from '../../engine/shell/holder.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { readLock, takeLock } from '../../engine/shell/lock.ts';
import { readRecord } from '../../engine/shell/state.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});
const HEAD = `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: [tenant.yaml]
`;
const files = (yaml: string) => ({ 'phinfra.yaml': HEAD, 'tenant.yaml': yaml });
const invocationOf = (here: Sim) => ({ folder: here.folder, variables: {}, env: {}, home: here.folder });
const folderOf = (here: Sim): string => join(here.folder, '.phinfra/default');
const recorded = async (here: Sim) => (await readRecord(createLocalStore(folderOf(here)))).state;
const addresses = async (here: Sim): Promise<string[]> => Object.keys((await recorded(here))?.resources ?? {});

/** Three groups, applied. */
const start = async (): Promise<Sim> => {
  sim = startSim({ world: parseWorld(defaultWorld('basic')) });
  sim.write(files('userGroups:\n  a_one: {}\n  a_two: {}\n  b: {}\n'));
  const { plan } = await sim.plan();
  if (plan) await sim.apply(plan);
  expect(await addresses(sim)).toEqual(['userGroups/a_one', 'userGroups/a_two', 'userGroups/b']);
  sim.calls();
  return sim;
};

describe('state forget', () => {
  it('takes addresses and what globs match out of the record, without a call', async () => {
    const here = await start();
    const dry = await forget(invocationOf(here), { resources: ['userGroups/a_*'], dryRun: true });
    expect(dry.resources.map(({ address, origin }) => [address, origin])).toEqual([
      ['userGroups/a_one', 'created'],
      ['userGroups/a_two', 'created'],
    ]);
    expect((await addresses(here)).length).toBe(3);
    expect(await forget(invocationOf(here), { resources: ['userGroups/a_*', 'userGroups/a_one'] })).toEqual(dry);
    expect(await addresses(here)).toEqual(['userGroups/b']);
    expect(here.calls()).toEqual({});

    here.write(files('userGroups:\n  a_one: {}\n  b: {}\n'));
    const { plan } = await here.plan();
    expect(plan?.changes.map(({ action, address }) => [action, address])).toEqual([['adopt', 'userGroups/a_one']]);
    expect(plan?.unmanaged).toEqual([{ kind: 'userGroups', count: 1, addresses: ['userGroups/a_two'] }]);
  });

  it('forgets all or nothing, and never what lies below an address', async () => {
    const here = await start();
    const result = await forget(invocationOf(here), { resources: ['userGroups/b', 'userGroups', 'x/*', 'userGroups/a_onf'] });
    expect(result.exit).toBe(3);
    expect(result.diagnostics.map(({ code, message, hint }) => [code, message, hint])).toEqual([
      ['OPTION_WRONG', 'The record holds no "userGroups".', 'Did you mean userGroups/b?'],
      ['OPTION_WRONG', 'Nothing in the record matches "x/*".', 'phinfra state list has all addresses.'],
      ['OPTION_WRONG', 'The record holds no "userGroups/a_onf".', 'Did you mean userGroups/a_one?'],
    ]);
    expect((await addresses(here)).length).toBe(3);
  });

  it('takes the lock', async () => {
    const here = await start();
    const lock = await takeLock(folderOf(here), 'apply', '2026-11-24T00:00:00Z');
    expect(await forget(invocationOf(here), { resources: ['userGroups/b'] })).toMatchObject({ exit: 8 });
    await lock.release();
    expect(await forget(invocationOf(here), { resources: ['userGroups/b'] })).toMatchObject({ exit: 0 });
  });
});

describe('state move', () => {
  it('keeps ids and all that was applied under the new address', async () => {
    const here = await start();
    const before = await recorded(here);
    expect(await move(invocationOf(here), { from: 'userGroups/b', to: 'userGroups/c', dryRun: true })).toMatchObject({ exit: 0 });
    expect(await recorded(here)).toEqual(before);
    expect(await move(invocationOf(here), { from: 'userGroups/b', to: 'userGroups/c' })).toMatchObject({
      exit: 0,
      resources: [{ address: 'userGroups/b' }],
    });
    const after = await recorded(here);
    const { 'userGroups/b': moved, ...others } = before?.resources ?? {};
    expect(after?.resources).toEqual({ ...others, 'userGroups/c': moved });
    expect(after?.serial).toBe((before?.serial ?? 0) + 1);
    expect(here.calls()).toEqual({});
  });

  it.each([
    ['userGroups/x', 'userGroups/c', 'The record holds no "userGroups/x".'],
    ['userGroups/b', 'userGroups/a_one', 'The record holds "userGroups/a_one" already.'],
    ['userGroups/b', 'projects/b', '"userGroups/b" and "projects/b" are of different kinds.'],
    ['userGroups/b', 'userGroups/b/c', '"userGroups/b/c" does not have the parts of "userGroups/b".'],
    ['userGroups/b', 'userGroups/', '"userGroups/" does not have the parts of "userGroups/b".'],
    ['userGroups/b', 'userGroups/b c', '"userGroups/b c" is not spelled as an address.'],
    ['userGroups/b', 'userGroups/b', '"userGroups/b" is the address that it has.'],
  ])('refuses %s to %s', async (from, to, message) => {
    const here = await start();
    expect(await move(invocationOf(here), { from, to })).toMatchObject({
      exit: 3,
      diagnostics: [{ code: 'OPTION_WRONG', message }],
    });
    expect((await addresses(here)).length).toBe(3);
  });
});

describe('state unlock', () => {
  const machine = (host: string, pid: number): ProcessFacts => ({
    host,
    pid,
    bootId: async () => 'boot',
    startedAt: async () => '1',
  });

  it('never releases what runs on this machine', async () => {
    const here = await start();
    const { fence } = await takeLock(folderOf(here), 'apply', '2026-11-24T00:00:00Z');
    expect(await unlock(invocationOf(here), { fence })).toMatchObject({
      exit: 8,
      isReleased: false,
      lock: { status: 'running' },
    });
  });

  it('releases a holder that has ended on this machine', async () => {
    const here = await start();
    const { host } = (await import('../../engine/shell/holder.ts')).systemFacts();
    await takeLock(folderOf(here), 'apply', '2026-11-24T00:00:00Z', machine(host, 4_194_305));
    expect(await unlock(invocationOf(here), { dryRun: true })).toMatchObject({
      exit: 0,
      isReleased: false,
      lock: { status: 'dead' },
    });
    expect(await unlock(invocationOf(here))).toMatchObject({ exit: 0, isReleased: true });
    expect(await unlock(invocationOf(here))).toMatchObject({ exit: 0, isReleased: false, lock: { status: 'free' } });
  });

  it("releases another machine's only by its number, and the next number is larger", async () => {
    const here = await start();
    const { fence } = await takeLock(folderOf(here), 'apply', '2026-11-24T00:00:00Z', machine('elsewhere-9', 7));
    for (const options of [{}, { fence: Number(fence) - 1 }])
      expect(await unlock(invocationOf(here), options)).toMatchObject({
        exit: 8,
        isReleased: false,
        lock: { status: 'elsewhere' },
      });
    expect(await unlock(invocationOf(here), { fence })).toMatchObject({ exit: 0, isReleased: true });
    expect(await readLock(folderOf(here))).toEqual({ fence: Number(fence) + 1, status: 'free', holder: null });
  });
});
