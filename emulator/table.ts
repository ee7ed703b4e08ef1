/** The rows of one sort, found by id and by keys of their own; rows are values and are replaced, never changed. */
export type Table<T> = {
  readonly get: (id: string) => T | undefined;
  /** Rows that have this key in an index, oldest first. */
  readonly by: (index: string, key: string) => readonly T[];
  /** All rows, the latest created first (BEHAVIOUR 4, Q14); the same array until something is written. */
  readonly newestFirst: () => readonly T[];
  /** All rows in the order of their creation. */
  readonly oldestFirst: () => readonly T[];
  readonly put: (row: T) => void;
  readonly remove: (id: string) => void;
  readonly copy: () => Table<T>;
};

export type TableShape<T> = {
  readonly id: (row: T) => string;
  readonly indexes: { readonly [index: string]: (row: T) => readonly string[] };
};

/** A table of the given rows, in the order of their creation. */
export const createTable = <T>(shape: TableShape<T>, given: Iterable<T>): Table<T> => {
  const rows = new Map<string, T>();
  const indexes = new Map(Object.keys(shape.indexes).map((name) => [name, new Map<string, Set<string>>()]));
  let newest: readonly T[] | null = null;

  const add = (entries: Map<string, Set<string>>, keys: readonly string[], id: string): void => {
    for (const key of keys) {
      const ids = entries.get(key);
      if (ids) ids.add(id);
      else entries.set(key, new Set([id]));
    }
  };
  const drop = (entries: Map<string, Set<string>>, keys: readonly string[], id: string): void => {
    for (const key of keys) {
      const ids = entries.get(key);
      ids?.delete(id);
      if (ids?.size === 0) entries.delete(key);
    }
  };
  const reindex = (id: string, before: T | undefined, after: T | undefined): void => {
    for (const [name, keysOf] of Object.entries(shape.indexes)) {
      const entries = indexes.get(name) as Map<string, Set<string>>;
      const [old, next] = [before === undefined ? [] : keysOf(before), after === undefined ? [] : keysOf(after)];
      // Most writes touch no key, and a row keeps its place among those that share one.
      if (old.length === next.length && old.every((key, at) => key === next[at])) continue;
      drop(entries, old, id);
      add(entries, next, id);
    }
  };
  const put = (row: T): void => {
    const id = shape.id(row);
    reindex(id, rows.get(id), row);
    rows.set(id, row);
    newest = null;
  };
  const newestFirst = (): readonly T[] => {
    newest ??= [...rows.values()].reverse();
    return newest;
  };
  for (const row of given) put(row);
  return {
    get: (id) => rows.get(id),
    by: (name, key) => {
      const ids = indexes.get(name)?.get(key);
      return ids ? [...ids].map((id) => rows.get(id) as T) : [];
    },
    newestFirst,
    oldestFirst: () => [...rows.values()],
    put,
    remove: (id) => {
      const row = rows.get(id);
      if (row === undefined) return;
      reindex(id, row, undefined);
      rows.delete(id);
      newest = null;
    },
    copy: () => createTable(shape, rows.values()),
  };
};
