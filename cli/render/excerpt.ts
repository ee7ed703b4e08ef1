/** One line of a file, shown under a message without the secrets that may stand in it. */

/** Keys whose values are secret (RESOURCES 4), in any case; names of files are not. */
const SECRET_WORD = /password|secret|access[._-]?key|token|keytab/i;
const FILE_NAME = /file_?name$/i;
/** A key as it may stand in a line: at its start, after a dash, or in a flow map. */
const KEY = /(?:^|[\s{,[?"'-])["']?([^\s:{}[\],"'#]+)["']?\s*:(?=\s|$|["'])/g;
/** Only a source of a secret: its name is no secret, and the reader needs it. */
const SOURCE_ONLY = /^\s*["']?\$\{(?:env|file):[^}"']*\}["']?[\s}\],]*$/;
/** A password inside an address: `scheme://user:password@host`. */
const USER_INFO = /(:\/\/[^/\s:@"']*:)[^@\s"']+(?=@)/g;
const HIDDEN_VALUE = '(hidden)';
/** Lines above that are looked at for the start of a value that goes on in this line. */
const LOOK_BACK = 500;

/** Where the value of the first secret key of a line begins; null where there is none. */
const secretStart = (line: string): number | null => {
  // The value of an explicit key (`? password`), which stands on the line above.
  const explicit = /^\s*:(?=\s|$)/.exec(line);
  if (explicit) return explicit[0].length;
  for (const match of line.matchAll(KEY)) {
    const key = match[1] ?? '';
    if (!SECRET_WORD.test(key) || FILE_NAME.test(key) || key === 'secrets' || key === 'secretKeys' || key === 'secretsVersion')
      continue;
    const start = match.index + match[0].length;
    if (!SOURCE_ONLY.test(line.slice(start))) return start;
  }
  return null;
};

const indentOf = (line: string): number => line.length - line.trimStart().length;
const quotes = (text: string): number => text.replace(/[^"']/g, '').length;

/** True when the line goes on with the value of a secret key above: a block below it, or an open quote. */
const continuesSecret = (lines: readonly string[], index: number): boolean => {
  let indent = indentOf(lines[index] ?? '');
  let between = '';
  for (let above = index - 1; above >= Math.max(0, index - LOOK_BACK); above -= 1) {
    const line = lines[above] ?? '';
    if (line.trim() === '') continue;
    const start = secretStart(line);
    const value = start === null ? '' : line.slice(start).trim();
    if (start !== null && (quotes(value) + quotes(between)) % 2 === 1) return true;
    if (indentOf(line) < indent) {
      if (start !== null) return true;
      indent = indentOf(line);
    }
    between = `${line}${between}`;
  }
  return false;
};

/**
 * The line that a message points at, with values of secret keys blanked. Errs on the side of hiding: what follows a secret key
 * on its line goes too, and a line inside a secret block is not shown at all.
 *
 * @param lineNumber 1-based
 * @param column     1-based; where `isSecret`, everything from here on is hidden
 * @param isSecret   the message itself is about a secret that stands there
 */
export const excerptOf = (text: string, lineNumber: number, column: number, isSecret: boolean): string | null => {
  const lines = text.split(/\r\n|\n|\r/);
  const line = lines[lineNumber - 1];
  if (line === undefined) return null;
  if (continuesSecret(lines, lineNumber - 1)) return `${' '.repeat(indentOf(line))}${HIDDEN_VALUE}`;
  const starts = [secretStart(line), isSecret ? column - 1 : null].filter((start) => start !== null);
  const shown = line.replaceAll('\t', ' ');
  if (starts.length === 0) return shown.replace(USER_INFO, `$1${HIDDEN_VALUE}`);
  const start = Math.min(...starts);
  const blank = start === column - 1 || start === 0 ? '' : ' ';
  return `${shown.slice(0, start).replace(USER_INFO, `$1${HIDDEN_VALUE}`)}${blank}${HIDDEN_VALUE}`;
};
