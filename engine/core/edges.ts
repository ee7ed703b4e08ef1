/** What must have ended before what: the edges between steps, from what their requests name (DESIGN 6). */
import { operationFacts } from '../operations/index.ts';
import type { ChangeDraft } from './changes.ts';
import { kindChange, letGo, liveAddress } from './changes.ts';
import { EngineError, sure } from './diagnostic.ts';
import { givesOf, splitRef } from './ids.ts';
import { listAt, withAt } from './json.ts';
import type { StepDraft } from './kind.ts';
import type { Separate } from './merge-steps.ts';
import type { Address, Batch } from './model.ts';
import { type Lead, withProtection } from './passages.ts';
import type { Json, JsonObject } from './ports.ts';

/** The calls of one change. */
export type Made = {
  readonly draft: ChangeDraft;
  readonly drafts: readonly StepDraft[];
  readonly idOf: (name: string) => string;
  /** The addresses of a step that serves several. */
  readonly serves?: readonly Address[];
};

/**
 * What must have ended before what:
 *
 *   a step that names an id to come        after the step that gives it
 *   a step that names a person to be added after the step that adds him
 *   everything else of a created resource  after its create
 *   a delete                               after every change that lets go of it, and after its own revokes
 *   a create or update                     after whatever frees a name or a thing that only one may hold
 *
 * @param awaits whether grants at an address wait for an approval in this environment
 */
export const withEdges = (made: readonly Made[], awaits: (address: Address) => boolean): readonly Separate[] => {
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
    return drafts.map((one): Separate => {
      const id = idOf(one.name);
      const after = new Set(serves ? one.after : one.after.map(idOf));
      const givenTo = (value: Json): readonly string[] => {
        const leaves = { texts: new Set<string>(), refs: new Set<Address>() };
        leavesOf(value, leaves);
        const ids = [...leaves.refs].map((ref) => {
          const from = givers.get(ref) ?? givers.get(splitRef(ref).address);
          if (from === undefined) throw new EngineError('INTERNAL', `${id} waits for the id of ${ref}, which no step gives`);
          return from;
        });
        return [...ids, ...[...addedPeople].flatMap(([user, from]) => (leaves.texts.has(user) ? [from] : []))];
      };
      const elements = elementsOf(one);
      const byElement = elements.map(givenTo);
      for (const from of givenTo(elements.length === 0 || !one.each ? one.request : withAt(one.request, one.each.at, [])))
        after.add(from);
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
      const sorted = (more: readonly string[]): readonly string[] =>
        [...new Set([...after, ...more])].filter((from) => from !== id).sort();
      const isApart = byElement.some((ids) => ids.length > 0);
      const batch: Batch | null =
        one.each && elements.length > 1
          ? {
              at: one.each.at,
              parts: one.each.parts.map(({ name, covers }, index) => ({
                id: `${id} ${name}`,
                address: draft.address,
                covers,
                // Who is already there does not wait for who is to be added.
                ...(isApart ? { needs: sorted(sure(byElement[index], 'element of this number')) } : {}),
              })),
            }
          : null;
      return {
        step: {
          id,
          operation: one.operation,
          level: operationFacts(one.operation).level,
          phase: one.phase,
          request: plain(one.request),
          serves: serves ?? [draft.address],
          after: sorted(byElement.flat()),
          gives: one.gives,
          covers: one.covers,
          ...(one.fails ? { fails: one.fails } : {}),
          ...(one.isBlind ? { isBlind: one.isBlind } : {}),
          ...(one.mayWait && awaits(draft.address) ? { asks: one.mayWait } : {}),
          ...(batch ? { batch } : {}),
        },
        shares: one.shares ?? null,
      };
    });
  });
};

/** Nothing opens before what it leads past is closed; nor does a part of a batch. */
export const guarded = (all: readonly Separate[], made: readonly Made[], leads: readonly Lead[]): readonly Separate[] => {
  const passages = new Map(
    made.flatMap(({ draft, drafts, idOf }) => {
      const { passages: of } = draft.kind;
      const change = kindChange(draft);
      return of ? drafts.map((one) => [idOf(one.name), of(change, one)] as const) : [];
    }),
  );
  const steps = withProtection(
    all.map(({ step }) => step),
    passages,
    leads,
  );
  return all.map(({ step: before, shares }, index) => {
    const step = sure(steps[index], 'step of this number');
    const more = step.after.filter((id) => !before.after.includes(id));
    if (!step.batch || more.length === 0) return { step, shares };
    const parts = step.batch.parts.map((part) => (part.needs ? { ...part, needs: [...part.needs, ...more].sort() } : part));
    return { step: { ...step, batch: { ...step.batch, parts } }, shares };
  });
};

/** The elements of a request's list that could be sent one by one. */
const elementsOf = ({ request, each }: StepDraft): readonly Json[] => {
  return each ? listAt(request, each.at) : [];
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

/** Text leaves and placeholders of a request. */
export const leavesOf = (value: Json, found: { readonly texts: Set<string>; readonly refs: Set<Address> }): void => {
  if (typeof value === 'string') found.texts.add(value);
  else if (Array.isArray(value)) for (const item of value) leavesOf(item, found);
  else if (typeof value === 'object' && value !== null) {
    const ref = (value as JsonObject)['$id'];
    if (typeof ref === 'string') found.refs.add(ref);
    else for (const item of Object.values(value)) leavesOf(item, found);
  }
};

/** Without `undefined`, so that the plan survives JSON. */
const plain = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
