/** Random tenants and workspaces of the kinds, as plain values; a workspace is rendered to files in any order. */
import { stringify } from 'yaml';
import type { Draft, Edition, SwitchSettings, World } from '../../emulator/index.ts';
import { type ApiGrantSpec, type AppSpec, type DataServiceModel, dataServiceModel, liveDataService } from './data-service.ts';
import { liveResourceGrants, type ResourceGrantSpec, resourceGrantModel } from './grants.ts';
import type { Random } from './random.ts';
import { liveRowPermissions, type RowPermissionSpec, rowPermissionSpec } from './rows.ts';
import { type DataSourceSpec, dataSourceSpec, liveDataSources } from './sources.ts';

export type GroupSpec = {
  description?: string;
  admins?: string[];
  members?: unknown[];
  active?: boolean;
  lifecycle?: object;
  renamedFrom?: string;
};
export type SourceSpec = {
  type?: string;
  description?: string;
  check?: string;
  config?: Record<string, string>;
  secretsVersion?: string;
  lifecycle?: object;
  renamedFrom?: string;
};
export type MemberSpec = { roles?: string[]; mail?: string; mobile?: string; ding?: string; source?: object; lifecycle?: object };
export type ProjectSpec = {
  mode?: string;
  type?: string;
  displayName?: string;
  description?: string | Record<string, string>;
  computeSource?: string | Record<string, string>;
  streamComputeSource?: string | Record<string, string>;
  bizUnit?: string;
  namespaceTag?: string;
  whiteList?: { ip: string; port: string; description?: string }[];
  members?: Record<string, Record<string, unknown[]>>;
  lifecycle?: object;
};
export type Model = {
  tenantMembers: Record<string, MemberSpec>;
  userGroups: Record<string, GroupSpec>;
  computeSources: Record<string, SourceSpec>;
  projects: Record<string, ProjectSpec>;
  dataSources: Record<string, DataSourceSpec>;
  rowPermissions: Record<string, RowPermissionSpec>;
  dataServiceAppGroups: Record<string, object>;
  dataServiceApps: Record<string, Record<string, AppSpec>>;
  dataServiceProjectMembers: Record<string, Record<string, unknown[]>>;
  dataServiceGrants: Record<string, Record<string, ApiGrantSpec>>;
  resourceGrants: Record<string, Record<string, ResourceGrantSpec>>;
  sets: Record<string, { people: unknown[] }>;
};
export type Scene = {
  readonly edition: Edition;
  readonly world: Record<string, unknown>;
  readonly model: Model;
  /** Accounts of the tenant's members, the owner first; then of the users that can be added. */
  readonly members: readonly string[];
  readonly addable: readonly string[];
  readonly drift: 'revert';
  readonly hasDataService: boolean;
  /** Only owners may touch members and secrets of an app (Q45): the caller is one of them everywhere. */
  readonly strictApps: boolean;
};
/** A change behind the files' back, after which exactly one declared field differs. */
export type Drift = {
  readonly address: string;
  readonly pointer: string;
  readonly isReadable: boolean;
  readonly change: (world: Draft<World>) => void;
};
export type DriftsOf = (
  model: Model,
  world: World,
  random: Random,
  add: (address: string, pointer: string, change: Drift['change']) => void,
) => void;
export const pointerPart = (text: string): string => text.replaceAll('~', '~0').replaceAll('/', '~1');

/** Changes the model in place and says what it did; null: there is nothing of the sort to change. */
export type Edit = (model: Model, scene: Scene, random: Random) => string | null;

export const OWNER = 'owner@example.com';
export const EDITIONS: readonly Edition[] = ['personal', 'agile', 'database', 'bigdata', 'basic', 'intelligent'];
export const ROLES = [
  'SYSTEM_ADMIN',
  'DATASOURCE_MANAGER',
  'SECURITY_ADMIN',
  'QUALITY_MANAGER',
  'EXPORT_ADMIN',
  'BUSINESS_MEMBER',
];
const PROJECT_ROLES = ['admin', 'developer', 'visitor', 'analyst', 'operator', '17'];
const ROLE_IDS: Readonly<Record<string, number>> = { admin: 1, developer: 2, visitor: 3, analyst: 4, operator: 5, '17': 17 };
const WORDS = ['reads the marts', '财务', 'a: b # c', '', "it's", 'x'.repeat(60), '- dash', 'orders, north'];

const userId = (index: number): string => String(300000001 + index);

/** Text that differs from the given one. */
export const otherText = (random: Random, text: string | undefined): string => {
  const word = random.pick(WORDS);
  return word === (text ?? '') ? `${word}!` : word;
};

const principals = (random: Random, people: readonly string[], sets: readonly string[]): unknown[] => [
  ...people.map((account) => (random.chance(0.15) ? { who: account, until: '2031-12-31', reason: 'audit' } : account)),
  ...sets.map((name) => `sets/${name}`),
];

export const groupSpec = (random: Random, people: readonly string[], sets: readonly string[]): GroupSpec => ({
  ...(random.chance(0.7) ? { description: random.pick(WORDS) } : {}),
  ...(random.chance(0.6) ? { admins: random.some(people, 0.25).slice(0, 4) } : {}),
  ...(random.chance(0.8) ? { members: principals(random, random.some(people, 0.4), random.some(sets, 0.3)) } : {}),
  ...(random.chance(0.4) ? { active: random.chance(0.7) } : {}),
});

export const sourceSpec = (random: Random, project: string): SourceSpec => ({
  type: 'MAX_COMPUTE',
  ...(random.chance(0.7) ? { description: random.pick(WORDS) } : {}),
  ...(random.chance(0.15) ? { check: 'connectivity' } : {}),
  config: {
    'maxcompute.endpoint': 'http://service.example.com/api',
    'maxcompute.project': project,
    'maxcompute.access.id': '${env:MC_ID}',
    'maxcompute.access.key': random.chance(0.3) ? 'prefix-${env:MC_KEY}-suffix' : '${env:MC_KEY}',
    ...(random.chance(0.2) ? { 'odps.extra': 'one' } : {}),
  },
  ...(random.chance(0.4) ? { secretsVersion: '2026-11' } : {}),
});

const halfMembers = (random: Random, people: readonly string[], sets: readonly string[]): Record<string, unknown[]> =>
  Object.fromEntries(
    random.some(PROJECT_ROLES, 0.35).map((role) => [role, principals(random, random.some(people, 0.3), random.some(sets, 0.2))]),
  );

const whiteList = (random: Random): { ip: string; port: string; description?: string }[] =>
  random.some(['10.0.0.0/8', '192.168.1.7', '172.16.0.0/12'], 0.5).map((ip) => ({
    ip,
    port: random.pick(['3306', '5432']),
    ...(random.chance(0.5) ? { description: random.pick(['warehouse', '仓库']) } : {}),
  }));

export const projectSpec = (
  random: Random,
  index: number,
  parts: { people: readonly string[]; sets: readonly string[]; sources: string[]; units: readonly string[] },
): ProjectSpec => {
  const { people, sets, sources, units } = parts;
  const basic = random.chance(0.4);
  const source = (): string | undefined => (random.chance(0.5) ? sources.shift() : undefined);
  const halves = (make: () => string | undefined): Record<string, string> => {
    const found: Record<string, string> = {};
    for (const half of basic ? ['prod'] : ['prod', 'dev']) {
      const value = make();
      if (value !== undefined) found[half] = value;
    }
    return found;
  };
  const asField = (found: Record<string, string>) => (basic ? found['prod'] : found);
  const compute = halves(source);
  const stream = random.chance(0.2) ? halves(source) : {};
  const description = halves(() => (random.chance(0.6) ? random.pick(WORDS) : undefined));
  return {
    mode: basic ? 'basic' : 'dev-prod',
    ...(basic && random.chance(0.3) ? { type: 'DISTILL' } : {}),
    ...(random.chance(0.7) ? { displayName: `显示 ${index} ${random.below(1000)}` } : {}),
    ...(Object.keys(description).length > 0 ? { description: asField(description) as string } : {}),
    ...(Object.keys(compute).length > 0 ? { computeSource: asField(compute) as string } : {}),
    ...(Object.keys(stream).length > 0 ? { streamComputeSource: asField(stream) as string } : {}),
    ...(units.length > 0 && random.chance(0.5) ? { bizUnit: random.pick(units) } : {}),
    ...(random.chance(0.3) ? { namespaceTag: random.pick(['PUBLIC', 'APPLICATION', 'BASE']) } : {}),
    ...(random.chance(0.4) ? { whiteList: whiteList(random) } : {}),
    ...(random.chance(0.7)
      ? {
          members: {
            ...(random.chance(0.8) ? { prod: halfMembers(random, people, sets) } : {}),
            ...(!basic && random.chance(0.6) ? { dev: halfMembers(random, people, sets) } : {}),
          },
        }
      : {}),
  };
};

export const memberSpec = (random: Random): MemberSpec => ({
  ...(random.chance(0.7) ? { roles: random.some(ROLES, 0.25) } : {}),
  ...(random.chance(0.3) ? { mail: random.pick(['', 'a@example.com', 'b@example.com']) } : {}),
  ...(random.chance(0.2) ? { mobile: random.pick(['13800000000', '13900000000']) } : {}),
  ...(random.chance(0.2) ? { ding: random.pick(['ding-1', 'ding-2']) } : {}),
});

/** One random tenant with a workspace over it: some of it live already, some of that different, some unmanaged. */
export const randomScene = (random: Random, edition: Edition, switches: SwitchSettings): Scene => {
  const small = edition === 'personal';
  const hasGroups = edition === 'basic' || edition === 'intelligent';
  const count = small ? 4 : 5 + random.below(4);
  const accounts = [OWNER, ...Array.from({ length: count }, (_, index) => `p${index + 1}@example.com`)];
  const split = Math.max(2, count - 1 - random.below(2));
  const members = accounts.slice(0, split);
  const addable = accounts.slice(split);
  const idOf = (account: string): string => userId(accounts.indexOf(account));
  const people = members;
  const limit = (n: number): number => random.below((small ? 1 : n) + 1);
  const units = edition === 'intelligent' ? ['retail', 'bank'] : [];

  const sets: Model['sets'] = {};
  for (let index = 0; index < limit(2); index++)
    sets[`s${index + 1}`] = {
      people: principals(random, random.some(people, 0.4), index === 1 && random.chance(0.5) ? ['s1'] : []),
    };
  const setNames = Object.keys(sets);

  const tenantMembers: Model['tenantMembers'] = {};
  for (const account of random.some([...members.slice(1), ...addable], small ? 0.15 : 0.3))
    tenantMembers[account] = memberSpec(random);
  if (!small && random.chance(0.2))
    tenantMembers['new@example.com'] = {
      ...memberSpec(random),
      source: { type: 'aliyun', id: '204800000000000077', displayName: 'New' },
    };
  const named = [...people, ...Object.keys(tenantMembers).filter((account) => !members.includes(account))];

  const userGroups: Model['userGroups'] = {};
  if (hasGroups)
    for (let index = 0; index < 1 + limit(3); index++) userGroups[`g${index + 1}`] = groupSpec(random, named, setNames);

  const computeSources: Model['computeSources'] = {};
  for (let index = 0; index < limit(5); index++) computeSources[`mc${index + 1}`] = sourceSpec(random, `mp_${index + 1}`);
  const projects: Model['projects'] = {};
  const free = random.shuffled(Object.keys(computeSources));
  for (let index = 0; index < limit(3); index++)
    projects[`pr${index + 1}`] = projectSpec(random, index, { people: named, sets: setNames, sources: free, units });

  const dataSources: Model['dataSources'] = {};
  for (let index = 0; index < limit(3); index++) dataSources[`ds${index + 1}`] = dataSourceSpec(random, `ds${index + 1}`);
  const tables = Object.keys(projects).flatMap((name) => [`${name}.orders`, `${name}.items`]);
  const groupNames = Object.keys(userGroups).map((name) => `userGroups/${name}`);
  const takers = [...named, ...groupNames, ...Object.keys(projects).map((name) => `projects/${name}`)];
  const rowPermissions: Model['rowPermissions'] = {};
  for (let index = 0; index < limit(2); index++)
    rowPermissions[`rp${index + 1}`] = rowPermissionSpec(random, { principals: takers, tables });
  const hasDataService = hasGroups;
  const strictApps = switches.appOwnerOnly === 'strict';
  const dataService: DataServiceModel = hasDataService
    ? dataServiceModel(random, named, strictApps)
    : { dataServiceAppGroups: {}, dataServiceApps: {}, dataServiceProjectMembers: {}, dataServiceGrants: {} };
  const resourceGrants: Model['resourceGrants'] =
    small && random.chance(0.6)
      ? {}
      : resourceGrantModel(random, { principals: takers, sources: Object.keys(dataSources), tables });
  const guids = tables.map((table) => `odps.300001413.${table}`);

  const groupRow = (name: string, spec: GroupSpec) => ({
    Name: name,
    Description: random.chance(0.5) ? (spec.description ?? '') : random.pick(WORDS),
    Active: random.chance(0.8),
    Admins: random.some(members, 0.2).slice(0, 3).map(idOf),
    Members: random.some(members, 0.3).map((account) => ({ UserId: idOf(account) })),
  });
  const liveGroups = hasGroups
    ? [
        ...random.some(Object.keys(userGroups), 0.35).map((name) => groupRow(name, userGroups[name] ?? {})),
        ...random.some(['G1', 'g9', 'G2'], 0.3).map((name) => groupRow(name, {})),
      ]
    : [];
  const liveSources = [
    ...random.some(Object.keys(computeSources), 0.25).map((name) => ({
      Name: name,
      Description: random.chance(0.6) ? (computeSources[name]?.description ?? '') : 'by hand',
      Config: Object.fromEntries(
        Object.entries(computeSources[name]?.config ?? {}).map(([key, value]) => [
          key,
          value.replace('${env:MC_ID}', 'id').replace('${env:MC_KEY}', 'key'),
        ]),
      ),
    })),
    ...random
      .some(['MC1', 'other'], 0.3)
      .map((name) => ({ Name: name, Description: '', Config: { 'maxcompute.project': `own_${name}` } })),
  ];
  const liveProjects = [
    ...random.some(Object.keys(projects), 0.25).map((name) => ({ name, basic: projects[name]?.mode === 'basic' })),
    ...random.some(['PR1', 'loose'], 0.25).map((name) => ({ name, basic: random.chance(0.5) })),
  ].map(({ name, basic }, index) => {
    const half = () => ({
      DisplayName: `live ${name} ${index}`,
      Description: random.pick(WORDS),
      Members: Object.fromEntries(
        random
          .some(members, 0.3)
          .map((account) => [idOf(account), random.some([1, 2, 3, 4], 0.4).concat(random.chance(0.5) ? [] : [5])]),
      ),
    });
    const halfOf = () => {
      const made = half();
      return {
        ...made,
        Members: Object.fromEntries(Object.entries(made.Members).map(([id, roles]) => [id, roles.length > 0 ? roles : [3]])),
      };
    };
    return {
      Name: name,
      Mode: basic ? 'BASIC' : 'DEV_PROD',
      Type: projects[name]?.type ?? 'GENERAL',
      OwnerId: idOf(random.pick(members)),
      WhiteLists: random.some(
        [
          { Ip: '10.0.0.0/8', Port: '3306', Description: 'warehouse' },
          { Ip: '1.2.3.4', Port: '80', Description: '' },
        ],
        0.3,
      ),
      NameSpaceTag: random.pick(['', 'PUBLIC']),
      Halves: { PROD: halfOf(), DEV: basic ? null : halfOf() },
    };
  });
  return {
    edition,
    drift: 'revert',
    members,
    addable,
    hasDataService,
    strictApps,
    model: {
      tenantMembers,
      userGroups,
      computeSources,
      dataSources,
      projects,
      rowPermissions,
      ...dataService,
      resourceGrants,
      sets,
    },
    world: {
      format: 'phinfra.world/1',
      tenant: '300001413',
      edition,
      serverVersion: '6.3',
      now: null,
      nextId: '100',
      keys: [
        { id: 'AK', secret: 'SK', userId: idOf(OWNER), readOnly: false },
        { id: 'RO', secret: 'SK2', userId: idOf(OWNER), readOnly: true },
      ],
      users: accounts.map((account, index) => ({
        Id: userId(index),
        AccountName: account,
        DisplayName: account,
        SourceId: `2048${index}`,
        SourceType: 'aliyun',
      })),
      members: members.map((account, index) => ({
        UserId: idOf(account),
        RoleList: index === 0 ? ['SUPER_ADMIN'] : random.some(ROLES, 0.15),
        Mail: '',
      })),
      userGroups: liveGroups,
      computeSources: liveSources,
      projects: liveProjects,
      bizUnits: units.map((Name) => ({ Name, DisplayName: Name })),
      tables: guids,
      dataSources: liveDataSources(random, dataSources),
      rowPermissions: liveRowPermissions(random, rowPermissions, { userIds: members.map(idOf), tables: guids }),
      ...(hasDataService ? liveDataService(random, dataService, { idOf, members }) : {}),
      resourceGrants: liveResourceGrants(random, { userIds: members.map(idOf), tables: guids }),
    },
  };
};

/** What no workspace of a random scene names: live, and somebody else's. */
export const strangersOf = (world: World) => ({
  userGroups: world.userGroups.filter((one) => ['G1', 'G2', 'g9'].includes(one.Name)),
  computeSources: world.computeSources.filter((one) => ['MC1', 'other'].includes(one.Name)),
  projects: world.projects.filter((one) => ['PR1', 'loose'].includes(one.Name)),
  dataSources: world.dataSources.filter((one) => ['DS1', 'other_source'].includes(one.Prod.Name)),
  rowPermissions: world.rowPermissions.filter((one) => ['RP1', 'other_filter'].includes(one.RowPermissionName)),
  appGroups: world.appGroups.filter((one) => one.Name === 'AG9'),
  apps: world.apps.filter((one) => ['strange_app', 'APP_ONE'].includes(one.AppName)),
});

export const roleId = (role: string): number => ROLE_IDS[role] ?? Number(role);

/** The files of a workspace; which resource stands in which file, and in which order, is drawn anew each time. */
export const filesOf = (model: Model, edition: Edition, random: Random): Record<string, string> => {
  const files: Record<string, Record<string, Record<string, unknown>>> = {};
  const put = (collection: string, key: string, value: unknown): void => {
    const path = `r/${random.pick(['a', 'b', 'c'])}.yaml`;
    const file = files[path] ?? {};
    files[path] = file;
    file[collection] = { ...file[collection], [key]: value };
  };
  const all = Object.entries(model).flatMap(([collection, of]) =>
    Object.entries(of).map(([key, value]) => [collection, key, value] as const),
  );
  for (const [collection, key, value] of random.shuffled(all)) put(collection, key, value);
  if (all.length === 0) files['r/a.yaml'] = { sets: {} };
  const head = {
    phinfra: 1,
    resources: ['r/*.yaml'],
    edition,
    tenant: '300001413',
    connection: { region: 'cn-shanghai', caller: OWNER },
    secrets: { env: ['MC_*'] },
  };
  return {
    'phinfra.yaml': stringify(head),
    ...Object.fromEntries(
      Object.entries(files).map(([path, content]) => [path, stringify(content, { aliasDuplicateObjects: false })]),
    ),
  };
};
