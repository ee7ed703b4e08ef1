/** What waits for an approval in a world, and what somebody does about it in the console (BEHAVIOUR 4, Q40). */
import type { Draft, World } from './world.ts';
import { approveGrants } from './worlds/resource-grants.ts';

/** @param world a draft; everything in it that waits takes effect, in the place of what held until now */
export const approveAll = (world: Draft<World>): void => {
  approveGrants(world);
  // Putting the world back lets the later of two grants of one right hold.
  for (const project of world.dataServiceProjects)
    for (const api of project.Apis) for (const grant of api.Grants) grant.Pending = false;
};

/** @param world a draft; everything in it that waits is refused, and what holds until now stays */
export const refuseAll = (world: Draft<World>): void => {
  for (const grant of world.resourceGrants) grant.Pending = {};
  world.resourceGrants = world.resourceGrants.filter((grant) => Object.keys(grant.Operations).length > 0);
  for (const project of world.dataServiceProjects)
    for (const api of project.Apis) api.Grants = api.Grants.filter((grant) => !grant.Pending);
};
