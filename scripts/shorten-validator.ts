/** Ajv's standalone code in fewer words: V8 reads, compiles and runs all of it at a start, most of it once. */
import type { Json, JsonObject } from '../engine/core/ports.ts';

/**
 * The same validator without its schema, of which it uses a few lists, and with one function for what it writes out at every error.
 *
 * @param code what `standaloneCode` of ajv 8.20.0 (pinned) emits without line breaks
 */
export const shortenValidator = (code: string, schema: JsonObject): string => withoutSchema(withNote(code), schema);

/** `const err0 = {…};if(vErrors === null){vErrors = [err0];}else {vErrors.push(err0);}errors++;`, with `propertyName` left as it is. */
const ERROR =
  /const (err\d+) = \{instancePath(?::([^;]*?))?,schemaPath:("[^"]*"),keyword:("\w+"),params:(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})\};if\(vErrors === null\)\{vErrors = \[\1\];\}else \{vErrors\.push\(\1\);\}errors\+\+;/g;

const NOTE = `const note = (errors, instancePath, schemaPath, keyword, params) => {
  const error = { instancePath, schemaPath, keyword, params };
  if (errors === null) return [error];
  errors.push(error);
  return errors;
};`;

const withNote = (code: string): string =>
  code.replace(
    ERROR,
    (_, _name: string, path: string | undefined, schemaPath: string, keyword: string, params: string) =>
      `vErrors = note(vErrors, ${path ?? 'instancePath'}, ${schemaPath}, ${keyword}, ${params});errors++;`,
  ) + NOTE;

/** Lists of the schema that the code names, in their places; the schema itself then falls away as unused. */
const withoutSchema = (code: string, schema: JsonObject): string => {
  const name = /\bconst (schema\d+) = \{/.exec(code)?.[1];
  if (name === undefined) return code;
  const member = String.raw`((?:\.[A-Za-z_$][\w$]*|\["[^"]*"\]|\[\d+\])+)`;
  const used: string[] = [];
  const constantOf = (value: Json): string => {
    used.push(`const used${used.length} = ${JSON.stringify(value)};`);
    return `used${used.length - 1}`;
  };
  const shorter = code
    // Asked for the names of its keys alone.
    .replace(new RegExp(String.raw`\.call\(${name}${member},`, 'g'), (_, path: string) => {
      const keys = Object.keys(valueAt(schema, path) as JsonObject);
      return `.call(${constantOf(Object.fromEntries(keys.map((key) => [key, 0])))},`;
    })
    .replace(new RegExp(String.raw`\b${name}${member}`, 'g'), (_, path: string) => constantOf(valueAt(schema, path)));
  return shorter + used.join('');
};

const valueAt = (schema: JsonObject, path: string): Json => {
  const parts = [...path.matchAll(/\.([\w$]+)|\["([^"]*)"\]|\[(\d+)\]/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  return parts.reduce<Json>((at, part) => {
    const below = (at as JsonObject)[part];
    if (below === undefined) throw new Error(`the validator names "${path}", which its schema has not`);
    return below;
  }, schema);
};
