/** What compute sources and data sources share: config items, reachability, and administrators of anything. */
import type { Context } from './context.ts';

export type Config = { readonly [key: string]: string };
export type ConfigItem = { readonly Key: string; readonly Value: string };

/** Items as a map; of a key that is there twice the last one counts. */
export const toConfig = (items: readonly ConfigItem[]): Config => Object.fromEntries(items.map((item) => [item.Key, item.Value]));

/** Whether no value names a target of the world's `unreachable`. */
export const isReachable = (context: Context, config: Config): boolean =>
  !Object.values(config).some((value) => context.unreachable.some((target) => target !== '' && value.includes(target)));

const PROJECT_ADMIN = 1;

/** Whether the caller is architect of a biz unit. */
export const isArchitect = (context: Context): boolean =>
  context.view.bizUnits.newestFirst().some((unit) => unit.AccountList.some((account) => account.Id === context.caller.UserId));

/** Whether the caller administers a half of any project. */
export const isProjectAdmin = (context: Context): boolean => {
  const me = context.caller.UserId;
  return context.view.projects
    .by('user', me)
    .some(({ Halves: { PROD, DEV } }) => [PROD, DEV].some((half) => half?.Members[me]?.includes(PROJECT_ADMIN)));
};
