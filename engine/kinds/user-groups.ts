/** User groups and their members (BEHAVIOUR 3.2). */
import { getAt, pointerOf, textOf } from '../core/json.ts';
import { batches, batchName, eachOf, type Kind, objectAt, PRINCIPALS, rowsAt, step } from '../core/kind.ts';
import type { JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';
import { groupPassages } from './passages.ts';

const MAX_ADMINS = 5;
const people = (spec: JsonObject | null, list: string): string[] => Object.keys(objectAt(spec, list));

export const userGroups: Kind = {
  collection: 'userGroups',
  keyParts: ['name'],
  noun: 'user group',
  edition: 'basic',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'A user group',
    description: 'Groups of people, to whom rows and resources can be granted.',
    additionalProperties: false,
    properties: {
      description: { type: 'string', maxLength: 512, description: 'What the group is for.' },
      admins: { ...PRINCIPALS, description: 'At most 5 people; administrators are members by themselves.' },
      members: { ...PRINCIPALS, description: 'The people of the group, complete.' },
      active: { type: 'boolean', description: 'A disabled group keeps its members and grants, but they do not work.' },
    },
  },
  nested: ['members'],
  born: [],
  replaceRefused: null,
  renames: true,
  calls: { create: ['CreateUserGroup'], rename: ['UpdateUserGroup'], delete: ['DeleteUserGroup'] },
  example: {
    finance_analysts: {
      description: 'Reads the finance marts',
      admins: ['alice@example.com'],
      members: ['bob@example.com', 'carol@example.com'],
      active: true,
    },
  },
  fields: [
    { path: '/description', rule: 'update', calls: ['UpdateUserGroup'] },
    { path: '/active', rule: 'update', calls: ['UpdateUserGroupSwitch'] },
    { path: '/admins/*', rule: 'update', calls: ['UpdateUserGroup'] },
    { path: '/members/*', rule: 'update', calls: ['RemoveUserGroupMember', 'AddUserGroupMember'] },
  ],

  normalise: (raw, { key, people: expand, report }) => {
    const spec: Record<string, JsonObject[string]> = {};
    const name = key[0] ?? '';
    if ([...name].length > 128)
      report({ code: 'NAME_WRONG', message: `The name of a user group has at most 128 characters.`, at: '' });
    if (raw['description'] !== undefined) spec['description'] = textOf(raw['description']);
    if (raw['active'] !== undefined) spec['active'] = raw['active'] === true;
    if (raw['admins'] !== undefined) {
      const admins = expand('/admins', (account) => pointerOf('admins', account));
      if (admins.length > MAX_ADMINS)
        report({
          code: 'LIMIT_EXCEEDED',
          message: `A user group has at most ${MAX_ADMINS} administrators; these are ${admins.length}.`,
          hint: 'Leave the others as members.',
          at: '/admins',
        });
      spec['admins'] = Object.fromEntries(admins.map((entry) => [entry.account, true]));
    }
    if (raw['members'] !== undefined)
      spec['members'] = Object.fromEntries(
        expand('/members', (account) => pointerOf('members', account)).map((entry) => [entry.account, true]),
      );
    return spec;
  },

  list: {
    operation: 'ListUserGroups',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'UserGroupList'),
    identity: (row) => textOf(row['Id']),
  },
  each: [
    {
      name: 'members',
      operation: 'ListUserGroupMembers',
      wanted: ({ desired, intent }) => intent === 'compare' && desired?.spec['members'] !== undefined,
      request: ({ ids }) => ({ ListQuery: { UserGroupId: ids['id'] ?? '' } }),
      rows: (answer) => rowsAt(answer, 'PageResult', 'MemberList'),
      // A row's Id is the membership's; the same person twice means a page came twice.
      identity: (row) => textOf(objectAt(row, 'UserInfo')['Id']),
    },
  ],
  whenMissing: null,
  names: (row) => [['userGroups', textOf(row['Name']), textOf(row['Id'])]],
  live: ({ rows, each, names }) =>
    rows.map((row) => {
      const id = textOf(row['Id']);
      const members = each(id)['members'];
      return {
        kind: 'userGroups',
        key: [textOf(row['Name'])],
        address: '',
        ids: { id },
        spec: {
          description: textOf(row['Description']),
          active: row['Active'] === true,
          admins: Object.fromEntries(rowsAt(row, 'AdminList').map((admin) => [names.account(textOf(admin['Id'])), true])),
          ...(members
            ? {
                members: Object.fromEntries(
                  members.map((member) => [names.account(textOf(objectAt(member, 'UserInfo')['Id'])), true]),
                ),
              }
            : {}),
        },
        extra: {},
      };
    }),
  // The rows of the groups have no times; those of their members tell who put them there.
  told: (row, read, names) =>
    read === null
      ? []
      : [
          {
            id: textOf(row['UserGroupId']),
            pointer: pointerOf('members', names.account(textOf(objectAt(row, 'UserInfo')['Id']))),
            by: textOf(objectAt(row, 'Creator')['Id']),
            at: row['GmtCreate'] ?? null,
          },
        ],
  letStand: (_live, _desired, after) =>
    people(after, 'admins').map((account) => ({
      pointer: pointerOf('members', account),
      why: 'an administrator is a member by himself',
    })),
  deleteGuard: () => null,
  demands: () => [],
  refers: (spec) => [...people(spec, 'admins'), ...people(spec, 'members')].map((account) => `tenantMembers/${account}`),
  holds: () => [],
  access: ACCESS.userGroups,
  passages: groupPassages,

  steps: (change, ids) => {
    if (change.action === 'delete') return [step('delete', 'delete', 'DeleteUserGroup', { UserGroupId: ids.old() })];
    const { after, before } = change;
    const userIds = (accounts: readonly string[]) => accounts.map((account) => ids.user(account));
    const [name = ''] = change.key;
    const admins = people(after, 'admins');
    const removed = change.removed('/members');
    // Who was an administrator falls out of the members only after the update: before it the service would let the row stand.
    const former = removed.filter((account) => getAt(before ?? {}, pointerOf('admins', account)) !== undefined);
    // An administrator becomes a member by the create or the update: no call of his own.
    const byThemselves = new Set(change.action === 'create' ? admins : change.added('/admins'));
    const remove = (label: string, accounts: readonly string[], wait: readonly string[]) =>
      batches(accounts).map((some, index) =>
        step(
          batchName(label, index),
          'revoke',
          'RemoveUserGroupMember',
          { RemoveCommand: { UserGroupId: ids.own(), UserIdList: userIds(some) } },
          { ...eachOf('/RemoveCommand/UserIdList', some, (account) => pointerOf('members', account)), after: wait },
        ),
      );
    const core = { Name: name, Description: textOf(after?.['description']), AdminUserIdList: userIds(admins) };
    const creates = change.action === 'create';
    const updates = !creates && (change.renamed || change.touches('/description', '/admins'));
    return [
      ...remove(
        'members-',
        removed.filter((account) => !former.includes(account)),
        [],
      ),
      ...(creates
        ? [
            step(
              'create',
              'create',
              'CreateUserGroup',
              { CreateCommand: { ...core, Active: after?.['active'] !== false } },
              {
                gives: { address: change.address, ids: { id: '/UserGroupId' } },
                covers: [
                  '/description',
                  '/active',
                  '/admins',
                  ...[...byThemselves].map((account) => pointerOf('members', account)),
                ],
              },
            ),
          ]
        : []),
      ...(updates
        ? [
            step(
              'update',
              'update',
              'UpdateUserGroup',
              { UpdateCommand: { Id: ids.own(), ...core } },
              { covers: ['/description', '/admins', ...[...byThemselves].map((account) => pointerOf('members', account))] },
            ),
          ]
        : []),
      ...(!creates && change.touches('/active')
        ? [
            step(
              'switch',
              after?.['active'] === true ? 'grant' : 'revoke',
              'UpdateUserGroupSwitch',
              { UserGroupId: ids.own(), Active: after?.['active'] === true },
              { covers: ['/active'] },
            ),
          ]
        : []),
      ...remove('former-', former, updates ? ['update'] : []),
      ...batches(change.added('/members').filter((account) => !byThemselves.has(account))).map((some, index) =>
        step(
          batchName('members+', index),
          'grant',
          'AddUserGroupMember',
          { AddCommand: { UserGroupId: ids.own(), UserIdList: userIds(some) } },
          eachOf('/AddCommand/UserIdList', some, (account) => pointerOf('members', account)),
        ),
      ),
    ];
  },
  manual: () => [],
};
