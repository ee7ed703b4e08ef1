/** Whether the files are of a branch that lacks what was applied last, as far as git knows. */
import type { Branch } from '../core/behind.ts';
import { EngineError } from '../core/diagnostic.ts';
import type { State } from '../core/model.ts';
import { openGit } from './git.ts';
import type { Invocation } from './workspace.ts';

/**
 * Null where no run with a commit is recorded, or the files are of that commit. git is asked only where there is something to tell.
 *
 * @param commit what the plan was made of; absent: what is checked out
 */
export const branchOf = async (
  invocation: Pick<Invocation, 'folder' | 'env'>,
  state: Pick<State, 'commit'> | null,
  { commit, isProtected }: { readonly commit: string | undefined; readonly isProtected: boolean },
): Promise<Branch | null> => {
  const last = state?.commit;
  if (last === undefined || last === commit) return null;
  try {
    const git = await openGit(invocation.folder, invocation.env);
    return { last, lacking: await git.lacking(commit ?? (await git.commitOf('HEAD')), last), isProtected };
  } catch (error) {
    if (error instanceof EngineError && error.code === 'REVISION_UNKNOWN') return { last, lacking: null, isProtected };
    throw error;
  }
};
