/** The form of `phinfra.plan/1` as JSON Schema (draft-07 subset); published, and written from the Plan type by hand. Within /1 fields are only added. */
import { CODES } from './diagnostic.ts';
import { ACTIONS, PHASES } from './model.ts';
import type { JsonObject } from './ports.ts';

const text: JsonObject = { type: 'string' };
const textOrNull: JsonObject = { type: ['string', 'null'] };
const count: JsonObject = { type: 'integer', minimum: 0 };
const any: JsonObject = {};
const object: JsonObject = { type: 'object' };
const objectOrNull: JsonObject = { type: ['object', 'null'] };
const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
const texts = list(text);
const mapOf = (values: JsonObject): JsonObject => ({ type: 'object', additionalProperties: values });
const choice = (...of: readonly string[]): JsonObject => ({ type: 'string', enum: of });
/** A record whose keys are required but for those that end in `?`; further keys are let through, for additions within /1. */
const record = (description: string, fields: JsonObject): JsonObject => ({
  type: 'object',
  description,
  required: Object.keys(fields).filter((key) => !key.endsWith('?')),
  properties: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.replace(/\?$/, ''), value])),
});
const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [{ type: 'null' }, schema] });

const source = record('Where it was written; 1-based.', {
  file: text,
  line: { type: 'integer', minimum: 1 },
  column: { type: 'integer', minimum: 1 },
});
const reason = choice(
  'changed',
  'added',
  'removed',
  'drifted',
  'both',
  'found',
  'immutable',
  'unset',
  'default',
  'secret',
  'trusted',
  'ignored',
  'order',
  'expired',
  'leaver',
  'unread',
  'later',
);
const calls = record('Calls by level and by operation.', {
  levels: record('By level.', { '1': count, '2': count, '3': count }),
  operations: mapOf(count),
});
const protection = list(choice('delete', 'replace'));
const diagnostic = record('A message.', {
  code: choice(...Object.keys(CODES)),
  severity: choice('error', 'warning', 'info'),
  message: text,
  'source?': source,
  'length?': count,
  'hint?': text,
  'address?': text,
  'related?': list(record('A further place.', { message: text, source })),
});

const field = record('One field or element that differs; the pointer is an RFC 6901 one in the normal form.', {
  pointer: text,
  reason,
  'before?': any,
  'after?': any,
  'sensitive?': { type: 'boolean', enum: [true], description: 'The values are secrets and are not here.' },
  'stands?': { type: 'boolean', enum: [true], description: 'The difference is let stand: nothing is sent for it.' },
  'note?': text,
  'cause?': text,
  'source?': source,
});

const toRecord = record('What the record says of the resource once the change is done.', {
  ids: mapOf(text),
  origin: choice('created', 'adopted', 'imported'),
  fields: mapOf(text),
  lists: texts,
  fingerprints: mapOf(text),
  assumed: texts,
  prevent: protection,
  onRemove: { type: ['string', 'null'], enum: ['delete', 'forget', null] },
  causes: mapOf(text),
  sent: object,
});

const change = record('What a person reviews: one for each resource.', {
  address: text,
  kind: text,
  key: texts,
  action: choice(...ACTIONS),
  reason: orNull(reason),
  ids: orNull(mapOf(text)),
  'renamedFrom?': text,
  before: objectOrNull,
  after: objectOrNull,
  patch: { ...list(object), description: 'RFC 6902, from before to after.' },
  fields: list(field),
  cause: textOrNull,
  preimage: textOrNull,
  source: orNull(source),
  steps: texts,
  'waitsSince?': { ...text, description: 'Since when something of it waits for an approval in Dataphin.' },
  manual: texts,
  'record?': orNull(toRecord),
});

const gives = record('Where the answer holds the id.', { address: text, ids: mapOf(text), 'list?': text, 'where?': mapOf(text) });
const step = record('One call.', {
  id: text,
  operation: text,
  level: { type: 'integer', enum: [1, 2, 3] },
  phase: choice(...PHASES),
  request: {
    ...object,
    description:
      'As it will be sent; {"$id": ADDRESS} or {"$id": ADDRESS#PART}, {"$secret": SOURCE} and {"$concat": […]} stand for what is not known yet.',
  },
  serves: texts,
  after: texts,
  gives: { anyOf: [gives, { ...list(gives), description: 'Of a look-up that finds the ids of several.' }, { type: 'null' }] },
  covers: texts,
  'asks?': { ...texts, description: 'What takes effect only when somebody approves it in Dataphin.' },
  'isBlind?': {
    const: true,
    description: 'It takes back what no read shows: "not there" means done.',
  },
  'batch?': record('What the call could also be sent as, one by one; where the service refuses it whole, it is.', {
    at: { ...text, description: 'The list of the request that holds one element for each part.' },
    'says?': text,
    parts: list(record('One of them.', { id: text, address: text, covers: texts, 'needs?': texts })),
  }),
  'needs?': { ...texts, description: 'What of `after` is waited for, where a batch is among it: steps, and parts of batches.' },
  'fails?': record('A payload value that means no.', { pointer: text, equals: any, code: text, message: text }),
});

const quotaLeft = record('What one quota has left today.', {
  levels: list({ type: 'integer', enum: [1, 2, 3] }),
  perDay: { type: ['integer', 'null'] },
  left: { type: ['number', 'null'] },
  reserve: { type: 'number' },
});

const right = record('What some may do: gained, or lost.', {
  who: { ...texts, description: 'Account names; addresses of what acts for itself, or whose people were not read.' },
  may: { ...text, description: 'A role, an operation, or the rows that are seen.' },
  on: { ...text, description: 'Where: the tenant, a half of a project, a table, …' },
  through: { ...texts, description: 'Groups, apps and production accounts by which it is reached; empty: directly.' },
  until: { ...textOrNull, description: 'Its last day; null: no end.' },
  'other?': { ...text, description: 'Gained: it was there until this day. Lost: it stays until this day.' },
});

export const PLAN_SCHEMA: JsonObject = {
  title: 'A phinfra plan',
  ...record('What an apply would change, in which calls, and what that costs. Readers must let unknown fields pass.', {
    format: choice('phinfra.plan/1'),
    workspace: text,
    environment: text,
    tenant: text,
    endpoint: text,
    deployment: text,
    region: textOrNull,
    edition: text,
    caller: textOrNull,
    key: { ...text, maxLength: 4, description: 'Last four characters of the access key’s id.' },
    day: { ...text, pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'The day used for expiries.' },
    timezone: text,
    madeAt: text,
    record: orNull(record('The position of the record.', { lineage: text, serial: { type: 'integer' } })),
    'commit?': { ...text, description: 'The commit that the files are of, where CI tells it.' },
    destroy: { type: 'boolean' },
    changes: list(change),
    steps: list(step),
    summary: record(
      'Changes by action.',
      Object.fromEntries([...ACTIONS, 'unchanged', 'unmanaged'].map((name) => [name, count])),
    ),
    coverage: list(
      record('How much of a kind was looked at.', {
        kind: text,
        status: choice('live', 'snapshot', 'remembered', 'not read', 'incomplete'),
        'note?': text,
      }),
    ),
    'selection?': record('What the plan was told to look at; of everything else it says nothing.', {
      target: texts,
      exclude: texts,
      'changedSince?': record('Only what the files say otherwise than at this revision.', { revision: text, commit: text }),
      'only?': list(choice('declared', 'drifted', 'expired', 'leaver', 'secret')),
      'otherReasons?': { ...texts, description: 'Looked at; their differences for other reasons are not in the plan.' },
      chosen: count,
      addresses: { ...texts, description: 'Resources that were looked at.' },
      needed: list(record('Not chosen; another one needs it.', { address: text, by: text })),
      leftOut: list(record('Chosen; it needs what is excluded.', { address: text, because: text })),
      notLookedAt: list(record('Declared or recorded, and not looked at.', { kind: text, count })),
    }),
    looked: { ...texts, description: 'Collections whose lists were read.' },
    parts: { ...list(texts), description: "Further ids that were read: a project's production account." },
    notCompared: list(record('A value that was not compared.', { address: text, pointer: text, why: text })),
    trusted: count,
    unmanaged: list(record('Live resources that no file names.', { kind: text, count, addresses: texts })),
    bill: record('Calls made and calls to come.', {
      spent: calls,
      minimum: calls,
      toApply: calls,
      'fromReserve?': calls,
      settle: calls,
      check: calls,
      left: list(quotaLeft),
      seconds: { type: 'number', description: 'From the first call to the end of the last one, nights included.' },
      days: { type: ['number', 'null'], description: 'Days at work; null: a day is too small even to begin.' },
      byDay: list(record('What a day sends.', { day: text, toApply: calls, check: calls })),
      looks: record('What a look before the first write of a later day reads.', {
        lists: list(record('A list.', { operation: text, kinds: texts, holds: texts, rows: count })),
        further: list(
          record('Calls that do not grow.', {
            operation: text,
            count,
            'rows?': count,
            'kinds?': texts,
            'addresses?': texts,
            'since?': mapOf(text),
          }),
        ),
        each: mapOf(texts),
      }),
    }),
    access: orNull(
      record('Who gains and who loses what once the steps are done.', {
        gained: list(right),
        lost: list(right),
        'unread?': list(record('What would have to be read to know more.', { why: text, addresses: texts })),
      }),
    ),
    'beyond?': list(
      record('A guard of the workspace that the plan goes beyond: an apply wants the number to be confirmed.', {
        guard: choice('deletes', 'losses', 'gains', 'minAdmins', 'self'),
        count,
        message: text,
        names: { ...texts, description: 'What is counted: addresses, people, places, rights.' },
      }),
    ),
    'isProtected?': { const: true, description: 'An apply needs a review: --reviewed with the digest of these changes.' },
    'guarding?': { ...object, description: 'The guards as phinfra.yaml writes them.' },
    'settled?': {
      ...mapOf(texts),
      description: 'What waited for an approval and no longer does: pointers, by address.',
    },
    guards: list(
      record('What waits for a person.', {
        code: text,
        address: text,
        message: text,
        hint: text,
        'pointer?': text,
        'source?': source,
      }),
    ),
    needs: { ...texts, description: 'Sources of secrets that the apply resolves.' },
    people: mapOf(text),
    warnings: list(diagnostic),
    changesDigest: text,
  }),
};
