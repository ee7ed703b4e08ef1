/** Permissions on data sources, tables and fields: to people, groups and production accounts (BEHAVIOUR 3.11). */
import { addressOf, isObject, pointerOf, textOf } from '../core/json.ts';
import { type Kind, type NormaliseContext, objectAt } from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { ACCESS } from './access-facts.ts';
import { withUntil } from './expiry.ts';
import { granteeAddress, principalList, spelled } from './grantees.ts';
import { resourceGrantLeads, resourceGrantPassages } from './passages.ts';
import { liveResourceGrants, resourceGrantCoverage, resourceGrantNames, resourceGrantReads } from './resource-grant-reads.ts';
import { resourceGrantSteps } from './resource-grant-steps.ts';
import { elementKey, isSort, operationOf, SORT_NAMES, SORTS, type Sort } from './resource-types.ts';
import { parseTable, projectsOf } from './tables.ts';

const TYPE: JsonObject = {
  type: 'string',
  enum: SORT_NAMES.flatMap((sort) => SORTS[sort].types),
  description: 'The type of the resource where it is not DATASOURCE, PHYSICAL_TABLE or PHYSICAL_FIELD.',
  examples: ['LOGICAL_TABLE'],
};
const allowed = (description: string): JsonObject =>
  principalList(`${description} People, groups, production accounts; complete.`, { type: TYPE }, [
    ['userGroups/finance_analysts', { who: 'projects/finance', until: '2027-12-31' }],
  ]);
const OPERATIONS: Readonly<Record<string, string>> = {
  select: 'Who may read a table or a field.',
  alter: 'Who may change the form of a table.',
  update: 'Who may change the rows of a table.',
  delete: 'Who may delete rows of a table.',
  syncRead: 'Who may read a data source in tasks.',
  syncWrite: 'Who may write a data source in tasks.',
  run: 'Who may run statements on a data source; production accounts cannot.',
};

/** Everything in lower camel case that has no line of its own, and is not what every resource has. */
const OTHERS = `^(?!(${[...Object.keys(OPERATIONS), 'lifecycle', 'renamedFrom'].join('|')})$)[a-z][A-Za-z]*$`;

export const resourceGrants: Kind = {
  collection: 'resourceGrants',
  keyParts: ['sort', 'resource'],
  noun: 'list of resource grants',
  edition: 'agile',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'Grants on a resource',
    description: 'Who may do what on a data source, a table or a field, by operation.',
    additionalProperties: false,
    properties: Object.fromEntries(Object.entries(OPERATIONS).map(([operation, words]) => [operation, allowed(words)])),
    // Tables have more operations than are public: the service's word in lower camel case.
    patternProperties: { [OTHERS]: allowed('Who has another operation of tables.') },
  },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: false,
  attached: true,
  fields: [
    { path: '/*/*', rule: 'update', omits: ['reason'], calls: ['GrantResourcePermission', 'RevokeResourcePermission'] },
    { path: '/*/*/reason', rule: 'option', why: 'sent with a grant and never compared' },
  ],
  calls: { create: ['GrantResourcePermission'], delete: ['RevokeResourcePermission'] },
  // BEHAVIOUR 3.11: lists of resources of one type, for the same accounts.
  shared: ['GrantResourcePermission', 'RevokeResourcePermission'],
  example: {
    tables: { 'finance.orders': { select: ['userGroups/finance_analysts', { who: 'bob@example.com', until: '2027-12-31' }] } },
  },
  namesFrom: ['dataSources', 'userGroups', 'projects'],
  meansBy: ['computeSources'],

  normalise: (raw, context) => {
    const [sort = ''] = context.key;
    if (!isSort(sort)) {
      context.report({
        code: 'NAME_WRONG',
        message: `Grants stand under ${SORT_NAMES.join(', ')}, and "${sort}" is none of these.`,
        hint: 'Write resourceGrants: { tables: { PROJECT.TABLE: { select: […] } } }.',
        at: '',
      });
      return {};
    }
    referToResource(sort, context);
    return Object.fromEntries(Object.keys(raw).map((list) => [list, listOf(raw, list, sort, context)]));
  },

  list: null,
  more: resourceGrantReads,
  readsAsWhole: true,
  each: [],
  coverage: resourceGrantCoverage,
  whenMissing: null,
  names: resourceGrantNames,
  live: liveResourceGrants,
  letStand: () => [],
  deleteGuard: () => null,
  demands: () => [],
  refers: (spec, key) => [
    ...resourceAddresses(key),
    ...Object.keys(spec).flatMap((list) =>
      Object.keys(objectAt(spec, list)).map((element) => granteeAddress(element.split(' ')[0] ?? '')),
    ),
  ],
  holds: () => [],
  access: ACCESS.resourceGrants,
  steps: resourceGrantSteps,
  passages: resourceGrantPassages,
  leads: resourceGrantLeads,
  manual: () => [],
};

/** What a key names must be there: a data source, the project of a table. Fields have ids only. */
const referToResource = (sort: Sort, { key: [, name = ''], tenant, reference, report }: NormaliseContext): void => {
  if (sort === 'dataSources') reference('dataSources', name, '');
  else if (sort === 'fields') {
    if (!/^id:\S+$/.test(name))
      report({
        code: 'NAME_WRONG',
        message: `"${name}" is no field: fields are named by their ids, which the console shows.`,
        hint: 'Write "id:1234567".',
        at: '',
      });
  } else {
    const parsed = parseTable(name, tenant);
    if ('error' in parsed) report({ code: 'NAME_WRONG', ...parsed.error, at: '' });
    else if ('project' in parsed) {
      const [project = '', otherwise] = projectsOf(parsed.project);
      reference('projects', project, '', otherwise);
    }
  }
};

const resourceAddresses = ([sort = '', name = '']: readonly string[]): readonly string[] => {
  if (sort === 'dataSources') return [addressOf('dataSources', name)];
  const parsed = sort === 'tables' ? parseTable(name, '') : null;
  return parsed && 'project' in parsed ? projectsOf(parsed.project).map((project) => addressOf('projects', project)) : [];
};

const typeIn = (written: Json, sort: Sort): string => (isObject(written) && textOf(written['type'])) || SORTS[sort].types[0];

/** One operation's list: elements by principal, and by type where entries name another than the usual one. */
const listOf = (raw: JsonObject, list: string, sort: Sort, context: NormaliseContext): JsonObject => {
  const { noun, types, operations, hasOthers } = SORTS[sort];
  const at = pointerOf(list);
  if (!operations.includes(list)) tellOperation(list, sort, context);
  const entries = Array.isArray(raw[list]) ? (raw[list] as readonly Json[]) : [];
  const found: Record<string, JsonObject> = {};
  const named = [...new Set(entries.map((entry) => typeIn(entry, sort)))];
  for (const type of named.length > 0 ? named : [types[0]]) {
    const place = (principal: string): string => pointerOf(list, elementKey(spelled(principal), type, sort));
    for (const entry of context.principals(at, place, ['userGroups', 'projects'], (one) => typeIn(one, sort) === type)) {
      const placeOfEntry = pointerOf(list, String(entries.indexOf(entry.written)));
      if (!types.includes(type))
        context.report({
          code: 'VALUE_WRONG',
          message: `A ${noun} is not of the type ${type}.`,
          hint: types.length === 1 ? 'Take the type out.' : `One of ${types.join(', ')}.`,
          at: placeOfEntry,
        });
      if (list === 'run' && entry.sort === 'projects')
        context.report({
          code: 'PRINCIPAL_UNSUPPORTED',
          message: `"${entry.principal}" cannot be allowed to run: the service refuses it to production accounts.`,
          hint: 'Name people or groups, or grant syncRead and syncWrite.',
          at: placeOfEntry,
        });
      found[elementKey(spelled(entry.principal), type, sort)] = {
        ...withUntil(entry.until),
        ...(entry.reason === null ? {} : { reason: entry.reason }),
      };
    }
  }
  if (!hasOthers && !operations.includes(list)) return {};
  return found;
};

const tellOperation = (list: string, sort: Sort, { report, warn }: NormaliseContext): void => {
  const { noun, operations, hasOthers } = SORTS[sort];
  const known = operations.join(', ');
  if (hasOthers)
    warn({
      code: 'VALUE_WRONG',
      message: `"${list}" is no operation of tables that the service is known to have; it is passed through as ${operationOf(list)}.`,
      hint: `Known are ${known}. Check the first apply of it.`,
      at: pointerOf(list),
    });
  else
    report({
      code: 'KEY_UNKNOWN',
      message: `A ${noun} has no operation "${list}".`,
      hint: `There ${operations.length === 1 ? 'is' : 'are'} ${known}.`,
      at: pointerOf(list),
    });
};
