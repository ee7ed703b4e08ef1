/** Groups of data-service apps (BEHAVIOUR 3.8). */
import { addressOf, textOf } from '../core/json.ts';
import { type Kind, type MoreInput, rowsAt, step } from '../core/kind.ts';
import type { Address } from '../core/model.ts';
import { APP_LIST } from './apps.ts';

const MAX_NAME = 64;
/** The further list: every app with the name of its group. */
const APPS = 'apps';

export const dataServiceAppGroups: Kind = {
  collection: 'dataServiceAppGroups',
  keyParts: ['name'],
  noun: 'app group',
  edition: 'basic',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'A group of data-service apps',
    description: 'It has nothing but its name.',
    additionalProperties: false,
    properties: {},
  },
  nested: [],
  born: [],
  replaceRefused: null,
  renames: true,
  fields: [],
  calls: { create: ['CreateDataServiceAppGroup'], rename: ['UpdateDataServiceAppGroup'], delete: ['DeleteDataServiceAppGroup'] },
  example: { finance: {} },

  normalise: (_raw, { key, report }) => {
    if ([...(key[0] ?? '')].length > MAX_NAME)
      report({
        code: 'NAME_WRONG',
        message: `The name of an app group has at most ${MAX_NAME} characters.`,
        hint: 'Choose a shorter one.',
        at: '',
      });
    return {};
  },

  list: {
    operation: 'GetDataServiceAppGroups',
    request: {},
    rows: (answer) => rowsAt(answer, 'AppGroupList'),
    identity: (row) => textOf(row['Id']),
  },
  // A group that is to go must be empty, and only the list of apps tells; where apps are declared it is read anyway.
  more: (input) => (leaving(input).length > 0 ? [{ name: APPS, ...APP_LIST }] : []),
  each: [],
  whenMissing: null,
  names: (row, read) => (read === APPS ? [] : [['dataServiceAppGroups', textOf(row['Name']), textOf(row['Id'])]]),
  live: ({ rows, more }) =>
    rows.map((row) => {
      const name = textOf(row['Name']);
      return {
        kind: 'dataServiceAppGroups',
        key: [name],
        address: '',
        ids: { id: textOf(row['Id']) },
        spec: {},
        extra: {
          apps: (more.get(APPS) ?? [])
            .filter((app) => textOf(app['AppGroup']) === name)
            .map((app) => addressOf('dataServiceApps', name, textOf(app['AppName']))),
        },
      };
    }),
  letStand: () => [],
  deleteGuard: (live, leaves, movesTo) => {
    const group = addressOf('dataServiceApps', ...live.key);
    const isLeft = (app: Address): boolean => leaves(app) || !(movesTo(app) ?? app).startsWith(`${group}/`);
    const staying = (live.extra['apps'] as readonly Address[]).filter((app) => !isLeft(app)).sort();
    return staying.length === 0
      ? null
      : {
          code: 'IN_USE',
          message: `${staying.slice(0, 5).join(', ')}${staying.length > 5 ? ` and ${staying.length - 5} more` : ''} ${staying.length === 1 ? 'is' : 'are'} in the group, and the service refuses to delete it.`,
          hint: 'Delete these apps or move them to another group first, or keep the group.',
        };
  },
  demands: () => [],
  refers: () => [],
  holds: () => [],

  steps: (change, ids) => {
    const [GroupName = ''] = change.key;
    if (change.action === 'delete') return [step('delete', 'delete', 'DeleteDataServiceAppGroup', { GroupId: ids.old() })];
    return change.action === 'create'
      ? [
          step(
            'create',
            'create',
            'CreateDataServiceAppGroup',
            { GroupName },
            { gives: { address: change.address, ids: { id: '/Data' } } },
          ),
        ]
      : [step('update', 'update', 'UpdateDataServiceAppGroup', { UpdateCommand: { GroupId: ids.own(), GroupName } })];
  },
  manual: () => [],
};

/** Live groups that the record calls ours, that no file names any more and that are to be deleted. */
const leaving = ({ rows, desired, recorded }: MoreInput): readonly Address[] => {
  const live = new Set(rows.map((row) => textOf(row['Id'])));
  const kept = new Set(
    desired.flatMap((one) => [one.address, ...(one.renamedFrom ? [addressOf(one.kind, ...one.renamedFrom)] : [])]),
  );
  return [...recorded]
    .filter(([address, { ids, origin, onRemove }]) => {
      const isDeleted = (onRemove ?? (origin === 'adopted' ? 'forget' : 'delete')) === 'delete';
      return isDeleted && !kept.has(address) && live.has(textOf(ids['id']));
    })
    .map(([address]) => address);
};
