/** Answers of earlier days, redacted as their file holds them, and those of today beside them. */
import { EngineError } from '../core/diagnostic.ts';
import { byText, canonical } from '../core/json.ts';
import type { JsonObject } from '../core/ports.ts';
import type { SnapshotRead } from '../core/snapshot.ts';
import { appKeysIn, veilAppKeys, withAppKeys } from '../core/snapshot-redact.ts';
import type { OperationName, ReadName } from '../operations/index.ts';
import type { Answers } from './reader.ts';
import { sha256 } from './sign.ts';
import { resultOf } from './snapshot-answers.ts';

/** `at`: when the answer was given, ISO 8601. */
export type KeptRead = SnapshotRead & { readonly at: string };

export type KeptAnswers = Answers & {
  /** When the oldest answer of these operations was given that was used, ISO 8601; null: none was. */
  readonly since: (operations: readonly OperationName[]) => string | null;
  /** Every answer that was given so far, the last of equal ones, as it came: redact before writing. */
  readonly reads: () => readonly KeptRead[];
};

/** Where an answer is found: keys of apps stand in requests as digests on one day and as themselves on another. */
const keyOf = (operation: string, request: JsonObject): string => `${operation} ${canonical(veilAppKeys(request, sha256))}`;

/**
 * A kept answer is given once: who asks again in the same run wants to know anew. The tenant is proven every day.
 *
 * @param now ISO 8601
 */
export const keptAnswers = (kept: readonly KeptRead[], now: () => string): KeptAnswers => {
  const waiting = new Map(kept.map((one) => [keyOf(one.operation, one.request), one]));
  const given = new Map(waiting);
  const used = new Map<string, KeptRead>();
  /** Keys of apps by the digests that stand for them in kept answers, and the reads that tell them. */
  const keys = new Map<string, string>();
  const sources = new Map<string, KeptRead>();
  for (const read of kept) for (const digest of appKeysIn(read.answer ?? {})) sources.set(digest, read);
  const asked = new Map<KeptRead, Promise<void>>();

  const learn = (answer: JsonObject): void => {
    for (const key of appKeysIn(answer)) keys.set(String(veilAppKeys({ AppKey: key }, sha256)['AppKey']), key);
  };
  return {
    take: (operation, request) => {
      const key = keyOf(operation, request);
      const one = waiting.get(key);
      if (!one) return null;
      waiting.delete(key);
      used.set(key, one);
      return resultOf(one);
    },
    put: (operation, request, result) => {
      if (operation === 'GetMyTenants') return;
      const key = keyOf(operation, request);
      used.delete(key);
      if (result.outcome === 'done') {
        learn(result.answer);
        given.set(key, { operation, request, answer: result.answer, at: now() });
      } else if ('code' in result) given.set(key, { operation, request, code: result.code, at: now() });
    },
    sendable: async (request, ask) => {
      const unknown = appKeysIn(request).filter((digest) => sources.has(digest) && !keys.has(digest));
      for (const digest of unknown) {
        const source = sources.get(digest) as KeptRead;
        const again =
          asked.get(source) ?? ask(source.operation as ReadName, source.request).then((answer) => learn(answer ?? {}));
        asked.set(source, again);
        await again;
        if (!keys.has(digest))
          throw new EngineError(
            'ANSWER_WRONG',
            `What ${source.operation} told on an earlier day is not so any more.`,
            'Delete reads.json beside the record and plan again: it reads anew.',
          );
      }
      return withAppKeys(request, keys);
    },
    since: (operations) => {
      const ofThese = new Set<string>(operations);
      return [...used.values()].flatMap(({ operation, at }) => (ofThese.has(operation) ? [at] : [])).sort()[0] ?? null;
    },
    reads: () => [...given].sort(([a], [b]) => byText(a, b)).map(([, one]) => one),
  };
};
