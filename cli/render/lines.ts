/** Lines made of spans: the one place where text becomes terminal output, escaped, coloured, harmless to a CI runner. */
import picocolors from 'picocolors';

export type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';
export type Span = string | { readonly text: string; readonly style: Style };
export type Line = readonly Span[];

/** The ids of a resource: the one alone, several by name. */
export const idsText = (ids: Readonly<Record<string, string>>): string =>
  Object.entries(ids)
    .map(([name, id]) => (name === 'id' ? id : `${name} ${id}`))
    .join(' · ');

/** Columns that text takes on a terminal. */
export type WidthOf = (text: string) => number;

/**
 * What could move the cursor, hide, or turn text around: C0, DEL, C1, soft hyphen, bidi marks, overrides and isolates, zero
 * width, line and paragraph separators, byte order mark, tags, lone surrogates.
 */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

/** Text from outside as it may be shown: hidden characters as `\u{200b}`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);

export const styled = (style: Style, text: string): Span => ({ text, style });

const textOf = (span: Span): string => visible(typeof span === 'string' ? span : span.text);

/** The line without colours. */
export const plainText = (line: Line): string => line.map(textOf).join('');

/** One column a code point: right for everything but East Asian text and combining marks. */
export const narrowWidth: WidthOf = (text) => [...text].length;

/** Latin, general punctuation, arrows, box drawing: one column each, so that string-width need not be loaded. */
const NARROW = /^[\u0000-\u02ff\u2010-\u2027\u2190-\u21ff\u2212\u2500-\u257f\u2022]*$/;

/** The measure for text that is about to be shown; loads string-width only where something in it may be wide. */
export const widthFor = async (text: string): Promise<WidthOf> => {
  if (NARROW.test(text)) return narrowWidth;
  const { default: stringWidth } = await import('string-width');
  return (part) => (NARROW.test(part) ? narrowWidth(part) : stringWidth(part));
};

/** Fills with blanks on the right; text that is too wide stays as it is. */
export const padTo = (text: string, columns: number, widthOf: WidthOf): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(visible(text))));

/** Fills lines with pieces, breaking only between them. */
export const filled = (pieces: readonly string[], columns: number, widthOf: WidthOf): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    const longer = line === '' ? piece : `${line} ${piece}`;
    if (line !== '' && widthOf(visible(longer)) > columns) {
      lines.push(line);
      line = piece;
    } else line = longer;
  }
  return [...lines, line];
};

/** A sentence in lines that fit. */
export const wrapped = (text: string, columns: number, widthOf: WidthOf): readonly string[] =>
  filled(text.split(' '), columns, widthOf);

/** Text with colours or without, ended by a newline; blanks at the ends of lines are taken away. */
export const renderLines = (lines: readonly Line[], color: boolean): string => {
  const colors = picocolors.createColors(color);
  const paint = (span: Span): string => {
    const text = textOf(span);
    return typeof span === 'string' || span.style === 'plain' || text === '' ? text : colors[span.style](text);
  };
  return lines.map((line) => `${line.map(paint).join('').replace(/\s+$/, '')}\n`).join('');
};

/**
 * Text that a CI runner will not take for a command: GitHub reads `::` at the start of a line and `##[` anywhere in it, Azure
 * `##vso[`, TeamCity `##teamcity[`.
 */
export const harmless = (text: string): string =>
  text.replace(/^(\s*):(?=:)/gm, (_, blanks: string) => `${blanks}\\u{3a}`).replace(/##(?=\w*\[)/g, '#\\u{23}');

/** The same for JSON: another spelling of the same value. JSON text never starts a line with `::`. */
export const harmlessJson = (text: string): string => text.replace(/##(?=\w*\[)/g, '#\\u0023');
