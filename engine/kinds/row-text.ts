/** Conditions of row permissions as a person reads them. Equal texts mean equal rows of one table. */
import { canonical, textOf } from '../core/json.ts';
import type { Json } from '../core/ports.ts';
import type { Condition } from './row-rules.ts';

const PLAIN = /^[\p{L}\p{N}_.%*-]+$/u;
const quoted = (value: unknown): string => (PLAIN.test(textOf(value)) ? textOf(value) : JSON.stringify(textOf(value)));
const list = (values: Json | undefined): string => (Array.isArray(values) ? values.map(quoted).join(', ') : '');

/**
 * `region_name in (east, north) and (level = a or level like b%)`
 *
 * @param condition in normal form
 * @param columns   the table's column behind each control field; one without is shown by its own name in brackets
 */
export const conditionText = (condition: Condition, columns: ReadonlyMap<string, string>): string => {
  const related = (conditions: Json, word: 'and' | 'or'): string =>
    (conditions as readonly Condition[])
      .map((one) => {
        const text = conditionText(one, columns);
        return 'all' in one || 'any' in one ? `(${text})` : text;
      })
      .sort()
      .join(` ${word} `);
  if (Array.isArray(condition['all'])) return related(condition['all'], 'and');
  if (Array.isArray(condition['any'])) return related(condition['any'], 'or');
  if (typeof condition['column'] !== 'string') return canonical(condition);
  const bound = columns.get(condition['column']);
  const column = bound === undefined ? `[${condition['column']}]` : quoted(bound);
  if (condition['equal'] !== undefined) return `${column} = ${quoted(condition['equal'])}`;
  if (condition['in'] !== undefined) return `${column} in (${list(condition['in'])})`;
  if (condition['like'] !== undefined) return `${column} like ${quoted(condition['like'])}`;
  return `${column} ${quoted(condition['operator'])} (${list(condition['values'])})`;
};
