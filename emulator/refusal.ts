/**
 * A call that the service refuses.
 *
 * gateway: refused before Dataphin saw it; the body then has the gateway's shape (BEHAVIOUR 1.6) and the switch
 * `businessErrors` does not touch it.
 */
export type Refusal = Error & {
  readonly refusal: true;
  readonly code: string;
  readonly status: number;
  readonly gateway: boolean;
};

export const refusal = (code: string, message: string, status: number, gateway: boolean): Refusal =>
  Object.assign(new Error(message), { refusal: true as const, code, status, gateway });

export const isRefusal = (error: unknown): error is Refusal => error instanceof Error && 'refusal' in error;

/** Refuses a call with a code of Dataphin's own; HTTP 400 is what was measured for `DPN.*` (BEHAVIOUR 2.3). */
export const refuse = (code: string, message: string, status = 400): never => {
  throw refusal(code, message, status, false);
};

/** Refuses a call as the gateway does (BEHAVIOUR 2.2). */
export const refuseAtGateway = (code: string, message: string, status: number): never => {
  throw refusal(code, message, status, true);
};

/** `Dataphin.OpenAPI.BadRequest`: an argument is missing or cannot be read (BEHAVIOUR 1.2). */
export const badRequest = (message: string): never => refuse('Dataphin.OpenAPI.BadRequest', message);

export const missingArgument = (name: string): never => badRequest(`Missing required argument: ${name}`);
