/** Scenarios of the sweep: one change of one resource of every kind, from a tenant that is as the change finds it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultWorld, parseWorld, type SwitchSettings, type World } from '../../emulator/index.ts';
import type { ApplyResult, Plan } from '../../engine/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { readRecord } from '../../engine/shell/state.ts';
import { filesOf, type KindCase, SECRETS } from '../kinds/case.ts';
import { CASES } from '../kinds/table.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { type Files, type Sim, startSim } from '../support/sim.ts';

/** `userGroups.0.create`: kind, which of its cases, what happens. */
export type ScenarioName = string;
export type Setting = { readonly lagMs: number; readonly names: 'unique' | 'twice' };

/** How a run without a fault goes, and the place where it begins. */
export type Scenario = {
  readonly name: ScenarioName;
  readonly setting: Setting;
  readonly files: Files;
  readonly start: () => Sim;
  /** Operations in the order in which they arrive: of the plan, then of the apply. */
  readonly calls: readonly OperationName[];
  readonly planned: number;
  readonly end: End;
  readonly close: () => void;
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

const RECORD = '.phinfra';
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * Prepares a scenario: applies what stands before it, keeps world and record, and goes through it once in peace.
 *
 * @throws Error where the peaceful run does not end well: the scenario itself is wrong then
 */
export const prepare = async (name: ScenarioName, setting: Setting): Promise<Scenario> => {
  const [collection, number, wayName] = name.split('.');
  const one = numbered.find((row) => row.name === `${collection}.${number}`)?.one;
  const way = one && waysOf(one).find((some) => some.name === wayName);
  if (!one || !way) throw new Error(`no scenario is called ${name}`);
  const edition = one.edition ?? 'basic';
  const switches: SwitchSettings = {
    lagMs: setting.lagMs,
    ...(setting.names === 'twice' ? { duplicates: 'allowed' } : {}),
  };
  const kept = mkdtempSync(join(MEMORY, 'phinfra-sweep-'));
  const first = startSim({ world: parseWorld({ ...defaultWorld(edition), ...one.world }), switches, env: SECRETS });
  if (way.before) {
    first.write(way.before);
    const { plan } = await first.plan();
    const result = plan && (await first.apply(plan));
    if (result?.exit !== 0) throw new Error(`${name}: what stands before it ends with ${result?.exit}: ${result?.reason}`);
    first.clock.advance(BETWEEN_RUNS_MS);
    cpSync(join(first.folder, RECORD), join(kept, RECORD), { recursive: true });
  }
  const world: World = first.service.world();
  const wallMs = first.clock.wallMs();
  first.end();
  const start = (): Sim => {
    const sim = startSim({ world, switches, env: SECRETS, wallMs });
    mkdirSync(sim.folder, { recursive: true });
    if (way.before) cpSync(join(kept, RECORD), join(sim.folder, RECORD), { recursive: true });
    sim.write(way.files);
    return sim;
  };
  const sim = start();
  const { plan } = await sim.plan();
  if (!plan) throw new Error(`${name}: there is no plan`);
  const planned = sim.sent().length;
  const result = await sim.apply(plan);
  const calls = sim.sent().map(({ operation }) => operation as OperationName);
  if (result.exit !== 0 && result.exit !== 12) throw new Error(`${name}: in peace it ends with ${result.exit}: ${result.reason}`);
  sim.clock.advance(BETWEEN_RUNS_MS);
  const again = await sim.plan();
  const end = await endOf(sim, again.plan);
  sim.end();
  return {
    name,
    setting,
    files: way.files,
    start,
    calls,
    planned,
    end,
    close: () => rmSync(kept, { recursive: true, force: true }),
  };
};

export const endOf = async (sim: Sim, plan: Plan | null): Promise<End> => {
  const { state, open } = await readRecord(createLocalStore(join(sim.folder, RECORD, 'default')));
  return {
    shape: JSON.stringify(shapeOf(sim.service.world())),
    recorded: JSON.stringify([Object.keys(state?.resources ?? {}).sort(), open.map(({ step }) => step)]),
    left: JSON.stringify(plan?.changes.map(({ address, action, fields }) => [address, action, fields.map((one) => one.pointer)])),
  };
};

export type { ApplyResult };
