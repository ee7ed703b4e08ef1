/** What a plan says of its apply is what the apply does: calls by operation, seconds, days (DESIGN 1, promise 3). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { addCalls } from '../../engine/core/calls.ts';
import type { Plan } from '../../engine/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

const enterprise = generateEnterprise({ seed: 1, resources: 400 });
type Quotas = readonly { readonly levels: readonly number[]; readonly perSecond: number; readonly perDay: number }[];

const started = (environment: 'dev' | 'prod', quotas: Quotas | null): Sim => {
  const world = parseWorld(enterprise.worlds[environment]);
  const sim = startSim({
    world: quotas === null ? world : { ...world, quotas: quotas as typeof world.quotas },
    env: { PHINFRA_ENV: environment },
    lateSeed: 7,
  });
  onTestFinished(sim.end);
  const text = `${enterprise.files['phinfra.yaml']}${quotas === null ? '' : `budget: ${JSON.stringify({ quotas, reserve: 0.05 })}\n`}`;
  sim.write({ ...enterprise.files, 'phinfra.yaml': text });
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
/** Calls that arrived, by the day of their arrival in the zone of the workspace. */
const callsByDay = (sim: Sim, fromMs: number): Readonly<Record<string, Record<string, number>>> => {
  const days: Record<string, Record<string, number>> = {};
  for (const { ms, action } of sim.service.calls()) {
    if (ms < fromMs) continue;
    const day = new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);
    const counts = days[day] ?? {};
    days[day] = { ...counts, [action]: (counts[action] ?? 0) + 1 };
  }
  return days;
};
const sorted = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));

describe('the bill of the enterprise', () => {
  for (const environment of ['dev', 'prod'] as const)
    it(`tells the time of an apply to an empty tenant to five in a hundred: ${environment}`, async () => {
      const sim = started(environment, null);
      const plan = await planOf(sim);
      const fromMs = sim.clock.nowMs();
      expect((await sim.apply(plan)).exit).toBe(0);
      const seconds = (sim.clock.nowMs() - fromMs) / 1000;
      expect(plan.bill.seconds).toBeGreaterThan(0.95 * seconds);
      expect(plan.bill.seconds).toBeLessThan(1.05 * seconds);
      expect(sim.service.violations()).toEqual([]);
    });

  it('tells every call of every day, and the time with its nights, where one day is not enough', async () => {
    const sim = started('prod', [{ levels: [1, 2, 3], perSecond: 5, perDay: 150 }]);
    const plan = await planOf(sim);
    const fromMs = sim.clock.wallMs();
    const result = await sim.apply(plan, { isSaved: true, isWaiting: true });
    expect(result.exit).toBe(0);
    const made = callsByDay(sim, fromMs);
    const said = Object.fromEntries(plan.bill.byDay.map(({ day, toApply, check }) => [day, addCalls(toApply, check).operations]));
    expect(Object.fromEntries(Object.entries(made).map(([day, counts]) => [day, sorted(counts)]))).toEqual(said);
    expect(Object.keys(made).length).toBe(plan.bill.days);
    const seconds = (sim.clock.wallMs() - fromMs) / 1000;
    expect(Math.abs(plan.bill.seconds - seconds)).toBeLessThan(0.05 * seconds);
  });
});
