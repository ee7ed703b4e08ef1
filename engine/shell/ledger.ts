/** The ledger as a run uses it: a place for each call, counted before it is sent; a reservation; what is left (DESIGN 7). */
import { CODES, type Diagnostic, EngineError, sure } from '../core/diagnostic.ts';
import {
  type Actor,
  answered,
  dayIn,
  EMPTY_LEDGER,
  giveBack,
  keptBack,
  type Ledger,
  leftToOthers,
  parseLedger,
  reserve,
  reservedUnder,
  type Slot,
  settle,
  take,
} from '../core/ledger.ts';
import type { Clock } from '../core/ports.ts';
import { callsUnder, dayOf, GUARD_MS, type LevelCounts, quotaName } from '../core/quota.ts';
import { elsewhere } from '../core/record-calls.ts';
import type { BudgetConfig, Quota } from '../core/workspace.ts';
import type { Level } from '../operations/index.ts';
import { createCover, type RecordShare } from './cover-calls.ts';

/** Where a ledger lies: versions of one text, of which each is put once, by whoever comes first. */
export type LedgerStore = {
  /** For people: what cannot be written. */
  readonly place: string;
  /** The newest version; text null: there is none yet, or, where `isLost`, none that can be read. */
  readonly read: () => Promise<{ readonly version: number; readonly text: string | null; readonly isLost?: true }>;
  /** Makes the version that follows; false where another was quicker. */
  readonly put: (after: number, text: string) => Promise<boolean>;
  /** How far the clock of the place is ahead of this machine's, in milliseconds, as seen last; absent: it is the same. */
  readonly aheadMs?: () => number;
  /** Lets go of the place, so that the process can end. */
  readonly close?: () => Promise<void>;
};

/** A place of one call; `atMs` on the run's own monotonic clock. */
export type Place = { readonly atMs: number; readonly slot: Slot };
export type PlaceAsk = {
  readonly level: Level;
  /** Calls a second by quota. */
  readonly perSecond: readonly number[];
  /** Not before this moment of the monotonic clock. */
  readonly notBeforeMs: number;
  /** Revocations may use the reserve of the day. */
  readonly useReserve: boolean;
  /** A place that was missed, and is given back. The next one may lie up to the tolerance in the past. */
  readonly instead: Place | null;
};

export type LedgerPort = {
  /** Takes the next place for one call of a level, or tells the quota whose day has no call left for it. */
  readonly take: (ask: PlaceAsk) => Promise<Place | { readonly spent: Quota }>;
  /** For a call that did not leave. */
  readonly giveBack: (place: Place) => Promise<void>;
  /** What the service has answered about its day to a call of a level. */
  readonly tell: (level: Level, isAccepted: boolean) => Promise<void>;
  /** Sets calls of today aside for this run, as many as are left. */
  readonly reserve: (calls: LevelCounts) => Promise<void>;
  /** From now on what the record knows of other machines is counted as well. */
  readonly join: (share: RecordShare) => void;
  /** What an apply has made that is counted in its record, by day; nothing where this ledger has not seen it. */
  readonly made: (run: string) => ReadonlyMap<string, LevelCounts>;
  /** Calls of today by quota that are made, set aside by others or left to them; 0 for a quota without a day. */
  readonly used: () => Promise<readonly number[]>;
  /** The newest version. */
  readonly read: () => Promise<Ledger>;
  /** Now on the clock that the runs share, in milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** Frees what was set aside, and lets go of the store. */
  readonly close: () => Promise<void>;
  /** Said once when the ledger cannot be kept: this run then counts for itself alone. */
  readonly warnings: () => readonly Diagnostic[];
  /** How late a call may leave after its place. */
  readonly toleranceMs: number;
  /** The jitter on the way that is allowed for between two calls. */
  readonly guardMs: number;
};

export type LedgerOptions = {
  readonly store: LedgerStore;
  /** Who shares a reservation: the runs of one record. */
  readonly holder: string;
  /** For people: command, environment, machine. */
  readonly by: string;
  /** The zone in which the quota's day begins. */
  readonly timezone: string;
  readonly quotas: readonly Quota[];
  readonly reserve: BudgetConfig['reserve'];
  /** `budget.review`: the share of what is left of a day that this run may use where it cannot write the ledger. */
  readonly review: number;
  readonly clock: Clock;
  /** The jitter on the way that is allowed for; 50 ms unless told. */
  readonly guardMs?: number;
  /** What cannot be counted is not sent: a store that fails is the error that it gives, and no warning. */
  readonly isRequired?: boolean;
};

/** The part of the guard that a sleeper may wake late; the rest is for the way. */
const TOLERANCE = 0.2;
/** Places are taken as far ahead as the store has taken to answer, up to this. */
const LEAD_CAP_MS = 2_000;

type LeftToOthers = { readonly day: string; readonly others: readonly number[] };
type Edit<T> = (ledger: Ledger) => { readonly ledger: Ledger; readonly value: T };

/**
 * Opens the ledger of one tenant; nothing is read or written before it is asked for.
 *
 * @throws EngineError where it is required, from every verb but `close`: what the store throws
 */
export const openLedger = (options: LedgerOptions): LedgerPort => {
  const { holder, by, timezone, quotas, clock, guardMs = GUARD_MS, isRequired = false } = options;
  const toleranceMs = guardMs * TOLERANCE;
  const warnings: Diagnostic[] = [];
  let store = options.store;
  let known: { readonly version: number; readonly ledger: Ledger } | null = null;
  /** For a run that goes on by itself. */
  let last: Ledger | undefined;
  let leadMs = 0;
  let hasReserved = false;
  let hasGivenUp = false;
  /** Why a ledger that is required cannot be kept: every further call is refused at once. */
  let lost: unknown = null;

  /** Where the ledger cannot be written: the calls by quota that are left to others, of a day. */
  let alone: LeftToOthers | null = null;

  const wallMs = (): number => clock.wallMs() + (options.store.aheadMs?.() ?? 0);
  let share: RecordShare | null = null;
  const actor = (): Actor => ({
    holder,
    by,
    timezone,
    nowMs: wallMs(),
    ...(share ? { record: share.calls() } : {}),
    ...(share?.apply ? { run: share.apply.run } : {}),
  });
  const usedIn = (ledger: Ledger): readonly number[] => {
    const { nowMs, record } = actor();
    const day = dayOf(nowMs, timezone);
    const entry = dayIn(ledger, day, nowMs);
    const there = record ? elsewhere(record, day, entry) : null;
    return quotas.map((quota) =>
      quota.perDay === null
        ? 0
        : callsUnder(quota, entry.calls) + reservedUnder(entry, quota, holder) + (there ? callsUnder(quota, there) : 0),
    );
  };
  const toOthers = (): readonly number[] => {
    if (alone === null) return [];
    const day = dayOf(wallMs(), timezone);
    if (alone.day !== day) alone = { day, others: leftToOthers(quotas, options, usedIn(last ?? EMPTY_LEDGER)) };
    return alone.others;
  };
  /** Of a run that is counted on this machine alone: what it leaves to others, since they do not see it. */
  let aside: LeftToOthers | null = null;
  let most: readonly (number | null)[] = [];
  /** Told once half of it is used: on an ordinary day it is more than a plan reads. */
  const inReviewText = (): readonly Diagnostic[] => {
    const left = aside === null ? [] : mostOf(aside.others);
    return left.some((calls, index) => calls !== null && calls * 2 <= sure(most[index], 'quota of this number'))
      ? [reviewed(mostText(most))]
      : [];
  };
  const inReview = (ledger: Ledger): readonly number[] => {
    if (!share || share.apply) return [];
    const day = dayOf(wallMs(), timezone);
    if (aside?.day !== day) {
      aside = { day, others: leftToOthers(quotas, options, usedIn(ledger)) };
      most = mostOf(aside.others);
    }
    return aside.others;
  };
  const keep = (mayUse: boolean, others = toOthers()): readonly number[] => {
    return keptBack(quotas, options.reserve, mayUse).map((calls, index) => calls + (others[index] ?? 0));
  };

  /** Calls by quota that a run may still make which leaves so many to others; null for a quota without a day. */
  const mostOf = (others: readonly number[]): readonly (number | null)[] => {
    const used = usedIn(last ?? EMPTY_LEDGER);
    return keep(false, others).map((calls, index) => {
      const perDay = quotas[index]?.perDay ?? null;
      return perDay === null ? null : Math.max(0, perDay - calls - sure(used[index], 'quota of this number'));
    });
  };
  const mostText = (most: readonly (number | null)[]): readonly string[] =>
    quotas.flatMap((quota, index) =>
      typeof most[index] === 'number' ? [`${most[index].toLocaleString('en-US')} of ${quotaName(quota)}`] : [],
    );
  const giveUp = (error: unknown): void => {
    hasGivenUp = true;
    const { place } = store;
    store = memoryStore(last);
    known = null;
    goAlone(place, error);
  };
  /** What others have used or will use is not known: this run takes a share of what is left. */
  const goAlone = (place: string, error: unknown): void => {
    alone = { day: '', others: [] };
    const mine = mostText(mostOf(toOthers()));
    warnings.push({
      ...(error instanceof EngineError
        ? { code: error.code, message: error.message }
        : {
            code: 'LEDGER_WRITE',
            message: `Calls of the day cannot be counted in ${place}: ${error instanceof Error ? error.message : String(error)}.`,
          }),
      severity: 'warning',
      hint:
        mine.length === 0
          ? 'Other runs do not see this one.'
          : `Other runs do not see this one, so it makes at most ${mine.join(', ')} today (budget.review), and leaves them the rest.`,
    });
  };
  const read = async (): Promise<NonNullable<typeof known>> => {
    const { version, text, isLost = false } = await store.read();
    if (isLost && alone === null) goAlone(store.place, new Error('nothing of it can be read any more, and it begins anew'));
    // One that was lost while this run was at it is made again from what the run knows.
    const ledger = text === null ? (last ?? EMPTY_LEDGER) : parseLedger(text);
    if (ledger === null) throw new Error(`version ${version} is not a count of calls`);
    last = ledger;
    return { version, ledger };
  };

  /** Changes the ledger: from what is known of it, and again from the newest where another run was quicker. */
  const change = async <T>(edit: Edit<T>): Promise<T> => {
    for (;;) {
      const base = known ?? (await read());
      const { ledger, value } = edit(base.ledger);
      if (ledger === base.ledger) {
        // What tells that nothing is left may be out of date.
        if (base !== known) return value;
        known = null;
      } else if (await store.put(base.version, JSON.stringify(ledger))) {
        known = { version: base.version + 1, ledger };
        last = ledger;
        return value;
      } else known = null;
    }
  };

  // One at a time: the levels of a run ask side by side.
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = tail.then(async () => {
      if (lost !== null) throw lost;
      try {
        return await run();
      } catch (error) {
        if (hasGivenUp) throw error;
        if (isRequired || isHopeless(error)) {
          lost = error instanceof EngineError ? error : unusable(store.place, error);
          throw lost;
        }
        giveUp(error);
        return await run();
      }
    });
    tail = turn.catch(() => undefined);
    return turn;
  };

  const takeNext: LedgerPort['take'] = ({ level, perSecond, notBeforeMs, useReserve, instead }) =>
    inTurn(async () => {
      const askedMs = clock.nowMs();
      const taken = await change<Slot | Quota>((ledger) => {
        const who = actor();
        const base = instead ? giveBack(ledger, instead.slot, who.nowMs) : ledger;
        const made = take(base, {
          ...who,
          nowMs: who.nowMs + leadMs - (instead ? toleranceMs : 0),
          level,
          quotas,
          perSecond,
          guardMs,
          notBeforeMs: who.nowMs + (notBeforeMs - clock.nowMs()),
          keep: keep(useReserve, alone ? toOthers() : inReview(base)),
        });
        return 'spent' in made ? { ledger, value: made.spent } : { ledger: made.ledger, value: made.slot };
      });
      leadMs = Math.min(LEAD_CAP_MS, Math.max(leadMs / 2, clock.nowMs() - askedMs));
      if ('levels' in taken) return { spent: taken };
      return { atMs: clock.nowMs() + (taken.atMs - wallMs()), slot: taken };
    });

  const giveBackPlace: LedgerPort['giveBack'] = ({ slot }) =>
    inTurn(() => change((ledger) => ({ ledger: giveBack(ledger, slot, wallMs()), value: undefined })));

  const made = (run: string): ReadonlyMap<string, LevelCounts> =>
    new Map(Object.entries(last?.days ?? {}).flatMap(([day, { runs }]) => (runs?.[run] ? [[day, runs[run]] as const] : [])));
  const covered = createCover(made);

  return {
    toleranceMs,
    guardMs,
    wallMs,
    join: (given) => {
      share = given;
    },
    made,
    warnings: () => [...warnings, ...inReviewText()],
    take: async (ask) => {
      const taken = await takeNext(ask);
      if ('spent' in taken || !share?.apply) return taken;
      try {
        await covered.day(share.apply, taken.slot.day);
      } catch (error) {
        await giveBackPlace(taken);
        throw error;
      }
      return taken;
    },
    giveBack: giveBackPlace,
    tell: (level, isAccepted) =>
      inTurn(() =>
        change((ledger) => ({ ledger: answered(ledger, { ...actor(), level, isAccepted, quotas }), value: undefined })),
      ).catch((error: unknown) => {
        // Nobody waits for it; whoever asks for the next place is told.
        if (lost === null) throw error;
      }),
    reserve: (calls) =>
      inTurn(async () => {
        hasReserved = true;
        await change((ledger) => ({
          ledger: reserve(ledger, { ...actor(), calls, quotas, keep: keep(false) }),
          value: undefined,
        }));
        if (share?.apply) await covered.bill(share.apply, dayOf(wallMs(), timezone), calls);
      }),
    read: () => inTurn(async () => (await read()).ledger),
    used: () =>
      inTurn(async () => {
        known = await read();
        const others = toOthers();
        return usedIn(known.ledger).map((calls, index) => calls + (others[index] ?? 0));
      }),
    close: async () => {
      try {
        if (hasReserved && lost === null)
          await inTurn(() => change((ledger) => ({ ledger: settle(ledger, actor()), value: undefined })));
        hasReserved = false;
      } catch (error) {
        // The run has ended, and what it had set aside expires by itself.
        if (lost === null) throw error;
      } finally {
        await options.store.close?.();
      }
    },
  };
};

const reviewed = (most: readonly string[]): Diagnostic => ({
  code: 'LEDGER_REVIEW',
  severity: 'info',
  message: 'The calls of this run are counted on this machine, and not beside the record.',
  hint: `Other machines do not see them, so it makes at most ${most.join(', ')} today (budget.review).`,
});

const unusable = (place: string, error: unknown): EngineError =>
  new EngineError(
    'LEDGER_UNREACHABLE',
    `The ledger at ${place} cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
    'Nothing further was sent. Mend what lies there, or take it away: then calls are counted from 0.',
  );

/** Nothing that waiting or another place mends: a run that goes on would hide it. */
const isHopeless = (error: unknown): boolean => error instanceof EngineError && CODES[error.code] === 3;

/** A ledger of one process. */
export const memoryStore = (first?: Ledger): LedgerStore => {
  let version = first ? 1 : 0;
  let text = first ? JSON.stringify(first) : null;
  return {
    place: 'memory',
    read: async () => ({ version, text }),
    put: async (after, next) => {
      if (after !== version) return false;
      version++;
      text = next;
      return true;
    },
  };
};
