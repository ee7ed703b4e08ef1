/** One suite for every place of the record: what holds of files in a folder holds of a server as well (DESIGN 6). */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Intent } from '../../engine/core/fold.ts';
import type { JsonObject, Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import type { ProcessFacts } from '../../engine/shell/holder.ts';
import type { HttpPlace } from '../../engine/shell/http-state.ts';
import { createHttpStore } from '../../engine/shell/http-store.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { createOssStore } from '../../engine/shell/oss-store.ts';
import { recordOf, textOfRecord } from '../../engine/shell/remote-record.ts';
import { readRecord } from '../../engine/shell/state.ts';
import type { Store } from '../../engine/shell/store.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { FAULTS } from '../support/backend-server.ts';
import { bucketOf, createOssServer, OSS_ENV, OSS_KEY } from '../support/oss-server.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';
import { createStateServer, inState, type StateServer } from '../support/state-server.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const SINCE = '2026-11-24T02:00:00.000Z';
const groups = (count: number): JsonObject =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `g${index + 1}`,
      { description: `Group ${index + 1}`, members: ['alice@example.com'], active: index % 2 === 0 },
    ]),
  );
const files = (count: number, state: JsonObject | null, quotas: JsonObject | null = null) =>
  tenantFiles(
    { userGroups: groups(count) },
    { ...(state ? { state } : {}), ...(quotas ? { budget: { quotas: [quotas] } } : {}) },
  );

type Server = Pick<StateServer, 'send' | 'fault' | 'seen' | 'versions' | 'lock' | 'put'>;
type Place = {
  readonly sim: Sim;
  readonly server: Server | null;
  readonly state: JsonObject | null;
  /** The place as another process on a machine sees it. */
  readonly storeAs: (facts?: ProcessFacts) => Store;
  readonly write: (count: number) => void;
};
const REMOTE = ['http', 'http of GitLab', 'oss'] as const;
type Kind = 'local' | 'http apart' | (typeof REMOTE)[number];

const openHttp =
  (
    place: Pick<HttpPlace, 'address' | 'update' | 'send'>,
    { lock, unlock, at }: { readonly lock: string; readonly unlock: string; readonly at: string },
  ) =>
  ({ clock }: Sim, facts?: ProcessFacts): Store =>
    createHttpStore({ ...place, lock: { method: lock, address: at }, unlock: { method: unlock, address: at }, clock }, facts);
type Made = { readonly server: Server | null; readonly state: JsonObject | null };
const MADE: Readonly<Record<Kind, () => Made & { readonly open: (sim: Sim, facts?: ProcessFacts) => Store }>> = {
  local: () => ({
    server: null,
    state: null,
    open: (sim, facts) => createLocalStore(join(sim.folder, '.phinfra/default'), facts),
  }),
  http: () => {
    const server = createStateServer();
    const { address, send } = server;
    return {
      server,
      state: { backend: 'http', address, lockAddress: address, lockMethod: 'LOCK', unlockMethod: 'UNLOCK' },
      open: openHttp({ address, update: 'POST', send }, { lock: 'LOCK', unlock: 'UNLOCK', at: address }),
    };
  },
  'http apart': () => {
    const server = createStateServer({ apart: true });
    const [address, beside] = [inState(server.address), inState(`${server.address}/lock`)];
    return {
      server,
      state: {
        backend: 'http',
        address,
        updateMethod: 'PUT',
        lockAddress: beside,
        lockMethod: 'PUT',
        unlockMethod: 'DELETE',
      },
      open: openHttp({ address, update: 'PUT', send: server.send }, { lock: 'PUT', unlock: 'DELETE', at: beside }),
    };
  },
  'http of GitLab': () => {
    const server = createStateServer({ gitlab: true });
    const { address, send } = server;
    return {
      server,
      state: { backend: 'http', address },
      open: openHttp({ address, update: 'POST', send }, { lock: 'POST', unlock: 'DELETE', at: `${address}/lock` }),
    };
  },
  oss: () => {
    const server = createOssServer();
    const place = bucketOf(server);
    return {
      server,
      state: place,
      open: ({ clock }, facts) => createOssStore({ ...place, key: () => OSS_KEY, send: server.send, clock }, facts),
    };
  },
};

const placeOf = (kind: Kind, world?: ReturnType<Sim['service']['world']>): Place => {
  const { server, state, open } = MADE[kind]();
  const sim = startSim({
    world: world ?? parseWorld(defaultWorld('basic')),
    env: OSS_ENV,
    ...(server ? { stateSend: server.send } : {}),
  });
  onTestFinished(sim.end);
  return { sim, server, state, storeAs: (facts) => open(sim, facts), write: (count) => sim.write(files(count, state)) };
};
/** What a machine that is gone has left. */
const freeLeft = async ({ server, storeAs }: Place): Promise<void> => {
  server?.fault(() => 'none');
  if (server === null || server.lock()) await storeAs().releaseFound((await storeAs().findLock()).fence);
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const machine = (host: string, pid: number, running: Readonly<Record<number, string>>): ProcessFacts => ({
  host,
  bootId: async () => 'boot-1',
  pid,
  startedAt: async (asked) => running[asked] ?? null,
});
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  );
const endOf = async ({ sim, storeAs }: Place) => {
  const { state, open } = await readRecord(storeAs());
  return { shape: shapeOf(sim.service.world()), recorded: Object.keys(state?.resources ?? {}), open };
};
const calm = async (count: number) => {
  const place = placeOf('local');
  place.write(count);
  expect((await place.sim.apply(await planOf(place.sim))).exit).toBe(0);
  return endOf(place);
};

describe.each<Kind>(['local', 'http apart', ...REMOTE])('the record on a backend: %s', (kind) => {
  it('is made by the first apply, and the plan after it is empty', async () => {
    const place = placeOf(kind);
    place.write(3);
    expect((await place.sim.apply(await planOf(place.sim))).exit).toBe(0);
    expect(await endOf(place)).toEqual(await calm(3));
    const again = await planOf(place.sim);
    expect([again.steps, again.record?.serial]).toEqual([[], 1]);
    expect(place.server?.lock() ?? null).toBe(null);
  });

  it('is written by one at a time: a holder on another machine is exit 8, and never taken over', async () => {
    const place = placeOf(kind);
    place.write(2);
    const plan = await planOf(place.sim);
    const lock = await place.storeAs(machine('build-2', 7, {})).lock({ command: 'apply', since: SINCE });
    const { exit, diagnostics } = await place.sim.apply(plan);
    expect([exit, diagnostics[0]?.code, place.sim.service.calls().length]).toEqual([8, 'LOCKED', place.sim.sent().length]);
    expect(diagnostics[0]?.message).toContain(
      kind === 'http of GitLab'
        ? `"gitlab-ci-token" holds the lock of this environment since ${SINCE}`
        : `"apply" holds the lock of this environment since ${SINCE}: process 7 on build-2`,
    );
    await lock.release();
    expect((await place.sim.apply(plan)).exit).toBe(0);
  });

  it('is taken over from a dead holder on this machine, where the server tells who that is', async () => {
    const place = placeOf(kind);
    await place.storeAs(machine('build-1', 7, { 7: '100' })).lock({ command: 'apply', since: SINCE });
    const after = place.storeAs(machine('build-1', 8, { 8: '200' }));
    expect(await codeOf(after.lock({ command: 'apply', since: SINCE }))).toBe(kind === 'http of GitLab' ? 'LOCKED' : 'done');
  });

  it('shows its lock, and releases the one that was looked at and no later one', async () => {
    const place = placeOf(kind);
    const here = place.storeAs(machine('build-1', 8, { 8: '200' }));
    expect((await here.findLock()).status).toBe('free');
    await place.storeAs(machine('build-2', 7, {})).lock({ command: 'apply', since: SINCE });
    const found = await here.findLock();
    expect(found.status).toBe(kind === 'http of GitLab' ? 'unreadable' : 'elsewhere');
    await here.releaseFound(found.fence);
    await place.storeAs(machine('build-3', 9, {})).lock({ command: 'apply', since: SINCE });
    expect(await codeOf(here.releaseFound(found.fence))).toBe('LOCKED');
  });

  it('refuses a plan that it has moved on from, and one of another lineage: exit 9, nothing sent', async () => {
    const place = placeOf(kind);
    place.write(1);
    expect((await place.sim.apply(await planOf(place.sim))).exit).toBe(0);
    place.write(2);
    const plan = await planOf(place.sim);
    const other = { ...plan, record: { lineage: 'another', serial: plan.record?.serial ?? 0 } };
    expect((await place.sim.apply(plan)).exit).toBe(0);
    const sent = place.sim.sent().length;
    for (const stale of [{ ...plan, planDigest: 'of another plan' }, other])
      expect((await place.sim.apply(stale)).diagnostics.map(({ code }) => code)).toEqual(['STATE_STALE']);
    expect(place.sim.sent().length).toBe(sent);
  });

  it('is written by one of two that apply at once, and nothing is made twice', async () => {
    const end = await calm(3);
    const place = placeOf(kind);
    place.write(3);
    const plan = await planOf(place.sim);
    const both = await Promise.all([place.sim.apply(plan), place.sim.apply(plan)]);
    expect(both.map(({ exit }) => exit).sort()).toEqual([0, 8]);
    expect(await endOf(place)).toEqual(end);
    const writes = place.sim.sent().filter(({ operation }) => isWrite(operation));
    expect(writes).toHaveLength(plan.steps.filter(({ operation }) => isWrite(operation)).length);
    expect((await place.storeAs().findLock()).status).toBe('free');
  });

  it('is written no more by a run whose lock was given to another one: exit 10, and nothing is sent beyond its stored block', async () => {
    const place = placeOf(kind);
    place.write(2);
    const plan = await planOf(place.sim);
    let isTaken = false;
    const result = await place.sim.apply(plan, {
      onCall: async () => {
        if (isTaken) return;
        isTaken = true;
        await freeLeft(place);
        await place.storeAs(machine('build-2', 7, {})).lock({ command: 'apply', since: SINCE });
      },
    });
    expect([result.exit, result.diagnostics[0]?.code]).toEqual([10, 'JOURNAL_WRITE']);
    expect(result.diagnostics[0]?.message).toContain('the lock is not this run’s any more');
    const writes = plan.steps.filter(({ operation }) => isWrite(operation)).length;
    expect(place.sim.sent().filter(({ operation }) => isWrite(operation))).toHaveLength(kind === 'local' ? 1 : writes);
    const { open, state } = await readRecord(place.storeAs());
    expect([open.length, state?.resources]).toEqual([kind === 'local' ? 1 : writes, {}]);
    expect(place.server?.versions() ?? [1]).toHaveLength(1);
  });

  it('has every intent before its call: a run that vanishes at any write is gone on with, and nothing is made twice', async () => {
    const end = await calm(4);
    for (let write = 1; write <= 8; write++)
      for (const when of ['before', 'after'] as const) {
        const place = placeOf(kind);
        place.write(4);
        const plan = await planOf(place.sim);
        // A machine that is gone writes nothing more either; only its lock stays.
        let isGone = false;
        place.server?.fault(() => (isGone ? 'not-sent' : 'none'));
        const crash = { write, when };
        const run = place.sim.apply(plan, { crash, onCrash: () => (isGone = true) });
        expect(await run.catch((error: Error) => error.message)).toBe(CRASH);
        await freeLeft(place);
        place.sim.clock.advance(1_000);
        expect({ write, when, exit: (await place.sim.apply(plan, { isSaved: true })).exit }).toEqual({ write, when, exit: 0 });
        expect(await endOf(place)).toEqual(end);
        place.sim.end();
      }
  });
});

const isWrite = (operation: string): boolean => operationFacts(operation as OperationName).kind === 'write';

describe('a server of the record', () => {
  it.each(['http of GitLab', 'oss'] as const)(
    'keeps few versions, each with the intents of many calls, and none of a call that leaves before it: %s',
    async (kind) => {
      const place = placeOf(kind);
      place.write(120);
      const plan = await planOf(place.sim);
      const intents = (text: string): readonly (readonly [string, string])[] =>
        recordOf(text, 'here')
          .journal.split('\n')
          .flatMap((line) => (line.includes('"type":"intent"') ? [(JSON.parse(line) as { event: Intent }).event] : []))
          .map(({ step, operation }) => [step, operation] as const);
      const sent = new Map<string, number>();
      const lacking: string[] = [];
      const writes = plan.steps.filter(({ operation }) => isWrite(operation)).length;
      const result = await place.sim.apply(plan, {
        onCall: (operation) => {
          if (!isWrite(operation)) return;
          sent.set(operation, (sent.get(operation) ?? 0) + 1);
          const stored = new Map((place.server?.versions() ?? []).flatMap(intents));
          if ([...stored.values()].filter((one) => one === operation).length < (sent.get(operation) ?? 0))
            lacking.push(operation);
        },
      });
      expect([result.exit, lacking]).toEqual([0, []]);
      expect(writes).toBeGreaterThan(200);
      expect(place.server?.versions().length).toBeLessThanOrEqual(Math.ceil(writes / 50) + 4);
      expect((await readRecord(place.storeAs())).open).toEqual([]);
    },
  );

  it('has lists read once for all that a block has left open, and nothing read of what cannot have been sent', async () => {
    const place = placeOf('http of GitLab');
    place.write(40);
    const plan = await planOf(place.sim);
    let isGone = false;
    place.server?.fault(() => (isGone ? 'not-sent' : 'none'));
    const crash = { write: 20, when: 'after' } as const;
    const killed = place.sim.apply(plan, { crash, onCrash: () => (isGone = true) });
    expect(await killed.catch((error: Error) => error.message)).toBe(CRASH);
    await freeLeft(place);
    const { open } = await readRecord(place.storeAs());
    expect(open.length).toBeGreaterThan(20);
    place.sim.clock.advance(60_000);
    place.sim.calls();
    expect((await place.sim.apply(plan, { isSaved: true })).exit).toBe(0);
    const calls = place.sim.calls();
    expect({ lists: calls['ListUserGroups'], people: calls['ListTenantMembers'] }).toEqual({ lists: 1, people: 1 });
    expect(calls['ListUserGroupMembers']).toBeLessThanOrEqual(15);
    expect(Object.keys(place.sim.service.world().userGroups)).toHaveLength(40);
    expect(place.sim.service.violations()).toEqual([]);
  });

  it.each(REMOTE.flatMap((kind) => FAULTS.map((fault) => ({ kind, fault }))))(
    'may have any of its requests $fault once: the run goes on on $kind',
    async ({ kind, fault }) => {
      const end = await calm(2);
      for (let request = 0, seen = 1; request < seen; request++) {
        const place = placeOf(kind);
        place.write(2);
        const plan = await planOf(place.sim);
        let asked = 0;
        place.server?.fault((_, index) => {
          asked = index + 1;
          return index === request ? fault : 'none';
        });
        expect({ request, exit: (await place.sim.apply(plan)).exit }).toEqual({ request, exit: 0 });
        place.server?.fault(() => 'none');
        seen = asked;
        expect(await endOf(place)).toEqual(end);
        expect(place.server?.lock()).toBe(null);
        expect(place.sim.service.violations()).toEqual([]);
        place.sim.end();
      }
    },
  );

  it.each(REMOTE)(
    'that goes away for good ends the run before the next block: exit 10 or 11, and the next run goes on: %s',
    async (kind) => {
      const end = await calm(2);
      const ends: string[] = [];
      for (let from = 0, isWhole = false; !isWhole; from++) {
        const place = placeOf(kind);
        place.write(2);
        const plan = await planOf(place.sim);
        let asked = 0;
        place.server?.fault((_, index) => {
          asked = index + 1;
          return index >= from ? 'not-sent' : 'none';
        });
        const before = place.sim.sent().length;
        const { exit, diagnostics } = await place.sim.apply(plan);
        isWhole = asked <= from;
        const codes = diagnostics.map(({ code }) => code).filter((code) => code !== 'LOCK_LEFT');
        ends.push(`${exit} ${codes.join()}${place.sim.sent().length > before ? ' sent' : ''}`);
        await freeLeft(place);
        if (exit !== 0) {
          const again = await place.sim.apply(plan, { isSaved: true });
          // The last version was stored, and nobody could say so: the plan is done, and the record has moved on from it.
          if (kind === 'oss' && again.exit === 9) expect((await planOf(place.sim)).steps).toEqual([]);
          else expect(again.exit).toBe(0);
        }
        expect(await endOf(place)).toEqual(end);
        place.sim.end();
      }
      const phases = ends.filter((one, index) => one !== ends[index - 1]);
      expect(phases).toEqual(['11 STATE_UNREACHABLE', '10 JOURNAL_WRITE', '10 JOURNAL_WRITE sent', '0  sent']);
    },
  );

  it.each(['http', 'oss'] as const)(
    'that holds something else, a damaged version or a later format is refused, and nothing is sent: %s',
    async (kind) => {
      const place = placeOf(kind);
      place.write(1);
      expect((await place.sim.apply(await planOf(place.sim))).exit).toBe(0);
      const good = place.server?.versions().at(-1) ?? '';
      const before = place.sim.service.calls().length;
      const found = async (text: string): Promise<unknown> => {
        place.server?.put(text);
        const { diagnostics } = await place.sim.plan();
        return diagnostics.map(({ code }) => code);
      };
      expect(await found('{"version":4,"serial":9,"lineage":"x","resources":[]}')).toEqual(['STATE_UNREADABLE']);
      expect(await found('<html>')).toEqual(['STATE_UNREADABLE']);
      expect(await found(good.slice(0, -20))).toEqual(['STATE_UNREADABLE']);
      expect(await found(good.replace('phinfra.record/1', 'phinfra.record/2'))).toEqual(['STATE_FORMAT']);
      expect(await found(good.replace('"journal":[]', '"journal":["{}"]'))).toEqual(['JOURNAL_DAMAGED']);
      expect(place.sim.service.calls()).toHaveLength(before);
      expect(await found(good)).toEqual([]);
      expect(textOfRecord(recordOf(good, 'here'))).toBe(good);
    },
  );
});
