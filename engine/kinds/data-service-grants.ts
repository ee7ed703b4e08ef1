/** Who may use a published API: apps and people (BEHAVIOUR 3.10). APIs themselves are made in the console. */
import { addressOf, canonical, getAt, isObject, pointerOf, textOf } from '../core/json.ts';
import {
  type Demand,
  type Kind,
  type KindChange,
  keyName,
  type NormaliseContext,
  objectAt,
  type PrincipalEntry,
} from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';
import { APPS, apiLists, grantLists, HALVES, isApiList, liveApi, shownGrants } from './api-grant-reads.ts';
import { apiGrantSteps, granted, halvesOf, isApp, isDevProd, isRevoked } from './api-grant-steps.ts';
import { dataServiceApps } from './apps.ts';
import { withUntil } from './expiry.ts';
import { granteeAddress, principalList, spelled } from './grantees.ts';
import { apiGrantPassages } from './passages.ts';

const fieldIds = (half: string): JsonObject => ({
  type: 'array',
  description: `Of the ${half} half.`,
  minItems: 1,
  items: { type: 'string', pattern: '^-?[0-9]+$', 'x-phinfra-form': 'a number in quotes' },
});
const CALLS = ['GrantDataServiceApi', 'RevokeDataServiceApi'] as const;

export const dataServiceGrants: Kind = {
  collection: 'dataServiceGrants',
  keyParts: ['project', 'api'],
  noun: 'list of API grants',
  edition: 'basic',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'Grants of a published API',
    description: 'Who may use an API of a data-service project. The API itself is made in the console.',
    additionalProperties: false,
    properties: {
      use: principalList(
        'Apps and people who may call the API; of apps the list is complete. `until` is sent as the last day.',
        {
          fields: {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            description: 'Ids of the fields of a query API, by half; the console shows them, no read does.',
            properties: { prod: fieldIds('production'), dev: fieldIds('development') },
            examples: [{ prod: ['1', '2'], dev: ['1'] }],
          },
          halves: {
            type: 'array',
            minItems: 1,
            items: { type: 'string', enum: [...HALVES] },
            description: 'The halves of an operation API that may be called.',
            examples: [['prod']],
          },
        },
        [[{ who: 'dataServiceApps/finance/finance_portal', until: '2027-12-31', fields: { prod: ['1'], dev: ['1'] } }]],
      ),
      delegation: principalList(
        'Apps that may hand the API on; each stands under `use` as well, with the same `until`, and has its fields or halves from there.',
        {},
        [[{ who: 'dataServiceApps/finance/finance_portal', until: '2027-12-31' }]],
      ),
    },
  },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: false,
  attached: true,
  fields: [
    {
      path: '/use/*',
      rule: 'update',
      omits: ['halves'],
      remembers: (key) => !isApp(key),
      why: 'no read shows what people were granted: compared with the record',
      calls: CALLS,
    },
    { path: '/use/*/halves', rule: 'update', calls: CALLS },
    { path: '/delegation/*', rule: 'update', omits: ['halves'], calls: CALLS },
    { path: '/delegation/*/halves', rule: 'update', calls: CALLS },
    {
      path: '/scope/*',
      written: '/use/*/fields',
      rule: 'remembered',
      why: 'no read tells the ids of fields, or what a person may call',
      calls: CALLS,
    },
    { path: '/reasons/*', written: '/use/*/reason', rule: 'option', why: 'sent with a grant and never compared' },
  ],
  calls: { create: ['GrantDataServiceApi'], delete: ['RevokeDataServiceApi'] },
  example: {
    finance_ds: {
      get_orders: {
        use: [
          { who: 'dataServiceApps/finance/finance_portal', until: '2027-12-31', fields: { prod: ['1'] } },
          { who: 'bob@example.com', until: '2027-12-31' },
        ],
      },
    },
  },
  namesFrom: ['dataServiceProjects', 'dataServiceApps'],

  normalise: (raw, context) => {
    context.reference('dataServiceProjects', context.key[0] ?? '', '');
    const use = raw['use'] === undefined ? null : usesOf(raw, context);
    return {
      ...use,
      ...(raw['delegation'] === undefined ? {} : { delegation: delegationsOf(raw, use?.use ?? {}, context) }),
    };
  },

  list: null,
  more: (input) => [...apiLists(input), ...grantLists(input)],
  each: [],
  coverage: () => [
    'people who were granted: no read shows them; compared with the record',
    'fields: no read tells their ids; compared with the record',
  ],
  whenMissing: null,
  names: (row, read = '') =>
    read === APPS
      ? dataServiceApps.names(row)
      : isApiList(read)
        ? [['dataServiceApis', keyName([textOf(row['ProjectName']), textOf(row['ApiName'])]), textOf(row['ApiId'])]]
        : [],
  live: (input) => {
    const shown = shownGrants(input);
    return [...input.more].flatMap(([read, rows]) =>
      isApiList(read) ? (rows ?? []).map((row) => liveApi(row, input, shown)) : [],
    );
  },
  // Only who may use an API can delegate it: as long as the one waits, so does the other.
  letStand: (_live, desired, after) =>
    Object.keys(objectAt(desired.spec, 'delegation'))
      .filter(
        (app) => getAt(desired.spec, pointerOf('use', app)) !== undefined && getAt(after, pointerOf('use', app)) === undefined,
      )
      .map((app) => ({ pointer: pointerOf('delegation', app), why: 'the list of those who may use it waits for you' })),
  deleteGuard: () => null,
  demands: (change) => (change.action === 'delete' ? [] : [...apiMissing(change), ...scopeMissing(change)]),
  refers: (spec, [project = '']) => [
    addressOf('dataServiceProjects', project),
    ...['use', 'delegation'].flatMap((list) => Object.keys(objectAt(spec, list)).map(granteeAddress)),
  ],
  holds: () => [],
  access: ACCESS.dataServiceGrants,
  steps: apiGrantSteps,
  isTaken: isRevoked,
  passages: apiGrantPassages,
  manual: () => [],
};

// ---- as written -----------------------------------------------------------------------------------------------------

const entriesOf = (list: 'use' | 'delegation', { principals }: NormaliseContext): readonly PrincipalEntry[] =>
  principals(pointerOf(list), (principal) => pointerOf(list, spelled(principal)), ['dataServiceApps']);

/** The place of an entry in its list as written. */
const placeOf = (raw: JsonObject, list: string, { written }: PrincipalEntry): string =>
  pointerOf(list, String((raw[list] as readonly Json[]).indexOf(written)));

/**
 * `use` with ends and halves; `scope` with what no read shows: the fields of everybody, the halves of people.
 *
 *     app, fields   use { until, halves: those with fields }   scope { fields }
 *     app, halves   use { until, halves }
 *     person        use { until }                              scope { fields } or { halves }
 */
const usesOf = (raw: JsonObject, context: NormaliseContext) => {
  const use: Record<string, JsonObject> = {};
  const scope: Record<string, JsonObject> = {};
  const reasons: Record<string, string> = {};
  for (const entry of entriesOf('use', context)) {
    const principal = spelled(entry.principal);
    const written = isObject(entry.written) ? entry.written : {};
    const fields = fieldsOf(written['fields']);
    const halves = Array.isArray(written['halves']) ? [...new Set(written['halves'].map(textOf))].sort() : null;
    if (fields && halves)
      context.report({
        code: 'VALUE_WRONG',
        message: 'An API is granted either by fields or by halves: a query API by fields, an operation API by halves.',
        hint: 'Take one of the two out.',
        at: placeOf(raw, 'use', entry),
      });
    const ofApp = fields ? Object.keys(fields).sort() : halves;
    use[principal] = { ...withUntil(entry.until), ...(isApp(principal) && ofApp ? { halves: ofApp } : {}) };
    if (fields) scope[principal] = { fields };
    else if (halves && !isApp(principal)) scope[principal] = { halves };
    if (entry.reason !== null) reasons[principal] = entry.reason;
  }
  return { use, ...(notEmpty(scope) ? { scope } : {}), ...(notEmpty(reasons) ? { reasons } : {}) };
};

const notEmpty = (value: object): boolean => Object.keys(value).length > 0;

const fieldsOf = (written: Json | undefined): Record<string, readonly string[]> | null =>
  isObject(written)
    ? Object.fromEntries(
        HALVES.flatMap((half) => (Array.isArray(written[half]) ? [[half, [...new Set(written[half].map(textOf))].sort()]] : [])),
      )
    : null;

/** DELEGATION can be granted to apps only, and together with USE only: in one call, with one day and the same fields. */
const delegationsOf = (raw: JsonObject, use: Readonly<Record<string, JsonObject>>, context: NormaliseContext): JsonObject => {
  const found: Record<string, JsonObject> = {};
  for (const entry of entriesOf('delegation', context)) {
    const principal = spelled(entry.principal);
    const own = use[principal];
    const at = placeOf(raw, 'delegation', entry);
    if (!isApp(principal))
      context.report({
        code: 'PRINCIPAL_UNSUPPORTED',
        message: `"${principal}" cannot hand an API on: the service lets apps do that only.`,
        hint: 'Name an app: dataServiceApps/GROUP/NAME.',
        at,
      });
    else if (own === undefined || canonical(own['until']) !== canonical(withUntil(entry.until).until))
      context.report({
        code: 'VALUE_WRONG',
        message:
          own === undefined
            ? `"${principal}" may hand the API on only where it may use it, and does not stand under "use".`
            : `"${principal}" may hand the API on as long as it may use it: "use" and "delegation" need the same "until".`,
        hint: own === undefined ? 'Write it under use as well.' : 'Write the same day in both.',
        at,
      });
    else found[principal] = own;
  }
  return found;
};

// ---- demands --------------------------------------------------------------------------------------------------------

const apiMissing = ({ live, host, key: [project = '', api = ''] }: KindChange): readonly Demand[] =>
  live || host
    ? []
    : [
        {
          code: 'REFERENCE_UNKNOWN',
          message: `The data-service project "${project}" has no published API "${api}".`,
          hint: 'APIs are made and published in the console. Mend the name, or publish it first.',
          at: '',
        },
      ];

/** Fields and halves of what is to be granted: only the live API tells which of the two it takes, and which halves it has. */
const scopeMissing = (change: KindChange): readonly Demand[] => {
  const isPair = isDevProd(change.live ?? change.host);
  return granted(change).flatMap((principal): readonly Demand[] => {
    const fields = getAt(change.after ?? {}, pointerOf('scope', principal, 'fields'));
    const halves = halvesOf(change, principal);
    const lacks = (message: string, hint: string): readonly Demand[] => [{ code: 'FIELD_REQUIRED', message, hint, at: '/use' }];
    if (isApp(principal) && halves === null)
      return lacks(
        `A grant to "${principal}" needs fields (of a query API) or halves (of an operation API), and the service tells no ids of fields.`,
        'fields: { prod: ["1"] }, with the ids that the console shows; or halves: [prod].',
      );
    if (isPair === false && halves?.includes('dev'))
      return [
        {
          code: 'VALUE_WRONG',
          message: `"${principal}" cannot be granted the development half: APIs of this project have none.`,
          hint: 'Take dev out.',
          at: '/use',
        },
      ];
    const needed = isPair ? 'dev' : 'prod';
    return isPair !== null && fields !== undefined && halves !== null && !halves.includes(needed)
      ? lacks(
          `A grant of this API to "${principal}" needs fields of the half ${needed}: the service asks for them.`,
          `fields: { ${needed}: [ID] }`,
        )
      : [];
  });
};
