/** Lists are proven complete or are not believed: a short one never passes for a whole one (RELIABILITY 3.4, G21). */
import { describe, expect, it } from 'vitest';
import { rowsAt } from '../../engine/core/kind.ts';
import type { CallResult, JsonObject } from '../../engine/core/ports.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { createReader, type Rows } from '../../engine/shell/reader.ts';
import { createVirtualClock } from '../support/apply-clock.ts';

const PAGE = 50;
const READ = {
  operation: 'ListUserGroupMembers',
  rows: (answer: JsonObject) => rowsAt(answer, 'PageResult', 'UserList'),
  identity: (row: JsonObject) => String(row['Id']),
} as const;

type Page = { readonly rows: readonly JsonObject[]; readonly total: number };
/** What goes wrong with one page. */
const FAULTS: Readonly<Record<string, (page: Page) => Page | CallResult>> = {
  'is empty': ({ total }) => ({ rows: [], total }),
  'lacks its last row': ({ rows, total }) => ({ rows: rows.slice(0, -1), total }),
  'has a row twice': ({ rows, total }) => ({ rows: [...rows.slice(0, -1), ...rows.slice(0, 1)], total }),
  'tells another total': ({ rows, total }) => ({ rows, total: total + 1 }),
  'is answered with an error': () => ({ outcome: 'unknown', code: 'HTTP_500', message: '', status: 500, requestId: null }),
  'is refused': () => ({ outcome: 'rejected', code: 'InvalidParameter', message: '', status: 400, requestId: null }),
};

/** Reads a list of so many rows; what goes wrong with a page goes wrong each time. */
const read = async (count: number, wrong: { readonly page: number; readonly fault: string } | null): Promise<Rows | 'failed'> => {
  const all = Array.from({ length: count }, (_, index) => ({ Id: String(index) }));
  const clock = createVirtualClock();
  const call = async (_operation: string, request: JsonObject): Promise<CallResult> => {
    const number = Number((request['ListQuery'] as JsonObject)['PageNo']);
    const page: Page = { rows: all.slice((number - 1) * PAGE, number * PAGE), total: count };
    const given = wrong?.page === number ? FAULTS[wrong.fault]?.(page) : page;
    if (given && 'outcome' in given) return given;
    const { rows, total } = given ?? page;
    return { outcome: 'done', answer: { PageResult: { UserList: rows, TotalCount: total } }, requestId: null };
  };
  const pacer = createPacer({ quotas: [], share: 1, clock, random: () => 0 });
  const reader = createReader({ client: { call, close: () => undefined }, pacer, clock, random: () => 0 });
  return reader.list(READ, { ListQuery: {} }).catch(() => 'failed' as const);
};

const SIZES = [1, 2, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 10 * PAGE];

describe('a list', () => {
  it('is read to its last row, whatever its length', async () => {
    for (const size of [0, ...SIZES]) {
      const rows = await read(size, null);
      expect(rows, `${size} rows`).toMatchObject({ isComplete: true, pages: Math.max(1, Math.ceil(size / PAGE)) });
      expect(rows === 'failed' ? null : rows.rows.length).toBe(size);
    }
  });

  for (const fault of Object.keys(FAULTS))
    it(`is not taken for complete where a page ${fault}`, async () => {
      for (const size of SIZES)
        for (let page = 1; page <= Math.ceil(size / PAGE); page++) {
          // One row cannot come twice in the place of another.
          if (fault === 'has a row twice' && Math.min(PAGE, size - (page - 1) * PAGE) < 2) continue;
          const rows = await read(size, { page, fault });
          expect(rows === 'failed' || !rows.isComplete, `${size} rows, page ${page}`).toBe(true);
        }
    });
});

describe('a read that does not succeed', () => {
  const failed = (outcome: 'unknown' | 'rejected', code: string, status: number | null = 400): CallResult =>
    ({ outcome, code, message: 'no', status, requestId: 'r-1' }) as CallResult;
  const DONE: CallResult = { outcome: 'done', answer: { Data: 1 }, requestId: null };
  const THROTTLED: CallResult = {
    outcome: 'throttled',
    code: 'Throttling.User',
    message: '',
    retryAfterMs: null,
    requestId: null,
  };
  /** The last one stands for all that follow. */
  const call = async (...results: readonly CallResult[]) => {
    const clock = createVirtualClock();
    let calls = 0;
    const client = { call: async () => results[Math.min(calls++, results.length - 1)] ?? DONE, close: () => undefined };
    const pacer = createPacer({ quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay: null }], share: 1, clock, random: () => 0 });
    const reader = createReader({ client, pacer, clock, random: () => 0 });
    const end = await reader
      .call('GetMyTenants', {})
      .catch((error: { code: string; message: string }) => `${error.code}: ${error.message}`);
    return { end, calls, spent: reader.spent().operations['GetMyTenants'], seconds: clock.nowMs() / 1000 };
  };

  it('is tried four times where it may yet succeed, and counted each time', async () => {
    expect(await call(failed('unknown', 'HTTP_502', 502), DONE)).toMatchObject({ end: { Data: 1 }, calls: 2, spent: 2 });
    expect(await call({ outcome: 'not-sent', code: 'CONNECT_REFUSED', message: 'refused' })).toMatchObject({
      end: 'UNREACHABLE: The service could not be reached. GetMyTenants: CONNECT_REFUSED. Refused.',
      calls: 4,
      spent: 4,
    });
    expect(await call(failed('unknown', 'HTTP_502', 502))).toMatchObject({
      end: 'ANSWER_WRONG: The service gave no usable answer. GetMyTenants: HTTP_502 (request r-1). No.',
      calls: 4,
    });
  });

  it('ends at once where the service has said no, in words of what was refused', async () => {
    for (const [code, words] of [
      ['InvalidAccessKeyId.NotFound', 'CREDENTIALS_REFUSED: The service refused the access key.'],
      ['SignatureDoesNotMatch', 'CREDENTIALS_REFUSED: The service refused the access key.'],
      ['InvalidTimeStamp.Expired', 'CREDENTIALS_REFUSED: The service refused the access key.'],
      ['NoPermission', 'PERMISSION_DENIED: The caller may not read this.'],
      ['Forbidden.RAM', 'PERMISSION_DENIED: The caller may not read this.'],
      ['InvalidParameter', 'ANSWER_WRONG: The service refused a read.'],
    ] as const)
      expect(await call(failed('rejected', code)), code).toMatchObject({
        end: `${words} GetMyTenants: ${code} (request r-1). No.`,
        calls: 1,
      });
  });

  it('waits while it is throttled, and takes the fifth time in a row for the day', async () => {
    const once = await call(THROTTLED, THROTTLED, DONE);
    expect(once).toMatchObject({ end: { Data: 1 }, calls: 3, spent: 3 });
    expect(once.seconds).toBeGreaterThanOrEqual(1);
    expect(await call(THROTTLED)).toMatchObject({
      end: 'DAY_SPENT: The service refuses further calls of levels 1, 2 and 3 today.',
      calls: 5,
    });
  });

  it('tells that a thing is not there, where the code is known to say so', async () => {
    expect(await call(failed('rejected', 'DPN.Filter.ProjectNotFound'))).toMatchObject({ end: null, calls: 1 });
  });
});
