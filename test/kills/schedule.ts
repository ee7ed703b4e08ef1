/** Two to eight applies of the built program side by side on one record; in some of them one is stopped and woken (RELIABILITY 3.4, G9). */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../engine/index.ts';
import { operationFacts } from '../../engine/operations/index.ts';
import { createRandom, type Random } from '../laws/random.ts';
import { AFTER, arrived, createClock, goOn, type Place, place, type Start, writesAt } from './kill.ts';
import { type Ended, type Running, startProgram, writeFiles } from './process.ts';
import { BACKENDS, type BackendName, type SharedRecord } from './shared-record.ts';

/** A stored intent holds so long on a server (engine/shell/blocks.ts): whoever sleeps longer may send nothing of it. */
const LEASE_MS = 20_000;
const HOSTS = ['build-1', 'build-2'] as const;
/** One schedule in so many stops a process, and one in so many has all apply the same saved plan. */
const STOPS = 4;
const SAVES = 3;
const MOST_MS = 240_000;
/** Done, locked, moved since. */
const ENDS: readonly number[] = [0, 8, 9];

export type Options = {
  readonly backend?: BackendName;
  /** Stops the first process after so many writes; 0: as soon as it holds the lock. Null: none is stopped. Absent: the seed tells. */
  readonly stopAfter?: number | null;
};
export type Played = {
  readonly seed: number;
  readonly backend: BackendName;
  readonly processes: number;
  /** Stopped while it held the lock, and woken when another had it. */
  readonly isWoken: boolean;
  /** Ended with 8, 9 or 10. */
  readonly refused: number;
  /** Writes of the woken process after another one had taken the lock. */
  readonly late: number;
  readonly runs: number;
  readonly problems: readonly string[];
};

const keyOf = (at: number): string => `process-${at}`;

/** One schedule, as its seed and the options tell. */
export const playSchedule = async (start: Start, seed: number, options: Options = {}): Promise<Played> => {
  const random = createRandom(seed);
  const backend = options.backend ?? random.pick(['local', 'http', 'oss'] as const);
  const seeded = random.below(STOPS) === 0 ? (random.chance(0.25) ? 0 : 1 + random.below(Math.floor(start.writes / 2))) : null;
  const stopAfter = options.stopAfter === undefined ? seeded : options.stopAfter;
  const processes = 2 + random.below(7);
  const clock = createClock();
  const [key] = start.world.keys;
  if (!key) throw new Error('the world has no key');
  const more = Array.from({ length: processes }, (_, at) => ({ ...key, id: keyOf(at), readOnly: false }));
  const world = { ...start.world, keys: [...start.world.keys, ...more] };
  const here = await place(world, backend === 'local' ? start.record : null, AFTER, clock);
  const record = await BACKENDS[backend](
    here,
    start,
    more.map(({ id }) => id),
  );
  writeFiles(here.folder, AFTER, record.head);
  mkdirSync(join(here.folder, '.phinfra'), { recursive: true });
  const all: Running[] = [];
  try {
    const play = { here, record, random, all, argv: await argvOf(here, random) };
    const woken = stopAfter === null ? await playPlainly(play, processes) : await playStopped(play, processes, stopAfter);
    const ends = await allEnded(all);
    const written = writesOf(here);
    const late = woken === null ? [] : written.slice(woken.seen).filter((one) => one === keyOf(0));
    const before = woken === null ? written : written.filter((one, at) => at < woken.seen || one !== keyOf(0));
    const problems = [...problemsOf(ends, woken !== null), ...interleaved(before), ...(await record.problems())];
    if (late.length > 0) problems.push(`${late.length} writes of the woken process after another had taken the lock`);
    // One that was stopped before its first write finds that it has not got the lock, or that the record has moved on.
    const hasWritten = written.includes(keyOf(0));
    const isTold = ends[0]?.exit === 10 || (!hasWritten && [8, 9].includes(ends[0]?.exit ?? 1));
    if (woken !== null && !isTold) problems.push(`the woken process ended with ${ends[0]?.exit}`);
    const end = await goOn(here, start, clock);
    const left = await record.left();
    if (left !== Object.keys(AFTER).sort().join()) problems.push(`the record holds ${left}`);
    return {
      seed,
      backend,
      processes,
      isWoken: woken !== null,
      refused: ends.filter(({ exit }) => exit !== 0).length,
      late: late.length,
      runs: end.runs,
      problems: [...problems, ...end.problems],
    };
  } finally {
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ ended }) => ended));
    await record.close();
    await here.end();
  }
};

type Play = {
  readonly here: Place;
  readonly record: SharedRecord;
  readonly random: Random;
  readonly all: Running[];
  readonly argv: readonly string[];
};
/** Another one had the lock when so many writes had arrived in all. */
type Woken = { readonly seen: number };

const JSON_OUT = ['--format', 'json'];

/** What all of them are called with: each plans for itself, or all apply one plan that was saved before. */
const argvOf = async (here: Place, random: Random): Promise<readonly string[]> => {
  if (random.below(SAVES) > 0) return ['apply', '--auto-approve', ...JSON_OUT];
  const file = join(dirname(here.folder), 'plan.json');
  const { exit, stdout } = await startProgram(here.emulator, here.folder, ['plan', '-o', file, ...JSON_OUT]).ended;
  if (exit !== 0) throw new Error(`the plan ended with ${exit}: ${stdout}`);
  return ['apply', file, ...JSON_OUT];
};

/** Starts one in a folder of its own with files of its own; the record is the one of all. */
const startOne = ({ here, record, random, all, argv }: Play, at: number, host: string, isPatient: boolean): Running => {
  const folder = join(dirname(here.folder), `process-${at}`);
  writeFiles(folder, edited(random), record.head);
  symlinkSync(join(here.folder, '.phinfra'), join(folder, '.phinfra'));
  const running = startProgram(here.emulator, folder, [...argv, ...(isPatient ? ['--lock-wait', '3m'] : [])], {
    keyId: keyOf(at),
    host,
  });
  all.push(running);
  return running;
};

/** The files of all, or with one group fewer, another one, or another description. */
const edited = (random: Random): object => {
  const some = Object.entries(AFTER).filter(([name]) => !name.startsWith('made') || random.chance(0.8));
  const groups = Object.fromEntries(
    some.map(([name, group]) => [name, random.chance(0.2) ? { ...group, description: `${name} otherwise` } : group]),
  );
  const own = { own: { description: 'of one alone', members: ['carol@example.com'] } };
  return random.chance(0.5) ? AFTER : random.chance(0.3) ? { ...groups, ...own } : groups;
};

const playPlainly = async (play: Play, processes: number): Promise<null> => {
  const { random } = play;
  for (let at = 0; at < processes; at++) {
    startOne(play, at, random.pick(HOSTS), random.chance(0.5));
    await pause(random.below(400));
  }
  return null;
};

/**
 * The first process is stopped while it holds the lock. Others come, on its machine and on another one; on that one somebody
 * releases the lock, and one of those that wait takes it. Then the first is woken.
 */
const playStopped = async (play: Play, processes: number, stopAfter: number): Promise<Woken | null> => {
  const { here, record, random } = play;
  const first = startOne(play, 0, HOSTS[0], false);
  let isOver = false;
  void first.ended.then(() => {
    isOver = true;
  });
  const before = writesAt(here.emulator);
  await until(() => isOver || record.holder() === first.child.pid);
  if (stopAfter > 0) await arrived(here.emulator, before + stopAfter, first.ended);
  await pause(random.below(15));
  first.child.kill('SIGSTOP');
  const stoppedMs = performance.now();
  if (isOver || record.holder() !== first.child.pid) {
    first.child.kill('SIGCONT');
    return null;
  }
  for (let at = 1; at < processes; at++) {
    startOne(play, at, at === 1 ? HOSTS[1] : random.pick(HOSTS), at === 1 || random.chance(0.5));
    await pause(random.below(200));
  }
  if (record.isLeased) await pause(Math.max(0, stoppedMs + LEASE_MS + 1_000 - performance.now()));
  await unlock(play);
  const others = new Set(play.all.slice(1).map(({ child }) => child.pid));
  await until(() => others.has(record.holder() ?? -1) || play.all.slice(1).every(({ child }) => child.exitCode !== null));
  const seen = writesOf(here).length;
  await pause(random.below(300));
  first.child.kill('SIGCONT');
  return { seen };
};

/** What a person does on the other machine who takes the first one for dead. */
const unlock = async ({ here }: Play): Promise<void> => {
  const say = async (...argv: readonly string[]): Promise<string> => {
    const run = startProgram(here.emulator, here.folder, ['state', 'unlock', ...argv, ...JSON_OUT], { host: HOSTS[1] });
    const { exit, stdout } = await run.ended;
    if (exit !== 0) throw new Error(`state unlock ${argv.join(' ')} ended with ${exit}: ${stdout}`);
    return stdout;
  };
  const found = JSON.parse(await say('--dry-run')) as { readonly data: { readonly lock: { readonly fence: number | string } } };
  await say('--fence', String(found.data.lock.fence));
};

const allEnded = async (all: readonly Running[]): Promise<readonly (Ended & { readonly isLate: boolean })[]> => {
  const endMs = performance.now() + MOST_MS;
  return Promise.all(
    all.map(async ({ child, ended }) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, endMs - performance.now());
      const end = await ended;
      clearTimeout(timer);
      return { ...end, isLate };
    }),
  );
};

// ---- judgement ------------------------------------------------------------------------------------------------------

/** Who has made each call that writes, in order of arrival. */
const writesOf = ({ emulator }: Place): readonly string[] =>
  emulator.service
    .calls()
    .filter(({ action }) => operationFacts(action as Parameters<typeof operationFacts>[0]).kind === 'write')
    .map(({ keyId }) => keyId);

/** The writes of each process are one after the other, with none of another between them. */
const interleaved = (written: readonly string[]): string[] => {
  const turns = written.filter((one, at) => one !== written[at - 1]);
  return new Set(turns).size === turns.length ? [] : [`two wrote at the same time: ${turns.join(' ')}`];
};

type Said = { readonly diagnostics: readonly Diagnostic[] };

/** Each ends with 0, or with the exit code and the words that are documented for one that came too late. */
const problemsOf = (ends: readonly (Ended & { readonly isLate: boolean })[], isWoken: boolean): string[] =>
  ends.flatMap(({ exit, stdout, stderr, isLate }, at) => {
    if (isLate) return [`process ${at} did not end`];
    if (exit === 0) return [];
    const { diagnostics } = JSON.parse(stdout) as Said;
    const told = diagnostics.find(({ severity }) => severity === 'error');
    const isGoneMeanwhile =
      exit === 11 && diagnostics.every(({ code, message }) => code === 'ANSWER_WRONG' && /NotFound/.test(message));
    const isExpected = ENDS.includes(exit ?? -1) || isGoneMeanwhile || (isWoken && at === 0 && told?.code === 'JOURNAL_WRITE');
    if (isExpected && told !== undefined && told.message !== '' && told.hint) return [];
    return [`process ${at} ended with ${exit}: ${JSON.stringify(diagnostics)} ${stderr}`];
  });

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const until = async (isThere: () => boolean): Promise<void> => {
  const endMs = performance.now() + MOST_MS;
  while (!isThere() && performance.now() < endMs) await pause(1);
};
