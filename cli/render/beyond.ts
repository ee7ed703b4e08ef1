/** What a plan does that the workspace's guards let no plan do unasked, and how it is confirmed. */
import type { Plan } from '../engine.ts';
import { thousands } from './bill.ts';
import { type Line, styled, wrapped } from './lines.ts';
import type { Layout } from './plan-changes.ts';

const SHOWN_NAMES = 5;
const INDENT = '      ';

/** A review is asked for: the digest is told whole, to be copied. */
export const protectedLines = ({ isProtected, environment, changesDigest, steps }: Plan): readonly Line[] =>
  isProtected && steps.length > 0
    ? [
        [styled('bold', 'Protected'), ` · an apply in ${environment} needs these changes reviewed:`],
        [INDENT, `--reviewed ${changesDigest}`],
      ]
    : [];

export const beyondLines = (plan: Plan, { full, width, widthOf }: Layout): readonly Line[] => {
  const beyond = plan.beyond ?? [];
  if (beyond.length === 0) return [];
  const words = (text: string): readonly Line[] =>
    wrapped(text, width - INDENT.length, widthOf).map((line): Line => [INDENT, line]);
  const namesText = (names: readonly string[]): string => {
    const shown = full || names.length <= SHOWN_NAMES + 1 ? names : names.slice(0, SHOWN_NAMES);
    const rest = names.length - shown.length;
    return `${shown.join(', ')}${rest > 0 ? ` and ${thousands(rest)} more (--full)` : ''}`;
  };
  const confirm = beyond.map(({ guard, count }) => `${guard}=${count}`).join(',');
  return [
    [styled('bold', 'Beyond the guards'), ` · nothing is applied without --confirm ${confirm}`],
    ...beyond.flatMap(({ guard, message, names }): readonly Line[] => [
      ['  ', styled('yellow', guard)],
      ...words(message),
      ...words(namesText(names)),
    ]),
  ];
};
