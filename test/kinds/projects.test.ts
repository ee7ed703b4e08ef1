import { describe, expect, it } from 'vitest';
import { projectCases } from './projects.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant, stepsOf } from './tenant.ts';

for (const one of projectCases) describeKind(one);

const [OWNER, ALICE, BOB] = ['owner@example.com', 'alice@example.com', 'bob@example.com'];
const DELETABLE = { allow: ['delete'] };

describe('projects', () => {
  it('are created by a caller who becomes their administrator: his row is updated, never added', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({
      projects: { p: { mode: 'basic', members: { prod: { developer: [OWNER], admin: [ALICE] } } } },
    });
    expect(stepsOf(plan)).toEqual(['projects/p#create', 'projects/p#prod members+', 'projects/p#prod members~']);
  });

  it('let the creator stand where the workspace does not tell the caller', async () => {
    const tenant = startTenant({ caller: null });
    await tenant.settle({ projects: { p: { mode: 'dev-prod', members: { prod: { admin: [ALICE] }, dev: {} } } } });
  });

  it('need no call for a creator who is declared as administrator', async () => {
    const tenant = startTenant();
    const plan = await tenant.settle({ projects: { p: { mode: 'basic', members: { prod: { admin: [OWNER] } } } } });
    expect(stepsOf(plan)).toEqual(['projects/p#create']);
  });

  it('collect the roles of somebody who is named under several', async () => {
    const tenant = startTenant();
    await tenant.settle({
      projects: { p: { mode: 'basic', members: { prod: { admin: [ALICE], developer: [ALICE], '17': [ALICE] } } } },
    });
    expect(tenant.sim.service.world().projects[0]?.Halves.PROD.Members['300000002']).toEqual([1, 2, 17]);
  });

  it('may be of type DISTILL, in basic mode only', async () => {
    const tenant = startTenant();
    await tenant.settle({ projects: { p: { mode: 'basic', type: 'DISTILL' } } });
    expect(tenant.sim.service.world().projects[0]?.Type).toBe('DISTILL');
    expect(await tenant.errors({ projects: { q: { mode: 'dev-prod', type: 'DISTILL' } } })).toEqual(['VALUE_WRONG']);
  });

  it('take their code name as display name where none is declared', async () => {
    const tenant = startTenant();
    await tenant.settle({ projects: { p: { mode: 'basic' } } });
    expect(tenant.sim.service.world().projects[0]?.Halves.PROD.DisplayName).toBe('p');
  });

  it('have code names of letters, digits and underscores, and none that are kept for business units', async () => {
    const tenant = startTenant();
    for (const name of ['a-b', 'ld_x', 'LD_x', '财务', `${'a'.repeat(65)}`])
      expect([name, await tenant.errors({ projects: { [name]: { mode: 'basic' } } })]).toEqual([name, ['NAME_WRONG']]);
  });

  it('whose name ends in _dev are not taken for the half of another', async () => {
    const tenant = startTenant();
    await tenant.settle({
      projects: { x_dev: { mode: 'basic', description: 'by itself' }, y: { mode: 'dev-prod', description: { dev: 'half' } } },
    });
  });

  it('of one mode do not take what belongs to the other', async () => {
    const tenant = startTenant();
    expect(
      await tenant.errors({
        projects: {
          a: { mode: 'basic', description: { prod: 'p', dev: 'd' } },
          b: { mode: 'dev-prod', description: 'one text' },
          c: { mode: 'basic', members: { dev: {} } },
        },
      }),
    ).toEqual(['VALUE_WRONG', 'TYPE_WRONG', 'VALUE_WRONG']);
  });

  it('on which something depends are not deleted, and the check costs one call', async () => {
    const tenant = startTenant();
    await tenant.settle({ projects: { p: { mode: 'basic', lifecycle: DELETABLE } } });
    tenant.sim.service.change((world) => {
      for (const project of world.projects) project.HasDependency = true;
    });
    tenant.sim.calls();
    const plan = await tenant.plan({ projects: {} });
    expect(guardsOf(plan)).toEqual(['PROJECT_IN_USE']);
    expect(plan.steps).toEqual([]);
    expect(tenant.sim.calls()).toMatchObject({ CheckProjectHasDependency: 1 });
  });

  it('are protected against deletion from birth', async () => {
    const tenant = startTenant();
    await tenant.settle({ projects: { p: { mode: 'basic' } } });
    expect(guardsOf(await tenant.plan({ projects: {} }))).toEqual(['DELETE_PREVENTED']);
  });

  it('name a business unit only on the edition that has them, and one that is live', async () => {
    const tenant = startTenant({ edition: 'intelligent' });
    await tenant.settle({ projects: { p: { mode: 'basic', bizUnit: 'retail' } } });
    expect(await tenant.errors({ projects: { p: { mode: 'basic', bizUnit: 'retial' } } })).toEqual(['REFERENCE_UNKNOWN']);
  });

  it('refuse a white list with one line twice', async () => {
    const row = { ip: '10.0.0.1', port: '80' };
    expect(await startTenant().errors({ projects: { p: { mode: 'basic', whiteList: [row, row] } } })).toEqual(['KEY_DUPLICATE']);
  });

  it('keep what the files do not give when something else changes', async () => {
    const tenant = startTenant({
      edition: 'intelligent',
      switches: { absentOnUpdate: 'cleared' },
      world: { computeSources: [{ Name: 'mc' }] },
    });
    await tenant.settle({
      projects: {
        p: {
          mode: 'dev-prod',
          displayName: 'P',
          description: { prod: 'p', dev: 'd' },
          computeSource: { prod: 'mc' },
          bizUnit: 'retail',
          namespaceTag: 'BASE',
          whiteList: [{ ip: '10.0.0.1', port: '80', description: 'w' }],
        },
      },
    });
    const before = tenant.sim.service.world().projects[0];
    await tenant.settle({ projects: { p: { displayName: 'Q' } } });
    const after = tenant.sim.service.world().projects[0];
    expect(after).toMatchObject({
      NameSpaceTag: 'BASE',
      BizUnitId: before?.BizUnitId,
      WhiteLists: before?.WhiteLists,
      Halves: {
        PROD: { DisplayName: 'Q', Description: 'p', ComputeSourceId: before?.Halves.PROD.ComputeSourceId },
        DEV: { Description: 'd' },
      },
    });
  });

  it('may change a bound compute source with leave, where the service lets them', async () => {
    const tenant = startTenant({
      switches: { boundComputeSource: 'changeable' },
      world: { computeSources: [{ Name: 'mc' }, { Name: 'other' }] },
    });
    await tenant.settle({ projects: { p: { mode: 'basic', computeSource: 'mc' } } });
    await tenant.settle({ projects: { p: { mode: 'basic', computeSource: 'other', lifecycle: { allow: ['rebind'] } } } });
  });

  it('are refused offline on a private deployment that is too old to write them', async () => {
    const tenant = startTenant();
    tenant.sim.write({
      'phinfra.yaml': JSON.stringify({
        phinfra: 1,
        tenant: '300001413',
        edition: 'basic',
        serverVersion: '6.2',
        connection: { region: 'cn-shanghai' },
        resources: ['tenant.yaml'],
      }),
      'tenant.yaml': JSON.stringify({ projects: { p: { mode: 'basic', members: { prod: { admin: [BOB] } } } } }),
    });
    const { exit, diagnostics } = await tenant.sim.plan();
    expect([exit, diagnostics.map(({ code }) => code)]).toEqual([3, ['SERVER_TOO_OLD']]);
    expect(tenant.sim.sent()).toEqual([]);
  });
});
