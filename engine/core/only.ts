/** `--only`: of all changes those that are made for certain reasons (DESIGN 4). Pure. */
import type { ChangeDraft, ChangesFound } from './changes.ts';
import { addressOf, isUnder } from './json.ts';
import type { Address, Desired, FieldReason, Only, State } from './model.ts';

export const ONLY: readonly Only[] = ['declared', 'drifted', 'expired', 'leaver', 'secret'];

/** By whom a difference was made: the files, others, time, somebody's leaving, a secret's rotation. */
const GROUPS: Readonly<Partial<Record<FieldReason, Only>>> = {
  drifted: 'drifted',
  expired: 'expired',
  leaver: 'leaver',
  secret: 'secret',
};
export const groupOf = (reason: FieldReason): Only => GROUPS[reason] ?? 'declared';

/** Whether differences for this reason are in the plan. */
export const isAskedFor =
  (only: readonly Only[]) =>
  (reason: FieldReason): boolean =>
    only.includes(groupOf(reason));

/** A difference that another plan is for. */
export const NOT_ASKED = 'not in this plan: --only';

export type Kept = {
  readonly found: ChangesFound;
  /** Resources that a plan for all reasons would do, or record, more for. */
  readonly otherReasons: readonly Address[];
};

/**
 * Keeps changes whose every acting field has one of the reasons; fields with others have been let stand as far as that can be
 * done (diff.ts). What cannot do without a change that is not kept is not kept either.
 */
export const keepOnly = (found: ChangesFound, only: readonly Only[], state: State | null): Kept => {
  const isAsked = isAskedFor(only);
  const lets = found.drafts.filter((draft) => reasonsOf(draft, state).every(isAsked));
  let kept = lets.filter((draft) => isWorth(draft, isAsked, state));
  for (let before = -1; before !== kept.length; ) {
    before = kept.length;
    const toCome = new Set(
      found.drafts.filter((one) => one.action === 'create' && !kept.includes(one)).map(({ address }) => address),
    );
    kept = kept.filter((draft) => draft.action === 'none' || !namedBy(draft).some((address) => toCome.has(address)));
  }
  const here = new Set(kept);
  const others = found.drafts.filter(
    (draft) => (!here.has(draft) && (draft.action !== 'none' || hasLeft(draft))) || (here.has(draft) && hasLeft(draft)),
  );
  return {
    found: {
      ...found,
      drafts: kept,
      // A plan for everything settles it, and records what has come of it.
      settled: new Map(),
      unchanged: found.unchanged + found.drafts.filter((draft) => !here.has(draft) && !others.includes(draft)).length,
    },
    otherReasons: others.map(({ address }) => address).sort(),
  };
};

/** Of a whole that is made, taken away or only recorded there is one reason. */
const reasonsOf = ({ action, address, fields }: ChangeDraft, state: State | null): readonly FieldReason[] => {
  if (action === 'create') return [state?.resources[address] ? 'drifted' : 'added'];
  if (action === 'delete' || action === 'forget') return ['removed'];
  if (action === 'adopt') return ['found'];
  return fields.filter((one) => one.stands !== true).map(({ reason }) => reason);
};

/** It does something for one of the reasons, or lets something stand that has one. */
const isWorth = (draft: ChangeDraft, isAsked: (reason: FieldReason) => boolean, state: State | null): boolean =>
  draft.action === 'none'
    ? draft.fields.some((one) => one.note !== NOT_ASKED && isAsked(one.reason) && groupOf(one.reason) !== 'declared')
    : reasonsOf(draft, state).length > 0;

const hasLeft = ({ fields }: ChangeDraft): boolean => fields.some(({ note }) => note === NOT_ASKED);

/** What its acting fields name. */
const namedBy = ({ desired, fields }: ChangeDraft): readonly Address[] => {
  if (!desired) return [];
  const left = fields.filter(({ note }) => note === NOT_ASKED).map(({ pointer }) => pointer);
  const isActing = (pointer: string): boolean => !left.some((at) => isUnder(pointer, at));
  const { references, people }: Desired = desired;
  return [
    ...references.filter(({ pointer }) => isActing(pointer)).map(({ address }) => address),
    ...people.filter(({ pointer }) => isActing(pointer)).map(({ account }) => addressOf('tenantMembers', account)),
  ];
};
