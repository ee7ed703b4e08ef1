/** The one object that every command gives (DESIGN 4), and what a command hands back to have it made. */
import type { Diagnostic } from './engine.ts';

export type Next = { readonly command: string; readonly notBefore: string | null };

/** How a command ended. What is left out is null, or 0 for the counts. */
export type Outcome = {
  readonly exit: number;
  readonly reason?: string;
  readonly environment?: string | null;
  readonly tenant?: string | null;
  readonly changesDigest?: string | null;
  readonly applied?: number;
  readonly failed?: number;
  readonly unknown?: number;
  readonly waiting?: number;
  readonly left?: number;
  readonly next?: Next | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly data?: unknown;
  /** What people see on stdout; the diagnostics follow on stderr. */
  readonly text?: string;
};

export type Result = {
  readonly format: 'phinfra.result/1';
  readonly command: string;
  readonly environment: string | null;
  readonly tenant: string | null;
  readonly exit: number;
  readonly reason: string;
  readonly changesDigest: string | null;
  readonly applied: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waiting: number;
  readonly left: number;
  readonly next: Next | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly data: unknown;
};

/** The exit codes of DESIGN 4 in words. */
const REASONS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'a fault of phinfra',
  2: 'differences',
  3: 'input refused',
  4: 'not allowed',
  5: 'the service refused a change',
  6: 'stopped early',
  7: 'an outcome is unknown',
  8: 'locked',
  9: 'stale',
  10: 'the record cannot be written',
  11: 'unreachable or throttled',
  12: 'waits for a person',
  13: 'waits for an approval',
  130: 'interrupted',
  143: 'interrupted',
};
export const reasonOf = (exit: number): string => REASONS[exit] ?? `exit ${exit}`;

export const resultOf = (command: string, outcome: Outcome): Result => ({
  format: 'phinfra.result/1',
  command,
  environment: outcome.environment ?? null,
  tenant: outcome.tenant ?? null,
  exit: outcome.exit,
  reason: outcome.reason ?? reasonOf(outcome.exit),
  changesDigest: outcome.changesDigest ?? null,
  applied: outcome.applied ?? 0,
  failed: outcome.failed ?? 0,
  unknown: outcome.unknown ?? 0,
  waiting: outcome.waiting ?? 0,
  left: outcome.left ?? 0,
  next: outcome.next ?? null,
  diagnostics: outcome.diagnostics,
  data: outcome.data ?? null,
});

/** Keys in one order at every depth, `format` first, so that equal values are equal text. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
    a === 'format' ? -1 : b === 'format' ? 1 : a < b ? -1 : 1;
  // Through entries with a null prototype: a key `__proto__` stays a key.
  const copy: Record<string, unknown> = Object.create(null);
  for (const [key, inner] of Object.entries(value).sort(byName)) copy[key] = ordered(inner);
  return copy;
};

/** The result's own keys in the order of DESIGN 4, those below sorted. */
const orderedResult = (result: Result) => ({ ...result, diagnostics: ordered(result.diagnostics), data: ordered(result.data) });

/** The result as JSON with a newline; equal results give equal text. */
export const resultJson = (result: Result): string => `${JSON.stringify(orderedResult(result), null, 2)}\n`;

/** The same on one line: the last of a stream of events. */
export const resultLine = (result: Result): string => `${JSON.stringify(orderedResult(result))}\n`;

/** Any value on one line with its keys in one order. */
export const orderedLine = (value: unknown): string => `${JSON.stringify(ordered(value))}\n`;

/** A command that ends with one message. */
export const refused = (
  exit: number,
  code: Diagnostic['code'],
  message: string,
  hint?: string,
  more: Partial<Outcome> = {},
): Outcome => ({
  exit,
  ...more,
  diagnostics: [{ code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) }],
});
