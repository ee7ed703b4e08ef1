/**
 * Intents in blocks: where a write of the record is a whole version of it, one holds the intents of many steps, and the
 * outcomes that have come since the block before (DESIGN 6). A block is stored before any of its calls is sent; what a run
 * that vanishes leaves behind are open intents, some of them of calls that never left, and the next run looks all of them up.
 */
import type { Intent } from '../core/fold.ts';
import type { JournalEvent } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { Journal } from './journal.ts';

/** An intent that was written ahead may be begun for this long; `until` says so to who looks it up. */
const AHEAD_MS = 20_000;

export type Blocks = {
  /**
   * An intent resolves when it is stored, alone or in a block; anything else when it is taken along with the next block.
   *
   * @throws EngineError JOURNAL_WRITE
   */
  readonly append: Journal['append'];
  /** Who can tell which intents come next, the most urgent first; asked when a block is made. */
  readonly foresee: (next: (most: number, isAhead: (step: string) => boolean) => readonly Intent[]) => void;
  /** The run's last event: stored, or given back with all that is still to be stored before it. */
  readonly end: (event: JournalEvent) => Promise<readonly JournalEvent[]>;
};

/** @param size intents of one block; 1: every event is stored when it is appended */
export const createBlocks = (append: Journal['append'], size: number, clock: Pick<Clock, 'wallMs'>): Blocks => {
  if (size === 1)
    return {
      append,
      foresee: () => undefined,
      end: async (event) => {
        await append(event);
        return [];
      },
    };
  let next: Parameters<Blocks['foresee']>[0] = () => [];
  let waiting: JournalEvent[] = [];
  /** Stored, or on the way: by step. */
  const ahead = new Map<string, { readonly intent: Intent; readonly untilMs: number; readonly stored: Promise<void> }>();

  const begin = (intent: Intent): Promise<void> => {
    const there = ahead.get(intent.step);
    ahead.delete(intent.step);
    if (there && clock.wallMs() < there.untilMs) return there.stored;
    const untilMs = clock.wallMs() + AHEAD_MS;
    const others = next(size - 1, (step) => step === intent.step || ahead.has(step));
    const until = new Date(untilMs).toISOString();
    const taken = waiting;
    waiting = [];
    const stored = append(...taken, intent, ...others.map((one) => ({ ...one, until })));
    for (const one of others) ahead.set(one.step, { intent: one, untilMs, stored });
    return stored;
  };

  return {
    append: async (...events) => {
      const [first, ...more] = events;
      if (first?.type === 'intent' && more.length === 0) return begin(first);
      waiting.push(...events);
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
