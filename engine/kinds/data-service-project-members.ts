/** Members of data-service projects: they can be added and never read, changed or removed (BEHAVIOUR 3.10). */
import { addressOf, getAt, pointerOf, textOf } from '../core/json.ts';
import {
  batches,
  batchName,
  eachOf,
  type Kind,
  type KindChange,
  type LookUp,
  objectAt,
  PRINCIPALS,
  rowsAt,
  step,
} from '../core/kind.ts';
import type { Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';

/** Roles that can be given; 1 is the super administrator's, in reads only. */
const ROLES: Readonly<Record<string, number>> = { developer: 2, member: 3, admin: 4, operator: 5 };

const MEANINGS: Readonly<Record<string, string>> = {
  developer: 'People who develop APIs.',
  member: 'Members of applications.',
  admin: 'Administrators of the data-service project.',
  operator: 'People who operate it.',
};

const PLACE = 'Data Service, members of the project';

const PROJECT_LIST = {
  operation: 'GetDataServiceMyProjects',
  request: {},
  rows: (answer: JsonObject) => rowsAt(answer, 'ProjectList'),
  identity: (row: JsonObject) => textOf(row['ProjectId']),
} as const;

/** The projects of the caller: no operation makes one. */
export const dataServiceProjects: LookUp = {
  collection: 'dataServiceProjects',
  noun: 'data-service project',
  list: PROJECT_LIST,
  names: (row) => [['dataServiceProjects', textOf(row['ProjectName']), textOf(row['ProjectId'])]],
  hint: 'Data-service projects are made in the console, and the caller sees the ones that it belongs to. Mend the name, or add the caller.',
};

const members = (spec: JsonObject | null): JsonObject => objectAt(spec, 'members');

export const dataServiceProjectMembers: Kind = {
  collection: 'dataServiceProjectMembers',
  keyParts: ['project'],
  noun: 'list of data-service project members',
  edition: 'basic',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'Members of a data-service project',
    description: 'People by role. They can only be added: a changed role or a removed person is work for the console.',
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.keys(ROLES).map((role) => [role, { ...PRINCIPALS, description: MEANINGS[role] ?? '' }] as const),
    ),
  },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: false,
  fields: [
    {
      path: '/members/*',
      written: '/*',
      rule: 'update',
      additive: true,
      calls: ['AddDataServiceProjectMember'],
      why: 'no read shows a role, and no call changes one or removes anybody',
    },
  ],
  calls: { create: [], delete: [] },
  example: { finance_ds: { developer: ['bob@example.com'] } },

  normalise: (raw, { key, people, reference, report }) => {
    const [project = ''] = key;
    if (project.startsWith('id:'))
      report({
        code: 'NAME_WRONG',
        message: 'Members stand under the name of their data-service project, not under its id.',
        hint: "Write the project's name.",
        at: '',
      });
    else reference('dataServiceProjects', project, '');
    const roles: Record<string, Json> = {};
    // Without a role nobody is asked for, and whoever is there must still be known by name.
    if (Object.keys(raw).length === 0) people('', (account) => pointerOf('members', account));
    for (const role of Object.keys(raw))
      for (const { account } of people(pointerOf(role), (name) => pointerOf('members', name))) {
        const other = Object.hasOwn(roles, account) ? textOf(roles[account]) : null;
        if (other === null) roles[account] = role;
        else
          report({
            code: 'VALUE_WRONG',
            message: `"${account}" has one role in a data-service project, and stands under ${other} and ${role}.`,
            hint: 'Take the person out of one of them.',
            at: pointerOf(role),
          });
      }
    return { members: roles };
  },

  list: PROJECT_LIST,
  each: [
    {
      name: 'addable',
      operation: 'GetDataServiceProjectAddableUsers',
      wanted: ({ desired, intent }) => intent === 'compare' && desired !== null,
      request: ({ ids }) => ({ ProjectId: ids['id'] ?? '' }),
      rows: (answer) => rowsAt(answer, 'UserList'),
      identity: (row) => textOf(row['UserId']),
      refusals: {
        codes: ['DPN.Oltp.MgmtSys.NoAuthorized'],
        shows: ['/members'],
        why: 'the service shows who can be added to administrators of the project only',
      },
    },
  ],
  coverage: () => ['roles: no read shows them; compared with the record. Who is a member shows in who can no longer be added'],
  whenMissing: null,
  names: () => [],
  live: ({ rows, each, names }) =>
    rows.map((row) => {
      const id = textOf(row['ProjectId']);
      const { addable } = each(id);
      const strangers = new Set((addable ?? []).map((user) => textOf(user['UserId'])));
      return {
        kind: 'dataServiceProjectMembers',
        key: [textOf(row['ProjectName'])],
        address: '',
        ids: { id },
        spec: addable
          ? {
              members: Object.fromEntries(
                [...names.members().values()].filter((user) => !strangers.has(user)).map((user) => [names.account(user), true]),
              ),
            }
          : {},
        extra: {
          displayNames: Object.fromEntries(
            (addable ?? []).map((user) => [names.account(textOf(user['UserId'])), textOf(user['DisplayName'])]),
          ),
        },
        // A project that nobody declares has members all the same; there is nothing to take away from it.
        ...(addable ? {} : { isBare: true as const }),
      };
    }),
  letStand: () => [],
  deleteGuard: () => null,
  demands: () => [],
  refers: (spec) => Object.keys(members(spec)).map((account) => addressOf('tenantMembers', account)),
  holds: () => [],
  access: ACCESS.dataServiceProjectMembers,

  steps: (change, ids) => {
    const displayNames = objectAt(change.live?.extra ?? null, 'displayNames');
    return batches(change.added('/members')).map((some, index) =>
      step(
        batchName('members+', index),
        'grant',
        'AddDataServiceProjectMember',
        {
          ProjectId: ids.own(),
          AddCommand: {
            ProjectMemberList: some.map((account) => ({
              AccountName: account,
              // Somebody who becomes a member of the tenant by this very plan is not among the addable users yet.
              DisplayName: textOf(displayNames[account]) || account,
              Role: ROLES[roleOf(change, account)] ?? 0,
              UserId: ids.user(account),
            })),
          },
        },
        eachOf('/AddCommand/ProjectMemberList', some, (account) => pointerOf('members', account)),
      ),
    );
  },
  manual: (change) => {
    const [project = ''] = change.key;
    return [
      ...change
        .updated('/members')
        .map((account) => `Make ${account} ${roleOf(change, account)} of ${project} in the console: ${PLACE}.`),
      ...change.removed('/members').map((account) => `Remove ${account} from ${project} in the console: ${PLACE}.`),
    ];
  },
  byHand: (change): readonly Pointer[] =>
    [...change.updated('/members'), ...change.removed('/members')].map((account) => pointerOf('members', account)),
};

const roleOf = (change: KindChange, account: string): string => textOf(getAt(change.after ?? {}, pointerOf('members', account)));
