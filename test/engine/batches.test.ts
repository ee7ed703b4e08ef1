/** One call for many people: what a plan makes of it, and what becomes of each where the call fails (DESIGN 5, 6). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, type Fault, parseWorld, type SwitchSettings } from '../../emulator/index.ts';
import type { ApplyResult, JsonObject, Plan } from '../../engine/index.ts';
import { parseJournal } from '../../engine/shell/journal.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const PEOPLE = Array.from({ length: 60 }, (_, index) => `p${String(index).padStart(2, '0')}@example.com`);
const BAD = 'p07@example.com';
const idOf = (account: string): string => String(400000000 + PEOPLE.indexOf(account));

const started = (switches: SwitchSettings = {}): Sim => {
  const world = parseWorld(defaultWorld('basic'));
  const users = PEOPLE.map((account) => ({
    Id: idOf(account),
    AccountName: account,
    DisplayName: account,
    SourceId: `s${idOf(account)}`,
    SourceType: 'aliyun',
    GmtCreate: 0,
    GmtModified: 0,
  }));
  const sim = startSim({ world: { ...world, users: [...world.users, ...users] }, switches });
  onTestFinished(sim.end);
  return sim;
};
const write = (sim: Sim, collections: JsonObject): void => sim.write(tenantFiles(collections));
const planned = async (sim: Sim, collections?: JsonObject): Promise<Plan> => {
  if (collections) write(sim, collections);
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const all = (more: JsonObject = {}) => ({
  tenantMembers: Object.fromEntries(PEOPLE.map((account) => [account, { roles: ['BUSINESS_MEMBER'], ...more }])),
});
/** Everybody in one group, and everybody but the bad one in another. */
const inGroups = () => ({
  ...all(),
  userGroups: { every: { members: PEOPLE.slice(0, 40) }, bad: { members: [BAD] }, good: { members: ['p08@example.com'] } },
});
const refuseBad: Fault = {
  match: { action: 'AddTenantMembers', where: { '/AddCommand/UserList': [{ Id: idOf(BAD), RoleList: ['BUSINESS_MEMBER'] }] } },
  times: 9,
  do: 'fail',
  code: 'DPN.TenantMember.Invalid',
};
const refuseBatch: Fault = { match: { action: 'AddTenantMembers' }, do: 'fail', code: 'DPN.TenantMember.Invalid' };
const members = (sim: Sim): readonly string[] =>
  sim.service
    .world()
    .members.map(({ UserId }) => UserId)
    .filter((id) => id.startsWith('4000000'));
const counts = ({ exit, applied, failed, unknown, left }: ApplyResult) => ({ exit, applied, failed, unknown, left });
const stillToDo = async (sim: Sim) =>
  (await planned(sim)).changes.filter(({ action }) => action !== 'none').map(({ address, action }) => `${action} ${address}`);

describe('sixty people', () => {
  it('take two calls, in the order of their addresses, and what follows takes two as well', async () => {
    const sim = started();
    const plan = await planned(sim, all({ mail: 'team@example.com' }));
    expect(plan.steps.map(({ id, after, serves }) => [id, after, serves.length])).toEqual([
      ['tenantMembers#create', [], 50],
      ['tenantMembers#create2', [], 10],
      ['tenantMembers#update', ['tenantMembers#create'], 50],
      ['tenantMembers#update2', ['tenantMembers#create2'], 10],
    ]);
    expect(plan.steps.flatMap(({ serves }) => serves)).toEqual([...PEOPLE, ...PEOPLE].map((one) => `tenantMembers/${one}`));
    expect(plan.bill.toApply.operations).toEqual({ AddTenantMembers: 2, UpdateTenantMember: 2 });
    sim.calls();
    expect(counts(await sim.apply(plan))).toEqual({ exit: 0, applied: 60, failed: 0, unknown: 0, left: 0 });
    expect(sim.calls()).toEqual({ AddTenantMembers: 2, UpdateTenantMember: 2 });
    expect(await stillToDo(sim)).toEqual([]);
    const roles = await planned(sim, all({ mail: 'team@example.com', roles: ['QUALITY_MANAGER', 'BUSINESS_MEMBER'] }));
    expect(roles.bill.toApply.operations).toEqual({ UpdateTenantMember: 2 });
    expect((await sim.apply(roles)).exit).toBe(0);
    expect(await stillToDo(sim)).toEqual([]);
  });

  it('take away together only what waits for the same, before anything is given', async () => {
    const sim = started();
    await sim.apply(await planned(sim, all()));
    const half = Object.fromEntries(
      PEOPLE.map((account, index) => [account, { roles: index % 2 === 0 ? [] : ['BUSINESS_MEMBER', 'QUALITY_MANAGER'] }]),
    );
    const plan = await planned(sim, { tenantMembers: half });
    expect(plan.steps.map(({ id, phase, serves }) => [id, phase, serves.length])).toEqual([
      ['tenantMembers#update', 'revoke', 30],
      ['tenantMembers#update2', 'grant', 30],
    ]);
  });
});

describe('a call for many', () => {
  it('has its intent on the disk when it leaves, as every call has', async () => {
    const sim = started();
    const plan = await planned(sim, all());
    const journal = join(sim.folder, '.phinfra', 'default', 'journal.jsonl');
    const intents = (): readonly string[] =>
      parseJournal(readFileSync(journal, 'utf8'), journal).events.flatMap((event) =>
        event.type === 'intent' ? [event.step] : [],
      );
    const written: (readonly string[])[] = [];
    await sim.apply(plan, {
      onCall: (operation) => {
        if (operation === 'AddTenantMembers') written.push(intents());
      },
    });
    expect(written).toEqual([['tenantMembers#create'], ['tenantMembers#create', 'tenantMembers#create2']]);
  });
});

describe('a call for many that is refused', () => {
  for (const batch of ['all', 'partial'] as const)
    it(`is repeated one by one, and only who is refused by himself fails (${batch})`, async () => {
      const sim = started({ batch });
      const plan = await planned(sim, inGroups());
      // The service forgets one of them between the plan and the apply.
      sim.service.change((world) => {
        world.users = world.users.filter(({ AccountName }) => AccountName !== BAD);
      });
      const result = await sim.apply(plan);
      expect(counts(result)).toEqual({ exit: 5, applied: 60, failed: 1, unknown: 0, left: 2 });
      expect(result.diagnostics.map(({ code, address }) => [code, address])).toEqual([['STEP_REJECTED', `tenantMembers/${BAD}`]]);
      expect(result.skipped).toEqual([
        { address: 'userGroups/bad', because: `tenantMembers/${BAD}#create` },
        { address: 'userGroups/every', because: `tenantMembers/${BAD}#create` },
      ]);
      expect(members(sim)).toHaveLength(59);
      const groups = new Map(sim.service.world().userGroups.map(({ Name, Members }) => [Name, Members.length]));
      expect(groups).toEqual(
        new Map([
          ['every', 39],
          ['good', 1],
          ['bad', 0],
        ]),
      );
      // As many calls as the bill has room for.
      const sent = sim.sent().filter(({ operation }) => operation === 'AddTenantMembers').length;
      expect(sent).toBeLessThanOrEqual(2 + (plan.bill.settle.operations['AddTenantMembers'] ?? 0));
      expect(sim.service.violations()).toEqual([]);
    });

  it('goes on with the same plan, and then sends who is left and nobody else', async () => {
    const sim = started();
    const plan = await planned(sim, inGroups());
    sim.service.faults.add([refuseBad, refuseBatch]);
    expect(counts(await sim.apply(plan))).toEqual({ exit: 5, applied: 60, failed: 1, unknown: 0, left: 2 });
    sim.service.faults.clear();
    const at = sim.sent().length;
    expect(counts(await sim.apply(plan))).toEqual({ exit: 0, applied: 63, failed: 0, unknown: 0, left: 0 });
    expect(
      sim
        .sent()
        .slice(at)
        .filter(({ operation }) => operation.startsWith('Add'))
        .map(({ operation, request }) => [
          operation,
          ((request['AddCommand'] as JsonObject)['UserList'] ?? (request['AddCommand'] as JsonObject)['UserIdList']) as unknown,
        ]),
    ).toEqual([
      ['AddTenantMembers', [{ Id: idOf(BAD), RoleList: ['BUSINESS_MEMBER'] }]],
      ['AddUserGroupMember', [idOf(BAD)]],
      ['AddUserGroupMember', [idOf(BAD)]],
    ]);
    expect(await stillToDo(sim)).toEqual([]);
  });

  it('is not repeated where the first refusal is to be the last call', async () => {
    const sim = started();
    const plan = await planned(sim, all());
    sim.service.faults.add([refuseBatch]);
    const { exit, failed } = await sim.apply(plan, { limits: { failFast: true } });
    expect({ exit, failed }).toEqual({ exit: 5, failed: 50 });
    expect(sim.sent().filter(({ operation }) => operation === 'AddTenantMembers').length).toBeLessThanOrEqual(2);
  });

  it('of one group lets all but the bad one in', async () => {
    const sim = started();
    await sim.apply(await planned(sim, all()));
    const plan = await planned(sim, { ...all(), userGroups: { every: { members: PEOPLE.slice(0, 40) } } });
    sim.service.change((world) => {
      world.users = world.users.filter(({ AccountName }) => AccountName !== BAD);
      world.members = world.members.filter(({ UserId }) => UserId !== idOf(BAD));
    });
    const result = await sim.apply(plan);
    expect(counts(result)).toEqual({ exit: 5, applied: 0, failed: 1, unknown: 0, left: 0 });
    expect(sim.service.world().userGroups.map(({ Members }) => Members.length)).toEqual([39]);
  });
});

describe('a call for many whose answer is lost', () => {
  for (const when of ['before', 'after'] as const)
    it(`is looked up by one reading and ends as if nothing had been (${when} it was done)`, async () => {
      const calm = started();
      expect((await calm.apply(await planned(calm, inGroups()))).exit).toBe(0);
      const sim = started();
      const plan = await planned(sim, inGroups());
      sim.service.faults.add([{ match: { action: 'AddTenantMembers' }, when, do: 'reset' }]);
      sim.calls();
      expect(counts(await sim.apply(plan))).toEqual({ exit: 0, applied: 63, failed: 0, unknown: 0, left: 0 });
      const calls = sim.calls();
      expect(calls['AddTenantMembers']).toBe(when === 'before' ? 3 : 2);
      // Two pages of members, as long as nothing is seen twice.
      expect(calls['ListTenantMembers']).toBeLessThanOrEqual(when === 'before' ? 4 : 2);
      expect(shapeOf(sim.service.world())).toEqual(shapeOf(calm.service.world()));
      expect(await stillToDo(sim)).toEqual([]);
    });

  it('and that was done in part is told apart: who is there is recorded, who is not is sent again', async () => {
    const sim = started({ batch: 'partial' });
    const plan = await planned(sim, all());
    sim.service.faults.add([{ match: { action: 'AddTenantMembers' }, when: 'after', do: 'reset' }]);
    sim.service.change((world) => {
      world.users = world.users.filter(({ AccountName }) => AccountName !== BAD);
    });
    const result = await sim.apply(plan);
    expect(counts(result)).toEqual({ exit: 5, applied: 59, failed: 1, unknown: 0, left: 0 });
    const lists = sim
      .sent()
      .filter(({ operation }) => operation === 'AddTenantMembers')
      .map(({ request }) => ((request['AddCommand'] as JsonObject)['UserList'] as readonly unknown[]).length);
    // The bad one twice: what nobody has refused by a code that proves it is sent once more.
    expect(lists.sort((a, b) => b - a)).toEqual([50, 10, 1, 1]);
  });
});

describe('a run that is killed', () => {
  for (const when of ['before', 'after'] as const)
    it(`${when} any write of a batch, or of its repetition, goes on as if it had not been`, async () => {
      const calm = started();
      expect((await calm.apply(await planned(calm, inGroups()))).exit).toBe(0);
      const wanted = shapeOf(calm.service.world());
      for (const isRefused of [false, true])
        for (const nth of isRefused ? [1, 2, 3, 9, 30] : [1, 2, 3, 4, 5, 6, 7]) {
          const sim = started();
          const plan = await planned(sim, inGroups());
          if (isRefused) sim.service.faults.add([refuseBatch]);
          const place = `${isRefused ? 'refused, ' : ''}write ${nth}`;
          await expect(sim.apply(plan, { crash: { write: nth, when } }), place).rejects.toThrow(CRASH);
          const { exit, applied, diagnostics } = await sim.apply(plan);
          expect({ exit, applied, diagnostics }, place).toEqual({ exit: 0, applied: 63, diagnostics: [] });
          expect(shapeOf(sim.service.world()), place).toEqual(wanted);
          expect(await stillToDo(sim), place).toEqual([]);
        }
    });
});
