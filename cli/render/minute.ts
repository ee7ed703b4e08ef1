/** Moments as people in the workspace's zone read them. */

/** `2026-11-20 14:02`. @param at ISO 8601 */
export const minuteText = (at: string, timezone: string): string =>
  new Date(at).toLocaleString('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
