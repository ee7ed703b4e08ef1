/** Edits of compute sources, data sources and groups of apps. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { allowsDelete, change, type Edit, removal, renaming, text } from './edit.ts';
import { at, type Found, free, type Model, put, remove, rename, replaceTexts, resources } from './model.ts';

const halfOf = (spec: JsonObject, half: string): JsonObject => (spec[half] ?? {}) as JsonObject;
const isGranted = ({ keys: [name = ''] }: Found, model: Model): boolean =>
  resources(model, 'resourceGrants').some(({ keys }) => keys[0] === 'dataSources' && keys[1] === name);

export const PLATFORM: readonly Edit[] = [
  change('computeSources', 'another description', ({ spec }, _model, random) => {
    text(spec, 'description', random);
    return ['/description'];
  }),
  change('computeSources', 'secrets are sent again', ({ spec }, _model, random) => {
    spec['secretsVersion'] = `2026-12-${random.below(1000)}`;
    return ['/secretsVersion'];
  }),
  change('computeSources', 'another endpoint', ({ spec }) => {
    const config = spec['config'] as Record<string, Json>;
    const endpoint = 'http://service.cn-beijing.maxcompute.aliyun.com/api';
    if (config['maxcompute.endpoint'] === endpoint) return null;
    config['maxcompute.endpoint'] = endpoint;
    return ['/config/maxcompute.endpoint'];
  }),
  renaming('computeSources', ([name = '']) => name),
  removal('computeSources', allowsDelete),
  change('dataSources', 'another description', ({ spec }, _model, random) => {
    text(halfOf(spec, 'prod'), 'description', random);
    return ['/prod/description'];
  }),
  change('dataSources', 'another login', ({ spec }, _model, random) => {
    const config = halfOf(spec, 'prod')['config'] as Record<string, Json>;
    const key = Object.keys(config).find((one) => /username$|^accessId$/.test(one));
    if (key === undefined) return null;
    text(config, key, random);
    return [at('prod', 'config', key)];
  }),
  change('dataSources', 'secrets are sent again', ({ spec }, _model, random) => {
    (halfOf(spec, 'prod') as Record<string, Json>)['secretsVersion'] = `2026-12-${random.below(1000)}`;
    return ['/prod/secretsVersion'];
  }),
  renaming(
    'dataSources',
    () => null,
    (found, model) => !isGranted(found, model),
  ),
  removal('dataSources', (found, model) => !isGranted(found, model)),
  {
    kind: 'dataServiceAppGroups',
    name: 'a group more',
    sort: 'change',
    run: (model, random) => {
      const name = `group_${random.below(100_000)}`;
      put(model, 'platform/app-groups.yaml', 'dataServiceAppGroups', [name], {});
      return [{ address: `dataServiceAppGroups/${name}`, action: 'create' }];
    },
  },
  {
    kind: 'dataServiceAppGroups',
    name: 'renamed, with its apps',
    sort: 'rename',
    run: (model, random) => {
      const appsOf = (all: readonly Found[], group: string | undefined) => all.filter(({ keys }) => keys[0] === group);
      const found = random.shuffled(free(model, 'dataServiceAppGroups')).find(({ spec, keys: [name] }) => {
        const count = appsOf(resources(model, 'dataServiceApps'), name).length;
        // An overlay that patches one of the apps would patch nothing afterwards.
        return spec['renamedFrom'] === undefined && count > 0 && appsOf(free(model, 'dataServiceApps'), name).length === count;
      });
      if (!found) return null;
      const [from = ''] = found.keys;
      const apps = appsOf(resources(model, 'dataServiceApps'), from);
      rename(model, 'dataServiceAppGroups', found, `${from}_x`);
      for (const {
        path,
        keys: [, app = ''],
        spec,
      } of apps) {
        remove(model, 'dataServiceApps', [from, app]);
        put(model, path, 'dataServiceApps', [`${from}_x`, app], spec);
        replaceTexts(model, `dataServiceApps/${from}/${app}`, `dataServiceApps/${from}_x/${app}`);
      }
      return [{ address: `dataServiceAppGroups/${from}_x`, action: 'update', pointers: [''] }];
    },
  },
  removal(
    'dataServiceAppGroups',
    ({ keys: [name] }, model) => !resources(model, 'dataServiceApps').some(({ keys }) => keys[0] === name),
  ),
];
