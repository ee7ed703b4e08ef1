/** Looks whether a step whose outcome is unknown has happened (DESIGN 6): one list, the resource's own reads, a comparison. */

import { EngineError } from '../core/diagnostic.ts';
import { fits, getAt, isUnder, textOf } from '../core/json.ts';
import type { EachRows, Kind, LookUp } from '../core/kind.ts';
import type { Change, Live, Plan, Step } from '../core/model.ts';
import { liveOf, nameTable, stepShows } from '../core/reads.ts';
import type { Settled } from '../core/settle.ts';
import { settleEach, subject, wantedAs } from './read-live.ts';
import type { Reader } from './reader.ts';

/**
 * The settling of one plan. Members' names are read once more beside the kind's list: a person must not be taken for
 * absent because a name is not known.
 */
export const createSettler =
  (plan: Plan, kinds: readonly Kind[], lookUps: readonly LookUp[], reader: Reader) =>
  async (step: Step, changes: readonly Change[]): Promise<Settled> => {
    const [change] = changes;
    const kind = kinds.find((one) => one.collection === change?.kind);
    if (!change || !kind) return undecided('the step belongs to no change');
    try {
      return await look({ plan, kind, kinds, lookUps, reader }, step, change);
    } catch (error) {
      if (error instanceof EngineError && error.code !== 'INTERNAL') return undecided(error.message);
      throw error;
    }
  };

const undecided = (because: string): Settled => ({ verdict: 'undecided', because });

type Ports = {
  readonly plan: Plan;
  readonly kind: Kind;
  readonly kinds: readonly Kind[];
  readonly lookUps: readonly LookUp[];
  readonly reader: Reader;
};

const look = async ({ plan, kind, kinds, lookUps, reader }: Ports, step: Step, change: Change): Promise<Settled> => {
  const members = kinds.find((one) => one.collection === 'tenantMembers');
  const [list, people] = await Promise.all([
    reader.list(kind.list, kind.list.request),
    members && members !== kind ? reader.list(members.list, members.list.request) : null,
  ]);
  if (!list.isComplete || people?.isComplete === false) return undecided('a list could not be proven complete');
  const nameNow = new Map<string, string>();
  for (const row of people?.rows ?? list.rows)
    for (const [of, name, id] of members?.names(row) ?? []) if (of === 'users') nameNow.set(id, name);
  const aliases = new Map(
    Object.entries(plan.people).flatMap(([account, id]) => (nameNow.get(id) === account ? [] : [[id, account] as const])),
  );
  const names = nameTable(aliases);
  for (const row of people?.rows ?? []) names.learn(members?.names(row) ?? []);
  for (const row of list.rows) names.learn(kind.names(row));

  const found = (each: ReadonlyMap<string, EachRows>): readonly Live[] => {
    const all = liveOf(kind, list.rows, each, names);
    const id = change.action === 'create' ? undefined : change.ids?.['id'];
    return all.filter((live) =>
      id === undefined || step.phase === 'create' ? live.address === change.address : live.ids['id'] === id,
    );
  };
  const candidates = found(new Map());
  if (candidates.length > 1) return undecided('there are two candidates');
  const [live] = candidates;
  if (step.phase === 'delete') return live ? { verdict: 'void' } : { verdict: 'done' };
  if (step.phase === 'create') return live ? { verdict: 'done', ids: { [change.address]: live.ids } } : { verdict: 'void' };
  if (!live) return undecided('the resource is not there');

  const own: Record<string, EachRows[string]> = {};
  for (const read of settleEach(kind, live, change.after ?? {})) {
    const rows = await reader.list(read, read.request(subject(live, wantedAs(kind, change.after ?? {}), 'compare')));
    if (!rows.isComplete) return undecided('a list could not be proven complete');
    own[read.name] = rows.rows;
  }
  const each = new Map([[live.ids['id'] ?? '', own]]);
  const pointers = readable(kind, change, step);
  let [now] = found(each);
  if (pointers.some((pointer) => textOf(getAt(now?.spec, pointer)).startsWith('id:'))) {
    // The plan knew a name that the kind's own list does not tell.
    for (const one of lookUps)
      for (const row of (await reader.list(one.list, one.list.request)).rows) names.learn(one.names(row));
    [now] = found(each);
  }
  const verdicts = new Set<string>();
  if (pointers.length > 0) verdicts.add(stepShows(now?.spec ?? null, change.before, change.after, pointers));
  if (step.phase === 'update' && change.fields.some((field) => field.pointer === '' && field.stands !== true))
    verdicts.add(now?.address === change.address ? 'after' : 'before');
  // Only what nobody can read has changed: the call replaces it whole, so the same call again ends in the same state.
  if (verdicts.size === 0) return step.phase === 'update' ? { verdict: 'void' } : undecided('what it changes cannot be read');
  const [shows] = verdicts;
  if (verdicts.size > 1 || shows === 'neither') return undecided('neither the old nor the new state is there');
  return shows === 'after' ? { verdict: 'done' } : { verdict: 'void' };
};

/** What the step changes and a read shows; a rename shows in the key. */
const readable = (kind: Kind, change: Change, step: Step): readonly string[] =>
  change.fields
    .filter(
      (field) => field.stands !== true && field.pointer !== '' && step.covers.some((prefix) => isUnder(field.pointer, prefix)),
    )
    .map((field) => field.pointer)
    .filter((pointer) =>
      kind.fields.some((rule) => (rule.rule === 'update' || rule.rule === 'immutable') && fits(rule.path, pointer)),
    );
