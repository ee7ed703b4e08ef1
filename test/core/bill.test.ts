import { describe, expect, it } from 'vitest';
import { addCalls, billOf, callsOf, NO_CALLS } from '../../engine/core/bill.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import { step } from '../support/apply-plan.ts';

const NONE = { level1: 0, level2: 0, level3: 0 };
const updates = (count: number) =>
  Array.from({ length: count }, (_, index) => step(`userGroups/g${index}#update`, 'UpdateUserGroup'));

describe('the bill', () => {
  it('counts calls by level and operation', () => {
    expect(callsOf(['UpdateUserGroup', 'AddUserGroupMember', 'UpdateUserGroup', 'ListUserGroups'])).toEqual({
      levels: { '1': 1, '2': 1, '3': 2 },
      operations: { AddUserGroupMember: 1, ListUserGroups: 1, UpdateUserGroup: 2 },
    });
    expect(addCalls(callsOf(['UpdateUserGroup']), callsOf(['UpdateUserGroup', 'AddUserGroupMember']))).toEqual({
      levels: { '1': 0, '2': 1, '3': 2 },
      operations: { AddUserGroupMember: 1, UpdateUserGroup: 2 },
    });
  });

  it('says what was spent, what is to come, what doubts may add, and what is left today', () => {
    const spent = callsOf(['GetMyTenants', 'ListUserGroups']);
    const reads = callsOf(['ListUserGroups']);
    const steps = [...updates(2), step('computeSources/a#check', 'CheckComputeSourceConnectivity', { phase: 'check' })];
    expect(billOf(steps, quotasOf('basic', null), spent, spent, [2, 0, 88, 188], { ...NONE, level3: 0.2 }, reads)).toEqual({
      spent,
      minimum: spent,
      toApply: { levels: { '1': 0, '2': 0, '3': 3 }, operations: { CheckComputeSourceConnectivity: 1, UpdateUserGroup: 2 } },
      settle: { levels: { '1': 4, '2': 0, '3': 2 }, operations: { ListUserGroups: 4, UpdateUserGroup: 2 } },
      check: { levels: { '1': 0, '2': 0, '3': 0 }, operations: {} },
      left: [
        { levels: [1], perDay: null, left: null, reserve: 0 },
        { levels: [2], perDay: null, left: null, reserve: 0 },
        { levels: [1, 2], perDay: 50_000, left: 49_912, reserve: 0 },
        { levels: [3], perDay: 10_000, left: 9_812, reserve: 2_000 },
      ],
      seconds: 1,
      days: 1,
      byDay: [{ day: '1970-01-01', toApply: callsOf(steps.map(({ operation }) => operation)), check: NO_CALLS }],
      looks: { lists: [], further: [], each: {} },
    });
  });

  it('takes as long as the slowest quota, or the longest chain', () => {
    const seconds = (steps: ReturnType<typeof updates>, edition: 'basic' | 'agile') =>
      billOf(steps, quotasOf(edition, null), NO_CALLS, NO_CALLS, [], NONE).seconds;
    expect(seconds(updates(100), 'basic')).toBe(21);
    const chain = Array.from({ length: 50 }, (_, index) =>
      step(`projects/p${index}#m`, 'AddProjectMember', { after: index === 0 ? [] : [`projects/p${index - 1}#m`] }),
    );
    expect(seconds(chain, 'basic')).toBe(5);
    expect(seconds([], 'basic')).toBe(0);
  });

  it('says which calls may use the reserve of the day', () => {
    const revokes = updates(3).map((one) => ({ ...one, id: `${one.id}-`, phase: 'revoke' as const }));
    const bill = (steps: ReturnType<typeof updates>) => billOf(steps, quotasOf('basic', null), NO_CALLS, NO_CALLS, [], NONE);
    expect(bill([...updates(2), ...revokes]).fromReserve).toEqual(callsOf(revokes.map(({ operation }) => operation)));
    expect('fromReserve' in bill(updates(2))).toBe(false);
  });

  it('needs another day for what today has no calls for, the reserve and the look of each later day aside', () => {
    const days = (count: number, used: number, level3 = 0) =>
      billOf(updates(count), quotasOf('personal', null), NO_CALLS, NO_CALLS, [used], { ...NONE, level3 }).days;
    expect([days(0, 0), days(100, 0), days(101, 0), days(100, 1), days(297, 0), days(298, 0)]).toEqual([0, 1, 2, 2, 3, 4]);
    expect([days(80, 0, 0.2), days(81, 0, 0.2), days(10, 250)]).toEqual([1, 2, 2]);
  });
});
