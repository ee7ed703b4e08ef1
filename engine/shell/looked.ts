/** `looked.json` beside the record: when each kind, and each resource that is read singly, was last looked at. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { byText, isObject } from '../core/json.ts';
import type { Address, Coverage, Plan, State } from '../core/model.ts';
import { KINDS } from '../kinds/index.ts';
import type { Level } from '../operations/index.ts';
import { makeFolder, writeDurably } from './durable.ts';

const FORMAT = 'phinfra.looked/1';

export type Looked = {
  /** Collection -> ISO 8601: its lists were read. */
  readonly kinds: Readonly<Record<string, string>>;
  /** Address -> ISO 8601: the reads of its own were made. */
  readonly resources: Readonly<Record<Address, string>>;
  /** Collection or address -> the calls that it was found to take at least, when the budget had fewer. */
  readonly needs: Readonly<Record<string, { readonly level: Level; readonly calls: number }>>;
};

export const NEVER: Looked = { kinds: {}, resources: {}, needs: {} };

const pathOf = (folder: string): string => join(folder, 'looked.json');

/**
 * What is known of the record of this lineage; of another one, or where nothing can be read, nothing is.
 *
 * @returns with a warning LOOKED_UNUSABLE where there is a file that cannot be used
 */
export const readLooked = async (
  folder: string,
  lineage: string,
): Promise<{ readonly looked: Looked; readonly warnings: readonly Diagnostic[] }> => {
  let text: string;
  try {
    text = await readFile(pathOf(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { looked: NEVER, warnings: [] };
    return { looked: NEVER, warnings: [unusable(`${pathOf(folder)} cannot be read: ${(error as Error).message}.`)] };
  }
  const value = parsed(text);
  if (value === null) return { looked: NEVER, warnings: [unusable(`${pathOf(folder)} is damaged.`)] };
  return value.lineage === lineage ? { looked: value.looked, warnings: [] } : { looked: NEVER, warnings: [] };
};

const parsed = (text: string): { readonly lineage: string; readonly looked: Looked } | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value['format'] !== FORMAT || typeof value['lineage'] !== 'string') return null;
  const { kinds, resources, needs } = value;
  const areTimes = (times: unknown): boolean =>
    isObject(times) && Object.values(times).every((at) => typeof at === 'string' && !Number.isNaN(Date.parse(at)));
  const areNeeds =
    isObject(needs) && Object.values(needs).every((one) => isObject(one) && typeof one['calls'] === 'number' && 'level' in one);
  if (!areTimes(kinds) || !areTimes(resources) || !areNeeds) return null;
  return { lineage: value['lineage'], looked: { kinds, resources, needs } as unknown as Looked };
};

/** @param message names the file */
const unusable = (message: string): Diagnostic => ({
  code: 'LOOKED_UNUSABLE',
  severity: 'warning',
  message,
  hint: 'Nothing else is lost: drift begins anew with what it never looked at.',
});

/**
 * Puts what was looked at beside the record. Of two that look at the same time the later answer stays.
 *
 * @returns a warning LOOKED_UNUSABLE where it cannot be written; nothing depends on it but the order of the next look
 */
export const writeLooked = async (
  folder: string,
  lineage: string,
  news: Looked,
  /** Addresses of the record: of what left it nothing is kept. */
  recorded: ReadonlySet<Address>,
): Promise<readonly Diagnostic[]> => {
  const { looked: before } = await readLooked(folder, lineage);
  const later = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): Record<string, string> => {
    const all: Record<string, string> = { ...a };
    for (const [key, at] of Object.entries(b)) if (at > (all[key] ?? '')) all[key] = at;
    return all;
  };
  const resources = Object.entries(later(before.resources, news.resources)).filter(([address]) => recorded.has(address));
  const isDone = (unit: string): boolean => news.kinds[unit] !== undefined || news.resources[unit] !== undefined;
  const needs = { ...Object.fromEntries(Object.entries(before.needs).filter(([unit]) => !isDone(unit))), ...news.needs };
  const value = {
    format: FORMAT,
    lineage,
    kinds: later(before.kinds, news.kinds),
    resources: Object.fromEntries(resources.sort(([a], [b]) => byText(a, b))),
    needs,
  };
  try {
    await makeFolder(folder);
    await writeDurably(pathOf(folder), `${JSON.stringify(value, null, 1)}\n`);
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [unusable(error.message)];
  }
};

/** After an apply: what its plan has read is known as of then. */
export const noteLooked = (
  folder: string,
  state: State,
  { coverage, madeAt, selection }: Pick<Plan, 'coverage' | 'madeAt' | 'selection'>,
): Promise<readonly Diagnostic[]> => {
  const chosen = selection && new Set(selection.addresses);
  const isWhole = ({ kind }: Coverage): boolean => !selection?.notLookedAt.some((one) => one.kind === kind) || hasOneList(kind);
  const read = coverage.filter((one) => one.status === 'live');
  const live = new Set(read.map(({ kind }) => kind));
  const own = new Set(KINDS.filter((kind) => live.has(kind.collection) && kind.each.length > 0).map((kind) => kind.collection));
  const addresses = Object.keys(state.resources);
  return writeLooked(
    folder,
    state.lineage,
    {
      ...NEVER,
      kinds: Object.fromEntries(read.filter(isWhole).map(({ kind }) => [kind, madeAt])),
      resources: Object.fromEntries(
        addresses
          .filter((address) => own.has(address.slice(0, address.indexOf('/'))) && chosen?.has(address) !== false)
          .map((address) => [address, madeAt]),
      ),
    },
    new Set(addresses),
  );
};

/** Its list shows all of the kind, however few of it were looked at. */
const hasOneList = (collection: string): boolean =>
  KINDS.some((kind) => kind.collection === collection && kind.list !== null && kind.more === undefined);
