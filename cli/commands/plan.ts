import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Connection, whileConnected } from '../connection.ts';
import { type Context, shellWord } from '../context.ts';
import type { Diagnostic, Plan, PlanResult, WorkspaceConfig } from '../engine.ts';
import { durationText } from '../render/bill.ts';
import { widthFor } from '../render/lines.ts';
import { renderPlan } from '../render/plan.ts';
import type { Next, Outcome } from '../result.ts';
import { type SelectionOptions, selectionFlags, selectionIn } from '../selection.ts';

export type PlanOptions = SelectionOptions & {
  readonly out?: string;
  readonly unmanaged?: boolean;
  readonly destroy?: boolean;
  readonly detailedExitcode?: boolean;
  readonly pushSecrets?: readonly string[];
  readonly full?: boolean;
  readonly from?: string;
};

/** `plan`: what would change, and what it would cost. Never writes. */
export const runPlan = (context: Context, options: PlanOptions): Promise<Outcome> =>
  (options.from === undefined ? whileConnected<Outcome> : whileOffline)(context, async (connection) => {
    const result = await makePlan(context, connection, options);
    const { plan } = result;
    if (!plan) return withoutPlan(context, result, sameOptions(options));
    const saved = options.out === undefined ? null : savePlan(resolve(context.folder, options.out), plan);
    if (saved !== null) return { exit: 3, ...headOf(plan), diagnostics: [saved] };
    const engine = await context.host.loadEngine();
    const exit = result.exit === 0 && options.detailedExitcode ? engine.detailedExit(plan) : result.exit;
    const { out } = options;
    return {
      exit,
      ...headOf(plan),
      next: nextOf(context, plan, options),
      diagnostics: context.format === 'human' ? notInPlan(result.diagnostics, plan) : result.diagnostics,
      data: plan,
      ...(context.format === 'human'
        ? { text: await planText(context, plan, { ...options, connection, ...(out === undefined ? {} : { savedTo: out }) }) }
        : {}),
    };
  });

/** A plan from a snapshot opens no connection and starts no emulator. */
const whileOffline = (_context: Context, run: (connection: Connection) => Promise<Outcome>): Promise<Outcome> =>
  run({ override: null, diagnostics: [], close: async () => undefined });

/** The options that make the next command the same one. */
const sameOptions = ({ out, destroy, pushSecrets = [] }: PlanOptions): string =>
  [
    ...(out === undefined ? [] : [`-o ${shellWord(out)}`]),
    ...(destroy ? ['--destroy'] : []),
    ...pushSecrets.map((glob) => `--push-secrets ${shellWord(glob)}`),
  ]
    .map((word) => ` ${word}`)
    .join('');

/** Plans over an open connection; an emulator that did not start is told like a file in error. */
export const makePlan = async (
  context: Context,
  connection: Connection,
  options: PlanOptions & { readonly lockWait?: number; readonly wait?: boolean; readonly useReserve?: string },
): Promise<PlanResult> => {
  if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics, plan: null, config: null };
  const engine = await context.host.loadEngine();
  return engine.plan(
    context.invocation,
    {
      ...(options.destroy ? { destroy: true } : {}),
      ...selectionIn(options),
      ...(options.from === undefined ? {} : { from: options.from }),
      ...(options.pushSecrets === undefined ? {} : { pushSecrets: options.pushSecrets }),
    },
    {
      signal: context.host.signal,
      ...(connection.override ? { connection: connection.override } : {}),
      ...(options.lockWait === undefined ? {} : { lockWaitMs: options.lockWait }),
      ...(options.wait ? { isWaiting: true } : {}),
      ...(options.useReserve === undefined ? {} : { useReserve: true }),
      onPause: (reason, seconds) => context.note(`Waiting at most ${durationText(seconds)}: ${reason}\n`),
    },
  );
};

/**
 * No plan was made: the head says for which tenant, the messages say why.
 *
 * @param more words of the same command, before the flags that all commands share
 */
export const withoutPlan = (context: Context, { exit, diagnostics, config, notBefore }: PlanResult, more = ''): Outcome => {
  if (config && exit !== 3) context.note(`${context.command} · ${whereText(config)}\n`);
  return {
    exit,
    environment: config?.environment.name ?? null,
    tenant: config?.environment.tenant ?? null,
    diagnostics,
    ...(notBefore === undefined
      ? {}
      : { reason: 'stopped', next: { command: `phinfra ${context.command}${more}${context.sameFlags}`, notBefore } }),
  };
};

/** Environment, tenant and place, as far as the files tell them. */
export const whereText = ({ environment }: WorkspaceConfig): string => {
  const { connection } = environment;
  const where = connection.emulator ? 'emulator' : (connection.region ?? connection.endpoint ?? '');
  return [
    environment.name,
    ...(environment.tenant === null ? [] : [`tenant ${environment.tenant}`]),
    ...(where === '' ? [] : [where]),
  ].join(' · ');
};

export const headOf = (plan: Plan): Pick<Outcome, 'environment' | 'tenant' | 'changesDigest'> => ({
  environment: plan.environment,
  tenant: plan.tenant,
  changesDigest: plan.changesDigest,
});

/** The plan's text already holds its warnings. */
export const notInPlan = (diagnostics: readonly Diagnostic[], plan: Plan): readonly Diagnostic[] => {
  const told = new Set(plan.warnings.map((warning) => JSON.stringify(warning)));
  return diagnostics.filter((diagnostic) => !told.has(JSON.stringify(diagnostic)));
};

/** Changes of which an apply would do or record anything. */
export const workIn = (plan: Plan): number =>
  plan.changes.filter((change) => change.action !== 'none' && change.action !== 'manual').length;
export const hasWork = (plan: Plan): boolean => workIn(plan) > 0;

const nextOf = (context: Context, plan: Plan, { out, ...options }: PlanOptions): Next | null =>
  hasWork(plan)
    ? {
        command: `phinfra apply${out === undefined ? selectionFlags(options) : ` ${shellWord(out)}`}${context.sameFlags}`,
        notBefore: null,
      }
    : null;

/** The message that says why the file could not be written; null when it was. */
const savePlan = (file: string, plan: Plan): Diagnostic | null => {
  try {
    writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return {
      code: 'OPTION_WRONG',
      severity: 'error',
      message: `The plan cannot be written to "${file}": ${code}.`,
      hint: 'Name another file with -o.',
    };
  }
};

/** Today in the plan's zone, `2026-11-24`. */
const dayIn = (timezone: string, wallMs: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(wallMs);

export type PlanView = PlanOptions & { readonly connection?: Connection; readonly savedTo?: string; readonly isBrief?: boolean };

/** The plan's text for this terminal. */
export const planText = async (context: Context, plan: Plan, view: PlanView): Promise<string> =>
  renderPlan(plan, {
    color: context.color,
    width: context.width,
    widthOf: await widthFor(JSON.stringify(plan)),
    command: context.command,
    day: dayIn(plan.timezone, context.host.wallMs()),
    emulator: Boolean(view.connection?.override),
    full: view.full ?? false,
    unmanaged: view.unmanaged ?? false,
    isBrief: view.isBrief ?? false,
    sameFlags: context.sameFlags,
    ...(view.savedTo === undefined ? {} : { savedTo: shellWord(view.savedTo) }),
  });
