/** What a look before the first write of an apply reads, on any day of it (DESIGN 6: check). */
import type { OperationName } from '../operations/index.ts';
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
  /** Calls that do not grow, where one of these changes, or one of these kinds, is looked at. */
  readonly further: readonly ({ readonly operation: OperationName; readonly count: number } & (
    | { readonly addresses: readonly Address[] }
    | { readonly kinds: readonly string[] }
  ))[];
  /** Reads of single resources, by the address of the change that is looked at. */
  readonly each: Readonly<Record<Address, readonly OperationName[]>>;
};

export const NO_LOOKS: Looks = { lists: [], further: [], each: {} };

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
  steps: readonly Pick<Step, 'id' | 'phase'>[],
  done: ReadonlySet<string>,
): readonly OperationName[] => {
  const untouched = changes.filter((change) => change.steps.length > 0 && !change.steps.some((id) => done.has(id)));
  const kinds = new Set(untouched.map((change) => change.kind));
  const addresses = new Set(untouched.map((change) => change.address));
  const isRead = (one: { readonly kinds: readonly string[] } | { readonly addresses: readonly Address[] }): boolean =>
    'kinds' in one ? one.kinds.some((kind) => kinds.has(kind)) : one.addresses.some((address) => addresses.has(address));
  const grown = growthBy(changes, steps, done);
  return [
    'GetMyTenants',
    ...looks.lists
      .filter(isRead)
      .flatMap(({ operation, holds, rows }) =>
        times(pagesOf(holds.reduce((sum, kind) => sum + (grown.get(kind) ?? 0), rows)), operation),
      ),
    ...looks.further.filter(isRead).flatMap(({ operation, count }) => times(count, operation)),
    ...untouched.flatMap((change) => looks.each[change.address] ?? []),
  ];
};

const times = (count: number, operation: OperationName): readonly OperationName[] =>
  Array.from({ length: count }, () => operation);

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
