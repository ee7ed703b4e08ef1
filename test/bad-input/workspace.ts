/** Faults of phinfra.yaml, of environments and overlays, of patterns and of what they match. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './harness.ts';

const one = (line: string): string =>
  `phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { region: cn-shanghai }\n${line}\n`;
const two = (dev: string, prod: string, more = ''): string =>
  `phinfra: 1\nresources: [r.yaml]\nenvironments:\n  dev: ${dev}\n  prod: ${prod}\n${more}`;
const DEV = '{ tenant: "1", connection: { region: cn-shanghai } }';
const PROD = '{ tenant: "2", connection: { region: cn-shanghai } }';

export const WORKSPACE: readonly Case[] = [
  // the file itself
  {
    claim: 'no phinfra.yaml',
    prepare: (folder) => rmSync(join(folder, 'phinfra.yaml')),
    expected: ['- WORKSPACE_MISSING'],
    says: '-C DIR',
  },
  { claim: 'a folder that does not exist', invocation: { folder: '/nonexistent/workspace' }, expected: ['- WORKSPACE_MISSING'] },
  {
    claim: 'phinfra.yml',
    files: { 'phinfra.yml': 'phinfra: 1\n' },
    prepare: (folder) => rmSync(join(folder, 'phinfra.yaml')),
    expected: ['- WORKSPACE_MISSING'],
    says: 'Rename',
  },
  { claim: 'an empty phinfra.yaml', workspace: '', expected: ['phinfra.yaml:1:1 TYPE_WRONG'] },
  { claim: 'a list as phinfra.yaml', workspace: '- a\n', expected: ['phinfra.yaml:1:1 TYPE_WRONG'] },
  {
    claim: 'no version',
    workspace: 'resources: [r.yaml]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:1:1 KEY_MISSING'],
  },
  { claim: 'a later version', workspace: 'phinfra: 2\nresources: [r.yaml]\n', expected: ['phinfra.yaml:1:10 VALUE_WRONG'] },
  { claim: 'a version as text', workspace: 'phinfra: "1"\nresources: [r.yaml]\n', expected: ['phinfra.yaml:1:10 TYPE_WRONG'] },
  { claim: 'an unknown key', workspace: one('resorces: []'), expected: ['phinfra.yaml:5:1 KEY_UNKNOWN'], says: '"resources"' },
  {
    claim: 'a wrong edition',
    workspace: one('edition: basik'),
    expected: ['phinfra.yaml:5:10 VALUE_WRONG'],
    says: 'personal, agile',
  },
  {
    claim: 'a server version without quotes',
    workspace: one('serverVersion: 6.3'),
    expected: ['phinfra.yaml:5:16 TYPE_WRONG'],
    says: '"6.3"',
  },
  {
    claim: 'a tenant without quotes',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: 300001413\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:3:9 TYPE_WRONG'],
    says: '"300001413"',
  },
  {
    claim: 'a tenant that is a name',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: bank\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:3:9 VALUE_WRONG'],
  },
  {
    claim: 'no tenant',
    workspace: 'phinfra: 1\nresources: [r.yaml]\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:1:1 KEY_MISSING'],
    says: 'tenant',
  },
  {
    claim: 'no connection',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\n',
    expected: ['phinfra.yaml:1:1 KEY_MISSING'],
    says: 'connection',
  },
  { claim: 'a time zone that is none', workspace: one('timezone: Asia/Shangai'), expected: ['phinfra.yaml:5:11 VALUE_WRONG'] },
  { claim: 'a share above one', workspace: one('budget: { share: 1.5 }'), expected: ['phinfra.yaml:5:18 VALUE_WRONG'] },
  {
    claim: 'a quota without its rate',
    workspace: one('budget: { quotas: [{ levels: [1] }] }'),
    expected: ['phinfra.yaml:5:20 KEY_MISSING'],
  },
  {
    claim: 'a level that is none',
    workspace: one('budget: { reserve: { level4: 0.5 } }'),
    expected: ['phinfra.yaml:5:22 KEY_UNKNOWN'],
  },
  {
    claim: 'a share for reviews beyond the whole',
    workspace: one('budget: { perRun: { level3: 500 }, review: 1.3 }'),
    expected: ['phinfra.yaml:5:44 VALUE_WRONG'],
  },
  {
    claim: 'a level twice in a quota',
    workspace: one('budget: { quotas: [{ levels: [1, 1], perSecond: 5 }] }'),
    expected: ['phinfra.yaml:5:34 VALUE_WRONG'],
  },
  // the connection
  {
    claim: 'a host that is not the service',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { endpoint: "https://evil.example.com" }\n',
    expected: ['phinfra.yaml:4:25 ENDPOINT_WRONG'],
    says: 'PHINFRA_ALLOW_ENDPOINT',
  },
  {
    claim: 'plain http',
    workspace:
      'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { endpoint: "http://dataphin-public.cn-shanghai.aliyuncs.com" }\n',
    expected: ['phinfra.yaml:4:25 ENDPOINT_WRONG'],
  },
  {
    claim: 'a region that would be a host',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { region: "evil.example.com/" }\n',
    expected: ['phinfra.yaml:4:23 VALUE_WRONG'],
    says: 'cn-shanghai',
  },
  {
    claim: 'an endpoint and an emulator',
    workspace: 'phinfra: 1\nresources: [r.yaml]\nconnection: { endpoint: "http://127.0.0.1:1", emulator: {} }\n',
    expected: ['phinfra.yaml:3:47 ENVIRONMENT_CONFLICT'],
  },
  // the place of the record
  {
    claim: 'a remote state without an address',
    workspace: one('state: { backend: http }'),
    expected: ['phinfra.yaml:5:1 KEY_MISSING'],
  },
  {
    claim: 'a remote state in the clear',
    workspace: one('state: { backend: http, address: "http://gitlab.example.com/x" }'),
    expected: ['phinfra.yaml:5:25 ENDPOINT_WRONG'],
    says: 'https',
  },
  {
    claim: 'a remote state that names its user in the address',
    workspace: one('state: { backend: http, address: "https://a:b@gitlab.example.com/x" }'),
    expected: ['phinfra.yaml:5:25 ENDPOINT_WRONG'],
    says: 'username and password',
  },
  {
    claim: 'a lock in the clear',
    workspace: one(
      'state: { backend: http, address: "https://gitlab.example.com/x", lockAddress: "http://gitlab.example.com/x" }',
    ),
    expected: ['phinfra.yaml:5:66 ENDPOINT_WRONG'],
  },
  {
    claim: 'a password of the state as it is',
    workspace: one('state: { backend: http, address: "https://h.example.com/x", username: u, password: hunter2 }'),
    expected: ['phinfra.yaml:5:74 SECRET_LITERAL'],
  },
  {
    claim: 'a user of the state without a password',
    workspace: one('state: { backend: http, address: "https://h.example.com/x", username: u }'),
    expected: ['phinfra.yaml:5:61 KEY_MISSING'],
  },
  {
    claim: 'the key of the cloud as the password of the state',
    workspace: one(
      'state: { backend: http, address: "https://h.example.com/x", username: u, password: "${env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}" }',
    ),
    expected: ['phinfra.yaml:5:74 SECRET_NOT_ALLOWED'],
  },
  {
    claim: 'an address beside a local state',
    workspace: one('state: { backend: local, address: "https://h.example.com/x" }'),
    expected: ['phinfra.yaml:5:26 KEY_UNKNOWN'],
  },
  {
    claim: 'a place of the state that there is not',
    workspace: one('state: { backend: s3, address: x }'),
    expected: ['phinfra.yaml:5:10 VALUE_WRONG'],
    says: 'local, http and oss',
  },
  {
    claim: 'a bucket without a name, a region and a folder',
    workspace: one('state: { backend: oss }'),
    expected: ['phinfra.yaml:5:1 KEY_MISSING', 'phinfra.yaml:5:1 KEY_MISSING', 'phinfra.yaml:5:1 KEY_MISSING'],
    says: 'signed with each request',
  },
  {
    claim: 'an address beside a bucket',
    workspace: one(
      'state: { backend: oss, bucket: acme, region: cn-shanghai, prefix: prod, address: "https://h.example.com/x" }',
    ),
    expected: ['phinfra.yaml:5:73 KEY_UNKNOWN'],
    says: 'backend: http',
  },
  {
    claim: 'a bucket beside an address',
    workspace: one('state: { backend: http, address: "https://h.example.com/x", bucket: acme }'),
    expected: ['phinfra.yaml:5:61 KEY_UNKNOWN'],
    says: 'backend: oss',
  },
  {
    claim: 'a region of a bucket that would be a host',
    workspace: one('state: { backend: oss, bucket: acme, region: oss-cn-shanghai, prefix: prod }'),
    expected: ['phinfra.yaml:5:46 VALUE_WRONG'],
    says: 'cn-shanghai',
  },
  {
    claim: 'a folder in a bucket that leads out of it',
    workspace: one('state: { backend: oss, bucket: acme, region: cn-shanghai, prefix: prod/../other }'),
    expected: ['phinfra.yaml:5:67 VALUE_WRONG'],
    says: 'finance/prod',
  },
  {
    claim: 'a bucket in the clear',
    workspace: one('state: { backend: oss, bucket: acme, endpoint: "http://oss-cn-shanghai.aliyuncs.com", prefix: prod }'),
    expected: ['phinfra.yaml:5:38 ENDPOINT_WRONG'],
    says: 'https',
  },
  {
    claim: 'an endpoint that holds the bucket',
    workspace: one(
      'state: { backend: oss, bucket: acme, region: cn-shanghai, endpoint: "https://acme.oss-cn-shanghai.aliyuncs.com", prefix: prod }',
    ),
    expected: ['phinfra.yaml:5:59 ENDPOINT_WRONG'],
    says: 'state.bucket',
  },
  {
    claim: 'an endpoint of a bucket with a path',
    workspace: one(
      'state: { backend: oss, bucket: acme, region: cn-shanghai, endpoint: "https://oss-cn-shanghai.aliyuncs.com/acme", prefix: prod }',
    ),
    expected: ['phinfra.yaml:5:59 ENDPOINT_WRONG'],
  },
  // what is not built yet is refused, never ignored
  {
    claim: 'a release without a reason',
    workspace: one('released: [{ address: userGroups/a, to: risk }]'),
    expected: ['phinfra.yaml:5:12 KEY_MISSING'],
  },
  {
    claim: 'a place of the ledger that there is not',
    workspace: one('budget: { ledger: memcached }'),
    expected: ['phinfra.yaml:5:11 OPTION_UNSUPPORTED'],
    says: 'ledger',
  },
  {
    claim: 'a guard that nobody knows',
    workspace: one('guards: { deletes: { number: 3 } }'),
    expected: ['phinfra.yaml:5:22 KEY_UNKNOWN'],
  },
  {
    claim: 'a guard that is no number',
    workspace: one('guards: { minAdmins: few }'),
    expected: ['phinfra.yaml:5:22 TYPE_WRONG'],
  },
  { claim: 'scopes', workspace: one('scopes: {}'), expected: ['phinfra.yaml:5:1 OPTION_UNSUPPORTED'] },
  {
    claim: 'leavers and policies',
    workspace: one('leavers: []\npolicies: []'),
    expected: ['phinfra.yaml:5:1 OPTION_UNSUPPORTED', 'phinfra.yaml:6:1 OPTION_UNSUPPORTED'],
  },
  // variables
  {
    claim: 'a variable of the environment that is not set',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "${env:TENANT}"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:3:10 VARIABLE_UNSET'],
    says: 'TENANT',
  },
  {
    claim: 'a variable that is not declared',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { region: "${regoin}" }\n',
    expected: ['phinfra.yaml:4:24 VARIABLE_UNKNOWN'],
    says: '"region"',
  },
  { claim: 'a file as a source', workspace: one('exclusive: ["${file:x}"]'), expected: ['phinfra.yaml:5:14 SECRET_PLACE'] },
  {
    claim: 'a predefined variable that is set',
    workspace: one('variables: { tenant: x }'),
    expected: ['phinfra.yaml:5:14 VALUE_WRONG'],
  },
  { claim: 'a predefined variable by --var', invocation: { variables: { region: 'x' } }, expected: ['- OPTION_WRONG'] },
  { claim: 'a list as a variable', workspace: one('variables: { a: [x] }'), expected: ['phinfra.yaml:5:17 TYPE_WRONG'] },
  // environments
  {
    claim: 'a tenant beside environments',
    workspace: two(DEV, PROD, 'defaultEnvironment: dev\ntenant: "3"\n'),
    expected: ['phinfra.yaml:7:1 ENVIRONMENT_CONFLICT'],
  },
  {
    claim: 'no environment chosen',
    workspace: two(DEV, PROD),
    expected: ['phinfra.yaml:3:1 ENVIRONMENT_MISSING'],
    says: '--env dev or prod',
  },
  {
    claim: 'an environment that does not exist',
    workspace: two(DEV, PROD),
    invocation: { environment: 'prd' },
    expected: ['- ENVIRONMENT_UNKNOWN'],
    says: '"prod"',
  },
  {
    claim: 'an environment by PHINFRA_ENV that does not exist',
    workspace: two(DEV, PROD),
    invocation: { env: { PHINFRA_ENV: 'test' } },
    expected: ['- ENVIRONMENT_UNKNOWN'],
  },
  {
    claim: 'a default that does not exist',
    workspace: two(DEV, PROD, 'defaultEnvironment: stage\n'),
    expected: ['phinfra.yaml:6:21 ENVIRONMENT_UNKNOWN'],
  },
  { claim: 'an environment where there are none', invocation: { environment: 'prod' }, expected: ['- ENVIRONMENT_UNKNOWN'] },
  {
    claim: 'two environments with one tenant',
    workspace: two(DEV, DEV, 'defaultEnvironment: dev\n'),
    expected: ['phinfra.yaml:5:3 ENVIRONMENT_CONFLICT'],
  },
  {
    claim: 'two environments with one tenant, by region and by host',
    workspace: two(
      DEV,
      '{ tenant: "1", connection: { endpoint: dataphin-public.cn-shanghai.aliyuncs.com } }',
      'defaultEnvironment: dev\n',
    ),
    expected: ['phinfra.yaml:5:3 ENVIRONMENT_CONFLICT'],
  },
  {
    claim: 'an unknown key in an environment that is not chosen',
    workspace: two(DEV, '{ tenant: "2", conection: {} }', 'defaultEnvironment: dev\n'),
    expected: ['phinfra.yaml:5:24 KEY_UNKNOWN'],
  },
  {
    claim: 'a null environment',
    workspace: two(DEV, '', 'defaultEnvironment: dev\n'),
    expected: ['phinfra.yaml:5:3 TYPE_WRONG'],
  },
  // errors of the workspace and of the resources at once
  {
    claim: 'no environment chosen and a wrong resource',
    workspace: two(DEV, PROD),
    resources: 'userGroups:\n  "a_${environment}": { activ: true }\n',
    expected: ['phinfra.yaml:3:1 ENVIRONMENT_MISSING', 'r.yaml:2:25 KEY_UNKNOWN'],
  },
  // overlays
  {
    claim: 'an unknown key by an overlay',
    workspace: one('overlays: ["over/*.yaml"]'),
    files: { 'over/o.yaml': 'userGroups:\n  good:\n    activ: true\n' },
    expected: ['over/o.yaml:3:5 KEY_UNKNOWN'],
  },
  {
    claim: 'an overlay that makes a value wrong',
    workspace: one('overlays: ["over/*.yaml"]'),
    files: { 'r.yaml': 'userGroups:\n  good: { active: true }\n', 'over/o.yaml': 'userGroups: { good: { active: never } }\n' },
    expected: ['over/o.yaml:1:31 TYPE_WRONG'],
  },
  {
    claim: 'an overlay that says text for a resource',
    workspace: one('overlays: ["over/*.yaml"]'),
    files: { 'over/o.yaml': 'userGroups: { good: gone }\n' },
    expected: ['over/o.yaml:1:21 TYPE_WRONG'],
  },
  {
    claim: 'an overlay pattern that matches nothing',
    workspace: one('overlays: ["over/*.yaml"]'),
    expected: ['phinfra.yaml:5:12 PATTERN_EMPTY'],
  },
  // patterns and files
  {
    claim: 'a pattern that matches nothing',
    workspace: 'phinfra: 1\nresources: [r.yaml, "teams/**/*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:2:21 PATTERN_EMPTY'],
  },
  {
    claim: 'a pattern that names a folder',
    workspace: 'phinfra: 1\nresources: [teams]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    files: { 'teams/a.yaml': '{}\n' },
    expected: ['phinfra.yaml:2:13 PATTERN_EMPTY'],
    says: 'teams/**/*.yaml',
  },
  {
    claim: 'a pattern that matches phinfra.yaml alone',
    workspace: 'phinfra: 1\nresources: ["phinfra.*"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:2:13 PATTERN_EMPTY'],
  },
  {
    claim: 'a pattern that climbs',
    workspace: 'phinfra: 1\nresources: ["../*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:2:13 PATH_OUTSIDE'],
  },
  {
    claim: 'an absolute pattern',
    workspace: 'phinfra: 1\nresources: [/etc/*.yaml]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    expected: ['phinfra.yaml:2:13 PATH_OUTSIDE'],
  },
  {
    claim: 'a link to a file outside',
    prepare: (folder) => symlinkSync('/etc/hostname', join(folder, 'link.yaml')),
    expected: ['link.yaml:1:1 PATH_OUTSIDE'],
  },
  {
    claim: 'a link to a folder outside',
    workspace: 'phinfra: 1\nresources: ["**/*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    prepare: (folder) => symlinkSync('/etc', join(folder, 'etc')),
    expected: ['etc:1:1 PATH_OUTSIDE'],
  },
  {
    claim: 'a link that leads nowhere',
    prepare: (folder) => symlinkSync('nowhere', join(folder, 'link.yaml')),
    expected: ['link.yaml:1:1 FILE_UNREADABLE'],
  },
  {
    claim: 'a link to itself',
    prepare: (folder) => symlinkSync('link.yaml', join(folder, 'link.yaml')),
    expected: ['link.yaml:1:1 FILE_UNREADABLE'],
  },
  {
    claim: 'a folder that is named like a file',
    prepare: (folder) => mkdirSync(join(folder, 'team.yaml')),
    expected: ['team.yaml:1:1 FILE_UNREADABLE'],
  },
  {
    claim: 'a pipe',
    prepare: (folder) => execFileSync('mkfifo', [join(folder, 'pipe.yaml')]),
    expected: ['pipe.yaml:1:1 FILE_UNREADABLE'],
  },
  {
    claim: 'a device without end',
    prepare: (folder) => symlinkSync('/dev/zero', join(folder, 'zero.yaml')),
    expected: ['zero.yaml:1:1 PATH_OUTSIDE'],
  },
  {
    claim: 'phinfra.yaml as a folder',
    prepare: (folder) => {
      rmSync(join(folder, 'phinfra.yaml'));
      mkdirSync(join(folder, 'phinfra.yaml'));
    },
    expected: ['phinfra.yaml:1:1 FILE_UNREADABLE'],
  },
  {
    claim: 'phinfra.yaml as a link to outside',
    prepare: (folder) => {
      rmSync(join(folder, 'phinfra.yaml'));
      symlinkSync('/etc/hostname', join(folder, 'phinfra.yaml'));
    },
    expected: ['phinfra.yaml:1:1 PATH_OUTSIDE'],
  },
];
