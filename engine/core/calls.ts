/** Counting calls: by level and by operation. */

import { type OperationName, operationFacts } from '../operations/index.ts';
import { byText } from './json.ts';
import type { Calls } from './model.ts';

export const NO_CALLS: Calls = { levels: { '1': 0, '2': 0, '3': 0 }, operations: {} };

/** Calls by level and operation, operations in alphabetical order. */
export const callsOf = (operations: Iterable<OperationName>): Calls => {
  const levels = { '1': 0, '2': 0, '3': 0 };
  const counts = new Map<string, number>();
  for (const operation of operations) {
    levels[operationFacts(operation).level]++;
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return { levels, operations: sorted(counts) };
};

export const addCalls = (...all: readonly Calls[]): Calls => {
  const levels = { '1': 0, '2': 0, '3': 0 };
  const counts = new Map<string, number>();
  for (const calls of all) {
    for (const level of ['1', '2', '3'] as const) levels[level] += calls.levels[level];
    for (const [operation, count] of Object.entries(calls.operations))
      counts.set(operation, (counts.get(operation) ?? 0) + count);
  }
  return { levels, operations: sorted(counts) };
};

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => byText(a, b)));
