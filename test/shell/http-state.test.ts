/** The backend of the record over a real connection: user and password, TLS rules, what is sent (DESIGN 2, 6). */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Holder, ProcessFacts } from '../../engine/shell/holder.ts';
import type { StateSend } from '../../engine/shell/http-state.ts';
import { createHttpStore } from '../../engine/shell/http-store.ts';
import { openRecord, readRecord } from '../../engine/shell/state.ts';
import { createStateSend } from '../../engine/shell/state-transport.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { IDENTITY, recorded } from '../support/apply-plan.ts';
import { createStateServer, type ServerOptions } from '../support/state-server.ts';

const at = '2026-11-24T02:00:00.000Z';
const over = async (options: ServerOptions, password = 'pässwort:1') => {
  const server = createStateServer(options);
  const { address, close } = await server.listen();
  onTestFinished(close);
  const store = createHttpStore({
    address,
    update: 'POST',
    lock: options.gitlab ? { method: 'POST', address: `${address}/lock` } : { method: 'LOCK', address },
    unlock: options.gitlab ? { method: 'DELETE', address: `${address}/lock` } : { method: 'UNLOCK', address },
    send: createStateSend({
      user: { name: 'gitlab-ci-token', variable: 'JOB' },
      env: { JOB: password },
      proxy: null,
      ca: [],
    }),
    clock: createVirtualClock(),
  });
  return { server, store };
};
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: { code?: unknown; message?: unknown }) => `${String(error.code)} ${String(error.message)}`,
  );

describe('the record over HTTP', () => {
  it.each([{ gitlab: true }, {}])('is locked, written in versions and given back: %j', async (more) => {
    const { server, store } = await over({ ...more, user: 'gitlab-ci-token:pässwort:1' });
    const lock = await store.lock({ command: 'apply', since: at });
    const record = await openRecord(store, IDENTITY);
    await record.append(
      { type: 'run', run: 'r', command: 'apply', changesDigest: 'd', caller: null, at },
      { type: 'record', run: 'r', address: 'userGroups/ünïcode', resource: recorded({ ids: { id: '1' } }) },
    );
    const killed = await readRecord(store);
    const state = await record.compact();
    await record.close();
    await lock.release();
    expect(killed.state?.resources).toEqual(state.resources);
    expect(await readRecord(store)).toMatchObject({ state, open: [] });
    expect(server.seen().map(({ method, status, id }) => `${method} ${status}${id === null ? '' : ' under the lock'}`)).toEqual([
      more.gitlab ? 'POST 200' : 'LOCK 200',
      more.gitlab ? 'GET 204' : 'GET 404',
      'POST 200 under the lock',
      'GET 200',
      'POST 200 under the lock',
      more.gitlab ? 'DELETE 200' : 'UNLOCK 200',
      'GET 200',
    ]);
    expect(server.versions().map((text) => (JSON.parse(text) as { serial: number }).serial)).toEqual([1, 2]);
  });

  it('of a wrong password is exit 4, of one that is not set exit 3; neither is in the message', async () => {
    const { store } = await over({ user: 'gitlab-ci-token:another' }, 'hunter2');
    const told = await failure(store.read());
    expect(told).toContain('STATE_REFUSED');
    expect(told).not.toContain('hunter2');
    await expect(async () =>
      createStateSend({ user: { name: 'x', variable: 'JOB' }, env: {}, proxy: null, ca: [] }),
    ).rejects.toMatchObject({ code: 'SECRET_UNSET' });
  });

  it('says what a server lacks: no lock, too small, no server at all', async () => {
    const { server, store } = await over({ mostBytes: 100 });
    const { address } = server;
    const lock = await store.lock({ command: 'apply', since: at });
    const record = await openRecord(store, IDENTITY);
    expect(await failure(record.append({ type: 'run', run: 'r', command: 'a', changesDigest: 'd', caller: null, at }))).toMatch(
      /^JOURNAL_WRITE .*takes no version of \d+ bytes\.$/,
    );
    await lock.release();
    const other = { method: 'PROPPATCH', address };
    const clock = createVirtualClock();
    const without = createHttpStore({ address, update: 'POST', lock: other, unlock: other, send: server.send, clock });
    expect(await failure(without.lock({ command: 'apply', since: at }))).toMatch(
      /^OPTION_WRONG .*does not take PROPPATCH \(405\)/,
    );
    const nobody = createHttpStore({
      address,
      update: 'POST',
      lock: other,
      unlock: other,
      send: createStateSend({ user: null, env: {}, proxy: null, ca: [] }),
      clock,
    });
    expect(await failure(nobody.read())).toMatch(/^STATE_UNREACHABLE .*refused/);
    expect(clock.nowMs()).toBe(7_000);
  });
});

describe('a lock on a server', () => {
  const holderOf = (over: Partial<Holder> = {}): Holder => ({
    host: 'build-1',
    bootId: 'boot-1',
    pid: 7,
    startedAt: '100',
    command: 'apply',
    since: at,
    ...over,
  });
  const factsOf = (running: Readonly<Record<number, string>>, host = 'build-1'): ProcessFacts => ({
    host,
    bootId: async () => 'boot-1',
    pid: 8,
    startedAt: async (pid) => running[pid] ?? null,
  });
  const placed = (answers: Readonly<Record<string, readonly [number, string]>>, facts: ProcessFacts) => {
    const address = 'https://state.example.com/prod';
    const method = { method: 'LOCK', address };
    const asked: string[] = [];
    const send: StateSend = async (request) => {
      asked.push(request.method);
      const [status, text] = answers[request.method] ?? [200, ''];
      return { end: 'answer', status, headers: {}, text };
    };
    const options = {
      address,
      update: 'POST',
      lock: method,
      unlock: { method: 'UNLOCK', address },
      send,
      clock: createVirtualClock(),
    };
    return { store: createHttpStore(options, facts), asked };
  };
  const infoOf = (holder: Holder | null, more: object = {}) =>
    JSON.stringify({ ID: 'l-1', Info: holder ? JSON.stringify({ id: 'l-1', ...holder }) : '', Who: '', Created: '', ...more });

  it.each([
    ['free', [200, ''], { 7: '100' }, 'build-1'],
    ['running', [423, infoOf(holderOf())], { 7: '100' }, 'build-1'],
    ['dead', [423, infoOf(holderOf())], {}, 'build-1'],
    ['elsewhere', [409, infoOf(holderOf())], { 7: '100' }, 'build-2'],
    ['unreadable', [423, infoOf(null)], {}, 'build-1'],
    ['unreadable', [423, 'no JSON'], {}, 'build-1'],
    ['unreadable', [423, '{"Who":"somebody"}'], {}, 'build-1'],
  ] as const)('is %s by what the server answers: %j', async (status, answer, running, host) => {
    const { store, asked } = placed({ LOCK: answer }, factsOf(running, host));
    expect((await store.findLock()).status).toBe(status);
    // What was free is given back: a look leaves nothing behind.
    expect(asked).toEqual(status === 'free' ? ['LOCK', 'UNLOCK'] : ['LOCK']);
  });

  it('names who holds it as far as the server tells, and is taken over from nobody who may be alive', async () => {
    const told = async (text: string) =>
      failure(placed({ LOCK: [423, text] }, factsOf({ 7: '100' })).store.lock({ command: 'apply', since: at }));
    expect(await told(infoOf(holderOf()))).toBe(
      `LOCKED "apply" holds the lock of this environment since ${at}: process 7 on build-1.`,
    );
    expect(await told(infoOf(null, { Who: 'alice', Created: 'noon' }))).toBe(
      'LOCKED "alice" holds the lock of this environment since noon.',
    );
    expect(await told(infoOf(null, { Who: 'alice' }))).toBe('LOCKED "alice" holds the lock of this environment.');
    expect(await told('nonsense')).toBe('LOCKED Another run holds the lock of this environment.');
  });

  it.each([404, 405, 501])('is refused where the server knows none (%i), and by any other no', async (status) => {
    const locked = (code: number) =>
      failure(placed({ LOCK: [code, ''] }, factsOf({})).store.lock({ command: 'apply', since: at }));
    expect(await locked(status)).toMatch(/^OPTION_WRONG .*does not take LOCK/);
    expect(await locked(403)).toMatch(/^STATE_REFUSED/);
  });

  it('that cannot be given back is said, with the way to release it', async () => {
    const released = (status: number, text = '') =>
      failure(placed({ UNLOCK: [status, text] }, factsOf({})).store.releaseFound('l-1'));
    expect(await released(200)).toBe('no error');
    expect(await released(404)).toMatch(/^JOURNAL_WRITE .*the server answered 404/);
    expect(await released(423, infoOf(holderOf()))).toMatch(/^LOCKED "apply"/);
  });
});

describe('what a server answers to a write', () => {
  const wrote = async (answer: readonly [number, string]) => {
    const address = 'https://state.example.com/prod';
    const method = { method: 'LOCK', address };
    const send: StateSend = async ({ method: asked }) => {
      const [status, text] = asked === 'POST' ? answer : [404, ''];
      return { end: 'answer', status, headers: {}, text };
    };
    const store = createHttpStore({ address, update: 'POST', lock: method, unlock: method, send, clock: createVirtualClock() });
    const record = await openRecord(store, IDENTITY);
    return failure(record.append({ type: 'run', run: 'r', command: 'a', changesDigest: 'd', caller: null, at }));
  };
  it.each([
    [413, 'takes no version of'],
    [422, 'the server refuses the version (422): no serial'],
    [418, 'the server answered 418'],
    [409, 'the lock is not this run’s any more: somebody has released it'],
  ])('ends the run where it was not stored: %i', async (status, why) => {
    const told = await wrote([status, status === 422 ? 'no serial' : '']);
    expect(told).toMatch(/^JOURNAL_WRITE/);
    expect(told).toContain(why);
  });

  it('is not believed where it is not what its checksum says', async () => {
    const address = 'https://state.example.com/prod';
    const method = { method: 'LOCK', address };
    const send: StateSend = async () => ({ end: 'answer', status: 200, headers: { 'content-md5': 'other' }, text: '{}' });
    const store = createHttpStore({ address, update: 'POST', lock: method, unlock: method, send, clock: createVirtualClock() });
    expect(await failure(store.read())).toMatch(/^STATE_UNREADABLE .*checksum/);
  });
});
