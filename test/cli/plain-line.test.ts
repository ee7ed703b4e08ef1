import { describe, expect, it } from 'vitest';
import { readPlainly } from '../../cli/plain-line.ts';
import { type Chosen, createProgram } from '../../cli/program.ts';

/** What commander makes of a line; null where it refuses it or has answered it by itself. */
const readByCommander = (argv: readonly string[]): Chosen | null => {
  const found: Chosen[] = [];
  const program = createProgram('0', (chosen) => found.push(chosen));
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined });
  try {
    program.parse([...argv], { from: 'user' });
  } catch {
    return null;
  }
  return found[0] ?? null;
};

const asked = ({ command, options }: Chosen) => ({ command, options: { ...options } });

const PLAIN = [
  'validate',
  'validate -C examples/quickstart',
  'validate --env prod',
  'validate --format json',
  'validate --format human',
  'validate -C a --env prod --format json',
  'validate --format json --env prod -C a',
  'validate -C a -C b --env x --env y',
  'validate -C validate --env plan',
];

const OTHERS = [
  '',
  'plan',
  'help validate',
  '-C a validate',
  'validate extra',
  'validate constructor a',
  'validate __proto__ a',
  'validate -C',
  'validate -Ca',
  'validate --env=prod',
  'validate --env -C',
  'validate -C --env x',
  'validate -- -C a',
  'validate --format yaml',
  'validate --format',
  'validate --en prod',
  'validate --help',
  'validate --no-color',
  'validate --now 2026-11-24',
  'validate --var a=b',
  'validate --log-level debug',
];

const wordsOf = (line: string): readonly string[] => (line === '' ? [] : line.split(' '));

describe('a plain line of validate', () => {
  it.each(PLAIN)('means what commander makes of it: %s', (line) => {
    const [plain, whole] = [readPlainly(wordsOf(line)), readByCommander(wordsOf(line))];
    if (plain === null || whole === null) throw new Error('both should read it');
    expect(asked(plain.chosen)).toEqual(asked(whole));
  });

  it.each(OTHERS)('is none, and left to commander: %s', (line) => {
    expect(readPlainly(wordsOf(line))).toBeNull();
  });

  it('never has an empty value', () => expect(readPlainly(['validate', '-C', ''])).toBeNull());
});
