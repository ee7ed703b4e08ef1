/** Which resources a plan is to look at, as the command line says it. */
import { shellWord } from './context.ts';
import type { Only } from './engine.ts';

export type SelectionOptions = {
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
  readonly changedSince?: string;
  readonly only?: readonly Only[];
};

/** The options that choose resources, and nothing else. */
export const selectionIn = ({ target, exclude, changedSince, only }: SelectionOptions): SelectionOptions => ({
  ...(target === undefined ? {} : { target }),
  ...(exclude === undefined ? {} : { exclude }),
  ...(changedSince === undefined ? {} : { changedSince }),
  ...(only === undefined ? {} : { only }),
});

/** The same options as words of a command line: ` --target 'userGroups/*'`. */
export const selectionFlags = ({ target = [], exclude = [], changedSince, only }: SelectionOptions): string =>
  [
    ...target.map((glob) => ` --target ${shellWord(glob)}`),
    ...exclude.map((glob) => ` --exclude ${shellWord(glob)}`),
    ...(changedSince === undefined ? [] : [` --changed-since ${shellWord(changedSince)}`]),
    ...(only === undefined ? [] : [` --only ${only.join(',')}`]),
  ].join('');
