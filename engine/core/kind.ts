/** What a kind says about itself (STYLE 3). A kind is data and pure functions; it never sends a call. */
import type { OperationName, ReadName, RequestOf } from '../operations/index.ts';
import type { KindAccess } from './access-model.ts';
import { type Diagnostic, type DiagnosticCode, type Source, sure } from './diagnostic.ts';
import { encodePart } from './json.ts';
import type {
  Address,
  ConcatRef,
  Desired,
  FieldReason,
  Gives,
  IdRef,
  Ids,
  Lifecycle,
  Live,
  Phase,
  Pointer,
  RecordedResource,
  SecretRef,
  Step,
} from './model.ts';
import type { Lead, Passage } from './passages.ts';
import type { Hash, Json, JsonObject } from './ports.ts';
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
 * part        a half with an id of its own, made and deleted inside the resource; its fields have rules of their own
 */
export type FieldRule = {
  /** `/description`, `/members/*` for the elements of a list, `/rules/X/grant/Y` with stars for X and Y: a list inside elements. */
  readonly path: string;
  readonly rule: 'update' | 'immutable' | 'writeOnly' | 'remembered' | 'option' | 'part';
  /** The part that the field belongs to: `/dev`. */
  readonly within?: Pointer;
  /** Members of an element that are compared by rules of their own: `grant`. */
  readonly omits?: readonly string[];
  /** Elements of a list that no read shows: compared with the record. */
  readonly remembers?: (key: string) => boolean;
  /** What is live is compared and never shown: a key that the service may have made by itself. */
  readonly conceals?: true;
  /**
   * A read shows who is on the list and nothing more, and no call takes anybody off it: what others added is none of our
   * business, and values are compared with the record.
   */
  readonly additive?: true;
  /** Elements of a list that a read shows masked or not at all: compared by fingerprint. */
  readonly hides?: (key: string, value: Json | undefined, desired: Desired | null, live: Live | null) => boolean;
  /** What keeps a half from being deleted, from the reads with intent `update` that touch it. */
  readonly removalGuard?: (live: Live) => GuardWords | null;
  /** Write-only values are sent once more when something at or below one of these changes; absent: with every change. */
  readonly sentWith?: readonly Pointer[];
  /** Where the files write it, when that is not its place in the normal form: `/*` for the roles of a project's members. */
  readonly written?: string;
  /** Elements that are known by their names, by what they belong to: the config keys of each type of a data source. */
  readonly known?: () => readonly KnownKeys[];
  /** The edition that has it, where that is higher than the kind's and than that of its calls. */
  readonly edition?: Kind['edition'];
  /** The operations that bring a change of it about; none where no call can (manual) or is needed (option). */
  readonly calls?: readonly OperationName[];
  /** Why, for every rule but `update`; the plan prints it. */
  readonly why?: string;
  /** A person's contact data: never part of a pre-image (DESIGN 5). */
  readonly contact?: true;
  /** A change of this field that a person must want: the code and words of the guard, or null. */
  readonly guard?: (before: Json | undefined, after: Json | undefined, lifecycle: Lifecycle) => GuardWords | null;
};
export type KnownKeys = {
  readonly of: string;
  readonly keys: readonly {
    readonly key: string;
    /** A half sentence. */
    readonly means: string;
    readonly isRequired: boolean;
    /** The only values; absent: any text. */
    readonly values?: readonly string[];
  }[];
};
export type GuardWords = { readonly code: DiagnosticCode; readonly message: string; readonly hint: string };

/** One read: paging, pacing and counting are the reader's. */
export type Read<N extends ReadName = ReadName> = {
  readonly operation: N;
  readonly rows: (answer: JsonObject) => readonly JsonObject[];
  /** What a row is told apart by: a list is complete when no identity comes twice (RESOURCES 5). */
  readonly identity: (row: JsonObject) => string;
  /** Rows of a page; fifty where it says nothing. */
  readonly pageSize?: number;
};
export type ListRead = Read & { readonly request: JsonObject };

/** A further list of a kind, known by a name: `apis 22`. */
export type MoreRead = ListRead & {
  readonly name: string;
  /** It has a row for every principal of every resource: what is granted makes it longer. */
  readonly growsWithPrincipals?: true;
  /** Given up after the first page when it has more pages than this; its rows are then null. */
  readonly mostPages?: number;
};
/** Rows of the further lists that were made, by their names; null where one was given up. */
export type MoreRows = ReadonlyMap<string, readonly JsonObject[] | null>;
export type MoreInput = {
  readonly rows: readonly JsonObject[];
  readonly more: MoreRows;
  /** Of this kind. */
  readonly desired: readonly Desired[];
  /** What the record calls ours of this kind. */
  readonly recorded: ReadonlyMap<Address, RecordedResource>;
  readonly names: Names;
  readonly tenant: string;
  /** The share of its day's quota that one call takes; without a day the reciprocal of its rate. */
  readonly price: (operation: ReadName) => number;
  /**
   * What a plan was made from, where an apply looks once more: it must see the same things in the same way. Null while
   * planning.
   */
  readonly shown: readonly Shown[] | null;
  /** Where only a part of the kind is looked at: all of it, by which the way of reading is chosen. */
  readonly whole?: Pick<MoreInput, 'desired' | 'recorded'>;
};
/** One resource as the reads of a plan showed it; `spec` is empty where nothing was live. */
export type Shown = { readonly key: readonly string[]; readonly ids: Ids; readonly spec: JsonObject };

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
  /** Codes with which the service says that the caller may not see this: the fields it shows are then not read (BEHAVIOUR Q45). */
  readonly refusals?: { readonly codes: readonly string[]; readonly shows: readonly Pointer[]; readonly why: string };
};

/** One more id of a resource, known by a single read: a project's production account. */
export type PartRead = {
  readonly name: string;
  readonly noun: string;
  readonly operation: ReadName;
  readonly request: (id: string | IdRef) => JsonObject;
  /** Where the answer holds it. */
  readonly at: Pointer;
};

/** Names and ids of what is live, filled while reading. */
export type Names = {
  /** The id behind a name; null where nothing live has it. `id:123` is taken at its word. */
  readonly id: (kind: string, key: string) => string | null;
  readonly name: (kind: string, id: string) => string | null;
  /** The account name by which the files know a user id; `id:123` where nobody knows it. */
  readonly account: (userId: string) => string;
  readonly userId: (account: string) => string | null;
  /** Account name -> user id of the tenant's members; empty where their list was not read. */
  readonly members: () => ReadonlyMap<string, string>;
  /** The further id of a live resource, `part('projects', 'finance', 'account')`; null where it is not known. */
  readonly part: (kind: string, key: string, part: string) => string | null;
  /** The resource whose further id this is. */
  readonly partOf: (kind: string, part: string, id: string) => string | null;
};

/** Rows of one resource's own reads, by the read's name. */
export type EachRows = Readonly<Record<string, readonly JsonObject[]>>;

export type LiveInput = {
  /** Keys of this kind that are declared or recorded: a kind that hangs on other things has no list of its own. */
  readonly keys: readonly (readonly string[])[];
  readonly rows: readonly JsonObject[];
  readonly more: MoreRows;
  /** What the reads of a single resource gave, by the resource's id; absent where they were not made. */
  readonly each: (id: string) => EachRows;
  readonly names: Names;
  /** The plan's day, `2026-11-24`: what ended before it counts as absent. */
  readonly day: string;
  readonly tenant: string;
};

export type PersonEntry = { readonly account: string; readonly until: string | null; readonly reason: string | null };
/** Principals other than people, as addresses begin (RESOURCES 3). */
export type PrincipalSort = 'userGroups' | 'projects' | 'dataServiceApps';
export type PrincipalEntry = PersonEntry & {
  /** The account name, or the address as written: `userGroups/finance_analysts`. */
  readonly principal: string;
  readonly sort: 'people' | PrincipalSort;
  /** The key behind the address: `['finance', 'finance_portal']`; of a person, the account name. */
  readonly key: readonly string[];
  /** The entry of the list that brought the principal, as written. */
  readonly written: Json;
};

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
  /**
   * Expands a list of principals of these sorts beside people; references to groups, projects and apps are noted, and
   * production accounts asked for.
   *
   * @param only takes part of the list's entries
   */
  readonly principals: (
    at: Pointer,
    place: (principal: string) => Pointer,
    sorts: readonly PrincipalSort[],
    only?: (written: Json) => boolean,
  ) => readonly PrincipalEntry[];
  /**
   * Notes a reference to a resource of a kind by name, or by key where the kind's key has several parts.
   *
   * @param otherwise the name that is meant where nothing has the first one: of a half, its project's
   */
  readonly reference: (kind: string, name: string | readonly string[], at: Pointer, otherwise?: string) => void;
  readonly report: (diagnostic: Omit<Diagnostic, 'severity' | 'source' | 'address'> & { readonly at: Pointer }) => void;
  readonly warn: NormaliseContext['report'];
  /** The account of the caller's key, where the workspace tells it. */
  readonly caller: string | null;
  readonly tenant: string;
  /** The plan's day. */
  readonly day: string;
};

/** One change as the kind sees it while it makes the calls. */
export type KindChange = {
  readonly address: Address;
  readonly key: readonly string[];
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly live: Live | null;
  /** What it hangs on, where it is created on something that is there. */
  readonly host: Live | null;
  readonly desired: Desired | null;
  readonly recorded: RecordedResource | null;
  readonly renamed: boolean;
  /** True when something at or below one of the pointers is to change. */
  readonly touches: (...pointers: readonly Pointer[]) => boolean;
  /** Keys of a list's elements that come, go, or change. */
  readonly added: (list: Pointer) => readonly string[];
  readonly removed: (list: Pointer) => readonly string[];
  readonly updated: (list: Pointer) => readonly string[];
  /** Why a field differs; null where it does not, or where the difference is let stand. */
  readonly reasonOf: (pointer: Pointer) => FieldReason | null;
};

/** Ids for requests: what is known as text, what a step of this plan will give as a placeholder. */
export type IdSource = {
  /** The environment's tenant: part of the names of tables. */
  readonly tenant: string;
  /** The resource's own id; a placeholder while it is being created or replaced. */
  readonly own: () => string | IdRef;
  /** The id of what is live now: what a delete or the first half of a replacement names. */
  readonly old: () => string;
  readonly of: (kind: string, name: string | readonly string[]) => string | IdRef;
  /** The same for what may be unknown; null where nothing live has the name. */
  readonly known: (kind: string, name: string) => string | null;
  /** A further id of a resource: a project's production account. */
  readonly part: (kind: string, name: string, part: string) => string | IdRef;
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
  readonly gives: Gives | readonly Gives[] | null;
  readonly covers: readonly Pointer[];
  readonly fails?: Step['fails'];
  readonly isBlind?: Step['isBlind'];
  /** What of it a read will show, and some tenants let take effect only once it is approved (BEHAVIOUR 4, Q40). */
  readonly mayWait?: readonly Pointer[];
  /** The list of the request whose elements could be sent one by one; for each of them, in order, its name and what it covers. */
  readonly each?: {
    readonly at: Pointer;
    readonly parts: readonly { readonly name: string; readonly covers: readonly Pointer[] }[];
  };
  /**
   * The list of the request that holds one element for this resource, and may hold those of other resources beside it: where
   * all else of two requests is the same, one call does for both.
   *
   * @property says a text of the request that names only this resource, and may differ
   */
  readonly shares?: { readonly at: Pointer; readonly says?: Pointer };
};

/** Who changed something last, and when, as a row of a read tells it. */
export type Told = {
  /** The resource's id; of a read of one resource it is that one's. */
  readonly id: string;
  /** What was changed: '' is the resource, `/members/bob@example.com` an element. */
  readonly pointer: Pointer;
  /** A user id; empty where the row does not tell. */
  readonly by: string;
  /** As the service writes it: milliseconds, `2026-11-24 10:00:00` in its own zone, or ISO 8601 (BEHAVIOUR 1.8). */
  readonly at: Json;
};

/** What tells a secret from what is none. */
export type RedactContext = {
  readonly desired: readonly Desired[];
  readonly recorded: Readonly<Record<Address, RecordedResource>>;
  readonly hash: Hash;
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
  /** The operation that renames, where an update may have several. */
  readonly renamesBy?: OperationName;
  readonly fields: readonly FieldRule[];
  readonly normalise: (raw: JsonObject, context: NormaliseContext) => JsonObject;
  /** Null: everything comes by `more`. */
  readonly list: ListRead | null;
  /** Further lists that follow from what is known by now; asked again until it names none that was not made. */
  readonly more?: (input: MoreInput) => readonly MoreRead[];
  /** Which further lists are the cheapest depends on all of the kind: a part of it is read in the way of the whole. */
  readonly readsAsWhole?: true;
  readonly each: readonly EachRead[];
  /** The answer of any read without what of this kind is secret in it: what a snapshot may hold. */
  readonly redacts?: (operation: string, answer: JsonObject, context: RedactContext) => JsonObject;
  /** Further ids of one resource, read when somebody names them. */
  readonly parts?: readonly PartRead[];
  /** Where creates answer no id: one list finds the ids of all that were created. */
  readonly find?: {
    readonly operation: ReadName;
    /** @param name null: for all of them */
    readonly request: (name: string | null) => JsonObject;
    readonly list: Pointer;
    readonly where: (key: readonly string[]) => Readonly<Record<Pointer, string>>;
    readonly ids: Readonly<Record<string, Pointer>>;
  };
  /** What a reader of the plan must know about how far this kind was looked at. */
  readonly coverage?: (more: MoreRows) => readonly string[];
  /** Collections whose names its rows need to be understood, where the resource refers to them. */
  readonly namesFrom?: readonly string[];
  /** Collections whose lists say what its names mean, without being named: the engines of tables. */
  readonly meansBy?: readonly string[];
  /** It hangs on something that is there by itself: grants of an API. Nothing live means that all lists are empty. */
  readonly attached?: true;
  /** The operations of a create and of a delete without options, and of a rename where there is one; fields name their own. */
  readonly calls?: {
    readonly create: readonly OperationName[];
    readonly rename?: readonly OperationName[];
    readonly delete: readonly OperationName[];
  };
  /** Operations of which one call may do for several resources of the kind; their drafts say so by `shares`. */
  readonly shared?: readonly OperationName[];
  /** One resource as a newcomer would write it, by its key. */
  readonly example?: JsonObject;
  /** Further list, read only when a declared resource is not live; its rows become known to `Names` through `missing`. */
  readonly whenMissing: ListRead | null;
  readonly live: (input: LiveInput) => readonly Live[];
  /** Names that a row of the list, or of the further list of that name, tells: `[kind, name, id]`; a key of parts by `keyName`. */
  readonly names: (row: JsonObject, read?: string) => readonly (readonly [kind: string, name: string, id: string])[];
  /** Who changed what and when, where a row of the list (`read` is null) or of a single read tells it. */
  readonly told?: (row: JsonObject, read: string | null, names: Names) => readonly Told[];
  /** Live elements and values that are not asked for and stay: what the service adds by itself. */
  readonly letStand: (
    live: Live,
    desired: Desired,
    /** The normal form after the change, as far as the rules before this one have settled it. */
    after: JsonObject,
    /** The record says that we applied it. */
    isOurs: (pointer: Pointer) => boolean,
    /** `moves`: it does not stay, for another list of the same change takes it; nobody has to be asked about it. */
  ) => readonly { readonly pointer: Pointer; readonly why: string; readonly moves?: true }[];
  /** Live elements that no update can send back, whoever put them there: they fall out of the next one. */
  readonly fallsOut?: (live: Live) => readonly { readonly pointer: Pointer; readonly why: string }[];
  /** What keeps a delete from being planned, from the reads with intent `delete`. */
  readonly deleteGuard: (
    live: Live,
    leaves: (address: Address) => boolean,
    /** The address that what is live at this one has after the plan, where it is renamed. */
    movesTo: (address: Address) => Address | null,
    recorded: RecordedResource | null,
  ) => GuardWords | null;
  /** What a create or an update lacks: a diagnostic per missing field, at a place of the resource. */
  readonly demands: (change: KindChange, ids: IdSource) => readonly Demand[];
  /** Addresses that a normal form refers to: they must outlive it. People as `tenantMembers/ACCOUNT`. */
  readonly refers: (spec: JsonObject, key: readonly string[]) => readonly Address[];
  /** Of these, the ones that only one resource may hold at a time. */
  readonly holds: (spec: JsonObject) => readonly Address[];
  readonly steps: (change: KindChange, ids: IdSource) => readonly StepDraft[];
  /** Whether what a revoke takes back is gone, by what was read; null: no read shows it. Absent: the fields of the change tell. */
  readonly isTaken?: (step: Pick<Step, 'id'>, now: Live | null) => boolean | null;
  /** Where ways of access pass, what a step opens or closes there; absent: nothing goes through this kind. */
  readonly passages?: (change: KindChange, draft: StepDraft) => readonly Passage[];
  /** Who may do what by a normal form; absent: it gives nobody anything. */
  readonly access?: KindAccess;
  /** Hubs that lie behind each other by what a normal form grants. */
  readonly leads?: (spec: JsonObject, key: readonly string[]) => readonly Lead[];
  /** What the API cannot do, with the place in the console. */
  readonly manual: (change: KindChange) => readonly string[];
  /** What no call brings about, where others of the same change have calls: of these the record says what it said. */
  readonly byHand?: (change: KindChange) => readonly Pointer[];
};

/** Something that can be named but not declared: its list is read once when it is named. */
export type LookUp = {
  readonly collection: string;
  readonly noun: string;
  readonly list: ListRead;
  readonly names: (row: JsonObject) => ReturnType<Kind['names']>;
  /** What to do about a name that the list does not have. */
  readonly hint?: string;
};

/** The calls of one change in the making: typed by the operation. */
export const step = <N extends OperationName>(
  name: string,
  phase: Phase,
  operation: N,
  request: Template<RequestOf<N>>,
  more: Partial<Pick<StepDraft, 'after' | 'gives' | 'covers' | 'fails' | 'isBlind' | 'mayWait' | 'each' | 'shares'>> = {},
): StepDraft => ({
  name,
  operation,
  phase,
  request: request as unknown as JsonObject,
  after: more.after ?? [],
  gives: more.gives ?? null,
  covers: more.covers ?? [''],
  ...(more.fails ? { fails: more.fails } : {}),
  ...(more.isBlind ? { isBlind: more.isBlind } : {}),
  ...(more.mayWait ? { mayWait: more.mayWait } : {}),
  ...(more.each ? { each: more.each } : {}),
  ...(more.shares ? { shares: more.shares } : {}),
});

/** `covers` and `each` of a list of people in a request: whom each element is for, and what it covers. */
export const eachOf = (
  at: Pointer,
  names: readonly string[],
  covers: (name: string) => Pointer,
): Pick<StepDraft, 'covers' | 'each'> => ({
  covers: names.map(covers),
  each: { at, parts: names.map((name) => ({ name, covers: [covers(name)] })) },
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

/** The name under which a key is known to `Names`: the one part as it is, several parts as in an address. */
export const keyName = (key: readonly string[]): string =>
  key.length === 1 ? sure(key[0], 'name in a key') : key.map(encodePart).join('/');

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
  examples: [['alice@example.com', 'sets/finance']],
  items: {
    anyOf: [
      { type: 'string', minLength: 1 },
      {
        type: 'object',
        required: ['who'],
        additionalProperties: false,
        properties: {
          who: { type: 'string', minLength: 1, description: 'An account name, or an address.', examples: ['bob@example.com'] },
          until: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'The last day.', examples: ['2027-03-31'] },
          reason: { type: 'string', description: 'Why, for those who review.', examples: ['HR-881'] },
        },
      },
    ],
  },
};

export type { Source };
