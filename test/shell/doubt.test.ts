/** When a doubt is looked up, how often, and what is believed (DESIGN 6). */
import { describe, expect, it } from 'vitest';
import type { Step } from '../../engine/core/model.ts';
import type { Verdict } from '../../engine/core/settle.ts';
import type { StepPorts } from '../../engine/shell/attempt.ts';
import { type Doubt, settleDoubt } from '../../engine/shell/doubt.ts';
import { createVirtualClock } from '../support/apply-clock.ts';

const START_MS = Date.parse('2026-11-24T02:00:00Z');
const STEP = { id: 'userGroups/a#update', serves: ['userGroups/a'], phase: 'update' } as unknown as Step;
const BLIND: Step = { ...STEP, phase: 'revoke', isBlind: true };
const DONE: Verdict = { verdict: 'done' };
const GONE: Verdict = { verdict: 'done', isAbsence: true };
const VOID: Verdict = { verdict: 'void' };
const UNSURE: Verdict = { verdict: 'undecided', because: 'neither' };

type Asked = Partial<Doubt> & { readonly isBelieved?: boolean; readonly isSecond?: boolean };
/** Looks that say these one after another; `sentMsAgo`: how long ago the call was sent. */
const settled = async (
  verdicts: readonly Verdict[],
  { isRefused = false, isBelieved = false, isSecond }: Asked = {},
  {
    step = STEP,
    sentMsAgo = 0,
    stopAfterMs,
  }: { readonly step?: Step; readonly sentMsAgo?: number; readonly stopAfterMs?: number } = {},
) => {
  const clock = createVirtualClock(START_MS);
  const stop = new AbortController();
  const left = [...verdicts];
  const looks: { readonly atMs: number; readonly sinceMs: number; readonly isRefused: boolean }[] = [];
  const pauses: number[] = [];
  const ports = {
    clock,
    settleMs: 2_000,
    settledMs: 30_000,
    halt: stop.signal,
    keeper: { served: () => [] },
    onPause: (reason: string, ms: number) => {
      expect(reason).toBe('in doubt');
      pauses.push(ms);
    },
  } as unknown as StepPorts;
  if (stopAfterMs !== undefined) void clock.sleep(stopAfterMs).then(() => stop.abort(new Error('stopped')));
  const found = await settleDoubt(
    step,
    async (_step, _changes, _signal, doubt) => {
      looks.push({ atMs: clock.nowMs(), sinceMs: (doubt.sinceMs ?? 0) - START_MS, isRefused: doubt.isRefused });
      const next = left.shift();
      if (!next) throw new Error('one look too many');
      return next;
    },
    ports,
    { isRefused, isBelieved, sentMs: START_MS - sentMsAgo, ...(isSecond === undefined ? {} : { isSecond }) },
  );
  return {
    found,
    looks: looks.map(({ atMs, sinceMs }) => [atMs, sinceMs]),
    refused: looks.map((one) => one.isRefused),
    pauses,
    endedMs: clock.nowMs(),
  };
};

describe('a doubt', () => {
  it('is over with the first look that sees what was sent, two seconds after it', async () => {
    expect(await settled([DONE])).toMatchObject({ found: [DONE], looks: [[2_000, 2_000]], pauses: [] });
  });

  it('is looked up once more when half a minute has passed, where nothing is seen, something is gone, or nobody can tell', async () => {
    for (const first of [VOID, GONE, UNSURE])
      expect(await settled([first, DONE])).toMatchObject({
        found: [DONE],
        looks: [
          [2_000, 2_000],
          [30_000, 30_000],
        ],
        pauses: [28_000],
      });
    expect((await settled([GONE, GONE])).found).toEqual([GONE]);
    expect((await settled([VOID, VOID])).found).toEqual([VOID]);
    expect((await settled([GONE, VOID])).found).toEqual([{ verdict: 'undecided', because: 'it was gone, and is there again' }]);
    expect((await settled([UNSURE, VOID])).found).toEqual([VOID]);
  });

  it('waits with others to the end of a second, so that one list serves all', async () => {
    expect((await settled([DONE], {}, { sentMsAgo: 700 })).looks).toEqual([[2_000, 1_300]]);
  });

  it('takes a refusal at its word where nothing is seen, and tells the look of it', async () => {
    const believed = { isRefused: true, isBelieved: true };
    expect(await settled([VOID], believed)).toMatchObject({
      found: [VOID],
      looks: [[2_000, 2_000]],
      refused: [true],
      pauses: [],
    });
    expect((await settled([UNSURE, VOID], believed)).looks).toHaveLength(2);
    expect((await settled([GONE, GONE], believed)).looks).toHaveLength(2);
  });

  it('is looked up once and at once where the call was sent long ago, but for what only an absence says', async () => {
    const long = { sentMsAgo: 30_000 };
    for (const verdict of [DONE, VOID, UNSURE])
      expect(await settled([verdict], {}, long)).toMatchObject({ found: [verdict], looks: [[0, 0]], pauses: [] });
    expect(await settled([GONE, GONE], {}, long)).toMatchObject({
      found: [GONE],
      looks: [
        [0, 0],
        [2_000, 2_000],
      ],
      pauses: [0],
    });
    expect((await settled([VOID, VOID], {}, { sentMsAgo: 29_000 })).looks).toEqual([
      [0, -27_000],
      [2_000, 2_000],
    ]);
  });

  it('of a step that was sent once more is looked up once, when half a minute has passed', async () => {
    const again = { isSecond: true };
    for (const verdict of [DONE, VOID, UNSURE])
      expect(await settled([verdict], again)).toMatchObject({ found: [verdict], looks: [[30_000, 30_000]], pauses: [30_000] });
    expect(await settled([VOID], again, { sentMsAgo: 40_000 })).toMatchObject({ looks: [[0, -10_000]], pauses: [0] });
  });

  it('that no look could tell is given its time, and what was refused none', async () => {
    expect(await settled([], {}, { step: BLIND })).toEqual({
      found: [VOID],
      looks: [],
      refused: [],
      pauses: [30_000],
      endedMs: 30_000,
    });
    expect(await settled([], {}, { step: BLIND, sentMsAgo: 10_000 })).toMatchObject({ pauses: [20_000], endedMs: 20_000 });
    for (const [asked, sentMsAgo] of [
      [{ isRefused: true, isBelieved: true }, 0],
      [{}, 30_000],
    ] as const)
      expect(await settled([], asked, { step: BLIND, sentMsAgo })).toMatchObject({ found: [VOID], pauses: [], endedMs: 0 });
  });

  it('stays open when the run is stopped before it is looked up', async () => {
    const open = { verdict: 'undecided', because: 'the run was stopped before it could be looked up', hindrance: 'interrupted' };
    expect(await settled([], {}, { stopAfterMs: 1_000 })).toMatchObject({ found: [open], looks: [], endedMs: 1_000 });
    expect(await settled([VOID], {}, { stopAfterMs: 5_000 })).toMatchObject({ found: [open], endedMs: 5_000 });
    expect(await settled([], {}, { stopAfterMs: 1_000, step: BLIND })).toMatchObject({ found: [open], endedMs: 1_000 });
  });

  it('of a batch has a verdict for each part, and what one look has seen of it stands', async () => {
    const parts = ['a', 'b'].map((id) => ({ id, serves: [], covers: [], element: id }));
    const batch = { ...STEP, batch: { at: '/X', parts } } as unknown as Step;
    expect((await settled([VOID, VOID], {}, { step: batch })).found).toEqual([VOID, VOID]);
    const of = (a: Verdict, b: Verdict) => ({ verdict: 'parts', of: { a, b } }) as unknown as Verdict;
    expect((await settled([of(DONE, VOID), of(VOID, DONE)], {}, { step: batch })).found).toEqual([DONE, DONE]);
  });
});
