/**
 * A create that the service carries out 90 s after its answer was lost, when its step has run once more: nothing can prevent a
 * second one where names may come twice, so the next plan must tell of it (RELIABILITY 3.4, G6).
 */
import type { World } from '../../emulator/index.ts';
import type { PlanResult } from '../../engine/index.ts';
import { LATE_FAULT } from './faults.ts';
import { createRuns, type Verdict } from './runs.ts';
import { recordOf, type Scenario } from './scenario.ts';
import { namedOf } from './soak/judge.ts';

/** More than the service takes, and more than a list is behind. */
const UNTIL_THERE_MS = 120_000;

/** @param call the create that is late, counted from the first call of the plan */
export const playLate = async (scenario: Scenario, call: number): Promise<Verdict> => {
  const sim = scenario.startPlanned();
  const runs = createRuns(sim);
  const before = new Set(idsIn(sim.service.world()));
  await runs.meeting([{ fault: LATE_FAULT.name, action: '*', nth: call - scenario.planned }], () => runs.once(scenario.plan));
  sim.clock.advance(UNTIL_THERE_MS);
  const planned = await sim.plan();
  const recorded = new Set(
    Object.values((await recordOf(sim))?.state?.resources ?? {}).flatMap(({ ids }) => Object.values(ids).map(String)),
  );
  const made = namedOf(sim.service.world()).filter(({ id }) => !before.has(id) && !recorded.has(id));
  const silent = made.filter(({ entry, id }) => !isTold(planned, entry, id)).map(({ entry, id }) => `not told: ${entry} ${id}`);
  const verdict = runs.verdict(scenario.calls.length - scenario.planned);
  const unplanned = planned.plan ? [] : [`no plan, ${planned.exit}`];
  return { ...verdict, problems: [...verdict.problems, ...unplanned, ...silent] };
};

const idsIn = (world: World): readonly string[] => namedOf(world).map(({ id }) => id);

/** A warning with its address and both ids; or, where nothing is ours, a change of the plan that finds it. */
const isTold = ({ plan, diagnostics }: PlanResult, entry: string, id: string): boolean =>
  diagnostics.some(({ code, address, message }) => code === 'NAMESAKE' && address === entry && message.includes(id)) ||
  plan?.changes.some((change) => change.address === entry && Object.values(change.ids ?? {}).includes(id)) === true;
