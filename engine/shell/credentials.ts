/**
 * AccessKey pairs, from the first place that has one: the environment, the Alibaba Cloud CLI's profile, the shared
 * credentials file (DESIGN 9). Temporary credentials are refused: RAM roles cannot call this OpenAPI (BEHAVIOUR 1.4).
 * Nothing of a file's content but the names of profiles ever reaches a message.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from './message.ts';

export type Credentials = {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Where they were found, fit to be shown. */
  readonly origin: string;
};

export type CredentialsCode = 'CREDENTIALS_MISSING' | 'CREDENTIALS_TEMPORARY' | 'CREDENTIALS_UNREADABLE';

export type CredentialsResult =
  | ({ readonly ok: true } & Credentials)
  | { readonly ok: false; readonly code: CredentialsCode; readonly message: string; readonly hint: string };

const refuse = (code: CredentialsCode, message: string, hint: string): CredentialsResult => ({ ok: false, code, message, hint });

const ID = 'ALIBABA_CLOUD_ACCESS_KEY_ID';
const SECRET = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const PROFILE = 'ALIBABA_CLOUD_PROFILE';
const USE_A_PAIR = 'use the AccessKey pair of a RAM user that is a member of the tenant';

const temporary = (what: string): CredentialsResult =>
  refuse('CREDENTIALS_TEMPORARY', `${what}; RAM roles and temporary credentials cannot call Dataphin's OpenAPI`, USE_A_PAIR);

/**
 * @param environment names and values, such as `process.env`
 * @param home        the folder that holds `.aliyun/` and `.alibabacloud/`
 */
export const findCredentials = (environment: Readonly<Record<string, string | undefined>>, home: string): CredentialsResult => {
  const set = (name: string): string => (environment[name] ?? '').trim();
  if (set('ALIBABA_CLOUD_SECURITY_TOKEN') !== '') return temporary('ALIBABA_CLOUD_SECURITY_TOKEN is set');
  const [id, secret, profile] = [set(ID), set(SECRET), set(PROFILE)];
  if (id !== '' && secret !== '') return pair(id, secret, 'the environment');
  if (id !== '' || secret !== '')
    return refuse(
      'CREDENTIALS_MISSING',
      `${id === '' ? SECRET : ID} is set, but ${id === '' ? ID : SECRET} is not`,
      `set both or neither`,
    );
  const found =
    fromCliProfile(join(home, '.aliyun', 'config.json'), profile) ??
    fromSharedFile(join(home, '.alibabacloud', 'credentials'), profile);
  if (found !== null) return found;
  return profile === ''
    ? refuse('CREDENTIALS_MISSING', 'no AccessKey pair was found', `set ${ID} and ${SECRET}, or run aliyun configure`)
    : refuse(
        'CREDENTIALS_MISSING',
        `no AccessKey pair was found under the profile "${printable(profile, 60)}" that ${PROFILE} names`,
        `look into ~/.aliyun/config.json and ~/.alibabacloud/credentials, or set ${ID} and ${SECRET}`,
      );
};

const pair = (accessKeyId: string, accessKeySecret: string, origin: string): CredentialsResult => {
  if (accessKeyId.startsWith('STS.')) return temporary(`the AccessKey id from ${origin} is a temporary one`);
  // A line feed or a letter beyond ASCII could only be sent as a broken header.
  if (!/^[\x21-\x7e]+$/.test(accessKeyId) || !/^[\x21-\x7e]+$/.test(accessKeySecret))
    return refuse(
      'CREDENTIALS_UNREADABLE',
      `the AccessKey pair from ${origin} holds characters that no AccessKey has`,
      'copy it again',
    );
  return { ok: true, accessKeyId, accessKeySecret, origin };
};

/** The file's text; null where there is none; undefined where it cannot be read. */
const readText = (path: string): string | null | undefined => {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : undefined;
  }
};

const CLI_FILE = '~/.aliyun/config.json';

const fromCliProfile = (path: string, profile: string): CredentialsResult | null => {
  const text = readText(path);
  if (text === null) return null;
  const config = text === undefined ? undefined : parseJson(text);
  const profiles = record(config)?.profiles;
  if (!Array.isArray(profiles))
    return refuse(
      'CREDENTIALS_UNREADABLE',
      `${CLI_FILE} cannot be read as the Alibaba Cloud CLI's configuration`,
      'run aliyun configure again',
    );
  const current = record(config)?.current;
  const name = profile !== '' ? profile : typeof current === 'string' && current !== '' ? current : 'default';
  const chosen = profiles.map(record).find((entry) => entry?.name === name);
  if (!chosen) return null;
  const mode = chosen.mode;
  const origin = `profile "${printable(name, 60)}" of ${CLI_FILE}`;
  if (mode !== undefined && mode !== '' && mode !== 'AK')
    return temporary(`${origin} has the mode ${typeof mode === 'string' ? printable(mode, 40) : 'of another form'}`);
  const [id, secret] = [chosen.access_key_id, chosen.access_key_secret];
  // `aliyun configure` leaves a profile with empty keys behind.
  if (typeof id !== 'string' || typeof secret !== 'string' || id === '' || secret === '') return null;
  return typeof chosen.sts_token === 'string' && chosen.sts_token !== ''
    ? temporary(`${origin} holds an STS token`)
    : pair(id, secret, origin);
};

const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the file.
    return undefined;
  }
};

const SHARED_FILE = '~/.alibabacloud/credentials';

const fromSharedFile = (path: string, profile: string): CredentialsResult | null => {
  const text = readText(path);
  if (text === null) return null;
  const hint = 'it has sections such as [default] with the lines type, access_key_id and access_key_secret';
  if (text === undefined) return refuse('CREDENTIALS_UNREADABLE', `${SHARED_FILE} cannot be read`, hint);
  const sections = parseIni(text);
  if (typeof sections === 'number')
    return refuse('CREDENTIALS_UNREADABLE', `${SHARED_FILE} cannot be read at line ${sections}`, hint);
  const name = profile !== '' ? profile : 'default';
  const section = sections.get(name);
  if (!section) return null;
  const origin = `section "${printable(name, 60)}" of ${SHARED_FILE}`;
  const type = section.get('type') ?? 'access_key';
  if (type !== 'access_key') return temporary(`${origin} has the type ${printable(type, 40)}`);
  const [id, secret] = [section.get('access_key_id') ?? '', section.get('access_key_secret') ?? ''];
  return id === '' || secret === '' ? null : pair(id, secret, origin);
};

/** Sections of `name = value` lines, or the 1-based number of the first line that is neither. */
const parseIni = (text: string): ReadonlyMap<string, ReadonlyMap<string, string>> | number => {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const head = /^\[([^\]]+)\]$/.exec(line)?.[1]?.trim();
    const equals = line.indexOf('=');
    if (head !== undefined) {
      section = sections.get(head) ?? new Map<string, string>();
      sections.set(head, section);
    } else if (equals > 0 && section !== null) {
      const value = line.slice(equals + 1).trim();
      section.set(line.slice(0, equals).trim(), value.replace(/^(["'])(.*)\1$/, '$2'));
    } else return index + 1;
  }
  return sections;
};
