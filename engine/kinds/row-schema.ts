/** A row permission as it is written (RESOURCES 4). */
import { PRINCIPALS } from '../core/kind.ts';
import type { JsonObject } from '../core/ports.ts';

/** BEHAVIOUR 3.7, limits: characters of names and descriptions, and how many there may be. */
export const MOST = { name: 64, description: 128, columns: 10, rules: 500 } as const;

export const ROW_PERMISSION: JsonObject = {
  type: 'object',
  title: 'A row-level permission',
  description: 'Who sees which rows of which tables: rules over control fields, which tables feed by columns of theirs.',
  additionalProperties: false,
  properties: {
    description: {
      type: 'string',
      maxLength: MOST.description,
      description: 'What it is for; at most 128 characters.',
      examples: ['Analysts see their own region'],
    },
    columns: {
      type: 'object',
      description: 'The control fields that rules ask for, at most 10, complete. Needed to create.',
      examples: [{ region: { type: 'STRING', description: 'sales region' } }],
      additionalProperties: {
        type: 'object',
        required: ['type'],
        additionalProperties: false,
        properties: {
          type: {
            type: 'string',
            minLength: 1,
            description: 'The type of its values, such as STRING; upper and lower case are the same.',
          },
          description: { type: 'string', maxLength: MOST.name, description: 'What it holds; at most 64 characters.' },
        },
      },
    },
    rules: {
      type: 'object',
      description: 'Who sees which rows, by the name of the rule; complete. May stand in another file.',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          scope: {
            type: 'string',
            enum: ['all', 'select'],
            description:
              'Which rows: all of them, or (select) those that meet the condition, which is meant where it is left out.',
          },
          enabled: {
            type: 'boolean',
            description: 'A disabled rule keeps its grants, but they do not work; true where it is left out.',
          },
          where: {
            type: 'object',
            'x-phinfra-as-written': true,
            description:
              'The condition: { COLUMN: test }, all: [condition, …] or any: [condition, …]; a test is equal: text, in: [text, …], like: text, or operator: NAME with values: [text, …].',
            examples: [{ all: [{ region: { in: ['east', 'north'] } }, { column: 'level', like: 'b%' }] }],
          },
          grant: {
            ...PRINCIPALS,
            description:
              'Whom the rule lets see its rows, complete: people, userGroups/NAME, projects/NAME (its production account).',
          },
        },
      },
    },
    tables: {
      type: 'array',
      description: 'The tables that are filtered, complete.',
      items: {
        type: 'object',
        required: ['table', 'bind'],
        additionalProperties: false,
        properties: {
          table: {
            type: 'string',
            minLength: 1,
            description: 'PROJECT.TABLE, or the full GUID of a table of this tenant.',
            examples: ['finance.orders'],
          },
          bind: {
            type: 'object',
            minProperties: 1,
            description: 'Which column of the table feeds which control field: { CONTROL_FIELD: COLUMN }.',
            additionalProperties: { type: 'string', minLength: 1 },
            examples: [{ region: 'region_name' }],
          },
          extra: {
            type: 'object',
            description: 'Further fields that a system wants beside the table, sent as they are; never read back.',
            examples: [{ ResourceType: 'PHYSICAL_TABLE' }],
          },
        },
      },
    },
  },
};
