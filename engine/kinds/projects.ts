/** Projects of both modes, their halves, white lists and members (BEHAVIOUR 3.3, 3.4). */
import { addressOf, canonical, getAt, pointerOf, textOf } from '../core/json.ts';
import {
  batches,
  batchName,
  eachOf,
  type FieldRule,
  type IdSource,
  type Kind,
  type KindChange,
  objectAt,
  PRINCIPALS,
  rowsAt,
  type StepDraft,
  step,
} from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';
import { projectPassages } from './passages.ts';

type Half = 'prod' | 'dev';
const ENV: Readonly<Record<Half, 'PROD' | 'DEV'>> = { prod: 'PROD', dev: 'DEV' };
const HALVES: readonly Half[] = ['prod', 'dev'];
/** The published project roles (BEHAVIOUR 3.4); others are written as quoted numbers. */
const ROLES: Readonly<Record<string, string>> = { admin: '1', developer: '2', visitor: '3', analyst: '4', operator: '5' };
const ADMIN = 'admin';
const ROLE_NAMES: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(ROLES).map(([name, id]) => [id, name]));
/** A role as the normal form has it: by its published name, else by its number. */
const roleName = (role: string): string => ROLE_NAMES[role] ?? role;

const perHalf = (title: string, example: JsonObject): JsonObject => ({
  description: title,
  examples: [example],
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        prod: { type: 'string', description: 'Of the production half.' },
        dev: { type: 'string', description: 'Of the development half.' },
      },
    },
  ],
});
const rolesOfHalf: JsonObject = {
  type: 'object',
  description: 'By role: admin, developer, visitor, analyst, operator; custom roles by their quoted number.',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(ROLES).map(([role, number]) => [role, { ...PRINCIPALS, description: `Who is ${role} (role ${number}).` }]),
  ),
  patternProperties: { '^[1-9][0-9]*$': PRINCIPALS },
};

const UPDATES = ['UpdateBasicProject', 'UpdateDevProdProject'] as const;
const MEMBER_CALLS = ['RemoveProjectMember', 'UpdateProjectMember', 'AddProjectMember'] as const;

const rebind: FieldRule['guard'] = (before, after, lifecycle) =>
  textOf(before) === '' || textOf(before) === textOf(after) || lifecycle.allow.includes('rebind')
    ? null
    : {
        code: 'REBIND_REFUSED',
        message: `The project is bound to the compute source "${textOf(before)}"; changing or dropping a bound one is not done by itself.`,
        hint: 'lifecycle: { allow: [rebind] } sends the update, which the service may still refuse.',
      };

const halves = (spec: JsonObject | null): readonly Half[] => (spec?.['mode'] === 'basic' ? ['prod'] : HALVES);
const memberList = (half: Half): string => pointerOf('members', half);
const roleIds = (value: Json | undefined): number[] =>
  Array.isArray(value) ? value.map((role) => Number(ROLES[textOf(role)] ?? role)) : [];
const roleNumber = (role: string): number => Number(ROLES[role] ?? role);
const sortedRoles = (roles: Iterable<string>): string[] =>
  [...new Set([...roles].map(roleName))].sort((a, b) => roleNumber(a) - roleNumber(b));
const whiteKey = (row: JsonObject): string => `${textOf(row['Ip'] ?? row['ip'])}:${textOf(row['Port'] ?? row['port'])}`;

const whiteLists = (spec: JsonObject | null): { readonly Ip: string; readonly Port: string; readonly Description: string }[] =>
  Object.entries(objectAt(spec, 'whiteList')).map(([key, row]) => {
    const at = key.lastIndexOf(':');
    return { Ip: key.slice(0, at), Port: key.slice(at + 1), Description: textOf((row as JsonObject)['description']) };
  });

/** A value per half from what may be one text: basic projects write one, and it is the production half's. */
const byHalf = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null ? (value as JsonObject) : { prod: textOf(value) };

export const projects: Kind = {
  collection: 'projects',
  keyParts: ['name'],
  noun: 'project',
  edition: 'agile',
  writesSince: '6.3',
  schema: {
    type: 'object',
    title: 'A project',
    description: 'Where people work: one half, or a production and a development half, with members of their own.',
    additionalProperties: false,
    properties: {
      mode: { type: 'string', enum: ['dev-prod', 'basic'], description: 'Two halves or one; cannot change.' },
      type: { type: 'string', description: 'GENERAL or DISTILL, basic projects only; cannot change.', examples: ['GENERAL'] },
      displayName: { type: 'string', maxLength: 64, description: 'The name shown; unique in the tenant.' },
      description: perHalf('What it is for; one text, or one per half.', { prod: 'Finance marts', dev: 'Finance, under work' }),
      computeSource: perHalf('The compute source of each half; basic: one name.', { prod: 'mc_finance', dev: 'mc_finance_dev' }),
      streamComputeSource: perHalf('The real-time compute source of each half; basic: one name.', {
        prod: 'fl_finance',
        dev: 'fl_finance_dev',
      }),
      bizUnit: { type: 'string', minLength: 1, description: 'The business unit; intelligent edition.', examples: ['retail'] },
      namespaceTag: { type: 'string', description: 'PUBLIC, APPLICATION or BASE.', examples: ['APPLICATION'] },
      whiteList: {
        type: 'array',
        description: 'Addresses that the sandbox may reach, complete.',
        examples: [[{ ip: '10.0.0.0/8', port: '3306', description: 'warehouse' }]],
        items: {
          type: 'object',
          required: ['ip', 'port'],
          additionalProperties: false,
          properties: {
            ip: { type: 'string', minLength: 1, description: 'An address or a range.' },
            port: { type: 'string', minLength: 1, description: 'The port, quoted.' },
            description: { type: 'string', description: 'What it is reached for.' },
          },
        },
      },
      members: {
        type: 'object',
        description: 'Who works in each half, by role; a given half is complete.',
        additionalProperties: false,
        properties: { prod: rolesOfHalf, dev: rolesOfHalf },
      },
    },
  },
  nested: ['members'],
  namesFrom: ['computeSources', 'bizUnits'],
  parts: [
    {
      name: 'account',
      noun: 'production account',
      operation: 'GetProjectProduceUser',
      request: (id) => ({ ProjectId: id }),
      at: '/User/Id',
    },
  ],
  born: ['delete', 'replace'],
  replaceRefused: 'Make a new project under another name and move the work over by hand; then delete the old one.',
  renames: false,
  calls: { create: ['CreateBasicProject', 'CreateDevProdProject'], delete: ['DeleteProject'] },
  example: {
    finance: {
      mode: 'dev-prod',
      displayName: 'Finance',
      description: { prod: 'Finance marts', dev: 'Finance, under work' },
      computeSource: { prod: 'mc_finance' },
      members: {
        prod: { admin: ['alice@example.com'], analyst: ['bob@example.com'] },
        dev: { admin: ['alice@example.com'], developer: ['bob@example.com'] },
      },
    },
  },
  fields: [
    { path: '/mode', rule: 'immutable', why: 'the service cannot turn one mode into the other' },
    { path: '/type', rule: 'immutable', why: 'the service cannot change the type of a project' },
    { path: '/displayName', rule: 'update', calls: UPDATES },
    { path: '/description/prod', rule: 'update', calls: UPDATES },
    { path: '/description/dev', rule: 'update', calls: ['UpdateDevProdProject'] },
    { path: '/computeSource/prod', rule: 'update', guard: rebind, calls: UPDATES },
    { path: '/computeSource/dev', rule: 'update', guard: rebind, calls: ['UpdateDevProdProject'] },
    { path: '/streamComputeSource/prod', rule: 'update', guard: rebind, calls: UPDATES },
    { path: '/streamComputeSource/dev', rule: 'update', guard: rebind, calls: ['UpdateDevProdProject'] },
    { path: '/bizUnit', rule: 'update', edition: 'intelligent', calls: UPDATES },
    { path: '/namespaceTag', rule: 'update', calls: UPDATES },
    { path: '/whiteList/*', rule: 'update', calls: ['ReplaceProjectWhiteLists'] },
    { path: '/members/prod/*', rule: 'update', calls: MEMBER_CALLS },
    { path: '/members/dev/*', rule: 'update', calls: MEMBER_CALLS },
  ],

  normalise: (raw, context) => {
    const { key, reference, report } = context;
    const [name = ''] = key;
    const spec: Record<string, Json> = {};
    const basic = raw['mode'] === 'basic';
    if (!/^[A-Za-z0-9_]{1,64}$/.test(name) || /^ld_/i.test(name))
      report({
        code: 'NAME_WRONG',
        message: `"${name}" cannot be a project's name: letters, digits and underscores, at most 64, not starting with LD_.`,
        at: '',
      });
    for (const field of ['mode', 'type', 'displayName', 'namespaceTag'] as const)
      if (raw[field] !== undefined) spec[field] = textOf(raw[field]);
    if (raw['type'] !== undefined && raw['mode'] === 'dev-prod')
      report({ code: 'VALUE_WRONG', message: 'Only a basic project has a type.', hint: 'Take the line out.', at: '/type' });
    for (const field of ['description', 'computeSource', 'streamComputeSource'] as const) {
      const value = raw[field];
      if (value === undefined) continue;
      if (basic && typeof value === 'object' && value !== null && 'dev' in value)
        report({
          code: 'VALUE_WRONG',
          message: 'A basic project has no development half.',
          hint: `${field}: TEXT`,
          at: pointerOf(field, 'dev'),
        });
      if (raw['mode'] === 'dev-prod' && typeof value === 'string')
        report({
          code: 'TYPE_WRONG',
          message: `A dev-prod project has one ${field} per half.`,
          hint: `${field}: { prod: …, dev: … }`,
          at: pointerOf(field),
        });
      const texts = byHalf(value);
      spec[field] = texts;
      if (field !== 'description')
        for (const [half, source] of Object.entries(texts))
          if (source !== '')
            reference('computeSources', textOf(source), typeof value === 'string' ? pointerOf(field) : pointerOf(field, half));
    }
    if (raw['bizUnit'] !== undefined) {
      spec['bizUnit'] = textOf(raw['bizUnit']);
      reference('bizUnits', textOf(raw['bizUnit']), '/bizUnit');
    }
    if (Array.isArray(raw['whiteList'])) {
      const rows = raw['whiteList'] as readonly JsonObject[];
      const list: Record<string, Json> = {};
      rows.forEach((row, index) => {
        if (Object.hasOwn(list, whiteKey(row)))
          report({
            code: 'KEY_DUPLICATE',
            message: `${whiteKey(row)} stands twice in the white list.`,
            at: pointerOf('whiteList', String(index)),
          });
        list[whiteKey(row)] = { description: textOf(row['description']) };
      });
      spec['whiteList'] = list;
    }
    if (raw['members'] !== undefined) spec['members'] = normaliseMembers(objectAt(raw, 'members'), basic, context);
    return spec;
  },

  list: {
    operation: 'ListProjects',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'ProjectList'),
    // Both halves of a pair share their id (BEHAVIOUR Q7).
    identity: (row) => `${textOf(row['Id'])} ${textOf(row['Env'])}`,
  },
  each: [
    ...HALVES.map((half) => ({
      name: `members ${half}`,
      operation: 'ListProjectMembers' as const,
      wanted: ({ desired, intent, live }: Parameters<Kind['each'][number]['wanted']>[0]) =>
        intent === 'compare' && halves(live.spec).includes(half) && getAt(desired?.spec, memberList(half)) !== undefined,
      request: ({ ids }: Parameters<Kind['each'][number]['request']>[0]) => ({
        Id: ids['id'] ?? '',
        ListQuery: { Env: ENV[half] },
      }),
      rows: (answer: JsonObject) => rowsAt(answer, 'PageResult', 'ProjectMemberList'),
      identity: (row: JsonObject) => textOf(row['UserId']),
    })),
    {
      name: 'project',
      operation: 'GetProject',
      wanted: ({ desired, intent, touches }) =>
        desired !== null &&
        (intent === 'compare'
          ? desired.spec['whiteList'] !== undefined || desired.spec['namespaceTag'] !== undefined
          : intent === 'update' && touches.some((pointer) => !pointer.startsWith('/members/'))),
      request: ({ ids }) => ({ Id: ids['id'] ?? '', Env: 'PROD' }),
      rows: (answer) => [objectAt(answer, 'ProjectInfo')],
      identity: (row) => textOf(row['Id']),
    },
    {
      name: 'dependency',
      operation: 'CheckProjectHasDependency',
      wanted: ({ intent }) => intent === 'delete',
      request: ({ ids }) => ({ Id: ids['id'] ?? '' }),
      rows: (answer) => [answer],
      identity: () => 'answer',
    },
  ],
  whenMissing: null,
  names: (row) => [
    ['projects', textOf(row['Name']).replace(/_dev$/, textOf(row['Env']) === 'DEV' ? '' : '_dev'), textOf(row['Id'])],
    ...(
      [
        ['DataSourceName', 'DataSourceId'],
        ['RealtimeDataSourceName', 'RealtimeDataSourceId'],
      ] as const
    ).flatMap(([nameField, idField]) =>
      textOf(row[nameField]) !== '' && textOf(row[idField]) !== ''
        ? [['computeSources', textOf(row[nameField]), textOf(row[idField])] as const]
        : [],
    ),
  ],
  live: ({ rows, each, names }) => {
    const byId = new Map<string, Partial<Record<Half, JsonObject>>>();
    for (const row of rows) {
      const id = textOf(row['Id']);
      byId.set(id, { ...byId.get(id), [row['Env'] === 'DEV' ? 'dev' : 'prod']: row });
    }
    return [...byId].flatMap(([id, rowsOf]) => {
      const { prod, dev } = rowsOf;
      if (!prod) return [];
      const mode = prod['Mode'] === 'BASIC' ? 'basic' : 'dev-prod';
      const present: readonly (readonly [Half, JsonObject])[] =
        dev && mode === 'dev-prod'
          ? [
              ['prod', prod],
              ['dev', dev],
            ]
          : [['prod', prod]];
      const perRow = (value: (row: JsonObject) => Json): JsonObject =>
        Object.fromEntries(present.map(([half, row]) => [half, value(row)]));
      const rowsOfId = each(id);
      const [project] = rowsOfId['project'] ?? [];
      // By id first: a source that is being renamed is known by its new name.
      const source = (nameField: string, idField: string) => (row: JsonObject) => {
        const sourceId = textOf(row[idField]);
        return sourceId === '' ? '' : (names.name('computeSources', sourceId) ?? (textOf(row[nameField]) || `id:${sourceId}`));
      };
      const unit = textOf(prod['BizUnitId']);
      const members = Object.fromEntries(
        HALVES.flatMap((half) => {
          const found = rowsOfId[`members ${half}`];
          return found
            ? [[half, Object.fromEntries(found.map((row) => [names.account(textOf(row['UserId'])), liveRoles(row)]))]]
            : [];
        }),
      );
      return [
        {
          kind: 'projects',
          key: [textOf(prod['Name'])],
          address: '',
          ids: { id },
          spec: {
            mode,
            ...(mode === 'basic' ? { type: textOf(prod['Type']) || 'GENERAL' } : {}),
            displayName: textOf(prod['DisplayName']),
            description: perRow((row) => textOf(row['Description'])),
            computeSource: perRow(source('DataSourceName', 'DataSourceId')),
            streamComputeSource: perRow(source('RealtimeDataSourceName', 'RealtimeDataSourceId')),
            bizUnit: unit === '' ? '' : (names.name('bizUnits', unit) ?? `id:${unit}`),
            ...(project
              ? {
                  namespaceTag: textOf(project['NameSpaceTag']),
                  whiteList: Object.fromEntries(
                    rowsAt(project, 'WhiteLists').map((row) => [whiteKey(row), { description: textOf(row['Description']) }]),
                  ),
                }
              : {}),
            ...(Object.keys(members).length > 0 ? { members } : {}),
          },
          extra: {
            owner: names.account(textOf(prod['Owner'])),
            hasDependency: rowsOfId['dependency']?.[0]?.['Data'] === true,
          },
        },
      ];
    });
  },
  told: (row, read, names) => {
    const half = HALVES.find((one) => read === `members ${one}`);
    if (read === null) return [{ id: textOf(row['Id']), pointer: '', by: '', at: row['GmtModified'] ?? null }];
    if (half === undefined) return [];
    const pointer = pointerOf('members', half, names.account(textOf(row['UserId'])));
    return [{ id: textOf(row['Id']), pointer, by: textOf(row['LastModifier']), at: row['GmtModified'] ?? null }];
  },
  letStand: (live, desired) =>
    HALVES.flatMap((half) => {
      const owner = textOf(live.extra['owner']);
      const pointer = pointerOf('members', half, owner);
      // The creator's row: the member with exactly role 1 who is the project's Owner (RESOURCES 2).
      return canonical(getAt(live.spec, pointer) ?? null) === canonical([ADMIN]) && getAt(desired.spec, pointer) === undefined
        ? [{ pointer, why: 'the service makes the creator of a project its administrator' }]
        : [];
    }),
  deleteGuard: (live) =>
    live.extra['hasDependency'] === true
      ? {
          code: 'PROJECT_IN_USE',
          message: 'Tasks or other objects depend on the project, and the service refuses to delete it.',
          hint: 'Take its tasks offline and delete them in the console, then plan again.',
        }
      : null,
  demands: (change) =>
    change.action === 'create' && change.after?.['mode'] === undefined
      ? [{ code: 'FIELD_REQUIRED', message: 'A project needs a mode to be created.', hint: 'mode: dev-prod', at: '' }]
      : [],
  refers: (spec) => [
    ...sourcesOf(spec),
    ...HALVES.flatMap((half) =>
      Object.keys(objectAt(objectAt(spec, 'members'), half)).map((account) => `tenantMembers/${account}`),
    ),
  ],
  holds: (spec) => sourcesOf(spec),
  access: ACCESS.projects,
  passages: projectPassages,

  steps: (change, ids) => {
    if (change.action === 'delete') return [step('delete', 'delete', 'DeleteProject', { Id: ids.old() })];
    const creates = change.action === 'create';
    return [
      ...memberSteps(change, ids, 'removed'),
      ...(creates ? [createStep(change, ids)] : updateSteps(change, ids)),
      ...memberSteps(change, ids, 'updated'),
      ...memberSteps(change, ids, 'added'),
    ];
  },
  manual: () => [],
};

const sourcesOf = (spec: JsonObject): string[] =>
  ['computeSource', 'streamComputeSource'].flatMap((field) =>
    Object.values(objectAt(spec, field))
      .map(textOf)
      .filter((name) => name !== '' && !name.startsWith('id:'))
      .map((name) => addressOf('computeSources', name)),
  );

const liveRoles = (row: JsonObject): Json => sortedRoles((Array.isArray(row['RoleIdList']) ? row['RoleIdList'] : []).map(textOf));

const normaliseMembers = (raw: JsonObject, basic: boolean, { people, report }: Parameters<Kind['normalise']>[1]): JsonObject => {
  const spec: Record<string, Json> = {};
  for (const half of HALVES) {
    if (raw[half] === undefined) continue;
    if (basic && half === 'dev')
      report({
        code: 'VALUE_WRONG',
        message: 'A basic project has no development half.',
        hint: 'Put its members under prod.',
        at: '/members/dev',
      });
    const roles = new Map<string, string[]>();
    // A half without a role asks for nobody, and whoever is there must still be known by name.
    if (Object.keys(objectAt(raw, half)).length === 0)
      people(pointerOf('members', half), (name) => pointerOf('members', half, name));
    for (const role of Object.keys(objectAt(raw, half)))
      for (const { account } of people(pointerOf('members', half, role), (name) => pointerOf('members', half, name)))
        roles.set(account, [...(roles.get(account) ?? []), role]);
    spec[half] = Object.fromEntries([...roles].map(([account, of]) => [account, sortedRoles(of)]));
  }
  return spec;
};

const sourceId = (spec: JsonObject | null, field: string, half: Half, ids: IdSource) => {
  const name = textOf(objectAt(spec, field)[half]);
  return name === '' ? undefined : ids.of('computeSources', name);
};

/** What both actions of a mode send beside name and type. */
const commonFields = (after: JsonObject | null, ids: IdSource) => {
  const unit = textOf(after?.['bizUnit']);
  return {
    DisplayName: textOf(after?.['displayName']),
    BizUnitId: unit === '' ? undefined : ids.of('bizUnits', unit),
    NameSpaceTag: after?.['namespaceTag'] === undefined ? undefined : textOf(after['namespaceTag']),
    WhiteLists: after?.['whiteList'] === undefined ? undefined : whiteLists(after),
  };
};
const basicFields = (after: JsonObject | null, ids: IdSource) => ({
  ...commonFields(after, ids),
  Description: textOf(objectAt(after, 'description')['prod']),
  ComputeSourceId: sourceId(after, 'computeSource', 'prod', ids),
  StreamComputeSourceId: sourceId(after, 'streamComputeSource', 'prod', ids),
});
const pairFields = (after: JsonObject | null, ids: IdSource) => ({
  ...commonFields(after, ids),
  ProdDescription: textOf(objectAt(after, 'description')['prod']),
  DevDescription: textOf(objectAt(after, 'description')['dev']),
  ProdComputeSourceId: sourceId(after, 'computeSource', 'prod', ids),
  DevComputeSourceId: sourceId(after, 'computeSource', 'dev', ids),
  ProdStreamComputeSourceId: sourceId(after, 'streamComputeSource', 'prod', ids),
  DevStreamComputeSourceId: sourceId(after, 'streamComputeSource', 'dev', ids),
});

const OWN_FIELDS = [
  '/mode',
  '/type',
  '/displayName',
  '/description',
  '/computeSource',
  '/streamComputeSource',
  '/bizUnit',
  '/namespaceTag',
  '/whiteList',
];

const createStep = (change: KindChange, ids: IdSource): StepDraft => {
  const { after, key } = change;
  const [name = ''] = key;
  const shown = { ...after, displayName: textOf(after?.['displayName']) || name };
  const more = { gives: { address: change.address, ids: { id: '/CreateResult/Id' } }, covers: OWN_FIELDS };
  return after?.['mode'] === 'basic'
    ? step(
        'create',
        'create',
        'CreateBasicProject',
        { CreateCommand: { Name: name, Type: textOf(after['type']) || 'GENERAL', ...basicFields(shown, ids) } },
        more,
      )
    : step('create', 'create', 'CreateDevProdProject', { CreateCommand: { Name: name, ...pairFields(shown, ids) } }, more);
};

const updateSteps = (change: KindChange, ids: IdSource): readonly StepDraft[] => {
  const { after, key } = change;
  const [name = ''] = key;
  const id = ids.own();
  const touched = OWN_FIELDS.filter((field) => change.touches(field));
  if (touched.length === 0) return [];
  if (touched.length === 1 && touched[0] === '/whiteList')
    return [
      step(
        'whiteList',
        'update',
        'ReplaceProjectWhiteLists',
        { Id: id, ReplaceCommand: { WhiteLists: whiteLists(after) } },
        { covers: ['/whiteList'] },
      ),
    ];
  return [
    after?.['mode'] === 'basic'
      ? step(
          'update',
          'update',
          'UpdateBasicProject',
          { UpdateCommand: { Id: id, Name: name, ...basicFields(after, ids) } },
          { covers: OWN_FIELDS },
        )
      : step(
          'update',
          'update',
          'UpdateDevProdProject',
          { UpdateCommand: { Id: id, Name: name, ...pairFields(after, ids) } },
          { covers: OWN_FIELDS },
        ),
  ];
};

/** A project's creator is a member from the first moment: the caller is updated, not added (BEHAVIOUR 3.4). */
const memberSteps = (change: KindChange, ids: IdSource, how: 'added' | 'removed' | 'updated'): readonly StepDraft[] =>
  halves(change.after).flatMap((half) => {
    const list = memberList(half);
    const creates = change.action === 'create';
    const isCreator = (account: string): boolean => creates && account === ids.caller;
    const rolesOf = (account: string): Json | undefined => getAt(change.after ?? {}, pointerOf('members', half, account));
    const added = change.added(list);
    const accounts =
      how === 'removed'
        ? change.removed(list)
        : how === 'added'
          ? added.filter((account) => !isCreator(account))
          : [
              ...change.updated(list),
              ...added.filter((account) => isCreator(account) && canonical(rolesOf(account) ?? null) !== canonical([ADMIN])),
            ];
    const covers = (account: string) => pointerOf('members', half, account);
    return batches(accounts).map((some, index) => {
      const Id = ids.own();
      const users = some.map((account) => ({ UserId: ids.user(account), RoleList: roleIds(rolesOf(account)) }));
      if (how === 'removed')
        return step(
          batchName(`${half} members-`, index),
          'revoke',
          'RemoveProjectMember',
          { Id, RemoveCommand: { Env: ENV[half], UserIdList: some.map((account) => ids.user(account)) } },
          eachOf('/RemoveCommand/UserIdList', some, covers),
        );
      return how === 'added'
        ? step(
            batchName(`${half} members+`, index),
            'grant',
            'AddProjectMember',
            { Id, AddCommand: { Env: ENV[half], UserList: users } },
            eachOf('/AddCommand/UserList', some, covers),
          )
        : step(
            batchName(`${half} members~`, index),
            'grant',
            'UpdateProjectMember',
            { Id, UpdateCommand: { Env: ENV[half], UserList: users } },
            eachOf('/UpdateCommand/UserList', some, covers),
          );
    });
  });
