/** A branch that lacks what was applied last: its files would take that back, and nobody has said so (DESIGN 4: exit 12). */
import type { Diagnostic } from './diagnostic.ts';
import type { Confirmed } from './guards.ts';

/**
 * @property last    the commit that was applied last
 * @property lacking what the branch lacks of it; null: the clone does not know one of the two
 */
export type Branch = {
  readonly last: string;
  readonly lacking: { readonly commits: number; readonly isBehind: boolean } | null;
  readonly isProtected: boolean;
};

/**
 * BRANCH_BEHIND, or null where nothing is lacking or a person has confirmed how much is.
 *
 *     the branch is behind                        an error
 *     it lacks commits and has others of its own  an error where the environment is protected, else a warning
 *     that cannot be told in this clone           the same
 *
 * @returns of an apply; a plan tells the same as a warning
 */
export const behindOf = ({ last, lacking, isProtected }: Branch, confirmed: Confirmed): Diagnostic | null => {
  if (lacking?.commits === 0) return null;
  const count = lacking?.commits ?? 1;
  if (confirmed.behind === count) return null;
  const short = last.slice(0, 10);
  const commits = `${count} ${count === 1 ? 'commit' : 'commits'}`;
  const but = confirmed.behind === undefined ? '' : ` behind=${confirmed.behind} was confirmed, and it is ${count}.`;
  const isError = lacking?.isBehind === true || isProtected;
  return {
    code: 'BRANCH_BEHIND',
    severity: isError ? 'error' : 'warning',
    message: lacking
      ? `These files lack ${commits} of what was applied last (${short}): what those changed would be taken back.${but}`
      : `The commit that was applied last (${short}) is not in this clone: whether these files lack it cannot be told.${but}`,
    hint: `${lacking ? 'Merge or rebase first, and plan again.' : 'Fetch it: git fetch --unshallow (GitLab: GIT_DEPTH: 0, GitHub: fetch-depth: 0).'}${isError ? ` If it is meant: --confirm behind=${count}.` : ''}`,
  };
};
