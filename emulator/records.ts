/** What the emulator notes of every call: the log, and what callers did wrong. */
import { createHash, randomBytes } from 'node:crypto';
import type { KeyMaker } from './keys.ts';

/** One line of `GET /_emulator/calls`; no payloads. */
export type CallRecord = {
  readonly seq: number;
  /** Arrival on the world's clock, in milliseconds since the epoch. */
  readonly ms: number;
  readonly action: string;
  /** null for what was refused before the action was known. */
  level: number | null;
  quotas: readonly string[];
  outcome: 'ok' | 'refused' | 'throttled' | 'fault';
  code: string | null;
  /** Whether a write was carried out; becomes true later for a late commit. */
  committed: boolean;
  readonly requestId: string;
  readonly keyId: string;
};

export type Violation = {
  readonly kind: 'rate' | 'day' | 'readOnlyWrite' | 'signature' | 'nonce' | 'skew';
  readonly quota: string | null;
  readonly action: string;
  readonly ms: number;
  readonly requestId: string;
  readonly count: number | null;
  readonly limit: number | null;
};

export type Records = {
  readonly open: (ms: number, action: string, keyId: string) => CallRecord;
  readonly violate: (violation: Violation) => void;
  readonly calls: () => readonly CallRecord[];
  readonly clearCalls: () => void;
  readonly violations: () => readonly Violation[];
  readonly clearViolations: () => void;
  readonly keyMaker: KeyMaker;
};

/** Calls that are remembered; beyond it the oldest tenth is forgotten. */
const REMEMBERED = 1_000_000;
const NO_QUOTAS: readonly string[] = [];

/** @param seed makes request ids and keys the same in every run; without it they are random */
export const createRecords = (seed: number | undefined): Records => {
  let calls: CallRecord[] = [];
  let violations: Violation[] = [];
  let seq = 0;
  let keys = 0;
  const start = seed === undefined ? randomBytes(4).toString('hex') : (seed >>> 0).toString(16).padStart(8, '0');
  const prefix = `${start.toUpperCase()}-0000-5000-8000-`;
  const secretBytes = (): Buffer =>
    seed === undefined ? randomBytes(20) : createHash('sha256').update(`${seed}/${keys}`).digest().subarray(0, 20);
  return {
    open: (ms, action, keyId) => {
      seq++;
      const requestId = prefix + seq.toString(16).toUpperCase().padStart(12, '0');
      const record: CallRecord = {
        seq,
        ms,
        action,
        level: null,
        quotas: NO_QUOTAS,
        outcome: 'ok',
        code: null,
        committed: false,
        requestId,
        keyId,
      };
      calls.push(record);
      if (calls.length > REMEMBERED) calls = calls.slice(REMEMBERED / 10);
      return record;
    },
    violate: (violation) => {
      violations.push(violation);
    },
    calls: () => calls,
    clearCalls: () => {
      calls = [];
    },
    violations: () => violations,
    clearViolations: () => {
      violations = [];
    },
    keyMaker: (userId, readOnly) => {
      keys++;
      const bytes = secretBytes();
      return {
        id: `EMULATOR${readOnly ? 'RO' : 'RW'}${bytes.subarray(0, 5).toString('hex').toUpperCase()}`,
        secret: `emulator-only-${bytes.subarray(5).toString('hex')}`,
        userId,
        readOnly,
      };
    },
  };
};
