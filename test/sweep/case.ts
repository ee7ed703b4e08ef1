/** One case of the sweep: a scenario with faults in it, then plain runs, then the judgement. */
import { playLate } from './late.ts';
import type { Death } from './machine/machine.ts';
import { aimAt, createRuns, type Met, type Verdict } from './runs.ts';
import { BETWEEN_RUNS_MS, type Scenario } from './scenario.ts';
import { playTogether } from './together.ts';

export type Case = {
  readonly faults: readonly Met[];
  /** What the run after the first meets. */
  readonly next?: Met;
  /** Where the first apply ends. */
  readonly death?: Death;
  /** This call, a create, is carried out by the service when its step has long run once more. */
  readonly late?: number;
  /** So many applies side by side. */
  readonly together?: number;
  /** Of what chance decides: how much of a torn write is there, what a loss of power leaves, whose turn it is. */
  readonly seed?: number;
};

/** Plain runs that may be needed: after one fault two, after several three (the issue's own bound). */
const mostRuns = ({ faults, next, death }: Case): number => (faults.length + (next ? 1 : 0) + (death ? 1 : 0) > 1 ? 3 : 2);

/** A fault is worth three calls and the page of a list (the issue's own bound); the dearest one, by itself, may take this many. */
export const WORTH_CALLS = 4;
const MOST_CALLS = 10;

/** Runs the case to its end. */
export const runCase = async (scenario: Scenario, one: Case): Promise<Verdict> => {
  if (one.together !== undefined) return playTogether(scenario, one.together, one.seed ?? 1);
  if (one.late !== undefined) return playLate(scenario, one.late);
  // What happens after the plan begins there: the plan is the one that was made in peace.
  const { planned } = scenario;
  const isInApply = one.faults.every(({ call }) => call > planned);
  const sim = isInApply ? scenario.startPlanned(one.seed) : scenario.start(one.seed);
  const calls = isInApply ? scenario.calls.slice(planned) : scenario.calls;
  const aims = one.faults.map(({ call, fault }) => aimAt(calls, { call: isInApply ? call - planned : call, fault }));
  const runs = createRuns(sim);

  await runs.meeting(aims, () => runs.once(isInApply ? scenario.plan : null, one.death));
  const { next } = one;
  if (next) {
    sim.clock.advance(BETWEEN_RUNS_MS);
    await runs.meeting([aimAt(scenario.calls, next)], () => runs.once(null));
  }
  await runs.converge(scenario.end, mostRuns(one));
  const verdict = runs.verdict(scenario.calls.length - planned);
  const most = MOST_CALLS + WORTH_CALLS * Math.max(0, one.faults.length + (next ? 1 : 0) - 1);
  return verdict.extra <= most
    ? verdict
    : { ...verdict, problems: [...verdict.problems, `took ${verdict.extra} calls more than in peace, more than ${most}`] };
};
