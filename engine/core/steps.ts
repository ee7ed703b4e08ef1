/** Changes become calls: what each kind asks for, with ids or placeholders (DESIGN 5, 6). */
import type { ChangeDraft } from './changes.ts';
import { kindChange, liveAddress } from './changes.ts';
import type { Diagnostic } from './diagnostic.ts';
import { EngineError } from './diagnostic.ts';
import { guarded, leavesOf, type Made, withEdges } from './edges.ts';
import { matcher } from './glob.ts';
import { givesOf, idRef, mainId } from './ids.ts';
import { addressOf } from './json.ts';
import { type IdSource, type Kind, keyName, type Names, step } from './kind.ts';
import { mergeSteps } from './merge-steps.ts';
import type { Address, Gives, Guard, IdRef, Step } from './model.ts';
import type { Lead } from './passages.ts';
import { PAGE_SIZE } from './reads.ts';
import { inOrder } from './step-order.ts';

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
  /** Globs of addresses whose grants wait for an approval in Dataphin. */
  readonly approvals?: readonly string[];
};

export type StepsMade = {
  readonly steps: readonly Step[];
  readonly byAddress: ReadonlyMap<Address, readonly string[]>;
  readonly manual: ReadonlyMap<Address, readonly string[]>;
  /** Drafts whose delete turned out to be refused. */
  readonly guards: readonly Guard[];
  readonly diagnostics: readonly Diagnostic[];
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
  // What is lacking has no steps, and others may wait for what they give: there is no plan in any case.
  if (diagnostics.length > 0) return { steps: [], byAddress: new Map(), manual, guards, diagnostics };
  const separate = guarded(
    withEdges([...withParts(made), ...finds(made, input)], matcher(input.approvals ?? [])),
    made,
    input.leads ?? [],
  );
  const steps = inOrder(mergeSteps(separate), input.kinds);
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
