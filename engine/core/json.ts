/** Plain JSON values: canonical text, pointers (RFC 6901), patterns of pointers. */
import { EngineError } from './diagnostic.ts';
import type { Json, JsonObject } from './ports.ts';

/** JSON text with sorted keys: equal values have equal text. Absent and `undefined` members are the same. */
export const canonical = (value: unknown): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const object = value as Record<string, unknown>;
  const members: string[] = [];
  for (const key of Object.keys(object).sort())
    if (object[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonical(object[key])}`);
  return `{${members.join(',')}}`;
};

/** Whether two JSON values have equal canonical text, found out without making it: the order of members is of no account. */
export const isSame = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  const one = a as Record<string, unknown>;
  const other = b as Record<string, unknown>;
  let left = 0;
  for (const key in other) if (other[key] !== undefined) left++;
  for (const key in one) {
    if (one[key] === undefined) continue;
    if (!Object.hasOwn(other, key) || !isSame(one[key], other[key])) return false;
    left--;
  }
  return left === 0;
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const escapePart = (part: string): string =>
  part.includes('~') || part.includes('/') ? part.replaceAll('~', '~0').replaceAll('/', '~1') : part;
const unescapePart = (part: string): string => (part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part);

/** `/a/b~1c` of `a`, `b/c`; the empty text of no parts. */
export const pointerOf = (...parts: readonly string[]): string => parts.map((part) => `/${escapePart(part)}`).join('');
export const partsOf = (pointer: string): string[] => (pointer === '' ? [] : pointer.slice(1).split('/').map(unescapePart));

/** The value at a pointer; undefined where nothing is. Own members only. */
export const getAt = (value: Json | undefined, pointer: string): Json | undefined => {
  let at: Json | undefined = value;
  for (const part of partsOf(pointer)) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, Json>)[part];
  }
  return at;
};

/** A copy with the value put at the pointer (undefined: taken out); maps are made on the way. */
export const withAt = (value: JsonObject, pointer: string, put: Json | undefined): JsonObject => {
  const [head, ...rest] = partsOf(pointer);
  if (head === undefined) return isObject(put) ? put : {};
  const copy: Record<string, Json> = { ...value };
  if (rest.length > 0) {
    const child = copy[head];
    if (put === undefined && !isObject(child)) return value;
    copy[head] = withAt(isObject(child) ? child : {}, pointerOf(...rest), put);
  } else if (put === undefined) delete copy[head];
  else copy[head] = put;
  return copy;
};

/** The list of a request of ours at a pointer. */
export const listAt = (value: JsonObject, pointer: string): readonly Json[] => {
  const list = getAt(value, pointer);
  if (!Array.isArray(list)) throw new EngineError('INTERNAL', `There is no list at "${pointer}".`);
  return list;
};

/** The order of texts by their UTF-16 units, the same in every locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Every pointer in `value` that a pattern such as `/members/prod/*` names; `*` stands for one part. */
export const expand = (value: Json | undefined, pattern: string): string[] => {
  let found: { readonly pointer: string; readonly value: Json | undefined }[] = [{ pointer: '', value }];
  for (const part of partsOf(pattern)) {
    const next: typeof found = [];
    for (const at of found) {
      if (!isObject(at.value)) continue;
      for (const key of part === '*' ? Object.keys(at.value) : [part])
        if (Object.hasOwn(at.value, key)) next.push({ pointer: at.pointer + pointerOf(key), value: at.value[key] });
    }
    found = next;
  }
  return found.map((at) => at.pointer);
};

/** True where a pointer is what the pattern names. */
export const fits = (pattern: string, pointer: string): boolean => {
  const wanted = partsOf(pattern);
  const parts = partsOf(pointer);
  return wanted.length === parts.length && wanted.every((part, index) => part === '*' || part === parts[index]);
};

/** True where `pointer` is `prefix` or lies below it. */
export const isUnder = (pointer: string, prefix: string): boolean =>
  prefix === '' || pointer === prefix || pointer.startsWith(`${prefix}/`);

export const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'));
export const lastOf = (pointer: string): string => unescapePart(pointer.slice(pointer.lastIndexOf('/') + 1));

/** Text of a value that came from outside; the empty text for null and absent. */
export const textOf = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** One part of an address: `% / * ? [ ] { }`, blanks and control characters are percent-encoded (RESOURCES 1). */
export const encodePart = (part: string): string =>
  part.replace(/[%/*?[\]{}\s\u0000-\u001f\u007f]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
export const addressOf = (...parts: readonly string[]): string => parts.map(encodePart).join('/');
/** A part of an address as it was named; a text that is no encoding stays as it is. */
export const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
