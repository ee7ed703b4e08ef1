import { describe, expect, it } from 'vitest';
import type { ApplyEvent } from '../../cli/engine.ts';
import { createLineProgress, progressText, stateText } from '../../cli/render/progress.ts';

const event = (done: number, total: number, over: Partial<Extract<ApplyEvent, { type: 'progress' }>> = {}) =>
  ({
    type: 'progress',
    done,
    failed: 0,
    unknown: 0,
    running: 0,
    left: total - done,
    secondsLeft: 3,
    day: 1,
    days: 1,
    today: { calls: total - done, seconds: 3 },
    goesOnAt: null,
    byKind: {},
    ...over,
  }) as const;

describe('progress in a log', () => {
  it('is a line every tenth and at most every five seconds, however many calls there are', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = createLineProgress(
      (text) => lines.push(text),
      () => nowMs,
    );
    progress.onEvent({
      type: 'start',
      steps: 1000,
      levels: { '1': 1000, '2': 0, '3': 0 },
      seconds: 21,
      day: 1,
      days: 1,
      today: { calls: 1000, seconds: 21 },
      goesOnAt: null,
    });
    for (let done = 0; done <= 1000; done += 1) {
      nowMs += 21;
      progress.onEvent(event(done, 1000));
    }
    progress.onEvent({ type: 'end' });
    expect(lines).toEqual([
      'Applying 1,000 calls, about 21 s.\n',
      '238 of 1,000 calls, 762 left, about 3 s\n',
      '477 of 1,000 calls, 523 left, about 3 s\n',
      '716 of 1,000 calls, 284 left, about 3 s\n',
      '955 of 1,000 calls, 45 left, about 3 s\n',
    ]);
  });

  it('names the day, what is left of it, and when the rest goes on', () => {
    const text = (over: Parameters<typeof event>[2]) => progressText(event(214, 636, over));
    const goesOnAt = '2026-11-25T16:00:00.000Z';
    expect([
      text({ day: 2, days: 7, today: { calls: 40, seconds: 64 }, goesOnAt }),
      text({ day: 2, days: 7, today: { calls: 0, seconds: 0 }, goesOnAt }),
      text({ day: 7, days: 7, today: { calls: 422, seconds: 100 } }),
      text({ day: 2, days: null, today: { calls: 0, seconds: 0 }, goesOnAt }),
    ]).toEqual([
      'day 2 of 7, 214 of 636 calls, 422 left, about 64 s today, the rest from tomorrow 00:00',
      'day 2 of 7, 214 of 636 calls, 422 left, the rest from tomorrow 00:00',
      'day 7 of 7, 214 of 636 calls, 422 left, about 2 min',
      'day 2, 214 of 636 calls, 422 left, the rest from tomorrow 00:00',
    ]);
  });

  it('says at least once a minute that it goes on', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = createLineProgress(
      (text) => lines.push(text),
      () => nowMs,
    );
    for (let second = 0; second < 130; second += 1) {
      nowMs += 1000;
      progress.onEvent(event(second, 100_000));
    }
    expect(lines).toHaveLength(2);
  });

  it('names what failed, with code and request id, escaped', () => {
    const lines: string[] = [];
    const progress = createLineProgress(
      (text) => lines.push(text),
      () => 0,
    );
    const step = {
      id: 'userGroups/a#create',
      operation: 'CreateUserGroup',
      level: 1,
      phase: 'create',
      request: {},
      serves: ['userGroups/a\u001b'],
      after: [],
      gives: null,
      covers: [],
    } as const;
    progress.onEvent({ type: 'step', step, outcome: 'rejected', code: 'DPN.X', requestId: 'R1' });
    progress.onEvent({ type: 'step', step, outcome: 'done', code: null, requestId: 'R2' });
    progress.onEvent({ type: 'pause', reason: 'throttled', seconds: 30 });
    expect(lines).toEqual([
      '  refused: CreateUserGroup for userGroups/a\\u{1b}, DPN.X (request R1)\n',
      'Waiting 30 s: throttled\n',
    ]);
  });
});

describe('the state at the end', () => {
  it('counts everything and says how to go on', () => {
    expect(stateText({ applied: 7, failed: 0, unknown: 1, waiting: 0, left: 12 }, 'phinfra apply')).toBe(
      'applied 7, failed 0, unknown 1, left 12; next: phinfra apply',
    );
  });
  it('counts calls exactly while it runs', () => {
    expect(progressText(event(3, 40, { failed: 1, unknown: 2, running: 4, left: 30 }))).toBe(
      '3 of 40 calls, 1 failed, 2 unknown, 34 left, about 3 s',
    );
  });
});
