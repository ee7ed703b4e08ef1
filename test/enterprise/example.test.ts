/** examples/enterprise is what the generator writes, and does what its README says in both of its tenants. */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { renderPlan } from '../../cli/render/plan.ts';
import { parseWorld } from '../../emulator/index.ts';
import { config, type Plan, validate } from '../../engine/index.ts';
import { COLLECTIONS, generateEnterprise } from '../../scripts/enterprise/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { leastReads } from './least-reads.ts';

const FOLDER = join(import.meta.dirname, '../../examples/enterprise');
const enterprise = generateEnterprise({ seed: 1, resources: 400 });

const invocation = (environment: string) => ({ folder: FOLDER, environment, variables: {}, env: {}, home: tmpdir() });

const planned = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  expect(diagnostics).toEqual([]);
  if (!plan) throw new Error('there is no plan');
  return plan;
};

describe('examples/enterprise', () => {
  it('is what the generator writes, and a README', () => {
    const found = Object.fromEntries(
      readdirSync(FOLDER, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('.phinfra'))
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(FOLDER.length + 1), readFileSync(path, 'utf8')]),
    );
    const { 'README.md': readme, ...files } = found;
    expect(files).toEqual(enterprise.files);
    expect(readme).toContain('npx tsx scripts/generate-enterprise.ts --seed 1 --resources 400 --out examples/enterprise');
  });

  for (const environment of ['dev', 'prod'] as const) {
    it(`has about 400 resources of every kind in ${environment}, and nothing that validate would tell`, async () => {
      const { exit, diagnostics, counts } = await validate(invocation(environment));
      expect({ exit, diagnostics }).toEqual({ exit: 0, diagnostics: [] });
      expect(Object.keys(counts).sort()).toEqual([...COLLECTIONS].sort());
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(total).toBeGreaterThan(385);
      expect(total).toBeLessThanOrEqual(400);
    });

    it(`applies to ${environment} as it is; its plans read the least possible, and the second one is empty`, async () => {
      const { rendered } = await config(invocation(environment));
      if (!rendered) throw new Error('the files do not render');
      const sim = startSim({ world: parseWorld(enterprise.worlds[environment]), env: { PHINFRA_ENV: environment } });
      onTestFinished(sim.end);
      sim.write(enterprise.files);

      const before = leastReads(rendered.rendered, sim.service.world(), false);
      const first = await planned(sim);
      expect({ sent: sim.calls(), said: first.bill.spent.operations, least: first.bill.minimum.operations }).toEqual({
        sent: before,
        said: before,
        least: before,
      });
      expect(renderPlan(first, { color: false, width: 100 })).toMatch(/^ {2}this plan .* the least possible$/m);
      const { counts } = await validate(invocation(environment));
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const { create, update, ...others } = first.summary;
      expect(create + update).toBe(total);
      expect(others).toMatchObject({ replace: 0, delete: 0, adopt: 0, forget: 0, manual: 0 });
      // Members of data-service projects are added to what is there; nothing else is changed.
      expect(update).toBe(counts['dataServiceProjectMembers']);

      const applied = await sim.apply(first);
      expect(applied).toMatchObject({ exit: 0, applied: total, failed: 0, unknown: 0, left: 0, diagnostics: [] });
      expect(sim.calls()).toEqual(first.bill.toApply.operations);

      const after = leastReads(rendered.rendered, sim.service.world(), true);
      const second = await planned(sim);
      expect({ sent: sim.calls(), said: second.bill.spent.operations, least: second.bill.minimum.operations }).toEqual({
        sent: after,
        said: after,
        least: after,
      });
      expect(second.changes.filter(({ action }) => action !== 'none')).toEqual([]);
      expect(second.steps).toEqual([]);
      expect(sim.service.violations()).toEqual([]);
    });
  }
});
