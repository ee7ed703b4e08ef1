/** Real sockets: what reached the service, and what can be said when no whole answer came back (RELIABILITY 6.1). */
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallResult } from '../../engine/core/ports.ts';
import { readCa } from '../../engine/shell/connect.ts';
import { type ProxyServer, readProxy } from '../../engine/shell/proxy.ts';
import { callOnce, KEY, TENANT, testClient } from '../support/transport-client.ts';
import {
  type Answer,
  CERTIFICATE,
  closedPort,
  OK,
  ok,
  startHttp,
  startHttps,
  startProxy,
  startTcp,
  type TestServer,
} from '../support/transport-server.ts';

const started: TestServer[] = [];
const keep = async (server: Promise<TestServer>): Promise<TestServer> => {
  const one = await server;
  started.push(one);
  return one;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

const serve = (answer: Answer): Promise<TestServer> => keep(startHttp(answer));
const at = (server: TestServer): string => `http://127.0.0.1:${server.port}`;
const CREATE = { CreateCommand: { Name: 'finance' } } as const;
const done = (answer: object = {}): CallResult => ({ outcome: 'done', answer: answer as never, requestId: 'R-1' });
const create = (address: string, options: Parameters<typeof callOnce>[3] = {}, signal?: AbortSignal): Promise<CallResult> =>
  callOnce(address, 'CreateUserGroup', CREATE, options, signal);
const unknown = (code: string, message: string, status: number | null = null): CallResult => ({
  outcome: 'unknown',
  code,
  message,
  status,
  requestId: null,
});

describe('a call', () => {
  it('sends one signed request and gives the answer without its envelope', async () => {
    const server = await serve((_, response) => ok(response, { UserGroupId: '77' }));
    expect(await create(at(server))).toEqual(done({ UserGroupId: '77' }));
    const [request] = server.received;
    const { authorization, 'x-acs-signature-nonce': nonce, ...headers } = request?.headers ?? {};
    expect({ ...request, headers }).toEqual({
      method: 'POST',
      url: `/?OpTenantId=${TENANT}`,
      body: 'CreateCommand=%7B%22Name%22%3A%22finance%22%7D',
      headers: {
        host: `127.0.0.1:${server.port}`,
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'phinfra',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '46',
        connection: 'keep-alive',
        'x-acs-version': '2023-06-30',
        'x-acs-action': 'CreateUserGroup',
        'x-acs-date': '2026-11-20T06:02:03Z',
        'x-acs-content-sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
        'x-acs-credentials-provider': 'static_ak',
      },
    });
    expect([authorization, nonce]).toEqual([
      expect.stringMatching(
        new RegExp(`^ACS3-HMAC-SHA256 Credential=${KEY.accessKeyId},SignedHeaders=[a-z0-9;-]+,Signature=[0-9a-f]{64}$`),
      ),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });

  it('keeps 19-digit ids', async () => {
    const server = await serve((_, response) => {
      response.end(
        `{"Success":true,"Code":"OK","CreateResult":{"ProdDataSourceId":7456935852434808960,"DevDataSourceId":12},"RequestId":"R-1"}`,
      );
    });
    const request = { CreateCommand: {} };
    expect(await callOnce(at(server), 'CreateDataSource', request)).toEqual(
      done({ CreateResult: { ProdDataSourceId: '7456935852434808960', DevDataSourceId: '12' } }),
    );
  });

  it('reuses its connection, one after the other, and opens more side by side', async () => {
    const server = await serve((_, response) => ok(response));
    const client = testClient(at(server));
    for (let n = 0; n < 5; n += 1) await client.call('CreateUserGroup', CREATE);
    expect(server.connections()).toBe(1);
    await Promise.all(Array.from({ length: 8 }, () => client.call('CreateUserGroup', CREATE)));
    const opened = server.connections();
    await Promise.all(Array.from({ length: 8 }, () => client.call('CreateUserGroup', CREATE)));
    client.close();
    expect([opened, server.connections(), server.received.length]).toEqual([8, 8, 21]);
    expect(new Set(server.received.map((request) => request.headers['x-acs-signature-nonce'])).size).toBe(21);
  });

  it('follows no redirect', async () => {
    const server = await serve((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect(await create(at(server))).toMatchObject({ outcome: 'unknown', code: 'HTTP_307', status: 307 });
    expect(server.received.length).toBe(1);
  });

  it('unpacks gzip that it did not ask for', async () => {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(OK))),
    );
    expect(await create(at(server))).toEqual(done());
  });

  it('sends nothing when its signal is already aborted', async () => {
    const server = await serve((_, response) => ok(response));
    expect(await create(at(server), {}, AbortSignal.abort())).toEqual({
      outcome: 'not-sent',
      code: 'ABORTED',
      message: 'stopped before it was sent',
    });
    expect([server.connections(), server.received.length]).toEqual([0, 0]);
  });
});

describe('nothing was sent', () => {
  it('when the connection is refused', async () => {
    expect(await create(`http://127.0.0.1:${await closedPort()}`)).toEqual({
      outcome: 'not-sent',
      code: 'CONNECT_REFUSED',
      message: 'the connection was refused (ECONNREFUSED)',
    });
  });

  it('when the certificate is not trusted, or is for another host', async () => {
    const server = await keep(startHttps((_, response) => ok(response)));
    expect(await create(`https://127.0.0.1:${server.port}`)).toEqual({
      outcome: 'not-sent',
      code: 'TLS_FAILED',
      message: 'no secure connection (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
    const proxy = readProxy(`http://127.0.0.1:${(await keep(startProxy(server.port))).port}`, '');
    const options = { ca: [CERTIFICATE], proxy: proxy.ok ? proxy.proxy : null };
    expect(await create('https://dataphin-public.cn-shanghai.aliyuncs.com', options)).toEqual({
      outcome: 'not-sent',
      code: 'TLS_FAILED',
      message: 'no secure connection (ERR_TLS_CERT_ALTNAME_INVALID)',
    });
    expect(server.received).toEqual([]);
  });

  it('when TLS never gets going within the limit', async () => {
    const server = await keep(startTcp(() => {}));
    expect(await create(`https://127.0.0.1:${server.port}`, { limits: { connectMs: 50 } })).toEqual({
      outcome: 'not-sent',
      code: 'CONNECT_TIMEOUT',
      message: 'no connection within 50 ms',
    });
  });

  it('when the other side speaks no TLS, or hangs up during it', async () => {
    const plain = await serve((_, response) => ok(response));
    const hanging = await keep(startTcp((socket) => socket.once('data', () => socket.destroy())));
    expect(await create(`https://127.0.0.1:${plain.port}`)).toMatchObject({ outcome: 'not-sent', code: 'TLS_FAILED' });
    expect(await create(`https://127.0.0.1:${hanging.port}`)).toMatchObject({ outcome: 'not-sent', code: 'TLS_FAILED' });
    expect(plain.received).toEqual([]);
  });

  it('when it is stopped, or the time is over, while connecting', async () => {
    const server = await keep(startTcp(() => {}));
    const address = `https://127.0.0.1:${server.port}`;
    const stop = new AbortController();
    const stopped = create(address, {}, stop.signal);
    setImmediate(() => stop.abort());
    expect(await stopped).toEqual({ outcome: 'not-sent', code: 'ABORTED', message: 'stopped before it was sent' });
    expect(await create(address, { limits: { totalMs: 30 } })).toMatchObject({ outcome: 'not-sent', code: 'TOTAL_TIMEOUT' });
  });
});

describe('the outcome is unknown', () => {
  it('when the connection is reset after the request', async () => {
    const server = await serve((_, response) => void response.socket?.resetAndDestroy());
    expect(await create(at(server))).toEqual(unknown('CONNECTION_LOST', 'the connection was lost (ECONNRESET)'));
    expect(server.received.length).toBe(1);
  });

  it('when a kept connection is closed under the next request, which is not repeated', async () => {
    const server = await serve((_, response, index) => (index === 1 ? ok(response) : void response.socket?.destroy()));
    const client = testClient(at(server));
    expect(await client.call('CreateUserGroup', CREATE)).toEqual(done());
    expect(await client.call('CreateUserGroup', CREATE)).toMatchObject({ outcome: 'unknown', code: 'CONNECTION_LOST' });
    client.close();
    expect([server.connections(), server.received.length]).toEqual([1, 2]);
  });

  it('when no answer begins within the limit', async () => {
    const server = await serve(() => {});
    expect(await create(at(server), { limits: { firstByteMs: 50 } })).toEqual(
      unknown('ANSWER_TIMEOUT', 'no answer within 50 ms'),
    );
  });

  it('when the answer drips beyond the total limit', async () => {
    const server = await serve((_, response) => {
      response.write('{');
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await create(at(server), { limits: { totalMs: 120 } })).toEqual(
      unknown('TOTAL_TIMEOUT', 'no whole answer within 120 ms', 200),
    );
  });

  it('when the answer ends in the middle, by length or by chunk', async () => {
    const byLength = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '500' }).write('{"Success":true');
      setImmediate(() => response.socket?.destroy());
    });
    const byChunk = await serve((_, response) => {
      response.write(JSON.stringify(OK));
      setImmediate(() => response.socket?.end());
    });
    const truncated = unknown('ANSWER_TRUNCATED', 'the connection ended in the middle of the answer', 200);
    expect([await create(at(byLength)), await create(at(byChunk))]).toEqual([truncated, truncated]);
  });

  it('when the answer has no end, plain or packed', async () => {
    const endless = await serve((_, response) => {
      const chunk = ' '.repeat(16_384);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const bomb = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(4_000_000, 32))),
    );
    const tooLarge = unknown('ANSWER_TOO_LARGE', 'the answer is larger than 100000 bytes', 200);
    const limits = { answerBytes: 100_000 };
    expect([await create(at(endless), { limits }), await create(at(bomb), { limits })]).toEqual([tooLarge, tooLarge]);
  });

  it('when it is stopped while waiting', async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort());
    expect(await create(at(server), {}, stop.signal)).toEqual(unknown('ABORTED', 'stopped while waiting for the answer'));
  });

  it.each<[string, string, string]>([
    ['is not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'ANSWER_NOT_HTTP'],
    ['is an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'CONNECTION_LOST'],
    ['has endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'ANSWER_NOT_HTTP'],
  ])('when the answer %s', async (_, bytes, code) => {
    const server = await keep(startTcp((socket) => socket.once('data', () => socket.write(bytes))));
    expect(await create(at(server))).toMatchObject({ outcome: 'unknown', code, status: null });
  });

  it.each<[string, Record<string, string>, Buffer]>([
    ['is not UTF-8', {}, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['is packed in another way', { 'content-encoding': 'br' }, Buffer.from('x')],
    ['is packed and broken', { 'content-encoding': 'gzip' }, gzipSync(JSON.stringify(OK)).subarray(0, 20)],
  ])('when the answer %s', async (_, headers, body) => {
    const server = await serve((__, response) => response.writeHead(200, headers).end(body));
    expect(await create(at(server))).toMatchObject({ outcome: 'unknown', code: 'ANSWER_NOT_TEXT', status: 200 });
  });
});

describe('TLS and proxies', () => {
  const SERVICE = 'https://dataphin.example.com:8443';
  const proxyAt = (server: TestServer, user = ''): ProxyServer | null => {
    const result = readProxy(`http://${user}127.0.0.1:${server.port}`, '');
    return result.ok ? result.proxy : null;
  };

  it('trusts the certificates of a CA file beside its own', async () => {
    const server = await keep(startHttps((_, response) => ok(response)));
    const ca = readCa(`text before\n${CERTIFICATE}\n`);
    expect(await create(`https://127.0.0.1:${server.port}`, { ca: ca.ok ? ca.certificates : [] })).toEqual(done());
  });

  it.each(['', 'no PEM', CERTIFICATE.replace(/[A-Za-z]{20}/, 'A'.repeat(20)), CERTIFICATE.slice(0, 200)])(
    'refuses a CA file without a certificate',
    (pem) => {
      expect(readCa(pem)).toMatchObject({ ok: false, code: 'OPTION_WRONG' });
    },
  );

  it("goes through CONNECT with the proxy's own credentials, keeps the tunnel, and shows the proxy nothing else", async () => {
    const serverNames: unknown[] = [];
    const server = await keep(
      startHttps((_, response) => {
        serverNames.push((response.socket as TLSSocket).servername);
        ok(response);
      }),
    );
    const proxy = await keep(startProxy(server.port));
    const client = testClient(SERVICE, { proxy: proxyAt(proxy, 'user:pass@'), ca: [CERTIFICATE] });
    const results = [await client.call('CreateUserGroup', CREATE), await client.call('CreateUserGroup', CREATE)];
    client.close();
    expect(results).toEqual([done(), done()]);
    expect(serverNames).toEqual(['dataphin.example.com', 'dataphin.example.com']);
    expect(proxy.received).toEqual([
      {
        method: 'CONNECT',
        url: 'dataphin.example.com:8443',
        headers: {
          host: 'dataphin.example.com:8443',
          'proxy-authorization': `Basic ${Buffer.from('user:pass').toString('base64')}`,
          connection: 'close',
        },
        body: '',
      },
    ]);
    expect(server.received.map((request) => [request.headers.host, request.headers['proxy-authorization']])).toEqual([
      ['dataphin.example.com:8443', undefined],
      ['dataphin.example.com:8443', undefined],
    ]);
  });

  it('verifies the service through the tunnel too', async () => {
    const server = await keep(startHttps((_, response) => ok(response)));
    const proxy = await keep(startProxy(server.port));
    expect(await create(SERVICE, { proxy: proxyAt(proxy) })).toMatchObject({ outcome: 'not-sent', code: 'TLS_FAILED' });
    expect(server.received).toEqual([]);
  });

  it.each([403, 407, 502])('says not-sent when the proxy answers %i to CONNECT', async (status) => {
    const proxy = await keep(startProxy(null, status));
    expect(await create(SERVICE, { proxy: proxyAt(proxy) })).toEqual({
      outcome: 'not-sent',
      code: 'PROXY_REFUSED',
      message: `the proxy answered ${status} to CONNECT`,
    });
  });

  it('says not-sent when the proxy is not there, or says nothing', async () => {
    const silent = await keep(startTcp(() => {}));
    const missing = { ...silent, port: await closedPort() };
    expect(await create(SERVICE, { proxy: proxyAt(missing) })).toEqual({
      outcome: 'not-sent',
      code: 'CONNECT_REFUSED',
      message: 'proxy: the connection was refused (ECONNREFUSED)',
    });
    expect(await create(SERVICE, { proxy: proxyAt(silent), limits: { connectMs: 50 } })).toMatchObject({
      outcome: 'not-sent',
      code: 'CONNECT_TIMEOUT',
    });
  });

  it('names the whole address to the proxy for plain http', async () => {
    const proxy = await keep(startProxy(null));
    const endpoint = {
      protocol: 'http:',
      hostname: 'dataphin.example.com',
      port: 80,
      host: 'dataphin.example.com',
      origin: 'http://dataphin.example.com',
      deployment: 'x',
      isLoopback: false,
    } as const;
    expect(await create(SERVICE, { endpoint, proxy: proxyAt(proxy, 'u:p@') })).toEqual(done());
    expect(
      proxy.received.map((request) => [
        request.method,
        request.url,
        request.headers.host,
        request.headers['proxy-authorization'],
      ]),
    ).toEqual([
      [
        'POST',
        `http://dataphin.example.com/?OpTenantId=${TENANT}`,
        'dataphin.example.com',
        `Basic ${Buffer.from('u:p').toString('base64')}`,
      ],
    ]);
  });
});
