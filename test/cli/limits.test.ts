import { describe, expect, it } from 'vitest';
import { limitsOf, stopAtOf } from '../../cli/limits.ts';

const NOW = Date.parse('2026-11-24T10:15:30.250Z');
const at = (text: string, zone = 'Asia/Shanghai'): string | null => {
  const ms = stopAtOf(text, zone, NOW);
  return ms === null ? null : new Date(ms).toISOString();
};

describe('the time to stop at', () => {
  it('is the next one that the zone shows', () => {
    // 18:15:30 in Shanghai.
    expect(at('18:16')).toBe('2026-11-24T10:16:00.000Z');
    expect(at('18:15')).toBe('2026-11-25T10:15:00.000Z');
    expect(at('06:30')).toBe('2026-11-24T22:30:00.000Z');
    expect(at('00:00', 'UTC')).toBe('2026-11-25T00:00:00.000Z');
  });

  it('or the moment itself, with its offset', () => {
    expect(at('2026-11-25T06:30:00+08:00')).toBe('2026-11-24T22:30:00.000Z');
    expect(at('2026-11-25T06:30Z')).toBe('2026-11-25T06:30:00.000Z');
  });

  it.each(['24:00', '6:30', '06:60', 'tomorrow', '', '2026-11-25', '2026-11-25T06:30:00', '2026-13-01T00:00Z'])(
    'is not %j',
    (text) => {
      expect(at(text)).toBe(null);
      expect(limitsOf({ stopAt: text }, 'UTC', NOW)).toBe(null);
    },
  );

  it('stands beside the other limits, and is left out where it is not given', () => {
    expect(limitsOf({}, 'UTC', NOW)).toEqual({});
    expect(limitsOf({ maxCalls: 7, failFast: true, stopAt: '11:00' }, 'UTC', NOW)).toEqual({
      maxCalls: 7,
      failFast: true,
      stopAtMs: Date.parse('2026-11-24T11:00:00Z'),
    });
  });
});
