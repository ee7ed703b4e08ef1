/** Every operation that the emulator serves. */
import type { OperationName } from '../../engine/operations/index.ts';
import type { JsonObject } from '../json.ts';
import { apiGrants } from './api-grants.ts';
import { apiReads } from './api-reads.ts';
import { appGroups } from './app-groups.ts';
import { appMembers } from './app-members.ts';
import { apps } from './apps.ts';
import { bizUnits } from './biz-units.ts';
import { computeSources } from './compute-sources.ts';
import type { Context } from './context.ts';
import { dataServiceProjects } from './data-service-projects.ts';
import { dataSources } from './data-sources.ts';
import { projectMembers } from './project-members.ts';
import { projects } from './projects.ts';
import { resourceGrants } from './resource-grants.ts';
import { rowPermissions } from './row-permissions.ts';
import { tenantMembers } from './tenant-members.ts';
import { userGroups } from './user-groups.ts';

export type Handler = (context: Context, request: JsonObject) => JsonObject;

const ALL: { readonly [action: string]: unknown } = {
  ...tenantMembers,
  ...userGroups,
  ...computeSources,
  ...projects,
  ...projectMembers,
  ...bizUnits,
  ...dataSources,
  ...rowPermissions,
  ...resourceGrants,
  ...appGroups,
  ...apps,
  ...appMembers,
  ...dataServiceProjects,
  ...apiGrants,
  ...apiReads,
};

/** The handler of an action; undefined for one that this service does not know. */
export const handlerOf = (action: string): Handler | undefined =>
  Object.hasOwn(ALL, action) ? (ALL[action] as Handler) : undefined;

/** The operations that are served. */
export const SERVED = Object.keys(ALL).sort() as readonly OperationName[];
