/** Live resources, by level, in the fewest calls (RESOURCES 5). */
import type { ChangeDraft, KindLive } from '../core/changes.ts';
import type { EachRows, EachSubject, Kind, LookUp } from '../core/kind.ts';
import type { Desired, Live, State } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import { eachWanted, liveOf, missingDeclared, type NameTable, nameTable, wantedLists } from '../core/reads.ts';
import type { Reader, Rows } from './reader.ts';

export type LiveWorld = {
  readonly kinds: readonly Kind[];
  /** Lists as they came, by collection; look-ups among them. */
  readonly lists: ReadonlyMap<string, Rows>;
  /** Rows of single resources' reads: collection -> id -> read -> rows. */
  readonly each: Map<string, Map<string, EachRows>>;
  /** Resources of which a list of their own could not be proven complete: collection -> ids. */
  readonly unproven: Map<string, Set<string>>;
  readonly addable: ReadonlyMap<string, string>;
  /** Names with the aliases of people whose account has another name now. */
  readonly names: (aliases: ReadonlyMap<string, string>) => NameTable;
};

/** The lists: of everything declared, recorded or named; then the addable users, where a declared member is not live. */
export const readLists = async (
  reader: Reader,
  kinds: readonly Kind[],
  lookUps: readonly LookUp[],
  desired: readonly Desired[],
  state: State | null,
): Promise<LiveWorld> => {
  const wanted = wantedLists(kinds, lookUps, desired, state);
  const sources = [...wanted.kinds, ...wanted.lookUps];
  const read = await Promise.all(
    sources.map(async (one) => [one.collection, await reader.list(one.list, one.list.request)] as const),
  );
  const lists = new Map(read);
  const names = (aliases: ReadonlyMap<string, string>): NameTable => {
    const table = nameTable(aliases);
    for (const one of sources) for (const row of lists.get(one.collection)?.rows ?? []) table.learn(one.names(row));
    return table;
  };
  const addable = new Map<string, string>();
  const table = names(new Map());
  for (const kind of wanted.kinds) {
    if (
      !kind.whenMissing ||
      !missingDeclared(kind, desired, liveOf(kind, lists.get(kind.collection)?.rows ?? [], new Map(), table))
    )
      continue;
    const { rows } = await reader.list(kind.whenMissing, kind.whenMissing.request);
    for (const row of rows) for (const [, name, id] of kind.names(row)) addable.set(name, id);
  }
  return { kinds: wanted.kinds, lists, each: new Map(), unproven: new Map(), addable, names };
};

/** What is known of every kind, with the rows of single reads put in. */
export const liveByKind = (world: LiveWorld, names: NameTable): ReadonlyMap<string, KindLive> =>
  new Map(
    world.kinds.map((kind) => {
      const list = world.lists.get(kind.collection);
      return [
        kind.collection,
        {
          resources: liveOf(kind, list?.rows ?? [], world.each.get(kind.collection) ?? new Map(), names),
          isComplete: list?.isComplete ?? false,
          unproven: world.unproven.get(kind.collection) ?? new Set(),
        },
      ];
    }),
  );

/** Sends the single reads that the subjects want; returns whether there were any. */
export const readEach = async (
  reader: Reader,
  kind: Kind,
  subjects: readonly EachSubject[],
  world: LiveWorld,
): Promise<boolean> => {
  const made = world.each.get(kind.collection) ?? new Map<string, EachRows>();
  world.each.set(kind.collection, made);
  const wanted = eachWanted(kind, subjects, made);
  const read = await Promise.all(
    wanted.map(async ({ subject, read: one }) => ({
      id: subject.ids['id'] ?? '',
      name: one.name,
      ...(await reader.list(one, one.request(subject))),
    })),
  );
  const unproven = world.unproven.get(kind.collection) ?? new Set<string>();
  world.unproven.set(kind.collection, unproven);
  for (const { id, name, rows, isComplete } of read) {
    made.set(id, { ...made.get(id), [name]: rows });
    if (!isComplete) unproven.add(id);
  }
  return wanted.length > 0;
};

/** Why the single resources of a change are looked at before its calls are made. */
export const subjectsOf = (drafts: readonly ChangeDraft[], kind: Kind): readonly EachSubject[] =>
  drafts
    .filter(
      (draft) =>
        draft.kind === kind &&
        !draft.isHeld &&
        draft.live !== null &&
        (draft.action === 'update' || draft.action === 'delete' || draft.action === 'replace'),
    )
    .map((draft) =>
      subject(
        draft.live as Live,
        draft.desired,
        draft.action === 'update' ? 'update' : 'delete',
        draft.fields.filter((one) => one.stands !== true).map((one) => one.pointer),
      ),
    );

export const subject = (
  live: Live,
  desired: Desired | null,
  intent: EachSubject['intent'],
  touches: readonly string[] = [],
): EachSubject => ({
  ids: live.ids,
  key: live.key,
  desired,
  live,
  intent,
  touches,
});

/** Reads of a single resource that show whether a step has happened: those of a comparison with what it was to become. */
export const settleEach = (kind: Kind, live: Live | null, after: JsonObject): Kind['each'] => {
  const desired = wantedAs(kind, after);
  const at = live ?? { kind: kind.collection, key: [], address: '', ids: {}, spec: after, extra: {} };
  return kind.each.filter((read) => read.wanted(subject(at, desired, 'compare')));
};

/** A desired resource that asks for nothing but the normal form. */
export const wantedAs = (kind: Kind, spec: JsonObject): Desired => {
  const source = { file: '', line: 1, column: 1 };
  return {
    kind: kind.collection,
    key: [],
    address: '',
    source,
    sourceOf: () => source,
    spec,
    lifecycle: { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null },
    renamedFrom: null,
    people: [],
    listsPeople: false,
    references: [],
    expired: [],
    causes: {},
  };
};
