/** The surface of the CLI: commands and options (DESIGN 4), parsed into one thing to run. */
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type CommonOptions, LOG_LEVELS } from './context.ts';
import type { Only } from './engine.ts';
import { durationOf } from './limits.ts';
import type { Run } from './run.ts';

const EDITIONS = ['personal', 'agile', 'database', 'bigdata', 'basic', 'intelligent'] as const;

/** What a parsed command line asks for. The command's code is loaded when it runs. */
export type Chosen = { readonly command: string; readonly options: CommonOptions; readonly run: Run };

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const parseDay = (value: string): string => {
  // A day that does not exist moves on to another one.
  const real = /^\d{4}-\d{2}-\d{2}$/.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value);
  if (!real) throw new InvalidArgumentError('A day looks like 2026-11-24.');
  return value;
};

const parseVariable = (value: string, before: readonly string[] | undefined): readonly string[] => {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError('A variable looks like name=value.');
  return collect(value, before);
};

const parseSwitch = (value: string, before: readonly string[] | undefined): readonly string[] => {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError('A switch looks like NAME=VALUE.');
  return collect(value, before);
};

/** A lock's number, or its id where the record is on a server. */
const parseFence = (value: string): number | string => (/^\d+$/.test(value) ? Number(value) : value);

const REASONS: readonly Only[] = ['declared', 'drifted', 'expired', 'leaver', 'secret'];
const parseReasons = (value: string): readonly Only[] => {
  const words = value.split(',').map((word) => word.trim());
  const reasons = REASONS.filter((reason) => words.includes(reason));
  if (words.some((word) => !REASONS.some((reason) => reason === word)))
    throw new InvalidArgumentError(`Reasons are ${REASONS.join(', ')}, with commas between them.`);
  return reasons;
};

const parseCount = (value: string): number => {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It is a whole number, 0 or more.');
  return Number(value);
};

const parseDuration = (value: string): number => {
  const ms = durationOf(value);
  if (ms === null) throw new InvalidArgumentError('A time to wait looks like 30s, 10m or 2h.');
  return ms;
};

/** The options that every command takes, before its name as well as after it. */
const COMMON = (): readonly Option[] => [
  new Option('-C <dir>', 'run as if started in this folder'),
  new Option('--env <name>', 'the environment; also PHINFRA_ENV'),
  new Option('--var <name=value>', 'a variable of the workspace (repeatable)').argParser(parseVariable) as unknown as Option,
  new Option('--now <date>', 'the day that expiries are judged by, such as 2026-11-24').argParser(parseDay) as unknown as Option,
  new Option('--summary <file>', 'write the result object to a file as well'),
  new Option('--no-color', 'no colours; also NO_COLOR'),
  new Option('--log-level <level>', 'what stderr tells').choices(LOG_LEVELS) as unknown as Option,
];

/**
 * The program, ready to parse.
 *
 * @param choose called once with what the command line asks for
 */
export const createProgram = (version: string, choose: (chosen: Chosen) => void): Command => {
  const program = new Command('phinfra')
    .description('Infrastructure as code for Alibaba Cloud Dataphin.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .exitOverride();
  for (const option of COMMON()) program.addOption(option);
  program.addOption(new Option('--format <format>', 'how stdout reads, where the command offers it').hideHelp());

  /** One command with the shared options; `formats` begins with the default. */
  const add = (parent: Command, name: string, summary: string, formats: readonly string[]) => {
    const command = parent.command(name).description(summary).summary(summary);
    for (const option of COMMON()) (command as unknown as Command).addOption(option);
    command.addOption(new Option('--format <format>', 'how stdout reads').choices(formats) as unknown as Option);
    const commandName = parent === program ? name.split(' ')[0] : `${parent.name()} ${name.split(' ')[0]}`;
    /** Hands over what was chosen: options before the command's name give way to those after it. */
    const chosen = (run: Run): void => {
      const before = { ...program.opts(), ...(parent === program ? {} : parent.opts()) } as CommonOptions;
      const own = command.opts() as CommonOptions;
      const format = own.format ?? before.format ?? formats[0] ?? 'human';
      if (!formats.includes(format))
        program.error(
          `error: option '--format <format>' argument '${format}' is invalid. Allowed choices are ${formats.join(', ')}.`,
          {
            code: 'commander.invalidArgument',
          },
        );
      const variables = [...(before.var ?? []), ...(own.var ?? [])];
      // `color` is true unless --no-color says otherwise, on either side.
      const options = { ...before, ...own, format, color: before.color !== false && own.color !== false, var: variables };
      choose({ command: commandName ?? name, options, run });
    };
    return { command, chosen };
  };

  const validate = add(program, 'validate', 'check the files, offline', ['human', 'json']);
  validate.command.action(() =>
    validate.chosen(async (context) => (await import('./commands/validate.ts')).runValidate(context)),
  );

  const plan = add(program, 'plan', 'show what would change, and what it would cost', ['human', 'json']);
  plan.command
    .option('-o, --out <file>', 'save the plan, for apply')
    .option('--from <file>', 'plan from a snapshot, or from the latest one: no calls, no credentials')
    .option('--unmanaged', 'list what is live and in no file')
    .option('--full', 'unfold lists, and differences that are let stand')
    .option('--push-secrets <glob>', 'send the secrets of these addresses again (repeatable)', collect)
    .option('--destroy', 'plan to remove all that is ours')
    .option('--detailed-exitcode', 'exit 2 where something differs')
    .option('--target <glob>', 'only these addresses, with what they need (repeatable)', collect)
    .option('--exclude <glob>', 'not these addresses, nor what needs them (repeatable)', collect)
    .option('--changed-since <revision>', 'only what the files say otherwise than there; also merge-base, last-apply')
    .option('--only <reasons>', 'only changes for these reasons: declared, drifted, expired, leaver, secret', parseReasons)
    .action((options) => plan.chosen(async (context) => (await import('./commands/plan.ts')).runPlan(context, options)));

  const apply = add(program, 'apply', 'apply a saved plan, or plan, ask and apply', ['human', 'json', 'jsonl']);
  apply.command
    .argument('[file]', 'a plan saved by plan -o')
    .option('--auto-approve', 'do not ask')
    .option('--full', 'show all of the plan, also of a saved one')
    .option('--resume', 'go on with the plan that was begun last, without its file')
    .option('--max-calls <number>', 'stop after so many calls; the same command goes on', parseCount)
    .option('--stop-at <time>', 'begin nothing from this time on, such as 06:30 or 2026-11-25T06:30:00+08:00')
    .option('--confirm <numbers>', "confirm what goes beyond the workspace's guards, such as deletes=12,losses=200")
    .option('--reviewed <digest or file>', 'what was reviewed: the digest of its changes, or the saved plan')
    .option('--break-glass <reason>', 'change at most 20 resources of a protected environment without a review')
    .option('--use-reserve <reason>', 'use also what budget.reserve keeps of the day for revocations')
    .option('--wait', "where the day's calls are spent, sleep until the next day and go on")
    .option('--lock-wait <time>', 'wait so long for another run to end, such as 10m', parseDuration)
    .option('--fail-fast', 'begin nothing after the first refusal')
    .option('--push-secrets <glob>', 'send the secrets of these addresses again (repeatable)', collect)
    .option('--target <glob>', 'only these addresses, with what they need (repeatable)', collect)
    .option('--exclude <glob>', 'not these addresses, nor what needs them (repeatable)', collect)
    .option('--changed-since <revision>', 'only what the files say otherwise than there; also merge-base, last-apply')
    .option('--only <reasons>', 'only changes for these reasons: declared, drifted, expired, leaver, secret', parseReasons)
    .action((file, options) =>
      apply.chosen(async (context) => (await import('./commands/apply.ts')).runApply(context, file, options)),
    );

  const destroy = add(program, 'destroy', 'plan to remove all that is ours, ask and apply', ['human', 'json', 'jsonl']);
  destroy.command
    .option('--auto-approve', 'do not ask')
    .option('--confirm <numbers>', "confirm what goes beyond the workspace's guards, such as deletes=12,losses=200")
    .action((options) =>
      destroy.chosen(async (context) =>
        (await import('./commands/apply.ts')).runApply(context, undefined, { ...options, destroy: true }),
      ),
    );

  const snapshot = add(program, 'snapshot', 'write the live tenant to a file, redacted', ['human', 'json']);
  snapshot.command
    .option('-o, --out <file>', 'the file; without it only the latest one beside the record')
    .action((options) =>
      snapshot.chosen(async (context) => (await import('./commands/snapshot.ts')).runSnapshot(context, options)),
    );

  const show = add(program, 'show', 'show a saved plan or a snapshot', ['human', 'json']);
  show.command
    .argument('<file>', 'what plan -o or snapshot -o has written')
    .option('--max <characters>', 'cut the text to so many characters', parseCount)
    .action((file, options) =>
      show.chosen(async (context) => (await import('./commands/show.ts')).runShow(context, file, options)),
    );

  const drift = add(program, 'drift', 'show what others changed, by whom and when', ['human', 'json']);
  drift.command
    .option('--max-calls <number>', 'make no more calls than so many', parseCount)
    .option('--detailed-exitcode', 'exit 2 where something was changed outside')
    .action((options) => drift.chosen(async (context) => (await import('./commands/drift.ts')).runDrift(context, options)));

  const history = add(program, 'history', 'show what was applied, by whom and why', ['human', 'json']);
  history.command
    .argument('[address or person]', "such as userGroups/finance_analysts, 'userGroups/*', bob@example.com")
    .option('--inverse <run>', 'what it would take to go back before a run; nothing is sent')
    .action((of, options) =>
      history.chosen(async (context) =>
        options.inverse === undefined
          ? (await import('./commands/history.ts')).runHistory(context, of)
          : (await import('./commands/inverse.ts')).runInverse(context, options.inverse, of),
      ),
    );

  const config = add(program, 'config', 'print what the files say, with the origin of every value', ['human', 'json']);
  config.command.action(() => config.chosen(async (context) => (await import('./commands/config.ts')).runConfig(context)));

  const explain = add(program, 'explain', 'tell about a kind, a field or a code', ['human', 'json']);
  explain.command
    .argument('[topic]', 'such as userGroups, userGroups.members, REFERENCE_UNKNOWN')
    .action((topic) => explain.chosen(async (context) => (await import('./commands/explain.ts')).runExplain(context, topic)));

  const budget = add(program, 'budget', 'what of the day is spent, set aside and left, and by whom', ['human', 'json']);
  budget.command.enablePositionalOptions();
  budget.command.action(() => budget.chosen(async (context) => (await import('./commands/budget.ts')).runBudget(context)));
  const simulate = add(budget.command as unknown as Command, 'simulate', 'how long with each edition, without a call', [
    'human',
    'json',
  ]);
  simulate.command
    .argument(
      '[file]',
      'a saved plan, or a snapshot that the files are planned from; without it the whole workspace in an empty tenant',
    )
    .addOption(new Option('--edition <edition>', 'this edition alone').choices(EDITIONS))
    .action((file, options) =>
      simulate.chosen(async (context) =>
        (await import('./commands/budget-simulate.ts')).runBudgetSimulate(context, file, options),
      ),
    );

  const state = program.command('state').description('the record of what is ours').summary('the record of what is ours');
  const stateList = add(state as unknown as Command, 'list', 'list what is ours', ['human', 'json']);
  stateList.command.action(() =>
    stateList.chosen(async (context) => (await import('./commands/state.ts')).runStateList(context)),
  );
  const stateShow = add(state as unknown as Command, 'show', 'show one resource of the record', ['human', 'json']);
  stateShow.command
    .argument('<address>', 'such as userGroups/finance_analysts')
    .action((address) =>
      stateShow.chosen(async (context) => (await import('./commands/state.ts')).runStateShow(context, address)),
    );

  const stateAdopt = add(state as unknown as Command, 'adopt', 'record what is declared and live as ours', ['human', 'json']);
  stateAdopt.command
    .argument('<address...>', 'such as userGroups/finance_analysts; ADDRESS=ID where several live ones have the name')
    .option('--dry-run', 'say what would be recorded, and write nothing')
    .action((addresses, options) =>
      stateAdopt.chosen(async (context) =>
        (await import('./commands/state-adopt.ts')).runStateAdopt(context, addresses, options),
      ),
    );

  const stateRebuild = add(state as unknown as Command, 'rebuild', 'record all that is declared and live as ours', [
    'human',
    'json',
  ]);
  stateRebuild.command
    .option('--dry-run', 'say what would be recorded, and write nothing')
    .action((options) =>
      stateRebuild.chosen(async (context) => (await import('./commands/state-adopt.ts')).runStateRebuild(context, options)),
    );

  const stateForget = add(state as unknown as Command, 'forget', 'take out of the record; what is live stays', ['human', 'json']);
  stateForget.command
    .argument('<address...>', "such as userGroups/finance_analysts; 'userGroups/finance_*' for several")
    .option('--dry-run', 'say what would be forgotten, and write nothing')
    .option('--auto-approve', 'do not ask about what globs match')
    .action((addresses, options) =>
      stateForget.chosen(async (context) =>
        (await import('./commands/state-edit.ts')).runStateForget(context, addresses, options),
      ),
    );
  const stateMove = add(state as unknown as Command, 'move', 'give what is recorded another address', ['human', 'json']);
  stateMove.command
    .argument('<old>', 'the address in the record')
    .argument('<new>', 'another one of the same kind')
    .option('--dry-run', 'say what would be moved, and write nothing')
    .action((from, to, options) =>
      stateMove.chosen(async (context) => (await import('./commands/state-edit.ts')).runStateMove(context, from, to, options)),
    );
  const statePull = add(state as unknown as Command, 'pull', 'print the record as one document', ['human', 'json']);
  statePull.command
    .option('--dry-run', 'say what would be printed')
    .action((options) =>
      statePull.chosen(async (context) => (await import('./commands/state-transfer.ts')).runStatePull(context, options)),
    );
  const statePush = add(state as unknown as Command, 'push', 'put a pulled record in its place', ['human', 'json']);
  statePush.command
    .argument('<file>', 'what state pull has printed')
    .option('--dry-run', 'say what would be written, and write nothing')
    .action((file, options) =>
      statePush.chosen(async (context) => (await import('./commands/state-transfer.ts')).runStatePush(context, file, options)),
    );
  const stateUnlock = add(state as unknown as Command, 'unlock', 'show who holds the lock, and release it', ['human', 'json']);
  stateUnlock.command
    .option('--dry-run', 'show the holder alone')
    .option('--fence <lock>', 'release this lock of another machine, as --dry-run names it', parseFence)
    .action((options) =>
      stateUnlock.chosen(async (context) => (await import('./commands/state-unlock.ts')).runStateUnlock(context, options)),
    );

  const emulator = add(program, 'emulator', 'run a local Dataphin until interrupted', ['human', 'json']);
  emulator.command
    .option('--port <port>', 'the port on 127.0.0.1; 0 is any free one', parseCount)
    .addOption(new Option('--edition <edition>', 'what the tenant has bought').choices(EDITIONS))
    .option('--world <file>', 'the world to begin with')
    .option('--data <file>', 'where the world is kept; read instead of --world once it exists')
    .option('--switch <name=value>', 'a behaviour of the service that is not documented (repeatable)', parseSwitch)
    .option('--latency <ms>', 'how long every answer waits, in milliseconds', parseCount)
    .action((options) =>
      emulator.chosen(async (context) => (await import('./commands/emulator.ts')).runEmulator(context, options)),
    );
  const reset = add(emulator.command as unknown as Command, 'reset', 'delete the world that an emulator kept', ['human', 'json']);
  reset.command
    .option('--data <file>', "the file; without it the environment's")
    .action((options) =>
      reset.chosen(async (context) => (await import('./commands/emulator.ts')).runEmulatorReset(context, options)),
    );

  return program;
};
