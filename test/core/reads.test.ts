import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/core/ports.ts';
import { isComplete, nameTable, pageRequest, pagesOf, stepShows, totalOf, wantedLists } from '../../engine/core/reads.ts';
import { KINDS, LOOK_UPS } from '../../engine/kinds/index.ts';
import { projects } from '../../engine/kinds/projects.ts';
import { userGroups } from '../../engine/kinds/user-groups.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { desiredOf, PLACE } from '../support/resources.ts';

describe('a list is complete', () => {
  it('when every page told the same total, no row came twice, and the count fits', () => {
    expect(isComplete([3, 3], ['a', 'b', 'c'])).toBe(true);
    expect(isComplete([0], [])).toBe(true);
  });
  it('and else it is not', () => {
    expect(isComplete([3, 4], ['a', 'b', 'c'])).toBe(false);
    expect(isComplete([3, 3], ['a', 'b', 'b'])).toBe(false);
    expect(isComplete([3], ['a', 'b'])).toBe(false);
    expect(isComplete([2], ['a', 'b', 'c'])).toBe(false);
    expect(isComplete([null], ['a'])).toBe(false);
    expect(isComplete([], [])).toBe(false);
  });
});

describe('pages', () => {
  it('are of fifty rows, and an empty list is one page', () => {
    expect([0, 1, 50, 51, 100, 101].map((total) => pagesOf(total))).toEqual([1, 1, 1, 2, 2, 3]);
  });
  it('are asked for at the places of the operation, beside its own request', () => {
    const { page } = operationFacts('ListUserGroupMembers');
    if (!page) throw new Error('the list has pages');
    expect(pageRequest({ ListQuery: { UserGroupId: '7' } }, page, 3)).toEqual({
      ListQuery: { UserGroupId: '7', PageNo: 3, PageSize: 50 },
    });
    expect(totalOf({ PageResult: { TotalCount: 12 } }, page)).toBe(12);
    for (const wrong of [{}, { PageResult: {} }, { PageResult: { TotalCount: '12' } }, { PageResult: { TotalCount: -1 } }])
      expect(totalOf(wrong, page)).toBe(null);
  });
});

describe('the lists of a plan', () => {
  const lists = (...args: Parameters<typeof wantedLists> extends [unknown, unknown, ...infer R] ? R : never) => {
    const { kinds, lookUps } = wantedLists(KINDS, LOOK_UPS, ...args);
    return [...kinds.map((kind) => kind.collection), ...lookUps.map((one) => one.collection)];
  };
  const group = desiredOf(userGroups, 'a', {});
  const reference = (kind: string, name: string) => ({
    kind,
    name,
    address: `${kind}/${name}`,
    pointer: '/x',
    source: PLACE,
  });
  it('are those of what is declared, and nothing more', () => expect(lists([group], null)).toEqual(['userGroups']));
  it('hold the members as soon as a list of people is given', () => {
    expect(lists([{ ...group, listsPeople: true }], null)).toEqual(['tenantMembers', 'userGroups']);
  });
  it('hold what is named, and not what an id names', () => {
    const project = desiredOf(projects, 'p', {});
    expect(
      lists([{ ...project, references: [reference('computeSources', 'mc'), reference('bizUnits', 'retail')] }], null),
    ).toEqual(['computeSources', 'projects', 'bizUnits']);
    expect(lists([{ ...project, references: [reference('computeSources', 'id:1')] }], null)).toEqual(['projects']);
  });
  it('hold what the record calls ours', () => {
    expect(lists([], { resources: { 'computeSources/mc': {} } } as never)).toEqual(['computeSources']);
  });
});

describe('names', () => {
  const table = nameTable(new Map([['3', 'bob@example.com']]));
  table.learn([
    ['users', 'alice@example.com', '2'],
    ['users', 'robert@example.com', '3'],
    ['computeSources', 'mc', '10'],
    ['computeSources', '', '11'],
    ['computeSources', 'nameless', ''],
  ]);
  it('lead to ids and back', () => {
    expect([table.id('computeSources', 'mc'), table.name('computeSources', '10')]).toEqual(['10', 'mc']);
    expect([table.userId('alice@example.com'), table.account('2')]).toEqual(['2', 'alice@example.com']);
  });
  it('of somebody who was renamed are the ones that the files use', () => {
    expect([table.account('3'), table.userId('bob@example.com')]).toEqual(['3', 'bob@example.com'].reverse());
  });
  it('that nobody knows are null, and ids stand for themselves', () => {
    expect([table.id('computeSources', 'MC'), table.id('userGroups', 'mc'), table.name('computeSources', '11')]).toEqual([
      null,
      null,
      null,
    ]);
    expect([table.id('computeSources', 'id:99'), table.userId('id:7'), table.account('99')]).toEqual(['99', '7', 'id:99']);
  });
});

describe('whether a step has happened', () => {
  const before = { text: 'a', list: { x: true } };
  const after = { text: 'b', list: { y: true } };
  it('shows in all that it was to change', () => {
    expect(stepShows(after, before, after, ['/text', '/list/x', '/list/y'])).toBe('after');
    expect(stepShows(before, before, after, ['/text', '/list/x', '/list/y'])).toBe('before');
    expect(stepShows({ text: 'b', list: { x: true } }, before, after, ['/text', '/list/x'])).toBe('neither');
    expect(stepShows(before, before, after, [])).toBe('neither');
  });
  it('does not depend on the order of keys, and takes a text that was never set for the empty one', () => {
    expect(stepShows({ v: { a: 1, b: 2 } }, { v: {} }, { v: { b: 2, a: 1 } }, ['/v'])).toBe('after');
    expect(stepShows({ mail: '' }, null, { mail: 'm' }, ['/mail'])).toBe('before');
  });
});

it('a value that the plan conceals was there before: whatever is not what was to come', () => {
  const shows = (key: string | undefined) =>
    stepShows(key === undefined ? {} : { key }, { key: null }, { key: 'ours' }, ['/key']);
  expect([shows('ours'), shows('theirs'), shows(undefined)]).toEqual(['after', 'before', 'before']);
});

it('of an element that a read shows to be there and no more, being there is what counts', () => {
  const shows = (live: Record<string, true>) =>
    stepShows({ members: live }, { members: {} }, { members: { bob: 'admin' } }, ['/members/bob'], () => true);
  expect([shows({ bob: true }), shows({ alice: true })]).toEqual(['after', 'before']);
});

it('what a grant was to bring and is not there has not come, also where it was another thing before', () => {
  const shows = (bob: Json | undefined, isGrant: boolean) =>
    stepShows(
      { members: bob === undefined ? {} : { bob } },
      { members: { bob: { owner: true } } },
      { members: { bob: {} } },
      ['/members/bob'],
      () => false,
      { isGrant },
    );
  expect([shows(undefined, true), shows({}, true), shows({ until: '2027-12-31' }, true)]).toEqual(['before', 'after', 'neither']);
  expect(shows(undefined, false)).toBe('neither');
});

it('of an element what counts is what no other rule speaks of', () => {
  const shows = (live: Record<string, string>) =>
    stepShows(
      { tables: { t: live } },
      { tables: {} },
      { tables: { t: { column: 'a', extra: 'x' } } },
      ['/tables/t'],
      () => false,
      { omits: () => ['extra'] },
    );
  expect([shows({ column: 'a' }), shows({ column: 'b', extra: 'x' })]).toEqual(['after', 'neither']);
});
