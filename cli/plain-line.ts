/** The plainest command lines of `validate`, read without commander: making commander ready takes longer than the check itself. */
import { runValidate } from './commands/validate.ts';
import type { Chosen } from './program.ts';

/** Options of the plain form, each with a value of its own; by the name that commander gives them. */
const PLAIN = new Map<string | undefined, 'C' | 'env' | 'format'>([
  ['-C', 'C'],
  ['--env', 'env'],
  ['--format', 'format'],
]);
const FORMATS: readonly string[] = ['human', 'json'];

/**
 * What `validate -C DIR --env NAME --format FORMAT` asks for, each option at will; null for every other line, right or wrong:
 * it is commander's.
 */
export const readPlainly = (argv: readonly string[]): { readonly chosen: Chosen } | null => {
  if (argv[0] !== 'validate') return null;
  const options: Partial<Record<'C' | 'env' | 'format', string>> = {};
  for (let at = 1; at < argv.length; at += 2) {
    const name = PLAIN.get(argv[at]);
    const value = argv[at + 1];
    if (name === undefined || value === undefined || value === '' || value.startsWith('-')) return null;
    options[name] = value;
  }
  const { format = 'human' } = options;
  if (!FORMATS.includes(format)) return null;
  return {
    chosen: {
      command: 'validate',
      options: { ...options, format, color: true, var: [] },
      run: runValidate,
    },
  };
};
