/** What steps of the kinds open and close on the ways of access (core/passages.ts): groups, projects, apps, tables. */
import { addressOf, canonical, getAt, isObject, partsOf, pointerOf } from '../core/json.ts';
import { type KindChange, objectAt, type StepDraft } from '../core/kind.ts';
import type { Lead, Passage, Side } from '../core/passages.ts';
import type { JsonObject } from '../core/ports.ts';
import { endsSooner } from './expiry.ts';
import { granteeAddress } from './grantees.ts';
import { bindingOf } from './row-commands.ts';
import { parseTable, projectsOf } from './tables.ts';

type How = Passage['how'];

/** Revokes narrow and grants widen; other phases do what the kind says. */
const howOf = ({ phase }: StepDraft): How | null => (phase === 'revoke' ? 'narrows' : phase === 'grant' ? 'widens' : null);

const isHub = (address: string): boolean => !address.startsWith('tenantMembers/');
const tableHub = (name: string): string => addressOf('tables', name);

/** People of a group: an update that makes somebody an administrator makes him a member. */
export const groupPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  const how = draft.name === 'update' ? (change.added('/admins').length > 0 ? 'widens' : null) : howOf(draft);
  return how === null ? [] : [{ hub: change.address, side: 'people', how }];
};

/** Members of a project; another role of a member opens nothing beyond the project. */
export const projectPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  const how = draft.operation === 'UpdateProjectMember' ? null : howOf(draft);
  return how === null ? [] : [{ hub: change.address, side: 'people', how }];
};

/** Owners and members of an app; the update brings owners and takes them. */
export const appPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  if (draft.name === 'reset') return [];
  const gives = change.added('/owners').length > 0;
  const takes = change.removed('/owners').length > 0;
  const updates: How | null = gives && takes ? 'both' : gives ? 'widens' : takes ? 'narrows' : null;
  const how = draft.name === 'update' ? updates : howOf(draft);
  return how === null ? [] : [{ hub: change.address, side: 'people', how }];
};

/** What an app may call: the principal is the second word of the step's name. A grant replaces the one before, and may be less. */
export const apiGrantPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  const principal = draft.name.split(' ')[1] ?? '';
  const how = draft.phase === 'grant' && isLess(change, principal) ? 'both' : howOf(draft);
  const hub = granteeAddress(principal);
  return how === null || !isHub(hub) ? [] : [{ hub, side: 'rights', how }];
};

/** Whether a right ends sooner than before, or may be for other fields: which ones it was for no read shows. */
const isLess = (change: KindChange, principal: string): boolean =>
  ['use', 'delegation'].some((list) => {
    const [before, after] = [change.before, change.after].map((spec) => objectAt(spec, list)[principal]);
    return isObject(before) && isObject(after) && endsSooner(after['until'], before['until']);
  }) ||
  (objectAt(change.before, 'use')[principal] !== undefined && change.touches(pointerOf('scope', principal)));

/** What groups and production accounts may do; of a table also who may read it. */
export const resourceGrantPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  const how = howOf(draft);
  if (how === null) return [];
  const [sort, name = ''] = change.key;
  const hubs = new Set(draft.covers.map((pointer) => granteeAddress((partsOf(pointer)[1] ?? '').split(' ')[0] ?? '')));
  const table: readonly Passage[] = sort === 'tables' ? [{ hub: tableHub(name), side: 'people', how }] : [];
  return [...table, ...[...hubs].filter(isHub).map((hub): Passage => ({ hub, side: 'rights', how }))];
};

/** Whoever may read a table is filtered with it. */
export const resourceGrantLeads = (spec: JsonObject, [sort, name = '']: readonly string[]): readonly Lead[] =>
  sort !== 'tables'
    ? []
    : Object.keys(spec)
        .flatMap((list) => Object.keys(objectAt(spec, list)).map((key) => granteeAddress(key.split(' ')[0] ?? '')))
        .filter(isHub)
        .map((to) => ({ from: tableHub(name), to }));

/**
 * Rows of tables, and of the members of the projects that hold them.
 *
 * A permission that comes narrows, one that goes may do either; an update does what its parts do: a rule that is granted shows more
 * rows, another condition or another table may do either.
 */
export const rowPassages = (change: KindChange, draft: StepDraft): readonly Passage[] => {
  const { before, after } = change;
  if (draft.name === 'create') return everywhere(after, 'narrows');
  // Another permission may filter the same tables: without this one fewer rows may then be shown, or more.
  if (draft.name === 'delete') return everywhere(before, 'both');
  const found: Passage[] = [];
  const tablesOf = (spec: JsonObject | null): readonly string[] => Object.keys(objectAt(spec, 'tables'));
  for (const key of new Set([...tablesOf(before), ...tablesOf(after)])) {
    const path = pointerOf('tables', key);
    const [was, is] = [getAt(before ?? {}, path), getAt(after ?? {}, path)];
    // Another permission may filter the table too: whether one more or less shows more is not known.
    if (canonical(was ?? null) !== canonical(is ?? null)) found.push(...ofTable(key, 'both'));
  }
  const rulesOf = (spec: JsonObject | null): readonly string[] => Object.keys(objectAt(spec, 'rules'));
  for (const rule of new Set([...rulesOf(before), ...rulesOf(after)])) {
    const [was, is] = [objectAt(objectAt(before, 'rules'), rule), objectAt(objectAt(after, 'rules'), rule)];
    const conditions = (spec: JsonObject): string => canonical({ ...spec, grant: null });
    const isSame = conditions(was) === conditions(is);
    for (const principal of new Set([...Object.keys(objectAt(was, 'grant')), ...Object.keys(objectAt(is, 'grant'))])) {
      const [had, has] = [objectAt(was, 'grant')[principal] !== undefined, objectAt(is, 'grant')[principal] !== undefined];
      if (had && has && isSame) continue;
      const how: How = had && has ? 'both' : had ? 'narrows' : 'widens';
      const hub = granteeAddress(principal);
      if (isHub(hub)) found.push({ hub, side: 'rights', how });
      for (const key of new Set([...tablesOf(before), ...tablesOf(after)])) found.push(...ofTable(key, how));
    }
  }
  return found;
};

const rights = (hub: string, how: How): Passage => ({ hub, side: 'rights' satisfies Side, how });

const ofTable = (key: string, how: How): readonly Passage[] => {
  const { table } = bindingOf(key);
  const parsed = parseTable(table, '');
  const projects = 'project' in parsed ? projectsOf(parsed.project).map((project) => addressOf('projects', project)) : [];
  return [tableHub(table), ...projects].map((hub) => rights(hub, how));
};

const everywhere = (spec: JsonObject | null, how: How): readonly Passage[] => [
  ...Object.keys(objectAt(spec, 'tables')).flatMap((key) => ofTable(key, how)),
  ...Object.values(objectAt(spec, 'rules')).flatMap((rule) =>
    Object.keys(objectAt(rule as JsonObject, 'grant'))
      .map(granteeAddress)
      .filter(isHub)
      .map((hub) => rights(hub, how)),
  ),
];
