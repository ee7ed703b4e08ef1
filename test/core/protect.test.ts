/** What a protected environment lets through without a review. */
import { describe, expect, it } from 'vitest';
import type { Plan, Selection } from '../../engine/core/model.ts';
import { objectionsTo } from '../../engine/core/protect.ts';

const NONE: Selection = { target: [], exclude: [], chosen: 0, addresses: [], needed: [], leftOut: [], notLookedAt: [] };
const codes = (selection: Partial<Selection>) =>
  objectionsTo(
    {
      isProtected: true,
      environment: 'prod',
      destroy: false,
      changes: [],
      changesDigest: '0'.repeat(64),
      selection: { ...NONE, ...selection },
    } satisfies Partial<Plan>,
    {},
  ).map(({ code }) => code);

describe('a protected environment', () => {
  it('is applied unreviewed where only ends, leavers and secrets bring it about, and nothing else chooses', () => {
    expect(codes({ only: ['expired'] })).toEqual([]);
    expect(codes({ only: ['leaver', 'secret'] })).toEqual([]);
    const refused = ['PROTECTED_UNREVIEWED', 'PROTECTED_REFUSED'];
    expect(codes({ only: [] })).toEqual(refused);
    expect(codes({ only: ['expired', 'declared'] })).toEqual(refused);
    expect(codes({ only: ['expired'], target: ['userGroups/*'] })).toEqual(refused);
    expect(codes({ only: ['expired'], changedSince: { revision: 'main', commit: 'a' } })).toEqual(refused);
  });
});
