/** A saved plan: read back, its format and digest checked (DESIGN 5). */
import type { Diagnostic } from './diagnostic.ts';
import { canonical } from './json.ts';
import type { Plan } from './model.ts';
import type { Hash } from './ports.ts';

/** SHA-256 of everything in the plan but the digest itself. */
export const planDigest = (plan: Omit<Plan, 'planDigest'>, hash: Hash): string => hash(canonical(plan));

/**
 * Reads a saved plan.
 *
 * @returns the plan, or one diagnostic: PLAN_UNREADABLE, PLAN_FORMAT, PLAN_EDITED
 */
export const readPlan = (text: string, hash: Hash): { readonly plan: Plan } | { readonly problem: Diagnostic } => {
  const problem = (code: 'PLAN_UNREADABLE' | 'PLAN_FORMAT' | 'PLAN_EDITED', message: string, hint: string) => ({
    problem: { code, severity: 'error', message, hint } satisfies Diagnostic,
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return problem(
      'PLAN_UNREADABLE',
      'The file is not a plan: it is not JSON, or it was cut off.',
      'Make it again: phinfra plan -o FILE.',
    );
  }
  if (typeof value !== 'object' || value === null || !('format' in value))
    return problem('PLAN_UNREADABLE', 'The file is not a plan.', 'Make one: phinfra plan -o FILE.');
  if (value.format !== 'phinfra.plan/1')
    return problem(
      'PLAN_FORMAT',
      'The plan has a format that this phinfra does not know.',
      'Use the phinfra that made it, or plan again.',
    );
  const { planDigest: said, ...body } = value as Plan;
  if (typeof said !== 'string' || planDigest(body, hash) !== said)
    return problem(
      'PLAN_EDITED',
      'The plan was changed after it was made.',
      'Plan again; a plan is applied as it was reviewed or not at all.',
    );
  return { plan: value as Plan };
};

/** Exit code of `--detailed-exitcode`: adopt, forget, manual and none are no differences (DESIGN 4). */
export const detailedExit = (plan: Plan): 0 | 2 =>
  plan.summary.create + plan.summary.update + plan.summary.replace + plan.summary.delete > 0 ? 2 : 0;
