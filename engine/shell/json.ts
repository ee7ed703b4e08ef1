/**
 * Answers without a lossy number. The service sends 64-bit ids as bare JSON numbers (BEHAVIOUR 1.7) and `JSON.parse`
 * rounds those beyond 2^53, so such integers are put in quotes first; then every id becomes text, whatever its size.
 */
import type { Json } from '../core/ports.ts';

/** Largest answer in bytes, after decompression; the same in UTF-16 units for text that is already in memory. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Deepest nesting of an answer; the service's own answers stay below ten. */
export const MAX_ANSWER_DEPTH = 64;

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: 'ANSWER_TOO_LARGE' | 'ANSWER_TOO_DEEP' | 'ANSWER_NOT_JSON'; readonly message: string };

const refuse = (code: Extract<Parsed, { ok: false }>['code'], message: string): Parsed => ({ ok: false, code, message });

/** JSON text to a value; integers beyond 2^53 become text. A key `__proto__` is dropped: no answer has one. */
export const parseAnswer = (text: string): Parsed => {
  if (text.length > MAX_ANSWER_BYTES)
    return refuse('ANSWER_TOO_LARGE', `the answer is larger than ${MAX_ANSWER_BYTES} characters`);
  const quoted = quoteBigIntegers(text);
  if (quoted === null) return refuse('ANSWER_TOO_DEEP', `the answer is nested deeper than ${MAX_ANSWER_DEPTH} levels`);
  try {
    const value = JSON.parse(quoted) as Json;
    return { ok: true, value: /__proto__|\\u005f/i.test(text) ? withoutProto(value) : value };
  } catch {
    // The message of JSON.parse quotes the text, which may hold secrets.
    return refuse('ANSWER_NOT_JSON', 'the answer is not JSON');
  }
};

const QUOTE = 34;
const BACKSLASH = 92;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** Part of a number: digits, `+ - . E e`. */
const isNumberPart = (code: number): boolean =>
  isDigit(code) || code === 45 || code === 46 || code === 43 || code === 69 || code === 101;

/** The text with big integers in quotes, or null where it is nested too deeply. What is not JSON stays not JSON. */
const quoteBigIntegers = (text: string): string | null => {
  let depth = 0;
  let copied = 0;
  let out = '';
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === 45 || isDigit(code)) {
      const end = endOfNumber(text, at);
      if (isBigInteger(text, at, end) && !isKey(text, end)) {
        out += `${text.slice(copied, at)}"${text.slice(at, end)}"`;
        copied = end;
      }
      at = end;
    } else {
      if (code === 123 || code === 91) depth += 1;
      else if (code === 125 || code === 93) depth -= 1;
      if (depth > MAX_ANSWER_DEPTH) return null;
      at += 1;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
};

/** Behind the closing quote of the string that opens at `start`; the end of the text where it never closes. */
const endOfString = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
};

const endOfNumber = (text: string, start: number): number => {
  let end = start + 1;
  while (end < text.length && isNumberPart(text.charCodeAt(end))) end += 1;
  return end;
};

/** Whether text[start..end) is a well-formed integer outside the range that a double holds exactly. */
const isBigInteger = (text: string, start: number, end: number): boolean => {
  if (end - start < 16) return false;
  const token = text.slice(start, end);
  if (!/^-?[1-9]\d*$/.test(token)) return false;
  const digits = token.startsWith('-') ? token.slice(1) : token;
  return digits.length > 16 || (digits.length === 16 && digits > '9007199254740991');
};

/** A bare number in the place of a key is not JSON and must stay so. */
const isKey = (text: string, end: number): boolean => {
  let at = end;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at += 1;
  return text.charAt(at) === ':';
};

const withoutProto = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutProto);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '__proto__')
      .map(([key, field]) => [key, withoutProto(field)]),
  );
};

/** Names below a field, `[]` the elements of a list, `*` all fields of a map; `isId` where a path ends. */
type PathTree = { readonly below: Map<string, PathTree>; isId: boolean };

const pathTree = (paths: readonly string[]): PathTree => {
  const root: PathTree = { below: new Map(), isId: false };
  for (const path of paths) {
    let node = root;
    for (const segment of path.replaceAll('[]', '.[]').split('.')) {
      const next = node.below.get(segment) ?? { below: new Map(), isId: false };
      node.below.set(segment, next);
      node = next;
    }
    node.isId = true;
  }
  return root;
};

export type Normalised = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly path: string };

/**
 * The answer with its ids as decimal text.
 *
 * @param ids paths of the catalogue such as `PageResult.ProjectList[].Id` or `Data.*.Id`; absent and null fields stay
 * @returns the path of an id that is neither an integer nor text (it went through a double somewhere), where there is one
 */
export const normaliseIds = (answer: Json, ids: readonly string[]): Normalised => {
  let refused: string | null = null;
  const asId = (value: Json, path: string): Json => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
    if (typeof value === 'number' || typeof value === 'boolean') refused ??= path;
    return value;
  };
  const walk = (value: Json, node: PathTree, path: string): Json => {
    if (node.isId && (typeof value !== 'object' || value === null)) return asId(value, path);
    if (Array.isArray(value)) {
      const element = node.below.get('[]');
      return element ? value.map((row) => walk(row, element, `${path}[]`)) : value;
    }
    if (typeof value !== 'object' || value === null || node.below.size === 0) return value;
    const every = node.below.get('*');
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => {
        const child = node.below.get(key) ?? every;
        return [key, child ? walk(field, child, path ? `${path}.${key}` : key) : field];
      }),
    );
  };
  const value = walk(answer, pathTree(ids), '');
  return refused === null ? { ok: true, value } : { ok: false, path: refused };
};
