/** A tenant for what is peculiar to a kind: collections as values, planned and applied in one line. */
import { expect, onTestFinished } from 'vitest';
import { defaultWorld, type Edition, parseWorld, type SwitchSettings } from '../../emulator/index.ts';
import type { ApplyResult, JsonObject, Plan } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

export type Tenant = {
  readonly sim: Sim;
  /** A plan of these collections; fails where there is none. */
  readonly plan: (collections: JsonObject) => Promise<Plan>;
  /** Codes of the errors, with the places as `line:column` left out. */
  readonly errors: (collections: JsonObject) => Promise<readonly string[]>;
  readonly apply: (collections: JsonObject) => Promise<{ readonly plan: Plan; readonly result: ApplyResult }>;
  /** Applies, and expects that nothing is left to do. */
  readonly settle: (collections: JsonObject) => Promise<Plan>;
};

export const startTenant = (
  options: {
    readonly edition?: Edition;
    readonly world?: JsonObject;
    readonly switches?: SwitchSettings;
    readonly caller?: string | null;
  } = {},
): Tenant => {
  const { edition = 'basic', world = {}, switches = {}, caller = 'owner@example.com' } = options;
  const sim = startSim({
    world: parseWorld({ ...defaultWorld(edition), ...world }),
    switches,
    env: { MC_KEY: 'hunter2-hunter2', MC_OTHER: 'correct-horse' },
  });
  onTestFinished(sim.end);
  const write = (collections: JsonObject): void =>
    sim.write({
      'phinfra.yaml': JSON.stringify({
        phinfra: 1,
        tenant: '300001413',
        edition,
        connection: { region: 'cn-shanghai', ...(caller === null ? {} : { caller }) },
        resources: ['tenant.yaml'],
        secrets: { env: ['MC_*'] },
      }),
      'tenant.yaml': JSON.stringify(collections),
    });
  const plan = async (collections: JsonObject): Promise<Plan> => {
    write(collections);
    const { plan: made, diagnostics } = await sim.plan();
    if (!made) throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join('\n'));
    return made;
  };
  const apply = async (collections: JsonObject) => {
    const made = await plan(collections);
    return { plan: made, result: await sim.apply(made) };
  };
  return {
    sim,
    plan,
    apply,
    errors: async (collections) => {
      write(collections);
      const { diagnostics, exit, plan: made } = await sim.plan();
      expect({ exit, made }).toEqual({ exit: 3, made: null });
      return diagnostics.filter((one) => one.severity === 'error').map((one) => one.code);
    },
    settle: async (collections) => {
      const { plan: made, result } = await apply(collections);
      expect(result).toMatchObject({ exit: 0, diagnostics: [] });
      const left = (await plan(collections)).changes.filter((change) => change.action !== 'none');
      expect(left).toEqual([]);
      expect(sim.service.violations()).toEqual([]);
      return made;
    },
  };
};

export const stepsOf = (plan: Plan): readonly string[] => plan.steps.map((step) => step.id);
export const guardsOf = (plan: Plan): readonly string[] => plan.guards.map((guard) => guard.code);
