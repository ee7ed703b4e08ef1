/** Scenarios of the sweep: one change of one resource of every kind, from a tenant that is as the change finds it. */
import { defaultWorld, parseWorld, type SwitchSettings, type World } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { readRecord } from '../../engine/shell/state.ts';
import { filesOf, type KindCase, SECRETS } from '../kinds/case.ts';
import { CASES } from '../kinds/table.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { copyDisk, newDisk, settleDisk } from './machine/disk.ts';
import type { Change } from './machine/machine.ts';
import { type Files, putFiles, type Simulator, startSimulator, WORKSPACE } from './simulator.ts';

/** `userGroups.0.create`: kind, which of its cases, what happens. */
export type ScenarioName = string;
export type Setting = { readonly lagMs: number; readonly names: 'unique' | 'twice' };

/** How a run without a fault goes, and the place where it begins. */
export type Scenario = {
  readonly name: ScenarioName;
  readonly setting: Setting;
  readonly start: (seed?: number) => Simulator;
  /** Where the plan that was made in peace is about to be applied. */
  readonly startPlanned: (seed?: number) => Simulator;
  readonly plan: Plan;
  /** Operations in the order in which they arrive: of the plan, then of the apply. */
  readonly calls: readonly OperationName[];
  readonly planned: number;
  readonly end: End;
  /** Changes of the disk that the peaceful apply makes. */
  readonly changes: readonly Change[];
};
/** What is there in the end: the world without ids and times, what the record knows, and what a further plan shows. */
export type End = { readonly shape: string; readonly recorded: string; readonly left: string };

type Way = { readonly name: string; readonly before: Files | null; readonly files: Files };

const waysOf = (one: KindCase): readonly Way[] => [
  { name: 'create', before: null, files: filesOf(one, one.start) },
  ...one.variants.flatMap((variant, index) =>
    variant.operations.length === 0
      ? []
      : [
          {
            name: `change${index}`,
            before: filesOf(one, one.start),
            files: filesOf(one, variant.to, variant.key ?? one.key),
          },
        ],
  ),
  { name: 'delete', before: filesOf(one, one.start), files: filesOf(one, null) },
];

const numbered = CASES.map((one, index) => ({
  one,
  name: `${one.kind.collection}.${CASES.slice(0, index).filter(({ kind }) => kind === one.kind).length}`,
}));

export const SCENARIOS: readonly ScenarioName[] = numbered.flatMap(({ one, name }) =>
  waysOf(one).map((way) => `${name}.${way.name}`),
);

/** Between two runs lies more than a list is behind: a pipeline needs minutes to start again. */
export const BETWEEN_RUNS_MS = 30_000;

const START_MS = Date.parse('2026-11-24T02:00:00Z');

/**
 * Prepares a scenario: applies what stands before it, keeps world and disk, and goes through it once in peace.
 *
 * @throws Error where the peaceful run does not end well: the scenario itself is wrong then
 */
export const prepare = async (name: ScenarioName, setting: Setting): Promise<Scenario> => {
  const [collection, number, wayName] = name.split('.');
  const one = numbered.find((row) => row.name === `${collection}.${number}`)?.one;
  const way = one && waysOf(one).find((some) => some.name === wayName);
  if (!one || !way) throw new Error(`no scenario is called ${name}`);
  const switches: SwitchSettings = {
    lagMs: setting.lagMs,
    ...(setting.names === 'twice' ? { duplicates: 'allowed' } : {}),
  };
  const begin = { switches, env: SECRETS, wallMs: START_MS, disk: newDisk(), seed: 1 };
  const first = startSimulator({ ...begin, world: parseWorld({ ...defaultWorld(one.edition ?? 'basic'), ...one.world }) });
  if (way.before) {
    putFiles(first.machine.disk, way.before);
    const { plan } = await first.plan();
    const result = plan && (await first.apply(plan)).result;
    if (result?.exit !== 0) throw new Error(`${name}: what stands before it ends with ${result?.exit}: ${result?.reason}`);
    first.clock.advance(BETWEEN_RUNS_MS);
  }
  putFiles(first.machine.disk, way.files);
  settleDisk(first.machine.disk);
  const start = startingAt(first, switches);
  return { name, setting, start, ...(await inPeace(name, start(), switches)) };
};

/** The same moment once more, as often as it is asked for. */
const startingAt = ({ service, clock, machine }: Simulator, switches: SwitchSettings): Scenario['start'] => {
  const world: World = service.world();
  const wallMs = clock.wallMs();
  const disk = copyDisk(machine.disk);
  return (seed = 1) => startSimulator({ world, switches, env: SECRETS, wallMs, disk: copyDisk(disk), seed });
};

/** How the scenario goes when nothing happens to it. */
const inPeace = async (
  name: ScenarioName,
  sim: Simulator,
  switches: SwitchSettings,
): Promise<Omit<Scenario, 'name' | 'setting' | 'start'>> => {
  const { plan } = await sim.plan();
  if (!plan) throw new Error(`${name}: there is no plan`);
  const planned = sim.sent().length;
  const startPlanned = startingAt(sim, switches);
  const { result, changes } = await sim.apply(plan);
  if (result?.exit !== 0 && result?.exit !== 12)
    throw new Error(`${name}: in peace it ends with ${result?.exit}: ${result?.reason}`);
  const calls = [...sim.sent()];
  sim.clock.advance(BETWEEN_RUNS_MS);
  const again = await sim.plan();
  return { plan, startPlanned, calls, planned, changes, end: await endOf(sim, again.plan) };
};

/** The record as it lies on the machine's disk. */
export const recordOf = async (sim: Simulator) =>
  (await sim.run(() => readRecord(createLocalStore(`${WORKSPACE}/.phinfra/default`)))).result;

export const endOf = async (sim: Simulator, plan: Plan | null): Promise<End> => {
  const result = await recordOf(sim);
  return {
    shape: JSON.stringify(shapeOf(sim.service.world())),
    recorded: JSON.stringify([Object.keys(result?.state?.resources ?? {}).sort(), (result?.open ?? []).map(({ step }) => step)]),
    left: JSON.stringify(plan?.changes.map(({ address, action, fields }) => [address, action, fields.map((one) => one.pointer)])),
  };
};
