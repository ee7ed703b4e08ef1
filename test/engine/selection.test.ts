/** `--target` and `--exclude`: some resources are looked at, with what they need; of the others nothing is said. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderPlan } from '../../cli/render/plan.ts';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan, PlanOptions } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const HEAD = `phinfra: 1
tenant: "300001413"
edition: basic
connection: { region: cn-shanghai, caller: owner@example.com }
resources: [tenant.yaml]
secrets: { env: ["MC_*"] }
`;
const mc = (project: string): string =>
  `type: MAX_COMPUTE, config: { maxcompute.endpoint: e, maxcompute.project: ${project}, maxcompute.access.id: "\${env:MC_ID}", maxcompute.access.key: "\${env:MC_ID}" }`;
const TENANT = `computeSources:
  mc_a: { ${mc('a')} }
  mc_b: { ${mc('b')} }
projects:
  a: { mode: basic, computeSource: mc_a, members: { prod: { admin: [alice@example.com] } } }
  b: { mode: basic, computeSource: mc_b }
userGroups:
  readers: { members: [alice@example.com, bob@example.com] }
  writers: { members: [alice@example.com] }
rowPermissions:
  filter:
    columns: { region: { type: STRING } }
    rules: { east: { enabled: true, where: { region: { equal: east } }, grant: [userGroups/readers] } }
    tables: [{ table: a.orders, bind: { region: region } }]
dataServiceAppGroups: { finance: {}, empty: {} }
dataServiceApps: { finance: { portal: { scenarios: reporting, owners: [owner@example.com] } } }
`;

const start = (yaml: string, world: object = {}): Sim => {
  sim = startSim({
    world: parseWorld({ ...defaultWorld('basic'), tables: ['odps.300001413.a.orders'], ...world }),
    env: { MC_ID: 'id' },
  });
  sim.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': yaml });
  return sim;
};
const planned = async (here: Sim, options: PlanOptions = {}): Promise<Plan> => {
  const { plan, diagnostics } = await here.plan(options);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const acts = (plan: Plan): readonly string[] =>
  plan.changes.filter(({ action }) => action !== 'none').map(({ action, address }) => `${action} ${address}`);
const applied = async (here: Sim, plan: Plan): Promise<void> => {
  const { exit, failed, diagnostics } = await here.apply(plan);
  expect({ exit, failed, diagnostics }).toEqual({ exit: 0, failed: 0, diagnostics: [] });
  here.clock.advance(60_000);
};
const textOf = (plan: Plan): string => renderPlan(plan, { color: false, width: 120 });

describe('a plan of targets', () => {
  it('looks at these alone, in the reads that they need, and says what it did not look at', async () => {
    const here = start(TENANT);
    await applied(here, await planned(here));
    here.calls();
    const plan = await planned(here, { target: ['userGroups/readers'] });
    expect(here.calls()).toEqual({ GetMyTenants: 1, ListTenantMembers: 1, ListUserGroupMembers: 1, ListUserGroups: 1 });
    expect(plan.selection).toEqual({
      target: ['userGroups/readers'],
      exclude: [],
      chosen: 1,
      addresses: ['userGroups/readers'],
      needed: [],
      leftOut: [],
      notLookedAt: [
        { kind: 'userGroups', count: 1 },
        { kind: 'computeSources', count: 2 },
        { kind: 'projects', count: 2 },
        { kind: 'rowPermissions', count: 1 },
        { kind: 'dataServiceAppGroups', count: 2 },
        { kind: 'dataServiceApps', count: 1 },
      ],
    });
    expect(plan.summary).toMatchObject({ unchanged: 1, unmanaged: 0 });
    const text = textOf(plan);
    expect(text).toContain('Looked at 1 of 10 resources (--target userGroups/readers); nothing is said about the others.');
    expect(text).toContain('Nothing changes in what was looked at: 1 resource is as the files say · 9 not looked at');
  });

  it('takes along what is to be made first, and applies it', async () => {
    const here = start(TENANT);
    const plan = await planned(here, { target: ['rowPermissions/filter'] });
    expect(acts(plan)).toEqual([
      'create userGroups/readers',
      'create computeSources/mc_a',
      'create projects/a',
      'create rowPermissions/filter',
    ]);
    expect(plan.selection?.needed).toEqual([
      { address: 'userGroups/readers', by: 'rowPermissions/filter' },
      { address: 'projects/a', by: 'rowPermissions/filter' },
      { address: 'computeSources/mc_a', by: 'projects/a' },
    ]);
    await applied(here, plan);
    expect(acts(await planned(here))).toEqual([
      'create userGroups/writers',
      'create computeSources/mc_b',
      'create projects/b',
      'create dataServiceAppGroups/empty',
      'create dataServiceAppGroups/finance',
      'create dataServiceApps/finance/portal',
    ]);
    expect(here.service.violations()).toEqual([]);
  });

  it('says of whom it is not known what else they gain', async () => {
    const here = start(`${TENANT}resourceGrants: { tables: { a.orders: { select: [userGroups/writers] } } }\n`);
    await applied(here, await planned(here));
    const more = TENANT.replace('writers: { members: [alice', 'writers: { members: [bob@example.com, alice');
    here.write({
      'phinfra.yaml': HEAD,
      'tenant.yaml': `${more}resourceGrants: { tables: { a.orders: { select: [userGroups/writers] }, a.items: {} } }\n`,
    });
    const alone = await planned(here, { target: ['userGroups/writers'] });
    expect(alone.access?.unread).toEqual([
      {
        why: expect.stringContaining('resourceGrants may allow it more, and nothing of them was read'),
        addresses: ['userGroups/writers'],
      },
    ]);
    const partly = await planned(here, { target: ['userGroups/writers', 'resourceGrants/tables/a.items'] });
    expect(partly.access?.unread).toContainEqual({
      why: 'resourceGrants may allow it more, and not all of them were looked at',
      addresses: ['userGroups/writers'],
    });
    const whole = await planned(here);
    expect(whole.access?.gained.map(({ may, on }) => `${may} ${on}`)).toContain('select tables/a.orders');
  });

  it('takes along who has to let go of what is removed', async () => {
    const here = start(TENANT);
    await applied(here, await planned(here));
    here.write({
      'phinfra.yaml': HEAD,
      'tenant.yaml': TENANT.replace(/ {2}readers: .*\n/, '').replace(', grant: [userGroups/readers]', ', grant: []'),
    });
    const plan = await planned(here, { target: ['userGroups/readers'] });
    expect(acts(plan)).toEqual(['delete userGroups/readers', 'update rowPermissions/filter']);
    expect(plan.selection?.needed).toEqual([{ address: 'rowPermissions/filter', by: 'userGroups/readers' }]);
    await applied(here, plan);
    expect(acts(await planned(here))).toEqual([]);
  });

  it('takes along who holds what only one may hold', async () => {
    const sources = `computeSources:\n  mc_a: { ${mc('a')} }\nprojects:\n`;
    const here = start(
      `${sources}  a: { mode: basic, computeSource: mc_a, lifecycle: { allow: [delete] } }\n  b: { mode: basic }\n`,
    );
    await applied(here, await planned(here));
    here.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': `${sources}  b: { mode: basic, computeSource: mc_a }\n` });
    const plan = await planned(here, { target: ['projects/b'] });
    expect(acts(plan)).toEqual(['delete projects/a', 'update projects/b']);
    await applied(here, plan);
    expect(acts(await planned(here))).toEqual([]);
  });

  it('takes along who has the name', async () => {
    const here = start(TENANT);
    await applied(here, await planned(here));
    const moved = TENANT.replace('  writers: {', '  readers2: { renamedFrom: readers }\n  writers: {')
      .replace('  readers: { members: [alice@example.com, bob@example.com] }', '  readers: {}')
      .replace('grant: [userGroups/readers]', 'grant: [userGroups/readers2]');
    here.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': moved });
    const { selection } = await planned(here, { target: ['userGroups/readers'] });
    expect(selection?.needed).toEqual([{ address: 'userGroups/readers2', by: 'userGroups/readers' }]);
  });

  it('removes of all that is ours only these, with --destroy', async () => {
    const here = start(`${TENANT.replace('mode: basic, computeSource: mc_b', 'mode: basic, lifecycle: { allow: [delete] }')}`);
    await applied(here, await planned(here));
    const plan = await planned(here, { destroy: true, target: ['dataServiceAppGroups/empty', 'projects/b'] });
    expect(acts(plan)).toEqual(['delete projects/b', 'delete dataServiceAppGroups/empty']);
  });
});

describe('a plan without what is excluded', () => {
  it('leaves out what needs it as well, and the rest goes on', async () => {
    const here = start(TENANT);
    const plan = await planned(here, { exclude: ['computeSources/mc_a', 'dataServiceApps'] });
    expect(acts(plan)).toEqual([
      'create userGroups/readers',
      'create userGroups/writers',
      'create computeSources/mc_b',
      'create projects/b',
      'create dataServiceAppGroups/empty',
      'create dataServiceAppGroups/finance',
    ]);
    expect(plan.selection?.leftOut).toEqual([
      { address: 'projects/a', because: 'computeSources/mc_a' },
      { address: 'rowPermissions/filter', because: 'projects/a' },
    ]);
    expect(textOf(plan)).toContain('- rowPermissions/filter   left out: it needs projects/a');
    await applied(here, plan);
    expect(acts(await planned(here, { exclude: ['computeSources/mc_a'], target: ['**'] }))).toEqual([
      'create dataServiceApps/finance/portal',
    ]);
  });

  it('does not count as looked at what it left out', async () => {
    const here = start(TENANT);
    await applied(here, await planned(here, { target: ['userGroups/*', 'dataServiceAppGroups/empty'] }));
    await applied(here, await planned(here));
    const { report } = await here.drift({ maxCalls: 0 });
    expect(report?.kinds.find(({ kind }) => kind === 'userGroups')?.at).not.toBeNull();
    const before = report?.kinds.find(({ kind }) => kind === 'userGroups')?.at;
    here.clock.advance(3_600_000);
    here.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': TENANT.replace('finance: {}, empty', 'empty') });
    here.write({
      'phinfra.yaml': HEAD,
      'tenant.yaml': TENANT.replace('writers: { members: [alice@example.com] }', 'writers: { members: [] }'),
    });
    await applied(here, await planned(here, { target: ['userGroups/writers'] }));
    const after = (await here.drift({ maxCalls: 0 })).report?.kinds;
    const kindOf = (kind: string) => after?.find((one) => one.kind === kind);
    // The list shows all groups; of the members only one group's were read; of other kinds nothing.
    expect(kindOf('userGroups')?.at).not.toBe(before);
    expect(kindOf('userGroups')?.oldest).toBe(before);
    expect(kindOf('computeSources')?.at).toBe(before);
  });
});

describe('a selection that cannot be', () => {
  it.each([
    [{ target: ['userGroups/raeders'] }, '--target "userGroups/raeders" names nothing', 'Did you mean "userGroups/readers"?'],
    [{ exclude: ['projects/a/members/**'] }, '--exclude "projects/a/members/**" names nothing', '--exclude projects/a.'],
    [{ target: ['tables/*'] }, '--target "tables/*" names nothing', 'a glob in quotes'],
  ])('%j is refused before anything is read', async (options, message, hint) => {
    const here = start(TENANT);
    const { exit, plan, diagnostics } = await here.plan(options);
    expect({ exit, plan, calls: here.calls() }).toEqual({ exit: 3, plan: null, calls: {} });
    expect(diagnostics).toMatchObject([{ code: 'SELECTION_EMPTY', message: expect.stringContaining(message) }]);
    expect(diagnostics[0]?.hint).toContain(hint);
  });
});

describe('a selection from a snapshot', () => {
  it('is the one of the live tenant', async () => {
    const here = start(TENANT);
    expect((await here.snapshot()).exit).toBe(0);
    const options = { target: ['projects/*'] };
    const live = await planned(here, options);
    here.calls();
    const held = await planned(here, { ...options, from: 'latest' });
    expect(here.calls()).toEqual({});
    expect(held.changes).toEqual(live.changes);
    expect(held.selection).toEqual(live.selection);
  });
});
