/** Ids of resources, and the placeholders that stand for them. */
import { canonical } from './json.ts';
import type { Address, Gives, IdRef, Ids, Step } from './model.ts';

/** What a resource is told apart by: its id, of halves the production half's, of a key of ids all of them. */
export const mainId = (ids: Ids | undefined): string => ids?.['id'] ?? ids?.['prod'] ?? (ids ? canonical(ids) : '');

export const sameIds = (a: Ids | undefined, b: Ids | undefined): boolean => mainId(a) === mainId(b);

/** `{ $id: ADDRESS }`, or `{ $id: ADDRESS#PART }` for one of several ids. */
export const idRef = (address: Address, part?: string): IdRef => ({ $id: part === undefined ? address : `${address}#${part}` });

/** The address before `#`, and the part behind it. */
export const splitRef = (ref: string): { readonly address: Address; readonly part: string | null } => {
  const at = ref.lastIndexOf('#');
  return at === -1 ? { address: ref, part: null } : { address: ref.slice(0, at), part: ref.slice(at + 1) };
};

export const givesOf = ({ gives }: Pick<Step, 'gives'>): readonly Gives[] =>
  gives === null ? [] : Array.isArray(gives) ? (gives as readonly Gives[]) : [gives as Gives];
