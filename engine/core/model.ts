/** The values that the stages hand on: desired and live resources, changes, steps, the plan, the state. Plain JSON all through. */
import type { Level, OperationName } from '../operations/index.ts';
import type { AccessChange } from './access-model.ts';
import type { Diagnostic, Source } from './diagnostic.ts';
import type { Looks } from './looks.ts';
import type { Json, JsonObject } from './ports.ts';
import type { GuardsConfig } from './workspace.ts';

/** A path inside a resource: `/members/bob@example.com` (RFC 6901). */
export type Pointer = string;
/** A path through the workspace: `userGroups/finance_analysts` (RESOURCES 1); parts are percent-encoded. */
export type Address = string;
/** The service's ids of one resource: `{ id }`, or `{ prod, dev }` for halves; always text. */
export type Ids = Readonly<Record<string, string>>;

/** Stands in a request for an id that is not known before another step has run: `ADDRESS`, `ADDRESS#PART` for one of several. */
export type IdRef = { readonly $id: Address };
/** Stands for a value that only the apply resolves; `env:NAME` or `file:PATH`. */
export type SecretRef = { readonly $secret: string };
/** Text around secrets: `jdbc:…?key=${env:KEY}`. */
export type ConcatRef = { readonly $concat: readonly (string | SecretRef)[] };
export type SecretValue = string | SecretRef | ConcatRef;

// ---- loaded: what the files say -------------------------------------------------------------------------------------

/** One resource as written: variables filled in, overlays merged, sources of secrets as SecretRef or ConcatRef. */
export type LoadedResource = {
  readonly kind: string;
  readonly key: readonly string[];
  readonly address: Address;
  readonly raw: JsonObject;
  /** The place of the resource's key. */
  readonly source: Source;
  /** The place of a value (by its pointer in `raw`), or of the nearest parent that was written. */
  readonly sourceOf: (pointer: Pointer) => Source;
};

export type Lifecycle = {
  readonly prevent: readonly ('delete' | 'replace')[];
  readonly allow: readonly ('delete' | 'replace' | 'rebind')[];
  readonly ignore: readonly string[];
  readonly onRemove: 'delete' | 'forget' | null;
  readonly exclusive: boolean | null;
};

/** A person or another principal named in a resource. */
export type PersonMention = {
  readonly account: string;
  /** What falls out of the normal form when the person is gone. */
  readonly pointer: Pointer;
  readonly source: Source;
};
export type ReferenceMention = {
  readonly kind: string;
  /** As `keyName` has it. */
  readonly name: string;
  readonly address: Address;
  readonly pointer: Pointer;
  readonly source: Source;
  /** It stands among principals: it is to be allowed something. */
  readonly isPrincipal?: true;
  /** What is meant where nothing is declared or live under the name. */
  readonly otherwise?: { readonly name: string; readonly address: Address };
};

/** A resource in normal form: keyed lists are maps, references are names, people are account names. */
export type Desired = {
  readonly kind: string;
  readonly key: readonly string[];
  readonly address: Address;
  readonly source: Source;
  readonly sourceOf: (pointer: Pointer) => Source;
  readonly spec: JsonObject;
  readonly lifecycle: Lifecycle;
  readonly renamedFrom: readonly string[] | null;
  readonly people: readonly PersonMention[];
  /** A list of people is given, perhaps an empty one: comparing it needs everybody's name. */
  readonly listsPeople: boolean;
  readonly references: readonly ReferenceMention[];
  /** Resources whose further id is needed: `['projects', 'finance', 'account']`. */
  readonly parts: readonly (readonly [kind: string, name: string, part: string])[];
  /** Elements whose `until` has passed: absent from `spec`. */
  readonly expired: readonly { readonly pointer: Pointer; readonly until: string; readonly source: Source }[];
  /** Why an element is there, where a set or a leaver's rule brought it: pointer -> `sets/finance_analysts`. */
  readonly causes: Readonly<Record<Pointer, string>>;
};

/** What the service has. `spec` is in the same normal form as Desired. */
export type Live = {
  readonly kind: string;
  readonly key: readonly string[];
  readonly address: Address;
  readonly ids: Ids;
  readonly spec: JsonObject;
  /** What it hangs on is there, and nothing of this kind is on it: grants of an API that has none. */
  readonly isBare?: true;
  /** Elements that are there and whose value this way of reading does not show: compared with the record. */
  readonly unread?: readonly Pointer[];
  /** What only the kind understands: owners, raw ids that an update sends back. Never compared, never in a plan. */
  readonly extra: JsonObject;
};

// ---- the plan -------------------------------------------------------------------------------------------------------

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'adopt' | 'forget' | 'manual' | 'none';
export const ACTIONS: readonly Action[] = ['create', 'update', 'replace', 'delete', 'adopt', 'forget', 'manual', 'none'];

/** Why a field differs, or why a difference is let stand (DESIGN 5; closed list). */
export type FieldReason =
  | 'changed'
  | 'added'
  | 'removed'
  | 'drifted'
  | 'both'
  | 'found'
  | 'immutable'
  | 'unset'
  | 'default'
  | 'secret'
  | 'trusted'
  | 'ignored'
  | 'order'
  | 'expired'
  | 'leaver'
  | 'unread'
  | 'later';

export type FieldChange = {
  readonly pointer: Pointer;
  readonly reason: FieldReason;
  /** Absent: the field or element is not there. Null where `sensitive`, and where it is there and cannot be read. */
  readonly before?: Json;
  readonly after?: Json;
  readonly sensitive?: true;
  /** The difference is shown and let stand: nothing is sent for it. */
  readonly stands?: true;
  /** One clause in the plan's words: `the service adds it by itself`. */
  readonly note?: string;
  /** The set or rule behind it. */
  readonly cause?: string;
  readonly source?: Source;
};

/** Something that keeps a change, or a part of it, from being applied until a person acts (exit 12). */
export type Guard = {
  readonly code: string;
  readonly address: Address;
  readonly message: string;
  readonly hint: string;
  readonly pointer?: Pointer;
  readonly source?: Source;
};

/** A guard of the workspace that a plan goes beyond: an apply wants the number to be confirmed. */
export type Beyond = {
  readonly guard: 'deletes' | 'losses' | 'gains' | 'minAdmins' | 'self';
  readonly count: number;
  readonly message: string;
  /** Addresses, people, places, rights: what is counted. */
  readonly names: readonly string[];
};

export type RecordedResource = {
  readonly ids: Ids;
  readonly origin: 'created' | 'adopted' | 'imported';
  /** Last applied: digest per field and element. */
  readonly fields: Readonly<Record<Pointer, string>>;
  /** Lists (pointers of the parent) whose completeness is ours. */
  readonly lists: readonly Pointer[];
  /** Write-only values, as fingerprints. */
  readonly fingerprints: Readonly<Record<Pointer, string>>;
  /** Of these, the ones taken on trust and never sent by us. */
  readonly assumed: readonly Pointer[];
  readonly prevent: readonly ('delete' | 'replace')[];
  readonly onRemove: 'delete' | 'forget' | null;
  readonly causes: Readonly<Record<Pointer, string>>;
};

/** What the record says of the resource once the change is done; ids come from the steps where they are not known yet. */
export type ToRecord = Omit<RecordedResource, 'fingerprints'> & {
  /** Fingerprints that stay as they were. */
  readonly fingerprints: Readonly<Record<Pointer, string>>;
  /** Write-only values sent by the steps: fingerprinted by the apply, which alone has the secrets. */
  readonly sent: Readonly<Record<Pointer, SecretValue>>;
};

export type Change = {
  readonly address: Address;
  readonly kind: string;
  readonly key: readonly string[];
  readonly action: Action;
  /** The strongest of the fields' reasons, or why there are none: `found` for an adoption. */
  readonly reason: FieldReason | null;
  readonly ids: Ids | null;
  readonly renamedFrom?: Address;
  /** Normal forms; null where there is no such side. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** RFC 6902, from before to after. */
  readonly patch: readonly JsonObject[];
  readonly fields: readonly FieldChange[];
  readonly cause: string | null;
  /** Digest of all writable fields that were read; null where nothing is live. */
  readonly preimage: string | null;
  readonly source: Source | null;
  /** Ids of its steps, in order. */
  readonly steps: readonly string[];
  /** Since when something of it waits for an approval in Dataphin, the longest wait, ISO 8601; absent: nothing does. */
  readonly waitsSince?: string;
  /** What a person has to do in the console, for `manual` and for parts that the API cannot do. */
  readonly manual: readonly string[];
  /** Null: the address leaves the record (delete, forget). Absent: the record stays. */
  readonly record?: ToRecord | null;
};

export type Phase = 'check' | 'revoke' | 'create' | 'update' | 'grant' | 'delete' | 'find';
/** In the order in which steps are tried when several are ready (DESIGN 6). */
export const PHASES: readonly Phase[] = ['check', 'revoke', 'create', 'find', 'update', 'grant', 'delete'];

/** Where an answer holds the id that a step gives. */
export type Gives =
  | {
      readonly address: Address;
      readonly ids: Readonly<Record<string, Pointer>>;
      /** Ids that were known before the call: a person's, who was among the addable users. */
      readonly known?: Ids;
    }
  | {
      readonly address: Address;
      /** Pointer of a list in the answer, and the row that is meant: fields by pointer with the text they must equal. */
      readonly list: Pointer;
      readonly where: Readonly<Record<Pointer, string>>;
      readonly ids: Readonly<Record<string, Pointer>>;
    };

export type Step = {
  /** `userGroups/finance_analysts#create`. */
  readonly id: string;
  readonly operation: OperationName;
  readonly level: Level;
  readonly phase: Phase;
  /** As it will be sent, with IdRef, SecretRef and ConcatRef in place of what is not known yet. */
  readonly request: JsonObject;
  readonly serves: readonly Address[];
  readonly after: readonly string[];
  /** A `find` may give the ids of several; it waits for the end of all that it looks for, and runs when one of them is done. */
  readonly gives: Gives | readonly Gives[] | null;
  /** Pointers (or prefixes of them) whose fields this step brings about; `['']` is the whole resource. */
  readonly covers: readonly Pointer[];
  /**
   * What takes effect only when somebody approves it in Dataphin: the call is then done, and its effect waits. Absent: done is
   * done. Of a batch, a part asks for what it covers.
   */
  readonly asks?: readonly Pointer[];
  /** A payload value that means: the service said no (`/Data` false after a connectivity check), with the code to name. */
  readonly fails?: { readonly pointer: Pointer; readonly equals: Json; readonly code: string; readonly message: string };
  /** It takes back what no read shows: an answer that says "not there" means that it is done. */
  readonly isBlind?: true;
  /** What the call could also be sent as, one by one: where the service refuses it whole, it is (DESIGN 6). */
  readonly batch?: Batch;
  /** What of `after` is really waited for, where a batch is among it: some of its parts instead of the whole. */
  readonly needs?: readonly string[];
};

/** A call that does for several what could be done for each of them by a call of its own. */
export type Batch = {
  /** The list in the request that holds one element for each part, in their order. */
  readonly at: Pointer;
  /** A text of the request that names what is served: of a single part, its own address. */
  readonly says?: Pointer;
  readonly parts: readonly Part[];
};
/** One of the single calls that a batch stands for; its id is as unique as a step's. */
export type Part = {
  readonly id: string;
  readonly address: Address;
  readonly covers: readonly Pointer[];
  /** Steps and parts of batches that must be done before this one; absent: as the step says. */
  readonly needs?: readonly string[];
};

/** Calls by level; a count by operation beside it. */
export type Calls = {
  readonly levels: Readonly<Record<'1' | '2' | '3', number>>;
  readonly operations: Readonly<Record<string, number>>;
};

export type Bill = {
  /** Calls that this plan made, and the least that it could have made (RESOURCES 5). */
  readonly spent: Calls;
  readonly minimum: Calls;
  /** Calls of the steps, and the most that settling doubts may add. */
  readonly toApply: Calls;
  readonly settle: Calls;
  /** Those of `toApply` that may use the reserve of the day (quota.ts); absent: none may. */
  readonly fromReserve?: Calls;
  /** Reads before the first write of an apply that comes later than a minute after the plan; a saved plan proves the tenant too. */
  readonly check: Calls;
  /** What each quota has left today before the apply; null where the quota has no day. */
  readonly left: readonly {
    readonly levels: readonly Level[];
    readonly perDay: number | null;
    readonly left: number | null;
    readonly reserve: number;
  }[];
  /** From the first call to the end of the last one, nights included (simulate.ts). */
  readonly seconds: number;
  /** Days of the quota on which it is at work, today among them; 0 without steps. Null: a day is too small even to begin. */
  readonly days: number | null;
  /** What each day sends: steps, and the look before the first write of every later day. */
  readonly byDay: readonly { readonly day: string; readonly toApply: Calls; readonly check: Calls }[];
  /** What such a look reads. */
  readonly looks: Looks;
};

export type Coverage = {
  readonly kind: string;
  readonly status: 'live' | 'snapshot' | 'remembered' | 'not read' | 'incomplete';
  readonly note?: string;
};

/** By whom a difference was made: the files, others, time, somebody's leaving, a secret's rotation. */
export type Only = 'declared' | 'drifted' | 'expired' | 'leaver' | 'secret';

/** What a plan was told to look at; of everything else it says nothing. */
export type Selection = {
  /** Globs as given. */
  readonly target: readonly string[];
  readonly exclude: readonly string[];
  /** The resources of this run: a way back, which is never saved. */
  readonly run?: string;
  /** Only what the files say otherwise than at this revision. */
  readonly changedSince?: { readonly revision: string; readonly commit: string };
  /** Changes for these reasons alone. */
  readonly only?: readonly Only[];
  /** Resources that were looked at and have differences for other reasons, which are not in the plan. */
  readonly otherReasons?: readonly Address[];
  /** Resources that these choose. */
  readonly chosen: number;
  /** Resources that were looked at: chosen, and not left out, or needed. */
  readonly addresses: readonly Address[];
  /** Not chosen, and looked at because another one needs it. */
  readonly needed: readonly { readonly address: Address; readonly by: Address }[];
  /** Chosen, and not looked at because it needs what is excluded. */
  readonly leftOut: readonly { readonly address: Address; readonly because: Address }[];
  /** Declared or recorded, and not looked at. */
  readonly notLookedAt: readonly { readonly kind: string; readonly count: number }[];
};

export type Plan = {
  readonly format: 'phinfra.plan/1';
  readonly workspace: string;
  readonly environment: string;
  readonly tenant: string;
  readonly endpoint: string;
  readonly deployment: string;
  readonly region: string | null;
  readonly edition: string;
  readonly caller: string | null;
  /** Last four characters of the access key's id. */
  readonly key: string;
  /** The day used for expiries, `2026-11-24`, in `timezone`. */
  readonly day: string;
  readonly timezone: string;
  /** When the reads ended, ISO 8601 in UTC. */
  readonly madeAt: string;
  readonly record: { readonly lineage: string; readonly serial: number } | null;
  /** The commit that the files are of, where CI tells it. */
  readonly commit?: string;
  readonly destroy: boolean;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly summary: Readonly<Record<Action, number>> & { readonly unchanged: number; readonly unmanaged: number };
  readonly coverage: readonly Coverage[];
  /** Absent: everything was looked at. */
  readonly selection?: Selection;
  /** Collections whose lists were read, look-ups among them; and the further ids that were: `['projects', 'finance', 'account']`. */
  readonly looked: readonly string[];
  readonly parts: readonly (readonly [kind: string, name: string, part: string])[];
  readonly notCompared: readonly { readonly address: Address; readonly pointer: Pointer; readonly why: string }[];
  readonly trusted: number;
  readonly unmanaged: readonly { readonly kind: string; readonly count: number; readonly addresses: readonly Address[] }[];
  readonly bill: Bill;
  /** Who gains and who loses what once the steps are done; null in plans of older versions, and where nothing is known of it. */
  readonly access: AccessChange | null;
  /** What the workspace's guards let no plan do unasked, and this one would do. */
  readonly beyond?: readonly Beyond[];
  /** The environment is protected, by the files or by the record: an apply needs a review. */
  readonly isProtected?: true;
  /** The guards as the files write them: from the next apply on they are recorded. */
  readonly guarding?: GuardsConfig;
  readonly guards: readonly Guard[];
  /** What was waiting for an approval and no longer is: it is there, or the files ask for something else. Its marks go. */
  readonly settled?: Readonly<Record<Address, readonly Pointer[]>>;
  /** Sources of secrets that the apply will resolve: `env:MC_ACCESS_KEY`. */
  readonly needs: readonly string[];
  /** Ids of people that were resolved, to recognise them when their account name changes. */
  readonly people: Readonly<Record<string, string>>;
  readonly warnings: readonly Diagnostic[];
  readonly changesDigest: string;
  /** SHA-256 of everything above: an edited plan is refused. */
  readonly planDigest: string;
};

// ---- the record -----------------------------------------------------------------------------------------------------

export type State = {
  readonly format: 'phinfra.state/1';
  readonly lineage: string;
  readonly serial: number;
  readonly environment: string;
  readonly tenant: string;
  readonly deployment: string;
  /** Salt of the fingerprints' key (DESIGN 6). */
  readonly salt: string;
  readonly resources: Readonly<Record<Address, RecordedResource>>;
  readonly people: Readonly<Record<string, string>>;
  /** The guards of the last apply: the stricter of these and the written ones hold. */
  readonly guards?: GuardsConfig;
  /** What waits for an approval in Dataphin: sent, answered, and not there yet. Nothing of it is in `resources`. */
  readonly asked?: Readonly<Record<Address, Asked>>;
  /** The commit that was applied last, where CI told one. */
  readonly commit?: string;
  /** When something was last sent or written, ISO 8601: what reads do not show since then may only be late. */
  readonly ranAt?: string;
  /** How far the last plan has come that was not carried out to its end: the same plan goes on from there. */
  readonly position?: Position;
};

/** What was asked for at one address and nobody has approved yet. */
export type Asked = {
  /** What the record will say of the resource once it is approved, without its fields. */
  readonly resource: RecordedResource;
  readonly asks: readonly Ask[];
};
/** One call that waits. */
export type Ask = {
  /** ISO 8601. */
  readonly since: string;
  /** The step, or the part of a batch. */
  readonly step: string;
  /** Digests, as in the record. */
  readonly fields: Readonly<Record<Pointer, string>>;
  /** Its answer was lost, and nothing shows that it arrived. */
  readonly isLost?: true;
};

export type Position = {
  readonly planDigest: string;
  /** Steps, and parts of batches, that are done, in the order in which they ended. */
  readonly done: readonly string[];
  /** Those that wait for an approval: they are not sent again either. */
  readonly waiting?: readonly string[];
  /** Ids that their answers gave. */
  readonly given: Readonly<Record<string, Ids>>;
};

/** How a step ended, as the journal and the result say it. */
export type StepOutcome = 'not-sent' | 'rejected' | 'done' | 'waiting' | 'unknown';

export type JournalEvent =
  | {
      readonly type: 'run';
      readonly run: string;
      readonly command: string;
      readonly changesDigest: string;
      /** Absent where no plan is carried out: a command of the record. */
      readonly planDigest?: string;
      /** The commit that the plan was made of, where CI told it. */
      readonly commit?: string;
      readonly caller: string | null;
      readonly at: string;
    }
  | {
      readonly type: 'intent';
      readonly run: string;
      readonly step: string;
      readonly operation: OperationName;
      readonly serves: readonly Address[];
      /** Digest of the request as sent, secrets as references; written ahead, ids may be references as well. */
      readonly request: string;
      readonly at: string;
      /** Written ahead of its call, which may have been sent until then; absent: at once. */
      readonly until?: string;
    }
  | {
      readonly type: 'outcome';
      readonly run: string;
      readonly step: string;
      readonly outcome: StepOutcome;
      readonly code: string | null;
      readonly requestId: string | null;
      /** Ids that the answer gave. */
      readonly given?: Readonly<Record<string, Ids>>;
      /** Of a batch: its parts that are done, whatever has become of the others. */
      readonly parts?: readonly string[];
      /** The step, or parts of the batch, whose effect waits for an approval. */
      readonly waits?: readonly string[];
      /** It made something whose id is still to be found: no record tells of it yet. */
      readonly isUnrecorded?: true;
      readonly at: string;
    }
  | ({ readonly type: 'asked'; readonly run: string; readonly address: Address; readonly resource: RecordedResource } & Ask)
  /** What was asked for and no longer waits. */
  | { readonly type: 'settled'; readonly run: string; readonly address: Address; readonly pointers: readonly Pointer[] }
  /** The record's new value of an address; null: it left the record. */
  | { readonly type: 'record'; readonly run: string; readonly address: Address; readonly resource: RecordedResource | null }
  | { readonly type: 'people'; readonly run: string; readonly people: Readonly<Record<string, string>> }
  | { readonly type: 'guards'; readonly run: string; readonly guards: GuardsConfig }
  | { readonly type: 'end'; readonly run: string; readonly exit: number; readonly at: string };
