/** Whether a step that has no answer has happened: what a look tells, and what it cannot tell. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import { EngineError } from '../../engine/core/diagnostic.ts';
import type { Plan, Step } from '../../engine/core/model.ts';
import { KINDS, LOOK_UPS } from '../../engine/kinds/index.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { createReader, type Reader } from '../../engine/shell/reader.ts';
import { rememberReads } from '../../engine/shell/remember.ts';
import { createSettler } from '../../engine/shell/settler.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { inProcessClient } from '../support/in-process.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const started = (): Sim => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')) });
  onTestFinished(sim.end);
  return sim;
};
const planned = async (sim: Sim, userGroups: object): Promise<Plan> => {
  sim.write(tenantFiles({ userGroups }));
  sim.clock.advance(60_000);
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
/** A group that is there, and the plan that changes it. */
const updating = async (): Promise<{ readonly sim: Sim; readonly plan: Plan }> => {
  const sim = started();
  await sim.apply(await planned(sim, { analysts: { description: 'old' } }));
  return { sim, plan: await planned(sim, { analysts: { description: 'new' } }) };
};
const groupOf = (sim: Sim, name = 'analysts') => {
  const found = sim.service.world().userGroups.find((one) => one.Name === name);
  if (!found) throw new Error(`there is no group ${name}`);
  return found;
};
const stepOf = ({ steps: [first] }: Plan): Step => {
  if (!first) throw new Error('the plan has no step');
  return first;
};

/** Asks about the plan's first step; `reading` changes what the reader does. */
const settle = (
  sim: Sim,
  plan: Plan,
  {
    reading = () => ({}),
    changes = plan.changes,
  }: { readonly reading?: (reader: Reader) => Partial<Reader>; readonly changes?: Plan['changes'] } = {},
) => {
  const clock = createVirtualClock();
  const pacer = createPacer({ quotas: [], share: 1, clock, random: () => 0 });
  const reader = createReader({ client: inProcessClient(sim.service), pacer, clock, random: () => 0 });
  return createSettler(plan, KINDS, LOOK_UPS, rememberReads({ ...reader, ...reading(reader) }))(stepOf(plan), changes);
};
const failing = (error: Error) => (): Partial<Reader> => ({ list: () => Promise.reject(error) });
const undecided = (because: string) => ({ verdict: 'undecided', because });

describe('an update without an answer', () => {
  it('has happened where the new state is there, and has not where the old one is', async () => {
    const { sim, plan } = await updating();
    expect(await settle(sim, plan)).toEqual({ verdict: 'void' });
    sim.service.change((world) => {
      for (const group of world.userGroups) Object.assign(group, { Description: 'new' });
    });
    expect(await settle(sim, plan)).toEqual({ verdict: 'done' });
  });

  it('is undecided where neither is there, or the resource is gone', async () => {
    const { sim, plan } = await updating();
    sim.service.change((world) => {
      for (const group of world.userGroups) Object.assign(group, { Description: 'of somebody else' });
    });
    expect(await settle(sim, plan)).toEqual(undecided('neither the old nor the new state is there'));
    sim.service.change((world) => {
      world.userGroups.splice(0);
    });
    expect(await settle(sim, plan)).toEqual(undecided('the resource is not there'));
  });

  it('is undecided where the plan has no change that it belongs to', async () => {
    const { sim, plan } = await updating();
    expect(await settle(sim, plan, { changes: [] })).toEqual(undecided('the step belongs to no change'));
  });
});

describe('a create without an answer', () => {
  it('has happened where one has the name and is what was sent, and has not where none has', async () => {
    const sim = started();
    const plan = await planned(sim, { analysts: { description: 'new' } });
    expect(await settle(sim, plan)).toEqual({ verdict: 'void' });
    await sim.apply(plan);
    expect(await settle(sim, plan)).toEqual({ verdict: 'done', ids: { 'userGroups/analysts': { id: groupOf(sim).Id } } });
  });

  it('is undecided where another one has the name, or two have it', async () => {
    const sim = started();
    const plan = await planned(sim, { analysts: { description: 'new' } });
    await sim.apply(plan);
    sim.service.change((world) => {
      for (const group of world.userGroups) Object.assign(group, { Description: 'of somebody else' });
    });
    expect(await settle(sim, plan)).toEqual(undecided('something else has the name, and it is not what was sent'));
    const twice = ({ list }: Reader): Partial<Reader> => ({
      list: async (read, request) => {
        const { rows, ...found } = await list(read, request);
        const others = read.operation === 'ListUserGroups' ? rows.map((row) => ({ ...row, Id: '987654' })) : [];
        return { ...found, rows: [...rows, ...others] };
      },
    });
    expect(await settle(sim, plan, { reading: twice })).toEqual(undecided('there are two candidates'));
  });
});

describe('a look that fails', () => {
  it('tells nothing: the day is spent, the service refuses, or the list is not whole', async () => {
    const { sim, plan } = await updating();
    expect(await settle(sim, plan, { reading: failing(new EngineError('DAY_SPENT', 'No call is left.')) })).toEqual({
      ...undecided('No call is left.'),
      hindrance: 'day',
    });
    expect(await settle(sim, plan, { reading: failing(new EngineError('PERMISSION_DENIED', 'It is refused.')) })).toEqual(
      undecided('It is refused.'),
    );
    const torn = (): Partial<Reader> => ({ list: async () => ({ rows: [], isComplete: false, pages: 1 }) });
    expect(await settle(sim, plan, { reading: torn })).toEqual(undecided('a list could not be proven complete'));
  });

  it('by a fault of the program is thrown on, and no verdict', async () => {
    const { sim, plan } = await updating();
    for (const error of [new EngineError('INTERNAL', 'There is no list.'), new TypeError('x is not a function')])
      await expect(settle(sim, plan, { reading: failing(error) })).rejects.toBe(error);
  });
});
