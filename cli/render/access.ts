/** Who gains and who loses what by a plan: the "Access" block (DESIGN 5). */
import type { AccessEntry, Plan } from '../engine.ts';
import { many, thousands } from './bill.ts';
import { type Line, padTo, type Style, styled, visible } from './lines.ts';
import type { Layout } from './plan-changes.ts';

const TITLE = 'Access   ';
const INDENT = ' '.repeat(TITLE.length);
/** Names, rights of the same people, and groups of people with the same rights that are shown before the rest is counted. */
const SHOWN_NAMES = 3;
const SHOWN_RIGHTS = 6;
const SHOWN_BLOCKS = 10;
const WIDEST_NAMES = 60;

type Block = { readonly sign: '+' | '-'; readonly who: readonly string[]; readonly rights: readonly string[] };

/** People with the same rights stand together; empty where nothing changes, or nothing is known. */
export const accessLines = (plan: Plan, layout: Layout): readonly Line[] => {
  const { access } = plan;
  if (!access || (plan.steps.length === 0 && access.gained.length + access.lost.length === 0)) return [];
  const blocks = [...blocksOf('+', access.gained), ...blocksOf('-', access.lost)];
  const lines = blocks.length === 0 ? [[nobodyText(plan)]] : blockLines(blocks, layout);
  return [...lines, ...unreadLines(plan, layout)].map((line, index): Line => [index === 0 ? TITLE : INDENT, ...line]);
};

const nobodyText = ({ access }: Plan): string =>
  (access?.unread?.length ?? 0) > 0 ? 'nobody is known to gain or lose any' : 'nobody gains or loses any';

const blocksOf = (sign: Block['sign'], entries: readonly AccessEntry[]): readonly Block[] => {
  const rights = new Map<string, string[]>();
  for (const entry of entries) {
    const who = JSON.stringify(entry.who);
    rights.set(who, [...(rights.get(who) ?? []), rightText(entry, sign)]);
  }
  return [...rights].map(([who, of]) => ({ sign, who: JSON.parse(who) as string[], rights: of }));
};

const blockLines = (blocks: readonly Block[], layout: Layout): readonly Line[] => {
  const { full, widthOf } = layout;
  const shown = full ? blocks : blocks.slice(0, SHOWN_BLOCKS);
  const names = shown.map(({ who }) => whoText(who, full));
  const column = Math.min(WIDEST_NAMES, Math.max(...names.map((text) => widthOf(visible(text)))));
  const lines = shown.flatMap((block, index): readonly Line[] => {
    const rights = isRepeated(block, shown[index - 1]) ? ['the same'] : rightsText(block.rights, full);
    return rights.map((right, at): Line => {
      const who = at === 0 ? `${block.sign} ${names[index]}` : '';
      return [styled(STYLES[block.sign], padTo(who, column + 2, widthOf)), '   ', right];
    });
  });
  const rest = blocks.length - shown.length;
  return rest === 0 ? lines : [...lines, [styled('dim', `… and ${thousands(rest)} more with other rights (--full)`)]];
};

const STYLES: Readonly<Record<Block['sign'], Style>> = { '+': 'green', '-': 'red' };

const isRepeated = (block: Block, before: Block | undefined): boolean =>
  before !== undefined &&
  block.rights.length === before.rights.length &&
  block.rights.every((one, at) => one === before.rights[at]);

const rightsText = (rights: readonly string[], full: boolean): readonly string[] =>
  full || rights.length <= SHOWN_RIGHTS + 1
    ? rights
    : [...rights.slice(0, SHOWN_RIGHTS), `… and ${many(rights.length - SHOWN_RIGHTS, 'right', 'rights')} more (--full)`];

const whoText = (who: readonly string[], full: boolean): string =>
  full || who.length <= SHOWN_NAMES + 1
    ? who.join(', ')
    : `${who.slice(0, SHOWN_NAMES).join(', ')} and ${thousands(who.length - SHOWN_NAMES)} more`;

/** `rows region_name = east of finance.orders, through userGroups/finance_analysts, until 2027-03-31` */
const rightText = ({ may, on, through, until, other }: AccessEntry, sign: Block['sign']): string =>
  [
    `${may} of ${on.startsWith('tables/') ? on.slice('tables/'.length) : on}`,
    ...(through.length > 0 ? [`through ${through.join(' and ')}`] : []),
    ...endText(until, other, sign),
  ].join(', ');

const dayText = (until: string | null): string => (until === null ? 'without an end' : `until ${until}`);

const endText = (until: string | null, other: string | undefined, sign: Block['sign']): readonly string[] => {
  if (other === undefined) return until === null ? [] : [dayText(until)];
  return sign === '+' ? [`${dayText(until)} (was until ${other})`] : [`only until ${other} (was ${dayText(until)})`];
};

const unreadLines = (plan: Plan, { full }: Layout): readonly Line[] =>
  (plan.access?.unread ?? []).map(({ why, addresses }): Line => [styled('yellow', whoText(addresses, full)), `: ${why}`]);
