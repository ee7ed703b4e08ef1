/** The live tenant in a file: the reads that were made, with their answers, redacted (DESIGN 4). */
import type { Diagnostic } from './diagnostic.ts';
import { isObject } from './json.ts';
import type { Calls, Coverage, Plan } from './model.ts';
import type { JsonObject } from './ports.ts';

/** One read call and how it ended: with an answer, or with a code that says that it is not there or not shown. */
export type SnapshotRead = {
  readonly operation: string;
  readonly request: JsonObject;
  readonly answer?: JsonObject;
  readonly code?: string;
};

export type Snapshot = Pick<
  Plan,
  'workspace' | 'environment' | 'tenant' | 'endpoint' | 'deployment' | 'edition' | 'caller' | 'key' | 'madeAt' | 'record'
> & {
  readonly format: 'phinfra.snapshot/1';
  readonly coverage: readonly Coverage[];
  /** The calls that it took. */
  readonly spent: Calls;
  readonly reads: readonly SnapshotRead[];
};

const TEXTS = ['workspace', 'environment', 'tenant', 'endpoint', 'deployment', 'edition', 'key', 'madeAt'] as const;

/**
 * Reads a snapshot.
 *
 * @returns the snapshot, or one diagnostic: SNAPSHOT_UNREADABLE, SNAPSHOT_FORMAT
 */
export const readSnapshot = (
  text: string,
): { readonly snapshot: Snapshot } | { readonly problem: Diagnostic & Required<Pick<Diagnostic, 'hint'>> } => {
  const problem = (code: 'SNAPSHOT_UNREADABLE' | 'SNAPSHOT_FORMAT', message: string) => ({
    problem: { code, severity: 'error', message, hint: 'Make it again: phinfra snapshot -o FILE.' } satisfies Diagnostic,
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return problem('SNAPSHOT_UNREADABLE', 'The file is not a snapshot: it is not JSON, or it was cut off.');
  }
  if (!isObject(value) || typeof value['format'] !== 'string')
    return problem('SNAPSHOT_UNREADABLE', 'The file is not a snapshot.');
  if (value['format'] !== 'phinfra.snapshot/1')
    return problem(
      'SNAPSHOT_FORMAT',
      `The file has the format "${value['format']}", and a snapshot is wanted: phinfra.snapshot/1.`,
    );
  const isWhole =
    TEXTS.every((name) => typeof value[name] === 'string') &&
    !Number.isNaN(Date.parse(String(value['madeAt']))) &&
    Array.isArray(value['coverage']) &&
    Array.isArray(value['reads']) &&
    value['reads'].every(isRead);
  return isWhole
    ? { snapshot: value as unknown as Snapshot }
    : problem('SNAPSHOT_UNREADABLE', 'The file says that it is a snapshot, and parts of one are not there.');
};

/** True for a read as a file holds it. */
export const isRead = (value: unknown): value is SnapshotRead =>
  isObject(value) &&
  typeof value['operation'] === 'string' &&
  isObject(value['request']) &&
  (isObject(value['answer']) || typeof value['code'] === 'string');

/** How long ago something was, in the largest unit of which there is at least one. */
export const ageText = (ms: number): string => {
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const) {
    const count = Math.floor(ms / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} old`;
  }
  return 'less than a minute old';
};
