/** Ordinary members of data-service apps; owners come by the app's `OwnerIds` (BEHAVIOUR 3.9). */
import { refuse } from '../refusal.ts';
import type { App } from '../worlds/data-service.ts';
import { type Context, type Handlers, inBatch } from './context.ts';
import { findApp, isListed, needDay, needOwnerOf, needTenantMember } from './data-service-access.ts';

type Item = { readonly UserId: string; readonly EffectiveEnd: string };

/** Members that the service still knows; one whose time is over may be gone (BEHAVIOUR 4, Q24). */
const knownMembers = (context: Context, app: App): readonly Item[] =>
  app.Members.filter((member) => isListed(context, member.EffectiveEnd));

/** Changes the members of one app; those who pass the check are written in one go. */
const changeMembers = <T>(
  context: Context,
  id: string,
  items: readonly T[],
  check: (app: App, known: ReadonlySet<string>, item: T) => void,
  change: (members: Map<string, string>, item: T) => void,
): void => {
  const app = findApp(context, id);
  needOwnerOf(context, app);
  const members = new Map(knownMembers(context, app).map((member) => [member.UserId, member.EffectiveEnd]));
  const known = new Set(members.keys());
  let isChanged = false;
  try {
    inBatch(
      context,
      items,
      (item) => check(app, known, item),
      (item) => {
        change(members, item);
        isChanged = true;
      },
    );
  } finally {
    if (isChanged)
      context.put('apps', { ...app, Members: [...members].map(([UserId, EffectiveEnd]) => ({ UserId, EffectiveEnd })) });
  }
};

const needKnown = (app: App, known: ReadonlySet<string>, id: string): void => {
  if (app.OwnerIds.includes(id)) refuse('DPN.AppMember.Invalid', `user ${id} is an owner of the app`);
  if (!known.has(id)) refuse('DPN.AppMember.NotFound', `user ${id} is not a member of the app`);
};

export const appMembers = {
  AddDataServiceAppMember: (context, request) => {
    const { AppId, MemberList } = request.AddCommand;
    changeMembers(
      context,
      AppId,
      MemberList,
      (app, known, { UserId, EffectiveEnd }) => {
        needDay('EffectiveEnd', EffectiveEnd);
        needTenantMember(context, UserId);
        if (context.switches.memberTwice === 'error' && (known.has(UserId) || app.OwnerIds.includes(UserId)))
          refuse('DPN.AppMember.AlreadyExists', `user ${UserId} is a member already`);
      },
      (members, { UserId, EffectiveEnd }) => {
        const app = findApp(context, AppId);
        if (!members.has(UserId) && !app.OwnerIds.includes(UserId)) members.set(UserId, EffectiveEnd);
      },
    );
    return {};
  },

  UpdateDataServiceAppMember: (context, request) => {
    const { AppId, MemberList } = request.UpdateCommand;
    changeMembers(
      context,
      AppId,
      MemberList,
      (app, known, { UserId, EffectiveEnd }) => {
        needDay('EffectiveEnd', EffectiveEnd);
        needKnown(app, known, UserId);
      },
      (members, { UserId, EffectiveEnd }) => members.set(UserId, EffectiveEnd),
    );
    return {};
  },

  // Its ids are user ids: reads show no others (BEHAVIOUR 4, Q17).
  RemoveDataServiceAppMember: (context, request) => {
    const { AppId, MemberIds } = request.RemoveCommand;
    changeMembers(context, AppId, MemberIds, needKnown, (members, id) => members.delete(id));
    return {};
  },

  GetDataServiceAppMembers: (context, request) => {
    const app = findApp(context, request.AppId);
    needOwnerOf(context, app);
    const general = knownMembers(context, app).filter((member) => !app.OwnerIds.includes(member.UserId));
    return {
      Data: {
        MemberList: [
          // What an owner's row says of its end is unknown: he has none.
          ...app.OwnerIds.map((UserId) => ({ UserId, Role: 'owner', EffectiveEnd: '' })),
          ...general.map(({ UserId, EffectiveEnd }) => ({ UserId, Role: 'general', EffectiveEnd })),
        ],
      },
    };
  },
} as const satisfies Handlers;
