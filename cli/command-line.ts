/** The command line as commander reads it, with commander's messages in our words. */
import { CommanderError } from '@commander-js/extra-typings';
import type { Host } from './host.ts';
import { type Chosen, createProgram } from './program.ts';
import { type Outcome, refused } from './result.ts';

/** What is to be run; help or the version, already printed; or why the command line cannot be read. */
export type Parsed =
  | 'answered'
  | { readonly chosen: Chosen }
  | {
      readonly problem: Outcome;
      /** The command that was named, if it was. */
      readonly command: string;
      readonly help: string | null;
    };

/** Reads the command line of a host; help and the version are printed at once. */
export const parse = (host: Host): Parsed => {
  const found: Chosen[] = [];
  const told: string[] = [];
  const program = createProgram(host.version, (chosen) => found.push(chosen));
  const output = {
    writeOut: (text: string) => host.stdout.write(text),
    writeErr: (text: string) => told.push(text),
    outputError: () => undefined,
  };
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    command.configureOutput(output);
  try {
    program.parse([...host.argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help or the version was asked for.
    if (error.exitCode === 0) return 'answered';
    // Without a command, or with a group's name alone, commander fails by printing help.
    if (error.code === 'commander.help') return { problem: NO_COMMAND, command: '', help: told.join('') };
    const names = program.commands.map((command) => command.name());
    const command = host.argv.find((word) => names.includes(word)) ?? '';
    return { problem: usageProblem(error, command), command, help: null };
  }
  const [chosen] = found;
  return chosen ? { chosen } : { problem: NO_COMMAND, command: '', help: program.helpInformation() };
};

const NO_COMMAND = refused(3, 'OPTION_WRONG', 'No command was given.', 'phinfra --help lists them.');

/** Commander's sentence as ours: `error: unknown option '--evn'` and `(Did you mean --env?)`. */
const usageProblem = (error: CommanderError, command: string): Outcome => {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?]$/.test(message) ? '' : '.'}`;
  const help = `phinfra ${command === '' ? '' : `${command} `}--help lists what there is.`;
  return refused(3, 'OPTION_WRONG', sentence, suggestion?.replace(/^\((.*)\)$/, '$1') ?? help);
};
