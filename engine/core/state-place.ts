/** Where the record of an environment is kept, as phinfra.yaml says it under `state` (DESIGN 2, 6). */
import type { DiagnosticCode } from './diagnostic.ts';
import { isObject } from './json.ts';
import type { Json, JsonObject } from './ports.ts';
import type { StatePlace } from './workspace.ts';

export type PlaceFault = {
  /** Below `state` or `ledger`; empty: the value itself. */
  readonly key: string;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
};

const LOCAL: StatePlace = { backend: 'local' };
/** GitLab locks a state beside it, by methods that every proxy lets through. */
const GITLAB = /\/terraform\/state\/[^/]+$/;
const VARIABLE = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/;
const OURS = /^(PHINFRA|ALIBABA_CLOUD|ALIYUN)_/;

/**
 * @param value `state` with its form checked and its variables filled in, but for the one of `password`
 * @param isOpen whether a variable of this key is not set
 */
export const statePlaceOf = (
  value: Json | undefined,
  isOpen: (key: string) => boolean = () => false,
): { readonly place: StatePlace; readonly faults: readonly PlaceFault[] } => {
  if (!isObject(value)) return { place: LOCAL, faults: [] };
  const backend = value['backend'];
  if (typeof backend !== 'string') return { place: LOCAL, faults: [] };
  const keys = KEYS[backend];
  if (keys === undefined)
    return {
      place: LOCAL,
      faults: [
        {
          key: 'backend',
          code: 'VALUE_WRONG',
          message: `"state.backend: ${backend}" is not known.`,
          hint: 'There are local, http and oss.',
        },
      ],
    };
  const { place, faults } =
    backend === 'http' ? httpPlace(value, isOpen) : backend === 'oss' ? ossPlace(value, isOpen) : { place: LOCAL, faults: [] };
  return { place, faults: [...faults, ...strangers(value, keys)] };
};

/** What belongs to each backend, beside `backend`. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  local: [],
  http: ['address', 'updateMethod', 'lockAddress', 'lockMethod', 'unlockAddress', 'unlockMethod', 'username', 'password'],
  oss: ['bucket', 'region', 'endpoint', 'prefix'],
};

const strangers = (value: JsonObject, keys: readonly string[]): readonly PlaceFault[] =>
  Object.keys(value)
    .filter((key) => key !== 'backend' && !keys.includes(key))
    .flatMap((key) => {
      const owner = Object.keys(KEYS).find((backend) => KEYS[backend]?.includes(key));
      return owner === undefined
        ? []
        : [{ key, code: 'KEY_UNKNOWN', message: `"state.${key}" belongs to backend: ${owner}.`, hint: 'Leave it out.' }];
    });

const httpPlace = (value: JsonObject, isOpen: (key: string) => boolean) => {
  const text = (key: string): string | null => (typeof value[key] === 'string' ? value[key] : null);
  const address = text('address') ?? '';
  const isGitLab = GITLAB.test(address.split('?')[0] ?? '');
  const lockAddress = text('lockAddress') ?? (isGitLab ? `${address}/lock` : address);
  const password = text('password');
  const place: StatePlace = {
    backend: 'http',
    address,
    update: text('updateMethod') ?? 'POST',
    lock: { method: text('lockMethod') ?? (isGitLab ? 'POST' : 'LOCK'), address: lockAddress },
    unlock: { method: text('unlockMethod') ?? (isGitLab ? 'DELETE' : 'UNLOCK'), address: text('unlockAddress') ?? lockAddress },
    user: password === null ? null : { name: text('username') ?? '', variable: variableOf(password) ?? '' },
  };
  const faults: PlaceFault[] = [];
  if (text('address') === null)
    faults.push({
      key: '',
      code: 'KEY_MISSING',
      message: 'The backend http needs an address.',
      hint: 'Write address: https://…, where the record is read with GET and written with POST.',
    });
  for (const key of ['address', 'lockAddress', 'unlockAddress']) {
    const written = text(key);
    const wrong = !written || isOpen(key) ? null : wrongAddress(written);
    if (wrong !== null) faults.push({ key, code: 'ENDPOINT_WRONG', message: `"state.${key}" ${wrong}.`, hint: FORM });
  }
  faults.push(...userFaults(text('username'), password));
  return { place, faults };
};

const FORM = 'Write https://host/path, or http on this machine; who writes it stands in username and password.';

// ---- a bucket of OSS ------------------------------------------------------------------------------------------------

/** The public endpoint of a region and the one inside it; the accelerated ones name no region. */
const OSS_HOST = /^oss-(?!accelerate)([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$/;
const OSS_FORM = 'Write https://host, such as https://oss-cn-shanghai-internal.aliyuncs.com; the bucket stands in state.bucket.';

const ossPlace = (value: JsonObject, isOpen: (key: string) => boolean) => {
  const text = (key: string): string | null => (typeof value[key] === 'string' ? value[key] : null);
  const written = text('endpoint');
  const bucket = text('bucket') ?? '';
  const known = written !== null && URL.canParse(written) ? OSS_HOST.exec(new URL(written).hostname)?.[1] : undefined;
  const region = text('region') ?? known ?? '';
  const endpoint = (written ?? `https://oss-${region}.aliyuncs.com`).replace(/\/$/, '');
  const place: StatePlace = { backend: 'oss', bucket, region, endpoint, prefix: text('prefix') ?? '' };
  const faults: PlaceFault[] = [];
  for (const [key, hint] of NEEDED)
    if (text(key) === null && !(key === 'region' && known !== undefined))
      faults.push({ key: '', code: 'KEY_MISSING', message: `The backend oss needs a ${key}.`, hint });
  const wrong = written === null || isOpen('endpoint') ? null : wrongHost(written, bucket);
  if (wrong !== null)
    faults.push({ key: 'endpoint', code: 'ENDPOINT_WRONG', message: `"state.endpoint" ${wrong}.`, hint: OSS_FORM });
  return { place, faults };
};

const NEEDED: readonly (readonly [string, string])[] = [
  ['bucket', 'Write bucket: NAME; a bucket without versioning.'],
  ['region', 'Write region: cn-shanghai; it is signed with each request.'],
  ['prefix', 'Write prefix: finance/prod, the folder of this record in the bucket.'],
];

const wrongHost = (text: string, bucket: string): string | null => {
  const wrong = wrongAddress(text);
  if (wrong !== null) return wrong;
  const url = new URL(text);
  if (url.pathname !== '/' || url.search !== '') return 'has more than a host';
  return bucket !== '' && url.hostname.startsWith(`${bucket}.`) ? 'begins with the bucket' : null;
};

/** Null: it may be spoken to. The address itself is not repeated: it may hold a password. */
const wrongAddress = (text: string): string | null => {
  if (/[\s\\]/.test(text) || !URL.canParse(text)) return 'is no address';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'names a user';
  if (url.hash !== '') return 'ends with a fragment';
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback) ? null : 'is neither https nor on this machine';
};

const userFaults = (username: string | null, password: string | null): readonly PlaceFault[] => {
  if (username === null && password === null) return [];
  if (password === null)
    return [
      {
        key: 'username',
        code: 'KEY_MISSING',
        message: 'There is a username and no password.',
        hint: 'Write password: "${env:NAME}".',
      },
    ];
  if (username === null)
    return [
      {
        key: 'password',
        code: 'KEY_MISSING',
        message: 'There is a password and no username.',
        hint: 'In a job of GitLab: gitlab-ci-token.',
      },
    ];
  return passwordFaults(password, 'a backend');
};

/** The variable that `${env:NAME}` names, and nothing else. */
export const variableOf = (password: string): string | undefined => VARIABLE.exec(password)?.[1];

/** @param place who would be sent it, for people */
export const passwordFaults = (password: string, place: string): readonly PlaceFault[] => {
  const name = variableOf(password);
  if (name === undefined)
    return [
      {
        key: 'password',
        code: 'SECRET_LITERAL',
        message: '"password" is a secret and stands in the file as it is.',
        hint: 'Take it out of the file and out of its history, and write ${env:NAME}.',
      },
    ];
  return OURS.test(name)
    ? [
        {
          key: 'password',
          code: 'SECRET_NOT_ALLOWED',
          message: `"${name}" belongs to phinfra or the cloud's credentials, and is never sent to ${place}.`,
          hint: 'Give the password a variable of its own.',
        },
      ]
    : [];
};
