/** Faults of data sources that are told offline: by the form, by the type's keys, by what is secret. */
import type { Case } from './harness.ts';

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const NETWORK = 'deploy.type: PUBLIC, access.type: PUBLIC';
const SECRET = 'jdbc.password: "${env:MC_KEY}"';

/** A source whose production half has this config: its keys stand in the line 4. */
const source = (type: string, config: string, more = ''): string =>
  `dataSources:\n  db:\n    type: ${type}\n    prod: { config: { ${config} } }\n${more}`;
const mysql = (config: string, network = NETWORK): string =>
  source('MYSQL', `version: MYSQL_8_X, jdbc.username: reader, ${SECRET}, ${network}, ${config}`);
const mysqlAt = (url: string): string => mysql(`jdbc.url: "${url}"`);
/** The column of a text in the line 4. */
const at = (resources: string, text: string): string => `r.yaml:4:${(resources.split('\n')[3] ?? '').indexOf(text) + 1}`;
const valueAt = (resources: string, key: string): string => {
  const line = resources.split('\n')[3] ?? '';
  return `r.yaml:4:${line.indexOf(`${key}: `) + key.length + 3}`;
};

const UNSAFE = mysqlAt('jdbc:mysql://db.example.com:3306/orders');
const HALF_SAFE = mysqlAt('jdbc:mysql://db.example.com:3306/orders?useSSL=true&autoDeserialize=true&allowLocalInfile=false');
const TWICE = mysqlAt(`jdbc:mysql://db.example.com/orders?${SAFE}&allowLocalInfile=true`);
const WITH_PASSWORD = mysqlAt('jdbc:mysql://db.example.com/orders?password=hunter2-canary');
const VERSION = source(
  'MYSQL',
  `version: MYSQL_9, jdbc.url: "jdbc:mysql://h/db?${SAFE}", jdbc.username: r, ${SECRET}, ${NETWORK}`,
);
const VPC = mysql(`jdbc.url: "jdbc:mysql://h/db?${SAFE}"`, 'deploy.type: RDS, access.type: VPC, vpc.id: vpc-1');
const SWITCH = source(
  'HDFS',
  'hdfs.defaultFs: "hdfs://h:8020", hdfs.kerberos.switch: yes, hadoop.kerberos.krb5.config.filename: krb5.conf',
);
const LITERAL = source(
  'POSTGRE_SQL',
  `jdbc.url: "jdbc:postgresql://h/db", jdbc.username: r, jdbc.password: hunter2-canary, ${NETWORK}`,
);
const KEY_LITERAL = source('KAFKA_9_11', 'client.key: hunter2-canary');
const OWN_SECRET = source('KAFKA_9_11', 'jaas.line: hunter2-canary', '    secretKeys: [jaas.line]\n');
const LISTED = source('KAFKA_9_11', 'servers: [a, b]');
const UNCHECKED = 'dataSources:\n  db:\n    type: ROCKET_MQ\n    prod: { check: connectivity, config: {} }\n';

export const DATA_SOURCES: readonly Case[] = [
  {
    claim: 'a name with a dot',
    resources: 'dataSources:\n  orders.db: {}\n',
    expected: ['r.yaml:2:3 NAME_WRONG'],
    says: 'Chinese characters',
  },
  {
    claim: 'a name of 65 characters',
    resources: `dataSources:\n  ${'源'.repeat(65)}: {}\n`,
    expected: ['r.yaml:2:3 NAME_WRONG'],
  },
  {
    claim: 'a name of the development half with a blank',
    resources: 'dataSources:\n  db:\n    prod: {}\n    dev: { name: my db }\n',
    expected: ['r.yaml:4:18 NAME_WRONG'],
  },
  {
    claim: 'a development half without a production half',
    resources: 'dataSources:\n  db:\n    dev: { name: db_dev }\n',
    expected: ['r.yaml:3:10 KEY_MISSING'],
    says: 'prod: {}',
  },
  {
    claim: 'a production half with a name of its own',
    resources: 'dataSources:\n  db:\n    prod: { name: db }\n',
    expected: ['r.yaml:3:13 KEY_UNKNOWN'],
  },
  { claim: 'a half that is empty', resources: 'dataSources:\n  db:\n    prod:\n', expected: ['r.yaml:3:5 TYPE_WRONG'] },
  {
    claim: 'every key that a type needs and a config lacks',
    resources: source('DB2', 'jdbc.url: "jdbc:db2://h/db"'),
    expected: ['r.yaml:4:21 KEY_MISSING', 'r.yaml:4:21 KEY_MISSING'],
    says: '"jdbc.password"',
  },
  {
    claim: 'the endpoint of a log in the spelling of object storage',
    resources: source('LOG_HUB', 'endpoint: "https://h", accessId: i, accessKey: "${env:MC_KEY}", projectName: p'),
    expected: ['r.yaml:4:21 KEY_MISSING'],
    says: 'capital P',
  },
  {
    claim: 'a version that the service does not know',
    resources: VERSION,
    expected: [`${valueAt(VERSION, 'version')} VALUE_WRONG`],
    says: 'MYSQL_8_X',
  },
  {
    claim: 'a switch that is neither TRUE nor FALSE',
    resources: SWITCH,
    expected: [`${valueAt(SWITCH, 'hdfs.kerberos.switch')} VALUE_WRONG`],
    says: 'TRUE, FALSE',
  },
  {
    claim: 'a VPC that is not told in full',
    resources: VPC,
    expected: [`${at(VPC, '{ version')} KEY_MISSING`, `${at(VPC, '{ version')} KEY_MISSING`],
    says: 'vpc.region.id',
  },
  {
    claim: 'a MySQL URL without its safety parameters',
    resources: UNSAFE,
    expected: [`${valueAt(UNSAFE, 'jdbc.url')} VALUE_WRONG`],
    says: `Write jdbc:mysql://db.example.com:3306/orders?${SAFE}`,
  },
  {
    claim: 'a MySQL URL with some of them, and one of them wrong',
    resources: HALF_SAFE,
    expected: [`${valueAt(HALF_SAFE, 'jdbc.url')} VALUE_WRONG`],
    says: `Write jdbc:mysql://db.example.com:3306/orders?useSSL=true&${SAFE}`,
  },
  {
    claim: 'a MySQL URL that takes one of them back',
    resources: TWICE,
    expected: [`${valueAt(TWICE, 'jdbc.url')} VALUE_WRONG`],
    says: `Write jdbc:mysql://db.example.com/orders?${SAFE}`,
  },
  {
    claim: 'a MySQL URL that may hold a password, which no message repeats',
    resources: WITH_PASSWORD,
    expected: [`${valueAt(WITH_PASSWORD, 'jdbc.url')} VALUE_WRONG`],
    says: `Write …?${SAFE}`,
  },
  {
    claim: 'a literal password',
    resources: LITERAL,
    expected: [`${valueAt(LITERAL, 'jdbc.password')} SECRET_LITERAL`],
    says: '${env:NAME}',
  },
  { claim: 'a literal key', resources: KEY_LITERAL, expected: [`${valueAt(KEY_LITERAL, 'client.key')} SECRET_LITERAL`] },
  {
    claim: 'a literal of what secretKeys calls a secret',
    resources: OWN_SECRET,
    expected: [`${valueAt(OWN_SECRET, 'jaas.line')} SECRET_LITERAL`],
    says: 'secretKeys says',
  },
  { claim: 'a list in a config', resources: LISTED, expected: [`${valueAt(LISTED, 'servers')} TYPE_WRONG`] },
  {
    claim: 'a check of what the service cannot check',
    resources: UNCHECKED,
    expected: [`${valueAt(UNCHECKED, 'check')} VALUE_WRONG`],
    says: 'no connectivity check',
  },
];

/** What looks like a fault and is none. */
export const GOOD_DATA_SOURCES: readonly Case[] = [
  { claim: 'keys of a type that is not public', resources: source('HOLOGRES', 'anything: 007, flag: TRUE'), expected: [] },
  {
    claim: 'a further key of a type that is',
    resources: mysql(`jdbc.url: "jdbc:mysql://h/db?${SAFE}", custom: x`),
    expected: [],
  },
  { claim: 'a URL from a source, which nobody can look at', resources: mysql('jdbc.url: "${env:MC_URL}"'), expected: [] },
  {
    claim: 'a name of a file that sounds like a secret',
    resources: source(
      'HDFS',
      'hdfs.defaultFs: "hdfs://h:8020", hdfs.kerberos.switch: TRUE, hadoop.kerberos.krb5.config.filename: krb5.conf, hdfs.kerberos.keytab.filename: a.keytab',
    ),
    expected: [],
  },
  { claim: 'Chinese names', resources: 'dataSources:\n  订单-库_1: { prod: {}, dev: { name: 订单 } }\n', expected: [] },
  { claim: 'nothing but the halves of something live', resources: 'dataSources:\n  db: { prod: {}, dev: {} }\n', expected: [] },
];
