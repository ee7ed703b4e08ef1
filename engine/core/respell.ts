/** Records of resources that name others by their address, once these are renamed. */
import { partsOf, pointerOf } from './json.ts';
import type { Address, Pointer, RecordedResource } from './model.ts';

/**
 * The record with every pointer that goes through an address as it reads after the renames: `/use/dataServiceApps~1a~1old` is
 * `/use/dataServiceApps~1a~1new`. Itself where none does.
 *
 * @param moves old address to new address
 */
export const respell = (recorded: RecordedResource, moves: ReadonlyMap<Address, Address>): RecordedResource => {
  if (moves.size === 0) return recorded;
  const spelled = (pointer: Pointer): Pointer => pointerOf(...partsOf(pointer).map((part) => moves.get(part) ?? part));
  const keys = <T>(of: Readonly<Record<Pointer, T>>): Readonly<Record<Pointer, T>> =>
    Object.fromEntries(Object.entries(of).map(([pointer, value]) => [spelled(pointer), value]));
  const { fields, fingerprints, causes, lists, assumed } = recorded;
  const pointers = [fields, fingerprints, causes].flatMap((of) => Object.keys(of));
  if (![...pointers, ...lists, ...assumed].some((pointer) => spelled(pointer) !== pointer)) return recorded;
  return {
    ...recorded,
    fields: keys(fields),
    fingerprints: keys(fingerprints),
    causes: keys(causes),
    lists: lists.map(spelled),
    assumed: assumed.map(spelled),
  };
};
