/**
 * `npm run demo`: a tenant from nothing to "nothing changes", a change by hand, and the way back, against an emulator in this
 * process. The commands are the CLI's own; what they claim is checked on both sides: in their result object, and in the
 * emulator's world and log. Ends with 1 as soon as one claim does not hold.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Plan } from '../cli/engine.ts';
import type { Host, Sink } from '../cli/host.ts';
import { type Line, renderLines, styled } from '../cli/render/lines.ts';
import { type Result, resultOf } from '../cli/result.ts';
import { run } from '../cli/run.ts';
import { type Emulator, startEmulator, type World } from '../emulator/index.ts';
import packageJson from '../package.json' with { type: 'json' };

const GROUP = 'finance_analysts';
const BY_HAND = 'Reads whatever there is';

type Counts = Readonly<Record<string, number>>;
/** One command as it ended: its result object, and the calls that the service counted meanwhile. */
type Ran = { readonly result: Result; readonly levels: readonly [number, number, number]; readonly operations: Counts };
type Stage = {
  readonly emulator: Emulator;
  /** Runs one command line, shown as it would be typed. `isShort` leaves out a plan that was shown before. */
  readonly phinfra: (title: string, argv: readonly string[], options?: { readonly isShort?: boolean }) => Promise<Ran>;
  readonly say: (...lines: readonly string[]) => void;
  readonly heading: (text: string) => void;
  readonly bill: () => readonly (readonly [title: string, levels: readonly number[]])[];
};

/** @throws Error naming the claim that does not hold */
const claim = (text: string, holds: boolean, found: unknown): void => {
  if (!holds) throw new Error(`this should hold and does not: ${text}\n  found ${JSON.stringify(found)}`);
};
const claimEqual = (text: string, found: unknown, wanted: unknown): void =>
  claim(`${text}: ${JSON.stringify(wanted)}`, JSON.stringify(found) === JSON.stringify(wanted), found);

const tell = async ({ emulator, phinfra, say, heading, bill }: Stage): Promise<void> => {
  heading('A local Dataphin');
  const before = emulator.service.world();
  claimEqual('the emulator begins empty', sizesOf(before), { userGroups: 0, computeSources: 0, projects: 0 });
  say(
    `An emulator listens on ${emulator.endpoint}. Its tenant ${emulator.tenant} has ${before.members.length} members,`,
    'and no group, compute source or project.',
    'The workspace is a copy of examples/quickstart: five small YAML files.',
  );

  heading('The files are checked, without any call');
  const validated = await phinfra('validate', ['validate', '-C', 'quickstart']);
  claimEqual('validate ends well', validated.result.exit, 0);
  claimEqual('validate sends nothing', validated.operations, {});

  heading('What would change, and what it would cost');
  const first = await phinfra('plan', ['plan', '-C', 'quickstart', '-o', 'plan.json']);
  const plan = planOf(first);
  claimEqual('eight resources are to be created', actionsOf(plan), { create: 8 });
  claimEqual('the plan says what it read', first.operations, plan.bill.spent.operations);
  claimEqual('the plan has changed nothing', withoutCounters(emulator.service.world()), withoutCounters(before));

  heading('Exactly this plan is applied');
  const applied = await phinfra('apply: 8 created', ['apply', '-C', 'quickstart', 'plan.json'], { isShort: true });
  claimEqual('all is applied', endOf(applied), { exit: 0, applied: 8, failed: 0, unknown: 0, left: 0 });
  claimEqual(
    'calls made are calls planned, and one proves the tenant of a saved plan',
    applied.operations,
    Object.fromEntries(Object.entries({ ...plan.bill.toApply.operations, GetMyTenants: 1 }).sort()),
  );
  claimEqual('it is there', sizesOf(emulator.service.world()), { userGroups: 2, computeSources: 2, projects: 2 });

  heading('Planned again: nothing is left to do');
  const second = await phinfra('plan', ['plan', '-C', 'quickstart']);
  claimEqual('the second plan is empty', changesIn(planOf(second)), []);

  heading('Somebody changes one thing by hand');
  const wanted = groupIn(emulator.service.world()).Description;
  emulator.service.change((world) => {
    groupIn(world).Description = BY_HAND;
  });
  say(`In the console, past all files: the description of the group ${GROUP} becomes "${BY_HAND}".`);

  heading('The next plan says so');
  const third = await phinfra('plan: one field drifted', ['plan', '-C', 'quickstart']);
  const drifted = planOf(third);
  claimEqual('one field of one resource has drifted', changesIn(drifted), [
    {
      address: `userGroups/${GROUP}`,
      action: 'update',
      pointer: '/description',
      reason: 'drifted',
      before: BY_HAND,
      after: wanted,
    },
  ]);

  heading('An apply puts it back');
  const reverted = await phinfra('apply: 1 put back', ['apply', '-C', 'quickstart', '--auto-approve'], { isShort: true });
  claimEqual('it is applied', endOf(reverted), { exit: 0, applied: 1, failed: 0, unknown: 0, left: 0 });
  claimEqual(
    'calls made are calls planned',
    reverted.operations,
    added(drifted.bill.spent.operations, drifted.bill.toApply.operations),
  );
  claimEqual('the description is back', groupIn(emulator.service.world()).Description, wanted);

  heading('And nothing changes any more');
  const last = await phinfra('plan', ['plan', '-C', 'quickstart']);
  claimEqual('the last plan is empty', changesIn(planOf(last)), []);

  heading('What it cost, as the service counted it');
  const violations = emulator.service.violations();
  claimEqual('no quota was exceeded, nothing was refused', violations, []);
  say(
    ...billTable(bill()),
    `Violations that the emulator's referee noted: ${violations.length === 0 ? 'none' : violations.length}.`,
  );

  heading('Try it yourself');
  say(
    'The same commands work in this checkout. They keep the tenant in examples/quickstart/.phinfra:',
    '  node dist/cli/main.js plan  -C examples/quickstart',
    '  node dist/cli/main.js apply -C examples/quickstart',
    'Then change a line in examples/quickstart/people/groups.yaml and plan again. README.md goes on from there.',
  );
};

// ---- what a result and a world hold -----------------------------------------------------------------------------------

const planOf = ({ result }: Ran): Plan => {
  claimEqual('the plan ends well', [result.exit, result.diagnostics], [0, []]);
  return result.data as Plan;
};
const endOf = ({ result: { exit, applied, failed, unknown, left } }: Ran) => ({ exit, applied, failed, unknown, left });
const actionsOf = (plan: Plan): Counts => countBy(plan.changes.map((change) => change.action));
/** Every field that a plan would change, and every change that has no such field. */
const changesIn = (plan: Plan): readonly unknown[] =>
  plan.changes
    .filter((change) => change.action !== 'none')
    .flatMap(({ address, action, fields }) => {
      const acting = fields.filter((field) => field.stands !== true);
      if (acting.length === 0) return [{ address, action }];
      return acting.map(({ pointer, reason, before, after }) => ({ address, action, pointer, reason, before, after }));
    });

const sizesOf = ({ userGroups, computeSources, projects }: World) => ({
  userGroups: userGroups.length,
  computeSources: computeSources.length,
  projects: projects.length,
});
/** The world without what mere reading moves. */
const withoutCounters = ({ usage: _usage, ...rest }: World): unknown => rest;
const groupIn = <T extends { readonly Name: string }>({ userGroups }: { readonly userGroups: readonly T[] }): T => {
  const found = userGroups.find((group) => group.Name === GROUP);
  if (!found) throw new Error(`the group ${GROUP} is not there`);
  return found;
};

const countBy = (names: readonly string[]): Counts => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
};
const added = (a: Counts, b: Counts): Counts =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]),
  );

const billTable = (rows: ReturnType<Stage['bill']>): readonly string[] => {
  const all = [1, 2, 3].map((level) => rows.reduce((sum, [, levels]) => sum + (levels[level - 1] ?? 0), 0));
  const row = (title: string, cells: readonly (string | number)[]): string =>
    `${title.padEnd(26)}${cells.map((cell) => String(cell).padStart(10)).join('')}`;
  return [
    row('', ['level 1', 'level 2', 'level 3']),
    ...rows.map(([title, levels]) => row(`  ${title}`, levels)),
    row('  together', all),
  ];
};

// ---- the stage --------------------------------------------------------------------------------------------------------

/** The checkout: the nearest folder above with the examples, from scripts/ as from dist/scripts/. */
const checkout = (folder: string): string => {
  if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'examples/quickstart'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('examples/quickstart is not there: run the demo from a checkout');
  return checkout(parent);
};

const mayColor = (): boolean => {
  const { CI, NO_COLOR, TERM } = process.env;
  return (
    process.stdout.isTTY === true && ['', '0', 'false', undefined].includes(CI) && (NO_COLOR ?? '') === '' && TERM !== 'dumb'
  );
};

const openStage = (folder: string, emulator: Emulator): Stage => {
  const rows: [string, readonly number[]][] = [];
  let acts = 0;
  const print = (...lines: readonly Line[]): void => {
    process.stdout.write(renderLines(lines, mayColor()));
  };
  const sink = (stream: NodeJS.WriteStream, write: (text: string) => void): Sink => ({
    write,
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY === true ? stream.columns : null,
    stream,
  });
  /** What the environment of a command holds: where the emulator is, its keys, and how this terminal likes its text. */
  const env = {
    PHINFRA_ENDPOINT: emulator.endpoint,
    PHINFRA_TENANT: emulator.tenant,
    PHINFRA_CALLER: emulator.caller,
    ALIBABA_CLOUD_ACCESS_KEY_ID: emulator.accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: emulator.accessKeySecret,
    XDG_STATE_HOME: join(folder, 'state'),
    CI: process.env['CI'],
    NO_COLOR: process.env['NO_COLOR'],
    TERM: process.env['TERM'],
  };

  const phinfra: Stage['phinfra'] = async (title, argv, { isShort = false } = {}) => {
    print([styled('bold', `$ phinfra ${argv.join(' ')}`)]);
    const summary = join(folder, 'summary.json');
    rmSync(summary, { force: true });
    const seen = emulator.service.calls().length;
    let isFirst = true;
    const host: Host = {
      argv: [...argv, '--summary', summary],
      version: packageJson.version,
      folder,
      env,
      home: folder,
      stdout: sink(process.stdout, (text) => {
        if (isFirst && isShort)
          print([styled('dim', `(the plan once more: ${text.trimEnd().split('\n').length} lines, left out here)`)]);
        else process.stdout.write(text);
        isFirst = false;
      }),
      stderr: sink(process.stderr, (text) => void process.stderr.write(text)),
      canAsk: false,
      ask: async () => null,
      signal: new AbortController().signal,
      signalName: () => null,
      nowMs: () => performance.now(),
      wallMs: () => Date.now(),
      loadEngine: () => import('../engine/index.ts'),
      loadEmulator: () => import('../emulator/index.ts'),
    };
    const exit = await run(host);
    const result = existsSync(summary)
      ? (JSON.parse(readFileSync(summary, 'utf8')) as Result)
      : resultOf(argv[0] ?? '', { exit, diagnostics: [] });
    claimEqual('the exit code is the one of the result', exit, result.exit);
    const calls = emulator.service.calls().slice(seen);
    const levels = [1, 2, 3].map((level) => calls.filter((call) => call.level === level).length) as [number, number, number];
    if (calls.length > 0) rows.push([title, levels]);
    return { result, levels, operations: countBy(calls.map((call) => call.action)) };
  };

  return {
    emulator,
    phinfra,
    say: (...lines) => print(...lines.map((line): Line => [line])),
    heading: (text) => print([], [styled('cyan', `${++acts}. ${text}`)], []),
    bill: () => rows,
  };
};

const main = async (): Promise<void> => {
  // A reader that goes away (`| head`) ends the showing, not the checking.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-demo-'));
  const copied = join(folder, 'quickstart');
  cpSync(join(checkout(import.meta.dirname), 'examples/quickstart'), copied, {
    recursive: true,
    filter: (path) => !path.endsWith('.phinfra'),
  });
  const emulator = await startEmulator({ edition: 'basic' });
  const from = performance.now();
  try {
    const stage = openStage(folder, emulator);
    stage.say('phinfra shows itself: no account, no network but this machine, nothing left behind.');
    await tell(stage);
    rmSync(folder, { recursive: true });
    stage.say('', `Done in ${Math.ceil((performance.now() - from) / 1000)} s, and every claim above was checked.`);
  } catch (error) {
    process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write(`Its files are in ${folder}.\n`);
    process.exitCode = 1;
  } finally {
    await emulator.close();
  }
};

await main();
