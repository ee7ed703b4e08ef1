/** Small readings of what comes from outside, each as a table: CI systems, proxies, secrets, records on a server, its answers. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startedIn } from '../../engine/shell/audit.ts';
import { refusal } from '../../engine/shell/http-state.ts';
import { readProxy, usesProxy } from '../../engine/shell/proxy.ts';
import { recordOf } from '../../engine/shell/remote-record.ts';
import { secretSource } from '../../engine/shell/secrets.ts';
import { temporaryFolder } from '../support/apply-plan.ts';

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'fine';
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
};

describe('who started a job', () => {
  const none = { ci: null, commit: null, startedBy: null, job: null };
  it.each([
    [{}, none],
    [{ GITLAB_CI: '' }, none],
    [
      { GITLAB_CI: 'true', CI_COMMIT_SHA: 'c1', GITLAB_USER_LOGIN: 'alice', CI_JOB_URL: 'https://gitlab.example.com/1' },
      { ci: 'gitlab', commit: 'c1', startedBy: 'alice', job: 'https://gitlab.example.com/1' },
    ],
    [
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_SHA: 'c2',
        GITHUB_ACTOR: 'bob',
        GITHUB_SERVER_URL: 'https://github.example.com',
        GITHUB_REPOSITORY: 'org/repo',
        GITHUB_RUN_ID: '7',
      },
      { ci: 'github', commit: 'c2', startedBy: 'bob', job: 'https://github.example.com/org/repo/actions/runs/7' },
    ],
    [
      { GITHUB_ACTIONS: 'true', GITHUB_SHA: 'c2', GITHUB_ACTOR: 'bob', GITHUB_TRIGGERING_ACTOR: 'carol' },
      { ci: 'github', commit: 'c2', startedBy: 'carol', job: null },
    ],
    [
      { TF_BUILD: 'True', BUILD_SOURCEVERSION: 'c3', BUILD_REQUESTEDFOR: 'Dave', BUILD_BUILDURI: 'vstfs:///Build/3' },
      { ci: 'azure', commit: 'c3', startedBy: 'Dave', job: 'vstfs:///Build/3' },
    ],
    [
      { JENKINS_URL: 'https://ci.example.com/', GIT_COMMIT: 'c4', BUILD_URL: 'https://ci.example.com/job/4' },
      { ci: 'jenkins', commit: 'c4', startedBy: null, job: 'https://ci.example.com/job/4' },
    ],
  ])('is what its variables say: %j', (env, expected) => expect(startedIn(env as Record<string, string>)).toEqual(expected));
});

describe('a proxy', () => {
  const endpoint = (hostname: string, port: number) => ({ hostname, port, isLoopback: false }) as Parameters<typeof usesProxy>[1];
  const read = (text: string, except?: string) => {
    const found = readProxy(text, except);
    if (!found.ok) throw Object.assign(new Error(found.message), { code: found.code });
    return found.proxy;
  };
  it.each([
    ['http://proxy.example.com', ['http:', 'proxy.example.com', 80, null]],
    ['https://proxy.example.com', ['https:', 'proxy.example.com', 443, null]],
    ['proxy.example.com:3128', ['http:', 'proxy.example.com', 3128, null]],
    ['http://[::1]:8080', ['http:', '::1', 8080, null]],
    ['http://us%40er:p%3A1@proxy.example.com', ['http:', 'proxy.example.com', 80, `Basic ${btoa('us@er:p:1')}`]],
  ])('is at the port and with the user that its address names: %s', (text, expected) => {
    const found = read(text);
    expect(found && [found.protocol, found.hostname, found.port, found.authorization]).toEqual(expected);
  });
  it.each(['socks5://proxy.example.com', 'http://', 'http://%zz@proxy.example.com'])('is refused as %s', (text) =>
    expect(codeOf(() => read(text))).toMatch(/^OPTION_WRONG: HTTPS_PROXY/),
  );
  it.each([
    ['', true],
    ['*', false],
    ['aliyuncs.com', false],
    ['.aliyuncs.com', false],
    ['*.aliyuncs.com', false],
    ['uncs.com', true],
    ['.', true],
    ['dataphin.aliyuncs.com:443', false],
    ['dataphin.aliyuncs.com:8443', true],
    ['other.example.com, Dataphin.Aliyuncs.com', false],
  ])('is used but for what NO_PROXY names: %j', (except, isUsed) =>
    expect(usesProxy(read('http://proxy.example.com', except) ?? null, endpoint('dataphin.aliyuncs.com', 443))).toBe(isUsed),
  );
});

describe('the value of a secret', () => {
  const folder = (): string => {
    const here = temporaryFolder();
    mkdirSync(join(here, 'secrets'));
    writeFileSync(join(here, 'secrets', 'one'), 'value\r\n');
    writeFileSync(join(here, 'secrets', 'two'), 'a\n\n');
    writeFileSync(join(here, 'secrets', 'empty'), '');
    writeFileSync(join(here, 'secrets', 'large'), Buffer.alloc(1024 * 1024 + 1, 'a'));
    return here;
  };
  it.each([
    ['env:DB_PW', 'sesame'],
    ['env:EMPTY', undefined],
    ['env:UNSET', undefined],
    ['env:OTHER', undefined],
    ['file:secrets/one', 'value'],
    ['file:secrets/two', 'a\n'],
    ['file:secrets/empty', undefined],
    ['file:secrets/large', undefined],
    ['file:secrets/absent', undefined],
    ['file:elsewhere/one', undefined],
    ['vault:secrets/one', undefined],
  ])('comes from the allowed sources alone: %s', (reference, expected) => {
    const env = { DB_PW: 'sesame', EMPTY: '', OTHER: 'not allowed' };
    const allowed = { env: ['DB_PW', 'EMPTY', 'UNSET'], files: ['secrets/*'] };
    expect(secretSource(folder(), env, allowed)(reference)).toBe(expected);
  });
  it('is read at an absolute path where that is allowed, and once', () => {
    const here = folder();
    const path = join(here, 'secrets', 'one');
    const secrets = secretSource('/nowhere', {}, { env: [], files: [path] });
    expect(secrets(`file:${path}`)).toBe('value');
    writeFileSync(path, 'other');
    expect(secrets(`file:${path}`)).toBe('value');
  });
});

describe('a record on a server', () => {
  const state = {
    format: 'phinfra.state/1',
    lineage: 'l',
    serial: 1,
    environment: 'default',
    tenant: '1',
    deployment: 'cn-shanghai',
    salt: 's',
    resources: {},
    people: {},
  };
  const whole = { version: 4, serial: 3, lineage: 'l', phinfra: { format: 'phinfra.record/1', state, journal: ['x'] } };
  it.each([
    ['a line', 'is not JSON', 'nonsense'],
    ['another program’s', 'is no record of phinfra', JSON.stringify({ version: 4, serial: 1, lineage: 'l' })],
    ['a list', 'is no record of phinfra', '[]'],
    ['without a serial', 'has no serial', JSON.stringify({ ...whole, serial: '3' })],
    ['of a negative serial', 'has no serial', JSON.stringify({ ...whole, serial: -1 })],
    ['without a journal', 'has no journal', JSON.stringify({ ...whole, phinfra: { ...whole.phinfra, journal: 'x' } })],
    ['of numbers', 'has no journal', JSON.stringify({ ...whole, phinfra: { ...whole.phinfra, journal: [1] } })],
    ['of two lineages', 'has two lineages', JSON.stringify({ ...whole, lineage: 'other' })],
  ])('is never started afresh: %s', (_, why, text) =>
    expect(codeOf(() => recordOf(text, 'https://state.example.com'))).toBe(
      `STATE_UNREADABLE: What lies at https://state.example.com ${why}.`,
    ),
  );
  it('is whole, or of a format that another version knows', () => {
    expect(recordOf(JSON.stringify(whole), 'here')).toMatchObject({ serial: 3, journal: 'x\n' });
    const later = { ...whole, phinfra: { ...whole.phinfra, format: 'phinfra.record/2' } };
    expect(codeOf(() => recordOf(JSON.stringify(later), 'here'))).toMatch(/^STATE_FORMAT: .*"phinfra.record\/2"/);
  });
  it.each([
    [401, 'STATE_REFUSED'],
    [403, 'STATE_REFUSED'],
    [408, 'STATE_UNREACHABLE'],
    [429, 'STATE_UNREACHABLE'],
    [500, 'STATE_UNREACHABLE'],
    [503, 'STATE_UNREACHABLE'],
    [400, 'STATE_UNREADABLE'],
    [410, 'STATE_UNREADABLE'],
  ])('of which the server answers %i: %s', (status, code) =>
    expect(refusal('https://state.example.com', status).code).toBe(code),
  );
});
