/** Guards of a workspace in plans and applies: refused with 0 writes until confirmed by number; remembered by the record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const head = (guards: string): string => `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: [tenant.yaml]
${guards}
`;
const groups = (...names: string[]): string =>
  `userGroups:\n${names.map((name) => `  ${name}: { members: [alice@example.com] }\n`).join('')}${names.length === 0 ? '  {}\n' : ''}`;

const planned = async (here: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await here.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const written = (here: Sim): number =>
  here.sent().filter(({ operation }) => operationFacts(operation as OperationName).kind === 'write').length;
const beyond = ({ beyond: found = [] }: Plan) => found.map(({ guard, count }) => `${guard}=${count}`);

describe('guards of a workspace', () => {
  it('keep an apply from its first call until the numbers are confirmed, and the audit keeps them', async () => {
    const here = startSim({ world: parseWorld(defaultWorld('basic')) });
    sim = here;
    here.write({
      'phinfra.yaml': head('guards: { deletes: { count: 1 }, losses: { people: 0 } }'),
      'tenant.yaml': groups('a', 'b'),
    });
    expect((await here.apply(await planned(here))).exit).toBe(0);
    const before = written(here);

    here.write({ 'phinfra.yaml': head('guards: { deletes: { count: 1 }, losses: { people: 0 } }'), 'tenant.yaml': groups() });
    const plan = await planned(here);
    expect(beyond(plan)).toEqual(['deletes=2', 'losses=1']);
    const refused = await here.apply(plan, { answers: { confirmed: { deletes: 2 } } });
    expect(refused).toMatchObject({ exit: 12, reason: 'guarded', applied: 0, left: 2 });
    expect(refused.diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ['GUARD_UNCONFIRMED', 'If that is meant: --confirm deletes=2,losses=1.'],
    ]);
    expect(written(here)).toBe(before);

    expect((await here.apply(plan, { answers: { confirmed: { deletes: 2, losses: 1 } } })).exit).toBe(0);
    expect(written(here)).toBe(before + 2);
    const audit = readFileSync(join(here.folder, '.phinfra/default/audit/2026-11.jsonl'), 'utf8');
    expect(audit).toContain('"confirmed":["deletes=2","losses=1"]');
  });

  it('are remembered: a looser one holds from the run after the next apply', async () => {
    const here = startSim({ world: parseWorld(defaultWorld('basic')) });
    sim = here;
    here.write({ 'phinfra.yaml': head('guards: { deletes: { count: 0 } }'), 'tenant.yaml': groups('a', 'b', 'c') });
    expect((await here.apply(await planned(here))).exit).toBe(0);

    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('b', 'c') });
    const strict = await planned(here);
    expect(beyond(strict)).toEqual(['deletes=1']);
    expect(strict.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['GUARD_LOOSENED', 'The files loosen guards: deletes.count 0 → none. The recorded ones hold until the next apply.'],
    ]);
    expect((await here.apply(strict, { answers: { confirmed: { deletes: 1 } } })).exit).toBe(0);

    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('c') });
    const loose = await planned(here);
    expect(loose.beyond).toBeUndefined();
    expect((await here.apply(loose)).exit).toBe(0);
  });
});
