/** What is said where a value does not fit its schema: one message for each cause, with a place and a next step. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../engine/core/document.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { checkSchema } from '../../engine/core/schema-check.ts';

/** `line:column CODE message hint` of each. */
const says = (schema: JsonObject, text: string, nested: readonly string[] = []): readonly string[] => {
  const { diagnostics, ...document } = readDocument('a.yaml', text, { expand: null, reservedKeys: [], nodesLeft: 1_000 });
  expect(diagnostics).toEqual([]);
  const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
  return checkSchema(validate, {
    value: document.value,
    schema,
    layers: [{ ...document, at: 0, keyAt: -1 }],
    name: 'The file',
    nested,
  }).map(({ code, message, source, hint = '' }) => `${source?.line}:${source?.column} ${code} ${message} ${hint}`.trim());
};
const of = (schema: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties: { a: schema }, ...rest });

describe('a value that does not fit', () => {
  it('is called by its key, an entry by its list, and the whole by its own name', () => {
    expect(says({ type: 'object', required: ['a'] }, 'b: 1\n')).toEqual(['1:1 KEY_MISSING The file needs "a".']);
    expect(says(of({ type: 'array', items: { type: 'string' } }), 'a: [x, 1]\n')).toEqual([
      '1:8 TYPE_WRONG An entry of "a" must be text, and is a number. Quote it: "1".',
    ]);
    expect(says({ type: 'array', items: { type: 'integer' } }, '- x\n- 1\n')).toEqual([
      '1:3 TYPE_WRONG An entry must be a whole number, and is text. Write a number, without quotes.',
    ]);
  });

  it('has what its schema says of it as a hint, where it says something', () => {
    expect(says({ ...of({ description: 'Who it is for.' }), required: ['a'] }, 'b: 1\n')).toEqual([
      '1:1 KEY_MISSING The file needs "a". Who it is for.',
    ]);
    expect(says(of({ pattern: '^x' }), 'a: b\n')).toEqual(['1:4 VALUE_WRONG "a" does not have the form that is expected.']);
    expect(says(of({ pattern: '^x', description: 'An x.' }), 'a: b\n')).toEqual([
      '1:4 VALUE_WRONG "a" does not have the form that is expected. An x.',
    ]);
    expect(says(of({ pattern: '^x', 'x-phinfra-form': 'x1' }), 'a: b\n')).toEqual([
      '1:4 VALUE_WRONG "a" does not have the form that is expected. Write it as x1.',
    ]);
    expect(says(of({ multipleOf: 5, description: 'Fives.' }), 'a: 3\n')).toEqual([
      '1:4 VALUE_WRONG "a" does not have the form that is expected. Fives.',
    ]);
  });

  it('is told the limit that it breaks', () => {
    expect(says(of({ minLength: 1 }), 'a: ""\n')[0]).toContain('"a" may not be empty.');
    expect(says(of({ minLength: 3 }), 'a: x\n')[0]).toContain('"a" needs at least 3 characters.');
    expect(says(of({ maxLength: 1 }), 'a: xy\n')[0]).toContain('"a" may have at most 1 characters.');
    expect(says(of({ exclusiveMinimum: 0 }), 'a: 0\n')[0]).toContain('"a" must be more than 0.');
    expect(says(of({ maximum: 5 }), 'a: 6\n')[0]).toContain('"a" must be at most 5.');
    expect(says(of({ minProperties: 1 }), 'a: {}\n')[0]).toContain('"a" needs at least 1 keys.');
    expect(says(of({ uniqueItems: true }), 'a: [x, y, x]\n')).toEqual([
      '1:11 VALUE_WRONG "a" names the same entry twice. Keep one of them.',
    ]);
  });

  it('may be the one that is refused, with or without a list of those', () => {
    expect(says(of({ not: { enum: ['x', 'y'] } }), 'a: x\n')).toEqual([
      '1:4 VALUE_WRONG "a" may not have this value. Refused: x, y.',
    ]);
    expect(says(of({ not: { type: 'string' } }), 'a: x\n')).toEqual(['1:4 VALUE_WRONG "a" may not have this value.']);
  });

  it('is offered the nearest of its choices', () => {
    expect(says(of({ enum: ['basic', 'dev-prod'] }), 'a: basik\n')).toEqual([
      '1:4 VALUE_WRONG "a" must be one of basic, dev-prod. Did you mean "basic"?',
    ]);
    expect(says(of({ const: 1 }), 'a: 2\n')).toEqual(['1:4 VALUE_WRONG "a" must be 1.']);
  });

  it('of a choice is held against the branch whose type it has', () => {
    const choice = of({
      anyOf: [
        { type: 'string', minLength: 2 },
        { type: 'object', required: ['who'] },
      ],
    });
    expect(says(choice, 'a: x\n')).toEqual([
      '1:4 VALUE_WRONG "a" needs at least 2 characters. Leave the line out if it is not meant.',
    ]);
    expect(says(choice, 'a: {}\n')).toEqual(['1:1 KEY_MISSING "a" needs "who".']);
    expect(says(choice, 'a: 5\n')).toEqual(['1:4 TYPE_WRONG "a" must be text or a map, and is a number. Quote it: "5".']);
  });

  it('of a condition is told the cause, not the condition', () => {
    const schema = of(
      { type: 'string' },
      JSON.parse('{ "if": { "properties": { "a": { "const": "x" } } }, "then": { "required": ["b"] } }'),
    );
    expect(says(schema, 'a: x\n')).toEqual(['1:1 KEY_MISSING The file needs "b".']);
  });

  it('is told once where two rules say the same', () => {
    expect(says({ allOf: [{ required: ['a'] }, { required: ['a'] }], type: 'object' }, 'b: 1\n')).toEqual([
      '1:1 KEY_MISSING The file needs "a".',
    ]);
  });

  it('of an unknown key names the keys that there are', () => {
    const closed = of({}, { additionalProperties: false });
    expect(says(closed, 'zzz: 1\n')).toEqual(['1:1 KEY_UNKNOWN The file has no key "zzz". It may have: a.']);
  });

  it('that is empty is told how to say "none", by its type', () => {
    expect(says(of({ type: 'array' }), 'a:\n', ['a'])[0]).toContain('Write [] for none');
    expect(says(of({ type: 'object' }), 'a:\n', ['a'])[0]).toContain('Write {} for none');
    expect(says(of({ type: 'object' }), 'a:\n')[0]).toContain('Leave the line out for "not managed".');
  });

  it('of another type is told how to write the right one', () => {
    expect(says(of({ type: 'boolean' }), 'a: "yes"\n')[0]).toContain('Write true or false, without quotes.');
    expect(says(of({ type: 'array' }), 'a: x\n')[0]).toContain('Write it as a list');
    expect(says(of({ type: 'object' }), 'a: [x]\n')[0]).toContain('must be a map, and is a list. Write it as a map');
    expect(says(of({ type: 'string' }), 'a: {}\n')).toEqual(['1:4 TYPE_WRONG "a" must be text, and is a map.']);
    expect(says(of({ type: 'integer' }), 'a: "12345678901234567"\n')).toEqual([
      '1:4 NUMBER_RANGE "a" is larger than a number may be. The largest is 9007199254740991.',
    ]);
  });
});
