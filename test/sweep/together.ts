/** Several applies side by side on one machine, with one record, one lock and one ledger: never two that write, no breach, and all end. */
import type { Diagnostic } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { createRandom, type Random } from '../laws/random.ts';
import type { Death } from './machine/machine.ts';
import { createRuns, type Verdict } from './runs.ts';
import type { Scenario } from './scenario.ts';
import type { Simulator, Work } from './simulator.ts';

/** What the lock, the record and the plan may answer to the later ones: done, locked, moved since, a guard. */
const ENDS: readonly number[] = [0, 8, 9, 12];
/** One process in so many dies. */
const DIES = 4;

/** @param count of processes */
export const playTogether = async (scenario: Scenario, count: number, seed: number): Promise<Verdict> => {
  const random = createRandom(seed);
  const isPlanned = random.below(2) === 0;
  const sim = isPlanned ? scenario.startPlanned(seed) : scenario.start(seed);
  const writers: number[] = [];
  const works = Array.from(
    { length: count },
    (_, at): Work<Came> => ({
      work: () => (isPlanned ? sim.applying(scenario.plan) : planAndApply(sim)),
      death: random.below(DIES) === 0 ? randomDeath(scenario, random) : null,
      onCall: (operation: OperationName) => {
        if (operationFacts(operation).kind === 'write' && writers.at(-1) !== at) writers.push(at);
      },
    }),
  );
  const ended = await sim.runTogether(works);
  const breaches = sim.service.violations();
  sim.service.clearViolations();
  const runs = createRuns(sim);
  for (const { result } of ended) runs.note(result?.exit ?? null);
  await runs.converge(scenario.end, 2);
  const verdict = runs.verdict(0);
  const problems = [
    ...verdict.problems,
    ...breaches.map(({ kind, action }) => `violation: ${kind} by ${action}`),
    ...(new Set(writers).size < writers.length ? [`two wrote at the same time: ${writers.join(', ')}`] : []),
    ...ended.flatMap(({ result }) =>
      result === null || ENDS.includes(result.exit) || isGoneMeanwhile(result)
        ? []
        : [`one of several ended with ${result.exit}`],
    ),
  ];
  return { ...verdict, problems };
};

type Came = { readonly exit: number; readonly diagnostics: readonly Diagnostic[] };

/** Its plan asked for what another one had just deleted: nothing was changed, and it says that the same command is right. */
const isGoneMeanwhile = ({ exit, diagnostics }: Came): boolean =>
  exit === 11 && diagnostics.every(({ code, message }) => code === 'ANSWER_WRONG' && /\bNotFound\b/.test(message));

const planAndApply = async (sim: Simulator): Promise<Came> => {
  const planned = await sim.planning();
  return planned.plan ? sim.applying(planned.plan) : planned;
};

const WAYS: readonly Death['how'][] = ['before', 'torn', 'after'];
const randomDeath = ({ changes }: Scenario, random: Random): Death => ({
  at: 1 + random.below(changes.length + 10),
  how: random.pick(WAYS),
});
