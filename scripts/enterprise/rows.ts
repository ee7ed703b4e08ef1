/** rows.yaml of a domain: which rows of its tables who sees. */
import type { Json } from '../../engine/core/ports.ts';
import { type Company, ending, FOUND, numbered, tablesOf, type Unit, workersOf } from './company.ts';
import type { Draft } from './documents.ts';
import { isActive } from './people.ts';
import { folderOf } from './projects.ts';
import type { Random } from './random.ts';
import { COLUMN_VALUES, COLUMNS, ENDS, REASONS, type Word } from './words.ts';

export const writeRows = (company: Company, draft: Draft, random: Random): void => {
  for (const unit of company.domains) {
    const path = `${folderOf(unit)}/rows.yaml`;
    draft.begin(path, `${unit.name}的行级权限。\nRow permissions of ${unit.key}: who sees which rows of its tables.`);
    permissionsOf(unit).forEach(({ key, name }, at) => {
      draft.put(path, ['rowPermissions', key], rowPermission(unit, name, at, random));
    });
  }
};

const FILTERS: readonly Word[] = COLUMNS.map(({ key, name }) => ({ key: `_by_${key}`, name: `按${name}过滤` }));
const permissionsOf = (unit: Unit): readonly Word[] => numbered(FILTERS, unit.counts.rowPermissions, unit);

const rowPermission = (unit: Unit, name: string, at: number, random: Random): Json => {
  const first = COLUMNS[at % COLUMNS.length] as Word;
  const second = COLUMNS[(at + 1 + random.below(COLUMNS.length - 1)) % COLUMNS.length] as Word;
  const columns = random.chance(45) && second.key !== first.key ? [first, second] : [first];
  return {
    description: name,
    columns: Object.fromEntries(columns.map((column) => [column.key, { type: 'STRING', description: column.name }])),
    rules: rulesOf(unit, columns, random),
    tables: tables(unit, at, random).map((table) => ({
      table,
      bind: Object.fromEntries(columns.map(({ key }) => [key, random.chance(70) ? key : `${key}_name`])),
    })),
    ...(at > 0 && at === unit.counts.rowPermissions - 1 ? { lifecycle: { allow: ['delete'] } } : {}),
  };
};

const tables = (unit: Unit, at: number, random: Random): readonly string[] => {
  const own = tablesOf(unit).map(({ table }) => table);
  const shared = FOUND.tables.map((table) => `${FOUND.project}.${table}`);
  if (own.length === 0 || at % 7 === 6) return [random.pick(shared)];
  return random.shuffled(own).slice(0, 1 + random.below(2));
};

const rulesOf = (unit: Unit, columns: readonly Word[], random: Random): Json => {
  const [first] = columns as readonly [Word, ...Word[]];
  const values = random.shuffled(COLUMN_VALUES[first.key] ?? []);
  const split = values.slice(0, 1 + random.below(2));
  const byValue = split.map((value, at): readonly [string, Json] => [
    value,
    { where: condition(columns, values.slice(at, at + 1 + random.below(2)), random), grant: grantees(unit, random) },
  ]);
  return {
    ...Object.fromEntries(byValue),
    everything: { scope: 'all', grant: [`projects/${FOUND.project}`, unit.lead] },
  };
};

/** Every shape of the rule language in turn: one test, all of several, any of several, a column named aside. */
const condition = (columns: readonly Word[], values: readonly string[], random: Random): Json => {
  const [first, second] = columns as readonly [Word, Word?];
  const test: Json = values.length === 1 ? { equal: values[0] as string } : { in: values };
  if (!second)
    return random.chance(70) ? { [first.key]: test } : { any: [{ [first.key]: test }, { column: first.key, like: 'hq%' }] };
  const others = COLUMN_VALUES[second.key] ?? [];
  const other: Json = { [second.key]: { in: random.shuffled(others).slice(0, 2) } };
  if (random.chance(40)) return { all: [{ [first.key]: test }, { any: [other, { column: second.key, like: 'x%' }] }] };
  return { [first.key]: test, ...(other as object) };
};

/** A group, and now and then a production account or somebody for a time. */
export const grantees = (unit: Unit, random: Random): readonly Json[] => {
  const groups = unit.groups.filter((_, at) => isActive(at)).map(({ key }) => `userGroups/${key}`);
  const projects = unit.projects.filter(({ isClosing }) => !isClosing).map(({ key }) => `projects/${key}`);
  const workers = workersOf(unit);
  return [
    random.pick([...groups, `userGroups/${FOUND.userGroup}`]),
    ...(projects.length > 0 && random.chance(35) ? [random.pick(projects)] : []),
    ...(workers.length > 0 && random.chance(35) ? [ending(random.pick(workers), random.pick(ENDS), random.pick(REASONS))] : []),
  ];
};
