#!/usr/bin/env node
/** The only reader of `process`: arguments, environment, terminal and signals in, text and an exit code out. */
import packageJson from '../package.json' with { type: 'json' };
import type { Host, SignalName, Sink } from './host.ts';

const EXIT_OF = { SIGINT: 130, SIGTERM: 143 } as const;

/** A stream whose reader may go away at any time (`| head -1`): an apply must not die of it. */
const sinkOf = (stream: NodeJS.WriteStream): Sink => {
  let gone = false;
  stream.on('error', () => {
    gone = true;
  });
  return {
    write: (text) => {
      if (!gone) stream.write(text);
    },
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY === true ? stream.columns : null,
    stream,
  };
};

/** The first signal asks for a gentle stop, the second ends the process: all that counts is on disk before every call. */
const listenToSignals = (stderr: Sink): { readonly signal: AbortSignal; readonly name: () => SignalName | null } => {
  const controller = new AbortController();
  let first: SignalName | null = null;
  const onSignal = (name: SignalName): void => {
    if (first !== null) process.exit(EXIT_OF[name]);
    first = name;
    stderr.write('\nStopping: what is under way ends and is recorded. Once more stops at once.\n');
    controller.abort();
  };
  process.on('SIGINT', () => onSignal('SIGINT'));
  process.on('SIGTERM', () => onSignal('SIGTERM'));
  return { signal: controller.signal, name: () => first };
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

/** Everything that was written is out, or its reader is gone. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((done) => {
    if (stream.writableLength === 0) done();
    else stream.write('', () => done());
  });

const main = async (): Promise<void> => {
  const stdout = sinkOf(process.stdout);
  const stderr = sinkOf(process.stderr);
  const signals = listenToSignals(stderr);
  const [{ homedir }, { run }] = await Promise.all([import('node:os'), import('./run.ts')]);
  const host: Host = {
    argv: process.argv.slice(2),
    version: packageJson.version,
    folder: process.cwd(),
    env: process.env,
    home: homedir(),
    stdout,
    stderr,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask: (question) => askOn(question, signals.signal),
    signal: signals.signal,
    signalName: signals.name,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    loadEngine: () => import('../engine/index.ts'),
    loadEmulator: () => import('../emulator/index.ts'),
  };
  const exit = await run(host);
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
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
if ((only === '--version' || only === '-V') && more.length === 0) process.stdout.write(`${packageJson.version}\n`);
else await main();
