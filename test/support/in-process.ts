/** A client that calls the emulator's service in this process: no socket, no codec, no signature. */

import type { Service } from '../../emulator/index.ts';
import type { CallResult, Client, Clock, JsonObject } from '../../engine/core/ports.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { classifyAnswer } from '../../engine/shell/classify.ts';

const LOST: CallResult = {
  outcome: 'unknown',
  code: 'CONNECTION_LOST',
  message: 'the connection was lost',
  status: null,
  requestId: null,
};

export const inProcessClient = (service: Service, options: { readonly keyId?: string } = {}): Client => ({
  call: async (operation, request) => {
    const answer = service.call({ action: operation, parameters: request, ...(options.keyId ? { keyId: options.keyId } : {}) });
    if (answer.transport)
      return answer.transport.kind === 'refuse' ? { outcome: 'not-sent', code: 'CONNECTION_REFUSED', message: 'refused' } : LOST;
    return classifyAnswer(
      { status: answer.status, headers: answer.headers, text: JSON.stringify(answer.body) },
      { operation, facts: operationFacts(operation), hidden: [] },
    );
  },
  close: () => undefined,
});

/** How long a call is on its way in tests and in the bench, unless told; and by how much it may arrive late. */
export const CALL_MS = 100;
export const LATEST_MS = 50;

/** Calls arrive 0 to 50 ms after they were sent, drawn by `below`, and are answered 100 ms after. */
export const lateClient = (inner: Client, clock: Clock, below: (limit: number) => number): Client => ({
  ...inner,
  call: async (operation, request, options) => {
    const lateMs = below(LATEST_MS + 1);
    await clock.sleep(lateMs);
    const result = await inner.call(operation, request, options);
    await clock.sleep(CALL_MS - lateMs);
    return result;
  },
});

export const asJson = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
