/** Data sources: one resource, two halves with ids of their own (BEHAVIOUR 3.5). */
import { pointerOf, textOf } from '../core/json.ts';
import { type EachRows, type FieldRule, type GuardWords, type Kind, objectAt, rowsAt } from '../core/kind.ts';
import type { Desired, Live, Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { partKind } from '../core/reads.ts';
import { isSecretKey } from '../core/secret-check.ts';
import { isSecret } from '../core/variables.ts';
import { DATA_SOURCE_SCHEMA, HALVES, type Half, keysIn, normaliseDataSource } from './data-source-form.ts';
import { redactSources } from './data-source-redact.ts';
import { demandsOf, stepsOf } from './data-source-steps.ts';
import { isAddedByService } from './source-config.ts';
import { knownKeys } from './source-types.ts';

const configOf = (spec: JsonObject | null, half: Half): JsonObject => objectAt(objectAt(spec, half), 'config');

/** Never shown by a read: by the key, by the files, because it comes from a source, or because what is live is masked. */
const isHidden = (
  half: Half,
  key: string,
  value: Json | undefined,
  desired: Pick<Desired, 'spec'> | null,
  live: Live | null,
): boolean =>
  isSecretKey(key) ||
  isSecret(value) ||
  keysIn(desired?.spec['secretKeys']).includes(key) ||
  keysIn(objectAt(live?.extra ?? null, 'masked')[half]).includes(key);

const used = (live: Live, half: Half): readonly string[] => keysIn(objectAt(live.extra, 'uses')[half]);
const inUse = (live: Live, halves: readonly Half[], what: string): GuardWords | null => {
  const names = [...new Set(halves.flatMap((half) => used(live, half)))].sort();
  if (names.length === 0) return null;
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  return {
    code: 'IN_USE',
    message: `${names.length === 1 ? 'A task uses' : `${names.length} tasks use`} the ${what}, and the service refuses to delete it: ${shown}.`,
    hint: 'Delete these tasks or give them another data source, then plan again.',
  };
};

/** What both halves have; the development half's belong to a part. */
const halfRules = (half: Half): readonly FieldRule[] => {
  const at = (...parts: readonly string[]): Pointer => pointerOf(half, ...parts);
  const within = half === 'dev' ? { within: '/dev' } : {};
  return [
    { path: at('description'), rule: 'update', calls: ['UpdateDataSourceBasicInfo'], ...within },
    {
      path: `${at('config')}/*`,
      rule: 'update',
      hides: (key, value, desired, live) => isHidden(half, key, value, desired, live),
      known: knownKeys,
      sentWith: ['/type', at('config'), at('secretsVersion')],
      calls: ['UpdateDataSourceConfig'],
      ...within,
    },
    {
      path: at('secretsVersion'),
      rule: 'remembered',
      why: 'known to the record alone',
      calls: ['UpdateDataSourceConfig'],
      ...within,
    },
    {
      path: at('check'),
      rule: 'option',
      why: 'says how to write, not what',
      calls: ['CheckDataSourceConnectivity', 'CheckDataSourceConnectivityById'],
      ...within,
    },
  ];
};

export const dataSources: Kind = {
  collection: 'dataSources',
  keyParts: ['name'],
  noun: 'data source',
  edition: 'agile',
  writesSince: null,
  schema: DATA_SOURCE_SCHEMA,
  nested: [],
  born: ['replace'],
  replaceRefused: null,
  renames: true,
  renamesBy: 'UpdateDataSourceBasicInfo',
  calls: { create: ['CreateDataSource'], rename: ['UpdateDataSourceBasicInfo'], delete: ['DeleteDataSource'] },
  example: {
    orders_db: {
      type: 'POSTGRE_SQL',
      prod: {
        description: 'Orders, read only',
        config: {
          'deploy.type': 'PUBLIC',
          'access.type': 'PUBLIC',
          'jdbc.url': 'jdbc:postgresql://orders.example.com:5432/orders',
          'jdbc.username': 'reader',
          'jdbc.password': '${env:ORDERS_PASSWORD}',
        },
      },
    },
  },
  fields: [
    {
      path: '/type',
      rule: 'immutable',
      why: 'the service cannot change the type of a data source',
      calls: ['DeleteDataSource', 'CreateDataSource'],
    },
    ...halfRules('prod'),
    {
      path: '/dev',
      rule: 'part',
      why: 'made beside the production half',
      removalGuard: (live) => inUse(live, ['dev'], 'development half'),
      calls: ['CreateDataSource', 'DeleteDataSource'],
    },
    { path: '/dev/name', rule: 'update', within: '/dev', calls: ['UpdateDataSourceBasicInfo'] },
    ...halfRules('dev'),
    { path: '/secretKeys', rule: 'option', why: 'says what is secret' },
  ],

  normalise: normaliseDataSource,

  list: {
    operation: 'ListDataSourceWithConfig',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'DataSourceList'),
    identity: (row) => HALVES.map((half) => textOf(infoOf(row, half)['Id'])).join(' '),
  },
  each: HALVES.map((half) => ({
    name: `uses of ${half}`,
    operation: 'GetDataSourceDependencies' as const,
    // Each half has an id of its own, and its tasks are asked for by it.
    wanted: ({ ids, intent, desired, touches }) =>
      ids[half] !== undefined &&
      (intent === 'delete' ||
        (half === 'dev' && intent === 'update' && touches.includes('/dev') && desired?.spec['dev'] === undefined)),
    request: ({ ids }) => ({ Id: ids[half] ?? '' }),
    rows: (answer) => rowsAt(answer, 'DependencyList'),
    identity: (row) => `${textOf(row['TypeCode'])} ${textOf(row['Id'])}`,
  })),
  redacts: (operation, answer, context) =>
    operation === 'ListDataSourceWithConfig'
      ? redactSources(dataSources, (row) => liveSources([row], () => ({}))[0] ?? null, answer, context)
      : answer,
  whenMissing: null,
  names: (row) => {
    const name = textOf(infoOf(row, 'prod')['Name']);
    return [
      ['dataSources', name, textOf(infoOf(row, 'prod')['Id'])],
      [partKind('dataSources', 'dev'), name, textOf(infoOf(row, 'dev')['Id'])],
    ];
  },
  live: ({ rows, each }) => liveSources(rows, each),
  told: (row, read) =>
    read === null
      ? HALVES.map((half) => ({
          id: textOf(infoOf(row, 'prod')['Id']),
          pointer: pointerOf(half),
          by: '',
          at: infoOf(row, half)['ModifyTime'] ?? null,
        }))
      : [],
  letStand: (live, desired, _after, isOurs) =>
    HALVES.flatMap((half) => {
      const declared = configOf(desired.spec, half);
      const config = configOf(live.spec, half);
      return Object.keys(config).flatMap((key) => {
        const pointer = pointerOf(half, 'config', key);
        if (Object.hasOwn(declared, key)) return [];
        if (isAddedByService(textOf(live.spec['type']), config, key)) return [{ pointer, why: 'the service adds it by itself' }];
        return isOurs(pointer) ? [] : [{ pointer, why: 'no file names it: it is sent back as it is' }];
      });
    }),
  deleteGuard: (live, _leaves, _movesTo, recorded) =>
    live.ids['dev'] !== undefined && recorded?.fields['/dev'] === undefined
      ? {
          code: 'IN_USE',
          message: 'The data source has a development half that is not ours, and the service deletes both or none.',
          hint: 'Delete that half in the console, or declare it (dev: {}) and apply; then take the resource out.',
        }
      : inUse(live, HALVES, 'data source'),
  demands: (change) => demandsOf(change, (half, key) => isHidden(half, key, undefined, change.desired, change.live)),
  refers: () => [],
  holds: () => [],
  steps: stepsOf,
  manual: () => [],
  coverage: () => ['secrets in a config: never shown; compared with what was last sent'],
};

/** How a read shows what it keeps (assumed: BEHAVIOUR Q5). */
const MASKED = /^\*{3,}$/;
const infoOf = (row: JsonObject, half: Half): JsonObject =>
  objectAt(row, half === 'prod' ? 'ProdDataSourceInfo' : 'DevDataSourceInfo');

/** Rows of the list in the normal form; `each` gives what single reads have shown. */
const liveSources = (rows: readonly JsonObject[], each: (id: string) => EachRows): readonly Live[] =>
  rows.map((row) => {
    const present = HALVES.filter((half) => textOf(infoOf(row, half)['Id']) !== '');
    const ids = Object.fromEntries(present.map((half) => [half, textOf(infoOf(row, half)['Id'])]));
    const uses = each(ids['prod'] ?? '');
    const perHalf = <T extends Json>(value: (info: JsonObject, half: Half) => T): JsonObject =>
      Object.fromEntries(present.map((half) => [half, value(infoOf(row, half), half)]));
    return {
      kind: 'dataSources',
      key: [textOf(infoOf(row, 'prod')['Name'])],
      address: '',
      ids,
      spec: {
        type: textOf(infoOf(row, 'prod')['Type']),
        ...perHalf((info, half) => ({
          ...(half === 'dev' ? { name: textOf(info['Name']) } : {}),
          description: textOf(info['Description']),
          config: Object.fromEntries(rowsAt(info, 'ConfigItemList').map((item) => [textOf(item['Key']), textOf(item['Value'])])),
        })),
      },
      extra: {
        /** Keys that are live, whatever their values. */
        keys: perHalf((info) => rowsAt(info, 'ConfigItemList').map((item) => textOf(item['Key']))),
        masked: perHalf((info) =>
          rowsAt(info, 'ConfigItemList')
            .filter((item) => MASKED.test(textOf(item['Value'])))
            .map((item) => textOf(item['Key'])),
        ),
        uses: perHalf((_, half) => (uses[`uses of ${half}`] ?? []).map((use) => textOf(use['Name']) || textOf(use['Id']))),
      },
    };
  });
