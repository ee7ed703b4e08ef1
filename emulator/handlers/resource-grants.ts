/** Grants of permissions on tables, fields and data sources, and their log (BEHAVIOUR 3.11). */
import type { AnswerOf, RequestOf } from '../../engine/operations/index.ts';
import { refuse } from '../refusal.ts';
import type { View } from '../store.ts';
import type { AccountType, GrantLogEntry, ResourceGrant } from '../world.ts';
import { endMs, endText } from '../worlds/resource-grants.ts';
import { absent, type Context, type Handlers, inBatch, isLike, isTenantAdmin, pageOf } from './context.ts';
import { checkOperations, needOwner, needResource, readSort, readTab, resourceInfo, tabOf } from './grant-resources.ts';
import { accountName, readMapping } from './row-accounts.ts';

type Ends = ResourceGrant['Operations'];
type Row = NonNullable<NonNullable<AnswerOf<'ListResourcePermissions'>['PageResult']>['Data']>[number];
type Account = { readonly AccountId: string; readonly AccountType: AccountType };
/** One account and one resource of a call. */
type Pair = Account & { readonly ResourceType: string; readonly ResourceId: string };

/** From where on an end counts as none; 3025-12-31 23:59:59 is what the documentation calls long term. */
const LONG_TERM_MS = Date.parse('3000-01-01T00:00:00+08:00');

/** The service knows the sort of an account by its id: one flat list names people, production accounts and groups. */
const findAccount = (context: Context, id: string): Account => {
  const { view } = context;
  const type = (): AccountType | null => {
    if (view.users.get(id)) return 'PERSONAL';
    if (view.projects.by('produceUser', id).length > 0) return 'PRODUCE';
    return view.userGroups.get(id) ? 'USER_GROUP' : null;
  };
  const AccountType = type() ?? refuse('DPN.ResourceGrant.NotFound', `no account has the id ${id}`);
  readMapping(context, { AccountType, Accounts: [{ AccountId: id }] });
  return { AccountId: id, AccountType };
};

/** Measured: only `yyyy-MM-dd HH:mm:ss`, in +08:00; the SDK says milliseconds, which the switch `effectiveEnd` takes too. */
const readEnd = (context: Context, given: string): string => {
  if (!Number.isNaN(endMs(given))) return given;
  if (context.switches.effectiveEnd === 'both' && /^\d{1,14}$/.test(given)) return endText(Number(given));
  return refuse('DPN.Commons.InvalidParam', `Invalid effectiveEndTime: ${given}, expected yyyy-MM-dd HH:mm:ss`);
};

const needAny = (name: string, list: readonly unknown[]): void => {
  if (list.length === 0) refuse('DPN.Bus.ParamsValidateError', `${name} must not be empty`);
};

const idsOf = (resources: RequestOf<'GrantResourcePermission'>['GrantCommand']['ResourceList']): readonly string[] => {
  needAny('resourceList', resources);
  return [
    ...new Set(resources.map((one) => one.ResourceId ?? refuse('DPN.Bus.ParamsValidateError', 'resourceId must not be empty'))),
  ];
};

/** The record of an account on a resource; those of a wider scope are made and taken back in the console only. */
const recordOf = (view: View, type: string, resourceId: string, accountId: string): ResourceGrant | undefined =>
  view.resourceGrants
    .by('resource', `${type} ${resourceId}`)
    .find((row) => row.AccountId === accountId && row.AuthScope === 'selectTable');

const without = (ends: Ends, operations: readonly string[]): Ends =>
  Object.fromEntries(Object.entries(ends).filter(([operation]) => !operations.includes(operation)));

/** Whether it still works: up to and including its last second. */
const isLive = (context: Context, end: string): boolean => context.nowMs < endMs(end) + 1000;

/** What reads show: expired operations too, unless the switch `expired` lets them vanish. What waits is not there yet. */
const shownEnds = (context: Context, grant: ResourceGrant): Ends =>
  context.switches.expired === 'listed'
    ? grant.Operations
    : Object.fromEntries(Object.entries(grant.Operations).filter(([, end]) => isLive(context, end)));

const log = (
  context: Context,
  pair: Pair,
  entry: Pick<GrantLogEntry, 'OperateType' | 'Operations' | 'EffectiveEnd' | 'Reason'>,
): void =>
  context.put('resourceGrantLog', {
    OperateId: context.newId('grantLogEntry'),
    OperateTime: context.nowMs,
    OperatorId: context.caller.UserId,
    ResourceType: pair.ResourceType,
    ResourceId: pair.ResourceId,
    AccountId: pair.AccountId,
    AccountType: pair.AccountType,
    ...entry,
  });

/** A grant overwrites the end of its operations and leaves others alone (assumed); by the switch `approvals` it waits. */
const grant = (context: Context, pair: Pair, operations: readonly string[], end: string, reason: string): void => {
  const before = recordOf(context.view, pair.ResourceType, pair.ResourceId, pair.AccountId) ?? newRecord(context, pair);
  const ends = Object.fromEntries(operations.map((operation) => [operation, end]));
  const isWaiting = context.switches.approvals === 'on';
  context.put('resourceGrants', {
    ...before,
    Operations: isWaiting ? before.Operations : { ...before.Operations, ...ends },
    Pending: isWaiting ? { ...before.Pending, ...ends } : without(before.Pending, operations),
    GmtModified: context.nowMs,
  });
  log(context, pair, {
    OperateType: isWaiting ? 'APPLY' : 'GRANT',
    Operations: operations,
    EffectiveEnd: end,
    Reason: reason,
  });
};

const newRecord = (context: Context, pair: Pair): ResourceGrant => ({
  RecordId: context.newId('resourceGrant'),
  ...pair,
  AuthScope: 'selectTable',
  Operations: {},
  Pending: {},
  GmtCreate: context.nowMs,
  GmtModified: context.nowMs,
});

/** Operations of a record that a revocation means; none named: all of them, those that wait included (assumed). */
const revocable = (context: Context, record: ResourceGrant | undefined, wanted: readonly string[]): readonly string[] => {
  if (!record) return [];
  const there = Object.keys({ ...shownEnds(context, record), ...record.Pending });
  return wanted.length === 0 ? there : there.filter((operation) => wanted.includes(operation));
};

const revoke = (context: Context, record: ResourceGrant, operations: readonly string[], reason: string): void => {
  const next = {
    ...record,
    Operations: without(record.Operations, operations),
    Pending: without(record.Pending, operations),
    GmtModified: context.nowMs,
  };
  const isEmpty = Object.keys({ ...next.Operations, ...next.Pending }).length === 0;
  if (isEmpty) context.remove('resourceGrants', record.RecordId);
  else context.put('resourceGrants', next);
  log(context, record, {
    OperateType: 'REVOKE',
    Operations: operations,
    EffectiveEnd: null,
    Reason: reason,
  });
};

const periodOf = (ms: number) => ({ EndTime: String(ms), Type: ms >= LONG_TERM_MS ? 'LONG_TERM' : 'CUSTOM' });

const accountInfo = (view: View, id: string, type: AccountType) => ({ Id: id, Name: accountName(view, type, id), Type: type });

const toRow = (context: Context, record: ResourceGrant): Row => {
  const ends = Object.entries(shownEnds(context, record));
  const last = Math.max(...ends.map(([, end]) => endMs(end)));
  return {
    // Scopes are about tables; records of data sources have none.
    ...(tabOf(record.ResourceType) === 'TABLE' ? { AuthScope: record.AuthScope } : {}),
    Period: periodOf(last),
    PermissionPeriodList: ends.map(([operation, end]) => ({ Period: periodOf(endMs(end)), PermissionType: operation })),
    RecordId: record.RecordId,
    ResourceInfo: resourceInfo(context.view, record),
    TargetAccount: accountInfo(context.view, record.AccountId, record.AccountType),
  };
};

const toLogRow = (context: Context, entry: GrantLogEntry) => ({
  Account: accountInfo(context.view, entry.OperatorId, 'PERSONAL'),
  ...(tabOf(entry.ResourceType) === 'TABLE' ? { AuthScope: 'selectTable' } : {}),
  OperateId: entry.OperateId,
  OperateTime: entry.OperateTime,
  OperateType: entry.OperateType,
  ...(entry.EffectiveEnd === null ? {} : { Period: periodOf(endMs(entry.EffectiveEnd)) }),
  Reason: entry.Reason,
  ResourceInfo: resourceInfo(context.view, entry),
  TargetAccount: accountInfo(context.view, entry.AccountId, entry.AccountType),
});

/** The search looks at the names of resources and accounts (assumed). */
const isFound = (
  view: View,
  text: string | undefined,
  row: Pick<ResourceGrant, 'ResourceType' | 'ResourceId' | 'AccountId'>,
  type: AccountType,
): boolean => !text || isLike(text, resourceInfo(view, row).Name ?? '', accountName(view, type, row.AccountId));

export const resourceGrants = {
  GrantResourcePermission: (context, request) => {
    const { EffectiveEnd, OperateList, Reason = '', ResourceList, ResourceType, UserIdList } = request.GrantCommand;
    const end = readEnd(context, EffectiveEnd);
    const operations = [...new Set(OperateList)];
    needAny('operateList', operations);
    needAny('userIdList', UserIdList);
    checkOperations(ResourceType, operations);
    const resources = idsOf(ResourceList);
    const pairs = [...new Set(UserIdList)].flatMap((user) => resources.map((ResourceId) => ({ user, ResourceId })));
    inBatch(
      context,
      pairs,
      ({ user, ResourceId }) => {
        needResource(context, ResourceType, ResourceId);
        needOwner(context, ResourceType, ResourceId);
        // Measured: production accounts cannot be given RUN over the API.
        if (findAccount(context, user).AccountType === 'PRODUCE' && ResourceType === 'DATASOURCE' && operations.includes('RUN'))
          refuse('DPN.Security.NotSupport', 'DATASOURCE.RUN cannot be granted to a production account');
      },
      ({ user, ResourceId }) =>
        grant(context, { ResourceType, ResourceId, ...findAccount(context, user) }, operations, end, Reason),
    );
    return {};
  },

  RevokeResourcePermission: (context, request) => {
    const { OperateList = [], Reason = '', ResourceList, ResourceType, UserId } = request.RevokeCommand;
    readSort(ResourceType);
    const of = (ResourceId: string): ResourceGrant | undefined => recordOf(context.view, ResourceType, ResourceId, UserId);
    inBatch(
      context,
      idsOf(ResourceList),
      (id) => {
        needOwner(context, ResourceType, id);
        if (revocable(context, of(id), OperateList).length === 0)
          absent(context, 'DPN.ResourceGrant.NotFound', `${UserId} has no such permission on ${ResourceType} ${id}`, {});
      },
      (id) => {
        const record = of(id);
        const operations = revocable(context, record, OperateList);
        if (record && operations.length > 0) revoke(context, record, operations, Reason);
      },
    );
    return {};
  },

  ListResourcePermissions: (context, request) => {
    const { Page, PageSize, SearchText, TabType } = request.ListQuery;
    const tab = readTab(TabType);
    const found = context.view.resourceGrants
      .newestFirst()
      .filter(
        (record) =>
          tabOf(record.ResourceType) === tab &&
          Object.keys(shownEnds(context, record)).length > 0 &&
          isFound(context.view, SearchText, record, record.AccountType),
      );
    const page = pageOf(context, found, Page, PageSize, (record) => toRow(context, record));
    // One skill reads the rows under another key than the SDK.
    const other = { RecordList: page.rows };
    const rows = context.switches.permissionRows === 'RecordList' ? other : { Data: page.rows };
    return { PageResult: { TotalCount: page.total, ...rows } };
  },

  /** Exact: what was granted to this account itself; neither groups nor ownership count (assumed). */
  CheckResourcePermission: (context, request) => {
    const { Operate, ResourceList, ResourceType, UserId } = request.CheckCommand;
    readSort(ResourceType);
    return {
      ResourcePermissionList: ResourceList.map(({ ResourceId }) => {
        const record = recordOf(context.view, ResourceType, ResourceId, UserId);
        const end = record && Object.hasOwn(record.Operations, Operate) ? record.Operations[Operate] : undefined;
        return { HasPermission: end !== undefined && isLive(context, end), ResourceId };
      }),
    };
  },

  /** For super, system and security administrators, as the help centre says of this log (user guide, June 2026). */
  ListResourcePermissionOperationLog: (context, request) => {
    const { Page, PageSize, SearchText, TabType } = request.ListQuery;
    const tab = readTab(TabType);
    if (!isTenantAdmin(context.caller) && !context.caller.RoleList.includes('SECURITY_ADMIN'))
      refuse('DPN.ResourceGrant.NoPermission', 'only super, system and security administrators may do this');
    const found = context.view.resourceGrantLog
      .newestFirst()
      .filter((entry) => tabOf(entry.ResourceType) === tab && isFound(context.view, SearchText, entry, entry.AccountType));
    const page = pageOf(context, found, Page, PageSize, (entry) => toLogRow(context, entry));
    return { PageResult: { TotalCount: page.total, Data: page.rows } };
  },
} as const satisfies Handlers;
