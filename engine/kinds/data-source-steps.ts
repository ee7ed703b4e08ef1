/** The calls that a change of a data source comes to, and what they lack (BEHAVIOUR 3.5). */
import { idRef } from '../core/ids.ts';
import { pointerOf, textOf } from '../core/json.ts';
import { type Demand, type IdSource, type KindChange, objectAt, type StepDraft, step } from '../core/kind.ts';
import type { JsonObject } from '../core/ports.ts';
import { HALVES, type Half } from './data-source-form.ts';
import { isAddedByService } from './source-config.ts';

const WORDS: Readonly<Record<Half, string>> = { prod: 'production half', dev: 'development half' };

const halfOf = (spec: JsonObject | null | undefined, half: Half): JsonObject => objectAt(spec ?? null, half);
const declared = ({ desired }: KindChange, half: Half): JsonObject => objectAt(halfOf(desired?.spec, half), 'config');

/** Halves that the change makes. */
const made = (change: KindChange): readonly Half[] => {
  const wantsDev = change.desired?.spec['dev'] !== undefined;
  if (change.action === 'update') return wantsDev && change.reasonOf('/dev') !== null ? ['dev'] : [];
  return wantsDev ? ['prod', 'dev'] : ['prod'];
};
/** Halves that are live and stay, as far as they are declared. */
const kept = (change: KindChange): readonly Half[] =>
  change.action !== 'update'
    ? []
    : HALVES.filter((half) => change.before?.[half] !== undefined && change.desired?.spec[half] !== undefined);
const touchesConfig = (change: KindChange, half: Half): boolean =>
  change.touches(pointerOf(half, 'config'), pointerOf(half, 'secretsVersion'));

/**
 * What an update or a create needs and the files do not say. An update of the config replaces it whole: what the service
 * keeps from us must be declared.
 *
 * @param isHidden keys of a half whose values no read shows
 */
export const demandsOf = (change: KindChange, isHidden: (half: Half, key: string) => boolean): readonly Demand[] => {
  if (change.action === 'delete') return [];
  const found: Demand[] = [];
  if (change.action !== 'update' && change.after?.['type'] === undefined)
    found.push({ code: 'FIELD_REQUIRED', message: 'A data source needs a type to be created.', hint: 'type: MYSQL', at: '' });
  for (const half of made(change))
    if (halfOf(change.desired?.spec, half)['config'] === undefined)
      found.push({
        code: 'FIELD_REQUIRED',
        message: `The ${WORDS[half]} of a data source needs its config to be created.`,
        hint: `${half}: { config: { … } }`,
        at: change.desired?.spec[half] === undefined ? '' : pointerOf(half),
      });
  for (const half of kept(change)) if (touchesConfig(change, half)) found.push(...configDemands(change, half, isHidden));
  return found;
};

const configDemands = (change: KindChange, half: Half, isHidden: (half: Half, key: string) => boolean): readonly Demand[] => {
  if (halfOf(change.desired?.spec, half)['config'] === undefined)
    return [
      {
        code: 'CONFIG_NEEDED',
        message: 'A new secretsVersion sends the config once more, and no file has the config.',
        hint: 'Write the whole config, or take the change back.',
        at: pointerOf(half, 'secretsVersion'),
      },
    ];
  const going = new Set(change.removed(pointerOf(half, 'config')));
  const live = objectAt(change.live?.extra ?? null, 'keys')[half];
  const keys = (Array.isArray(live) ? live : [])
    .map(textOf)
    .filter((key) => isHidden(half, key) && declared(change, half)[key] === undefined && !going.has(key));
  return keys.map((key) => ({
    code: 'CONFIG_NEEDED',
    message: `A change of the config replaces it whole, and "${key}", which is live, is not shown by the service.`,
    hint: `Write "${key}" into the config, or take the change back.`,
    at: pointerOf(half, 'config'),
  }));
};

type Items = readonly { readonly Key: string; readonly Value: string }[];

/** The config as it is sent: what is declared, and of a half that is live what else it holds and the service did not add. */
const itemsOf = (change: KindChange, half: Half): Items => {
  const own = declared(change, half);
  const live = objectAt(halfOf(change.before, half), 'config');
  const type = textOf(change.after?.['type']);
  const all = kept(change).includes(half) ? objectAt(halfOf(change.after, half), 'config') : own;
  return Object.keys(all)
    .filter((key) => Object.hasOwn(own, key) || !isAddedByService(type, live, key))
    .sort()
    .map((Key) => ({ Key, Value: all[Key] as string }));
};

const UNREACHABLE: NonNullable<StepDraft['fails']> = {
  pointer: '/Data',
  equals: false,
  code: 'UNREACHABLE',
  message: 'The service could not connect with this configuration.',
};
const wantsCheck = (change: KindChange, half: Half): boolean => halfOf(change.desired?.spec, half)['check'] === 'connectivity';

const checkName = (half: Half): string => `${half} check`;
const checkStep = (change: KindChange, half: Half): readonly StepDraft[] =>
  wantsCheck(change, half)
    ? [
        step(
          checkName(half),
          'check',
          'CheckDataSourceConnectivity',
          { CheckCommand: { Type: textOf(change.after?.['type']), ConfigItemList: itemsOf(change, half) } },
          { covers: [], fails: UNREACHABLE },
        ),
      ]
    : [];

/** A half to be made. The service checks by itself too where a check is wanted: without `CheckActivity` it always would. */
const createCommand = (change: KindChange, half: Half) => {
  const after = halfOf(change.after, half);
  const [key = ''] = change.key;
  return {
    Name: half === 'dev' ? textOf(after['name']) || key : key,
    Type: textOf(change.after?.['type']),
    Description: textOf(after['description']),
    ConfigItemList: itemsOf(change, half),
    CheckActivity: wantsCheck(change, half),
  };
};

export const stepsOf = (change: KindChange, ids: IdSource): readonly StepDraft[] => {
  const remove = (mode: 'DEV' | 'DEV_PROD', name: string, more: Parameters<typeof step>[4] = {}): StepDraft =>
    step(name, 'delete', 'DeleteDataSource', { DeleteCommand: { Mode: mode, ProdDataSourceId: ids.old() } }, more);
  if (change.action === 'delete') return [remove('DEV_PROD', 'delete')];
  const news = made(change);
  const checks = news.flatMap((half) => checkStep(change, half));
  if (change.action === 'update')
    return [
      ...checks,
      ...(news.length > 0 ? [addDev(change, ids)] : []),
      ...kept(change).flatMap((half) => updateHalf(change, half, ids)),
      ...(change.reasonOf('/dev') !== null && news.length === 0 ? [remove('DEV', 'dev-', { covers: ['/dev'] })] : []),
    ];
  const waits = checks.map((one) => one.name);
  return [
    ...checks,
    ...(change.action === 'replace' ? [remove('DEV_PROD', 'delete', { covers: [], after: waits })] : []),
    createStep(change, change.action === 'replace' ? ['delete'] : waits),
  ];
};

const createStep = (change: KindChange, after: readonly string[]): StepDraft => {
  const hasDev = made(change).includes('dev');
  return step(
    'create',
    'create',
    'CreateDataSource',
    {
      CreateCommand: {
        ProdDataSourceCreate: createCommand(change, 'prod'),
        ...(hasDev ? { DevDataSourceCreate: { DataSourceCreate: createCommand(change, 'dev') } } : {}),
      },
    },
    {
      gives: {
        address: change.address,
        ids: { prod: '/CreateResult/ProdDataSourceId', ...(hasDev ? { dev: '/CreateResult/DevDataSourceId' } : {}) },
      },
      after,
    },
  );
};

const addDev = (change: KindChange, ids: IdSource): StepDraft =>
  step(
    'dev+',
    'create',
    'CreateDataSource',
    { CreateCommand: { DevDataSourceCreate: { DataSourceCreate: createCommand(change, 'dev'), ProdDataSourceId: ids.own() } } },
    {
      gives: {
        address: change.address,
        ids: { dev: '/CreateResult/DevDataSourceId' },
        known: { prod: ids.old() },
      },
      covers: ['/dev'],
      after: wantsCheck(change, 'dev') ? [checkName('dev')] : [],
    },
  );

/** Each half is updated by its own id: name and description by one call, the config by another. */
const updateHalf = (change: KindChange, half: Half, ids: IdSource): readonly StepDraft[] => {
  const at = (field: string) => pointerOf(half, field);
  const Id = half === 'prod' ? ids.own() : (change.live?.ids['dev'] ?? idRef(change.address, 'dev'));
  const after = halfOf(change.after, half);
  const Name = half === 'prod' ? (change.key[0] ?? '') : textOf(after['name']);
  const basic = (half === 'prod' && change.renamed) || change.touches(at('description'), at('name'));
  const check = wantsCheck(change, half);
  return [
    ...(basic
      ? [
          step(
            half,
            'update',
            'UpdateDataSourceBasicInfo',
            { UpdateCommand: { Id, Name, Description: textOf(after['description']) } },
            { covers: [at('description'), ...(half === 'dev' ? [at('name')] : [])] },
          ),
        ]
      : []),
    ...(touchesConfig(change, half)
      ? [
          ...checkStep(change, half),
          step(
            `${half} config`,
            'update',
            'UpdateDataSourceConfig',
            { UpdateCommand: { Id, ConfigItemList: itemsOf(change, half) } },
            { covers: [at('config'), at('secretsVersion')], after: check ? [checkName(half)] : [] },
          ),
          ...(check
            ? [
                step(
                  `${half} checked`,
                  'find',
                  'CheckDataSourceConnectivityById',
                  { Id },
                  { covers: [], after: [`${half} config`], fails: UNREACHABLE },
                ),
              ]
            : []),
        ]
      : []),
  ];
};
