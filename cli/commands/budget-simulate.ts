import type { Context } from '../context.ts';
import type { BudgetSimulation, Edition, EditionTime } from '../engine.ts';
import { callsTable, durationText, thousands } from '../render/bill.ts';
import { type Line, renderLines, styled } from '../render/lines.ts';
import type { Outcome } from '../result.ts';
import { readPlan } from '../saved-plan.ts';
import { snapshotText } from './show.ts';

const DAY_S = 86_400;
const COLUMN = 14;

/** `budget simulate [FILE]`: how long with each edition, how many plans a day it has calls for, which one is enough. No call. */
export const runBudgetSimulate = async (
  context: Context,
  file: string | undefined,
  options: { readonly edition?: Edition },
): Promise<Outcome> => {
  const isSnapshot = file !== undefined && snapshotText(context, file) !== null;
  const read = file === undefined || isSnapshot ? null : await readPlan(context, file);
  if (read !== null && 'outcome' in read) return read.outcome;
  const engine = await context.host.loadEngine();
  // A saved plan names its environment.
  const invocation = read ? { ...context.invocation, environment: read.plan.environment } : context.invocation;
  const { exit, diagnostics, config, simulation } = await engine.simulateBudget(invocation, {
    ...(read ? { plan: read.plan } : {}),
    // The engine's paths are relative to the workspace, as the option's are.
    ...(isSnapshot ? { from: file } : {}),
    ...(options.edition ? { edition: options.edition } : {}),
  });
  const environment = config?.environment.name ?? null;
  return {
    exit,
    environment,
    tenant: config?.environment.tenant ?? null,
    diagnostics,
    data: simulation,
    ...(simulation ? { text: renderLines(linesOf(simulation, environment ?? '', file), context.color) } : {}),
  };
};

const linesOf = (simulation: BudgetSimulation, environment: string, file: string | undefined): readonly Line[] => {
  const { toApply, review, editions, smallest, from, hasOwnQuotas } = simulation;
  const what = {
    plan: `${file ?? ''}, as it was planned`,
    snapshot: `the files against the tenant in ${file ?? ''}`,
    workspace: 'the whole workspace in an empty tenant',
  }[from];
  return [
    [styled('bold', 'simulated'), ` · ${environment} · ${what}`],
    [],
    ...callsTable([
      ['to apply', toApply],
      ['one plan', review],
    ]),
    [],
    [`${'Edition'.padEnd(COLUMN)}${'time'.padStart(COLUMN)}${'days'.padStart(COLUMN)}${'plans a day'.padStart(COLUMN)}`],
    ...editions.map((one) => lineOf(one, one.edition === smallest && editions.length > 1)),
    [],
    [
      smallest === null
        ? `Not enough: ${editions.map(({ edition }) => edition).join(', ')}.`
        : `${smallest} is enough${editions.length > 1 ? ', and the smallest that is' : ''}.`,
    ],
    ...(hasOwnQuotas ? [['budget.quotas takes the place of the quotas of every edition.']] : []),
  ];
};

const lineOf = ({ edition, seconds, days, lacks, reviewsADay }: EditionTime, isSmallest: boolean): Line => {
  const cells = [
    seconds === null ? 'never' : spanText(seconds),
    days === null ? '' : thousands(days),
    reviewsADay === null ? 'no limit' : thousands(reviewsADay),
  ];
  const [first, ...others] = lacks;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const remark = first !== undefined ? `lacks ${first}${more}` : isSmallest ? 'the smallest that is enough' : '';
  return [
    `  ${edition.padEnd(COLUMN - 2)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`,
    ...(remark === '' ? [] : ['   ', styled('dim', remark)]),
  ];
};

/** `12 min`, `3 h`, `6.2 days`. */
const spanText = (seconds: number): string =>
  seconds < 2 * DAY_S ? durationText(seconds) : `${Math.round((seconds / DAY_S) * 10) / 10} days`;
