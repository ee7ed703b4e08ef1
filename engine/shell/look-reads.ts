/** What a look before the first write will read (check-first.ts), told ahead: the bill counts it, day by day. */
import type { ChangeDraft } from '../core/changes.ts';
import { mainId } from '../core/ids.ts';
import type { Kind, LookUp } from '../core/kind.ts';
import type { Looks } from '../core/looks.ts';
import type { Address } from '../core/model.ts';
import { type NameTable, namesToCome } from '../core/reads.ts';
import type { StepsMade } from '../core/steps.ts';
import type { ReadName } from '../operations/index.ts';
import { type LiveWorld, rowsOfKind, wantedAs } from './read-live.ts';

export type LookReadsInput = {
  readonly drafts: readonly ChangeDraft[];
  readonly made: StepsMade;
  readonly world: LiveWorld;
  readonly names: NameTable;
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
  readonly tenant: string;
  readonly price: (operation: ReadName) => number;
};

/** The reads for the changes that send something, in the size that the lists have now. */
export const looksOf = (input: LookReadsInput): Looks => {
  const acting = input.drafts.filter(({ address }) => (input.made.byAddress.get(address)?.length ?? 0) > 0);
  const reading = readFor(acting, input.world);
  return {
    lists: listsOf(reading, input),
    further: [...moreOf(acting, input), ...partsOf(reading, input)],
    each: eachOf(acting, input.world),
  };
};

/** Collections that are read -> the kinds of the changes that they are read for. */
const readFor = (acting: readonly ChangeDraft[], world: LiveWorld): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  for (const kind of new Set(acting.map((draft) => draft.kind)))
    for (const one of new Set(['tenantMembers', kind.collection, ...(kind.namesFrom ?? [])]))
      if (one === 'tenantMembers' || world.looked(one)) found.set(one, [...(found.get(one) ?? []), kind.collection]);
  return found;
};

/** The same list is read once, whoever wants it. */
const listsOf = (reading: ReadonlyMap<string, readonly string[]>, { kinds, lookUps, world }: LookReadsInput): Looks['lists'] => {
  const lists = new Map<string, Looks['lists'][number]>();
  for (const { collection, list } of [...kinds, ...lookUps]) {
    const wanting = reading.get(collection);
    if (!wanting || !list) continue;
    const name = `${list.operation} ${JSON.stringify(list.request)}`;
    const there = lists.get(name);
    lists.set(name, {
      operation: list.operation,
      kinds: [...new Set([...(there?.kinds ?? []), ...wanting])],
      holds: [...(there?.holds ?? []), collection],
      rows: world.lists.get(collection)?.rows.length ?? 0,
    });
  }
  return [...lists.values()];
};

/** Further lists of a kind, each with the changes that want it. */
const moreOf = (acting: readonly ChangeDraft[], { made, world, names, tenant, price }: LookReadsInput): Looks['further'] => {
  const found = new Map<
    string,
    { operation: ReadName; count: number; addresses: Address[]; since: Record<Address, string>; rows?: number }
  >();
  const creates = new Map(
    made.steps.flatMap((step) => (step.phase === 'create' ? step.serves.map((address) => [address, step.id] as const) : [])),
  );
  for (const { kind, address, key, live, desired } of acting) {
    if (!kind.more) continue;
    const { rows, more } = rowsOfKind(world, kind.collection);
    const spec = live?.spec ?? {};
    // What it is about is what it refers to first.
    const since = creates.get(kind.refers(desired?.spec ?? spec, key)[0] ?? '');
    const wanted = kind.more({
      rows,
      more,
      desired: [desired ?? wantedAs(kind, spec, key)],
      recorded: new Map(),
      names: namesToCome(names),
      tenant,
      price,
      shown: [{ key, ids: live?.ids ?? {}, spec }],
    });
    for (const { name, operation, growsWithPrincipals } of wanted) {
      const id = `${kind.collection} ${name}`;
      const read = world.more.get(kind.collection)?.get(name);
      const there = found.get(id) ?? {
        operation,
        count: read?.pages ?? 1,
        addresses: [],
        since: {},
        ...(growsWithPrincipals ? { rows: read?.rows.length ?? 0 } : {}),
      };
      there.addresses.push(address);
      if (since !== undefined) there.since[address] = since;
      found.set(id, there);
    }
  }
  return [...found.values()];
};

const partsOf = (reading: ReadonlyMap<string, readonly string[]>, { kinds, world }: LookReadsInput): Looks['further'] =>
  world.parts.flatMap(([collection, , name]) => {
    const part = kinds.find((kind) => kind.collection === collection)?.parts?.find((one) => one.name === name);
    const wanting = reading.get(collection);
    return part && wanting ? [{ operation: part.operation, count: 1, kinds: wanting }] : [];
  });

const eachOf = (acting: readonly ChangeDraft[], world: LiveWorld): Looks['each'] =>
  Object.fromEntries(
    acting.flatMap((draft) => {
      if (!draft.live || draft.action === 'create') return [];
      const read = world.each.get(draft.kind.collection)?.get(mainId(draft.live.ids));
      const operations = draft.kind.each.filter(({ name }) => read?.[name]).map(({ operation }) => operation);
      return operations.length === 0 ? [] : [[draft.address, operations] as const];
    }),
  );
