/** Every command in a workspace that is not one: exit 3, the faults, and neither a call nor a file (DESIGN 4). */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  adopt,
  apply,
  begunPlan,
  budget,
  type Diagnostic,
  drift,
  forget,
  history,
  type Invocation,
  move,
  type Plan,
  plan,
  pull,
  push,
  readState,
  rebuild,
  simulateBudget,
  takeSnapshot,
  unlock,
} from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

type Result = { readonly exit: number; readonly diagnostics: readonly Diagnostic[] };
type Command = (invocation: Invocation, saved: Plan) => Promise<Result>;

const GOOD = tenantFiles({ userGroups: { g1: {} } });
const started = (): Sim => {
  const sim = startSim();
  onTestFinished(sim.end);
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const made = await sim.plan();
  if (!made.plan) throw new Error(JSON.stringify(made.diagnostics));
  return made.plan;
};
const saved = async (): Promise<Plan> => {
  const sim = started();
  sim.write(GOOD);
  return planOf(sim);
};
/** No connection: whatever a command would send, it would have to fail otherwise than asked. */
const at = (sim: Sim): Invocation => ({ folder: sim.folder, variables: {}, env: {}, home: sim.folder });

/** Those that read resource files as well, and those that need the workspace alone. */
const READING: Readonly<Record<string, Command>> = {
  plan: (here) => plan(here),
  snapshot: (here) => takeSnapshot(here),
  'state adopt': (here) => adopt(here, { resources: ['userGroups/g1'] }),
  'state rebuild': (here) => rebuild(here),
  'budget simulate': (here) => simulateBudget(here),
};
const OTHERS: Readonly<Record<string, Command>> = {
  apply: (here, plan) => apply(here, plan),
  'apply --resume': (here) => begunPlan(here),
  'budget simulate PLAN': (here, plan) => simulateBudget(here, { plan }),
  budget: (here) => budget(here),
  drift: (here) => drift(here),
  history: (here) => history(here),
  'plan --lock-wait': (here) => plan(here, {}, { lockWaitMs: 60_000 }),
  'state show': (here) => readState(here),
  'state forget': (here) => forget(here, { resources: ['userGroups/g1'] }),
  'state move': (here) => move(here, { from: 'userGroups/g1', to: 'userGroups/g2' }),
  'state pull': (here) => pull(here),
  'state push': (here) => push(here, { file: 'record.json' }),
  'state unlock': (here) => unlock(here),
};

describe('a command where phinfra.yaml is wrong', () => {
  for (const [name, command] of Object.entries({ ...READING, ...OTHERS }))
    it(`is refused with its faults: ${name}`, async () => {
      const sim = started();
      for (const files of [
        {},
        { ...GOOD, 'phinfra.yaml': 'phinfra: [1\n' },
        { ...GOOD, 'phinfra.yaml': 'phinfra: 1\nno: 1\n' },
      ]) {
        sim.write(files);
        const { exit, diagnostics } = await command(at(sim), await saved());
        expect(exit, JSON.stringify(files)).toBe(3);
        expect(diagnostics.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0);
        expect(existsSync(join(sim.folder, '.phinfra'))).toBe(false);
      }
    });
});

describe('a command where what is declared is wrong', () => {
  for (const [name, command] of Object.entries(READING))
    it(`is refused with its place: ${name}`, async () => {
      const sim = started();
      sim.write(tenantFiles({ userGroups: { g1: { membres: [] } } }));
      const { exit, diagnostics } = await command(at(sim), await saved());
      expect([exit, diagnostics.map(({ code, source }) => [code, source?.file])]).toEqual([3, [['KEY_UNKNOWN', 'tenant.yaml']]]);
      expect(existsSync(join(sim.folder, '.phinfra'))).toBe(false);
    });
});

describe('a plan that was made for another place', () => {
  it('is refused before any call, and says which place is meant', async () => {
    const sim = started();
    sim.write(GOOD);
    const made = await planOf(sim);
    sim.calls();
    for (const other of [{ environment: 'prod' }, { tenant: '300009999' }, { deployment: 'cn-beijing' }]) {
      const { exit, diagnostics, left } = await sim.apply({ ...made, ...other }, { isSaved: true });
      const [[what = '', was = ''] = []] = Object.entries(other);
      expect([exit, left, diagnostics.map(({ code }) => code)]).toEqual([4, 1, ['TENANT_WRONG']]);
      expect(diagnostics[0]?.message).toContain(`for ${what} ${was};`);
    }
    expect(sim.calls()).toEqual({});
  });
});
