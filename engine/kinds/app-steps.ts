/** The calls of one app: its own fields, its members, its key and secret, in the order in which the caller may make them. */
import { getAt, pointerOf, textOf } from '../core/json.ts';
import { batches, batchName, eachOf, type IdSource, type KindChange, objectAt, type StepDraft, step } from '../core/kind.ts';
import type { SecretValue } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';

/** Long term, where only a day is taken (RESOURCES 4). */
export const LONG_TERM = '3025-12-31';

const owns = (spec: JsonObject | null, account: string | null): boolean =>
  account !== null && getAt(spec ?? {}, pointerOf('owners', account)) !== undefined;
const hasOwnersRow = (spec: JsonObject | null, account: string): boolean =>
  getAt(spec ?? {}, pointerOf('members', account, 'owner')) !== undefined;

/** Something that UpdateDataServiceApp brings about is to change. */
export const updatesApp = (change: KindChange): boolean =>
  change.action === 'update' && (change.renamed || change.touches('/scenarios', '/owners'));

const sendsSecret = (change: KindChange): boolean => change.touches('/secret', '/secretsVersion');

/** Sent before, and another key is live all the same: some gateways ignore it (BEHAVIOUR 3.9). */
export const isKeyByHand = (change: KindChange): boolean =>
  change.action === 'update' && change.reasonOf('/key') === 'drifted' && !sendsSecret(change);

/** Key and secret change by one call, and the old ones die at once. */
export const resets = (change: KindChange): boolean =>
  change.action === 'update' && (sendsSecret(change) || (change.touches('/key') && !isKeyByHand(change)));

/** Who is declared as a member and has an owner's row, and stays an owner. */
export const ownerOnly = (change: KindChange): readonly string[] =>
  change.updated('/members').filter((account) => hasOwnersRow(change.before, account) && owns(change.after, account));

export const appSteps = (change: KindChange, ids: IdSource): readonly StepDraft[] => {
  if (change.action === 'delete') return [step('delete', 'delete', 'DeleteDataServiceApp', { AppId: ids.old() })];
  const updates = updatesApp(change);
  // Members and secret are the owners' alone: while the caller is one of them.
  const loses = updates && owns(change.before, ids.caller) && !owns(change.after, ids.caller);
  const gains = updates && !owns(change.before, ids.caller) && owns(change.after, ids.caller);
  const { revokes, grants, former } = memberSteps(change, ids, { gains, loses });
  const reset = resets(change) ? [resetStep(change, ids, gains)] : [];
  const first = loses
    ? [...revokes, ...grants, ...reset]
    : revokes.filter((one) => one.covers.some((at) => becomesOwner(change, at)));
  return [
    ...revokes,
    ...(change.action === 'create' ? [createStep(change, ids)] : []),
    ...(updates ? [updateStep(change, ids, first)] : []),
    ...grants,
    ...former,
    ...reset,
  ];
};

const fieldsOf = (change: KindChange, ids: IdSource) => {
  const [group = '', AppName = ''] = change.key;
  return {
    AppGroupId: ids.of('dataServiceAppGroups', group),
    AppName,
    OwnerIds: Object.keys(objectAt(change.after, 'owners')).map((account) => ids.user(account)),
    Scenarios: textOf(change.after?.['scenarios']),
  };
};

const keyAndSecret = ({ after }: KindChange) => ({
  AppKey: after?.['key'] === undefined ? undefined : textOf(after['key']),
  AppSecret: after?.['secret'] === undefined ? undefined : (after['secret'] as SecretValue),
});

const createStep = (change: KindChange, ids: IdSource): StepDraft =>
  step(
    'create',
    'create',
    'CreateDataServiceApp',
    { CreateCommand: { ...fieldsOf(change, ids), ...keyAndSecret(change) } },
    {
      gives: { address: change.address, ids: { id: '/Data' } },
      covers: ['/scenarios', '/owners', '/key', '/secret', '/secretsVersion'],
    },
  );

/** The complete desired object (BEHAVIOUR Q10); who was an owner and is to be nothing falls out of the members with it. */
const updateStep = (change: KindChange, ids: IdSource, first: readonly StepDraft[]): StepDraft =>
  step(
    'update',
    'update',
    'UpdateDataServiceApp',
    { UpdateCommand: { AppId: ids.own(), ...fieldsOf(change, ids) } },
    {
      after: first.map((one) => one.name),
      covers: [
        '/scenarios',
        '/owners',
        ...change
          .removed('/members')
          .filter((account) => hasOwnersRow(change.before, account))
          .map((account) => pointerOf('members', account)),
      ],
    },
  );

const resetStep = (change: KindChange, ids: IdSource, isAfterUpdate: boolean): StepDraft =>
  step(
    'reset',
    'grant',
    'ResetDataServiceAppSecret',
    { UpdateCommand: { AppId: ids.own(), ...keyAndSecret(change) } },
    { covers: ['/key', '/secret', '/secretsVersion'], after: isAfterUpdate ? ['update'] : [] },
  );

const becomesOwner = (change: KindChange, pointer: string): boolean =>
  change.added('/owners').some((account) => pointer === pointerOf('members', account));

/**
 * Members by three calls. Whose time is over may still have a row, which is updated; who was an owner has none of his own
 * until the update has made him a stranger; and who becomes an owner leaves the members first, for an owner cannot.
 */
const memberSteps = (
  change: KindChange,
  ids: IdSource,
  { gains, loses }: { readonly gains: boolean; readonly loses: boolean },
) => {
  const expired = new Set(Array.isArray(change.live?.extra['expired']) ? change.live.extra['expired'].map(textOf) : []);
  const wasOwner = (account: string): boolean => hasOwnersRow(change.before, account);
  const added = change.added('/members');
  const updated = change.updated('/members');
  const wait = gains ? ['update'] : [];
  const members = (some: readonly string[]) =>
    some.map((account) => ({
      UserId: ids.user(account),
      EffectiveEnd: textOf(getAt(change.after ?? {}, pointerOf('members', account, 'until'))) || LONG_TERM,
    }));
  const covers = (account: string) => pointerOf('members', account);
  const add = (name: string, people: readonly string[], after: readonly string[]) =>
    batches(people).map((some, index) =>
      step(
        batchName(name, index),
        'grant',
        'AddDataServiceAppMember',
        { AddCommand: { AppId: ids.own(), MemberList: members(some) } },
        { ...eachOf('/AddCommand/MemberList', some, covers), after },
      ),
    );
  const revokes = batches(change.removed('/members').filter((account) => !wasOwner(account))).map((some, index) =>
    step(
      batchName('members-', index),
      'revoke',
      'RemoveDataServiceAppMember',
      // Reads show no other id than the user's (BEHAVIOUR Q17).
      { RemoveCommand: { AppId: ids.own(), MemberIds: some.map((account) => ids.user(account)) } },
      eachOf('/RemoveCommand/MemberIds', some, covers),
    ),
  );
  const changes = batches([
    ...updated.filter((account) => !wasOwner(account)),
    ...added.filter((account) => expired.has(account)),
  ]).map((some, index) =>
    step(
      batchName('members~', index),
      'grant',
      'UpdateDataServiceAppMember',
      { UpdateCommand: { AppId: ids.own(), MemberList: members(some) } },
      { ...eachOf('/UpdateCommand/MemberList', some, covers), after: wait },
    ),
  );
  const formerOwners = updated.filter((account) => wasOwner(account) && !owns(change.after, account));
  const strangers = added.filter((account) => !expired.has(account));
  // One call for both, unless the caller may make the one only before the update and the other only after it.
  return formerOwners.length > 0 && !loses
    ? { revokes, grants: [...changes, ...add('members+', [...strangers, ...formerOwners], ['update'])], former: [] }
    : { revokes, grants: [...changes, ...add('members+', strangers, wait)], former: add('former+', formerOwners, ['update']) };
};
