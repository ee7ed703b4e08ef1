/**
 * The ledger of a fleet: one key of a Redis that all its machines reach. A version is put by a script, which Redis runs as a
 * whole, and every answer tells Redis' time, so that places lie on one clock.
 *
 * ioredis is an optional peer and loaded by the first verb. It tries nothing again by itself: a connection is good until
 * something fails on it, and then another one is made, twice.
 */
import type { Redis } from 'ioredis';
import { EngineError } from '../core/diagnostic.ts';
import type { Clock } from '../core/ports.ts';
import { secureContextOf } from './connect.ts';
import type { LedgerStore } from './ledger.ts';
import { printable } from './message.ts';

export type RedisPlace = {
  /** For people, and without a user. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isSecure: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** PEM certificates to be trusted beside Node's roots. */
  readonly ca: readonly string[];
  readonly deployment: string;
  readonly tenant: string;
  readonly clock: Pick<Clock, 'sleep' | 'wallMs'>;
};

/** A connection, or an answer on it. */
const LIMIT_MS = 3_000;
/** Between tries. */
const PAUSES_MS = [200, 1_000];
/** How long a comparison of clocks holds where no quicker answer makes a better one. */
const CLOCKS_MS = 30_000;
/** Three days are in a ledger; one that nobody writes goes a day later. */
const KEEP_MS = 4 * 86_400_000;

const READ = `local held = redis.call('HMGET', KEYS[1], 'version', 'text')
local now = redis.call('TIME')
return { held[1], held[2], now[1], now[2] }`;
/** Another was quicker where the version is not the one that was known. */
const PUT = `local version = redis.call('HGET', KEYS[1], 'version') or '0'
local isNext = version == ARGV[1]
if isNext then
  redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'text', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
local now = redis.call('TIME')
return { isNext and '1' or '0', '', now[1], now[2] }`;

/** Every verb throws EngineError PACKAGE_MISSING, LEDGER_UNREACHABLE or LEDGER_REFUSED. */
export const redisLedger = (place: RedisPlace): LedgerStore => {
  const { address, clock } = place;
  const key = `phinfra:ledger:${place.deployment}:${place.tenant}`;
  let open: Redis | null = null;
  /** What a connection says of itself before it breaks: more than the command that finds it closed. */
  let complaint: Error | null = null;
  let clocks = { aheadMs: 0, roundMs: Number.POSITIVE_INFINITY, atMs: 0 };

  const close = (): void => {
    open?.disconnect();
    open = null;
  };
  const connected = async (Client: typeof Redis): Promise<Redis> => {
    if (open) return open;
    complaint = null;
    open = clientOf(Client, place).on('error', (error: Error) => {
      complaint ??= error;
    });
    await within(open.connect());
    return open;
  };
  const ask = async (script: string, ...given: readonly (string | number)[]): Promise<readonly (string | null)[]> => {
    const Client = await loadClient();
    for (let tries = 0; ; tries++) {
      try {
        const client = await connected(Client);
        const askedMs = clock.wallMs();
        const told = answerOf(await within(client.eval(script, 1, key, ...given)));
        clocks = compared(clocks, told, askedMs, clock.wallMs());
        return told;
      } catch (error) {
        close();
        const pauseMs = PAUSES_MS[tries];
        const why = whyOf(complaint ?? error);
        if (REFUSED.test(why)) throw refused(address, why);
        if (pauseMs === undefined) throw unreachable(address, why);
        await clock.sleep(pauseMs);
      }
    }
  };

  return {
    place: address,
    aheadMs: () => clocks.aheadMs,
    read: async () => {
      const [version, text = null] = await ask(READ);
      return { version: Number(version ?? 0), text };
    },
    // One whose answer was lost and that is sent again finds itself passed: its call is counted twice, and never not at all.
    put: async (after, text) => {
      const [isNext] = await ask(PUT, after, text, KEEP_MS);
      return isNext === '1';
    },
    close: async () => close(),
  };
};

type Clocks = { readonly aheadMs: number; readonly roundMs: number; readonly atMs: number };

/** The quicker the answer, the better it tells the time; after half a minute clocks may have gone apart. */
const compared = (known: Clocks, [, , seconds, micros]: readonly (string | null)[], askedMs: number, toldMs: number): Clocks => {
  const roundMs = toldMs - askedMs;
  if (roundMs > known.roundMs && toldMs - known.atMs < CLOCKS_MS) return known;
  return { aheadMs: Number(seconds) * 1_000 + Number(micros) / 1_000 - (askedMs + toldMs) / 2, roundMs, atMs: toldMs };
};

/** Loaded without DEBUG: ioredis would print the arguments of every command then, and of AUTH that is the password. */
const loadClient = async (): Promise<typeof Redis> => {
  const { DEBUG } = process.env;
  delete process.env['DEBUG'];
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new EngineError(
      'PACKAGE_MISSING',
      'budget.ledger names a Redis, and the package "ioredis" is not installed.',
      'npm install ioredis, beside phinfra.',
    );
  } finally {
    if (DEBUG !== undefined) process.env['DEBUG'] = DEBUG;
  }
};

const clientOf = (Client: typeof Redis, { host, port, database, isSecure, username, password, ca }: RedisPlace): Redis => {
  const secureContext = secureContextOf(ca);
  return new Client({
    host,
    port,
    db: database,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(isSecure ? { tls: secureContext === null ? {} : { secureContext } } : {}),
    // Every Redis speaks it, and nothing that came with the next one is used.
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
    connectTimeout: LIMIT_MS,
  });
};

const within = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
};

const answerOf = (answer: unknown): readonly (string | null)[] => {
  if (Array.isArray(answer) && answer.length === 4) return answer.map((one) => (one === null ? null : String(one)));
  throw new Error('the answer is none of a Redis');
};

/** Redis' words for a user that it does not know, or that may not do this. */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)\b/i;

/** The message alone: what else hangs at an error of ioredis is the command, and of AUTH that is the password. */
const whyOf = (error: unknown): string =>
  printable(error instanceof Error ? error.message : String(error), 160).replace(/\.$/, '');

const refused = (address: string, why: string): EngineError =>
  new EngineError(
    'LEDGER_REFUSED',
    `The ledger at ${address} refuses this user: ${why}.`,
    'Mend budget.ledger.username and the variable of budget.ledger.password, or PHINFRA_LEDGER.',
  );
const unreachable = (address: string, why: string): EngineError =>
  new EngineError(
    'LEDGER_UNREACHABLE',
    `The ledger at ${address} cannot be reached: ${why}.`,
    'Nothing further was sent. Run the same command again once it answers.',
  );
