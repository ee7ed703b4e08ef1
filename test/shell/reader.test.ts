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
