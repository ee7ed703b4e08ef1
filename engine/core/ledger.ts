/**
 * The calls of one tenant: how many of a day were made and by whom, when the last one of each level leaves, and what runs have
 * set aside (DESIGN 7). One value for all runs that share it; whoever changes it makes the next one.
 */

import type { Level } from '../operations/index.ts';
import { sure } from './diagnostic.ts';
import { isObject } from './json.ts';
import type { Json } from './ports.ts';
import { callsUnder, dayOf, holds, type LevelCounts, nextSlot, reserveOf } from './quota.ts';
import { elsewhere, type RecordCalls } from './record-calls.ts';
import type { BudgetConfig, Quota } from './workspace.ts';

export const LEDGER_FORMAT = 'phinfra.ledger/1';

/** What a run has set aside of a day; it shrinks with every call that the run makes. */
export type Reservation = {
  readonly by: string;
  readonly calls: LevelCounts;
  /** Milliseconds since the epoch: a run that is killed keeps it no longer. */
  readonly expiresMs: number;
};

export type LedgerDay = {
  readonly calls: LevelCounts;
  readonly by: Readonly<Record<string, LevelCounts>>;
  /** By holder: what may run only once at a time has one reservation, and takes its own over. */
  readonly reservations: Readonly<Record<string, Reservation>>;
  /** Levels of which the service has refused a call for the day and accepted none since. */
  readonly refused?: readonly Level[];
  /** Levels of which it has accepted a call where the beginning of the day was in doubt. */
  readonly accepted?: readonly Level[];
  /** Calls of the runs that are counted in their record as well. */
  readonly runs?: Readonly<Record<string, LevelCounts>>;
};

export type Ledger = {
  readonly format: typeof LEDGER_FORMAT;
  /** When the last call of each level leaves or has left, in milliseconds since the epoch; 0: none has. */
  readonly lastMs: LevelCounts;
  readonly days: Readonly<Record<string, LedgerDay>>;
};

export const EMPTY_LEDGER: Ledger = { format: LEDGER_FORMAT, lastMs: { '1': 0, '2': 0, '3': 0 }, days: {} };
const NO_LEVELS: LevelCounts = { '1': 0, '2': 0, '3': 0 };
const EMPTY_DAY: LedgerDay = { calls: NO_LEVELS, by: {}, reservations: {} };

/** A run renews its reservation with every call; between two of them it may wait for a hint of a minute and an answer of one. */
export const LEASE_MS = 180_000;
/** Nobody books further ahead; what stands there was written by a clock that has been set back. */
const FAR_MS = 180_000;
/** Days that are kept: the last, and what another zone still calls today. */
const DAYS_KEPT = 3;
/** Names that a day tells apart; those that come later are counted together. */
const NAMES_KEPT = 100;
export const OTHERS = 'others';

/** Who changes a ledger, and when. */
export type Actor = {
  /** Who shares a reservation: one record's runs. */
  readonly holder: string;
  /** For people: command, environment, machine. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly timezone: string;
  /** Of a run that is counted in its record as well: its id there. */
  readonly run?: string;
  /** What the record knows: calls of runs that this ledger has not counted are made elsewhere. */
  readonly record?: RecordCalls;
};

export type Ask = Actor & {
  readonly level: Level;
  readonly quotas: readonly Quota[];
  /** Calls a second by quota that this run allows itself. */
  readonly perSecond: readonly number[];
  readonly guardMs: number;
  readonly notBeforeMs: number;
  /** Calls of the day by quota that are left alone. */
  readonly keep: readonly number[];
};

/** The place of one call: counted, and at a distance from all others. */
export type Slot = {
  readonly level: Level;
  readonly day: string;
  readonly atMs: number;
  /** What stood in its place. */
  readonly beforeMs: number;
  readonly holder: string;
  readonly by: string;
  readonly run?: string;
  readonly isReserved: boolean;
  /** That the day has begun for the service too is not known: this call goes alone, and its answer tells. */
  readonly isProbe: boolean;
};

export type Taken = { readonly ledger: Ledger; readonly slot: Slot } | { readonly spent: Quota };

/**
 * Takes the next place for one call, counted at once; or tells the quota whose day has no call left for it.
 *
 *     left for a run = perDay - kept back - calls made - set aside by others - made or set aside elsewhere
 */
export const take = (ledger: Ledger, ask: Ask): Taken => {
  const { level, quotas, perSecond, guardMs, holder, by, run } = ask;
  const mine = quotas.flatMap((quota, index) => (holds(quota, level) ? [{ quota, index }] : []));
  const atMs = mine.reduce(
    (latest, { quota, index }) => {
      const rate = sure(perSecond[index], 'rate of a quota');
      return Number.isFinite(rate) ? nextSlot(lastOf(ledger, quota, ask.nowMs), rate, guardMs, latest) : latest;
    },
    Math.max(ask.nowMs, ask.notBeforeMs),
  );
  const day = dayOf(atMs, ask.timezone);
  const entry = dayIn(ledger, day, ask.nowMs);
  const keep = keepBeside(ask, day, entry);
  const spent = mine.find(({ quota, index }) => quota.perDay !== null && leftOf(entry, quota, holder, keptOf(keep, index)) < 1);
  if (spent) return { spent: spent.quota };
  const before = dayIn(ledger, dayBefore(day), ask.nowMs);
  const isProbe = mine.some(({ quota, index }) => isInDoubt(quota, entry, before, keptOf(ask.keep, index)));
  const own = entry.reservations[holder];
  const isReserved = own !== undefined && own.calls[level] > 0;
  const name = entry.by[by] !== undefined || Object.keys(entry.by).length < NAMES_KEPT ? by : OTHERS;
  const next: LedgerDay = {
    ...entry,
    calls: plus(entry.calls, level, 1),
    by: { ...entry.by, [name]: plus(entry.by[name] ?? NO_LEVELS, level, 1) },
    reservations: own
      ? { ...entry.reservations, [holder]: renewed(own, level, isReserved ? -1 : 0, ask.nowMs) }
      : entry.reservations,
    ...(run === undefined ? {} : { runs: runsWith(entry, run, level, 1) }),
  };
  return {
    ledger: withDay({ ...ledger, lastMs: { ...ledger.lastMs, [level]: atMs } }, day, next),
    slot: {
      level,
      day,
      atMs,
      beforeMs: ledger.lastMs[level],
      holder,
      by: name,
      isReserved,
      isProbe,
      ...(run === undefined ? {} : { run }),
    },
  };
};

/** Gives back the place of a call that has not left. The distance behind it closes up where nobody has come after. */
export const giveBack = (ledger: Ledger, slot: Slot, nowMs: number): Ledger => {
  const { level, day, holder, by, run } = slot;
  const entry = dayIn(ledger, day, nowMs);
  const own = entry.reservations[holder];
  const next: LedgerDay = {
    ...entry,
    calls: plus(entry.calls, level, -1),
    by: { ...entry.by, [by]: plus(entry.by[by] ?? NO_LEVELS, level, -1) },
    reservations: own
      ? { ...entry.reservations, [holder]: renewed(own, level, slot.isReserved ? 1 : 0, nowMs) }
      : entry.reservations,
    ...(run === undefined ? {} : { runs: runsWith(entry, run, level, -1) }),
  };
  const isLast = ledger.lastMs[level] === slot.atMs;
  return withDay(isLast ? { ...ledger, lastMs: { ...ledger.lastMs, [level]: slot.beforeMs } } : ledger, day, next);
};

/**
 * What the service has answered about its day to a call of a level: it went through, or none is left. It holds for every quota
 * of the level.
 */
export const answered = (
  ledger: Ledger,
  { level, isAccepted, quotas, nowMs, timezone }: Told & Pick<Actor, 'nowMs' | 'timezone'>,
): Ledger => {
  const together = new Set(quotas.flatMap((quota) => (quota.perDay !== null && holds(quota, level) ? quota.levels : [])));
  const day = dayOf(nowMs, timezone);
  const entry = dayIn(ledger, day, nowMs);
  const without = (levels: readonly Level[] = []): readonly Level[] => levels.filter((one) => !together.has(one));
  const [refused, accepted] = [without(entry.refused), without(entry.accepted)];
  const both = [...together];
  return withDay(ledger, day, {
    ...entry,
    refused: isAccepted ? refused : [...refused, ...both],
    accepted: isAccepted ? [...accepted, ...both] : accepted,
  });
};
export type Told = { readonly level: Level; readonly isAccepted: boolean; readonly quotas: readonly Quota[] };

/**
 * Whether the service may still count the day before, or has said that this one is over. Clocks and zones differ: a new day is
 * believed once a call of it was accepted. Until then the calls of both days together are what one day allows.
 */
const isInDoubt = (quota: Quota, today: LedgerDay, before: LedgerDay, keep: number): boolean => {
  if (quota.perDay === null) return false;
  const has = (levels: readonly Level[] = []): boolean => levels.some((level) => holds(quota, level));
  if (has(today.refused)) return true;
  if (has(today.accepted)) return false;
  const earlier = callsUnder(quota, before.calls);
  return has(before.refused) || (earlier > 0 && earlier + callsUnder(quota, today.calls) + keep >= quota.perDay);
};
const dayBefore = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
const DAY_MS = 86_400_000;

/** Sets calls of today aside, as many as are left; in place of what the holder had set aside before. */
export const reserve = (
  ledger: Ledger,
  { calls, quotas, keep, ...actor }: Actor & Pick<Ask, 'quotas' | 'keep'> & { readonly calls: LevelCounts },
): Ledger => {
  const { holder, by, nowMs } = actor;
  const day = dayOf(nowMs, actor.timezone);
  const entry = dayIn(ledger, day, nowMs);
  const kept = keepBeside({ ...actor, quotas, keep }, day, entry);
  const free = quotas.map((quota, index) => leftOf(entry, quota, holder, keptOf(kept, index)));
  const freeOf = (index: number): number => sure(free[index], 'quota of this number');
  const granted = { ...NO_LEVELS };
  for (const level of [3, 2, 1] as const) {
    const mine = quotas.flatMap((quota, index) => (holds(quota, level) ? [index] : []));
    granted[level] = Math.max(0, Math.min(calls[level], ...mine.map(freeOf)));
    for (const index of mine) free[index] = freeOf(index) - granted[level];
  }
  const reservations = { ...entry.reservations, [holder]: { by, calls: granted, expiresMs: nowMs + LEASE_MS } };
  const { run } = actor;
  return withDay(ledger, day, { ...entry, reservations, ...(run === undefined ? {} : { runs: runsWith(entry, run, 1, 0) }) });
};

/** What the holder has set aside and not used is free again. */
export const settle = (ledger: Ledger, { holder, nowMs }: Pick<Actor, 'holder' | 'nowMs'>): Ledger => ({
  ...ledger,
  days: Object.fromEntries(
    Object.entries(ledger.days).map(([day]) => {
      const { [holder]: _own, ...reservations } = dayIn(ledger, day, nowMs).reservations;
      return [day, { ...dayIn(ledger, day, nowMs), reservations }];
    }),
  ),
});

/** A day as it stands: what a killed run had set aside has expired. */
export const dayIn = (ledger: Ledger, day: string, nowMs: number): LedgerDay => {
  const entry = ledger.days[day] ?? EMPTY_DAY;
  const alive = Object.entries(entry.reservations).filter(([, { expiresMs }]) => expiresMs > nowMs);
  return alive.length === Object.keys(entry.reservations).length ? entry : { ...entry, reservations: Object.fromEntries(alive) };
};

/** Calls of one quota that others than the holder have set aside; null: that all have. */
export const reservedUnder = ({ reservations }: LedgerDay, quota: Quota, holder: string | null): number =>
  Object.entries(reservations).reduce((sum, [of, { calls }]) => (of === holder ? sum : sum + callsUnder(quota, calls)), 0);

const keptOf = (keep: readonly number[], index: number): number => sure(keep[index], 'quota of this number');

/** What is kept back of a day, and what was made or set aside elsewhere. */
const keepBeside = (
  { record, quotas, keep }: Pick<Ask, 'record' | 'quotas' | 'keep'>,
  day: string,
  entry: LedgerDay,
): readonly number[] => {
  if (record === undefined) return keep;
  const there = elsewhere(record, day, entry);
  return quotas.map((quota, index) => keptOf(keep, index) + callsUnder(quota, there));
};

/** Runs that a day tells apart; one that leaves is counted again as one of elsewhere, which is never too low. */
const RUNS_KEPT = 200;
const runsWith = ({ runs = {} }: LedgerDay, run: string, level: Level, calls: number): Readonly<Record<string, LevelCounts>> => {
  const { [run]: own = NO_LEVELS, ...others } = runs;
  return Object.fromEntries([...Object.entries(others).slice(1 - RUNS_KEPT), [run, plus(own, level, calls)]]);
};

/** Calls by quota that a run leaves alone: the reserve, unless it may use it. */
export const keptBack = (quotas: readonly Quota[], share: BudgetConfig['reserve'], mayUse: boolean): readonly number[] =>
  quotas.map((quota) => (mayUse ? 0 : reserveOf(quota, share)));

/**
 * Calls by quota, beside the reserve, that a run leaves to others which it cannot tell what it spends: all that the day has left
 * but a share of it.
 *
 * @param used calls that the day had spent and set aside, as far as is known, when the run was left alone; one number per quota
 */
export const leftToOthers = (
  quotas: readonly Quota[],
  { reserve: share, review }: Pick<BudgetConfig, 'reserve' | 'review'>,
  used: readonly number[],
): readonly number[] =>
  quotas.map((quota, index) => {
    if (quota.perDay === null) return 0;
    const left = Math.max(0, quota.perDay - reserveOf(quota, share) - (used[index] ?? 0));
    return left - Math.floor(review * left);
  });

const leftOf = (entry: LedgerDay, quota: Quota, holder: string, keep: number): number =>
  quota.perDay === null
    ? Number.POSITIVE_INFINITY
    : quota.perDay - keep - callsUnder(quota, entry.calls) - reservedUnder(entry, quota, holder);

/** Quotas share levels, so each looks at all of its own. */
const lastOf = ({ lastMs }: Ledger, quota: Quota, nowMs: number): number =>
  quota.levels.reduce((latest, level) => Math.max(latest, lastMs[level] > nowMs + FAR_MS ? nowMs : lastMs[level]), 0);

const plus = (counts: LevelCounts, level: Level, calls: number): LevelCounts => ({
  ...counts,
  [level]: Math.max(0, counts[level] + calls),
});

const renewed = (own: Reservation, level: Level, calls: number, nowMs: number): Reservation => ({
  ...own,
  calls: plus(own.calls, level, calls),
  expiresMs: nowMs + LEASE_MS,
});

const withDay = (ledger: Ledger, day: string, entry: LedgerDay): Ledger => {
  const days = Object.entries({ ...ledger.days, [day]: entry }).sort(([one], [other]) => (one < other ? 1 : -1));
  return { ...ledger, days: Object.fromEntries(days.slice(0, DAYS_KEPT)) };
};

/** What a store holds, as a ledger; null where it is none of this format. */
export const parseLedger = (text: string): Ledger | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isLedger(value) ? value : null;
};

const isLedger = (value: unknown): value is Ledger =>
  isObject(value) &&
  value['format'] === LEDGER_FORMAT &&
  isCounts(value['lastMs']) &&
  isObject(value['days']) &&
  Object.values(value['days']).every(
    (day) =>
      isObject(day) &&
      isCounts(day['calls']) &&
      isObject(day['by']) &&
      Object.values(day['by']).every(isCounts) &&
      (day['runs'] === undefined || (isObject(day['runs']) && Object.values(day['runs']).every(isCounts))) &&
      isLevels(day['refused']) &&
      isLevels(day['accepted']) &&
      isObject(day['reservations']) &&
      Object.values(day['reservations']).every(
        (one) => isObject(one) && isCounts(one['calls']) && typeof one['expiresMs'] === 'number' && typeof one['by'] === 'string',
      ),
  );

const isLevels = (value: Json | undefined): boolean =>
  value === undefined || (Array.isArray(value) && value.every((level) => level === 1 || level === 2 || level === 3));

const isCounts = (value: Json | undefined): boolean =>
  isObject(value) && (['1', '2', '3'] as const).every((level) => Number.isFinite(value[level]));
