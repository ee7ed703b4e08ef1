/** What a command holds that speaks to the service: whose calls it counts, and whose certificates it trusts. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../engine/index.ts';
import { type ConnectionOverride, openSession } from '../../engine/shell/session.ts';

const ACCESS = { tenant: '300001413', accessKeyId: 'AK', accessKeySecret: 'SK', caller: 'owner@example.com' };

/** A session of a workspace whose connection says so; `env` beside a state folder of its own. */
const open = async (folder: string, connection: string, env: Readonly<Record<string, string>>, override?: ConnectionOverride) => {
  writeFileSync(
    join(folder, 'phinfra.yaml'),
    `phinfra: 1\nresources: []\nedition: basic\ntenant: "300001413"\nconnection: ${connection}\n`,
  );
  const invocation = { folder, variables: {}, home: folder, env: { XDG_STATE_HOME: join(folder, 'state'), ...env } };
  const { config, diagnostics } = await readConfig(invocation);
  if (!config) throw new Error(JSON.stringify(diagnostics));
  return openSession(invocation, config, override ? { connection: override } : {}, 'plan');
};
const temporary = (): string => mkdtempSync(join(tmpdir(), 'phinfra-session-'));

describe('the count of the day', () => {
  const take = async (folder: string, override: ConnectionOverride): Promise<number> => {
    const session = await open(folder, '{ emulator: {} }', {}, override);
    await session.pacer.pass(1);
    await session.close();
    return (await session.ledger.used()).reduce((sum, one) => sum + one, 0);
  };
  const at = (port: number, dataFile?: string): ConnectionOverride => ({
    ...ACCESS,
    endpoint: `http://127.0.0.1:${port}`,
    ...(dataFile === undefined ? {} : { dataFile }),
  });

  it('goes on where an emulator of the same data file starts at another port', async () => {
    const folder = temporary();
    expect(await take(folder, at(4001, '/a/emulator.json'))).toBe(1);
    expect(await take(folder, at(4002, '/a/emulator.json'))).toBe(2);
    expect(await take(folder, at(4002, '/b/emulator.json'))).toBe(1);
  });

  it('is one for each port of a service on this machine that tells no data file', async () => {
    const folder = temporary();
    expect(await take(folder, at(4001))).toBe(1);
    expect(await take(folder, at(4002))).toBe(1);
    expect(await take(folder, at(4001))).toBe(2);
  });
});

describe('certificates', () => {
  const tls = join(import.meta.dirname, '../fixtures/tls');
  const certificate = readFileSync(join(tls, 'certificate.pem'), 'utf8');
  const key = readFileSync(join(tls, 'key.pem'), 'utf8');

  /** The code of one read of a server with that certificate. */
  const codeOf = async (env: (folder: string) => Readonly<Record<string, string>>, caFile: string | null): Promise<string> => {
    const server = createServer({ key, cert: certificate }, (_request, response) => {
      response.statusCode = 400;
      response.end('{"Code":"SomeRefusal","Message":"no","RequestId":"r"}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const folder = temporary();
    writeFileSync(join(folder, 'other-root.pem'), rootCertificates[0] ?? '');
    writeFileSync(join(folder, 'extra.pem'), certificate);
    const { port } = server.address() as AddressInfo;
    const ca = caFile === null ? '' : `, caFile: ${caFile}`;
    const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'AK', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'SK' };
    try {
      const session = await open(folder, `{ endpoint: "https://localhost:${port}"${ca} }`, { ...keys, ...env(folder) });
      const result = await session.client.call('GetMyTenants', {});
      await session.close();
      return 'code' in result ? String(result.code) : result.outcome;
    } finally {
      await new Promise((done) => server.close(done));
    }
  };

  it('of NODE_EXTRA_CA_CERTS count beside those of caFile', async () => {
    const extra = (folder: string) => ({ NODE_EXTRA_CA_CERTS: join(folder, 'extra.pem') });
    expect(await codeOf(() => ({}), 'other-root.pem')).toBe('TLS_FAILED');
    expect(await codeOf(extra, 'other-root.pem')).toBe('SomeRefusal');
  });

  it('of a variable that names no file are refused with its name', async () => {
    const missing = () => ({ NODE_EXTRA_CA_CERTS: '/no/such/file.pem' });
    await expect(codeOf(missing, 'other-root.pem')).rejects.toMatchObject({
      code: 'OPTION_WRONG',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });
});
