/** The rendered workspace as YAML-like lines, each value with the place that it comes from. */
import type { Json, JsonObject, Source } from '../engine.ts';
import { type Line, plainText, renderLines, styled, type WidthOf } from './lines.ts';
import { isBlank, valueText } from './value.ts';

const INDENT = 2;
/** The column at which origins begin, where lines are shorter. */
const ORIGIN_COLUMN = 56;

const escapePart = (part: string): string => part.replace(/~/g, '~0').replace(/\//g, '~1');

/** Plain where YAML reads it back as the same text. */
const scalar = (value: Json): string => {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain =
    /^[A-Za-z_][\w@./ -]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value) && value === value.trim();
  return plain ? value : JSON.stringify(value);
};

const isMap = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const isReference = (value: JsonObject): boolean => '$secret' in value || '$concat' in value;

type Entry = { readonly text: Line; readonly pointer: string };

const entries = (value: JsonObject, depth: number, pointer: string): readonly Entry[] =>
  Object.entries(value).flatMap(([key, inner]) => valueEntries(`${scalar(key)}:`, inner, depth, `${pointer}/${escapePart(key)}`));

const valueEntries = (head: string, value: Json, depth: number, pointer: string): readonly Entry[] => {
  const blanks = ' '.repeat(depth * INDENT);
  const line = (text: string): Entry => ({ text: [blanks, styled('cyan', head), text], pointer });
  if (isMap(value)) {
    if (isReference(value)) return [line(` ${valueText(value)}`)];
    return Object.keys(value).length === 0 ? [line(' {}')] : [line(''), ...entries(value, depth + 1, pointer)];
  }
  if (Array.isArray(value)) {
    if (isBlank(value)) return [line(' []')];
    return [line(''), ...value.flatMap((item: Json, index) => itemEntries(item, depth + 1, `${pointer}/${index}`))];
  }
  return [line(` ${scalar(value)}`)];
};

/** An element of a list; a map begins on the line of its dash. */
const itemEntries = (item: Json, depth: number, pointer: string): readonly Entry[] => {
  const [first, ...rest] = isMap(item) && !isReference(item) ? entries(item, depth + 1, pointer) : [];
  if (!first) return valueEntries('-', item, depth, pointer);
  return [
    { text: [' '.repeat(depth * INDENT), styled('cyan', '-'), ' ', ...first.text.slice(1)], pointer: first.pointer },
    ...rest,
  ];
};

/** Lines with `# file:line` on the right, for every value whose origin is known. */
export const renderConfig = (
  rendered: JsonObject,
  origins: Readonly<Record<string, Source>>,
  options: { readonly color: boolean; readonly widthOf: WidthOf },
): string =>
  renderLines(
    entries(rendered, 0, '').map(({ text, pointer }): Line => {
      const origin = Object.hasOwn(origins, pointer) ? origins[pointer] : undefined;
      if (!origin) return text;
      const blanks = Math.max(2, ORIGIN_COLUMN - options.widthOf(plainText(text)));
      return [...text, ' '.repeat(blanks), styled('dim', `# ${origin.file}:${origin.line}`)];
    }),
    options.color,
  );
