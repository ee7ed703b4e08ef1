/** The built program, killed in the middle of an apply, and what becomes of it (RELIABILITY 3.4, G4). */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defaultWorld, type Emulator, parseWorld, startEmulator, type World } from '../../emulator/index.ts';
import { apply, type Clock, type Plan, plan } from '../../engine/index.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { createRandom } from '../laws/random.ts';
import { type Ended, journalOf, QUOTAS, recordIn, startProgram, writeFiles } from './process.ts';

const BEFORE = Object.fromEntries(
  ['kept1', 'kept2', 'kept3', 'gone1', 'gone2'].map((name) => [name, { description: name, members: ['alice@example.com'] }]),
);
/** Three are changed, two removed, four made, with their members: creates, updates, grants, revokes and deletes. */
export const AFTER: Readonly<Record<string, object>> = Object.fromEntries([
  ...['kept1', 'kept2', 'kept3'].map((name) => [name, { description: `${name} now`, members: ['bob@example.com'] }]),
  ...['made1', 'made2', 'made3', 'made4'].map((name) => [
    name,
    { description: name, members: ['bob@example.com', 'carol@example.com'] },
  ]),
]);
const LATENCY_MS = 15;

/** Where a case begins: the world and the record after what stands before it, and how the calm run goes from there. */
export type Start = {
  readonly world: World;
  readonly record: string;
  /** The world in the end, without ids and times. */
  readonly shape: string;
  /** Steps of the calm run. */
  readonly steps: number;
  /** Calls of the calm run that write. */
  readonly writes: number;
  /** From the first call of the calm run to its first write, in milliseconds. */
  readonly readsMs: number;
  readonly end: () => void;
};

/** So long after so many calls that write have arrived; after the first call of all where that is 0. */
export type When = { readonly writes: number; readonly ms: number };
export type Killed = {
  readonly seed: number;
  readonly after: When;
  /** Between the first intent and the last outcome; before, or after. */
  readonly moment: 'before' | 'between' | 'after';
  /** Calls without an outcome on disk when it died. */
  readonly open: number;
  /** Plain runs until nothing was left. */
  readonly runs: number;
  readonly problems: readonly string[];
};

export type Place = { readonly emulator: Emulator; readonly folder: string; readonly end: () => Promise<void> };
/** A clock on which sleeping costs nothing: time jumps, for the service as well. */
export type JumpingClock = Clock & { readonly jump: (ms: number) => void };
export const createClock = (): JumpingClock => {
  let ahead = 0;
  return {
    nowMs: () => performance.now() + ahead,
    wallMs: () => Date.now() + ahead,
    jump: (ms) => {
      ahead += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      ahead += Math.max(0, ms);
      await new Promise((done) => setImmediate(done));
    },
  };
};

export const place = async (world: World, record: string | null, groups: object, clock: Clock): Promise<Place> => {
  const emulator = await startEmulator({ world, latencyMs: LATENCY_MS, clock: { nowMs: clock.wallMs } });
  const home = mkdtempSync(join(tmpdir(), 'phinfra-kill-'));
  const folder = join(home, 'workspace');
  writeFiles(folder, groups);
  if (record !== null) {
    mkdirSync(dirname(recordIn(folder)), { recursive: true });
    cpSync(record, recordIn(folder), { recursive: true });
  }
  return {
    emulator,
    folder,
    end: async () => {
      await emulator.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** Runs the program to its end. @throws Error where it ends otherwise than with 0 */
const runCalmly = async ({ emulator, folder }: Place): Promise<Ended & Pick<Start, 'readsMs'>> => {
  const { ended } = startProgram(emulator, folder, ['apply', '--auto-approve', '--format', 'json']);
  await arrived(emulator, 0, ended);
  const calledMs = performance.now();
  await arrived(emulator, 1, ended);
  const readsMs = performance.now() - calledMs;
  const end = await ended;
  if (end.exit !== 0) throw new Error(`a calm run ended with ${end.exit}: ${end.stdout}${end.stderr}`);
  return { ...end, readsMs };
};

export const writesAt = ({ service }: Emulator): number =>
  service.calls().filter(({ action }) => operationFacts(action as Parameters<typeof operationFacts>[0]).kind === 'write').length;

/** Resolves when the emulator has had so many calls that write, or any call at all where that is 0; or when the run is over. */
export const arrived = async (emulator: Emulator, writes: number, ended: Promise<unknown>): Promise<void> => {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const isThere = (): boolean => (writes === 0 ? emulator.service.calls().length > 0 : writesAt(emulator) >= writes);
  while (!isThere() && !isOver) await new Promise((done) => setTimeout(done, 1));
};

/** Makes what stands before all cases, and goes through it once in peace. */
export const prepareKills = async (): Promise<Start> => {
  const clock = createClock();
  const first = await place({ ...parseWorld(defaultWorld('basic')), quotas: QUOTAS as never }, null, BEFORE, clock);
  await runCalmly(first);
  const world = first.emulator.service.world();
  const kept = mkdtempSync(join(tmpdir(), 'phinfra-kills-'));
  cpSync(recordIn(first.folder), kept, { recursive: true });
  await first.end();
  const calm = await place(world, kept, AFTER, clock);
  const { stdout, readsMs } = await runCalmly(calm);
  const { data } = JSON.parse(stdout) as { readonly data: { readonly steps: readonly unknown[] } };
  const shape = JSON.stringify(shapeOf(calm.emulator.service.world()));
  const writes = writesAt(calm.emulator);
  await calm.end();
  return {
    world,
    record: kept,
    shape,
    steps: data.steps.length,
    writes,
    readsMs,
    end: () => rmSync(kept, { recursive: true, force: true }),
  };
};

/** Runs it once more in this process, on a clock that jumps; the next run of a pipeline is a minute later. */
export const runAgain = async (
  { emulator, folder }: Place,
  clock: JumpingClock,
): Promise<{ readonly exit: number; readonly said: string; readonly left: number }> => {
  clock.jump(60_000);
  const home = dirname(folder);
  const invocation = {
    folder,
    variables: {},
    home,
    endpoint: emulator.endpoint,
    env: {
      XDG_STATE_HOME: join(home, 'state'),
      ALIBABA_CLOUD_ACCESS_KEY_ID: emulator.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: emulator.accessKeySecret,
    },
  };
  const planned = await plan(invocation, {}, { clock });
  if (!planned.plan) return { exit: planned.exit, said: JSON.stringify(planned.diagnostics), left: -1 };
  const left = workIn(planned.plan);
  const result = await apply(invocation, planned.plan, { clock });
  return { exit: result.exit, said: JSON.stringify(result.diagnostics), left };
};
const workIn = ({ changes }: Plan): number => changes.filter(({ action }) => action !== 'none').length;

const momentOf = (folder: string, serial: number, steps: number): Killed['moment'] => {
  const { serial: now } = JSON.parse(readFileSync(join(recordIn(folder), 'state.json'), 'utf8')) as { readonly serial: number };
  if (now !== serial) return 'after';
  const events = journalOf(folder);
  if (!events.some(({ type }) => type === 'intent')) return 'before';
  return events.filter(({ type }) => type === 'outcome').length >= steps ? 'after' : 'between';
};

/** When a seed kills: one in six while the plan is made, the others while any of the writes is under way, or a little later. */
const whenOf = ({ readsMs, writes }: Start, seed: number): When => {
  const { below } = createRandom(seed);
  const share = below(1_000_000) / 1_000_000;
  return below(6) === 0 ? { writes: 0, ms: share * readsMs } : { writes: 1 + below(writes), ms: share * 2 * LATENCY_MS };
};

/** One kill, at a moment that the seed chooses. */
export const killOnce = async (start: Start, seed: number): Promise<Killed> => {
  const clock = createClock();
  const here = await place(start.world, start.record, AFTER, clock);
  const { serial } = JSON.parse(readFileSync(join(start.record, 'state.json'), 'utf8')) as { readonly serial: number };
  const { child, ended } = startProgram(here.emulator, here.folder, ['apply', '--auto-approve', '--format', 'json']);
  const after = whenOf(start, seed);
  await arrived(here.emulator, after.writes, ended);
  await new Promise((done) => setTimeout(done, after.ms));
  child.kill('SIGKILL');
  await ended;
  const moment = momentOf(here.folder, serial, start.steps);
  const open = journalOf(here.folder).reduce((sum, { type }) => sum + (type === 'intent' ? 1 : type === 'outcome' ? -1 : 0), 0);
  const { runs, problems } = await goOn(here, start, clock);
  await here.end();
  return { seed, after, moment, open, runs, problems };
};

/** Plain runs until nothing is left, and what is not as after a calm run then. */
export const goOn = async (
  here: Place,
  start: Start,
  clock: JumpingClock,
): Promise<{ readonly runs: number; readonly problems: string[] }> => {
  const problems: string[] = [];
  let runs = 0;
  for (let left = -1; left !== 0 && runs < 4; ) {
    const again = await runAgain(here, clock);
    if (again.exit !== 0) problems.push(`run ${runs + 1} ended with ${again.exit}: ${again.said}`);
    left = again.left;
    if (left !== 0) runs++;
  }
  if (runs > 2) problems.push(`${runs} runs until nothing was left`);
  if (JSON.stringify(shapeOf(here.emulator.service.world())) !== start.shape)
    problems.push('the world is another one in the end');
  const violations = here.emulator.service.violations();
  if (violations.length > 0) problems.push(`violations: ${JSON.stringify(violations)}`);
  const names = here.emulator.service.world().userGroups.map(({ Name }) => Name);
  if (new Set(names).size !== names.length) problems.push(`made twice: ${names.sort().join(' ')}`);
  return { runs, problems };
};
