import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCredentials } from '../../engine/shell/credentials.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'phinfra-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const put = (path: string, content: string): void => {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), content);
};
const putCli = (config: unknown): void =>
  put('.aliyun/config.json', typeof config === 'string' ? config : JSON.stringify(config));
const putShared = (text: string): void => put('.alibabacloud/credentials', text);
const find = (environment: Record<string, string> = {}) => findCredentials(environment, home);

const ENVIRONMENT = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'envId', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'envSecret' };
const CLI = {
  current: 'work',
  profiles: [
    { name: 'default', mode: 'AK', access_key_id: 'cliDefaultId', access_key_secret: 'cliDefaultSecret' },
    { name: 'work', mode: 'AK', access_key_id: 'cliWorkId', access_key_secret: 'cliWorkSecret' },
    {
      name: 'role',
      mode: 'RamRoleArn',
      access_key_id: 'cliRoleId',
      access_key_secret: 'cliRoleSecret',
      ram_role_arn: 'acs:ram::1:role/x',
    },
    { name: 'empty', mode: 'AK', access_key_id: '', access_key_secret: '' },
  ],
};
const SHARED = `# keys
[default]
type = access_key
access_key_id = iniId
access_key_secret = iniSecret

[empty]
type=access_key
access_key_id="iniEmptyId"
access_key_secret='iniEmptySecret'

[ecs]
type = ecs_ram_role
role_name = x
`;

describe('an AccessKey pair', () => {
  it('comes from the environment before the CLI profile, and from that before the shared file', () => {
    putShared(SHARED);
    expect(find()).toEqual({
      ok: true,
      accessKeyId: 'iniId',
      accessKeySecret: 'iniSecret',
      origin: 'section "default" of ~/.alibabacloud/credentials',
    });
    putCli(CLI);
    expect(find()).toEqual({
      ok: true,
      accessKeyId: 'cliWorkId',
      accessKeySecret: 'cliWorkSecret',
      origin: 'profile "work" of ~/.aliyun/config.json',
    });
    expect(find(ENVIRONMENT)).toEqual({
      ok: true,
      accessKeyId: 'envId',
      accessKeySecret: 'envSecret',
      origin: 'the environment',
    });
  });

  it('comes from the profile that ALIBABA_CLOUD_PROFILE names, in either file', () => {
    putCli(CLI);
    putShared(SHARED);
    expect(find({ ALIBABA_CLOUD_PROFILE: 'default' })).toMatchObject({ ok: true, accessKeyId: 'cliDefaultId' });
    expect(find({ ALIBABA_CLOUD_PROFILE: 'empty' })).toMatchObject({
      ok: true,
      accessKeyId: 'iniEmptyId',
      accessKeySecret: 'iniEmptySecret',
    });
  });

  it('is read without the line feed that a secret store leaves behind', () => {
    expect(find({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'envId\n', ALIBABA_CLOUD_ACCESS_KEY_SECRET: ' envSecret\r\n' })).toMatchObject({
      ok: true,
      accessKeyId: 'envId',
      accessKeySecret: 'envSecret',
    });
  });

  it('is read from files with a byte order mark', () => {
    putCli(`\ufeff${JSON.stringify(CLI)}`);
    expect(find()).toMatchObject({ ok: true, accessKeyId: 'cliWorkId' });
  });
});

describe('no AccessKey pair', () => {
  it.each<[string, Record<string, string>, string]>([
    ['nothing anywhere', {}, 'no AccessKey pair was found'],
    [
      'an id without a secret',
      { ALIBABA_CLOUD_ACCESS_KEY_ID: 'x' },
      'ALIBABA_CLOUD_ACCESS_KEY_ID is set, but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not',
    ],
    [
      'a secret without an id',
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'x' },
      'ALIBABA_CLOUD_ACCESS_KEY_SECRET is set, but ALIBABA_CLOUD_ACCESS_KEY_ID is not',
    ],
    ['empty variables', { ALIBABA_CLOUD_ACCESS_KEY_ID: '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: '' }, 'no AccessKey pair was found'],
    [
      'a profile that no file has',
      { ALIBABA_CLOUD_PROFILE: 'gone\u202e' },
      'no AccessKey pair was found under the profile "gone\\u{202e}" that ALIBABA_CLOUD_PROFILE names',
    ],
  ])('is said for %s', (_, environment, message) => {
    expect(find(environment)).toMatchObject({ ok: false, code: 'CREDENTIALS_MISSING', message });
  });
});

describe('temporary credentials are refused with the reason', () => {
  const reason = "RAM roles and temporary credentials cannot call Dataphin's OpenAPI";

  it.each<[string, Record<string, string>, string]>([
    ['a security token', { ...ENVIRONMENT, ALIBABA_CLOUD_SECURITY_TOKEN: 'tok' }, 'ALIBABA_CLOUD_SECURITY_TOKEN is set'],
    [
      'an STS id',
      { ...ENVIRONMENT, ALIBABA_CLOUD_ACCESS_KEY_ID: 'STS.abc' },
      'the AccessKey id from the environment is a temporary one',
    ],
    [
      'a role profile of the CLI',
      { ALIBABA_CLOUD_PROFILE: 'role' },
      'profile "role" of ~/.aliyun/config.json has the mode RamRoleArn',
    ],
    [
      'a role in the shared file',
      { ALIBABA_CLOUD_PROFILE: 'ecs' },
      'section "ecs" of ~/.alibabacloud/credentials has the type ecs_ram_role',
    ],
  ])('%s', (_, environment, what) => {
    putCli(CLI);
    putShared(SHARED);
    expect(find(environment)).toEqual({
      ok: false,
      code: 'CREDENTIALS_TEMPORARY',
      message: `${what}; ${reason}`,
      hint: 'use the AccessKey pair of a RAM user that is a member of the tenant',
    });
  });
});

describe('a file that cannot be read is named and never repeated', () => {
  it.each<[string, () => void, string]>([
    [
      'a CLI configuration that is not JSON',
      () => putCli('{"access_key_secret": "canary", '),
      "~/.aliyun/config.json cannot be read as the Alibaba Cloud CLI's configuration",
    ],
    [
      'one of another form',
      () => putCli({ canary: 'canary' }),
      "~/.aliyun/config.json cannot be read as the Alibaba Cloud CLI's configuration",
    ],
    [
      'a folder in its place',
      () => mkdirSync(join(home, '.aliyun', 'config.json'), { recursive: true }),
      "~/.aliyun/config.json cannot be read as the Alibaba Cloud CLI's configuration",
    ],
    [
      'a shared file with a stray line',
      () => putShared('[default]\ncanary\n'),
      '~/.alibabacloud/credentials cannot be read at line 2',
    ],
    [
      'a shared file without a section',
      () => putShared('access_key_secret = canary\n'),
      '~/.alibabacloud/credentials cannot be read at line 1',
    ],
    [
      'keys with control characters',
      () => putShared('[default]\naccess_key_id = id\naccess_key_secret = can\u0007ary\n'),
      'the AccessKey pair from section "default" of ~/.alibabacloud/credentials holds characters that no AccessKey has',
    ],
  ])('%s', (_, arrange, message) => {
    arrange();
    const result = find();
    expect(result).toMatchObject({ ok: false, code: 'CREDENTIALS_UNREADABLE', message });
    expect(JSON.stringify(result)).not.toMatch(/canary|can.{0,6}ary/);
  });
});

describe('a file of keys that does not fit', () => {
  const SIX = '6'.repeat(6);
  const work = (profile: object) => ({ current: 'work', profiles: [{ name: 'work', ...profile }] });

  it('is read under the profile "default" where it names none', () => {
    putCli({ profiles: [{ name: 'default', access_key_id: 'id', access_key_secret: SIX }] });
    expect(find()).toMatchObject({ ok: true, accessKeyId: 'id', origin: 'profile "default" of ~/.aliyun/config.json' });
  });

  it.each([
    ['a mode that is no text', { mode: 7 }, 'has the mode of another form'],
    ['an STS token', { access_key_id: 'id', access_key_secret: SIX, sts_token: 't' }, 'holds an STS token'],
  ])('is refused for %s', (_claim, profile, message) => {
    putCli(work(profile));
    expect(find()).toMatchObject({ ok: false, message: expect.stringContaining(message) });
    expect(JSON.stringify(find())).not.toContain(SIX);
  });

  it('that cannot be read at all is refused, and not taken for none', () => {
    mkdirSync(join(home, '.alibabacloud/credentials'), { recursive: true });
    expect(find()).toMatchObject({
      ok: false,
      code: 'CREDENTIALS_UNREADABLE',
      message: '~/.alibabacloud/credentials cannot be read',
    });
    mkdirSync(join(home, '.aliyun/config.json'), { recursive: true });
    expect(find()).toMatchObject({ ok: false, message: expect.stringContaining('~/.aliyun/config.json cannot be read') });
  });

  it('lacks the section or half of the pair: there is no pair', () => {
    putShared('[other]\naccess_key_id = id\n');
    expect(find()).toMatchObject({ ok: false, code: 'CREDENTIALS_MISSING' });
    expect(find({ ALIBABA_CLOUD_PROFILE: 'other' })).toMatchObject({ ok: false, code: 'CREDENTIALS_MISSING' });
    putShared('[default]\naccess_key_secret = x\n');
    expect(find()).toMatchObject({ ok: false, code: 'CREDENTIALS_MISSING' });
  });
});
