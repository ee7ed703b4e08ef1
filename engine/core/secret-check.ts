/** Where secrets may stand, where they must, and which scalars count as written (RESOURCES 4). */
import type { Diagnostic } from './diagnostic.ts';
import { isObject, pointerOf } from './json.ts';
import type { Json, JsonObject } from './ports.ts';
import { locate, markAt, valueSpan, type Written } from './positions.ts';
import { type MarkedPath, markedPaths } from './resource-schema.ts';
import { isSecret } from './variables.ts';

/**
 * Marks that a kind's schema may carry:
 *
 *     x-phinfra-secrets     a map whose values may come from secret sources; which must, its keys tell. Scalars count as written
 *     x-phinfra-secret      a value that must come from a secret source
 *     x-phinfra-as-written  a map, list or value whose plain scalars count as written
 */
export type MarkedPlaces = {
  readonly maps: readonly MarkedPath[];
  readonly values: readonly MarkedPath[];
  readonly written: readonly MarkedPath[];
};

export const markedPlaces = (schema: JsonObject): MarkedPlaces => {
  const found = markedPaths(schema, ['x-phinfra-secrets', 'x-phinfra-secret', 'x-phinfra-as-written']);
  return { maps: found['x-phinfra-secrets'], values: found['x-phinfra-secret'], written: found['x-phinfra-as-written'] };
};

/** Keys of a config whose values are secrets (RESOURCES 4; `*.key` by BEHAVIOUR 3.5); names of files are not. */
export const isSecretKey = (key: string): boolean =>
  /(password|secret|access\.?key|token|keytab)|\.key$/i.test(key) && !/filename$/i.test(key);

export type SecretCheck = {
  /** The resource with scalars as written. */
  readonly raw: Json;
  /** The same with text in the place of every secret: what the schema is held against. */
  readonly plain: Json;
  readonly diagnostics: readonly Diagnostic[];
  /** Places of secrets: what a schema says of the text there means nothing. */
  readonly places: ReadonlySet<string>;
};
type Subject = {
  readonly raw: Json;
  readonly layers: readonly Written[];
  readonly address: string;
  readonly schema: JsonObject;
  readonly marked: MarkedPlaces;
};

export const checkSecrets = ({ raw: given, layers, address, marked }: Subject): SecretCheck => {
  let raw = given;
  for (const path of [...marked.maps, ...marked.written]) raw = withWritten(raw, path, layers, '');
  const diagnostics: Diagnostic[] = [];
  const places = new Set<string>();
  const literal = (pointer: string, name: string): void => {
    diagnostics.push({
      code: 'SECRET_LITERAL',
      severity: 'error',
      message: `"${name}" is a secret and stands in the file as it is.`,
      hint: 'Take it out of the file and out of its history, and write ${env:NAME} or ${file:path}.',
      ...valueSpan(locate(layers, pointer).written),
      length: 1,
      address,
    });
  };
  for (const path of marked.maps)
    for (const { value, pointer } of valuesAt(raw, path))
      if (isObject(value))
        for (const key of Object.keys(value))
          if (isSecretKey(key) && isLiteral(value[key])) literal(pointer + pointerOf(key), key);
  for (const path of marked.values)
    for (const { value, pointer } of valuesAt(raw, path)) if (isLiteral(value)) literal(pointer, path.at(-1) ?? '');
  const isAllowed = (parts: readonly string[]): boolean =>
    marked.maps.some((path) => parts.length > path.length && fitsPath(path, parts)) ||
    marked.values.some((path) => parts.length === path.length && fitsPath(path, parts));
  const plain = withoutSecrets(raw, [], (parts) => {
    const { source, length } = valueSpan(locate(layers, pointerOf(...parts)).written);
    places.add(`${source.file} ${source.line}:${source.column}`);
    if (!isAllowed(parts))
      diagnostics.push({
        code: 'SECRET_PLACE',
        severity: 'error',
        message: `${parts.at(-1) === undefined ? 'This' : `"${parts.at(-1)}"`} is shown in plans and cannot be a secret.`,
        hint: 'Write it out, or use a variable: ${name}.',
        source,
        length,
        address,
      });
  });
  return { raw, plain, diagnostics, places };
};

const isLiteral = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== '' && !isSecret(value);
const fitsPath = (path: MarkedPath, parts: readonly string[]): boolean =>
  path.every((part, index) => part === '*' || part === parts[index]);

type At = { readonly value: Json; readonly pointer: string };
const valuesAt = (raw: Json, path: MarkedPath): readonly At[] => {
  let found: At[] = [{ value: raw, pointer: '' }];
  for (const part of path)
    found = found.flatMap(({ value, pointer }) => {
      if (typeof value !== 'object' || value === null || isSecret(value)) return [];
      const keys = part === '*' ? Object.keys(value) : Object.hasOwn(value, part) ? [part] : [];
      return keys.map((key) => ({ value: (value as JsonObject)[key] as Json, pointer: pointer + pointerOf(key) }));
    });
  return found;
};

/** Plain scalars at and below a path become the text that was written: `3306`, `007`, `true`. */
const withWritten = (value: Json, path: MarkedPath, layers: readonly Written[], pointer: string): Json => {
  const [part, ...rest] = path;
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (path.length > 0) return value;
    const { written } = locate(layers, pointer);
    return written.plain.get(markAt(written.marks, written.at)) ?? String(value);
  }
  if (typeof value !== 'object' || value === null || isSecret(value)) return value;
  const isWanted = (key: string): boolean => part === undefined || part === '*' || part === key;
  const next = (key: string, child: Json): Json =>
    isWanted(key) ? withWritten(child, rest, layers, pointer + pointerOf(key)) : child;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => next(String(index), item));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const from = value as JsonObject;
  let copy: Record<string, Json> | null = null;
  for (const key of Object.keys(from)) {
    const child = next(key, from[key] as Json);
    if (child === from[key]) continue;
    copy ??= { ...from };
    copy[key] = child;
  }
  return copy ?? value;
};

/** The value with text in the place of secrets; itself where there is none. */
const withoutSecrets = (value: Json, parts: readonly string[], found: (parts: readonly string[]) => void): Json => {
  if (typeof value !== 'object' || value === null) return value;
  if (isSecret(value)) {
    found(parts);
    return 'secret';
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) => withoutSecrets(item, [...parts, String(index)], found));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const from = value as JsonObject;
  let copy: Record<string, Json> | null = null;
  for (const key of Object.keys(from)) {
    const child = from[key] as Json;
    if (typeof child !== 'object') continue;
    const plain = withoutSecrets(child, [...parts, key], found);
    if (plain === child) continue;
    copy ??= { ...from };
    copy[key] = plain;
  }
  return copy ?? value;
};
