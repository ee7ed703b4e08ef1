/** Data sources as they are written: the schema, and the normal form (RESOURCES 4, BEHAVIOUR 3.5). */
import { nearest } from '../core/diagnostic.ts';
import { pointerOf, textOf } from '../core/json.ts';
import { type Kind, type NormaliseContext, objectAt } from '../core/kind.ts';
import type { Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { isSecretKey } from '../core/secret-check.ts';
import { isSecret } from '../core/variables.ts';
import { configFaults } from './source-config.ts';
import { hasConnectivityCheck, SOURCE_TYPES } from './source-types.ts';

export type Half = 'prod' | 'dev';
export const HALVES: readonly Half[] = ['prod', 'dev'];

const halfSchema = (description: string, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  description,
  additionalProperties: false,
  properties: {
    ...more,
    description: { type: 'string', description: 'What it is for.', examples: ['Orders, read only'] },
    config: {
      type: 'object',
      description: 'Connection settings, by the keys of the type; further items that are live stay.',
      'x-phinfra-secrets': true,
      additionalProperties: true,
      examples: [{ 'jdbc.username': 'reader', 'jdbc.password': '${env:ORDERS_PASSWORD}' }],
    },
    secretsVersion: {
      type: 'string',
      description: 'A new value sends the config once more: a rotation that a reviewer can see.',
      examples: ['2026-11'],
    },
    check: {
      type: 'string',
      enum: ['connectivity'],
      description: 'Check the connection before a create, and before and after a change of the config: level 3 calls.',
    },
  },
});

export const DATA_SOURCE_SCHEMA: JsonObject = {
  type: 'object',
  title: 'A data source',
  description: 'A database, store or queue that tasks read and write: a production half, and perhaps a development half.',
  additionalProperties: false,
  properties: {
    type: {
      type: 'string',
      minLength: 1,
      description: 'The service’s name of the type; cannot change.',
      examples: ['MYSQL', 'POSTGRE_SQL', 'MAX_COMPUTE', 'HIVE', 'KAFKA_9_11'],
    },
    prod: halfSchema('The production half; the resource’s key is its name.'),
    dev: halfSchema('The development half; leave it out where there is none.', {
      name: {
        type: 'string',
        minLength: 1,
        description: 'Its name; a new half without one is called as the production half.',
        examples: ['orders_db_dev'],
      },
    }),
    secretKeys: {
      type: 'array',
      description: 'Further config keys that are secrets, for types whose keys are not public.',
      examples: [['vendor.passphrase']],
      items: { type: 'string', minLength: 1 },
    },
  },
};

/** The texts of a list; none where there is no list. */
export const keysIn = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);

/**
 * The normal form: `{ type, secretKeys, prod: { description, config, secretsVersion, check }, dev: { name, … } }`.
 *
 * Reports NAME_WRONG, KEY_MISSING, VALUE_WRONG, TYPE_WRONG, SECRET_LITERAL; warns of a type that is not known.
 */
export const normaliseDataSource: Kind['normalise'] = (raw, context) => {
  const { key, report, warn } = context;
  checkName(key[0] ?? '', '', report);
  const type = raw['type'] === undefined ? null : textOf(raw['type']);
  if (type !== null && !SOURCE_TYPES.includes(type)) {
    const upper = type.toUpperCase();
    const near = nearest(upper, SOURCE_TYPES) ?? SOURCE_TYPES.find((known) => known.startsWith(`${upper}_`)) ?? null;
    warn({
      code: 'VALUE_WRONG',
      message: `"${type}" is none of the types that the service’s documentation names; it is sent as it is.`,
      ...(near === null ? {} : { hint: `Did you mean "${near}"?` }),
      at: '/type',
    });
  }
  if (raw['dev'] !== undefined && raw['prod'] === undefined)
    report({
      code: 'KEY_MISSING',
      message: 'A development half needs a production half beside it.',
      hint: 'prod: { … }; prod: {} where it is live.',
      at: '/dev',
    });
  return {
    ...(type === null ? {} : { type }),
    ...(raw['secretKeys'] === undefined ? {} : { secretKeys: keysIn(raw['secretKeys']) }),
    ...Object.fromEntries(
      HALVES.filter((half) => raw[half] !== undefined).map((half) => [half, normaliseHalf(raw, half, type, context)]),
    ),
  };
};

const NAME = /^[\p{Script=Han}A-Za-z0-9_-]{1,64}$/u;
const checkName = (name: string, at: Pointer, report: NormaliseContext['report']): void => {
  if (!NAME.test(name))
    report({
      code: 'NAME_WRONG',
      message: `"${name}" cannot be a data source's name: Chinese characters, letters, digits, "_" and "-", at most 64.`,
      hint: 'Take another name.',
      at,
    });
};

const normaliseHalf = (resource: JsonObject, half: Half, type: string | null, { report }: NormaliseContext): JsonObject => {
  const raw = objectAt(resource, half);
  const spec: Record<string, Json> = {};
  for (const field of ['name', 'description', 'secretsVersion', 'check'] as const)
    if (raw[field] !== undefined) spec[field] = textOf(raw[field]);
  if (raw['name'] !== undefined) checkName(textOf(raw['name']), pointerOf(half, 'name'), report);
  if (raw['check'] !== undefined && type !== null && !hasConnectivityCheck(type))
    report({
      code: 'VALUE_WRONG',
      message: `The service has no connectivity check for a data source of the type ${type}.`,
      hint: 'Take the line out.',
      at: pointerOf(half, 'check'),
    });
  if (raw['config'] === undefined) return spec;
  const config = objectAt(raw, 'config');
  const secretKeys = keysIn(resource['secretKeys']);
  for (const [name, value] of Object.entries(config)) {
    const at = pointerOf(half, 'config', name);
    if (value === null || (typeof value === 'object' && !isSecret(value)))
      report({
        code: 'TYPE_WRONG',
        message: `"${name}" must be text.`,
        hint: 'Write ${name} in quotes: "…".'.replace('${name}', name),
        at,
      });
    else if (secretKeys.includes(name) && !isSecretKey(name) && !isSecret(value) && textOf(value) !== '')
      report({
        code: 'SECRET_LITERAL',
        message: `"${name}" is a secret, secretKeys says, and stands in the file as it is.`,
        hint: 'Take it out of the file and out of its history, and write ${env:NAME} or ${file:path}.',
        at,
      });
  }
  const texts = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, typeof value === 'object' ? value : textOf(value)]),
  );
  for (const { key: wrong, ...fault } of type === null ? [] : configFaults(type, texts))
    report({ ...fault, at: wrong === null ? pointerOf(half, 'config') : pointerOf(half, 'config', wrong) });
  return { ...spec, config: texts };
};
