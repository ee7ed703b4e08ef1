/**
 * Who may do what: what kinds tell of their normal forms, and what a plan says of it (DESIGN 5). Nothing here knows a kind.
 * A right is reached by ways of at most two parts:
 *
 *     bob ──────────────────────────── may select ──> tables/finance.orders
 *     bob ── acts with userGroups/x ── may select ──> tables/finance.orders      until the earlier end of the two
 *
 * Several ways to one right add up: it lasts until the latest of their ends. A filter hides the rows of something from everybody
 * but those to whom it shows some; who may read what nothing filters sees all rows.
 */
import type { Address } from './model.ts';
import type { JsonObject } from './ports.ts';

/** What a kind says of one resource. `until` is the last day, `2027-03-31`; null: no end. */
export type AccessTeller = {
  /** An account is there: where it comes or goes, so does everything that it may do. */
  readonly exists: (account: string) => void;
  /** Whoever acts with a hub may do what the hub may do; only the resource whose address is the hub tells it. */
  readonly acts: (hub: Address, who: string, until: string | null) => void;
  /** @param who an account or a hub; @param what a verb or a role; @param on the place where it holds */
  readonly may: (who: string, what: string, on: Address, until: string | null) => void;
  /** The people of a hub or a place are not in the normal form. */
  readonly unread: (at: Address) => void;
  /** `on` shows only what `shows` tells; it is read by whoever may do anything at one of the places. */
  readonly filters: (on: Address, readBy: readonly Address[]) => void;
  readonly shows: (on: Address, who: string, rows: string) => void;
};
export type AccessFacts = (spec: JsonObject, key: readonly string[], tell: AccessTeller) => void;

/** What a kind has to do with access. */
export type KindAccess = {
  readonly facts: AccessFacts;
  /** What administers: `admin`. */
  readonly administers?: string;
  /** Collections whose resources it may allow something: without reading it nobody knows all that they may do. */
  readonly allows?: readonly string[];
};

/** One resource as it is and as it will be; the very same value on both sides where the plan does not change it. */
export type AccessSides = {
  readonly facts: AccessFacts;
  readonly administers?: string;
  readonly address: Address;
  readonly key: readonly string[];
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
};

/** A right that some gain or lose. */
export type AccessEntry = {
  /** Account names; addresses of production accounts and apps, which act for themselves, and of groups whose people were not read. */
  readonly who: readonly string[];
  readonly may: string;
  readonly on: Address;
  /** Hubs by which it is reached; empty: directly. */
  readonly through: readonly Address[];
  /** Its last day: gained, until when it is there; lost, until when it was. Null: no end. */
  readonly until: string | null;
  /** It was there already and lasts longer (gained), or stays and ends sooner (lost): the other end. */
  readonly other?: string;
};
export type AccessUnread = { readonly why: string; readonly addresses: readonly Address[] };
export type AccessChange = {
  readonly gained: readonly AccessEntry[];
  readonly lost: readonly AccessEntry[];
  /** What would have to be read to know more. */
  readonly unread: readonly AccessUnread[];
};

/** The tenant as a place, and what its members may do there. */
export const TENANT = 'tenant';
export const MEMBER = 'member';

/** The rows of what nothing filters, and of a rule without a condition: whoever sees them sees all others. */
export const ALL_ROWS = 'all rows';

export type Side = 'before' | 'after';
export const SIDES: readonly Side[] = ['before', 'after'];
/** A last day as text that sorts: the empty text where there is nothing, the last of all texts where there is no end. */
export type End = string;
export const NEVER: End = '';
export const FOREVER: End = '~';
export const endOf = (until: string | null): End => until ?? FOREVER;
export const untilOf = (end: End): string | null => (end === FOREVER ? null : end);
export const earlier = (a: End, b: End): End => (a < b ? a : b);
export const later = (a: End, b: End): End => (a < b ? b : a);

const nothing = (): void => undefined;
const SILENT: AccessTeller = { exists: nothing, acts: nothing, may: nothing, unread: nothing, filters: nothing, shows: nothing };

/** A teller that hears some of what is told. */
export const hears = (some: Partial<AccessTeller>): AccessTeller => ({ ...SILENT, ...some });

/** Tells every resource: one that changes side by side, any other once. */
export const tellAll = (resources: readonly AccessSides[], tell: (sides: readonly Side[]) => AccessTeller): void => {
  const [both, before, after] = [tell(SIDES), tell(['before']), tell(['after'])];
  for (const { facts, key, before: was, after: is } of resources)
    if (was === is) {
      if (is !== null) facts(is, key, both);
    } else {
      if (was !== null) facts(was, key, before);
      if (is !== null) facts(is, key, after);
    }
};
