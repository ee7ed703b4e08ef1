/** No variant of any kind can be had for less than its plan costs. */
import { describe, expect, it } from 'vitest';
import { fits } from '../../engine/core/json.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import type { KindCase } from './case.ts';
import { searchCase } from './cheapest.ts';
import { RESOURCE_WORLD } from './resource-grants.case.ts';
import { CASES } from './table.ts';

/**
 * Variants whose cheaper way rests on what nobody has documented or measured (BEHAVIOUR 3.10): that a revoke without Env takes
 * both halves, and that one of USE takes DELEGATION along. Where rights are taken away, each is named.
 */
const ASSUMED: Readonly<Record<string, readonly string[]>> = {
  'dataServiceGrants: a query API to apps': ['without the half that the service does not ask for', 'not handed on any more'],
  'dataServiceGrants: an operation API to an app and to people': ['another person', 'nobody'],
};

/** Two resources that change alike: what one call can do for both must be one call. */
const twin = (one: KindCase | undefined, key: string, more: Partial<KindCase> = {}): readonly KindCase[] =>
  one ? [{ ...one, ...more, title: `${one.title}, twice`, twin: key }] : [];
const named = (title: string): KindCase | undefined => CASES.find((one) => one.title === title);
const TABLES = ['odps.300001413.finance.orders', 'odps.300001413.finance.stock'];
const TWINS: readonly KindCase[] = [
  ...twin(named('tenantMembers: somebody who can be added'), 'erin@example.com'),
  ...twin(named('resourceGrants: a table, by the list'), 'tables/finance.stock', {
    world: { ...RESOURCE_WORLD, tables: TABLES },
  }),
];

it('two resources that change alike are one case of each kind whose calls may be shared', () => {
  expect(TWINS.map(({ kind }) => kind.collection)).toEqual(
    KINDS.filter(({ shared }) => shared !== undefined).map(({ collection }) => collection),
  );
});

describe('nothing on the emulator is cheaper than the plan', () => {
  for (const one of [...CASES, ...TWINS])
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
