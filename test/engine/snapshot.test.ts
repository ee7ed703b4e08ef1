/** The live tenant as a file, and plans from it: what is in it, what is not, and what it cannot be used for. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePlan, parseSnapshot, plan as planOf } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

const WORKSPACE = JSON.stringify({
  phinfra: 1,
  tenant: '300001413',
  edition: 'basic',
  connection: { endpoint: 'http://127.0.0.1:1', caller: 'ci@example.com' },
  resources: ['tenant.yaml'],
});

const started = (mail = ''): Sim => {
  const sim = startSim();
  onTestFinished(sim.end);
  sim.service.change((world) => {
    const user = world.users.find((one) => one.AccountName === 'bob@example.com');
    const member = world.members.find((one) => one.UserId === user?.Id);
    if (!member) throw new Error('bob is no member');
    Object.assign(member, { Mail: mail, RoleList: [] });
  });
  return sim;
};
const write = (sim: Sim, resources: object): void =>
  sim.write({ 'phinfra.yaml': WORKSPACE, 'tenant.yaml': JSON.stringify(resources) });
const group = (description: string) => ({ userGroups: { analysts: { description } } });

describe('a snapshot', () => {
  it('is planned from without a call, says its age, and the plan is applied after one look', async () => {
    const sim = started();
    write(sim, group('one'));
    const { exit, snapshot } = await sim.snapshot({ out: 'tenant.snapshot.json' });
    expect(exit).toBe(0);
    const file = join(sim.folder, 'tenant.snapshot.json');
    expect(parseSnapshot(readFileSync(file, 'utf8'))).toEqual({ snapshot });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    sim.calls();
    sim.clock.advance(3 * 3_600_000);
    const { plan, diagnostics } = await sim.plan({ from: 'tenant.snapshot.json' });
    expect([sim.calls(), diagnostics]).toEqual([{}, []]);
    if (!plan) throw new Error('there is no plan');
    expect(plan.madeAt).toBe(snapshot?.madeAt);
    expect(plan.bill.spent).toEqual({ levels: { '1': 0, '2': 0, '3': 0 }, operations: {} });
    expect(plan.coverage.find((one) => one.kind === 'userGroups')).toEqual({
      kind: 'userGroups',
      status: 'snapshot',
      note: `of ${plan.madeAt}, 3 hours old`,
    });
    expect('plan' in parsePlan(JSON.stringify(plan))).toBe(true);
    const applied = await sim.apply(plan, { isSaved: true });
    expect([applied.exit, sim.calls()]).toEqual([
      0,
      { CreateUserGroup: 1, GetMyTenants: 1, ListTenantMembers: 1, ListUserGroups: 1 },
    ]);
    const behind = await sim.plan({ from: 'latest' });
    expect(behind.diagnostics.map((one) => one.code)).toContain('SNAPSHOT_BEHIND');
  });

  it('holds lists of kinds that nobody declares', async () => {
    const sim = started();
    write(sim, {});
    const { snapshot } = await sim.snapshot();
    expect(snapshot?.coverage.filter((one) => one.status === 'live').map((one) => one.kind)).toEqual([
      'tenantMembers',
      'userGroups',
      'computeSources',
      'dataSources',
      'projects',
      'rowPermissions',
      'dataServiceAppGroups',
      'dataServiceApps',
      'dataServiceProjectMembers',
    ]);
    write(sim, group('declared later'));
    expect((await sim.plan({ from: 'latest' })).plan?.summary.create).toBe(1);
  });

  it('has no contact data: what needs them waits, and what compares with them is unread', async () => {
    const mail = 'bob.private@example.org';
    const sim = started(mail);
    write(sim, { tenantMembers: { 'bob@example.com': { roles: ['DATASOURCE_MANAGER'], mail } } });
    const { exit } = await sim.snapshot({ out: 's.json' });
    expect(exit).toBe(0);
    expect(readFileSync(join(sim.folder, 's.json'), 'utf8')).not.toContain(mail);
    const { plan } = await sim.plan({ from: 's.json' });
    expect(plan?.guards.map(({ code, address }) => [code, address])).toEqual([
      ['CONTACTS_UNREAD', 'tenantMembers/bob@example.com'],
    ]);
    expect(plan?.steps).toEqual([]);
    expect(plan?.notCompared).toContainEqual({
      address: 'tenantMembers/bob@example.com',
      pointer: '/mail',
      why: 'a snapshot leaves contact data out',
    });
  });

  it('that lacks a read leaves its kind out, and says so', async () => {
    const sim = started();
    write(sim, group('one'));
    await sim.snapshot({ out: 's.json' });
    const path = join(sim.folder, 's.json');
    const text = JSON.parse(readFileSync(path, 'utf8')) as { reads: { operation: string }[] };
    writeFileSync(path, JSON.stringify({ ...text, reads: text.reads.filter((one) => one.operation !== 'ListUserGroups') }));
    const { plan, diagnostics } = await sim.plan({ from: 's.json' });
    expect(diagnostics.map((one) => one.code)).toEqual(['LIST_INCOMPLETE']);
    expect(plan?.changes).toEqual([]);
    expect(plan?.coverage.find((one) => one.kind === 'userGroups')).toEqual({
      kind: 'userGroups',
      status: 'not read',
      note: 'the snapshot does not hold it: nothing of it was compared',
    });
  });

  it.each([
    ['of another tenant', { tenant: '1' }, 'TENANT_WRONG', 4],
    ['of another deployment', { deployment: 'cn-shanghai' }, 'TENANT_WRONG', 4],
    ['of another environment', { environment: 'prod' }, 'TENANT_WRONG', 4],
    ['of another format', { format: 'phinfra.snapshot/2' }, 'SNAPSHOT_FORMAT', 3],
    ['that is a plan', { format: 'phinfra.plan/1' }, 'SNAPSHOT_FORMAT', 3],
    ['of which parts are gone', { reads: 'none' }, 'SNAPSHOT_UNREADABLE', 3],
  ])('%s is refused', async (_what, change, code, exit) => {
    const sim = started();
    write(sim, group('one'));
    const { snapshot } = await sim.snapshot();
    writeFileSync(join(sim.folder, 'other.json'), JSON.stringify({ ...snapshot, ...change }));
    const result = await sim.plan({ from: 'other.json' });
    expect([result.plan, result.exit, result.diagnostics.map((one) => one.code)]).toEqual([null, exit, [code]]);
  });

  it('that is not there, or cannot be written, is said', async () => {
    const sim = started();
    write(sim, group('one'));
    expect((await sim.plan({ from: 'latest' })).diagnostics.map((one) => [one.code, one.message])).toEqual([
      ['SNAPSHOT_UNREADABLE', 'There is no snapshot beside the record.'],
    ]);
    const result = await sim.snapshot({ out: 'no/such/folder.json' });
    expect([result.exit, result.diagnostics.map((one) => one.code)]).toEqual([3, ['OPTION_WRONG']]);
    const latest = join(sim.folder, '.phinfra/default/snapshot.json');
    expect(existsSync(latest)).toBe(true);
    rmSync(latest);
  });

  it.each([
    ['a folder', null, 'The snapshot "s.json" cannot be read: EISDIR.'],
    ['cut off', '{"format": "phinfra.snap', 'The file is not a snapshot: it is not JSON, or it was cut off.'],
    ['a list', '[]', 'The file is not a snapshot.'],
  ])('that is %s is refused, with the way to a new one', async (_what, text, message) => {
    const sim = started();
    write(sim, group('one'));
    if (text === null) mkdirSync(join(sim.folder, 's.json'));
    else writeFileSync(join(sim.folder, 's.json'), text);
    const { plan, exit, diagnostics } = await sim.plan({ from: 's.json' });
    expect([plan, exit, diagnostics.map((one) => [one.code, one.message])]).toEqual([
      null,
      3,
      [['SNAPSHOT_UNREADABLE', message]],
    ]);
    expect(diagnostics[0]?.hint).toContain('phinfra snapshot -o FILE');
  });

  it('is not planned from where the files have errors, or the selection names nothing', async () => {
    const sim = started();
    write(sim, group('one'));
    await sim.snapshot({ out: 's.json' });
    const told = async (options: object): Promise<unknown> => {
      const { plan, exit, diagnostics } = await sim.plan({ from: 's.json', ...options });
      return [plan, exit, diagnostics.map(({ code }) => code)];
    };
    expect(await told({ target: ['userGroups/none'] })).toEqual([null, 3, ['SELECTION_EMPTY']]);
    write(sim, { userGroups: { analysts: { descripton: 'one' } } });
    expect(await told({})).toEqual([null, 3, ['KEY_UNKNOWN']]);
    sim.write({ 'phinfra.yaml': 'phinfra: 2\n' });
    expect(await told({})).toMatchObject([null, 3, expect.arrayContaining(['VALUE_WRONG'])]);
  });

  it('gives the tenant and the caller of an emulator, which no file names', async () => {
    const sim = started();
    write(sim, group('one'));
    await sim.snapshot({ out: 's.json' });
    sim.calls();
    sim.write({
      'phinfra.yaml': JSON.stringify({ phinfra: 1, edition: 'basic', connection: { emulator: {} }, resources: ['t.yaml'] }),
      't.yaml': JSON.stringify(group('one')),
    });
    const invocation = { folder: sim.folder, variables: {}, env: {}, home: sim.folder };
    const { plan, diagnostics } = await planOf(invocation, { from: 's.json' }, { clock: sim.clock });
    expect([sim.calls(), diagnostics.map(({ message }) => message)]).toEqual([{}, []]);
    expect(plan).toMatchObject({ tenant: '300001413', deployment: 'loopback', summary: { create: 1 } });
  });
});
