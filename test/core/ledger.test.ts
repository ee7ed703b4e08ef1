import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Ask,
  answered,
  dayIn,
  EMPTY_LEDGER,
  giveBack,
  keptBack,
  LEASE_MS,
  type Ledger,
  leftToOthers,
  OTHERS,
  parseLedger,
  reserve,
  reservedUnder,
  type Slot,
  settle,
  take,
} from '../../engine/core/ledger.ts';
import { callsUnder, quotasOf } from '../../engine/core/quota.ts';
import type { Quota } from '../../engine/core/workspace.ts';
import type { Level } from '../../engine/operations/index.ts';
import { busiestSecond } from '../support/apply-plan.ts';

const START = Date.parse('2026-11-24T02:00:00Z');
const ALL: Quota = { levels: [1, 2, 3], perSecond: 5, perDay: 100 };

const ask = (more: Partial<Ask> = {}): Ask => ({
  holder: 'a',
  by: 'apply a',
  nowMs: START,
  timezone: 'UTC',
  level: 1,
  quotas: [ALL],
  perSecond: [5],
  guardMs: 50,
  notBeforeMs: 0,
  keep: [0],
  ...more,
});
/** Takes places one after the other; null where the day is spent. */
const taking = (start: Ledger = EMPTY_LEDGER) => {
  let ledger = start;
  return {
    take: (more: Partial<Ask> = {}): Slot | null => {
      const taken = take(ledger, ask(more));
      if ('spent' in taken) return null;
      ledger = taken.ledger;
      return taken.slot;
    },
    giveBack: (slot: Slot, nowMs = START): void => {
      ledger = giveBack(ledger, slot, nowMs);
    },
    reserve: (calls: number, holder = 'a', nowMs = START): void => {
      ledger = reserve(ledger, {
        ...ask({ holder, by: `apply ${holder}`, nowMs }),
        calls: { '1': calls, '2': 0, '3': 0 },
      });
    },
    settle: (holder = 'a', nowMs = START): void => {
      ledger = settle(ledger, { holder, nowMs });
    },
    day: (nowMs = START) => dayIn(ledger, '2026-11-24', nowMs),
    ledger: () => ledger,
  };
};
const manyOf = (run: ReturnType<typeof taking>, more: Partial<Ask> = {}): number => {
  for (let count = 0; ; count++) if (run.take(more) === null) return count;
};

describe('places in a ledger', () => {
  it('lie a guarded distance apart, whoever takes them', () => {
    const run = taking();
    const slots = ['a', 'b', 'a', 'c'].map((holder) => run.take({ holder, by: holder }));
    expect(slots.map((slot) => (slot?.atMs ?? 0) - START)).toEqual([0, 210, 420, 630]);
    expect(run.day().by).toEqual({
      a: { '1': 2, '2': 0, '3': 0 },
      b: { '1': 1, '2': 0, '3': 0 },
      c: { '1': 1, '2': 0, '3': 0 },
    });
  });

  it('never stand closer than the quotas of a run allow, whatever levels others think share one', () => {
    const quota = fc.record({
      levels: fc.constantFrom<Level[]>([1], [2], [3], [1, 2], [2, 3], [1, 2, 3]),
      perSecond: fc.integer({ min: 1, max: 50 }),
      perDay: fc.constant(null),
    });
    const calls = fc.array(fc.record({ level: fc.constantFrom<Level>(1, 2, 3), afterMs: fc.integer({ min: 0, max: 900 }) }), {
      minLength: 20,
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.array(quota, { minLength: 1, maxLength: 3 }), calls, (quotas, wanted) => {
        const run = taking();
        let nowMs = START;
        const taken = wanted.map(({ level, afterMs }) => {
          nowMs += afterMs;
          const perSecond = quotas.map((one) => one.perSecond);
          return run.take({ level, quotas, perSecond, nowMs, keep: quotas.map(() => 0) });
        });
        for (const { levels, perSecond } of quotas)
          expect(
            busiestSecond(taken.flatMap((slot) => (slot && levels.includes(slot.level) ? [slot.atMs] : []))),
          ).toBeLessThanOrEqual(perSecond);
      }),
      { numRuns: 200 },
    );
  });

  it('of levels with rates of their own are side by side, also where they share a day', () => {
    const quotas = quotasOf('basic', null);
    const more = { quotas, perSecond: quotas.map(({ perSecond }) => perSecond), keep: quotas.map(() => 0) };
    const run = taking();
    const slots = ([1, 2, 1, 2, 3] as const).map((level) => run.take({ ...more, level }));
    expect(slots.map((slot) => (slot?.atMs ?? 0) - START)).toEqual([0, 0, 21, 52.5, 0]);
  });

  it('are as far apart as the run allows itself: a share of the rate, or less while it is slowed down', () => {
    const run = taking();
    const slots = [1, 2, 3].map(() => run.take({ perSecond: [2] }));
    expect(slots.map((slot) => (slot?.atMs ?? 0) - START)).toEqual([0, 525, 1050]);
  });

  it('that are given back close up behind the last, and leave a gap where others have come after', () => {
    const run = taking();
    run.take();
    const second = run.take() as Slot;
    run.giveBack(second);
    expect((run.take() as Slot).atMs).toBe(second.atMs);
    const third = run.take() as Slot;
    run.take();
    run.giveBack(third);
    expect((run.take() as Slot).atMs - START).toBe(840);
    expect(run.day().calls).toEqual({ '1': 4, '2': 0, '3': 0 });
    expect(run.day().by).toEqual({ 'apply a': { '1': 4, '2': 0, '3': 0 } });
  });

  it('come back from a clock that was far ahead', () => {
    const run = taking();
    run.take({ nowMs: START + 3_600_000 });
    expect((run.take() as Slot).atMs - START).toBe(210);
  });
});

describe('a new day', () => {
  const DAY_MS = 86_400_000;
  const spentYesterday = (calls: number) => {
    const run = taking();
    for (let call = 0; call < calls; call++) run.take();
    return run.ledger();
  };
  const isProbe = (ledger: Ledger, more: Partial<Ask> = {}): boolean | null =>
    taking(ledger).take({ nowMs: START + DAY_MS, ...more })?.isProbe ?? null;
  const told = (ledger: Ledger, isAccepted: boolean, level: Level = 1): Ledger =>
    answered(ledger, { level, isAccepted, quotas: [ALL], nowMs: START + DAY_MS, timezone: 'UTC' });

  it('is in doubt where both days together are more than one allows, the reserve left alone', () => {
    expect(isProbe(EMPTY_LEDGER)).toBe(false);
    expect(isProbe(spentYesterday(99))).toBe(false);
    expect(isProbe(spentYesterday(100))).toBe(true);
    expect(isProbe(spentYesterday(80), { keep: [20] })).toBe(true);
    expect(isProbe(spentYesterday(79), { keep: [20] })).toBe(false);
    // A day between them without a call proves nothing, and is long enough.
    expect(isProbe(spentYesterday(100), { nowMs: START + 2 * DAY_MS })).toBe(false);
  });

  it('is believed for all levels of a quota by what is accepted, and in doubt again by what is refused', () => {
    const accepted = told(spentYesterday(100), true);
    expect([isProbe(accepted), isProbe(accepted, { level: 3 })]).toEqual([false, false]);
    const refused = told(accepted, false, 2);
    expect([isProbe(refused), isProbe(refused, { nowMs: START + 2 * DAY_MS })]).toEqual([true, true]);
    expect(isProbe(told(refused, true, 3))).toBe(false);
    expect(parseLedger(JSON.stringify(refused))).toEqual(refused);
  });

  it('counts what is called of it, and is told of a quota by its own levels alone', () => {
    const today = taking(spentYesterday(95));
    const probes = Array.from({ length: 7 }, () => today.take({ nowMs: START + DAY_MS })?.isProbe);
    expect(probes).toEqual([false, false, false, false, false, true, true]);
    const apart: readonly Quota[] = [
      { levels: [1], perSecond: 5, perDay: null },
      { levels: [1, 2], perSecond: 5, perDay: 100 },
      { levels: [3], perSecond: 5, perDay: 100 },
    ];
    const more = { quotas: apart, perSecond: [5, 5, 5], keep: [0, 0, 0] };
    const refused = answered(EMPTY_LEDGER, {
      level: 3,
      isAccepted: false,
      quotas: apart,
      nowMs: START + DAY_MS,
      timezone: 'UTC',
    });
    expect(([1, 2, 3] as const).map((level) => isProbe(refused, { ...more, level }))).toEqual([false, false, true]);
    expect(isProbe(spentYesterday(100), { ...more, level: 1 })).toBe(true);
  });

  it('has no doubts where the quota has no day', () => {
    const quotas = [{ ...ALL, perDay: null }];
    expect(isProbe(spentYesterday(100), { quotas })).toBe(false);
  });
});

describe('the day of a ledger', () => {
  it('gives out what a quota has and no more, and keeps back the reserve', () => {
    const run = taking();
    const keep = keptBack([ALL], { level1: 0, level2: 0, level3: 0.2 }, false);
    expect([manyOf(run, { keep }), manyOf(run)]).toEqual([80, 20]);
    expect(take(run.ledger(), ask({ level: 3 }))).toEqual({ spent: ALL });
  });

  it('is that of the moment at which the call leaves, in the zone of the quota', () => {
    const run = taking();
    const nowMs = Date.parse('2026-11-24T15:59:59.900Z');
    const slots = [1, 2].map(() => run.take({ nowMs, timezone: 'Asia/Shanghai' }));
    expect(slots.map((slot) => slot?.day)).toEqual(['2026-11-24', '2026-11-25']);
  });

  it('keeps three days and no more names than it can hold', () => {
    const run = taking();
    for (const day of [20, 21, 22, 23, 24]) run.take({ nowMs: Date.parse(`2026-11-${day}T02:00:00Z`) });
    expect(Object.keys(run.ledger().days)).toEqual(['2026-11-24', '2026-11-23', '2026-11-22']);
    for (let who = 0; who < 120; who++) run.take({ by: `run ${who}`, quotas: [{ ...ALL, perDay: null }] });
    expect(Object.keys(run.day().by)).toHaveLength(101);
    expect(run.day().by[OTHERS]?.['1']).toBe(21);
  });
});

describe('a reservation', () => {
  it('keeps others out, and shrinks with every call of the run that made it', () => {
    const run = taking();
    run.reserve(60);
    expect(manyOf(run, { holder: 'b' })).toBe(40);
    expect(reservedUnder(run.day(), ALL, 'b')).toBe(60);
    expect(manyOf(run)).toBe(60);
    expect([reservedUnder(run.day(), ALL, 'b'), callsUnder(ALL, run.day().calls)]).toEqual([0, 100]);
  });

  it('of levels that share a quota is no more than it has left beside the reserve, and is used by its own levels alone', () => {
    const keep = [30];
    const calls = { '1': 40, '2': 20, '3': 50 };
    const ledger = reserve(EMPTY_LEDGER, { ...ask(), calls, keep });
    const own = dayIn(ledger, '2026-11-24', START).reservations['a'];
    expect(own?.calls).toEqual({ '1': 0, '2': 20, '3': 50 });
    const run = taking(ledger);
    expect([run.take({ level: 1 })?.isReserved, run.take({ level: 3 })?.isReserved]).toEqual([false, true]);
    expect(run.day().reservations['a']?.calls).toEqual({ '1': 0, '2': 20, '3': 49 });
  });

  it('is no more than what is left, and takes the place of the last one of the same holder', () => {
    const run = taking();
    run.reserve(70, 'b');
    run.reserve(60, 'a');
    expect(run.day().reservations.a?.calls).toEqual({ '1': 30, '2': 0, '3': 0 });
    run.reserve(10, 'b');
    expect(reservedUnder(run.day(), ALL, '')).toBe(40);
    run.settle('b');
    expect(Object.keys(run.day().reservations)).toEqual(['a']);
  });

  it('of a killed run expires; one that goes on renews it with every call', () => {
    const run = taking();
    run.reserve(60);
    expect(run.take({ holder: 'b', nowMs: START + LEASE_MS - 1 })).not.toBeNull();
    run.take({ nowMs: START + LEASE_MS - 1 });
    expect(reservedUnder(run.day(START + LEASE_MS), ALL, 'b')).toBe(59);
    expect(reservedUnder(run.day(START + 2 * LEASE_MS), ALL, 'b')).toBe(0);
    expect(manyOf(run, { holder: 'b', nowMs: START + 2 * LEASE_MS })).toBe(98);
  });

  it('gets back what a call that did not leave had taken of it', () => {
    const run = taking();
    run.reserve(60);
    const slot = run.take() as Slot;
    run.giveBack(slot);
    expect(reservedUnder(run.day(), ALL, '')).toBe(60);
  });
});

it('what a run leaves to others that it cannot see is all that is left beside the reserve, but for its share', () => {
  const share = { level1: 0.2, level2: 0, level3: 0 };
  const left = (used: readonly number[]) => leftToOthers([ALL, { ...ALL, perDay: null }], { reserve: share, review: 0.25 }, used);
  expect([left([]), left([40, 0]), left([79, 0]), left([95, 0])]).toEqual([
    [60, 0],
    [30, 0],
    [1, 0],
    [0, 0],
  ]);
});

describe('a ledger as text', () => {
  it('is read back as it was, and anything else is not taken for one', () => {
    const run = taking();
    run.reserve(5);
    run.take();
    expect(parseLedger(JSON.stringify(run.ledger()))).toEqual(run.ledger());
    const day = { calls: { '1': 0, '2': 0, '3': 0 }, by: {}, reservations: {} };
    for (const wrong of [
      '{',
      'null',
      '{}',
      JSON.stringify({ ...EMPTY_LEDGER, format: 'phinfra.ledger/2' }),
      JSON.stringify({ ...EMPTY_LEDGER, lastMs: { '1': 0 } }),
      JSON.stringify({ ...EMPTY_LEDGER, days: { x: {} } }),
      JSON.stringify({ ...EMPTY_LEDGER, days: { x: { ...day, by: { a: 1 } } } }),
      JSON.stringify({ ...EMPTY_LEDGER, days: { x: { ...day, reservations: { a: { by: 'a', calls: day.calls } } } } }),
    ])
      expect(parseLedger(wrong), wrong).toBeNull();
  });
});
