/** One request to the backend of a record, and what its answers mean. */
import { createHash } from 'node:crypto';
import { EngineError } from '../core/diagnostic.ts';
import type { Clock } from '../core/ports.ts';
import type { Exchange } from './exchange.ts';

/** A method and where it is sent: `POST https://…/lock`. */
export type Place = { readonly method: string; readonly address: string };

export type HttpPlace = {
  readonly address: string;
  readonly update: string;
  readonly lock: Place;
  readonly unlock: Place;
  /** Sends one request, once; `authorization` and the like are its own business. */
  readonly send: StateSend;
  readonly clock: Pick<Clock, 'sleep' | 'wallMs'>;
};

export type StateRequest = Place & {
  /** Added to the address's own. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};
export type StateSend = (request: StateRequest) => Promise<Exchange>;

/** Between tries of what may be tried again. */
export const PAUSES_MS = [1_000, 2_000, 4_000];

export const JSON_TYPE = { 'content-type': 'application/json' };
export const request = (method: string, address: string): StateRequest => ({
  method,
  address,
  query: {},
  headers: {},
  body: null,
});
export const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('base64');
export const isSuccess = (status: number): boolean => status >= 200 && status < 300;
export const mayTryAgain = (answer: Exchange): boolean =>
  answer.end !== 'answer' || answer.status >= 500 || answer.status === 429 || answer.status === 408;

/** Sends it again while that may help; `onTry` sees every answer. */
export const patiently = async (
  { send, clock }: HttpPlace,
  asked: StateRequest,
  onTry: (answer: Exchange) => boolean,
): Promise<Exchange> => {
  for (let tries = 0; ; tries++) {
    const answer = await send(asked);
    onTry(answer);
    const pauseMs = PAUSES_MS[tries];
    if (!mayTryAgain(answer) || pauseMs === undefined) return answer;
    await clock.sleep(pauseMs);
  }
};

export const unreachable = (address: string, why: string): EngineError =>
  new EngineError('STATE_UNREACHABLE', `The record at ${address} cannot be reached: ${why}.`, 'Nothing was sent. Try again.');

export const refusal = (address: string, status: number): EngineError =>
  status === 401 || status === 403
    ? new EngineError(
        'STATE_REFUSED',
        `${address} refuses this user (${status}).`,
        'Mend state.username and the variable of state.password.',
      )
    : status >= 500 || status === 429 || status === 408
      ? unreachable(address, `the server answered ${status}`)
      : new EngineError('STATE_UNREADABLE', `${address} answered ${status}.`, 'Mend state.address.');
