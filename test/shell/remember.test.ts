/** What was read is read once, and what is too old for who asks is read anew. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../engine/core/ports.ts';
import type { Reader } from '../../engine/shell/reader.ts';
import { rememberReads } from '../../engine/shell/remember.ts';

const LIST = { operation: 'ListUserGroups', rows: () => [], identity: () => '' } as const;

const started = () => {
  let nowMs = 0;
  let reads = 0;
  const fresh = async (): Promise<never> => ({ rows: [], isComplete: true, pages: ++reads }) as never;
  const reader: Reader = { list: fresh, call: fresh, spent: () => ({}) as never, minimum: () => ({}) as never };
  let setMs = 0;
  const remembering = rememberReads(reader, { wallMs: () => nowMs + setMs, nowMs: () => nowMs });
  return {
    remembering,
    at: (ms: number) => {
      nowMs = ms;
    },
    set: (ms: number) => {
      setMs = ms;
    },
    list: async (sinceMs: number, request: JsonObject = {}) => (await remembering.since(sinceMs).list(LIST, request)).pages,
  };
};

describe('a reader that remembers', () => {
  it('reads the same once, and another request for itself', async () => {
    const { list } = started();
    expect([await list(0), await list(0), await list(0, { Page: 2 }), await list(0)]).toEqual([1, 1, 2, 1]);
  });

  it('reads anew for who trusts nothing that was asked for before a moment, and that stands for all from then on', async () => {
    const { at, list } = started();
    at(1_000);
    expect(await list(0)).toBe(1);
    at(3_000);
    expect([await list(1_000), await list(1_001), await list(3_000), await list(0)]).toEqual([1, 2, 2, 2]);
  });

  it('reads anew for who asks for an age, once the wall clock was set: nobody knows how old an answer is', async () => {
    const { at, set, list } = started();
    at(100_000);
    expect(await list(0)).toBe(1);
    set(-50_000);
    expect(await list(50_000)).toBe(2);
    expect(await list(50_000)).toBe(2);
    set(0);
    expect([await list(50_000), await list(Number.NEGATIVE_INFINITY)]).toEqual([3, 3]);
  });

  it('reads anew what was forgotten, and what has failed', async () => {
    const { remembering, list } = started();
    expect(await list(0)).toBe(1);
    remembering.forget(new Set(['ListUserGroups']));
    expect(await list(0)).toBe(2);
    const fails = async (): Promise<never> => {
      throw new Error('once');
    };
    let isDown = true;
    const inner: Reader = {
      list: () => (isDown ? fails() : Promise.resolve({ rows: [], isComplete: true, pages: 1 })),
      call: fails,
      spent: () => ({}) as never,
      minimum: () => ({}) as never,
    };
    const other = rememberReads(inner);
    await expect(other.list(LIST, {})).rejects.toThrow('once');
    isDown = false;
    expect((await other.list(LIST, {})).pages).toBe(1);
  });
});
