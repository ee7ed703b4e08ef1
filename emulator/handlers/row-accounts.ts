/** Whom the rules of row-level permissions name (BEHAVIOUR 3.7). */
import { refuse } from '../refusal.ts';
import type { View } from '../store.ts';
import type { RowPermission } from '../world.ts';
import type { Rule } from '../worlds/row-permissions.ts';
import { type Context, userBrief } from './context.ts';
import { noConstant } from './row-expressions.ts';

type Mapping = Rule['UserMappingList'][number];
type AccountType = Mapping['AccountType'];

/** Accounts by their type; `USER_GROUP` is assumed. */
const ACCOUNTS: {
  readonly [T in AccountType]: {
    readonly check: (context: Context, id: string) => void;
    readonly name: (view: View, id: string) => string;
  };
} = {
  PERSONAL: {
    check: (context, id) => {
      if (!context.view.members.get(id)) refuse('DPN.TenantMember.NotFound', `user ${id} is not a member of the tenant`);
    },
    name: (view, id) => userBrief(view, id).AccountName,
  },
  PRODUCE: {
    check: (context, id) => {
      if (projectOf(context.view, id) === undefined) refuse('DPN.RowPermission.Invalid', `${id} is no production account`);
    },
    // What the service calls a production account is not public: the name of its project stands for it.
    name: (view, id) => projectOf(view, id)?.Name ?? '',
  },
  USER_GROUP: {
    check: (context, id) => {
      if (!WITH_GROUPS.includes(context.edition))
        refuse('DPN.Commons.EditionNotSupport', 'grants to user groups need the Basic edition');
      if (!context.view.userGroups.get(id)) refuse('DPN.UserGroup.NotFound', `user group ${id} does not exist`);
    },
    name: (view, id) => view.userGroups.get(id)?.Name ?? '',
  },
};
const WITH_GROUPS: readonly string[] = ['basic', 'intelligent'];
const projectOf = (view: View, produceUserId: string) => view.projects.by('produceUser', produceUserId)[0];

/** What reads call an account; empty where it is gone. */
export const accountName = (view: View, type: AccountType, id: string): string => ACCOUNTS[type].name(view, id);

const isAccountType = (type: string): type is AccountType => Object.hasOwn(ACCOUNTS, type);

/**
 * Accounts of one type, all of them there.
 *
 * @throws Refusal for an unknown type, for an account that is none of its type, for a group below the basic edition
 */
export const readMapping = (
  context: Context,
  { AccountType, Accounts }: { readonly AccountType: string; readonly Accounts: Mapping['Accounts'] },
): Mapping => {
  if (!isAccountType(AccountType)) return noConstant('AccountTypeEnum', AccountType);
  for (const { AccountId } of Accounts) ACCOUNTS[AccountType].check(context, AccountId);
  return { AccountType, Accounts: Accounts.map(({ AccountId }) => ({ AccountId })) };
};

/** Whether a rule of the permission names this account, or an active group that it belongs to (assumed). */
export const reaches = (view: View, permission: RowPermission, userId: string): boolean =>
  permission.Rules.some((rule) =>
    rule.UserMappingList.some(({ AccountType, Accounts }) =>
      Accounts.some(({ AccountId }) =>
        AccountType === 'USER_GROUP' ? isInGroup(view, AccountId, userId) : AccountId === userId,
      ),
    ),
  );
const isInGroup = (view: View, groupId: string, userId: string): boolean => {
  const group = view.userGroups.get(groupId);
  return group?.Active === true && group.Members.some((member) => member.UserId === userId);
};
