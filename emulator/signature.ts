/** Both signatures of the service, verified from what arrived (BEHAVIOUR 1.3). Shares nothing with the engine's signer. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type WireRequest = {
  readonly method: string;
  readonly path: string;
  /** The query as it was received, without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined };
  /** The form body as it was received. */
  readonly body: string;
};

/** What a request says about its sender, before any of it is believed. */
export type Claim = {
  readonly version: 'v3' | 'v1';
  readonly action: string;
  readonly apiVersion: string;
  readonly keyId: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly isTemporary: boolean;
  /** Parameters of the action: without those that belong to the signature. */
  readonly query: readonly (readonly [string, string])[];
  readonly form: readonly (readonly [string, string])[];
  /** Whether the signature is that of this secret. */
  readonly isSignedWith: (secret: string) => boolean;
};
export type Unclaimed = { readonly code: 'IncompleteSignature' | 'MissingParameter'; readonly message: string };

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** The sender's claim, or what is missing from it. */
export const readClaim = (request: WireRequest): Claim | Unclaimed => {
  const query = [...new URLSearchParams(request.query)];
  const form = [...new URLSearchParams(request.body)];
  const authorization = request.headers.authorization;
  if (authorization !== undefined) return readV3(request, authorization, query, form);
  return readV1(query, form);
};

const AUTHORIZATION = /^ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

const readV3 = (
  request: WireRequest,
  authorization: string,
  query: readonly (readonly [string, string])[],
  form: readonly (readonly [string, string])[],
): Claim | Unclaimed => {
  const { headers } = request;
  const [, keyId, signedText, signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (keyId === undefined || signedText === undefined || signature === undefined)
    return { code: 'IncompleteSignature', message: 'the Authorization header is not ACS3-HMAC-SHA256 with three parts' };
  const signed = signedText.split(';');
  const needed = Object.keys(headers).filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-acs-'));
  const unsigned = needed.find((name) => !signed.includes(name));
  if (unsigned !== undefined) return { code: 'IncompleteSignature', message: `the header ${unsigned} is not signed` };
  const header = (name: string): string => headers[name] ?? '';
  for (const name of ['x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256'])
    if (header(name) === '') return { code: 'MissingParameter', message: `the header ${name} is missing` };
  return {
    version: 'v3',
    action: header('x-acs-action'),
    apiVersion: header('x-acs-version'),
    keyId,
    timestamp: header('x-acs-date'),
    nonce: header('x-acs-signature-nonce'),
    isTemporary: headers['x-acs-security-token'] !== undefined,
    query,
    form,
    isSignedWith: (secret) => {
      const hash = sha256(request.body);
      if (hash !== header('x-acs-content-sha256')) return false;
      const canonicalQuery = [...query]
        .sort(([a], [b]) => byCodeUnit(a, b))
        .map(([key, value]) => `${key}=${encode(value)}`)
        .join('&');
      const canonicalHeaders = [...signed].sort(byCodeUnit).map((name) => `${name}:${header(name).trim()}\n`);
      const canonical = [
        request.method,
        request.path,
        canonicalQuery,
        canonicalHeaders.join(''),
        [...signed].sort(byCodeUnit).join(';'),
        hash,
      ].join('\n');
      const wanted = createHmac('sha256', secret)
        .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`, 'utf8')
        .digest('hex');
      return isSame(wanted, signature);
    },
  };
};

/** Parameters of the signature and the gateway in v1; the rest are the action's. */
const V1_OWN = new Set([
  'Action',
  'Version',
  'Format',
  'Timestamp',
  'SignatureNonce',
  'SignatureMethod',
  'SignatureVersion',
  'SignatureType',
  'AccessKeyId',
  'SecurityToken',
  'Signature',
]);

const readV1 = (
  query: readonly (readonly [string, string])[],
  form: readonly (readonly [string, string])[],
): Claim | Unclaimed => {
  const all = [...query, ...form];
  const find = (name: string): string => all.find(([key]) => key === name)?.[1] ?? '';
  for (const name of [
    'Action',
    'Version',
    'Timestamp',
    'SignatureNonce',
    'SignatureMethod',
    'SignatureVersion',
    'AccessKeyId',
    'Signature',
  ])
    if (find(name) === '') return { code: 'MissingParameter', message: `${name} is mandatory for this action.` };
  if (find('SignatureMethod') !== 'HMAC-SHA1' || find('SignatureVersion') !== '1.0')
    return { code: 'IncompleteSignature', message: 'SignatureMethod must be HMAC-SHA1 and SignatureVersion 1.0' };
  const actions = (pairs: readonly (readonly [string, string])[]) => pairs.filter(([key]) => !V1_OWN.has(key));
  return {
    version: 'v1',
    action: find('Action'),
    apiVersion: find('Version'),
    keyId: find('AccessKeyId'),
    timestamp: find('Timestamp'),
    nonce: find('SignatureNonce'),
    isTemporary: find('SecurityToken') !== '',
    query: actions(query),
    form: actions(form),
    isSignedWith: (secret) => {
      const canonical = all
        .filter(([key]) => key !== 'Signature')
        .map(([key, value]): readonly [string, string] => [encode(key), encode(value)])
        .sort(([a], [b]) => byCodeUnit(a, b))
        .map(([key, value]) => `${key}=${value}`)
        .join('&');
      const wanted = createHmac('sha1', `${secret}&`)
        .update(`POST&%2F&${encode(canonical)}`, 'utf8')
        .digest('base64');
      return isSame(wanted, find('Signature'));
    },
  };
};
