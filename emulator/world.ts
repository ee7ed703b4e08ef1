/** What an emulated tenant is: one JSON value, `phinfra.world/1` (EMULATOR.md). */
import { isObject, type Json } from './json.ts';
import { entriesOf, flag, idText, list, nullable, number, oneOf, optional, record, text, type WorldOf } from './world-reader.ts';
import { checkWorld } from './worlds/checks.ts';
import { fillDataService, idsOfDataService, readApp, readAppGroup, readDataServiceProject } from './worlds/data-service.ts';
import { readDataSource, sourceHalves } from './worlds/data-sources.ts';
import { empty, LONG_AGO, newId, times } from './worlds/fields.ts';
import { readGrantLogEntry, readResourceGrant } from './worlds/resource-grants.ts';
import { readRowPermission } from './worlds/row-permissions.ts';

export const EDITIONS = ['personal', 'agile', 'database', 'bigdata', 'basic', 'intelligent'] as const;
export type Edition = (typeof EDITIONS)[number];

const readKey = record({ id: text, secret: text, userId: idText, readOnly: optional(flag, false) });
const readUser = record({
  Id: newId,
  AccountName: text,
  DisplayName: empty,
  SourceId: empty,
  SourceType: optional(text, 'aliyun'),
  ...times,
});
const readMember = record({
  UserId: idText,
  RoleList: optional(list(text), []),
  Mail: empty,
  MobilePhone: empty,
  DingNumber: empty,
});
const readUserGroup = record({
  Id: newId,
  Name: text,
  Description: empty,
  Active: optional(flag, true),
  Admins: optional(list(idText), []),
  Members: optional(list(record({ Id: newId, UserId: idText, GmtCreate: optional(number, LONG_AGO) })), []),
});
const readComputeSource = record({
  Id: newId,
  Name: text,
  Type: optional(text, 'MAX_COMPUTE'),
  Description: empty,
  Config: optional(entriesOf(text), {}),
  OwnerId: empty,
  ...times,
});
const readHalf = record({
  DisplayName: empty,
  Description: empty,
  ComputeSourceId: optional(nullable(idText), null),
  StreamComputeSourceId: optional(nullable(idText), null),
  Members: optional(entriesOf(list(number)), {}),
});
const readProject = record({
  Id: newId,
  Name: text,
  Mode: oneOf(['BASIC', 'DEV_PROD']),
  Type: optional(text, 'GENERAL'),
  OwnerId: empty,
  ProduceUserId: newId,
  HasDependency: optional(flag, false),
  WhiteLists: optional(list(record({ Description: empty, Ip: empty, Port: empty })), []),
  NameSpaceTag: empty,
  BizUnitId: optional(nullable(idText), null),
  Halves: record({ PROD: readHalf, DEV: optional(nullable(readHalf), null) }),
  ...times,
});
const readBizUnit = record({
  Id: newId,
  Name: text,
  DisplayName: empty,
  Description: empty,
  Mode: optional(oneOf(['BASIC', 'DEV_PROD']), 'BASIC'),
  Icon: optional(text, 'icon-e-commerce'),
  AccountList: optional(list(record({ Id: idText })), []),
  OwnerUserId: empty,
  ...times,
});
const readQuota = record({
  levels: list(oneOf([1, 2, 3])),
  perSecond: optional(nullable(number), null),
  perDay: optional(nullable(number), null),
});

const readWorld = record({
  format: oneOf(['phinfra.world/1']),
  tenant: idText,
  edition: optional(oneOf(EDITIONS), 'basic'),
  /** null: the public cloud, which runs the newest version and has no GetServerVersion (BEHAVIOUR 1.9). */
  serverVersion: optional(nullable(text), '6.3'),
  /** Where the world's clock starts, in ISO 8601; null: it follows the clock of the service. */
  now: optional(nullable(text), null),
  nextId: optional(idText, '1'),
  keys: optional(list(readKey), []),
  users: optional(list(readUser), []),
  members: optional(list(readMember), []),
  userGroups: optional(list(readUserGroup), []),
  computeSources: optional(list(readComputeSource), []),
  projects: optional(list(readProject), []),
  dataSources: optional(list(readDataSource), []),
  rowPermissions: optional(list(readRowPermission), []),
  appGroups: optional(list(readAppGroup), []),
  apps: optional(list(readApp), []),
  resourceGrants: optional(list(readResourceGrant), []),
  resourceGrantLog: optional(list(readGrantLogEntry), []),
  bizUnits: optional(list(readBizUnit), []),
  dataServiceProjects: optional(list(readDataServiceProject), []),
  tables: optional(list(text), []),
  /** Parts of addresses that no connectivity check reaches. */
  unreachable: optional(list(text), []),
  /** null: the quotas of the edition. */
  quotas: optional(nullable(list(readQuota)), null),
  /** Calls of the day by quota name; days are those of +08:00. */
  usage: optional(entriesOf(record({ day: text, count: number })), {}),
});

export type World = WorldOf<typeof readWorld>;
export type Key = World['keys'][number];
export type User = World['users'][number];
export type Member = World['members'][number];
export type UserGroup = World['userGroups'][number];
export type ComputeSource = World['computeSources'][number];
export type Project = World['projects'][number];
export type Half = Project['Halves']['PROD'];
export type BizUnit = World['bizUnits'][number];
export type { App, AppGroup, DataServiceProject } from './worlds/data-service.ts';
export type { DataSource, SourceHalf } from './worlds/data-sources.ts';
export type { AccountType, GrantLogEntry, ResourceGrant } from './worlds/resource-grants.ts';
export type { RowPermission } from './worlds/row-permissions.ts';

/**
 * Sorts of ids, with the widths that were seen (BEHAVIOUR 1.7).
 *
 * Each is a base plus the world's `nextId`: realistic in width, the same in every run.
 */
const ID_BASES = {
  user: 304_000_000n,
  userGroup: 13_000n,
  membership: 210_000n,
  computeSource: 6_865_280_996_000_000n,
  project: 7_155_117_168_000_000n,
  bizUnit: 6_798_087_749_000_000n,
  dataSource: 7_461_272_386_043_500_000n,
  rowPermission: 520_000_000n,
  rowRule: 610_000_000n,
  resourceGrant: 880_000n,
  grantLogEntry: 123_000n,
  appGroup: 550_980_364_000n,
  app: 538_893_915_000n,
  appKey: 200_000_000n,
  appSecret: 40_000_000n,
  dataServiceProject: 10_000n,
  dataServiceApi: 1_000n,
} as const;
export type IdSort = keyof typeof ID_BASES;

/** Appended by the service to the display name of a development half (BEHAVIOUR 3.3). */
export const DEV_SUFFIX = '_开发';

/** Apps and their groups were seen with negative ids: about half of theirs are, whatever is counted in between (BEHAVIOUR 1.7). */
const isNegative = (sort: IdSort, nextId: bigint): boolean =>
  (sort === 'app' || sort === 'appGroup') && (nextId / 2n + nextId / 3n) % 2n === 1n;

export const idFor = (sort: IdSort, nextId: bigint): string => {
  const id = ID_BASES[sort] + nextId;
  return String(isNegative(sort, nextId) ? -id : id);
};

/** A world whose lists may be changed in place, as a test or `PUT /_emulator/world` does. */
export type Draft<T> = T extends readonly (infer I)[]
  ? Draft<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/**
 * A world read from outside, complete: what is left out takes its default, objects without id, owner or display name get
 * theirs, and administrators of a group get the membership that the service shows for them (BEHAVIOUR 3.2).
 *
 * @throws Error that names the place: wrong type, unknown field, id or name twice, reference to nothing
 */
export const parseWorld = (value: unknown): World => {
  if (!isObject(value)) throw new Error('world: expected an object');
  const world = readWorld(value, 'world') as Draft<World>;
  giveIds(world);
  checkWorld(world);
  if (world.now !== null && Number.isNaN(Date.parse(world.now))) throw new Error('world.now: expected a time in ISO 8601');
  return world;
};

const giveIds = (world: Draft<World>): void => {
  let next = BigInt(world.nextId);
  const taken = new Set(
    [world.users, world.userGroups, world.computeSources, world.projects, world.bizUnits].flatMap((rows) =>
      rows.map((row) => row.Id),
    ),
  );
  for (const row of world.rowPermissions) for (const { Id } of [{ Id: row.RowPermissionId }, ...row.Rules]) taken.add(Id);
  for (const row of world.projects) taken.add(row.ProduceUserId);
  for (const half of world.dataSources.flatMap(sourceHalves)) taken.add(half.Id);
  for (const row of world.resourceGrants) taken.add(row.RecordId);
  for (const id of idsOfDataService(world)) taken.add(id);
  for (const row of world.resourceGrantLog) taken.add(row.OperateId);
  const give = (sort: IdSort, given: string): string => {
    if (given !== '') return given;
    let id = idFor(sort, next++);
    while (taken.has(id)) id = idFor(sort, next++);
    return id;
  };
  const owner = world.members.find((member) => member.RoleList.includes('SUPER_ADMIN'))?.UserId ?? '';
  for (const row of world.users) row.Id = give('user', row.Id);
  for (const row of world.computeSources) {
    row.Id = give('computeSource', row.Id);
    row.OwnerId ||= owner;
  }
  for (const row of world.bizUnits) {
    row.Id = give('bizUnit', row.Id);
    row.OwnerUserId ||= owner;
    row.DisplayName ||= row.Name;
  }
  for (const row of world.projects) {
    row.Id = give('project', row.Id);
    row.ProduceUserId = give('user', row.ProduceUserId);
    row.OwnerId ||= owner;
    row.Halves.PROD.DisplayName ||= row.Name;
    if (row.Halves.DEV) row.Halves.DEV.DisplayName ||= row.Halves.PROD.DisplayName + DEV_SUFFIX;
  }
  for (const row of world.userGroups) {
    row.Id = give('userGroup', row.Id);
    const members = new Set(row.Members.map((member) => member.UserId));
    for (const admin of row.Admins) if (!members.has(admin)) row.Members.push({ Id: '', UserId: admin, GmtCreate: LONG_AGO });
    for (const member of row.Members) member.Id = give('membership', member.Id);
  }
  for (const row of world.rowPermissions) {
    row.RowPermissionId = give('rowPermission', row.RowPermissionId);
    row.CreatorId ||= owner;
    row.ModifierId ||= row.CreatorId;
    for (const rule of row.Rules) rule.Id = give('rowRule', rule.Id);
  }
  for (const half of world.dataSources.flatMap(sourceHalves)) {
    half.Id = give('dataSource', half.Id);
    half.OwnerId ||= owner;
  }
  for (const row of world.resourceGrantLog) row.OperateId = give('grantLogEntry', row.OperateId);
  for (const row of world.resourceGrants) row.RecordId = give('resourceGrant', row.RecordId);
  fillDataService(world, give, owner);
  world.nextId = String(next);
};

const person = (number: number, name: string): Json => ({
  Id: String(300_000_000 + number),
  AccountName: `${name}@example.com`,
  DisplayName: `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  SourceId: `20480000000000000${number}`,
  SourceType: 'aliyun',
});

/** The world that an emulator starts with when it is given none (EMULATOR.md); without keys, which the service adds. */
export const defaultWorld = (edition: Edition = 'basic'): World =>
  parseWorld({
    format: 'phinfra.world/1',
    tenant: '300001413',
    edition,
    users: ['owner', 'alice', 'bob', 'carol', 'dave', 'erin'].map((name, at) => person(at + 1, name)),
    members: [
      { UserId: '300000001', RoleList: ['SUPER_ADMIN'] },
      { UserId: '300000002' },
      { UserId: '300000003' },
      { UserId: '300000004' },
    ],
    appGroups: [{ Id: '509', Name: 'default' }],
    bizUnits:
      edition === 'intelligent'
        ? [{ Name: 'retail', DisplayName: 'Retail', AccountList: [{ Id: '300000001' }], OwnerUserId: '300000001' }]
        : [],
    dataServiceProjects: [
      {
        ProjectId: '22',
        ProjectName: 'finance_ds',
        Members: {},
        Apis: [
          { ApiId: '1021', ApiName: 'get_orders', Query: true, Fields: [{ Id: '1', ParameterName: 'amount' }], Grants: [] },
          { ApiId: '1022', ApiName: 'put_order', Query: false, Fields: [], Grants: [] },
        ],
      },
    ],
    tables: ['odps.300001413.finance.orders'],
  });
