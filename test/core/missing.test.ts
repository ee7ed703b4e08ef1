/** When an answer is not believed: something that is ours is in none of the lists. */
import { describe, expect, it } from 'vitest';
import { isSomethingMissing } from '../../engine/core/missing.ts';
import type { Live, RecordedResource } from '../../engine/core/model.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { recorded } from '../support/apply-plan.ts';

const kindOf = (collection: string) => {
  const found = KINDS.find((one) => one.collection === collection);
  if (!found) throw new Error(`there is no kind ${collection}`);
  return found;
};
const live = (address: string, id: string, spec: Live['spec']): Live => ({
  kind: address.slice(0, address.indexOf('/')),
  key: address.split('/').slice(1),
  address,
  ids: id === '' ? {} : { id },
  spec,
  extra: {},
});
const misses = (
  collection: string,
  resources: readonly Live[],
  record: Readonly<Record<string, Partial<RecordedResource>>>,
  isComplete = true,
): boolean =>
  isSomethingMissing(
    kindOf(collection),
    { resources, isComplete, unproven: new Set() },
    new Map(Object.entries(record).map(([address, one]) => [address, recorded({ fields: {}, ...one })])),
  );
const OURS = { 'userGroups/a': { ids: { id: '1' }, fields: { '/members/bob': 'd', '/description': 'd' } } };

describe('something is missing', () => {
  it('where what is recorded is not listed under its id', () => {
    expect(misses('userGroups', [], OURS)).toBe(true);
    expect(misses('userGroups', [live('userGroups/a', '2', { members: { bob: true } })], OURS)).toBe(true);
    expect(misses('userGroups', [live('userGroups/renamed', '1', { members: { bob: true } })], OURS)).toBe(false);
  });

  it('where an element of a list that was read is not there; of a list that was not read nothing is known', () => {
    expect(misses('userGroups', [live('userGroups/a', '1', { members: {} })], OURS)).toBe(true);
    expect(misses('userGroups', [live('userGroups/a', '1', {})], OURS)).toBe(false);
  });

  it('is not asked of a list that is known to be incomplete', () => expect(misses('userGroups', [], OURS, false)).toBe(false));

  it('of what has no id of its own is asked by its address, and only where something is on it', () => {
    const at = 'dataServiceGrants/ds/get';
    const grant = { [at]: { ids: {}, fields: { '/use/dataServiceApps~1f~1a': 'd' } } };
    expect(misses('dataServiceGrants', [], { [at]: { ids: {} } })).toBe(false);
    expect(misses('dataServiceGrants', [], grant)).toBe(true);
    expect(misses('dataServiceGrants', [live(at, '', { use: { 'dataServiceApps/f/a': {} } })], grant)).toBe(false);
  });
});
