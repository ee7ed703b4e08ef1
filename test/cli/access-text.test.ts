/** The "Access" block of a plan's text. */
import { describe, expect, it } from 'vitest';
import type { AccessEntry, Plan } from '../../cli/engine.ts';
import { accessLines } from '../../cli/render/access.ts';
import { narrowWidth, plainText } from '../../cli/render/lines.ts';
import { aPlan } from './builders.ts';

const entry = (who: readonly string[], may: string, over: Partial<AccessEntry> = {}): AccessEntry => ({
  who,
  may,
  on: 'tables/finance.orders',
  through: [],
  until: null,
  ...over,
});
const textOf = (access: Partial<NonNullable<Plan['access']>>, full = false, steps: Plan['steps'] = []): string[] =>
  accessLines(aPlan({ access: { gained: [], lost: [], unread: [], ...access }, steps }), {
    width: 120,
    widthOf: narrowWidth,
    full,
  }).map((line) => plainText(line).trimEnd());
const people = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}@example.com`);
const A_STEP: Plan['steps'][number] = {
  id: 'userGroups/a#update',
  operation: 'UpdateUserGroup',
  level: 3,
  phase: 'update',
  request: {},
  serves: [],
  after: [],
  gives: null,
  covers: [],
};

describe('who gains and who loses', () => {
  it('puts the rights of the same people together, and says "the same" of the next ones', () => {
    const through = ['userGroups/analysts'];
    const rights = (who: string) => [
      entry([who], 'member', { on: 'userGroups/analysts' }),
      entry([who], 'rows region_name = east', { through }),
    ];
    expect(textOf({ gained: rights('bob@example.com'), lost: rights('carol@example.com') })).toEqual([
      'Access   + bob@example.com     member of userGroups/analysts',
      '                               rows region_name = east of finance.orders, through userGroups/analysts',
      '         - carol@example.com   the same',
    ]);
  });

  it('tells ends, and how they move', () => {
    expect(
      textOf({
        gained: [
          entry(['ann'], 'select', { until: '2027-06-30' }),
          entry(['bob'], 'select', { until: null, other: '2027-01-31' }),
        ],
        lost: [entry(['eve'], 'select', { until: '2027-12-31', other: '2027-06-30' })],
      }),
    ).toEqual([
      'Access   + ann   select of finance.orders, until 2027-06-30',
      '         + bob   select of finance.orders, without an end (was until 2027-01-31)',
      '         - eve   select of finance.orders, only until 2027-06-30 (was until 2027-12-31)',
    ]);
  });

  it('counts what is too much, and unfolds it when asked', () => {
    const many = Array.from({ length: 9 }, (_, at) => entry(people(40), `operation${at}`));
    const others = people(12).map((who) => entry([who], who));
    const short = textOf({ gained: [...many, ...others] });
    expect(short[0]).toContain('p0@example.com, p1@example.com, p2@example.com and 37 more');
    expect(short[6]?.trim()).toBe('… and 3 rights more (--full)');
    expect(short.at(-1)?.trim()).toBe('… and 3 more with other rights (--full)');
    expect(textOf({ gained: [...many, ...others] }, true)).toHaveLength(21);
  });

  it('says that nobody gains or loses, unless nothing is done at all, or too little is known', () => {
    expect(textOf({}, false, [A_STEP])).toEqual(['Access   nobody gains or loses any']);
    expect(textOf({})).toEqual([]);
    expect(textOf({ unread: [{ why: 'who belongs to it was not read', addresses: ['userGroups/a'] }] }, false, [A_STEP])).toEqual(
      ['Access   nobody is known to gain or lose any', '         userGroups/a: who belongs to it was not read'],
    );
  });

  it('lets no hidden character out', () => {
    expect(textOf({ gained: [entry(['bob\u202e'], 'rows \u001b[2J')] }).join()).not.toMatch(/[\u202e\u001b]/);
  });
});
