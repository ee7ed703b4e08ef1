/** What the engine asks of the outside: calls, hashes, time. Core and kinds see these types and never what is behind them. */
import type { OperationName } from '../operations/index.ts';

/** A JSON value as it travels; ids are text. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/**
 * How one call ended. A client never throws for what the network or the service does.
 *
 * done       the service accepted it; `answer` is the body without the envelope, ids as text
 * rejected   refused with a code that is known to mean: it did not happen
 * throttled  refused for the rate or the day; it did not happen. `retryAfterMs` null: no usable hint
 * not-sent   nothing left this machine (refused connection, DNS, TLS, aborted before the first byte)
 * unknown    everything else: it may have happened
 */
export type CallResult =
  | { readonly outcome: 'done'; readonly answer: JsonObject; readonly requestId: string | null }
  | {
      readonly outcome: 'rejected';
      readonly code: string;
      readonly message: string;
      readonly status: number | null;
      readonly requestId: string | null;
    }
  | {
      readonly outcome: 'throttled';
      readonly code: string;
      readonly message: string;
      readonly retryAfterMs: number | null;
      readonly requestId: string | null;
    }
  | { readonly outcome: 'not-sent'; readonly code: string; readonly message: string }
  | {
      readonly outcome: 'unknown';
      readonly code: string;
      readonly message: string;
      readonly status: number | null;
      readonly requestId: string | null;
    };

/** Sends one call, once: never a retry of its own. `OpTenantId` is added by the client. */
export type Client = {
  readonly call: (
    operation: OperationName,
    request: JsonObject,
    options?: { readonly signal?: AbortSignal },
  ) => Promise<CallResult>;
  /** Closes kept-alive connections. */
  readonly close: () => void;
};

/** Hex SHA-256 of text in UTF-8. */
export type Hash = (text: string) => string;

/** A clock for spacing (monotonic) and for days (wall); tests pass a virtual one. */
export type Clock = {
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};
