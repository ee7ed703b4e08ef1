/** What is true in the end of a soak case, told from the tenant and the record alone: nothing twice, lost, deleted or taken by mistake. */
import { isDeepStrictEqual } from 'node:util';
import type { World } from '../../../emulator/index.ts';
import type { State } from '../../../engine/core/model.ts';
import { strangersOf } from '../../laws/model.ts';

/** One object with a name of its own: where it stands in the files, and the service's id. */
type Named = { readonly entry: string; readonly id: string };

const namedOf = (world: World): readonly Named[] => {
  const groups = new Map(world.appGroups.map(({ Id, Name }) => [Id, Name]));
  const of = (collection: string, name: string, id: string): Named => ({ entry: `${collection}/${name}`, id });
  return [
    ...world.userGroups.map(({ Name, Id }) => of('userGroups', Name, Id)),
    ...world.computeSources.map(({ Name, Id }) => of('computeSources', Name, Id)),
    ...world.projects.map(({ Name, Id }) => of('projects', Name, Id)),
    ...world.dataSources.map(({ Prod }) => of('dataSources', Prod.Name, Prod.Id)),
    ...world.rowPermissions.map((one) => of('rowPermissions', one.RowPermissionName, one.RowPermissionId)),
    ...world.appGroups.map(({ Name, Id }) => of('dataServiceAppGroups', Name, Id)),
    ...world.apps.map((one) => of('dataServiceApps', `${groups.get(one.AppGroupId)}/${one.AppName}`, one.AppId)),
  ];
};

/**
 * @param known `declared`: all that any version of the files has named; `asked`: what a person was told to look at
 * @returns what is wrong, in words
 */
export const judgeEnd = (
  before: World,
  after: World,
  state: State | null,
  { declared, asked }: { readonly declared: ReadonlySet<string>; readonly asked: ReadonlySet<string> },
): readonly string[] => {
  const [old, now] = [namedOf(before), namedOf(after)];
  const ours = new Set(Object.values(state?.resources ?? {}).flatMap(({ ids }) => Object.values(ids)));
  const oldIds = new Set(old.map(({ id }) => id));
  const nowIds = new Set(now.map(({ id }) => id));
  const names = now.map(({ entry }) => entry);
  return [
    ...[...new Set(names.filter((name, at) => names.indexOf(name) < at))].map((name) => `there twice: ${name}`),
    ...now
      .filter(({ entry, id }) => !oldIds.has(id) && !ours.has(id) && !asked.has(entry))
      .map(({ entry, id }) => `made and lost: ${entry} ${id}`),
    ...old.filter(({ entry, id }) => !nowIds.has(id) && !declared.has(entry)).map(({ entry }) => `deleted by mistake: ${entry}`),
    ...old.filter(({ entry, id }) => ours.has(id) && !declared.has(entry)).map(({ entry }) => `taken by mistake: ${entry}`),
    ...(isDeepStrictEqual(strangersOf(before), strangersOf(after)) ? [] : ['somebody else’s was touched']),
  ];
};
