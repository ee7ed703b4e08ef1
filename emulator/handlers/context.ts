/** What a handler gets beside its arguments, and the small rules that all kinds share. */
import type { AnswerOf, OperationName, RequestOf } from '../../engine/operations/index.ts';
import { badRequest, isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Rows, View } from '../store.ts';
import type { Switches } from '../switches.ts';
import type { Edition, IdSort, Member, User } from '../world.ts';

export type Context = {
  /** The rows: as they are for a write, as late as the switch `lagMs` or a fault wants them for a read. */
  readonly view: View;
  readonly put: <C extends keyof Rows>(collection: C, row: Rows[C]) => void;
  readonly remove: (collection: keyof Rows, id: string) => void;
  readonly newId: (sort: IdSort) => string;
  readonly caller: Member;
  readonly nowMs: number;
  readonly switches: Switches;
  readonly tenant: string;
  readonly edition: Edition;
  readonly unreachable: readonly string[];
  /** The physical tables of the tenant by GUID; no operation makes them. */
  readonly tables: readonly string[];
  /** A fault that acts where a list is made. */
  readonly listFault: 'reorder' | 'hide' | null;
};

/** A table of handlers; arguments and answers have the catalogue's types, ids as text. */
export type Handlers = { readonly [N in OperationName]?: (context: Context, request: RequestOf<N>) => AnswerOf<N> };

/** Rows of a page are capped silently (BEHAVIOUR 4, Q13). */
const LARGEST_PAGE = 100;

/**
 * One page of a list, newest first; beyond the end it is empty.
 *
 * @param toRow makes the answer's row; called for the rows of this page only
 */
export const pageOf = <T, R>(
  context: Context,
  rows: readonly T[],
  pageNo: number | undefined,
  pageSize: number | undefined,
  toRow: (row: T) => R,
): { readonly rows: readonly R[]; readonly total: number } => {
  const page = pageNo ?? 1;
  const size = pageSize ?? 20;
  if (!Number.isInteger(page) || page < 1) badRequest(`page number out of range: ${page}`);
  if (!Number.isInteger(size) || size < 1) badRequest(`page size out of range: ${size}`);
  const all = context.listFault === 'reorder' ? [...rows].reverse() : context.listFault === 'hide' ? rows.slice(1) : rows;
  const capped = Math.min(size, LARGEST_PAGE);
  return { rows: all.slice((page - 1) * capped, page * capped).map(toRow), total: all.length };
};

/** Fuzzy filters: a substring in any case (BEHAVIOUR 4, Q12). */
export const isLike = (keyword: string | undefined, ...texts: readonly string[]): boolean => {
  if (keyword === undefined || keyword === '') return true;
  const wanted = keyword.toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
};

export const isSuperAdmin = (member: Member): boolean => member.RoleList.includes('SUPER_ADMIN');
export const isTenantAdmin = (member: Member): boolean => isSuperAdmin(member) || member.RoleList.includes('SYSTEM_ADMIN');

/**
 * A single read of something that is not there: an error, or by the switch `notFound` an answer without payload
 * (BEHAVIOUR 4, Q1).
 */
export const absent = <T>(context: Context, code: string, message: string, withoutPayload: T): T =>
  context.switches.notFound === 'null' ? withoutPayload : refuse(code, message);

/**
 * A batch: all or nothing, or by the switch `batch` what can be done is done and the first failure is answered
 * (BEHAVIOUR 4, Q20).
 *
 * @param check throws a refusal; must not write
 */
export const inBatch = <T>(context: Context, items: readonly T[], check: (item: T) => void, apply: (item: T) => void): void => {
  if (context.switches.batch === 'all') {
    for (const item of items) check(item);
    for (const item of items) apply(item);
    return;
  }
  let first: Refusal | null = null;
  for (const item of items) {
    try {
      check(item);
      apply(item);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      first ??= error;
    }
  }
  if (first) throw first;
};

/** A scalar on update: given, or what stood there, or empty by the switch `absentOnUpdate` (BEHAVIOUR 4, Q10). */
export const updated = <T>(context: Context, given: T | undefined, before: T, cleared: T): T =>
  given ?? (context.switches.absentOnUpdate === 'cleared' ? cleared : before);

const EAST_8_MS = 8 * 3_600_000;

/** Lists show the same few times over and over. */
const TIMES = new Map<number, string>();
const MOST_TIMES = 10_000;

/** A time as lists show it, `yyyy-MM-dd HH:mm:ss` in +08:00 (BEHAVIOUR 1.8). */
export const timeText = (ms: number): string => {
  const known = TIMES.get(ms);
  if (known !== undefined) return known;
  if (TIMES.size >= MOST_TIMES) TIMES.clear();
  const text = new Date(ms + EAST_8_MS).toISOString().slice(0, 19).replace('T', ' ');
  TIMES.set(ms, text);
  return text;
};

/** Account and display name of a user, empty where the user is gone. */
export const userBrief = (view: View, id: string): { AccountName: string; DisplayName: string; Id: string } => {
  const user: User | undefined = view.users.get(id);
  return { AccountName: user?.AccountName ?? '', DisplayName: user?.DisplayName ?? '', Id: id };
};
