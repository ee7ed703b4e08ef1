/** The rows of a world in tables, with the memory that late reads need. */
import { createTable, type Table, type TableShape } from './table.ts';
import type {
  App,
  AppGroup,
  BizUnit,
  ComputeSource,
  DataServiceProject,
  DataSource,
  GrantLogEntry,
  Member,
  Project,
  ResourceGrant,
  RowPermission,
  User,
  UserGroup,
  World,
} from './world.ts';
import { sourceHalves } from './worlds/data-sources.ts';

export type Rows = {
  readonly users: User;
  readonly members: Member;
  readonly userGroups: UserGroup;
  readonly computeSources: ComputeSource;
  readonly projects: Project;
  readonly bizUnits: BizUnit;
  readonly rowPermissions: RowPermission;
  readonly dataSources: DataSource;
  readonly resourceGrants: ResourceGrant;
  readonly resourceGrantLog: GrantLogEntry;
  readonly appGroups: AppGroup;
  readonly apps: App;
  readonly dataServiceProjects: DataServiceProject;
};
/** The rows as they are, or as they were. */
export type View = { readonly [C in keyof Rows]: Table<Rows[C]> };

/** To whom APIs of a data-service project are granted. */
const granteesOf = (project: DataServiceProject, type: 'APP' | 'USER'): readonly string[] => [
  ...new Set(
    project.Apis.flatMap((api) => api.Grants.filter((grant) => grant.GranteeType === type).map((grant) => grant.GranteeId)),
  ),
];

const halves = (project: Project) => (project.Halves.DEV ? [project.Halves.PROD, project.Halves.DEV] : [project.Halves.PROD]);

const SHAPES: { readonly [C in keyof Rows]: TableShape<Rows[C]> } = {
  users: { id: (row) => row.Id, indexes: { source: (row) => [row.SourceId] } },
  members: { id: (row) => row.UserId, indexes: {} },
  userGroups: {
    id: (row) => row.Id,
    indexes: { name: (row) => [row.Name], user: (row) => row.Members.map((member) => member.UserId) },
  },
  computeSources: { id: (row) => row.Id, indexes: { name: (row) => [row.Name] } },
  projects: {
    id: (row) => row.Id,
    indexes: {
      // A pair answers to its own name and to that of its development half (BEHAVIOUR 3.3).
      name: (row) => (row.Halves.DEV ? [row.Name, `${row.Name}_dev`] : [row.Name]),
      displayName: (row) => [...new Set(halves(row).map((half) => half.DisplayName))],
      computeSource: (row) => [
        ...new Set(halves(row).flatMap((half) => [half.ComputeSourceId, half.StreamComputeSourceId].filter((id) => id !== null))),
      ],
      user: (row) => [...new Set(halves(row).flatMap((half) => Object.keys(half.Members)))],
      owner: (row) => [row.OwnerId],
      bizUnit: (row) => (row.BizUnitId === null ? [] : [row.BizUnitId]),
      produceUser: (row) => [row.ProduceUserId],
    },
  },
  bizUnits: { id: (row) => row.Id, indexes: {} },
  rowPermissions: {
    id: (row) => row.RowPermissionId,
    indexes: {
      name: (row) => [row.RowPermissionName],
      table: (row) => [...new Set(row.Tables.map((table) => table.ResourceId))],
    },
  },
  dataSources: {
    id: (row) => row.Prod.Id,
    indexes: {
      half: (row) => sourceHalves(row).map((half) => half.Id),
      // A development half may carry the name of a production half (BEHAVIOUR 3.5).
      name: (row) => [`PROD ${row.Prod.Name}`, ...(row.Dev ? [`DEV ${row.Dev.Name}`] : [])],
    },
  },
  resourceGrants: {
    id: (row) => row.RecordId,
    indexes: {
      resource: (row) => [`${row.ResourceType} ${row.ResourceId}`],
      account: (row) => [row.AccountId],
    },
  },
  resourceGrantLog: { id: (row) => row.OperateId, indexes: {} },
  appGroups: { id: (row) => row.Id, indexes: { name: (row) => [row.Name] } },
  apps: {
    id: (row) => row.AppId,
    indexes: {
      group: (row) => [row.AppGroupId],
      key: (row) => [row.AppKey],
      user: (row) => [...new Set([...row.OwnerIds, ...row.Members.map((member) => member.UserId)])],
    },
  },
  dataServiceProjects: {
    id: (row) => row.ProjectId,
    indexes: {
      app: (row) => granteesOf(row, 'APP'),
      user: (row) => [...new Set([...Object.keys(row.Members), ...granteesOf(row, 'USER')])],
    },
  },
};
const COLLECTIONS = Object.keys(SHAPES) as (keyof Rows)[];

/** What of a world is rows, and what is not. */
export const splitWorld = (world: World): { readonly rows: Pick<World, keyof Rows>; readonly rest: Omit<World, keyof Rows> } => {
  const isRows = (name: string): boolean => (COLLECTIONS as readonly string[]).includes(name);
  const part = (rows: boolean) => Object.fromEntries(Object.entries(world).filter(([name]) => isRows(name) === rows));
  return { rows: part(true), rest: part(false) } as unknown as ReturnType<typeof splitWorld>;
};

type Entry = { readonly atMs: number; readonly apply: (view: View) => void };

export type Store = {
  readonly view: View;
  /** The rows as they were at a moment, at the earliest when the world was last set from outside. */
  readonly asOf: (ms: number) => View;
  readonly put: <C extends keyof Rows>(collection: C, row: Rows[C], atMs: number) => void;
  readonly remove: (collection: keyof Rows, id: string, atMs: number) => void;
  /** How many writes there were. */
  readonly writes: () => number;
};

const viewOf = (world: Pick<World, keyof Rows>): View => {
  const table = <C extends keyof Rows>(collection: C): Table<Rows[C]> =>
    createTable(SHAPES[collection] as unknown as TableShape<Rows[C]>, world[collection] as unknown as readonly Rows[C][]);
  return Object.fromEntries(COLLECTIONS.map((collection) => [collection, table(collection)])) as unknown as View;
};
const copyView = (view: View): View =>
  Object.fromEntries(COLLECTIONS.map((collection) => [collection, view[collection].copy()])) as unknown as View;

/** How many writes are remembered for late reads before the oldest half is forgotten. */
const REMEMBERED = 20_000;

/** A store of the world's rows; `world` itself is not changed. */
export const createStore = (world: Pick<World, keyof Rows>): Store => {
  const view = viewOf(world);
  let base: View | null = null;
  const entries: Entry[] = [];
  let writes = 0;
  let past: { readonly upTo: number; readonly view: View } | null = null;

  const baseView = (): View => {
    base ??= viewOf(world);
    return base;
  };
  const write = (entry: Entry): void => {
    writes++;
    entry.apply(view);
    entries.push(entry);
    if (entries.length < REMEMBERED) return;
    for (const old of entries.splice(0, REMEMBERED / 2)) old.apply(baseView());
    past = null;
  };
  return {
    view,
    asOf: (ms) => {
      let upTo = entries.length;
      while (upTo > 0 && (entries[upTo - 1] as Entry).atMs > ms) upTo--;
      if (upTo === entries.length) return view;
      const from = past !== null && past.upTo <= upTo ? past : { upTo: 0, view: copyView(baseView()) };
      for (const entry of entries.slice(from.upTo, upTo)) entry.apply(from.view);
      past = { upTo, view: from.view };
      return from.view;
    },
    put: (collection, row, atMs) => write({ atMs, apply: (some) => (some[collection] as Table<typeof row>).put(row) }),
    remove: (collection, id, atMs) => write({ atMs, apply: (some) => some[collection].remove(id) }),
    writes: () => writes,
  };
};

/** The store's rows as lists, oldest first. */
export const rowsOf = (store: Store): { readonly [C in keyof Rows]: readonly Rows[C][] } =>
  Object.fromEntries(COLLECTIONS.map((collection) => [collection, store.view[collection].oldestFirst()])) as unknown as {
    readonly [C in keyof Rows]: readonly Rows[C][];
  };
