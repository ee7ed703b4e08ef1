#!/usr/bin/env node
/** The only reader of `process`: arguments, environment, terminal and signals in, text and an exit code out. */
import { fstatSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import type { Host, SignalName, Sink } from './host.ts';

const EXIT_OF = { SIGINT: 130, SIGTERM: 143 } as const;

/** What any pipe and socket takes at once while nobody reads (POSIX asks for far less): a write of so much waits for no reader. */
const AT_ONCE_BYTES = 4096;

/** How many bytes may go to a descriptor without a stream: streams cost a short command more than all it says. */
const roomOf = (descriptor: number): number => {
  try {
    const stats = fstatSync(descriptor);
    if (stats.isFile()) return Number.POSITIVE_INFINITY;
    return stats.isFIFO() || stats.isSocket() ? AT_ONCE_BYTES : 0;
  } catch {
    // Closed before we began: the stream knows what to do about it.
    return 0;
  }
};

type Output = Sink & { readonly drained: () => Promise<void> };

/**
 * Standard output or error, whose reader may go away at any time (`| head -1`): an apply must not die of it. The first words
 * are written directly; terminals, and what is long, get the stream.
 */
const outputOf = (descriptor: 1 | 2): Output => {
  let room = roomOf(descriptor);
  let opened: NodeJS.WriteStream | null = null;
  let gone = false;
  const stream = (): NodeJS.WriteStream => {
    if (opened !== null) return opened;
    opened = descriptor === 1 ? process.stdout : process.stderr;
    opened.on('error', () => {
      gone = true;
    });
    return opened;
  };
  /** The bytes that are still to be written. */
  const writeAtOnce = (bytes: Buffer): Buffer => {
    let rest = bytes;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!isFull) gone = true;
    }
    room -= bytes.length;
    return rest;
  };
  const isTerminal = room === 0 && stream().isTTY === true;
  return {
    write: (text) => {
      const bytes = Buffer.from(text);
      const rest = opened === null && bytes.length <= room ? writeAtOnce(bytes) : bytes;
      if (!gone && rest.length > 0) stream().write(rest);
    },
    isTerminal,
    columns: isTerminal ? stream().columns : null,
    get stream() {
      return stream();
    },
    /** Everything that was written is out, or its reader is gone. */
    drained: () =>
      new Promise((done) => {
        if (opened === null || opened.writableLength === 0) done();
        else opened.write('', () => done());
      }),
  };
};

/** The first signal asks for a gentle stop, the second ends the process: all that counts is on disk before every call. */
const listenToSignals = (stderr: Sink): { readonly signal: AbortSignal; readonly name: () => SignalName | null } => {
  let controller: AbortController | null = null;
  let first: SignalName | null = null;
  const onSignal = (name: SignalName): void => {
    if (first !== null) process.exit(EXIT_OF[name]);
    first = name;
    stderr.write('\nStopping: what is under way ends and is recorded. Once more stops at once.\n');
    controller?.abort();
  };
  process.on('SIGINT', () => onSignal('SIGINT'));
  process.on('SIGTERM', () => onSignal('SIGTERM'));
  return {
    get signal() {
      controller ??= new AbortController();
      if (first !== null) controller.abort();
      return controller.signal;
    },
    name: () => first,
  };
};

const askOn = async (question: string, signal: AbortSignal): Promise<string | null> => {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a question stands, the terminal sends Ctrl-C to readline and not to the process.
  terminal.once('SIGINT', () => process.emit('SIGINT'));
  const closed = new Promise<null>((done) => terminal.once('close', () => done(null)));
  try {
    return await Promise.race([terminal.question(question, { signal }), closed]);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    terminal.close();
  }
};

const main = async (): Promise<void> => {
  const stdout = outputOf(1);
  const stderr = outputOf(2);
  const signals = listenToSignals(stderr);
  const { run } = await import('./run.ts');
  const host: Host = {
    argv: process.argv.slice(2),
    version: packageJson.version,
    folder: process.cwd(),
    env: process.env,
    home: homedir(),
    stdout,
    stderr,
    get canAsk() {
      return stderr.isTerminal && process.stdin.isTTY === true;
    },
    ask: (question) => askOn(question, signals.signal),
    get signal() {
      return signals.signal;
    },
    signalName: signals.name,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    loadEngine: () => import('../engine/index.ts'),
    loadEmulator: () => import('../emulator/index.ts'),
  };
  const exit = await run(host);
  await Promise.all([stdout.drained(), stderr.drained()]);
  process.exit(exit);
};

/** A fault outside any command's reach, such as one in a timer: one line, no stack, exit 1. Its own words may hold anything. */
const onFault = (error: unknown): void => {
  const name = error instanceof Error ? error.name : 'a thrown value';
  process.stderr.write(`error INTERNAL\n  phinfra ${packageJson.version} failed: ${name}. --log-level debug tells more.\n`);
  if (process.argv.includes('debug') && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exit(1);
};
process.on('uncaughtException', onFault);

// Asked for more often than anything else, by tools that want to know whether phinfra is there: loads nothing more.
const [only, ...more] = process.argv.slice(2);
if ((only === '--version' || only === '-V') && more.length === 0) outputOf(1).write(`${packageJson.version}\n`);
else main().catch(onFault);
