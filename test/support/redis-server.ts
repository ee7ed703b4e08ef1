/** A Redis of a test: Debian's redis-server on a free port, with a folder of its own, gone when the test is. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type RedisServer = {
  readonly port: number;
  readonly address: string;
  /** Ends it at once: connections break, further ones are refused. */
  readonly stop: () => Promise<void>;
  /** It keeps its connections and answers nothing any more. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** What one command answers, in the protocol's own form; inline commands as `redis-cli` would send them. */
  readonly ask: (command: string) => Promise<string>;
};

let isTold = false;
const isInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** Why tests with a Redis are left out; null: they are not. CI sets REDIS_REQUIRED, and there it is an error. */
export const redisMissing = (): string | null => {
  if (isInstalled) return null;
  const reason = 'redis-server is not installed: apt-get install redis-server';
  if (process.env['REDIS_REQUIRED']) throw new Error(reason);
  if (!isTold) process.stderr.write(`Tests with a Redis are left out: ${reason}.\n`);
  isTold = true;
  return reason;
};

/** @param more further options, such as `['--requirepass', 'x']` */
export const startRedis = async (more: readonly string[] = []): Promise<RedisServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-redis-'));
  const port = await freePort();
  const given = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no', ...more];
  const child = spawn('redis-server', given, { stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  await untilReady(child, port);
  let isStopped = false;
  return {
    port,
    address: `redis://127.0.0.1:${port}/0`,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    ask: (command) => ask(port, command),
  };
};

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

const untilReady = async (child: ChildProcess, port: number): Promise<void> => {
  for (let tries = 0; child.exitCode === null && tries < 500; tries++) {
    // Any answer will do: one that wants a password is there as well.
    if (await ask(port, 'PING').catch(() => null)) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`redis-server did not start (${child.exitCode})`);
};

const ask = (port: number, command: string): Promise<string> =>
  new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (bytes) => {
      done(bytes.toString('utf8'));
      socket.destroy();
    });
    socket.once('error', fail);
  });
