import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { runCli } from './hosts.ts';

/** The table of DESIGN 4: commands, their options, and in which format they answer. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  init: [],
  validate: ['--strict'],
  plan: [
    '--out',
    '--target',
    '--exclude',
    '--only',
    '--changed-since',
    '--from',
    '--unmanaged',
    '--full',
    '--push-secrets',
    '--destroy',
    '--detailed-exitcode',
  ],
  apply: [
    '--auto-approve',
    '--full',
    '--reviewed',
    '--confirm',
    '--resume',
    '--max-calls',
    '--stop-at',
    '--wait',
    '--fail-fast',
    '--lock-wait',
    '--use-reserve',
    '--break-glass',
    '--target',
    '--exclude',
    '--only',
    '--changed-since',
    '--push-secrets',
  ],
  destroy: ['--auto-approve', '--confirm'],
  revoke: ['--hand-over', '--reason'],
  drift: ['--max-calls', '--detailed-exitcode'],
  access: ['--of', '--on', '--expiring', '--outside', '--from'],
  snapshot: ['--out'],
  export: ['--out', '--merge'],
  diff: [],
  show: ['--max'],
  history: ['--inverse'],
  budget: [],
  'budget simulate': ['--edition'],
  graph: [],
  explain: [],
  config: [],
  fmt: [],
  doctor: [],
  completion: [],
  'state list': [],
  'state show': [],
  'state adopt': ['--dry-run'],
  'state forget': ['--dry-run', '--auto-approve'],
  'state move': ['--dry-run'],
  'state rebuild': ['--dry-run'],
  'state pull': ['--dry-run'],
  'state push': ['--dry-run'],
  'state unlock': ['--dry-run', '--fence'],
  emulator: ['--port', '--edition', '--world', '--data', '--switch', '--latency'],
  'emulator reset': ['--data'],
};

/** What has no code yet: whoever builds it takes it off this list. */
const TO_BE_BUILT: readonly string[] = [
  'init',
  'validate --strict',
  'revoke',
  'access',
  'export',
  'diff',
  'graph',
  'fmt',
  'doctor',
  'completion',
];

const COMMON = ['-C', '--env', '--var', '--format', '--now', '--summary', '--no-color', '--log-level'];

const built = (): Record<string, readonly string[]> => {
  const commands = createProgram('0', () => undefined).commands.flatMap((command) => {
    const nested = command.commands.map((inner) => ({ name: `${command.name()} ${inner.name()}`, command: inner }));
    // `state` alone is a group and does nothing.
    return command.name() === 'state' ? nested : [{ name: command.name(), command }, ...nested];
  });
  return Object.fromEntries(
    commands.map(({ name, command }) => [name, command.options.map((option) => option.long ?? option.short ?? '')]),
  );
};

describe('the surface', () => {
  it('is the table of the design, less what is still to be built', () => {
    const expected = Object.fromEntries(
      Object.entries(TABLE)
        .filter(([name]) => !TO_BE_BUILT.includes(name))
        .map(([name, options]) => [name, options.filter((option) => !TO_BE_BUILT.includes(`${name} ${option}`)).sort()]),
    );
    const found = Object.fromEntries(
      Object.entries(built()).map(([name, options]) => [name, options.filter((option) => !COMMON.includes(option)).sort()]),
    );
    expect(found).toEqual(expected);
  });

  it('has the shared options on every command', () => {
    for (const [name, options] of Object.entries(built()))
      expect(
        COMMON.filter((option) => !options.includes(option)),
        name,
      ).toEqual([]);
  });

  it('names nothing as to be built that is not in the table', () => {
    const known = Object.entries(TABLE).flatMap(([name, options]) => [name, ...options.map((option) => `${name} ${option}`)]);
    expect(TO_BE_BUILT.filter((entry) => !known.includes(entry))).toEqual([]);
  });

  it('does not list in help what is not built', async () => {
    const { stdout, exit } = await runCli(['--help']);
    expect(exit).toBe(0);
    const listed = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w+)/gm)].map((match) => match[1]);
    expect(listed).toEqual([
      'validate',
      'plan',
      'apply',
      'destroy',
      'snapshot',
      'show',
      'drift',
      'history',
      'config',
      'explain',
      'budget',
      'state',
      'emulator',
      'help',
    ]);
  });
});

describe('a command line that cannot be read', () => {
  it.each([
    [['plna'], "Unknown command 'plna'.", 'Did you mean plan?'],
    [['plan', '--ful'], "Unknown option '--ful'.", 'Did you mean --full?'],
    [['--evn', 'x', 'plan'], "Unknown option '--evn'.", 'Did you mean --env?'],
    [['state', 'lst'], "Unknown command 'lst'.", 'Did you mean list?'],
    [['plan', 'a', 'b'], 'Too many arguments', 'phinfra plan --help lists what there is.'],
    [['show'], "Missing required argument 'file'.", 'phinfra show --help lists what there is.'],
    [['plan', '--format', 'xml'], 'Allowed choices are human, json.', 'phinfra plan --help lists what there is.'],
    [['--format', 'xml', 'plan'], 'Allowed choices are human, json.', ''],
    [['plan', '--now', '2026-02-30'], 'A day looks like 2026-11-24.', ''],
    [['plan', '--var', 'novalue'], 'A variable looks like name=value.', ''],
    [['apply', '--lock-wait', '10'], 'A time to wait looks like 30s, 10m or 2h.', ''],
    [['emulator', '--port', '-1'], 'whole number', ''],
    [['emulator', '--edition', 'huge'], 'Allowed choices are personal, agile', ''],
  ])('%j ends with 3 and the next step', async (argv, message, hint) => {
    const ran = await runCli(argv);
    expect(ran.exit).toBe(3);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain('error OPTION_WRONG');
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).toContain(hint);
  });

  it('prints the help where there is no command at all', async () => {
    for (const argv of [[], ['state']]) {
      const ran = await runCli(argv);
      expect(ran.exit).toBe(3);
      expect(ran.stdout).toBe('');
      expect(ran.stderr).toContain('Usage: phinfra');
    }
  });

  it('gives the result object where it was asked for', async () => {
    const ran = await runCli(['plan', '--ful', '--format', 'json']);
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toEqual({
      format: 'phinfra.result/1',
      command: 'plan',
      environment: null,
      tenant: null,
      exit: 3,
      reason: 'input refused',
      changesDigest: null,
      applied: 0,
      failed: 0,
      unknown: 0,
      waiting: 0,
      left: 0,
      next: null,
      diagnostics: [
        { code: 'OPTION_WRONG', severity: 'error', message: "Unknown option '--ful'.", hint: 'Did you mean --full?' },
      ],
      data: null,
    });
  });
});
