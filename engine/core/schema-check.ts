/** A value against its schema: the validator's errors as messages with a place (STYLE 6). Values are never quoted: one may be a secret. */
import { type Diagnostic, type DiagnosticCode, nearest, sure } from './diagnostic.ts';
import { getAt, isObject, lastOf, parentOf, partsOf, pointerOf } from './json.ts';
import type { Json, JsonObject } from './ports.ts';
import { isFaulty, keySpan, locate, markAt, type Span, valueSpan, type Written } from './positions.ts';

/** An error of a generated validator (ajv's form). */
export type SchemaError = {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly propertyName?: string;
};
export type Validate = ((value: unknown) => boolean) & { errors?: readonly SchemaError[] | null | undefined };

export type Subject = {
  readonly value: Json;
  readonly schema: JsonObject;
  readonly layers: readonly Written[];
  /** What the value as a whole is called: `The resource "finance"`. */
  readonly name: string;
  readonly address?: string;
  /** Collections whose null means something of its own (RESOURCES 1). */
  readonly nested: readonly string[];
};

/** Runs a validator and words what it found, one message for each cause. */
export const checkSchema = (validate: Validate, subject: Subject): readonly Diagnostic[] => {
  if (validate(subject.value)) return [];
  const told = new Set<string>();
  return meant(sure(validate.errors, 'error of a value that does not fit')).flatMap((error) => {
    const isOfKey = error.keyword === 'additionalProperties' || error.keyword === 'propertyNames';
    if (!isOfKey && isFaulty(locate(subject.layers, error.instancePath).written)) return [];
    const diagnostic = wordsOf(error, subject);
    const id = `${diagnostic.code} ${diagnostic.source?.file} ${diagnostic.source?.line}:${diagnostic.source?.column} ${diagnostic.message}`;
    if (told.has(id)) return [];
    told.add(id);
    return [diagnostic];
  });
};

/**
 * Of a choice (`anyOf`) that nothing fits, only the errors of the branch that was meant: the one whose type the value has. Where no
 * branch has its type, one error that wants all their types. A value of a wrong type has no further errors.
 */
const meant = (errors: readonly SchemaError[]): readonly SchemaError[] => {
  let kept: SchemaError[] = [];
  for (const error of errors) {
    if (error.keyword === 'if') continue;
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      kept.push(error);
      continue;
    }
    const isOfChoice = (other: SchemaError): boolean =>
      other.schemaPath.startsWith(`${error.schemaPath}/`) &&
      (other.instancePath === error.instancePath || other.instancePath.startsWith(`${error.instancePath}/`));
    const branches = new Map<string, SchemaError[]>();
    for (const other of kept.filter(isOfChoice)) {
      const branch = other.schemaPath.slice(error.schemaPath.length + 1).replace(/\/.*$/s, '');
      branches.set(branch, [...(branches.get(branch) ?? []), other]);
    }
    kept = kept.filter((other) => !isOfChoice(other));
    const isTypeHere = (other: SchemaError): boolean => other.keyword === 'type' && other.instancePath === error.instancePath;
    const fitting = [...branches.values()].filter((branch) => !branch.some(isTypeHere)).sort((a, b) => a.length - b.length)[0];
    if (fitting !== undefined) kept.push(...fitting);
    else if (branches.size === 0) kept.push(error);
    else {
      const types = [...branches.values()].flatMap((branch) => branch.filter(isTypeHere).flatMap(typesOf));
      kept.push({ ...error, keyword: 'type', params: { type: [...new Set(types)] } });
    }
  }
  const wrongTypes = new Set(kept.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  return kept.filter(({ keyword, instancePath }) => keyword === 'type' || !wrongTypes.has(instancePath));
};

const typesOf = (error: SchemaError): string[] => [error.params['type']].flat().map(String);

type Worded = { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string; readonly span?: Span };

const wordsOf = (error: SchemaError, subject: Subject): Diagnostic => {
  const pointer = error.instancePath;
  const found = locate(subject.layers, pointer).written;
  const schemaAt = getAt(subject.schema, decodeURIComponent(parentOf(error.schemaPath.slice(1))));
  const context: Context = {
    error,
    subject,
    pointer,
    found,
    value: getAt(subject.value, pointer),
    name: nameOf(pointer, subject),
    schema: isObject(schemaAt) ? schemaAt : {},
  };
  const { span = valueSpan(found), ...words } = (WORDS[error.keyword] ?? otherWords)(context);
  return { severity: 'error', ...words, ...span, ...(subject.address === undefined ? {} : { address: subject.address }) };
};

type Context = {
  readonly error: SchemaError;
  readonly subject: Subject;
  readonly pointer: string;
  readonly found: Written;
  readonly value: Json | undefined;
  readonly name: string;
  /** The schema that the error's keyword stands in. */
  readonly schema: JsonObject;
};

const nameOf = (pointer: string, subject: Subject): string => {
  if (pointer === '') return subject.name;
  const parent = parentOf(pointer);
  if (!Array.isArray(getAt(subject.value, parent))) return `"${lastOf(pointer)}"`;
  return parent === '' ? 'An entry' : `An entry of "${lastOf(parent)}"`;
};

const WORDS: Readonly<Record<string, (context: Context) => Worded>> = {
  additionalProperties: ({ error, pointer, subject, schema, name }) => {
    const key = String(error.params['additionalProperty']);
    const known = Object.keys(isObject(schema['properties']) ? schema['properties'] : {});
    const near = nearest(key, known);
    return {
      code: 'KEY_UNKNOWN',
      message: `${name} has no key "${key}".`,
      hint: near === null ? `It may have: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      span: keySpan(locate(subject.layers, pointer + pointerOf(key)).written),
    };
  },
  required: ({ error, name, found, schema }) => {
    const key = String(error.params['missingProperty']);
    const of = isObject(schema['properties']) ? schema['properties'][key] : undefined;
    return {
      code: 'KEY_MISSING',
      message: `${name} needs "${key}".`,
      ...hintOf(isObject(of) ? of['description'] : undefined),
      span: keySpan(found),
    };
  },
  type: typeWords,
  enum: ({ error, name, value }) => choiceWords(name, value, error.params['allowedValues']),
  const: ({ error, name, value }) => choiceWords(name, value, [error.params['allowedValue']]),
  not: ({ name, schema }) => {
    const not = schema['not'];
    const refused = isObject(not) && Array.isArray(not['enum']) ? not['enum'].map(String).join(', ') : null;
    return {
      code: 'VALUE_WRONG',
      message: `${name} may not have this value.`,
      ...hintOf(refused === null ? undefined : `Refused: ${refused}.`),
    };
  },
  minLength: ({ name, error }) => ({
    code: 'VALUE_WRONG',
    message:
      error.params['limit'] === 1 ? `${name} may not be empty.` : `${name} needs at least ${error.params['limit']} characters.`,
    hint: 'Leave the line out if it is not meant.',
  }),
  maxLength: ({ name, error }) => ({
    code: 'VALUE_WRONG',
    message: `${name} may have at most ${error.params['limit']} characters.`,
  }),
  pattern: ({ name, schema, error }) => ({
    code: 'VALUE_WRONG',
    message: `${name} does not have the form that is expected.`,
    ...hintOf(FORMS[String(error.params['pattern'])] ?? formOf(schema) ?? schema['description']),
  }),
  propertyNames: ({ error, pointer, subject, name }) => {
    const key = String(error.params['propertyName']);
    return {
      code: 'NAME_WRONG',
      message: `"${key}" cannot be a name in ${name}.`,
      hint: 'Use letters, digits, "_" and "-", and begin with a letter or digit.',
      span: keySpan(locate(subject.layers, pointer + pointerOf(key)).written),
    };
  },
  minimum: limitWords,
  maximum: limitWords,
  exclusiveMinimum: limitWords,
  exclusiveMaximum: limitWords,
  minItems: ({ name, error }) => ({ code: 'VALUE_WRONG', message: `${name} needs at least ${error.params['limit']} entries.` }),
  minProperties: ({ name, error, found }) => ({
    code: 'VALUE_WRONG',
    message: `${name} needs at least ${error.params['limit']} keys.`,
    span: keySpan(found),
  }),
  maxItems: ({ name, error }) => ({
    code: 'LIMIT_EXCEEDED',
    message: `${name} may have at most ${error.params['limit']} entries.`,
  }),
  uniqueItems: ({ name, error, pointer, subject }) => ({
    code: 'VALUE_WRONG',
    message: `${name} names the same entry twice.`,
    hint: 'Keep one of them.',
    span: valueSpan(
      locate(subject.layers, pointer + pointerOf(String(Math.max(Number(error.params['i']), Number(error.params['j']))))).written,
    ),
  }),
};

/** Forms that schemas ask for by pattern, by example. */
const FORMS: Readonly<Record<string, string>> = { '^\\d{4}-\\d{2}-\\d{2}$': 'Write a day: 2027-03-31.' };
const formOf = (schema: JsonObject): string | undefined =>
  typeof schema['x-phinfra-form'] === 'string' ? `Write it as ${schema['x-phinfra-form']}.` : undefined;
const hintOf = (text: Json | undefined): { readonly hint?: string } =>
  typeof text === 'string' && text !== '' ? { hint: text } : {};

const otherWords = ({ name, schema }: Context): Worded => ({
  code: 'VALUE_WRONG',
  message: `${name} does not have the form that is expected.`,
  ...hintOf(schema['description']),
});

function limitWords({ name, error }: Context): Worded {
  const sign: Readonly<Record<string, string>> = { '>=': 'at least', '<=': 'at most', '>': 'more than', '<': 'less than' };
  return {
    code: 'VALUE_WRONG',
    message: `${name} must be ${sign[String(error.params['comparison'])]} ${error.params['limit']}.`,
  };
}

const choiceWords = (name: string, value: Json | undefined, allowed: unknown): Worded => {
  const list = (Array.isArray(allowed) ? allowed : []).map(String);
  const near = typeof value === 'string' ? nearest(value, list) : null;
  return {
    code: 'VALUE_WRONG',
    message: list.length === 1 ? `${name} must be ${list[0]}.` : `${name} must be one of ${list.join(', ')}.`,
    ...hintOf(near === null ? undefined : `Did you mean "${near}"?`),
  };
};

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'empty',
};
const typeName = (value: Json | undefined): string => {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'boolean'
    ? 'true or false'
    : typeof value === 'number'
      ? 'a number'
      : typeof value === 'string'
        ? 'text'
        : 'a map';
};

function typeWords({ error, pointer, name, value, found, subject }: Context): Worded {
  const types = typesOf(error);
  const wanted = types.map((type) => sure(TYPE_NAMES[type], `word for ${type}`)).join(' or ');
  const [first = '', ...rest] = partsOf(pointer);
  if (value === null && rest.length === 0 && subject.nested.includes(first))
    return {
      code: 'NULL_RESOURCE',
      message: `${name} is empty.`,
      hint: `Write ${types.includes('array') ? '[]' : '{}'} for none; leave the line out for "not managed".`,
    };
  const isNumberWanted = types.includes('integer') || types.includes('number');
  if (isNumberWanted && typeof value === 'string' && /^[-+]?\d{16,}$/.test(value))
    return { code: 'NUMBER_RANGE', message: `${name} is larger than a number may be.`, hint: 'The largest is 9007199254740991.' };
  return {
    code: 'TYPE_WRONG',
    message: `${name} must be ${wanted}, and is ${typeName(value)}.`,
    ...hintOf(typeHint(types, value, found)),
  };
}

const typeHint = (types: readonly string[], value: Json | undefined, found: Written): string | undefined => {
  if (value === null || value === undefined) return 'Leave the line out for "not managed".';
  const written = found.plain.get(markAt(found.marks, found.at));
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return written === undefined ? 'Quote it.' : `Quote it: "${written}".`;
  if (types.includes('boolean') && typeof value === 'string') return 'Write true or false, without quotes.';
  if ((types.includes('integer') || types.includes('number')) && typeof value === 'string')
    return 'Write a number, without quotes.';
  if (types.includes('array') && !isObject(value)) return 'Write it as a list: [ … ], or lines that begin with "- ".';
  if (types.includes('object')) return 'Write it as a map: lines of "key: value", or { … }.';
  return undefined;
};
