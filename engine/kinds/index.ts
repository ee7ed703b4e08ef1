/** The list of kinds, in the order in which a plan shows them (BEHAVIOUR 3: the order in which a run must create). */
import { textOf } from '../core/json.ts';
import { type Kind, type LookUp, rowsAt } from '../core/kind.ts';
import { dataServiceAppGroups } from './app-groups.ts';
import { dataServiceApps } from './apps.ts';
import { computeSources } from './compute-sources.ts';
import { dataServiceGrants } from './data-service-grants.ts';
import { dataServiceProjectMembers, dataServiceProjects } from './data-service-project-members.ts';
import { dataSources } from './data-sources.ts';
import { projects } from './projects.ts';
import { resourceGrants } from './resource-grants.ts';
import { rowPermissions } from './row-permissions.ts';
import { tenantMembers } from './tenant-members.ts';
import { userGroups } from './user-groups.ts';

export const KINDS: readonly Kind[] = [
  tenantMembers,
  userGroups,
  computeSources,
  dataSources,
  projects,
  rowPermissions,
  dataServiceAppGroups,
  dataServiceApps,
  dataServiceProjectMembers,
  dataServiceGrants,
  resourceGrants,
];

/** Named in resources, never declared. */
export const LOOK_UPS: readonly LookUp[] = [
  {
    collection: 'bizUnits',
    noun: 'business unit',
    list: {
      operation: 'ListBizUnits',
      request: {},
      rows: (answer) => rowsAt(answer, 'Data', 'BizUnitList'),
      identity: (row) => `${textOf(row['Id'])} ${textOf(row['Env'])}`,
    },
    names: (row) => [['bizUnits', textOf(row['Name']), textOf(row['Id'])]],
  },
  dataServiceProjects,
];
