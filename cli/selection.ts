/** Which resources a plan is to look at, as the command line says it. */
import { shellWord } from './context.ts';

export type SelectionOptions = {
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
};

/** The options that choose resources, and nothing else. */
export const selectionIn = ({ target, exclude }: SelectionOptions): SelectionOptions => ({
  ...(target === undefined ? {} : { target }),
  ...(exclude === undefined ? {} : { exclude }),
});

/** The same options as words of a command line: ` --target 'userGroups/*'`. */
export const selectionFlags = ({ target = [], exclude = [] }: SelectionOptions): string =>
  [...target.map((glob) => ` --target ${shellWord(glob)}`), ...exclude.map((glob) => ` --exclude ${shellWord(glob)}`)].join('');
