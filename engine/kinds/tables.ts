/** Physical tables as files and GUIDs name them (BEHAVIOUR 3.7, 3.11; RESOURCES 4). */

/** A table of a project; `engine` is null where only the short form was written. */
export type ProjectTable = { readonly project: string; readonly table: string; readonly engine: string | null };
export type ParsedTable =
  | ProjectTable
  /** A GUID of a form that is not known: it is sent as it is. */
  | { readonly guid: string }
  | { readonly error: { readonly message: string; readonly hint: string } };

/** Engines whose GUIDs are `ENGINE.TENANT.PROJECT.TABLE`. */
const KNOWN_ENGINES: readonly string[] = ['odps', 'hadoop'];
/** What a tenant computes with unless something says otherwise: MaxCompute. */
export const USUAL_ENGINE = 'odps';
/**
 * The engine of what a compute source's type computes with; null where the type says nothing of it: types beside
 * MAX_COMPUTE are not public (BEHAVIOUR 3.6), and real-time ones have no physical tables.
 */
export const engineOf = (type: string): string | null =>
  /^max_?compute$/i.test(type) ? 'odps' : /hadoop|hive|cdh|cdp|emr|fusion/i.test(type) ? 'hadoop' : null;
/** Names that lists tell beside their own: GUIDs of tables by what files call them, engines by project. */
export const TABLES = 'tables';
export const ENGINES = 'engines';
const FORM = 'Write PROJECT.TABLE, such as finance.orders, or the full GUID: odps.TENANT.PROJECT.TABLE.';

/**
 * A table as written: `project.table`, or a GUID of this tenant.
 *
 * @param tenant the environment's tenant; empty where it is not known, and then nobody's GUID is refused
 * @returns the table, the GUID as it is, or what is wrong with it
 */
export const parseTable = (text: string, tenant: string): ParsedTable => {
  const [first = '', second = '', ...rest] = text.split('.');
  const parts = [first, second, ...rest];
  if (parts.some((part) => part === '' || /\s/.test(part)))
    return { error: { message: `"${text}" is no table's name.`, hint: FORM } };
  if (rest.length === 0) return { project: first, table: second, engine: null };
  if (!/^\d+$/.test(second)) return { error: { message: `"${text}" is no table's name.`, hint: FORM } };
  if (tenant !== '' && second !== tenant)
    return {
      error: {
        message: `"${text}" is a table of tenant ${second}, and this environment is tenant ${tenant}.`,
        hint: 'Write PROJECT.TABLE: it is expanded with the tenant of each environment.',
      },
    };
  const [project = '', table, ...more] = rest;
  return KNOWN_ENGINES.includes(first) && table !== undefined && more.length === 0
    ? { project, table, engine: first }
    : { guid: text };
};

/** What the files and plans call a table: `project.table`, or a GUID of another form or tenant as it is. */
export const tableName = (guid: string, tenant: string): string => {
  const parsed = parseTable(guid, tenant);
  return 'project' in parsed ? `${parsed.project}.${parsed.table}` : guid;
};

/** `odps.300001413.finance.orders`. */
export const tableGuid = ({ project, table, engine }: ProjectTable, tenant: string): string =>
  [engine ?? USUAL_ENGINE, tenant, project, table].join('.');

/**
 * Projects that the first part of a short form may mean, the likeliest first: tables under development belong to the
 * half `NAME_dev` of the project NAME (BEHAVIOUR 3.3).
 */
export const projectsOf = (project: string): readonly string[] =>
  /._dev$/.test(project) ? [project, project.slice(0, -'_dev'.length)] : [project];
