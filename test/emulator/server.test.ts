import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/index.ts';
import { signV3, timestampOf } from '../support/emulator-signing.ts';

type Reply = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string };

const running: Emulator[] = [];
const start = async (options: EmulatorOptions = {}): Promise<Emulator> => {
  const emulator = await startEmulator(options);
  running.push(emulator);
  return emulator;
};
afterEach(async () => {
  for (const emulator of running.splice(0)) await emulator.close();
});

const send = (
  emulator: Emulator,
  method: string,
  path: string,
  body = '',
  headers: Readonly<Record<string, string | undefined>> = {},
  signal?: AbortSignal,
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
    const outgoing = request(
      `${emulator.endpoint}${path}`,
      {
        method,
        headers: { ...given, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        ...(signal ? { signal } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
        );
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

let nonces = 0;
const call = (emulator: Emulator, action: string, form: object = {}, signal?: AbortSignal): Promise<Reply> => {
  const signed = signV3(
    action,
    {
      query: { OpTenantId: emulator.tenant },
      form: Object.fromEntries(Object.entries(form).map(([k, v]) => [k, JSON.stringify(v)])),
    },
    {
      keyId: emulator.accessKeyId,
      secret: emulator.accessKeySecret,
      nonce: `n${nonces++}`,
      timestamp: timestampOf(Date.now()),
    },
  );
  return send(emulator, 'POST', `/?${signed.query}`, signed.body, signed.headers, signal);
};
const door = (emulator: Emulator, method: string, path: string, body?: unknown): Promise<Reply> =>
  send(emulator, method, `/_emulator/${path}`, body === undefined ? '' : JSON.stringify(body));

const GROUP = { CreateCommand: { Name: 'finance' } };

describe('the server', () => {
  it('answers a signed call over HTTP with the envelope', async () => {
    const emulator = await start();
    const reply = await call(emulator, 'GetMyTenants');
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('"TenantList":[{"Id":300001413,');
    expect(JSON.parse(reply.text)).toMatchObject({ Code: 'OK', Success: true, HttpStatusCode: 200 });
    expect(emulator.caller).toBe('owner@example.com');
  });

  it('gives and takes the whole world, secrets included', async () => {
    const emulator = await start();
    await call(emulator, 'CreateUserGroup', GROUP);
    const world = JSON.parse((await door(emulator, 'GET', 'world')).text);
    expect(world.keys[0].secret).toBe(emulator.accessKeySecret);
    const other = await start();
    expect((await door(other, 'PUT', 'world', world)).status).toBe(204);
    expect(other.service.world()).toEqual({ ...world, usage: world.usage });
    const refused = await door(other, 'PUT', 'world', { ...world, edition: 'gold' });
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      400,
      { error: 'world.edition: expected one of personal, agile, database, bigdata, basic, intelligent' },
    ]);
    expect(other.service.world().edition).toBe('basic');
  });

  it('logs calls as JSON lines without payloads, and clears them', async () => {
    const emulator = await start();
    await call(emulator, 'CreateUserGroup', GROUP);
    const lines = (await door(emulator, 'GET', 'calls')).text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        seq: 1,
        ms: expect.any(Number),
        action: 'CreateUserGroup',
        level: 3,
        quotas: ['L3'],
        outcome: 'ok',
        code: 'OK',
        committed: true,
        requestId: expect.stringMatching(/^[0-9A-F]{8}-0000-5000-8000-000000000001$/),
        keyId: emulator.accessKeyId,
      },
    ]);
    await door(emulator, 'DELETE', 'calls');
    expect((await door(emulator, 'GET', 'calls')).text).toBe('');
  });

  it('moves its clocks: the world by advanceMs, signatures by skewMs', async () => {
    const emulator = await start();
    const before = emulator.service.nowMs();
    await door(emulator, 'POST', 'clock', { advanceMs: 3_600_000 });
    expect(emulator.service.nowMs() - before).toBeGreaterThanOrEqual(3_600_000);
    expect((await call(emulator, 'GetMyTenants')).status).toBe(200);
    await door(emulator, 'POST', 'clock', { skewMs: 16 * 60_000 });
    expect(JSON.parse((await call(emulator, 'GetMyTenants')).text)).toMatchObject({ Code: 'InvalidTimeStamp.Expired' });
    expect(JSON.parse((await door(emulator, 'GET', 'violations')).text)).toMatchObject([{ kind: 'skew' }]);
  });

  it('lets somebody approve or refuse what waits', async () => {
    const emulator = await start();
    const { service } = emulator;
    const grant = (Pending: object) => ({
      ResourceType: 'PHYSICAL_TABLE',
      ResourceId: 'odps.300001413.finance.orders',
      AccountId: '300000002',
      AccountType: 'PERSONAL',
      Operations: {},
      Pending,
    });
    const pending = (): number => service.world().resourceGrants.filter((one) => Object.keys(one.Pending).length > 0).length;
    for (const what of ['approve', 'refuse'] as const) {
      service.setWorld({ ...service.world(), resourceGrants: [grant({ SELECT: '2027-12-31 23:59:59' })] });
      expect(pending()).toBe(1);
      expect((await door(emulator, 'POST', 'approvals', { do: what })).status).toBe(204);
      expect(pending()).toBe(0);
      expect(service.world().resourceGrants).toHaveLength(what === 'approve' ? 1 : 0);
    }
    expect((await door(emulator, 'POST', 'approvals', { do: 'forget' })).status).toBe(400);
  });

  it('refuses unknown switches, faults and clock fields by name', async () => {
    const emulator = await start();
    expect((await door(emulator, 'PUT', 'switches', { batch: 'partial' })).status).toBe(204);
    expect(emulator.service.switches().batch).toBe('partial');
    expect((await door(emulator, 'PUT', 'switches', { batch: 'some' })).text).toBe(
      '{"error":"switch batch: one of all, partial"}',
    );
    expect((await door(emulator, 'PUT', 'switches', { colour: 'red' })).text).toContain('unknown switch \\"colour\\"');
    expect((await door(emulator, 'POST', 'faults', [{ match: { action: 'GetUsers' }, do: 'explode' }])).status).toBe(400);
    expect((await door(emulator, 'POST', 'clock', { advance: 1 })).status).toBe(400);
  });

  it('answers as late as it is told', async () => {
    const emulator = await start({ latencyMs: 40 });
    const before = performance.now();
    expect((await call(emulator, 'GetMyTenants')).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(39);
  });

  it('listens on loopback only', async () => {
    const emulator = await start();
    expect(emulator.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('keeps browsers away from its doors', async () => {
    const emulator = await start();
    const path = '/_emulator/world';
    expect((await send(emulator, 'GET', path, '', { origin: 'https://example.com' })).status).toBe(403);
    expect((await send(emulator, 'GET', path, '', { host: 'rebound.example.com' })).status).toBe(403);
  });

  it('cuts, spoils and withholds answers as faults say', async () => {
    const emulator = await start();
    const during = async (fault: object): Promise<Reply | string> => {
      emulator.service.faults.clear();
      emulator.service.faults.add([{ match: { action: 'GetMyTenants' }, ...fault } as never]);
      return call(emulator, 'GetMyTenants', {}, AbortSignal.timeout(300)).catch(
        (error: NodeJS.ErrnoException) => error.code ?? error.name,
      );
    };
    expect(await during({ do: 'reset' })).toBe('ECONNRESET');
    expect(await during({ do: 'truncate' })).toBe('ECONNRESET');
    expect(await during({ do: 'timeout' })).toBe('ABORT_ERR');
    expect(await during({ do: 'drip' })).toBe('ABORT_ERR');
    expect(await during({ do: 'endless' })).toBe('ABORT_ERR');
    expect(await during({ do: 'html' })).toMatchObject({ status: 502, text: expect.stringContaining('<html>') });
    expect(await during({ do: 'empty', status: 504 })).toMatchObject({ status: 504, text: '' });
    expect(await during({ do: 'gzip' })).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
    const malformed = (await during({ do: 'malformed' })) as Reply;
    expect(malformed.status).toBe(200);
    expect(() => JSON.parse(malformed.text)).toThrow();
    expect(await during({ do: 'throttle', retryAfter: 250 })).toMatchObject({
      status: 400,
      headers: { 'x-acs-retry-after': '250' },
    });
  });

  it('dies where the fault exit says', async () => {
    let exits = 0;
    const emulator = await start({ onExit: () => exits++ });
    emulator.service.faults.add([{ match: { action: 'CreateUserGroup' }, do: 'exit', when: 'after' }]);
    await expect(call(emulator, 'CreateUserGroup', GROUP)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(call(emulator, 'GetMyTenants')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(exits).toBe(1);
    expect(emulator.service.world().userGroups).toHaveLength(1);
  });
});

describe('a data file', () => {
  it('holds the world after each change, and a later emulator finds world, keys and usage', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    try {
      const data = join(folder, 'deep', 'emulator.json');
      const first = await startEmulator({ data });
      await call(first, 'CreateUserGroup', GROUP);
      expect(JSON.parse(readFileSync(data, 'utf8')).userGroups).toMatchObject([{ Name: 'finance' }]);
      await call(first, 'ListUserGroups', { ListQuery: { PageNo: 1, PageSize: 50 } });
      await first.close();
      const world = first.service.world();
      const second = await startEmulator({ data, edition: 'basic' });
      expect(second.service.world()).toEqual(world);
      expect(second.accessKeySecret).toBe(first.accessKeySecret);
      expect(world.usage).toMatchObject({ L3: { count: 1 }, 'L1+L2': { count: 1 } });
      await second.close();
      expect(readdirSync(join(folder, 'deep'))).toEqual(['emulator.json']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
