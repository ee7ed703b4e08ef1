/** The conditions of row-level rules: trees of relations and comparisons (BEHAVIOUR 3.7). */
import { expected, lowerFirst } from '../arguments.ts';
import { isObject, type Json } from '../json.ts';
import { badRequest, missingArgument, refuse } from '../refusal.ts';
import type { Expression } from '../worlds/row-permissions.ts';

/** `AND` is assumed; the constants behind the console's other comparisons are not public and refused. */
const OPERATORS = { RELATION: ['AND', 'OR'], EXPRESSION: ['EQUAL', 'IN', 'LIKE'] } as const;
const ONE_VALUE: readonly string[] = ['EQUAL', 'LIKE'];

/** An enum value that the service does not have, in the words of its parser. */
export const noConstant = (type: string, value: string): never =>
  badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.${type}.${value}`);
const invalid = (message: string): never => refuse('DPN.RowPermission.Invalid', message);

/**
 * The tree of one rule, with the fields of the official client only: those of the richer shape (`Parent`, `ColumnId`)
 * are tolerated and ignored.
 *
 * Below the roots the client leaves the nodes untyped, so they are read here and not with the other arguments.
 *
 * @param columns the permission's control fields
 * @throws Refusal for a node without type or operator, with an unknown one, or with a column that is no control field
 */
export const readExpressions = (nodes: readonly unknown[], columns: ReadonlySet<string>, path: string): readonly Expression[] =>
  nodes.map((node, at) => readNode(node, columns, `${path}[${at}]`));

const readNode = (node: unknown, columns: ReadonlySet<string>, path: string): Expression => {
  if (!isObject(node)) return expected('BEGIN_OBJECT', node as Json, path);
  const type = textOf(node, 'Type', path) ?? missingArgument('Type');
  const operator = textOf(node, 'Operator', path) ?? missingArgument('Operator');
  const below = listOf(node, 'SubConditions', path) ?? missingArgument('SubConditions');
  const subConditions = readExpressions(below, columns, `${path}.subConditions`);
  if (type !== 'RELATION' && type !== 'EXPRESSION') return noConstant('ExpressionTypeEnum', type);
  if (!(OPERATORS[type] as readonly string[]).includes(operator)) noConstant('OperatorEnum', operator);
  const named = textOf(node, 'MappingColumnName', path);
  const values = (listOf(node, 'Values', path) ?? []).map((value, at) => scalar(value, `${path}.values[${at}]`));
  if (type === 'RELATION') {
    if (subConditions.length === 0) invalid(`the ${operator} at ${path} relates nothing`);
    return { Type: type, Operator: operator, MappingColumnName: named ?? '', SubConditions: subConditions, Values: values };
  }
  const column = named ?? missingArgument('MappingColumnName');
  if (!columns.has(column)) invalid(`the condition at ${path} names "${column}", which is no control field`);
  if (subConditions.length > 0) invalid(`the ${operator} at ${path} has conditions below it`);
  // How many values a comparison takes is not public (assumed).
  if (values.length === 0 || (ONE_VALUE.includes(operator) && values.length > 1))
    invalid(`the ${operator} at ${path} takes ${ONE_VALUE.includes(operator) ? 'one value' : 'one value or more'}`);
  return { Type: type, Operator: operator, MappingColumnName: column, SubConditions: [], Values: values };
};

const listOf = (node: { readonly [key: string]: unknown }, name: string, path: string): readonly unknown[] | undefined => {
  const value = Object.hasOwn(node, name) ? node[name] : undefined;
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? value : expected('BEGIN_ARRAY', value as Json, `${path}.${lowerFirst(name)}`);
};
const textOf = (node: { readonly [key: string]: unknown }, name: string, path: string): string | undefined => {
  const value = Object.hasOwn(node, name) ? node[name] : undefined;
  return value === undefined || value === null ? undefined : scalar(value, `${path}.${lowerFirst(name)}`);
};
const scalar = (value: unknown, path: string): string =>
  typeof value === 'object' ? expected('STRING', value as Json, path) : String(value);

/** The control fields that the conditions of a tree name. */
export const columnsOf = (nodes: readonly Expression[]): readonly string[] =>
  nodes.flatMap((node) => (node.Type === 'RELATION' ? columnsOf(node.SubConditions) : [node.MappingColumnName]));

export type Shown = {
  readonly MappingColumnName?: string;
  readonly Operator: string;
  readonly SubConditions: readonly Shown[];
  readonly Type: string;
  readonly Values?: readonly string[];
};

/** The tree as reads show it: what a relation was not given is left out. */
export const showExpressions = (nodes: readonly Expression[]): readonly Shown[] =>
  nodes.map((node) => ({
    ...(node.Type === 'RELATION' && node.MappingColumnName === '' ? {} : { MappingColumnName: node.MappingColumnName }),
    Operator: node.Operator,
    SubConditions: showExpressions(node.SubConditions),
    Type: node.Type,
    ...(node.Type === 'RELATION' && node.Values.length === 0 ? {} : { Values: node.Values }),
  }));
