/** Data sources in pairs of halves (BEHAVIOUR 3.5). */
import type { AnswerOf, RequestOf } from '../../engine/operations/index.ts';
import { badRequest, missingArgument, refuse } from '../refusal.ts';
import type { DataSource, Member, SourceHalf } from '../world.ts';
import { sourceHalves } from '../worlds/data-sources.ts';
import { absent, type Context, type Handlers, isLike, isSuperAdmin, pageOf, userBrief } from './context.ts';
import { checkType, checkUrl, completed, hasCheck, isSecret, missingKeys } from './data-source-types.ts';
import type { Env } from './project-access.ts';
import { type Config, type ConfigItem, isArchitect, isProjectAdmin, isReachable, toConfig } from './sources.ts';

type Command = NonNullable<NonNullable<RequestOf<'CreateDataSource'>['CreateCommand']>['ProdDataSourceCreate']>;
type Info = NonNullable<
  NonNullable<NonNullable<AnswerOf<'ListDataSourceWithConfig'>['PageResult']>['DataSourceList']>[number]['ProdDataSourceInfo']
>;
type Place = { readonly pair: DataSource; readonly half: SourceHalf; readonly env: Env };

const NAME = /^[\p{Script=Han}A-Za-z0-9_-]{1,64}$/u;
/** Operations administrators by their roles' names (assumed). */
const ROLES = ['DATASOURCE_MANAGER', 'DATAPRO_OPERATE_SUPER_ADMIN', 'DATAPRO_OPERATE_ADMIN'];

/** System administrators are not among those whom the documentation names. */
const needRight = (context: Context): void => {
  const hasRole = (member: Member): boolean => isSuperAdmin(member) || member.RoleList.some((role) => ROLES.includes(role));
  if (!hasRole(context.caller) && !isArchitect(context) && !isProjectAdmin(context))
    refuse(
      'DPN.DataSource.NoPermission',
      'only the super administrator, data source and operations administrators, biz unit architects and project administrators may do this',
    );
};

const notFound = (id: string): never => refuse('DPN.DataSource.NotFound', `data source ${id} does not exist`);

/** Each half has an id of its own. */
const placeOf = (context: Context, id: string): Place | undefined => {
  const pair = context.view.dataSources.by('half', id)[0];
  if (pair === undefined) return undefined;
  return pair.Dev?.Id === id ? { pair, half: pair.Dev, env: 'DEV' } : { pair, half: pair.Prod, env: 'PROD' };
};
const findPlace = (context: Context, id: string): Place => placeOf(context, id) ?? notFound(id);
/** By the production half's id, which a development half's is not. */
const findPair = (context: Context, id: string): DataSource => context.view.dataSources.get(id) ?? notFound(id);

const withHalf = ({ pair, env }: Place, half: SourceHalf): DataSource =>
  env === 'DEV' ? { ...pair, Dev: half } : { ...pair, Prod: half };

/** Unique in each environment: a development half may carry the name of a production half (assumed). */
const checkName = (context: Context, env: Env, name: string, but?: string): void => {
  if (!NAME.test(name))
    refuse('DPN.DataSource.Invalid', 'the name must have 1 to 64 Chinese characters, letters, digits, underscores and hyphens');
  const others = context.view.dataSources.by('name', `${env} ${name}`).filter((other) => other.Prod.Id !== but);
  if (context.switches.duplicates === 'refused' && others.length > 0)
    refuse('DPN.DataSource.Duplicated', `a data source of this name exists in ${env}`);
};

/** Whether a connection can be made; only where nothing is missing that it needs. */
const connects = (context: Context, type: string, config: Config): boolean => {
  const missing = missingKeys(type, config);
  if (missing.length > 0) refuse('DPN.DataSource.Invalid', `config items are missing: ${missing.join(', ')}`);
  return isReachable(context, config);
};

/** A half as it will be, but for its id; without `CheckActivity` the target must be reachable. */
const readHalf = (context: Context, env: Env, command: Command): Omit<SourceHalf, 'Id'> => {
  const { Name, Type, Description = '', ConfigItemList, CheckActivity = true } = command;
  checkType(Type);
  checkName(context, env, Name);
  const Config = toConfig(ConfigItemList);
  checkUrl(Type, Config);
  if (CheckActivity && hasCheck(Type) && !connects(context, Type, Config)) refuse('DPN.DataSource.Invalid', UNREACHABLE);
  const { nowMs, caller } = context;
  return { Name, Type, Description, Config, OwnerId: caller.UserId, GmtCreate: nowMs, GmtModified: nowMs };
};
const UNREACHABLE = 'the data source cannot be reached with this config';

const checkPair = (prod: { readonly Type: string }, dev: { readonly Type: string } | null): void => {
  if (dev !== null && prod.Type !== dev.Type) refuse('DPN.DataSource.Invalid', 'both halves must have one type');
};

const createPair = (context: Context, prodCommand: Command, devCommand: Command | null) => {
  const prod = readHalf(context, 'PROD', prodCommand);
  const dev = devCommand && readHalf(context, 'DEV', devCommand);
  checkPair(prod, dev);
  const Prod = { Id: context.newId('dataSource'), ...prod };
  const Dev = dev && { Id: context.newId('dataSource'), ...dev };
  context.put('dataSources', { Prod, Dev, Dependencies: [] });
  return { CreateResult: { ProdDataSourceId: Prod.Id, ...(Dev ? { DevDataSourceId: Dev.Id } : {}) } };
};

const addDev = (context: Context, command: Command, prodId: string) => {
  const pair = findPair(context, prodId);
  if (pair.Dev) refuse('DPN.DataSource.AlreadyExists', `data source ${prodId} has a development half`);
  const dev = readHalf(context, 'DEV', command);
  checkPair(pair.Prod, dev);
  const Dev = { Id: context.newId('dataSource'), ...dev };
  context.put('dataSources', { ...pair, Dev });
  return { CreateResult: { DevDataSourceId: Dev.Id } };
};

/** Where a development half has nowhere to belong to, the database says so (measured). */
const noProduction = (): never =>
  refuse(
    'DPN.Commons.InternalError',
    'org.postgresql.util.PSQLException: ERROR: null value in column "prod_data_source_id" violates not-null constraint',
  );

/** Config items as reads show them; of secrets what the switch `secretsInReads` lets through. */
const shownItems = (context: Context, half: SourceHalf): readonly ConfigItem[] =>
  Object.entries(completed(half.Type, half.Config)).flatMap(([Key, Value]) => {
    if (!isSecret(Key) || context.switches.secretsInReads === 'plain') return [{ Key, Value }];
    return context.switches.secretsInReads === 'masked' ? [{ Key, Value: '******' }] : [];
  });

const toInfo = (context: Context, half: SourceHalf, env: Env): Info => {
  const owner = userBrief(context.view, half.OwnerId);
  return {
    ConfigItemList: shownItems(context, half),
    CreateTime: half.GmtCreate,
    Creator: owner.Id,
    CreatorName: owner.DisplayName,
    Description: half.Description,
    Env: env,
    Id: half.Id,
    ModifyTime: half.GmtModified,
    Name: half.Name,
    Owner: owner.Id,
    OwnerName: owner.DisplayName,
    Scope: SCOPE,
    Type: half.Type,
  };
};
/** Which type has which scope is not public. */
const SCOPE = 'ALL';

/** A row without a development half has null there, or nothing: which is not public, so that rows differ in it. */
const toRow = (context: Context, { Prod, Dev }: DataSource) => {
  const ProdDataSourceInfo = toInfo(context, Prod, 'PROD');
  if (Dev) return { ProdDataSourceInfo, DevDataSourceInfo: toInfo(context, Dev, 'DEV') };
  return BigInt(Prod.Id) % 2n === 0n ? { ProdDataSourceInfo } : { ProdDataSourceInfo, DevDataSourceInfo: null };
};

/** Grants go with what they are about (assumed). */
const removeGrants = (context: Context, half: SourceHalf): void => {
  for (const grant of context.view.resourceGrants.by('resource', `DATASOURCE ${half.Id}`))
    context.remove('resourceGrants', grant.RecordId);
};

/** Connectivity as `Data`; the reason stands in the envelope's message. */
const connectivity = (isThere: boolean) => {
  const failed = { Data: false, Message: UNREACHABLE };
  return isThere ? { Data: true } : failed;
};
const needCheck = (type: string): void => {
  checkType(type);
  if (!hasCheck(type)) refuse('DPN.DataSource.Invalid', `there is no connectivity check for ${type}`);
};

export const dataSources = {
  CreateDataSource: (context, request) => {
    needRight(context);
    const { ProdDataSourceCreate: prod, DevDataSourceCreate: dev } = request.CreateCommand ?? missingArgument('CreateCommand');
    const devCommand = dev ? (dev.DataSourceCreate ?? missingArgument('DataSourceCreate')) : null;
    // With both, the development half belongs to the production half made with it, whatever id is given (assumed).
    if (prod) return createPair(context, prod, devCommand);
    if (!devCommand) return missingArgument('ProdDataSourceCreate');
    return addDev(context, devCommand, dev?.ProdDataSourceId ?? noProduction());
  },

  UpdateDataSourceBasicInfo: (context, request) => {
    needRight(context);
    const { Id, Name, Description } = request.UpdateCommand;
    const place = findPlace(context, Id);
    checkName(context, place.env, Name, place.pair.Prod.Id);
    context.put('dataSources', withHalf(place, { ...place.half, Name, Description, GmtModified: context.nowMs }));
    return { Data: true };
  },

  UpdateDataSourceConfig: (context, request) => {
    needRight(context);
    const { Id, ConfigItemList } = request.UpdateCommand;
    const place = findPlace(context, Id);
    const given = toConfig(ConfigItemList);
    const Config = context.switches.dataSourceConfig === 'merge' ? { ...place.half.Config, ...given } : given;
    checkUrl(place.half.Type, Config);
    context.put('dataSources', withHalf(place, { ...place.half, Config, GmtModified: context.nowMs }));
    return { Data: true };
  },

  DeleteDataSource: (context, request) => {
    needRight(context);
    const { Mode, ProdDataSourceId } = request.DeleteCommand;
    if (Mode !== 'DEV' && Mode !== 'DEV_PROD')
      return badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.DataSourceDeleteMode.${Mode}`);
    const pair = findPair(context, ProdDataSourceId);
    if (Mode === 'DEV' && !pair.Dev) refuse('DPN.DataSource.NotFound', `data source ${ProdDataSourceId} has no development half`);
    // The world does not say which half a task uses: any task keeps both (assumed).
    if (pair.Dependencies.length > 0) refuse('DPN.DataSource.InUse', 'tasks depend on the data source');
    for (const half of Mode === 'DEV' ? [pair.Dev] : sourceHalves(pair)) if (half) removeGrants(context, half);
    if (Mode === 'DEV') context.put('dataSources', { ...pair, Dev: null });
    else context.remove('dataSources', pair.Prod.Id);
    return { Data: true };
  },

  ListDataSourceWithConfig: (context, request) => {
    const { Name, OwnerList, Page, PageSize, ScopeList, Tag, TypeList } = request.ListQuery;
    // A value that is none of an enum's finds nothing (measured). No operation sets a tag, so no data source has one.
    const found = context.view.dataSources.newestFirst().filter((pair) => {
      const halves = sourceHalves(pair);
      return (
        !Tag &&
        (!TypeList?.length || TypeList.includes(pair.Prod.Type)) &&
        (!ScopeList?.length || (ScopeList as readonly string[]).includes(SCOPE)) &&
        (!OwnerList?.length || halves.some((half) => OwnerList.includes(half.OwnerId))) &&
        isLike(Name, ...halves.map((half) => half.Name))
      );
    });
    const page = pageOf(context, found, Page, PageSize, (pair) => toRow(context, pair));
    return { PageResult: { TotalCount: page.total, DataSourceList: page.rows } };
  },

  GetDataSourceDependencies: (context, request) => {
    const place = placeOf(context, request.Id);
    if (!place) return absent(context, 'DPN.DataSource.NotFound', `data source ${request.Id} does not exist`, {});
    return { DependencyList: place.pair.Dependencies };
  },

  CheckDataSourceConnectivity: (context, request) => {
    needRight(context);
    const { Type, ConfigItemList } = request.CheckCommand;
    needCheck(Type);
    return connectivity(connects(context, Type, toConfig(ConfigItemList)));
  },

  CheckDataSourceConnectivityById: (context, request) => {
    needRight(context);
    const { half } = findPlace(context, request.Id);
    needCheck(half.Type);
    return connectivity(connects(context, half.Type, half.Config));
  },
} as const satisfies Handlers;
