/** Machines with ledgers of their own that share a record know of each other's calls: `budget.ledger: state` (DESIGN 7). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { CRASH, type Sim, type SimApplyOptions, startSim } from '../support/sim.ts';
import { createStateServer, type StateServer } from '../support/state-server.ts';
import { tenantFiles } from '../support/tenant-files.ts';

/** Of the workspace; the service itself takes any number a day here. */
const QUOTA = { levels: [1, 2, 3] as const, perSecond: 5, perDay: 100 };
/** A server without GitLab's rules takes a serial twice: tests put back what a killed run had stored. */
const LOCK = { lockMethod: 'LOCK', unlockMethod: 'UNLOCK' };
/** Each group is one call: its members come along with it. */
const files = (groups: number, address: string | null, budget: object = {}) =>
  tenantFiles(
    {
      userGroups: Object.fromEntries(
        Array.from({ length: groups }, (_, nth) => [`g${nth + 1}`, { description: `Group ${nth}` }]),
      ),
    },
    {
      budget: { quotas: [QUOTA], ...budget },
      ...(address === null ? {} : { state: { backend: 'http', address, lockAddress: address, ...LOCK } }),
    },
  );

type Fleet = {
  readonly server: StateServer;
  readonly machines: readonly Sim[];
  readonly write: (groups: number, budget?: object) => void;
};
const fleetOf = (count: number): Fleet => {
  const server = createStateServer();
  const world = { ...parseWorld(defaultWorld('basic')), quotas: [{ ...QUOTA, perDay: null }] as never };
  const first = startSim({ world, stateSend: server.send });
  const more = Array.from({ length: count - 1 }, () => startSim({ beside: first, stateSend: server.send }));
  const machines = [first, ...more];
  onTestFinished(() => {
    for (const machine of machines) machine.end();
  });
  return {
    server,
    machines,
    write: (groups, budget) => {
      for (const machine of machines) machine.write(files(groups, server.address, budget));
    },
  };
};
const planOf = async (machine: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await machine.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const leftOf = async (machine: Sim): Promise<number | null | undefined> => (await machine.budget()).budget?.quotas[0]?.left;
const usedOf = async (machine: Sim): Promise<number> => {
  const { budget } = await machine.budget();
  return (budget?.quotas[0]?.spent ?? 0) + (budget?.quotas[0]?.reserved ?? 0);
};
/** A run that ends as a killed process does: what it writes after the crash was never written. */
const killed = async (
  { server }: Fleet,
  machine: Sim,
  plan: Plan,
  crash: NonNullable<SimApplyOptions['crash']>,
  isSaved = false,
): Promise<void> => {
  let last: string | undefined;
  const onCrash = (): void => {
    last = server.versions().at(-1);
  };
  await machine.apply(plan, { crash, onCrash, isSaved }).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message !== CRASH) throw error;
  });
  if (last !== undefined) server.put(last);
};
const billOf = ({ bill }: Plan): number => total(bill.toApply) + total(bill.check);
const total = ({ levels }: { readonly levels: Readonly<Record<'1' | '2' | '3', number>> }): number =>
  levels['1'] + levels['2'] + levels['3'];

describe('two machines that share a record', () => {
  it('see what the other has spent, by whom, and how much is left', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(10);
    const plan = await planOf(one);
    const reads = one.service.calls().length;
    expect((await one.apply(plan)).exit).toBe(0);
    expect(one.service.calls().length - reads).toBe(10);
    expect(await leftOf(one)).toBe(100 - reads - 10);
    // What a plan has read is not in the record.
    expect(await leftOf(two)).toBe(100 - 10);
    const { budget } = await two.budget();
    expect(budget?.by.map(({ name, calls }) => [name.split(' on ')[0], calls['1'] + calls['2'] + calls['3']])).toEqual([
      ['apply default of workspace', 10],
    ]);

    fleet.write(15);
    const second = await planOf(two);
    expect(second.bill.left[0]?.left).toBe(100 - 10 - total(second.bill.spent));
    expect((await two.apply(second)).exit).toBe(0);
    expect(await leftOf(one)).toBe(100 - reads - 10 - 5);
  });

  it('take no more together than the day has', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(60);
    expect((await one.apply(await planOf(one))).exit).toBe(0);
    fleet.write(120);
    const plan = await planOf(two);
    const before = two.service.calls().length;
    const result = await two.apply(plan);
    expect([result.exit, result.diagnostics.map(({ code }) => code)]).toEqual([6, ['DAY_SPENT']]);
    expect(two.service.calls().length - before).toBe(100 - 60 - total(plan.bill.spent));
    expect(await leftOf(two)).toBe(0);
  });

  it('write no version more for an apply that writes before it calls, and one for another', async () => {
    const versionsOf = async (isSaved: boolean, budget: object) => {
      const fleet = fleetOf(1);
      const [machine] = fleet.machines as [Sim];
      fleet.write(10, budget);
      const plan = await planOf(machine);
      const told: (string | undefined)[] = [];
      const calls = (): string | undefined => /"calls":\{.*/.exec(fleet.server.versions().at(-1) ?? '')?.[0];
      expect((await machine.apply(plan, { isSaved, onCall: () => void told.push(calls()) })).exit).toBe(0);
      return { versions: fleet.server.versions().length, told, end: calls() };
    };
    const fresh = await versionsOf(false, {});
    expect([fresh.versions, fresh.told.length]).toEqual([2, 10]);
    // Before the first call the whole bill is there, and stays until the run has ended.
    for (const one of fresh.told) expect(one).toMatch(/"3":10\},"isOpen":true/);
    expect(fresh.end).toMatch(/"3":10\}\}/);
    const saved = await versionsOf(true, {});
    expect([saved.versions, saved.told[0]?.includes('"isOpen":true')]).toEqual([3, true]);
    const local = await versionsOf(true, { ledger: 'local' });
    expect([local.versions, local.told.filter((one) => one !== undefined), local.end]).toEqual([2, [], undefined]);
  });

  it('count a killed run with its bill, but for the machine that it ran on', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(20);
    const plan = await planOf(one);
    const reads = one.service.calls().length;
    await killed(fleet, one, plan, { call: 5, when: 'after' });
    expect(one.service.calls().length - reads).toBe(5);
    expect([await usedOf(two), await leftOf(two)]).toEqual([billOf(plan), 100 - billOf(plan)]);
    const { budget } = await two.budget();
    expect(budget?.reservations.map(({ calls, expires }) => [calls['3'], expires])).toEqual([[20, budget?.until]]);

    // The other machine goes on with the same plan, and its own calls come on top.
    one.clock.advance(60_000);
    await freeLeft(fleet);
    expect((await two.apply(plan, { isSaved: true })).exit).toBe(0);
    const byTwo = two.service.calls().length - reads - 5;
    expect(await usedOf(two)).toBe(billOf(plan) + byTwo);
    // The first one's reservation has expired here, and it knows what it had made.
    one.clock.advance(600_000);
    expect(await usedOf(one)).toBe(reads + 5 + byTwo);
    // Its next apply tells the others.
    fleet.write(21);
    const third = await planOf(one);
    const before = one.service.calls().length;
    expect((await one.apply(third, { isSaved: true })).exit).toBe(0);
    expect(await usedOf(two)).toBe(5 + byTwo + (one.service.calls().length - before));
  });

  it('go on from a first apply that was killed before its first intent', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(5);
    const plan = await planOf(one);
    // Its look at the tenant: nothing is in the record yet but the bill.
    await killed(fleet, one, plan, { call: 1, when: 'after' }, true);
    expect([fleet.server.versions().length > 0, await usedOf(two)]).toEqual([true, billOf(plan)]);
    await freeLeft(fleet);
    one.clock.advance(10_000);
    expect(await two.apply(plan, { isSaved: true })).toMatchObject({ exit: 0, left: 0 });
    expect(two.service.calls().filter(({ action }) => action === 'CreateUserGroup')).toHaveLength(5);
  });

  it('forget it on the next day', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(20);
    const plan = await planOf(one);
    await killed(fleet, one, plan, { call: 5, when: 'after' });
    expect(await usedOf(two)).toBe(billOf(plan));
    two.clock.advance(86_400_000);
    expect(await usedOf(two)).toBe(0);
  });

  it('put what goes beyond a bill beside the record before it leaves', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(4);
    const plan = await planOf(one);
    one.service.faults.add([{ match: { action: 'CreateUserGroup' }, when: 'before', do: 'throttle', retryAfter: 300, times: 8 }]);
    const seen: number[] = [];
    const before = one.service.calls().length;
    await one.apply(plan, {
      onCall: async () => void seen.push((await usedOf(two)) - (one.service.calls().length + 1 - before)),
    });
    for (const more of seen) expect(more).toBeGreaterThanOrEqual(0);
    expect(one.service.calls().length - before).toBe(4 + 8);
    expect(await usedOf(two)).toBe(4 + 8);
  });

  it('plan with no more than the share of a day that is left to runs whom nobody sees', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(80);
    expect((await one.apply(await planOf(one))).exit).toBe(0);
    // 20 are left, and 6 of them for a plan.
    const { exit, diagnostics } = await two.plan();
    expect([exit, diagnostics.map(({ code, severity }) => `${severity} ${code}`)]).toEqual([0, ['info LEDGER_REVIEW']]);
    expect(diagnostics[0]?.hint).toMatch(/at most 6 of levels 1, 2 and 3 today/);
    fleet.write(97, { review: 1 });
    expect((await one.apply(await planOf(one))).exit).toBe(6);
    fleet.write(97);
    one.clock.advance(10_000);
    const before = one.service.calls().length;
    const spent = await two.plan();
    expect([spent.exit, spent.diagnostics.map(({ code }) => code)]).toEqual([6, ['DAY_SPENT', 'LEDGER_REVIEW']]);
    expect(one.service.calls().length - before).toBeLessThanOrEqual(1);
  });
});

const freeLeft = async ({ server }: Fleet): Promise<void> => {
  // A server whose lock was left is unlocked by hand (docs/record.md).
  const lock = server.lock();
  if (lock !== null) await server.send({ method: 'UNLOCK', address: server.address, query: {}, headers: {}, body: lock });
};

describe('the count beside a record', () => {
  it('is for no machine lower than what the service saw of its applies, whoever ran where and was killed when', async () => {
    const turn = fc.record({
      machine: fc.nat(2),
      groups: fc.integer({ min: 1, max: 4 }),
      killAt: fc.option(fc.integer({ min: 1, max: 6 }), { nil: null }),
      when: fc.constantFrom('before' as const, 'after' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 5 }), async (turns) => {
        const fleet = fleetOf(3);
        let groups = 0;
        let applied = 0;
        for (const { machine: index, groups: more, killAt, when } of turns) {
          const machine = fleet.machines[index] as Sim;
          groups += more;
          fleet.write(groups, { review: 1 });
          const { plan } = await machine.plan();
          if (!plan) continue;
          const before = machine.service.calls().length;
          if (killAt === null) expect((await machine.apply(plan)).exit).toBe(0);
          else await killed(fleet, machine, plan, { call: killAt, when });
          applied += machine.service.calls().length - before;
          await freeLeft(fleet);
          for (const other of fleet.machines) expect(await usedOf(other)).toBeGreaterThanOrEqual(applied);
          machine.clock.advance(40_000);
        }
        for (const machine of fleet.machines) machine.end();
      }),
      { numRuns: 12 },
    );
  });

  it('stays where the record is replaced, and does not go along with a copy', async () => {
    const fleet = fleetOf(2);
    const [one, two] = fleet.machines as [Sim, Sim];
    fleet.write(10);
    expect((await one.apply(await planOf(one))).exit).toBe(0);
    const { text } = await one.pull();
    expect(text).not.toContain('"calls"');
    fleet.write(11);
    expect((await one.apply(await planOf(one))).exit).toBe(0);
    const pulled = await one.pull();
    expect(await usedOf(two)).toBe(11);
    // What was pulled is put back over a later record, and the count of the day is the place's own.
    const file = join(two.folder, 'record.json');
    writeFileSync(
      file,
      (pulled.text ?? '').replace(/"serial":(\d+)/g, (_, serial) => `"serial":${Number(serial) + 5}`),
    );
    expect((await two.push({ file })).exit).toBe(0);
    expect(await usedOf(two)).toBe(11);
    expect((await two.rebuild()).exit).toBe(0);
    expect((await two.budget()).budget?.by.map(({ calls }) => calls['3'])).toContain(11);
  });

  it('lies in a file of its own where the record is a folder', async () => {
    const sim = startSim({ world: { ...parseWorld(defaultWorld('basic')), quotas: [QUOTA] as never } });
    onTestFinished(sim.end);
    sim.write(files(3, null, { ledger: 'state' }));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    const calls = JSON.parse(readFileSync(join(sim.folder, '.phinfra/default/calls.json'), 'utf8')) as object;
    expect(Object.values(calls).flatMap((day) => Object.values(day as object))).toEqual([
      { by: expect.stringContaining('apply default of workspace'), calls: { '1': 0, '2': 0, '3': 3 } },
    ]);
  });
});
