/** Who may do what by each kind's normal form (core/access-model.ts): people, roles, grants, rows. */
import type { AccessFacts, KindAccess } from '../core/access-model.ts';
import { ALL_ROWS, MEMBER, TENANT } from '../core/access-model.ts';
import { addressOf, isObject, textOf } from '../core/json.ts';
import { objectAt } from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { bindingOf } from './row-commands.ts';
import { conditionText } from './row-text.ts';
import { parseTable, projectsOf } from './tables.ts';

const ADMINISTRATOR = 'administrator';
const OWNER = 'owner';
const ADMIN = 'admin';
/** Everybody's, and said by being a member. */
const COMMON = 'COMMON_USER';
const namesIn = (spec: JsonObject, list: string): readonly string[] => Object.keys(objectAt(spec, list));
const untilIn = (value: Json | undefined): string | null => (isObject(value) ? textOf(value['until']) || null : null);

const ofTenantMember: AccessFacts = (spec, [account = ''], tell) => {
  tell.exists(account);
  tell.may(account, MEMBER, TENANT, null);
  for (const role of namesIn(spec, 'roles')) if (role !== COMMON) tell.may(account, role, TENANT, null);
};

/** Administrators are members by themselves; a group that is not active allows nothing, and keeps its members. */
const ofGroup: AccessFacts = (spec, [name = ''], tell) => {
  const group = addressOf('userGroups', name);
  if (spec['members'] === undefined) tell.unread(group);
  for (const admin of namesIn(spec, 'admins')) tell.may(admin, ADMINISTRATOR, group, null);
  for (const who of [...namesIn(spec, 'admins'), ...namesIn(spec, 'members')]) {
    tell.may(who, MEMBER, group, null);
    if (spec['active'] !== false) tell.acts(group, who, null);
  }
};

/** Who belongs to the production half acts with the production account too (BEHAVIOUR 3.3). Roles that nobody knows are none. */
const ofProject: AccessFacts = (spec, [name = ''], tell) => {
  const project = addressOf('projects', name);
  const members = objectAt(spec, 'members');
  tell.exists(project);
  if (members['prod'] === undefined) tell.unread(project);
  for (const half of spec['mode'] === 'basic' ? ['prod'] : ['prod', 'dev']) {
    const place = addressOf('projects', name, half);
    if (members[half] === undefined) tell.unread(place);
    for (const [who, roles] of Object.entries(objectAt(members, half))) {
      if (half === 'prod') tell.acts(project, who, null);
      for (const role of Array.isArray(roles) ? roles : [MEMBER]) tell.may(who, textOf(role), place, null);
    }
  }
};

/** Owners are members by themselves, without an end. */
const ofApp: AccessFacts = (spec, [group = '', name = ''], tell) => {
  const app = addressOf('dataServiceApps', group, name);
  tell.exists(app);
  if (spec['members'] === undefined) tell.unread(app);
  for (const owner of namesIn(spec, 'owners')) {
    tell.may(owner, OWNER, app, null);
    tell.acts(app, owner, null);
  }
  for (const [who, value] of Object.entries(objectAt(spec, 'members'))) {
    if (isObject(value) && value['owner'] !== undefined) continue;
    tell.may(who, MEMBER, app, untilIn(value));
    tell.acts(app, who, untilIn(value));
  }
};

/** No read shows roles: whose role is not known is a member. */
const ofServiceMembers: AccessFacts = (spec, [project = ''], tell) => {
  const place = addressOf('dataServiceProjects', project);
  for (const [who, role] of Object.entries(objectAt(spec, 'members')))
    tell.may(who, typeof role === 'string' ? role : MEMBER, place, null);
};

const VERBS: Readonly<Record<string, string>> = { use: 'use', delegation: 'hand on' };

/** By half where the halves are known: of apps. Fields are not told apart: no read has their ids. */
const ofApi: AccessFacts = (spec, [project = '', api = ''], tell) => {
  const place = addressOf('dataServiceApis', project, api);
  for (const [list, verb] of Object.entries(VERBS))
    for (const [who, value] of Object.entries(objectAt(spec, list))) {
      const halves = isObject(value) && Array.isArray(value['halves']) ? value['halves'].map(textOf) : [];
      const until = untilIn(value);
      if (halves.length === 0) tell.may(who, verb, place, until);
      for (const half of halves) tell.may(who, `${verb} ${half}`, place, ofHalf(until, half));
    }
};

/** Two ends are told as what they are: `dev 2027-03-31, prod without an end`. */
const ofHalf = (until: string | null, half: string): string | null => {
  const parts = (until ?? '').split(', ');
  if (parts.length < 2) return until;
  const own = parts.find((part) => part.startsWith(`${half} `))?.slice(half.length + 1);
  return own === undefined || own === 'without an end' ? null : own;
};

const ofGrants: AccessFacts = (spec, [sort = '', name = ''], tell) => {
  const place = addressOf(sort, name);
  for (const list of Object.keys(spec))
    for (const [element, value] of Object.entries(objectAt(spec, list))) {
      const [who = '', type] = element.includes(' ') ? element.split(' ') : [element];
      tell.may(who, type === undefined ? list : `${list} (${type})`, place, untilIn(value));
    }
};

const ofRows: AccessFacts = (spec, _key, tell) => {
  const tables = new Map<string, Map<string, string>>();
  for (const [key, value] of Object.entries(objectAt(spec, 'tables'))) {
    const { table, column } = bindingOf(key);
    tables.set(table, (tables.get(table) ?? new Map()).set(column, textOf((value as JsonObject)['column'])));
  }
  for (const [table, columns] of tables) {
    const place = addressOf('tables', table);
    tell.filters(place, [place, ...halvesOf(table)]);
    for (const rule of Object.values(objectAt(spec, 'rules'))) {
      const { enabled, scope, where, grant } = rule as JsonObject;
      if (enabled === false || grant === undefined) continue;
      const rows = scope === 'all' ? ALL_ROWS : `rows ${conditionText((where ?? {}) as JsonObject, columns)}`;
      for (const who of Object.keys(grant as JsonObject)) tell.shows(place, who, rows);
    }
  }
};

/** The halves whose members read a table: of `finance_dev.orders` the development half of finance. */
const halvesOf = (table: string): readonly string[] => {
  const parsed = parseTable(table, '');
  if (!('project' in parsed)) return [];
  const [project = '', pair] = projectsOf(parsed.project);
  return [addressOf('projects', project, 'prod'), ...(pair === undefined ? [] : [addressOf('projects', pair, 'dev')])];
};

/** By collection; kinds that are not here give nobody anything. */
export const ACCESS: Readonly<
  Record<
    | 'tenantMembers'
    | 'userGroups'
    | 'projects'
    | 'rowPermissions'
    | 'dataServiceApps'
    | 'dataServiceProjectMembers'
    | 'dataServiceGrants'
    | 'resourceGrants',
    KindAccess
  >
> = {
  tenantMembers: { facts: ofTenantMember, administers: 'SYSTEM_ADMIN' },
  userGroups: { facts: ofGroup, administers: ADMINISTRATOR },
  projects: { facts: ofProject, administers: ADMIN },
  rowPermissions: { facts: ofRows, allows: ['userGroups', 'projects'] },
  dataServiceApps: { facts: ofApp, administers: OWNER },
  dataServiceProjectMembers: { facts: ofServiceMembers, administers: ADMIN },
  dataServiceGrants: { facts: ofApi, allows: ['dataServiceApps'] },
  resourceGrants: { facts: ofGrants, allows: ['userGroups', 'projects'] },
};
