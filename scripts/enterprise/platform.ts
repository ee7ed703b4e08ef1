/** platform/: where projects compute, which databases are read, the groups of apps; one file per unit. */
import type { Json } from '../../engine/core/ports.ts';
import { type Company, numbered, type Unit } from './company.ts';
import type { Draft } from './documents.ts';
import type { Random } from './random.ts';
import { SYSTEMS } from './words.ts';

/** Secrets by path; obviously made up. */
export type Secrets = Record<string, string>;
export const secretAt = (secrets: Secrets, name: string): string => {
  const path = `secrets/${name}`;
  secrets[path] = `example-only-${name.replaceAll('/', '-').replaceAll('_', '-')}\n`;
  return `\${file:${path}}`;
};

export const APP_GROUPS_FILE = 'platform/app-groups.yaml';

export const writePlatform = (company: Company, draft: Draft, secrets: Secrets, random: Random): void => {
  for (const unit of company.units) {
    writeCompute(unit, draft, secrets);
    writeDataSources(unit, draft, secrets, random);
  }
  draft.begin(
    APP_GROUPS_FILE,
    '数据服务应用分组。\nGroups of data-service apps: one per domain, more where a domain asked for them.',
  );
  for (const unit of company.units)
    for (const key of appGroupsOf(unit)) draft.put(APP_GROUPS_FILE, ['dataServiceAppGroups', key], {});
};

/** The groups that a unit declares; the first has its name. */
export const appGroupsOf = (unit: Unit): readonly string[] =>
  numbered(
    [
      { key: '', name: '' },
      { key: '_partners', name: '' },
    ],
    unit.counts.dataServiceAppGroups,
    unit,
  ).map(({ key }) => key);

const writeCompute = (unit: Unit, draft: Draft, secrets: Secrets): void => {
  const path = `platform/compute/${unit.key}.yaml`;
  draft.begin(path, `${unit.name}的计算源。\nWhere the projects of ${unit.key} compute. The service never shows a config again.`);
  for (const key of unit.computeSources) {
    const isDev = key.endsWith('_dev');
    const isSpare = key.includes('_spare');
    draft.put(path, ['computeSources', key], {
      type: 'MAX_COMPUTE',
      description: `${unit.name}${isSpare ? '备用' : isDev ? '开发' : '生产'}计算源`,
      config: {
        'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
        'maxcompute.project': `${key.slice(3)}_\${environment}`,
        'maxcompute.access.id': secretAt(secrets, 'maxcompute/access_id'),
        'maxcompute.access.key': secretAt(secrets, `maxcompute/access_key${isDev ? '_dev' : ''}`),
      },
      secretsVersion: '2026-11',
      ...(isSpare ? { lifecycle: { allow: ['delete'] } } : {}),
    });
  }
};

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const NETWORK = { 'deploy.type': 'PUBLIC', 'access.type': 'PUBLIC' };

type Login = { readonly host: string; readonly system: string; readonly password: string };
const TYPES: readonly { readonly type: string; readonly config: (login: Login) => Readonly<Record<string, string>> }[] = [
  {
    type: 'MYSQL',
    config: ({ host, system, password }) => ({
      version: 'MYSQL_8_X',
      ...NETWORK,
      'jdbc.url': `jdbc:mysql://${host}:3306/${system}?${SAFE}`,
      'jdbc.username': `${system}_reader`,
      'jdbc.password': password,
    }),
  },
  {
    type: 'POSTGRE_SQL',
    config: ({ host, system, password }) => ({
      ...NETWORK,
      'jdbc.url': `jdbc:postgresql://${host}:5432/${system}`,
      'jdbc.database.schema': 'public',
      'jdbc.username': `${system}_reader`,
      'jdbc.password': password,
    }),
  },
  {
    type: 'SQL_SERVER',
    config: ({ host, system, password }) => ({
      ...NETWORK,
      'jdbc.url': `jdbc:sqlserver://${host}:1433;DatabaseName=${system};`,
      'jdbc.database.schema': 'dbo',
      'jdbc.username': `${system}_reader`,
      'jdbc.password': password,
    }),
  },
  {
    type: 'OSS',
    config: ({ system, password }) => ({
      endpoint: 'oss-cn-shanghai.example.com',
      bucket: `${system.replaceAll('_', '-')}-\${environment}`,
      accessId: `${system}_reader`,
      accessKey: password,
    }),
  },
  {
    type: 'MONGODB',
    config: ({ host, system, password }) => ({
      'mongodb.jdbc.url': `mongodb://${host}:27017/${system}`,
      'mongodb.jdbc.username': `${system}_reader`,
      'mongodb.jdbc.password': password,
    }),
  },
];

/** The data sources that a unit declares, with the Chinese name of the system behind each. */
export const dataSourcesOf = (unit: Unit) => numbered(SYSTEMS, unit.counts.dataSources, { key: `${unit.key}_`, name: unit.name });

const writeDataSources = (unit: Unit, draft: Draft, secrets: Secrets, random: Random): void => {
  const path = `platform/sources/${unit.key}.yaml`;
  draft.begin(path, `${unit.name}的数据源。\nDatabases and buckets that the projects of ${unit.key} read; one login for each.`);
  dataSourcesOf(unit).forEach(({ key, name }, at) => {
    const { type, config } = random.pick(TYPES);
    const password = secretAt(secrets, `${unit.key}/${key.slice(unit.key.length + 1)}`);
    const half = (suffix: string, description: string): Json => ({
      description,
      config: config({ host: `${key.replaceAll('_', '-')}${suffix}.\${environment}.example.com`, system: key, password }),
      ...(suffix === '' && random.chance(40) ? { secretsVersion: '2026-11' } : {}),
    });
    const prod = half('', `${name}，只读`);
    // Some systems have no copy for trying things out: both halves of a project then read the one source.
    const dev = at % 3 === 2 ? {} : { dev: { name: `${key}_dev`, ...(half('-dev', `${name}，开发副本`) as object) } };
    draft.put(path, ['dataSources', key], { type, prod, ...dev });
  });
};
