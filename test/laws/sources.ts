/** Random data sources, and edits of them. */
import type { DriftsOf, Edit, Model } from './model.ts';
import type { Random } from './random.ts';

type Half = { name?: string; description?: string; config?: Record<string, string>; secretsVersion?: string; check?: string };
export type DataSourceSpec = { type?: string; prod?: Half; dev?: Half; lifecycle?: object; renamedFrom?: string };

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const url = (type: string, host: string): string =>
  type === 'MYSQL' ? `jdbc:mysql://${host}.example.com:3306/orders?${SAFE}` : `jdbc:postgresql://${host}.example.com:5432/orders`;

const half = (random: Random, type: string, host: string): Half => ({
  ...(random.chance(0.6) ? { description: random.pick(['orders', '订单', '', 'a: b # c']) } : {}),
  config: {
    ...(type === 'MYSQL' ? { version: 'MYSQL_8_X' } : {}),
    ...(type === 'POSTGRE_SQL' && random.chance(0.5) ? { 'jdbc.database.schema': 'public' } : {}),
    'deploy.type': 'PUBLIC',
    'access.type': 'PUBLIC',
    'jdbc.url': url(type, host),
    'jdbc.username': random.chance(0.5) ? 'reader' : '${env:MC_ID}',
    'jdbc.password': '${env:MC_KEY}',
  },
  ...(random.chance(0.3) ? { secretsVersion: '2026-11' } : {}),
  ...(random.chance(0.15) ? { check: 'connectivity' } : {}),
});

export const dataSourceSpec = (random: Random, name: string): DataSourceSpec => {
  const type = random.pick(['MYSQL', 'POSTGRE_SQL']);
  return {
    type,
    prod: half(random, type, name),
    ...(random.chance(0.4)
      ? { dev: { ...(random.chance(0.5) ? { name: `${name}_dev` } : {}), ...half(random, type, `${name}-dev`) } }
      : {}),
  };
};

const valuesOf = (config: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config ?? {}).map(([key, value]) => [
      key,
      value.replace('${env:MC_ID}', 'id').replace('${env:MC_KEY}', 'key'),
    ]),
  );

/** What is live already: some of the declared ones, as they are or otherwise, and strangers. */
export const liveDataSources = (random: Random, declared: Record<string, DataSourceSpec>): unknown[] => {
  const row = (name: string, { type = 'MYSQL', prod, dev }: DataSourceSpec) => {
    const made = (given: Half | undefined, of: string) => ({
      Name: of,
      Type: type,
      Description: random.chance(0.5) ? (given?.description ?? '') : 'by hand',
      Config: { ...valuesOf(given?.config), ...(random.chance(0.2) ? { 'jdbc.username': 'other' } : {}) },
    });
    return { Prod: made(prod, name), Dev: dev ? made(dev, dev.name ?? name) : null };
  };
  return [
    ...random.some(Object.keys(declared), 0.3).map((name) => row(name, declared[name] ?? {})),
    ...random.some(['DS1', 'other_source'], 0.3).map((name) => row(name, dataSourceSpec(random, 'stranger'))),
  ];
};

const anySource = (model: Model, random: Random): [string, DataSourceSpec] | null => {
  const all = Object.entries(model.dataSources);
  return all.length === 0 ? null : random.pick(all);
};
const isNamed = (model: Model, name: string): boolean => JSON.stringify(model.resourceGrants).includes(`"${name}"`);

export const SOURCE_EDITS: Readonly<Record<string, Edit>> = {
  'data source description': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!one?.prod) return null;
    one.prod.description = `edited ${random.below(100)}`;
    return `dataSources/${name}`;
  },
  'data source config': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    const at = one?.dev && random.chance(0.5) ? one.dev : one?.prod;
    if (!at?.config) return null;
    at.config = { ...at.config, 'jdbc.url': url(one?.type ?? 'MYSQL', `edited${random.below(100)}`) };
    return `dataSources/${name}`;
  },
  'data source config key': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!one?.prod?.config) return null;
    const { extra, ...rest } = one.prod.config;
    one.prod.config = extra === undefined ? { ...rest, extra: 'two' } : rest;
    return `dataSources/${name}`;
  },
  'data source rotation': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!one?.prod) return null;
    one.prod.secretsVersion = `2026-${10 + random.below(90)}`;
    return `dataSources/${name}`;
  },
  'data source half added': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!one || one.dev) return null;
    one.dev = { name: `${name}_dev`, ...half(random, one.type ?? 'MYSQL', 'added') };
    return `dataSources/${name}`;
  },
  'data source half removed': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!one?.dev) return null;
    delete one.dev;
    return `dataSources/${name}`;
  },
  'data source type': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (one?.type !== 'POSTGRE_SQL') return null;
    one.type = 'ORACLE';
    return `dataSources/${name}`;
  },
  'data source removed': (model, _scene, random) => {
    const [name] = anySource(model, random) ?? [];
    if (name === undefined || isNamed(model, name)) return null;
    delete model.dataSources[name];
    return `dataSources/${name}`;
  },
  'data source added': (model, _scene, random) => {
    if (model.dataSources['added']) return null;
    model.dataSources['added'] = dataSourceSpec(random, 'added');
    return 'dataSources/added';
  },
  'data source renamed': (model, _scene, random) => {
    const [name, one] = anySource(model, random) ?? [];
    if (!name || !one || one.renamedFrom || isNamed(model, name) || model.dataSources[`${name}_new`]) return null;
    delete model.dataSources[name];
    model.dataSources[`${name}_new`] = { ...one, renamedFrom: name };
    return `dataSources/${name}_new`;
  },
};

export const sourceDrifts: DriftsOf = (model, world, _random, add) => {
  for (const [name, one] of Object.entries(model.dataSources)) {
    if (!world.dataSources.some(({ Prod }) => Prod.Name === name)) continue;
    for (const [half, key] of [
      ['prod', 'Prod'],
      ['dev', 'Dev'],
    ] as const) {
      const edit =
        (run: (live: { Description: string; Config: Record<string, string> }) => void) =>
        (draft: Parameters<Parameters<typeof add>[2]>[0]) => {
          const live = draft.dataSources.find(({ Prod }) => Prod.Name === name)?.[key];
          if (live) run(live);
        };
      const given = one[half];
      if (given?.description !== undefined)
        add(
          `dataSources/${name}`,
          `/${half}/description`,
          edit((live) => {
            live.Description += ' (edited)';
          }),
        );
      if (given?.config?.['jdbc.username'] === 'reader')
        add(
          `dataSources/${name}`,
          `/${half}/config/jdbc.username`,
          edit((live) => {
            live.Config['jdbc.username'] = 'somebody';
          }),
        );
    }
  }
};
