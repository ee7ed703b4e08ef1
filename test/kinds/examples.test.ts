/** The kinds' own examples: together they are a workspace that a newcomer could begin with. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld } from '../../emulator/index.ts';
import { addressOf } from '../../engine/core/json.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';
import { CASES } from './table.ts';

const EXAMPLES = Object.fromEntries(KINDS.map(({ collection, example }) => [collection, example ?? {}]));

const keysOf = (value: JsonObject, parts: number): readonly (readonly string[])[] =>
  parts === 0
    ? [[]]
    : Object.entries(value).flatMap(([key, below]) => keysOf(below as JsonObject, parts - 1).map((rest) => [key, ...rest]));

/** Values for the sources that examples name; each of its own, as secrets are. */
const SECRETS = Object.fromEntries(
  [...JSON.stringify(EXAMPLES).matchAll(/\$\{env:([A-Z0-9_]+)\}/g)].map(([, name = ''], at) => [name, `value-${at}-of-${name}`]),
);

const startExamples = () => {
  const sim = startSim({ world: defaultWorld('basic'), env: SECRETS });
  onTestFinished(sim.end);
  sim.write(tenantFiles(EXAMPLES, { secrets: { env: Object.keys(SECRETS) } }));
  return sim;
};

/** What a plan calls the first change of a kind: an update where it hangs on something that nobody creates. */
const firstOf = (collection: string): string =>
  CASES.find((one) => one.kind.collection === collection)?.actions?.first ?? 'create';

describe('the example of every kind', () => {
  it('holds one resource by its key', () => {
    const counts = KINDS.map(({ collection, example, keyParts }) => [collection, keysOf(example ?? {}, keyParts.length).length]);
    expect(counts).toEqual(KINDS.map(({ collection }) => [collection, 1]));
  });

  it('is valid, is planned as a create, and once applied there is nothing left to do', async () => {
    const sim = startExamples();
    const { plan, diagnostics } = await sim.plan();
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (!plan) throw new Error('there is no plan');
    const expected = KINDS.flatMap(({ collection, example, keyParts }) =>
      keysOf(example ?? {}, keyParts.length).map((key) => [addressOf(collection, ...key), firstOf(collection)]),
    );
    expect(plan.changes.map(({ address, action }) => [address, action]).sort()).toEqual(expected.sort());
    expect(plan.guards).toEqual([]);
    const result = await sim.apply(plan);
    expect([result.exit, result.diagnostics]).toEqual([0, []]);
    const again = await sim.plan();
    expect(again.plan?.changes.filter(({ action }) => action !== 'none')).toEqual([]);
    expect(sim.service.violations()).toEqual([]);
  });
});
