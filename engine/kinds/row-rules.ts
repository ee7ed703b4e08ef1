/**
 * The rule language (RESOURCES 4), its normal form, and the service's expression trees (BEHAVIOUR 3.7).
 *
 *   written       { all: [c…] } | { any: [c…] } | { COLUMN: test, … } | { column: COLUMN, …test }
 *   test          equal: text | in: [text…] | like: text | operator: NAME, values: [text…]
 *   normal form   { all: [n…] } | { any: [n…] } | { column, equal | in | like | operator and values } | { asIs }
 *   service       RELATION nodes (AND, OR) over EXPRESSION leaves
 */
import { nearest } from '../core/diagnostic.ts';
import { canonical, isObject, pointerOf, textOf } from '../core/json.ts';
import type { NormaliseContext } from '../core/kind.ts';
import type { Pointer } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';

/** A condition in normal form: equal conditions have equal text. */
export type Condition = JsonObject;
export type Telling = Pick<NormaliseContext, 'report' | 'warn'> & {
  /** Hears of every control field that a condition names, and where. */
  readonly names: (column: string, at: Pointer) => void;
};

const RELATIONS = { all: 'AND', any: 'OR' } as const;
type Word = keyof typeof RELATIONS;
const WORDS: readonly Word[] = ['all', 'any'];
/** Tests of one value, and the operator of the service; `in` takes several. */
const SINGLE: Readonly<Record<string, string>> = { equal: 'EQUAL', like: 'LIKE' };
const TESTS: readonly string[] = ['equal', 'in', 'like', 'operator'];
const TEST_KEYS: readonly string[] = [...TESTS, 'values'];
const HINT = 'Write equal: TEXT, in: [TEXT, …], like: TEXT, or operator: NAME with values: [TEXT, …].';

// ---- written -> normal form -----------------------------------------------------------------------------------------

/**
 * The normal form of a written condition; null where something in it is wrong, which has then been told with its place.
 *
 * @param at pointer of the condition in the resource as written
 */
export const parseCondition = (raw: Json, at: Pointer, tell: Telling): Condition | null => {
  if (!isObject(raw))
    return wrong(tell, at, 'A condition must be a map.', 'Write { COLUMN: { equal: TEXT } }, all: […] or any: […].');
  const keys = Object.keys(raw);
  const [key = ''] = keys;
  if (keys.length === 0) return wrong(tell, at, 'A condition may not be empty.', HINT);
  const word = WORDS.find((one) => Array.isArray(raw[one]));
  if (word !== undefined) {
    const other = keys.find((one) => one !== word);
    return other === undefined
      ? parseRelation(word, raw[word] as readonly Json[], at + pointerOf(word), tell)
      : wrong(
          tell,
          at + pointerOf(other),
          `"${word}" stands alone in a condition.`,
          `Put the rest into its list: ${word}: [ …, { ${other}: … } ].`,
        );
  }
  if (typeof raw['column'] === 'string') {
    const { column, ...test } = raw;
    return parseTest(textOf(column), test, at, tell);
  }
  const tests = keys.map((column) => {
    const test = raw[column] as Json;
    const place = at + pointerOf(column);
    if (isObject(test)) return parseTest(column, test, place, tell);
    return TEST_KEYS.includes(key)
      ? wrong(
          tell,
          place,
          `A test needs the control field that it is about.`,
          'Write { COLUMN: { … } }, or column: COLUMN beside it.',
        )
      : wrong(tell, place, `The test of "${column}" must be a map.`, HINT);
  });
  return tests.some((one) => one === null) ? null : related('all', tests as readonly Condition[]);
};

const wrong = (
  { report }: Telling,
  at: Pointer,
  message: string,
  hint: string,
  code: 'VALUE_WRONG' | 'KEY_UNKNOWN' = 'VALUE_WRONG',
): null => {
  report({ code, message, hint, at });
  return null;
};

const parseRelation = (word: Word, list: readonly Json[], at: Pointer, tell: Telling): Condition | null => {
  if (list.length === 0)
    return wrong(tell, at, `"${word}" needs at least one condition.`, 'A rule for all rows is written scope: all.');
  const found = list.map((one, index) => parseCondition(one, at + pointerOf(String(index)), tell));
  return found.some((one) => one === null) ? null : related(word, found as readonly Condition[]);
};

const parseTest = (column: string, test: JsonObject, at: Pointer, tell: Telling): Condition | null => {
  if (column === '') return wrong(tell, at, 'A test needs the control field that it is about.', HINT);
  const unknown = Object.keys(test).find((key) => !TEST_KEYS.includes(key));
  if (unknown !== undefined) {
    const near = nearest(unknown, TEST_KEYS);
    return wrong(
      tell,
      at + pointerOf(unknown),
      `A test has no key "${unknown}".`,
      near === null ? HINT : `Did you mean "${near}"?`,
      'KEY_UNKNOWN',
    );
  }
  tell.names(column, at);
  const [word = '', ...more] = TESTS.filter((one) => test[one] !== undefined);
  if (word === '' || more.length > 0)
    return wrong(tell, at, `"${column}" needs one test, and has ${word === '' ? 'none' : 'several'}.`, HINT);
  if (word !== 'operator' && test['values'] !== undefined)
    return wrong(tell, at + pointerOf('values'), '"values" belongs to "operator".', HINT);
  if (word === 'in') return parseIn(column, test['in'] as Json, at + pointerOf('in'), tell);
  const text = test[word] as Json;
  if (typeof text !== 'string' || (word === 'operator' && text === ''))
    return wrong(tell, at + pointerOf(word), `"${word}" must be text.`, HINT);
  return word === 'operator' ? parseOperator(column, text, test['values'] ?? [], at, tell) : { column, [word]: text };
};

const areTexts = (list: Json): list is string[] => Array.isArray(list) && list.every((one) => typeof one === 'string');

const parseIn = (column: string, list: Json, at: Pointer, tell: Telling): Condition | null => {
  if (!areTexts(list)) return wrong(tell, at, '"in" must be a list of texts.', 'Write in: [TEXT, …].');
  return list.length === 0
    ? wrong(tell, at, '"in" needs at least one value: nothing is in an empty list.', 'Name the values, or take the rule out.')
    : inList(column, list);
};
const inList = (column: string, values: readonly string[]): Condition => ({ column, in: [...new Set(values)].sort() });

/** What the language has no word for is sent as it is written; what it has one for is the same test. */
const parseOperator = (column: string, operator: string, values: Json, at: Pointer, tell: Telling): Condition | null => {
  if (!areTexts(values))
    return wrong(tell, at + pointerOf('values'), '"values" must be a list of texts.', 'Write values: [TEXT, …].');
  const leaf = compared(column, operator, values);
  if (leaf['operator'] !== undefined)
    tell.warn({
      code: 'VALUE_WRONG',
      message: `"${operator}" is no operator that the service is known to have; it is passed through as it is written.`,
      hint: `Known are ${Object.keys(SINGLE).join(', ')} and in. Check the first apply of it.`,
      at: at + pointerOf('operator'),
    });
  return leaf;
};

/** A comparison by the service's operator, in the words of the language where it has them. */
const compared = (column: string, operator: string, values: readonly string[]): Condition => {
  const [value = ''] = values;
  const single = Object.keys(SINGLE).find((word) => SINGLE[word] === operator.toUpperCase());
  if (single !== undefined && values.length === 1) return { column, [single]: value };
  // The order of values means something to an operator that nobody here knows.
  return operator.toUpperCase() === 'IN' && values.length > 0 ? inList(column, values) : { column, operator, values };
};

/** One child is the child, the same relation inside is flattened, order and repetition are of no account. */
const related = (word: Word, children: readonly Condition[]): Condition => {
  const flat = children.flatMap((child) => (Array.isArray(child[word]) ? (child[word] as readonly Condition[]) : [child]));
  const byText = new Map(flat.map((child) => [canonical(child), child]));
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, child]) => child);
  const [only] = sorted;
  return sorted.length === 1 && only ? only : { [word]: sorted };
};

// ---- normal form <-> the service's trees ----------------------------------------------------------------------------

/** A node as the service takes it: every field there, empty where it means nothing. */
export type Node = {
  readonly Type: string;
  readonly Operator: string;
  readonly MappingColumnName: string;
  readonly SubConditions: readonly Json[];
  readonly Values: readonly string[];
};

/** `Expressions` of a rule: one root, which is a relation as in every example; a root of one leaf takes the documented OR. */
export const toExpressions = (condition: Condition): readonly Node[] => {
  if (typeof condition['asIs'] === 'string') {
    const nodes = JSON.parse(condition['asIs']) as Node | readonly Node[];
    return Array.isArray(nodes) ? (nodes as readonly Node[]) : [nodes as Node];
  }
  return [WORDS.some((word) => word in condition) ? nodeOf(condition) : relation('OR', [condition])];
};

const relation = (operator: string, children: readonly Condition[]): Node => ({
  Type: 'RELATION',
  Operator: operator,
  MappingColumnName: '',
  SubConditions: children.map((child) => nodeOf(child) as unknown as Json),
  Values: [],
});

const nodeOf = (condition: Condition): Node => {
  const word = WORDS.find((one) => one in condition);
  if (word !== undefined) return relation(RELATIONS[word], condition[word] as readonly Condition[]);
  if (typeof condition['asIs'] === 'string') return JSON.parse(condition['asIs']) as Node;
  const leaf = (Operator: string, Values: readonly string[]): Node => ({
    Type: 'EXPRESSION',
    Operator,
    MappingColumnName: textOf(condition['column']),
    SubConditions: [],
    Values,
  });
  for (const [test, operator] of Object.entries(SINGLE)) if (test in condition) return leaf(operator, [textOf(condition[test])]);
  return 'in' in condition
    ? leaf('IN', condition['in'] as readonly string[])
    : leaf(textOf(condition['operator']), condition['values'] as readonly string[]);
};

/**
 * The normal form of a rule's `Expressions`; null where there are none. What the language cannot say is kept whole as
 * text: `{ asIs: JSON }`.
 */
export const fromExpressions = (nodes: readonly Json[]): Condition | null => {
  if (nodes.length === 0) return null;
  const [root] = nodes;
  return nodes.length === 1 && root !== undefined ? fromNode(root) : { asIs: canonical(nodes) };
};

const fromNode = (node: Json): Condition => {
  const asIs = { asIs: canonical(node) };
  if (!isObject(node)) return asIs;
  const below = (node['SubConditions'] ?? []) as Json;
  const values = (node['Values'] ?? []) as Json;
  const type = textOf(node['Type']);
  const operator = textOf(node['Operator']);
  if (!Array.isArray(below)) return asIs;
  if (type === 'RELATION') {
    const word = WORDS.find((one) => RELATIONS[one] === operator.toUpperCase());
    return word === undefined || below.length === 0 ? asIs : related(word, below.map(fromNode));
  }
  const column = textOf(node['MappingColumnName']);
  return type === 'EXPRESSION' && below.length === 0 && column !== '' && areTexts(values)
    ? compared(column, operator, values)
    : asIs;
};

/** The control fields that a condition names, each once. */
export const columnsIn = (condition: Condition): readonly string[] => {
  if (typeof condition['column'] === 'string') return [condition['column']];
  const children = WORDS.flatMap((word) => (Array.isArray(condition[word]) ? (condition[word] as readonly Condition[]) : []));
  return [...new Set(children.flatMap(columnsIn))];
};
