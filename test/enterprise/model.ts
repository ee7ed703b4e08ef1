/** The enterprise's files as values that edits change in place, and what edits have to know about them. */
import { parseWorld } from '../../emulator/index.ts';
import { pointerOf } from '../../engine/core/json.ts';
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { type Enterprise, writeDocument } from '../../scripts/enterprise/index.ts';

type Mutable = { [key: string]: Json };
export type Model = {
  readonly documents: { [path: string]: { comment: string; content: Mutable } };
  /** Names of the APIs that each data-service project has published. */
  readonly apis: Readonly<Record<string, readonly string[]>>;
};
export type Found = { readonly keys: readonly string[]; readonly address: string; readonly path: string; readonly spec: Mutable };

export const KEY_PARTS: Readonly<Record<string, number>> = { dataServiceApps: 2, dataServiceGrants: 2, resourceGrants: 2 };
const isMap = (value: Json | undefined): value is Mutable => typeof value === 'object' && value !== null && !Array.isArray(value);
const isOverlay = (path: string): boolean => path.startsWith('env/');
/** Members of projects stand in a file of their own. */
const isNested = (path: string): boolean => path.endsWith('/access.yaml');

export const modelOf = ({ documents, worlds }: Enterprise): Model => ({
  documents: structuredClone(documents) as unknown as Model['documents'],
  apis: Object.fromEntries(
    parseWorld(worlds.prod).dataServiceProjects.map(({ ProjectName, Apis }) => [ProjectName, Apis.map(({ ApiName }) => ApiName)]),
  ),
});

/** The files of the workspace as the model has them; worlds and secrets are those of the enterprise. */
export const filesOf = (model: Model, { files, documents }: Enterprise): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(files).filter(([path]) => documents[path] === undefined)),
  ...Object.fromEntries(
    Object.entries(model.documents)
      .filter(([, { content }]) => Object.keys(content).length > 0)
      .map(([path, document]) => [path, writeDocument(document)]),
  ),
});

/** Resources of a collection in the files that both tenants share, each at the file that it begins in. */
export const resources = (model: Model, collection: string): readonly Found[] =>
  Object.entries(model.documents).flatMap(([path, { content }]) =>
    isOverlay(path) || isNested(path)
      ? []
      : below(content[collection], KEY_PARTS[collection] ?? 1, []).map((one) => toFound(path, collection, one)),
  );
type Leaf = { readonly keys: readonly string[]; readonly spec: Mutable };
const below = (value: Json | undefined, levels: number, keys: readonly string[]): readonly Leaf[] =>
  !isMap(value)
    ? []
    : Object.entries(value).flatMap(([key, inside]) =>
        levels === 1
          ? isMap(inside)
            ? [{ keys: [...keys, key], spec: inside }]
            : []
          : below(inside, levels - 1, [...keys, key]),
      );
const toFound = (path: string, collection: string, { keys, spec }: Leaf): Found => ({
  path,
  keys,
  spec,
  address: [collection, ...keys].join('/'),
});

/** Resources that no overlay touches: what the shared files say of them is what counts. */
export const free = (model: Model, collection: string): readonly Found[] => {
  const overlaid = new Set(
    Object.entries(model.documents)
      .filter(([path]) => isOverlay(path))
      .flatMap(([, { content }]) => namesIn(content[collection], KEY_PARTS[collection] ?? 1, collection)),
  );
  return resources(model, collection).filter(({ address }) => !overlaid.has(address));
};
const namesIn = (value: Json | undefined, levels: number, before: string): readonly string[] =>
  !isMap(value)
    ? []
    : Object.entries(value).flatMap(([key, inside]) =>
        levels === 1 ? [`${before}/${key}`] : namesIn(inside, levels - 1, `${before}/${key}`),
      );

/** Members of a project, by half and role. */
export const membersOf = (model: Model, project: string): { [half: string]: { [role: string]: Json[] } } => {
  for (const [path, { content }] of Object.entries(model.documents)) {
    const at = isNested(path) ? content['projects'] : undefined;
    const found = isMap(at) ? at[project] : undefined;
    if (isMap(found)) return found['members'] as unknown as { [half: string]: { [role: string]: Json[] } };
  }
  throw new Error(`nobody says who works in ${project}`);
};

/** Takes a resource out of every shared file; maps that are left empty go too. */
export const remove = (model: Model, collection: string, keys: readonly string[]): void => {
  for (const [path, { content }] of Object.entries(model.documents)) if (!isOverlay(path)) cut(content, [collection, ...keys]);
};
const cut = (at: Mutable, [key = '', ...rest]: readonly string[]): void => {
  const inside = at[key];
  if (rest.length > 0 && isMap(inside)) {
    cut(inside, rest);
    if (Object.keys(inside).length === 0) delete at[key];
  } else if (rest.length === 0) delete at[key];
};

/** Puts a resource into a file. */
export const put = (model: Model, path: string, collection: string, keys: readonly string[], spec: JsonObject): void => {
  const document = model.documents[path];
  if (!document) throw new Error(`there is no file ${path}`);
  let at = document.content;
  for (const key of [collection, ...keys.slice(0, -1)]) {
    at[key] ??= {};
    at = at[key] as Mutable;
  }
  at[keys.at(-1) ?? ''] = spec;
};

/** Renames a resource in place, with the line that says what it was called. */
export const rename = (model: Model, collection: string, found: Found, name: string): void => {
  const spec = { ...found.spec, renamedFrom: found.keys.join('/') };
  remove(model, collection, found.keys);
  put(model, found.path, collection, [...found.keys.slice(0, -1), name], spec);
};

/** Writes another text for every value of the shared files that is exactly this one: names in references. */
export const replaceTexts = (model: Model, from: string, to: string): void => {
  const swap = (value: Json): Json => {
    if (Array.isArray(value)) return value.map((item) => swap(item as Json));
    if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, swap(inside)]));
    return value === from ? to : value;
  };
  for (const document of Object.values(model.documents)) document.content = swap(document.content) as Mutable;
};

/** Whether any file holds a value, or a key, that the test is true of. */
export const mentions = (model: Model, test: (text: string) => boolean): boolean => {
  const holds = (value: Json): boolean =>
    Array.isArray(value)
      ? value.some((item) => holds(item as Json))
      : isMap(value)
        ? Object.entries(value).some(([key, inside]) => test(key) || holds(inside))
        : typeof value === 'string' && test(value);
  return Object.values(model.documents).some(({ content }) => holds(content));
};

export const unitOf = (path: string): string => /^(?:people|domains|platform\/\w+)\/([^/.]+)/.exec(path)?.[1] ?? '';

/** Accounts that the files declare in other units than this one, and that no set of another unit brings in. */
export const strangers = (model: Model, unit: string): readonly string[] =>
  resources(model, 'tenantMembers')
    .filter(({ path, spec }) => !['platform', unit].includes(unitOf(path)) && spec['source'] === undefined)
    .map(({ keys: [account = ''] }) => account);

/** Entries of a list of principals, as written, that have an end. */
export type Entry = { who: string; until: string };
export const endings = (list: Json | undefined): readonly Entry[] =>
  (Array.isArray(list) ? list : []).filter((item): item is Entry => isMap(item) && typeof item['until'] === 'string');

export const at = (...parts: readonly string[]): string => pointerOf(...parts);
