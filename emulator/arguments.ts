/** What the service makes of the arguments of a call (BEHAVIOUR 1.2): Gson into Java objects, with its raw messages. */
import type { OperationName } from '../engine/operations/index.ts';
import { type FieldShape, SHAPES } from '../engine/operations/shapes.ts';
import type { Json, JsonObject } from './json.ts';
import { parseLossless } from './lossless.ts';
import { badRequest, missingArgument } from './refusal.ts';

/** Left out without harm although the SDK calls them required (BEHAVIOUR 3.4, measured; 3.7). */
const NOT_REALLY_REQUIRED: { readonly [N in OperationName]?: readonly string[] } = {
  AddProjectMember: ['AddCommand.Env'],
  UpdateProjectMember: ['UpdateCommand.Env'],
  RemoveProjectMember: ['RemoveCommand.Env'],
  // A relation has no column; its handler asks the comparisons for one.
  CreateRowPermission: ['CreateRowPermissionCommand.Rules[].Expressions[].MappingColumnName'],
  UpdateRowPermission: ['UpdateRowPermissionCommand.Rules[].Expressions[].MappingColumnName'],
};

const isId = (name: string): boolean => /(^|[a-z0-9])(Id|ID|IdList)$/.test(name);
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const tokenOf = (value: Json): string => {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return 'BEGIN_ARRAY';
  if (typeof value === 'object') return 'BEGIN_OBJECT';
  return typeof value === 'string' ? 'STRING' : typeof value === 'number' ? 'NUMBER' : 'BOOLEAN';
};
/** A value of the wrong sort, in the words of the service's parser. */
export const expected = (token: string, value: Json, path: string): never =>
  badRequest(`java.lang.IllegalStateException: Expected ${token} but was ${tokenOf(value)} at path ${path}`);

/**
 * Objects and lists of a call as JSON values; over the wire they are JSON text.
 *
 * What is not JSON stays text and is refused by `readArguments`, after the quota was counted.
 */
export const parseParameters = (action: OperationName, parameters: JsonObject): JsonObject => {
  const request = SHAPES[action]?.request ?? {};
  let parsed: { [key: string]: Json } | null = null;
  for (const [name, value] of Object.entries(parameters)) {
    const type = request[name]?.type;
    if (typeof value !== 'string' || (type !== 'object' && type !== 'array' && type !== 'map')) continue;
    const json = parseLossless(value);
    if (json === undefined) continue;
    parsed ??= { ...parameters };
    parsed[name] = json;
  }
  return parsed ?? parameters;
};

/**
 * The arguments of a call as the handlers want them: ids as text, other numbers as numbers, unknown keys gone, null
 * like absent.
 *
 * @throws Refusal `Dataphin.OpenAPI.BadRequest`
 */
export const readArguments = (action: OperationName, parameters: JsonObject): JsonObject => {
  const read: { [key: string]: Json } = {};
  const spared = NOT_REALLY_REQUIRED[action] ?? [];
  for (const [name, shape] of Object.entries(SHAPES[action]?.request ?? {})) {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (name === 'OpTenantId') continue;
    if (value === undefined || value === null || (value === '' && shape.type !== 'string')) {
      if (shape.required) missingArgument(name);
      continue;
    }
    if (typeof value === 'string' && shape.type !== 'string' && shape.type !== 'number' && shape.type !== 'boolean')
      badRequest(
        parseLossless(value) === undefined
          ? 'com.google.gson.stream.MalformedJsonException: Use JsonReader.setLenient(true) to accept malformed JSON at line 1 column 1 path $'
          : `java.lang.IllegalStateException: Expected ${shape.type === 'array' ? 'BEGIN_ARRAY' : 'BEGIN_OBJECT'} but was STRING at path $`,
      );
    read[name] = readValue(shape, value, name, '$', name, spared);
  }
  return read;
};

const readValue = (
  shape: FieldShape,
  value: Json,
  name: string,
  path: string,
  where: string,
  spared: readonly string[],
): Json => {
  switch (shape.type) {
    case 'string':
      if (typeof value === 'object') return expected('STRING', value, path);
      return String(value);
    case 'number':
      return readNumber(value, name, path);
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      return expected('BOOLEAN', value, path);
    case 'array':
      if (!Array.isArray(value)) return expected('BEGIN_ARRAY', value, path);
      return value.map((item: Json, at) =>
        shape.items ? readValue(shape.items, item, name, `${path}[${at}]`, `${where}[]`, spared) : item,
      );
    case 'object':
      return readObject(shape, value, path, where, spared);
    default:
      return value;
  }
};

const readObject = (shape: FieldShape, value: Json, path: string, where: string, spared: readonly string[]): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return expected('BEGIN_OBJECT', value, path);
  const given = value as JsonObject;
  const read: { [key: string]: Json } = {};
  for (const [name, field] of Object.entries(shape.fields ?? {})) {
    const one = Object.hasOwn(given, name) ? given[name] : undefined;
    const place = `${where}.${name}`;
    if (one === undefined || one === null) {
      if (field.required && !spared.includes(place)) missingArgument(name);
      continue;
    }
    read[name] = readValue(field, one, name, `${path}.${lowerFirst(name)}`, place, spared);
  }
  return read;
};

/** A Java long or number: text is taken where it holds decimal digits, a number that went through a double is not. */
const readNumber = (value: Json, name: string, path: string): Json => {
  if (typeof value !== 'string' && typeof value !== 'number') return expected('NUMBER', value, path);
  const text = String(value);
  const exact = typeof value === 'string' || Number.isSafeInteger(value) || !isId(name);
  if (!exact || !/^[+-]?\d+(\.\d+)?$/.test(text) || (isId(name) && text.includes('.')))
    return badRequest(`java.lang.NumberFormatException: For input string: "${text}" at path ${path}`);
  if (isId(name)) return text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  return Number(text);
};
