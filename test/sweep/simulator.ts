/** The production engine on a modelled machine: its disk, its clock, its processes, and the emulator in process. */
import { createHmac } from 'node:crypto';
import { dirname } from 'node:path';
import { createService, type Service, type SwitchSettings } from '../../emulator/index.ts';
import { type ApplyResult, apply, type JsonObject, type Plan, type PlanResult, plan } from '../../engine/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { inProcessClient } from '../support/in-process.ts';
import { createMachineClock, type MachineClock } from './machine/clock.ts';
import { type Disk, holderOf, makeFolders, newFile, setEntry, syncNode } from './machine/disk.ts';
import {
  type Change,
  type Death,
  type Machine,
  newMachine,
  type Process,
  processHere,
  runAs,
  startProcess,
  type TurnBefore,
  useMachine,
} from './machine/machine.ts';

export type Files = Readonly<Record<string, string>>;

/** How a process ended: with its result, or in the midst of it. */
export type Ended<T> = { readonly result: T | null; readonly changes: readonly Change[] };

/** What one of several processes does. */
export type Work<T> = {
  readonly work: () => Promise<T>;
  readonly death: Death | null;
  readonly onCall?: OnCall;
};
/** Told of each call before it leaves. */
export type OnCall = (operation: OperationName) => void;

export type Simulator = {
  readonly machine: Machine;
  readonly service: Service;
  readonly clock: MachineClock;
  /** Starts a process, on all that is on the disk, and lets it run until it ends or dies. */
  readonly run: <T>(work: () => Promise<T>, death?: Death | null, onCall?: OnCall) => Promise<Ended<T>>;
  /** The same for several side by side: at each call and each step on the disk chance says whose turn it is. */
  readonly runTogether: <T>(works: readonly Work<T>[]) => Promise<readonly Ended<T>[]>;
  /** What a process does that plans, or applies: for `run` and `runTogether`. */
  readonly planning: () => Promise<PlanResult>;
  readonly applying: (plan: Plan, options?: { readonly isSaved?: boolean }) => Promise<ApplyResult>;
  readonly plan: () => Promise<PlanResult>;
  readonly apply: (plan: Plan, death?: Death | null) => Promise<Ended<ApplyResult>>;
  /** Operations of all calls that left, in order. */
  readonly sent: () => readonly OperationName[];
};

/** Where the workspace and the home of the user lie. */
export const WORKSPACE = '/work';
const HOME = '/home';

/** The derivation of a state's key is slow by design, and nothing here tests it. */
const quickFingerprints =
  (salt: string) =>
  (value: string): string =>
    createHmac('sha256', salt).update(value).digest('base64url');

/** Puts files there as a checkout does: before the run, and on the disk for good. */
export const putFiles = (disk: Disk, files: Files): void => {
  for (const [path, text] of Object.entries(files)) {
    makeFolders(disk, dirname(`${WORKSPACE}/${path}`));
    const { folder, name } = holderOf(disk, `${WORKSPACE}/${path}`, 'open');
    const file = newFile();
    file.data = Buffer.from(text, 'utf8');
    syncNode(file);
    setEntry(folder, name, file);
    syncNode(folder);
  }
};

/** What plans were made from: the apply of one that was not saved has it, as in `phinfra apply`. */
const MEMORIES = new WeakMap<Plan, NonNullable<PlanResult['memory']>>();

const STUCK = 'nothing is under way, and nobody sleeps';
/** Among processes side by side, time goes on in one turn of so many although somebody could go on. */
const TIME_PASSES = 50;

type Job<T> = {
  readonly process: Process;
  readonly work: () => Promise<T>;
  end: { readonly result: T } | { readonly error: unknown } | null;
};

const begin = <T>(machine: Machine, { work, death, onCall }: Work<T>): Job<T> => ({
  process: startProcess(machine, death, onCall),
  work,
  end: null,
});

const follow = <T>(job: Job<T>, promise: Promise<T>): void => {
  promise.then(
    (result) => {
      job.end = { result };
    },
    (error: unknown) => {
      job.end = { error };
    },
  );
};

const isOver = <T>({ process, end }: Job<T>): boolean => !process.isAlive || end !== null;

/** What the dead had reached is not known to anybody. */
const endedOf = <T>(machine: Machine, { process, end }: Job<T>): Ended<T> => {
  const { changes, isAlive } = process;
  machine.processes.delete(process.pid);
  process.isAlive = false;
  if (!isAlive || end === null) return { result: null, changes };
  if ('error' in end) throw end.error;
  return { result: end.result, changes };
};

/** Everything that waits for a promise alone has moved on. */
const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const startSimulator = (options: {
  readonly world: unknown;
  readonly switches: SwitchSettings;
  readonly env: Readonly<Record<string, string>>;
  readonly disk: Disk;
  readonly wallMs: number;
  readonly seed: number;
}): Simulator => {
  const machine = newMachine(options.disk, options.seed);
  const clock = createMachineClock(options.wallMs);
  const service = createService({
    world: options.world,
    switches: options.switches,
    seed: 1,
    clock: { nowMs: clock.trueMs },
  });
  const sent: OperationName[] = [];
  const invocation = {
    folder: WORKSPACE,
    variables: {},
    env: { ...options.env, XDG_STATE_HOME: `${HOME}/state` },
    home: HOME,
    endpoint: 'http://127.0.0.1:1',
  };
  const client = inProcessClient(service);
  const ports = {
    client: {
      ...client,
      call: (operation: OperationName, request: JsonObject) => {
        const process = processHere();
        const now = () => {
          if (!process.isAlive) return new Promise<never>(() => undefined);
          sent.push(operation);
          process.onCall(operation);
          return client.call(operation, request);
        };
        return machine.turn ? machine.turn('call').then(now) : now();
      },
    },
    clock,
    random: () => 0.5,
    fingerprints: quickFingerprints,
  };

  const run: Simulator['run'] = async <T>(
    work: () => Promise<T>,
    death: Death | null = null,
    onCall?: OnCall,
  ): Promise<Ended<T>> => {
    useMachine(machine);
    machine.turn = null;
    const job = begin(machine, { work, death, ...(onCall ? { onCall } : {}) });
    machine.only = job.process;
    follow(job, job.work());
    for (;;) {
      await microtasks();
      if (isOver(job)) return endedOf(machine, job);
      if (!clock.wakeNext()) throw new Error(STUCK);
    }
  };

  const runTogether: Simulator['runTogether'] = async <T>(works: readonly Work<T>[]): Promise<readonly Ended<T>[]> => {
    useMachine(machine);
    const waiting: { readonly process: Process; readonly before: TurnBefore; readonly go: () => void }[] = [];
    machine.turn = (before) => {
      const process = processHere();
      return new Promise((go) => waiting.push({ process, before, go }));
    };
    const jobs = works.map((work) => begin(machine, work));
    for (const job of jobs) follow(job, runAs(job.process, job.work));
    for (;;) {
      await microtasks();
      if (jobs.every(isOver)) break;
      for (let at = waiting.length - 1; at >= 0; at--) if (!waiting[at]?.process.isAlive) waiting.splice(at, 1);
      // A call that has left is under way for no time at all here; a disk may take as long as it likes.
      const mayTimePass = waiting.every(({ before }) => before !== 'call');
      const isTimePassing = waiting.length === 0 || (machine.random.below(TIME_PASSES) === 0 && mayTimePass);
      if (isTimePassing && clock.wakeNext()) continue;
      const [next] = waiting.splice(machine.random.below(waiting.length), 1);
      if (!next) throw new Error(STUCK);
      next.go();
    }
    machine.turn = null;
    return jobs.map((job) => endedOf(machine, job));
  };

  const planning = async (): Promise<PlanResult> => {
    const planned = await plan(invocation, {}, ports);
    if (planned.plan && planned.memory) MEMORIES.set(planned.plan, planned.memory);
    return planned;
  };
  const applying: Simulator['applying'] = (saved, options = {}) => {
    const memory = options.isSaved ? undefined : MEMORIES.get(saved);
    return apply(invocation, saved, { ...ports, ...options, ...(memory ? { memory } : {}) });
  };
  return {
    machine,
    service,
    clock,
    run,
    runTogether,
    planning,
    applying,
    plan: async () => {
      const { result } = await run(planning);
      if (!result) throw new Error('a plan died');
      return result;
    },
    apply: (saved, death) => run(() => applying(saved), death),
    sent: () => sent,
  };
};
