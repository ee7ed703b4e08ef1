/** The shapes of what the service answers: payloads, refusals, throttling, faults (BEHAVIOUR 1.6). */
import type { Fault, TransportFault } from './faults.ts';
import type { Json, JsonObject } from './json.ts';
import type { Breach } from './quota.ts';
import type { Refusal } from './refusal.ts';
import type { Switches } from './switches.ts';

/** What a fault does to the answer on its way; `refuse` and `reset` before mean that there is no answer at all. */
export type Transport = { readonly kind: TransportFault; readonly status: number | null };

export type Answer = {
  readonly status: number;
  /** Envelope and payload; ids as text, also where the wire has bare numbers. */
  readonly body: JsonObject;
  readonly requestId: string;
  readonly headers: { readonly [name: string]: string };
  readonly transport: Transport | null;
};

const envelope = (
  code: string,
  status: number,
  message: string,
  requestId: string,
  success: boolean,
): { readonly [key: string]: Json } => ({
  Code: code,
  HttpStatusCode: status,
  Message: message,
  RequestId: requestId,
  Success: success,
});

export const okAnswer = (payload: JsonObject, requestId: string): Answer => ({
  status: 200,
  body: { ...envelope('OK', 200, 'successful', requestId, true), ...payload },
  requestId,
  headers: {},
  transport: null,
});

const gatewayAnswer = (
  code: string,
  message: string,
  status: number,
  requestId: string,
  headers: Answer['headers'] = {},
): Answer => ({
  status,
  body: {
    RequestId: requestId,
    Message: message,
    Recommend: `https://api.example.com/troubleshoot?q=${code}`,
    HostId: 'dataphin-public.emulator',
    Code: code,
  },
  requestId,
  headers,
  transport: null,
});

export const refusalAnswer = (refusal: Refusal, requestId: string, switches: Switches): Answer => {
  if (refusal.gateway) return gatewayAnswer(refusal.code, refusal.message, refusal.status, requestId);
  const status = switches.businessErrors === 'http200' ? 200 : refusal.status;
  return {
    status,
    body: envelope(refusal.code, status, refusal.message, requestId, false),
    requestId,
    headers: {},
    transport: null,
  };
};

export const throttledAnswer = (breach: Breach, requestId: string): Answer =>
  gatewayAnswer(
    'Throttling.User',
    breach.kind === 'rate' ? 'Request was denied due to user flow control.' : 'The quota of the day is used up.',
    400,
    requestId,
    breach.kind === 'rate' ? { 'x-acs-retry-after': '1000' } : {},
  );

export const faultAnswer = (fault: Fault, requestId: string): Answer => {
  if (fault.do === 'throttle') {
    const retryAfter = fault.retryAfter === undefined ? 1000 : fault.retryAfter;
    return gatewayAnswer(
      fault.code ?? 'Throttling.User',
      'Request was denied due to user flow control.',
      fault.status ?? 400,
      requestId,
      retryAfter === null ? {} : { 'x-acs-retry-after': String(retryAfter) },
    );
  }
  if (fault.do === 'fail')
    return {
      status: 200,
      body: envelope(fault.code ?? 'DPN.Commons.InternalError', 200, 'internal error', requestId, false),
      requestId,
      headers: {},
      transport: null,
    };
  const status = fault.status ?? 502;
  const codes: { readonly [status: number]: string } = {
    500: 'InternalError',
    502: 'Dataphin.OpenAPI.BadGateway',
    503: 'ServiceUnavailable',
  };
  const code = fault.code ?? codes[status] ?? 'UnknownError';
  return { status, body: envelope(code, status, 'RPC invoke failed', requestId, false), requestId, headers: {}, transport: null };
};
