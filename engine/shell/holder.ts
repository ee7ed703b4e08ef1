/** Who holds a lock, and whether the process still runs (DESIGN 6, RELIABILITY R0). */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { EngineError } from '../core/diagnostic.ts';
import { textOf } from '../core/json.ts';

export type Holder = {
  readonly host: string;
  /** Changes with every start of the machine; the empty text where the system does not tell it. */
  readonly bootId: string;
  readonly pid: number;
  /** When the process started, in the system's own unit: a pid that was given out again is another process. */
  readonly startedAt: string;
  readonly command: string;
  /** ISO 8601. */
  readonly since: string;
};

/** What is asked of the system; tests answer in its stead. */
export type ProcessFacts = {
  readonly host: string;
  readonly bootId: () => Promise<string>;
  readonly pid: number;
  /** When a process of this machine started; null: there is none. The empty text where only its being there is known. */
  readonly startedAt: (pid: number) => Promise<string | null>;
};

/** Boot id and start times from /proc; elsewhere only whether a process is there. */
export const systemFacts = (): ProcessFacts => ({
  host: hostname(),
  pid: process.pid,
  bootId: async () => (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? '',
  startedAt: async (pid) => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    }
    const stat = await readText(`/proc/${pid}/stat`);
    // The name in brackets may hold blanks and brackets; the start time is the 22nd field, the 20th after it (proc(5)).
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  },
});

/** Null: it cannot be read. */
export const readText = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
};

/** This process as a holder. */
export const ourselves = async (command: string, since: string, facts: ProcessFacts): Promise<Holder> => ({
  host: facts.host,
  bootId: await facts.bootId(),
  pid: facts.pid,
  startedAt: (await facts.startedAt(facts.pid)) ?? '',
  command,
  since,
});

/** A holder as it was written down. */
export const holderOf = (value: Readonly<Record<string, unknown>>): Holder => ({
  host: textOf(value.host),
  bootId: textOf(value.bootId),
  pid: Number(value.pid),
  startedAt: textOf(value.startedAt),
  command: textOf(value.command),
  since: textOf(value.since),
});

/** Only what happened on this very machine can be known to be over. */
export const isDead = async (holder: Holder, facts: ProcessFacts): Promise<boolean> => {
  if (holder.host !== facts.host) return false;
  if (holder.bootId !== (await facts.bootId())) return true;
  return (await facts.startedAt(holder.pid)) !== holder.startedAt;
};

/** Who holds the lock, for people; null: nobody can tell. */
export const lockedMessage = (holder: Holder | null): string =>
  holder === null
    ? 'Another run holds the lock of this environment.'
    : `"${holder.command}" holds the lock of this environment since ${holder.since}: process ${holder.pid} on ${holder.host}.`;

/**
 * A run whose lock was released, or given to another one, writes nothing more.
 *
 * @param name  of the record
 * @param after who holds the lock now; null: nobody can tell
 */
export const lostLock = (name: string, after: Holder | 'released' | null): EngineError =>
  new EngineError(
    'JOURNAL_WRITE',
    `The record cannot be written: ${name}: the lock is not this run’s any more: ${after === 'released' ? 'somebody has released it.' : lockedMessage(after)}`,
    'Nothing further was sent. What is open is looked up by the next run.',
  );

/** @param holder null: nobody can tell who it is */
export const locked = (holder: Holder | null): EngineError =>
  new EngineError(
    'LOCKED',
    lockedMessage(holder),
    'Wait until it has ended, or let apply wait: --lock-wait 10m. A holder that died on this machine is taken over by itself; phinfra state unlock tells of others.',
  );
