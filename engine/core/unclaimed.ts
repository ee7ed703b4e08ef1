/** What a run that broke off may have made, and that nothing declares or records by now: every plan says so until somebody acts. */
import { liveAddress } from './changes.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Intent } from './fold.ts';
import { mainId } from './ids.ts';
import type { Kind } from './kind.ts';
import type { Address, Desired, Live, State } from './model.ts';

/** Addresses of which a create was begun whose outcome no record tells: of things with a name of their own. */
export const begunCreates = (open: readonly Intent[], kinds: readonly Kind[]): ReadonlySet<Address> =>
  new Set(
    open.flatMap(({ operation, serves }) =>
      serves.filter((address) =>
        kinds.some(
          ({ collection, attached, list, calls }) =>
            address.startsWith(`${collection}/`) && !attached && list !== null && calls?.create.includes(operation),
        ),
      ),
    ),
  );

/**
 * What is live under such an address. It is not taken for ours by its name: the plan that made it may be gone with what it sent,
 * and somebody else may have used the name since.
 *
 * @returns a warning UNCLAIMED for each
 */
export const unclaimedOf = (
  begun: ReadonlySet<Address>,
  desired: readonly Desired[],
  state: State | null,
  live: readonly Live[],
): readonly Diagnostic[] => {
  if (begun.size === 0) return [];
  const declared = new Set(desired.map(({ address }) => address));
  const ours = new Set(Object.entries(state?.resources ?? {}).map(([address, { ids }]) => idOf(address, mainId(ids))));
  return live.flatMap((one) => {
    const address = liveAddress(one);
    if (!begun.has(address) || declared.has(address) || one.isBare || ours.has(idOf(address, mainId(one.ids)))) return [];
    return [
      {
        code: 'UNCLAIMED',
        severity: 'warning',
        message: `A run that broke off has sent a create of "${address}", and ${mainId(one.ids)} is there now; no file declares it, and it is not in the record.`,
        hint: 'Declare it again, and the next apply takes it over; or delete it in the console.',
        address,
      },
    ];
  });
};

/** Ids are unique within a kind. */
const idOf = (address: Address, id: string): string => `${address.slice(0, address.indexOf('/'))} ${id}`;
