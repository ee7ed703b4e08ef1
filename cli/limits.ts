/** Where an apply is to stop by itself, as the command line says it. */
import type { RunLimits } from './engine.ts';

export type LimitOptions = {
  readonly maxCalls?: number;
  readonly stopAt?: string;
  readonly failFast?: boolean;
};

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DAY_MINUTES = 24 * 60;

/**
 * The moment that a text means, in milliseconds of the wall clock: `06:30` is the next time that the zone's clocks show it; an
 * ISO 8601 time with its offset is itself. Null for anything else.
 */
export const stopAtOf = (text: string, timeZone: string, nowMs: number): number | null => {
  const [, hours, minutes] = TIME.exec(text) ?? [];
  if (hours === undefined || minutes === undefined)
    return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))
      ? Date.parse(text)
      : null;
  const shown = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    nowMs,
  );
  const [hour = 0, minute = 0, second = 0] = shown.split(':').map(Number);
  const ahead = (Number(hours) * 60 + Number(minutes) - hour * 60 - minute + DAY_MINUTES) % DAY_MINUTES;
  const atMs = nowMs + ahead * 60_000 - second * 1000 - (nowMs % 1000);
  return atMs > nowMs ? atMs : atMs + DAY_MINUTES * 60_000;
};

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `30s`, `10m`, `2h` in milliseconds; null for anything else. */
export const durationOf = (text: string): number | null => {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
};

/** The limits; null where `--stop-at` is no time. */
export const limitsOf = ({ maxCalls, stopAt, failFast }: LimitOptions, timeZone: string, nowMs: number): RunLimits | null => {
  const stopAtMs = stopAt === undefined ? undefined : stopAtOf(stopAt, timeZone, nowMs);
  if (stopAtMs === null) return null;
  return {
    ...(maxCalls === undefined ? {} : { maxCalls }),
    ...(stopAtMs === undefined ? {} : { stopAtMs }),
    ...(failFast ? { failFast } : {}),
  };
};
