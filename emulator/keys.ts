/** Access keys of a world. */
import type { Key, World } from './world.ts';

export type KeyMaker = (userId: string, readOnly: boolean) => Key;

/**
 * A world with at least one key that may write and one that may not.
 *
 * A world's own keys stay. Without any, the keys of the world before stay as long as their users are there; what is
 * missing is made for the super administrator, else for the first member.
 *
 * @throws Error when nobody could own a key
 */
export const fillKeys = (world: World, before: readonly Key[], makeKey: KeyMaker): World => {
  const owner = world.members.find((member) => member.RoleList.includes('SUPER_ADMIN')) ?? world.members[0];
  const users = new Set(world.users.map((user) => user.Id));
  const keys = world.keys.length > 0 ? world.keys : before.filter((key) => users.has(key.userId));
  const userId = owner?.UserId ?? keys[0]?.userId;
  if (userId === undefined) throw new Error('world.members: a world needs a member who owns its keys');
  const missing = [false, true].filter((readOnly) => !keys.some((key) => key.readOnly === readOnly));
  return { ...world, keys: [...keys, ...missing.map((readOnly) => makeKey(userId, readOnly))] };
};
