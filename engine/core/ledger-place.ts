/** Where the calls of the day are counted, as phinfra.yaml says it under `budget.ledger` and PHINFRA_LEDGER in its place (DESIGN 2, 7). */
import { isObject } from './json.ts';
import type { Json } from './ports.ts';
import { type PlaceFault, passwordFaults, variableOf } from './state-place.ts';
import type { LedgerPlace, StatePlace } from './workspace.ts';

/** The variable that wins over the file; its address may hold the password. */
export const LEDGER_VARIABLE = 'PHINFRA_LEDGER';

export type LedgerReading = { readonly place: LedgerPlace; readonly faults: readonly PlaceFault[] };

const LOCAL: LedgerPlace = { store: 'local' };
/** Beside a record that several machines share. */
const STATE: LedgerPlace = { store: 'state' };
const FORM = 'Write redis://host:6379/0, or rediss:// for TLS.';

/** Where nothing is said. */
export const defaultLedger = ({ backend }: Pick<StatePlace, 'backend'>): LedgerPlace => (backend === 'local' ? LOCAL : STATE);

/**
 * @param value `budget.ledger` with its form checked and its variables filled in, but for the one of `password`
 * @param isOpen whether a variable of this key is not set; of the empty key, of the value itself
 */
export const ledgerPlaceOf = (value: Json | undefined, isOpen: (key: string) => boolean = () => false): LedgerReading => {
  if (typeof value === 'string') return isOpen('') ? { place: LOCAL, faults: [] } : placeNamed(value);
  if (!isObject(value) || typeof value['redis'] !== 'string') return { place: LOCAL, faults: [] };
  const text = (key: string): string | null => (typeof value[key] === 'string' ? value[key] : null);
  const [username, password] = [text('username'), text('password')];
  const user = password === null ? null : { name: username, variable: variableOf(password) ?? '' };
  const faults = isOpen('redis') ? [] : addressFaults(value['redis'], 'redis');
  if (password !== null) faults.push(...passwordFaults(password, 'a ledger'));
  else if (username !== null)
    faults.push({
      key: 'username',
      code: 'KEY_MISSING',
      message: 'There is a username and no password.',
      hint: 'Write password: "${env:NAME}".',
    });
  return { place: faults.length > 0 ? LOCAL : { store: 'redis', ...redisAddress(value['redis']), user }, faults };
};

/** A place in one word or address; the address of a file holds no password. */
const placeNamed = (text: string): LedgerReading => {
  if (text === 'local' || text === 'state') return { place: { store: text }, faults: [] };
  if (!/^rediss?:/i.test(text))
    return {
      place: LOCAL,
      faults: [
        {
          key: '',
          code: 'OPTION_UNSUPPORTED',
          message: 'This is no place of a ledger.',
          hint: `There are local, state and Redis. ${FORM}`,
        },
      ],
    };
  const faults = addressFaults(text, '');
  return { place: faults.length > 0 ? LOCAL : { store: 'redis', ...redisAddress(text), user: null }, faults };
};

/** What PHINFRA_LEDGER names; who it names stays there, and is read where it is sent. */
export const ledgerFromVariable = (text: string): LedgerReading => {
  const faults = /^rediss?:/i.test(text) ? addressFaults(text, '', true) : placeNamed(text).faults;
  if (faults.length > 0)
    return {
      place: LOCAL,
      faults: [
        {
          key: '',
          code: 'OPTION_WRONG',
          message: `${LEDGER_VARIABLE} names no place of a ledger.`,
          hint: `There are local, state and Redis. ${FORM}`,
        },
      ],
    };
  if (text === 'local' || text === 'state') return { place: { store: text }, faults };
  const { username, password } = new URL(text);
  const user =
    password === '' ? null : { name: username === '' ? null : decodeURIComponent(username), variable: LEDGER_VARIABLE };
  return { place: { store: 'redis', ...redisAddress(text), user }, faults };
};

/** The password of the place, where a variable is the whole address or the password alone; undefined: it is not set. */
export const ledgerPassword = (variable: string, value: string | undefined): string | undefined =>
  variable === LEDGER_VARIABLE && value ? decodeURIComponent(new URL(value).password) : value;

/** The address as it may be printed, and which database of it. */
const redisAddress = (
  text: string,
): {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isSecure: boolean;
} => {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? 6379 : Number(url.port);
  const database = Number(url.pathname.slice(1));
  return {
    address: `${url.protocol}//${url.hostname}:${port}/${database}`,
    host,
    port,
    database,
    isSecure: url.protocol === 'rediss:',
  };
};

/** The address itself is not repeated: it may hold a password. */
const addressFaults = (text: string, key: string, mayNameUser = false): PlaceFault[] => {
  const wrong = (message: string): PlaceFault[] => [
    { key, code: 'ENDPOINT_WRONG', message: `The address of the ledger ${message}.`, hint: FORM },
  ];
  if (/[\s\\]/.test(text) || !URL.canParse(text)) return wrong('is none');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') return wrong('begins with neither redis:// nor rediss://');
  if (url.hostname === '') return wrong('names no host');
  if (!mayNameUser && (url.username !== '' || url.password !== ''))
    return [
      {
        key,
        code: 'SECRET_LITERAL',
        message: 'The address of the ledger names a user, and is shown in messages.',
        hint: 'Write ledger: { redis: "redis://host:6379/0", username: …, password: "${env:NAME}" }.',
      },
    ];
  if (!isDecodable(url.username) || !isDecodable(url.password)) return wrong('holds a "%" that begins no character');
  if (!/^(\/\d{0,4})?$/.test(url.pathname)) return wrong('ends with no number of a database');
  return url.search !== '' || url.hash !== '' ? wrong('has more than host, port and database') : [];
};

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
