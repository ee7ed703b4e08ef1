/** Who may use a published API: apps and people (BEHAVIOUR 3.10). APIs themselves are made in the console. */
import { addressOf, canonical, getAt, isObject, pointerOf, textOf } from '../core/json.ts';
import {
  type Demand,
  type Kind,
  type KindChange,
  keyName,
  type LiveInput,
  type MoreInput,
  type MoreRead,
  type NormaliseContext,
  objectAt,
  type PrincipalEntry,
  rowsAt,
} from '../core/kind.ts';
import type { Live } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { apiGrantSteps, granted, halvesOf, isApp, isDevProd } from './api-grant-steps.ts';
import { APP_LIST, dataServiceApps } from './apps.ts';
import { isOver, untilOfText, withUntil } from './expiry.ts';
import { appPrincipal, granteeAddress, principalList, spelled } from './grantees.ts';

const HALVES = ['prod', 'dev'] as const;
const fieldIds = (half: string): JsonObject => ({
  type: 'array',
  description: `Of the ${half} half.`,
  minItems: 1,
  items: { type: 'string', pattern: '^-?[0-9]+$', 'x-phinfra-form': 'a number in quotes' },
});
const CALLS = ['GrantDataServiceApi', 'RevokeDataServiceApi'] as const;
/** Names of the further lists. */
const APPS = 'apps';
const apisOf = (project: string): string => `apis ${project}`;
const detailsOf = (appKey: string): string => `details ${appKey}`;

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
      : read.startsWith('apis ')
        ? [['dataServiceApis', keyName([textOf(row['ProjectName']), textOf(row['ApiName'])]), textOf(row['ApiId'])]]
        : [],
  live: (input) => {
    const shown = shownGrants(input);
    return [...input.more].flatMap(([read, rows]) =>
      read.startsWith('apis ') ? (rows ?? []).map((row) => liveApi(row, input, shown)) : [],
    );
  },
  letStand: () => [],
  deleteGuard: () => null,
  demands: (change) => (change.action === 'delete' ? [] : [...apiMissing(change), ...scopeMissing(change)]),
  refers: (spec, [project = '']) => [
    addressOf('dataServiceProjects', project),
    ...['use', 'delegation'].flatMap((list) => Object.keys(objectAt(spec, list)).map(granteeAddress)),
  ],
  holds: () => [],
  steps: apiGrantSteps,
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

// ---- reads ----------------------------------------------------------------------------------------------------------

/** The published APIs of every project that is declared or recorded. */
const apiLists = ({ desired, recorded, shown, names }: MoreInput): readonly MoreRead[] => {
  const projects = new Set([
    ...(shown ?? []).flatMap(({ ids }) => ids['project'] ?? []),
    ...desired.flatMap(({ key: [project = ''] }) => names.id('dataServiceProjects', project) ?? []),
    ...[...recorded.values()].flatMap(({ ids }) => ids['project'] ?? []),
  ]);
  return [...projects].sort().map((project) => ({
    name: apisOf(project),
    operation: 'ListDataServicePublishedApis',
    request: { ProjectId: project, ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'ApiList'),
    identity: (row) => textOf(row['ApiId']),
  }));
};

/** What every app that holds a grant on a declared or recorded API may do; and the apps' names, where one is not known. */
const grantLists = ({ more, desired, recorded, shown, names }: MoreInput): readonly MoreRead[] => {
  const ours = new Set([...recorded.values(), ...(shown ?? [])].map(({ ids }) => textOf(ids['api'])));
  const keys = desired.map(({ key }) => key);
  const apps = [...more].flatMap(([read, rows]) =>
    read.startsWith('apis ')
      ? (rows ?? [])
          .filter((row) => ours.has(textOf(row['ApiId'])) || keys.some((key) => isMeant(key, row, names)))
          .flatMap((row) => rowsAt(row, 'AppInfoList'))
      : [],
  );
  const appKeys = [...new Set(apps.map((app) => textOf(app['AppKeyStr'])).filter((key) => key !== ''))].sort();
  const isUnknown = apps.some((app) => names.name('dataServiceApps', textOf(app['AppId'])) === null);
  return [
    ...(isUnknown ? [{ ...APP_LIST, name: APPS }] : []),
    ...appKeys.map(
      (appKey): MoreRead => ({
        name: detailsOf(appKey),
        operation: 'ListAuthorizedDataServiceApiDetails',
        request: { ListQuery: { AppKeyStr: appKey } },
        rows: (answer) => rowsAt(answer, 'Result', 'Data'),
        identity: (row) => `${textOf(row['ApiId'])} ${textOf(row['AuthType'])}`,
        pageSize: 100,
      }),
    ),
  ];
};

/** A key means an API by name or by `id:…`, its project likewise. */
const isMeant = ([project = '', api = '']: readonly string[], row: JsonObject, names: MoreInput['names']): boolean =>
  names.id('dataServiceProjects', project) === textOf(row['ProjectId']) &&
  (api === textOf(row['ApiName']) || api === `id:${textOf(row['ApiId'])}`);

// ---- as it is -------------------------------------------------------------------------------------------------------

type Shown = {
  readonly use: Record<string, JsonObject>;
  readonly delegation: Record<string, JsonObject>;
  /** App ids by principal. */
  readonly apps: Record<string, string>;
  /** Apps whose grant tells fields: the API is a query. */
  readonly queries: string[];
};

const LISTS: Readonly<Record<string, 'use' | 'delegation'>> = { USE: 'use', DELEGATION: 'delegation' };

/** Grants to apps by API. What has ended is absent (BEHAVIOUR Q24). */
const shownGrants = ({ more, names, day }: LiveInput): ReadonlyMap<string, Shown> => {
  const found = new Map<string, Shown>();
  for (const [read, rows] of more) {
    if (!read.startsWith('details ')) continue;
    for (const row of rows ?? []) {
      const api = textOf(row['ApiId']);
      const list = LISTS[textOf(row['AuthType'])];
      const ends = HALVES.flatMap((half) => {
        const text = textOf(row[half === 'prod' ? 'ProdAuthPeriod' : 'DevAuthPeriod']);
        const until = untilOfText(text);
        return text === '' || isOver(until, day) ? [] : [{ half, until }];
      });
      if (list === undefined || ends.length === 0) continue;
      const shown = found.get(api) ?? { use: {}, delegation: {}, apps: {}, queries: [] };
      found.set(api, shown);
      const principal = appPrincipal(names, textOf(row['AppId']));
      shown[list][principal] = { ...withUntil(endOf(ends)), halves: ends.map(({ half }) => half).sort() };
      shown.apps[principal] = textOf(row['AppId']);
      if (['AuthorizedProdReturnParameters', 'AuthorizedDevReturnParameters'].some((field) => rowsAt(row, field).length > 0))
        shown.queries.push(principal);
    }
  }
  return found;
};

/** One end for both halves; two ends are told as what they are, and equal nothing that can be written. */
const endOf = (ends: readonly { readonly half: string; readonly until: string | null }[]): string | null => {
  const [first] = ends;
  return ends.every(({ until }) => until === first?.until)
    ? (first?.until ?? null)
    : ends.map(({ half, until }) => `${half} ${until ?? 'without an end'}`).join(', ');
};

const liveApi = (row: JsonObject, { keys, names }: LiveInput, grants: ReadonlyMap<string, Shown>): Live => {
  const api = textOf(row['ApiId']);
  const shown = grants.get(api);
  const key = keys.find((one) => isMeant(one, row, names));
  return {
    kind: 'dataServiceGrants',
    key: key ?? [textOf(row['ProjectName']), textOf(row['ApiName'])],
    address: '',
    ids: { project: textOf(row['ProjectId']), api },
    spec: { use: shown?.use ?? {}, delegation: shown?.delegation ?? {} },
    // Who holds one of an API that nobody declares is not looked at; that somebody does is known from its own row.
    ...(shown || (key === undefined && rowsAt(row, 'AppInfoList').length > 0) ? {} : { isBare: true as const }),
    extra: { mode: row['Mode'] ?? null, apps: shown?.apps ?? {}, queries: shown?.queries ?? [] },
  };
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
