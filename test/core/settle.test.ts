import { describe, expect, it } from 'vitest';
import { type EndReason, endOfChange, exitOf } from '../../engine/core/settle.ts';

describe('the exit code', () => {
  it('is the first that holds, in the order of DESIGN 4', () => {
    const order: readonly EndReason[] = [
      'record',
      'unknown',
      'interrupted',
      'not-allowed',
      'refused',
      'stale',
      'guarded',
      'stopped',
      'waiting',
      'unreachable',
    ];
    expect(order.map((_, index) => exitOf(new Set(order.slice(index))).exit)).toEqual([10, 7, 130, 4, 5, 9, 12, 6, 13, 11]);
    expect(exitOf(new Set())).toEqual({ exit: 0, reason: 'done' });
  });
});

describe('a change', () => {
  it('ends as its worst step', () => {
    expect(endOfChange(['done', 'rejected', 'unknown'])).toBe('unknown');
    expect(endOfChange(['done', 'rejected', 'waiting'])).toBe('failed');
    expect(endOfChange(['done', 'waiting', null])).toBe('waiting');
    expect(endOfChange(['done', null])).toBe('left');
    expect(endOfChange(['done', 'not-sent'])).toBe('left');
    expect(endOfChange(['done', 'done'])).toBe('applied');
    expect(endOfChange([])).toBe('applied');
  });
});
