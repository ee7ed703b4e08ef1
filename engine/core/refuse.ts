/** What keeps a plan from being applied at all, found before the first call (DESIGN 4, RESOURCES 4). */
import type { Diagnostic } from './diagnostic.ts';
import { secretsIn } from './fill.ts';
import type { Plan, State } from './model.ts';
import type { Json } from './ports.ts';

/**
 * Empty where the plan may be applied; else diagnostics of one code.
 *
 *     the record has moved since the plan was made, or is another one   STATE_STALE
 *     (moved by this very plan, which was not carried out to its end: it goes on)
 *     a secret that the plan sends or records has no value              SECRET_UNSET, one each
 */
export const refusalsOf = (
  plan: Plan,
  state: State | null,
  secrets: (reference: string) => string | undefined,
): readonly Diagnostic[] => {
  const stale = staleness(plan, state);
  return stale ? [stale] : unsetSecrets(plan, secrets);
};

const staleness = (plan: Plan, state: State | null): Diagnostic | null => {
  if (state?.lineage === plan.record?.lineage && state?.serial === plan.record?.serial) return null;
  if (state?.position?.planDigest === plan.planDigest) return null;
  const was = plan.record === null ? 'before anything was recorded' : `at record ${plan.record.serial}`;
  const isSame = state !== null && state.lineage === plan.record?.lineage;
  const is = state === null ? 'there is no record' : isSame ? `the record is at ${state.serial}` : 'there is another record';
  return {
    code: 'STATE_STALE',
    severity: 'error',
    message: `The plan was made ${was}, and now ${is}.`,
    hint: 'Plan again and review what is left.',
  };
};

const unsetSecrets = (plan: Plan, secrets: (reference: string) => string | undefined): Diagnostic[] =>
  neededSecrets(plan)
    .filter((reference) => secrets(reference) === undefined)
    .map((reference) => ({
      code: 'SECRET_UNSET',
      severity: 'error',
      message: `The secret "${reference}" has no value here, and the plan sends it.`,
      hint: reference.startsWith('env:')
        ? `Set ${reference.slice(4)} and run the same command again.`
        : 'Put the file in its place and run the same command again.',
    }));

/** Sources of every secret that the steps send or the record takes a fingerprint of, sorted. */
export const neededSecrets = (plan: Plan): readonly string[] =>
  secretsIn(
    ...plan.steps.map((step) => step.request),
    ...plan.changes.map((change) => (change.record?.sent ?? {}) as unknown as Json),
  );
