import { describe, expect, it } from 'vitest';
import { computeSourceCases } from './compute-sources.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';

for (const one of computeSourceCases) describeKind(one);

const CONFIG = {
  'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
  'maxcompute.project': 'finance',
  'maxcompute.access.id': 'reader',
  'maxcompute.access.key': '${env:MC_KEY}',
};
const SOURCE = { type: 'MAX_COMPUTE', description: 'Finance', config: CONFIG };

describe('compute sources', () => {
  it('of MaxCompute need their four keys, each told by name', async () => {
    const tenant = startTenant();
    expect(await tenant.errors({ computeSources: { mc: { type: 'MAX_COMPUTE', config: {} } } })).toEqual([
      'KEY_MISSING',
      'KEY_MISSING',
      'KEY_MISSING',
      'KEY_MISSING',
    ]);
  });

  it('need a type and a config to be created, and neither to be adopted', async () => {
    const tenant = startTenant({ world: { computeSources: [{ Name: 'live' }] } });
    expect(await tenant.errors({ computeSources: { fresh: {} } })).toEqual(['FIELD_REQUIRED', 'FIELD_REQUIRED']);
    await tenant.settle({ computeSources: { live: { type: 'MAX_COMPUTE' } } });
  });

  it('that cannot be reached are not created: the check before says so, and nothing else is sent', async () => {
    const tenant = startTenant({ world: { unreachable: ['service.cn-shanghai'] } });
    const { plan, result } = await tenant.apply({ computeSources: { mc: { ...SOURCE, check: 'connectivity' } } });
    expect(stepsOf(plan)).toEqual(['computeSources/mc#check', 'computeSources/mc#create', 'computeSources/mc#checked']);
    expect(result.exit).toBe(5);
    expect(result.steps.map(({ outcome, code }) => [outcome, code])).toContainEqual(['rejected', 'UNREACHABLE']);
    expect(tenant.sim.service.world().computeSources).toEqual([]);
  });

  it('with a check end well where the target answers', async () => {
    const tenant = startTenant();
    await tenant.settle({ computeSources: { mc: { ...SOURCE, check: 'connectivity' } } });
    expect(tenant.sim.calls()).toMatchObject({ CheckComputeSourceConnectivity: 1, CheckComputeSourceConnectivityById: 1 });
  });

  it('send the secret, and nothing but the service ever sees it', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({ computeSources: { mc: SOURCE } });
    expect(tenant.sim.service.world().computeSources[0]?.Config['maxcompute.access.key']).toBe('hunter2-hunter2');
    expect(JSON.stringify(plan)).not.toContain('hunter2');
    expect(plan.needs).toEqual(['env:MC_KEY']);
  });

  it('take another source with the same value for no change of the value, but for one of the config', async () => {
    const tenant = startTenant();
    await tenant.settle({ computeSources: { mc: SOURCE } });
    const other = { ...SOURCE, config: { ...CONFIG, 'maxcompute.access.key': '${env:MC_OTHER}' } };
    const plan = await tenant.settle({ computeSources: { mc: other } });
    expect(plan.changes.flatMap((change) => change.fields.map(({ pointer, reason }) => [pointer, reason]))).toEqual([
      ['/config/maxcompute.access.key', 'secret'],
    ]);
  });

  it('cannot back two with one MaxCompute project: the refusal is told, what does not depend on it goes on', async () => {
    const tenant = startTenant();
    const { result } = await tenant.apply({
      computeSources: { a: SOURCE, b: SOURCE },
      userGroups: { g: {} },
    });
    expect([result.exit, result.applied, result.failed]).toEqual([5, 2, 1]);
    expect(tenant.sim.service.world().userGroups.map((group) => group.Name)).toEqual(['g']);
  });

  it('refuse a literal secret with its place', async () => {
    const tenant = startTenant();
    const literal = { ...SOURCE, config: { ...CONFIG, 'maxcompute.access.key': 'hunter3' } };
    expect(await tenant.errors({ computeSources: { mc: literal } })).toEqual(['SECRET_LITERAL']);
  });

  it('are guarded as long as a project holds them', async () => {
    const tenant = startTenant();
    const source = { ...SOURCE, lifecycle: { allow: ['delete'] } };
    const project = { mode: 'basic', computeSource: 'mc', lifecycle: { allow: ['delete'] } };
    await tenant.settle({ computeSources: { mc: source }, projects: { p: project } });
    expect(
      guardsOf(await tenant.plan({ computeSources: {}, projects: { p: { mode: 'basic', lifecycle: { allow: ['delete'] } } } })),
    ).toEqual(['IN_USE']);
    const plan = await tenant.settle({ computeSources: {}, projects: {} });
    expect(stepsOf(plan)).toEqual(['projects/p#delete', 'computeSources/mc#delete']);
  });
});
