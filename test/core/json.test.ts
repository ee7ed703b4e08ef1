import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../engine/core/diagnostic.ts';
import { matcher } from '../../engine/core/glob.ts';
import {
  addressOf,
  canonical,
  encodePart,
  expand,
  fits,
  getAt,
  isSame,
  isUnder,
  lastOf,
  parentOf,
  partsOf,
  pointerOf,
  withAt,
} from '../../engine/core/json.ts';

describe('canonical text', () => {
  it('is the same for every order of keys, and different for different values', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonical(turned)).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  it('takes an undefined member for an absent one, and keeps null', () => {
    expect(canonical({ a: undefined, b: null })).toBe('{"b":null}');
  });
  it('is the same with and without undefined members on either side', () => {
    expect([
      isSame({ a: 1 }, { a: 1, b: undefined }),
      isSame({ a: 1, b: undefined }, { a: 1 }),
      isSame({ a: 1 }, { b: 1 }),
    ]).toEqual([true, true, false]);
  });
  it('is equal exactly where the values are found to be the same', () => {
    const value = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 });
    fc.assert(
      fc.property(value, value, (one, other) => {
        const turned = Object.fromEntries(Object.entries(one).reverse());
        expect(isSame(turned, one)).toBe(true);
        expect(isSame({ ...turned, d: undefined }, one)).toBe(true);
        expect(isSame(one, other)).toBe(canonical(one) === canonical(other));
        expect(isSame({ a: [one] }, { a: [other] })).toBe(canonical(one) === canonical(other));
      }),
    );
    expect([isSame([], {}), isSame(null, {}), isSame([1, 2], [2, 1]), isSame('1', 1)]).toEqual([false, false, false, false]);
  });
});

describe('pointers', () => {
  const parts = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
  it('hold any parts and give them back', () => {
    fc.assert(
      fc.property(parts, (some) => {
        expect(partsOf(pointerOf(...some))).toEqual(some);
      }),
    );
    fc.assert(
      fc.property(parts, (some) => {
        expect(lastOf(pointerOf(...some))).toBe(some.at(-1));
      }),
    );
    fc.assert(
      fc.property(parts, (some) => {
        expect(parentOf(pointerOf(...some))).toBe(pointerOf(...some.slice(0, -1)));
      }),
    );
  });
  it('put a value where it is then found, and touch nothing else', () => {
    fc.assert(
      fc.property(
        parts.filter((some) => !some.includes('__proto__')),
        (some) => {
          const base = { other: { stays: true } };
          const there = withAt(base, pointerOf('at', ...some), 'v');
          expect(getAt(there, pointerOf('at', ...some))).toBe('v');
          expect(there['other']).toBe(base.other);
          expect(base).toEqual({ other: { stays: true } });
        },
      ),
    );
  });
  it('of no parts mean the whole: it becomes the map that is put, or none', () => {
    expect([withAt({ a: 1 }, '', { b: 2 }), withAt({ a: 1 }, '', undefined), withAt({ a: 1 }, '', 'x')]).toEqual([
      { b: 2 },
      {},
      {},
    ]);
  });
  it('take a value out, and find nothing of a prototype', () => {
    expect(withAt({ a: { b: 1, c: 2 } }, '/a/b', undefined)).toEqual({ a: { c: 2 } });
    expect(withAt({ a: 1 }, '/x/y', undefined)).toEqual({ a: 1 });
    expect(getAt({}, '/constructor')).toBe(undefined);
    expect(getAt({ a: null }, '/a/b')).toBe(undefined);
  });
  it('name what a pattern names', () => {
    expect(expand({ m: { prod: { a: 1, 'b/c': 2 }, dev: {} } }, '/m/prod/*')).toEqual(['/m/prod/a', '/m/prod/b~1c']);
    expect(fits('/m/*/x', '/m/prod/x')).toBe(true);
    expect(fits('/m/*', '/m/prod/x')).toBe(false);
    expect([isUnder('/a/b', '/a'), isUnder('/ab', '/a'), isUnder('/a', '/a'), isUnder('/a', '')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe('addresses', () => {
  it('encode what would be a separator, a glob, a blank or a control character', () => {
    expect(encodePart('50% a/b*?[]{}\t\u0001é')).toBe('50%25%20a%2Fb%2A%3F%5B%5D%7B%7D%09%01é');
    expect(addressOf('projects', 'finance', 'members', 'prod', 'bob@example.com')).toBe(
      'projects/finance/members/prod/bob@example.com',
    );
  });
  it('give every part back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 3 }), (some) => {
        expect(
          addressOf(...some)
            .split('/')
            .map(decodeURIComponent),
        ).toEqual(some);
      }),
    );
  });
});

describe('globs of addresses', () => {
  const hits = (globs: readonly string[], address: string) => matcher(globs)(address);
  it('stay inside a part with one star and cross parts with two', () => {
    expect(hits(['userGroups/fin*'], 'userGroups/finance')).toBe(true);
    expect(hits(['userGroups/*'], 'userGroups/a/b')).toBe(false);
    expect(hits(['**'], 'userGroups/a/b')).toBe(true);
    expect(hits(['projects/**'], 'projects/a/members/prod/x')).toBe(true);
    expect(hits(['/members/*/*'], '/members/prod/bob@example.com')).toBe(true);
  });
  it('cover everything below a name without wildcards', () => {
    expect(hits(['projects/finance'], 'projects/finance/members')).toBe(true);
    expect(hits(['projects/finance'], 'projects/finance2')).toBe(false);
  });
  it('take signs of other languages for themselves', () => {
    expect(hits(['userGroups/a+(b)'], 'userGroups/a+(b)')).toBe(true);
    expect(hits(['!userGroups/a'], 'userGroups/b')).toBe(false);
    expect(hits(['userGroups/.hidden'], 'userGroups/.hidden')).toBe(true);
    expect(hits([], 'userGroups/a')).toBe(false);
  });
});

describe('the nearest name', () => {
  it('is one that a slip of the fingers makes', () => {
    expect(nearest('mc_finanse_dev', ['mc_finance_prod', 'mc_finance_dev'])).toBe('mc_finance_dev');
    expect(nearest('descripton', ['admins', 'description', 'members'])).toBe('description');
    expect(nearest('mebmers', ['members'])).toBe('members');
    expect(nearest('ACTIVE', ['active'])).toBe('active');
    expect(nearest('a', ['b'])).toBe('b');
  });
  it('is none where nothing is near, and the first of equals', () => {
    expect(nearest('projects', ['userGroups', 'tenantMembers'])).toBe(null);
    expect(nearest('x', [])).toBe(null);
    expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
  });
});
