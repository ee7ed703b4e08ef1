/** What a look before the first write of an apply reads, on any day of it (DESIGN 6: check). */
import type { OperationName } from '../operations/index.ts';
import { lastOf } from './json.ts';
import type { Address, Change, Step } from './model.ts';
import { pagesOf } from './reads.ts';

export type Looks = {
  /** Lists that are read once, in pages, where a change of one of `kinds` is looked at. */
  readonly lists: readonly {
    readonly operation: OperationName;
    readonly kinds: readonly string[];
    /** The collections whose resources are its rows. */
    readonly holds: readonly string[];
    /** The rows that it has before the first step. */
    readonly rows: number;
  }[];
  /**
   * Further calls, where one of these changes, or one of these kinds, is looked at. `rows`: it is a list of what principals
   * hold on the resources of its addresses, of so many rows before the first step.
   */
  readonly further: readonly ({
    readonly operation: OperationName;
    readonly count: number;
    readonly rows?: number;
  } /** `since`: steps that make what a change is about; before they are done nothing is read for it. */ & (
    | { readonly addresses: readonly Address[]; readonly since: Readonly<Record<Address, string>> }
    | { readonly kinds: readonly string[] }
  ))[];
  /** Reads of single resources, by the address of the change that is looked at. */
  readonly each: Readonly<Record<Address, readonly OperationName[]>>;
};

export const NO_LOOKS: Looks = { lists: [], further: [], each: {} };

type DoneStep = Pick<Step, 'id' | 'phase' | 'serves' | 'covers'>;
type Looked = Pick<Change, 'address' | 'kind' | 'action' | 'steps'>;

/**
 * The reads of a look once some steps are done. It looks at the changes of which nothing was sent yet; the tenant is proven in
 * any case. Lists have grown by what was made since, and shrunk by what was deleted.
 *
 * @param changes of the whole plan; those without steps are of no account
 * @param done    ids of the steps that have been done
 */
export const lookAt = (
  looks: Looks,
  changes: readonly Looked[],
  steps: readonly DoneStep[],
  done: ReadonlySet<string>,
): readonly OperationName[] => {
  const untouched = changes.filter((change) => change.steps.length > 0 && !change.steps.some((id) => done.has(id)));
  const kinds = new Set(untouched.map((change) => change.kind));
  const addresses = new Set(untouched.map((change) => change.address));
  const isRead = (one: Looks['further'][number]): boolean =>
    'kinds' in one
      ? one.kinds.some((kind) => kinds.has(kind))
      : one.addresses.some((address) => addresses.has(address) && (!one.since[address] || done.has(one.since[address])));
  const grown = growthBy(changes, steps, done);
  return [
    'GetMyTenants',
    ...looks.lists
      .filter((one) => one.kinds.some((kind) => kinds.has(kind)))
      .flatMap(({ operation, holds, rows }) =>
        times(pagesOf(holds.reduce((sum, kind) => sum + (grown.get(kind) ?? 0), rows)), operation),
      ),
    ...looks.further.filter(isRead).flatMap((one) => times(callsNow(one, steps, done), one.operation)),
    ...untouched.flatMap((change) => looks.each[change.address] ?? []),
  ];
};

const times = (count: number, operation: OperationName): readonly OperationName[] =>
  Array.from({ length: count }, () => operation);

/** A list of principals has grown by a row for each whom a grant has put on a resource. */
const callsNow = (one: Looks['further'][number], steps: readonly DoneStep[], done: ReadonlySet<string>): number => {
  if (one.rows === undefined || !('addresses' in one)) return one.count;
  const ours = new Set(one.addresses);
  const added = new Set<string>();
  for (const { id, phase, serves, covers } of steps)
    if (phase === 'grant' && done.has(id))
      for (const address of serves)
        if (ours.has(address)) for (const pointer of covers) added.add(`${address} ${lastOf(pointer).split(' ')[0]}`);
  return pagesOf(one.rows + added.size);
};

/** How many resources of each kind there are more, or fewer, than before the first step. */
const growthBy = (
  changes: readonly Looked[],
  steps: readonly Pick<Step, 'id' | 'phase'>[],
  done: ReadonlySet<string>,
): ReadonlyMap<string, number> => {
  const phases = new Map(steps.map((step) => [step.id, step.phase]));
  const grown = new Map<string, number>();
  for (const { kind, action, steps: own } of changes) {
    if (action !== 'create' && action !== 'delete') continue;
    if (own.some((id) => done.has(id) && phases.get(id) === action))
      grown.set(kind, (grown.get(kind) ?? 0) + (action === 'create' ? 1 : -1));
  }
  return grown;
};
