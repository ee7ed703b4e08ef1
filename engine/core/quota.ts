/** What the service allows over levels, and what that means for time: spacing of calls, seconds, days (DESIGN 7). */
import type { Level } from '../operations/index.ts';
import type { Step } from './model.ts';
import type { Edition, Quota } from './workspace.ts';

export type LevelCounts = Readonly<Record<'1' | '2' | '3', number>>;

/** The jitter on the way that is allowed for, in milliseconds (DESIGN 7). */
export const GUARD_MS = 50;

/** How long a call is taken to be on its way, in milliseconds; an assumption (RELIABILITY 6.2). */
export const ASSUMED_CALL_MS = 100;
/** Calls of one level that may be under way at a time: at 50 calls a second, calls of up to 0.6 s still keep the quota full. */
export const CONCURRENCY = 32;

/** A quota that only counts the day: levels 1 and 2 of basic share 50,000 calls and have a rate each. */
const NO_RATE = Number.POSITIVE_INFINITY;

const together = (perSecond: number, perDay: number): readonly Quota[] => [{ levels: [1, 2, 3], perSecond, perDay }];

/** BEHAVIOUR 2.1. */
const QUOTAS: Readonly<Record<Edition, readonly Quota[]>> = {
  personal: together(5, 100),
  agile: together(5, 1_000),
  database: together(5, 1_000),
  bigdata: together(5, 1_000),
  basic: [
    { levels: [1], perSecond: 50, perDay: null },
    { levels: [2], perSecond: 20, perDay: null },
    { levels: [1, 2], perSecond: NO_RATE, perDay: 50_000 },
    { levels: [3], perSecond: 5, perDay: 10_000 },
  ],
  intelligent: [
    { levels: [1], perSecond: 50, perDay: null },
    { levels: [2], perSecond: 20, perDay: null },
    { levels: [3], perSecond: 5, perDay: 10_000 },
  ],
};

/**
 * The quotas that hold (BEHAVIOUR 2.1, DESIGN 7).
 *
 * @param edition   null: unknown, so the smallest
 * @param overrides `budget.quotas`; they take the edition's place altogether
 */
export const quotasOf = (edition: Edition | null, overrides: readonly Quota[] | null): readonly Quota[] =>
  overrides ?? QUOTAS[edition ?? 'personal'];

/** `levels 1 and 2`, to name a quota. */
export const quotaName = (quota: Quota): string =>
  quota.levels.length === 1
    ? `level ${quota.levels[0]}`
    : `levels ${quota.levels.slice(0, -1).join(', ')} and ${quota.levels.at(-1)}`;

export const holds = (quota: Quota, level: Level): boolean => quota.levels.includes(level);

/**
 * The earliest moment at which the next call under one quota may be sent.
 *
 * Calls are spaced: a bucket that starts full lets nearly twice the quota through in its first second, and spacing by
 * exactly 1000 / perSecond breaches as soon as calls arrive up to guardMs later than they were sent.
 *
 * @param lastMs    when the previous call was sent, in milliseconds on a monotonic clock
 * @param perSecond calls that the service accepts in any second
 * @param guardMs   the jitter on the way that may be expected, in milliseconds
 * @param nowMs     the same clock, now; passed in because core reads no clock
 */
export const nextSlot = (lastMs: number, perSecond: number, guardMs: number, nowMs: number): number =>
  Math.max(nowMs, lastMs + (1000 + guardMs) / perSecond);

/** Calls of one quota: those of the levels that it holds. */
export const callsUnder = (quota: Quota, counts: LevelCounts): number =>
  quota.levels.reduce((sum, level) => sum + counts[level], 0);

/** Seconds that the slowest quota needs for the calls, each a guarded spacing after the one before. */
export const secondsOf = (counts: LevelCounts, quotas: readonly Quota[], share = 1): number =>
  quotas.reduce(
    (most, quota) => Math.max(most, (callsUnder(quota, counts) * (1000 + GUARD_MS)) / (quota.perSecond * share) / 1000),
    0,
  );

/**
 * Calls of the day that a quota keeps back. `budget.reserve` is a share of the quota that holds the level; where a quota
 * holds several levels, the largest share counts.
 */
export const reserveOf = (quota: Quota, reserve: Readonly<Record<'level1' | 'level2' | 'level3', number>>): number =>
  quota.perDay === null ? 0 : Math.floor(quota.perDay * Math.max(0, ...quota.levels.map((level) => reserve[`level${level}`])));

/** Formatters are dear to make; one per zone is kept. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const formatter = (timezone: string): Intl.DateTimeFormat => {
  const kept = formatters.get(timezone);
  if (kept) return kept;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(timezone, made);
  return made;
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Zones whose clock has stood at one distance from UTC for longer than this service exists (China: without summer time since
 * 1991, tz database). They need no Intl, whose first use costs a start 20 ms.
 */
const FIXED_OFFSETS_MS: ReadonlyMap<string, number> = new Map([
  ['Asia/Shanghai', 8 * HOUR_MS],
  ['UTC', 0],
]);

/** True for a zone that is known without asking Intl. */
export const isFixedZone = (timezone: string): boolean => FIXED_OFFSETS_MS.has(timezone);

/** What a clock in the zone reads at an instant: the day, and the milliseconds since its midnight. */
export const readingIn = (wallMs: number, timezone: string): { readonly day: string; readonly ofDayMs: number } => {
  const offsetMs = FIXED_OFFSETS_MS.get(timezone);
  if (offsetMs !== undefined) {
    const localMs = wallMs + offsetMs;
    return { day: new Date(localMs).toISOString().slice(0, 10), ofDayMs: ((localMs % DAY_MS) + DAY_MS) % DAY_MS };
  }
  const parts = Object.fromEntries(
    formatter(timezone)
      .formatToParts(wallMs)
      .map((part) => [part.type, part.value]),
  );
  const seconds = Number(parts.hour) * 3_600 + Number(parts.minute) * 60 + Number(parts.second);
  return {
    day: `${parts.year?.padStart(4, '0')}-${parts.month}-${parts.day}`,
    ofDayMs: seconds * 1000 + (((wallMs % 1000) + 1000) % 1000),
  };
};

/**
 * The day of an instant, `2026-11-24`.
 *
 * @param wallMs   milliseconds since the epoch
 * @param timezone an IANA name; an unknown one throws RangeError
 */
export const dayOf = (wallMs: number, timezone: string): string => readingIn(wallMs, timezone).day;

/** The instant at which the next day begins in the zone; the day's length is looked up, not assumed (summer time). */
export const nextDayMs = (wallMs: number, timezone: string): number => {
  const { day, ofDayMs } = readingIn(wallMs, timezone);
  // A day lasts 23 to 25 hours, so the guess is off by at most an hour, to either side of midnight.
  const guess = wallMs - ofDayMs + DAY_MS;
  const at = readingIn(guess, timezone);
  return at.day === day ? guess + (DAY_MS - at.ofDayMs) : guess - at.ofDayMs;
};

/** Steps that may use what `budget.reserve` keeps of a day: whoever is to lose access loses it today (DESIGN 7). */
export const mayUseReserve = ({ phase }: Pick<Step, 'phase'>): boolean => phase === 'revoke';
