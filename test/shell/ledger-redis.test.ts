/** What is peculiar to a ledger in Redis: its time, its end, its password; and what commands do when it does not answer. */
import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import { EngineError } from '../../engine/core/diagnostic.ts';
import { parseLedger } from '../../engine/core/ledger.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import type { Plan } from '../../engine/index.ts';
import { systemClock } from '../../engine/shell/clock.ts';
import { type LedgerStore, openLedger } from '../../engine/shell/ledger.ts';
import { shareLedger } from '../ledger/processes.ts';
import { redisOn } from '../ledger/task.ts';
import { temporaryFolder } from '../support/apply-plan.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';
import { CERTIFICATE } from '../support/transport-server.ts';

const TLS = join(import.meta.dirname, '../fixtures/tls');
const KEY = 'phinfra:ledger:loopback:1:300001413';
const quotas = quotasOf('personal', null);

const servers: RedisServer[] = [];
const started = async (...more: readonly string[]): Promise<RedisServer> => {
  const server = await startRedis(more);
  servers.push(server);
  return server;
};
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
const storeOf = (...given: Parameters<typeof redisOn>): LedgerStore => {
  const store = redisOn(...given);
  onTestFinished(() => store.close?.());
  return store;
};
const opened = (store: LedgerStore, more: Partial<Parameters<typeof openLedger>[0]> = {}) =>
  openLedger({
    store,
    holder: 'this',
    by: 'a test',
    timezone: 'UTC',
    quotas,
    reserve: { level1: 0, level2: 0, level3: 0 },
    review: 0.3,
    clock: systemClock,
    ...more,
  });
const ASK = { level: 1, perSecond: [5], notBeforeMs: 0, useReserve: false, instead: null } as const;
const errorOf = (promise: Promise<unknown>): Promise<EngineError> =>
  promise.then(
    () => {
      throw new Error('no error came');
    },
    (error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      return error;
    },
  );

describe.skipIf(redisMissing() !== null)('a ledger in Redis', () => {
  it('has a key for each deployment and tenant, which goes four days after it was written last', async () => {
    const server = await started();
    await opened(storeOf(server)).take(ASK);
    await opened(storeOf(server, { tenant: '2' })).take(ASK);
    await opened(storeOf(server, { deployment: 'cn-shanghai' })).take(ASK);
    expect((await server.ask('KEYS *')).match(/phinfra\S+/g)?.sort()).toEqual([
      'phinfra:ledger:cn-shanghai:300001413',
      'phinfra:ledger:loopback:1:2',
      KEY,
    ]);
    const leftMs = Number((await server.ask(`PTTL ${KEY}`)).slice(1));
    expect(leftMs).toBeGreaterThan(4 * 86_400_000 - 60_000);
    expect(leftMs).toBeLessThanOrEqual(4 * 86_400_000);
  });

  it('puts places on one line whose distance holds, wherever the clocks of the machines stand', async () => {
    const server = await started();
    const machines = [-400_000, 0, 7_000].map((aheadMs, nth) => {
      const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };
      return opened(storeOf(server, { clock }), { clock, holder: `${nth}` });
    });
    const nowMs = systemClock.nowMs();
    const places: number[] = [];
    for (let turn = 0; turn < 3; turn++)
      for (const machine of machines) {
        const place = await machine.take(ASK);
        if ('atMs' in place) places.push(place.atMs);
      }
    expect(places).toHaveLength(9);
    for (const [index, place] of places.entries())
      if (index > 0) expect(place - (places[index - 1] ?? 0)).toBeGreaterThan(210 - 20);
    expect(places[0]).toBeGreaterThanOrEqual(nowMs - 20);
    expect(places[0]).toBeLessThan(nowMs + 2_000);
    for (const machine of machines) expect(Math.abs(machine.wallMs() - systemClock.wallMs())).toBeLessThan(50);
  });

  it('that has forgotten everything under a run is made again from what the run knows', async () => {
    const server = await started();
    const store = storeOf(server);
    const ledger = opened(store);
    for (let call = 0; call < 3; call++) await ledger.take(ASK);
    await server.ask('FLUSHALL');
    await ledger.take(ASK);
    expect(parseLedger((await store.read()).text ?? '')?.days).toMatchObject({
      [new Date().toISOString().slice(0, 10)]: { calls: { '1': 4 } },
    });
  });

  it('asks for its password, and repeats it in no message', async () => {
    const server = await started('--requirepass', 'geh"eim@1');
    expect(await storeOf(server, { password: 'geh"eim@1' }).read()).toEqual({ version: 0, text: null });
    for (const given of [{}, { password: 'wr0ng-pass' }, { username: 'nobody', password: 'wr0ng-pass' }]) {
      const error = await errorOf(storeOf(server, given).read());
      expect([error.code, JSON.stringify(error).includes('wr0ng-pass'), error.message.includes('wr0ng')]).toEqual([
        'LEDGER_REFUSED',
        false,
        false,
      ]);
    }
  });

  it('is reached by TLS with the certificates of the workspace, and not without', async () => {
    const files = ['cert', 'key'].flatMap((name) => [
      `--tls-${name}-file`,
      join(TLS, name === 'cert' ? 'certificate.pem' : 'key.pem'),
    ]);
    const plain = await started();
    const port = plain.port + 1;
    await started(...files, '--tls-port', `${port}`, '--tls-auth-clients', 'no');
    const secure = { host: 'localhost', port, isSecure: true };
    expect((await errorOf(storeOf({ port }, secure).read())).message).toMatch(/self.signed|certificate/);
    expect(await storeOf({ port }, { ...secure, ca: [CERTIFICATE] }).read()).toEqual({ version: 0, text: null });
  });

  it.each([
    ['is gone', (server: RedisServer) => server.stop(), 4_000],
    ['takes connections and answers nothing', async (server: RedisServer) => server.freeze(), 12_000],
  ] as const)('that %s is an error within seconds, where it is required, and a warning elsewhere', async (_how, end, mostMs) => {
    const server = await started();
    const required = opened(storeOf(server), { isRequired: true });
    const other = opened(storeOf(server));
    await required.take(ASK);
    expect(await other.used()).toEqual([1]);
    await end(server);
    const fromMs = performance.now();
    const [error] = await Promise.all([errorOf(required.take(ASK)), other.take(ASK)]);
    expect(performance.now() - fromMs).toBeLessThan(mostMs);
    expect(error.code).toBe('LEDGER_UNREACHABLE');
    // Of the 99 calls that nobody had spent when it was last seen it leaves 70 to others (budget.review), and has made one.
    expect(await other.used()).toEqual([1 + 70 + 1]);
    expect(other.warnings().map(({ code, severity }) => [code, severity])).toEqual([['LEDGER_UNREACHABLE', 'warning']]);
    const againMs = performance.now();
    expect((await errorOf(required.reserve({ '1': 1, '2': 0, '3': 0 }))).code).toBe('LEDGER_UNREACHABLE');
    await Promise.all([required.close(), other.close()]);
    expect(performance.now() - againMs).toBeLessThan(500);
    server.thaw();
  });

  it('that holds something else is an error where it is required, and is left as it is', async () => {
    const server = await started();
    await server.ask(`HSET ${KEY} version 7 text {`);
    expect((await errorOf(opened(storeOf(server), { isRequired: true }).take(ASK))).message).toMatch(/version 7 is not a count/);
    await server.ask(`SET ${KEY} x`);
    expect((await errorOf(opened(storeOf(server), { isRequired: true }).take(ASK))).message).toMatch(/WRONGTYPE/);
    expect(await server.ask(`GET ${KEY}`)).toContain('x');
  });

  it('that stops in the middle ends all runs within seconds; no call leaves after it', { timeout: 120_000 }, async () => {
    const shared = await shareLedger({
      processes: 4,
      calls: 400,
      perSecond: 50,
      guardMs: 250,
      reserved: 400,
      redis: { stopAfter: 60 },
    });
    expect(shared).toMatchObject({ violations: 0, throttled: 0 });
    expect(shared.reports.map(({ stopped, warnings }) => [stopped, warnings])).toEqual(
      Array.from({ length: 4 }, () => ['LEDGER_UNREACHABLE', []]),
    );
    expect(shared.seconds).toBeLessThan(20);
    const sent = shared.reports.reduce((sum, { outcomes }) => sum + (outcomes['done'] ?? 0), 0);
    expect(sent).toBeLessThan(100);
  });
});

// ---- commands ---------------------------------------------------------------------------------------------------------

const FILES = tenantFiles(
  {
    userGroups: Object.fromEntries(
      Array.from({ length: 6 }, (_, nth) => [`g${nth + 1}`, { description: `Group ${nth + 1}`, members: ['alice@example.com'] }]),
    ),
  },
  { budget: { ledger: 'redis://127.0.0.1:1/0' } },
);
/** A tenant whose calls are counted where `place` says at the moment. */
const simOn = (place: { store: LedgerStore }): Sim => {
  const ledger: LedgerStore = {
    place: 'a Redis',
    read: () => place.store.read(),
    put: (...given) => place.store.put(...given),
  };
  const sim = startSim({ world: parseWorld(defaultWorld('basic')), ledger });
  onTestFinished(sim.end);
  sim.write(FILES);
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};

describe.skipIf(redisMissing() !== null)('a Redis that does not answer', () => {
  it('lets a plan go on with a warning, and refuses an apply before its first call', async () => {
    const server = await started();
    await server.stop();
    const sim = simOn({ store: storeOf(server) });
    const { exit, plan, diagnostics } = await sim.plan();
    expect([exit, diagnostics.map(({ code, severity }) => `${severity} ${code}`)]).toEqual([0, ['warning LEDGER_UNREACHABLE']]);
    if (!plan) throw new Error('there is no plan');
    sim.calls();
    const applied = await sim.apply(plan);
    expect([applied.exit, applied.reason, applied.left, sim.calls()]).toEqual([11, 'LEDGER_UNREACHABLE', 6, {}]);
    expect(applied.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['error LEDGER_UNREACHABLE']);
  });

  it('in the middle of an apply stops it with 6, and the same plan goes on once it answers', async () => {
    const server = await started();
    const place = { store: storeOf(server) };
    const sim = simOn(place);
    const plan = await planOf(sim);
    sim.calls();
    let writes = 0;
    const stopped = await sim.apply(plan, {
      isSaved: true,
      onCall: async (operation) => {
        if (operation === 'CreateUserGroup' && ++writes === 3) await server.stop();
      },
    });
    expect([stopped.exit, stopped.reason, stopped.unknown, stopped.failed]).toEqual([6, 'stopped', 0, 0]);
    expect(stopped.diagnostics.map(({ code }) => code)).toEqual(['LEDGER_UNREACHABLE']);
    expect(sim.calls()['CreateUserGroup']).toBe(3);

    place.store = storeOf(await started());
    expect(await sim.apply(plan, { isSaved: true })).toMatchObject({ exit: 0, left: 0, unknown: 0 });
    expect((await sim.plan()).plan?.changes.filter(({ action }) => action !== 'none')).toEqual([]);
    // The new Redis knows of no call, so one of them may come too soon; none is made twice.
    const made = sim.service.calls().filter(({ action, outcome }) => action === 'CreateUserGroup' && outcome === 'ok');
    expect(made).toHaveLength(6);
  });
});

describe.skipIf(redisMissing() !== null)('the built program', () => {
  const workspace = (ledger: unknown): string => {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(tenantFiles({}, { budget: { ledger } }))) writeFileSync(join(folder, name), text);
    return folder;
  };
  const built = (main: string, folder: string, env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ readonly exit: number | null; readonly text: string }>((done) => {
      const child = execFile(
        process.execPath,
        [main, 'budget', '-C', folder],
        { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, CI: 'true', ...env } },
        (_error, stdout, stderr) => done({ exit: child.exitCode, text: stdout + stderr }),
      );
    });
  const main = join(import.meta.dirname, '../../dist/cli/main.js');

  it('counts in Redis, ends, and names the package where it is not installed', async () => {
    const server = await started('--requirepass', 'c4n4ry-pa55');
    const open = workspace({ redis: server.address, password: '${env:LEDGER_PASSWORD}' });
    expect(await built(main, open, { LEDGER_PASSWORD: 'c4n4ry-pa55' })).toMatchObject({ exit: 0 });
    const named = { PHINFRA_LEDGER: `redis://:c4n4ry-pa55@127.0.0.1:${server.port}/0` };
    const shown = await built(main, workspace('local'), named);
    expect([shown.exit, shown.text.includes('No call was made today')]).toEqual([0, true]);
    expect((await built(main, open)).text).toContain(
      'The environment variable "LEDGER_PASSWORD" of budget.ledger.password is not set.',
    );

    const alone = temporaryFolder();
    cpSync(join(main, '../..'), join(alone, 'dist'), { recursive: true });
    const { exit, text } = await built(join(alone, 'dist/cli/main.js'), open, { LEDGER_PASSWORD: 'x' });
    expect([exit, text.includes('PACKAGE_MISSING'), text.includes('npm install ioredis')]).toEqual([3, true, true]);
  });

  it('prints no password where DEBUG asks its libraries to say all', async () => {
    const server = await started('--requirepass', 'c4n4ry-pa55');
    const PHINFRA_LEDGER = `redis://:c4n4ry-pa55@127.0.0.1:${server.port}/0`;
    const { exit, text } = await built(main, workspace('local'), { PHINFRA_LEDGER, DEBUG: '*,ioredis:*' });
    expect([exit, text.includes('c4n4ry')]).toEqual([0, false]);
  });

  it('repeats the password of no address, wherever it goes wrong', async () => {
    const server = await started('--requirepass', 'other');
    for (const [ledger, env] of [
      [`redis://:c4n4ry-pa55@127.0.0.1:${server.port}/0`, {}],
      ['local', { PHINFRA_LEDGER: `redis://bob:c4n4ry-pa55@127.0.0.1:${server.port}/0` }],
      ['local', { PHINFRA_LEDGER: 'redis://bob:c4n4ry-pa55@127.0.0.1:1/0' }],
      ['local', { PHINFRA_LEDGER: 'rediss://bob:c4n4ry-pa55@127.0.0.1:99999/0' }],
      ['local', { PHINFRA_LEDGER: 'http://bob:c4n4ry-pa55@127.0.0.1/0' }],
    ] as const) {
      const { text } = await built(main, workspace(ledger), env);
      expect([text.includes('c4n4ry'), /LEDGER_REFUSED|LEDGER_UNREACHABLE|SECRET_LITERAL|OPTION_WRONG/.test(text)]).toEqual([
        false,
        true,
      ]);
    }
  });
});
