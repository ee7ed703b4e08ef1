/** The search for cheaper ways can fail a kind: wasteful steps are found out, and the way that costs less is named. */
import { expect, it, vi } from 'vitest';
import type { Kind } from '../../engine/core/kind.ts';
import { searchCase } from './cheapest.ts';
import { userGroupCases } from './user-groups.case.ts';

vi.mock('../../engine/kinds/index.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../engine/kinds/index.ts')>();
  const { step } = await import('../../engine/core/kind.ts');
  /** A switch comes with an update of everything, and people are added twice. */
  const wasteful = (kind: Kind): Kind => ({
    ...kind,
    steps: (change, ids) =>
      kind.steps(change, ids).flatMap((draft) =>
        draft.operation === 'UpdateUserGroupSwitch'
          ? [
              step(
                'update',
                'update',
                'UpdateUserGroup',
                {
                  UpdateCommand: {
                    Id: ids.own(),
                    Name: change.key[0] ?? '',
                    Description: 'Reads marts',
                    AdminUserIdList: [ids.user('alice@example.com')],
                  },
                },
                { covers: [] },
              ),
              draft,
            ]
          : draft.operation === 'AddUserGroupMember'
            ? [draft, { ...draft, name: 'again', covers: [], after: [draft.name] }]
            : [draft],
      ),
  });
  return { ...original, KINDS: original.KINDS.map((kind) => (kind.collection === 'userGroups' ? wasteful(kind) : kind)) };
});

it('names the one call that would have done, for each wasteful plan and for no other', { timeout: 120_000 }, async () => {
  const [one] = userGroupCases;
  if (!one) throw new Error('there is no case');
  const found = await searchCase(one);
  const told = found.flatMap(({ variant, ours, cheaper }) =>
    cheaper ? [[variant, ours.map(({ operation }) => operation), cheaper.map(({ operation }) => operation)]] : [],
  );
  expect(told).toEqual([
    ['disabled', ['UpdateUserGroupSwitch', 'UpdateUserGroup'], ['UpdateUserGroupSwitch']],
    ['a member more', ['AddUserGroupMember', 'AddUserGroupMember'], ['AddUserGroupMember']],
    [
      'another member',
      ['RemoveUserGroupMember', 'AddUserGroupMember', 'AddUserGroupMember'],
      ['RemoveUserGroupMember', 'AddUserGroupMember'],
    ],
  ]);
});
