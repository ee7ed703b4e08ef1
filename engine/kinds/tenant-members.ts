/** Members of the tenant: their global roles and contact data (BEHAVIOUR 3.1). */
import { getAt, pointerOf, textOf } from '../core/json.ts';
import { type Kind, objectAt, rowsAt, step } from '../core/kind.ts';
import type { JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';

/** What the service adds to everybody, and what nobody can give or take over the API (RESOURCES 2). */
const GIVEN_BY_SERVICE: Readonly<Record<string, string>> = {
  COMMON_USER: 'every member has it',
  SUPER_ADMIN: 'the one super admin cannot be edited over the API',
};

const roleList = (spec: JsonObject | null): string[] =>
  Object.keys(objectAt(spec, 'roles')).filter((role) => !(role in GIVEN_BY_SERVICE));
const CONTACTS = ['mail', 'mobile', 'ding'] as const;
const contactsGiven = (spec: JsonObject | null): boolean => CONTACTS.some((contact) => textOf(spec?.[contact]) !== '');

export const tenantMembers: Kind = {
  collection: 'tenantMembers',
  keyParts: ['account'],
  noun: 'tenant member',
  edition: 'agile',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'A member of the tenant',
    description: 'Who belongs to the tenant, and with which global roles.',
    additionalProperties: false,
    properties: {
      roles: {
        type: 'array',
        description: 'Global roles, complete; COMMON_USER is everybody’s and need not be named.',
        items: { type: 'string', minLength: 1, not: { enum: ['SUPER_ADMIN'] } },
        examples: [['DATASOURCE_MANAGER']],
      },
      mail: { type: 'string', description: 'Mail address.', examples: ['dave@example.com'] },
      mobile: { type: 'string', description: 'Mobile phone number, quoted.', examples: ['13800000000'] },
      ding: { type: 'string', description: 'DingTalk number.', examples: ['dave@dingding'] },
      source: {
        type: 'object',
        description: 'Registers somebody whom the instance does not know; used once, when the member is added.',
        required: ['type', 'id'],
        additionalProperties: false,
        properties: {
          type: { type: 'string', minLength: 1, description: 'The identity source, such as aliyun.', examples: ['aliyun'] },
          id: { type: 'string', minLength: 1, description: 'The id in that source, quoted.', examples: ['204800000000000001'] },
          displayName: { type: 'string', description: 'The name shown.', examples: ['Dave'] },
        },
      },
    },
  },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: false,
  calls: { create: ['AddTenantMembers'], delete: ['RemoveTenantMember'] },
  // BEHAVIOUR 3.1: lists of people, each with roles and contacts of his own. RemoveTenantMember takes one at a time.
  shared: ['AddTenantMembers', 'AddTenantMembersBySourceUser', 'UpdateTenantMember'],
  example: { 'dave@example.com': { roles: ['DATASOURCE_MANAGER'], mail: 'dave@example.com' } },
  fields: [
    { path: '/roles/*', rule: 'update', calls: ['UpdateTenantMember'] },
    { path: '/mail', rule: 'update', contact: true, calls: ['UpdateTenantMember'] },
    { path: '/mobile', rule: 'update', contact: true, calls: ['UpdateTenantMember'] },
    { path: '/ding', rule: 'update', contact: true, calls: ['UpdateTenantMember'] },
    {
      path: '/source/*',
      rule: 'option',
      why: 'used once, to register the person',
      calls: ['AddTenantMembersBySourceUser', 'ListTenantMembers'],
    },
  ],

  normalise: (raw) => ({
    ...(Array.isArray(raw['roles'])
      ? {
          roles: Object.fromEntries(
            raw['roles'].map((role) => [textOf(role), true] as const).filter(([role]) => !(role in GIVEN_BY_SERVICE)),
          ),
        }
      : {}),
    ...Object.fromEntries(
      CONTACTS.filter((contact) => raw[contact] !== undefined).map((contact) => [contact, textOf(raw[contact])]),
    ),
    ...(raw['source'] === undefined ? {} : { source: objectAt(raw, 'source') }),
  }),

  list: {
    operation: 'ListTenantMembers',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'UserList'),
    identity: (row) => textOf(row['Id']),
  },
  each: [],
  whenMissing: {
    operation: 'ListAddableUsers',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'UserList'),
    identity: (row) => textOf(row['Id']),
  },
  names: (row) => [['users', textOf(row['AccountName']), textOf(row['Id'])]],
  live: ({ rows, names }) =>
    rows.map((row) => {
      const id = textOf(row['Id']);
      return {
        kind: 'tenantMembers',
        key: [names.account(id)],
        address: '',
        ids: { id },
        spec: {
          roles: Object.fromEntries((Array.isArray(row['RoleList']) ? row['RoleList'] : []).map((role) => [textOf(role), true])),
          mail: textOf(row['Mail']),
          mobile: textOf(row['MobilePhone']),
          ding: textOf(row['DingNumber']),
        },
        extra: { sourceId: textOf(row['SourceId']) },
      };
    }),
  told: (row) => [{ id: textOf(row['Id']), pointer: '', by: '', at: row['GmtModified'] ?? null }],
  letStand: (live) =>
    Object.keys(objectAt(live.spec, 'roles'))
      .filter((role) => role in GIVEN_BY_SERVICE)
      .map((role) => ({ pointer: pointerOf('roles', role), why: GIVEN_BY_SERVICE[role] ?? '' })),
  deleteGuard: (live) =>
    getAt(live.spec, '/roles/SUPER_ADMIN') === undefined
      ? null
      : {
          code: 'DELETE_PREVENTED',
          message: 'The super admin of a tenant cannot be removed over the API.',
          hint: 'Hand the role over in the console first.',
        },
  demands: (change, ids) => {
    const [account = ''] = change.key;
    const registers = change.desired?.spec['source'] !== undefined;
    return change.action === 'create' && typeof ids.user(account) !== 'string' && !registers
      ? [
          {
            code: 'REFERENCE_UNKNOWN',
            message: `"${account}" is neither a member of the tenant nor among the users that can be added.`,
            hint: 'Check the account name, or register the person: source: { type: aliyun, id: "…" }.',
            at: '',
          },
        ]
      : [];
  },
  refers: () => [],
  holds: () => [],
  access: ACCESS.tenantMembers,

  steps: (change, ids) => {
    const [account = ''] = change.key;
    const { after, live } = change;
    if (change.action === 'delete')
      // BEHAVIOUR 3.1, Q16: the id in the identity source, from the list.
      return [
        step('delete', 'delete', 'RemoveTenantMember', {
          RemoveCommand: { SourceId: textOf(live?.extra['sourceId']) || ids.old() },
        }),
      ];
    const RoleList = roleList(after);
    const contacts = {
      Mail: textOf(after?.['mail']),
      MobilePhone: textOf(after?.['mobile']),
      DingNumber: textOf(after?.['ding']),
    };
    const update = (
      user: ReturnType<typeof ids.user>,
      phase: 'update' | 'grant' | 'revoke',
      wait: readonly string[],
      covers: readonly string[],
    ) =>
      step(
        'update',
        phase,
        'UpdateTenantMember',
        { UpdateCommand: { MemberList: [{ UserId: user, RoleList, ...contacts }] } },
        { after: wait, covers, shares: { at: '/UpdateCommand/MemberList' } },
      );
    if (change.action === 'update') {
      if (isSuperAdmin(change.before)) return [];
      const grows = change.added('/roles').length > 0;
      const shrinks = change.removed('/roles').length > 0;
      return [update(ids.own(), grows ? 'grant' : shrinks ? 'revoke' : 'update', [], [''])];
    }
    const user = ids.user(account);
    if (typeof user === 'string')
      return [
        step(
          'create',
          'create',
          'AddTenantMembers',
          { AddCommand: { UserList: [{ Id: user, RoleList }] } },
          {
            gives: { address: change.address, ids: {}, known: { id: user } },
            covers: ['/roles'],
            shares: { at: '/AddCommand/UserList' },
          },
        ),
        ...(contactsGiven(after) ? [update(user, 'update', ['create'], ['/mail', '/mobile', '/ding'])] : []),
      ];
    const source = objectAt(after, 'source');
    return [
      step(
        'create',
        'create',
        'AddTenantMembersBySourceUser',
        {
          AddCommand: {
            SourceUserList: [
              {
                AccountName: account,
                DisplayName: textOf(source['displayName']) || account,
                SourceId: textOf(source['id']),
                SourceType: textOf(source['type']),
                ...contacts,
              },
            ],
          },
        },
        { covers: ['/mail', '/mobile', '/ding'], shares: { at: '/AddCommand/SourceUserList' } },
      ),
      step(
        'find',
        'find',
        'ListTenantMembers',
        { ListQuery: { Page: 1, PageSize: 50, SearchText: account } },
        {
          after: ['create'],
          covers: [],
          gives: {
            address: change.address,
            list: '/PageResult/UserList',
            where: { '/AccountName': account },
            ids: { id: '/Id' },
          },
        },
      ),
      ...(RoleList.length > 0 ? [update(ids.own(), 'grant', ['find'], ['/roles'])] : []),
    ];
  },
  manual: (change) =>
    change.action === 'update' && isSuperAdmin(change.before)
      ? ['Edit the super admin in the console: Management Center, Member Management. The API refuses it.']
      : [],
};

const isSuperAdmin = (spec: JsonObject | null): boolean => getAt(spec ?? {}, '/roles/SUPER_ADMIN') !== undefined;
