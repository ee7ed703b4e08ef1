/** Fifty edits of the enterprise, one after the other: each plan shows only the one, each apply leaves nothing to do. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { COLLECTIONS, generateEnterprise } from '../../scripts/enterprise/index.ts';
import { createRandom } from '../laws/random.ts';
import { type Sim, startSim } from '../support/sim.ts';
import type { Edit, Expected } from './edit.ts';
import { drawEdits, LEAST_OF_EACH_KIND } from './edits.ts';
import { filesOf, modelOf } from './model.ts';

const SEED = Number(process.env['ENTERPRISE_SEED'] ?? 1);
const COUNT = 50;
/** About half a second each on an idle machine. */
const MOST_MS = 300_000;

const enterprise = generateEnterprise({ seed: 1, resources: 400 });
const random = createRandom(SEED);
const edits = drawEdits(COUNT, random);

const planned = async (sim: Sim, title: string): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  expect(
    diagnostics.filter(({ severity }) => severity === 'error'),
    title,
  ).toEqual([]);
  if (!plan) throw new Error(`${title}: there is no plan`);
  return plan;
};

const byAddress = (a: Expected, b: Expected): number => (a.address < b.address ? -1 : 1);
const actsOf = (plan: Plan): readonly unknown[] =>
  plan.changes
    .filter(({ action }) => action !== 'none')
    .map(({ address, action, fields }) => ({
      address,
      action,
      ...(action === 'update' ? { pointers: actingFields(fields).map(({ pointer }) => pointer) } : {}),
    }))
    .sort(byAddress as never);
const actingFields = (fields: Plan['changes'][number]['fields']) =>
  fields.filter(({ stands }) => !stands).sort((a, b) => (a.pointer < b.pointer ? -1 : 1));
const reasonsOf = (plan: Plan): readonly string[] => [
  ...new Set(plan.changes.flatMap(({ fields }) => actingFields(fields).map(({ reason }) => reason))),
];

const applyAll = async (sim: Sim, plan: Plan, title: string): Promise<void> => {
  const { exit, failed, unknown, left, diagnostics } = await sim.apply(plan);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect({ exit, failed, unknown, left, errors }, title).toEqual({ exit: 0, failed: 0, unknown: 0, left: 0, errors: [] });
  const after = await planned(sim, `after ${title}`);
  expect({ acts: actsOf(after), steps: after.steps }, `after ${title}`).toEqual({ acts: [], steps: [] });
};

describe('fifty edits of the enterprise', () => {
  it('are of every kind: at least four of each, ten removals, five renamings, five ends that pass', () => {
    const count = (test: (edit: Edit) => boolean): number => edits.filter(test).length;
    expect(edits.length).toBe(COUNT);
    const kinds = Object.fromEntries(COLLECTIONS.map((kind) => [kind, count((edit) => edit.kind === kind)]));
    expect(Object.entries(kinds).filter(([, found]) => found < LEAST_OF_EACH_KIND)).toEqual([]);
    expect(count(({ sort }) => sort === 'delete')).toBeGreaterThanOrEqual(10);
    expect(count(({ sort }) => sort === 'rename')).toBeGreaterThanOrEqual(5);
    expect(count(({ sort }) => sort === 'expiry')).toBeGreaterThanOrEqual(5);
  });

  it(
    'each show as themselves and nothing else, and one apply brings them about',
    async () => {
      const model = modelOf(enterprise);
      const sim = startSim({ world: parseWorld(enterprise.worlds.prod), env: { PHINFRA_ENV: 'prod' } });
      onTestFinished(sim.end);
      sim.write(filesOf(model, enterprise));
      await applyAll(sim, await planned(sim, 'the first plan'), 'the first apply');
      for (const [at, edit] of edits.entries()) {
        const title = `seed ${SEED}, edit ${at + 1}: ${edit.kind}, ${edit.name}`;
        const expected = edit.run(model, random);
        if (!expected) throw new Error(`${title}: there is nothing of the sort`);
        sim.write(filesOf(model, enterprise));
        const plan = await planned(sim, title);
        expect(actsOf(plan), title).toEqual([...expected].sort(byAddress));
        if (edit.sort === 'expiry') expect(reasonsOf(plan), title).toEqual(['expired']);
        await applyAll(sim, plan, title);
      }
      expect(sim.service.violations()).toEqual([]);
    },
    MOST_MS,
  );
});
