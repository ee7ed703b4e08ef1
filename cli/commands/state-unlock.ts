import type { Context } from '../context.ts';
import type { FoundLock, UnlockResult } from '../engine.ts';
import { type Line, renderLines, styled } from '../render/lines.ts';
import { type Outcome, refused } from '../result.ts';
import { whereText } from './plan.ts';

export type StateUnlockOptions = { readonly dryRun?: boolean; readonly fence?: FoundLock['fence'] };

/**
 * `state unlock`: shows the holder of the lock. A dead one of this machine is released; one that cannot be seen from here only
 * where the tenant's id is typed at the prompt, or its lock is named; a running one never.
 */
export const runStateUnlock = async (context: Context, options: StateUnlockOptions): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const isDry = options.dryRun ?? false;
  const given = options.fence === undefined ? {} : { fence: options.fence };
  const mayAsk = context.format === 'human' && context.host.canAsk && !isDry && options.fence === undefined;
  const found = await engine.unlock(context.invocation, { ...given, dryRun: isDry || mayAsk });
  const isDoubtful = found.lock?.status === 'elsewhere' || found.lock?.status === 'unreadable';
  if (!mayAsk || found.exit !== 0) return outcomeOf(context, found, isDry);
  if (!isDoubtful || !found.lock) return outcomeOf(context, await engine.unlock(context.invocation, {}), isDry);

  context.print(renderLines([...headOf(context, found), ...holderLines(found.lock)], context.color));
  const [what, expected] =
    found.tenant === null
      ? ['name of the environment', found.config?.environment.name ?? '']
      : ['id of the tenant', found.tenant];
  const answer = await context.host.ask(
    `\nWhether it still runs cannot be seen from here, and two that run at once can do things twice.\nRelease it? Type the ${what} to do so: `,
  );
  const place = placeOf(found);
  if (context.host.signal.aborted)
    return {
      exit: context.host.signalName() === 'SIGTERM' ? 143 : 130,
      ...place,
      diagnostics: [],
      text: 'Nothing was released.\n',
    };
  if (answer?.trim() !== expected)
    return refused(3, 'CONFIRMATION_MISSING', `Nothing was released: the answer was not the ${what}.`, undefined, place);
  const result = await engine.unlock(context.invocation, { fence: found.lock.fence });
  const outcome = outcomeOf(context, result, false);
  return result.exit === 0 ? { ...outcome, text: renderLines([summaryOf(result, false)], context.color) } : outcome;
};

const outcomeOf = (context: Context, result: UnlockResult, isDry: boolean): Outcome => {
  const { exit, lock, isReleased, diagnostics } = result;
  return {
    exit,
    ...(exit === 0 && lock?.status === 'free' ? { reason: 'nothing to do' } : {}),
    ...placeOf(result),
    applied: isReleased ? 1 : 0,
    left: lock && lock.status !== 'free' && !isReleased ? 1 : 0,
    diagnostics,
    data: { dryRun: isDry, lock, released: isReleased },
    ...(exit === 0 && lock
      ? { text: renderLines([...headOf(context, result), ...holderLines(lock), summaryOf(result, isDry)], context.color) }
      : {}),
  };
};

const placeOf = ({ config, tenant }: UnlockResult): Pick<Outcome, 'environment' | 'tenant'> => ({
  environment: config?.environment.name ?? null,
  tenant,
});

const headOf = (context: Context, { config }: UnlockResult): readonly Line[] =>
  config ? [[styled('bold', context.command), ` · ${whereText(config)}`], []] : [];

const WHERE: Readonly<Record<FoundLock['status'], string>> = {
  free: '',
  dead: 'it has ended',
  running: 'it runs on this machine',
  elsewhere: 'whether it still runs cannot be seen from here',
  unreadable: 'who holds it cannot be read',
};

const holderLines = ({ fence, status, holder }: FoundLock): readonly Line[] => {
  if (status === 'free') return [];
  const who = holder ? `${holder.command} since ${holder.since}: process ${holder.pid} on ${holder.host}` : 'holder unknown';
  return [[styled('yellow', `  lock ${fence}`), `   ${who}`, styled('dim', `   ${WHERE[status]}`)]];
};

const summaryOf = ({ lock, isReleased }: UnlockResult, isDry: boolean): Line => {
  if (lock?.status === 'free') return ['The lock is free.'];
  if (isReleased)
    return [styled('bold', 'The lock is released.'), ' Plan again: what was begun under it is compared with what is live.'];
  switch (isDry ? lock?.status : undefined) {
    case 'dead':
      return ['It would be released; the next apply takes it over by itself. Nothing was written.'];
    case 'running':
      return ['It would not be released: wait until it has ended, or end it.'];
    default:
      return [`It would be released after a question, or with --fence ${lock?.fence ?? 0}. Nothing was written.`];
  }
};
