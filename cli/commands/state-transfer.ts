import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { PullResult, PushResult, TransferResult } from '../engine.ts';
import { many } from '../render/bill.ts';
import { type Line, renderLines, styled } from '../render/lines.ts';
import type { Outcome } from '../result.ts';
import { whereText } from './plan.ts';

export type TransferOptions = { readonly dryRun?: boolean };

/** `state pull`: prints the record as the one document that `state push` takes. A look alone says what it is. */
export const runStatePull = async (context: Context, { dryRun = false }: TransferOptions): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const result = await engine.pull(context.invocation);
  if (result.exit !== 0) return { exit: result.exit, ...headOf(result), diagnostics: result.diagnostics };
  const { text } = result;
  const isPrinted = !dryRun && text !== null;
  if (isPrinted && context.format === 'human') context.printJson(text);
  return {
    exit: 0,
    ...(text === null ? { reason: 'nothing to do' } : {}),
    ...headOf(result),
    diagnostics: result.diagnostics,
    data: { dryRun, ...factsOf(result), document: isPrinted ? (JSON.parse(text) as object) : null },
    ...(isPrinted ? {} : { text: renderLines(pullLines(context, result), context.color) }),
  };
};

/** `state push FILE`: puts a pulled record in its place, where it is the newer one of the same lineage or the first. */
export const runStatePush = async (context: Context, file: string, { dryRun = false }: TransferOptions): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const result = await engine.push(context.invocation, { file: resolve(context.folder, file), dryRun });
  const { exit, before, isPushed } = result;
  const isNews = exit === 0 && !isPushed && dryRun && before !== result.state?.serial;
  return {
    exit,
    ...(exit === 0 && !isPushed && !isNews ? { reason: 'nothing to do' } : {}),
    ...headOf(result),
    applied: isPushed ? 1 : 0,
    left: isNews ? 1 : 0,
    diagnostics: result.diagnostics,
    data: { dryRun, ...factsOf(result), before, pushed: isPushed },
    ...(exit === 0 ? { text: renderLines(pushLines(context, result, isNews), context.color) } : {}),
  };
};

const headOf = ({ config, state }: TransferResult): Pick<Outcome, 'environment' | 'tenant'> => ({
  environment: config?.environment.name ?? null,
  tenant: state?.tenant ?? config?.environment.tenant ?? null,
});

const factsOf = ({ place, state, open }: TransferResult) => ({
  place,
  lineage: state?.lineage ?? null,
  serial: state?.serial ?? null,
  resources: Object.keys(state?.resources ?? {}).length,
  open,
});

const whatLine = ({ state, open }: TransferResult): Line => [
  `  serial ${state?.serial ?? 0}   ${many(Object.keys(state?.resources ?? {}).length, 'resource', 'resources')}`,
  ...(open > 0 ? [`, ${many(open, 'call', 'calls')} in doubt`] : []),
  styled('dim', `   lineage ${state?.lineage ?? ''}`),
];

const titleLines = (context: Context, { config }: TransferResult): readonly Line[] =>
  config ? [[styled('bold', context.command), ` · ${whereText(config)}`], []] : [];

const pullLines = (context: Context, result: PullResult): readonly Line[] =>
  result.state === null
    ? [...titleLines(context, result), [`There is no record at ${result.place}.`]]
    : [...titleLines(context, result), whatLine(result), [`It would be printed, as it is at ${result.place}.`]];

const pushLines = (context: Context, result: PushResult, isNews: boolean): readonly Line[] => {
  const { place, before, isPushed } = result;
  const instead = before === null ? `There ${isPushed ? 'was' : 'is'} none before.` : `In place of serial ${before}.`;
  return [
    ...titleLines(context, result),
    whatLine(result),
    isPushed
      ? [styled('bold', 'Pushed'), ` to ${place}. ${instead}`]
      : isNews
        ? [`It would be pushed to ${place}. ${instead} Nothing was written.`]
        : [`It is at ${place} already.`],
  ];
};
