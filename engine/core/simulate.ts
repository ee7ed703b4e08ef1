/**
 * An apply played through without a call: when each step would leave and end, how many days it takes, what every day sends
 * (DESIGN 5, 7). It has the executor's rules in small: lanes of levels, in each one step at a time chosen and spaced by every quota
 * that holds its level, the first write alone, the day counted before a call leaves, a look before the first write of each
 * later day. Nothing is refused in it and nothing is lost.
 */

import { type Level, type OperationName, operationFacts } from '../operations/index.ts';
import { callsOf } from './calls.ts';
import { sure } from './diagnostic.ts';
import { byBest, createFrontier, type Frontier, takeBest } from './frontier.ts';
import type { Calls, Step } from './model.ts';
import { ASSUMED_CALL_MS, CONCURRENCY, dayOf, GUARD_MS, holds, mayUseReserve, nextDayMs, nextSlot, reserveOf } from './quota.ts';
import { lanesUnder, scheduleOf, weightUnder } from './schedule.ts';
import type { BudgetConfig, Quota } from './workspace.ts';

export type SimulateInput = {
  readonly steps: readonly Step[];
  readonly quotas: readonly Quota[];
  /** `budget.share`: the part of every rate that the apply may use. */
  readonly share?: number;
  /** `budget.reserve`: shares of the day that only revocations may use. */
  readonly reserve: BudgetConfig['reserve'];
  /** Calls of the day so far, one number per quota. */
  readonly usedToday: readonly number[];
  /** When it begins, in milliseconds since the epoch. */
  readonly startMs: number;
  /** The zone in which the quota's day begins. */
  readonly timezone: string;
  readonly callMs?: number;
  /** Steps that earlier runs have done. */
  readonly done?: ReadonlySet<string>;
  /** Reads before the first write of the first day; none unless told. */
  readonly firstLook?: readonly OperationName[];
  /** Reads before the first write of a later day, from the steps that are done by then. */
  readonly look: (done: ReadonlySet<string>) => readonly OperationName[];
};

export type SimulatedDay = {
  /** `2026-11-24`, in the zone. */
  readonly day: string;
  readonly startMs: number;
  /** When its last call has ended. */
  readonly endMs: number;
  readonly toApply: Calls;
  readonly check: Calls;
};

export type Simulated = {
  /** From the first day to the last one; empty where there is nothing to send. A first day without calls is one of them. */
  readonly days: readonly SimulatedDay[];
  /** False: a day's calls are spent before its first step, on every day to come. */
  readonly isEnough: boolean;
  /** When the last call has ended, in milliseconds since the epoch. */
  readonly endMs: number;
  /** When each step has ended, the first first; milliseconds since the epoch. */
  readonly endsMs: readonly number[];
};

/**
 * Plays the steps through.
 *
 * @throws EngineError INTERNAL for steps that do not fit together, RangeError for an unknown zone
 */
export const simulate = (input: SimulateInput): Simulated => {
  const { steps, startMs, timezone, look } = input;
  const schedule = scheduleOf(steps, weightUnder(input.quotas, input.share));
  const done = new Set(input.done);
  const meters = createMeters(input);
  const days: SimulatedDay[] = [];
  const endsMs: number[] = [];
  for (let atMs = startMs, isFirst = true; ; isFirst = false) {
    const rest = steps.filter((step) => !done.has(step.id));
    if (rest.length === 0) return { days, isEnough: true, endMs: days.at(-1)?.endMs ?? startMs, endsMs };
    const reads = isFirst ? (input.firstLook ?? []) : look(done);
    const looked = meters.look(reads, atMs);
    if (looked === null && !isFirst) return { days, isEnough: false, endMs: atMs, endsMs };
    const frontier = createFrontier(rest, schedule);
    for (const step of steps) if (done.has(step.id)) frontier.end(step, 'done');
    const run =
      looked === null
        ? { ended: [], endMs: atMs }
        : runDay(frontier, meters, lanesUnder(input.quotas), looked, input.callMs ?? ASSUMED_CALL_MS);
    // A day that was half spent when the apply began may send nothing; a whole one that sends nothing is like all to come.
    if (run.ended.length === 0 && !isFirst) return { days, isEnough: false, endMs: atMs, endsMs };
    for (const { step, atMs: endedMs } of run.ended) {
      done.add(step.id);
      endsMs.push(endedMs);
    }
    days.push({
      day: dayOf(atMs, timezone),
      startMs: atMs,
      endMs: run.endMs,
      toApply: callsOf(run.ended.map(({ step }) => step.operation)),
      check: callsOf(looked === null ? [] : reads),
    });
    atMs = nextDayMs(Math.max(atMs, run.endMs), timezone);
  }
};

type Meters = ReturnType<typeof createMeters>;

/** What the pacer and the count of the day know, per quota. */
const createMeters = (input: SimulateInput) => {
  const { quotas, share = 1, reserve, usedToday, startMs, timezone, callMs = ASSUMED_CALL_MS } = input;
  const meters = quotas.map((quota, index) => ({
    quota,
    lastMs: Number.NEGATIVE_INFINITY,
    used: usedToday[index] ?? 0,
    kept: reserveOf(quota, reserve),
  }));
  const of: Readonly<Record<Level, typeof meters>> = { 1: held(meters, 1), 2: held(meters, 2), 3: held(meters, 3) };
  let dayEndsMs = nextDayMs(startMs, timezone);

  /** Counts a call of the day; false where none is left for it. */
  const take = (level: Level, nowMs: number, isFromReserve: boolean): boolean => {
    if (nowMs >= dayEndsMs) {
      dayEndsMs = nextDayMs(nowMs, timezone);
      for (const meter of meters) meter.used = 0;
    }
    const isSpent = of[level].some(
      ({ quota, used, kept }) => quota.perDay !== null && used >= quota.perDay - (isFromReserve ? 0 : kept),
    );
    if (!isSpent) for (const meter of of[level]) meter.used++;
    return !isSpent;
  };
  const slot = (level: Level, nowMs: number): number =>
    of[level].reduce(
      (latest, { quota, lastMs }) => Math.max(latest, nextSlot(lastMs, quota.perSecond * share, GUARD_MS, nowMs)),
      nowMs,
    );
  const sent = (level: Level, atMs: number): void => {
    for (const meter of of[level]) meter.lastMs = atMs;
  };
  /** When the reads have been answered, one after the other on each level; null where the day has not so many. */
  const look = (reads: readonly OperationName[], fromMs: number): number | null => {
    let endMs = fromMs;
    for (const operation of reads) {
      const { level } = operationFacts(operation);
      if (!take(level, fromMs, false)) return null;
      const atMs = slot(level, fromMs);
      sent(level, atMs);
      endMs = Math.max(endMs, atMs + callMs);
    }
    return endMs;
  };
  return { take, slot, sent, look };
};

const held = <M extends { readonly quota: Quota }>(meters: readonly M[], level: Level): M[] =>
  meters.filter(({ quota }) => holds(quota, level));

type Ended = { readonly step: Step; readonly atMs: number };
type Lane = { readonly open: Set<Level>; chosen: Step | null; underWay: number };
type Event = { readonly atMs: number; readonly lane: Lane; readonly ends: Step | null };

/** From the first call until nothing may leave any more: all is done, or the day is spent. */
const runDay = (
  frontier: Frontier,
  { take, slot, sent }: Meters,
  levels: ReturnType<typeof lanesUnder>,
  fromMs: number,
  callMs: number,
): { readonly ended: readonly Ended[]; readonly endMs: number } => {
  const lanes = levels.map((lane): Lane => ({ open: new Set(lane), chosen: null, underWay: 0 }));
  const events = createAgenda();
  const ended: Ended[] = [];
  let pilot: Step | null = null;
  let isWriteProven = false;
  let nowMs = fromMs;
  const mayGo = (step: Step): boolean => isWriteProven || pilot === null || !isWrite(step);

  const choose = (lane: Lane): void => {
    while (lane.chosen === null && lane.underWay < CONCURRENCY) {
      const step = takeBest(frontier, lane.open, mayGo);
      if (step === null) return;
      if (!take(step.level, nowMs, mayUseReserve(step))) {
        frontier.end(step, 'not-done');
        lane.open.delete(step.level);
        continue;
      }
      if (!isWriteProven && isWrite(step)) pilot = step;
      lane.chosen = step;
      events.add({ atMs: slot(step.level, nowMs), lane, ends: null });
    }
  };
  /** The lane's turn: it leaves, or somebody else has taken the quota's place meanwhile. */
  const leave = (lane: Lane, step: Step): void => {
    const slotMs = slot(step.level, nowMs);
    if (slotMs > nowMs) {
      events.add({ atMs: slotMs, lane, ends: null });
      return;
    }
    sent(step.level, nowMs);
    events.add({ atMs: nowMs + callMs, lane, ends: step });
    lane.chosen = null;
    lane.underWay++;
  };

  const chooseAll = (): void => {
    for (const lane of isWriteProven ? lanes : byBest(frontier, lanes)) choose(lane);
  };
  chooseAll();
  for (let event = events.next(); event !== null; event = events.next()) {
    nowMs = event.atMs;
    if (event.ends === null) {
      if (event.lane.chosen) leave(event.lane, event.lane.chosen);
    } else {
      event.lane.underWay--;
      ended.push({ step: event.ends, atMs: nowMs });
      frontier.end(event.ends, 'done');
      if (pilot === event.ends) {
        pilot = null;
        isWriteProven = true;
      }
    }
    chooseAll();
  }
  return { ended, endMs: nowMs };
};

const isWrite = (step: Step): boolean => operationFacts(step.operation).kind === 'write';

/** Events in the order of their time; those of one moment in the order in which they came. At most some hundred at a time. */
const createAgenda = () => {
  const events: Event[] = [];
  return {
    add: (event: Event): void => {
      let index = events.length;
      while (index > 0 && sure(events[index - 1], 'event before').atMs <= event.atMs) index--;
      events.splice(index, 0, event);
    },
    /** The list runs backwards: the next one is its last. */
    next: (): Event | null => events.pop() ?? null,
  };
};
