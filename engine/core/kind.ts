/** What a kind says about itself (STYLE 3). A kind is data and pure functions; it never sends a call. */
import type { OperationName, ReadName, RequestOf } from '../operations/index.ts';
import type { Diagnostic, DiagnosticCode, Source } from './diagnostic.ts';
import type { Address, ConcatRef, Desired, Gives, IdRef, Lifecycle, Live, Phase, Pointer, SecretRef, Step } from './model.ts';
import type { Json, JsonObject } from './ports.ts';
import type { Edition } from './workspace.ts';

/** A request as a plan holds it: any text may still be an id or a secret to come. */
export type Template<T> = T extends string
  ? T | IdRef | SecretRef | ConcatRef
  : T extends readonly (infer U)[]
    ? readonly Template<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Template<T[K]> }
      : T;

/**
 * How one field, or one element of a keyed list, is compared and changed.
 *
 * update      can change in place
 * immutable   needs a replacement
 * writeOnly   never read back: compared by fingerprint
 * remembered  never read back and no secret: compared with the record
 * option      says how, not what (`check`): never compared
 */
export type FieldRule = {
  /** `/description`, or `/members/*` for the elements of a list. */
  readonly path: string;
  readonly rule: 'update' | 'immutable' | 'writeOnly' | 'remembered' | 'option';
  /** Why, for every rule but `update`; the plan prints it. */
  readonly why?: string;
  /** A person's contact data: never part of a pre-image (DESIGN 5). */
  readonly contact?: true;
  /** A change of this field that a person must want: the code and words of the guard, or null. */
  readonly guard?: (before: Json | undefined, after: Json | undefined, lifecycle: Lifecycle) => GuardWords | null;
};
export type GuardWords = { readonly code: DiagnosticCode; readonly message: string; readonly hint: string };

/** One read: paging, pacing and counting are the reader's. */
export type Read<N extends ReadName = ReadName> = {
  readonly operation: N;
  readonly rows: (answer: JsonObject) => readonly JsonObject[];
  /** What a row is told apart by: a list is complete when no identity comes twice (RESOURCES 5). */
  readonly identity: (row: JsonObject) => string;
};
export type ListRead = Read & { readonly request: JsonObject };

/** Why a single resource is looked at: to compare it, because an update or a delete is about to be planned. */
export type EachSubject = {
  readonly ids: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  readonly desired: Desired | null;
  readonly live: Live;
  readonly intent: 'compare' | 'update' | 'delete';
  /** Pointers that would change, with intent `update`. */
  readonly touches: readonly Pointer[];
};
export type EachRead = Read & {
  readonly name: string;
  readonly wanted: (subject: EachSubject) => boolean;
  readonly request: (subject: EachSubject) => JsonObject;
};

/** Names and ids of what is live, filled while reading. */
export type Names = {
  /** The id behind a name; null where nothing live has it. `id:123` is taken at its word. */
  readonly id: (kind: string, key: string) => string | null;
  readonly name: (kind: string, id: string) => string | null;
  /** The account name by which the files know a user id; `id:123` where nobody knows it. */
  readonly account: (userId: string) => string;
  readonly userId: (account: string) => string | null;
};

/** Rows of one resource's own reads, by the read's name. */
export type EachRows = Readonly<Record<string, readonly JsonObject[]>>;

export type LiveInput = {
  readonly rows: readonly JsonObject[];
  /** What the reads of a single resource gave, by the resource's id; absent where they were not made. */
  readonly each: (id: string) => EachRows;
  readonly names: Names;
};

export type PersonEntry = { readonly account: string; readonly until: string | null; readonly reason: string | null };

/** What normalising may ask for: expansion of principals, notes of references, places for messages. */
export type NormaliseContext = {
  readonly key: readonly string[];
  /**
   * Expands a list of principals to people, notes each mention, leaves out the expired ones.
   *
   * @param at    pointer of the written list in the raw resource
   * @param place pointer that one person has in the normal form
   */
  readonly people: (at: Pointer, place: (account: string) => Pointer) => readonly PersonEntry[];
  /** Notes a reference to a resource of a kind by name. */
  readonly reference: (kind: string, name: string, at: Pointer) => void;
  readonly report: (diagnostic: Omit<Diagnostic, 'severity' | 'source' | 'address'> & { readonly at: Pointer }) => void;
};

/** One change as the kind sees it while it makes the calls. */
export type KindChange = {
  readonly address: Address;
  readonly key: readonly string[];
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly live: Live | null;
  readonly desired: Desired | null;
  readonly renamed: boolean;
  /** True when something at or below one of the pointers is to change. */
  readonly touches: (...pointers: readonly Pointer[]) => boolean;
  /** Keys of a list's elements that come, go, or change. */
  readonly added: (list: Pointer) => readonly string[];
  readonly removed: (list: Pointer) => readonly string[];
  readonly updated: (list: Pointer) => readonly string[];
};

/** Ids for requests: what is known as text, what a step of this plan will give as a placeholder. */
export type IdSource = {
  /** The resource's own id; a placeholder while it is being created or replaced. */
  readonly own: () => string | IdRef;
  /** The id of what is live now: what a delete or the first half of a replacement names. */
  readonly old: () => string;
  readonly of: (kind: string, name: string) => string | IdRef;
  readonly user: (account: string) => string | IdRef;
  /** The account of the caller's key, where the workspace tells it. */
  readonly caller: string | null;
};

/** Something that a create or an update needs and the files do not say; `at` is a pointer in the resource as written. */
export type Demand = { readonly code: DiagnosticCode; readonly message: string; readonly hint: string; readonly at: Pointer };

export type StepDraft = {
  /** Unique within the change: `create`, `members+`. */
  readonly name: string;
  readonly operation: OperationName;
  readonly phase: Phase;
  readonly request: JsonObject;
  /** Names of drafts of the same change that must have ended. The change's create is always waited for. */
  readonly after: readonly string[];
  readonly gives: Gives | null;
  readonly covers: readonly Pointer[];
  readonly fails?: Step['fails'];
};

export type Kind = {
  readonly collection: string;
  readonly keyParts: readonly string[];
  /** One of them, in words: `user group`. */
  readonly noun: string;
  /** Lowest edition that has the operations. */
  readonly edition: Exclude<Edition, 'personal' | 'database' | 'bigdata'>;
  /** Lowest server version of private deployments for writes; null: any. */
  readonly writesSince: string | null;
  /** JSON Schema (draft-07 subset) of one resource as written, without `lifecycle` and `renamedFrom`. */
  readonly schema: JsonObject;
  /** Collections that may be written in another file than their parent. */
  readonly nested: readonly string[];
  readonly born: readonly ('delete' | 'replace')[];
  /** A refused replacement says what to do by hand; null: it can be replaced. */
  readonly replaceRefused: string | null;
  readonly renames: boolean;
  readonly fields: readonly FieldRule[];
  readonly normalise: (raw: JsonObject, context: NormaliseContext) => JsonObject;
  readonly list: ListRead;
  readonly each: readonly EachRead[];
  /** Further list, read only when a declared resource is not live; its rows become known to `Names` through `missing`. */
  readonly whenMissing: ListRead | null;
  readonly live: (input: LiveInput) => readonly Live[];
  /** Names that a row of the list tells: `[kind, name, id]`. */
  readonly names: (row: JsonObject) => readonly (readonly [kind: string, name: string, id: string])[];
  /** Live elements and values that are not asked for and stay: what the service adds by itself. */
  readonly letStand: (
    live: Live,
    desired: Desired,
    /** The normal form after the change, as far as the rules before this one have settled it. */
    after: JsonObject,
  ) => readonly { readonly pointer: Pointer; readonly why: string }[];
  /** What keeps a delete from being planned, from the reads with intent `delete`. */
  readonly deleteGuard: (live: Live, leaves: (address: Address) => boolean) => GuardWords | null;
  /** What a create or an update lacks: a diagnostic per missing field, at a place of the resource. */
  readonly demands: (change: KindChange, ids: IdSource) => readonly Demand[];
  /** Addresses that a normal form refers to: they must outlive it. People as `tenantMembers/ACCOUNT`. */
  readonly refers: (spec: JsonObject) => readonly Address[];
  /** Of these, the ones that only one resource may hold at a time. */
  readonly holds: (spec: JsonObject) => readonly Address[];
  readonly steps: (change: KindChange, ids: IdSource) => readonly StepDraft[];
  /** What the API cannot do, with the place in the console. */
  readonly manual: (change: KindChange) => readonly string[];
};

/** Something that can be named but not declared: its list is read once when it is named. */
export type LookUp = {
  readonly collection: string;
  readonly noun: string;
  readonly list: ListRead;
  readonly names: Kind['names'];
};

/** The calls of one change in the making: typed by the operation. */
export const step = <N extends OperationName>(
  name: string,
  phase: Phase,
  operation: N,
  request: Template<RequestOf<N>>,
  more: Partial<Pick<StepDraft, 'after' | 'gives' | 'covers' | 'fails'>> = {},
): StepDraft => ({
  name,
  operation,
  phase,
  request: request as unknown as JsonObject,
  after: more.after ?? [],
  gives: more.gives ?? null,
  covers: more.covers ?? [''],
  ...(more.fails ? { fails: more.fails } : {}),
});

/** At most fifty people, rows or things in one call (DESIGN 5). */
export const BATCH = 50;
export const batches = <T>(items: readonly T[], size: number = BATCH): readonly (readonly T[])[] => {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += size) found.push(items.slice(at, at + size));
  return found;
};

/** `members+`, `members+2`, … for the batches of one list. */
export const batchName = (name: string, index: number): string => (index === 0 ? name : `${name}${index + 1}`);

export const objectAt = (value: JsonObject | null, key: string): JsonObject => {
  const at = value?.[key];
  return typeof at === 'object' && at !== null && !Array.isArray(at) ? (at as JsonObject) : {};
};
export const rowsAt = (answer: JsonObject, ...path: readonly string[]): readonly JsonObject[] => {
  let at: Json | undefined = answer;
  for (const part of path)
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? (at as JsonObject)[part] : undefined;
  return Array.isArray(at)
    ? (at.filter((row) => typeof row === 'object' && row !== null && !Array.isArray(row)) as JsonObject[])
    : [];
};

/** JSON Schema of a list of principals (RESOURCES 3). */
export const PRINCIPALS: JsonObject = {
  type: 'array',
  description: 'People: account names or addresses such as sets/NAME; or { who, until, reason }.',
  items: {
    anyOf: [
      { type: 'string', minLength: 1 },
      {
        type: 'object',
        required: ['who'],
        additionalProperties: false,
        properties: {
          who: { type: 'string', minLength: 1 },
          until: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
          reason: { type: 'string' },
        },
      },
    ],
  },
};

export type { Source };
