/** A reader that remembers what it has read: reads of a plan are made twice only where once proves nothing. */
import { canonical } from '../core/json.ts';
import type { OperationName } from '../operations/index.ts';
import type { Reader } from './reader.ts';

export type RememberingReader = Reader & {
  /** From now on these are read anew. */
  readonly forget: (operations: ReadonlySet<OperationName>) => void;
};

/** The same call with the same request is made once, until it is forgotten. */
export const rememberReads = (reader: Reader): RememberingReader => {
  const kept = new Map<string, { readonly operation: OperationName; readonly answer: Promise<unknown> }>();
  const once = <T>(operation: OperationName, parts: readonly unknown[], read: () => Promise<T>): Promise<T> => {
    const key = `${operation} ${canonical(parts)}`;
    const there = kept.get(key)?.answer ?? read();
    kept.set(key, { operation, answer: there });
    return there as Promise<T>;
  };
  return {
    ...reader,
    list: (read, request) =>
      once(read.operation, ['list', request, read.pageSize ?? null, read.mostPages ?? null, nameOf(read)], () =>
        reader.list(read, request),
      ),
    call: (operation, request) => once(operation, ['call', request], () => reader.call(operation, request)),
    forget: (operations) => {
      for (const [key, { operation }] of kept) if (operations.has(operation)) kept.delete(key);
    },
  };
};

/** Two reads of one operation may make other rows of the same answer: their names tell them apart. */
const nameOf = (read: object): string | null => ('name' in read && typeof read.name === 'string' ? read.name : null);
