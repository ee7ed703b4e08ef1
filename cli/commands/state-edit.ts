import { type Context, shellWord } from '../context.ts';
import type { EditedResource, StateEditResult } from '../engine.ts';
import { many } from '../render/bill.ts';
import { idsText, type Line, renderLines, styled } from '../render/lines.ts';
import { type Next, type Outcome, refused } from '../result.ts';
import { whereText } from './plan.ts';

export type StateForgetOptions = { readonly dryRun?: boolean; readonly autoApprove?: boolean };
export type StateMoveOptions = { readonly dryRun?: boolean };

/** `state forget`: takes resources out of the record, and leaves what is live. What globs match is listed and asked for first. */
export const runStateForget = async (
  context: Context,
  texts: readonly string[],
  options: StateForgetOptions,
): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const isDry = options.dryRun ?? false;
  const asksFirst = !isDry && !options.autoApprove && texts.some(hasWildcard);
  const mayAsk = context.format === 'human' && context.host.canAsk;
  if (asksFirst && !mayAsk)
    return refused(
      3,
      'CONFIRMATION_MISSING',
      'There is no terminal to ask whether to forget what the globs match.',
      'Look first: phinfra state forget … --dry-run. Then say --auto-approve, or name the addresses.',
    );
  const first = await engine.forget(context.invocation, { resources: texts, dryRun: isDry || asksFirst });
  if (!asksFirst || first.exit !== 0) return forgotten(context, first, texts, isDry);

  const shown = [...headOf(context, first), ...resourceLines('.', first.resources)];
  context.print(renderLines(shown, context.color));
  const count = many(first.resources.length, 'resource', 'resources');
  const answer = await context.host.ask(`\nForget ${count}? What is live stays. Only "yes" does: `);
  const waiting = { ...placeOf(first), left: first.resources.length };
  if (context.host.signal.aborted)
    return {
      exit: context.host.signalName() === 'SIGTERM' ? 143 : 130,
      ...waiting,
      diagnostics: [],
      text: 'Nothing was forgotten.\n',
    };
  if (answer?.trim() !== 'yes')
    return refused(3, 'CONFIRMATION_MISSING', 'Nothing was forgotten: the answer was not "yes".', undefined, waiting);
  // What was listed, and nothing that has come since.
  const listed = first.resources.map(({ address }) => address);
  const result = await engine.forget(context.invocation, { resources: listed, dryRun: false });
  const outcome = forgotten(context, result, texts, false);
  return result.exit === 0 ? { ...outcome, text: renderLines([forgetSummary(context, result, false)], context.color) } : outcome;
};

/** As the engine has it: an address itself has neither character. */
const hasWildcard = (text: string): boolean => /[*?]/.test(text);

const forgotten = (context: Context, result: StateEditResult, texts: readonly string[], isDry: boolean): Outcome => ({
  ...countsOf(result, isDry),
  next: nextOf(context, result, isDry, `state forget ${texts.map((text) => shellWord(text)).join(' ')}`),
  data: { dryRun: isDry, forgotten: result.resources },
  ...(result.exit === 0
    ? {
        text: renderLines(
          [...headOf(context, result), ...resourceLines('.', result.resources), forgetSummary(context, result, isDry)],
          context.color,
        ),
      }
    : {}),
});

const forgetSummary = (context: Context, { resources }: StateEditResult, isDry: boolean): Line => {
  const count = many(resources.length, 'resource', 'resources');
  return isDry
    ? [styled('bold', `${count} would be forgotten`), '; nothing was written.']
    : [
        styled('bold', `${count} forgotten`),
        `: what is live stays. phinfra plan${context.sameFlags} shows what the files make of ${resources.length === 1 ? 'it' : 'them'}.`,
      ];
};

/** `state move`: another address of the same kind for what is recorded. */
export const runStateMove = async (context: Context, from: string, to: string, options: StateMoveOptions): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const isDry = options.dryRun ?? false;
  const result = await engine.move(context.invocation, { from, to, dryRun: isDry });
  const [moved] = result.resources;
  return {
    ...countsOf(result, isDry),
    next: nextOf(context, result, isDry, `state move ${shellWord(from)} ${shellWord(to)}`),
    data: { dryRun: isDry, moved: moved ? { from, to, ids: moved.ids, origin: moved.origin } : null },
    ...(moved
      ? {
          text: renderLines(
            [
              ...headOf(context, result),
              [styled('yellow', '  ~ '), from, ' -> ', styled('bold', to), `   ${idsText(moved.ids)}`],
              isDry
                ? [styled('bold', 'It would be moved in the record'), '; nothing was written.']
                : [
                    styled('bold', 'Moved in the record'),
                    `: nothing was sent. phinfra plan${context.sameFlags} shows what differs.`,
                  ],
            ],
            context.color,
          ),
        }
      : {}),
  };
};

const placeOf = ({ config, tenant }: StateEditResult): Pick<Outcome, 'environment' | 'tenant'> => ({
  environment: config?.environment.name ?? null,
  tenant: tenant ?? config?.environment.tenant ?? null,
});

const countsOf = (result: StateEditResult, isDry: boolean): Outcome => {
  const done = result.exit === 0 && !isDry ? result.resources.length : 0;
  return {
    exit: result.exit,
    ...placeOf(result),
    applied: done,
    left: result.resources.length - done,
    diagnostics: result.diagnostics,
  };
};

/** After a look the same command does it; after that a plan shows what differs. */
const nextOf = (context: Context, { exit }: StateEditResult, isDry: boolean, command: string): Next | null =>
  exit === 0 ? { command: `phinfra ${isDry ? command : 'plan'}${context.sameFlags}`, notBefore: null } : null;

const headOf = (context: Context, { config }: StateEditResult): readonly Line[] =>
  config ? [[styled('bold', context.command), ` · ${whereText(config)}`], []] : [];

const resourceLines = (mark: string, resources: readonly EditedResource[]): readonly Line[] => {
  const width = resources.reduce((widest, { address }) => Math.max(widest, address.length), 0) + 2;
  return resources.map(({ address, ids, origin, waits }) => [
    styled('cyan', `  ${mark} `),
    styled('bold', address.padEnd(width)),
    idsText(ids),
    styled('dim', `   ${waits ? 'waits for an approval: only that it was asked for is forgotten' : origin}`),
  ]);
};
