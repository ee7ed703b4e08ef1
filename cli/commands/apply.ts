import { type AnswerOptions, answerFlags, answersOf } from '../answers.ts';
import { type Connection, whileConnected } from '../connection.ts';
import { type Context, shellWord } from '../context.ts';
import type { Answers, ApplyEvent, ApplyResult, Plan, PlanResult } from '../engine.ts';
import { type LimitOptions, limitsOf } from '../limits.ts';
import { renderLines } from '../render/lines.ts';
import { minuteText } from '../render/minute.ts';
import { createLineProgress, createLiveProgress, type Progress, stateText } from '../render/progress.ts';
import { type Outcome, orderedLine, refused } from '../result.ts';
import { readPlan } from '../saved-plan.ts';
import { type SelectionOptions, selectionFlags } from '../selection.ts';
import { hasWork, headOf, makePlan, notInPlan, planText, withoutPlan, workIn } from './plan.ts';

export type ApplyOptions = LimitOptions &
  SelectionOptions &
  AnswerOptions & {
    /** Sleep where the day's calls are spent. */
    readonly wait?: boolean;
    /** How long to wait for the lock, in milliseconds. */
    readonly lockWait?: number;
    /** The plan that was begun last, without its file. */
    readonly resume?: boolean;
    readonly autoApprove?: boolean;
    readonly destroy?: boolean;
    readonly pushSecrets?: readonly string[];
    readonly full?: boolean;
  };

/** `apply [FILE]` and `destroy`: plans or takes a saved plan, asks where it must, applies. */
export const runApply = async (context: Context, file: string | undefined, options: ApplyOptions): Promise<Outcome> => {
  // Before anything is read: a time that is none must not be found out after a plan.
  if (limitsOf(options, 'UTC', context.host.wallMs()) === null)
    return refused(
      3,
      'OPTION_WRONG',
      `--stop-at "${options.stopAt ?? ''}" is no time.`,
      'Write 06:30, in the time zone of the workspace, or 2026-11-25T06:30:00+08:00.',
    );
  const answered = await answersOf(context, options);
  if ('outcome' in answered) return answered.outcome;
  const { answers } = answered;
  if (options.resume) return resume(context, file, options, answers);
  const flags = selectionFlags(options).trim();
  if (file !== undefined && flags !== '')
    return refused(
      3,
      'OPTION_WRONG',
      `"${file}" is a saved plan, and names all that it does: ${flags} would change it.`,
      `Leave the option out, or plan again: phinfra plan ${flags} -o FILE.`,
    );
  if (file !== undefined) return applySaved(context, file, options, answers);
  const mayAsk = context.format === 'human' && context.host.canAsk;
  // What was reviewed is an answer as well: another plan is refused.
  const isAnswered = options.autoApprove || answers.reviewed !== undefined;
  if (!isAnswered && !mayAsk)
    return refused(
      3,
      'CONFIRMATION_MISSING',
      `There is no terminal to ask whether to ${options.destroy ? 'destroy' : 'apply'}.`,
      options.destroy
        ? 'Say --auto-approve, or save a plan with phinfra plan --destroy -o FILE and apply it with phinfra apply FILE.'
        : 'Save a plan with phinfra plan -o FILE and apply it with phinfra apply FILE, or say --auto-approve.',
    );
  return whileConnected(context, async (connection) => {
    const result = await makePlan(context, connection, options);
    if (!result.plan) return withoutPlan(context, result, `${selectionFlags(options)}${answerFlags(options)}`);
    const diagnostics = context.format === 'human' ? notInPlan(result.diagnostics, result.plan) : result.diagnostics;
    if (result.exit !== 0) return { exit: result.exit, ...headOf(result.plan), diagnostics, data: result.plan };
    await context.showDiagnostics(diagnostics);
    return confirmAndApply(context, connection, result.plan, {
      ask: !isAnswered,
      full: options.full ?? false,
      options,
      answers,
      ...(result.memory ? { memory: result.memory } : {}),
    });
  });
};

/** The plan that was begun is an answer already given, like a saved one. */
const resume = async (context: Context, file: string | undefined, options: ApplyOptions, answers: Answers): Promise<Outcome> => {
  const flags = [...(options.pushSecrets ? ['--push-secrets'] : []), selectionFlags(options).trim()].filter((one) => one !== '');
  if (file !== undefined || flags.length > 0)
    return refused(
      3,
      'OPTION_WRONG',
      `--resume goes on with the plan that was begun last, and ${file === undefined ? flags.join(' ') : `"${file}"`} asks for another one.`,
      'Leave one of them out.',
    );
  const engine = await context.host.loadEngine();
  const result = await engine.begunPlan(context.invocation);
  const { plan } = result;
  if (!plan) return withoutPlan(context, result);
  return whileConnected(context, (connection) =>
    confirmAndApply(context, connection, plan, { ask: false, isResumed: true, full: options.full ?? false, options, answers }),
  );
};

const applySaved = async (context: Context, file: string, options: ApplyOptions, answers: Answers): Promise<Outcome> => {
  const read = await readPlan(context, file);
  if ('outcome' in read) return read.outcome;
  const { plan } = read;
  if (context.environmentGiven !== null && context.environmentGiven !== plan.environment)
    return refused(
      3,
      'OPTION_WRONG',
      `"${file}" is a plan for "${plan.environment}", not for "${context.environmentGiven}".`,
      `Leave --env out: a saved plan names its environment.`,
    );
  // A saved plan is an answer already given: it was reviewed, and names all that it will do.
  const planned = { ...context, invocation: { ...context.invocation, environment: plan.environment } };
  return whileConnected(planned, (connection) =>
    confirmAndApply(planned, connection, plan, { ask: false, file, full: options.full ?? false, options, answers }),
  );
};

type Way = {
  readonly ask: boolean;
  readonly full: boolean;
  /** Of a saved plan. */
  readonly file?: string;
  readonly isResumed?: true;
  readonly options: ApplyOptions;
  readonly answers: Answers;
  /** What this process has read for the plan. */
  readonly memory?: NonNullable<PlanResult['memory']>;
};

/** It was made by an earlier command, and reviewed as a whole. */
const isSaved = (way: Way): boolean => way.file !== undefined || way.isResumed === true;

const confirmAndApply = async (context: Context, connection: Connection, plan: Plan, way: Way): Promise<Outcome> => {
  if (connection.diagnostics.length > 0) return { exit: 3, ...headOf(plan), diagnostics: connection.diagnostics };
  if (context.format === 'human') {
    // A saved plan was reviewed as a whole: its counts are enough, unless all of it is asked for.
    const isBrief = isSaved(way) && !way.full;
    context.print(
      await planText(context, plan, {
        connection,
        isBrief,
        full: way.full,
        ...(isBrief && way.file !== undefined ? { savedTo: way.file } : {}),
      }),
    );
  }
  if (!hasWork(plan) && plan.guards.length === 0 && !isAboutApprovals(plan))
    return { exit: 0, reason: 'nothing to do', ...headOf(plan), diagnostics: [], data: planData(plan) };
  const objections = (await context.host.loadEngine()).objectionsTo(plan, way.answers);
  if (objections.length > 0) return { exit: 12, reason: 'guarded', ...headOf(plan), left: workIn(plan), diagnostics: objections };
  const isBreaking = plan.isProtected === true && way.answers.breakGlass !== undefined && way.answers.reviewed === undefined;
  if (isBreaking) {
    const unbroken = await breakGlass(context, plan);
    if (unbroken !== null) return unbroken;
  } else if (way.ask && hasWork(plan)) {
    const answer = await context.host.ask(
      `\n${plan.destroy ? 'Destroy' : 'Apply'} this in ${plan.environment}? Only "yes" does: `,
    );
    const waiting = { ...headOf(plan), left: workIn(plan) };
    if (context.host.signal.aborted)
      return { exit: exitOf(context, 130), ...waiting, diagnostics: [], text: 'Nothing was applied.\n' };
    if (answer?.trim() !== 'yes')
      return refused(3, 'CONFIRMATION_MISSING', 'Nothing was applied: the answer was not "yes".', undefined, waiting);
  }
  return applyPlan(context, connection, plan, way);
};

/** Something waits for an approval still, or no longer does: the run says so, or records what has come of it. */
const isAboutApprovals = (plan: Plan): boolean =>
  plan.settled !== undefined || plan.changes.some((change) => change.waitsSince !== undefined);

/** Without a review the person must know which tenant it is: null where its id was typed. */
const breakGlass = async (context: Context, plan: Plan): Promise<Outcome | null> => {
  const waiting = { ...headOf(plan), left: workIn(plan) };
  if (context.format !== 'human' || !context.host.canAsk)
    return refused(
      3,
      'CONFIRMATION_MISSING',
      "--break-glass asks for the tenant's id, and there is no terminal to ask.",
      'Have the plan reviewed, and say --reviewed with its digest.',
      waiting,
    );
  const answer = await context.host.ask(`\nApply this in ${plan.environment} without a review? Type the tenant's id: `);
  return answer?.trim() === plan.tenant
    ? null
    : refused(3, 'CONFIRMATION_MISSING', "Nothing was applied: the answer was not the tenant's id.", undefined, waiting);
};

const planData = (plan: Plan): unknown => ({ summary: plan.summary, skipped: [], steps: [] });

const applyPlan = async (context: Context, connection: Connection, plan: Plan, way: Way): Promise<Outcome> => {
  const { host } = context;
  const engine = await host.loadEngine();
  const progress = await progressFor(context, plan);
  let result: ApplyResult;
  try {
    result = await engine.apply(context.invocation, plan, {
      signal: host.signal,
      onEvent: progress.onEvent,
      ...(isSaved(way) ? { isSaved: true } : {}),
      limits: limitsOf(way.options, plan.timezone, host.wallMs()) ?? {},
      answers: way.answers,
      ...(way.memory ? { memory: way.memory } : {}),
      ...(way.options.wait ? { isWaiting: true } : {}),
      ...(way.options.lockWait === undefined ? {} : { lockWaitMs: way.options.lockWait }),
      ...(connection.override ? { connection: connection.override } : {}),
    });
  } finally {
    await progress.finish();
  }
  const exit = exitOf(context, result.exit);
  const next = nextCommand(context, exit, way);
  const notBefore = next === null ? null : result.notBefore;
  const when = notBefore === null ? '' : `, not before ${minuteText(notBefore, plan.timezone)} (${plan.timezone})`;
  const state = stateText(result, next === null ? null : `${next}${when}`);
  if (context.format !== 'human') context.note(`${state}\n`);
  return {
    exit,
    reason: result.reason,
    ...headOf(plan),
    applied: result.applied,
    failed: result.failed,
    unknown: result.unknown,
    waiting: result.waiting,
    left: result.left,
    next: next === null ? null : { command: next, notBefore },
    diagnostics: result.diagnostics,
    data: { summary: plan.summary, skipped: result.skipped, steps: result.steps },
    text: renderLines(
      [...result.skipped.map(({ address, because }) => [`skipped ${address}, because of ${because}`]), [state]],
      context.color,
    ),
  };
};

/** The engine says "interrupted"; which signal it was, only this process knows. */
const exitOf = (context: Context, exit: number): number =>
  exit === 130 || exit === 143 ? (context.host.signalName() === 'SIGTERM' ? 143 : 130) : exit;

/** Exit codes after which a new plan shows what is left, and those after which the same command goes on. */
const PLAN_AGAIN: ReadonlySet<number> = new Set([5, 7, 9, 12]);
const GO_ON: ReadonlySet<number> = new Set([6, 8, 10, 11, 13, 130, 143]);
/** Of these the plan has begun: what is left of it is another plan, and what was answered was about this one. */
const BEGUN: ReadonlySet<number> = new Set([6, 130, 143]);

/** The same command goes on where it stopped: a saved plan too, as long as no other one was applied meanwhile. */
const nextCommand = (context: Context, exit: number, way: Way): string | null => {
  if (PLAN_AGAIN.has(exit)) return `phinfra plan${selectionFlags(way.options)}${context.sameFlags}`;
  if (!GO_ON.has(exit)) return null;
  const answers = answerFlags(way.options);
  const same = `${answers}${context.sameFlags}`;
  if (way.file !== undefined) return `phinfra apply ${shellWord(way.file)}${same}`;
  if (way.isResumed || (answers !== '' && BEGUN.has(exit))) return `phinfra apply --resume${same}`;
  return `phinfra ${context.command}${selectionFlags(way.options)}${same}`;
};

const progressFor = async (context: Context, plan: Plan): Promise<Progress> => {
  const { host } = context;
  if (context.format === 'jsonl')
    return { onEvent: (event: ApplyEvent) => context.printJson(orderedLine(event)), finish: async () => undefined };
  const quiet = context.logLevel === 'error' || context.logLevel === 'warning';
  const live = context.format === 'human' && context.color && (host.stderr.columns ?? 0) > 0 && !quiet;
  return live && host.stderr.stream && plan.steps.length > 0
    ? createLiveProgress(plan, host.stderr.stream)
    : createLineProgress((text) => context.note(text), host.nowMs);
};
