/** Faults of resources: collections, names, types, values, duplicates, variables, secrets. */
import type { Case } from './harness.ts';

const config = (line: string): string => `computeSources:\n  mc:\n    type: MAX_COMPUTE\n    config:\n      ${line}\n`;

export const SCHEMA: readonly Case[] = [
  // collections and resources
  { claim: 'text in the place of a file of resources', resources: 'just text\n', expected: ['r.yaml:1:1 TYPE_WRONG'] },
  { claim: 'a list in the place of a file of resources', resources: '- userGroups\n', expected: ['r.yaml:1:1 TYPE_WRONG'] },
  {
    claim: 'an unknown collection',
    resources: 'usergroup: {}\n',
    expected: ['r.yaml:1:1 COLLECTION_UNKNOWN'],
    says: 'userGroups',
  },
  {
    claim: 'a collection of a later version',
    resources: 'policies: {}\n',
    expected: ['r.yaml:1:1 COLLECTION_UNKNOWN'],
    says: 'not supported yet',
  },
  { claim: 'a null collection', resources: 'userGroups:\n', expected: ['r.yaml:1:1 NULL_RESOURCE'] },
  { claim: 'a list as a collection', resources: 'userGroups: [a]\n', expected: ['r.yaml:1:13 TYPE_WRONG'] },
  {
    claim: 'a null resource',
    resources: 'userGroups:\n  a:\n  b: ~\n',
    expected: ['r.yaml:2:3 NULL_RESOURCE', 'r.yaml:3:3 NULL_RESOURCE'],
    says: '{}',
  },
  {
    claim: 'a null nested collection',
    resources: 'userGroups:\n  a:\n    members:\n',
    expected: ['r.yaml:3:5 NULL_RESOURCE'],
    says: '[]',
  },
  {
    claim: 'a null field',
    resources: 'userGroups:\n  a:\n    description:\n',
    expected: ['r.yaml:3:5 TYPE_WRONG'],
    says: 'not managed',
  },
  { claim: 'text as a resource', resources: 'userGroups: { a: x }\n', expected: ['r.yaml:1:18 TYPE_WRONG'] },
  { claim: 'a number as a resource', resources: 'projects:\n  a: 5\n', expected: ['r.yaml:2:6 TYPE_WRONG'] },
  // names
  { claim: 'an empty name', resources: 'userGroups:\n  "": {}\n', expected: ['r.yaml:2:3 NAME_WRONG'] },
  { claim: 'a name with a blank at its end', resources: 'userGroups:\n  "a ": {}\n', expected: ['r.yaml:2:3 NAME_WRONG'] },
  {
    claim: 'a name of 300 characters',
    resources: `userGroups:\n  ${'n'.repeat(300)}: {}\n`,
    expected: ['r.yaml:2:3 NAME_WRONG'],
  },
  // keys
  {
    claim: 'an unknown key, near a known one',
    resources: 'userGroups:\n  a:\n    memebrs: []\n',
    expected: ['r.yaml:3:5 KEY_UNKNOWN'],
    says: 'Did you mean "members"?',
  },
  {
    claim: 'an unknown key, near none',
    resources: 'userGroups: { a: { quota: x } }\n',
    expected: ['r.yaml:1:20 KEY_UNKNOWN'],
    says: 'It may have',
  },
  {
    claim: 'an unknown key in a person',
    resources: 'userGroups:\n  a:\n    members: [{ who: a, untill: 2027-03-31 }]\n',
    expected: ['r.yaml:3:25 KEY_UNKNOWN'],
    says: '"until"',
  },
  {
    claim: 'an unknown key in lifecycle',
    resources: 'userGroups:\n  a:\n    lifecycle: { prevents: [delete] }\n',
    expected: ['r.yaml:3:18 KEY_UNKNOWN'],
    says: '"prevent"',
  },
  {
    claim: 'a person without who',
    resources: 'userGroups:\n  a:\n    members: [{ until: 2027-03-31 }]\n',
    expected: ['r.yaml:3:15 KEY_MISSING'],
    says: '"who"',
  },
  {
    claim: 'a source without its id',
    resources: 'tenantMembers:\n  a:\n    source:\n      type: aliyun\n',
    expected: ['r.yaml:3:5 KEY_MISSING'],
  },
  // types
  {
    claim: 'true where text is wanted',
    resources: 'userGroups: { a: { description: true } }\n',
    expected: ['r.yaml:1:33 TYPE_WRONG'],
    says: 'Quote it: "true"',
  },
  {
    claim: 'a number where text is wanted, as written',
    resources: 'tenantMembers:\n  a: { mobile: 0138 }\n',
    expected: ['r.yaml:2:16 TYPE_WRONG'],
    says: 'Quote it: "0138"',
  },
  {
    claim: 'yes where true or false is wanted',
    resources: 'userGroups: { a: { active: yes } }\n',
    expected: ['r.yaml:1:28 TYPE_WRONG'],
    says: 'Write true or false',
  },
  {
    claim: 'a number where true or false is wanted',
    resources: 'userGroups: { a: { active: 1 } }\n',
    expected: ['r.yaml:1:28 TYPE_WRONG'],
  },
  {
    claim: 'text where a list is wanted',
    resources: 'userGroups: { a: { members: bob } }\n',
    expected: ['r.yaml:1:29 TYPE_WRONG'],
    says: 'list',
  },
  {
    claim: 'a map where a list is wanted',
    resources: 'userGroups:\n  a:\n    members:\n      bob: {}\n',
    expected: ['r.yaml:3:5 TYPE_WRONG'],
  },
  {
    claim: 'a list where a map is wanted',
    resources: 'projects:\n  a:\n    members: [bob]\n',
    expected: ['r.yaml:3:14 TYPE_WRONG'],
  },
  {
    claim: 'a list where text is wanted',
    resources: 'userGroups: { a: { description: [x] } }\n',
    expected: ['r.yaml:1:33 TYPE_WRONG'],
  },
  {
    claim: 'a number as a person',
    resources: 'userGroups: { a: { members: [17] } }\n',
    expected: ['r.yaml:1:30 TYPE_WRONG'],
    says: '"17"',
  },
  {
    claim: 'null as a person',
    resources: 'userGroups:\n  a:\n    members:\n      - bob\n      -\n',
    expected: ['r.yaml:5:8 TYPE_WRONG'],
  },
  // values
  {
    claim: 'a value that is not among the allowed',
    resources: 'projects:\n  a: { mode: devprod }\n',
    expected: ['r.yaml:2:14 VALUE_WRONG'],
    says: 'dev-prod, basic',
  },
  {
    claim: 'a word of lifecycle that is not one',
    resources: 'projects:\n  a:\n    lifecycle:\n      prevent:\n        - destroy\n',
    expected: ['r.yaml:5:11 VALUE_WRONG'],
  },
  {
    claim: 'a role that cannot be given',
    resources: 'tenantMembers: { a: { roles: [SUPER_ADMIN] } }\n',
    expected: ['r.yaml:1:31 VALUE_WRONG'],
  },
  {
    claim: 'a day in another form',
    resources: 'userGroups: { a: { members: [{ who: b, until: 31.03.2027 }] } }\n',
    expected: ['r.yaml:1:47 VALUE_WRONG'],
    says: '2027-03-31',
  },
  {
    claim: 'text that is too long',
    resources: `projects: { a: { displayName: ${'x'.repeat(65)} } }\n`,
    expected: ['r.yaml:1:31 VALUE_WRONG'],
    says: '64',
  },
  { claim: 'an empty account', resources: 'userGroups: { a: { members: [""] } }\n', expected: ['r.yaml:1:30 VALUE_WRONG'] },
  // several files
  {
    claim: 'one address in two files',
    resources: 'userGroups:\n  a: { active: true }\n',
    files: { 's.yaml': 'userGroups:\n  b: {}\n  a: { description: x }\n' },
    expected: ['s.yaml:3:3 ADDRESS_DUPLICATE'],
  },
  {
    claim: 'a nested collection in two files',
    resources: 'userGroups:\n  a: { members: [x] }\n',
    files: { 's.yaml': 'userGroups:\n  a:\n    members: [y]\n' },
    expected: ['s.yaml:3:5 ADDRESS_DUPLICATE'],
  },
  {
    claim: 'a nested collection in a third file',
    resources: 'userGroups:\n  a: { active: true }\n',
    files: { 's.yaml': 'userGroups: { a: { members: [y] } }\n', 't.yaml': 'userGroups: { a: { members: [z] } }\n' },
    expected: ['t.yaml:1:20 ADDRESS_DUPLICATE'],
  },
  // variables
  {
    claim: 'an unknown variable, near a known one',
    resources: 'userGroups:\n  a: { description: "of ${taem}" }\n',
    expected: ['r.yaml:2:25 VARIABLE_UNKNOWN'],
    says: '"team"',
  },
  {
    claim: 'an unknown variable in a key',
    resources: 'userGroups:\n  "${nobody}": {}\n',
    expected: ['r.yaml:2:4 VARIABLE_UNKNOWN'],
  },
  {
    claim: 'a placeholder that is not closed',
    resources: 'userGroups:\n  a: { description: "${team" }\n',
    expected: ['r.yaml:2:22 VALUE_WRONG'],
    says: 'not closed',
  },
  {
    claim: 'a placeholder in another',
    resources: 'userGroups:\n  a: { description: "x ${a${team}}" }\n',
    expected: ['r.yaml:2:24 VALUE_WRONG'],
    says: 'inside another',
  },
  {
    claim: 'an unknown variable as a value of a list of values',
    resources: 'projects:\n  a: { mode: "${mode}", displayName: x }\n',
    expected: ['r.yaml:2:15 VARIABLE_UNKNOWN'],
  },
  {
    claim: 'an empty placeholder',
    resources: 'userGroups:\n  a: { description: "${}" }\n',
    expected: ['r.yaml:2:22 VALUE_WRONG'],
  },
  {
    claim: 'an expression',
    resources: 'userGroups:\n  a: { description: "${team | upper}" }\n',
    expected: ['r.yaml:2:22 VALUE_WRONG'],
  },
  {
    claim: 'the region of a connection without one',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { endpoint: "http://127.0.0.1:1" }\n',
    resources: 'userGroups:\n  "x_${region}": {}\n',
    expected: ['r.yaml:2:6 VARIABLE_UNSET'],
  },
  // secrets
  { claim: 'a literal secret', resources: config('maxcompute.access.key: abc'), expected: ['r.yaml:5:30 SECRET_LITERAL'] },
  { claim: 'a number as a literal secret', resources: config('jdbc.password: 123456'), expected: ['r.yaml:5:22 SECRET_LITERAL'] },
  { claim: 'a secret by a variable', resources: config('jdbc.password: "${team}"'), expected: ['r.yaml:5:22 SECRET_LITERAL'] },
  {
    claim: 'a secret whose variable is not on the list',
    resources: config('jdbc.password: "${env:ORDERS_PW}"'),
    expected: ['r.yaml:5:23 SECRET_NOT_ALLOWED'],
    says: 'secrets.env',
  },
  {
    claim: 'a secret from a file that is not on the list',
    resources: config('jdbc.password: "${file:other/pw}"'),
    expected: ['r.yaml:5:23 SECRET_NOT_ALLOWED'],
    says: 'secrets.files',
  },
  {
    claim: 'a secret from a path that climbs',
    resources: config('jdbc.password: "${file:secrets/../phinfra.yaml}"'),
    expected: ['r.yaml:5:23 SECRET_NOT_ALLOWED'],
  },
  {
    claim: 'the pipeline’s own token as a secret, whatever the list says',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { region: cn-shanghai }\nsecrets: { env: ["*"] }\n',
    resources: config('jdbc.password: "${env:GITHUB_TOKEN}"'),
    expected: ['r.yaml:5:23 SECRET_NOT_ALLOWED'],
  },
  {
    claim: 'the cloud’s access key as a secret, whatever the list says',
    workspace: 'phinfra: 1\nresources: [r.yaml]\ntenant: "1"\nconnection: { region: cn-shanghai }\nsecrets: { env: ["*"] }\n',
    resources: config('jdbc.password: "${env:ALIBABA_CLOUD_ACCESS_KEY_SECRET}"'),
    expected: ['r.yaml:5:23 SECRET_NOT_ALLOWED'],
  },
  {
    claim: 'a secret in a plain field',
    resources: 'userGroups:\n  a: { description: "${env:MC_X}" }\n',
    expected: ['r.yaml:2:21 SECRET_PLACE'],
  },
  {
    claim: 'a secret as a person',
    resources: 'userGroups:\n  a: { members: ["${env:MC_X}"] }\n',
    expected: ['r.yaml:2:18 SECRET_PLACE'],
  },
  { claim: 'a secret in a key', resources: 'userGroups:\n  "${env:MC_X}": {}\n', expected: ['r.yaml:2:3 SECRET_PLACE'] },
  {
    claim: 'a secret in the place of a resource',
    resources: 'userGroups:\n  a: "${env:MC_X}"\n',
    expected: ['r.yaml:2:6 TYPE_WRONG'],
  },
  // sets
  {
    claim: 'a set from a file',
    resources: 'sets:\n  a: { from: { file: hr.csv } }\n',
    expected: ['r.yaml:2:8 OPTION_UNSUPPORTED'],
  },
  // together
  {
    claim: 'several errors in several files, sorted by place',
    resources: 'userGroups:\n  a: { activ: true, members: x }\n  b:\n',
    files: { 'a.yaml': 'projects:\n  p: { mode: 5 }\nunknown: {}\n', 'z.yaml': 'sets: "\n' },
    expected: [
      'a.yaml:2:14 TYPE_WRONG',
      'a.yaml:3:1 COLLECTION_UNKNOWN',
      'r.yaml:2:8 KEY_UNKNOWN',
      'r.yaml:2:30 TYPE_WRONG',
      'r.yaml:3:3 NULL_RESOURCE',
      'z.yaml:1:7 YAML_SYNTAX',
    ],
  },
];
