/** examples/enterprise, applied and planned again with 100 calls a day in all: the reads of a plan over three days (DESIGN 7). */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseDocument } from 'yaml';
import { renderPlan } from '../../cli/render/plan.ts';
import { parseWorld } from '../../emulator/index.ts';
import type { Plan, PlanResult } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { startSim } from '../support/sim.ts';

const ENVIRONMENT = 'prod';
const DAY_MS = 86_400_000;
const PER_DAY = 100;

const enterprise = generateEnterprise({ seed: 1, resources: 400 });
/** What others have done since: something of several kinds differs, a person's contact among them. */
const tampered: Parameters<ReturnType<typeof startSim>['service']['change']>[0] = (world) => {
  const group = world.userGroups.at(-1);
  const app = world.apps.at(-1);
  const member = world.members.findLast(({ Mail }) => Mail !== '');
  if (!group || !app || !member) throw new Error('nothing to change');
  group.Description = 'changed by hand';
  app.OwnerIds = [...new Set([...app.OwnerIds, member.UserId])];
  member.Mail = 'by-hand@example.com';
};
const filesWith = (perDay: number | null): Readonly<Record<string, string>> => {
  const head = parseDocument(enterprise.files['phinfra.yaml'] ?? '');
  head.setIn(['budget', 'reserve'], 0);
  if (perDay !== null) head.setIn(['budget', 'quotas'], [{ levels: [1, 2, 3], perSecond: 5, perDay }]);
  return { ...enterprise.files, 'phinfra.yaml': String(head) };
};
const planOf = ({ plan, diagnostics }: PlanResult): Plan => {
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};

describe('a plan whose reads exceed the day', () => {
  it('goes on day by day with what it has read, and is the plan of one day', async () => {
    const sim = startSim({ world: parseWorld(enterprise.worlds[ENVIRONMENT]), env: { PHINFRA_ENV: ENVIRONMENT } });
    onTestFinished(sim.end);
    sim.write(filesWith(null));
    expect((await sim.apply(planOf(await sim.plan()))).exit).toBe(0);
    sim.service.change(tampered);
    sim.clock.advance(DAY_MS);
    const before = sim.sent().length;
    const calm = planOf(await sim.plan());
    const calmCalls = sim.sent().length - before;
    expect(calmCalls).toBeGreaterThan(2 * PER_DAY);

    sim.clock.advance(DAY_MS);
    sim.write(filesWith(PER_DAY));
    const file = join(sim.folder, '.phinfra', ENVIRONMENT, 'reads.json');
    const perDay: number[] = [];
    let last: PlanResult;
    do {
      const sent = sim.sent().length;
      last = await sim.plan();
      perDay.push(sim.sent().length - sent);
      if (last.plan) break;
      expect([last.exit, last.diagnostics.map(({ code }) => code)]).toEqual([6, ['DAY_SPENT']]);
      expect(Date.parse(last.notBefore ?? '')).toBeGreaterThan(sim.clock.wallMs());
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
      const kept = readFileSync(file, 'utf8');
      for (const hidden of ['by-hand@example.com', ...Object.entries(enterprise.files).flatMap(secretIn)])
        expect(kept.includes(hidden), hidden).toBe(false);
      sim.clock.advance(DAY_MS);
    } while (perDay.length < 10);

    expect(perDay.length).toBe(Math.ceil(calmCalls / PER_DAY));
    const calls = perDay.reduce((sum, count) => sum + count, 0);
    expect(calls).toBeLessThanOrEqual(calmCalls + 2 * perDay.length);
    expect(Math.max(...perDay)).toBeLessThanOrEqual(PER_DAY);
    const plan = planOf(last);
    const sum = Object.values(plan.bill.spent.operations).reduce((all: number, count) => all + (count ?? 0), 0);
    expect(sum).toBe(calls);
    expect(JSON.stringify(plan.changes)).toBe(JSON.stringify(calm.changes));
    expect(JSON.stringify(plan.steps)).toBe(JSON.stringify(calm.steps));
    expect(calm.coverage.map(({ status }) => status)).not.toContain('snapshot');
    const statuses = Object.fromEntries(plan.coverage.map(({ kind, status, note }) => [kind, `${status} ${note?.slice(0, 13)}`]));
    expect(statuses).toMatchObject({ userGroups: 'snapshot of 2026-11-26', tenantMembers: expect.stringMatching(/^live/) });
    expect(renderPlan(plan, { color: false, width: 120 })).toMatch(/^Read over several days: \d+ live, \d+ on earlier days/m);
    expect(existsSync(file)).toBe(false);

    // It was made from older reads: what it changes is looked at before the first write, however quickly the apply follows.
    const sent = sim.sent().length;
    const { exit, failed } = await sim.apply(plan);
    expect([plan.steps.length, exit, failed]).toEqual([3, 0, 0]);
    const first = sim.sent().slice(sent);

    const write = first.findIndex(({ operation }) => operationFacts(operation as OperationName).kind === 'write');
    expect(first.slice(0, write).map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['GetMyTenants', 'ListUserGroups']),
    );
  }, 60_000);
});

const secretIn = ([path, text]: readonly [string, string]): readonly string[] =>
  path.startsWith('secrets/') ? [text.trim()] : [];
