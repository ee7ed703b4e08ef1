/** A reader that remembers what it has read: the same read is made once, and anew where what is known is too old. */
import { canonical } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import type { OperationName } from '../operations/index.ts';
import type { Reader } from './reader.ts';

export type RememberingReader = Reader & {
  /** The same reader for one who trusts no answer that was asked for before this moment, in milliseconds of the wall clock. */
  readonly since: (ms: number) => Reader;
  /** From now on these are read anew. */
  readonly forget: (operations: ReadonlySet<OperationName>) => void;
  /** Resolves when nothing is on its way any more. */
  readonly settled: () => Promise<void>;
};

/** What was read, by what was asked: who gives it to a later reader lets that one begin with it. */
export type ReadMemory = Map<string, Kept>;
type Kept = {
  readonly operation: OperationName;
  readonly askedMs: number;
  readonly aheadMs: number;
  readonly answer: Promise<unknown>;
};

/** A wall clock that differs by more was set, or the machine slept. */
const SET_MS = 1_000;

/**
 * The same call with the same request is made once, until it is forgotten or too old. A read that has failed is not kept.
 *
 * @param clock tells the age of what is known; absent: its age is of no account
 * @param kept what is known from the start, and what becomes known is put
 */
export const rememberReads = (
  reader: Reader,
  clock: Pick<Clock, 'wallMs' | 'nowMs'> = { wallMs: () => 0, nowMs: () => 0 },
  kept: ReadMemory = new Map(),
): RememberingReader => {
  const aheadMs = (): number => clock.wallMs() - clock.nowMs();
  /** Of an answer from before the wall clock was set nobody knows how old it is: one that was set back would make it young. */
  const isAsYoung = (one: Kept, sinceMs: number): boolean =>
    one.askedMs >= sinceMs && (sinceMs === Number.NEGATIVE_INFINITY || Math.abs(aheadMs() - one.aheadMs) < SET_MS);
  const once = <T>(sinceMs: number, operation: OperationName, parts: readonly unknown[], read: () => Promise<T>): Promise<T> => {
    const key = `${operation} ${canonical(parts)}`;
    const there = kept.get(key);
    if (there && isAsYoung(there, sinceMs)) return there.answer as Promise<T>;
    const entry: Kept = { operation, askedMs: clock.wallMs(), aheadMs: aheadMs(), answer: read() };
    kept.set(key, entry);
    entry.answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    return entry.answer as Promise<T>;
  };
  const since = (ms: number): Reader => ({
    ...reader,
    list: (read, request) =>
      once(ms, read.operation, ['list', request, read.pageSize ?? null, read.mostPages ?? null, nameOf(read)], () =>
        reader.list(read, request),
      ),
    call: (operation, request) => once(ms, operation, ['call', request], () => reader.call(operation, request)),
  });
  return {
    ...since(Number.NEGATIVE_INFINITY),
    since,
    forget: (operations) => {
      for (const [key, { operation }] of kept) if (operations.has(operation)) kept.delete(key);
    },
    settled: async () => {
      await Promise.allSettled([...kept.values()].map(({ answer }) => answer));
    },
  };
};

/** Two reads of one operation may make other rows of the same answer: their names tell them apart. */
const nameOf = (read: object): string | null => ('name' in read && typeof read.name === 'string' ? read.name : null);
