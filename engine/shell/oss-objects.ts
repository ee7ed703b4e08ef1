/**
 * Objects of a bucket of OSS. The package ali-oss signs and reads (signature V4); what it makes is sent by our own transport,
 * with its limits, proxies and certificates, and without retries of its own. It is loaded when a bucket is first asked.
 */
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import type { Clock } from '../core/ports.ts';
import type { Exchange } from './exchange.ts';
import { mayTryAgain, md5, PAUSES_MS, type StateSend, unreachable } from './http-state.ts';
import { printable } from './message.ts';
import type { AccessKey } from './sign.ts';

export type OssBucket = {
  /** For messages: `oss://bucket/prefix`. */
  readonly name: string;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string;
  /** Asked when something is first sent. @throws EngineError CREDENTIALS_… */
  readonly key: () => AccessKey;
  readonly send: StateSend;
  readonly clock: Pick<Clock, 'sleep'>;
  /** In place of the package: tests of its absence. */
  readonly load?: () => Promise<unknown>;
};

/** Each throws EngineError STATE_UNREACHABLE, STATE_REFUSED, STATE_UNREADABLE, OPTION_WRONG, CREDENTIALS_…, PACKAGE_MISSING. */
export type Objects = {
  /** Null: there is none. */
  readonly get: (key: string) => Promise<string | null>;
  /** Makes an object where there is none of this key. False: there is one, which may be of an earlier try of this call. */
  readonly make: (key: string, text: string) => Promise<boolean>;
  /** All keys that begin so. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Nothing where there is none. */
  readonly remove: (key: string) => Promise<void>;
};

/** Of ali-oss, what is used here: https://github.com/ali-sdk/ali-oss#object-operations. */
type Client = {
  readonly get: (key: string) => Promise<{ readonly content: Buffer }>;
  readonly put: (key: string, content: Buffer, of: { readonly headers: Readonly<Record<string, string>> }) => Promise<unknown>;
  readonly delete: (key: string) => Promise<unknown>;
  readonly listV2: (query: Readonly<Record<string, string>>) => Promise<{
    readonly objects?: readonly { readonly name: string }[] | null;
    readonly nextContinuationToken?: string | null;
  }>;
};
type ClientClass = new (options: Readonly<Record<string, unknown>>) => Client;

/** OSS refuses the second one with 409 FileAlreadyExists (https://help.aliyun.com/en/oss/user-guide/0026-00000002). */
const NO_OTHER = { 'x-oss-forbid-overwrite': 'true' };

export const createOssObjects = (options: OssBucket): Objects => {
  const { name, clock } = options;
  let loaded: Promise<ClientClass> | null = null;

  /** One operation, again while that may help: a second delivery of any of them changes nothing. */
  const ask = async <T>(
    run: (client: Client) => Promise<T>,
    expected: (code: string) => { readonly is: T } | null,
  ): Promise<T> => {
    loaded ??= loadClient(options.load);
    const made = await loaded;
    const { accessKeyId, accessKeySecret } = options.key();
    for (let tries = 0; ; tries++) {
      // Set by what ali-oss calls.
      let answer = null as Exchange | null;
      const client = new made({
        accessKeyId,
        accessKeySecret,
        bucket: options.bucket,
        region: options.region,
        endpoint: options.endpoint,
        authorizationV4: true,
        urllib: {
          request: async (address: string, asked: Asked) => {
            answer = await options.send(requestOf(address, asked));
            return answerFor(answer);
          },
        },
      });
      try {
        const value = await run(client);
        check(answer, name);
        return value;
      } catch (error) {
        if (answer === null || error instanceof EngineError) throw error;
        const known = expected(codeOf(error));
        if (known !== null) return known.is;
        const pauseMs = PAUSES_MS[tries];
        if (!mayTryAgain(answer) || pauseMs === undefined) throw refusalOf(options, answer, error);
        await clock.sleep(pauseMs);
      }
    }
  };
  const none = (): null => null;

  return {
    get: (key) =>
      ask<string | null>(
        async (client) => (await client.get(key)).content.toString('utf8'),
        (code) => (code === 'NoSuchKey' ? { is: null } : null),
      ),
    make: (key, text) =>
      ask<boolean>(
        async (client) => {
          await client.put(key, Buffer.from(text, 'utf8'), { headers: { ...NO_OTHER } });
          return true;
        },
        (code) => (code === 'FileAlreadyExists' ? { is: false } : null),
      ),
    list: async (prefix) => {
      const keys: string[] = [];
      let token: string | null | undefined;
      do {
        const after: Readonly<Record<string, string>> = token ? { 'continuation-token': token } : {};
        const page = await ask((client) => client.listV2({ prefix, 'max-keys': '1000', ...after }), none);
        keys.push(...(page.objects ?? []).map((one) => one.name));
        token = page.nextContinuationToken;
      } while (token);
      return keys;
    },
    remove: (key) =>
      ask<void>(
        async (client) => {
          await client.delete(key);
        },
        (code) => (code === 'NoSuchKey' ? { is: undefined } : null),
      ),
  };
};

// ---- the package ----------------------------------------------------------------------------------------------------

const loadClient = async (
  // @ts-expect-error TS7016: the package has no types
  load: () => Promise<unknown> = () => import('ali-oss'),
): Promise<ClientClass> => {
  try {
    return ((await load()) as { readonly default: ClientClass }).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new EngineError(
      'PACKAGE_MISSING',
      'A record in a bucket needs the package ali-oss, which is not installed beside phinfra.',
      'Run npm install ali-oss where phinfra is installed.',
    );
  }
};

type Asked = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly content?: Buffer;
};

const requestOf = (address: string, { method, headers, content }: Asked): Parameters<StateSend>[0] => ({
  method,
  address,
  query: {},
  headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), String(value)])),
  body: content === undefined ? null : content.toString('utf8'),
});

/** An answer as ali-oss wants it; what is none is an error to it. */
const answerFor = (answer: Exchange) => {
  if (answer.end !== 'answer') throw Object.assign(new Error(answer.message), { status: -1, name: 'RequestError' });
  const { status, headers } = answer;
  return { status, headers, data: Buffer.from(answer.text, 'utf8'), res: { status, headers } };
};

/** Every answer of OSS has an id; one without it is of something between us and OSS. */
const check = (answer: Exchange | null, name: string): void => {
  if (answer?.end !== 'answer') throw new Error('ali-oss has answered without a request');
  if (answer.headers['x-oss-request-id'] === undefined)
    throw new EngineError('STATE_UNREADABLE', `What answers for ${name} is not OSS.`, 'Mend state.endpoint, or the proxy.');
  const sum = answer.headers['content-md5'];
  if (typeof sum === 'string' && sum !== md5(answer.text))
    throw new EngineError('STATE_UNREADABLE', `What came from ${name} is not what its checksum says.`, 'Try again.');
};

// ---- what was refused -----------------------------------------------------------------------------------------------

const codeOf = (error: unknown): string => (isObject(error) && typeof error['code'] === 'string' ? error['code'] : '');

/** Codes alone: the text of an answer repeats what was signed. */
const refusalOf = ({ name, bucket, endpoint }: OssBucket, answer: Exchange, error: unknown): EngineError => {
  if (answer.end !== 'answer') return unreachable(name, answer.message);
  const { status } = answer;
  if (mayTryAgain(answer)) return unreachable(name, `OSS answered ${status}`);
  const code = printable(codeOf(error), 60);
  const shown = code === '' ? String(status) : `${status} ${code}`;
  if (code === 'NoSuchBucket')
    return new EngineError(
      'OPTION_WRONG',
      `There is no bucket "${bucket}" at ${endpoint}.`,
      'Mend state.bucket or state.region.',
    );
  if (status === 401 || status === 403)
    return new EngineError('STATE_REFUSED', `${name} refuses this AccessKey (${shown}).`, HINTS[code] ?? RIGHTS);
  return new EngineError('STATE_UNREADABLE', `${name} answered ${shown}.`, 'Mend state.bucket, state.region or state.endpoint.');
};

const RIGHTS =
  'It needs oss:ListObjects on the bucket, and oss:GetObject, oss:PutObject and oss:DeleteObject below the prefix. The bucket has to be in state.region.';
const HINTS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'The AccessKey is unknown, disabled, or of another cloud.',
  SignatureDoesNotMatch: 'The AccessKey secret or state.region is wrong.',
  RequestTimeTooSkewed: 'Set the clock of this machine.',
};
