import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/core/ports.ts';
import { MAX_ANSWER_BYTES, normaliseIds, parseAnswer } from '../../engine/shell/json.ts';

const readJson = (text: string): Json => {
  const parsed = parseAnswer(text);
  if (!parsed.ok) throw new Error(parsed.code);
  return parsed.value;
};

const isUnsafe = (token: string): boolean => !Number.isSafeInteger(Number(token));

/** Documents without keys that are dropped on purpose. */
const document = fc
  .jsonValue({ maxDepth: 5, noUnicodeString: false } as never)
  .filter((value) => !JSON.stringify(value).includes('__proto__'));

/** Integers that JSON.stringify writes without an exponent and that a double does not hold exactly. */
const hasBigInteger = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isInteger(value) && !Number.isSafeInteger(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasBigInteger);

describe('parsing', () => {
  it('equals JSON.parse on random documents without big integers, however they are spaced', () => {
    fc.assert(
      fc.property(
        document.filter((value) => !hasBigInteger(value)),
        fc.constantFrom(0, 1, '\t', '\r\n '),
        (value, space) => {
          const text = JSON.stringify(value, null, space);
          expect(readJson(text)).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 3_000, seed: 7 },
    );
  });

  it('keeps every digit of integers beyond 2^53, anywhere in a document', () => {
    const big = fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 64n })
      .map(String)
      .filter(isUnsafe);
    fc.assert(
      fc.property(big, fc.string(), fc.constantFrom('', ' ', '\n'), (digits, text, space) => {
        const string = JSON.stringify(text);
        const source = `{${string}:${space}${digits}${space},"list":[${digits},${space}{"deep":${digits}}],"text":"${digits}"}`;
        if (text === 'list' || text === 'text' || text === '__proto__') return;
        expect(readJson(source)).toEqual({ [text]: digits, list: [digits, { deep: digits }], text: digits });
      }),
      { numRuns: 2_000, seed: 8 },
    );
  });

  it('accepts and refuses exactly what JSON.parse does, on random damage', () => {
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"a"',
      '9007199254740993',
      '-',
      '0',
      '1',
      '.',
      'e5',
      ' ',
      'null',
      '\\u0041',
      '+',
    );
    let valid = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        valid += parses(text) ? 1 : 0;
        expect([text, parseAnswer(text).ok]).toEqual([text, parses(text)]);
      }),
      { numRuns: 20_000, seed: 9 },
    );
    expect(valid).toBeGreaterThan(500);
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740992', '-9007199254740992'],
    ['0009007199254740993', null],
    ['9007199254740993.5', Number('9007199254740993.5')],
    ['1e300', 1e300],
    ['7461272386043530112', '7461272386043530112'],
  ])('reads %s as %j', (text, expected) => {
    const parsed = parseAnswer(text);
    expect(parsed.ok ? parsed.value : null).toBe(expected);
  });

  it('leaves digits inside strings alone, behind any number of backslashes', () => {
    const text = String.raw`{"a":"\\\"7461272386043530112","b":"7461272386043530112\\","c":7461272386043530112}`;
    expect(readJson(text)).toEqual({ a: '\\"7461272386043530112', b: '7461272386043530112\\', c: '7461272386043530112' });
  });

  it('does not take a number in the place of a key for a name', () => {
    expect(parseAnswer('{9007199254740993 :1}')).toEqual({
      ok: false,
      code: 'ANSWER_NOT_JSON',
      message: 'the answer is not JSON',
    });
  });

  it.each([
    ['65 lists', '['.repeat(65) + ']'.repeat(65), 'ANSWER_TOO_DEEP'],
    ['a million open objects', '{"a":'.repeat(1_000_000), 'ANSWER_TOO_DEEP'],
    ['more than 32 MiB', ' '.repeat(MAX_ANSWER_BYTES + 1), 'ANSWER_TOO_LARGE'],
    ['an open string', '{"a":"secret', 'ANSWER_NOT_JSON'],
    ['nothing', '', 'ANSWER_NOT_JSON'],
  ])('refuses %s with a code, without repeating it', (_, text, code) => {
    const parsed = parseAnswer(text);
    expect(parsed).toMatchObject({ ok: false, code });
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });

  it('reads 64 levels', () => {
    expect(parseAnswer('['.repeat(64) + ']'.repeat(64)).ok).toBe(true);
  });

  it('lets no key reach a prototype', () => {
    const value = readJson(
      String.raw`{"__proto__":{"a":1},"\u005f_proto__":{"a":1},"constructor":{"prototype":{"a":1}},"prototype":{"a":1},"list":[{"__proto__":{"a":1},"b":2}]}`,
    ) as Record<string, Json>;
    expect(Object.keys(value)).toEqual(['constructor', 'prototype', 'list']);
    expect(value.list).toEqual([{ b: 2 }]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe('ids', () => {
  const ids = ['Id', 'PageResult.List[].Id', 'PageResult.List[].Halves.*.SourceId', 'Data.IdList[]'];

  it('become text wherever the catalogue names them, whatever their size, and nothing else does', () => {
    const answer = {
      Id: 0,
      PageResult: {
        TotalCount: 2,
        List: [
          { Id: -809333788831, Count: 5, Halves: { DEV: { SourceId: 1, Id: 2 }, PROD: null } },
          { Id: '7461272386043530112' },
          {},
        ],
      },
      Data: { IdList: [1, '2', null] },
    };
    expect(normaliseIds(answer, ids)).toEqual({
      ok: true,
      value: {
        Id: '0',
        PageResult: {
          TotalCount: 2,
          List: [
            { Id: '-809333788831', Count: 5, Halves: { DEV: { SourceId: '1', Id: 2 }, PROD: null } },
            { Id: '7461272386043530112' },
            {},
          ],
        },
        Data: { IdList: ['1', '2', null] },
      },
    });
  });

  it.each([
    [{ Id: 7.47e18 }, 'Id'],
    [{ PageResult: { List: [{ Id: '1' }, { Id: 1.5 }] } }, 'PageResult.List[].Id'],
    [{ Data: { IdList: [true] } }, 'Data.IdList[]'],
  ])('are refused where they are not integers: %j', (answer, path) => {
    expect(normaliseIds(answer as unknown as Json, ids)).toEqual({ ok: false, path });
  });

  it('stay as they are where the answer has another shape than the catalogue', () => {
    const odd = { Id: null, PageResult: [], Data: 'text' };
    expect(normaliseIds(odd, ids)).toEqual({ ok: true, value: odd });
    expect(normaliseIds({ constructor: 1 } as unknown as Json, ['constructor.name'])).toEqual({
      ok: true,
      value: { constructor: 1 },
    });
  });
});
