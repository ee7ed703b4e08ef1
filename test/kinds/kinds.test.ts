/** One suite for all kinds: adding a kind means adding its cases to the table. */
import { expect, it } from 'vitest';
import { KINDS } from '../../engine/kinds/index.ts';
import { CASES } from './table.ts';

it('has a case for every kind', () => {
  const tested = new Set(CASES.filter((one) => !one.isFurther).map((one) => one.kind.collection));
  expect(KINDS.map((kind) => kind.collection).filter((collection) => !tested.has(collection))).toEqual([]);
});
