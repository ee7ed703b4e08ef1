/** `history --inverse`: what the resources of a run were before it, from the audit, in the form in which files ask for them. Pure. */
import type { AuditChange, AuditedRun } from './audit.ts';
import { type InverseInput, lost, named, type Obstacle, type RunContext, touch, wantedOf } from './inverse-spec.ts';
import { fits, getAt, isObject, isSame, lastOf } from './json.ts';
import type { Kind } from './kind.ts';
import type { Address, Change, Desired, Pointer } from './model.ts';
import type { Json } from './ports.ts';

export type { InverseInput, Obstacle } from './inverse-spec.ts';

export type WayBack = {
  /** What the addresses of the run are to be; null: not there. An address under which it was renamed since is that one. */
  readonly wanted: ReadonlyMap<Address, Desired | null>;
  readonly obstacles: readonly Obstacle[];
};

/** The runs that the text names: by the whole id, else by how it begins. */
export const runsNamed = (runs: readonly AuditedRun[], text: string): readonly AuditedRun[] => {
  const exact = runs.filter(({ begin }) => begin.run === text);
  return exact.length > 0 || text === '' ? exact : runs.filter(({ begin }) => begin.run.startsWith(text));
};

/** What the run's resources were, and what stands in the way of that as far as the audit tells. */
export const wayBack = (input: InverseInput): WayBack => {
  const { run, runs } = input;
  const at = runs.indexOf(run);
  const context: RunContext = {
    ...input,
    // From the run on to the newest, and from the run back to the oldest.
    later: runs.slice(0, at).reverse(),
    earlier: runs.slice(at + 1),
    byAddress: new Map(input.desired.map((one) => [one.address, one])),
  };
  const found = run.changes.map((change) => backOf(change, context));
  return {
    wanted: new Map(found.flatMap(({ wanted }) => (wanted ? [wanted] : []))),
    obstacles: [...endless(run), ...found.flatMap(({ obstacles }) => obstacles)],
  };
};

/** What a killed run has done is told by the run that went on with its plan, or by nobody. */
const endless = ({ begin, end }: AuditedRun): readonly Obstacle[] =>
  end === null
    ? [
        {
          address: `run ${begin.run}`,
          what: 'unsure',
          message: 'It has no end in the audit: what it did is told by the run that went on with the same plan, if one did.',
        },
      ]
    : [];

type Back = { readonly wanted?: readonly [Address, Desired | null]; readonly obstacles: readonly Obstacle[] };

const RECORD_ONLY: Readonly<Partial<Record<AuditChange['action'], (change: AuditChange) => string>>> = {
  adopt: ({ address }) => `It was only recorded: phinfra state forget ${address}.`,
  forget: ({ address }) => `It only left the record: phinfra state adopt ${address}, where the files name it.`,
  move: ({ address, renamedFrom = '' }) => `It was moved in the record: phinfra state move ${address} ${renamedFrom}.`,
};

const backOf = (change: AuditChange, context: RunContext): Back => {
  const kind = context.kinds.find(({ collection }) => change.address.startsWith(`${collection}/`));
  const words = RECORD_ONLY[change.action];
  const { address, touched } = followed(change.address, context.later);
  const later = touched.map(({ run, at, change: one }): Obstacle => {
    const same = one.fields
      .map(({ pointer }) => pointer)
      .filter((pointer) => change.fields.some((field) => touch(field.pointer, pointer)));
    const what =
      same.length > 0 ? `: ${same.slice(0, 5).map(named).join(', ')}${same.length > 5 ? ', …' : ''}` : ', other fields of it';
    return { address, what: 'later', run, message: `Run ${run} of ${at} has changed it since (${one.action})${what}.` };
  });
  if (words) return { obstacles: [...later, { address, what: 'record', message: words(change) }] };
  if (!kind) return { obstacles: [...later, lost(address, 'Its kind is not known to this version.')] };
  const unsure: readonly Obstacle[] =
    change.outcome === 'applied' ? [] : [{ address, what: 'unsure', message: UNSURE[change.outcome] }];
  const made = change.action === 'create' ? { wanted: null, obstacles: [] } : wantedOf(kind, change, address, context);
  const wanted = made.wanted;
  return {
    ...(wanted === undefined ? {} : { wanted: [wanted?.address ?? address, wanted] as const }),
    obstacles: [...later, ...unsure, ...made.obstacles, ...unrecorded(change, address, context)],
  };
};

const UNSURE: Readonly<Record<Exclude<AuditChange['outcome'], 'applied'>, string>> = {
  failed: 'The run did not do all of it: what is as it was before is left alone.',
  unknown: 'Nobody knows what the run did to it: what is live tells.',
  waiting: 'It waited for an approval in Dataphin when the run ended.',
  left: 'The run did not do all of it: what is as it was before is left alone.',
};

/** What was made is deleted only where the record says that it is ours. */
const unrecorded = ({ action }: AuditChange, address: Address, { state }: RunContext): readonly Obstacle[] =>
  action === 'create' && state?.resources[address] === undefined && state?.asked?.[address] === undefined
    ? [lost(address, 'The record does not hold it any more, so nothing deletes it.')]
    : [];

type Touched = { readonly run: string; readonly at: string; readonly change: AuditChange };

/** Where the resource is by now, and the later runs that have had to do with it. */
const followed = (
  from: Address,
  later: readonly AuditedRun[],
): { readonly address: Address; readonly touched: readonly Touched[] } => {
  let address = from;
  const touched: Touched[] = [];
  for (const { begin, changes } of later)
    for (const change of changes) {
      if (change.address !== address && change.renamedFrom !== address) continue;
      touched.push({ run: begin.run, at: begin.at, change });
      address = change.address;
    }
  return { address, touched };
};

/**
 * What somebody else has done since to what the run has left: of fields that no later run has touched, what is live beside what
 * the run had made of them. What is as it was before the run is already back, and is no such thing.
 *
 * @param changes of the way back: what differs from live, with what is live
 */
export const changedOutside = (
  { run, runs, kinds }: Pick<InverseInput, 'run' | 'runs' | 'kinds'>,
  changes: readonly Change[],
): readonly Obstacle[] => {
  const later = runs.slice(0, runs.indexOf(run)).reverse();
  return run.changes.flatMap((change): readonly Obstacle[] => {
    const kind = kinds.find(({ collection }) => change.address.startsWith(`${collection}/`));
    const { address, touched } = followed(change.address, later);
    const now = changes.find(
      (one) => one.address === address || one.renamedFrom === address || one.address === change.renamedFrom,
    );
    if (!kind || !now || touched.length > 0) return [];
    if (change.action === 'create' && now.before === null)
      return [{ address, what: 'outside', message: 'It is not there any more: somebody else has deleted it.' }];
    if (change.action === 'delete' && now.before !== null && !kind.attached)
      return [{ address, what: 'outside', message: 'It is there again: somebody else has made it.' }];
    return change.fields.flatMap(({ pointer, before, after }): readonly Obstacle[] => {
      const isReadable = kind.fields.some(
        (rule) =>
          fits(rule.path, pointer) &&
          (rule.rule === 'update' || rule.rule === 'immutable') &&
          !rule.hides &&
          !rule.remembers?.(lastOf(pointer)),
      );
      const live = strip(kind, pointer, getAt(now.before ?? {}, pointer));
      if (!isReadable || after === null || isAlike(live, after) || isAlike(live, before)) return [];
      return [{ address, what: 'outside', pointer, message: `${named(pointer)}: somebody else has changed it since.` }];
    });
  });
};

const strip = (kind: Kind, pointer: Pointer, value: Json | undefined): Json | undefined => {
  const omits = kind.fields.find(({ path }) => fits(path, pointer))?.omits ?? [];
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => !omits.includes(key))) : value;
};
/** An element that is there or not is `true` in one place and an object in another. */
const isAlike = (a: Json | undefined, b: Json | undefined): boolean =>
  isSame(a, b) || (a !== undefined && b !== undefined && (a === true || b === true));
