/** Runs of a case one after another, with what they meet and how they end. */
import { createHash } from 'node:crypto';
import type { ApplyResult, Plan } from '../../engine/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { faultCalled } from './faults.ts';
import { contentsOf } from './machine/disk.ts';
import type { Death } from './machine/machine.ts';
import { BETWEEN_RUNS_MS, type End, endOf } from './scenario.ts';
import type { Simulator } from './simulator.ts';

/** `call`: the how many-th call of plan and apply meets it, from 1. */
export type Met = { readonly call: number; readonly fault: string };
/** An operation and the fault that a call of it met. */
export type Reached = { readonly operation: OperationName; readonly fault: string };

export type Verdict = {
  /** What went wrong, in words; empty: it converged. */
  readonly problems: readonly string[];
  /** Plain runs that it took after the one with the fault. */
  readonly runs: number;
  /** Calls of all applies beyond those of a run in peace. */
  readonly extra: number;
  readonly reached: readonly Reached[];
  /** Of the applies and of plans that failed, in their order; null: it died. */
  readonly exits: readonly (number | null)[];
  /** SHA-256 over every call with its answer and over the disk in the end: the same line gives the same one. */
  readonly digest: string;
};

/** A call by what it asks, where only a read can meet the fault: an earlier fault may have moved what comes after it. */
export type Aim = { readonly fault: string; readonly action: OperationName | '*'; readonly nth: number };

/** @param calls of the run in peace, from where the faults are counted */
export const aimAt = (calls: readonly OperationName[], { call, fault }: Met): Aim => {
  const { to } = faultCalled(fault);
  const action = calls[call - 1];
  if (action === undefined || (to !== 'read' && to !== 'list')) return { fault, action: '*', nth: call };
  return { fault, action, nth: calls.slice(0, call).filter((one) => one === action).length };
};

export type Runs = {
  readonly reached: Reached[];
  readonly note: (exit: number | null) => void;
  /** Plans, unless the plan is given, and applies. */
  readonly once: (made: Plan | null, death?: Death) => Promise<void>;
  /** Sets the faults, runs, and takes them away again. */
  readonly meeting: (aims: readonly Aim[], run: () => Promise<void>) => Promise<void>;
  /** Plain runs until all is as wanted, at most so many, each after a rest. */
  readonly converge: (wanted: End, most: number) => Promise<void>;
  /** @param peaceful calls of the apply of a run in peace */
  readonly verdict: (peaceful: number) => Verdict;
};

/** @param rest what happens between two runs; time passes in any case */
export const createRuns = (sim: Simulator, rest: () => void = () => undefined): Runs => {
  const problems: string[] = [];
  const exits: (number | null)[] = [];
  const reached: Reached[] = [];
  let applyCalls = 0;
  let runs = 0;
  const note = (exit: number | null): void => {
    exits.push(exit);
    if (exit === 1) problems.push('a run ended with 1');
  };
  const noteApply = (result: ApplyResult | null): void => note(result?.exit ?? null);
  const applyIt = async (plan: Plan, death?: Death): Promise<void> => {
    const before = sim.sent().length;
    noteApply((await sim.apply(plan, death)).result);
    applyCalls += sim.sent().length - before;
  };
  return {
    reached,
    note,
    once: async (made, death) => {
      const { plan, exit } = made ? { plan: made, exit: 0 } : await sim.plan();
      if (plan) await applyIt(plan, death);
      else note(exit);
    },
    meeting: async (aims, run) => {
      const { faults, calls } = sim.service;
      const before = calls().length;
      if (aims.length > 0)
        faults.add(aims.map(({ fault, action, nth }) => ({ ...faultCalled(fault).fault, match: { action, nth } })));
      await run();
      const isMet = faults.list().map(({ met }) => met > 0);
      faults.clear();
      const made = calls().slice(before);
      for (const [at, { fault, action, nth }] of aims.entries()) {
        const operation = made.filter((one) => action === '*' || one.action === action)[nth - 1]?.action;
        if (isMet[at] && operation) reached.push({ operation: operation as OperationName, fault });
      }
    },
    converge: async (end, most) => {
      const wanted = JSON.stringify(end);
      let found = '';
      for (; runs <= most; runs++) {
        rest();
        sim.clock.advance(BETWEEN_RUNS_MS);
        const { plan, exit } = await sim.plan();
        found = JSON.stringify(await endOf(sim, plan));
        if (found === wanted) return;
        if (plan) await applyIt(plan);
        else note(exit);
      }
      problems.push(`did not converge: ${differenceOf(found, wanted)}`);
    },
    verdict: (peaceful) => {
      for (const { kind, action } of sim.service.violations()) problems.push(`violation: ${kind} by ${action}`);
      return { problems, runs, extra: applyCalls - peaceful, reached, exits, digest: digestOf(sim) };
    },
  };
};

/** See Verdict. */
export const digestOf = (sim: Simulator): string => {
  const hash = createHash('sha256');
  for (const { ms, action, outcome, code, requestId } of sim.service.calls())
    hash.update(JSON.stringify([ms, action, outcome, code, requestId]));
  for (const [path, text] of contentsOf(sim.machine.disk)) hash.update(JSON.stringify([path, text]));
  return hash.update(JSON.stringify(sim.service.world())).digest('hex').slice(0, 16);
};

/** Where two texts differ first, with what stands around it. */
export const differenceOf = (a: string, b: string): string => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - 60);
  return `…${a.slice(from, at + 120)}… instead of …${b.slice(from, at + 120)}…`;
};
