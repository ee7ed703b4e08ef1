/** Protected environments: reviewed or not applied; nothing is adopted by the way; remembered by the record. What is released is let go. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { ApplyResult, Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const head = (more: string): string => `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: [tenant.yaml]
${more}
`;
const groups = (...names: string[]): string =>
  names.length === 0 ? 'userGroups: {}\n' : `userGroups:\n${names.map((name) => `  ${name}: { description: x }\n`).join('')}`;
const PROTECTED = 'protected: true';

const start = (world: object = {}): Sim => {
  sim = startSim({ world: parseWorld({ ...defaultWorld('basic'), ...world }) });
  return sim;
};
const planned = async (here: Sim, options: Parameters<Sim['plan']>[0] = {}): Promise<Plan> => {
  const { plan, diagnostics } = await here.plan(options);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const writes = (here: Sim): number =>
  here.sent().filter(({ operation }) => operationFacts(operation as OperationName).kind === 'write').length;
const codes = ({ exit, diagnostics }: ApplyResult) => [exit, ...diagnostics.map(({ code }) => code)];

describe('a protected environment', () => {
  it('is applied as it was reviewed, and not otherwise; the audit keeps which', async () => {
    const here = start();
    here.write({ 'phinfra.yaml': head(PROTECTED), 'tenant.yaml': groups('a') });
    const plan = await planned(here);
    expect(plan.isProtected).toBe(true);
    expect(codes(await here.apply(plan))).toEqual([12, 'PROTECTED_UNREVIEWED']);
    expect(codes(await here.apply(plan, { answers: { reviewed: '0'.repeat(64) } }))).toEqual([12, 'REVIEW_DIFFERS']);
    expect(writes(here)).toBe(0);
    expect(codes(await here.apply(plan, { answers: { reviewed: plan.changesDigest } }))).toEqual([0]);
    expect(readFileSync(join(here.folder, '.phinfra/default/audit/2026-11.jsonl'), 'utf8')).toContain(
      `"reviewed":"${plan.changesDigest}"`,
    );
  });

  it('is refused in parts and to be destroyed, and few changes go behind broken glass', async () => {
    const here = start();
    const names = Array.from({ length: 21 }, (_, at) => `g${at}`);
    here.write({ 'phinfra.yaml': head(PROTECTED), 'tenant.yaml': groups(...names) });
    const breakGlass = 'INC-4711: nobody can work';
    const whole = await planned(here);
    expect(codes(await here.apply(whole, { answers: { breakGlass } }))).toEqual([12, 'BREAK_GLASS_WIDE']);
    const part = await planned(here, { target: ['userGroups/g1'] });
    expect(codes(await here.apply(part, { answers: { reviewed: part.changesDigest } }))).toEqual([12, 'PROTECTED_REFUSED']);
    expect(writes(here)).toBe(0);
    expect(codes(await here.apply(part, { answers: { breakGlass } }))).toEqual([0]);
    expect(readFileSync(join(here.folder, '.phinfra/default/audit/2026-11.jsonl'), 'utf8')).toContain(breakGlass);
    const destroy = await planned(here, { destroy: true });
    expect(codes(await here.apply(destroy, { answers: { reviewed: destroy.changesDigest, breakGlass } }))).toEqual([
      12,
      'PROTECTED_REFUSED',
    ]);
  });

  it('is remembered: without the line it stays protected until the next apply', async () => {
    const here = start();
    here.write({ 'phinfra.yaml': head(PROTECTED), 'tenant.yaml': groups('a') });
    const first = await planned(here);
    await here.apply(first, { answers: { reviewed: first.changesDigest } });
    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('a', 'b') });
    const second = await planned(here);
    expect(second.warnings.map(({ message }) => message)).toEqual([
      'The files loosen guards: protected true → none. The recorded ones hold until the next apply.',
    ]);
    expect(codes(await here.apply(second))).toEqual([12, 'PROTECTED_UNREVIEWED']);
    await here.apply(second, { answers: { reviewed: second.changesDigest } });
    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('a', 'b', 'c') });
    expect(codes(await here.apply(await planned(here)))).toEqual([0]);
  });

  it('holds a plan that was made before it was protected', async () => {
    const here = start();
    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('a') });
    const plan = await planned(here);
    here.write({ 'phinfra.yaml': head(PROTECTED), 'tenant.yaml': groups('a') });
    expect(codes(await here.apply(plan))).toEqual([12, 'PROTECTED_UNREVIEWED']);
  });

  it('adopts only what adopt.allow names', async () => {
    const here = start({
      userGroups: ['a', 'b', 'c'].map((Name, at) => ({ Id: `1300${at}`, Name, Description: 'x', Members: [] })),
    });
    const tenant = 'userGroups:\n  a: { description: x }\n  b: { description: x }\n  c: { description: other }\n';
    here.write({ 'phinfra.yaml': head(`${PROTECTED}\nadopt: { allow: [userGroups/a] }`), 'tenant.yaml': tenant });
    const plan = await planned(here);
    expect(plan.changes.map(({ address, action, steps }) => [address, action, steps.length])).toEqual([
      ['userGroups/a', 'adopt', 0],
      ['userGroups/b', 'none', 0],
      ['userGroups/c', 'update', 0],
    ]);
    expect(plan.guards.map(({ code, address }) => [code, address])).toEqual([
      ['ADOPT_PROTECTED', 'userGroups/b'],
      ['ADOPT_PROTECTED', 'userGroups/c'],
    ]);
    expect((await here.apply(plan, { answers: { reviewed: plan.changesDigest } })).exit).toBe(12);
    expect(writes(here)).toBe(0);
    const after = await planned(here);
    expect(after.changes.map(({ address }) => address)).toEqual(['userGroups/b', 'userGroups/c']);
  });
});

describe('what is released', () => {
  it('leaves the record, and nothing is deleted', async () => {
    const here = start();
    here.write({ 'phinfra.yaml': head(''), 'tenant.yaml': groups('a', 'b') });
    expect((await here.apply(await planned(here))).exit).toBe(0);
    const before = writes(here);
    here.write({
      'phinfra.yaml': head('released: [{ address: userGroups/a, to: the risk team, reason: RISK-12 }]'),
      'tenant.yaml': 'userGroups: {}\n',
    });
    const plan = await planned(here);
    expect(plan.changes.map(({ address, action, cause }) => [address, action, cause])).toEqual([
      ['userGroups/a', 'forget', 'released to the risk team: RISK-12'],
      ['userGroups/b', 'delete', null],
    ]);
    expect((await here.apply(plan)).exit).toBe(0);
    expect(writes(here)).toBe(before + 1);
    expect(here.service.world().userGroups.map(({ Name }) => Name)).toEqual(['a']);
  });
});
