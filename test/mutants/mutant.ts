/** A bug on purpose: an exact edit of the engine, and what has to notice it. */

/** A text that a file holds exactly once, and what takes its place. */
export type Edit = { readonly file: string; readonly from: string; readonly to: string };

/** What is run against a mutant: test files, or one case of the sweep (`npm run replay -- LINE`). */
export type Check = { readonly tests: readonly string[] } | { readonly replay: string };

export type Mutant = {
  /** The bug, in the words of its list. */
  readonly bug: string;
  /** Where one bug can be made in several places: which of them. */
  readonly way?: string;
  readonly edits: readonly Edit[];
  /** The first that fails is enough; they are tried in this order. */
  readonly checks: readonly Check[];
  /** Why this edit stands for the bug, where the engine has no place for the bug as such. */
  readonly note?: string;
};

export const nameOf = ({ bug, way }: Pick<Mutant, 'bug' | 'way'>): string => (way === undefined ? bug : `${bug}: ${way}`);

export const tests = (...files: readonly string[]): Check => ({ tests: files.map((file) => `test/${file}.test.ts`) });
export const replay = (line: string): Check => ({ replay: line });

/** The text with the edit made. @throws Error where what is to be replaced is not there exactly once */
export const edited = (text: string, { file, from, to }: Edit): string => {
  const at = text.indexOf(from);
  if (at === -1) throw new Error(`${file} does not hold:\n${from}`);
  if (text.indexOf(from, at + 1) !== -1) throw new Error(`${file} holds more than once:\n${from}`);
  return `${text.slice(0, at)}${to}${text.slice(at + from.length)}`;
};
