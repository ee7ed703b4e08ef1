/** Ends: written as days, sent as the service wants them, read back as days (BEHAVIOUR 3.11). */
import { describe, expect, it } from 'vitest';
import { endDay, endSecond, endsSooner, isOver, untilOfMs, untilOfText, withUntil } from '../../engine/kinds/expiry.ts';

describe('the end of a grant', () => {
  it('is sent as the last second of its day, or as the long-term day', () => {
    expect(endSecond('2027-03-31')).toBe('2027-03-31 23:59:59');
    expect(endSecond(null)).toBe('3025-12-31 23:59:59');
    expect(endDay('2027-03-31')).toBe('2027-03-31');
    expect(endDay(undefined)).toBe('3025-12-31');
  });

  it('is read back from texts as the day, and as none from the year 3000 on', () => {
    expect(
      ['2027-03-31', '2027-03-31 23:59:59', '3025-12-31', '3025-12-31 23:59:59', '', null, 'never'].map(untilOfText),
    ).toEqual(['2027-03-31', '2027-03-31', null, null, null, null, null]);
  });

  it('is read back from milliseconds as the day in +08:00', () => {
    const last = Date.parse('2027-03-31T23:59:59+08:00');
    expect(untilOfMs(String(last))).toBe('2027-03-31');
    expect(untilOfMs(last + 1000)).toBe('2027-04-01');
    expect(untilOfMs(String(Date.parse('3025-12-31T23:59:59+08:00')))).toBeNull();
    expect(['', null, '2027-03-31', '-5', '999999999999999'].map(untilOfMs)).toEqual([null, null, null, null, null]);
  });

  it('comes back as it was sent, for every day of two years', () => {
    for (let at = Date.parse('2027-01-01T00:00:00Z'); at < Date.parse('2029-01-01T00:00:00Z'); at += 86_400_000) {
      const day = new Date(at).toISOString().slice(0, 10);
      expect(untilOfMs(Date.parse(`${endSecond(day).replace(' ', 'T')}+08:00`))).toBe(day);
      expect(untilOfText(endSecond(day))).toBe(day);
    }
  });

  it('counts to the end of its day', () => {
    expect(isOver('2026-11-24', '2026-11-24')).toBe(false);
    expect(isOver('2026-11-23', '2026-11-24')).toBe(true);
    expect(isOver(null, '2026-11-24')).toBe(false);
  });

  it('comes sooner than none', () => {
    expect(endsSooner('2027-01-01', undefined)).toBe(true);
    expect(endsSooner('2027-01-01', '2027-01-01')).toBe(false);
    expect(endsSooner(undefined, '2027-01-01')).toBe(false);
    expect([withUntil(null), withUntil('2027-01-01')]).toEqual([{}, { until: '2027-01-01' }]);
  });
});
