/** Figures that a command has measured, kept in `docs/evidence/`: of which commit, and the last line as it was printed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

/** What is run, asked before it is: a commit, and whether the files are those of it. */
export const commitHere = (): string => {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${git('rev-parse', 'HEAD')}${isChanged ? ', with changes that were not committed' : ''}`;
};

/** @param facts lines of a list, of which the commit is the first */
export const writeEvidence = (
  name: string,
  of: { readonly title: string; readonly command: string; readonly commit: string; readonly facts: readonly string[] },
  rest: string,
): void => {
  const { title, command, commit, facts } = of;
  mkdirSync('docs/evidence', { recursive: true });
  const list = [`Commit: ${commit}`, ...facts].map((one) => `- ${one}\n`).join('');
  writeFileSync(`docs/evidence/${name}.md`, `# ${title}\n\nWritten by \`${command}\`; do not edit.\n\n${list}\n${rest}`);
};
