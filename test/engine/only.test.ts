/** `--only`: of all differences those that were made by the files, by others, by time, by leaving, by a rotation. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderPlan } from '../../cli/render/plan.ts';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Only, Plan, PlanOptions } from '../../engine/index.ts';
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
secrets: { env: ["APP_*"] }
`;
const ALICE = '300000002';
const BOB = '300000003';
const BEFORE = `userGroups:
  readers:
    description: Reads
    members: [alice@example.com, { who: bob@example.com, until: 2026-11-24 }]
  writers: { description: Writes, members: [] }
dataServiceAppGroups: { finance: {} }
dataServiceApps: { finance: { portal: { scenarios: s, owners: [owner@example.com], secret: "\${env:APP_SECRET}" } } }
`;
const TOMORROW = '2026-11-25';

const planned = async (here: Sim, options: PlanOptions & { now?: string } = {}): Promise<Plan> => {
  const { plan, diagnostics } = await here.plan(options);
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const apply = async (here: Sim, plan: Plan): Promise<void> => {
  const { exit, failed, diagnostics } = await here.apply(plan);
  expect({ exit, failed, diagnostics }).toEqual({ exit: 0, failed: 0, diagnostics: [] });
  here.clock.advance(60_000);
};
const acts = ({ changes }: Plan): readonly string[] =>
  changes
    .filter(({ action }) => action !== 'none')
    .map(({ action, address, fields }) =>
      [
        `${action} ${address}`,
        ...(action === 'update'
          ? fields.filter(({ stands }) => !stands).map(({ pointer, reason }) => `${pointer} ${reason}`)
          : []),
      ].join(' '),
    );

/** A tenant where everything has happened to `readers` at once; the secret of the app is another one, and `writers` is gone. */
const start = async (): Promise<Sim> => {
  const env: Record<string, string> = { APP_SECRET: 'SecretOne123456789012345678901234' };
  sim = startSim({ world: parseWorld(defaultWorld('basic')), env });
  sim.write({ 'phinfra.yaml': HEAD, 'tenant.yaml': BEFORE });
  await apply(sim, await planned(sim));
  env['APP_SECRET'] = 'SecretTwo123456789012345678901234';
  sim.service.change((world) => {
    world.userGroups = world.userGroups.filter(({ Name }) => Name !== 'writers');
    for (const group of world.userGroups) group.Members = group.Members.filter(({ UserId }) => UserId !== ALICE);
  });
  sim.write({
    'phinfra.yaml': HEAD,
    'tenant.yaml': BEFORE.replace('description: Reads', 'description: Reads marts\n    lifecycle: { prevent: [delete] }').replace(
      'members: [alice',
      'members: [carol@example.com, alice',
    ),
  });
  sim.clock.advance(86_400_000);
  return sim;
};
const membersOf = (here: Sim): readonly string[] =>
  here.service
    .world()
    .userGroups.filter(({ Name }) => Name === 'readers')
    .flatMap(({ Members }) => Members.map(({ UserId }) => UserId));

const EXPECTED: Readonly<Record<Only, readonly string[]>> = {
  declared: ['update userGroups/readers /description changed /members/carol@example.com added'],
  drifted: ['update userGroups/readers /members/alice@example.com drifted', 'create userGroups/writers'],
  expired: ['update userGroups/readers /members/bob@example.com expired'],
  leaver: [],
  secret: ['update dataServiceApps/finance/portal /secret secret'],
};

describe('a plan for some reasons', () => {
  it('has the changes of these, and says of what there is more', async () => {
    const here = await start();
    const whole = acts(await planned(here, { now: TOMORROW }));
    expect(whole).toEqual([
      'update userGroups/readers /description changed /members/alice@example.com drifted /members/bob@example.com expired /members/carol@example.com added',
      'create userGroups/writers',
      'update dataServiceApps/finance/portal /secret secret',
    ]);
    for (const [reason, expected] of Object.entries(EXPECTED))
      expect([reason, acts(await planned(here, { now: TOMORROW, only: [reason as Only] }))]).toEqual([reason, expected]);
    const all = await planned(here, { now: TOMORROW, only: ['declared', 'drifted', 'expired', 'leaver', 'secret'] });
    expect(acts(all)).toEqual(whole);
    const plan = await planned(here, { now: TOMORROW, only: ['expired', 'leaver'] });
    expect(plan.selection).toMatchObject({
      only: ['expired', 'leaver'],
      otherReasons: ['dataServiceApps/finance/portal', 'userGroups/readers', 'userGroups/writers'],
      notLookedAt: [],
    });
    expect(plan.summary).toMatchObject({ update: 1, create: 0, unchanged: 1 });
    const text = renderPlan(plan, { color: false, width: 100 });
    expect(text).toContain('Looked at 4 resources (--only expired,leaver).');
    expect(text).toContain('Differences of 3 resources for other reasons are not in this plan (--full names them).');
    expect(renderPlan(plan, { color: false, width: 100, full: true })).toContain('not in this plan: --only');
  });

  it('takes away who has expired and nothing else; what is left is in the next plan, reason by reason', async () => {
    const here = await start();
    await apply(here, await planned(here, { now: TOMORROW, only: ['expired'] }));
    expect(membersOf(here)).toEqual([]);
    expect(acts(await planned(here, { now: TOMORROW, only: ['expired'] }))).toEqual([]);
    expect(acts(await planned(here, { now: TOMORROW }))).toEqual([
      'update userGroups/readers /description changed /members/alice@example.com drifted /members/carol@example.com added',
      'create userGroups/writers',
      'update dataServiceApps/finance/portal /secret secret',
    ]);
    await apply(here, await planned(here, { now: TOMORROW, only: ['drifted'] }));
    expect(membersOf(here)).toEqual([ALICE]);
    await apply(here, await planned(here, { now: TOMORROW, only: ['secret'] }));
    expect(acts(await planned(here, { now: TOMORROW }))).toEqual([
      'update userGroups/readers /description changed /members/carol@example.com added',
    ]);
    await apply(here, await planned(here, { now: TOMORROW }));
    expect(acts(await planned(here, { now: TOMORROW }))).toEqual([]);
    expect(membersOf(here)).not.toContain(BOB);
  });

  it('takes away who has left', async () => {
    const here = await start();
    here.service.change((world) => {
      world.members = world.members.filter(({ UserId }) => UserId !== BOB);
    });
    const plan = await planned(here, { now: '2026-11-24', only: ['leaver'] });
    expect(acts(plan)).toEqual(['update userGroups/readers /members/bob@example.com leaver']);
  });

  it('records no protection and no list that nobody has reviewed', async () => {
    const here = await start();
    const plan = await planned(here, { now: TOMORROW, only: ['expired'] });
    expect(plan.changes.map(({ record }) => record?.prevent)).toEqual([[]]);
    expect(plan.changes.map(({ record }) => Object.keys(record?.fields ?? {}))).toEqual([
      ['/description', '/members/alice@example.com'],
    ]);
  });

  it('leaves out what cannot do without a change for another reason', async () => {
    const here = await start();
    here.write({
      'phinfra.yaml': HEAD,
      'tenant.yaml': `${BEFORE.replace('finance: {}', 'finance: {}, retail: {}')}`.replace(
        'finance: { portal',
        'retail: { shop: { scenarios: s, owners: [owner@example.com] } }, finance: { portal',
      ),
    });
    expect(acts(await planned(here, { now: TOMORROW, only: ['drifted'] }))).toEqual(EXPECTED.drifted);
    expect(acts(await planned(here, { now: TOMORROW, only: ['declared'] }))).toEqual([
      'create dataServiceAppGroups/retail',
      'create dataServiceApps/retail/shop',
    ]);
  });

  it('goes with addresses, and not with --destroy', async () => {
    const here = await start();
    const plan = await planned(here, { now: TOMORROW, only: ['drifted'], target: ['userGroups/writers'] });
    expect(acts(plan)).toEqual(['create userGroups/writers']);
    const { exit, diagnostics } = await here.plan({ destroy: true, only: ['drifted'] });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect({ exit, codes: errors.map(({ code }) => code) }).toEqual({ exit: 3, codes: ['OPTION_WRONG'] });
  });
});
