/** Values as YAML in the style of the examples: short maps and lists in one line, resources as blocks. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';

const LINE = 118;
/** A map with more entries reads better as a block. */
const MOST_INLINE = 3;

/**
 * One resource file.
 *
 * @param comment first lines of the file, without `#`
 * @param keyParts how many levels of keys each collection has above its resources; 1 where it does not say
 */
export const writeYaml = (comment: string, content: JsonObject, keyParts: Readonly<Record<string, number>>): string => {
  const head = comment === '' ? [] : comment.split('\n').map((line) => `# ${line}`);
  const collections = Object.entries(content).flatMap(([name, value], at) => [
    ...(at > 0 ? [''] : []),
    ...entry(name, value, 0, keyParts[name] ?? 1),
  ]);
  return `${[...head, ...collections].join('\n')}\n`;
};

/** @param levels maps below this entry that are blocks whatever their size: keys of resources */
const entry = (key: string, value: Json, indent: number, levels: number): string[] => {
  const pad = ' '.repeat(indent);
  const name = `${pad}${keyText(key)}:`;
  if (!isContainer(value)) return [`${name} ${scalar(value, false)}`];
  const inline = `${name} ${flow(value)}`;
  if (isEmpty(value) || (levels <= 0 && isShort(value) && inline.length <= LINE)) return [inline];
  return [name, ...block(value, indent + 2, levels)];
};

const block = (value: Container, indent: number, levels: number): string[] =>
  Array.isArray(value)
    ? value.flatMap((item) => listItem(item as Json, indent))
    : Object.entries(value as JsonObject).flatMap(([key, item]) => entry(key, item, indent, levels - 1));

const listItem = (item: Json, indent: number): string[] => {
  const pad = ' '.repeat(indent);
  if (!isContainer(item)) return [`${pad}- ${scalar(item, false)}`];
  const inline = `${pad}- ${flow(item)}`;
  if (inline.length <= LINE || Array.isArray(item)) return [inline];
  const [first = '', ...rest] = block(item, indent + 2, 0);
  return [`${pad}- ${first.trimStart()}`, ...rest];
};

type Container = JsonObject | readonly Json[];
const isContainer = (value: Json): value is Container => typeof value === 'object' && value !== null;
const isEmpty = (value: Container): boolean => Object.keys(value).length === 0;
const isShort = (value: Container): boolean => Array.isArray(value) || Object.keys(value).length <= MOST_INLINE;

const flow = (value: Json): string => {
  if (!isContainer(value)) return scalar(value, true);
  if (Array.isArray(value)) return `[${value.map((item) => flow(item as Json)).join(', ')}]`;
  const inside = Object.entries(value as JsonObject).map(([key, item]) => `${keyText(key)}: ${flow(item)}`);
  return inside.length === 0 ? '{}' : `{ ${inside.join(', ')} }`;
};

/** Letters of any script first, then nothing that YAML or `${name}` gives a meaning. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_./@+&=?，：、（）-]*( [\p{L}\p{N}_./@+&=?(-][\p{L}\p{N}_./@+&=?)-]*)*$/u;
/** Three dots and more: no number. */
const NETWORK = /^\d+(\.\d+){3}(\/\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WORDS = /^(true|false|null|yes|no|on|off|~)$/i;

const isPlain = (text: string): boolean => DAY.test(text) || NETWORK.test(text) || (PLAIN.test(text) && !WORDS.test(text));
const keyText = (key: string): string => (isPlain(key) ? key : JSON.stringify(key));
const scalar = (value: Json, inFlow: boolean): string => {
  if (typeof value !== 'string') return String(value);
  if (isPlain(value)) return value;
  // Outside of flow a colon or comma within a word means nothing: addresses of services stay as they are.
  return !inFlow && /^[a-z]+:\/\/[A-Za-z0-9._/:-]+$/.test(value) ? value : JSON.stringify(value);
};
