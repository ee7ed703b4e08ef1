import { describe, expect, it } from 'vitest';
import { PHASES } from '../../engine/core/model.ts';
import {
  dayOf,
  GUARD_MS,
  mayUseReserve,
  nextDayMs,
  nextSlot,
  quotaName,
  quotasOf,
  readingIn,
  reserveOf,
  secondsOf,
} from '../../engine/core/quota.ts';

const at = (text: string): number => Date.parse(text);

describe('quotas', () => {
  it('are the ones of the edition (BEHAVIOUR 2.1); an unknown edition has the smallest', () => {
    const rates = (edition: Parameters<typeof quotasOf>[0]) =>
      quotasOf(edition, null).map(({ levels, perSecond, perDay }) => [levels, perSecond, perDay]);
    expect(rates(null)).toEqual([[[1, 2, 3], 5, 100]]);
    expect(rates('personal')).toEqual(rates(null));
    for (const edition of ['agile', 'database', 'bigdata'] as const) expect(rates(edition)).toEqual([[[1, 2, 3], 5, 1_000]]);
    expect(rates('basic')).toEqual([
      [[1], 50, null],
      [[2], 20, null],
      [[1, 2], Number.POSITIVE_INFINITY, 50_000],
      [[3], 5, 10_000],
    ]);
    expect(rates('intelligent')).toEqual([
      [[1], 50, null],
      [[2], 20, null],
      [[3], 5, 10_000],
    ]);
  });

  it('are overridden as a whole', () => {
    const mine = [{ levels: [1, 2, 3] as const, perSecond: 1, perDay: null }];
    expect(quotasOf('basic', mine)).toEqual(mine);
  });

  it('have a name and a reserve: the largest share of a level that they hold', () => {
    const [one, , both, three] = quotasOf('basic', null);
    if (!one || !both || !three) throw new Error('basic has four');
    const reserve = { level1: 0, level2: 0.1, level3: 0.2 };
    expect([quotaName(one), quotaName(both)]).toEqual(['level 1', 'levels 1 and 2']);
    expect([one, both, three].map((quota) => reserveOf(quota, reserve))).toEqual([0, 5_000, 2_000]);
  });
});

it('the reserve is for revocations alone (DESIGN 7)', () => {
  expect(PHASES.filter((phase) => mayUseReserve({ phase }))).toEqual(['revoke']);
});

describe('spacing', () => {
  it('puts a slot a guarded interval after the call before, never in the past', () => {
    expect(nextSlot(1_000, 5, 50, 0)).toBe(1_210);
    expect(nextSlot(1_000, 5, 50, 5_000)).toBe(5_000);
    expect(nextSlot(Number.NEGATIVE_INFINITY, 5, 50, 7)).toBe(7);
  });

  it('leaves the rate unbroken in any second, even when calls arrive up to the guard later than they were sent', () => {
    for (const perSecond of [1, 5, 20, 50]) {
      const arrivals: number[] = [];
      let last = Number.NEGATIVE_INFINITY;
      for (let call = 0; call < 200; call++) {
        last = nextSlot(last, perSecond, GUARD_MS, 0);
        arrivals.push(last + (call % 2 === 0 ? GUARD_MS : 0));
      }
      for (const from of arrivals)
        expect(arrivals.filter((ms) => ms >= from && ms < from + 1000).length).toBeLessThanOrEqual(perSecond);
    }
  });

  it('takes as long as its slowest quota', () => {
    expect(secondsOf({ '1': 100, '2': 100, '3': 100 }, quotasOf('basic', null))).toBeCloseTo(21);
    expect(secondsOf({ '1': 100, '2': 100, '3': 100 }, quotasOf('agile', null))).toBeCloseTo(63);
    expect(secondsOf({ '1': 100, '2': 0, '3': 0 }, quotasOf('basic', null), 0.5)).toBeCloseTo(4.2);
    expect(secondsOf({ '1': 0, '2': 0, '3': 0 }, quotasOf('basic', null))).toBe(0);
  });
});

describe('the day', () => {
  it('is the day of the zone', () => {
    expect(dayOf(at('2026-11-23T15:59:59.999Z'), 'Asia/Shanghai')).toBe('2026-11-23');
    expect(dayOf(at('2026-11-23T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-24');
    expect(dayOf(at('2026-11-23T16:00:00Z'), 'UTC')).toBe('2026-11-23');
    expect(() => dayOf(0, 'Nowhere/Here')).toThrow(RangeError);
  });

  it('is read to the millisecond, in zones with and without Intl, and before 1970 as well', () => {
    for (const [text, zone, day, ofDay] of [
      ['2026-11-24T01:02:03.004Z', 'UTC', '2026-11-24', '01:02:03.004'],
      ['2026-11-24T01:02:03.004Z', 'Asia/Shanghai', '2026-11-24', '09:02:03.004'],
      ['2026-11-24T01:02:03.004Z', 'Asia/Kolkata', '2026-11-24', '06:32:03.004'],
      ['1969-12-31T23:59:58.997Z', 'Asia/Kolkata', '1970-01-01', '05:29:58.997'],
      ['1969-12-31T23:59:58.997Z', 'UTC', '1969-12-31', '23:59:58.997'],
    ] as const)
      expect(readingIn(at(text), zone), `${text} in ${zone}`).toEqual({ day, ofDayMs: Date.parse(`1970-01-01T${ofDay}Z`) });
  });

  it('ends at midnight of the zone, also on the days of 23 and 25 hours', () => {
    const next = (text: string, zone: string): string => new Date(nextDayMs(at(text), zone)).toISOString();
    expect(next('2026-11-23T15:59:59.999Z', 'Asia/Shanghai')).toBe('2026-11-23T16:00:00.000Z');
    expect(next('2026-11-23T16:00:00Z', 'Asia/Shanghai')).toBe('2026-11-24T16:00:00.000Z');
    expect(next('2026-03-29T00:10:00Z', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z');
    expect(next('2026-10-25T00:10:00Z', 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z');
    expect(next('2026-10-24T22:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z');
  });
});

describe('zones that need no Intl', () => {
  it('tell the same days as Intl, hour by hour over years with and without a leap day', () => {
    for (const zone of ['Asia/Shanghai', 'UTC']) {
      const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
      for (let ms = at('2023-12-01T00:00:00Z'); ms < at('2025-03-01T00:00:00Z'); ms += 3_599_000) {
        const told = dayOf(ms, zone);
        if (told !== format.format(ms)) throw new Error(`${zone} ${new Date(ms).toISOString()}: ${told}`);
        expect(nextDayMs(ms, zone)).toBeGreaterThan(ms);
      }
    }
  });
});
