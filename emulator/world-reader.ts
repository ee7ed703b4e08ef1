/** Readers of untrusted JSON: each gives a typed value or throws an Error that names the place. */
import { isObject } from './json.ts';

export type Reader<T> = (value: unknown, place: string) => T;
export type Optional<T> = Reader<T> & { readonly fallback: T };
export type WorldOf<R> = R extends Reader<infer T> ? T : never;

const fail = (place: string, expected: string): never => {
  throw new Error(`${place}: expected ${expected}`);
};

export const text: Reader<string> = (value, place) => (typeof value === 'string' ? value : fail(place, 'text'));
export const flag: Reader<boolean> = (value, place) => (typeof value === 'boolean' ? value : fail(place, 'true or false'));
export const number: Reader<number> = (value, place) =>
  typeof value === 'number' && Number.isFinite(value) ? value : fail(place, 'a number');
/** Ids are text: a JSON number of 19 digits would already have lost some of them. */
export const idText: Reader<string> = (value, place) =>
  typeof value === 'string' && /^(|-?\d+)$/.test(value) ? value : fail(place, 'an id: decimal digits as text');

export const oneOf =
  <const T extends string | number>(allowed: readonly T[]): Reader<T> =>
  (value, place) =>
    allowed.find((one) => one === value) ?? fail(place, `one of ${allowed.join(', ')}`);

export const list =
  <T>(item: Reader<T>): Reader<readonly T[]> =>
  (value, place) =>
    Array.isArray(value) ? value.map((one, at) => item(one, `${place}[${at}]`)) : fail(place, 'a list');

export const nullable =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, place) =>
    value === null ? null : reader(value, place);

/** A map with free keys. */
export const entriesOf =
  <T>(reader: Reader<T>): Reader<{ readonly [key: string]: T }> =>
  (value, place) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, reader(one, `${place}.${key}`)]))
      : fail(place, 'a map');

/** A field that may be left out. */
export const optional = <T, const F extends T>(reader: Reader<T>, fallback: F): Optional<T> =>
  Object.assign((value: unknown, place: string) => reader(value, place), { fallback: fallback as T });

/** What is read belongs to the reader's caller, who may change it. */
const fresh = (value: unknown): unknown => (typeof value === 'object' ? structuredClone(value) : value);

/** An object with these fields and no others. */
export const record =
  <F extends { readonly [field: string]: Reader<unknown> }>(fields: F): Reader<{ readonly [K in keyof F]: WorldOf<F[K]> }> =>
  (value, place) => {
    if (!isObject(value)) return fail(place, 'an object');
    for (const key of Object.keys(value))
      if (!Object.hasOwn(fields, key))
        throw new Error(`${place}: unknown field "${key}"; known: ${Object.keys(fields).join(', ')}`);
    const read = Object.entries(fields).map(([key, reader]) => {
      if (Object.hasOwn(value, key)) return [key, reader(value[key], `${place}.${key}`)];
      return 'fallback' in reader ? [key, fresh(reader.fallback)] : fail(`${place}.${key}`, 'a value; it is missing');
    });
    return Object.fromEntries(read) as { readonly [K in keyof F]: WorldOf<F[K]> };
  };
