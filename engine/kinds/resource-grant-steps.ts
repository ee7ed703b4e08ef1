/** Calls that grant permissions on a resource and take them back, as few as there can be (BEHAVIOUR 3.11). */
import { getAt, isObject, pointerOf, textOf } from '../core/json.ts';
import { BATCH, batches, batchName, type IdSource, type KindChange, objectAt, type StepDraft, step } from '../core/kind.ts';
import type { IdRef, Ids } from '../core/model.ts';
import { endSecond, endsSooner } from './expiry.ts';
import { granteeOf } from './grantees.ts';
import { elementOf, isSort, operationOf, type Sort } from './resource-types.ts';

/** One permission that is granted or taken back: an operation of an element. */
type Item = { readonly list: string; readonly key: string };

export const resourceGrantSteps = (change: KindChange, ids: IdSource): readonly StepDraft[] => {
  const [sort = '', name = ''] = change.key;
  const at = change.live ?? change.host;
  const resource: string | IdRef = at?.ids['resource'] ?? ids.of('dataSources', name);
  const context: Context = {
    change,
    sort: isSort(sort) ? sort : 'tables',
    resource,
    accountOf: (key) => {
      const known = textOf(objectAt(at?.extra ?? null, 'accounts')[key]);
      return known === '' ? accountIn(key.split(' ')[0] ?? '', ids) : known;
    },
  };
  return [...revokes(context), ...grants(context)];
};

type Context = {
  readonly change: KindChange;
  readonly sort: Sort;
  readonly resource: string | IdRef;
  readonly accountOf: (key: string) => string | IdRef;
};

const accountIn = (principal: string, ids: IdSource): string | IdRef => {
  const { sort, key } = granteeOf(principal);
  if (sort === 'people') return ids.user(principal);
  return sort === 'projects' ? ids.part('projects', key[0] ?? '', 'account') : ids.of(sort, key);
};

const listsOf = (change: KindChange): readonly string[] => [
  ...new Set([...Object.keys(change.before ?? {}), ...Object.keys(change.after ?? {})]),
];

/** What goes by the change; all that is ours and there when the whole resource goes. */
const lost = (change: KindChange): readonly Item[] =>
  listsOf(change).flatMap((list) => {
    const keys =
      change.action === 'delete'
        ? Object.keys(objectAt(change.before, list)).filter((key) => change.recorded?.fields[pointerOf(list, key)] !== undefined)
        : change.removed(pointerOf(list));
    return keys.map((key) => ({ list, key }));
  });

/** One call for each principal and type, with the operations: the service takes one user a call. */
const revokes = ({ change, sort, resource, accountOf }: Context): readonly StepDraft[] =>
  [...groupBy(lost(change), ({ key }) => key)].map(([key, items]) =>
    step(
      `revoke ${key}`,
      'revoke',
      'RevokeResourcePermission',
      {
        RevokeCommand: {
          OperateList: items.map(({ list }) => operationOf(list)).sort(),
          Reason: change.address,
          ResourceList: [{ ResourceId: resource }],
          ResourceType: elementOf(key, sort).type,
          UserId: accountOf(key),
        },
      },
      {
        covers: items.map(({ list, key: one }) => pointerOf(list, one)),
        shares: { at: '/RevokeCommand/ResourceList', says: '/RevokeCommand/Reason' },
      },
    ),
  );

/** One call for each type, end and set of operations, with all its principals. */
const grants = (context: Context): readonly StepDraft[] => {
  const { change, sort, resource, accountOf } = context;
  if (change.action === 'delete') return [];
  const items = listsOf(change).flatMap((list) =>
    [...change.added(pointerOf(list)), ...change.updated(pointerOf(list))].map((key) => ({ list, key })),
  );
  const byShape = groupBy(items, (item) => `${elementOf(item.key, sort).type} ${endSecond(untilOf(change.after, item))}`);
  const calls = [...byShape].flatMap(([shape, some]) => callsFor(some).map((call) => ({ ...call, shape })));
  const target = { sort, resource } as unknown as Ids;
  return calls.map(({ lists, keys, shape, nth }) => {
    const mine = lists.flatMap((list) => keys.map((key) => ({ list, key })));
    const [type = '', ...end] = shape.split(' ');
    const reason = reasonOf(change, mine);
    return step(
      batchName(`grant ${lists.join('+')} ${type} ${end[0] ?? ''}`, nth),
      mine.every((item) => tightens(change, item)) ? 'revoke' : 'grant',
      'GrantResourcePermission',
      {
        GrantCommand: {
          EffectiveEnd: end.join(' '),
          OperateList: lists.map(operationOf).sort(),
          Reason: reason || change.address,
          ResourceList: [{ ResourceId: resource }],
          ResourceType: type,
          UserIdList: keys.map(accountOf),
        },
      },
      {
        covers: mine.map(({ list, key }) => pointerOf(list, key)),
        mayWait: mine.map(({ list, key }) => pointerOf(list, key)),
        each: {
          at: '/GrantCommand/UserIdList',
          parts: keys.map((key) => ({ name: key, covers: lists.map((list) => pointerOf(list, key)) })),
        },
        shares: { at: '/GrantCommand/ResourceList', ...(reason === '' ? { says: '/GrantCommand/Reason' } : {}) },
        gives: change.action === 'create' ? { address: change.address, ids: {}, known: target } : null,
      },
    );
  });
};

type Call = { readonly lists: readonly string[]; readonly keys: readonly string[]; readonly nth: number };

/** Rectangles of operations and principals that hold every item once: those who get the same together, or what the same get. */
const callsFor = (items: readonly Item[]): readonly Call[] => {
  const byKey = [...groupBy(items, ({ key }) => key)].map(([key, some]) => [some.map(({ list }) => list).sort(), key] as const);
  const byList = [...groupBy(items, ({ list }) => list)].map(
    ([list, some]) => [some.map(({ key }) => key).sort(), list] as const,
  );
  const alike = [...groupBy(byKey, ([lists]) => lists.join(' '))].flatMap(([, some]) =>
    batched(some[0]?.[0] ?? [], some.map(([, key]) => key).sort()),
  );
  const shared = [...groupBy(byList, ([keys]) => keys.join('\n'))].flatMap(([, some]) =>
    batched(some.map(([, list]) => list).sort(), some[0]?.[0] ?? []),
  );
  return alike.length <= shared.length ? alike : shared;
};

const batched = (lists: readonly string[], keys: readonly string[]): readonly Call[] =>
  batches(keys, BATCH).map((some, nth) => ({ lists, keys: some, nth }));

const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> => {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
};

const untilOf = (spec: KindChange['after'], { list, key }: Item): string =>
  textOf(getAt(spec ?? {}, pointerOf(list, key, 'until')));

/** What was granted until later; of what a check showed the end is not known. */
const tightens = (change: KindChange, item: Item): boolean => {
  const before = getAt(change.before ?? {}, pointerOf(item.list, item.key));
  return isObject(before) && endsSooner(untilOf(change.after, item), before['until']);
};

/** What the entries say, once each; empty where none of them says anything. */
const reasonOf = (change: KindChange, items: readonly Item[]): string => {
  const reasons = items.map(({ list, key }) => textOf(getAt(change.after ?? {}, pointerOf(list, key, 'reason'))));
  return [...new Set(reasons.filter((reason) => reason !== ''))].sort().join('; ');
};
