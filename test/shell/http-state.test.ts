/** The backend of the record over a real connection: user and password, TLS rules, what is sent (DESIGN 2, 6). */
import { describe, expect, it, onTestFinished } from 'vitest';
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
