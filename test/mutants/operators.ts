/** Small bugs by rule, everywhere in a file: what a test of every decision must notice (RELIABILITY 3.4, G30). */
import { parseAst } from 'vitest/node';

/** One small bug: what stands from `start` to `end` is replaced. */
export type SmallBug = { readonly start: number; readonly end: number; readonly to: string; readonly what: string };

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

const SWAPS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '&&=': '||=',
  '||=': '&&=',
  '++': '--',
  '--': '++',
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
};

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** Nodes that are erased but for the expression that they hold. */
const WRAPPERS: ReadonlySet<string> = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']);

const childrenOf = (node: Node): readonly Node[] => {
  if (WRAPPERS.has(node.type)) return isNode(node['expression']) ? [node['expression']] : [];
  return Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? (value as readonly unknown[]) : [value]))
    .filter(isNode)
    .filter(({ type }) => !type.startsWith('TS') || WRAPPERS.has(type));
};

/**
 * All small bugs of a file, in the order of their places.
 *
 *     a condition is turned round; an operator, `true`, `min` or `some` becomes its neighbour; `a ?? b` becomes `b`;
 *     a statement that calls, assigns or throws is left out
 */
export const smallBugsOf = (text: string): readonly SmallBug[] => {
  const found: SmallBug[] = [];
  const part = (node: Node, name: string): Node | null => (isNode(node[name]) ? node[name] : null);
  const put = (at: Pick<Node, 'start' | 'end'>, to: string, what: string): void =>
    void found.push({ start: at.start, end: at.end, to, what });
  const textOf = ({ start, end }: Node): string => text.slice(start, end);
  /** Where the operator between two nodes stands. */
  const swap = (operator: string, from: number, until: number): void => {
    const to = SWAPS[operator];
    const start = text.indexOf(operator, from);
    if (to !== undefined && start !== -1 && start < until)
      put({ start, end: start + operator.length }, to, `${operator} -> ${to}`);
  };
  const visit = (node: Node): void => {
    const [left, right, test] = [part(node, 'left'), part(node, 'right'), part(node, 'test')];
    switch (node.type) {
      case 'IfStatement':
      case 'ConditionalExpression':
      case 'WhileStatement':
      case 'ForStatement':
        if (test) put(test, `!(${textOf(test)})`, 'turned round');
        break;
      case 'BinaryExpression':
      case 'AssignmentExpression':
        if (left && right) swap(String(node['operator']), left.end, right.start);
        break;
      case 'LogicalExpression':
        if (left && right && node['operator'] === '??') put(node, `(${textOf(right)})`, 'only what stands behind ??');
        else if (left && right) swap(String(node['operator']), left.end, right.start);
        break;
      case 'UpdateExpression':
        swap(String(node['operator']), node.start, node.end);
        break;
      case 'UnaryExpression': {
        const argument = part(node, 'argument');
        if (argument && node['operator'] === '!') put(node, textOf(argument), 'without !');
        break;
      }
      case 'Literal':
        if (typeof node['value'] === 'boolean') put(node, String(!node['value']), `${node['value']} -> ${!node['value']}`);
        break;
      case 'MemberExpression': {
        const property = part(node, 'property');
        if (property && node['computed'] === false) swap(textOf(property), property.start, property.end);
        break;
      }
      case 'ExpressionStatement':
      case 'ThrowStatement':
        put(node, ';', 'left out');
        break;
      default:
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parseAst(text, { lang: 'ts' }) as unknown as Node);
  return found.sort((a, b) => a.start - b.start);
};

export const withBug = (text: string, { start, end, to }: SmallBug): string => `${text.slice(0, start)}${to}${text.slice(end)}`;

/** `41: a < b -> <=`, for people. */
export const placeOf = (text: string, { start, end, what }: SmallBug): string => {
  const line = text.slice(0, start).split('\n').length;
  const shown = text.slice(start, end).replaceAll(/\s+/g, ' ');
  return `${line}: ${shown.length > 90 ? `${shown.slice(0, 89)}…` : shown}  (${what})`;
};
