/** What others changed, as people read it. Pure. */
import type { DriftedField, DriftedResource, DriftReport, KindLook } from '../engine.ts';
import { many, thousands } from './bill.ts';
import { type Line, padTo, renderLines, type Style, styled, type WidthOf, wrapped } from './lines.ts';
import { minuteText } from './minute.ts';
import { pointerParts, valueText } from './value.ts';

export type DriftTextOptions = {
  readonly color: boolean;
  readonly width: number;
  readonly widthOf: WidthOf;
  readonly command: string;
  readonly sameFlags: string;
  readonly emulator: boolean;
};

const MARKS: Readonly<Record<DriftedResource['what'], readonly [Style, string]>> = {
  changed: ['yellow', '~'],
  renamed: ['yellow', '~'],
  recreated: ['yellow', '!'],
  deleted: ['red', '-'],
};
const LABEL = 22;
/** What a budget kept from being looked at is told one by one up to here. */
const MOST_NOT_LOOKED = 10;

/** The whole text: head, what drifted by kind, how well each kind is known, what was not looked at, calls, and how to go on. */
export const renderDrift = (report: DriftReport, options: DriftTextOptions): string => {
  const sections = [
    headLines(report, options),
    report.drifted.flatMap((one) => resourceLines(one, report, options)),
    [summaryLine(report)],
    knowledgeLines(report, options),
    notLookedLines(report, options),
    [callsLine(report), ...nextLines(report, options)],
  ].filter((section) => section.length > 0);
  return renderLines(
    sections.flatMap((section, index): readonly Line[] => (index === 0 ? section : [[], ...section])),
    options.color,
  );
};

const headLines = (report: DriftReport, { command, emulator }: DriftTextOptions): readonly Line[] => {
  const where = emulator ? 'emulator' : (report.region ?? report.deployment);
  const caller = `as ${report.caller ?? 'an unnamed caller'} (…${report.key})`;
  return [
    [styled('bold', command), ` · ${[report.environment, `tenant ${report.tenant}`, where, report.edition, caller].join(' · ')}`],
  ];
};

const resourceLines = (
  one: DriftedResource & DriftReport['drifted'][number],
  report: DriftReport,
  options: DriftTextOptions,
): readonly Line[] => {
  const [style, mark] = MARKS[one.what];
  const what = {
    changed: '',
    renamed: `   renamed outside: it is ${one.nowAt ?? 'another'} now`,
    recreated: `   deleted outside, and something else has its name now`,
    deleted: '   deleted outside',
  }[one.what];
  // Where each line says who, the head need not.
  const who = one.what === 'changed' && one.fields.every((field) => field.by === one.by && field.at === one.at) ? null : one;
  const isToldOnce = one.what !== 'changed' || who === null;
  return [
    [
      styled(style, `  ${mark} `),
      styled('bold', one.address),
      what,
      ...(isToldOnce ? [styled('dim', `   ${whoText(one, report)}`)] : []),
      ...(one.source ? [styled('dim', `   ${one.source.file}:${one.source.line}`)] : []),
    ],
    ...one.fields.map((field) => fieldLine(field, isToldOnce && one.what === 'changed', report, options)),
  ];
};

const fieldLine = (field: DriftedField, isTold: boolean, report: DriftReport, { widthOf }: DriftTextOptions): Line => {
  const value = field.isConcealed ? 'a value that is not shown' : field.live === undefined ? '' : valueText(field.live);
  const text = {
    changed: `is ${value} now; what it was is known as a digest alone`,
    added: field.live === true ? 'added outside' : `added outside: ${value}`,
    removed: 'removed outside',
  }[field.what];
  const mark = { changed: '~', added: '+', removed: '-' }[field.what];
  return [
    `      ${mark} `,
    padTo(pointerParts(field.pointer).join(' '), LABEL, widthOf),
    ` ${text}`,
    ...(isTold ? [] : [styled('dim', `   ${whoText(field, report)}`)]),
  ];
};

const whoText = ({ by, at }: { readonly by: string | null; readonly at: string | null }, report: DriftReport): string => {
  if (by === null && at === null) return 'who and when: not told by the service';
  if (by === null) return `last changed ${timeText(at, report)}; by whom is not told by the service`;
  return `last changed by ${by}${at === null ? '; when is not told by the service' : ` ${timeText(at, report)}`}`;
};

/** `2026-11-20 14:02` in the workspace's zone. */
const timeText = (at: string | null, { timezone }: DriftReport): string => (at === null ? '' : minuteText(at, timezone));

const summaryLine = ({ drifted, kinds }: DriftReport): Line => {
  const compared = kinds.reduce((sum, kind) => sum + kind.compared, 0);
  const recorded = kinds.reduce((sum, kind) => sum + kind.recorded, 0);
  const text =
    drifted.length === 0
      ? 'Nothing was changed outside, as far as it was looked at'
      : `${many(drifted.length, 'resource', 'resources')} changed outside`;
  return [styled('bold', text), ` · ${thousands(compared)} of ${thousands(recorded)} recorded compared as a whole`];
};

const knowledgeLines = (report: DriftReport, { widthOf }: DriftTextOptions): readonly Line[] => {
  const width = Math.max(0, ...report.kinds.map(({ kind }) => widthOf(kind))) + 2;
  return [
    [styled('bold', 'Known as of')],
    ...report.kinds.map((one): Line => ['  ', padTo(one.kind, width, widthOf), ageText(one, report)]),
  ];
};

const ageText = (one: KindLook, report: DriftReport): string => {
  const lists =
    one.status === 'now'
      ? 'now'
      : one.status === 'incomplete'
        ? 'not compared: the list changed while it was read, twice'
        : one.at === null
          ? 'never looked at'
          : timeText(one.at, report);
  if (one.oldest === undefined || one.compared === one.recorded) return lists;
  const oldest = one.oldest === null ? 'never' : timeText(one.oldest, report);
  return `${lists}; read one by one: ${thousands(one.compared)} of ${thousands(one.recorded)} now, the stalest ${oldest}`;
};

const notLookedLines = ({ notLooked }: DriftReport, { width, widthOf }: DriftTextOptions): readonly Line[] => {
  if (notLooked.length === 0) return [];
  const shown = notLooked.slice(0, MOST_NOT_LOOKED);
  return [
    [styled('bold', 'Not looked at, for want of calls')],
    ...shown.flatMap(({ unit, why }): readonly Line[] =>
      wrapped(`${unit}: ${why}`, width - 2, widthOf).map((line): Line => ['  ', line]),
    ),
    ...(notLooked.length > shown.length ? [[`  and ${thousands(notLooked.length - shown.length)} more`]] : []),
  ];
};

const callsLine = ({ spent, budget }: DriftReport): Line => {
  const total = spent.levels['1'] + spent.levels['2'] + spent.levels['3'];
  const limited = budget.filter((one) => one.allowed !== null);
  const shares = limited.map(
    (one) => `${thousands(one.spent)} of ${thousands(one.allowed ?? 0)} of level ${one.levels.join(', ')}`,
  );
  return [`${many(total, 'call', 'calls')}${shares.length > 0 ? ` · from leftovers: ${shares.join('; ')}` : ''}`];
};

const nextLines = (report: DriftReport, { sameFlags }: DriftTextOptions): readonly Line[] => [
  ...(report.notBefore === null
    ? []
    : [[`phinfra drift${sameFlags} goes on with the stalest, from ${timeText(report.notBefore, report)} on.`]]),
  ...(report.drifted.length === 0 ? [] : [[`phinfra plan${sameFlags} shows what an apply would make of it.`]]),
];
