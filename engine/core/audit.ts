/** The audit: what each run was, and what became of each change (DESIGN 6). Lines of JSON that are only ever added. Pure. */
import { matcher } from './glob.ts';
import { getAt, isObject, isUnder, partsOf } from './json.ts';
import type { Action, Address, Change, FieldReason, Ids, Plan, Pointer, RecordedResource, StepOutcome } from './model.ts';
import type { Json, JsonObject } from './ports.ts';
import { endOfChange } from './settle.ts';

/** Where and by whom a run was started, as the CI system tells it; null where it tells nothing, or there is none. */
export type StartedIn = {
  readonly ci: string | null;
  readonly commit: string | null;
  readonly startedBy: string | null;
  readonly job: string | null;
};
/** The first line of a run, on the disk before its first call. */
export type AuditBegin = StartedIn & {
  readonly type: 'begin';
  readonly format: 'phinfra.audit/1';
  readonly run: string;
  readonly at: string;
  readonly command: string;
  readonly environment: string;
  readonly tenant: string;
  readonly deployment: string;
  readonly caller: string | null;
  /** Last four characters of the access key's id; null for a command that makes no call. */
  readonly key: string | null;
  readonly changesDigest: string | null;
  readonly planDigest: string | null;
  /** The commit that the plan was made of, where everything that it says was looked at: what a later plan may begin from. */
  readonly planCommit?: string;
  /** Guards that kept a part of the plan back. */
  readonly guards: readonly string[];
  /** Guards of the workspace that the plan went beyond and a person confirmed by number: `deletes=12`. */
  readonly confirmed?: readonly string[];
  /** The digest that was reviewed; why a protected environment was changed without. */
  readonly reviewed?: string;
  readonly breakGlass?: string;
  /** Why the run may use the reserve of the day for everything. */
  readonly useReserve?: string;
};
/** The last line of a run. A run without one was ended from outside. */
export type AuditEnd = { readonly type: 'end'; readonly run: string; readonly at: string; readonly exit: number };
export type AuditField = {
  readonly pointer: Pointer;
  readonly reason: FieldReason;
  /** Absent: not there. Null: a secret, or not known. */
  readonly before?: Json;
  readonly after?: Json;
};
export type AuditStep = {
  readonly id: string;
  readonly outcome: StepOutcome;
  readonly code: string | null;
  readonly requestId: string | null;
};
export type AuditChange = {
  readonly type: 'change';
  readonly run: string;
  readonly at: string;
  readonly address: Address;
  readonly action: Action | 'move';
  /** `left`: begun, and not done to its end. */
  readonly outcome: 'applied' | 'failed' | 'unknown' | 'waiting' | 'left';
  readonly ids: Ids | null;
  readonly renamedFrom?: Address;
  readonly cause: string | null;
  readonly fields: readonly AuditField[];
  /** The whole of what was deleted or replaced. */
  readonly before?: JsonObject;
  /** Of what was deleted, and of parts that went: what the record called ours. Secrets are named, and their values are not here. */
  readonly ours?: {
    readonly fields: readonly Pointer[];
    readonly lists: readonly Pointer[];
    readonly secrets: readonly Pointer[];
  };
  readonly steps: readonly AuditStep[];
};
export type AuditLine = AuditBegin | AuditChange | AuditEnd;

/** A run as the audit has it. */
export type AuditedRun = {
  readonly begin: AuditBegin;
  readonly changes: readonly AuditChange[];
  /** Null: ended from outside, or still under way. */
  readonly end: AuditEnd | null;
};

/**
 * One line a change that this run has touched.
 *
 * @param ends   how the steps ended
 * @param told steps of which an earlier run of the plan has told
 * @param recorded the record before the run
 */
export const changeLines = (
  run: string,
  at: string,
  plan: Plan,
  ends: ReadonlyMap<string, Omit<AuditStep, 'id'>>,
  told: ReadonlySet<string>,
  recorded: Readonly<Record<Address, RecordedResource>> = {},
): readonly AuditChange[] => {
  const stepOf = new Map(plan.steps.map((step) => [step.id, step]));
  /** Of a batch the parts that are the change's own end by themselves. */
  const unitsOf = ({ address, steps }: Change): readonly string[] =>
    steps.flatMap((id) => {
      const own = stepOf.get(id)?.batch?.parts.filter((part) => part.address === address) ?? [];
      return own.length > 0 ? own.map((part) => part.id) : [id];
    });
  return plan.changes.flatMap((change): AuditChange[] => {
    const units = unitsOf(change);
    const tried = units.filter((id) => ends.has(id) && !told.has(id));
    const isRecordOnly = change.steps.length === 0 && (change.action === 'adopt' || change.action === 'forget');
    const approved = change.steps.length === 0 ? approvedOf(change, plan) : [];
    if (tried.length === 0 && !isRecordOnly && approved.length === 0) return [];
    return [
      {
        type: 'change',
        run,
        at,
        address: change.address,
        action: change.action,
        outcome: endOfChange(units.map((id) => ends.get(id)?.outcome ?? null)),
        ids: change.ids,
        ...(change.renamedFrom === undefined ? {} : { renamedFrom: change.renamedFrom }),
        cause: change.cause,
        fields: [...fieldsOf(change), ...approved],
        ...(change.before && (change.action === 'delete' || change.action === 'replace') ? { before: change.before } : {}),
        ...oursOf(change, recorded[change.renamedFrom ?? change.address]),
        steps: tried.map((id) => {
          const { outcome, code, requestId } = ends.get(id) as Omit<AuditStep, 'id'>;
          return { id, outcome, code, requestId };
        }),
      },
    ];
  });
};

/** What an earlier run asked for, and is there by now: somebody has approved it. */
const approvedOf = ({ address, after }: Change, { settled }: Plan): readonly AuditField[] =>
  (settled?.[address] ?? []).flatMap((pointer) => {
    const there = getAt(after ?? {}, pointer);
    return there === undefined ? [] : [{ pointer, reason: 'later' as const, after: there }];
  });

const oursOf = ({ action, fields }: Change, recorded: RecordedResource | undefined): Pick<AuditChange, 'ours'> => {
  if (!recorded) return {};
  const went =
    action === 'delete' ? [''] : fields.filter((one) => !one.stands && one.after === undefined).map(({ pointer }) => pointer);
  const of = (pointers: readonly Pointer[]): readonly Pointer[] =>
    pointers.filter((pointer) => went.some((at) => isUnder(pointer, at))).sort();
  const secrets = of(Object.keys(recorded.fingerprints));
  if (action === 'delete') return { ours: { fields: of(Object.keys(recorded.fields)), lists: of(recorded.lists), secrets } };
  return secrets.length > 0 ? { ours: { fields: [], lists: [], secrets } } : {};
};

/** What was let stand was not changed. Of what goes, all that was seen of it is kept: a half, an element with what it holds. */
const fieldsOf = ({ fields, before: whole }: Change): readonly AuditField[] =>
  fields.flatMap(({ pointer, reason, stands, sensitive, before, after }) =>
    stands
      ? []
      : [
          {
            pointer,
            reason,
            ...(before === undefined
              ? {}
              : { before: sensitive ? null : goes(before, after) ? (getAt(whole ?? {}, pointer) ?? before) : before }),
            ...(after === undefined ? {} : { after: sensitive ? null : after }),
          },
        ],
  );

const goes = (before: Json, after: Json | undefined): boolean => after === undefined && before !== null;

/** Lines as runs, the newest first. Changes of a run whose first line is lost stand with those that are known. */
export const runsOf = (lines: readonly AuditLine[]): readonly AuditedRun[] => {
  const runs = new Map<string, { begin: AuditBegin; changes: AuditChange[]; end: AuditEnd | null }>();
  for (const line of lines) {
    if (line.type === 'begin') runs.set(line.run, { begin: line, changes: [], end: null });
    else if (line.type === 'change') runs.get(line.run)?.changes.push(line);
    else {
      const run = runs.get(line.run);
      if (run) run.end = line;
    }
  }
  return [...runs.values()].reverse();
};

/**
 * Keeps what is about an address (or a glob over addresses), or about a person: the runs of whom a person started or whose key
 * was used, and the changes that name the person.
 */
export const about = (runs: readonly AuditedRun[], what: string): readonly AuditedRun[] => {
  const isAddress = what.includes('/');
  const fits = matcher([what]);
  return runs.flatMap((run) => {
    if (!isAddress && [run.begin.caller, run.begin.startedBy].includes(what)) return [run];
    const changes = run.changes.filter((change) =>
      isAddress
        ? fits(change.address) || (change.renamedFrom !== undefined && fits(change.renamedFrom))
        : change.address === `tenantMembers/${what}` ||
          change.fields.some(({ pointer }) => partsOf(pointer).some((part) => part.split(' ').includes(what))) ||
          names(change.before, what),
    );
    return changes.length > 0 ? [{ ...run, changes }] : [];
  });
};

/** A key of the value, at any depth. */
const names = (value: Json | undefined, what: string): boolean =>
  isObject(value) && Object.entries(value).some(([key, inner]) => key.split(' ').includes(what) || names(inner, what));

/** One line of the file; null where it is none. */
export const lineOf = (text: string): AuditLine | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value['run'] !== 'string' || typeof value['at'] !== 'string') return null;
  const isWhole =
    (value['type'] === 'begin' && value['format'] === 'phinfra.audit/1' && typeof value['command'] === 'string') ||
    (value['type'] === 'change' && typeof value['address'] === 'string' && Array.isArray(value['fields'])) ||
    (value['type'] === 'end' && typeof value['exit'] === 'number');
  return isWhole ? (value as unknown as AuditLine) : null;
};

/** The commit of the plan; none where CI did not tell it, and none of a plan that looked at a part, unless since the last apply. */
export const commitApplied = ({ commit, selection, destroy }: Plan): string | null => {
  const { target = [], exclude = [], only, leftOut = [], changedSince } = selection ?? {};
  const isPart = target.length + exclude.length + leftOut.length > 0 || only !== undefined;
  const isWhole = selection === undefined || (changedSince?.revision === LAST_APPLY && !isPart);
  return isWhole && !destroy ? (commit ?? null) : null;
};

/** The revision that `--changed-since` knows by this name. */
export const LAST_APPLY = 'last-apply';

/** The newest commit that a run has applied to its end, with nothing left, refused or waiting. */
export const lastCommit = (runs: readonly AuditedRun[]): string | null => {
  const [last] = runs
    .filter(({ begin, end }) => begin.planCommit !== undefined && end?.exit === 0)
    .sort((a, b) => (a.begin.at < b.begin.at ? 1 : -1));
  return last?.begin.planCommit ?? null;
};
