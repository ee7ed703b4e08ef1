/** `--lock-wait`: an apply that finds another at work waits for its end (DESIGN 4). */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApplyEvent, Plan } from '../../engine/index.ts';
import { takeLock } from '../../engine/shell/lock.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const MINUTE_MS = 60_000;
const started = (): Sim => {
  const sim = startSim();
  onTestFinished(sim.end);
  sim.write(tenantFiles({ userGroups: { g1: { description: 'One', members: ['alice@example.com'] } } }));
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan } = await sim.plan();
  if (!plan) throw new Error('there is no plan');
  return plan;
};
/** Does something at a moment, as seen by who sleeps: a sleeper of its own would be woken while a run reads its files. */
const at = (sim: Sim, ms: number, act: () => unknown): void => {
  const { sleep } = sim.clock;
  let isDue = false;
  Object.assign(sim.clock, {
    sleep: async (forMs: number, signal?: AbortSignal) => {
      await sleep(forMs, signal);
      if (isDue || sim.clock.nowMs() < ms) return;
      isDue = true;
      await act();
    },
  });
};
/** Somebody else is at work until then. */
const hold = async (sim: Sim, ms: number): Promise<string> => {
  const since = new Date(sim.clock.wallMs()).toISOString();
  const lock = await takeLock(join(sim.folder, '.phinfra', 'default'), 'apply', since);
  at(sim, ms, lock.release);
  return `"apply" holds the lock of this environment since ${since}: process ${process.pid} on ${lock.holder.host}.`;
};
const pausesIn = (events: readonly ApplyEvent[]) =>
  events.flatMap((event) => (event.type === 'pause' ? [{ reason: event.reason, seconds: event.seconds }] : []));

describe('an apply that waits for the lock', () => {
  it('tells once who holds it, begins when it is free, and applies what it was given', async () => {
    const sim = started();
    const plan = await planOf(sim);
    const reason = await hold(sim, 5 * MINUTE_MS);
    const events: ApplyEvent[] = [];
    const result = await sim.apply(plan, { isSaved: true, lockWaitMs: 10 * MINUTE_MS, onEvent: (event) => events.push(event) });
    expect([result.exit, result.applied]).toEqual([0, 1]);
    expect(pausesIn(events)).toEqual([{ reason, seconds: 600 }]);
    const [first] = sim.sent().filter(({ operation }) => operation === 'CreateUserGroup');
    expect(first?.atMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    expect(first?.atMs).toBeLessThan(5 * MINUTE_MS + 10_000);
  });

  it('ends with 8 when the time is over, and at once where it was not told to wait; nothing was sent', async () => {
    const sim = started();
    const plan = await planOf(sim);
    const reason = await hold(sim, 60 * MINUTE_MS);
    sim.calls();
    const atOnce = await sim.apply(plan);
    const before = sim.clock.nowMs();
    const later = await sim.apply(plan, { lockWaitMs: 10 * MINUTE_MS });
    expect(sim.clock.nowMs() - before).toBe(10 * MINUTE_MS);
    for (const { exit, diagnostics } of [atOnce, later])
      expect([exit, diagnostics.map(({ code, message }) => [code, message])]).toEqual([8, [['LOCKED', reason]]]);
    expect(sim.calls()).toEqual({});
  });

  it('ends with 130 where it is interrupted meanwhile', async () => {
    const sim = started();
    const plan = await planOf(sim);
    await hold(sim, 60 * MINUTE_MS);
    const stop = new AbortController();
    at(sim, MINUTE_MS, () => stop.abort());
    const { exit, reason } = await sim.apply(plan, { lockWaitMs: 10 * MINUTE_MS, signal: stop.signal });
    expect([exit, reason]).toEqual([130, 'interrupted']);
    expect(sim.clock.nowMs()).toBeLessThan(2 * MINUTE_MS);
  });
});

describe('a plan for an apply that waits for the lock', () => {
  it('reads after the other run has ended', async () => {
    const sim = started();
    const reason = await hold(sim, MINUTE_MS);
    const held: string[] = [];
    const { exit, plan } = await sim.plan({ lockWaitMs: 10 * MINUTE_MS, onPause: (...told) => held.push(told.join(' ')) });
    expect([exit, held]).toEqual([0, [`${reason} 600`]]);
    expect(Date.parse(plan?.madeAt ?? '')).toBeGreaterThanOrEqual(Date.parse('2026-11-24T02:01:00Z'));
  });

  it('is not made, and reads nothing, when the time is over', async () => {
    const sim = started();
    await hold(sim, 60 * MINUTE_MS);
    const { exit, plan, diagnostics } = await sim.plan({ lockWaitMs: MINUTE_MS });
    expect([exit, plan, diagnostics.map(({ code }) => code)]).toEqual([8, null, ['LOCKED']]);
    expect(sim.calls()).toEqual({});
  });
});
