/** The faults of the sweep: what may happen to one call, before or after the service acted (RELIABILITY 3.2). */
import type { Fault } from '../../emulator/faults.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';

export type SweepFault = {
  readonly name: string;
  /** Which calls it can happen to. */
  readonly to: 'read' | 'write' | 'list' | 'any';
  readonly fault: Omit<Fault, 'match'>;
};

const on = (to: SweepFault['to'], name: string, fault: SweepFault['fault']): SweepFault => ({ name, to, fault });
/** The same, before the service acts and after it has. */
const both = (name: string, fault: SweepFault['fault']): readonly SweepFault[] => [
  on('any', `${name}-before`, { ...fault, when: 'before' }),
  on('write', `${name}-after`, { ...fault, when: 'after' }),
];
const DAY_MS = 86_400_000;

export const FAULTS: readonly SweepFault[] = [
  on('any', 'refuse', { do: 'refuse' }),
  ...both('reset', { do: 'reset' }),
  ...both('timeout', { do: 'timeout' }),
  on('write', 'timeout-late', { do: 'timeout', commitAfterMs: 1_500 }),
  on('write', 'bad-gateway-late', { do: 'status', status: 502, commitAfterMs: 1_000 }),
  on('any', 'truncate', { do: 'truncate' }),
  on('any', 'malformed', { do: 'malformed' }),
  ...both('html', { do: 'html', status: 200 }),
  ...both('empty', { do: 'empty' }),
  on('any', 'drip', { do: 'drip' }),
  on('any', 'gzip', { do: 'gzip' }),
  on('any', 'endless', { do: 'endless' }),
  ...both('500', { do: 'status', status: 500 }),
  ...both('502', { do: 'status', status: 502 }),
  ...both('503', { do: 'status', status: 503 }),
  ...both('504', { do: 'status', status: 504 }),
  on('any', 'key-revoked', { do: 'fail', status: 403, code: 'Forbidden.RAM' }),
  on('any', 'throttle-hint', { do: 'throttle', retryAfter: 1_000 }),
  on('any', 'throttle', { do: 'throttle', retryAfter: null }),
  on('any', 'throttle-zero', { do: 'throttle', retryAfter: 0 }),
  on('any', 'throttle-absurd', { do: 'throttle', retryAfter: 10 * DAY_MS }),
  ...both('unlisted', { do: 'fail', status: 400, code: 'DPN.Sweep.Unlisted' }),
  ...both('exists', { do: 'fail', status: 400, code: 'DPN.Sweep.AlreadyExists' }),
  ...both('not-found', { do: 'fail', status: 400, code: 'DPN.Sweep.NotFound' }),
  on('read', 'stale', { do: 'stale', staleMs: 2_000 }),
  on('list', 'missing', { do: 'missing' }),
  on('list', 'repeat', { do: 'repeat' }),
  on('list', 'total', { do: 'total' }),
  on('read', 'reorder', { do: 'reorder' }),
  on('list', 'hide', { do: 'hide' }),
  on('read', 'respell', { do: 'respell' }),
];

/** Beyond all that the engine waits for: what it makes is found by the next plan (late.ts), so no other case meets it. */
export const LATE_FAULT = on('write', 'timeout-beyond', { do: 'timeout', commitAfterMs: 90_000 });

/** Can it happen to a call of this operation? */
export const happensTo = ({ to }: SweepFault, operation: OperationName): boolean => {
  const { kind, page } = operationFacts(operation);
  return to === 'any' || to === kind || (to === 'list' && kind === 'read' && page !== null);
};

/** @throws Error for a name that no fault has */
export const faultCalled = (name: string): SweepFault => {
  const known = BY_NAME.get(name);
  if (!known) throw new Error(`no fault is called ${name}`);
  return known;
};
const BY_NAME = new Map([...FAULTS, LATE_FAULT].map((one) => [one.name, one]));
