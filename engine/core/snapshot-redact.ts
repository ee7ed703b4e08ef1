/** What a file of reads must not hold: secrets that the service shows, and contact data of people (DESIGN 1.7, 4). */
import { asDigest, isDigest } from './diff.ts';
import type { Kind, RedactContext } from './kind.ts';
import type { Hash, Json, JsonObject } from './ports.ts';
import type { SnapshotRead } from './snapshot.ts';

/** Stands for contact data that was there; an empty one is kept: that there is none tells nothing of anybody. */
export const LEFT_OUT = '(left out)';

const CONTACT = /mail|phone|mobile|ding(number|talk|user)|wechat|feishu/i;
/** Keys of apps: they are compared, asked by and never shown, so that their digest does as well. */
const APP_KEY = /^AppKey(Str)?$/;
const SECRET = /secret|password|passwd|token|credential|access_?key/i;

/**
 * A read as it may be written: members that are named like secrets are not there, contact data are replaced by LEFT_OUT,
 * and every kind takes out what it knows to be secret.
 */
export const redactRead = (read: SnapshotRead, kinds: readonly Kind[], context: RedactContext): SnapshotRead => {
  const request = withoutNamed(read.request, context.hash) as JsonObject;
  if (!read.answer) return { ...read, request };
  const plain = withoutNamed(read.answer, context.hash) as JsonObject;
  const answer = kinds.reduce((left, kind) => kind.redacts?.(read.operation, left, context) ?? left, plain);
  return { ...read, request, answer };
};

const withoutNamed = (value: Json, hash: Hash): Json => {
  if (Array.isArray(value)) return value.map((one: Json) => withoutNamed(one, hash));
  if (typeof value !== 'object' || value === null) return value;
  const kept: [string, Json][] = [];
  for (const [name, inner] of Object.entries(value as JsonObject)) {
    if (CONTACT.test(name) && typeof inner !== 'boolean') kept.push([name, inner === '' || inner === null ? inner : LEFT_OUT]);
    else if (APP_KEY.test(name)) {
      if (typeof inner === 'string') kept.push([name, veiledKey(inner, hash)]);
    } else if (!SECRET.test(name) || typeof inner === 'boolean') kept.push([name, withoutNamed(inner, hash)]);
  }
  return Object.fromEntries(kept);
};

/** As a digest; one that stands for a key already stays. */
const veiledKey = (key: string, hash: Hash): string => (key === '' || isDigest(key) ? key : asDigest(key, hash));

/** The same with every key of an app made another text. */
const mapAppKeys = (value: Json, map: (key: string) => string): Json => {
  if (Array.isArray(value)) return value.map((one: Json) => mapAppKeys(one, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, inner]) => [
      name,
      APP_KEY.test(name) && typeof inner === 'string' ? map(inner) : mapAppKeys(inner, map),
    ]),
  );
};

/** The same with digests in the place of keys of apps. */
export const veilAppKeys = (value: JsonObject, hash: Hash): JsonObject =>
  mapAppKeys(value, (key) => veiledKey(key, hash)) as JsonObject;

/** The same with the keys that are known in the place of their digests. */
export const withAppKeys = (value: JsonObject, keys: ReadonlyMap<string, string>): JsonObject =>
  mapAppKeys(value, (key) => keys.get(key) ?? key) as JsonObject;

/** Every key of an app in an answer or a request, or the digest that stands there for it; each once. */
export const appKeysIn = (value: JsonObject): readonly string[] => {
  const found = new Set<string>();
  mapAppKeys(value, (key) => {
    if (key !== '') found.add(key);
    return key;
  });
  return [...found];
};
