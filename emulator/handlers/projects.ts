/** Projects of both modes, their white lists and production accounts (BEHAVIOUR 3.3). */
import type { AnswerOf } from '../../engine/operations/index.ts';
import { badRequest, refuse } from '../refusal.ts';
import { DEV_SUFFIX, type Half, type Project } from '../world.ts';
import {
  absent,
  type Context,
  type Handlers,
  isLike,
  isSuperAdmin,
  isTenantAdmin,
  pageOf,
  timeText,
  updated,
  userBrief,
} from './context.ts';
import { type Env, findProject, halfOf, needProjectAdmin, needRole, readEnv } from './project-access.ts';

type WhiteList = Project['WhiteLists'];
/** What both create and both update commands say, in one form; undefined: left out. */
type Wish = {
  readonly displayName: string | undefined;
  readonly bizUnitId: string | undefined;
  readonly tag: string | undefined;
  readonly whiteLists:
    | readonly {
        readonly Ip?: string | undefined;
        readonly Port?: string | undefined;
        readonly Description?: string | undefined;
      }[]
    | undefined;
  readonly halves: { readonly [E in Env]?: HalfWish };
};
type HalfWish = {
  readonly description: string | undefined;
  readonly computeSourceId: string | undefined;
  readonly streamComputeSourceId: string | undefined;
};

const MAX_NAME = 64;

const checkName = (context: Context, name: string, mode: Project['Mode']): void => {
  if (!/^\w+$/.test(name) || name.length > MAX_NAME)
    refuse('DPN.Project.ParameterError', `the name must have 1 to ${MAX_NAME} letters, digits and underscores`);
  if (/^ld_/i.test(name)) refuse('DPN.Project.ParameterError', 'names that begin with LD_ are kept for biz units');
  const names = mode === 'DEV_PROD' ? [name, `${name}_dev`] : [name];
  if (names.some((one) => context.view.projects.by('name', one).length > 0))
    refuse('DPN.Project.Duplicated', 'a project of this name exists');
};

const checkDisplayName = (context: Context, displayName: string, but?: string): void => {
  if (displayName.length > MAX_NAME) refuse('DPN.Project.ParameterError', `the display name has at most ${MAX_NAME} characters`);
  if (context.view.projects.by('displayName', displayName).some((other) => other.Id !== but))
    refuse('DPN.Project.DisplayNameDuplicated', 'a project of this display name exists');
};

/** A compute source serves one project. */
const checkSource = (context: Context, id: string | null, but?: string): void => {
  if (id === null) return;
  if (!context.view.computeSources.get(id)) refuse('DPN.ComputeSource.NotFound', `compute source ${id} does not exist`);
  if (context.view.projects.by('computeSource', id).some((project) => project.Id !== but))
    refuse('DPN.ComputeSource.InUse', `compute source ${id} is bound to another project`);
};
const checkSources = (context: Context, project: Project): void => {
  for (const half of [project.Halves.PROD, project.Halves.DEV])
    for (const id of half ? [half.ComputeSourceId, half.StreamComputeSourceId] : []) checkSource(context, id, project.Id);
};

const checkBizUnit = (context: Context, id: string | null): void => {
  if (id !== null && !context.view.bizUnits.get(id)) refuse('DPN.Project.ParameterError', `biz unit ${id} does not exist`);
};

const toWhiteList = (rows: Wish['whiteLists']): WhiteList =>
  (rows ?? []).map(({ Ip = '', Port = '', Description = '' }) => ({ Ip, Port, Description }));

const readType = (type: string | undefined): string => {
  if (type === undefined || type === '') return 'GENERAL';
  if (type !== 'GENERAL' && type !== 'DISTILL')
    badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.ProjectTypeEnum.${type}`);
  return type;
};

const createProject = (context: Context, name: string, mode: Project['Mode'], type: string, wish: Wish): string => {
  if (!isTenantAdmin(context.caller)) refuse('DPN.Project.NoPermission', 'only super and system administrators may do this');
  const me = context.caller.UserId;
  const displayName = wish.displayName || name;
  checkName(context, name, mode);
  checkDisplayName(context, displayName);
  const newHalf = (half: HalfWish, display: string): Half => ({
    DisplayName: display,
    Description: half.description ?? '',
    ComputeSourceId: half.computeSourceId ?? null,
    StreamComputeSourceId: half.streamComputeSourceId ?? null,
    // Who creates a project is its owner and administers both halves (assumed).
    Members: { [me]: [1] },
  });
  const { PROD, DEV } = wish.halves;
  const project: Project = {
    Id: context.newId('project'),
    Name: name,
    Mode: mode,
    Type: type,
    OwnerId: me,
    ProduceUserId: context.newId('user'),
    HasDependency: false,
    WhiteLists: toWhiteList(wish.whiteLists),
    NameSpaceTag: wish.tag ?? '',
    BizUnitId: wish.bizUnitId ?? null,
    Halves: {
      PROD: newHalf(PROD ?? NO_WISH, displayName),
      DEV: mode === 'DEV_PROD' ? newHalf(DEV ?? NO_WISH, displayName + DEV_SUFFIX) : null,
    },
    GmtCreate: context.nowMs,
    GmtModified: context.nowMs,
  };
  checkSources(context, project);
  checkBizUnit(context, project.BizUnitId);
  context.put('projects', project);
  return project.Id;
};
const NO_WISH: HalfWish = { description: undefined, computeSourceId: undefined, streamComputeSourceId: undefined };

/** A source can be set where there is none; a bound one stays, unless the switch `boundComputeSource` lets it go. */
const nextSource = (context: Context, before: string | null, given: string | undefined): string | null => {
  const isFixed = context.switches.boundComputeSource === 'fixed';
  if (given === undefined) return before !== null && isFixed ? before : updated(context, undefined, before, null);
  if (before !== null && given !== before && isFixed)
    refuse('DPN.Project.ParameterError', 'a bound compute source can be neither changed nor removed');
  return given;
};

const updateProject = (context: Context, id: string, name: string | undefined, mode: Project['Mode'], wish: Wish): void => {
  const project = findProject(context, id);
  needProjectAdmin(context, project);
  if (project.Mode !== mode) refuse('DPN.Project.ParameterError', `the project is not of mode ${mode}`);
  if (name !== undefined && name !== project.Name)
    refuse('DPN.Project.ParameterError', 'the name of a project cannot be changed');
  const displayName = updated(context, wish.displayName || undefined, project.Halves.PROD.DisplayName, project.Name);
  checkDisplayName(context, displayName, id);
  const nextHalf = (half: Half, given: HalfWish, display: string): Half => ({
    ...half,
    DisplayName: display,
    Description: updated(context, given.description, half.Description, ''),
    ComputeSourceId: nextSource(context, half.ComputeSourceId, given.computeSourceId),
    StreamComputeSourceId: nextSource(context, half.StreamComputeSourceId, given.streamComputeSourceId),
  });
  const { PROD, DEV } = project.Halves;
  const next: Project = {
    ...project,
    NameSpaceTag: updated(context, wish.tag, project.NameSpaceTag, ''),
    BizUnitId: updated(context, wish.bizUnitId, project.BizUnitId, null),
    WhiteLists: updated(context, wish.whiteLists && toWhiteList(wish.whiteLists), project.WhiteLists, []),
    Halves: {
      PROD: nextHalf(PROD, wish.halves.PROD ?? NO_WISH, displayName),
      DEV: DEV && nextHalf(DEV, wish.halves.DEV ?? NO_WISH, displayName + DEV_SUFFIX),
    },
    GmtModified: context.nowMs,
  };
  checkSources(context, next);
  checkBizUnit(context, next.BizUnitId);
  context.put('projects', next);
};

type BasicCommand = {
  readonly DisplayName?: string | undefined;
  readonly Description?: string | undefined;
  readonly ComputeSourceId?: string | undefined;
  readonly StreamComputeSourceId?: string | undefined;
  readonly BizUnitId?: string | undefined;
  readonly NameSpaceTag?: string | undefined;
  readonly WhiteLists?: Wish['whiteLists'];
};
type PairCommand = {
  readonly DisplayName?: string | undefined;
  readonly ProdDescription?: string | undefined;
  readonly DevDescription?: string | undefined;
  readonly ProdComputeSourceId?: string | undefined;
  readonly DevComputeSourceId?: string | undefined;
  readonly ProdStreamComputeSourceId?: string | undefined;
  readonly DevStreamComputeSourceId?: string | undefined;
  readonly BizUnitId?: string | undefined;
  readonly NameSpaceTag?: string | undefined;
  readonly WhiteLists?: Wish['whiteLists'];
};

const basicWish = (command: BasicCommand): Wish => ({
  displayName: command.DisplayName,
  bizUnitId: command.BizUnitId,
  tag: command.NameSpaceTag,
  whiteLists: command.WhiteLists,
  halves: {
    PROD: {
      description: command.Description,
      computeSourceId: command.ComputeSourceId,
      streamComputeSourceId: command.StreamComputeSourceId,
    },
  },
});
const pairWish = (command: PairCommand): Wish => ({
  displayName: command.DisplayName,
  bizUnitId: command.BizUnitId,
  tag: command.NameSpaceTag,
  whiteLists: command.WhiteLists,
  halves: {
    PROD: {
      description: command.ProdDescription,
      computeSourceId: command.ProdComputeSourceId,
      streamComputeSourceId: command.ProdStreamComputeSourceId,
    },
    DEV: {
      description: command.DevDescription,
      computeSourceId: command.DevComputeSourceId,
      streamComputeSourceId: command.DevStreamComputeSourceId,
    },
  },
});

const shownName = (project: Project, env: Env): string => (env === 'DEV' ? `${project.Name}_dev` : project.Name);

const sourceOf = (context: Context, id: string | null) => (id === null ? undefined : context.view.computeSources.get(id));

type Filled<T> = { -readonly [K in keyof T]: T[K] };
type Info = Filled<NonNullable<AnswerOf<'GetProject'>['ProjectInfo']>>;
type ListRow = Filled<NonNullable<NonNullable<AnswerOf<'ListProjects'>['PageResult']>['ProjectList']>[number]>;

/** What every read shows. */
const common = (context: Context, project: Project, env: Env, time: (ms: number) => string) => {
  const half = halfOf(project, env);
  return {
    Description: half.Description,
    DisplayName: half.DisplayName,
    Env: env,
    GmtCreate: time(project.GmtCreate),
    GmtModified: time(project.GmtModified),
    Id: project.Id,
    Mode: project.Mode,
    Name: shownName(project, env),
    Owner: project.OwnerId,
    OwnerName: userBrief(context.view, project.OwnerId).DisplayName,
    Type: project.Type,
  };
};

/** What has no value is left out. */
const toInfo = (context: Context, project: Project, env: Env, time: (ms: number) => string): Info => {
  const half = halfOf(project, env);
  const batch = sourceOf(context, half.ComputeSourceId);
  const stream = sourceOf(context, half.StreamComputeSourceId);
  const info: Info = common(context, project, env, time);
  info.NameSpaceTag = project.NameSpaceTag;
  info.WhiteLists = project.WhiteLists;
  if (project.BizUnitId !== null) {
    info.BizUnitId = project.BizUnitId;
    info.BizUnitDisplayName = context.view.bizUnits.get(project.BizUnitId)?.DisplayName ?? '';
  }
  if (batch) {
    info.ComputeSourceId = batch.Id;
    info.ComputeSourceName = batch.Name;
  }
  if (stream) {
    info.StreamComputeSourceId = stream.Id;
    info.StreamComputeSourceName = stream.Name;
  }
  return info;
};

/** The same compute sources under other names, without white list and tag. */
const toRow = (context: Context, project: Project, env: Env): ListRow => {
  const half = halfOf(project, env);
  const batch = sourceOf(context, half.ComputeSourceId);
  const stream = sourceOf(context, half.StreamComputeSourceId);
  const row: ListRow = common(context, project, env, timeText);
  if (project.BizUnitId !== null) row.BizUnitId = project.BizUnitId;
  if (batch) {
    row.DataSourceId = batch.Id;
    row.DataSourceName = batch.Name;
  }
  if (stream) {
    row.RealtimeDataSourceId = stream.Id;
    row.RealtimeDataSourceName = stream.Name;
  }
  return row;
};

type Row = { readonly project: Project; readonly env: Env };
const ROWS = new WeakMap<readonly Project[], readonly Row[]>();

/** One row for each half; kept as long as no project was written. */
const rowsOf = (projects: readonly Project[]): readonly Row[] => {
  const kept = ROWS.get(projects);
  if (kept) return kept;
  const rows = projects.flatMap((project): readonly Row[] =>
    project.Halves.DEV
      ? [
          { project, env: 'PROD' },
          { project, env: 'DEV' },
        ]
      : [{ project, env: 'PROD' }],
  );
  ROWS.set(projects, rows);
  return rows;
};

export const projects = {
  CreateBasicProject: (context, { CreateCommand: command }) => ({
    CreateResult: { Id: createProject(context, command.Name, 'BASIC', readType(command.Type), basicWish(command)) },
  }),

  CreateDevProdProject: (context, { CreateCommand: command }) => ({
    CreateResult: { Id: createProject(context, command.Name, 'DEV_PROD', 'GENERAL', pairWish(command)) },
  }),

  UpdateBasicProject: (context, { UpdateCommand: command }) => {
    updateProject(context, command.Id, command.Name, 'BASIC', basicWish(command));
    return {};
  },

  UpdateDevProdProject: (context, { UpdateCommand: command }) => {
    updateProject(context, command.Id, command.Name, 'DEV_PROD', pairWish(command));
    return {};
  },

  DeleteProject: (context, request) => {
    const project = findProject(context, request.Id);
    needProjectAdmin(context, project);
    if (project.HasDependency) refuse('DPN.Project.InUse', 'tasks or other data depend on the project');
    // Its compute sources are free again: they know of no project, only projects know of them.
    context.remove('projects', project.Id);
    return {};
  },

  GetProject: (context, request) => {
    const project = context.view.projects.get(request.Id);
    if (!project) return absent(context, 'DPN.Filter.ProjectNotFound', 'the project does not exist', {});
    needRole(context, project);
    return { ProjectInfo: toInfo(context, project, readEnv(project, request.Env), String) };
  },

  GetProjectByName: (context, request) => {
    const project = context.view.projects.by('name', request.Name)[0];
    if (!project) return absent(context, 'DPN.Filter.ProjectNotFound', 'the project does not exist', {});
    const env: Env = project.Name === request.Name ? 'PROD' : 'DEV';
    return { ProjectInfo: toInfo(context, project, env, timeText) };
  },

  ListProjects: (context, request) => {
    const { Env, Keyword, Mode, TagList, PageNo, PageSize } = request.ListQuery;
    const all = rowsOf(context.view.projects.newestFirst());
    const isFiltered = Env || Keyword || Mode || TagList?.length;
    const found = isFiltered
      ? all.filter(
          ({ project, env }) =>
            (!Env || env === Env) &&
            (!Mode || project.Mode === Mode) &&
            (!TagList?.length || TagList.includes(project.NameSpaceTag)) &&
            isLike(Keyword, shownName(project, env), halfOf(project, env).DisplayName),
        )
      : all;
    const page = pageOf(context, found, PageNo, PageSize, ({ project, env }) => toRow(context, project, env));
    return { PageResult: { TotalCount: page.total, ProjectList: page.rows } };
  },

  CheckProjectHasDependency: (context, request) => {
    const project = findProject(context, request.Id);
    needRole(context, project);
    return { Data: project.HasDependency };
  },

  GetProjectWhiteLists: (context, request) => {
    const project = context.view.projects.get(request.Id);
    if (!project) return absent(context, 'DPN.Filter.ProjectNotFound', 'the project does not exist', {});
    needRole(context, project);
    return { WhiteLists: project.WhiteLists };
  },

  ReplaceProjectWhiteLists: (context, request) => {
    const project = findProject(context, request.Id);
    needProjectAdmin(context, project);
    const WhiteLists = toWhiteList(request.ReplaceCommand.WhiteLists);
    context.put('projects', { ...project, WhiteLists, GmtModified: context.nowMs });
    return {};
  },

  GetProjectProduceUser: (context, request) => {
    const project = context.view.projects.get(request.ProjectId);
    if (!isSuperAdmin(context.caller)) refuse('DPN.Filter.NoPermission', 'only the super administrator may do this');
    if (!project) return absent(context, 'DPN.Filter.ProjectNotFound', 'the project does not exist', {});
    return { User: { Id: project.ProduceUserId } };
  },
} as const satisfies Handlers;
