/** What reads do not show, what a kill leaves, and what an adoption has not finished: found by the soak (RELIABILITY 3.4, G5). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld, type SwitchSettings } from '../../emulator/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const start = (collections: object, options: { readonly switches?: SwitchSettings; readonly world?: object } = {}): Sim => {
  const { switches, world = {} } = options;
  const sim = startSim({
    world: parseWorld({ ...defaultWorld('basic'), ...world }),
    env: { MC_KEY: 'hunter2-hunter2' },
    ...(switches ? { switches } : {}),
  });
  onTestFinished(sim.end);
  sim.write(tenantFiles(collections, { secrets: { env: ['MC_*'] } }));
  return sim;
};
const SOURCE = {
  type: 'MAX_COMPUTE',
  config: {
    'maxcompute.endpoint': 'http://service.example.com/api',
    'maxcompute.project': 'p',
    'maxcompute.access.id': 'reader',
    'maxcompute.access.key': '${env:MC_KEY}',
  },
};
const codesOf = ({ diagnostics }: { readonly diagnostics: readonly { readonly code: string; readonly address?: string }[] }) =>
  diagnostics.map(({ code, address }) => [code, address]);

describe('what no read shows', () => {
  it('is told with what names it, and neither of them is planned', async () => {
    const sim = start({
      computeSources: { mc1: SOURCE },
      projects: { finance: { mode: 'basic', computeSource: 'mc1' } },
      userGroups: { readers: { description: 'Readers' } },
    });
    sim.service.faults.add([{ match: { action: 'ListComputeSources' }, times: 9, do: 'total' }]);
    const planned = await sim.plan();
    expect(codesOf(planned)).toEqual([
      ['LIST_INCOMPLETE', 'computeSources/mc1'],
      ['LIST_INCOMPLETE', 'projects/finance'],
    ]);
    expect(planned.plan?.steps.map(({ id }) => id)).toEqual(['userGroups/readers#create']);
  });

  it('is an error of the files where it is a person whom others name', async () => {
    const ghost = 'ghost@example.com';
    const sim = start({
      tenantMembers: { [ghost]: {} },
      projects: { finance: { mode: 'basic', members: { prod: { analyst: [ghost] } } } },
    });
    expect(await sim.plan()).toMatchObject({ exit: 3, plan: null, diagnostics: [{ code: 'REFERENCE_UNKNOWN' }] });
  });
});

describe('a plan after a kill', () => {
  it('waits until a create that was left open is shown, and makes nothing twice', async () => {
    const sim = start({ computeSources: { mc1: SOURCE } }, { switches: { duplicates: 'allowed', lagMs: 20_000 } });
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    await sim.apply(plan, { crash: { write: 1, when: 'after' } }).catch(() => undefined);
    const waits: unknown[] = [];
    const begunMs = sim.clock.nowMs();
    const next = await sim.plan({ onPause: (reason, seconds) => waits.push([reason, seconds]) });
    expect(waits).toEqual([['what a run that was killed has sent must show first', expect.closeTo(30, 0)]]);
    expect(sim.clock.nowMs() - begunMs).toBeGreaterThanOrEqual(29_000);
    expect(next.plan?.changes.map(({ address, action }) => [address, action])).toEqual([['computeSources/mc1', 'adopt']]);
  });
});

describe('an adoption that was stopped between two calls', () => {
  it('has taken the secret on trust, and the next run does not send it', async () => {
    const owner = parseWorld(defaultWorld('basic')).members[0]?.UserId ?? '';
    const sim = start(
      {
        dataServiceApps: {
          default: {
            portal: {
              scenarios: 'declared',
              owners: ['owner@example.com'],
              members: ['alice@example.com'],
              secret: '${env:MC_KEY}',
              secretsVersion: '2026-11',
            },
          },
        },
      },
      {
        world: {
          appGroups: [{ Id: '500', Name: 'default' }],
          apps: [
            {
              AppId: '7000',
              AppName: 'portal',
              AppGroupId: '500',
              AppKey: 'key',
              AppSecret: 'secret-in-use',
              Scenarios: 'by hand',
              OwnerIds: [owner],
              Members: [],
            },
          ],
        },
      },
    );
    const { plan } = await sim.plan();
    if (!plan) throw new Error('there is no plan');
    sim.service.faults.add([{ match: { action: 'AddDataServiceAppMember' }, do: 'fail', status: 403, code: 'Forbidden.RAM' }]);
    await sim.apply(plan);
    sim.service.faults.clear();
    sim.clock.advance(60_000);
    const next = await sim.plan();
    expect(next.plan?.steps.map(({ operation }) => operation)).toEqual(['AddDataServiceAppMember']);
  });
});
