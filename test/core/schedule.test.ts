import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrontier } from '../../engine/core/frontier.ts';
import { coneOf, createQueue, longestPath, scheduleOf } from '../../engine/core/schedule.ts';
import { step } from '../support/apply-plan.ts';

const group = (name: string, more: Parameters<typeof step>[2] = {}) => step(`userGroups/${name}#u`, 'UpdateUserGroup', more);
const id = (name: string) => `userGroups/${name}#u`;

describe('the schedule', () => {
  it('ranks by phase, then by the longest remaining path, then as the plan has them', () => {
    const steps = [
      group('delete', { phase: 'delete' }),
      group('short', { phase: 'create' }),
      group('other', { phase: 'create' }),
      group('long', { phase: 'create' }),
      group('next', { phase: 'update', after: [id('long')] }),
      group('check', { phase: 'check' }),
    ];
    const { rank } = scheduleOf(steps);
    expect([...rank].sort(([, a], [, b]) => a - b).map(([name]) => name)).toEqual(
      ['check', 'long', 'short', 'other', 'next', 'delete'].map(id),
    );
  });

  it('refuses circles, unknown steps and ids that come twice', () => {
    expect(() => scheduleOf([group('a', { after: [id('b')] }), group('b', { after: [id('a')] }), group('c')])).toThrow(
      `wait for each other: "${id('a')}", "${id('b')}"`,
    );
    expect(() => scheduleOf([group('a', { after: [id('x')] })])).toThrow(`waits for "${id('x')}", which the plan does not have`);
    expect(() => scheduleOf([group('a'), group('a')])).toThrow('comes twice');
  });

  it('knows the heaviest chain and all that hangs on a step', () => {
    const steps = [group('a'), group('b', { after: [id('a')] }), group('c', { after: [id('b'), id('a')] }), group('d')];
    expect(longestPath(steps, () => 2)).toBe(6);
    expect(longestPath([], () => 2)).toBe(0);
    expect([...coneOf([id('a')], scheduleOf(steps))].sort()).toEqual([id('b'), id('c')]);
    expect([...coneOf([id('d')], scheduleOf(steps))]).toEqual([]);
  });

  it('gives ranks back the least first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 })), (ranks) => {
        const queue = createQueue();
        for (const rank of ranks) queue.push(rank);
        const given = ranks.map(() => queue.pop());
        expect(given).toEqual([...ranks].sort((a, b) => a - b));
        expect([queue.pop(), queue.size(), queue.peek()]).toEqual([undefined, 0, Number.POSITIVE_INFINITY]);
      }),
    );
  });
});

describe('the frontier', () => {
  it('lets one step at a time work on an address, and brings back what waited for it', () => {
    const first = step('userGroups/a#1', 'UpdateUserGroup');
    const second = step('userGroups/a#2', 'UpdateUserGroup');
    const batch = step('userGroups/b#3', 'UpdateUserGroup', { serves: ['userGroups/b', 'userGroups/a'] });
    const steps = [first, second, batch];
    const frontier = createFrontier(steps, scheduleOf(steps));
    const take = () => frontier.take(3, () => true)?.id ?? null;
    expect([take(), take(), take()]).toEqual([first.id, null, null]);
    frontier.end(first, 'not-done');
    expect([take(), take()]).toEqual([second.id, null]);
    frontier.end(second, 'done');
    expect([take(), take()]).toEqual([batch.id, null]);
  });

  it('keeps the addresses of an unknown outcome closed', () => {
    const steps = [step('userGroups/a#1', 'UpdateUserGroup'), step('userGroups/a#2', 'UpdateUserGroup')];
    const frontier = createFrontier(steps, scheduleOf(steps));
    const first = frontier.take(3, () => true);
    if (first) frontier.end(first, 'unknown');
    expect(frontier.take(3, () => true)).toBeNull();
  });

  it('lets go only what waited for a step that is done', () => {
    const steps = [group('a'), group('b', { after: [id('a')] })];
    for (const how of ['done', 'not-done'] as const) {
      const frontier = createFrontier(steps, scheduleOf(steps));
      const first = frontier.take(3, () => true);
      expect(frontier.take(3, () => true)).toBeNull();
      if (first) frontier.end(first, how);
      expect(frontier.take(3, () => true)?.id ?? null).toBe(how === 'done' ? id('b') : null);
    }
  });

  it('does not reach behind a best step that may not go', () => {
    const steps = [group('a', { phase: 'create' }), group('b')];
    const frontier = createFrontier(steps, scheduleOf(steps));
    expect(frontier.take(3, (best) => best.id !== id('a'))).toBeNull();
    expect(frontier.take(3, () => true)?.id).toBe(id('a'));
  });

  it('tells what comes next: what is ready, and after each what needs nothing else', () => {
    const steps = [
      group('a', { phase: 'create' }),
      group('b', { after: [id('a')] }),
      group('c', { after: [id('a'), id('d')] }),
      group('d', { phase: 'update' }),
    ];
    const frontier = createFrontier(steps, scheduleOf(steps));
    const ahead = (most: number, isWanted = (_: { readonly id: string }): boolean => true) =>
      frontier.ahead(most, isWanted).map((one) => one.id);
    expect(ahead(9)).toEqual(['a', 'b', 'd', 'c'].map(id));
    expect(ahead(2)).toEqual(['a', 'b'].map(id));
    expect(ahead(9, (one) => one.id !== id('b'))).toEqual(['a', 'd', 'c'].map(id));
    // What is at work is no news; what follows it is.
    frontier.take(3, () => true);
    expect(ahead(9)).toEqual(['b', 'd', 'c'].map(id));
  });

  it('tells of a batch what comes next by what its parts need', () => {
    const parts = ['x', 'y'].map((name) => ({ id: id(name), address: `userGroups/${name}`, covers: [''], needs: [id('a')] }));
    const steps = [
      group('a', { phase: 'create' }),
      step('userGroups#u', 'UpdateUserGroup', { batch: { at: '/L', parts }, after: [id('a')] }),
    ];
    const frontier = createFrontier(steps, scheduleOf(steps));
    expect(frontier.ahead(9, () => true).map((one) => one.id)).toEqual([id('a'), 'userGroups#u']);
  });
});
