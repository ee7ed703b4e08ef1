/** Ends of grants as the files write them and as the service takes and shows them (RESOURCES 3 and 4, BEHAVIOUR 3.9 to 3.11). */
import { textOf } from '../core/json.ts';

/** What stands for "no end": accepted as `3025-12-31 23:59:59` (BEHAVIOUR 3.11), as a day alone assumed. */
export const LONG_TERM_DAY = '3025-12-31';
/** Ends from this year on are none (assumed: nobody grants for a thousand years and means it). */
const LONG_TERM_YEAR = 3000;
const EAST_8_MS = 8 * 3_600_000;

/** The day that is sent where the service takes one: `2027-03-31`; without an end the long-term day. */
export const endDay = (until: string | null | undefined): string => until || LONG_TERM_DAY;

/** The second that is sent where the service wants `yyyy-MM-dd HH:mm:ss` (BEHAVIOUR 3.11, Q23): the last one of the day. */
export const endSecond = (until: string | null | undefined): string => `${endDay(until)} 23:59:59`;

/** The day that a text of the service means, `2027-03-31` or `2027-03-31 23:59:59`; null for no end, and for no text. */
export const untilOfText = (text: unknown): string | null => {
  const day = /^(\d{4})-\d{2}-\d{2}/.exec(textOf(text));
  return day === null || Number(day[1]) >= LONG_TERM_YEAR ? null : day[0];
};

/**
 * The day, in +08:00 (BEHAVIOUR 1.8), of a moment that the service gives in milliseconds as text or number; null for no
 * end, and for what is no moment.
 */
export const untilOfMs = (ms: unknown): string | null => {
  const text = textOf(ms);
  const at = /^\d{1,15}$/.test(text) ? new Date(Number(text) + EAST_8_MS) : null;
  return at === null || Number.isNaN(at.getTime()) || at.getUTCFullYear() >= LONG_TERM_YEAR
    ? null
    : at.toISOString().slice(0, 10);
};

/** An end that lies before the plan's day counts as absent (BEHAVIOUR Q24); the day itself still counts (RESOURCES 3). */
export const isOver = (until: string | null, day: string): boolean => until !== null && until < day;

/** The `until` of an element of a normal form: there is none for what does not end. */
export const withUntil = (until: string | null): { readonly until?: string } => (until === null ? {} : { until });

/** Whether the first end comes before the second: what was allowed longer is to be cut. */
export const endsSooner = (until: unknown, than: unknown): boolean => endDay(textOf(until)) < endDay(textOf(than));
