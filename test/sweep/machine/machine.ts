/**
 * The machine that the engine runs on in the simulator: its disk, its processes, its randomness. The bundle of the sweep puts
 * `fs.ts`, `fs-promises.ts`, `crypto.ts` and `os.ts` of this folder in place of Node's modules for everything under engine/.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationName } from '../../../engine/operations/index.ts';
import { createRandom, type Random } from '../../laws/random.ts';
import { afterPowerLoss, type Disk } from './disk.ts';

/**
 * Where a process ends: at its n-th change of the disk, from 1.
 *
 * before   the change is not made                     torn     of bytes a part is written; else as `before`
 * after    the change is made, the machine goes on    written  the change is made, then the power is lost
 */
export type Death = { readonly at: number; readonly how: 'before' | 'torn' | 'written' | 'after' };

export type Change = 'open' | 'write' | 'sync' | 'truncate' | 'mkdir' | 'rename' | 'link' | 'unlink' | 'copy';

export type Process = {
  readonly pid: number;
  isAlive: boolean;
  /** Changes of the disk so far, by what they did. */
  readonly changes: Change[];
  readonly death: Death | null;
  readonly onCall: (operation: OperationName) => void;
};

/** What a turn is asked for: a call that leaves, or a step on the disk. */
export type TurnBefore = 'call' | 'disk';

export type Machine = {
  disk: Disk;
  /** Grows with every start of the machine. */
  boot: number;
  readonly random: Random;
  /** Of this boot, by pid. */
  readonly processes: Map<number, Process>;
  nextPid: number;
  /** Where several processes run side by side: resolves when it is the caller's turn. */
  turn: ((before: TurnBefore) => Promise<void>) | null;
  /** The one that runs; with several, each finds itself by `running`. */
  only: Process | null;
};

const running = new AsyncLocalStorage<Process>();
let here: Machine | null = null;

export const newMachine = (disk: Disk, seed: number): Machine => ({
  disk,
  boot: 1,
  random: createRandom(seed),
  processes: new Map(),
  nextPid: 100,
  turn: null,
  only: null,
});

/** Everything that the engine does from now on happens on this machine. */
export const useMachine = (machine: Machine): void => {
  here = machine;
};

export const machineHere = (): Machine => {
  if (!here) throw new Error('no machine is in use');
  return here;
};

export const startProcess = (machine: Machine, death: Death | null, onCall: Process['onCall'] = () => undefined): Process => {
  const process: Process = { pid: machine.nextPid++, isAlive: true, changes: [], death, onCall };
  machine.processes.set(process.pid, process);
  return process;
};

/** Runs something as a process among others. */
export const runAs = <T>(process: Process, run: () => Promise<T>): Promise<T> => running.run(process, run);

export const processHere = (): Process => {
  const found = (machineHere().turn ? running.getStore() : undefined) ?? machineHere().only;
  if (!found) throw new Error('no process runs here');
  return found;
};

/** The end of a process: what it awaits never comes. */
export const kill = (process: Process): void => {
  process.isAlive = false;
};

/** The power goes: every process ends, and what was not synced may be gone. */
const losePower = (machine: Machine): void => {
  machine.disk = afterPowerLoss(machine.disk, machine.random.below);
  machine.boot++;
  for (const process of machine.processes.values()) kill(process);
  machine.processes.clear();
};

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A look at the disk. */
export const look = <T>(run: (disk: Disk) => T): Promise<T> => inTurn((machine) => run(machine.disk));

/**
 * A change of the disk, at which the process may end.
 *
 * @param torn does the part of it that a crash in its midst leaves
 */
export const change = <T>(what: Change, run: (disk: Disk) => T, torn?: (disk: Disk, share: number) => void): Promise<T> =>
  inTurn((machine, process) => {
    process.changes.push(what);
    const { death } = process;
    if (death?.at === process.changes.length) return dieAt(machine, process, death, run, torn ?? (() => undefined));
    return run(machine.disk);
  });

const inTurn = <T>(act: (machine: Machine, process: Process) => T | Promise<T>): Promise<T> => {
  const machine = machineHere();
  const process = processHere();
  const now = (): Promise<T> => {
    if (!process.isAlive) return never();
    try {
      return Promise.resolve(act(machine, process));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return machine.turn ? machine.turn('disk').then(now) : now();
};

const dieAt = <T>(
  machine: Machine,
  process: Process,
  { how }: Death,
  run: (disk: Disk) => T,
  torn: (disk: Disk, share: number) => void,
): Promise<T> => {
  if (how === 'torn') torn(machine.disk, machine.random.below(1_000) / 1_000);
  if (how === 'after' || how === 'written')
    try {
      run(machine.disk);
    } catch {
      // It fails and the process ends: nobody is told.
    }
  if (how === 'written') losePower(machine);
  kill(process);
  return never();
};

/** Something done at once, without a promise; the dead do nothing. */
export const lookAtOnce = <T>(run: (disk: Disk) => T): T => {
  if (!processHere().isAlive) throw new Error('this process has ended');
  return run(machineHere().disk);
};
