/**
 * Calls of the day that the applies of one record have made, kept beside it (DESIGN 7): what machines with ledgers of their own
 * know of each other. An apply puts its whole bill there before its first call, and what it has made when it ends. One that was
 * killed stays there with its bill until the day is over: it is never counted too low.
 */
import { isObject } from './json.ts';
import type { LedgerDay } from './ledger.ts';
import type { Json } from './ports.ts';
import type { LevelCounts } from './quota.ts';

export type RunCalls = {
  /** For people: command, environment, machine. */
  readonly by: string;
  readonly calls: LevelCounts;
  /** These are what it may make at most: it has not ended, or was killed. */
  readonly isOpen?: true;
};
/** By day, and by run. */
export type RecordCalls = Readonly<Record<string, Readonly<Record<string, RunCalls>>>>;

export const NO_RECORD_CALLS: RecordCalls = {};
const NO_LEVELS: LevelCounts = { '1': 0, '2': 0, '3': 0 };
const LEVELS = ['1', '2', '3'] as const;
const DAYS_KEPT = 3;
/** Runs that a day tells apart; of those that have ended the others are counted together. */
const RUNS_KEPT = 50;
export const OTHER_RUNS = 'others';

/** What a run makes of a day; the oldest days leave. Nothing made and nothing open: the run leaves. */
export const withRun = (calls: RecordCalls, day: string, run: string, made: RunCalls): RecordCalls => {
  const { [run]: _before, ...others } = calls[day] ?? {};
  const isThere = made.isOpen || LEVELS.some((level) => made.calls[level] > 0);
  const runs = isThere ? { ...others, [run]: made } : others;
  const days = Object.entries({ ...calls, [day]: together(runs) })
    .filter(([, all]) => Object.keys(all).length > 0)
    .sort(([one], [other]) => (one < other ? 1 : -1));
  return Object.fromEntries(days.slice(0, DAYS_KEPT));
};

const together = (runs: RecordCalls[string]): RecordCalls[string] => {
  const ended = Object.entries(runs).filter(([run, { isOpen }]) => !isOpen && run !== OTHER_RUNS);
  const surplus = ended.slice(0, Math.max(0, ended.length - RUNS_KEPT));
  if (surplus.length === 0) return runs;
  const gone = new Set(surplus.map(([run]) => run));
  const sum = surplus.reduce((all, [, { calls }]) => added(all, calls), runs[OTHER_RUNS]?.calls ?? NO_LEVELS);
  const left = Object.fromEntries(Object.entries(runs).filter(([run]) => !gone.has(run)));
  return { ...left, [OTHER_RUNS]: { by: 'earlier applies', calls: sum } };
};

/** Runs of a day that a ledger has not counted itself: those of other machines. */
export const unknownRuns = (calls: RecordCalls, day: string, { runs = {} }: LedgerDay): readonly RunCalls[] =>
  Object.entries(calls[day] ?? {}).flatMap(([run, made]) => (runs[run] === undefined ? [made] : []));

/** Calls of a day that were made or set aside where this ledger does not see it. */
export const elsewhere = (calls: RecordCalls, day: string, entry: LedgerDay): LevelCounts =>
  unknownRuns(calls, day, entry).reduce((sum, made) => added(sum, made.calls), NO_LEVELS);

export const added = (one: LevelCounts, other: LevelCounts): LevelCounts => ({
  '1': one['1'] + other['1'],
  '2': one['2'] + other['2'],
  '3': one['3'] + other['3'],
});

/** Calls beyond its bill that an apply puts beside the record at a time. */
const EXTRA = 20;

/**
 * What an apply may have made of a day, to be put beside the record before its last call leaves; null: it is there.
 *
 * @param before what is there; null: nothing of this day, and all that is left of the bill goes there
 */
export const coveredNext = (
  made: ReadonlyMap<string, LevelCounts>,
  day: string,
  before: LevelCounts | null,
  bill: LevelCounts,
): LevelCounts | null => {
  const now = made.get(day) ?? NO_LEVELS;
  const isOver = (level: keyof LevelCounts): boolean => now[level] > (before?.[level] ?? 0);
  if (!LEVELS.some(isOver)) return null;
  const all = [...made.values()].reduce(added, NO_LEVELS);
  const next = (level: keyof LevelCounts): number => {
    if (before === null) return now[level] + Math.max(0, bill[level] - all[level]);
    return isOver(level) ? now[level] + EXTRA : before[level];
  };
  return { '1': next('1'), '2': next('2'), '3': next('3') };
};

export const isRecordCalls = (value: Json | undefined): value is RecordCalls =>
  isObject(value) &&
  Object.values(value).every(
    (runs) =>
      isObject(runs) &&
      Object.values(runs).every(
        (made) =>
          isObject(made) &&
          typeof made['by'] === 'string' &&
          isObject(made['calls']) &&
          LEVELS.every((level) => Number.isSafeInteger((made['calls'] as Record<string, Json>)[level])),
      ),
  );
