/** Edits of the enterprise, and the way back of each: what it names, and what it costs, is what the old files do. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import { history, type InverseResult, type Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { createRandom } from '../laws/random.ts';
import { type Files, type Sim, startSim } from '../support/sim.ts';
import type { Edit, Expected } from './edit.ts';
import { drawEdits } from './edits.ts';
import { filesOf, free, type Model, modelOf } from './model.ts';

const SEED = Number(process.env['ENTERPRISE_SEED'] ?? 1);
const COUNT = Number(process.env['INVERSE_EDITS'] ?? 24);
const MOST_MS = 300_000;
const ENV = { PHINFRA_ENV: 'prod' };

const enterprise = generateEnterprise({ seed: 1, resources: 150 });
const random = createRandom(SEED);

const planned = async (sim: Sim, title: string): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(`${title}: ${diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ')}`);
  return plan;
};
const applied = async (sim: Sim, plan: Plan, title: string): Promise<void> => {
  const { exit, diagnostics } = await sim.apply(plan);
  expect({ exit, diagnostics: diagnostics.filter(({ severity }) => severity === 'error') }, title).toEqual({
    exit: 0,
    diagnostics: [],
  });
};
const addressesOf = ({ changes }: Plan): readonly string[] =>
  changes
    .filter(({ action }) => action !== 'none')
    .map(({ address }) => address)
    .sort();
const writesIn = (calls: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(calls).filter(([operation]) => operationFacts(operation as OperationName).kind === 'write'));

/** The files of before, with the lines that the way back names: what a resource is called now, what no file asked for. */
const filesBefore = (before: Model, edit: Edit, expected: readonly Expected[], { way, obstacles }: InverseResult): Files => {
  const model = structuredClone(before);
  for (const { address } of edit.sort === 'rename' ? expected : []) {
    const found = free(model, edit.kind).find((one) => `${one.address}_x` === address);
    if (found) Object.assign(found.spec, { renamedFrom: `${found.keys.join('/')}_x` });
  }
  for (const { address, pointer } of obstacles.filter(({ what }) => what === 'files')) {
    if (pointer === undefined) continue;
    const found = free(model, edit.kind).find((one) => one.address === address);
    const after = way?.changes.find((one) => one.address === address)?.after ?? {};
    if (found) Object.assign(found.spec, { [pointer.slice(1)]: after[pointer.slice(1)] });
  }
  return filesOf(model, enterprise);
};

describe('the way back of an edit', () => {
  it(
    'names the resources of its run, and costs exactly the calls that putting back the files makes; it sends nothing itself',
    async () => {
      let model = modelOf(enterprise);
      const sim = startSim({ world: parseWorld(enterprise.worlds.prod), env: ENV });
      onTestFinished(sim.end);
      sim.write(filesOf(model, enterprise));
      await applied(sim, await planned(sim, 'the first plan'), 'the first apply');
      let tried = 0;
      for (const [at, edit] of drawEdits(50, random).slice(0, COUNT).entries()) {
        const title = `seed ${SEED}, edit ${at + 1}: ${edit.kind}, ${edit.name}`;
        const before = structuredClone(model);
        const expected = edit.run(model, random);
        if (!expected) continue;
        tried++;
        sim.write(filesOf(model, enterprise));
        await applied(sim, await planned(sim, title), title);
        const [run] = (await history({ folder: sim.folder, variables: {}, env: ENV, home: sim.folder }, null)).runs;
        sim.calls();
        const inverse = await sim.inverse(run?.begin.run ?? '');
        const { way, diagnostics, obstacles } = inverse;
        if (!way) throw new Error(`${title}: ${JSON.stringify(diagnostics)}`);
        expect(writesIn(sim.calls()), title).toEqual({});
        const named = run?.changes.flatMap(({ address, renamedFrom }) => [renamedFrom ?? address]).sort();
        // What going back does nothing about is said.
        const told = obstacles.filter(({ what }) => what === 'lost').map(({ address }) => address);
        expect([...new Set([...addressesOf(way), ...told])].sort(), title).toEqual(named);

        sim.write(filesBefore(before, edit, expected, inverse));
        const back = await planned(sim, `back from ${title}`);
        sim.calls();
        await applied(sim, back, `back from ${title}`);
        expect(writesIn(way.bill.toApply.operations), title).toEqual(writesIn(sim.calls()));
        expect(way.bill.toApply, title).toEqual(back.bill.toApply);
        model = before;
      }
      expect(tried).toBeGreaterThanOrEqual(20);
    },
    MOST_MS,
  );
});
