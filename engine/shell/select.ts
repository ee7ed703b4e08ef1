/** What a plan is told to look at: from the options of a command to the addresses that they choose. */
import { changedBetween, type Rendered } from '../core/changed.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Only } from '../core/model.ts';
import { type Chosen, choose, type Whole } from '../core/selection.ts';
import { KINDS } from '../kinds/index.ts';
import { type RevisionInput, renderRevision } from './revision.ts';

export type SelectOptions = {
  /** Globs of addresses: only these, with what they need. */
  readonly target?: readonly string[];
  /** Globs of addresses: not these, nor what needs them. */
  readonly exclude?: readonly string[];
  /** Only what the files say otherwise than at this revision; `merge-base`: where this branch begins; `last-apply`: what was applied last. */
  readonly changedSince?: string;
  /** Only changes for these reasons. */
  readonly only?: readonly Only[];
};

/**
 * The addresses that the options choose; none where nothing is left out.
 *
 * @returns diagnostics SELECTION_EMPTY where a glob names nothing, OPTION_WRONG where options contradict each other
 * @throws EngineError REVISION_UNKNOWN, REVISION_INVALID
 */
export const selectFrom = async (
  whole: Whole,
  now: Rendered,
  { target = [], exclude = [], changedSince, only, destroy = false }: SelectOptions & { readonly destroy?: boolean },
  input: RevisionInput,
): Promise<{ readonly chosen: Chosen | null; readonly diagnostics: readonly Diagnostic[] }> => {
  if (target.length === 0 && exclude.length === 0 && changedSince === undefined && only === undefined)
    return { chosen: null, diagnostics: [] };
  const contradicting = changedSince !== undefined ? '--changed-since' : only ? '--only' : null;
  if (destroy && contradicting !== null) return { chosen: null, diagnostics: [noDestroy(contradicting)] };
  const globs = choose(whole, { target, exclude, ...(only ? { only } : {}) });
  if ('diagnostics' in globs) return { chosen: null, diagnostics: globs.diagnostics };
  if (changedSince === undefined) return { chosen: globs.chosen, diagnostics: [] };
  const { commit, rendered } = await renderRevision(changedSince, now.config, input);
  const changed = changedBetween(rendered, now, KINDS);
  const { asked, chosen, excluded } = globs.chosen;
  return {
    chosen: {
      asked: { ...asked, changedSince: { revision: changedSince, commit } },
      excluded,
      chosen: new Set([...chosen].filter((address) => changed.has(address))),
    },
    diagnostics: [],
  };
};

const noDestroy = (flag: string): Diagnostic => ({
  code: 'OPTION_WRONG',
  severity: 'error',
  message: `--destroy removes what is ours, whatever the files say: ${flag} chooses nothing of it.`,
  hint: 'Choose by address: --target GLOB.',
});
