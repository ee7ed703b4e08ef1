/** The beginning of a quota's day is believed once the service has accepted a call of it (DESIGN 7). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { inProcessClient } from '../support/in-process.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
const GROUPS = 30;
const PER_DAY = 20;

/** The service's day begins at midnight in +08:00; `timezone` is where the files think that it does. */
const started = (timezone: string, budget: object = { reserve: 0 }): Sim => {
  const quotas = [{ levels: [1, 2, 3] as const, perSecond: 5, perDay: PER_DAY }];
  const sim = startSim({ world: { ...parseWorld(defaultWorld('basic')), quotas: quotas as never } });
  onTestFinished(sim.end);
  sim.write(
    tenantFiles(
      {
        userGroups: Object.fromEntries(
          Array.from({ length: GROUPS }, (_, index) => [
            `g${index + 1}`,
            { description: `Group ${index + 1}`, members: ['alice@example.com'] },
          ]),
        ),
      },
      { timezone, budget: { quotas, ...budget } },
    ),
  );
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan({ isWaiting: true });
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const refusals = (sim: Sim): readonly number[] =>
  sim.sent().flatMap(({ outcome, atMs }) => (outcome.startsWith('throttled') ? [atMs] : []));
const days = (sim: Sim, fromMs: number): number => Math.ceil((sim.clock.wallMs() - fromMs) / DAY_MS);

describe('a day that has begun here', () => {
  it('is tried with one call, and every half hour again, until the service has begun it too', async () => {
    const sim = started('Asia/Tokyo');
    const fromMs = sim.clock.wallMs();
    const plan = await planOf(sim);
    const { exit } = await sim.apply(plan, { isSaved: true, isWaiting: true });
    expect(exit).toBe(0);
    expect(sim.service.world().userGroups.length).toBe(GROUPS);
    // Midnight in Tokyo is an hour early: a call is refused then and half an hour later. Where one is accepted all the same,
    // because the service had calls left of the day before, it takes the five refusals that it takes on any day.
    const [first = 0, second = 0] = refusals(sim);
    expect(second - first).toBeGreaterThanOrEqual(HALF_HOUR_MS);
    expect(second - first).toBeLessThan(HALF_HOUR_MS + 1_000);
    expect(refusals(sim).length).toBeLessThanOrEqual(7 * (days(sim, fromMs) - 1));
    expect(days(sim, fromMs)).toBeLessThanOrEqual((plan.bill.days ?? 0) + 1);
    const writes = sim.sent().filter(({ operation, outcome }) => /^(Create|Add)/.test(operation) && outcome === 'done');
    expect(writes.length).toBe(plan.steps.length);
  });

  it('is believed by the first call that is accepted, and nothing is refused where the zone is right', async () => {
    const sim = started('Asia/Shanghai');
    expect((await sim.apply(await planOf(sim), { isSaved: true, isWaiting: true })).exit).toBe(0);
    expect(refusals(sim)).toEqual([]);
    expect(sim.service.violations()).toEqual([]);
  });

  it('ends a run that does not wait with one refused call, and says when and where to look', async () => {
    const sim = started('Asia/Tokyo');
    const plan = await planOf(sim);
    const first = await sim.apply(plan, { isSaved: true });
    expect([first.exit, first.notBefore]).toEqual([6, '2026-11-24T15:00:00.000Z']);
    sim.clock.advance(Date.parse(first.notBefore ?? '') - sim.clock.wallMs());
    const early = await sim.apply(plan, { isSaved: true });
    expect([early.exit, refusals(sim).length]).toEqual([6, 1]);
    expect(Date.parse(early.notBefore ?? '') - sim.clock.wallMs()).toBe(HALF_HOUR_MS);
    expect(early.diagnostics.map(({ code, message }) => `${code} ${message}`).join()).toMatch(
      /DAY_SPENT .*The service refuses further calls of levels 1, 2 and 3 today/,
    );
    const planned = await sim.plan();
    expect([planned.exit, refusals(sim).length]).toEqual([6, 2]);
    expect(Date.parse(planned.notBefore ?? '') - sim.clock.wallMs()).toBe(HALF_HOUR_MS);
    sim.clock.advance(2 * HALF_HOUR_MS);
    expect((await sim.apply(plan, { isSaved: true })).applied).toBeGreaterThan(0);
    expect(refusals(sim).length).toBe(2);
  });

  it('is in doubt again once the service has refused it: each run asks with one call, until one is accepted', async () => {
    const sim = started('Asia/Shanghai');
    const plan = await planOf(sim);
    const other = inProcessClient(sim.service);
    for (let call = 0; call < PER_DAY; call++) {
      sim.clock.advance(250);
      await other.call('GetMyTenants', {});
    }
    // Nothing says that it is the day and not the second: five refusals do.
    expect([(await sim.apply(plan, { isSaved: true })).exit, refusals(sim).length]).toEqual([6, 5]);
    expect([(await sim.apply(plan, { isSaved: true })).exit, refusals(sim).length]).toEqual([6, 6]);
    sim.clock.advance(DAY_MS);
    expect((await sim.apply(plan, { isSaved: true, isWaiting: true })).exit).toBe(0);
    expect(refusals(sim).length).toBe(6);
  });
});

describe('the reserve of the day', () => {
  it('is open to all of an apply that gives a reason, which the audit keeps', async () => {
    const sim = started('Asia/Shanghai', { reserve: 0.5 });
    const plan = await planOf(sim);
    const before = sim.sent().length;
    expect((await sim.apply(plan)).exit).toBe(6);
    expect(sim.sent().length).toBe(PER_DAY / 2);
    expect(before).toBeLessThan(PER_DAY / 2);
    const { exit } = await sim.apply(plan, { isSaved: true, answers: { useReserve: 'INC-4711: access is wanted today' } });
    expect([exit, sim.sent().length]).toEqual([6, PER_DAY]);
    const audit = readFileSync(join(sim.folder, '.phinfra/default/audit/2026-11.jsonl'), 'utf8');
    expect(audit.match(/"useReserve":"INC-4711: access is wanted today"/g)?.length).toBe(1);
  });
});
