/** Fields that several kinds of a world have. */
import { idText, number, optional, text } from '../world-reader.ts';

/** The time of objects that say none: 2025-01-01T00:00:00Z, in milliseconds. */
export const LONG_AGO = 1_735_689_600_000;

export const times = { GmtCreate: optional(number, LONG_AGO), GmtModified: optional(number, LONG_AGO) };
export const empty = optional(text, '');
/** Left out or empty: the world gives one. */
export const newId = optional(idText, '');
