/** The pre-scan: what a file's text may not hold, found before any parser sees it (DESIGN 2, 9). */

/** A byte or character that is refused, by its place in the text. */
export type CharacterFault = { readonly offset: number; readonly code: number; readonly what: string };

/**
 * Control characters but tab and line breaks, a carriage return without line feed, bidi marks and overrides, zero width and
 * other invisible characters, line separators that editors show and YAML does not, lone surrogates, noncharacters, tag characters.
 */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff]|\r(?!\n)|\udb40[\udc00-\udc7f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN.source, 'g');
/** In a key, a name: line breaks and tabs as well. */
const FORBIDDEN_IN_KEY = /[\t\n\r]/;

const whatItIs = (code: number): string => {
  if (code === 0) return 'a NUL character';
  if (code < 0xa0) return 'a control character';
  if ([0x61c, 0x200e, 0x200f].includes(code) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
    return 'a character that changes the direction of the text';
  if (code === 0x2028 || code === 0x2029) return 'a line separator that is not a line break';
  if (code >= 0xd800 && code <= 0xdfff) return 'half of a surrogate pair';
  if (code >= 0xfff9 && code <= 0xffff) return 'not a character';
  return 'a character without width';
};

const faultAt = (text: string, offset: number): CharacterFault => {
  const unit = text.charCodeAt(offset);
  const code = unit === 0xdb40 ? (text.codePointAt(offset) ?? unit) : unit;
  return { offset, code, what: whatItIs(code) };
};

/** The forbidden characters of a text, at most `limit` of them. */
export const forbiddenCharacters = (text: string, limit: number): readonly CharacterFault[] => {
  if (!FORBIDDEN.test(text)) return [];
  const faults: CharacterFault[] = [];
  for (const match of text.matchAll(FORBIDDEN_ALL)) {
    faults.push(faultAt(text, match.index));
    if (faults.length === limit) break;
  }
  return faults;
};

/** The first forbidden character of a value or key, which an escape such as `\u202e` may have brought; null: none. */
export const forbiddenCharacter = (text: string, isKey: boolean): CharacterFault | null => {
  const match = FORBIDDEN.exec(text) ?? (isKey ? FORBIDDEN_IN_KEY.exec(text) : null);
  return match === null ? null : faultAt(text, match.index);
};

/** `U+202E`. */
export const codeName = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;

export type Encoding = 'UTF-16' | 'UTF-32' | 'not UTF-8';
export type EncodingFault = { readonly encoding: Encoding; readonly line: number; readonly column: number };

/**
 * What is wrong with bytes that are to be UTF-8; null: nothing.
 *
 * The place of a bad byte is given; files in UTF-16 or UTF-32 are told by their first bytes.
 */
export const encodingFault = (bytes: Uint8Array): EncodingFault | null => {
  const [a = -1, b = -1, c = -1, d = -1] = bytes;
  const start = { line: 1, column: 1 };
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    return { encoding: 'UTF-32', ...start };
  const isMarked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const isBare = bytes.length % 2 === 0 && ((a === 0 && b > 0 && c === 0 && d > 0) || (a > 0 && b === 0 && c > 0 && d === 0));
  if (isMarked || isBare) return { encoding: 'UTF-16', ...start };
  const at = badByte(bytes);
  if (at === null) return null;
  const before = new TextDecoder('utf-8').decode(bytes.subarray(0, at));
  const line = before.split('\n');
  return { encoding: 'not UTF-8', line: line.length, column: (line.at(-1) ?? '').length + 1 };
};

/** Offset of the first byte that does not belong to a well-formed sequence (RFC 3629, table 3-7 of Unicode); null: none. */
const badByte = (bytes: Uint8Array): number | null => {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] as number;
    const length =
      first < 0x80
        ? 1
        : first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
    if (length === 0) return at;
    for (let index = 1; index < length; index++) {
      const low = index === 1 ? (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80) : 0x80;
      const high = index === 1 ? (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf) : 0xbf;
      const byte = bytes[at + index] ?? 0;
      if (byte < low || byte > high) return at;
    }
    at += length;
  }
  return null;
};
