/** Several real processes that share a ledger and a service; what the ledger says of them, and what the service saw. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { defaultWorld, startEmulator } from '../../emulator/index.ts';
import { dayIn, EMPTY_LEDGER, LEASE_MS, parseLedger } from '../../engine/core/ledger.ts';
import { busiestSecond } from '../support/apply-plan.ts';
import { startRedis } from '../support/redis-server.ts';
import { type SpenderReport, type SpenderTask, storeOf } from './task.ts';

export type Shared = {
  readonly reports: readonly SpenderReport[];
  /** The most places within any second. */
  readonly busiest: number;
  /** Seconds in which more calls arrived than the quota allows. */
  readonly violations: number;
  readonly throttled: number;
  readonly seconds: number;
  /** Calls of the day by name, as the ledger has them. */
  readonly by: Readonly<Record<string, number>>;
  /** Who has calls set aside in the end, and who still has them once a killed run's have expired. */
  readonly holders: readonly string[];
  readonly laterHolders: readonly string[];
};

export type SharedOptions = {
  readonly processes: number;
  readonly calls: number;
  readonly perSecond: number;
  readonly perDay?: number;
  readonly guardMs: number;
  /** Calls that each sets aside first. */
  readonly reserved?: number;
  /** A further process is killed after so many calls, and the others go on. */
  readonly killAfter?: number;
  /** Where they count: files unless told. Redis: its own, stopped as soon as the service has seen so many calls. */
  readonly redis?: { readonly stopAfter: number | null };
};

/** The program of a process, in one file: it starts in a tenth of a second. Packages in it ask for Node's modules by `require`. */
const bundle = (folder: string): string => {
  const outfile = join(folder, 'spender.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'spender.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
};

const started = (program: string, task: SpenderTask): ChildProcess => {
  const child = fork(program, [], { execArgv: [] });
  child.send(task);
  return child;
};

const reportOf = (child: ChildProcess): Promise<SpenderReport> =>
  new Promise((done, fail) => {
    child.once('message', (message) => done(message as SpenderReport));
    child.once('exit', (code) => fail(new Error(`a process ended with ${code}`)));
  });

const killed = async (child: ChildProcess): Promise<void> => {
  await new Promise((halted) => child.once('message', halted));
  await new Promise((gone) => {
    child.once('exit', gone);
    child.kill('SIGKILL');
  });
};

/** Runs them to their end. */
export const shareLedger = async (options: SharedOptions): Promise<Shared> => {
  const { processes, calls, perSecond, perDay = null, guardMs, reserved = 0, killAfter = null, redis } = options;
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-ledger-'));
  const quotas = [{ levels: [1, 2, 3], perSecond, perDay }] as const;
  const emulator = await startEmulator({ world: { ...defaultWorld('basic'), quotas } as never });
  const server = redis ? await startRedis() : null;
  try {
    const program = bundle(folder);
    const task = (name: string): SpenderTask => ({
      name,
      store: server?.port ?? folder,
      isRequired: server !== null,
      tenant: emulator.tenant,
      quotas,
      guardMs,
      calls,
      reserved,
      haltAfter: null,
      service: emulator,
    });
    const fromMs = performance.now();
    if (killAfter !== null) await killed(started(program, { ...task('killed'), haltAfter: killAfter }));
    const children = Array.from({ length: processes }, (_, nth) => started(program, task(`run-${nth + 1}`)));
    const stopAfter = redis?.stopAfter ?? null;
    if (stopAfter !== null) {
      while (emulator.service.calls().length < stopAfter) await new Promise((done) => setTimeout(done, 20));
      await server?.stop();
    }
    const reports = await Promise.all(children.map(reportOf));
    const store = storeOf(task(''));
    const { text } = stopAfter === null ? await store.read() : { text: null };
    await store.close?.();
    const ledger = parseLedger(text ?? '') ?? EMPTY_LEDGER;
    const holdersAt = (nowMs: number): readonly string[] =>
      Object.keys(ledger.days).flatMap((day) => Object.keys(dayIn(ledger, day, nowMs).reservations));
    const by: Record<string, number> = {};
    for (const day of Object.values(ledger.days))
      for (const [name, counts] of Object.entries(day.by)) by[name] = (by[name] ?? 0) + counts['1'];
    return {
      reports,
      busiest: busiestSecond(reports.flatMap(({ places }) => places)),
      violations: emulator.service.violations().length,
      throttled: emulator.service.calls().filter(({ outcome }) => outcome === 'throttled').length,
      seconds: (performance.now() - fromMs) / 1000,
      by,
      holders: holdersAt(Date.now()),
      laterHolders: holdersAt(Date.now() + LEASE_MS),
    };
  } finally {
    await emulator.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};
