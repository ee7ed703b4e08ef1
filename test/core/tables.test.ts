/** Small readings of texts and schemas, each as a table: bytes, characters, times, and what a schema says in words. */
import { describe, expect, it } from 'vitest';
import { encodingFault, forbiddenCharacter, forbiddenCharacters } from '../../engine/core/characters.ts';
import { instantOf } from '../../engine/core/drift.ts';
import { allowedOf, fieldExample, fieldNodes, findField, formOf, limitsOf } from '../../engine/core/explain-fields.ts';

describe('bytes that are to be UTF-8', () => {
  const text = (value: string): number[] => [...Buffer.from(value, 'utf8')];
  it.each([
    [[], null],
    [text('a'), null],
    [text('Grüße, 世界 🙂'), null],
    [text('\u0800\ud7ff\ue000\u{10000}\u{10ffff}'), null],
    [[0xff, 0xfe, 0, 0], 'UTF-32 1:1'],
    [[0, 0, 0xfe, 0xff], 'UTF-32 1:1'],
    [[0xff, 0xfe, 0x61, 0], 'UTF-16 1:1'],
    [[0xfe, 0xff, 0, 0x61], 'UTF-16 1:1'],
    [[0, 0x61, 0, 0x62], 'UTF-16 1:1'],
    [[0x61, 0, 0x62, 0], 'UTF-16 1:1'],
    // A NUL character is a fault of its own, not another encoding.
    [[0x61, 0, 0x62, 0x63], null],
    [[0, 0x61, 0x62, 0x63], null],
    [[...text('a\nbü'), 0xe9], 'not UTF-8 2:3'],
    [[0x80], 'not UTF-8 1:1'],
    [[0xc1, 0x80], 'not UTF-8 1:1'],
    [[0xc3, 0x28], 'not UTF-8 1:1'],
    [[0xe0, 0x9f, 0x80], 'not UTF-8 1:1'],
    [[0xed, 0xa0, 0x80], 'not UTF-8 1:1'],
    [[0xf0, 0x8f, 0x80, 0x80], 'not UTF-8 1:1'],
    [[0xf4, 0x90, 0x80, 0x80], 'not UTF-8 1:1'],
    [[0xf5, 0x80, 0x80, 0x80], 'not UTF-8 1:1'],
    [[0xe4, 0xb8], 'not UTF-8 1:1'],
  ])('%j: %s', (bytes, expected) => {
    const fault = encodingFault(Uint8Array.from(bytes));
    expect(fault && `${fault.encoding} ${fault.line}:${fault.column}`).toBe(expected);
  });
});

describe('a character that nobody sees', () => {
  it.each([
    ['\u0000', 'a NUL character'],
    ['\u001b', 'a control character'],
    ['\u202e', 'a character that changes the direction of the text'],
    ['\u061c', 'a character that changes the direction of the text'],
    ['\u2067', 'a character that changes the direction of the text'],
    ['\u2028', 'a line separator that is not a line break'],
    ['\ud800', 'half of a surrogate pair'],
    ['\ufffe', 'not a character'],
    ['\u{e0041}', 'a character without width'],
  ])('%j is %s', (character, what) => {
    expect(forbiddenCharacter(`a${character}b`, false)).toMatchObject({ offset: 1, what, code: character.codePointAt(0) });
  });
  it('is told of as often as asked', () => {
    const faults = forbiddenCharacters('\u202ea\u202eb\u202e', 2);
    expect(faults.map(({ offset }) => offset)).toEqual([0, 2]);
    expect(forbiddenCharacters('plain', 2)).toEqual([]);
  });
});

it('a time of the service is one instant, whatever its form, and nothing else is a time', () => {
  const noon = '2026-11-24T04:00:00.000Z';
  for (const [value, expected] of [
    [1_795_492_800_000, noon],
    ['1795492800000', noon],
    ['2026-11-24T12:00:00+08:00', noon],
    ['2026-11-24T04:00:00Z', noon],
    ['2026-11-24 12:00:00', noon],
    ['2026-11-24', null],
    ['2026-13-99T12:00:00Z', null],
    ['2026-13-99 12:00:00', null],
    ['', null],
    [true, null],
    [null, null],
  ] as const)
    expect(instantOf(value, 'Asia/Shanghai'), String(value)).toBe(expected);
});

describe('a schema in words', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'boolean' }, 'true or false'],
    [{ type: 'integer' }, 'a whole number'],
    [{ type: 'number' }, 'a number'],
    [{ type: 'array' }, 'a list'],
    [{ type: 'array', items: {} }, 'a list'],
    [{ type: 'array', items: { type: 'string' } }, 'a list of text'],
    [{ type: 'array', items: { type: 'integer' } }, 'a list of whole numbers'],
    [{ type: 'array', items: { type: 'array', items: { type: 'string' } } }, 'a list of lists of text'],
    [{ type: 'object' }, 'a map'],
    [{ type: 'object', properties: { a: { type: 'string' } } }, 'a map'],
    [{ type: 'object', additionalProperties: { type: 'number' } }, 'a map of numbers'],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'string' }] }, 'text, or a whole number'],
    [{ enum: ['a', 'b'] }, 'one of the allowed values'],
    [{}, 'any value'],
  ])('%j is %s', (schema, words) => expect(formOf(schema)).toBe(words));

  it.each([
    [{ type: 'string', minLength: 1 }, ['not empty']],
    [{ type: 'string', minLength: 2, maxLength: 9 }, ['at least 2 characters', 'at most 9 characters']],
    [{ type: 'array', minItems: 1, maxItems: 5 }, ['at least 1', 'at most 5']],
    [{ type: 'integer', minimum: 0, maximum: 65_535 }, ['0 or more', '65535 or less']],
    [{ type: 'string', 'x-phinfra-form': '10m' }, ['written as 10m']],
    [{}, []],
  ])('%j has the limits %j', (schema, words) => expect(limitsOf(schema)).toEqual(words));

  it.each([
    [{ type: 'boolean' }, ['true', 'false']],
    [{ enum: [1, 'two'] }, ['1', 'two']],
    [{ type: 'array', items: { enum: ['a'] } }, ['a']],
    [{ type: 'string' }, null],
  ])('%j allows %j', (schema, values) => expect(allowedOf(schema)).toEqual(values));
});

describe('the fields of a schema', () => {
  const schema = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer', examples: [3] },
      on: { type: 'boolean' },
      tags: { type: 'array', items: { enum: ['red', 'blue'] } },
      list: { type: 'array', items: { type: 'object', properties: { ip: { type: 'string', examples: ['10.0.0.1'] } } } },
      rules: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { deep: { type: 'object' }, ip: { enum: ['x'] } } },
      },
      either: { anyOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'boolean' } } }] },
      untold: { type: 'string' },
      odd: true,
    },
  };
  const nodes = fieldNodes(schema);
  const at = (name: string) => {
    const node = findField(nodes, name.split('.'));
    if (!node) throw new Error(`there is no ${name}`);
    return node;
  };

  it('are named once, parents before their children', () => {
    expect(nodes.map(({ name, isRequired }) => `${name}${isRequired ? '!' : ''}`)).toEqual([
      'size!',
      'on',
      'tags',
      'list',
      'list.ip',
      'rules',
      'rules.deep',
      'rules.ip',
      'either',
      'either.a',
      'untold',
    ]);
  });

  it('are found by their words, with a star or a key between them or without', () => {
    for (const name of ['list.ip', 'list.*.ip', 'list.0.ip', 'LIST.ip']) expect(at(name).name, name).toBe('list.ip');
    expect(at('tags.red').name).toBe('tags');
    for (const name of ['size.x', 'nothing', 'on.off']) expect(findField(nodes, name.split('.')), name).toBe(null);
  });

  it('have an example: the kind’s own where it holds one, else one that the schema tells, else none', () => {
    const example = (name: string) => fieldExample(at(name), nodes, { list: [{ port: 1 }, { ip: '192.168.0.1' }], size: 7 });
    expect(['size', 'list.ip', 'on', 'tags', 'rules.ip', 'either.a', 'untold', 'rules.deep'].map(example)).toEqual([
      { size: 7 },
      { list: [{ ip: '192.168.0.1' }] },
      { on: true },
      { tags: ['red'] },
      { rules: { NAME: { ip: 'x' } } },
      { either: { a: true } },
      null,
      null,
    ]);
  });
});
