/** What a plan says of its apply is what the apply does: calls by operation, seconds, days (DESIGN 1, promise 3). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { addCalls } from '../../engine/core/calls.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import type { Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { busyRates } from '../support/busy-rate.ts';
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
      const before = sim.sent().length;
      const endedMs = new Map<string, number>();
      const { exit } = await sim.apply(plan, {
        onEvent: (event) => {
          if (event.type === 'step') endedMs.set(event.step.id, sim.clock.nowMs());
        },
      });
      expect(exit).toBe(0);
      const seconds = (sim.clock.nowMs() - fromMs) / 1000;
      expect(plan.bill.seconds).toBeGreaterThan(0.95 * seconds);
      expect(plan.bill.seconds).toBeLessThan(1.05 * seconds);
      expect(sim.service.violations()).toEqual([]);
      const calls = sim.sent().slice(before);
      expect(calls.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      // The quota that decides is used to the full as long as there is enough to send.
      const sent = calls.map(({ operation, atMs }) => ({ level: operationFacts(operation as OperationName).level, atMs }));
      const busy = busyRates(plan.steps, sent, endedMs, quotasOf('basic', null), fromMs);
      const level3 = busy.find(({ quota }) => quota.levels.includes(3));
      expect(level3?.seconds).toBeGreaterThan(0.6 * seconds);
      expect(level3?.rate).toBeGreaterThanOrEqual(0.98);
    });

  it('tells every call of every day, and the time with its nights, where one day is not enough', async () => {
    const sim = started('prod', [{ levels: [1, 2, 3], perSecond: 5, perDay: 150 }]);
    const plan = await planOf(sim);
    const fromMs = sim.clock.wallMs();
    const starts: unknown[] = [];
    const left: (number | null)[] = [];
    const result = await sim.apply(plan, {
      isSaved: true,
      isWaiting: true,
      onEvent: (event) => {
        if (event.type === 'start')
          starts.push({ day: event.day, days: event.days, calls: event.today.calls, goesOnAt: event.goesOnAt });
        if (event.type === 'progress') left.push(event.secondsLeft);
      },
    });
    expect(result.exit).toBe(0);
    const made = callsByDay(sim, fromMs);
    const said = Object.fromEntries(plan.bill.byDay.map(({ day, toApply, check }) => [day, addCalls(toApply, check).operations]));
    expect(Object.fromEntries(Object.entries(made).map(([day, counts]) => [day, sorted(counts)]))).toEqual(said);
    expect(Object.keys(made).length).toBe(plan.bill.days);
    // What each day tells when it begins is what it does.
    expect(starts).toEqual(
      plan.bill.byDay.map(({ day, toApply: { levels } }, index, all) => ({
        day: index + 1,
        days: all.length,
        calls: levels['1'] + levels['2'] + levels['3'],
        goesOnAt: index === all.length - 1 ? null : new Date(Date.parse(`${day}T16:00:00Z`)).toISOString(),
      })),
    );
    expect(left.at(-1)).toBe(0);
    expect(left.every((seconds, index) => index === 0 || (seconds ?? -1) <= (left[index - 1] ?? 0) + 1)).toBe(true);
    const seconds = (sim.clock.wallMs() - fromMs) / 1000;
    expect(Math.abs(plan.bill.seconds - seconds)).toBeLessThan(0.05 * seconds);
  });
});
