/** Who gains and who loses what: by the model, by the long way on random worlds, and in a plan. */
import { describe, expect, it } from 'vitest';
import { compareAccess } from '../../engine/core/access.ts';
import { comparePairs, compareSeed, sidesOf } from '../access/compare.ts';
import type { Pair } from '../access/worlds.ts';

const pair = (address: string, before: object | null, after: object | null = before): Pair => {
  const [kind = '', ...key] = address.split('/');
  return { kind, key, before, after };
};
const rightsOf = (pairs: readonly Pair[]) => {
  const { engine, naive } = comparePairs(pairs);
  expect(engine).toEqual(naive);
  return engine;
};
const readers = (...who: string[]) => Object.fromEntries(who.map((one) => [one, {}]));
const group = (...who: string[]) => ({ active: true, admins: {}, members: Object.fromEntries(who.map((one) => [one, true])) });
const orders = (rules: Readonly<Record<string, object>>) => ({
  tables: { 'finance.orders region': { column: 'region_name' } },
  rules: Object.fromEntries(
    Object.entries(rules).map(([value, grant]) => [
      value,
      value === 'all' ? { scope: 'all', grant } : { scope: 'select', where: { column: 'region', equal: value }, grant },
    ]),
  ),
});

describe('access', () => {
  it('is gained through a group by whoever joins it, and lost by whoever leaves', () => {
    expect(
      rightsOf([
        pair('userGroups/a', group('carol'), group('bob')),
        pair('rowPermissions/p', orders({ east: { 'userGroups/a': true } })),
      ]),
    ).toEqual([
      '+ bob | member | userGroups/a | for ever',
      '+ bob | rows region_name = east | tables/finance.orders | for ever | by userGroups/a',
      '- carol | member | userGroups/a | for ever',
      '- carol | rows region_name = east | tables/finance.orders | for ever | by userGroups/a',
    ]);
  });

  it('is neither gained nor lost where another way gives the same', () => {
    const grants = { select: readers('userGroups/a', 'userGroups/b') };
    expect(
      rightsOf([
        pair('userGroups/a', group('bob'), group()),
        pair('userGroups/b', group(), group('bob')),
        pair('resourceGrants/tables/finance.orders', grants),
      ]),
    ).toEqual(['+ bob | member | userGroups/b | for ever', '- bob | member | userGroups/a | for ever']);
  });

  it('is gained where it lasts longer, and lost where it ends sooner', () => {
    const until = (day: string) => ({ select: { bob: { until: day } } });
    const grants = 'resourceGrants/dataSources/db';
    expect(rightsOf([pair(grants, until('2027-01-31'), until('2027-06-30'))])).toEqual([
      '+ bob | select | dataSources/db | until 2027-06-30 | else until 2027-01-31',
    ]);
    expect(rightsOf([pair(grants, { select: { bob: {} } }, until('2027-06-30'))])).toEqual([
      '- bob | select | dataSources/db | for ever | else until 2027-06-30',
    ]);
  });

  it('stops where a group no longer works, and its people stay in it', () => {
    expect(
      rightsOf([
        pair('userGroups/a', group('bob'), { ...group('bob'), active: false }),
        pair('resourceGrants/tables/finance.orders', { select: readers('userGroups/a') }),
      ]),
    ).toEqual(['- bob | select | tables/finance.orders | for ever | by userGroups/a']);
  });

  it('ends with the person, whatever still names him', () => {
    expect(
      rightsOf([
        pair('tenantMembers/bob', { roles: {} }, null),
        pair('userGroups/a', group('bob')),
        pair('resourceGrants/tables/finance.orders', { select: readers('userGroups/a') }),
      ]),
    ).toEqual([
      '- bob | member | tenant | for ever',
      '- bob | member | userGroups/a | for ever',
      '- bob | select | tables/finance.orders | for ever | by userGroups/a',
    ]);
  });

  it('shows everybody who reads a table all rows, once the last filter goes', () => {
    const project = { mode: 'basic', members: { prod: { ann: ['analyst'], bob: ['analyst'] } } };
    expect(
      rightsOf([pair('projects/finance', project), pair('rowPermissions/p', orders({ east: { bob: true } }), null)]),
    ).toEqual(['+ ann | all rows | tables/finance.orders | for ever', '+ bob | all rows | tables/finance.orders | for ever']);
    expect(rightsOf([pair('projects/finance', project), pair('rowPermissions/p', null, orders({ all: { bob: true } }))])).toEqual(
      ['- ann | all rows | tables/finance.orders | for ever'],
    );
  });

  it('sees other rows where another column feeds the rule', () => {
    const before = orders({ east: { bob: true } });
    const after = { ...before, tables: { 'finance.orders region': { column: 'home' } } };
    expect(rightsOf([pair('rowPermissions/p', before, after)])).toEqual([
      '+ bob | rows home = east | tables/finance.orders | for ever',
      '- bob | rows region_name = east | tables/finance.orders | for ever',
    ]);
  });

  it('of a group whose people were not read is the group itself, and that is said', () => {
    const { gained, unread } = compareAccess(
      sidesOf([
        pair('userGroups/a', { active: true, admins: {} }),
        pair('resourceGrants/tables/finance.orders', null, { select: readers('userGroups/a') }),
      ]),
    );
    expect(gained).toEqual([{ who: ['userGroups/a'], may: 'select', on: 'tables/finance.orders', through: [], until: null }]);
    expect(unread).toEqual([{ why: 'who belongs to it was not read', addresses: ['userGroups/a'] }]);
  });

  it('is the same whatever the order of the resources', () => {
    const pairs = sidesOf([
      pair('userGroups/a', group('carol'), group('bob', 'ann')),
      pair('resourceGrants/tables/finance.orders', { select: readers('userGroups/a') }),
    ]);
    expect(compareAccess([...pairs].reverse())).toEqual(compareAccess(pairs));
  });

  // scripts/access.ts plays 5,000 and more.
  it.each([0, 1, 2, 3])('is what the long way finds, in random worlds %#', (part) => {
    const differing = Array.from({ length: 50 }, (_, at) => part * 50 + at).filter((seed) => {
      const { engine, naive } = compareSeed(seed);
      return engine.join('\n') !== naive.join('\n');
    });
    expect(differing).toEqual([]);
  });
});
