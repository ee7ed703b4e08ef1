/** Laws of reading: values are those of the parser, places are those of its nodes, and nothing that is read ends the process. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, type Node, parseDocument, stringify } from 'yaml';
import { readDocument, writtenOf } from '../../engine/core/document.ts';
import { pointerOf } from '../../engine/core/json.ts';
import { locate, placeAt, valueSpan } from '../../engine/core/positions.ts';

const OPTIONS = { expand: null, reservedKeys: [], nodesLeft: 1_000_000 };
const RUNS = 300;

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'name', '17', '3', '007', 'x/y', 'x~y', 'true', 'Größe', '财务'),
  // A merge key is refused, whatever it holds.
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme-ascii' }).filter((text) => text !== '<<'),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
  leaf: fc.oneof(
    fc.string({ maxLength: 12, unit: 'grapheme-ascii' }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('', 'x: y', '# z', '- a', '2027-03-31', 'long '.repeat(30)),
  ),
}));
const root = fc
  .dictionary(key, tree, { minKeys: 1, maxKeys: 5 })
  .filter((value) => !JSON.stringify(value).match(/__proto__|constructor|prototype/));

/** Places by the parser's own nodes, for every pointer. */
const placesOf = (node: unknown, pointer: string, keyNode: Node | null, found: Map<string, number>): Map<string, number> => {
  const at = node as Node & { flow?: boolean };
  const [start = 0, end = 0] = at.range ?? [];
  const isBlock = (isMap(at) || isSeq(at)) && at.flow !== true;
  found.set(pointer, keyNode !== null && (isBlock || start === end) ? (keyNode.range?.[0] ?? 0) : start);
  if (isMap(at))
    for (const pair of at.items)
      placesOf(pair.value, pointer + pointerOf(isScalar(pair.key) ? keyText(pair.key) : ''), pair.key as Node, found);
  if (isSeq(at)) for (const [index, item] of at.items.entries()) placesOf(item, pointer + pointerOf(String(index)), null, found);
  return found;
};
const keyText = (scalar: { type?: string; source?: string; value: unknown }): string =>
  scalar.type === 'PLAIN' ? (scalar.source ?? '') : String(scalar.value);

describe('reading', () => {
  it('gives the values that were written, each at the place of its node', () => {
    fc.assert(
      fc.property(root, fc.constantFrom('BLOCK', 'FLOW'), fc.integer({ min: 2, max: 4 }), (value, style, indent) => {
        const text = stringify(value, {
          collectionStyle: style === 'FLOW' ? 'flow' : 'any',
          indent,
          aliasDuplicateObjects: false,
        });
        const document = readDocument('f.yaml', text, OPTIONS);
        expect(document.diagnostics).toEqual([]);
        expect(document.value).toEqual(value);
        const written = [writtenOf(document)];
        for (const [pointer, offset] of placesOf(parseDocument(text, { uniqueKeys: false }).contents, '', null, new Map()))
          expect([pointer, valueSpan(locate(written, pointer).written).source]).toEqual([
            pointer,
            placeAt('f.yaml', document.lines, offset),
          ]);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the nearest written parent for what is not written', () => {
    const document = readDocument('f.yaml', 'a:\n  b: [x, { c: y }]\n', OPTIONS);
    const at = (pointer: string) => valueSpan(locate([writtenOf(document)], pointer).written).source;
    expect([at('/a/b/1/d/e'), at('/a/b/7'), at('/a/z'), at('/z')].map(({ line, column }) => [line, column])).toEqual([
      [2, 10],
      [2, 6],
      [1, 1],
      [1, 1],
    ]);
  });

  it('never throws, and never quotes the text, whatever is cut, doubled or put in', () => {
    const good =
      'userGroups:\n  a: { description: "q", members: [x, { who: y }] }\n  b:\n    - "z"\n    - |\n      text\n    - >-\n      more\n';
    const bits = fc.constantFrom(
      '[',
      '{',
      ']',
      '}',
      ':',
      ': ',
      '- ',
      '? ',
      '&a ',
      '*a',
      '!t ',
      '"',
      "'",
      '|',
      '>',
      '\n',
      '\t',
      ' ',
      '#',
      '%',
      '@',
      '`',
      '---\n',
      '...\n',
      ',',
      '\0',
      '\u202e',
      '${',
      '<<: ',
      '__proto__: ',
    );
    const edit = fc.tuple(fc.nat(good.length), fc.nat(6), fc.array(bits, { maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const text = edits.reduce(
          (now, [at, cut, put]) => now.slice(0, at) + put.join('') + now.slice(at + cut),
          `${good}secretcanary: secretcanary\n`,
        );
        const { diagnostics, value } = readDocument('f.yaml', text, OPTIONS);
        for (const { message, hint, source } of diagnostics) {
          expect(source?.line).toBeGreaterThan(0);
          expect(`${message} ${hint}`.replace(/"secretcanary[^"]*" (stands twice|cannot be)/, '')).not.toContain('secretcanary');
        }
        expect(diagnostics.length > 0 || value !== undefined).toBe(true);
      }),
      { numRuns: RUNS * 5 },
    );
  });

  it('stays linear and bounded on input made to be slow', () => {
    const hostile = [
      '['.repeat(1_000_000),
      '- '.repeat(1_000_000),
      '? '.repeat(1_000_000),
      'a: '.repeat(500_000),
      '"'.repeat(1_000_000),
      ']'.repeat(1_000_000),
      '&a '.repeat(300_000),
      '---\n'.repeat(300_000),
      '%a\n'.repeat(300_000),
      '- a\n'.repeat(300_000),
      '!'.repeat(1_000_000),
    ];
    for (const text of hostile) {
      const { diagnostics } = readDocument('f.yaml', text, OPTIONS);
      expect([text.slice(0, 4), diagnostics.length > 0 && diagnostics.length <= 20]).toEqual([text.slice(0, 4), true]);
    }
  });
});
