/** The catalogue of the service's operations: types of all of them, facts of those in use. */
import type { Operations } from './types.ts';
import { USED } from './used.ts';

export type { Id, Operations } from './types.ts';

export type OperationName = keyof Operations;
export type ReadName = { [N in OperationName]: Operations[N]['kind'] extends 'read' ? N : never }[OperationName];
export type WriteName = { [N in OperationName]: Operations[N]['kind'] extends 'write' ? N : never }[OperationName];
export type RequestOf<N extends OperationName> = Operations[N]['request'];
export type AnswerOf<N extends OperationName> = Operations[N]['answer'];

/** The service's throttling class of an operation. */
export type Level = 1 | 2 | 3;

export type OperationFacts = {
  readonly level: Level;
  readonly kind: 'read' | 'write';
  /** Lowest edition; null where the official table has none. */
  readonly edition: string | null;
  /** Lowest server version of private deployments; null where unknown. */
  readonly minServerVersion: string | null;
  /** Parameters that travel in the query, and those that travel as JSON text in the form body. */
  readonly query: readonly string[];
  readonly body: readonly string[];
  /** The payload's key beside the envelope; null where the answer has none. */
  readonly result: string | null;
  /** Paths of the answer's numbers that are ids and become text. */
  readonly ids: readonly string[];
  readonly page: null | { readonly page: string; readonly size: string; readonly total: string; readonly items: string };
};

/**
 * The facts of one operation in use.
 *
 * @throws Error when the name is not in the generated table: `npm run generate` was not run after naming it
 */
export const operationFacts = (name: OperationName): OperationFacts => {
  const facts = Object.hasOwn(USED, name) ? USED[name] : undefined;
  if (!facts) throw new Error(`operation ${name} is not in engine/operations/used.ts; run npm run generate`);
  return facts;
};
