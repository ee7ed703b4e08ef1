/** The same saved plan goes on where it stopped; another plan supersedes what is left of it (DESIGN 6, 7). */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { keepPlan } from '../../engine/shell/begun-plan.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const DAY_MS = 86_400_000;
/** Twenty calls a day in all. */
const files = (groups: number, perDay: number | null, perRun?: object) =>
  tenantFiles(
    {
      userGroups: Object.fromEntries(
        Array.from({ length: groups }, (_, index) => [
          `g${index + 1}`,
          { description: `Group ${index + 1}`, members: ['alice@example.com', 'bob@example.com'], active: index % 2 === 0 },
        ]),
      ),
    },
    {
      budget: {
        reserve: { level1: 0, level2: 0, level3: 0 },
        ...(perDay === null ? {} : { quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay }] }),
        ...(perRun ? { perRun } : {}),
      },
    },
  );
const started = (groups: number, perDay: number | null): Sim => {
  const world = parseWorld(defaultWorld('basic'));
  const quotas = perDay === null ? null : [{ levels: [1, 2, 3] as const, perSecond: 5, perDay }];
  const sim = startSim({ world: { ...world, quotas: quotas as never } });
  onTestFinished(sim.end);
  sim.write(files(groups, perDay));
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};

describe('a saved plan that does not fit into a day', () => {
  it('goes on day by day from one file, sends every step once, and ends as an unlimited run', async () => {
    const calm = started(30, null);
    const calmPlan = await planOf(calm);
    expect((await calm.apply(calmPlan)).exit).toBe(0);

    const sim = started(30, 20);
    const plan = await planOf(sim);
    const exits: number[] = [];
    for (let day = 0; day < 20; day++) {
      const { exit, reason, notBefore } = await sim.apply(plan, { isSaved: true });
      exits.push(exit);
      if (exit === 0) break;
      expect({ exit, reason }).toEqual({ exit: 6, reason: 'stopped' });
      expect(Date.parse(notBefore ?? '')).toBeGreaterThan(sim.clock.wallMs());
      sim.clock.advance(DAY_MS);
    }
    expect(exits.at(-1)).toBe(0);
    expect(exits.length).toBe(plan.bill.days);
    const writes = sim.sent().filter(({ operation }) => /^(Create|Update|Add)/.test(operation));
    expect(writes.length).toBe(plan.steps.length);
    expect(sim.service.violations()).toEqual([]);
    expect(shapeOf(sim.service.world())).toEqual(shapeOf(calm.service.world()));
  });

  it('is superseded by a newer apply', async () => {
    const sim = started(30, 20);
    const plan = await planOf(sim);
    expect((await sim.apply(plan)).exit).toBe(6);
    sim.clock.advance(DAY_MS);
    sim.write(files(12, 20));
    const newer = await planOf(sim);
    await sim.apply(newer);
    sim.clock.advance(DAY_MS);
    const { exit, diagnostics } = await sim.apply(plan);
    expect([exit, diagnostics.map(({ code }) => code)]).toEqual([9, ['STATE_STALE']]);
  });
});

describe('an apply that is told where to stop', () => {
  it('begins no more calls than it may, and goes on with the rest', async () => {
    const sim = started(6, null);
    const plan = await planOf(sim);
    sim.calls();
    const first = await sim.apply(plan, { limits: { maxCalls: 5 } });
    expect([first.exit, first.reason, first.notBefore]).toEqual([6, 'stopped', null]);
    expect(Object.values(sim.calls()).reduce((sum, count) => sum + count, 0)).toBe(5);
    const rest = await sim.apply(plan);
    expect([rest.exit, rest.applied]).toEqual([0, 6]);
    expect(Object.values(sim.calls()).reduce((sum, count) => sum + count, 0)).toBe(plan.steps.length - 5);
    const whole = await sim.apply(await planOf(sim), { limits: { maxCalls: 0 } });
    expect(whole.exit).toBe(0);
  });

  it('begins nothing from a moment on', async () => {
    const sim = started(6, null);
    const plan = await planOf(sim);
    const stopAtMs = sim.clock.wallMs() + 600;
    expect((await sim.apply(plan, { limits: { stopAtMs } })).exit).toBe(6);
    expect(sim.service.calls().every(({ ms }) => ms < stopAtMs + 50)).toBe(true);
    expect(sim.service.world().userGroups.length).toBeGreaterThan(0);
    expect((await sim.apply(plan)).exit).toBe(0);
  });

  it('ends with the first refusal', async () => {
    const sim = started(40, null);
    const plan = await planOf(sim);
    sim.service.change((world) => {
      world.userGroups = [{ Id: '77', Name: 'g1', Description: 'by hand', Active: true, Admins: [], Members: [] }];
    });
    const { exit, failed } = await sim.apply(plan, { limits: { failFast: true } });
    expect([exit, failed]).toEqual([5, 1]);
    // What left while the refusal was looked up is there.
    expect(sim.service.world().userGroups.length).toBeLessThan(30);
  });

  it('sleeps over the days where it is told to wait', async () => {
    const sim = started(30, 20);
    const plan = await planOf(sim);
    const from = sim.clock.wallMs();
    expect((await sim.apply(plan, { isSaved: true, isWaiting: true })).exit).toBe(0);
    expect(Math.ceil((sim.clock.wallMs() - from) / DAY_MS)).toBeLessThanOrEqual(plan.bill.days ?? 0);
    expect(sim.service.world().userGroups.length).toBe(30);
    expect(sim.service.violations()).toEqual([]);
  });
});

describe('revocations', () => {
  it('go first and from the reserve where the rest of the day is spent; the bill says which calls may', async () => {
    const sim = started(12, null);
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    sim.clock.advance(DAY_MS);
    // Eight of twelve lose bob; all get another description, which nobody needs today.
    const text = JSON.parse(files(12, null)['tenant.yaml']) as { userGroups: Record<string, Record<string, unknown>> };
    for (const [index, group] of Object.values(text.userGroups).entries()) {
      group['description'] = 'Other';
      if (index < 8) group['members'] = ['alice@example.com'];
    }
    const config = JSON.parse(files(12, null)['phinfra.yaml']) as Record<string, unknown>;
    const PER_DAY = 28;
    const budget = { reserve: 0.4, quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay: PER_DAY }] };
    sim.write({ 'phinfra.yaml': JSON.stringify({ ...config, budget }), 'tenant.yaml': JSON.stringify(text) });
    const plan = await planOf(sim);
    const sum = (calls: Plan['bill']['toApply'] | undefined): number =>
      Object.values(calls?.levels ?? {}).reduce((all, count) => all + count, 0);
    expect([plan.bill.fromReserve?.operations, sum(plan.bill.toApply)]).toEqual([{ RemoveUserGroupMember: 8 }, 20]);
    // The plan has left two calls beside the reserve of eleven.
    const reserve = plan.bill.left[0]?.reserve ?? 0;
    expect([reserve, (plan.bill.left[0]?.left ?? 0) - reserve]).toEqual([11, 2]);
    const before = sim.sent().length;
    const { exit, notBefore } = await sim.apply(plan);
    expect([exit, notBefore]).toEqual([6, '2026-11-25T16:00:00.000Z']);
    const sent = sim
      .sent()
      .slice(before)
      .map(({ operation }) => operation);
    expect(sent).toEqual(Array.from({ length: 8 }, () => 'RemoveUserGroupMember'));
    expect(plan.bill.byDay[0]?.toApply.operations).toEqual({ RemoveUserGroupMember: 8 });
    for (let day = 0; day < 3; day++) {
      sim.clock.advance(DAY_MS);
      if ((await sim.apply(plan, { isSaved: true })).exit === 0) break;
    }
    expect(sim.service.world().userGroups.every(({ Description }) => Description === 'Other')).toBe(true);
  });
});

describe('a plan that was begun', () => {
  it('is beside the record, for the owner alone, and goes on without its file until it is carried out', async () => {
    const sim = started(30, 20);
    const none = await sim.begunPlan();
    expect([none.exit, none.diagnostics.map(({ code }) => code)]).toEqual([3, ['RESUME_NOTHING']]);
    const plan = await planOf(sim);
    expect((await sim.apply(plan)).exit).toBe(6);
    const folder = join(sim.folder, '.phinfra', 'default');
    const plans = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('plan-'));
    expect(plans().map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8))).toEqual(['600']);
    for (let day = 1; day < 20; day++) {
      sim.clock.advance(DAY_MS);
      const begun = await sim.begunPlan();
      expect(begun.plan).toEqual(plan);
      if (begun.plan && (await sim.apply(begun.plan, { isSaved: true })).exit === 0) break;
    }
    expect(sim.service.world().userGroups.length).toBe(30);
    const over = await sim.begunPlan();
    expect([over.exit, over.diagnostics[0]?.message]).toEqual([3, 'The plan that was applied last was carried out to its end.']);
  });

  it('has its file when the run died before the journal knew of the next one, and is known not to be here where it is gone', async () => {
    const sim = started(6, null);
    const first = await planOf(sim);
    await sim.apply(first, { limits: { maxCalls: 2 } });
    const folder = join(sim.folder, '.phinfra', 'default');
    await keepPlan(folder, { ...first, planDigest: 'f'.repeat(64) }, { planDigest: first.planDigest, done: [], given: {} });
    expect((await sim.begunPlan()).plan).toEqual(first);
    const second = await planOf(sim);
    await sim.apply(second, { limits: { maxCalls: 2 } });
    expect((await sim.begunPlan()).plan).toEqual(second);
    for (const name of readdirSync(folder)) if (name.startsWith('plan-')) rmSync(join(folder, name));
    expect((await sim.begunPlan()).diagnostics.map(({ code }) => code)).toEqual(['RESUME_NOTHING']);
  });
});

describe('budget.perRun', () => {
  it('is said by the plan, refuses an apply that would pass it before its first call, and lets a part of it go', async () => {
    const sim = started(6, null);
    sim.write(files(6, null, { level3: 4 }));
    const plan = await planOf(sim);
    const calls = plan.bill.toApply.levels['3'];
    const said = `Applying this takes ${calls} calls of level 3, and budget.perRun lets one run make 4.`;
    expect(plan.warnings.map(({ code, message }) => [code, message])).toEqual([['BUDGET_PER_RUN', said]]);
    sim.calls();
    const { exit, reason, diagnostics } = await sim.apply(plan);
    expect({ exit, reason, said: diagnostics.map(({ message }) => message) }).toEqual({
      exit: 12,
      reason: 'guarded',
      said: [said],
    });
    expect(sim.calls()).toEqual({});
    for (let run = 1; run <= 20; run++) if ((await sim.apply(plan, { limits: { maxCalls: 4 } })).exit === 0) break;
    expect(sim.service.world().userGroups.length).toBe(6);
  });
});

describe('a run that is killed at any write', () => {
  it('goes on with the same plan, looks up what it left open, and ends as the calm one', async () => {
    const calm = started(3, null);
    const calmPlan = await planOf(calm);
    expect((await calm.apply(calmPlan)).exit).toBe(0);
    const wanted = shapeOf(calm.service.world());
    for (const when of ['before', 'after'] as const)
      for (let write = 1; write <= calmPlan.steps.length; write++) {
        const sim = started(3, null);
        const plan = await planOf(sim);
        const place = `killed ${when} write ${write}`;
        await expect(sim.apply(plan, { crash: { write, when } }), place).rejects.toThrow(CRASH);
        sim.calls();
        const { exit, applied, diagnostics } = await sim.apply(plan);
        expect({ exit, applied, diagnostics }, place).toEqual({ exit: 0, applied: 3, diagnostics: [] });
        expect(shapeOf(sim.service.world()), place).toEqual(wanted);
        const refused = sim.sent().filter(({ outcome }) => outcome !== 'done');
        expect(refused, place).toEqual([]);
        expect((await planOf(sim)).steps, place).toEqual([]);
      }
  });

  it('goes on hours later: what it left open is its own, and nobody else has moved it', async () => {
    const sim = started(3, null);
    const plan = await planOf(sim);
    await expect(sim.apply(plan, { crash: { write: 2, when: 'after' } })).rejects.toThrow(CRASH);
    sim.clock.advance(DAY_MS / 4);
    const { exit, applied, diagnostics } = await sim.apply(plan, { isSaved: true });
    expect({ exit, applied, diagnostics }).toEqual({ exit: 0, applied: 3, diagnostics: [] });
    expect(
      sim.service
        .world()
        .userGroups.map(({ Name }) => Name)
        .sort(),
    ).toEqual(['g1', 'g2', 'g3']);
  });
});
