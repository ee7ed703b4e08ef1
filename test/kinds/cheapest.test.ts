/** No variant of any kind can be had for less than its plan costs. */
import { describe, expect, it } from 'vitest';
import { fits } from '../../engine/core/json.ts';
import { searchCase } from './cheapest.ts';
import { CASES } from './table.ts';

/**
 * Variants whose cheaper way rests on what nobody has documented or measured (BEHAVIOUR 3.10): that a revoke without Env takes
 * both halves, and that one of USE takes DELEGATION along. Where rights are taken away, each is named.
 */
const ASSUMED: Readonly<Record<string, readonly string[]>> = {
  'dataServiceGrants: a query API to apps': ['without the half that the service does not ask for', 'not handed on any more'],
  'dataServiceGrants: an operation API to an app and to people': ['another person', 'nobody'],
};

describe('nothing on the emulator is cheaper than the plan', () => {
  for (const one of CASES)
    it(one.title, { timeout: 120_000 }, async () => {
      const found = await searchCase(one);
      const cheaper = found.filter((search) => search.cheaper !== null);
      const assumed = ASSUMED[one.title] ?? [];
      expect(cheaper.filter(({ variant }) => !assumed.includes(variant))).toEqual([]);
      // An exception that is none any more leaves the list.
      expect(assumed.filter((name) => !cheaper.some(({ variant }) => variant === name))).toEqual([]);
      // What shows nowhere in the world is what no read tells: compared with the record, or by a fingerprint.
      const isTold = (pointer: string): boolean =>
        one.kind.fields.some(({ path, rule }) => fits(path, pointer) && rule !== 'remembered' && rule !== 'writeOnly');
      const unseen = found.filter(({ isUnseen }) => isUnseen).map(({ variant }) => variant);
      const told = one.variants.filter(({ name, pointers }) => unseen.includes(name) && pointers.some(isTold));
      expect(told.map(({ name }) => name)).toEqual([]);
    });
});
