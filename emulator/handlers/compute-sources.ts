/** Compute sources (BEHAVIOUR 3.6). */
import { badRequest, refuse } from '../refusal.ts';
import type { ComputeSource, Project } from '../world.ts';
import { absent, type Context, type Handlers, isLike, isTenantAdmin, pageOf, timeText, userBrief } from './context.ts';
import { type Config, isArchitect, isProjectAdmin, isReachable, toConfig } from './sources.ts';

/** For tenant administrators, biz unit architects and project administrators. */
const needRight = (context: Context): void => {
  if (!isTenantAdmin(context.caller) && !isArchitect(context) && !isProjectAdmin(context))
    refuse('DPN.ComputeSource.NoPermission', 'only administrators, biz unit architects and project administrators may do this');
};

const notFound = (id: string): never => refuse('DPN.ComputeSource.NotFound', `compute source ${id} does not exist`);
const find = (context: Context, id: string): ComputeSource => context.view.computeSources.get(id) ?? notFound(id);

/** The service's enum spells MAX_COMPUTE; some skills say that MaxCompute works, hence the switch `computeSourceType`. */
const readType = (context: Context, type: string): string => {
  if (type === 'MaxCompute' && context.switches.computeSourceType === 'both') return 'MAX_COMPUTE';
  // The constants of other engines are not public: whatever is spelled like one is taken.
  if (!/^[A-Z][A-Z0-9_]*$/.test(type))
    badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.ComputeSourceTypeEnum.${type}`);
  return type;
};

const needName = (context: Context, name: string, but?: string): void => {
  if (name === '') refuse('DPN.ComputeSource.Invalid', 'the name must not be empty');
  if (context.switches.duplicates === 'refused' && context.view.computeSources.by('name', name).some((other) => other.Id !== but))
    refuse('DPN.ComputeSource.Duplicated', 'a compute source of this name exists');
};

/** One MaxCompute project backs one compute source of the tenant. */
const needOwnBackend = (context: Context, type: string, config: Config, but?: string): void => {
  const backend = config['maxcompute.project'];
  if (type !== 'MAX_COMPUTE' || backend === undefined) return;
  for (const other of context.view.computeSources.newestFirst())
    if (other.Id !== but && other.Type === type && other.Config['maxcompute.project'] === backend)
      refuse('DPN.ComputeEngine.ConfigRepeat', 'the MaxCompute project backs another compute source');
};

const boundTo = (context: Context, id: string): Project | undefined => context.view.projects.by('computeSource', id)[0];

const toInfo = (context: Context, source: ComputeSource, time: (ms: number) => string) => {
  const project = boundTo(context, source.Id);
  const owner = userBrief(context.view, source.OwnerId);
  return {
    BindProject: project !== undefined,
    ...(project ? { BindProjectId: project.Id, BindProjectName: project.Name } : {}),
    Creator: owner.Id,
    CreatorName: owner.DisplayName,
    Description: source.Description,
    DisplayName: source.Name,
    GmtCreate: time(source.GmtCreate),
    GmtModified: time(source.GmtModified),
    Id: source.Id,
    Name: source.Name,
    Owner: owner.Id,
    OwnerName: owner.DisplayName,
    Type: source.Type,
  };
};

/** Get and List spell the type differently, as the SDK's examples do. */
const typeInList = (type: string): string => (type === 'MAX_COMPUTE' ? 'MaxCompute' : type);

export const computeSources = {
  CreateComputeSource: (context, request) => {
    needRight(context);
    const { Name, Type, Description = '', ConfigList } = request.CreateCommand;
    const type = readType(context, Type);
    const config = toConfig(ConfigList);
    needName(context, Name);
    needOwnBackend(context, type, config);
    const id = context.newId('computeSource');
    context.put('computeSources', {
      Id: id,
      Name,
      Type: type,
      Description,
      Config: config,
      OwnerId: context.caller.UserId,
      GmtCreate: context.nowMs,
      GmtModified: context.nowMs,
    });
    return { CreateResult: { Id: id } };
  },

  UpdateComputeSource: (context, request) => {
    needRight(context);
    const { Id, Name, Type, Description, ConfigList } = request.UpdateCommand;
    const source = find(context, Id);
    const type = readType(context, Type);
    const config = toConfig(ConfigList);
    if (type !== source.Type) refuse('DPN.ComputeSource.Invalid', 'the type of a compute source cannot be changed');
    needName(context, Name, Id);
    needOwnBackend(context, type, config, Id);
    // Full replacement: a key that is left out is gone.
    context.put('computeSources', { ...source, Name, Description, Config: config, GmtModified: context.nowMs });
    return {};
  },

  DeleteComputeSource: (context, request) => {
    needRight(context);
    const source = find(context, request.Id);
    if (boundTo(context, source.Id)) refuse('DPN.ComputeSource.InUse', 'the compute source is bound to a project');
    context.remove('computeSources', source.Id);
    return {};
  },

  GetComputeSource: (context, request) => {
    const source = context.view.computeSources.get(request.Id);
    if (!source) return absent(context, 'DPN.ComputeSource.NotFound', `compute source ${request.Id} does not exist`, {});
    return { ComputeSourceInfo: toInfo(context, source, String) };
  },

  ListComputeSources: (context, request) => {
    const { BindProject, Keyword, Type, PageNo, PageSize } = request.ListQuery;
    // A filter with a value that is none of the enum's finds nothing (BEHAVIOUR 1.6).
    const type = Type === 'MaxCompute' && context.switches.computeSourceType === 'both' ? 'MAX_COMPUTE' : Type;
    const all = context.view.computeSources.newestFirst();
    const isFiltered = BindProject !== undefined || Keyword || type;
    const found = isFiltered
      ? all.filter(
          (source) =>
            (BindProject === undefined || (boundTo(context, source.Id) !== undefined) === BindProject) &&
            (!type || source.Type === type) &&
            isLike(Keyword, source.Name),
        )
      : all;
    const page = pageOf(context, found, PageNo, PageSize, (source) => ({
      ...toInfo(context, source, timeText),
      Type: typeInList(source.Type),
    }));
    return { PageResult: { TotalCount: page.total, ComputeSourceList: page.rows } };
  },

  CheckComputeSourceConnectivity: (context, request) => {
    needRight(context);
    readType(context, request.CheckCommand.Type);
    return { Data: isReachable(context, toConfig(request.CheckCommand.ConfigList)) };
  },

  CheckComputeSourceConnectivityById: (context, request) => {
    needRight(context);
    return { Data: isReachable(context, find(context, request.Id).Config) };
  },
} as const satisfies Handlers;
