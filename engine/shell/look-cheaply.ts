/** Which reads of a look at a call in doubt the run may answer from what it knows already. */
import { mainId } from '../core/ids.ts';
import { fits, getAt, isUnder, parentOf } from '../core/json.ts';
import type { Kind, LookUp } from '../core/kind.ts';
import type { Change, Live, Plan, Pointer, Step } from '../core/model.ts';
import type { ReadName } from '../operations/index.ts';
import type { Reader } from './reader.ts';

/** A step in doubt, with the change that it belongs to. */
export type Asked = { readonly step: Step; readonly change: Change; readonly kind: Kind };
export type AskedOf = { readonly plan: Plan; readonly kinds: readonly Kind[]; readonly lookUps: readonly LookUp[] };

/** Reads that only tell what ids and names mean: of kinds that neither the doubts nor any step of the plan are about. */
export const namesOnlyReads = ({ plan, kinds, lookUps }: AskedOf, asked: readonly Asked[]): ReadonlySet<ReadName> => {
  const served = new Set(plan.steps.flatMap((step) => step.serves));
  const moving = new Set(plan.changes.flatMap(({ address, kind }) => (served.has(address) ? [kind] : [])));
  const about = new Set(asked.map((one) => one.kind));
  const others = kinds.filter((kind) => !about.has(kind) && !moving.has(kind.collection));
  const own = new Set(
    [...about].flatMap((kind) => [...(kind.list ? [kind.list] : []), ...kind.each].map((read) => read.operation)),
  );
  return new Set(
    [...others.flatMap(({ list, parts = [] }) => [...(list ? [list] : []), ...parts]), ...lookUps.map(({ list }) => list)]
      .map((read) => read.operation)
      .filter((operation) => !own.has(operation)),
  );
};

/** It changes something of a resource that was there before and keeps its name, and that has reads of its own. */
export const isWithin = ({ step, change, kind }: Asked): boolean =>
  kind.each.length > 0 &&
  kind.more === undefined &&
  change.ids !== null &&
  mainId(change.ids) !== '' &&
  change.action === 'update' &&
  (step.phase === 'update' || step.phase === 'grant' || step.phase === 'revoke') &&
  !change.fields.some(({ pointer }) => pointer === '');

/** What was read of it tells the value there, or the whole list that it is an element of. */
export const isShown = (kind: Kind, live: Live | undefined, pointer: Pointer): boolean => {
  const isElement = kind.fields.some(({ path }) => path.endsWith('/*') && fits(path, pointer));
  const isUnread = live?.unread?.some((one) => isUnder(pointer, one) || isUnder(one, pointer)) ?? false;
  return !isUnread && getAt(live?.spec, isElement ? parentOf(pointer) : pointer) !== undefined;
};

/** Takes these answers as the run knows them, and everything else from `since`. */
export const knowing = (known: Reader, since: Reader, operations: ReadonlySet<ReadName>): Reader => {
  const of = (operation: ReadName): Reader => (operations.has(operation) ? known : since);
  return {
    ...since,
    list: (read, request) => of(read.operation).list(read, request),
    call: (operation, request) => of(operation).call(operation, request),
  };
};
