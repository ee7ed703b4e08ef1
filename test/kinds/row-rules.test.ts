/** The rule language: what equal conditions are, and that trees come back as they went. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/core/ports.ts';
import { columnsIn, fromExpressions, parseCondition, toExpressions } from '../../engine/kinds/row-rules.ts';

const parsed = (raw: Json) => {
  const told: string[] = [];
  const columns: string[] = [];
  const normal = parseCondition(raw, '', {
    report: ({ code, at, message }) => void told.push(`${code} ${at} ${message}`),
    warn: ({ at, message }) => void told.push(`warning ${at} ${message}`),
    names: (column, at) => void columns.push(`${column} ${at}`),
  });
  return { normal, told, columns };
};
const normal = (raw: Json) => {
  const { normal: found, told } = parsed(raw);
  expect(told).toEqual([]);
  return found;
};

const EAST = { column: 'region', equal: 'east' };
const HIGH = { column: 'level', like: 'b%' };

describe('a condition in normal form', () => {
  it('is the same however the control field is written', () => {
    expect(normal({ region: { equal: 'east' } })).toEqual(EAST);
    expect(normal({ column: 'region', equal: 'east' })).toEqual(EAST);
    expect(normal({ region: { operator: 'EQUAL', values: ['east'] } })).toEqual(EAST);
    expect(normal({ all: { equal: 'x' } })).toEqual({ column: 'all', equal: 'x' });
    expect(normal({ column: { equal: 'x' } })).toEqual({ column: 'column', equal: 'x' });
  });
  it('means all of several control fields', () => {
    const both = { all: [HIGH, EAST] };
    expect(normal({ region: { equal: 'east' }, level: { like: 'b%' } })).toEqual(both);
    expect(normal({ all: [{ region: { equal: 'east' } }, { level: { like: 'b%' } }] })).toEqual(both);
  });
  it('does not mind the order and repetition of children and values', () => {
    const one = { any: [{ region: { in: ['north', 'east', 'north'] } }, { level: { like: 'b%' } }] };
    const other = { any: [{ level: { like: 'b%' } }, { region: { in: ['east', 'north'] } }, { level: { like: 'b%' } }] };
    expect(normal(one)).toEqual(normal(other));
    expect(normal(one)).toEqual({ any: [HIGH, { column: 'region', in: ['east', 'north'] }] });
  });
  it('is the child of one child, and flat where relations are the same', () => {
    expect(normal({ any: [{ all: [{ region: { equal: 'east' } }] }] })).toEqual(EAST);
    expect(normal({ all: [{ all: [{ region: { equal: 'east' } }] }, { level: { like: 'b%' } }] })).toEqual({ all: [HIGH, EAST] });
    expect(
      normal({ all: [{ any: [{ region: { equal: 'east' } }, { level: { like: 'b%' } }] }, { region: { equal: 'w' } }] }),
    ).toEqual({
      all: [{ any: [HIGH, EAST] }, { column: 'region', equal: 'w' }],
    });
  });
  it('passes an operator that nobody knows through with a warning, and keeps the order of its values', () => {
    const found = parsed({ level: { operator: 'BETWEEN', values: ['9', '1'] } });
    expect(found.normal).toEqual({ column: 'level', operator: 'BETWEEN', values: ['9', '1'] });
    expect(found.told).toEqual([expect.stringContaining('warning /level/operator "BETWEEN"')]);
  });
  it('tells every control field with its place', () => {
    expect(parsed({ any: [{ region: { equal: 'a' } }, { column: 'level', like: 'b' }] }).columns).toEqual([
      'region /any/0/region',
      'level /any/1',
    ]);
    expect(
      columnsIn(normal({ any: [{ region: { equal: 'a' } }, { level: { like: 'b' }, region: { equal: 'c' } }] }) ?? {}),
    ).toEqual(['level', 'region']);
  });
});

describe('a wrong condition is refused at its place', () => {
  const cases: readonly (readonly [string, Json, string])[] = [
    ['an empty one', {}, 'VALUE_WRONG '],
    ['text', 'region = east', 'VALUE_WRONG '],
    ['an empty relation', { all: [] }, 'VALUE_WRONG /all'],
    ['a relation beside something else', { all: [{ a: { equal: 'x' } }], region: { equal: 'x' } }, 'VALUE_WRONG /region'],
    ['an unknown key in a test', { region: { equals: 'x' } }, 'KEY_UNKNOWN /region/equals'],
    ['an unknown key beside column', { column: 'region', equal: 'x', not: 'y' }, 'KEY_UNKNOWN /not'],
    ['a test without an operator', { region: {} }, 'VALUE_WRONG /region'],
    ['two tests in one', { region: { equal: 'x', like: 'y' } }, 'VALUE_WRONG /region'],
    ['a test without a control field', { equal: 'x' }, 'VALUE_WRONG /equal'],
    ['text as a test', { region: 'east' }, 'VALUE_WRONG /region'],
    ['an empty list', { region: { in: [] } }, 'VALUE_WRONG /region/in'],
    ['a list of maps', { region: { in: [{}] } }, 'VALUE_WRONG /region/in'],
    ['a list where one value is meant', { region: { equal: ['x'] } }, 'VALUE_WRONG /region/equal'],
    ['values without an operator', { region: { equal: 'x', values: ['y'] } }, 'VALUE_WRONG /region/values'],
    ['an operator without a name', { region: { operator: '' } }, 'VALUE_WRONG /region/operator'],
    ['values that are no list', { region: { operator: 'GT', values: 'x' } }, 'VALUE_WRONG /region/values'],
    ['an empty control field', { '': { equal: 'x' } }, 'VALUE_WRONG /'],
    ['one wrong child of many', { any: [{ a: { equal: 'x' } }, { b: {} }] }, 'VALUE_WRONG /any/1/b'],
  ];
  for (const [name, raw, place] of cases)
    it(name, () => {
      const found = parsed(raw);
      expect(found.normal).toBeNull();
      expect(found.told.map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([place]);
    });
});

describe("the service's tree", () => {
  it('has one relation as its root, and OR over a single leaf', () => {
    const leaf = { Type: 'EXPRESSION', Operator: 'EQUAL', MappingColumnName: 'region', SubConditions: [], Values: ['east'] };
    expect(toExpressions(EAST)).toEqual([
      { Type: 'RELATION', Operator: 'OR', MappingColumnName: '', SubConditions: [leaf], Values: [] },
    ]);
    expect(toExpressions({ all: [{ any: [EAST, HIGH] }, { column: 'region', in: ['a', 'b'] }] })).toEqual([
      {
        Type: 'RELATION',
        Operator: 'AND',
        MappingColumnName: '',
        Values: [],
        SubConditions: [
          {
            Type: 'RELATION',
            Operator: 'OR',
            MappingColumnName: '',
            Values: [],
            SubConditions: [
              leaf,
              { Type: 'EXPRESSION', Operator: 'LIKE', MappingColumnName: 'level', SubConditions: [], Values: ['b%'] },
            ],
          },
          { Type: 'EXPRESSION', Operator: 'IN', MappingColumnName: 'region', SubConditions: [], Values: ['a', 'b'] },
        ],
      },
    ]);
  });
  it('comes back as the condition that it was made from', () => {
    const conditions = [
      EAST,
      { any: [HIGH, EAST] },
      { all: [{ any: [HIGH, EAST] }, { column: 'region', in: ['a', 'b'] }] },
      { column: 'level', operator: 'BETWEEN', values: ['9', '1'] },
    ];
    expect(conditions.map((one) => fromExpressions(toExpressions(one) as unknown as Json[]))).toEqual(conditions);
  });
  it('is read in the form that reads show: without what a relation was not given', () => {
    const leaf = { Type: 'EXPRESSION', Operator: 'EQUAL', MappingColumnName: 'region', SubConditions: [], Values: ['east'] };
    expect(fromExpressions([{ Type: 'RELATION', Operator: 'OR', SubConditions: [leaf] }])).toEqual(EAST);
    expect(fromExpressions([leaf])).toEqual(EAST);
    expect(fromExpressions([])).toBeNull();
  });
  it('is kept whole where the language has no word for it, and sent back as it came', () => {
    const leaf = { Type: 'EXPRESSION', Operator: 'EQUAL', MappingColumnName: 'a', SubConditions: [], Values: ['x'] };
    const trees: readonly (readonly Json[])[] = [
      [{ Type: 'RELATION', Operator: 'NOT', SubConditions: [leaf] }],
      [{ Type: 'RELATION', Operator: 'AND', SubConditions: [] }],
      [leaf, leaf],
      [{ Type: 'SCRIPT', Operator: 'X' }],
      [{ ...leaf, SubConditions: [leaf] }],
    ];
    for (const nodes of trees) {
      const found = fromExpressions(nodes);
      expect(Object.keys(found ?? {})).toEqual(['asIs']);
      expect(toExpressions(found ?? {})).toEqual(nodes);
    }
    const inside = [
      { Type: 'RELATION', Operator: 'AND', MappingColumnName: '', Values: [], SubConditions: [leaf, { Type: 'SCRIPT' }] },
    ];
    expect(fromExpressions(inside)).toEqual({ all: [{ asIs: '{"Type":"SCRIPT"}' }, { column: 'a', equal: 'x' }] });
  });
});
