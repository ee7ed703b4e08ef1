/** The bill of a plan as a table by level, and its time in words. */
import type { Bill, Calls, Plan } from '../engine.ts';
import { type Line, styled } from './lines.ts';

const LEVELS = ['1', '2', '3'] as const;
type Level = Plan['steps'][number]['level'];
const COLUMN = 10;
const LABEL = 12;

/** `49,912` */
export const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 call`, `1,200 calls` */
export const many = (count: number, one: string, more: string): string => `${thousands(count)} ${count === 1 ? one : more}`;

const row = (label: string, cells: readonly string[], remark: string): Line => {
  const line = `${label.padEnd(LABEL)}${cells.map((cell) => cell.padStart(COLUMN)).join('')}`;
  return remark === '' ? [line] : [line, '     ', styled('dim', remark)];
};
const counts = (calls: Calls): readonly string[] => LEVELS.map((level) => thousands(calls.levels[level]));
const total = (calls: Calls): number => LEVELS.reduce((sum, level) => sum + calls.levels[level], 0);

const minimumRemark = (bill: Bill): string => {
  if (LEVELS.every((level) => bill.spent.levels[level] === bill.minimum.levels[level])) return 'the least possible';
  return `the least possible is ${LEVELS.map((level) => thousands(bill.minimum.levels[level])).join(', ')}`;
};

/** A quota's number stands under its last level; a quota over several levels says so. A level that no day limits says that. */
const leftRow = (bill: Bill): Line | null => {
  if (bill.left.length === 0) return null;
  const perDay = bill.left.filter((quota) => quota.perDay !== null && quota.left !== null);
  const limited = new Set(perDay.flatMap((quota) => quota.levels.map(String)));
  const cells: string[] = LEVELS.map((level) => (limited.has(level) ? '' : 'no limit'));
  const remarks: string[] = [];
  for (const quota of perDay) {
    const levels = [...quota.levels].sort((a, b) => a - b);
    cells[(levels.at(-1) ?? 1) - 1] = thousands(quota.left ?? 0);
    const name = levels.length === 3 ? 'all levels' : `level ${levels.join(' and ')}`;
    if (levels.length > 1) remarks.push(`${name} together`);
    if (quota.reserve > 0)
      remarks.push(
        `${thousands(quota.reserve)} of ${levels.length > 1 ? 'them' : name} kept in reserve${revokeText(bill, quota.levels)}`,
      );
  }
  return row('  left today', cells, remarks.join(', '));
};

/** Who of this plan may use the reserve of a quota: calls that take access away. */
const revokeText = ({ fromReserve }: Bill, levels: readonly Level[]): string => {
  const calls = fromReserve ? levels.reduce((sum, level) => sum + fromReserve.levels[level], 0) : 0;
  return calls === 0 ? '' : `, which ${many(calls, 'call that revokes', 'calls that revoke')} may use`;
};

/** The table of DESIGN 5: calls of this plan, to apply, to check before it, left today, each by level. */
export const billLines = (bill: Bill): readonly Line[] => {
  const settle = total(bill.settle);
  const left = leftRow(bill);
  return [
    row('Calls', ['level 1', 'level 2', 'level 3'], ''),
    row('  this plan', counts(bill.spent), minimumRemark(bill)),
    ...(total(bill.toApply) === 0
      ? []
      : [row('  to apply', counts(bill.toApply), settle === 0 ? '' : `and at most ${thousands(settle)} to settle doubts`)]),
    ...(total(bill.check) === 0
      ? []
      : [row('  to check', counts(bill.check), 'before that, once the plan is older than a minute')]),
    ...(left ? [left] : []),
  ];
};

/** Calls by level, one line for each of these; no remarks. */
export const callsTable = (lines: readonly (readonly [label: string, calls: Calls])[]): readonly Line[] => [
  row('Calls', ['level 1', 'level 2', 'level 3'], ''),
  ...lines.map(([label, calls]) => row(`  ${label}`, counts(calls), '')),
];

/** `1 s`, `12 min`, `3 h`; less than a second counts as one. */
export const durationText = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
};

/** How long an apply takes; null where nothing is to be sent. */
export const timeText = (bill: Bill): string | null => {
  if (total(bill.toApply) === 0) return null;
  if (bill.days === null) return 'It cannot be applied: a day has too few calls for the look before its first write.';
  if (bill.days > 1) return `About ${bill.days} days to apply: one day's calls are not enough.`;
  return `About ${durationText(bill.seconds)} to apply.`;
};
