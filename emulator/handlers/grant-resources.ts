/** Resources that permissions are granted on: what they are, who owns them, how reads show them (BEHAVIOUR 3.11). */
import type { AnswerOf } from '../../engine/operations/index.ts';
import { badRequest, refuse } from '../refusal.ts';
import type { View } from '../store.ts';
import type { Project, ResourceGrant } from '../world.ts';
import { type Context, isSuperAdmin } from './context.ts';
import type { Env } from './project-access.ts';

type ResourceInfo = NonNullable<
  NonNullable<NonNullable<AnswerOf<'ListResourcePermissions'>['PageResult']>['Data']>[number]['ResourceInfo']
>;
export type TabType = 'TABLE' | 'DATASOURCE';
/** `other` types are in the service's enum, but a world has no such resources. */
type Sort = 'table' | 'field' | 'dataSource' | 'other';

const SORTS: ReadonlyMap<string, Sort> = new Map(
  (
    [
      ['table', 'PHYSICAL_TABLE LOGICAL_TABLE LABEL_TABLE REALTIME_LOGICAL_TABLE REALTIME_MIRROR_TABLE'],
      ['table', 'PHYSICAL_VIEW LOGICAL_VIEW PHYSICAL_MATERIALIZED_VIEW'],
      ['field', 'PHYSICAL_FIELD LOGICAL_FIELD LABEL_FIELD REALTIME_LOGICAL_FIELD REALTIME_MIRROR_FIELD'],
      ['dataSource', 'DATASOURCE'],
      ['other', 'GLOBAL_PARAM FUNCTION FEATURE QD_SERVICE_FEATURE QD_ADVANCED_FEATURE QD_CLUSTER QD_EVENT QD_OFFLINE_SERVICE'],
    ] as const
  ).flatMap(([sort, types]) => types.split(' ').map((type) => [type, sort] as const)),
);

/** Tables have more operations than the four that are public: whatever is spelled like one is taken. */
const OPERATIONS: { readonly [S in Sort]: RegExp } = {
  table: /^[A-Z][A-Z_]*$/,
  field: /^SELECT$/,
  dataSource: /^(SYNC_READ|SYNC_WRITE|RUN)$/,
  other: /^[A-Z][A-Z_]*$/,
};

const PROJECT_ADMIN = 1;

const noConstant = (name: string, value: string): never =>
  badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.${name}.${value}`);

/** @throws Refusal with the raw Java message for a type that the service does not have */
export const readSort = (type: string): Sort => SORTS.get(type) ?? noConstant('ResourceTypeEnum', type);

/** @throws Refusal with the raw Java message for another tab than TABLE, which also holds fields, and DATASOURCE */
export const readTab = (tab: string): TabType =>
  tab === 'TABLE' || tab === 'DATASOURCE' ? tab : noConstant('ResourceTabTypeEnum', tab);
export const tabOf = (type: string): TabType => (type === 'DATASOURCE' ? 'DATASOURCE' : 'TABLE');

/** @throws Refusal for an operation that resources of this type do not have */
export const checkOperations = (type: string, operations: readonly string[]): void => {
  const known = OPERATIONS[readSort(type)];
  for (const operation of operations)
    if (!known.test(operation)) refuse('DPN.ResourceGrant.Invalid', `${type} has no operation "${operation}"`);
};

/**
 * Field ids cannot be read over the API, so that a world has no list of them: whatever is made of digits is one.
 *
 * @throws Refusal where the resource is not there, or is the development half of a data source
 */
export const needResource = (context: Context, type: string, id: string): void => {
  switch (readSort(type)) {
    case 'table':
      if (!context.tables.includes(id)) refuse('DPN.Os.TableNotFound', `table ${id} does not exist`);
      return;
    case 'field':
      if (!/^\d+$/.test(id)) refuse('DPN.ResourceGrant.NotFound', `field ${id} does not exist`);
      return;
    case 'dataSource':
      if (context.view.dataSources.get(id)) return;
      if (context.view.dataSources.by('half', id).length > 0)
        refuse('DPN.DataProcess.DataSourceNotProd', `data source ${id} is a development half`);
      refuse('DPN.DataSource.NotFound', `data source ${id} does not exist`);
      return;
    case 'other':
      refuse('DPN.ResourceGrant.NotFound', `${type} ${id} does not exist`);
  }
};

/** The project of a table, and which half of it, by the third part of `engine.tenant.project.table`. */
const projectOf = (view: View, guid: string): { readonly project: Project; readonly env: Env } | undefined => {
  const name = guid.split('.')[2] ?? '';
  const project = view.projects.by('name', name)[0];
  return project && { project, env: project.Name === name ? 'PROD' : 'DEV' };
};

/**
 * Grants are for the super administrator and for who owns the resource: an administrator of the table's project, a data
 * source manager, the owner of the data source. Whose a field is cannot be told by its id.
 *
 * @throws Refusal for anybody else
 */
export const needOwner = (context: Context, type: string, id: string): void => {
  const { caller, view } = context;
  const isOwner = (): boolean => {
    switch (readSort(type)) {
      case 'table': {
        const project = projectOf(view, id)?.project;
        const halves = project ? [project.Halves.PROD, project.Halves.DEV] : [];
        return halves.some((half) => half?.Members[caller.UserId]?.includes(PROJECT_ADMIN));
      }
      case 'dataSource':
        return caller.RoleList.includes('DATASOURCE_MANAGER') || view.dataSources.get(id)?.Prod.OwnerId === caller.UserId;
      default:
        return false;
    }
  };
  if (!isSuperAdmin(caller) && !isOwner())
    refuse('DPN.ResourceGrant.NoPermission', `only the super administrator and the owner of ${type} ${id} may do this`);
};

/** A resource as reads show it; what is gone has its id for a name. */
export const resourceInfo = (
  view: View,
  { ResourceType, ResourceId }: Pick<ResourceGrant, 'ResourceType' | 'ResourceId'>,
): ResourceInfo => {
  const plain = (name: string, env: Env): ResourceInfo => ({
    DisplayName: name,
    Env: env,
    Id: ResourceId,
    Name: name,
    Type: ResourceType,
  });
  if (ResourceType === 'DATASOURCE') return plain(view.dataSources.get(ResourceId)?.Prod.Name ?? ResourceId, 'PROD');
  if (SORTS.get(ResourceType) !== 'table') return plain(ResourceId, 'PROD');
  const found = projectOf(view, ResourceId);
  const table = plain(ResourceId.split('.').at(-1) ?? ResourceId, found?.env ?? 'PROD');
  if (!found) return table;
  const { project, env } = found;
  const half = (env === 'DEV' && project.Halves.DEV) || project.Halves.PROD;
  const name = env === 'DEV' ? `${project.Name}_dev` : project.Name;
  const unit = project.BizUnitId === null ? undefined : view.bizUnits.get(project.BizUnitId);
  return {
    ...table,
    ProjectInfo: { DisplayName: half.DisplayName, Env: env, Id: project.Id, Name: name },
    ...(unit ? { BizUnitInfo: { DisplayName: unit.DisplayName, Env: env, Id: unit.Id, Name: unit.Name } } : {}),
  };
};
