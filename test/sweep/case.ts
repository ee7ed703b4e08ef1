/** One case of the sweep: a scenario with a fault in it, then plain runs, then the judgement. */
import type { Fault } from '../../emulator/faults.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import type { Sim } from '../support/sim.ts';
import { FAULTS } from './faults.ts';
import { BETWEEN_RUNS_MS, endOf, type Scenario } from './scenario.ts';

/** `call`: the how many-th call of plan and apply meets it, from 1. */
export type Met = { readonly call: number; readonly fault: string };
export type Crash = { readonly write: number; readonly when: 'before' | 'after' };
export type Case = { readonly faults: readonly Met[]; readonly crash?: Crash };

export type Verdict = {
  /** What went wrong, in words; empty: it converged. */
  readonly problems: readonly string[];
  /** Plain runs that it took after the one with the fault. */
  readonly runs: number;
  /** Calls of all applies beyond those of a run in peace. */
  readonly extra: number;
  /** Operations that met the faults, as they came. */
  readonly reached: readonly OperationName[];
  readonly exits: readonly number[];
};

/** Plain runs that may be needed: one fault two, several three (issue's own bound). */
const MOST_RUNS = (one: Case): number => (one.faults.length + (one.crash ? 1 : 0) > 1 ? 3 : 2);

const toFault = ({ call, fault }: Met): Fault => {
  const known = FAULTS.find(({ name }) => name === fault);
  if (!known) throw new Error(`no fault is called ${fault}`);
  return { ...known.fault, match: { action: '*', nth: call } };
};

/** Plans and applies once, as a pipeline does; the exit code. */
const runOnce = async (
  sim: Sim,
  crash?: Crash,
): Promise<{ readonly exit: number; readonly isKilled: boolean; readonly calls: number }> => {
  const { plan, exit } = await sim.plan();
  if (!plan) return { exit, isKilled: false, calls: 0 };
  const before = sim.sent().length;
  if (!crash) {
    const result = await sim.apply(plan);
    return { exit: result.exit, isKilled: false, calls: sim.sent().length - before };
  }
  const result = await sim.apply(plan, { crash });
  return { exit: result.exit, isKilled: result.exit === 1, calls: sim.sent().length - before };
};

/** Runs the case to its end. */
export const runCase = async (scenario: Scenario, one: Case): Promise<Verdict> => {
  const sim = scenario.start();
  const problems: string[] = [];
  const exits: number[] = [];
  try {
    if (one.faults.length > 0) sim.service.faults.add(one.faults.map(toFault));
    const first = await runOnce(sim, one.crash);
    exits.push(first.exit);
    if (first.exit === 1 && !first.isKilled) problems.push('a run ended with 1');
    let applyCalls = first.calls;
    const reached = sim.service
      .calls()
      .filter(({ outcome }) => outcome === 'fault')
      .map(({ action }) => action as OperationName);
    sim.service.faults.clear();
    let runs = 0;
    let end = '';
    for (; runs <= MOST_RUNS(one); runs++) {
      sim.clock.advance(BETWEEN_RUNS_MS);
      const { plan, exit } = await sim.plan();
      end = JSON.stringify(await endOf(sim, plan));
      if (end === JSON.stringify(scenario.end)) break;
      if (!plan) {
        exits.push(exit);
        continue;
      }
      const before = sim.sent().length;
      const result = await sim.apply(plan);
      exits.push(result.exit);
      if (result.exit === 1) problems.push('a run ended with 1');
      applyCalls += sim.sent().length - before;
    }
    if (end !== JSON.stringify(scenario.end))
      problems.push(`did not converge: ${differenceOf(end, JSON.stringify(scenario.end))}`);
    for (const violation of sim.service.violations()) problems.push(`violation: ${violation.kind} by ${violation.action}`);
    return { problems, runs, extra: applyCalls - (scenario.calls.length - scenario.planned), reached, exits };
  } finally {
    sim.end();
  }
};

const differenceOf = (a: string, b: string): string => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - 60);
  return `…${a.slice(from, at + 120)}… instead of …${b.slice(from, at + 120)}…`;
};
