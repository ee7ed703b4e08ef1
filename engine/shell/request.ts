/** From an operation's facts and a request object to the HTTP request that is sent (BEHAVIOUR 1.2, 1.3). */
import type { Json, JsonObject } from '../core/ports.ts';
import type { OperationFacts } from '../operations/index.ts';
import { type AccessKey, encodeStrict, type Parameters, sha256, signatureDate, signV1, signV3 } from './sign.ts';

export const SERVICE_VERSION = '2023-06-30';
const FORM = 'application/x-www-form-urlencoded';

export type SignatureVersion = 'v3' | 'v1';
/** Where objects and lists travel: in the form body, or in the query for older private gateways (BEHAVIOUR 1.9). */
export type Placement = 'body' | 'query';

/** What leaves this machine. `query` is the raw text without `?`; `body` is null where there is none. */
export type HttpRequest = {
  readonly method: 'POST';
  readonly path: '/';
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

export type RequestParts = { readonly query: Parameters; readonly form: Parameters };

/**
 * One request parameter as text.
 *
 * @throws TypeError for a number that a double cannot hold exactly: ids travel as text (BEHAVIOUR 1.7)
 */
const scalarText = (name: string, value: Json): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberText(name, value);
  throw new TypeError(`parameter ${name} travels in the query and takes text, a number or a boolean`);
};

const numberText = (name: string, value: number): string => {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    throw new TypeError(`parameter ${name} holds a number that is not exact; send it as text`);
  return String(value);
};

/** JSON text in the order given; absent and null fields are left out (an explicit null equals an absent field, BEHAVIOUR 1.2). */
const jsonText = (name: string, value: Json): string =>
  JSON.stringify(value, function (this: unknown, _key: string, field: unknown) {
    if (field === null && !Array.isArray(this)) return undefined;
    if (typeof field === 'number') numberText(name, field);
    return field;
  });

/**
 * Splits a request object into query and form parameters, as text.
 *
 * @param tenant OpTenantId, which travels in the query of every operation
 * @throws TypeError for a parameter that the operation does not have, or one of the wrong sort: a fault of the caller
 */
export const splitRequest = (facts: OperationFacts, request: JsonObject, tenant: string, placement: Placement): RequestParts => {
  const query: [string, string][] = [];
  const form: [string, string][] = [];
  for (const [name, value] of Object.entries(request)) {
    const isKnown = name !== 'OpTenantId' && (facts.query.includes(name) || facts.body.includes(name));
    if (!isKnown) throw new TypeError(`the operation has no parameter ${name} that a caller may give`);
    if (value === null || value === undefined) continue;
    if (facts.query.includes(name)) query.push([name, scalarText(name, value)]);
    else (placement === 'body' ? form : query).push([name, jsonText(name, value)]);
  }
  query.push(['OpTenantId', tenant]);
  return { query: Object.fromEntries(query), form: Object.fromEntries(form) };
};

const rawQuery = (query: Parameters): string =>
  Object.keys(query)
    .sort()
    .map((name) => `${encodeStrict(name)}=${encodeStrict(query[name] as string)}`)
    .join('&');

/** The form body, in the service's plain encoding: `! ' ( ) *` stay as they are. Null where there is nothing to send. */
const formBody = (form: Parameters): string | null => {
  const fields = Object.entries(form).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return fields.length > 0 ? fields.join('&') : null;
};

export type SigningContext = {
  readonly operation: string;
  readonly host: string;
  readonly key: AccessKey;
  readonly signature: SignatureVersion;
  readonly wallMs: number;
  /** Unique for each request. */
  readonly nonce: string;
  readonly userAgent: string;
};

/** The signed HTTP request of one call. */
export const signRequest = (parts: RequestParts, context: SigningContext): HttpRequest => {
  const body = formBody(parts.form);
  const common = {
    host: context.host,
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': context.userAgent,
    ...(body === null ? {} : { 'content-type': FORM }),
    'content-length': String(Buffer.byteLength(body ?? '', 'utf8')),
  };
  switch (context.signature) {
    case 'v3':
      return withV3(parts.query, body, common, context);
    case 'v1':
      return withV1(parts, body, common, context);
    default:
      return context.signature satisfies never;
  }
};

const withV3 = (query: Parameters, body: string | null, common: Parameters, context: SigningContext): HttpRequest => {
  const contentHash = sha256(body ?? '');
  const headers = {
    ...common,
    'x-acs-version': SERVICE_VERSION,
    'x-acs-action': context.operation,
    'x-acs-date': signatureDate(context.wallMs),
    'x-acs-signature-nonce': context.nonce,
    'x-acs-content-sha256': contentHash,
    'x-acs-credentials-provider': 'static_ak',
  };
  const authorization = signV3({ method: 'POST', path: '/', query, headers, contentHash }, context.key);
  return { method: 'POST', path: '/', query: rawQuery(query), headers: { ...headers, authorization }, body };
};

const withV1 = (parts: RequestParts, body: string | null, common: Parameters, context: SigningContext): HttpRequest => {
  const query = {
    ...parts.query,
    Action: context.operation,
    Version: SERVICE_VERSION,
    Format: 'json',
    Timestamp: signatureDate(context.wallMs),
    SignatureNonce: context.nonce,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    AccessKeyId: context.key.accessKeyId,
  };
  const signed = { ...query, Signature: signV1('POST', { ...query, ...parts.form }, context.key.accessKeySecret) };
  return { method: 'POST', path: '/', query: rawQuery(signed), headers: common, body };
};
