/** What is wrong with a data source's config, and what of it is the service's own (BEHAVIOUR 3.5). */
import { nearest } from '../core/diagnostic.ts';
import { textOf } from '../core/json.ts';
import type { JsonObject } from '../core/ports.ts';
import { sourceKeys } from './source-types.ts';

const URL_KEY = 'jdbc.url';
const ACCESS = 'access.type';
const VPC = ['vpc.id', 'vpc.region.id', 'vpc.instance.id'];

export type ConfigFault = {
  readonly code: 'KEY_MISSING' | 'VALUE_WRONG';
  /** The key that is wrong; null where one is missing. */
  readonly key: string | null;
  readonly message: string;
  readonly hint?: string;
};

/**
 * What is wrong with a config of a type, offline: keys that are missing, values that the service does not know, a VPC that
 * is not told in full, a MySQL URL that is not safe. Values that come from sources are taken as right; no value is quoted
 * that may hold a secret.
 */
export const configFaults = (type: string, config: JsonObject): readonly ConfigFault[] => {
  const keys = sourceKeys(type);
  if (keys === null) return [];
  const missing = keys.filter(({ key, isRequired }) => isRequired && (config[key] ?? '') === '');
  const isNetworked = keys.some(({ key }) => key === ACCESS);
  const lacksVpc = isNetworked && config[ACCESS] === 'VPC' ? VPC.filter((key) => (config[key] ?? '') === '') : [];
  return [
    ...missing.map(
      ({ key, means }): ConfigFault => ({
        code: 'KEY_MISSING',
        key: null,
        message: `A data source of the type ${type} needs "${key}" in its config.`,
        hint: `${key}: ${means}.`,
      }),
    ),
    ...lacksVpc.map(
      (key): ConfigFault => ({
        code: 'KEY_MISSING',
        key: null,
        message: `A data source that is reached through a VPC needs "${key}" in its config.`,
        hint: `All of ${VPC.join(', ')}; or ${ACCESS}: PUBLIC.`,
      }),
    ),
    ...keys.flatMap(({ key, values }) => choiceFault(key, values, config[key])),
    ...(type === 'MYSQL' ? urlFault(config[URL_KEY]) : []),
  ];
};

const choiceFault = (
  key: string,
  values: readonly string[] | undefined,
  value: JsonObject[string] | undefined,
): readonly ConfigFault[] => {
  if (!values || typeof value !== 'string' || value === '' || values.includes(value)) return [];
  const near = nearest(value, values);
  return [
    {
      code: 'VALUE_WRONG',
      key,
      message: `"${key}" must be one of ${values.join(', ')}.`,
      ...(near === null ? {} : { hint: `Did you mean "${near}"?` }),
    },
  ];
};

/** Without these the service refuses a MySQL URL: DATASOURCE_CONNECT_URL_NOT_SAFE_V2. */
const SAFE = ['allowUrlInLocalInfile', 'autoDeserialize', 'allowLocalInfile', 'allowLoadLocalInfile'];
const SAFE_TEXT = SAFE.map((name) => `${name}=false`).join('&');
const nameOf = (parameter: string): string => parameter.split('=')[0] ?? '';

const urlFault = (url: JsonObject[string] | undefined): readonly ConfigFault[] => {
  if (typeof url !== 'string' || url === '') return [];
  const [base = '', ...rest] = url.split('?');
  const given = rest
    .join('?')
    .split('&')
    .filter((parameter) => parameter !== '');
  const isSafe = SAFE.every((name) => {
    const values = given.filter((parameter) => nameOf(parameter) === name);
    return values.length > 0 && values.every((parameter) => parameter === `${name}=false`);
  });
  if (isSafe) return [];
  const others = given.filter((parameter) => !SAFE.includes(nameOf(parameter)));
  // A URL may hold a password of its own; then only what it lacks is told.
  const mended = /passw|pwd|secret|token|key|@/i.test(url) ? `…?${SAFE_TEXT}` : `${base}?${[...others, SAFE_TEXT].join('&')}`;
  return [
    {
      code: 'VALUE_WRONG',
      key: URL_KEY,
      message: `The service refuses a MySQL URL without ${SAFE_TEXT}.`,
      hint: `Write ${mended}`,
    },
  ];
};

/**
 * The service adds some items by itself: the database out of the JDBC URL, how a MaxCompute source is deployed. They are
 * never sent back: with the next URL another database is meant.
 *
 * @param config what is live of the half; without the URL where that is kept from us
 */
export const isAddedByService = (type: string, config: JsonObject, key: string): boolean => {
  const value = textOf(config[key]);
  if (key === 'deploy.type') return type === 'MAX_COMPUTE' && value === 'RDS';
  if (key !== 'jdbc.database') return false;
  const url = config[URL_KEY];
  return typeof url !== 'string' || url.split(/[/?;&=:@,]/).includes(value);
};
