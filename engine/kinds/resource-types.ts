/** What permissions are granted on: sorts of resources, their types and operations (BEHAVIOUR 3.11). */
import type { Names } from '../core/kind.ts';
import { ENGINES, parseTable, projectsOf, TABLES, tableGuid, tableName, USUAL_ENGINE } from './tables.ts';

export type Sort = 'dataSources' | 'tables' | 'fields';
export type Tab = 'TABLE' | 'DATASOURCE';

type SortFacts = {
  readonly noun: string;
  readonly tab: Tab;
  /** The first one is meant where an entry says nothing. */
  readonly types: readonly [string, ...string[]];
  /** Operations that are known; null: there are others (BEHAVIOUR 3.11). */
  readonly operations: readonly string[];
  readonly hasOthers: boolean;
};

export const SORTS: Readonly<Record<Sort, SortFacts>> = {
  dataSources: {
    noun: 'data source',
    tab: 'DATASOURCE',
    types: ['DATASOURCE'],
    operations: ['syncRead', 'syncWrite', 'run'],
    hasOthers: false,
  },
  tables: {
    noun: 'table',
    tab: 'TABLE',
    types: [
      'PHYSICAL_TABLE',
      'LOGICAL_TABLE',
      'LABEL_TABLE',
      'REALTIME_LOGICAL_TABLE',
      'REALTIME_MIRROR_TABLE',
      'PHYSICAL_VIEW',
      'LOGICAL_VIEW',
      'PHYSICAL_MATERIALIZED_VIEW',
    ],
    operations: ['select', 'alter', 'update', 'delete'],
    hasOthers: true,
  },
  fields: {
    noun: 'field',
    tab: 'TABLE',
    types: ['PHYSICAL_FIELD', 'LOGICAL_FIELD', 'LABEL_FIELD', 'REALTIME_LOGICAL_FIELD', 'REALTIME_MIRROR_FIELD'],
    operations: ['select'],
    hasOthers: false,
  },
};
export const SORT_NAMES = Object.keys(SORTS) as readonly Sort[];
export const isSort = (text: string): text is Sort => Object.hasOwn(SORTS, text);
/** The sort of a resource type; undefined for types that hold no table, field or data source. */
export const sortOfType = (type: string): Sort | undefined => SORT_NAMES.find((sort) => SORTS[sort].types.includes(type));

/** `SYNC_READ` of `syncRead`, and back. */
export const operationOf = (written: string): string => written.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
export const writtenOf = (operation: string): string =>
  operation.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/**
 * What an element of a list is told apart by: the principal, and the type of the resource where it is not the usual one of
 * the sort. Account names and addresses hold no blanks.
 */
export const elementKey = (principal: string, type: string, sort: Sort): string =>
  type === SORTS[sort].types[0] ? principal : `${principal} ${type}`;
export const elementOf = (key: string, sort: Sort): { readonly principal: string; readonly type: string } => {
  const [principal = '', type = SORTS[sort].types[0]] = key.split(' ');
  return { principal, type };
};

/**
 * The service's id of the resource behind a key: of data sources the production half's, of tables the GUID with the engine
 * of their project, of fields what is written. Null for a data source that is not live.
 */
export const resourceIdOf = ([sort = '', name = '']: readonly string[], names: Names, tenant: string): string | null => {
  if (sort === 'dataSources') return names.id('dataSources', name);
  if (sort === 'fields') return name.replace(/^id:/, '');
  const parsed = parseTable(name, tenant);
  if ('error' in parsed) return null;
  if ('guid' in parsed) return parsed.guid;
  const engine = parsed.engine ?? projectsOf(parsed.project).flatMap((project) => names.id(ENGINES, project) ?? [])[0];
  const known = parsed.engine === null ? names.id(TABLES, name) : null;
  return known ?? tableGuid({ ...parsed, engine: engine ?? USUAL_ENGINE }, tenant);
};

/** What plans call a resource that no file declares. */
export const resourceName = (sort: Sort, id: string, shown: string, names: Names, tenant: string): string => {
  if (sort === 'dataSources') return names.name('dataSources', id) ?? (shown || `id:${id}`);
  return sort === 'tables' ? tableName(id, tenant) : `id:${id}`;
};
