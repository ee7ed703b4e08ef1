/** What a provider reads of each resource, kind by kind: a get, or a list by name where there is no get or no id yet. */
import { getAt, textOf } from '../engine/core/json.ts';
import type { Change, Ids } from '../engine/core/model.ts';
import type { Json, JsonObject } from '../engine/core/ports.ts';
import { type OperationName, operationFacts } from '../engine/operations/index.ts';

export const PAGE_SIZE = 50;

/** A call, where its answer holds what is looked for, and of a list by name the texts by pointer that its row is told by. */
export type Get = { readonly operation: OperationName; readonly request: JsonObject; readonly at: string; readonly row?: Row };
type Row = Readonly<Record<string, string>>;
/** `id`: empty until it is made; `ids`: what the files tell, or what the making gave. */
type Subject = Pick<Change, 'key'> & { readonly name: string; readonly id: string; readonly ids: Ids; readonly spec: JsonObject };
export type Provider = {
  readonly get: (subject: Subject) => Get;
  /** Lists inside the resource that it declares, read once it is there. */
  readonly more?: (subject: Subject, found: readonly Json[]) => readonly Get[];
};

const get = (operation: OperationName, request: JsonObject, row?: Row): Get => {
  const at = `/${operationFacts(operation).result ?? ''}`;
  return { operation, request, at, ...(row ? { row } : {}) };
};
/** The first page of a list: the filter leaves no second one, or the client stops. */
const list = (operation: OperationName, filter: JsonObject, row?: Row, outer: JsonObject = {}): Get => {
  const { page } = operationFacts(operation);
  const [query = '', number = ''] = page?.page.split('.') ?? [];
  const request = { ...outer, [query]: { [number]: 1, PageSize: PAGE_SIZE, ...filter } };
  return { operation, request, at: `/${page?.items.replaceAll('.', '/') ?? ''}`, ...(row ? { row } : {}) };
};
export const rows = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

export const PROVIDERS: Readonly<Record<string, Provider>> = {
  tenantMembers: { get: ({ name }) => list('ListTenantMembers', { SearchText: name }, { '/AccountName': name }) },
  userGroups: {
    get: ({ name, id }) =>
      id ? get('GetUserGroup', { UserGroupId: id }) : list('ListUserGroups', { Keyword: name }, { '/Name': name }),
    more: ({ id, spec }) => (spec['members'] ? [list('ListUserGroupMembers', { UserGroupId: id })] : []),
  },
  computeSources: {
    get: ({ name, id }) =>
      id ? get('GetComputeSource', { Id: id }) : list('ListComputeSources', { Keyword: name }, { '/Name': name }),
  },
  dataSources: {
    get: ({ name }) => list('ListDataSourceWithConfig', { Name: name }, { '/ProdDataSourceInfo/Name': name }),
  },
  projects: {
    get: ({ name, id }) => (id ? get('GetProject', { Id: id }) : get('GetProjectByName', { Name: name })),
    more: ({ id, spec: { members = {} } }) =>
      Object.keys(members ?? {}).map((half) => list('ListProjectMembers', { Env: half.toUpperCase() }, undefined, { Id: id })),
  },
  rowPermissions: { get: ({ name }) => list('ListRowPermission', { Keyword: name }, { '/RowPermissionName': name }) },
  dataServiceAppGroups: { get: ({ name }) => get('GetDataServiceAppGroups', {}, { '/Name': name }) },
  dataServiceApps: {
    get: ({ name, id, key: [group = ''] }) =>
      id
        ? get('GetDataServiceApp', { AppId: id })
        : list('ListDataServiceApps', { Keyword: name }, { '/AppName': name, '/AppGroup': group }),
    more: ({ id, spec }) => (spec['members'] ? [get('GetDataServiceAppMembers', { AppId: id })] : []),
  },
  dataServiceProjectMembers: { get: ({ id }) => get('GetDataServiceProjectAddableUsers', { ProjectId: id }) },
  dataServiceGrants: {
    get: ({ name, ids: { project = '' } }) =>
      list('ListDataServicePublishedApis', { ApiName: name }, { '/ApiName': name }, { ProjectId: project }),
    more: (_, [api]) =>
      rows(getAt(api, '/AppInfoList')).map((app) =>
        list('ListAuthorizedDataServiceApiDetails', { AppKeyStr: textOf(getAt(app, '/AppKeyStr')) }),
      ),
  },
  resourceGrants: {
    get: ({ name, key: [sort] }) => {
      const table = name.split('.')[1] ?? name;
      const TabType = sort === 'dataSources' ? 'DATASOURCE' : 'TABLE';
      return list('ListResourcePermissions', { SearchText: table, TabType }, { '/ResourceInfo/Name': table });
    },
  },
};
