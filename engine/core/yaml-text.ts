/** Values as YAML that people would have written: maps in lines, lists of plain values on one line. */
import type { Json, JsonObject } from './ports.ts';

const isMap = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Longest list or map that is written on one line, in characters. */
const LINE = 60;
/** Reads back as the same text without quotes, on a line of its own and inside brackets. */
const PLAIN = /^[\p{L}_/][\p{L}\p{N}_@./ -]*$/u;
const OTHER_TYPES = /^(true|false|null|yes|no|on|off|y|n)$/i;

const scalar = (value: Json): string => {
  if (typeof value !== 'string') return JSON.stringify(value);
  return PLAIN.test(value) && value === value.trim() && !OTHER_TYPES.test(value) ? value : JSON.stringify(value);
};

/** On one line, or null where a part of it is empty for people's eyes: a map inside a map. */
const inline = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isMap(value)) return scalar(value);
  const entries = Object.entries(value).map(([key, inner]) => `${scalar(key)}: ${inline(inner)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
};

const isPlain = (value: Json): boolean => !Array.isArray(value) && !isMap(value);
const isShort = (value: Json): boolean =>
  (Array.isArray(value) || isMap(value)) && inline(value).length <= LINE && Object.values(value).every(isPlain);

const lines = (value: JsonObject, depth: number): readonly string[] =>
  Object.entries(value).flatMap(([key, inner]) => entry(`${'  '.repeat(depth)}${scalar(key)}:`, inner, depth));

const entry = (head: string, value: Json, depth: number): readonly string[] => {
  if (isMap(value) && (Object.keys(value).length === 0 || (depth > 1 && isShort(value)))) return [`${head} ${inline(value)}`];
  if (isMap(value)) return [head, ...lines(value, depth + 1)];
  if (Array.isArray(value) && !(value as readonly Json[]).every(isPlain) && inline(value).length > LINE)
    return [head, ...(value as readonly Json[]).flatMap((item) => itemLines(item, depth + 1))];
  return [`${head} ${inline(value)}`];
};

const itemLines = (item: Json, depth: number): readonly string[] => {
  const dash = `${'  '.repeat(depth)}- `;
  if (!isMap(item) || inline(item).length <= LINE) return [`${dash}${inline(item)}`];
  const [first = '', ...rest] = lines(item, depth + 1);
  return [`${dash}${first.trimStart()}`, ...rest];
};

/** YAML of a map, without a newline at the end; read back it is the same value. */
export const yamlOf = (value: JsonObject): string => lines(value, 0).join('\n');
