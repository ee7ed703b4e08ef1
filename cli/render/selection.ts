/** What a plan of some resources says of the others: that it did not look at them (DESIGN 1, promise 9). */
import type { Plan } from '../engine.ts';
import { many, thousands } from './bill.ts';
import { type Line, styled } from './lines.ts';

/** Addresses that are shown before the rest is counted. */
const SHOWN = 3;

/** Declared or recorded, and not looked at. */
export const notLookedAt = ({ selection }: Plan): number =>
  (selection?.notLookedAt ?? []).reduce((sum, one) => sum + one.count, 0);

const flagsText = ({ target, exclude }: NonNullable<Plan['selection']>): string =>
  [...target.map((glob) => `--target ${glob}`), ...exclude.map((glob) => `--exclude ${glob}`)].join(' ');

/** `Looked at 3 of 215 resources (--target userGroups/x), one of them because another needs it.` and which were left out. */
export const selectionLines = (plan: Plan, { full }: { readonly full: boolean }): readonly Line[] => {
  const { selection } = plan;
  if (!selection) return [];
  const { addresses, needed, leftOut } = selection;
  const all = addresses.length + notLookedAt(plan);
  const first = `Looked at ${thousands(addresses.length)} of ${many(all, 'resource', 'resources')} (${flagsText(selection)}); nothing is said about the others.`;
  return [
    [styled('yellow', first)],
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
