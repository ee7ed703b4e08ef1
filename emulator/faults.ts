/** Faults that a test orders: what goes wrong, at which call, before or after the service acted (EMULATOR.md). */
import type { OperationFacts, OperationName } from '../engine/operations/index.ts';
import { atPointer, isObject, type JsonObject } from './json.ts';

/** Done to the answer on its way; the call itself is carried out. */
const TRANSPORT = [
  'refuse',
  'reset',
  'timeout',
  'truncate',
  'malformed',
  'html',
  'empty',
  'drip',
  'gzip',
  'endless',
  'exit',
] as const;
const REFUSALS = ['status', 'fail', 'throttle'] as const;
/** Done to what a read shows. */
const READS = ['stale', 'missing', 'repeat', 'reorder', 'total', 'hide', 'respell'] as const;

export type TransportFault = (typeof TRANSPORT)[number];
export type ReadFault = (typeof READS)[number];
export type Fault = {
  readonly match: {
    /** An operation's name, or `*` for any. */
    readonly action: OperationName | '*';
    /** The how many-th matching call since the fault was set is the first to meet it, from 1. */
    readonly nth?: number;
    readonly page?: number;
    /** Fields of the request by JSON Pointer; numbers and their text are equal. */
    readonly where?: { readonly [pointer: string]: unknown };
  };
  /** How many calls meet it; 1 unless told. */
  readonly times?: number;
  /** Whether the service acts before the fault shows: `before` (it does not) unless told. */
  readonly when?: 'before' | 'after';
  readonly do: TransportFault | (typeof REFUSALS)[number] | ReadFault;
  readonly status?: number;
  readonly code?: string;
  /** Milliseconds in `x-acs-retry-after`; null leaves the header out. */
  readonly retryAfter?: number | null;
  /** The write is carried out this much later, on the world's clock. */
  readonly commitAfterMs?: number;
  /** `stale`: how old the world is that a read shows; 2,000 unless told. */
  readonly staleMs?: number;
};
export type SetFault = Fault & { readonly met: number };

export const isTransportFault = (word: Fault['do']): word is TransportFault => (TRANSPORT as readonly string[]).includes(word);
export const isReadFault = (word: Fault['do']): word is ReadFault => (READS as readonly string[]).includes(word);

const KNOWN = new Set(['match', 'times', 'when', 'do', 'status', 'code', 'retryAfter', 'commitAfterMs', 'staleMs']);
const KNOWN_MATCH = new Set(['action', 'nth', 'page', 'where']);

/**
 * Faults read from outside.
 *
 * @throws Error that names the fault and the field
 */
export const parseFaults = (value: unknown): readonly Fault[] => {
  if (!Array.isArray(value)) throw new Error('faults: expected a list');
  return value.map((one, at) => parseFault(one, `faults[${at}]`));
};

const parseFault = (value: unknown, place: string): Fault => {
  if (!isObject(value) || !isObject(value.match)) throw new Error(`${place}: expected an object with "match" and "do"`);
  const refuseUnknown = (object: object, known: ReadonlySet<string>): void => {
    for (const key of Object.keys(object)) if (!known.has(key)) throw new Error(`${place}: unknown field "${key}"`);
  };
  refuseUnknown(value, KNOWN);
  refuseUnknown(value.match, KNOWN_MATCH);
  if (typeof value.match.action !== 'string') throw new Error(`${place}.match.action: expected the name of an operation, or *`);
  const words: readonly unknown[] = [...TRANSPORT, ...REFUSALS, ...READS];
  if (!words.includes(value.do)) throw new Error(`${place}.do: one of ${words.join(', ')}`);
  if (value.when !== undefined && value.when !== 'before' && value.when !== 'after')
    throw new Error(`${place}.when: before or after`);
  const numbers: [string, unknown, number][] = [
    ['times', value.times, 1],
    ['match.nth', value.match.nth, 1],
    ['match.page', value.match.page, 1],
    ['status', value.status, 100],
    ['retryAfter', value.retryAfter ?? undefined, 0],
    ['commitAfterMs', value.commitAfterMs, 0],
    ['staleMs', value.staleMs, 0],
  ];
  for (const [name, number, least] of numbers)
    if (number !== undefined && !(typeof number === 'number' && number >= least))
      throw new Error(`${place}.${name}: expected a number, at least ${least}`);
  if (value.match.where !== undefined && !isObject(value.match.where)) throw new Error(`${place}.match.where: expected a map`);
  return value as unknown as Fault;
};

type Armed = { readonly fault: Fault; seen: number; met: number };

export type Faults = {
  readonly add: (faults: readonly Fault[]) => void;
  readonly clear: () => void;
  /** All faults that were set, with how many calls met each. */
  readonly list: () => readonly SetFault[];
  /** Notes that a call arrived; gives the fault that it would meet, which `meet` then spends. */
  readonly arrive: (action: OperationName, facts: OperationFacts, parameters: JsonObject) => Armed | null;
  readonly meet: (armed: Armed) => void;
};

const sameValue = (live: unknown, wanted: unknown): boolean =>
  typeof wanted === 'object' || typeof live === 'object'
    ? JSON.stringify(live) === JSON.stringify(wanted)
    : String(live) === String(wanted);

const matches = (fault: Fault, action: OperationName, facts: OperationFacts, parameters: JsonObject): boolean => {
  const { match } = fault;
  if (match.action !== '*' && match.action !== action) return false;
  if (match.page !== undefined) {
    const page = facts.page === null ? undefined : atPointer(parameters, `/${facts.page.page.replaceAll('.', '/')}`);
    if (String(page ?? 1) !== String(match.page)) return false;
  }
  return Object.entries(match.where ?? {}).every(([pointer, wanted]) => sameValue(atPointer(parameters, pointer), wanted));
};

export const createFaults = (): Faults => {
  let armed: Armed[] = [];
  return {
    add: (faults) => {
      armed = [...armed, ...faults.map((fault) => ({ fault, seen: 0, met: 0 }))];
    },
    clear: () => {
      armed = [];
    },
    list: () => armed.map(({ fault, met }) => ({ ...fault, met })),
    arrive: (action, facts, parameters) => {
      let first: Armed | null = null;
      for (const one of armed) {
        if (!matches(one.fault, action, facts, parameters)) continue;
        one.seen++;
        if (first === null && one.met < (one.fault.times ?? 1) && one.seen >= (one.fault.match.nth ?? 1)) first = one;
      }
      return first;
    },
    meet: (one) => {
      one.met++;
    },
  };
};
