/** Answers by call: recorded while they come, or played back from a snapshot. */
import { byText, canonical } from '../core/json.ts';
import type { CallResult, JsonObject } from '../core/ports.ts';
import type { SnapshotRead } from '../core/snapshot.ts';
import type { Answers } from './reader.ts';

const keyOf = (operation: string, request: JsonObject): string => `${operation} ${canonical(request)}`;

/** How a call ended, as a file of reads holds it. */
export const resultOf = ({ answer, code }: SnapshotRead): CallResult =>
  answer
    ? { outcome: 'done', answer, requestId: null }
    : { outcome: 'rejected', code: code ?? '', message: '', status: null, requestId: null };

/** Plays a snapshot back: nothing is asked of anybody. */
export const replayed = (reads: readonly SnapshotRead[]): Answers => {
  const known = new Map(reads.map((one) => [keyOf(one.operation, one.request), resultOf(one)]));
  return { take: (operation, request) => known.get(keyOf(operation, request)) ?? 'lacking', put: () => undefined };
};

export type Recorder = Answers & {
  /** Every read so far, the last of equal ones, by operation and request. */
  readonly reads: () => readonly SnapshotRead[];
};

/**
 * Records every answer. One that was kept is given once: who asks again in the same run wants to know anew, because a list
 * was not complete.
 */
export const recorded = (kept: readonly SnapshotRead[] = []): Recorder => {
  const waiting = new Map(kept.map((one) => [keyOf(one.operation, one.request), one]));
  const made = new Map<string, SnapshotRead>(waiting);
  return {
    take: (operation, request) => {
      const key = keyOf(operation, request);
      const one = waiting.get(key);
      if (!one) return null;
      waiting.delete(key);
      return resultOf(one);
    },
    put: (operation, request, result) => {
      const key = keyOf(operation, request);
      if (result.outcome === 'done') made.set(key, { operation, request, answer: result.answer });
      else if ('code' in result) made.set(key, { operation, request, code: result.code });
    },
    reads: () => [...made].sort(([a], [b]) => byText(a, b)).map(([, one]) => one),
  };
};
