import { whileConnected } from '../connection.ts';
import type { Context } from '../context.ts';
import type { AuditedRun, InverseResult, Obstacle, Plan } from '../engine.ts';
import { durationText, many } from '../render/bill.ts';
import { type Line, renderLines, styled } from '../render/lines.ts';
import { minuteText } from '../render/minute.ts';
import { type Outcome, refused } from '../result.ts';
import { headOf, notInPlan, planText } from './plan.ts';

/** `history --inverse RUN`: what it would take to go back before a run. Reads like a plan; nothing is sent, and nothing can be applied. */
export const runInverse = (context: Context, text: string, of: string | undefined): Promise<Outcome> => {
  if (of !== undefined)
    return Promise.resolve(
      refused(
        3,
        'OPTION_WRONG',
        `--inverse is about a whole run, and "${of}" asks for something else.`,
        'Leave one of them out.',
      ),
    );
  return whileConnected<Outcome>(context, async (connection) => {
    if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics };
    const engine = await context.host.loadEngine();
    const found = await engine.inverse(context.invocation, text, {
      signal: context.host.signal,
      ...(connection.override ? { connection: connection.override } : {}),
      onPause: (reason, seconds) => context.note(`Waiting at most ${durationText(seconds)}: ${reason}\n`),
    });
    const { run, way, obstacles, exit, diagnostics, config, notBefore } = found;
    const next = notBefore === undefined ? null : { command: `phinfra history --inverse ${text}${context.sameFlags}`, notBefore };
    return {
      exit,
      environment: config?.environment.name ?? null,
      tenant: config?.environment.tenant ?? null,
      ...(way ? headOf(way) : {}),
      ...(next ? { reason: 'stopped', next } : {}),
      diagnostics: way && context.format === 'human' ? notInPlan(diagnostics, way) : diagnostics,
      data: { run: run?.begin ?? null, obstacles, ...(way ? wayData(way) : { changes: null, bill: null }) },
      ...(run
        ? {
            text: `${way ? await planText(context, way, { connection }) : ''}${renderLines(moreLines(found, run, context), context.color)}`,
          }
        : {}),
    };
  });
};

/** No plan: nothing of it can be handed to an apply. */
const wayData = ({ changes, summary, bill, access, guards, warnings, needs }: Plan) => ({
  changes: changes.map(({ steps: _steps, record: _record, ...change }) => change),
  summary,
  bill,
  access,
  guards,
  warnings,
  needs,
});

const TITLES: Readonly<Record<Obstacle['what'], string>> = {
  later: 'Changed by a later run, and lost by going back',
  outside: 'Changed by others since',
  unsure: 'Not done to its end',
  lost: 'Not as it was',
  files: 'In the files',
  record: 'In the record',
};

const moreLines = (
  { obstacles, way, config }: InverseResult,
  { begin, changes }: AuditedRun,
  context: Context,
): readonly Line[] => {
  const kinds = (Object.keys(TITLES) as Obstacle['what'][]).filter((what) => obstacles.some((one) => one.what === what));
  return [
    ...kinds.flatMap((what): readonly Line[] => [
      [],
      [styled('bold', TITLES[what])],
      ...obstacles
        .filter((one) => one.what === what)
        .map((one): Line => ['  ', styled('yellow', one.address), `   ${one.message}`]),
    ]),
    [],
    [
      `The way back from run ${begin.run} of ${minuteText(begin.at, config?.timezone ?? 'UTC')}, ${many(changes.length, 'change', 'changes')}. `,
      way
        ? `Nothing was sent: write in the files what stands above, then phinfra plan${context.sameFlags}.`
        : 'What it takes cannot be told: see the messages.',
    ],
  ];
};
