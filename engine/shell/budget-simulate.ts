/** How long an apply would take under each edition's quotas, without a call (DESIGN 4: budget simulate). */
import { callsOf } from '../core/calls.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { lookAt } from '../core/looks.ts';
import type { Calls, Plan, Step } from '../core/model.ts';
import { callsUnder, dayOf, nextDayMs, quotasOf, reserveOf } from '../core/quota.ts';
import { EDITION_RANK, resolve } from '../core/resolve.ts';
import { simulate } from '../core/simulate.ts';
import type { BudgetConfig, Edition, LoadedWorkspace, Quota, WorkspaceConfig } from '../core/workspace.ts';
import { KINDS } from '../kinds/index.ts';
import type { OperationName } from '../operations/index.ts';
import { bootstrapOf } from './bootstrap.ts';
import { systemClock } from './clock.ts';
import { exitOf, exitOfErrors, SHAPES } from './offline.ts';
import { planFrom } from './plan-from.ts';
import type { EnginePorts } from './session.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export const EDITIONS: readonly Edition[] = ['personal', 'agile', 'database', 'bigdata', 'basic', 'intelligent'];

/** `from`: a snapshot's file, or `latest`: what an apply of the files to the tenant that it holds would take. */
export type SimulateOptions = { readonly plan?: Plan; readonly from?: string; readonly edition?: Edition };
/** An apply under the quotas of one edition, begun at the start of a day of which nothing was used. */
export type EditionTime = {
  readonly edition: Edition;
  /** It has all operations that are used, and a day's calls are enough to get on. */
  readonly isEnough: boolean;
  /** Kinds that it has no operations for. */
  readonly lacks: readonly string[];
  /** Null: never, a day is too small even to begin. */
  readonly seconds: number | null;
  readonly days: number | null;
  readonly byDay: readonly { readonly day: string; readonly toApply: Calls; readonly check: Calls }[];
  /** Plans that a day has calls for; null: no quota limits them. */
  readonly reviewsADay: number | null;
};
export type BudgetSimulation = {
  /** What was simulated: a saved plan, the files against a snapshot, or the workspace as it is made in an empty tenant. */
  readonly from: 'plan' | 'snapshot' | 'workspace';
  readonly toApply: Calls;
  /** The reads of one plan: the saved one, one of the snapshot's tenant, or one of the workspace once it has been applied. */
  readonly review: Calls;
  readonly editions: readonly EditionTime[];
  /** The first that is enough, in the order above; null: none of those shown. */
  readonly smallest: Edition | null;
  /** `budget.quotas` takes the place of every edition's quotas. */
  readonly hasOwnQuotas: boolean;
};
export type SimulateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  readonly simulation: BudgetSimulation | null;
};

type Subject = Pick<BudgetSimulation, 'from' | 'toApply' | 'review'> & {
  readonly steps: readonly Step[];
  readonly kinds: readonly string[];
  readonly look: (done: ReadonlySet<string>) => readonly OperationName[];
};

/**
 * Simulates a saved plan, the files against a snapshot, or the making of the whole workspace in an empty tenant. No call, no
 * credentials.
 *
 * @returns diagnostics as the files and a plan from a snapshot have them
 */
export const simulateBudget = async (
  invocation: Invocation,
  options: SimulateOptions = {},
  ports: Pick<EnginePorts, 'clock'> = {},
): Promise<SimulateResult> => {
  const clock = ports.clock ?? systemClock;
  const { plan: saved, from } = options;
  const loaded = await loadWorkspace(invocation, SHAPES, saved || from !== undefined ? { configOnly: true } : {});
  const { config } = loaded;
  if (config === null || exitOf(loaded.diagnostics) !== 0)
    return { exit: exitOfErrors(loaded.diagnostics), diagnostics: loaded.diagnostics, config, simulation: null };
  const made = saved
    ? { subject: ofPlan(saved, 'plan', saved.bill.spent), diagnostics: [] }
    : from !== undefined
      ? await ofSnapshot(invocation, from, ports)
      : await ofWorkspace(loaded as LoadedWorkspace, invocation.now ?? dayOf(clock.wallMs(), config.timezone));
  const diagnostics = from === undefined ? [...loaded.diagnostics, ...made.diagnostics] : made.diagnostics;
  const { subject } = made;
  if (subject === null) return { exit: exitOfErrors(diagnostics), diagnostics, config, simulation: null };
  const startMs = nextDayMs(clock.wallMs(), config.timezone);
  const editions = (options.edition ? [options.edition] : EDITIONS).map((edition) =>
    timeUnder(edition, subject, config, startMs),
  );
  const simulation: BudgetSimulation = {
    from: subject.from,
    toApply: subject.toApply,
    review: subject.review,
    editions,
    smallest: editions.find(({ isEnough }) => isEnough)?.edition ?? null,
    hasOwnQuotas: config.budget.quotas !== null,
  };
  return { exit: 0, diagnostics, config, simulation };
};

const timeUnder = (edition: Edition, subject: Subject, { budget, timezone }: WorkspaceConfig, startMs: number): EditionTime => {
  const quotas = quotasOf(edition, budget.quotas);
  const lacks = subject.kinds.filter((collection) => {
    const kind = KINDS.find((one) => one.collection === collection);
    return kind !== undefined && EDITION_RANK[edition] < EDITION_RANK[kind.edition];
  });
  const run = simulate({
    steps: subject.steps,
    quotas,
    share: budget.share,
    reserve: budget.reserve,
    usedToday: quotas.map((quota) => callsUnder(quota, subject.review.levels)),
    startMs,
    timezone,
    firstLook: ['GetMyTenants'],
    look: subject.look,
  });
  return {
    edition,
    isEnough: run.isEnough && lacks.length === 0,
    lacks,
    seconds: run.isEnough ? Math.ceil((run.endMs - startMs) / 1000) : null,
    days: run.isEnough ? run.days.length : null,
    byDay: run.isEnough ? run.days.map(({ day, toApply, check }) => ({ day, toApply, check })) : [],
    reviewsADay: reviewsUnder(quotas, subject.review, budget),
  };
};

/** Reads may not use the reserve (send.ts: revocations alone do). */
const reviewsUnder = (quotas: readonly Quota[], { levels }: Calls, { reserve }: BudgetConfig): number | null => {
  const most = quotas.flatMap((quota) => {
    const calls = callsUnder(quota, levels);
    if (quota.perDay === null || calls === 0) return [];
    return [Math.floor((quota.perDay - reserveOf(quota, reserve)) / calls)];
  });
  return most.length === 0 ? null : Math.min(...most);
};

const ofSnapshot = async (
  invocation: Invocation,
  from: string,
  ports: Pick<EnginePorts, 'clock'>,
): Promise<{ readonly subject: Subject | null; readonly diagnostics: readonly Diagnostic[] }> => {
  const { plan, reads, diagnostics } = await planFrom(invocation, from, {}, ports);
  return { subject: plan && reads ? ofPlan(plan, 'snapshot', reads) : null, diagnostics };
};

/** @param review the reads of the plan, made live */
const ofPlan = (plan: Plan, from: Subject['from'], review: Calls): Subject => ({
  from,
  toApply: plan.bill.toApply,
  review,
  steps: plan.steps,
  kinds: [...new Set(plan.changes.filter(({ steps }) => steps.length > 0).map(({ kind }) => kind))],
  look: (done) => lookAt(plan.bill.looks, plan.changes, plan.steps, done),
});

const ofWorkspace = async (
  loaded: LoadedWorkspace,
  day: string,
): Promise<{ readonly subject: Subject | null; readonly diagnostics: readonly Diagnostic[] }> => {
  const { config } = loaded;
  const { environment } = config;
  // Which edition is needed is what is asked: the one that is written keeps nothing out.
  const open: LoadedWorkspace = { ...loaded, config: { ...config, environment: { ...environment, edition: null } } };
  const resolved = resolve(open, KINDS, { day, tenant: environment.tenant, caller: environment.connection.caller });
  if (exitOf(resolved.diagnostics) !== 0) return { subject: null, diagnostics: resolved.diagnostics };
  const { made, diagnostics } = await bootstrapOf(resolved, config, quotasOf(environment.edition, config.budget.quotas), day);
  const all = [...resolved.diagnostics, ...diagnostics];
  if (made === null) return { subject: null, diagnostics: all };
  return {
    diagnostics: all,
    subject: {
      from: 'workspace',
      toApply: callsOf(made.steps.map(({ operation }) => operation)),
      review: made.review,
      steps: made.steps,
      kinds: [...new Set(resolved.desired.map(({ kind }) => kind))],
      look: (done) => lookAt(made.looks, made.changes, made.steps, done),
    },
  };
};
