/** The end of an apply in counts, words and an exit code (DESIGN 4). */
import type { ApplyResult } from '../core/apply.ts';
import { needsOf, partsOf, single, unitsOf } from '../core/batch.ts';
import { CODES, type Diagnostic, type DiagnosticCode } from '../core/diagnostic.ts';
import { secretsIn } from '../core/fill.ts';
import type { Address, Change, Plan, Step, StepOutcome } from '../core/model.ts';
import { type EndReason, endOfChange, exitOf } from '../core/settle.ts';
import type { StepEnd } from './attempt.ts';
import type { ExecuteOptions } from './execute.ts';
import { safeMessage } from './message.ts';
import { isLedgerCode } from './send.ts';

export type Ending = {
  readonly plan: Plan;
  readonly ends: ReadonlyMap<string, StepEnd>;
  readonly reasons: ReadonlySet<EndReason>;
  readonly problems: readonly Diagnostic[];
  readonly options: Pick<ExecuteOptions, 'isAuth' | 'secrets' | 'signal' | 'nextDay'>;
};

/** Changes with something to do: calls, or what only the record sees. */
const hasWork = (change: Change): boolean =>
  change.steps.length > 0 ||
  change.waitsSince !== undefined ||
  (change.record !== undefined && (change.action === 'adopt' || change.action === 'forget'));

/** A plan that was refused before the first call. */
export const refusedResult = (plan: Plan, code: DiagnosticCode, diagnostics: readonly Diagnostic[]): ApplyResult => ({
  exit: CODES[code],
  reason: code === 'STATE_STALE' ? 'stale' : CODES[code] === 12 ? 'guarded' : 'input',
  applied: 0,
  failed: 0,
  unknown: 0,
  waiting: 0,
  left: plan.changes.filter(hasWork).length,
  notBefore: null,
  skipped: [],
  steps: [],
  diagnostics,
});

export const resultOf = ({ plan, ends, reasons, problems, options }: Ending): ApplyResult => {
  const isRecorded = !reasons.has('record');
  const stepOf = new Map(plan.steps.map((step) => [step.id, step]));
  const counts = { applied: 0, failed: 0, unknown: 0, waiting: 0, left: 0 };
  for (const change of plan.changes.filter(hasWork))
    counts[
      change.steps.length === 0 && !isRecorded
        ? 'left'
        : endOfChange([...outcomesOf(change, stepOf, ends), ...(change.waitsSince === undefined ? [] : (['waiting'] as const))])
    ]++;
  const tried = plan.steps.flatMap((step) => triedOf(step, ends));
  const outcomes = new Set(tried.map((step) => ends.get(step.id)?.outcome));
  const hidden = secretsIn(...plan.steps.map((step) => step.request)).flatMap((reference) => options.secrets(reference) || []);

  const all = new Set(reasons);
  if (tried.some((step) => isInDoubt(ends.get(step.id), options))) all.add('unknown');
  if (tried.some((step) => isRefusal(ends.get(step.id), options))) all.add('refused');
  if (tried.some((step) => ends.get(step.id)?.code === STALE)) all.add('stale');
  if (options.signal?.aborted && (counts.left > 0 || tried.some((step) => ends.get(step.id)?.hindrance === 'interrupted')))
    all.add('interrupted');
  if (plan.guards.length > 0) all.add('guarded');
  if (counts.waiting > 0 || outcomes.has('waiting')) all.add('waiting');
  // "Before anything changed" is another thing than "the same command goes on".
  if (all.has('unreachable') && (outcomes.has('done') || outcomes.has('waiting') || outcomes.has('unknown'))) all.add('stopped');
  return {
    ...exitOf(all),
    ...counts,
    notBefore: tried.some((step) => ends.get(step.id)?.hindrance === 'day') ? (options.nextDay?.() ?? null) : null,
    skipped: skippedOf(plan, ends),
    steps: tried.map((step) => {
      const end = ends.get(step.id) as StepEnd;
      return { id: step.id, outcome: end.outcome, code: end.code, requestId: end.requestId };
    }),
    diagnostics: [...problems, ...tellOnce(tried, ends, options, plan, hidden)],
  };
};

/** Nobody but a person can tell; what no call was left to look up, or no time, is looked up by the next run. */
const isInDoubt = (end: StepEnd | undefined, { signal }: Pick<ExecuteOptions, 'signal'>): boolean =>
  end?.outcome === 'unknown' && end.hindrance !== 'day' && !isLeftToNext(end, signal);
const isLeftToNext = (end: StepEnd, signal: AbortSignal | undefined): boolean =>
  end.hindrance === 'interrupted' && signal?.aborted === true;

/** The code of a step that was not sent because its object has moved since the plan. */
export const STALE = 'STEP_STALE' satisfies DiagnosticCode;

const isRefusal = (end: StepEnd | undefined, { isAuth }: Pick<ExecuteOptions, 'isAuth'>): boolean =>
  end?.outcome === 'rejected' && end.code !== STALE && !(end.code !== null && isAuth(end.code));

/** How the steps of a change have ended; of a batch, the parts that are its own. */
const outcomesOf = (
  { address, steps }: Change,
  stepOf: ReadonlyMap<string, Step>,
  ends: ReadonlyMap<string, StepEnd>,
): readonly (StepOutcome | null)[] =>
  steps.flatMap((id) => {
    const step = stepOf.get(id);
    const own = step ? partsOf(step).filter((part) => part.address === address) : [];
    return (own.length > 0 ? own.map((part) => part.id) : [id]).map((unit) => ends.get(unit)?.outcome ?? null);
  });

/** A step that was tried; of a batch whose parts have not ended alike, the parts that were. */
const triedOf = (step: Step, ends: ReadonlyMap<string, StepEnd>): readonly Step[] => {
  const parts = partsOf(step).filter(({ id }) => ends.has(id));
  const isWhole = parts.length === partsOf(step).length && new Set(parts.map(({ id }) => ends.get(id))).size <= 1;
  if (isWhole) return ends.has(step.id) ? [step] : [];
  return parts.map((part) => single(step, part));
};

/** What waits, directly or through others, for something that failed: by address, with the first that did. */
const skippedOf = (plan: Plan, ends: ReadonlyMap<string, StepEnd>): ApplyResult['skipped'] => {
  const units = plan.steps.flatMap((step) =>
    step.batch
      ? step.batch.parts.map((part) => ({ id: part.id, serves: [part.address], needs: needsOf(step, part) }))
      : [{ id: step.id, serves: step.serves, needs: needsOf(step) }],
  );
  const unitOf = new Map(units.map((unit) => [unit.id, unit]));
  const partsIn = new Map(plan.steps.map((step) => [step.id, unitsOf(step)]));
  const dependants = new Map<string, string[]>();
  for (const { id, needs } of units)
    for (const need of needs.flatMap((one) => partsIn.get(one) ?? [one])) {
      const some = dependants.get(need);
      if (some) some.push(id);
      else dependants.set(need, [id]);
    }
  const skipped = new Map<Address, string>();
  for (const failed of units) {
    const outcome = ends.get(failed.id)?.outcome;
    if (outcome !== 'rejected' && outcome !== 'unknown' && outcome !== 'waiting') continue;
    const seen = new Set<string>();
    const open = [failed.id];
    for (let id = open.pop(); id !== undefined; id = open.pop())
      for (const next of dependants.get(id) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
        for (const address of unitOf.get(next)?.serves ?? [])
          if (!failed.serves.includes(address) && !skipped.has(address)) skipped.set(address, failed.id);
      }
  }
  return [...skipped].map(([address, because]) => ({ address, because }));
};

/** One diagnostic a failed step; what hinders all steps alike is said once. */
const tellOnce = (
  tried: readonly Step[],
  ends: ReadonlyMap<string, StepEnd>,
  options: Pick<ExecuteOptions, 'isAuth' | 'signal'>,
  plan: Plan,
  hidden: readonly string[],
): Diagnostic[] => {
  const sourceOf = new Map(plan.changes.flatMap((change) => (change.source ? [[change.address, change.source] as const] : [])));
  const told = new Set<string>();
  return tried.flatMap((step) => {
    const end = ends.get(step.id);
    const words = end && wordsOf(step, end, options);
    if (!end || !words) return [];
    if (words.isGeneral && told.has(words.code)) return [];
    told.add(words.code);
    const [address = ''] = step.serves;
    const more = step.serves.length > 1 && step.batch ? ` and ${step.serves.length - 1} more` : '';
    const source = sourceOf.get(address);
    const said = end.message === null ? '' : `: ${safeMessage(end.code ?? '', end.message, hidden)}`;
    const request = end.requestId === null ? '' : ` (request ${end.requestId})`;
    return [
      {
        code: words.code,
        severity: words.isHarmless ? ('warning' as const) : ('error' as const),
        message:
          end.code === STALE
            ? `"${address}"${more} is not what the plan was made from${said}.`
            : end.outcome === 'waiting'
              ? `${step.operation} for "${address}"${more} ${words.verb}${request}.`
              : `${step.operation} for "${address}"${more} ${words.verb}: ${end.code ?? 'without a code'}${said}${request}.`,
        hint: words.hint,
        address,
        ...(source ? { source } : {}),
      },
    ];
  });
};

type Words = {
  readonly code: DiagnosticCode;
  readonly verb: string;
  readonly hint: string;
  readonly isGeneral: boolean;
  readonly isHarmless?: true;
};

const wordsOf = (step: Step, end: StepEnd, { isAuth, signal }: Pick<ExecuteOptions, 'isAuth' | 'signal'>): Words | null => {
  if (end.outcome === 'unknown' && end.hindrance === 'day')
    return {
      code: 'DAY_SPENT',
      verb: 'may or may not have happened',
      hint: 'Run the same command again when the day of the quota is over: it looks this up first.',
      isGeneral: false,
    };
  // Its intent is on disk all the same.
  if (end.outcome === 'unknown' && (isLeftToNext(end, signal) || end.code === 'JOURNAL_WRITE'))
    return {
      code: 'STEP_UNKNOWN',
      verb: 'may or may not have happened',
      hint: 'Run the same command again: it looks this up first.',
      isGeneral: false,
    };
  if (end.outcome === 'unknown')
    return {
      code: 'STEP_UNKNOWN',
      verb: 'may or may not have happened',
      hint: `Look at "${step.serves[0] ?? ''}" in the console, then plan again: the plan reads what is there.`,
      isGeneral: false,
    };
  if (end.outcome === 'waiting')
    return {
      code: 'APPROVAL_WAITING',
      verb:
        end.code === null
          ? 'waits for an approval in Dataphin'
          : `may wait for an approval in Dataphin, or never have arrived (${end.code})`,
      hint: `Have it approved there: the next plan sees it. Where nothing waits, phinfra state forget "${step.serves[0] ?? ''}" has it asked for again.`,
      isGeneral: false,
      isHarmless: true,
    };
  if (end.code === STALE)
    return {
      code: STALE,
      verb: 'was not sent',
      hint: 'Plan again and review what has changed; what does not depend on it was applied.',
      isGeneral: false,
    };
  if (end.outcome === 'rejected')
    return end.code !== null && isAuth(end.code)
      ? {
          code: 'PERMISSION_DENIED',
          verb: 'is not allowed for this key',
          hint: 'Give the key the right to write, or apply with another one; nothing further was sent.',
          isGeneral: true,
        }
      : {
          code: 'STEP_REJECTED',
          verb: 'was refused by the service',
          hint: 'Mend what the code names and apply again; what does not depend on it was applied.',
          isGeneral: false,
        };
  const general = { verb: 'was not sent', isGeneral: true };
  if (end.hindrance === 'day')
    return {
      ...general,
      code: 'DAY_SPENT',
      hint: 'Run the same command again when the day of the quota is over; it goes on where it stopped.',
    };
  if (end.hindrance === 'throttled')
    return { ...general, code: 'THROTTLED', hint: 'Run the same command again later; it goes on where it stopped.' };
  if (isLedgerCode(end.code))
    return {
      ...general,
      code: end.code,
      hint: 'Run the same command again once the ledger answers; it goes on where it stopped.',
    };
  if (end.hindrance === 'unreachable')
    return { ...general, code: 'UNREACHABLE', hint: 'Check the network and the endpoint, then run the same command again.' };
  return null;
};
