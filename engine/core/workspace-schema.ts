/** The form of phinfra.yaml as JSON Schema (draft-07 subset), and what of it this version cannot do yet (DESIGN 2). */
import type { JsonObject } from './ports.ts';

const text = (description: string, more: JsonObject = {}): JsonObject => ({ type: 'string', minLength: 1, description, ...more });
const globs = (description: string): JsonObject => ({ type: 'array', description, items: { type: 'string', minLength: 1 } });
const map = (description: string, properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  description,
  additionalProperties: false,
  properties,
  ...more,
});
const REGION: JsonObject = { pattern: '^(?!oss-)[a-z]{2,8}(-[a-z0-9]{1,20}){1,4}$', 'x-phinfra-form': 'cn-shanghai' };
const method = (description: string): JsonObject => text(description, { pattern: '^[A-Z]+$', 'x-phinfra-form': 'POST' });
/** Parsed by nobody yet: refused by name, so that a guard is never silently ignored. */
const later = (description: string): JsonObject => ({ description: `${description} Not supported yet.` });

export const EDITIONS = ['personal', 'agile', 'database', 'bigdata', 'basic', 'intelligent'] as const;

const connection = map('How the service is reached: region, endpoint or emulator.', {
  region: text('Region of the public cloud, such as cn-shanghai.', {
    pattern: '^[a-z]{2,8}(-[a-z0-9]{1,20}){1,4}$',
    'x-phinfra-form': 'cn-shanghai',
  }),
  endpoint: text('Explicit endpoint: https, or http on loopback.'),
  emulator: map('A local Dataphin, started for the command.', {
    data: text('File that keeps the emulated tenant between commands.'),
    world: text('File with the tenant to begin with.'),
  }),
  caller: text('Account of the access key; no action of the service tells it.'),
  signature: { type: 'string', enum: ['v3', 'v1'], description: 'Signature version; v1 for older private gateways.' },
  parameters: {
    type: 'string',
    enum: ['body', 'query'],
    description: 'Where parameters travel; query for older private gateways.',
  },
  caFile: text('PEM file of a certificate authority, relative to the workspace.'),
});

const share = (description: string): JsonObject => ({ type: 'number', minimum: 0, maximum: 1, description });
const count = (description: string): JsonObject => ({ type: 'integer', minimum: 0, description });
const people = (description: string): JsonObject => map(description, { people: count('So many, and no more.') });
const guards = map('What a plan may not do unasked: beyond it an apply wants the number to be confirmed.', {
  deletes: map('Resources that are deleted or replaced.', {
    count: count('So many, and no more.'),
    share: share('Of what is ours, where that is ten resources or more.'),
  }),
  losses: people('People who lose a right.'),
  gains: people('People who gain a right.'),
  minAdmins: count('Administrators that each group, half of a project, app and the tenant keeps.'),
  require: map('What must stay.', { self: { type: 'boolean', description: 'The caller’s own membership and administration.' } }),
});

/** What belongs to one tenant: in an environment, or at the top of a workspace without environments. */
export const ENVIRONMENT_PROPERTIES: JsonObject = {
  tenant: text('Id of the tenant (OpTenantId), quoted.', { pattern: '^[0-9]+$', 'x-phinfra-form': '"300001413"' }),
  connection,
  edition: { type: 'string', enum: EDITIONS, description: 'Edition of the tenant; unknown: the smallest quota.' },
  serverVersion: text('Version of a private deployment, quoted.', {
    pattern: '^[0-9]+(\\.[0-9]+){1,3}$',
    'x-phinfra-form': '"6.3"',
  }),
  drift: { type: 'string', enum: ['revert', 'report'], description: 'Whether an apply takes back what others changed outside.' },
  overlays: globs('Files with merge patches (RFC 7386) over the collections.'),
  protected: { type: 'boolean', description: 'Whether an apply needs a reviewed plan.' },
  approvals: globs('Globs of addresses whose grants wait for an approval in Dataphin: resourceGrants/**, dataServiceGrants/**.'),
  adopt: map('What is live and may be adopted in a protected environment.', { allow: globs('Globs of addresses.') }),
  state: map(
    'Where the record is kept.',
    {
      backend: text('Kind of the place: local, http for a server of Terraform’s HTTP state protocol, oss for a bucket.'),
      address: text('Of http: where the record is read and written; https, or http on loopback.'),
      updateMethod: method('Method of a write; POST.'),
      lockAddress: text('Where the lock is taken; the address, of GitLab the address and /lock.'),
      lockMethod: method('Method that takes the lock; LOCK, of GitLab POST.'),
      unlockAddress: text('Where the lock is given back; as lockAddress.'),
      unlockMethod: method('Method that gives the lock back; UNLOCK, of GitLab DELETE.'),
      username: text('Who reads and writes; in a job of GitLab gitlab-ci-token.'),
      password: text('The variable with the password: "${env:CI_JOB_TOKEN}".'),
      bucket: text('Of oss: the bucket; without versioning.', {
        pattern: '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$',
        'x-phinfra-form': 'acme-phinfra',
      }),
      region: text('Of oss: the region of the bucket, such as cn-shanghai; of an endpoint of OSS it is known.', REGION),
      endpoint: text('Of oss: the endpoint in place of the public one of the region; https, or http on loopback.'),
      prefix: text('Of oss: the folder of this record in the bucket, one for each environment.', {
        pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$',
        'x-phinfra-form': 'finance/prod',
      }),
    },
    { required: ['backend'] },
  ),
};

const perLevel = (description: string, of: (description: string) => JsonObject, all: boolean): JsonObject => ({
  description,
  anyOf: [
    of('The same for every level.'),
    map('By level.', {
      level1: of('Level 1.'),
      level2: of('Level 2.'),
      level3: of('Level 3.'),
      ...(all ? { all: of('All levels together.') } : {}),
    }),
  ],
});

const budget = map('What may be spent of the quotas.', {
  perRun: perLevel('Calls that one run may make.', count, true),
  reserve: perLevel('Share of each quota that is kept for emergencies.', share, false),
  share: share('Share of each quota that this workspace may use.'),
  review: share(
    'Share of what is left of a day that drift may use, and a run that cannot write the ledger of calls; 0.3 unless told.',
  ),
  ledger: {
    description: 'Where spent calls are counted: local on this machine, state beside the record as well, or in a Redis.',
    anyOf: [
      text(
        'local, state (which is meant where the record is not local), or the address of a Redis: redis://host:6379/0, rediss:// for TLS.',
      ),
      map(
        'A Redis that asks who is there.',
        {
          redis: text('Its address: redis://host:6379/0, rediss:// for TLS.'),
          username: text('Who counts; without it the password alone is sent.'),
          password: text('The variable with the password: "${env:REDIS_PASSWORD}".'),
        },
        { required: ['redis'] },
      ),
    ],
  },
  quotas: {
    type: 'array',
    description: 'Quotas of the instance, in place of those of its edition.',
    minItems: 1,
    items: map(
      'One quota.',
      {
        levels: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { type: 'integer', enum: [1, 2, 3] },
          description: 'Levels that share it.',
        },
        perSecond: { type: 'number', exclusiveMinimum: 0, description: 'Calls in any second.' },
        perDay: { type: 'integer', minimum: 1, description: 'Calls in a day; absent: no limit.' },
      },
      { required: ['levels', 'perSecond'] },
    ),
  },
});

export const WORKSPACE_SCHEMA: JsonObject = {
  type: 'object',
  title: 'A phinfra workspace',
  description: 'phinfra.yaml: where the resources are, and which tenants they describe.',
  additionalProperties: false,
  required: ['phinfra', 'resources'],
  properties: {
    phinfra: { type: 'integer', enum: [1], description: 'Version of this format.' },
    resources: globs('Resource files, relative to the workspace; a pattern that matches nothing is an error.'),
    timezone: text('IANA time zone of expiries and of the quota’s day.'),
    variables: {
      type: 'object',
      description: 'Values for ${name} in resource files.',
      additionalProperties: { type: 'string' },
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]*$' },
      'x-phinfra-as-written': true,
    },
    defaultEnvironment: text('Environment of commands that name none.'),
    environments: {
      type: 'object',
      description: 'Tenants by name.',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' },
      additionalProperties: map('One tenant.', ENVIRONMENT_PROPERTIES),
    },
    ...ENVIRONMENT_PROPERTIES,
    budget,
    secrets: map('The only sources that a secret may name.', {
      env: globs('Globs of environment variables.'),
      files: globs('Globs of files, relative to the workspace or absolute.'),
    }),
    exclusive: globs('Globs of addresses whose lists are complete from the start.'),
    guards,
    defaults: later('Values for every resource of a kind.'),
    profiles: later('Named values that resources take over.'),
    scopes: later('Which files may say what.'),
    leavers: later('People who leave.'),
    holds: later('Resources that stay as they are.'),
    released: {
      type: 'array',
      description: 'Resources that are no longer ours: what no file names leaves the record, and nothing is deleted.',
      items: map(
        'Some of them.',
        {
          address: text('A glob of addresses.'),
          to: text('Who has them from now on.'),
          reason: text('Why, for those who review.'),
        },
        { required: ['address', 'to', 'reason'] },
      ),
    },
    policies: later('Rules that plans are held against.'),
  },
};

/** Keys that are refused wherever they have a value: what belongs to later work. */
export const UNSUPPORTED_KEYS: readonly string[] = ['defaults', 'profiles', 'scopes', 'leavers', 'holds', 'policies'];

/** Of every resource, whatever its kind (RESOURCES 1). */
export const LIFECYCLE_SCHEMA: JsonObject = map('What may happen to the resource.', {
  prevent: {
    type: 'array',
    items: { type: 'string', enum: ['delete', 'replace'] },
    description: 'What is refused; remembered in the record.',
  },
  allow: { type: 'array', items: { type: 'string', enum: ['delete', 'replace', 'rebind'] }, description: 'What is let through.' },
  ignore: {
    type: 'array',
    items: { type: 'string', pattern: '^/', 'x-phinfra-form': '/description' },
    description: 'Globs of pointers that are never changed.',
  },
  onRemove: { type: 'string', enum: ['delete', 'forget'], description: 'What happens when no file names it any more.' },
  exclusive: { type: 'boolean', description: 'Whether its lists are complete also where it was adopted.' },
});
