import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotasOf } from '../../engine/core/quota.ts';
import type { Quota } from '../../engine/core/workspace.ts';
import type { Level } from '../../engine/operations/index.ts';
import { memoryStore, openLedger } from '../../engine/shell/ledger.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { busiestSecond } from '../support/apply-plan.ts';

const pacing = (quotas: readonly Quota[], more: { share?: number } = {}) => {
  const clock = createVirtualClock();
  return { clock, pacer: createPacer({ quotas, share: 1, clock, random: () => 0.5, ...more }) };
};
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'passed',
    (error: { code?: unknown; name?: unknown }) => error.code ?? error.name,
  );

describe('the pace', () => {
  it.each([
    ['ahead', 86_400_000],
    ['back', -86_400_000],
  ])('keeps its distance when the wall clock is set %s by a day', async (_way, ms) => {
    const clock = createVirtualClock();
    let wrongMs = 0;
    const wall = { ...clock, wallMs: () => clock.wallMs() + wrongMs };
    const pacer = createPacer({ quotas: quotasOf('basic', null), share: 1, clock: wall, random: () => 0.5 });
    const times: number[] = [];
    const pass = async () => {
      await pacer.pass(3);
      times.push(clock.nowMs());
      if (times.length === 4) wrongMs = ms;
    };
    await Promise.all(Array.from({ length: 9 }, pass));
    expect(busiestSecond(times)).toBeLessThanOrEqual(5);
  });

  it('spaces calls of one quota by the guarded interval and lets other quotas run beside it', async () => {
    const { clock, pacer } = pacing(quotasOf('basic', null));
    const times: [Level, number][] = [];
    const pass = async (level: Level) => {
      await pacer.pass(level);
      times.push([level, clock.nowMs()]);
    };
    await Promise.all(([3, 3, 3, 2, 2, 1, 1] as const).map(pass));
    const of = (level: Level) => times.filter(([asked]) => asked === level).map(([, ms]) => Math.round(ms * 10) / 10);
    expect([of(3), of(2), of(1)]).toEqual([
      [0, 210, 420],
      [0, 52.5],
      [0, 21],
    ]);
  });

  it('never lets more through in any second than a quota allows, whoever asks and when', async () => {
    const quota = fc.record({
      levels: fc.constantFrom<Level[]>([1], [2], [3], [1, 2], [2, 3], [1, 2, 3]),
      perSecond: fc.integer({ min: 1, max: 50 }),
      perDay: fc.constant(null),
    });
    const asks = fc.array(fc.record({ level: fc.constantFrom<Level>(1, 2, 3), afterMs: fc.integer({ min: 0, max: 900 }) }), {
      minLength: 20,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(quota, { minLength: 1, maxLength: 3 }),
        asks,
        fc.constantFrom(1, 0.9, 0.5),
        async (quotas, calls, share) => {
          const { clock, pacer } = pacing(quotas, { share });
          const sent: { level: Level; ms: number }[] = [];
          await Promise.all(
            calls.map(async ({ level, afterMs }) => {
              await clock.sleep(afterMs);
              await pacer.pass(level);
              sent.push({ level, ms: clock.nowMs() });
            }),
          );
          for (const { levels, perSecond } of quotas)
            expect(busiestSecond(sent.filter(({ level }) => levels.includes(level)).map(({ ms }) => ms))).toBeLessThanOrEqual(
              Math.ceil(perSecond * share),
            );
          expect(sent).toHaveLength(calls.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets the first of a level that asks go first', async () => {
    const { pacer } = pacing(quotasOf('agile', null));
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3, 4].map((nth) => pacer.pass(2).then(() => order.push(nth))));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps its rate when sleepers wake a little late', async () => {
    const clock = createVirtualClock();
    const late = { ...clock, sleep: async (ms: number, signal?: AbortSignal) => clock.sleep(ms + 4, signal) };
    const pacer = createPacer({ quotas: quotasOf('basic', null), share: 1, clock: late, random: () => 0.5 });
    const times: number[] = [];
    for (let call = 0; call < 101; call++) {
      await pacer.pass(1);
      times.push(clock.nowMs());
    }
    expect(busiestSecond(times)).toBeLessThanOrEqual(50);
    expect(Math.max(...times)).toBeLessThanOrEqual((100 * 21) / 0.98);
  });

  it('waits as the service hints, up to a minute, and then goes slower until calls are accepted again', async () => {
    const { clock, pacer } = pacing(quotasOf('basic', null));
    await pacer.pass(3);
    expect(pacer.throttled(3, 2_500)).toEqual({ waitMs: 2_500, isSpent: false });
    await pacer.pass(3);
    expect(clock.nowMs()).toBe(2_500);
    await pacer.pass(3);
    expect(clock.nowMs()).toBe(2_500 + 315);
    for (let call = 0; call < 30; call++) pacer.accepted(3);
    await pacer.pass(3);
    expect(clock.nowMs()).toBe(2_500 + 315 + 210);
    expect(pacer.throttled(3, 900_000).waitMs).toBe(60_000);
    await pacer.pass(2);
    expect(clock.nowMs()).toBe(3_025);
  });

  it('waits longer each time without a hint, and takes the fifth refusal in a row for the day', async () => {
    const { pacer } = pacing(quotasOf('basic', null));
    const waits = [0, 1, 2, 3].map(() => pacer.throttled(3, null));
    expect(waits).toEqual([750, 1_500, 3_000, 6_000].map((waitMs) => ({ waitMs, isSpent: false })));
    pacer.accepted(3);
    expect(pacer.throttled(3, null)).toEqual({ waitMs: 750, isSpent: false });
    for (let more = 0; more < 3; more++) pacer.throttled(3, null);
    expect(pacer.throttled(3, null).isSpent).toBe(true);
    expect(await codeOf(pacer.pass(3))).toBe('DAY_SPENT');
    expect(await codeOf(pacer.pass(2))).toBe('passed');
  });

  it('ends a wait when it is aborted, and lets the next one through in its place', async () => {
    const { clock, pacer } = pacing(quotasOf('basic', null));
    const controller = new AbortController();
    await pacer.pass(3);
    const waiting = codeOf(pacer.pass(3, controller.signal));
    const next = pacer.pass(3);
    controller.abort();
    expect(await waiting).toBe(20);
    await next;
    expect(clock.nowMs()).toBe(210);
  });

  it('sends nothing that the day has no call for', async () => {
    const clock = createVirtualClock();
    const quotas = [{ levels: [1, 2, 3], perSecond: 5, perDay: 2 }] as const;
    const ledger = openLedger({
      store: memoryStore(),
      holder: 'here',
      by: 'a test',
      timezone: 'UTC',
      quotas,
      reserve: { level1: 0, level2: 0, level3: 0 },
      review: 0.3,
      clock,
    });
    const pacer = createPacer({ quotas, share: 1, clock, random: () => 0.5, ledger });
    const ends = [await codeOf(pacer.pass(1)), await codeOf(pacer.pass(3)), await codeOf(pacer.pass(1))];
    expect(ends).toEqual(['passed', 'passed', 'DAY_SPENT']);
  });

  it('sends the first call of a day in doubt alone; the others wait for its answer, or for as long as a call takes', async () => {
    const clock = createVirtualClock();
    const quotas = [
      { levels: [1, 2], perSecond: 5, perDay: 3 },
      { levels: [3], perSecond: 5, perDay: null },
    ] as const;
    const store = memoryStore();
    const pacerOf = () => {
      const reserve = { level1: 0, level2: 0, level3: 0 };
      const ledger = openLedger({ store, holder: 'a', by: 'a', timezone: 'UTC', quotas, reserve, review: 1, clock });
      return createPacer({ quotas, share: 1, clock, random: () => 0.5, ledger });
    };
    const first = pacerOf();
    for (let call = 0; call < 3; call++) await first.pass(1);
    clock.advance(86_400_000);

    const next = pacerOf();
    const startMs = clock.nowMs();
    const gone: string[] = [];
    const ask = async (level: Level): Promise<void> => {
      await next.pass(level);
      gone.push(`${level} after ${Math.round(clock.nowMs() - startMs)}`);
    };
    const all = [ask(1), ask(2), ask(3)];
    await clock.sleep(30_000);
    expect(gone).toEqual(['1 after 0', '3 after 0']);
    // Nothing is heard of the first: after 70 s the second asks.
    await clock.sleep(50_000);
    expect(gone.at(-1)).toBe('2 after 70000');
    const third = ask(1);
    await clock.sleep(5_000);
    expect(gone).toHaveLength(3);
    next.accepted(2);
    await Promise.all([...all, third]);
    expect(gone).toHaveLength(4);

    // What no answer tells is asked again by the next one at once, and so is what a hint for the second tells.
    clock.advance(86_400_000);
    for (let call = 0; call < 3; call++) await first.pass(1);
    clock.advance(86_400_000);
    const again = pacerOf();
    const fromMs = clock.nowMs();
    await again.pass(1);
    again.unanswered(1);
    await again.pass(1);
    expect(again.throttled(1, 1_000).isSpent).toBe(false);
    await again.pass(1);
    expect(clock.nowMs() - fromMs).toBeLessThan(2_000);

    // What one run has learned holds for all, and is taken back by the next refusal.
    const other = pacerOf();
    for (let call = 0; call < 5; call++) other.throttled(1, null);
    expect([await codeOf(other.pass(2)), other.retryMs(), first.retryMs()]).toEqual(['DAY_SPENT', 1_800_000, null]);
    expect(await codeOf(other.pass(3))).toBe('passed');
  });
});
