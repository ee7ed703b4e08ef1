/** The form of `phinfra.snapshot/1` as JSON Schema (draft-07 subset); published. Within /1 fields are only added. */
import type { JsonObject } from './ports.ts';

const text: JsonObject = { type: 'string' };
const textOrNull: JsonObject = { type: ['string', 'null'] };
const count: JsonObject = { type: 'integer', minimum: 0 };
const object: JsonObject = { type: 'object' };

/** Keys are required but for those that end in `?`. */
const record = (description: string, fields: JsonObject): JsonObject => ({
  type: 'object',
  description,
  required: Object.keys(fields).filter((key) => !key.endsWith('?')),
  properties: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.replace(/\?$/, ''), value])),
});

export const SNAPSHOT_SCHEMA: JsonObject = {
  title: 'A phinfra snapshot',
  ...record('The live tenant as it was read: redacted, without contacts. Readers must let unknown fields pass.', {
    format: { type: 'string', enum: ['phinfra.snapshot/1'] },
    workspace: text,
    environment: text,
    tenant: text,
    endpoint: text,
    deployment: text,
    edition: text,
    caller: textOrNull,
    key: { ...text, maxLength: 4, description: 'Last four characters of the access key’s id.' },
    madeAt: text,
    record: {
      anyOf: [{ type: 'null' }, record('The position of the record.', { lineage: text, serial: { type: 'integer' } })],
    },
    coverage: {
      type: 'array',
      items: record('How much of a kind was looked at.', {
        kind: text,
        status: { type: 'string', enum: ['live', 'not read', 'incomplete'] },
        'note?': text,
      }),
    },
    spent: record('The calls that it took.', {
      levels: record('By level.', { '1': count, '2': count, '3': count }),
      operations: { type: 'object', additionalProperties: count },
    }),
    reads: {
      type: 'array',
      items: record('One read call, with its answer or with the code that says that there is none.', {
        operation: text,
        request: object,
        'answer?': object,
        'code?': text,
      }),
    },
  }),
};
