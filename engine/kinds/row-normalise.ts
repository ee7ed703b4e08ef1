/** What is written of a row permission, brought into its normal form, and what in a normal form does not fit together. */
import { nearest } from '../core/diagnostic.ts';
import { isObject, pointerOf, textOf } from '../core/json.ts';
import { type Demand, type NormaliseContext, objectAt } from '../core/kind.ts';
import type { Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { bindingKey, bindingOf, columnType, principalName } from './row-commands.ts';
import { type Condition, columnsIn, parseCondition } from './row-rules.ts';
import { MOST } from './row-schema.ts';
import { parseTable, projectsOf } from './tables.ts';

const length = (text: string): number => [...text].length;

/**
 * The normal form:
 *
 *   { description, columns: { NAME: { type, description } }, rules: { NAME: { scope, enabled, where, grant: { PRINCIPAL: true } } },
 *     tables: { 'TABLE CONTROLFIELD': { column, extra, engine } } }
 */
export const normaliseRowPermission = (raw: JsonObject, context: NormaliseContext): JsonObject => {
  const [name = ''] = context.key;
  if (length(name) > MOST.name) context.report(tooLong('row permission', ''));
  const asked: Asked[] = [];
  const spec: Record<string, Json> = {};
  if (raw['description'] !== undefined) spec['description'] = textOf(raw['description']);
  if (raw['columns'] !== undefined) spec['columns'] = normaliseColumns(objectAt(raw, 'columns'), context);
  if (raw['rules'] !== undefined) spec['rules'] = normaliseRules(objectAt(raw, 'rules'), asked, context);
  const bound = Array.isArray(raw['tables']) ? normaliseTables(raw['tables'] as readonly JsonObject[], context) : null;
  if (bound !== null) spec['tables'] = bound.tables;
  for (const { at, ...words } of misfits(spec)) context.report({ ...words, at: placeOf(at, asked, bound?.places ?? {}) });
  return spec;
};

const tooMany = (what: string, most: number, hint: string, at: Pointer) => ({
  code: 'LIMIT_EXCEEDED' as const,
  message: `A row permission has at most ${most} ${what}.`,
  hint,
  at,
});
const tooLong = (what: string, at: Pointer) => ({
  code: 'NAME_WRONG' as const,
  message: `The name of a ${what} has at most ${MOST.name} characters.`,
  hint: 'Choose a shorter name.',
  at,
});

const normaliseColumns = (columns: JsonObject, { report }: NormaliseContext): JsonObject => {
  if (Object.keys(columns).length > MOST.columns)
    report(tooMany('control fields', MOST.columns, 'Take out what no rule asks for.', '/columns'));
  for (const name of Object.keys(columns))
    if (length(name) > MOST.name) report(tooLong('control field', pointerOf('columns', name)));
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      { type: columnType((column as JsonObject)['type']), description: textOf((column as JsonObject)['description']) },
    ]),
  );
};

/** A control field that a rule asks for, and where. */
type Asked = { readonly rule: string; readonly column: string; readonly at: Pointer };

const normaliseRules = (rules: JsonObject, asked: Asked[], context: NormaliseContext): JsonObject => {
  const names = Object.keys(rules);
  if (names.length > MOST.rules)
    context.report(tooMany('rules', MOST.rules, 'Put some of them into another row permission.', '/rules'));
  return Object.fromEntries(names.map((name) => [name, normaliseRule(name, objectAt(rules, name), asked, context)]));
};

const normaliseRule = (name: string, rule: JsonObject, asked: Asked[], context: NormaliseContext): JsonObject => {
  const { report, warn, principals } = context;
  const at = pointerOf('rules', name);
  if (length(name) > MOST.name) report(tooLong('rule', at));
  const scope = rule['scope'] === undefined ? 'select' : textOf(rule['scope']);
  const written = rule['where'];
  if (scope === 'all' && written !== undefined)
    report({
      code: 'VALUE_WRONG',
      message: `The rule "${name}" is for all rows and has a condition.`,
      hint: 'Take one of scope: all and where out.',
      at: `${at}/where`,
    });
  if (scope === 'select' && written === undefined)
    report({
      code: 'KEY_MISSING',
      message: `The rule "${name}" needs a condition.`,
      hint: 'Write where: { COLUMN: { equal: TEXT } }, or scope: all.',
      at,
    });
  const names = (column: string, place: Pointer): void => void asked.push({ rule: name, column, at: place });
  const where = written === undefined ? null : parseCondition(written, `${at}/where`, { report, warn, names });
  const grant = principals(`${at}/grant`, (principal) => pointerOf('rules', name, 'grant', principalName(principal)), [
    'userGroups',
    'projects',
  ]);
  return {
    scope,
    enabled: rule['enabled'] !== false,
    ...(where === null ? {} : { where }),
    ...(rule['grant'] === undefined
      ? {}
      : { grant: Object.fromEntries(grant.map(({ principal }) => [principalName(principal), true])) }),
  };
};

type Bound = {
  readonly tables: JsonObject /** Where each table binds its columns, by its name. */;
  readonly places: Readonly<Record<string, Pointer>>;
};

const normaliseTables = (entries: readonly JsonObject[], { report, reference, tenant }: NormaliseContext): Bound => {
  const tables: Record<string, Json> = {};
  const places: Record<string, Pointer> = {};
  entries.forEach((entry, index) => {
    const at = pointerOf('tables', String(index));
    const text = textOf(entry['table']);
    const parsed = parseTable(text, tenant);
    if ('error' in parsed) {
      report({ code: 'VALUE_WRONG', ...parsed.error, at: `${at}/table` });
      return;
    }
    const isGuid = 'guid' in parsed;
    const table = isGuid ? parsed.guid : `${parsed.project}.${parsed.table}`;
    if (!isGuid) {
      const [project = '', otherwise] = projectsOf(parsed.project);
      reference('projects', project, `${at}/table`, otherwise);
    }
    if (Object.hasOwn(places, table))
      report({
        code: 'KEY_DUPLICATE',
        message: `"${table}" is bound twice.`,
        hint: 'Put both into one bind: { … }.',
        at: `${at}/table`,
      });
    places[table] = `${at}/bind`;
    for (const [column, from] of Object.entries(objectAt(entry, 'bind')))
      tables[bindingKey(table, column)] = {
        column: textOf(from),
        ...(isGuid || parsed.engine === null ? {} : { engine: parsed.engine }),
        ...(isObject(entry['extra']) ? { extra: entry['extra'] } : {}),
      };
  });
  return { tables, places };
};

// ---- what must fit together -----------------------------------------------------------------------------------------

export type Misfit = Omit<Demand, 'at'> & {
  /** Paths in the normal form, the one to mend first. */
  readonly at: readonly (readonly string[])[];
};

/** Rules and tables that name a control field which is not there, and tables that do not feed one which a rule asks for. */
export const misfits = (spec: JsonObject | null): readonly Misfit[] => {
  const columns = spec?.['columns'] === undefined ? null : Object.keys(objectAt(spec, 'columns'));
  const bindings = Object.keys(objectAt(spec, 'tables')).map((key) => ({ key, ...bindingOf(key) }));
  const tables = [...new Set(bindings.map(({ table }) => table))];
  const bound = new Set(bindings.map(({ key }) => key));
  const asked = Object.entries(objectAt(spec, 'rules')).flatMap(([rule, value]) =>
    columnsIn(((value as JsonObject)['where'] ?? {}) as Condition).map((column) => ({ rule, column })),
  );
  const unknown = (who: string, column: string, at: readonly (readonly string[])[]): readonly Misfit[] => {
    if (columns === null || columns.includes(column)) return [];
    const near = nearest(column, columns);
    const hint = near === null ? `Declare it under columns: { ${column}: { type: STRING } }.` : `Did you mean "${near}"?`;
    return [
      {
        code: 'REFERENCE_UNKNOWN',
        message: `${who} names "${column}", which is no control field of the row permission.`,
        hint,
        at,
      },
    ];
  };
  return [
    ...asked.flatMap(({ rule, column }) => unknown(`The rule "${rule}"`, column, [['rules', rule, column], ['columns']])),
    ...bindings.flatMap(({ key, table, column }) => unknown(`The table "${table}"`, column, [['tables', key], ['columns']])),
    ...asked.flatMap(({ rule, column }) =>
      tables
        .filter((table) => columns?.includes(column) !== false && !bound.has(bindingKey(table, column)))
        .map(
          (table): Misfit => ({
            code: 'KEY_MISSING',
            message: `The table "${table}" binds no column to "${column}", which the rule "${rule}" asks for.`,
            hint: `bind: { ${column}: COLUMN }`,
            at: [
              ['tables', bindingKey(table, '')],
              ['rules', rule, column],
            ],
          }),
        ),
    ),
  ];
};

/** Where the files say what does not fit. */
const placeOf = (at: Misfit['at'], asked: readonly Asked[], tables: Readonly<Record<string, Pointer>>): Pointer => {
  const [[list = '', name = '', column = ''] = []] = at;
  if (list === 'rules') return asked.find((one) => one.rule === name && one.column === column)?.at ?? pointerOf('rules', name);
  const binding = bindingOf(name);
  const place = tables[binding.table] ?? '/tables';
  return binding.column === '' ? place : place + pointerOf(binding.column);
};
