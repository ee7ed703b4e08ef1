/** JSON values of a plan in few words. */
import type { Json, JsonObject } from '../engine.ts';

const HALVES = ['prod', 'dev'];

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isHalved = (value: JsonObject): boolean => {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => HALVES.includes(key));
};

/** `secret from env:NAME` for what only the apply resolves; null for any other value. */
const secretText = (value: JsonObject): string | null => {
  if (typeof value.$secret === 'string') return `secret from ${value.$secret}`;
  const parts = value.$concat;
  if (!isList(parts)) return null;
  return parts.map((part) => (isMap(part) ? `(${secretText(part) ?? ''})` : String(part))).join('');
};

const scalarText = (value: Json): string => {
  if (typeof value !== 'string') return JSON.stringify(value);
  return value === '' || value !== value.trim() ? JSON.stringify(value) : value;
};

/** Keeps the first of a long list and says how many more there are. */
const fold = (items: readonly string[], limit: number): readonly string[] =>
  items.length <= limit + 1 ? items : [...items.slice(0, limit), `… and ${items.length - limit} more (--full)`];

const withCommas = (items: readonly string[]): string[] =>
  items.map((item, index) => (index < items.length - 1 ? `${item},` : item));

/** An element of a keyed list: the key alone where there is nothing to add, else `alice@example.com admin`. */
const entryText = (key: string, value: Json, limit: number): string => {
  if (value === true || value === null || (isMap(value) && Object.keys(value).length === 0)) return key;
  const nested = isMap(value) && secretText(value) === null ? Object.keys(value).length : isList(value) ? value.length : 1;
  const text = valueText(value, limit);
  // A remark needs no name: `10.0.0.0/8:3306 (warehouse)`.
  if (isMap(value) && nested === 1 && typeof value['description'] === 'string') {
    const remark = value['description'];
    return remark === '' ? key : `${key} (${scalarText(remark)})`;
  }
  return nested > 1 ? `${key} (${text})` : `${key} ${text}`;
};

/**
 * A value as pieces between which a line may break, punctuation included; joined with blanks they read as one text.
 *
 * Halves are `prod … · dev …`, keyed lists `key value, key value`, empty ones `none`.
 *
 * @param limit elements of a list that are shown before it is folded
 */
export const valuePieces = (value: Json, limit: number): readonly string[] => {
  if (isList(value))
    return value.length === 0
      ? ['none']
      : withCommas(
          fold(
            value.map((item) => valueText(item, limit)),
            limit,
          ),
        );
  if (!isMap(value)) return [scalarText(value)];
  const secret = secretText(value);
  if (secret !== null) return [secret];
  if (isHalved(value)) {
    const halves = HALVES.filter((half) => value[half] !== undefined);
    return halves.flatMap((half, index) => {
      const inner = value[half] ?? null;
      const pieces = [...valuePieces(inner, limit)];
      const compound = isList(inner) || (isMap(inner) && secretText(inner) === null);
      pieces[0] = `${half}${compound ? ':' : ''} ${pieces[0] ?? ''}`;
      if (index < halves.length - 1) pieces.push(`${pieces.pop() ?? ''} ·`);
      return pieces;
    });
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return ['none'];
  return withCommas(
    fold(
      entries.map(([key, inner]) => entryText(key, inner, limit)),
      limit,
    ),
  );
};

/** A value in one line. */
export const valueText = (value: Json, limit: number = Number.POSITIVE_INFINITY): string => valuePieces(value, limit).join(' ');

/** What stands beside the key of an element that was added or taken away; empty where the key says all. */
export const elementText = (key: string, value: Json): string => entryText(key, value, Number.POSITIVE_INFINITY);

/** True for a list of plain values: its changes read best element by element. */
export const isPlainList = (value: Json | undefined): value is readonly Json[] =>
  isList(value) && value.every((item) => typeof item !== 'object' || item === null);

const isEmptyMap = (value: Json): boolean => isMap(value) && Object.keys(value).length === 0;

/** True where a value says nothing that a reader of a new resource would miss. */
export const isBlank = (value: Json): boolean =>
  value === null ||
  value === '' ||
  (isList(value) && value.length === 0) ||
  // An element of a keyed list that has nothing beside its key is one all the same; a half without anything is none.
  (isMap(value) && Object.entries(value).every(([key, inner]) => isBlank(inner) && (HALVES.includes(key) || !isEmptyMap(inner))));

/** Parts of a JSON Pointer, unescaped (RFC 6901). */
export const pointerParts = (pointer: string): readonly string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
