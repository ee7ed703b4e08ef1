import { whileConnected } from '../connection.ts';
import type { Context } from '../context.ts';
import type { Budget, QuotaBudget } from '../engine.ts';
import { thousands } from '../render/bill.ts';
import { type Line, renderLines, styled, visible } from '../render/lines.ts';
import type { Outcome } from '../result.ts';
import { whereText } from './plan.ts';

const LABEL = 22;
const COLUMN = 11;
const LEVELS = ['1', '2', '3'] as const;

/** `budget`: what of the day is spent, set aside and left, and by whom. No call. */
export const runBudget = (context: Context): Promise<Outcome> =>
  whileConnected(context, async (connection) => {
    if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics };
    const engine = await context.host.loadEngine();
    const { override } = connection;
    const { exit, diagnostics, config, budget } = await engine.budget(
      context.invocation,
      override ? { connection: override } : {},
    );
    return {
      exit,
      environment: config?.environment.name ?? null,
      tenant: budget?.tenant ?? config?.environment.tenant ?? null,
      diagnostics,
      data: budget,
      ...(budget && config ? { text: renderLines(linesOf(budget, whereText(config)), context.color) } : {}),
    };
  });

const linesOf = (budget: Budget, where: string): readonly Line[] => [
  [styled('bold', 'budget'), ` · ${where} · ${budget.day}, until ${timeText(budget.until, budget.timezone)} ${budget.timezone}`],
  [],
  row('Calls today', ['a day', 'spent', 'set aside', 'reserve', 'left']),
  ...budget.quotas.map(quotaLine),
  [],
  ...(budget.by.length === 0
    ? [['No call was made today by runs that share this ledger.']]
    : [row('Spent by', ['level 1', 'level 2', 'level 3']), ...budget.by.map(({ name, calls }) => nameLine(name, calls))]),
  ...(budget.reservations.length === 0
    ? []
    : [
        [],
        row('Set aside by', ['level 1', 'level 2', 'level 3']),
        ...budget.reservations.map(({ name, calls, expires }) =>
          nameLine(name, calls, `until ${timeText(expires, budget.timezone)} unless it goes on`),
        ),
      ]),
];

const row = (label: string, cells: readonly string[]): Line => [
  `${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`,
];

/** A quota that only limits the second counts nothing. */
const quotaLine = ({ levels, perDay, spent, reserved, kept, left, perSecond }: QuotaBudget): Line => {
  const name = `  ${levels.length === 1 ? 'level' : 'levels'} ${levels.join(', ')}`;
  const cells = [perDay === null ? 'no limit' : thousands(perDay), thousands(spent), thousands(reserved), thousands(kept)];
  const rate = perSecond === null ? '' : `   ${perSecond} a second`;
  return [...row(name, [...cells, left === null ? '' : thousands(left)]), ...(rate === '' ? [] : [styled('dim', rate)])];
};

/** The calls stand under their levels; a name that is longer than the column comes last. */
const nameLine = (name: string, calls: Readonly<Record<'1' | '2' | '3', number>>, remark = ''): Line => [
  ...row(
    '',
    LEVELS.map((level) => thousands(calls[level])),
  ),
  `   ${visible(name)}`,
  ...(remark === '' ? [] : [styled('dim', `   ${remark}`)]),
];

const timeText = (at: string, timezone: string): string =>
  new Date(at).toLocaleString('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
