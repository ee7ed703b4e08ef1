/** A client of the transport with example keys, standing clock and short limits, and what a call of it looks like. */
import type { CallResult, Client, JsonObject } from '../../engine/core/ports.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { type ClientOptions, createClient } from '../../engine/shell/client.ts';
import { type Endpoint, resolveEndpoint } from '../../engine/shell/endpoint.ts';
import { sourceFacts } from './transport-facts.ts';

export const TENANT = '300001413';
export const KEY = { accessKeyId: 'LTAIexampleexample', accessKeySecret: 'exampleSecretExampleSecret01' };
/** 2026-11-20T06:02:03.456Z */
export const WALL_MS = Date.UTC(2026, 10, 20, 6, 2, 3, 456);

export const endpointOf = (address: string, allowed: readonly string[] = []): Endpoint => {
  const result = resolveEndpoint({ region: null, endpoint: address, allowed });
  if (!result.ok) throw new Error(result.message);
  return result.endpoint;
};

export const testClient = (address: string, options: Partial<ClientOptions> = {}): Client =>
  createClient({
    endpoint: endpointOf(address, ['dataphin.example.com']),
    tenant: TENANT,
    credentials: KEY,
    clock: { wallMs: () => WALL_MS },
    facts: sourceFacts,
    ...options,
  });

/** One call on a client of its own. */
export const callOnce = async (
  address: string,
  operation: OperationName,
  request: JsonObject,
  options: Partial<ClientOptions> = {},
  signal?: AbortSignal,
): Promise<CallResult> => {
  const client = testClient(address, options);
  try {
    return await client.call(operation, request, signal ? { signal } : {});
  } finally {
    client.close();
  }
};
