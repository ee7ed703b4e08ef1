/** Grants that wait for an approval in Dataphin: from the call to the plan that sees them, or that asks again (BEHAVIOUR 4, Q40). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { approveAll, defaultWorld, parseWorld, refuseAll } from '../../emulator/index.ts';
import { type ApplyResult, forget, history, type Plan } from '../../engine/index.ts';
import { RESOURCE_WORLD } from '../kinds/resource-grants.case.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const [ALICE, BOB] = ['alice@example.com', 'bob@example.com'];
const TABLE = 'resourceGrants/tables/finance.orders';
const HEAD = { approvals: ['resourceGrants/**', 'dataServiceGrants/**'] };
const APP = 'dataServiceApps/default/portal';
const API = 'dataServiceGrants/finance_ds/put_order';

const table = (lists: object, more: object = {}) =>
  tenantFiles({ resourceGrants: { tables: { 'finance.orders': lists } }, ...more }, HEAD);
const api = (use: readonly object[]) =>
  tenantFiles(
    {
      dataServiceApps: { default: { portal: { owners: ['owner@example.com'], scenarios: 'Tests' } } },
      dataServiceGrants: { finance_ds: { put_order: { use } } },
    },
    HEAD,
  );

const started = (): Sim => {
  const sim = startSim({
    world: parseWorld({ ...(defaultWorld('basic') as object), ...RESOURCE_WORLD }),
    switches: { approvals: 'on' },
  });
  onTestFinished(sim.end);
  return sim;
};
const planOf = async (sim: Sim, files?: ReturnType<typeof table>): Promise<Plan> => {
  if (files) sim.write(files);
  sim.clock.advance(120_000);
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const applied = async (sim: Sim, files?: ReturnType<typeof table>): Promise<ApplyResult> => sim.apply(await planOf(sim, files));
const state = (sim: Sim) => JSON.parse(readFileSync(join(sim.folder, '.phinfra', 'default', 'state.json'), 'utf8'));
const writesOf = (sim: Sim, at = 0) =>
  sim
    .sent()
    .slice(at)
    .filter(({ operation }) => /^(Grant|Revoke)/.test(operation)).length;
const shown = (plan: Plan) =>
  plan.changes.map(({ address, action, fields }) => [
    address,
    action,
    fields.map(({ pointer, reason, note }) => [pointer, reason, note ?? '']),
  ]);
const invocation = (sim: Sim) => ({ folder: sim.folder, variables: {}, env: {}, home: sim.folder });
const WAITS = 'waits for an approval in Dataphin since 2026-11-24';

describe('a grant that somebody has to approve', () => {
  it('ends the apply with 13, and nothing of it is recorded as done', async () => {
    const sim = started();
    const result = await applied(sim, table({ select: [ALICE] }));
    expect(result).toMatchObject({ exit: 13, reason: 'waiting', applied: 0, failed: 0, unknown: 0, waiting: 1, left: 0 });
    expect(result.steps.map(({ outcome }) => outcome)).toEqual(['waiting']);
    expect(result.diagnostics).toMatchObject([{ code: 'APPROVAL_WAITING', severity: 'warning', address: TABLE }]);
    expect(state(sim).resources).toEqual({});
    expect(Object.keys(state(sim).asked[TABLE].asks[0].fields)).toEqual([`/select/${ALICE}`]);
    const audited = await history(invocation(sim), null);
    expect(audited.runs[0]).toMatchObject({ end: { exit: 13 }, changes: [{ address: TABLE, outcome: 'waiting' }] });
  });

  it('is neither sent again nor shown as a change, by however many plans and applies', async () => {
    const sim = started();
    await applied(sim, table({ select: [ALICE] }));
    const at = sim.sent().length;
    for (let round = 0; round < 3; round++) {
      const plan = await planOf(sim);
      expect(shown(plan)).toEqual([[TABLE, 'none', [[`/select/${ALICE}`, 'later', WAITS]]]]);
      expect(plan.steps).toEqual([]);
      expect(await sim.apply(plan)).toMatchObject({ exit: 13, waiting: 1, applied: 0, left: 0 });
    }
    expect(writesOf(sim, at)).toBe(0);
  });

  it('is settled by the reads of the plan after the approval, as made by us', async () => {
    const sim = started();
    await applied(sim, table({ select: [ALICE] }));
    sim.service.change(approveAll);
    const plan = await planOf(sim);
    expect(plan.summary).toMatchObject({ create: 0, update: 0, adopt: 0 });
    expect(plan.settled).toEqual({ [TABLE]: [`/select/${ALICE}`] });
    expect(await sim.apply(plan)).toMatchObject({ exit: 0, waiting: 0 });
    expect(state(sim).asked).toBeUndefined();
    expect(state(sim).resources[TABLE]).toMatchObject({ origin: 'created', lists: ['/select'] });
    expect((await history(invocation(sim), TABLE)).runs[0]?.changes).toMatchObject([
      { address: TABLE, outcome: 'applied', fields: [{ pointer: `/select/${ALICE}`, reason: 'later', after: {} }] },
    ]);
    expect((await planOf(sim)).changes).toEqual([]);
    // It is ours: out of the files it goes.
    expect((await planOf(sim, table({ select: [] }))).steps.map(({ operation }) => operation)).toEqual([
      'RevokeResourcePermission',
    ]);
  });

  it('leaves what else the change does alone: it is done, and recorded', async () => {
    const sim = started();
    sim.service.setSwitches({ approvals: 'off' });
    const before = tenantFiles({ resourceGrants: { tables: { 'finance.orders': { select: [ALICE] } } } });
    expect((await applied(sim, before)).exit).toBe(0);
    sim.service.setSwitches({ approvals: 'on' });
    const result = await applied(sim, table({ select: [BOB] }));
    expect(result).toMatchObject({ exit: 13, waiting: 1, applied: 0, left: 0 });
    expect(Object.keys(state(sim).resources[TABLE].fields)).toEqual([]);
    expect(shown(await planOf(sim))).toEqual([[TABLE, 'none', [[`/select/${BOB}`, 'later', WAITS]]]]);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    expect(Object.keys(state(sim).resources[TABLE].fields)).toEqual([`/select/${BOB}`]);
  });

  it('keeps what holds until then: another end waits, the old one is recorded', async () => {
    const sim = started();
    const end = (until: string) =>
      table({
        select: [
          { who: ALICE, until },
          { who: BOB, until },
        ],
        update: [ALICE, BOB],
        alter: [ALICE, BOB],
      });
    await applied(sim, end('2027-06-30'));
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    const was = state(sim).resources[TABLE].fields;
    expect(await applied(sim, end('2028-06-30'))).toMatchObject({ exit: 13, waiting: 1 });
    expect(state(sim).resources[TABLE].fields).toEqual(was);
    expect((await planOf(sim)).steps).toEqual([]);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    expect(state(sim).resources[TABLE].fields).not.toEqual(was);
    expect((await planOf(sim)).changes).toEqual([]);
  });

  it('refused in Dataphin stays as it is until somebody says so, and is asked for again then', async () => {
    const sim = started();
    await applied(sim, table({ select: [ALICE] }));
    sim.service.change(refuseAll);
    expect((await planOf(sim)).steps).toEqual([]);
    expect(await forget(invocation(sim), { resources: [TABLE] })).toMatchObject({
      exit: 0,
      resources: [{ address: TABLE, waits: true }],
    });
    const plan = await planOf(sim);
    expect(plan.steps.map(({ operation }) => operation)).toEqual(['GrantResourcePermission']);
    expect(await sim.apply(plan)).toMatchObject({ exit: 13, waiting: 1 });
  });

  it('forgetting that it was asked for forgets nothing that is recorded', async () => {
    const sim = started();
    await applied(sim, table({ select: [ALICE] }));
    sim.service.change(approveAll);
    await applied(sim);
    await applied(sim, table({ select: [ALICE, BOB] }));
    sim.service.change(refuseAll);
    const was = state(sim).resources[TABLE];
    await forget(invocation(sim), { resources: [TABLE] });
    expect(state(sim).resources[TABLE]).toEqual(was);
    expect(shown(await planOf(sim))).toEqual([[TABLE, 'update', [[`/select/${BOB}`, 'added', '']]]]);
  });

  it('asked for otherwise by the files is a change again; no longer asked for, a warning says that it may still be approved', async () => {
    const sim = started();
    await applied(sim, table({ select: [ALICE] }));
    const other = await planOf(sim, table({ select: [{ who: ALICE, until: '2027-12-31' }] }));
    expect(other.steps.map(({ operation }) => operation)).toEqual(['GrantResourcePermission']);
    expect(other.warnings).toEqual([]);
    await sim.apply(other);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    await applied(sim, table({ select: [{ who: ALICE, until: '2027-12-31' }, BOB] }));
    const left = await planOf(sim, table({ select: [{ who: ALICE, until: '2027-12-31' }] }));
    expect(left.warnings.map(({ code, address }) => [code, address])).toEqual([['APPROVAL_LEFT', TABLE]]);
    expect((await sim.apply(left)).exit).toBe(0);
    expect(state(sim).asked).toBeUndefined();
    expect((await planOf(sim)).warnings).toEqual([]);
  });

  it('holds up what may not happen before it, and says so', async () => {
    const sim = started();
    const files = (until: string, members: readonly string[]) =>
      table(
        { select: [{ who: 'userGroups/analysts', until }, ALICE, BOB], update: [ALICE, BOB], alter: [ALICE, BOB] },
        { userGroups: { analysts: { members } } },
      );
    await applied(sim, files('2028-06-30', [ALICE]));
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    // Bob would have the longer end through the group as long as the shorter one waits.
    const plan = await planOf(sim, files('2027-06-30', [ALICE, BOB]));
    const result = await sim.apply(plan);
    expect(result).toMatchObject({ exit: 13, waiting: 1, left: 1, applied: 0 });
    expect(result.skipped.map(({ address, because }) => [address, because.slice(0, TABLE.length)])).toEqual([
      ['userGroups/analysts', TABLE],
    ]);
    // The same plan goes on once it is approved: it looks, sends nothing again, and does what has waited for it.
    sim.service.change(approveAll);
    sim.clock.advance(120_000);
    const at = sim.sent().length;
    expect(await sim.apply(plan, { isSaved: true })).toMatchObject({ exit: 0, applied: 2, waiting: 0, left: 0 });
    expect(writesOf(sim, at)).toBe(0);
    expect(state(sim).asked).toBeUndefined();
    expect((await planOf(sim)).changes).toEqual([]);
  });

  it('of several tables in one call is told apart: what was approved goes on, the rest waits', async () => {
    const sim = started();
    sim.service.change((world) => void world.tables.push('odps.300001413.finance.stock'));
    const two = tenantFiles(
      { resourceGrants: { tables: { 'finance.orders': { select: [ALICE] }, 'finance.stock': { select: [ALICE] } } } },
      HEAD,
    );
    const plan = await planOf(sim, two);
    expect(plan.steps).toHaveLength(1);
    expect(await sim.apply(plan)).toMatchObject({ exit: 13, waiting: 2 });
    sim.service.change((world) => {
      const [stock, ...others] = world.resourceGrants.filter(({ ResourceId }) => ResourceId.endsWith('stock'));
      expect(others).toEqual([]);
      if (stock) Object.assign(stock, { Operations: stock.Pending, Pending: {} });
    });
    sim.clock.advance(120_000);
    expect(await sim.apply(plan, { isSaved: true })).toMatchObject({ exit: 13, waiting: 1, applied: 1, left: 0 });
    expect(Object.keys(state(sim).asked)).toEqual([TABLE]);
    expect(Object.keys(state(sim).resources)).toEqual(['resourceGrants/tables/finance.stock']);
    expect((await planOf(sim)).steps).toEqual([]);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    expect(writesOf(sim)).toBe(1);
  });

  it('is not sent twice by the same saved plan, whether it was killed before or after the call', async () => {
    for (const when of ['before', 'after'] as const) {
      const sim = started();
      const plan = await planOf(sim, table({ select: [ALICE], update: [BOB] }));
      await sim.apply(plan, { crash: { write: 2, when } }).catch(() => undefined);
      sim.clock.advance(600_000);
      const second = await sim.apply(plan, { isSaved: true });
      expect(second).toMatchObject({ exit: 13, waiting: 1, left: 0 });
      const at = sim.sent().length;
      expect(await sim.apply(plan, { isSaved: true })).toMatchObject({ exit: 13, waiting: 1 });
      expect(writesOf(sim, at)).toBe(0);
      sim.service.change(approveAll);
      // What never left waits like the rest, for no read tells the two apart.
      const isThere = when === 'after';
      expect(await sim.apply(plan, { isSaved: true })).toMatchObject(
        isThere ? { exit: 0, applied: 1 } : { exit: 13, waiting: 1 },
      );
      expect(writesOf(sim, at)).toBe(0);
      if (isThere) continue;
      await forget(invocation(sim), { resources: [TABLE] });
      expect((await planOf(sim)).steps.map(({ operation }) => operation)).toEqual(['GrantResourcePermission']);
    }
  });

  it('ends as a calm run does, whichever call it was killed at, and asks for nothing twice unless somebody says so', async () => {
    const files = table(
      { select: [ALICE, 'userGroups/analysts'], update: [BOB], alter: [{ who: ALICE, until: '2027-12-31' }] },
      { userGroups: { analysts: { description: 'Reads marts', members: [BOB] } } },
    );
    const grantsOf = (sim: Sim) =>
      sim.service
        .world()
        .resourceGrants.map(({ AccountId, Operations }) => [AccountId, Operations])
        .sort();
    const calm = started();
    const calmPlan = await planOf(calm, files);
    await calm.apply(calmPlan);
    calm.service.change(approveAll);
    expect((await applied(calm)).exit).toBe(0);
    const writes = calmPlan.steps.length;
    expect(writes).toBeGreaterThanOrEqual(5);
    for (let write = 1; write <= writes; write++)
      for (const when of ['before', 'after'] as const) {
        const title = `${when} write ${write}`;
        const sim = started();
        const plan = await planOf(sim, files);
        await sim.apply(plan, { crash: { write, when } }).catch(() => undefined);
        sim.clock.advance(600_000);
        expect(await sim.apply(plan, { isSaved: true }), title).toMatchObject({ exit: 13, left: 0, failed: 0, unknown: 0 });
        expect(writesOf(sim), title).toBeLessThanOrEqual(writesOf(calm));
        sim.service.change(approveAll);
        let last = await sim.apply(plan, { isSaved: true });
        if (last.exit === 13) {
          // It was killed before the call left: nobody was asked, and no read tells that.
          expect(when, title).toBe('before');
          await applied(sim);
          await forget(invocation(sim), { resources: [TABLE] });
          await applied(sim);
          sim.service.change(approveAll);
          last = await applied(sim);
        }
        expect(last, title).toMatchObject({ exit: 0 });
        expect(grantsOf(sim), title).toEqual(grantsOf(calm));
        expect((await planOf(sim)).changes, title).toEqual([]);
        expect(state(sim).asked, title).toBeUndefined();
      }
  });

  it('whose answer was lost is not asked for a second time', async () => {
    const sim = started();
    sim.service.faults.add([{ match: { action: 'GrantResourcePermission' }, times: 1, when: 'after', do: 'reset' }]);
    const result = await applied(sim, table({ select: [ALICE, BOB] }));
    expect(result).toMatchObject({ exit: 13, waiting: 1, unknown: 0 });
    expect(result.diagnostics[0]?.message).toContain('may wait for an approval in Dataphin, or never have arrived');
    expect(writesOf(sim)).toBe(1);
    expect(shown(await planOf(sim))[0]?.[2]?.[0]).toEqual([
      `/select/${ALICE}`,
      'later',
      'its answer was lost, it may wait for an approval in Dataphin since 2026-11-24',
    ]);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    expect((await planOf(sim)).changes).toEqual([]);
  });

  it('that the service refuses is refused, and waits for nothing', async () => {
    const sim = started();
    sim.service.faults.add([
      {
        match: { action: 'GrantResourcePermission' },
        times: 9,
        when: 'before',
        do: 'status',
        status: 400,
        code: 'DPN.Commons.InvalidParam',
      },
    ]);
    expect(await applied(sim, table({ select: [ALICE] }))).toMatchObject({ exit: 5, failed: 1, waiting: 0 });
    expect(state(sim).asked).toBeUndefined();
  });
});

describe('grants of an API', () => {
  const use = [{ who: APP, until: '2027-12-31', halves: ['prod'] }];

  it('to apps wait; to people, which no read shows, they are believed', async () => {
    const sim = started();
    const result = await applied(sim, api([...use, { who: BOB, until: '2027-12-31', halves: ['prod'] }]));
    expect(result).toMatchObject({ exit: 13, waiting: 1, applied: 1 });
    expect(shown(await planOf(sim))).toEqual([[API, 'none', [[`/use/${APP.replaceAll('/', '~1')}`, 'later', WAITS]]]]);
    sim.service.change(approveAll);
    expect((await applied(sim)).exit).toBe(0);
    expect((await planOf(sim)).changes).toEqual([]);
  });
});

describe('without the globs', () => {
  it('a done is believed, as the service says it', async () => {
    const sim = started();
    const files = tenantFiles({ resourceGrants: { tables: { 'finance.orders': { select: [ALICE] } } } });
    expect((await applied(sim, files)).exit).toBe(0);
  });
});
