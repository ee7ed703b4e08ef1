/** Changes become calls: with ids or placeholders, edges, and one order that respects phases and needs (DESIGN 5, 6). */
import { operationFacts } from '../operations/index.ts';
import type { ChangeDraft } from './changes.ts';
import { kindChange, letGo, liveAddress } from './changes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { EngineError } from './diagnostic.ts';
import { givesOf, idRef, mainId, splitRef } from './ids.ts';
import { addressOf } from './json.ts';
import { type IdSource, type Kind, keyName, type Names, type StepDraft, step } from './kind.ts';
import { type Address, type Gives, type Guard, type IdRef, PHASES, type Step } from './model.ts';
import { type Lead, withProtection } from './passages.ts';
import type { Json, JsonObject } from './ports.ts';
import { PAGE_SIZE } from './reads.ts';

export type StepsInput = {
  readonly tenant: string;
  readonly drafts: readonly ChangeDraft[];
  readonly kinds: readonly Kind[];
  readonly names: Names;
  readonly addable: ReadonlyMap<string, string>;
  readonly caller: string | null;
  /** How many resources of a kind are live: what a list that finds ids will hold besides the new ones. */
  readonly liveCount: (collection: string) => number;
  /** What lies behind what, by everything that is live or desired, changed or not. */
  readonly leads?: readonly Lead[];
};

export type StepsMade = {
  readonly steps: readonly Step[];
  readonly byAddress: ReadonlyMap<Address, readonly string[]>;
  readonly manual: ReadonlyMap<Address, readonly string[]>;
  /** Drafts whose delete turned out to be refused. */
  readonly guards: readonly Guard[];
  readonly diagnostics: readonly Diagnostic[];
};

type Made = {
  readonly draft: ChangeDraft;
  readonly drafts: readonly StepDraft[];
  readonly idOf: (name: string) => string;
  /** The addresses of a step that serves several. */
  readonly serves?: readonly Address[];
};

const ACTING = new Set(['create', 'update', 'replace', 'delete']);

/** Makes every call of the plan; what a kind still lacks for one comes back as diagnostics with places. */
export const makeSteps = (input: StepsInput): StepsMade => {
  const diagnostics: Diagnostic[] = [];
  const guards: Guard[] = [];
  const manual = new Map<Address, readonly string[]>();
  const leaving = new Set(input.drafts.filter((one) => one.action === 'delete' && !one.isHeld).map((one) => one.address));
  const moving = new Map(
    input.drafts.flatMap((one) =>
      !one.isHeld && one.action === 'update' && one.live && liveAddress(one.live) !== one.address
        ? [[liveAddress(one.live), one.address] as const]
        : [],
    ),
  );
  const toBe = new Set(
    input.drafts.filter((one) => !one.isHeld && (one.action === 'create' || one.action === 'replace')).map((one) => one.address),
  );
  const made: Made[] = [];
  for (const draft of input.drafts) {
    if (draft.isHeld || !ACTING.has(draft.action)) continue;
    const change = kindChange(draft);
    const ids = idSource(draft, input, toBe);
    if ((draft.action === 'delete' || draft.action === 'replace') && draft.live) {
      const words = draft.kind.deleteGuard(
        draft.live,
        (address) => leaving.has(address),
        (address) => moving.get(address) ?? null,
        draft.recorded,
      );
      if (words) {
        guards.push({ ...words, address: draft.address });
        continue;
      }
    }
    const demands = draft.kind.demands(change, ids);
    for (const { at, ...demand } of demands)
      diagnostics.push({
        ...demand,
        severity: 'error',
        address: draft.address,
        ...(draft.desired ? { source: at === '' ? draft.desired.source : draft.desired.sourceOf(at) } : {}),
      });
    if (demands.length > 0) continue;
    const lines = draft.kind.manual(change);
    if (lines.length > 0) manual.set(draft.address, lines);
    made.push({ draft, drafts: draft.kind.steps(change, ids), idOf: (name) => `${draft.address}#${name}` });
  }
  const steps = inOrder(guarded(withEdges([...withParts(made), ...finds(made, input)]), made, input.leads ?? []), input.kinds);
  const byAddress = new Map<Address, string[]>();
  for (const one of steps) for (const address of one.serves) byAddress.set(address, [...(byAddress.get(address) ?? []), one.id]);
  return { steps, byAddress, manual, guards, diagnostics };
};

const idSource = (draft: ChangeDraft, input: StepsInput, toBe: ReadonlySet<Address>): IdSource => {
  const { names, addable, caller, tenant } = input;
  const liveId = draft.live ? mainId(draft.live.ids) : undefined;
  return {
    caller,
    tenant,
    own: () => (draft.action === 'create' || draft.action === 'replace' || liveId === undefined ? idRef(draft.address) : liveId),
    old: () => {
      if (liveId === undefined) throw new EngineError('INTERNAL', `${draft.address} has no id to delete by`);
      return liveId;
    },
    of: (kind, name) => {
      const key = typeof name === 'string' ? [name] : name;
      const address = addressOf(kind, ...key);
      if (toBe.has(address)) return idRef(address);
      const id = names.id(kind, keyName(key));
      if (id === null)
        throw new EngineError('INTERNAL', `${draft.address} refers to ${address}, which is neither live nor to be created`);
      return id;
    },
    known: (kind, name) => names.id(kind, name),
    part: (kind, name, part) => {
      const id = names.part(kind, name, part);
      return id === null || id === '' || toBe.has(addressOf(kind, name)) ? idRef(addressOf(kind, name), part) : id;
    },
    user: (account): string | IdRef =>
      names.userId(account) ?? addable.get(account) ?? { $id: addressOf('tenantMembers', account) },
  };
};

/** Further ids of what is being created are looked up after its create, where some step names them. */
const withParts = (made: readonly Made[]): readonly Made[] => {
  const refs = new Set<string>();
  for (const { drafts } of made) for (const one of drafts) leavesOf(one.request, { texts: new Set(), refs });
  const given = new Set(made.flatMap(({ drafts }) => drafts.flatMap((one) => givesOf(one).map((gives) => gives.address))));
  return made.map((one) => {
    const wanted = (one.draft.kind.parts ?? []).filter(
      (part) => refs.has(`${one.draft.address}#${part.name}`) && !given.has(`${one.draft.address}#${part.name}`),
    );
    const extra = wanted.map((part) =>
      step(part.name, 'find', part.operation, part.request(idRef(one.draft.address)) as never, {
        gives: { address: `${one.draft.address}#${part.name}`, ids: { id: part.at } },
        covers: [],
      }),
    );
    return extra.length === 0 ? one : { ...one, drafts: [...one.drafts, ...extra] };
  });
};

/**
 * Where creates answer no id: one list for all of a kind as long as everything fits its first page, else one for each, by
 * name.
 */
const finds = (made: readonly Made[], { kinds, liveCount }: StepsInput): readonly Made[] =>
  kinds.flatMap((kind) => {
    const { find } = kind;
    const created = made.filter(({ draft }) => draft.kind === kind && (draft.action === 'create' || draft.action === 'replace'));
    const [first] = created;
    if (!find || !first) return [];
    const givesFor = ({ draft }: Made): Gives => ({
      address: draft.address,
      list: find.list,
      where: find.where(draft.key),
      ids: find.ids,
    });
    const isOne = created.length > 1 && liveCount(kind.collection) + created.length <= PAGE_SIZE;
    const groups = isOne ? [created] : created.map((one) => [one]);
    return groups.map((group): Made => {
      const [head = first] = group;
      return {
        draft: head.draft,
        idOf: () => (isOne ? `${kind.collection}#find` : `${head.draft.address}#find`),
        serves: group.map(({ draft }) => draft.address),
        drafts: [
          {
            ...step('find', 'find', find.operation, find.request(isOne ? null : keyName(head.draft.key)) as never, {
              gives: group.map(givesFor),
              covers: [],
            }),
            after: group.flatMap(({ drafts, idOf }) =>
              drafts.filter((one) => one.phase === 'create').map((one) => idOf(one.name)),
            ),
          },
        ],
      };
    });
  });

/** Text leaves and placeholders of a request. */
const leavesOf = (value: Json, found: { readonly texts: Set<string>; readonly refs: Set<Address> }): void => {
  if (typeof value === 'string') found.texts.add(value);
  else if (Array.isArray(value)) for (const item of value) leavesOf(item, found);
  else if (typeof value === 'object' && value !== null) {
    const ref = (value as JsonObject)['$id'];
    if (typeof ref === 'string') found.refs.add(ref);
    else for (const item of Object.values(value)) leavesOf(item, found);
  }
};

/**
 * What must have ended before what:
 *
 *   a step that names an id to come        after the step that gives it
 *   a step that names a person to be added after the step that adds him
 *   everything else of a created resource  after its create
 *   a delete                               after every change that lets go of it, and after its own revokes
 *   a create or update                     after whatever frees a name or a thing that only one may hold
 */
const withEdges = (made: readonly Made[]): readonly Step[] => {
  const givers = new Map<Address, string>();
  const addedPeople = new Map<string, string>();
  for (const { draft, drafts, idOf } of made)
    for (const one of drafts) {
      for (const gives of givesOf(one)) {
        givers.set(gives.address, idOf(one.name));
        const known = 'known' in gives ? gives.known?.['id'] : undefined;
        if (known !== undefined && draft.kind.collection === 'tenantMembers') addedPeople.set(known, idOf(one.name));
      }
    }
  const releases = releasesOf(made);
  return made.flatMap(({ draft, drafts, idOf, serves }) => {
    const creates = drafts.find((one) => one.phase === 'create');
    const giver = drafts.find((one) => givesOf(one).some((gives) => gives.address === draft.address));
    return drafts.map((one): Step => {
      const id = idOf(one.name);
      const after = new Set(serves ? one.after : one.after.map(idOf));
      const leaves = { texts: new Set<string>(), refs: new Set<Address>() };
      leavesOf(one.request, leaves);
      for (const ref of leaves.refs) {
        const from = givers.get(ref) ?? givers.get(splitRef(ref).address);
        if (from === undefined) throw new EngineError('INTERNAL', `${id} waits for the id of ${ref}, which no step gives`);
        after.add(from);
      }
      for (const [user, from] of addedPeople) if (leaves.texts.has(user)) after.add(from);
      if (creates && giver && one.phase !== 'create' && one.phase !== 'check' && one.phase !== 'delete' && one !== giver)
        after.add(idOf(giver.name));
      if (one.phase === 'delete' && draft.action === 'delete') {
        for (const other of drafts) if (other !== one) after.add(idOf(other.name));
        for (const from of releases.referred.get(draft.address) ?? []) after.add(from);
      }
      if (one.phase === 'create' || one.phase === 'update') {
        for (const held of draft.difference ? draft.kind.holds(draft.difference.after) : [])
          for (const from of releases.held.get(held) ?? []) after.add(from);
        for (const from of releases.names.get(draft.address) ?? []) after.add(from);
      }
      after.delete(id);
      return {
        id,
        operation: one.operation,
        level: operationFacts(one.operation).level,
        phase: one.phase,
        request: plain(one.request),
        serves: serves ?? [draft.address],
        after: [...after].sort(),
        gives: one.gives,
        covers: one.covers,
        ...(one.fails ? { fails: one.fails } : {}),
        ...(one.isBlind ? { isBlind: one.isBlind } : {}),
      };
    });
  });
};

/** Nothing opens before what it leads past is closed. */
const guarded = (steps: readonly Step[], made: readonly Made[], leads: readonly Lead[]): readonly Step[] => {
  const passages = new Map(
    made.flatMap(({ draft, drafts, idOf }) => {
      const { passages: of } = draft.kind;
      const change = kindChange(draft);
      return of ? drafts.map((one) => [idOf(one.name), of(change, one)] as const) : [];
    }),
  );
  return withProtection(steps, passages, leads);
};

/** Who lets go of what: of things referred to, of things that only one may hold, of names. */
const releasesOf = (all: readonly Made[]) => {
  const referred = new Map<Address, string[]>();
  const held = new Map<Address, string[]>();
  const names = new Map<Address, string[]>();
  const add = (map: Map<Address, string[]>, address: Address, ids: readonly string[]) =>
    map.set(address, [...(map.get(address) ?? []), ...ids]);
  for (const { draft, drafts, idOf } of all) {
    // Revokes, updates and deletes let go; grants and creates do not.
    const lets = drafts
      .filter((one) => one.phase === 'revoke' || one.phase === 'update' || one.phase === 'delete')
      .map((one) => idOf(one.name));
    for (const address of letGo(draft, draft.kind.refers)) if (address !== draft.address) add(referred, address, lets);
    const own = drafts.filter((one) => one.phase === 'update' || one.phase === 'delete').map((one) => idOf(one.name));
    for (const address of letGo(draft, draft.kind.holds)) add(held, address, own);
    if (draft.live && (draft.action === 'delete' || liveAddress(draft.live) !== draft.address))
      add(names, liveAddress(draft.live), own);
  }
  return { referred, held, names };
};

/** Without `undefined`, so that the plan survives JSON. */
const plain = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

/** Topological, by phase, kind, address, name among those that are free; the same for every order of files. */
const inOrder = (steps: readonly Step[], kinds: readonly Kind[]): readonly Step[] => {
  const kindRank = new Map(kinds.map((kind, index) => [kind.collection, index]));
  const rank = (one: Step): readonly [number, number, string] => [
    PHASES.indexOf(one.phase),
    kindRank.get(one.id.slice(0, one.id.indexOf('/'))) ?? 0,
    one.id,
  ];
  const ranked = [...steps]
    .map((one) => ({ one, rank: rank(one) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || (a.rank[2] < b.rank[2] ? -1 : 1));
  const position = new Map(ranked.map(({ one }, index) => [one.id, index]));
  const byId = new Map(ranked.map(({ one }) => [one.id, one]));
  const waits = new Map(ranked.map(({ one }) => [one.id, one.after.filter((id) => byId.has(id)).length]));
  const dependants = new Map<string, string[]>();
  for (const { one } of ranked) for (const id of one.after) dependants.set(id, [...(dependants.get(id) ?? []), one.id]);
  const free = smallestFirst();
  for (const { one } of ranked) if (waits.get(one.id) === 0) free.push(position.get(one.id) ?? 0);
  const order: Step[] = [];
  for (let at = free.pop(); at !== undefined; at = free.pop()) {
    const next = ranked[at]?.one;
    if (!next) continue;
    order.push(next);
    for (const id of dependants.get(next.id) ?? []) {
      const left = (waits.get(id) ?? 0) - 1;
      waits.set(id, left);
      if (left === 0) free.push(position.get(id) ?? 0);
    }
  }
  if (order.length < steps.length) {
    const done = new Set(order.map((one) => one.id));
    const circle = steps.filter((one) => !done.has(one.id)).map((one) => one.id);
    throw new EngineError(
      'REFERENCE_CYCLE',
      `These steps wait for each other: ${circle.slice(0, 6).join(', ')}.`,
      'Apply a part of it first.',
    );
  }
  return order;
};

/** A binary heap of positions. */
const smallestFirst = () => {
  const heap: number[] = [];
  const at = (index: number): number => heap[index] ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [at(b), at(a)];
  };
  return {
    push: (value: number): void => {
      heap.push(value);
      for (let child = heap.length - 1; child > 0; ) {
        const parent = (child - 1) >> 1;
        if (at(parent) <= at(child)) return;
        swap(parent, child);
        child = parent;
      }
    },
    pop: (): number | undefined => {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last;
        for (let parent = 0; ; ) {
          const left = 2 * parent + 1;
          const child = at(left + 1) < at(left) ? left + 1 : left;
          if (at(child) >= at(parent)) break;
          swap(parent, child);
          parent = child;
        }
      }
      return top;
    },
  };
};
