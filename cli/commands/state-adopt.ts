import { whileConnected } from '../connection.ts';
import { type Context, shellWord } from '../context.ts';
import type { Adopted, AdoptResult, Engine, EnginePorts, Plan, WorkspaceConfig } from '../engine.ts';
import { many } from '../render/bill.ts';
import { idsText, type Line, narrowWidth, renderLines, styled, wrapped } from '../render/lines.ts';
import { headLines } from '../render/plan.ts';
import { pointerParts } from '../render/value.ts';
import type { Outcome } from '../result.ts';
import { whereText } from './plan.ts';

const REMARK = '      ';

export type StateAdoptOptions = { readonly dryRun?: boolean };

/** `state adopt`: records what is declared and live as ours, without a write to the service. */
export const runStateAdopt = (context: Context, resources: readonly string[], options: StateAdoptOptions): Promise<Outcome> =>
  runAdoption(context, `adopt ${resources.map((text) => shellWord(text)).join(' ')}`, options, (engine, ports) =>
    engine.adopt(context.invocation, { resources, dryRun: options.dryRun ?? false }, ports),
  );

/** `state rebuild`: claims everything that is declared and live, as after the loss of a record. */
export const runStateRebuild = (context: Context, options: StateAdoptOptions): Promise<Outcome> =>
  runAdoption(context, 'rebuild', options, (engine, ports) =>
    engine.rebuild(context.invocation, { dryRun: options.dryRun ?? false }, ports),
  );

const runAdoption = (
  context: Context,
  again: string,
  options: StateAdoptOptions,
  run: (engine: Engine, ports: EnginePorts) => Promise<AdoptResult>,
): Promise<Outcome> =>
  whileConnected(context, async (connection) => {
    if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics };
    const engine = await context.host.loadEngine();
    const isDry = options.dryRun ?? false;
    const ports = { signal: context.host.signal, ...(connection.override ? { connection: connection.override } : {}) };
    const result = await run(engine, ports);
    const { exit, diagnostics, config, plan, adopted, already, missing, isRecorded } = result;
    if (exit !== 0 && exit !== 3 && plan === null && config) context.note(`${context.command} · ${whereText(config)}\n`);
    const done = isRecorded && !isDry ? adopted.length : 0;
    return {
      exit,
      ...(exit === 0 && adopted.length === 0 ? { reason: 'nothing to do' } : {}),
      environment: config?.environment.name ?? null,
      tenant: plan?.tenant ?? config?.environment.tenant ?? null,
      applied: done,
      left: adopted.length - done,
      next: exit === 0 && adopted.length > 0 ? { command: nextOf(context, again, isDry), notBefore: null } : null,
      diagnostics,
      data: { dryRun: isDry, adopted, already, missing },
      ...(exit === 0 || isRecorded
        ? { text: renderLines(textOf(context, result, { isDry, isEmulator: connection.override !== null }), context.color) }
        : {}),
    };
  });

/** After a look the same command does it; after that a plan shows what differs. */
const nextOf = (context: Context, again: string, isDry: boolean): string =>
  `phinfra ${isDry ? `state ${again}` : 'plan'}${context.sameFlags}`;

type Scene = { readonly isDry: boolean; readonly isEmulator: boolean };

const textOf = (context: Context, result: AdoptResult, { isDry, isEmulator }: Scene): readonly Line[] => {
  const { plan, config, adopted, already, missing } = result;
  const addresses = [...[...adopted, ...already].map(({ address }) => address), ...missing];
  const width = addresses.reduce((widest, address) => Math.max(widest, address.length), 0) + 2;
  const sources = new Map((plan?.changes ?? []).map((change) => [change.address, change.source]));
  return [
    ...headOf(context, plan, config, isEmulator),
    [],
    ...adopted.flatMap((one) => adoptedLines(one, width, sources.get(one.address) ?? null, context.width)),
    ...already.map(
      ({ address, ids, origin }): Line => [
        '    ',
        address.padEnd(width),
        idsText(ids),
        styled('dim', `   ours already, ${origin}`),
      ],
    ),
    ...missing.map((address): Line => ['    ', address.padEnd(width), styled('dim', 'not live: an apply creates it')]),
    ...(adopted.length > 0 && already.length + missing.length > 0 ? [[]] : []),
    ...(adopted.length === 0 ? [['Nothing to record.']] : [summaryLine(context, adopted, isDry)]),
  ];
};

const headOf = (context: Context, plan: Plan | null, config: WorkspaceConfig | null, emulator: boolean): readonly Line[] => {
  const { command, color, width } = context;
  if (plan) return headLines({ ...plan, record: plan.record ?? { lineage: '', serial: 0 } }, { command, color, width, emulator });
  return config ? [[styled('bold', command), ` · ${whereText(config)}`]] : [];
};

const adoptedLines = (
  one: Adopted,
  width: number,
  source: Plan['changes'][number]['source'],
  columns: number,
): readonly Line[] => {
  const names = (pointers: readonly string[]): string => pointers.map((pointer) => pointerParts(pointer).join(' ')).join(', ');
  const remark = (text: string): readonly Line[] =>
    wrapped(text, columns - REMARK.length, narrowWidth).map((line): Line => [REMARK, styled('dim', line)]);
  return [
    [
      styled('cyan', '  = '),
      styled('bold', one.address.padEnd(width)),
      idsText(one.ids),
      ...(source ? [styled('dim', `   ${source.file}:${source.line}`)] : []),
    ],
    ...(one.differs.length > 0 ? remark(`differs from the files: ${names(one.differs)}`) : []),
    ...(one.waits.length > 0 ? remark(`holds others, and waits for you in the next plan: ${names(one.waits)}`) : []),
    ...(one.assumed.length > 0 ? remark(`taken on trust, never sent from here: ${names(one.assumed)}`) : []),
  ];
};

const summaryLine = (context: Context, adopted: readonly Adopted[], isDry: boolean): Line => {
  const count = many(adopted.length, 'resource', 'resources');
  const their = adopted.length === 1 ? 'its removal' : 'their removal';
  const next = adopted.some((one) => one.differs.length + one.waits.length > 0)
    ? ` phinfra plan${context.sameFlags} shows what differs.`
    : '';
  return [
    styled('bold', isDry ? `${count} would be recorded as imported` : `${count} recorded as imported`),
    isDry
      ? '; nothing was written.'
      : `: from now on ${their} from the files deletes ${adopted.length === 1 ? 'it' : 'them'}.${next}`,
  ];
};
