import type { Context } from '../context.ts';
import type { AuditChange, AuditedRun, Json } from '../engine.ts';
import { many } from '../render/bill.ts';
import { type Line, renderLines, type Style, styled } from '../render/lines.ts';
import { minuteText } from '../render/minute.ts';
import { pointerParts, valueText } from '../render/value.ts';
import { type Outcome, reasonOf } from '../result.ts';

const MARKS: Readonly<Record<AuditChange['action'], readonly [Style, string]>> = {
  create: ['green', '+'],
  update: ['yellow', '~'],
  replace: ['yellow', '±'],
  delete: ['red', '-'],
  adopt: ['cyan', '='],
  forget: ['dim', '.'],
  move: ['yellow', '~'],
  manual: ['dim', '!'],
  none: ['dim', ' '],
};

/** `history`: the audit, the newest run first; with an address, a glob or a person what is about it. Reads no service. */
export const runHistory = async (context: Context, of: string | undefined): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const { exit, diagnostics, config, runs } = await engine.history(context.invocation, of ?? null);
  const timezone = config?.timezone ?? 'UTC';
  const nothing = of === undefined ? 'Nothing was applied here yet.' : `The audit says nothing about ${of}.`;
  return {
    exit,
    ...(exit === 0 && runs.length === 0 ? { reason: 'nothing to do' } : {}),
    environment: config?.environment.name ?? null,
    tenant: config?.environment.tenant ?? null,
    diagnostics,
    data: { of: of ?? null, runs },
    ...(exit === 0
      ? {
          text: renderLines(
            runs.length === 0
              ? [[nothing]]
              : runs.flatMap((run, index) => [...(index === 0 ? [] : [[]]), ...runLines(run, timezone)]),
            context.color,
          ),
        }
      : {}),
  };
};

const runLines = ({ begin, changes, end }: AuditedRun, timezone: string): readonly Line[] => {
  const key = begin.key === null ? '' : ` (…${begin.key})`;
  const from = [
    ...(begin.startedBy === null ? [] : [`started by ${begin.startedBy}`]),
    ...(begin.commit === null ? [] : [`commit ${begin.commit.slice(0, 12)}`]),
    ...(begin.job === null ? [] : [begin.job]),
  ];
  const ending = end === null ? 'no end: it was ended from outside, or is under way' : `exit ${end.exit}, ${reasonOf(end.exit)}`;
  return [
    [
      styled('bold', minuteText(begin.at, timezone)),
      ` · ${begin.command} · ${begin.environment} · tenant ${begin.tenant} · as ${begin.caller ?? 'an unnamed caller'}${key} · ${ending}`,
    ],
    ...(from.length === 0 ? [] : [['  ', styled('dim', from.join(' · '))]]),
    [
      '  ',
      styled('dim', `run ${begin.run}${begin.changesDigest === null ? '' : ` · changes ${begin.changesDigest.slice(0, 12)}`}`),
    ],
    ...(begin.breakGlass === undefined ? [] : [['  ', styled('yellow', `glass broken, not reviewed: ${begin.breakGlass}`)]]),
    ...(begin.useReserve === undefined
      ? []
      : [['  ', styled('yellow', `the reserve of the day was open to it: ${begin.useReserve}`)]]),
    ...(begin.confirmed === undefined
      ? []
      : [['  ', styled('yellow', `beyond the guards, confirmed: ${begin.confirmed.join(', ')}`)]]),
    ...(begin.guards.length === 0 ? [] : [['  ', styled('dim', `kept back by guards: ${begin.guards.join(', ')}`)]]),
    ...changes.flatMap(changeLines),
    ...(changes.length === 0 && end !== null ? [['  ', styled('dim', `${many(0, 'change', 'changes')}`)]] : []),
  ];
};

const changeLines = (change: AuditChange): readonly Line[] => {
  const [style, mark] = MARKS[change.action];
  // A call that serves several is one request.
  const requests = [...new Set(change.steps.flatMap(({ requestId }) => requestId ?? []))];
  return [
    [
      styled(style, `  ${mark} `),
      styled('bold', change.address),
      ...(change.renamedFrom === undefined ? [] : [`   was ${change.renamedFrom}`]),
      ...(change.outcome === 'applied' ? [] : [styled('red', `   ${change.outcome}`)]),
      ...(change.cause === null ? [] : [styled('dim', `   ${change.cause}`)]),
    ],
    ...change.fields.map(fieldLine),
    ...(requests.length === 0 ? [] : [['      ', styled('dim', `requests ${requests.join(', ')}`)]]),
  ];
};

/** `description   old → new   changed`; of a list whose elements are there or not, `members   + bob@example.com   added`. */
const fieldLine = ({ pointer, reason, before, after }: AuditChange['fields'][number]): Line => {
  const parts = pointerParts(pointer);
  const isElement = (before ?? after) === true;
  const text = (value: Json): string => (value === null ? 'not shown' : isElement ? (parts.at(-1) ?? '') : valueText(value));
  const what =
    after === undefined
      ? `- ${text(before ?? null)}`
      : before === undefined
        ? `+ ${text(after)}`
        : `${text(before)} → ${text(after)}`;
  return ['      ', (isElement ? parts.slice(0, -1) : parts).join(' '), '   ', what, styled('dim', `   ${reason}`)];
};
