/** Data-service apps: owners, members with an end, key and secret (BEHAVIOUR 3.9). */
import { addressOf, getAt, pointerOf, textOf } from '../core/json.ts';
import { type Demand, type Kind, type KindChange, keyName, type Names, objectAt, PRINCIPALS, rowsAt } from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';
import { appSteps, isKeyByHand, LONG_TERM, ownerOnly, resets, updatesApp } from './app-steps.ts';
import { appPassages } from './passages.ts';

/** The console's rule: 4 to 26 characters, the first one Chinese or a letter. */
const NAME = /^[\p{Script=Han}A-Za-z]/u;
const NAME_LENGTH = { least: 4, most: 26 };
/** BEHAVIOUR 2.3: the caller is neither a member nor an owner; whether administrators pass is unknown (Q45). */
const NO_AUTHORITY = ['DPN.Oltp.MgmtSys.NoAuthorized'] as const;

const accounts = (spec: JsonObject | null | undefined, list: string): string[] => Object.keys(objectAt(spec ?? null, list));

/** Every app of the tenant, for every member of it; neither keys nor scenarios are in its rows. */
export const APP_LIST = {
  operation: 'ListDataServiceApps',
  request: { ListQuery: {} },
  rows: (answer: JsonObject) => rowsAt(answer, 'Data', 'AppList'),
  identity: (row: JsonObject) => textOf(row['AppId']),
} as const;

export const dataServiceApps: Kind = {
  collection: 'dataServiceApps',
  keyParts: ['group', 'name'],
  noun: 'app',
  edition: 'basic',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'A data-service app',
    description: 'Programs that call APIs of the data service, each with a key, a secret and members.',
    additionalProperties: false,
    properties: {
      scenarios: { type: 'string', description: 'What the app is used for; needed to create.', examples: ['internal reporting'] },
      owners: {
        ...PRINCIPALS,
        minItems: 1,
        description:
          'People who own the app, at least one; only they change its members and its secret. Needed to create. Owners are members by themselves.',
      },
      key: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{8,128}$',
        'x-phinfra-form': '8 to 128 letters, digits, "_" and "-"',
        description:
          'The AppKey: 8 to 128 letters, digits, "_" and "-"; the service makes one where none is given. A new one is set by a reset, together with the secret.',
        examples: ['finance-portal'],
      },
      secret: {
        type: 'string',
        minLength: 1,
        'x-phinfra-secret': true,
        description:
          'The AppSecret, from a source: 8 to 127 letters, digits, "_" and "-". A new value is sent by a reset: the old one dies at once.',
        examples: ['${env:PORTAL_SECRET}'],
      },
      secretsVersion: {
        type: 'string',
        description: 'A new value sends the secret once more: a rotation that a reviewer can see.',
        examples: ['2026-11'],
      },
      members: {
        ...PRINCIPALS,
        description: 'People who may use the app beside its owners, complete; `until` is sent as the end of the membership.',
      },
    },
  },
  nested: ['members'],
  born: ['delete', 'replace'],
  replaceRefused: null,
  renames: true,
  fields: [
    { path: '/scenarios', rule: 'update', calls: ['UpdateDataServiceApp'] },
    { path: '/owners/*', rule: 'update', calls: ['UpdateDataServiceApp'] },
    { path: '/key', rule: 'update', conceals: true, calls: ['ResetDataServiceAppSecret'] },
    {
      path: '/secret',
      rule: 'writeOnly',
      why: 'a read may show it and need not',
      sentWith: ['/secret', '/secretsVersion'],
      calls: ['ResetDataServiceAppSecret'],
    },
    { path: '/secretsVersion', rule: 'remembered', why: 'known to the record alone', calls: ['ResetDataServiceAppSecret'] },
    {
      path: '/members/*',
      rule: 'update',
      calls: ['AddDataServiceAppMember', 'UpdateDataServiceAppMember', 'RemoveDataServiceAppMember'],
    },
  ],
  calls: { create: ['CreateDataServiceApp'], rename: ['UpdateDataServiceApp'], delete: ['DeleteDataServiceApp'] },
  example: {
    finance: {
      finance_portal: {
        scenarios: 'internal reporting',
        owners: ['alice@example.com'],
        members: [{ who: 'bob@example.com', until: '2027-12-31' }],
      },
    },
  },

  normalise: (raw, context) => {
    const { key, people, reference, report, warn, caller } = context;
    const [group = '', name = ''] = key;
    const spec: Record<string, Json> = {};
    const { least, most } = NAME_LENGTH;
    if (!NAME.test(name) || [...name].length < least || [...name].length > most)
      report({
        code: 'NAME_WRONG',
        message: `"${name}" cannot be an app's name: ${least} to ${most} characters, the first one Chinese or a letter.`,
        hint: 'Choose another name.',
        at: '',
      });
    if (group.startsWith('id:'))
      report({
        code: 'NAME_WRONG',
        message: 'Apps stand under the name of their group, not under its id.',
        hint: "Write the group's name.",
        at: '',
      });
    else reference('dataServiceAppGroups', group, '');
    for (const field of ['scenarios', 'key', 'secretsVersion'] as const)
      if (raw[field] !== undefined) spec[field] = textOf(raw[field]);
    if (raw['secret'] !== undefined) spec['secret'] = raw['secret'];
    else if (raw['secretsVersion'] !== undefined)
      report({
        code: 'KEY_MISSING',
        message: '"secretsVersion" sends the secret once more, and there is none.',
        hint: 'Write secret: ${env:NAME}, or take the line out.',
        at: '/secretsVersion',
      });
    if (raw['owners'] !== undefined) {
      const owners = people('/owners', (account) => pointerOf('owners', account)).map(({ account }) => account);
      spec['owners'] = Object.fromEntries(owners.map((account) => [account, true]));
      if (caller !== null && !owners.includes(caller))
        warn({
          code: 'OWNER_NOT_CALLER',
          message: `The caller "${caller}" is not among the owners, and the service lets only owners read and change members and reset the secret.`,
          hint: `Add ${caller} to the owners, or apply with the key of an owner.`,
          at: '/owners',
        });
    }
    if (raw['members'] !== undefined)
      // An owner is a member without an end, whatever the line says.
      spec['members'] = Object.fromEntries(
        people('/members', (account) => pointerOf('members', account))
          .filter(({ account }) => getAt(spec, pointerOf('owners', account)) === undefined)
          .map(({ account, until }) => [account, until === null ? {} : { until }]),
      );
    return spec;
  },

  list: APP_LIST,
  each: [
    {
      name: 'app',
      operation: 'GetDataServiceApp',
      wanted: ({ desired, intent, touches }) => {
        const { scenarios, key } = desired?.spec ?? {};
        if (intent === 'compare') return scenarios !== undefined || key !== undefined;
        // The update sends the scenarios along.
        return intent === 'update' && touches.some((pointer) => pointer === '' || pointer.startsWith('/owners/'));
      },
      request: ({ ids }) => ({ AppId: ids['id'] ?? '' }),
      // The answer may hold the secret (Q36): it goes no further than this line.
      rows: (answer) => {
        const { AppKey = '', Scenarios = '' } = objectAt(answer, 'Data');
        return [{ AppKey, Scenarios }];
      },
      identity: () => 'app',
      refusals: { codes: NO_AUTHORITY, shows: ['/scenarios', '/key'], why: 'the service shows it to members of the app only' },
    },
    {
      name: 'members',
      operation: 'GetDataServiceAppMembers',
      wanted: ({ desired, intent }) => intent === 'compare' && desired?.spec['members'] !== undefined,
      request: ({ ids }) => ({ AppId: ids['id'] ?? '' }),
      rows: (answer) => rowsAt(answer, 'Data', 'MemberList'),
      identity: (row) => textOf(row['UserId']),
      refusals: { codes: NO_AUTHORITY, shows: ['/members'], why: 'the service shows them to owners of the app only' },
    },
  ],
  whenMissing: null,
  names: (row) => [['dataServiceApps', keyName([textOf(row['AppGroup']), textOf(row['AppName'])]), textOf(row['AppId'])]],
  live: ({ rows, each, names, day }) =>
    rows.map((row) => {
      const id = textOf(row['AppId']);
      const { app: [app] = [], members = [] } = each(id);
      const { kept, expired } = membersOf(members, names, day);
      return {
        kind: 'dataServiceApps',
        key: [groupOf(row, names), textOf(row['AppName'])],
        address: '',
        ids: { id },
        spec: {
          owners: Object.fromEntries(rowsAt(row, 'OwnerList').map((owner) => [names.account(textOf(owner['Id'])), true])),
          ...(app ? { scenarios: textOf(app['Scenarios']), key: textOf(app['AppKey']) } : {}),
          // Every app has an owner, and every owner a row: no rows are members that were not shown.
          ...(members.length > 0 ? { members: kept } : {}),
        },
        extra: { expired },
      };
    }),
  letStand: (live, desired, after) =>
    accounts(live.spec, 'members').flatMap((account) => {
      const pointer = pointerOf('members', account);
      const owns = pointerOf('owners', account);
      if (isOwnersRow(live.spec, account) && getAt(after, owns) !== undefined)
        // Declared as a member while nobody declares the owners: that is for the demands to say.
        return getAt(desired.spec, pointer) !== undefined && desired.spec['owners'] === undefined
          ? []
          : [{ pointer, why: 'an owner is a member by himself' }];
      if (getAt(after, owns) !== undefined) return [{ pointer, why: 'becomes an owner', moves: true }];
      return getAt(desired.spec, owns) !== undefined && getAt(after, owns) === undefined
        ? [{ pointer, why: 'becomes an owner when the list of owners no longer waits' }]
        : [];
    }),
  deleteGuard: () => null,
  demands: (change) => [...lacking(change), ...ownersNotDeclared(change)],
  refers: (spec, [group = '']) => [
    addressOf('dataServiceAppGroups', group),
    ...['owners', 'members'].flatMap((list) => accounts(spec, list).map((account) => addressOf('tenantMembers', account))),
  ],
  holds: () => [],
  access: ACCESS.dataServiceApps,
  steps: appSteps,
  passages: appPassages,
  manual: (change) =>
    isKeyByHand(change)
      ? [
          `Set the key of the app in the console: Data Service, the page of the app. It was sent, and another one is live: some gateways ignore it.`,
        ]
      : [],
  byHand: (change) => (isKeyByHand(change) ? ['/key'] : []),
};

/** By the id where the group is being renamed: its apps are known by the new name. */
const groupOf = (row: JsonObject, names: Names): string => {
  const shown = textOf(row['AppGroup']);
  const id = names.id('dataServiceAppGroups', shown);
  return id === null ? shown : (names.name('dataServiceAppGroups', id) ?? shown);
};

/** The value of an owner's row among the members: no list in the files gives it. */
const OWNERS_ROW: JsonObject = { owner: true };
const isOwnersRow = (spec: JsonObject, account: string): boolean =>
  getAt(spec, pointerOf('members', account, 'owner')) !== undefined;

/** Members as the normal form has them, and those whose time is over: they are absent, although a list may still show them (Q24). */
const membersOf = (
  rows: readonly JsonObject[],
  names: Names,
  day: string,
): { readonly kept: JsonObject; readonly expired: readonly string[] } => {
  const kept: Record<string, Json> = {};
  const expired: string[] = [];
  for (const row of rows) {
    const account = names.account(textOf(row['UserId']));
    const until = textOf(row['EffectiveEnd']).slice(0, 10);
    if (row['Role'] === 'owner') kept[account] = OWNERS_ROW;
    else if (until === '' || until >= LONG_TERM) kept[account] = {};
    else if (until < day) expired.push(account);
    else kept[account] = { until };
  }
  return { kept, expired };
};

const lacking = (change: KindChange): readonly Demand[] => {
  const { action, after, desired } = change;
  const found: Demand[] = [];
  const needs = (field: string, hint: string): void => {
    found.push({ code: 'FIELD_REQUIRED', message: `An app needs ${field} to be created.`, hint, at: '' });
  };
  if (action === 'delete') return found;
  if (action === 'create' && after?.['scenarios'] === undefined) needs('scenarios', 'scenarios: what the app is used for');
  if (action === 'create' && desired?.spec['owners'] === undefined) needs('owners', 'owners: [ACCOUNT]');
  else if ((action === 'create' || updatesApp(change)) && accounts(after, 'owners').length === 0)
    found.push({
      code: 'FIELD_REQUIRED',
      message: 'An app needs an owner, and nobody of those who are named is left.',
      hint: 'Name somebody else, or a later day.',
      at: '/owners',
    });
  if (updatesApp(change) && after?.['scenarios'] === undefined)
    found.push({
      code: 'CONFIG_NEEDED',
      message: 'An update replaces the scenarios, which the service shows to members of the app only: they must be declared.',
      hint: 'Write scenarios as they are to be, or take the change back.',
      at: '',
    });
  if (resets(change) && desired?.spec['secret'] === undefined)
    found.push({
      code: 'CONFIG_NEEDED',
      message: 'A new key is set by a reset, which makes a new secret as well: the secret must be declared.',
      hint: 'Write secret: ${env:NAME}, or take the key out.',
      at: '/key',
    });
  return found;
};

/** Only where the owners are declared is it known whose row among the members is an owner's. */
const ownersNotDeclared = (change: KindChange): readonly Demand[] => {
  if (change.desired?.spec['owners'] !== undefined) return [];
  return ownerOnly(change).map((account) => ({
    code: 'VALUE_WRONG',
    message: `"${account}" owns the app and is a member by that alone.`,
    hint: 'Take the line out, or write owners as well.',
    at: '/members',
  }));
};
