/** What a plan is told to look at: from the options of a command to the addresses that they choose. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { type Chosen, choose, type Whole } from '../core/selection.ts';

export type SelectOptions = {
  /** Globs of addresses: only these, with what they need. */
  readonly target?: readonly string[];
  /** Globs of addresses: not these, nor what needs them. */
  readonly exclude?: readonly string[];
};

/**
 * The addresses that the options choose; none where nothing is left out.
 *
 * @returns diagnostics SELECTION_EMPTY where a glob names nothing
 */
export const selectFrom = (
  whole: Whole,
  { target = [], exclude = [] }: SelectOptions,
): { readonly chosen: Chosen | null; readonly diagnostics: readonly Diagnostic[] } => {
  if (target.length === 0 && exclude.length === 0) return { chosen: null, diagnostics: [] };
  const found = choose(whole, { target, exclude });
  return 'chosen' in found ? { chosen: found.chosen, diagnostics: [] } : { chosen: null, diagnostics: found.diagnostics };
};
