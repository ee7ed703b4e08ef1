/** Which cases are run: each of a kind once at least, then a part of the rest that is spread over all of them. */
import type { OperationName } from '../../engine/operations/index.ts';
import { createRandom, type Random } from '../laws/random.ts';
import type { Case } from './case.ts';
import { FAULTS, happensTo } from './faults.ts';
import type { Death } from './machine/machine.ts';
import type { Met, Reached } from './runs.ts';
import type { Scenario } from './scenario.ts';

/** A case of a scenario that is prepared. */
export type Chosen = { readonly scenario: Scenario; readonly one: Case };

export const pairName = ({ operation, fault }: Reached): string => `${operation} ${fault}`;

const faultsOf = (operation: OperationName): readonly string[] => {
  const known = BY_OPERATION.get(operation);
  if (known) return known;
  const names = FAULTS.filter((fault) => happensTo(fault, operation)).map(({ name }) => name);
  BY_OPERATION.set(operation, names);
  return names;
};
const BY_OPERATION = new Map<OperationName, readonly string[]>();

/** One fault at each call, each that can happen to it. */
const singlesOf = (scenario: Scenario): readonly (Chosen & { readonly pair: string })[] =>
  scenario.calls.flatMap((operation, index) =>
    faultsOf(operation).map((fault) => ({
      scenario,
      one: { faults: [{ call: index + 1, fault }] },
      pair: pairName({ operation, fault }),
    })),
  );

/** Every operation with every fault that can happen to it, of the scenarios' calls. */
export const pairsThatExist = (scenarios: readonly Scenario[]): ReadonlySet<string> =>
  new Set(
    scenarios.flatMap(({ calls }) =>
      calls.flatMap((operation) => faultsOf(operation).map((fault) => pairName({ operation, fault }))),
    ),
  );

/** At most so many of the items, in their order, evenly spread. */
const spread = <T>(items: readonly T[], most: number): readonly T[] =>
  items.length <= most
    ? items
    : Array.from({ length: Math.max(0, most) }, (_, at) => items[Math.floor((at * items.length) / most)] as T);

/** The first of each name, shuffled so that no scenario has them all; then an even part of the others. */
const coveringFirst = <T>(all: readonly T[], nameOf: (item: T) => string, most: number, random: Random): readonly T[] => {
  if (most === 0) return [];
  const seen = new Set<string>();
  const isFirst = new Set(
    random.shuffled([...all]).filter((item) => {
      const name = nameOf(item);
      return !seen.has(name) && seen.add(name);
    }),
  );
  const others = spread(
    all.filter((item) => !isFirst.has(item)),
    most - isFirst.size,
  );
  const chosen = new Set(others);
  return all.filter((item) => isFirst.has(item) || chosen.has(item));
};

/** Single faults: every pair of operation and fault, then an even part of all. */
export const chooseSingles = (scenarios: readonly Scenario[], most: number, seed: number): readonly Chosen[] =>
  coveringFirst(scenarios.flatMap(singlesOf), ({ pair }) => pair, most, createRandom(seed));

/** Calls after the first fault in which the second may come. */
const NEAR = 4;
/** One in so many has its second fault in the run after. */
const NEXT_RUN = 4;

/** Two faults: the second within the next calls, or in the run after the first. */
export const chooseDoubles = (scenarios: readonly Scenario[], most: number, seed: number): readonly Chosen[] => {
  const random = createRandom(seed);
  return Array.from({ length: most }, (_, at) => {
    const scenario = scenarios[at % scenarios.length] as Scenario;
    const first = randomMet(scenario, 1 + random.below(scenario.calls.length), random);
    if (random.below(NEXT_RUN) === 0) {
      const next = randomMet(scenario, 1 + random.below(scenario.planned + NEAR), random);
      return { scenario, one: { faults: [first], next } };
    }
    return { scenario, one: { faults: [first, randomMet(scenario, first.call + 1 + random.below(NEAR), random)] } };
  });
};

/** A fault at a call; past the end of the run in peace, where settling reads come, one that can happen to anything. */
const randomMet = ({ calls }: Scenario, call: number, random: Random): Met => {
  const operation = calls[call - 1];
  const names = operation ? faultsOf(operation) : FAULTS.filter(({ to }) => to === 'any').map(({ name }) => name);
  return { call, fault: random.pick(names) };
};

const WAYS: readonly Death['how'][] = ['before', 'torn', 'written', 'after'];

/** Ends of the process at each change of the disk; only what writes bytes can be torn. */
export const chooseDeaths = (scenarios: readonly Scenario[], most: number, seed: number): readonly Chosen[] => {
  const all = scenarios.flatMap((scenario) =>
    scenario.changes.flatMap((what, index) =>
      WAYS.filter((how) => how !== 'torn' || what === 'write').map((how) => ({
        scenario,
        one: { faults: [], death: { at: index + 1, how } },
        name: `${what} ${how}`,
      })),
    ),
  );
  const chosen = coveringFirst(all, ({ name }) => name, most, createRandom(seed));
  return chosen.map(({ scenario, one }, at) => ({ scenario, one: { ...one, seed: at + 1 } }));
};

/** Operations that make something with a name of its own. */
const MAKES = /^(Create|AddTenantMembers)/;

/** Every create of every scenario, carried out too late. */
export const chooseLates = (scenarios: readonly Scenario[]): readonly Chosen[] =>
  scenarios.flatMap((scenario) =>
    scenario.calls.flatMap((operation, index) =>
      MAKES.test(operation) ? [{ scenario, one: { faults: [], late: index + 1 } }] : [],
    ),
  );

/** Two to eight applies side by side; every schedule is one of its own by its seed. */
export const chooseSchedules = (scenarios: readonly Scenario[], most: number, seed: number): readonly Chosen[] =>
  Array.from({ length: most }, (_, at) => ({
    scenario: scenarios[at % scenarios.length] as Scenario,
    one: { faults: [], together: 2 + (at % 7), seed: seed * 1_000_000 + at },
  }));
