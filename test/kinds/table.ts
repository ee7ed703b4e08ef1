/** The table: a kind without a row here fails `kinds.test.ts`. */

import { appGroupCases } from './app-groups.case.ts';
import { appCases } from './apps.case.ts';
import type { KindCase } from './case.ts';
import { computeSourceCases } from './compute-sources.case.ts';
import { dataServiceGrantCases } from './data-service-grants.case.ts';
import { dataServiceProjectMemberCases } from './data-service-project-members.case.ts';
import { dataSourceCases } from './data-sources.case.ts';
import { projectCases } from './projects.case.ts';
import { resourceGrantCases } from './resource-grants.case.ts';
import { rowPermissionCases } from './row-permissions.case.ts';
import { tenantMemberCases } from './tenant-members.case.ts';
import { userGroupCases } from './user-groups.case.ts';

export const CASES: readonly KindCase[] = [
  ...tenantMemberCases,
  ...userGroupCases,
  ...computeSourceCases,
  ...dataSourceCases,
  ...projectCases,
  ...rowPermissionCases,
  ...appGroupCases,
  ...appCases,
  ...dataServiceProjectMemberCases,
  ...dataServiceGrantCases,
  ...resourceGrantCases,
];
