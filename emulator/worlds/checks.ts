/** What the parts of a world must be to each other: no id or name twice, no reference to nothing. */
import type { World } from '../world.ts';
import { checkDataServiceReferences, checkUniqueDataService } from './data-service.ts';
import { sourceHalves } from './data-sources.ts';

/** @throws Error that names the place */
export const checkWorld = (world: World): void => {
  checkUnique(world);
  checkAccounts(world);
  checkReferences(world);
};

const checkUnique = (world: World): void => {
  const check = (collection: string, field: string, values: readonly string[]): void => {
    const seen = new Set<string>();
    for (const [at, value] of values.entries()) {
      if (seen.has(value)) throw new Error(`world.${collection}[${at}].${field}: "${value}" is there twice`);
      seen.add(value);
    }
  };
  const ids = (collection: string, rows: readonly { readonly Id: string }[]): void =>
    check(
      collection,
      'Id',
      rows.map((row) => row.Id),
    );
  ids('users', world.users);
  ids('userGroups', world.userGroups);
  ids('computeSources', world.computeSources);
  ids('projects', world.projects);
  ids('bizUnits', world.bizUnits);
  checkUniqueDataService(world, check);
  check(
    'dataSources',
    'Id',
    world.dataSources.flatMap(sourceHalves).map((half) => half.Id),
  );
  check(
    'resourceGrants',
    'RecordId',
    world.resourceGrants.map((row) => row.RecordId),
  );
  check(
    'resourceGrantLog',
    'OperateId',
    world.resourceGrantLog.map((row) => row.OperateId),
  );
  check(
    'rowPermissions',
    'RowPermissionId',
    world.rowPermissions.map((row) => row.RowPermissionId),
  );
  check(
    'members',
    'UserId',
    world.members.map((row) => row.UserId),
  );
  check(
    'keys',
    'id',
    world.keys.map((row) => row.id),
  );
  check(
    'userGroups',
    'Name',
    world.userGroups.map((row) => row.Name),
  );
  check(
    'projects',
    'Name',
    world.projects.map((row) => row.Name),
  );
};

/** Grants name an account by its id alone (BEHAVIOUR 3.11): people, groups and production accounts share no id. */
const checkAccounts = (world: World): void => {
  const places = new Map<string, string>();
  for (const [place, id] of [
    ...world.users.map((row, at) => [`world.users[${at}].Id`, row.Id] as const),
    ...world.userGroups.map((row, at) => [`world.userGroups[${at}].Id`, row.Id] as const),
    ...world.projects.map((row, at) => [`world.projects[${at}].ProduceUserId`, row.ProduceUserId] as const),
  ]) {
    const other = places.get(id);
    if (other !== undefined) throw new Error(`${place}: "${id}" is ${other} already`);
    places.set(id, place);
  }
};

const checkReferences = (world: World): void => {
  const users = new Set(world.users.map((user) => user.Id));
  const sources = new Set(world.computeSources.map((source) => source.Id));
  checkDataServiceReferences(world, users);
  for (const [at, key] of world.keys.entries())
    if (!users.has(key.userId)) throw new Error(`world.keys[${at}].userId: no user has the id ${key.userId}`);
  for (const [at, member] of world.members.entries())
    if (!users.has(member.UserId)) throw new Error(`world.members[${at}].UserId: no user has the id ${member.UserId}`);
  for (const [at, project] of world.projects.entries()) {
    const place = `world.projects[${at}]`;
    if ((project.Mode === 'DEV_PROD') !== (project.Halves.DEV !== null))
      throw new Error(`${place}.Halves: DEV belongs to mode DEV_PROD, and only to it`);
    for (const half of [project.Halves.PROD, project.Halves.DEV])
      for (const id of half ? [half.ComputeSourceId, half.StreamComputeSourceId] : [])
        if (id !== null && !sources.has(id)) throw new Error(`${place}: no compute source has the id ${id}`);
    if (project.BizUnitId !== null && !world.bizUnits.some((unit) => unit.Id === project.BizUnitId))
      throw new Error(`${place}.BizUnitId: no biz unit has the id ${project.BizUnitId}`);
  }
  const halves = new Set(world.dataSources.flatMap(sourceHalves).map((half) => half.Id));
  for (const [at, grant] of world.resourceGrants.entries())
    if (grant.ResourceType === 'DATASOURCE' && !halves.has(grant.ResourceId))
      throw new Error(`world.resourceGrants[${at}].ResourceId: no data source has the id ${grant.ResourceId}`);
};
