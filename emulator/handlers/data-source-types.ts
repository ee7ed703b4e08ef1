/** Types of data sources, the keys that each needs, and what the service makes of a config (BEHAVIOUR 3.5). */
import { badRequest, refuse } from '../refusal.ts';
import type { Config } from './sources.ts';

const TYPES: ReadonlySet<string> = new Set(
  `MAX_COMPUTE HDFS LOG_HUB POLARDB HBASE_0_9_4 HBASE_1_1_X HBASE_2_X DRDS HIVE FTP ELASTIC_SEARCH KAFKA_9_11 MYSQL MONGODB
  OSS HANA ROCKET_MQ SQL_SERVER DATAHUB TABLE_STORE POSTGRE_SQL ALIYUN_HBASE HOLOGRES ANALYTICDB REDIS ADB_FOR_MYSQL_V3
  ADB_FOR_PG OCEANBASE LINDORM ORACLE VERTICA DB2 TERA_DATA INFLUXDB IMPALA CLICKHOUSE TDH_INCEPTOR API KUDU DAMENG GBASE_8A
  KINGBASE_ES TIDB GOLDENDB SAPTABLE OPENGAUSS STARROCKS HUDI DORIS GREENPLUM ARGODB DW_OPENAPI QBI_OPENAPI SALESFORCE
  TDENGINE AMAZONS3 PAIMON SELECTDB PRESTO GAUSSDB DATABRICKS RABBITMQ AWS_MYSQL AWS_POSTGRE_SQL AWS_SQL_SERVER AWS_ORACLE
  AWS_DB2 AWS_REDSHIFT TDSQL_FOR_MYSQL DOLPHINDB TRINO EASY_SEARCH GBASE_8C POLARDB_X2 LARK_BASE OPENSEARCH SNOWFLAKE DLFV3
  NEO4J OUSHUDB TDSQL_FOR_PG ALI_DING_DOC DATAWORKS_DWTSP DATAWORKS_DWPHOENIX DATAWORKS_DWBIZTENANT DATAWORKS_DWDQC
  QUICKBI_PUBLICMETADATA`.split(/\s+/),
);

const UNCHECKED: ReadonlySet<string> = new Set([
  'ROCKET_MQ',
  'API',
  'HUDI',
  'DW_OPENAPI',
  'QBI_OPENAPI',
  'RABBITMQ',
  'ALI_DING_DOC',
]);

const JDBC = ['jdbc.url', 'jdbc.username', 'jdbc.password'];
const NETWORK = ['deploy.type', 'access.type'];
const SCHEMA = 'jdbc.database.schema';
const VPC = ['vpc.id', 'vpc.region.id', 'vpc.instance.id'];

/** Types in words, and the keys that they need; the other types' keys are not public. */
const NEEDED: readonly (readonly [string, readonly string[]])[] = [
  ['MYSQL', [...JDBC, 'version', ...NETWORK]],
  ['POSTGRE_SQL ORACLE DRDS VERTICA ANALYTICDB ADB_FOR_MYSQL_V3 ADB_FOR_PG CLICKHOUSE TERA_DATA', [...JDBC, ...NETWORK]],
  ['HANA SQL_SERVER', [...JDBC, SCHEMA, ...NETWORK]],
  ['DB2', JDBC],
  ['POLARDB', [...JDBC, SCHEMA, 'backend.db.type', ...NETWORK]],
  ['STARROCKS DORIS SELECTDB', [...JDBC, 'fenodes', 'load.url', ...NETWORK]],
  ['MAX_COMPUTE', ['maxcompute.endpoint', 'maxcompute.project', 'maxcompute.access.id', 'maxcompute.access.key']],
  [
    'HIVE',
    [
      'hive.version',
      'hadoop.namenode',
      'hive.jdbc.url',
      'meta.type',
      'hadoop.kerberos.switch',
      'hive.kerberos.switch',
      'hdfs.kerberos.switch',
      'kerberos.config',
    ],
  ],
  ['HDFS', ['hdfs.defaultFs', 'hdfs.kerberos.switch', 'hadoop.kerberos.krb5.config.filename']],
  ['HBASE_0_9_4 HBASE_1_1_X', ['hbase.cluster', 'hbase.kerberos.switch']],
  ['LOG_HUB', ['endPoint', 'accessId', 'accessKey', 'projectName']],
  ['OSS', ['endpoint', 'bucket', 'accessId', 'accessKey']],
  ['FTP', ['ftp.protocol', 'ftp.host', 'ftp.port', 'ftp.username', 'ftp.password']],
  ['ELASTIC_SEARCH', ['url', 'username', 'password']],
  ['MONGODB', ['mongodb.jdbc.url', 'mongodb.jdbc.username', 'mongodb.jdbc.password']],
];
const NEEDED_BY: ReadonlyMap<string, readonly string[]> = new Map(
  NEEDED.flatMap(([types, keys]) => types.split(' ').map((type) => [type, keys] as const)),
);

/** @throws Refusal with the raw Java message, for what is none of the service's types */
export const checkType = (type: string): void => {
  if (!TYPES.has(type))
    badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.PhysicalDataSourceTypeEnum.${type}`);
};

export const hasCheck = (type: string): boolean => !UNCHECKED.has(type);

/** A connection cannot be tried without these; a write stores what it is given. */
export const missingKeys = (type: string, config: Config): readonly string[] => [
  ...(NEEDED_BY.get(type) ?? []).filter((key) => !config[key]),
  ...(config['access.type'] === 'VPC' ? VPC.filter((key) => !config[key]) : []),
];

const SAFE = ['allowUrlInLocalInfile', 'autoDeserialize', 'allowLocalInfile', 'allowLoadLocalInfile'];

/** @throws Refusal for a MySQL URL without all of its safety parameters */
export const checkUrl = (type: string, config: Config): void => {
  const url = config['jdbc.url'];
  if (type !== 'MYSQL' || url === undefined) return;
  const parameters = new Map(
    (url.split('?')[1] ?? '').split('&').map((part) => {
      const [key = '', value = ''] = part.split('=');
      return [key, value];
    }),
  );
  if (SAFE.some((name) => parameters.get(name) !== 'false'))
    refuse('DATASOURCE_CONNECT_URL_NOT_SAFE_V2', `the JDBC URL must carry ${SAFE.map((name) => `${name}=false`).join('&')}`);
};

/** The database that a JDBC URL names, in any of the vendors' forms; undefined where it names none. */
const databaseOf = (url: string): string | undefined =>
  (/[;?&/]database(?:name)?=([^;&?/]+)/i.exec(url) ?? /\/\/[^/?;]+\/([^/?;]+)/.exec(url))?.[1];

/** The config with what the service adds by itself; what was sent stands before it. */
export const completed = (type: string, config: Config): Config => {
  const database = databaseOf(config['jdbc.url'] ?? '');
  return {
    ...(database === undefined ? {} : { 'jdbc.database': database }),
    ...(type === 'MAX_COMPUTE' ? { 'deploy.type': 'RDS' } : {}),
    ...config,
  };
};

/** `*.password`, `*.key`, access keys and keytab files, and by their names the secrets of types whose keys are not public. */
const SECRET = /(^|\.)(password|key)$|access\.?key|secret|token$|keytab(\.file)?$/i;

export const isSecret = (key: string): boolean => SECRET.test(key);
