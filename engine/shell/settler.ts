/** Looks whether a step whose outcome is unknown has happened (DESIGN 6): one list, the resource's own reads, a comparison. */

import { EngineError } from '../core/diagnostic.ts';
import { fits, isUnder } from '../core/json.ts';
import type { EachRows, Kind } from '../core/kind.ts';
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
  (plan: Plan, kinds: readonly Kind[], reader: Reader) =>
  async (step: Step, changes: readonly Change[]): Promise<Settled> => {
    const [change] = changes;
    const kind = kinds.find((one) => one.collection === change?.kind);
    if (!change || !kind) return undecided('the step belongs to no change');
    try {
      return await look(plan, kind, kinds, reader, step, change);
    } catch (error) {
      if (error instanceof EngineError && error.code !== 'INTERNAL') return undecided(error.message);
      throw error;
    }
  };

const undecided = (because: string): Settled => ({ verdict: 'undecided', because });

const look = async (
  plan: Plan,
  kind: Kind,
  kinds: readonly Kind[],
  reader: Reader,
  step: Step,
  change: Change,
): Promise<Settled> => {
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
  const [now] = found(new Map([[live.ids['id'] ?? '', own]]));
  const pointers = readable(kind, change, step);
  if (pointers.length === 0) return undecided('what it changes cannot be read');
  const shows = stepShows(now?.spec ?? null, change.before, change.after, pointers);
  return shows === 'after'
    ? { verdict: 'done' }
    : shows === 'before'
      ? { verdict: 'void' }
      : undecided('neither the old nor the new state is there');
};

/** What the step changes and a read shows. A rename shows in the key, which `found` has compared by id. */
const readable = (kind: Kind, change: Change, step: Step): readonly string[] =>
  change.fields
    .filter(
      (field) => field.stands !== true && field.pointer !== '' && step.covers.some((prefix) => isUnder(field.pointer, prefix)),
    )
    .map((field) => field.pointer)
    .filter((pointer) =>
      kind.fields.some((rule) => (rule.rule === 'update' || rule.rule === 'immutable') && fits(rule.path, pointer)),
    );
