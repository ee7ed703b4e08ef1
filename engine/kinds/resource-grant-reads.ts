/**
 * Grants on resources as they are, read by the cheaper of two ways (BEHAVIOUR 3.11, RESOURCES 5):
 *
 *     permissions TAB          the whole list of a tab: who holds what, and until when
 *     check TYPE OPERATION N KEY   one principal and operation on up to fifty resources: whether, and no more
 */
import { addressOf, canonical, lastOf, parentOf, pointerOf, textOf } from '../core/json.ts';
import { BATCH, batches, type LiveInput, type MoreInput, type MoreRead, type Names, objectAt, rowsAt } from '../core/kind.ts';
import type { Live } from '../core/model.ts';
import type { Json, JsonObject } from '../core/ports.ts';
import { isOver, untilOfMs, withUntil } from './expiry.ts';
import { granteeOf } from './grantees.ts';
import {
  elementKey,
  elementOf,
  isSort,
  operationOf,
  resourceIdOf,
  resourceName,
  SORTS,
  type Sort,
  sortOfType,
  type Tab,
  writtenOf,
} from './resource-types.ts';
import { TABLES, tableName } from './tables.ts';

const TABS: readonly Tab[] = ['TABLE', 'DATASOURCE'];
const listName = (tab: Tab): string => `permissions ${tab}`;
export const isCheck = (read: string): boolean => read.startsWith('check ');
/** The account that a check asked about, beside what it answered. */
const ASKED = 'AskedAccountId';
const CHECK = /^check (\S+) (\S+) \d+ (.+)$/;

// ---- which reads ----------------------------------------------------------------------------------------------------

/** Something that a check can tell of one resource. */
type Question = { readonly type: string; readonly operation: string; readonly key: string; readonly resource: string };
type Wish = {
  readonly sort: Sort;
  /** Null: it is not live, and nobody can hold anything on it. */
  readonly resource: string | null;
  /** Pairs of a list and an element. */
  readonly elements: readonly (readonly [list: string, key: string])[];
  /** A list that names nobody, or that is not ours yet: only the list of all shows who is on it. */
  readonly needsList: boolean;
};

/** @returns the reads of every tab that something is declared, recorded or looked at again in */
export const resourceGrantReads = (input: MoreInput): readonly MoreRead[] => {
  const wishes = wishesOf(input);
  const whole = input.whole ? wishesOf({ ...input, ...input.whole }) : wishes;
  return TABS.flatMap((tab) => {
    const isOfTab = ({ sort, resource }: Wish): boolean => SORTS[sort].tab === tab && resource !== null;
    const ofTab = wishes.filter(isOfTab);
    if (ofTab.length === 0) return [];
    if (!input.whole) return readsOfTab(tab, ofTab, input);
    const reads = readsOfTab(tab, whole.filter(isOfTab), input);
    return reads.some(({ name }) => isCheck(name)) ? (checksOf(ofTab, input.names) ?? []) : reads;
  });
};

const readsOfTab = (tab: Tab, wishes: readonly Wish[], input: MoreInput): readonly MoreRead[] => {
  // Of a part of the kind, what nobody asks about is counted without its account.
  const checks = checksOf(wishes, input.names, input.whole !== undefined);
  const list = input.more.get(listName(tab));
  if (input.shown)
    return isListed(input, tab) || checks === null || wishes.some(({ needsList }) => needsList) ? [permissionList(tab)] : checks;
  // Who is on an empty list, who was on one before it is ours, and who hides behind an unknown name, only the list can tell.
  if (checks === null || wishes.some(({ needsList }) => needsList)) return [permissionList(tab)];
  const pages = (checks.length * input.price('CheckResourcePermission')) / input.price('ListResourcePermissions');
  if (list === undefined && pages <= 1) return checks;
  if (list === null) return checks;
  return [{ ...permissionList(tab), mostPages: Math.floor(pages) }];
};

/** An apply looks the way its plan looked: what a check showed has no value there. */
const isListed = ({ shown }: MoreInput, tab: Tab): boolean =>
  (shown ?? []).some(
    ({ key: [sort = ''], spec }) =>
      isSort(sort) &&
      SORTS[sort].tab === tab &&
      Object.keys(spec).some((list) => Object.values(objectAt(spec, list)).some((value) => value !== null)),
  );

const permissionList = (tab: Tab): MoreRead => ({
  name: listName(tab),
  operation: 'ListResourcePermissions',
  request: { ListQuery: { TabType: tab } },
  // One skill reads the rows under another key than the SDK (BEHAVIOUR Q35).
  rows: ({ PageResult }) => {
    const result = { PageResult: PageResult ?? {} };
    return [...rowsAt(result, 'PageResult', 'Data'), ...rowsAt(result, 'PageResult', 'RecordList')];
  },
  identity: (row) => textOf(row['RecordId']),
  growsWithPrincipals: true,
});

/** The checks that tell of every element; null where somebody's id is not known, although he may be there. */
const checksOf = (wishes: readonly Wish[], names: Names, isCounted = false): readonly MoreRead[] | null => {
  const questions = new Map<string, Question>();
  for (const { sort, resource, elements } of wishes)
    for (const [list, key] of elements) {
      const { type } = elementOf(key, sort);
      const question = { type, operation: operationOf(list), key, resource: resource ?? '' };
      questions.set(canonical(question), question);
    }
  const groups = new Map<string, Question[]>();
  for (const one of questions.values()) {
    const group = `${one.type} ${one.operation} ${one.key}`;
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  const reads: MoreRead[] = [];
  for (const [group, all] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [{ type, operation, key } = { type: '', operation: '', key: '' }] = all;
    const account = accountId(key.split(' ')[0] ?? '', names, isCounted);
    if (account === 'unknown') return null;
    // A group or project that is not there yet holds nothing.
    if (account === null) continue;
    batches(all.map(({ resource }) => resource).sort(), BATCH).forEach((some, index) => {
      reads.push({
        name: `check ${type} ${operation} ${index} ${key}`,
        operation: 'CheckResourcePermission',
        request: {
          CheckCommand: {
            Operate: operation,
            ResourceList: some.map((ResourceId) => ({ ResourceId })),
            ResourceType: type,
            UserId: account,
          },
        },
        rows: (answer) => rowsAt(answer, 'ResourcePermissionList').map((row) => ({ ...row, [ASKED]: account })),
        identity: (row) => `${group} ${textOf(row['ResourceId'])}`,
      });
    });
  }
  return reads;
};

/** The account behind a principal; null where it cannot hold anything, because it is not there. */
const accountId = (principal: string, names: Names, isCounted: boolean): string | 'unknown' | null => {
  const { sort, key } = granteeOf(principal);
  if (sort === 'people') return names.userId(principal) ?? 'unknown';
  const [name = ''] = key;
  if (sort !== 'projects') return names.id(sort, name);
  return names.part('projects', name, 'account') ?? (isCounted ? names.id('projects', name) : null);
};

const wishesOf = ({ desired, recorded, shown, names, tenant }: MoreInput): readonly Wish[] => {
  const isNew = (key: readonly string[], list: string): boolean =>
    recorded.get(addressOf('resourceGrants', ...key))?.lists.includes(pointerOf(list)) !== true;
  /** Where a plan is looked at again: it found nobody on the list, and that was to be proven. What it has found it shows. */
  const wasListed = (key: readonly string[]): boolean =>
    shown === null || shown.some((one) => one.key.join('\n') === key.join('\n') && Object.keys(one.spec).length === 0);
  const wish = (
    key: readonly string[],
    resource: string | null | undefined,
    spec: JsonObject,
    isExclusive: boolean,
  ): readonly Wish[] => {
    const [sort = ''] = key;
    if (!isSort(sort)) return [];
    const lists = Object.keys(spec);
    return [
      {
        sort,
        resource: resource ?? resourceIdOf(key, names, tenant),
        elements: lists.flatMap((list) => Object.keys(objectAt(spec, list)).map((one) => [list, one] as const)),
        needsList:
          wasListed(key) &&
          lists.some((list) => Object.keys(objectAt(spec, list)).length === 0 || (isExclusive && isNew(key, list))),
      },
    ];
  };
  const known = new Map([...(shown ?? [])].map(({ key, ids }) => [key.join('\n'), ids['resource']]));
  return [
    ...desired.flatMap(({ key, spec, lifecycle }) => wish(key, known.get(key.join('\n')), spec, lifecycle.exclusive !== false)),
    ...(shown ?? []).flatMap(({ key, ids, spec }) =>
      wish(key, ids['resource'], spec, false).map((one) => ({ ...one, needsList: false })),
    ),
    ...[...recorded.values()].flatMap(({ ids, fields }): readonly Wish[] => {
      const sort = textOf(ids['sort']);
      const elements = Object.keys(fields).map((pointer) => [lastOf(parentOf(pointer)), lastOf(pointer)] as const);
      return isSort(sort) ? [{ sort, resource: ids['resource'] ?? null, elements, needsList: false }] : [];
    }),
  ];
};

// ---- what they show -------------------------------------------------------------------------------------------------

/** One permission that somebody holds. */
type Held = {
  readonly sort: Sort;
  readonly resource: string;
  /** The resource's name as its row has it. */
  readonly shown: string;
  readonly list: string;
  readonly key: string;
  readonly account: string | null;
  /** Null: the read tells that it is there, and not until when. */
  readonly value: JsonObject | null;
};

/** Names that rows tell beside their own: the GUIDs of tables. */
export const resourceGrantNames = (row: JsonObject): readonly (readonly [string, string, string])[] => {
  const info = objectAt(row, 'ResourceInfo');
  const id = textOf(info['Id']);
  return sortOfType(textOf(info['Type'])) === 'tables' ? [[TABLES, tableName(id, id.split('.')[1] ?? ''), id]] : [];
};

/** Grants by resource, and every declared or recorded resource that nobody holds anything on. */
export const liveResourceGrants = (input: LiveInput): readonly Live[] => {
  const { keys, names, tenant } = input;
  const found = new Map<string, Held[]>();
  for (const one of heldBy(input)) {
    const at = canonical([one.sort, one.resource]);
    found.set(at, [...(found.get(at) ?? []), one]);
  }
  const declared = keys.flatMap((key) => {
    const [sort = ''] = key;
    const resource = resourceIdOf(key, names, tenant);
    return isSort(sort) && resource !== null ? [{ key, sort, resource, held: found.get(canonical([sort, resource])) ?? [] }] : [];
  });
  const isDeclared = new Set(declared.map(({ sort, resource }) => canonical([sort, resource])));
  const others = [...found].flatMap(([at, held]) => {
    const [first] = held;
    if (!first || isDeclared.has(at)) return [];
    const { sort, resource, shown } = first;
    return [{ key: [sort, resourceName(sort, resource, shown, names, tenant)], sort, resource, held }];
  });
  return [...declared, ...others].map(({ key, sort, resource, held }): Live => {
    const spec: Record<string, Record<string, Json>> = {};
    for (const one of held) spec[one.list] = { ...spec[one.list], [one.key]: one.value };
    return {
      kind: 'resourceGrants',
      key,
      address: '',
      ids: { sort, resource },
      spec,
      unread: held.filter(({ value }) => value === null).map((one) => pointerOf(one.list, one.key)),
      ...(held.length === 0 ? { isBare: true as const } : {}),
      extra: {
        accounts: Object.fromEntries(held.flatMap((one) => (one.account === null ? [] : [[one.key, one.account] as const]))),
      },
    };
  });
};

const heldBy = ({ more, names, day }: LiveInput): readonly Held[] =>
  [...more].flatMap(([read, rows]): readonly Held[] => {
    const checked = CHECK.exec(read);
    if (!checked) return (rows ?? []).flatMap((row) => heldInRow(row, names, day));
    const [, type = '', operation = '', key = ''] = checked;
    const sort = sortOfType(type);
    if (sort === undefined) return [];
    return (rows ?? [])
      .filter((row) => row['HasPermission'] === true)
      .map((row): Held => {
        const account = textOf(row[ASKED]);
        // The principal may have another name by now than the one by which it was asked about.
        const { sort: of } = granteeOf(key.split(' ')[0] ?? '');
        const principal = principalOf({ Id: account, Type: ACCOUNT_TYPES[of] ?? '' }, names);
        return {
          sort,
          resource: textOf(row['ResourceId']),
          shown: '',
          list: writtenOf(operation),
          key: elementKey(principal, type, sort),
          account,
          value: null,
        };
      });
  });

/** Grants on whole projects and business units are made and taken back in the console only. */
export const isOfOne = (row: JsonObject): boolean => ['', 'selectTable'].includes(textOf(row['AuthScope']));

const heldInRow = (row: JsonObject, names: Names, day: string): readonly Held[] => {
  const info = objectAt(row, 'ResourceInfo');
  const type = textOf(info['Type']);
  const sort = sortOfType(type);
  if (sort === undefined || !isOfOne(row)) return [];
  const target = objectAt(row, 'TargetAccount');
  return rowsAt(row, 'PermissionPeriodList').flatMap((one): readonly Held[] => {
    const period = objectAt(one, 'Period');
    const until = textOf(period['Type']) === 'LONG_TERM' ? null : untilOfMs(period['EndTime']);
    if (isOver(until, day)) return [];
    return [
      {
        sort,
        resource: textOf(info['Id']),
        shown: textOf(info['Name']),
        list: writtenOf(textOf(one['PermissionType'])),
        key: elementKey(principalOf(target, names), type, sort),
        account: textOf(target['Id']),
        value: withUntil(until),
      },
    ];
  });
};

/** How the service calls the accounts behind principals that are no people. */
const ACCOUNT_TYPES: Readonly<Record<string, string>> = { userGroups: 'USER_GROUP', projects: 'PRODUCE' };

/** An account as the files would name it; by its id where nobody named its like. */
const principalOf = (target: JsonObject, names: Names): string => {
  const id = textOf(target['Id']);
  if (target['Type'] === 'PRODUCE') {
    const project = names.partOf('projects', 'account', id);
    return project === null ? `id:${id}` : addressOf('projects', project);
  }
  if (target['Type'] !== 'USER_GROUP') return names.account(id);
  const group = names.name('userGroups', id) ?? textOf(target['Name']);
  return group === '' ? `id:${id}` : addressOf('userGroups', group);
};

/** What a plan must say about how far grants were looked at. */
export const resourceGrantCoverage = (more: ReadonlyMap<string, readonly JsonObject[] | null>): readonly string[] => {
  const checked = new Set([...more.keys()].filter(isCheck).map((read) => sortOfType(partsOfCheck(read)) ?? ''));
  const wider = [...more].flatMap(([read, rows]) => (isCheck(read) ? [] : (rows ?? []).filter((row) => !isOfOne(row)))).length;
  return [
    ...(checked.size > 0
      ? [
          `${[...checked].sort().join(', ')}: asked one by one, which is cheaper than the list: who else holds something is not seen, ends are compared with the record`,
        ]
      : []),
    ...(wider > 0 ? [`${wider} on whole projects or business units: the API neither makes them nor takes them back`] : []),
  ];
};
const partsOfCheck = (read: string): string => CHECK.exec(read)?.[1] ?? '';
