/** Files in the making: what each of them holds, before it is text. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { writeYaml } from './yaml.ts';

export type Document = {
  /** First lines of the file, without `#`. */
  readonly comment: string;
  /** Collections, as they are written. */
  readonly content: JsonObject;
};
/** By path, in the order in which they were begun. */
export type Documents = Readonly<Record<string, Document>>;

export type Draft = {
  /** Begins a file; nothing is in it yet. */
  readonly begin: (path: string, comment: string) => void;
  /** Puts a value at a collection and keys of a file that was begun; keys on the way are made. */
  readonly put: (path: string, keys: readonly string[], value: Json) => void;
  /** The files that hold something. */
  readonly documents: () => Documents;
};

export const startDraft = (): Draft => {
  const files = new Map<string, { comment: string; content: Record<string, Json> }>();
  return {
    begin: (path, comment) => {
      files.set(path, { comment, content: {} });
    },
    put: (path, keys, value) => {
      const file = files.get(path);
      if (!file) throw new Error(`${path} was not begun`);
      let at = file.content;
      for (const key of keys.slice(0, -1)) {
        at[key] ??= {};
        at = at[key] as Record<string, Json>;
      }
      const last = keys.at(-1) ?? '';
      if (at[last] !== undefined) throw new Error(`${path}: ${keys.join('/')} is there twice`);
      at[last] = value;
    },
    documents: () => Object.fromEntries([...files].filter(([, file]) => Object.keys(file.content).length > 0)),
  };
};

/** Levels of keys above the resources of a collection, where there are several (RESOURCES 1). */
const KEY_PARTS = { dataServiceApps: 2, dataServiceGrants: 2, resourceGrants: 2 };

export const writeDocument = ({ comment, content }: Document): string => writeYaml(comment, content, KEY_PARTS);
