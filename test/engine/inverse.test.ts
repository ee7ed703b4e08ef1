/** The way back of a run: what it names, what stands in the way, and that it never sends nor keeps anything. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { approveAll, defaultWorld, parseWorld } from '../../emulator/index.ts';
import { type AuditedRun, forget, history, type InverseResult, parsePlan } from '../../engine/index.ts';
import { RESOURCE_WORLD } from '../kinds/resource-grants.case.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const CANARY = 'k-canary-7f3a';
const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const GROUP = 'userGroups/analysts';

const started = (): Sim => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')), env: { MC_KEY: CANARY } });
  onTestFinished(sim.end);
  return sim;
};
const invocation = (sim: Sim) => ({ folder: sim.folder, variables: {}, env: {}, home: sim.folder });
const runsOf = async (sim: Sim): Promise<readonly AuditedRun[]> => (await history(invocation(sim), null)).runs;
/** Applies the collections, and tells the run's id. */
const apply = async (sim: Sim, collections: object): Promise<string> => {
  sim.write(tenantFiles(collections, { secrets: { env: ['MC_*'] } }));
  sim.clock.advance(60_000);
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const { exit, diagnostics: told } = await sim.apply(plan);
  expect({ exit, told }).toEqual({ exit: 0, told: [] });
  return (await runsOf(sim))[0]?.begin.run ?? '';
};
const shownOf = ({ way }: InverseResult) =>
  way?.changes
    .filter(({ action }) => action !== 'none')
    .map(({ address, action, fields }) =>
      action === 'update'
        ? [action, address, ...fields.map(({ pointer, before, after }) => [pointer, before, after])]
        : [action, address],
    );
const told = ({ obstacles }: InverseResult) => obstacles.map(({ what, address, message }) => `${what} ${address} ${message}`);
const group = (description: string, members: readonly string[] = []) => ({ description, members });
const auditFile = (sim: Sim): string => {
  const folder = join(sim.folder, '.phinfra', 'default', 'audit');
  return join(folder, readdirSync(folder)[0] ?? '');
};

describe('the way back of a run', () => {
  it('puts fields back, deletes what was made, makes again what was deleted, and sends nothing', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('Reads marts', [ALICE, BOB]), old: group('Old', [CAROL]) } });
    const run = await apply(sim, { userGroups: { analysts: group('Reads all', [ALICE, CAROL]), new: group('New') } });
    const before = sim.service.world().userGroups;
    const back = await sim.inverse(run);
    expect(shownOf(back)).toEqual([
      [
        'update',
        GROUP,
        ['/description', 'Reads all', 'Reads marts'],
        [`/members/${BOB}`, undefined, true],
        [`/members/${CAROL}`, true, undefined],
      ],
      ['delete', 'userGroups/new'],
      ['create', 'userGroups/old'],
    ]);
    expect(back.way?.changes.find(({ action }) => action === 'create')?.after).toMatchObject(
      group('Old', { [CAROL]: true } as never),
    );
    expect(told(back).map((line) => line.replace(/\d+/g, 'N'))).toEqual([
      'lost userGroups/old Its id was N: the service gives it another one.',
    ]);
    expect(sim.service.world().userGroups).toEqual(before);
    // Nobody can apply it by mistake.
    expect(parsePlan(JSON.stringify(back.way))).toMatchObject({ diagnostics: [{ severity: 'error' }] });
  });

  it('names the later run that changed the same, and its fields', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('One') } });
    const second = await apply(sim, { userGroups: { analysts: group('Two') } });
    const third = await apply(sim, { userGroups: { analysts: group('Three', [BOB]) } });
    const back = await sim.inverse(second);
    expect(shownOf(back)).toEqual([['update', GROUP, ['/description', 'Three', 'One']]]);
    const at = (await runsOf(sim))[0]?.begin.at;
    expect(back.obstacles).toEqual([
      { address: GROUP, what: 'later', run: third, message: `Run ${third} of ${at} has changed it since (update): description.` },
    ]);
    // One that was deleted since is made again, as it was before the run.
    await apply(sim, { userGroups: {} });
    const after = await sim.inverse(second);
    expect(shownOf(after)).toEqual([['create', GROUP]]);
    expect(after.way?.changes[0]?.after).toMatchObject({ description: 'One' });
  });

  it('tells what somebody else has changed since, and not what is back already', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('One', [ALICE]) } });
    const run = await apply(sim, { userGroups: { analysts: group('Two', [ALICE, BOB]), made: {} } });
    sim.service.change((world) => {
      const [analysts] = world.userGroups.filter(({ Name }) => Name === 'analysts');
      if (analysts) analysts.Description = 'Mine';
      world.userGroups = world.userGroups.filter(({ Name }) => Name !== 'made');
    });
    sim.clock.advance(60_000);
    const back = await sim.inverse(run);
    expect(told(back)).toEqual([
      `outside ${GROUP} description: somebody else has changed it since.`,
      'outside userGroups/made It is not there any more: somebody else has deleted it.',
    ]);
    sim.service.change((world) => {
      for (const one of world.userGroups) if (one.Name === 'analysts') one.Description = 'One';
    });
    expect(told(await sim.inverse(run)).filter((line) => line.includes(GROUP))).toEqual([]);
  });

  it('keeps no secret, and says of which it does not know the value', async () => {
    const sim = started();
    const mc = {
      type: 'MAX_COMPUTE',
      description: 'Finance',
      lifecycle: { allow: ['delete'] },
      config: {
        'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
        'maxcompute.project': 'f',
        'maxcompute.access.id': 'r',
        'maxcompute.access.key': '${env:MC_KEY}',
      },
    };
    await apply(sim, { computeSources: { mc } });
    const run = await apply(sim, {});
    const back = await sim.inverse(run);
    expect(shownOf(back)).toEqual([['create', 'computeSources/mc']]);
    expect(back.way?.bill.toApply.operations).toEqual({ CreateComputeSource: 1 });
    expect(told(back).filter((line) => line.includes('access.key'))).toEqual([
      'lost computeSources/mc config maxcompute.access.key: a secret is never kept: name the source that it had.',
    ]);
    expect(readFileSync(auditFile(sim), 'utf8')).not.toContain(CANARY);
    expect(JSON.stringify(back)).not.toContain(CANARY);
  });

  it.each(['masked', 'omitted', 'plain'] as const)(
    'of a half that was taken away makes it again, and the audit never has its secret (%s)',
    async (secretsInReads) => {
      const sim = started();
      sim.service.setSwitches({ secretsInReads });
      const half = (more: object) => ({
        description: 'Orders',
        config: {
          version: 'MYSQL_8_X',
          'deploy.type': 'PUBLIC',
          'access.type': 'PUBLIC',
          'jdbc.url':
            'jdbc:mysql://orders.example.com:3306/orders?allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false',
          'jdbc.username': 'reader',
          'jdbc.password': '${env:MC_KEY}',
        },
        ...more,
      });
      const source = (halves: object) => ({
        dataSources: { orders_db: { type: 'MYSQL', lifecycle: { allow: ['delete'] }, ...halves } },
      });
      await apply(sim, source({ prod: half({}), dev: half({ name: 'orders_db_dev' }) }));
      const run = await apply(sim, source({ prod: half({}) }));
      const back = await sim.inverse(run);
      expect(back.way?.bill.toApply.operations).toEqual({ CreateDataSource: 1 });
      expect(told(back).join()).toContain('jdbc.password: a secret is never kept');
      expect(readFileSync(auditFile(sim), 'utf8')).not.toContain(CANARY);
      expect(JSON.stringify(back)).not.toContain(CANARY);
    },
  );

  it('goes back over a new name, with the line that the files need', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('One', [ALICE]) } });
    const run = await apply(sim, { userGroups: { readers: { ...group('One', [ALICE]), renamedFrom: 'analysts' } } });
    const back = await sim.inverse(run);
    expect(back.way?.changes.map(({ address, renamedFrom, action }) => [address, renamedFrom, action])).toEqual([
      [GROUP, 'userGroups/readers', 'update'],
    ]);
    expect(back.obstacles).toMatchObject([{ what: 'files', message: expect.stringContaining('renamedFrom: readers') }]);
    expect(back.way?.bill.toApply.operations).toEqual({ UpdateUserGroup: 1 });
  });

  it('reads lines of before, which do not tell what was ours', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('One', [ALICE]) } });
    const run = await apply(sim, {});
    const file = auditFile(sim);
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    writeFileSync(file, lines.map(({ ours: _ours, ...line }) => `${JSON.stringify(line)}\n`).join(''));
    expect(shownOf(await sim.inverse(run))).toEqual([['create', GROUP]]);
  });

  it('of a run that was killed says that others tell what it did', async () => {
    const sim = started();
    sim.write(tenantFiles({ userGroups: { a: {}, b: {} } }));
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    await sim.apply(plan, { crash: { write: 1, when: 'after' } }).catch(() => undefined);
    const [run] = await runsOf(sim);
    const back = await sim.inverse(run?.begin.run ?? '');
    expect(back.obstacles).toMatchObject([{ what: 'unsure', address: `run ${run?.begin.run}` }]);
    // The run that goes on tells all of it, and leads back over all of it.
    sim.clock.advance(60_000);
    expect((await sim.apply(plan, { isSaved: true })).exit).toBe(0);
    const [last] = await runsOf(sim);
    expect(shownOf(await sim.inverse(last?.begin.run ?? ''))).toEqual([
      ['delete', 'userGroups/a'],
      ['delete', 'userGroups/b'],
    ]);
  });

  it('of a grant that waited for an approval takes it back, whether it was given or not', async () => {
    const sim = started();
    sim.service.setSwitches({ approvals: 'on' });
    const TABLE = 'resourceGrants/tables/finance.orders';
    const files = (select: readonly string[]) =>
      tenantFiles({ resourceGrants: { tables: { 'finance.orders': { select } } } }, { approvals: ['resourceGrants/**'] });
    sim.service.change((world) => {
      world.projects.push(...(parseWorld({ ...(defaultWorld('basic') as object), ...RESOURCE_WORLD }).projects as never[]));
    });
    sim.write(files([ALICE]));
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    expect((await sim.apply(plan)).exit).toBe(13);
    const [asking] = await runsOf(sim);
    const waiting = await sim.inverse(asking?.begin.run ?? '');
    expect(waiting.way?.bill.toApply.operations).toEqual({});
    expect(waiting.obstacles).toMatchObject([{ what: 'unsure', address: TABLE }]);
    sim.service.change(approveAll);
    sim.clock.advance(60_000);
    const { plan: next } = await sim.plan();
    if (!next) throw new Error('there is no plan');
    expect((await sim.apply(next)).exit).toBe(0);
    expect((await sim.inverse(asking?.begin.run ?? '')).way?.bill.toApply.operations).toEqual({ RevokeResourcePermission: 1 });
  });

  it('of a command of the record names the command that undoes it', async () => {
    const sim = started();
    await apply(sim, { userGroups: { analysts: group('One') } });
    await forget(invocation(sim), { resources: [GROUP] });
    const [run] = await runsOf(sim);
    const back = await sim.inverse(run?.begin.run ?? '');
    expect(told(back)).toEqual([
      `record ${GROUP} It only left the record: phinfra state adopt ${GROUP}, where the files name it.`,
    ]);
    expect(shownOf(back)).toEqual([]);
  });

  it('takes the beginning of an id, and refuses what names none or several', async () => {
    const sim = started();
    const run = await apply(sim, { userGroups: { analysts: group('One') } });
    expect((await sim.inverse(run.slice(0, 8))).run?.begin.run).toBe(run);
    expect(await sim.inverse('zz')).toMatchObject({
      exit: 3,
      way: null,
      diagnostics: [{ code: 'OPTION_WRONG', message: 'The audit has no run "zz".' }],
    });
    const [begin] = readFileSync(auditFile(sim), 'utf8').split('\n');
    appendFileSync(auditFile(sim), `${(begin ?? '').replace(run, `${run.slice(0, 8)}-other`)}\n`);
    expect(await sim.inverse(run.slice(0, 8))).toMatchObject({ exit: 3, diagnostics: [{ code: 'OPTION_WRONG' }] });
  });
});
