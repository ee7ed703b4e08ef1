/**
 * Types of data sources, which config keys each needs and what they may hold (BEHAVIOUR 3.5). Of types and keys that are not
 * here nothing public is known: they are passed through.
 */

export type SourceKey = {
  readonly key: string;
  readonly isRequired: boolean;
  /** The only values that the service knows; absent: any text. */
  readonly values?: readonly string[];
  readonly means: string;
};

const needs = (key: string, means: string, values?: readonly string[]): SourceKey => ({
  key,
  isRequired: true,
  means,
  ...(values ? { values } : {}),
});
const may = (key: string, means: string, values?: readonly string[]): SourceKey => ({
  ...needs(key, means, values),
  isRequired: false,
});

const JDBC = (form: string): readonly SourceKey[] => [
  needs('jdbc.url', `where it is, such as ${form}`),
  needs('jdbc.username', 'the account'),
  needs('jdbc.password', 'its password'),
];
const NETWORK: readonly SourceKey[] = [
  needs('deploy.type', 'public network, instance of Alibaba Cloud, self-built', ['PUBLIC', 'RDS', 'ECS']),
  needs('access.type', 'through the public network, or through a VPC', ['PUBLIC', 'VPC']),
  may('vpc.id', 'the VPC; all three keys of it, or none'),
  may('vpc.region.id', 'its region'),
  may('vpc.instance.id', 'the instance in it'),
];
const SCHEMA = 'the schema; without it reading metadata may fail';
const SWITCH = ['TRUE', 'FALSE'];
const KRB5 = [
  may('hadoop.kdc.address', 'the key distribution centre, or the file of the next key'),
  may('hadoop.kerberos.krb5.config.file', 'krb5.conf'),
];
const keytab = (of: string): readonly SourceKey[] => [
  may(`${of}.kerberos.keytab.file`, 'the keytab'),
  may(`${of}.kerberos.keytab.filename`, 'the name of the keytab'),
  may(`${of}.kerberos.principal`, 'who the keytab is for'),
];

const MYSQL_VERSIONS = ['MYSQL_5_1_43', 'MYSQL_5_X', 'MYSQL_8_X', 'MYSQL_8_4_X', 'RDS_MYSQL'];
const HIVE_VERSIONS = [
  'CDH5_HIVE_1_1_0',
  'CDH6_HIVE_2_1_1',
  'CDP7_HIVE_3_1_3',
  'EMR3_HIVE_2_3_5',
  'EMR5_HIVE_3_1_0',
  'FusionInsight8_HIVE_3_1_0',
  'ASINFO_DP5_HIVE_3_1_0',
  'Amazon_EMR',
];

const HIVE: readonly SourceKey[] = [
  needs('hive.version', 'the distribution', HIVE_VERSIONS),
  needs('hadoop.namenode', 'host=…,webUiPort=50070,ipcPort=8020'),
  needs('hive.jdbc.url', 'where HiveServer2 is'),
  may('hive.jdbc.username', 'the account'),
  may('hive.jdbc.password', 'its password'),
  needs('meta.type', 'where the metadata is: a database, or the metastore service', ['DB', 'HMS']),
  may('hive.meta.db.type', 'the metadata’s database', ['MYSQL', 'POSTGRE_SQL']),
  may('hive.meta.jdbc.url', 'where the metadata’s database is'),
  may('hive.meta.jdbc.username', 'its account'),
  may('hive.meta.jdbc.password', 'the account’s password'),
  ...keytab('hms'),
  may('hms.hive.site.file', 'hive-site.xml'),
  may('hms.hive.site.filename', 'its name'),
  needs('hadoop.kerberos.switch', 'whether Hadoop uses Kerberos', SWITCH),
  needs('hive.kerberos.switch', 'whether Hive uses Kerberos', SWITCH),
  needs('hdfs.kerberos.switch', 'whether HDFS uses Kerberos', SWITCH),
  needs('kerberos.config', 'how Kerberos is given', ['kdc', 'krb']),
  ...KRB5,
  ...keytab('hive'),
  ...keytab('hdfs'),
];

/** Types in words, and their keys. */
const TABLE: readonly (readonly [types: string, keys: readonly SourceKey[]])[] = [
  ['MYSQL', [...JDBC('jdbc:mysql://host:3306/db?…'), needs('version', 'the server’s version', MYSQL_VERSIONS), ...NETWORK]],
  ['POSTGRE_SQL ADB_FOR_PG', [...JDBC('jdbc:postgresql://host:5432/db'), may('jdbc.database.schema', SCHEMA), ...NETWORK]],
  [
    'ORACLE DRDS VERTICA ANALYTICDB ADB_FOR_MYSQL_V3',
    [...JDBC('the vendor’s form'), may('jdbc.database.schema', SCHEMA), ...NETWORK],
  ],
  ['CLICKHOUSE', [...JDBC('jdbc:clickhouse://host:8123/db'), may('jdbc.database.schema', SCHEMA), ...NETWORK]],
  ['TERA_DATA', [...JDBC('jdbc:teradata://host/DATABASE=db'), may('jdbc.database.schema', SCHEMA), ...NETWORK]],
  ['HANA', [...JDBC('jdbc:sap://host:30015?databaseName=db'), needs('jdbc.database.schema', 'the schema'), ...NETWORK]],
  [
    'SQL_SERVER',
    [
      ...JDBC('jdbc:sqlserver://host:1433;DatabaseName=db;'),
      needs('jdbc.database.schema', 'the schema, such as dbo'),
      ...NETWORK,
    ],
  ],
  ['DB2', JDBC('jdbc:db2://host:50000/db')],
  [
    'POLARDB',
    [
      ...JDBC('the form of its engine'),
      needs('jdbc.database.schema', 'the schema'),
      needs('backend.db.type', 'its engine', ['MYSQL', 'POSTGRE_SQL']),
      ...NETWORK,
    ],
  ],
  [
    'STARROCKS DORIS SELECTDB',
    [
      ...JDBC('jdbc:mysql://fe1:9030/db or jdbc:mysql:loadbalance://fe1:9030,fe2:9030/db'),
      needs('fenodes', 'host:http-port of the frontends; the same list as load.url'),
      needs('load.url', 'host:http-port of the frontends; the same list as fenodes'),
      ...NETWORK,
      may('connectTimeout', 'milliseconds; 900000'),
      may('socketTimeout', 'milliseconds; 1800000'),
      may('reconnectTimes', '0 to 10; 1'),
    ],
  ],
  [
    'MAX_COMPUTE',
    [
      needs('maxcompute.endpoint', 'the endpoint, with https:// or http://'),
      needs('maxcompute.project', 'the MaxCompute project'),
      needs('maxcompute.access.id', 'id of an access key'),
      needs('maxcompute.access.key', 'its secret'),
      may('deploy.type', 'the service fills in RDS'),
    ],
  ],
  ['HIVE', HIVE],
  [
    'HDFS',
    [
      needs('hdfs.defaultFs', 'hdfs://host:port'),
      needs('hdfs.kerberos.switch', 'whether it uses Kerberos', SWITCH),
      ...keytab('hdfs'),
      ...KRB5,
      needs('hadoop.kerberos.krb5.config.filename', 'the name of krb5.conf'),
    ],
  ],
  [
    'HBASE_0_9_4 HBASE_1_1_X',
    [
      needs('hbase.cluster', 'the cluster'),
      may('hbase.connection.param', 'further parameters of the connection'),
      needs('hbase.kerberos.switch', 'whether it uses Kerberos', SWITCH),
      may('hbase.kerberos.keytab.file', 'the keytab'),
      may('hbase.kerberos.principal', 'who the keytab is for'),
      ...KRB5,
    ],
  ],
  [
    'LOG_HUB',
    [
      needs('endPoint', 'the endpoint; mind the capital P'),
      needs('accessId', 'id of an access key'),
      needs('accessKey', 'its secret'),
      needs('projectName', 'the log project'),
    ],
  ],
  [
    'OSS',
    [
      needs('endpoint', 'the endpoint'),
      needs('bucket', 'the bucket'),
      needs('accessId', 'id of an access key'),
      needs('accessKey', 'its secret'),
      may('CNAME', 'a domain of one’s own'),
    ],
  ],
  [
    'FTP',
    [
      needs('ftp.protocol', 'the protocol'),
      needs('ftp.host', 'the host'),
      needs('ftp.port', 'the port'),
      needs('ftp.username', 'the account'),
      needs('ftp.password', 'its password'),
    ],
  ],
  ['ELASTIC_SEARCH', [needs('url', 'where it is'), needs('username', 'the account'), needs('password', 'its password')]],
  [
    'MONGODB',
    [
      needs('mongodb.jdbc.url', 'where it is'),
      needs('mongodb.jdbc.username', 'the account'),
      needs('mongodb.jdbc.password', 'its password'),
    ],
  ],
];
const KEYS: ReadonlyMap<string, readonly SourceKey[]> = new Map(
  TABLE.flatMap(([types, keys]) => types.split(' ').map((type) => [type, keys] as const)),
);

/** Every type that the documentation names. */
export const SOURCE_TYPES: readonly string[] = `MAX_COMPUTE HDFS LOG_HUB POLARDB HBASE_0_9_4 HBASE_1_1_X HBASE_2_X DRDS HIVE FTP
  ELASTIC_SEARCH KAFKA_9_11 MYSQL MONGODB OSS HANA ROCKET_MQ SQL_SERVER DATAHUB TABLE_STORE POSTGRE_SQL ALIYUN_HBASE HOLOGRES
  ANALYTICDB REDIS ADB_FOR_MYSQL_V3 ADB_FOR_PG OCEANBASE LINDORM ORACLE VERTICA DB2 TERA_DATA INFLUXDB IMPALA CLICKHOUSE
  TDH_INCEPTOR API KUDU DAMENG GBASE_8A KINGBASE_ES TIDB GOLDENDB SAPTABLE OPENGAUSS STARROCKS HUDI DORIS GREENPLUM ARGODB
  DW_OPENAPI QBI_OPENAPI SALESFORCE TDENGINE AMAZONS3 PAIMON SELECTDB PRESTO GAUSSDB DATABRICKS RABBITMQ AWS_MYSQL
  AWS_POSTGRE_SQL AWS_SQL_SERVER AWS_ORACLE AWS_DB2 AWS_REDSHIFT TDSQL_FOR_MYSQL DOLPHINDB TRINO EASY_SEARCH GBASE_8C
  POLARDB_X2 LARK_BASE OPENSEARCH SNOWFLAKE DLFV3 NEO4J OUSHUDB TDSQL_FOR_PG ALI_DING_DOC DATAWORKS_DWTSP DATAWORKS_DWPHOENIX
  DATAWORKS_DWBIZTENANT DATAWORKS_DWDQC QUICKBI_PUBLICMETADATA`.split(/\s+/);

/** The service cannot try the connection of these. */
const UNCHECKED: ReadonlySet<string> = new Set('ROCKET_MQ API HUDI DW_OPENAPI QBI_OPENAPI RABBITMQ ALI_DING_DOC'.split(' '));
export const hasConnectivityCheck = (type: string): boolean => !UNCHECKED.has(type);

/** Every type whose config keys are public, with them. */
export const knownKeys = (): readonly { readonly of: string; readonly keys: readonly SourceKey[] }[] =>
  [...KEYS].map(([of, keys]) => ({ of, keys }));

/** The config keys of a type; null where no list of them is public. */
export const sourceKeys = (type: string): readonly SourceKey[] | null => KEYS.get(type) ?? null;
