/** Requests as they leave: placeholders replaced by ids and secrets; and the ids that answers give (DESIGN 5). */
import { EngineError } from './diagnostic.ts';
import { splitRef } from './ids.ts';
import { getAt, isObject, textOf } from './json.ts';
import type { Address, ConcatRef, Gives, IdRef, Ids, SecretRef, SecretValue } from './model.ts';
import type { Json, JsonObject } from './ports.ts';

/** What stands behind placeholders; undefined where it is not known. */
export type Fillings = {
  readonly ids: (address: Address) => Ids | undefined;
  readonly secret: (reference: string) => string | undefined;
};

const onlyKey = (value: Json | undefined, key: string): value is JsonObject =>
  isObject(value) && Object.hasOwn(value, key) && Object.keys(value).length === 1;

const isIdRef = (value: Json | undefined): value is IdRef => onlyKey(value, '$id') && typeof value.$id === 'string';
const isSecretRef = (value: Json | undefined): value is SecretRef =>
  onlyKey(value, '$secret') && typeof value.$secret === 'string';
const isConcatRef = (value: Json | undefined): value is ConcatRef => onlyKey(value, '$concat') && Array.isArray(value.$concat);

/**
 * The request with every placeholder replaced.
 *
 * @throws EngineError INTERNAL for an id that no step has given, SECRET_UNSET for a secret without a value
 */
export const fillRequest = (request: JsonObject, fillings: Fillings): JsonObject => {
  const fill = (value: Json): Json => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return (value as readonly Json[]).map(fill);
    if (isIdRef(value)) return idOf(value.$id, fillings);
    if (isSecretRef(value) || isConcatRef(value)) return secretText(value, fillings.secret);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner as Json)]));
  };
  return fill(request) as JsonObject;
};

/** The request with ids in place and secrets still as references: what may be hashed and written down. */
export const fillIds = (request: JsonObject, ids: Fillings['ids']): JsonObject => {
  const fill = (value: Json): Json => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return (value as readonly Json[]).map(fill);
    if (isIdRef(value)) return idOf(value.$id, { ids });
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner as Json)]));
  };
  return fill(request) as JsonObject;
};

/** The id behind a placeholder: the one that a part names, else what the resource is told apart by. */
const idOf = (ref: string, { ids }: Pick<Fillings, 'ids'>): string => {
  const exact = ids(ref);
  const { address, part } = splitRef(ref);
  const known = exact ?? (part === null ? undefined : ids(address));
  const id =
    exact === undefined && part !== null
      ? known?.[part]
      : (known?.['id'] ?? known?.['prod'] ?? (Object.keys(known ?? {}).length === 1 ? Object.values(known ?? {})[0] : undefined));
  if (id !== undefined) return id;
  throw new EngineError(
    'INTERNAL',
    known === undefined
      ? `The id of "${ref}" is needed and no step has given it.`
      : `"${ref}" has several ids, and the request does not say which one it means.`,
  );
};

/**
 * A secret as it will be sent.
 *
 * @throws EngineError SECRET_UNSET
 */
export const secretText = (value: SecretValue, secret: Fillings['secret']): string => {
  if (typeof value === 'string') return value;
  if ('$concat' in value) return value.$concat.map((part) => secretText(part, secret)).join('');
  const text = secret(value.$secret);
  if (text === undefined) throw new EngineError('SECRET_UNSET', `The secret "${value.$secret}" has no value here.`);
  return text;
};

/** The sources that a value names: `env:MC_ACCESS_KEY`, each once, sorted. */
export const secretsIn = (...values: readonly Json[]): readonly string[] => {
  const found = new Set<string>();
  const look = (value: Json): void => {
    if (value === null || typeof value !== 'object') return;
    if (isSecretRef(value)) found.add(value.$secret);
    else for (const inner of Object.values(value)) look(inner as Json);
  };
  for (const value of values) look(value);
  return [...found].sort();
};

/** `ids`: what the answer gives. `problem`: why it gives none, in words; `rows` tells an empty list from an ambiguous one. */
export type Given = { readonly ids: Ids } | { readonly problem: string; readonly rows: number };

/**
 * Finds the ids that a step gives in the answer to its call.
 *
 *     gives { ids: { id: '/CreateResult/Id' } }                       the value there, as text
 *     gives { ids: {}, known: { id } }                                known before the call
 *     gives { list, where: { '/AccountName': 'bob' }, ids }           of the one row that fits
 */
export const findIds = (gives: Gives, answer: JsonObject, ids: Fillings['ids'] = () => undefined): Given => {
  if (!('list' in gives)) return pick(answer, gives.ids, resolveKnown(gives.known, ids), 0);
  const list = getAt(answer, gives.list);
  const rows = Array.isArray(list) ? (list as readonly Json[]) : [];
  const fitting = rows.filter((row) =>
    Object.entries(gives.where).every(([pointer, text]) => textOf(getAt(row, pointer)) === text),
  );
  const [row] = fitting;
  if (fitting.length !== 1 || row === undefined)
    return { problem: `${fitting.length} rows of ${gives.list} fit "${gives.address}", one was expected`, rows: fitting.length };
  return pick(row, gives.ids, {}, 1);
};

const resolveKnown = (known: Ids | undefined, ids: Fillings['ids']): Ids =>
  Object.fromEntries(
    Object.entries((known ?? {}) as Readonly<Record<string, Json>>).map(([name, value]) => [
      name,
      isIdRef(value) ? idOf(value.$id, { ids }) : textOf(value),
    ]),
  );

const pick = (from: Json, pointers: Readonly<Record<string, string>>, known: Ids, rows: number): Given => {
  const found: Record<string, string> = { ...known };
  for (const [name, pointer] of Object.entries(pointers)) {
    const value = getAt(from, pointer);
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '')
      return { problem: `the answer has no id at ${pointer}`, rows };
    found[name] = String(value);
  }
  return { ids: found };
};
