/** At every hub what narrows one side goes before what widens the other; nothing else is held up. */
import { describe, expect, it } from 'vitest';
import type { Step } from '../../engine/core/model.ts';
import { type Lead, type Passage, withProtection } from '../../engine/core/passages.ts';

const step = (id: string, after: readonly string[] = []): Step => ({
  id,
  operation: 'UpdateUserGroup',
  level: 3,
  phase: 'update',
  request: {},
  serves: [id],
  after,
  gives: null,
  covers: [],
});
const edges = (steps: readonly Step[], passages: Record<string, readonly Passage[]>, leads: readonly Lead[] = []) =>
  Object.fromEntries(
    withProtection(steps, new Map(Object.entries(passages)), leads)
      .filter(({ after }) => after.length > 0)
      .map(({ id, after }) => [id, after]),
  );
const people = (hub: string, how: Passage['how']): Passage => ({ hub, side: 'people', how });
const rights = (hub: string, how: Passage['how']): Passage => ({ hub, side: 'rights', how });

describe('edges that protect', () => {
  it('close one side of a hub before the other opens', () => {
    const steps = ['leave', 'join', 'take', 'give'].map((id) => step(id));
    expect(
      edges(steps, {
        leave: [people('g', 'narrows')],
        join: [people('g', 'widens')],
        take: [rights('g', 'narrows')],
        give: [rights('g', 'widens')],
      }),
    ).toEqual({ join: ['take'], give: ['leave'] });
  });

  it('hold up nothing at another hub', () => {
    expect(edges([step('take'), step('join')], { take: [rights('g', 'narrows')], join: [people('h', 'widens')] })).toEqual({});
  });

  it('put what does both between what only closes and what only opens', () => {
    const steps = ['rows', 'leave', 'join'].map((id) => step(id));
    expect(edges(steps, { rows: [rights('g', 'both')], leave: [people('g', 'narrows')], join: [people('g', 'widens')] })).toEqual(
      { rows: ['leave'], join: ['rows'] },
    );
  });

  it('filter whoever may read the table', () => {
    expect(
      edges([step('rows'), step('join')], { rows: [rights('t', 'narrows')], join: [people('g', 'widens')] }, [
        { from: 't', to: 'g' },
      ]),
    ).toEqual({ join: ['rows'] });
  });

  it('give way where they would close a circle', () => {
    const steps = [step('rows'), step('update'), step('former', ['update'])];
    const made = edges(steps, {
      rows: [rights('g', 'both')],
      update: [people('g', 'widens')],
      former: [people('g', 'narrows')],
    });
    expect(made).toEqual({ former: ['update'], rows: ['former'] });
  });
});
