import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../engine/index.ts';
import { appGroupCases } from './app-groups.case.ts';
import { describeKind } from './suite.ts';
import { guardsOf, startTenant } from './tenant.ts';

for (const one of appGroupCases) describeKind(one);

const LISTS = { GetMyTenants: 1, GetDataServiceAppGroups: 1 };

describe('app groups', () => {
  it('are read by one call, and the apps only where one of them is to go', async () => {
    const tenant = startTenant();
    await tenant.settle({ dataServiceAppGroups: { finance: {}, risk: {} } });
    const calls = async (groups: JsonObject) => {
      tenant.sim.calls();
      await tenant.plan({ dataServiceAppGroups: groups });
      return tenant.sim.calls();
    };
    expect(await calls({ finance: {}, risk: {} })).toEqual(LISTS);
    expect(await calls({ finance: {}, danger: { renamedFrom: 'risk' } })).toEqual(LISTS);
    expect(await calls({ finance: {} })).toEqual({ ...LISTS, ListDataServiceApps: 1 });
  });

  it('that were adopted are forgotten, and nobody asks for their apps', async () => {
    const tenant = startTenant();
    await tenant.settle({ dataServiceAppGroups: { default: {} } });
    tenant.sim.calls();
    const plan = await tenant.plan({});
    expect(plan.changes.map(({ action, address }) => [action, address])).toEqual([['forget', 'dataServiceAppGroups/default']]);
    expect(tenant.sim.calls()).toEqual(LISTS);
  });

  it('stay while somebody else’s app is in them, and say which', async () => {
    const tenant = startTenant();
    await tenant.settle({ dataServiceAppGroups: { finance: {} } });
    tenant.sim.service.change((world) => {
      const group = world.appGroups.find((one) => one.Name === 'finance');
      world.apps.push({
        AppId: '-9',
        AppName: 'theirs',
        AppGroupId: group?.Id ?? '',
        AppKey: 'k',
        AppSecret: 's',
        Scenarios: '',
        OwnerIds: ['300000002'],
        Members: [],
        IpWhitelist: '',
        IpWhitelistStatus: false,
      });
    });
    const plan = await tenant.plan({});
    expect(guardsOf(plan)).toEqual(['IN_USE']);
    expect(plan.guards[0]?.message).toContain('dataServiceApps/finance/theirs is in the group');
    expect(plan.steps).toEqual([]);
  });

  it('have names of at most 64 characters, counted as people count them', async () => {
    const tenant = startTenant();
    expect(await tenant.errors({ dataServiceAppGroups: { [`${'组'.repeat(65)}`]: {} } })).toEqual(['NAME_WRONG']);
    await tenant.settle({ dataServiceAppGroups: { [`${'组'.repeat(64)}`]: {} } });
  });
});
