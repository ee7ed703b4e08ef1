/** Calls are spaced so that no quota is exceeded; refusals for the rate slow down, refusals for the day stop (DESIGN 7). */
import { EngineError } from '../core/diagnostic.ts';
import type { Clock } from '../core/ports.ts';
import { holds, nextSlot, quotaName } from '../core/quota.ts';
import type { Quota } from '../core/workspace.ts';
import type { Level } from '../operations/index.ts';
import { type LedgerPort, memoryStore, openLedger, type Place } from './ledger.ts';

/** A call that may use the reserve of the day: revocations do (DESIGN 7). */
export type PassOptions = { readonly useReserve?: boolean };

export type Pacer = {
  /**
   * Resolves when a call of the level may be sent, and takes its place.
   *
   * @throws EngineError DAY_SPENT when the day has no call left; the signal's reason when it is aborted
   */
  readonly pass: (level: Level, signal?: AbortSignal, options?: PassOptions) => Promise<void>;
  /**
   * Tells that the service refused a call for the rate or the day.
   *
   * @param retryAfterMs the service's hint; null: none
   * @returns how long calls of the level now wait; `isSpent`: it was refused so often that the day must be spent
   */
  readonly throttled: (level: Level, retryAfterMs: number | null) => { readonly waitMs: number; readonly isSpent: boolean };
  /** Tells that a call has had no answer that says anything of rate or day: where it went alone, the next one asks again. */
  readonly unanswered: (level: Level) => void;
  /** Why no call of the level is sent any more: the service has refused the day; null: it has not. */
  readonly over: (level: Level) => EngineError | null;
  /** Tells that the service took a call: the next refusal is the first again, and the pace recovers. */
  readonly accepted: (level: Level) => void;
  /** How long to wait until the day is tried again, in milliseconds, where the service has refused it; null: until the next day. */
  readonly retryMs: () => number | null;
  readonly quotas: readonly Quota[];
  readonly share: number;
};

export type PacerOptions = {
  readonly quotas: readonly Quota[];
  /** `budget.share`: the part of every rate that this run may use, above 0 to 1. */
  readonly share: number;
  readonly clock: Clock;
  /** A number from 0 to below 1, for jitter. */
  readonly random: () => number;
  /** Where calls are counted and spaced; absent: for this pacer alone, and no day is counted. */
  readonly ledger?: Pick<LedgerPort, 'take' | 'giveBack' | 'tell' | 'toleranceMs' | 'guardMs'>;
};

/** A hint beyond this is cut: the service may say minutes where a second is meant. */
const HINT_CAP_MS = 60_000;
const FIRST_WAIT_MS = 1_000;
const WAIT_CAP_MS = 30_000;
/** Refusals without a hint in a row that mean: this is the day, not the second (BEHAVIOUR Q26). 1 + 2 + 4 + 8 s lie between. */
const DAY_REFUSALS = 5;
const SLOWEST = 8;
/** How long the answer to a call that goes alone is waited for; a call takes at most a minute (shell/client.ts). */
const PROBE_MS = 70_000;
/** How often a day is tried again that the service has refused while calls were left by our count: zones differ by half hours. */
const RETRY_MS = 1_800_000;

/** `lastMs`: the place of the last call that left, on the monotonic clock: the ledger counts on a wall clock that somebody may set. */
type Lane = { readonly quota: Quota; notBeforeMs: number; lastMs: number; slowdown: number; refusals: number; isSpent: boolean };

/** One limiter for all quotas: a call takes its place in the ledger, those of one level in the order of asking, and waits for it. */
export const createPacer = ({ quotas, share, clock, random, ledger = ownLedger(quotas, clock) }: PacerOptions): Pacer => {
  const lanes: readonly Lane[] = quotas.map((quota) => ({
    quota,
    notBeforeMs: Number.NEGATIVE_INFINITY,
    lastMs: Number.NEGATIVE_INFINITY,
    slowdown: 1,
    refusals: 0,
    isSpent: false,
  }));
  const lanesOf = (level: Level): readonly Lane[] => lanes.filter((lane) => holds(lane.quota, level));
  const rateOf = ({ quota, slowdown }: Lane): number => (quota.perSecond * share) / slowdown;

  // A call that goes alone because the day is in doubt: those of the same quotas wait for its answer.
  type Probe = { readonly level: Level; readonly ended: Promise<void>; readonly end: () => void };
  const probes = new Set<Probe>();
  const probeBeside = (level: Level): Probe | undefined =>
    [...probes].find((probe) => lanesOf(level).some((lane) => holds(lane.quota, probe.level)));
  const beginProbe = (level: Level): void => {
    const over = new AbortController();
    const answer = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }));
    // An outcome that is unknown tells nothing of the day; the next call asks again.
    const late = clock.sleep(PROBE_MS, over.signal).catch(() => undefined);
    const probe: Probe = { level, ended: Promise.race([answer, late]), end: () => over.abort() };
    probes.add(probe);
    void probe.ended.then(() => probes.delete(probe));
  };
  const over = (level: Level): EngineError | null => {
    const spent = lanesOf(level).find((lane) => lane.isSpent);
    if (!spent) return null;
    return new EngineError(
      'DAY_SPENT',
      `The service refuses further calls of ${quotaName(spent.quota)} today.`,
      'Others may have spent them, or its day begins at another time: see timezone in phinfra.yaml, and the clock of this machine. The same command asks again with one call.',
    );
  };
  /**
   * The answer to a call that went alone.
   *
   * @param isAccepted null: it says nothing of the day
   * @returns whether one was waited for
   */
  const answer = (level: Level, isAccepted: boolean | null): boolean => {
    const probe = probeBeside(level);
    if (!probe) return false;
    probes.delete(probe);
    // Told before those who wait ask for their places: the ledger takes one after the other.
    if (isAccepted !== null) void ledger.tell(level, isAccepted);
    probe.end();
    return true;
  };

  const acquire = async (level: Level, signal: AbortSignal | undefined, { useReserve = false }: PassOptions): Promise<void> => {
    const mine = lanesOf(level);
    const notBefore = (): number =>
      mine.reduce(
        (latest, lane) => nextSlot(lane.lastMs, rateOf(lane), ledger.guardMs, Math.max(latest, lane.notBeforeMs)),
        clock.nowMs(),
      );
    /** It changes when the wall clock is set or the machine sleeps: others then reckon with another moment than the place's. */
    const wallAhead = (): number => clock.wallMs() - clock.nowMs();
    let place: Place | null = null;
    try {
      for (;;) {
        signal?.throwIfAborted();
        await probeBeside(level)?.ended;
        const refused = over(level);
        if (refused) throw refused;
        const perSecond = lanes.map(rateOf);
        const aheadMs = wallAhead();
        const taken = await ledger.take({ level, perSecond, notBeforeMs: notBefore(), useReserve, instead: place });
        if ('spent' in taken) throw daySpent(taken.spent);
        place = taken;
        const waitMs = place.atMs - clock.nowMs();
        if (waitMs > 0) await nap(clock, waitMs, signal);
        // One that wakes late would leave beside those behind it; one that the service has refused meanwhile waits longer.
        const isLate = notBefore() - place.atMs > ledger.toleranceMs;
        if (isLate || Math.abs(wallAhead() - aheadMs) > ledger.toleranceMs || mine.some((lane) => lane.isSpent)) continue;
        // Another level may have asked the service meanwhile.
        if (place.slot.isProbe && probeBeside(level)) continue;
        if (place.slot.isProbe) beginProbe(level);
        for (const lane of mine) lane.lastMs = Math.max(lane.lastMs, place.atMs);
        return;
      }
    } catch (error) {
      if (place) await ledger.giveBack(place);
      throw error;
    }
  };

  // Calls of one level pass one by one, so that the first to ask is the first to go.
  const tails = new Map<Level, Promise<void>>();
  return {
    quotas,
    share,
    over,
    retryMs: () => (lanes.some((lane) => lane.isSpent) ? RETRY_MS : null),
    pass: (level, signal, options = {}) => {
      const turn = (tails.get(level) ?? Promise.resolve()).then(() => acquire(level, signal, options));
      tails.set(
        level,
        turn.catch(() => undefined),
      );
      return turn;
    },
    throttled: (level, retryAfterMs) => {
      const mine = lanesOf(level);
      const refusals = Math.max(0, ...mine.map((lane) => lane.refusals)) + 1;
      const waitMs =
        retryAfterMs === null
          ? // Full jitter on the upper half: several runs do not come back together.
            Math.min(WAIT_CAP_MS, FIRST_WAIT_MS * 2 ** (refusals - 1)) * (0.5 + random() / 2)
          : Math.min(HINT_CAP_MS, Math.max(0, retryAfterMs));
      // A hint is about the second.
      const isFirst = answer(level, retryAfterMs === null ? false : null) && retryAfterMs === null;
      const isSpent = isFirst || (retryAfterMs === null && refusals >= DAY_REFUSALS);
      if (isSpent && !isFirst) void ledger.tell(level, false);
      for (const lane of mine) {
        lane.refusals = retryAfterMs === null ? refusals : lane.refusals;
        lane.notBeforeMs = Math.max(lane.notBeforeMs, clock.nowMs() + waitMs);
        lane.slowdown = Math.min(SLOWEST, lane.slowdown * 1.5);
        lane.isSpent ||= isSpent;
      }
      return { waitMs, isSpent };
    },
    unanswered: (level) => {
      answer(level, null);
    },
    accepted: (level) => {
      answer(level, true);
      for (const lane of lanesOf(level)) {
        lane.refusals = 0;
        lane.slowdown = Math.max(1, lane.slowdown * 0.98);
      }
    },
  };
};

/** Of a pacer that shares with nobody. */
const ownLedger = (quotas: readonly Quota[], clock: Clock): LedgerPort =>
  openLedger({
    store: memoryStore(),
    holder: 'this run',
    by: 'this run',
    timezone: 'UTC',
    quotas: quotas.map((quota) => ({ ...quota, perDay: null })),
    reserve: { level1: 0, level2: 0, level3: 0 },
    review: 1,
    clock,
  });

const daySpent = (quota: Quota): EngineError =>
  new EngineError(
    'DAY_SPENT',
    `No call is left for ${quotaName(quota)} today${quota.perDay ? ` (${quota.perDay} a day)` : ''}.`,
    'Run the same command again when the day of the quota is over; it goes on where it stopped.',
  );

/** Sleeps on the clock; an abort ends the sleep with the signal's reason, whatever the clock does. */
export const nap = async (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> => {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
  signal?.throwIfAborted();
};
