/** The parser's errors in our words: its own may quote the file, and a file may hold secrets (RELIABILITY 4.1). */
import type { DiagnosticCode } from './diagnostic.ts';

/** What is wrong with a file's form, by offset. */
export type YamlFault = {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  readonly length?: number;
};

/** An error of the parser: its code, its message (never shown), its offsets. */
export type ParserError = { readonly code: string; readonly message: string; readonly start: number; readonly end: number };

/** Faults of the parser's errors: every unknown tag, and the first error of form, since the others are often its echo. */
export const syntaxFaults = (errors: readonly ParserError[], text: string, openQuotes: readonly number[]): YamlFault[] => {
  const sorted = [...errors].sort((a, b) => a.start - b.start);
  const faults: YamlFault[] = sorted
    .filter((error) => error.code === 'TAG_RESOLVE_FAILED')
    .map(({ start, end }) => ({
      code: 'YAML_TAG',
      message: 'This tag is not known; files are plain data.',
      hint: 'Leave the tag out; quote a value that is to begin with "!".',
      offset: start,
      length: end - start,
    }));
  const first = sorted.find((error) => error.code !== 'TAG_RESOLVE_FAILED' && error.code !== 'MULTIPLE_DOCS');
  if (first !== undefined) faults.push(syntaxFault(first, text, openQuotes));
  return faults;
};

const syntaxFault = (error: ParserError, text: string, openQuotes: readonly number[]): YamlFault => {
  const { start: offset, end } = error;
  const quote =
    error.code === 'MISSING_CHAR' && error.message.includes('closing') ? openQuotes.findLast((at) => at < offset) : undefined;
  if (quote !== undefined)
    return { code: 'YAML_SYNTAX', message: 'This quote is never closed.', hint: 'Close it on the same line.', offset: quote };
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd);
  const [message, hint] = SYNTAX.find(([code, part]) => code === error.code && error.message.includes(part))?.[2] ?? [
    'This is not well-formed YAML.',
    'Look at the line and the one before: quotes, brackets, colons, indentation.',
  ];
  const isPlaceholder = /[{[].*[^"']\$\{/.test(line) || /^\s*\$\{/.test(line);
  return {
    code: 'YAML_SYNTAX',
    message,
    hint: isPlaceholder ? 'Quote values with ${…} inside { } or [ ]: "${name}".' : hint,
    offset,
    length: end - offset,
  };
};

type Words = readonly [message: string, hint: string];
/** The parser's code, a part of its message, our words: its own may quote the file. */
const SYNTAX: readonly (readonly [code: string, part: string, words: Words])[] = [
  ['TAB_AS_INDENT', '', ['A tab indents this line.', 'Indent with blanks.']],
  [
    'BAD_INDENT',
    'end with a }',
    ['A "{" is not closed before this.', 'Close it with "}", and indent what it holds more than its key.'],
  ],
  [
    'BAD_INDENT',
    'end with a ]',
    ['A "[" is not closed before this.', 'Close it with "]", and indent what it holds more than its key.'],
  ],
  [
    'BAD_INDENT',
    '',
    ['The indentation does not fit the lines around it.', 'Give all keys of one map the same number of blanks.'],
  ],
  ['MISSING_CHAR', 'end with a }', ['A "{" is not closed.', 'Close it with "}".']],
  ['MISSING_CHAR', 'end with a ]', ['A "[" is not closed.', 'Close it with "]".']],
  ['MISSING_CHAR', ',', ['A comma is missing before this.', 'Separate what stands in brackets by commas.']],
  ['MISSING_CHAR', 'Comments', ['A comment needs a blank before its "#".', 'Write a blank before "#", or quote the value.']],
  ['MISSING_CHAR', '', ['A character is missing here.', 'A colon, a comma or a dash wants a blank after it.']],
  ['UNEXPECTED_TOKEN', '', ['This is not expected here.', 'Look for a bracket, a quote or a comma too many, or a missing dash.']],
  [
    'MULTILINE_IMPLICIT_KEY',
    '',
    [
      'A key may not run over the end of a line; a colon may be missing.',
      'Write "key: value", with the colon on the line of the key.',
    ],
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    '',
    [
      'A second "key: value" begins on the line of another one.',
      'Quote the value if the colon belongs to it; otherwise start a new line.',
    ],
  ],
  ['BLOCK_IN_FLOW', '', ['Inside brackets everything stands in brackets.', 'Write lists as [a, b] and maps as { a: b } here.']],
  ['BAD_SCALAR_START', '', ['A value cannot begin with this character.', 'Quote the value.']],
  ['BAD_DQ_ESCAPE', '', ['Double quotes do not know this escape.', 'Write two backslashes, or use single quotes.']],
  ['KEY_OVER_1024_CHARS', '', ['A key is longer than 1,024 characters.', 'Look for a missing quote or a colon in the text.']],
  ['BAD_PROP_ORDER', '', ['This stands at the wrong place.', 'Leave anchors and tags out.']],
];
