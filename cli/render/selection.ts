/** What a plan of some resources says of the others: that it did not look at them (DESIGN 1, promise 9). */
import type { Plan } from '../engine.ts';
import { many, thousands } from './bill.ts';
import { type Line, styled } from './lines.ts';

/** Addresses that are shown before the rest is counted. */
const SHOWN = 3;

/** Declared or recorded, and not looked at. */
export const notLookedAt = ({ selection }: Plan): number =>
  (selection?.notLookedAt ?? []).reduce((sum, one) => sum + one.count, 0);

const flagsText = ({ target, exclude, run, changedSince, only }: NonNullable<Plan['selection']>): string =>
  [
    ...(run === undefined ? [] : [`those of run ${run}`]),
    ...target.map((glob) => `--target ${glob}`),
    ...exclude.map((glob) => `--exclude ${glob}`),
    ...(changedSince ? [`--changed-since ${changedSince.revision}, ${changedSince.commit.slice(0, 10)}`] : []),
    ...(only ? [`--only ${only.join(',')}`] : []),
  ].join(' ');

/** `Looked at 3 of 215 resources (--target userGroups/x), one of them because another needs it.` and which were left out. */
export const selectionLines = (plan: Plan, { full }: { readonly full: boolean }): readonly Line[] => {
  const { selection } = plan;
  if (!selection) return [];
  const { addresses, needed, leftOut } = selection;
  const all = addresses.length + notLookedAt(plan);
  const isAll = addresses.length === all;
  const first = `Looked at ${isAll ? '' : `${thousands(addresses.length)} of `}${many(all, 'resource', 'resources')} (${flagsText(selection)})${isAll ? '' : '; nothing is said about the others'}.`;
  const others = selection.otherReasons ?? [];
  return [
    [styled('yellow', first)],
    ...(others.length > 0
      ? [
          [
            `  Differences of ${many(others.length, 'resource', 'resources')} for other reasons are not in this plan${full ? ':' : ' (--full names them).'}`,
          ],
        ]
      : []),
    ...(full ? others.map((address): Line => ['    ', address]) : []),
    ...listed(
      needed.map(({ address, by }): Line => ['  + ', address, styled('dim', `   needed by ${by}`)]),
      full,
    ),
    ...listed(
      leftOut.map(({ address, because }): Line => ['  - ', address, styled('dim', `   left out: it needs ${because}`)]),
      full,
    ),
  ];
};

const listed = (lines: readonly Line[], full: boolean): readonly Line[] => {
  const shown = full || lines.length <= SHOWN + 1 ? lines : lines.slice(0, SHOWN);
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, [`    and ${thousands(rest)} more (--full)`]];
};
