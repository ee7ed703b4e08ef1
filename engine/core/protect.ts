/** What an apply wants from a person before its first call: numbers of guards, a review, a reason (DESIGN 2). */
import type { Diagnostic, DiagnosticCode } from './diagnostic.ts';
import { type Confirmed, unconfirmed } from './guards.ts';
import type { Plan, Selection } from './model.ts';

/** What a person has answered, by options of the command line. */
export type Answers = {
  readonly confirmed?: Confirmed;
  /** The digest of changes that was reviewed. */
  readonly reviewed?: string;
  /** Why a protected environment is changed without a review. */
  readonly breakGlass?: string;
  /** Why the reserve of the day is used for all of it. */
  readonly useReserve?: string;
};

/** Changes that one apply behind broken glass may make. */
export const MOST_BEHIND_GLASS = 20;

type Asked = Pick<Plan, 'beyond' | 'isProtected' | 'changes' | 'changesDigest' | 'destroy' | 'selection' | 'environment'>;

/**
 * Why the plan may not be applied as it is: one message for each; empty where it may.
 *
 * @returns with the codes GUARD_UNCONFIRMED, REVIEW_DIFFERS, PROTECTED_REFUSED, PROTECTED_UNREVIEWED, BREAK_GLASS_WIDE, all of exit 12
 */
export const objectionsTo = (plan: Asked, answers: Answers): readonly Diagnostic[] => [
  ...unconfirmed(plan, answers.confirmed ?? {}),
  ...reviewMissing(plan, answers),
  ...(plan.isProtected ? refusedWhole(plan, answers) : []),
];

const objection = (code: DiagnosticCode, message: string, hint: string): readonly Diagnostic[] => [
  { code, severity: 'error', message, hint },
];

const reviewMissing = (plan: Asked, { reviewed, breakGlass }: Answers): readonly Diagnostic[] => {
  if (reviewed !== undefined && reviewed !== plan.changesDigest)
    return objection(
      'REVIEW_DIFFERS',
      `The changes that were reviewed are ${reviewed.slice(0, 12)}…, and these are ${plan.changesDigest.slice(0, 12)}….`,
      'Something has moved since: have this plan reviewed.',
    );
  return plan.isProtected && !isRoutine(plan.selection) && reviewed === undefined && breakGlass === undefined
    ? objection(
        'PROTECTED_UNREVIEWED',
        `"${plan.environment}" is protected: an apply of it needs a reviewed plan.`,
        `Once it is reviewed: --reviewed ${plan.changesDigest}.`,
      )
    : [];
};

/** Reasons that nobody has to review: an end that was reviewed has come, a person has left, a secret was rotated. */
const ROUTINE: ReadonlySet<string> = new Set(['expired', 'leaver', 'secret']);
const isRoutine = (selection: Selection | undefined): boolean =>
  selection?.only !== undefined &&
  selection.only.length > 0 &&
  selection.only.every((reason) => ROUTINE.has(reason)) &&
  selection.target.length + selection.exclude.length === 0 &&
  selection.changedSince === undefined;

const refusedWhole = ({ environment, destroy, selection, changes }: Asked, { breakGlass }: Answers): readonly Diagnostic[] => {
  const count = changes.filter(({ steps }) => steps.length > 0).length;
  if (destroy)
    return objection(
      'PROTECTED_REFUSED',
      `"${environment}" is protected, and is not destroyed.`,
      'Take protected out and apply, and destroy it then.',
    );
  if (selection !== undefined && !isRoutine(selection) && breakGlass === undefined)
    return objection(
      'PROTECTED_REFUSED',
      `"${environment}" is protected, and is not applied in parts.`,
      'Plan the whole; of parts only --only expired,leaver,secret goes here.',
    );
  return breakGlass !== undefined && count > MOST_BEHIND_GLASS
    ? objection(
        'BREAK_GLASS_WIDE',
        `${count} resources would change, and --break-glass is for ${MOST_BEHIND_GLASS} at most.`,
        'Name the ones that cannot wait with --target, or have the plan reviewed.',
      )
    : [];
};
