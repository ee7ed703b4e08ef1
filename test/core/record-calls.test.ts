import { describe, expect, it } from 'vitest';
import { dayIn, EMPTY_LEDGER, type Ledger, parseLedger, reserve, take } from '../../engine/core/ledger.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import {
  coveredNext,
  elsewhere,
  isRecordCalls,
  NO_RECORD_CALLS,
  OTHER_RUNS,
  type RecordCalls,
  withRun,
} from '../../engine/core/record-calls.ts';

const DAY = '2026-11-24';
const START = Date.parse('2026-11-24T02:00:00Z');
const calls = (level1: number, level3 = 0) => ({ '1': level1, '2': 0, '3': level3 });
const ended = (level1: number) => ({ by: 'apply', calls: calls(level1) });
const quotas = quotasOf('personal', null);
const ask = (more: { run?: string; record?: RecordCalls } = {}) => ({
  holder: 'a',
  by: 'apply',
  nowMs: START,
  timezone: 'UTC',
  level: 1 as const,
  quotas,
  perSecond: [5],
  guardMs: 50,
  notBeforeMs: 0,
  keep: [0],
  ...more,
});
const taking = (
  ledger: Ledger,
  more: { run?: string; record?: RecordCalls },
): { readonly ledger: Ledger; readonly count: number } => {
  for (let count = 0, now = ledger; ; count++) {
    const taken = take(now, ask(more));
    if ('spent' in taken) return { ledger: now, count };
    now = taken.ledger;
  }
};

describe('calls beside a record', () => {
  it('hold a run in the place of what it was before, and nothing of one that has made nothing', () => {
    const open = withRun(NO_RECORD_CALLS, DAY, 'r1', { ...ended(40), isOpen: true });
    const two = withRun(open, DAY, 'r2', ended(3));
    expect(withRun(two, DAY, 'r1', ended(7))).toEqual({ [DAY]: { r2: ended(3), r1: ended(7) } });
    expect(withRun(open, DAY, 'r1', ended(0))).toEqual({});
  });

  it('keep three days, and the sum of runs that have ended; none that is open is lost among them', () => {
    let all = withRun(NO_RECORD_CALLS, DAY, 'open', { ...ended(9), isOpen: true });
    for (let run = 0; run < 80; run++) all = withRun(all, DAY, `r${run}`, ended(1));
    expect(Object.keys(all[DAY] ?? {})).toHaveLength(52);
    expect([all[DAY]?.[OTHER_RUNS]?.calls, all[DAY]?.['open']?.isOpen]).toEqual([calls(30), true]);
    expect(elsewhere(all, DAY, dayIn(EMPTY_LEDGER, DAY, START))).toEqual(calls(89));
    for (const day of [25, 26, 27]) all = withRun(all, `2026-11-${day}`, 'r', ended(1));
    expect(Object.keys(all)).toEqual(['2026-11-27', '2026-11-26', '2026-11-25']);
  });

  it('are counted where a ledger has not counted the run itself, whatever the record says of it', () => {
    const record = withRun(withRun({}, DAY, 'mine', { ...ended(60), isOpen: true }), DAY, 'theirs', ended(30));
    const first = taking(EMPTY_LEDGER, { run: 'mine', record });
    // Its own bill was put there before its first call, and is no call of others once it has asked.
    expect(first.count).toBe(10 + 60);
    expect(dayIn(first.ledger, DAY, START).runs).toEqual({ mine: calls(70) });
    expect(taking(first.ledger, { record }).count).toBe(0);
    expect(taking(EMPTY_LEDGER, { record }).count).toBe(10);
  });

  it('leave less to be set aside, and make the run known to its ledger', () => {
    const record = withRun({}, DAY, 'theirs', ended(30));
    const ledger = reserve(EMPTY_LEDGER, { ...ask({ run: 'mine', record }), calls: calls(90) });
    const entry = dayIn(ledger, DAY, START);
    expect([entry.reservations['a']?.calls, entry.runs]).toEqual([calls(70), { mine: calls(0) }]);
    expect(parseLedger(JSON.stringify(ledger))).toEqual(ledger);
  });

  it('cover the whole bill from the first call on, the rest of it on the next day, and more by and by', () => {
    const bill = calls(10, 5);
    const made = (...days: readonly [string, ReturnType<typeof calls>][]) => new Map(days);
    expect(coveredNext(made([DAY, calls(1)]), DAY, null, bill)).toEqual(bill);
    expect(coveredNext(made([DAY, calls(10, 5)]), DAY, bill, bill)).toBeNull();
    expect(coveredNext(made([DAY, calls(11, 5)]), DAY, bill, bill)).toEqual(calls(31, 5));
    expect(coveredNext(made([DAY, calls(4, 5)], ['2026-11-25', calls(1)]), '2026-11-25', null, bill)).toEqual(calls(6));
    expect(coveredNext(made(), DAY, null, bill)).toBeNull();
  });

  it('are told from anything else', () => {
    expect(isRecordCalls(withRun({}, DAY, 'r', { ...ended(1), isOpen: true }))).toBe(true);
    for (const wrong of [null, [], { [DAY]: 1 }, { [DAY]: { r: {} } }, { [DAY]: { r: { by: 'a', calls: { '1': 0 } } } }])
      expect(isRecordCalls(wrong as never)).toBe(false);
  });
});
