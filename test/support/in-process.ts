/** A client that calls the emulator's service in this process: no socket, no codec, no signature. */

import type { Service } from '../../emulator/index.ts';
import type { CallResult, Client, JsonObject } from '../../engine/core/ports.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { classifyAnswer } from '../../engine/shell/classify.ts';

const LOST: CallResult = {
  outcome: 'unknown',
  code: 'CONNECTION_LOST',
  message: 'the connection was lost',
  status: null,
  requestId: null,
};

/**
 * @param arrivesAfterMs how much later than sent a call arrives, by its number; 0 unless told
 */
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

export const asJson = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
