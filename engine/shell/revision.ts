/** The workspace as another revision has it, rendered for the same environment on the same day. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LAST_APPLY } from '../core/audit.ts';
import type { Rendered } from '../core/changed.ts';
import { EngineError } from '../core/diagnostic.ts';
import { LIMITS } from '../core/document.ts';
import { WORKSPACE_FILE } from '../core/environments.ts';
import type { Clock } from '../core/ports.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { lastApplied } from './audit.ts';
import { openGit, type RevisionFile } from './git.ts';
import { exitOf, loadAndResolve, recordFolder } from './offline.ts';
import type { Invocation } from './workspace.ts';

export type RevisionInput = {
  readonly invocation: Invocation;
  readonly clock: Clock;
  readonly connection?: { readonly tenant: string; readonly caller: string };
};

/**
 * Renders what a revision says. `merge-base`: where this branch left the one that it is to be merged into; `last-apply`: the last
 * commit that was applied to its end.
 *
 * @returns null in place of the files where the revision has no workspace in this folder yet
 * @throws EngineError REVISION_UNKNOWN, REVISION_INVALID
 */
export const renderRevision = async (
  revision: string,
  config: WorkspaceConfig,
  { invocation, clock, connection }: RevisionInput,
): Promise<{ readonly commit: string; readonly rendered: Rendered | null }> => {
  const git = await openGit(invocation.folder, invocation.env);
  const commit =
    revision === 'merge-base' ? await git.mergeBase() : await git.commitOf(await named(revision, invocation, config));
  const files = await git.filesAt(commit, LIMITS.fileBytes);
  if (!files.some(({ path }) => path === WORKSPACE_FILE)) return { commit, rendered: null };
  const folder = await mkdtemp(join(tmpdir(), 'phinfra-'));
  try {
    await put(folder, files);
    const { loaded, resolved, diagnostics } = await loadAndResolve({ ...invocation, folder }, clock, connection);
    const [first] = diagnostics.filter((one) => one.severity === 'error');
    if (!loaded || !resolved || exitOf(diagnostics) !== 0)
      throw new EngineError(
        'REVISION_INVALID',
        `The files of ${['merge-base', LAST_APPLY].includes(revision) ? commit.slice(0, 10) : revision} have errors: ${first?.code ?? ''} ${first?.source ? `${first.source.file}:${first.source.line} ` : ''}${first?.message ?? ''}`,
        'Name a revision whose files validate, or plan without --changed-since.',
      );
    return { commit, rendered: { config: loaded.config, desired: resolved.desired } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const named = async (revision: string, invocation: Invocation, config: WorkspaceConfig): Promise<string> => {
  if (revision !== LAST_APPLY) return revision;
  const commit = await lastApplied(recordFolder(invocation, config));
  if (commit !== null) return commit;
  throw new EngineError(
    'REVISION_UNKNOWN',
    'No run is recorded that has applied a whole commit.',
    'A run counts where CI names its commit and everything was applied. Until then: --changed-since REV.',
  );
};

/** The folder is new and ours alone; paths of git never lead out of it. */
const put = async (folder: string, files: readonly RevisionFile[]): Promise<void> => {
  for (const parent of new Set(files.map(({ path }) => dirname(path)))) await mkdir(join(folder, parent), { recursive: true });
  // Links last: no file is written through one.
  for (const { path, content } of files.filter((one) => !one.isLink)) await writeFile(join(folder, path), content);
  for (const { path, content } of files.filter((one) => one.isLink)) await symlink(content.toString('utf8'), join(folder, path));
};
