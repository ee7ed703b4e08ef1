/** What all kinds share, and what of phinfra.yaml wants more than a sentence, as topics of their own. */
import { PRINCIPALS } from './kind.ts';
import type { JsonObject } from './ports.ts';
import { SETS } from './resource-schema.ts';
import { ENVIRONMENT_PROPERTIES, LIFECYCLE_SCHEMA } from './workspace-schema.ts';

export type Topic = {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs, one a line. */
  readonly text: string;
  readonly schema: JsonObject;
  readonly example: JsonObject;
  /** Stands in every resource: `userGroups.lifecycle` leads here. */
  readonly ofResources: boolean;
  /** A key of phinfra.yaml, and nothing of a kind's. */
  readonly ofWorkspace?: true;
};

export const TOPICS: readonly Topic[] = [
  {
    name: 'principals',
    summary: 'Who may stand in a list of people, and until when.',
    text: [
      'An account name as the tenant lists it, or an address: sets/NAME, userGroups/NAME, projects/NAME (the production account of a project), dataServiceApps/GROUP/NAME. Every list takes people and sets of them; the field says which others the service takes.',
      'With "until" an entry holds to the end of that day in the timezone of the workspace. From then on it counts as absent: a warning, and a removal with the reason "expired"; it is never an error. Where the service has an end of its own, that is set as well.',
      'Account names are compared exactly. Nobody has to be declared under tenantMembers to be named.',
    ].join('\n'),
    schema: { type: 'object', properties: entryProperties() },
    example: {
      userGroups: {
        finance_analysts: {
          members: ['alice@example.com', 'sets/finance', { who: 'bob@example.com', until: '2027-03-31', reason: 'HR-881' }],
        },
      },
    },
    ofResources: false,
  },
  {
    name: 'sets',
    summary: 'Lists of people with a name; nothing is created from them.',
    text: [
      'A set is named as sets/NAME wherever people stand, in other sets too; sets that hold each other are an error. Plans name the set as the cause of what it brings about.',
    ].join('\n'),
    schema: SETS.schema,
    example: {
      sets: {
        finance_leads: { people: ['alice@example.com'] },
        finance: { people: ['sets/finance_leads', { who: 'bob@example.com', until: '2027-03-31', reason: 'HR-881' }] },
      },
    },
    ofResources: false,
  },
  {
    name: 'lifecycle',
    summary: 'What may happen to a resource: protection, and what its removal means.',
    text: [
      'Stands in any resource. A protection is remembered in the record: it holds until "allow" lifts it, also when the block is taken away. Some kinds are born protected; their pages say so.',
      'Without onRemove, what phinfra created is deleted when no file names it any more, and what it adopted is forgotten.',
    ].join('\n'),
    schema: LIFECYCLE_SCHEMA,
    example: { userGroups: { finance_analysts: { lifecycle: { prevent: ['delete'], onRemove: 'forget' } } } },
    ofResources: true,
  },
  {
    name: 'renamedFrom',
    summary: 'The key that a resource had: it is renamed in place.',
    text: [
      'Written beside the fields of the resource under its new key, the old key as its value; take it out after the apply. Where the service cannot rename a kind it is an error, never a replacement.',
    ].join('\n'),
    schema: { type: 'object', properties: {} },
    example: { userGroups: { finance_readers: { renamedFrom: 'finance_analysts' } } },
    ofResources: true,
  },
  {
    name: 'state',
    summary: 'Where the record of an environment is kept: a folder, a server, a bucket.',
    text: [
      'Stands in phinfra.yaml, beside the tenant that it belongs to. Without it the record is .phinfra/ENVIRONMENT/ in the workspace.',
      'http is any server of Terraform’s HTTP state protocol that locks; of GitLab the address is enough.',
      'oss is a bucket on which versioning was never switched on. It needs the package ali-oss, and the AccessKey of the calls to Dataphin.',
    ].join('\n'),
    schema: ENVIRONMENT_PROPERTIES['state'] as JsonObject,
    example: { state: { backend: 'oss', bucket: 'acme-phinfra', region: 'cn-shanghai', prefix: 'finance/prod' } },
    ofResources: false,
    ofWorkspace: true,
  },
];

function entryProperties(): JsonObject {
  const [, entry] = (PRINCIPALS['items'] as { readonly anyOf: readonly JsonObject[] }).anyOf;
  return entry?.['properties'] as JsonObject;
}
