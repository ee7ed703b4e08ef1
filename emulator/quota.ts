/** How often a tenant may be called (BEHAVIOUR 2.1), and who broke it. */
import type { Level } from '../engine/operations/index.ts';

/** What some levels may spend together; null: unlimited. */
export type Quota = {
  readonly levels: readonly Level[];
  /** Calls in any half-open window of 1,000 ms, by arrival. */
  readonly perSecond: number | null;
  /** Calls a day; days change at midnight in +08:00. */
  readonly perDay: number | null;
};
/** Calls of one day under a quota; `day` as `yyyy-MM-dd` in +08:00. */
export type Usage = { readonly [quota: string]: { readonly day: string; readonly count: number } };
export type Breach = {
  readonly kind: 'rate' | 'day';
  readonly quota: string;
  /** Calls in the window or the day, the refused one included. */
  readonly count: number;
  readonly limit: number;
};

const together = (perDay: number): readonly Quota[] => [{ levels: [1, 2, 3], perSecond: 5, perDay }];
const apart = (perDayLow: number | null): readonly Quota[] => [
  { levels: [1], perSecond: 50, perDay: null },
  { levels: [2], perSecond: 20, perDay: null },
  { levels: [3], perSecond: 5, perDay: 10_000 },
  ...(perDayLow === null ? [] : [{ levels: [1, 2] as const, perSecond: null, perDay: perDayLow }]),
];

export const QUOTA_EDITIONS = {
  personal: together(100),
  agile: together(1000),
  database: together(1000),
  bigdata: together(1000),
  basic: apart(50_000),
  intelligent: apart(null),
} as const satisfies { readonly [edition: string]: readonly Quota[] };

/** A quota's name in logs, violations and usage: `L3`, `L1+L2`. */
export const quotaName = (quota: Quota): string => quota.levels.map((level) => `L${level}`).join('+');

const WINDOW_MS = 1000;
const DAY_MS = 86_400_000;
const EAST_8_MS = 8 * 3_600_000;

/** The day's number in +08:00. */
const dayOf = (ms: number): number => Math.floor((ms + EAST_8_MS) / DAY_MS);
const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

type Meter = { readonly quota: Quota; readonly name: string; arrivals: number[]; day: number; count: number };

export type Meters = {
  /** Counts an arrival, or says which quota it breaks; a refused one counts only with `refusedCount`. */
  readonly arrive: (level: Level, ms: number, options: { readonly refusedCount: boolean }) => Breach | null;
  readonly namesOf: (level: Level) => readonly string[];
  readonly usage: () => Usage;
};

/** Meters for these quotas, with what was used already. */
export const createMeters = (quotas: readonly Quota[], used: Usage): Meters => {
  const meters = quotas.map((quota): Meter => {
    const name = quotaName(quota);
    const before = used[name];
    return {
      quota,
      name,
      arrivals: [],
      day: before ? Math.round(Date.parse(`${before.day}T00:00:00Z`) / DAY_MS) : 0,
      count: before?.count ?? 0,
    };
  });
  const byLevel = ([1, 2, 3] as const).map((level) => meters.filter((meter) => meter.quota.levels.includes(level)));
  const names = byLevel.map((some) => some.map((meter) => meter.name));
  return {
    arrive: (level, ms, { refusedCount }) => {
      const those = byLevel[level - 1] ?? [];
      let breach: Breach | null = null;
      for (const meter of those) breach ??= breachOf(meter, ms);
      if (breach === null || refusedCount) for (const meter of those) count(meter, ms);
      return breach;
    },
    namesOf: (level) => names[level - 1] ?? [],
    usage: () =>
      Object.fromEntries(
        meters.filter((meter) => meter.count > 0).map((meter) => [meter.name, { day: dayText(meter.day), count: meter.count }]),
      ),
  };
};

const breachOf = (meter: Meter, ms: number): Breach | null => {
  const { perSecond, perDay } = meter.quota;
  if (perSecond !== null) {
    const inWindow = countAfter(meter.arrivals, ms - WINDOW_MS);
    if (inWindow >= perSecond) return { kind: 'rate', quota: meter.name, count: inWindow + 1, limit: perSecond };
  }
  const today = meter.day === dayOf(ms) ? meter.count : 0;
  if (perDay !== null && today >= perDay) return { kind: 'day', quota: meter.name, count: today + 1, limit: perDay };
  return null;
};

/** How many arrivals are later than a moment: exactly 1,000 ms apart are two windows. */
const countAfter = (arrivals: readonly number[], ms: number): number => {
  let count = 0;
  for (let at = arrivals.length - 1; at >= 0 && (arrivals[at] as number) > ms; at--) count++;
  return count;
};

const count = (meter: Meter, ms: number): void => {
  if (meter.quota.perSecond !== null) {
    // Two connections can hand over their calls in another order than they arrived.
    let at = meter.arrivals.length;
    while (at > 0 && (meter.arrivals[at - 1] as number) > ms) at--;
    meter.arrivals.splice(at, 0, ms);
    if (meter.arrivals.length > 4 * meter.quota.perSecond + 64)
      meter.arrivals = meter.arrivals.filter((arrival) => arrival > ms - 2 * WINDOW_MS);
  }
  const day = dayOf(ms);
  if (day !== meter.day) {
    meter.day = day;
    meter.count = 0;
  }
  meter.count++;
};
