/** One suite for every store of a ledger, what is peculiar to files, and real processes that share one. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { quotasOf } from '../../engine/core/quota.ts';
import { type LedgerOptions, type LedgerPort, type LedgerStore, memoryStore, openLedger } from '../../engine/shell/ledger.ts';
import { fileLedger } from '../../engine/shell/ledger-file.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { shareLedger } from '../ledger/processes.ts';
import { redisOn } from '../ledger/task.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { busiestSecond, temporaryFolder } from '../support/apply-plan.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';

const inFolder = (folder: string, more: { deployment?: string; tenant?: string } = {}): LedgerStore =>
  fileLedger({ folder, deployment: 'loopback:4711', tenant: '300001413', ...more });

const opened = (store: LedgerStore, more: Partial<LedgerOptions> = {}): LedgerPort =>
  openLedger({
    store,
    holder: 'this',
    by: 'a test',
    timezone: 'Asia/Shanghai',
    quotas: quotasOf('personal', null),
    reserve: { level1: 0, level2: 0, level3: 0 },
    review: 0.3,
    clock: createVirtualClock(),
    ...more,
  });
const takeAll = async (ledger: LedgerPort, most = 1_000, useReserve = false): Promise<number> => {
  const ask = { level: 3, perSecond: [5], notBeforeMs: 0, useReserve, instead: null } as const;
  for (let taken = 0; taken < most; taken++) if ('spent' in (await ledger.take(ask))) return taken;
  return most;
};

let redis: RedisServer | null = null;
beforeAll(async () => {
  if (redisMissing() === null) redis = await startRedis();
});
afterAll(() => redis?.stop());
let tenants = 0;

/** On the clock of the test, which stands still: what tells the time of Redis has tests of its own. */
const inRedis = (): (() => LedgerStore) => {
  const tenant = `${++tenants}`;
  return () => {
    if (redis === null) throw new Error('there is no Redis');
    const { aheadMs: _ahead, ...store } = redisOn(redis, { tenant });
    onTestFinished(() => store.close?.());
    return store;
  };
};

const STORES: Readonly<Record<string, () => () => LedgerStore>> = {
  memory: () => {
    const store = memoryStore();
    return () => store;
  },
  file: () => {
    const folder = temporaryFolder();
    return () => inFolder(folder);
  },
  ...(redisMissing() === null ? { redis: inRedis } : {}),
};

describe.each(Object.entries(STORES))('a ledger in a %s', (_name, start) => {
  it('is shared by runs one after the other', async () => {
    const store = start();
    const first = opened(store());
    expect(await takeAll(first, 7)).toBe(7);
    await first.close();
    expect(await opened(store()).used()).toEqual([7]);
    expect(await takeAll(opened(store()))).toBe(93);
  });

  it('never gives out more than the day has to runs side by side, and none of them its place to another', async () => {
    const store = start();
    const clock = createVirtualClock();
    const runs = Array.from({ length: 4 }, (_, nth) => opened(store(), { clock, holder: `run ${nth}` }));
    const times: number[] = [];
    const taken = await Promise.all(
      runs.map(async (run) => {
        for (let count = 0; ; count++) {
          const place = await run.take({ level: 2, perSecond: [50], notBeforeMs: 0, useReserve: false, instead: null });
          if ('spent' in place) return count;
          times.push(place.atMs);
        }
      }),
    );
    expect(taken.reduce((sum, some) => sum + some, 0)).toBe(100);
    expect(busiestSecond(times)).toBeLessThanOrEqual(50);
    expect(new Set(times).size).toBe(100);
  });

  it('keeps a reservation from others until it is settled or has expired', async () => {
    const store = start();
    const clock = createVirtualClock();
    const first = opened(store(), { clock, holder: 'first' });
    const killed = opened(store(), { clock, holder: 'killed' });
    const other = opened(store(), { clock, holder: 'other' });
    await first.reserve({ '1': 0, '2': 0, '3': 50 });
    await killed.reserve({ '1': 20, '2': 0, '3': 0 });
    expect(await other.used()).toEqual([70]);
    expect(await takeAll(first, 10)).toBe(10);
    await first.close();
    expect(await other.used()).toEqual([30]);
    clock.advance(180_000);
    expect(await other.used()).toEqual([10]);
    expect(await takeAll(other)).toBe(90);
  });

  it('lets others have what a call that did not leave gives back', async () => {
    const store = start();
    const clock = createVirtualClock();
    const quotas = quotasOf('personal', null);
    const pacer = createPacer({ quotas, share: 1, clock, random: () => 0.5, ledger: opened(store(), { clock }) });
    const stop = new AbortController();
    await pacer.pass(1);
    const waiting = pacer.pass(2, stop.signal);
    const ends = waiting.then(
      () => 'left',
      () => 'given back',
    );
    await clock.sleep(1);
    stop.abort();
    expect(await ends).toBe('given back');
    expect(await opened(store(), { clock }).used()).toEqual([1]);
  });

  it('begins anew with the day of the zone, and keeps the reserve for those who may use it', async () => {
    const store = start();
    const clock = createVirtualClock(Date.parse('2026-11-24T15:00:00Z'));
    const ledger = opened(store(), { clock, reserve: { level1: 0, level2: 0, level3: 0.2 } });
    expect([await takeAll(ledger), await takeAll(ledger, 1_000, true)]).toEqual([80, 20]);
    clock.advance(3_600_000);
    expect(await ledger.used()).toEqual([0]);
    expect(await takeAll(ledger)).toBe(80);
  });
});

describe('a ledger of a machine', () => {
  it('tells tenants and deployments apart, and counts no quota without a day', async () => {
    const folder = temporaryFolder();
    await takeAll(opened(inFolder(folder)), 5);
    expect(await opened(inFolder(folder, { deployment: 'loopback:4712' })).used()).toEqual([0]);
    expect(await opened(inFolder(folder, { tenant: '1' })).used()).toEqual([0]);
    const quotas = quotasOf('basic', null);
    const basic = opened(inFolder(folder, { tenant: '2' }), { quotas });
    for (const level of [1, 2, 3] as const)
      await basic.take({ level, perSecond: [50, 20, 50, 5], notBeforeMs: 0, useReserve: false, instead: null });
    expect(await basic.used()).toEqual([0, 0, 2, 1]);
  });

  it('is not held up by a run that was killed in the middle, and one that wakes up too late does not count', async () => {
    const folder = temporaryFolder();
    const early = inFolder(folder);
    const late = await early.read();
    await takeAll(opened(inFolder(folder)), 1);
    const [name = ''] = readdirSync(folder);
    writeFileSync(join(folder, name, 'left-behind.tmp'), '{');
    for (let run = 0; run < 20; run++) await takeAll(opened(inFolder(folder)), 1);
    expect(readdirSync(join(folder, name)).sort()).toEqual(
      [...Array.from({ length: 8 }, (_, nth) => `${14 + nth}.json`), 'left-behind.tmp'].sort(),
    );
    expect(await early.put(late.version, '{}')).toBe(false);
    expect(await opened(inFolder(folder)).used()).toEqual([21]);
  });

  it('says so when it cannot be kept, and goes on with a share of what is left', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const ledger = opened(inFolder(join(folder, 'file', 'below')));
    expect(await takeAll(ledger)).toBe(30);
    expect(await ledger.used()).toEqual([100]);
    expect(ledger.warnings()[0]?.hint).toMatch(/makes at most 30 of levels 1, 2 and 3 today \(budget\.review\)/);
    expect(ledger.warnings().map(({ code, severity }) => [code, severity])).toEqual([['LEDGER_WRITE', 'warning']]);
    expect(ledger.warnings()[0]?.message).toMatch(/^Calls of the day cannot be counted in .*ENOTDIR/);
    const torn = temporaryFolder();
    await takeAll(opened(inFolder(torn)), 1);
    const path = join(torn, readdirSync(torn)[0] ?? '', '1.json');
    writeFileSync(path, '{');
    const second = opened(inFolder(torn));
    expect([await second.used(), second.warnings().length, readFileSync(path, 'utf8')]).toEqual([[70], 1, '{']);
  });

  it('goes on from the newest version that is whole, where a loss of power took the last ones', async () => {
    const folder = temporaryFolder();
    await takeAll(opened(inFolder(folder)), 5);
    const name = readdirSync(folder)[0] ?? '';
    writeFileSync(join(folder, name, '5.json'), '');
    const next = opened(inFolder(folder));
    expect(await next.used()).toEqual([4]);
    await takeAll(next, 1);
    expect([await opened(inFolder(folder)).used(), next.warnings()]).toEqual([[5], []]);
  });

  it('is left to itself by a store that is slow to answer: places lie ahead, and calls leave at theirs', async () => {
    const clock = createVirtualClock();
    const fast = memoryStore();
    const slow: LedgerStore = {
      ...fast,
      put: async (...given) => {
        await clock.sleep(40);
        return fast.put(...given);
      },
    };
    const quotas = quotasOf('personal', null);
    const pacer = createPacer({ quotas, share: 1, clock, random: () => 0.5, ledger: opened(slow, { clock }) });
    for (let call = 0; call < 20; call++) await pacer.pass(1);
    expect(await opened(fast, { clock }).used()).toEqual([20]);
    expect(clock.nowMs()).toBeLessThan(20 * 210 + 500);
  });
});

const PLACES = { file: {}, ...(redisMissing() === null ? { redis: { redis: { stopAfter: null } } } : {}) };

describe.each(Object.entries(PLACES))('processes that share a ledger in a %s', (_name, place) => {
  it('breach no quota together: four with 200 calls each, and a fifth that was killed', { timeout: 120_000 }, async () => {
    const shared = await shareLedger({
      processes: 4,
      calls: 200,
      perSecond: 200,
      perDay: 10_000,
      guardMs: 250,
      reserved: 200,
      killAfter: 5,
      ...place,
    });
    expect(shared).toMatchObject({ violations: 0, throttled: 0 });
    expect(shared.reports.map(({ outcomes, warnings, stopped }) => ({ outcomes, warnings, stopped }))).toEqual(
      Array.from({ length: 4 }, () => ({ outcomes: { done: 200 }, warnings: [], stopped: null })),
    );
    expect(shared.busiest).toBeLessThanOrEqual(200);
    expect([shared.holders, shared.laterHolders]).toEqual([['killed'], []]);
    expect(shared.by).toEqual({ killed: 5, 'run-1': 200, 'run-2': 200, 'run-3': 200, 'run-4': 200 });
  });
});
