/** Between its intent and its call a run may have been stopped for long: what was taken from it meanwhile it does not send (RELIABILITY R0). */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../engine/core/fold.ts';
import type { JournalEvent } from '../../engine/core/model.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import { createBlocks } from '../../engine/shell/blocks.ts';
import type { ProcessFacts } from '../../engine/shell/holder.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { send } from '../../engine/shell/send.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { step, temporaryFolder } from '../support/apply-plan.ts';

const STEP = step('userGroups/a#create', 'CreateUserGroup');
const intentAt = (at: string): Intent => ({
  type: 'intent',
  run: 'r1',
  step: STEP.id,
  operation: STEP.operation,
  serves: STEP.serves,
  request: 'digest',
  at,
});
const START = '2026-11-24T02:00:00.000Z';
const machine = (host: string): ProcessFacts => ({ host, bootId: async () => 'boot-1', pid: 7, startedAt: async () => '100' });

/** One call whose turn comes only after something has happened. */
const sendAfter = async (
  record: Parameters<typeof createBlocks>[0],
  meanwhile: (clock: ReturnType<typeof createVirtualClock>) => Promise<void>,
) => {
  const clock = createVirtualClock(Date.parse(START));
  const blocks = createBlocks(record, clock);
  await blocks.append(intentAt(START));
  const pacer = createPacer({ quotas: quotasOf('basic', null), share: 1, clock, random: () => 0.5 });
  let turns = 0;
  let calls = 0;
  const sent = send(
    STEP,
    {},
    {
      client: {
        call: async () => {
          calls++;
          return { outcome: 'done', answer: {}, requestId: 'r' };
        },
        close: () => undefined,
      },
      clock,
      pacer: { ...pacer, pass: async () => (turns++ === 0 ? meanwhile(clock) : undefined) },
      halt: new AbortController().signal,
      onPause: () => undefined,
      mayLeave: blocks.mayLeave,
    },
    () => undefined,
  );
  const end = await sent.then(
    ({ outcome }) => outcome,
    (error: { code?: string; message?: string }) => `${error.code}: ${error.message}`,
  );
  return { end, calls, turns };
};

describe('a call whose intent is stored', () => {
  it('does not leave where another machine has followed in the lock of a folder meanwhile', async () => {
    const folder = temporaryFolder();
    const store = createLocalStore(folder, machine('build-1'));
    await store.lock({ command: 'apply', since: START });
    const record = { append: async () => undefined, blockSize: store.blockSize, confirm: store.confirm };
    expect(await sendAfter(record, async () => undefined)).toEqual({ end: 'done', calls: 1, turns: 1 });

    const elsewhere = createLocalStore(folder, machine('build-2'));
    const released = sendAfter(record, () => elsewhere.releaseFound(1));
    expect(await released).toEqual({
      end: `JOURNAL_WRITE: The record cannot be written: ${folder}: the lock is not this run’s any more: somebody has released it.`,
      calls: 0,
      turns: 1,
    });
    await elsewhere.lock({ command: 'apply', since: START });
    expect((await sendAfter(record, async () => undefined)).end).toContain(
      `"apply" holds the lock of this environment since ${START}: process 7 on build-2.`,
    );
  });

  it('is stored anew on a server once its time is over, so that it does not leave where the lock was lost', async () => {
    const stored: JournalEvent[] = [];
    let isLost = false;
    const record = {
      blockSize: 50,
      confirm: async () => undefined,
      append: async (...events: readonly JournalEvent[]) => {
        if (isLost) throw new Error('the lock is lost');
        stored.push(...events);
      },
    };
    expect(await sendAfter(record, async ({ advance }) => advance(19_999))).toEqual({ end: 'done', calls: 1, turns: 1 });
    expect(stored).toEqual([{ ...intentAt(START), until: '2026-11-24T02:00:20.000Z' }]);

    expect(await sendAfter(record, async ({ advance }) => advance(20_000))).toEqual({ end: 'done', calls: 1, turns: 2 });
    expect(stored.at(-1)).toEqual({ ...intentAt('2026-11-24T02:00:20.000Z'), until: '2026-11-24T02:00:40.000Z' });

    const late = await sendAfter(record, async ({ advance }) => {
      advance(20_000);
      isLost = true;
    });
    expect(late).toEqual({ end: 'undefined: the lock is lost', calls: 0, turns: 1 });
  });
});
