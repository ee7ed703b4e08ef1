/** Signs requests for the emulator's tests by the text of BEHAVIOUR 1.3; shares nothing with engine or emulator. */
import { createHash, createHmac } from 'node:crypto';
import type { WireRequest } from '../../emulator/index.ts';

export type Signer = { readonly keyId: string; readonly secret: string; readonly nonce: string; readonly timestamp: string };
export type Parameters = { readonly query: Readonly<Record<string, string>>; readonly form: Readonly<Record<string, string>> };

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const toText = (pairs: Readonly<Record<string, string>>, code: (text: string) => string): string =>
  Object.keys(pairs)
    .sort()
    .map((key) => `${key}=${code(pairs[key] as string)}`)
    .join('&');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A time as both signatures write it. */
export const timestampOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

export const signV3 = (action: string, { query, form }: Parameters, signer: Signer, version = '2023-06-30'): WireRequest => {
  const body = toText(form, encodeURIComponent);
  const signed: Record<string, string> = {
    host: '127.0.0.1',
    ...(body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    'x-acs-action': action,
    'x-acs-content-sha256': sha256(body),
    'x-acs-credentials-provider': 'static_ak',
    'x-acs-date': signer.timestamp,
    'x-acs-signature-nonce': signer.nonce,
    'x-acs-version': version,
  };
  const names = Object.keys(signed).sort();
  const canonical = [
    'POST',
    '/',
    toText(query, encode),
    names.map((name) => `${name}:${signed[name]}\n`).join(''),
    names.join(';'),
    sha256(body),
  ].join('\n');
  const signature = createHmac('sha256', signer.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${signer.keyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { method: 'POST', path: '/', query: toText(query, encode), headers: { ...signed, authorization }, body };
};

/** @param placement query: the recipe measured on private gateways, everything in the query, no body */
export const signV1 = (action: string, given: Parameters, signer: Signer, placement: 'query' | 'body'): WireRequest => {
  const own: Record<string, string> = {
    Action: action,
    Version: '2023-06-30',
    Format: 'JSON',
    Timestamp: signer.timestamp,
    SignatureNonce: signer.nonce,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    AccessKeyId: signer.keyId,
  };
  const all = { ...own, ...given.query, ...given.form };
  const canonical = Object.keys(all)
    .sort()
    .map((key) => `${encode(key)}=${encode((all as Record<string, string>)[key] as string)}`)
    .join('&');
  const Signature = createHmac('sha1', `${signer.secret}&`)
    .update(`POST&%2F&${encode(canonical)}`)
    .digest('base64');
  const query = placement === 'query' ? { ...all, Signature } : { ...own, ...given.query, Signature };
  const body = placement === 'query' ? '' : toText(given.form, encodeURIComponent);
  const headers = { host: '127.0.0.1', ...(body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) };
  return { method: 'POST', path: '/', query: toText(query, encode), headers, body };
};
