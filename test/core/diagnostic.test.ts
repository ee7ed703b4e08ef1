import { describe, expect, it } from 'vitest';
import { byPlace, type Diagnostic, EngineError, nearest, sure } from '../../engine/core/diagnostic.ts';
import { byText, listAt } from '../../engine/core/json.ts';

describe('the order of messages', () => {
  const at = (code: Diagnostic['code'], place?: readonly [string, number, number]): Diagnostic => {
    const [file = '', line = 0, column = 0] = place ?? [];
    return { code, severity: 'error', message: '', ...(place ? { source: { file, line, column } } : {}) };
  };

  it('is by file, line, column and code; what has no place comes first', () => {
    const sorted = [
      at('TENANT_WRONG'),
      at('YAML_TAG'),
      at('TYPE_WRONG', ['a.yaml', 1, 1]),
      at('VALUE_WRONG', ['a.yaml', 1, 1]),
      at('KEY_MISSING', ['a.yaml', 1, 2]),
      at('KEY_MISSING', ['a.yaml', 3, 1]),
      at('KEY_MISSING', ['b.yaml', 1, 1]),
    ];
    expect([...sorted].reverse().sort(byPlace)).toEqual(sorted);
    expect([...sorted.slice(3), ...sorted.slice(0, 3)].sort(byPlace)).toEqual(sorted);
  });

  it('of texts is that of their UTF-16 units in every locale', () => {
    expect(['b', 'ä', 'a', 'B', 'a'].sort(byText)).toEqual(['B', 'a', 'a', 'b', 'ä']);
  });
});

describe('what has to be there', () => {
  it('is given, also where it is nothing much', () => {
    expect([sure(0, 'x'), sure('', 'x'), sure(false, 'x')]).toEqual([0, '', false]);
  });

  it('is a fault of the program where it lacks, told with its name', () => {
    for (const lack of [undefined, null]) {
      const look = (): unknown => sure(lack, 'rank of a step');
      expect(look).toThrow(new EngineError('INTERNAL', 'There is no rank of a step.'));
    }
    expect(() => listAt({ a: {} }, '/a')).toThrow('There is no list at "/a".');
    expect(listAt({ a: { b: [1] } }, '/a/b')).toEqual([1]);
  });
});

describe('the nearest name', () => {
  it('allows one edit for three letters, and counts two letters in each other’s place as one', () => {
    expect(nearest('memebrs', ['admins', 'members'])).toBe('members');
    expect(nearest('MEMBERS', ['members'])).toBe('members');
    expect(nearest('ab', ['abcd', 'xy'])).toBeNull();
    expect(nearest('ab', ['xa', 'ac'])).toBe('ac');
    expect(nearest('x', [])).toBeNull();
  });
});
