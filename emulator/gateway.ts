/** The gateway before the service: who is calling, what, and whether the request is what it says (BEHAVIOUR 1.2, 1.3). */
import type { OperationName } from '../engine/operations/index.ts';
import { type FieldShape, SHAPES } from '../engine/operations/shapes.ts';
import type { Answer, Transport } from './answers.ts';
import type { JsonObject } from './json.ts';
import { emit } from './lossless.ts';
import type { Violation } from './records.ts';
import { refusal } from './refusal.ts';
import type { Service } from './service.ts';
import { type Claim, readClaim, type WireRequest } from './signature.ts';

export type WireAnswer = {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly text: string;
  /** What a fault does to the answer on its way; the server does it. */
  readonly transport: Transport | null;
};
export type Wire = {
  /** One request without a socket. `atMs`: when it arrived, on the service's clock before any advance. */
  readonly wire: (request: WireRequest, atMs?: number) => WireAnswer;
  /** Moves the clock that signatures are checked by against the host's. */
  readonly setSkew: (skewMs: number) => void;
};

const API_VERSION = '2023-06-30';
const WINDOW_MS = 15 * 60_000;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** @param hostMs the host's time in milliseconds since the epoch; signatures are about real time, not the world's */
export const createGateway = (service: Service, hostMs: () => number = Date.now): Wire => {
  const nonces = new Map<string, number>();
  let skewMs = 0;

  const forgetNonces = (nowMs: number): void => {
    // Oldest first, as a Map keeps them; both sides of the window count.
    for (const [nonce, ms] of nonces) {
      if (ms > nowMs - 2 * WINDOW_MS) break;
      nonces.delete(nonce);
    }
  };
  const refuse = (
    action: string,
    keyId: string,
    code: string,
    message: string,
    status: number,
    kind?: Violation['kind'],
    atMs?: number,
  ): WireAnswer => {
    const call = { action, keyId, ...(atMs === undefined ? {} : { atMs }) };
    return toWire('', service.refuseCall(call, refusal(code, message, status, true), kind));
  };

  const wire = (request: WireRequest, atMs?: number): WireAnswer => {
    if (request.method !== 'POST') return refuse('', '', 'UnsupportedHTTPMethod', 'only POST is supported', 400, undefined, atMs);
    if (request.path !== '/')
      return refuse('', '', 'InvalidAction.NotFound', 'Specified api is not found.', 404, undefined, atMs);
    const claim = readClaim(request);
    if ('code' in claim) return refuse('', '', claim.code, claim.message, 400, 'signature', atMs);
    const { action, keyId } = claim;
    const no = (code: string, message: string, status: number, kind?: Violation['kind']): WireAnswer =>
      refuse(action, keyId, code, message, status, kind, atMs);

    if (claim.apiVersion !== API_VERSION) return no('InvalidVersion', 'Specified parameter Version is not valid.', 404);
    const wanted = service.switches().signature;
    if (wanted !== 'both' && wanted !== claim.version)
      return no('IncompleteSignature', `this gateway takes signatures of version ${wanted} only`, 400, 'signature');
    const key = service.keys().find((one) => one.id === keyId);
    if (!key) return no('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
    if (claim.isTemporary) return no('InvalidSecurityToken.NotSupported', 'temporary credentials cannot call this API', 400);
    if (!TIMESTAMP.test(claim.timestamp))
      return no('InvalidTimeStamp.Format', 'the timestamp is not yyyy-MM-ddTHH:mm:ssZ', 400, 'skew');
    const nowMs = hostMs() + skewMs;
    if (!(Math.abs(Date.parse(claim.timestamp) - nowMs) <= WINDOW_MS))
      return no('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.', 400, 'skew');
    if (!claim.isSignedWith(key.secret))
      return no('SignatureDoesNotMatch', 'Specified signature is not matched with our calculation.', 400, 'signature');
    forgetNonces(nowMs);
    const nonce = `${keyId} ${claim.nonce}`;
    if (nonces.has(nonce)) return no('SignatureNonceUsed', 'Specified signature nonce was used already.', 400, 'nonce');
    nonces.set(nonce, nowMs);

    const call = { action, parameters: parametersOf(claim, service.switches().parameters), keyId };
    return toWire(action, service.call(atMs === undefined ? call : { ...call, atMs }));
  };
  return {
    wire,
    setSkew: (ms) => {
      skewMs = ms;
    },
  };
};

/** Where parameters are looked for is a switch; by default either place may carry one (BEHAVIOUR 1.2, 1.9). */
const parametersOf = (claim: Claim, places: 'both' | 'query' | 'body'): JsonObject => {
  const request: { readonly [name: string]: FieldShape } = SHAPES[claim.action as OperationName]?.request ?? {};
  const isText = (name: string): boolean => ['object', 'array', 'map'].includes(request[name]?.type ?? '');
  const query = places === 'body' ? claim.query.filter(([name]) => !isText(name)) : claim.query;
  const form = places === 'query' ? [] : places === 'body' ? claim.form.filter(([name]) => isText(name)) : claim.form;
  // The wire always needs it; a missing one is refused like any other argument.
  return Object.fromEntries([['OpTenantId', ''], ...query, ...form]);
};

const toWire = (action: string, answer: Answer): WireAnswer => ({
  status: answer.status,
  headers: { 'content-type': 'application/json;charset=utf-8', 'x-acs-request-id': answer.requestId, ...answer.headers },
  text: emit(answer.body, SHAPES[action]?.response),
  transport: answer.transport,
});
