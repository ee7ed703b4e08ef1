/**
 * Intents in blocks: where a write of the record is a whole version of it, one holds the intents of many steps, and the
 * outcomes that have come since the block before (DESIGN 6). A block is stored before any of its calls is sent; what a run
 * that vanishes leaves behind are open intents, some of them of calls that never left, and the next run looks all of them up.
 */
import { EngineError } from '../core/diagnostic.ts';
import type { Intent } from '../core/fold.ts';
import type { JournalEvent } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { Journal } from './journal.ts';
import type { RecordStore } from './state.ts';

/** A call may leave for this long after its intent was stored; `until` says so to who looks it up. */
const AHEAD_MS = 20_000;

export type Blocks = {
  /**
   * An intent resolves when it is stored, alone or in a block; anything else when it is taken along with the next block.
   *
   * @throws EngineError JOURNAL_WRITE
   */
  readonly append: Journal['append'];
  /**
   * Whether a call whose intent is stored may leave at this moment. A run may have been stopped since for so long that its lock was
   * released and another run has looked up what it left open: where the record can be asked for the lock it is asked, elsewhere an
   * intent holds for some seconds only. False: it was stored anew, and the call has lost its place in the pace.
   *
   * @throws EngineError JOURNAL_WRITE where the lock is not this run's any more
   */
  readonly mayLeave: (step: string) => Promise<boolean>;
  /** Who can tell which intents come next, the most urgent first; asked when a block is made. */
  readonly foresee: (next: (most: number, isAhead: (step: string) => boolean) => readonly Intent[]) => void;
  /** The run's last event: stored, or given back with all that is still to be stored before it. */
  readonly end: (event: JournalEvent) => Promise<readonly JournalEvent[]>;
};

/** @param record `blockSize`: intents of one block; 1: every event is stored when it is appended */
export const createBlocks = (
  { append, blockSize, confirm }: Pick<RecordStore, 'append' | 'blockSize' | 'confirm'>,
  clock: Pick<Clock, 'wallMs'>,
): Blocks => {
  if (blockSize === 1)
    return {
      append,
      mayLeave: async () => {
        await confirm();
        return true;
      },
      foresee: () => undefined,
      end: async (event) => {
        await append(event);
        return [];
      },
    };
  let next: Parameters<Blocks['foresee']>[0] = () => [];
  let waiting: JournalEvent[] = [];
  type Written = { readonly intent: Intent; readonly untilMs: number; readonly stored: Promise<void> };
  /** Stored, or on the way, and not begun: by step. */
  const ahead = new Map<string, Written>();
  /** Begun; how long the last intent of each holds. */
  const begun = new Map<string, Written>();

  const begin = (intent: Intent): Promise<void> => {
    const there = ahead.get(intent.step);
    ahead.delete(intent.step);
    if (there && clock.wallMs() < there.untilMs) {
      begun.set(intent.step, there);
      return there.stored;
    }
    const untilMs = clock.wallMs() + AHEAD_MS;
    const others = next(blockSize - 1, (step) => step === intent.step || ahead.has(step));
    const until = new Date(untilMs).toISOString();
    const taken = waiting;
    waiting = [];
    const stored = append(...taken, ...[intent, ...others].map((one) => ({ ...one, until })));
    for (const one of others) ahead.set(one.step, { intent: one, untilMs, stored });
    begun.set(intent.step, { intent, untilMs, stored });
    return stored;
  };

  return {
    append: async (...events) => {
      const [first, ...more] = events;
      if (first?.type === 'intent' && more.length === 0) return begin(first);
      waiting.push(...events);
    },
    mayLeave: async (step) => {
      const last = begun.get(step);
      if (last === undefined) throw new EngineError('INTERNAL', `"${step}" has no intent`);
      if (clock.wallMs() < last.untilMs) return true;
      await begin({ ...last.intent, at: new Date(clock.wallMs()).toISOString() });
      return false;
    },
    foresee: (asked) => {
      next = asked;
    },
    end: async (event) => [...waiting, ...[...ahead.values()].map(({ intent }) => unsent(intent, clock)), event],
  };
};

/** Written ahead and never begun. */
const unsent = ({ run, step }: Intent, clock: Pick<Clock, 'wallMs'>): JournalEvent => ({
  type: 'outcome',
  run,
  step,
  outcome: 'not-sent',
  code: null,
  requestId: null,
  at: new Date(clock.wallMs()).toISOString(),
});
