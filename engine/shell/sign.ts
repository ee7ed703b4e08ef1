/** The two signatures of the service as pure functions; date, nonce and keys come in (BEHAVIOUR 1.3). */
import { createHash, createHmac } from 'node:crypto';

export type AccessKey = { readonly accessKeyId: string; readonly accessKeySecret: string };

/** A name and its text, in the order in which it was given. */
export type Parameters = Readonly<Record<string, string>>;

/** RFC 3986: what `encodeURIComponent` does, and also `! ' ( ) *`. */
export const encodeStrict = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** `yyyy-MM-ddTHH:mm:ssZ` in UTC, the form of `x-acs-date` and of `Timestamp`. */
export const signatureDate = (wallMs: number): string => new Date(wallMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Hex SHA-256 of text in UTF-8. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Names in the order of their UTF-16 units, as the official core sorts them: never by a locale. */
const sortedNames = (record: Parameters): string[] => Object.keys(record).sort();

const isSigned = (name: string): boolean => name.startsWith('x-acs-') || name === 'host' || name === 'content-type';

/**
 * The `authorization` header of ACS3-HMAC-SHA256.
 *
 * Signed are `host`, `content-type` and every `x-acs-*` header; the query's values are encoded, its keys are not.
 *
 * @param request headers in lower case; `contentHash` is the hex SHA-256 of the exact body, of '' where there is none
 */
export const signV3 = (
  request: {
    readonly method: string;
    readonly path: string;
    readonly query: Parameters;
    readonly headers: Parameters;
    readonly contentHash: string;
  },
  key: AccessKey,
): string => {
  const names = sortedNames(request.headers).filter(isSigned);
  const canonical = [
    request.method,
    request.path,
    sortedNames(request.query)
      .map((name) => `${name}=${encodeStrict(request.query[name] as string)}`)
      .join('&'),
    names.map((name) => `${name}:${(request.headers[name] as string).trim()}\n`).join(''),
    names.join(';'),
    request.contentHash,
  ].join('\n');
  const signature = createHmac('sha256', key.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  return `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
};

/**
 * The `Signature` parameter of the RPC signature, HMAC-SHA1 in Base64.
 *
 * @param parameters all of them, those of the body included, without `Signature`: private gateways refuse body
 *                   parameters that were not signed (BEHAVIOUR 1.9)
 */
export const signV1 = (method: string, parameters: Parameters, accessKeySecret: string): string => {
  const canonical = sortedNames(parameters)
    .map((name) => `${encodeStrict(name)}=${encodeStrict(parameters[name] as string)}`)
    .join('&');
  return createHmac('sha1', `${accessKeySecret}&`)
    .update(`${method}&${encodeStrict('/')}&${encodeStrict(canonical)}`)
    .digest('base64');
};
