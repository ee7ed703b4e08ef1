/** What a workspace lets no plan do unasked: counted, shown, confirmed by number; the stricter guard holds. */
import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../engine/core/access-model.ts';
import { fewAdmins } from '../../engine/core/admins.ts';
import {
  beyondGuards,
  confirmText,
  type GuardsInput,
  loosened,
  NO_GUARDS,
  stricter,
  unconfirmed,
} from '../../engine/core/guards.ts';
import type { GuardsConfig } from '../../engine/core/workspace.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { sidesOf } from '../access/compare.ts';
import type { Pair } from '../access/worlds.ts';

const guards = (over: Partial<GuardsConfig>): GuardsConfig => ({ ...NO_GUARDS, ...over });
const right = (who: readonly string[], may = 'select', on = 'tables/finance.orders'): AccessEntry => ({
  who,
  may,
  on,
  through: [],
  until: null,
});
const beyond = (over: Partial<GuardsInput>) =>
  beyondGuards({
    guards: NO_GUARDS,
    deleted: [],
    ours: 0,
    access: { gained: [], lost: [], unread: [] },
    sides: [],
    caller: 'ci',
    ...over,
  }).map(({ guard, count, names }) => [guard, count, ...names]);
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `userGroups/g${at}`);

const ADMINISTERS = new Map(KINDS.map(({ collection, access }) => [collection, access?.administers]));
const administered = (...pairs: Pair[]) =>
  pairs.flatMap((pair) => {
    const administers = ADMINISTERS.get(pair.kind);
    return sidesOf([pair]).map((sides) => ({ ...sides, ...(administers === undefined ? {} : { administers }) }));
  });
const pair = (kind: string, name: string, before: object | null, after: object | null = before): Pair => ({
  kind,
  key: [name],
  before,
  after,
});
const group = (...admins: string[]) => ({ admins: Object.fromEntries(admins.map((who) => [who, true])), members: {} });
const member = (...roles: string[]) => ({ roles: Object.fromEntries(roles.map((role) => [role, true])) });

describe('guards', () => {
  it('count what is deleted, and hold its share only against ten resources and more', () => {
    const count = guards({ deletes: { count: 2, share: null } });
    const share = guards({ deletes: { count: null, share: 0.3 } });
    expect(beyond({ guards: count, deleted: names(2), ours: 2 })).toEqual([]);
    expect(beyond({ guards: count, deleted: names(3), ours: 3 })).toEqual([['deletes', 3, ...names(3)]]);
    expect(beyond({ guards: share, deleted: names(9), ours: 9 })).toEqual([]);
    expect(beyond({ guards: share, deleted: names(3), ours: 10 })).toEqual([]);
    expect(beyond({ guards: share, deleted: names(4), ours: 10 })).toEqual([['deletes', 4, ...names(4)]]);
  });

  it('count people once, however many rights they lose or gain', () => {
    const few = guards({ losses: { people: 1 }, gains: { people: 1 } });
    const lost = [right(['ann', 'bob']), right(['bob'], 'update')];
    expect(beyond({ guards: few, access: { lost, gained: [right(['eve'])], unread: [] } })).toEqual([
      ['losses', 2, 'ann', 'bob'],
    ]);
    expect(beyond({ guards: few, access: { lost: [], gained: lost, unread: [] } })).toEqual([['gains', 2, 'ann', 'bob']]);
  });

  it('say in words what is beyond them', () => {
    const words = (over: Partial<GuardsInput>) =>
      beyondGuards({
        guards: NO_GUARDS,
        deleted: [],
        ours: 0,
        access: { gained: [], lost: [], unread: [] },
        sides: [],
        caller: 'ci',
        ...over,
      }).map(({ message }) => message);
    const without = (...groups: string[]) =>
      administered(...groups.map((name) => pair('userGroups', name, group('ann'), group())));
    expect(words({ guards: guards({ deletes: { count: 0, share: null } }), deleted: names(1), ours: 20 })).toEqual([
      'One resource, 5 % of what is ours, would be deleted, and 0 may be.',
    ]);
    expect(words({ guards: guards({ deletes: { count: null, share: 0.25 } }), deleted: names(6), ours: 20 })).toEqual([
      '6 resources, 30 % of what is ours, would be deleted, and 25 % of what is ours may be.',
    ]);
    expect(
      words({ guards: guards({ gains: { people: 0 } }), access: { lost: [], gained: [right(['eve'])], unread: [] } }),
    ).toEqual(['One would gain a right, and 0 may.']);
    expect(words({ guards: guards({ minAdmins: 1 }), sides: without('a') })).toEqual([
      'Each place keeps an administrator, and userGroups/a would keep 0.',
    ]);
    expect(words({ guards: guards({ minAdmins: 2 }), sides: without('a', 'b') })).toEqual([
      'Each place keeps 2 administrators, and 2 places would keep fewer.',
    ]);
    const self = { guards: guards({ require: { self: true } }), sides: without('a') };
    const lost = ['a', 'b'].map((name) => right(['ci'], 'administrator', `userGroups/${name}`));
    expect(words({ ...self, access: { lost: lost.slice(1), gained: [], unread: [] } })).toEqual([
      'ci, whose key this is, would lose a right to administer.',
    ]);
    expect(words({ ...self, access: { lost, gained: [], unread: [] } })).toEqual([
      'ci, whose key this is, would lose 2 rights to administer.',
    ]);
    expect(words({ ...self, access: { lost: [right(['ci'])], gained: [], unread: [] } })).toEqual([]);
    expect(stricter(guards({ minAdmins: 2 }), guards({ minAdmins: 3 })).minAdmins).toBe(3);
  });

  it('keep the caller where it is', () => {
    const self = guards({ require: { self: true } });
    const sides = administered(pair('userGroups', 'a', group('ci'), group('bob')));
    const lost = [right(['ci'], 'administrator', 'userGroups/a'), right(['ci']), right(['ci'], 'member', 'userGroups/a')];
    expect(beyond({ guards: self, sides, access: { lost, gained: [], unread: [] } })).toEqual([
      ['self', 1, 'administrator of userGroups/a'],
    ]);
    expect(
      beyond({ guards: self, sides, access: { lost: [right(['ci'], 'member', 'tenant')], gained: [], unread: [] } }),
    ).toEqual([['self', 1, 'member of tenant']]);
    expect(beyond({ guards: self, sides, access: { lost, gained: [], unread: [] }, caller: null })).toEqual([]);
  });

  it('keep administrators where some go, and ask for none where a place goes or never had any', () => {
    const few = (...pairs: Pair[]) => fewAdmins(administered(...pairs), 1).map(({ on, left }) => `${on} ${left}`);
    expect(few(pair('userGroups', 'a', group('ann'), group()))).toEqual(['userGroups/a 0']);
    expect(few(pair('userGroups', 'a', group('ann', 'bob'), group('bob')))).toEqual([]);
    expect(few(pair('userGroups', 'a', group('ann'), null))).toEqual([]);
    expect(few(pair('userGroups', 'a', null, group()), pair('userGroups', 'b', group()))).toEqual([]);
    expect(few(pair('tenantMembers', 'ann', member(), null), pair('userGroups', 'a', group('ann')))).toEqual(['userGroups/a 0']);
    const root = pair('tenantMembers', 'ann', member('SYSTEM_ADMIN'), member());
    expect(few(root)).toEqual(['tenant 0']);
    expect(few(root, pair('tenantMembers', 'bob', member('SYSTEM_ADMIN')))).toEqual([]);
    expect(few(pair('tenantMembers', 'ann', member('SYSTEM_ADMIN'), null), pair('tenantMembers', 'bob', member()))).toEqual([
      'tenant 0',
    ]);
  });

  it('hold until each number is confirmed, and by no other number', () => {
    const plan = {
      beyond: beyondGuards({
        guards: guards({ deletes: { count: 0, share: null }, losses: { people: 0 } }),
        deleted: names(2),
        ours: 2,
        access: { lost: [right(['ann'])], gained: [], unread: [] },
        sides: [],
        caller: null,
      }),
    };
    const codes = (confirmed: Parameters<typeof unconfirmed>[1]) => unconfirmed(plan, confirmed).map(({ message }) => message);
    expect(confirmText(plan.beyond)).toBe('deletes=2,losses=1');
    expect(codes({ deletes: 2, losses: 1 })).toEqual([]);
    expect(codes({ losses: 1 })).toEqual(['2 resources would be deleted, and 0 may be.']);
    expect(codes({ deletes: 3, losses: 1 })).toEqual([
      '2 resources would be deleted, and 0 may be. deletes=3 was confirmed, and it is 2.',
    ]);
    expect(unconfirmed({}, {})).toEqual([]);
  });

  it('are the stricter ones of the recorded and the written, each by itself', () => {
    const recorded = guards({ deletes: { count: 5, share: 0.5 }, minAdmins: 2 });
    const written = guards({ deletes: { count: 9, share: 0.1 }, gains: { people: 7 }, require: { self: true } });
    expect(stricter(recorded, written)).toEqual({
      deletes: { count: 5, share: 0.1 },
      losses: { people: null },
      gains: { people: 7 },
      minAdmins: 2,
      require: { self: true },
      isProtected: false,
    });
    expect(loosened(recorded, written)).toEqual(['deletes.count 5 → 9', 'minAdmins 2 → none']);
    expect(loosened(NO_GUARDS, written)).toEqual([]);
  });
});
