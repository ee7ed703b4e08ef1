/** Grants that are asked one by one, after the group that holds them was renamed. */
import { expect, it } from 'vitest';
import { RESOURCE_WORLD } from './resource-grants.case.ts';
import { startTenant, stepsOf } from './tenant.ts';

it('a renamed group keeps its grants', async () => {
  const tenant = startTenant({ world: { ...RESOURCE_WORLD, userGroups: [] } });
  const files = (name: string, more = {}) => ({
    userGroups: { [name]: { description: 'x', ...more } },
    resourceGrants: { dataSources: { orders_db: { syncRead: [`userGroups/${name}`] } } },
  });
  await tenant.settle(files('g1'));
  expect(stepsOf(await tenant.plan(files('g2', { renamedFrom: 'g1' })))).toEqual(['userGroups/g2#update']);
});
