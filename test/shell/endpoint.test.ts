import { describe, expect, it } from 'vitest';
import { allowedEndpoints, resolveEndpoint } from '../../engine/shell/endpoint.ts';
import { readProxy, usesProxy } from '../../engine/shell/proxy.ts';
import { endpointOf } from '../support/transport-client.ts';

const resolve = (endpoint: string | null, region: string | null = null, allowed: readonly string[] = []) =>
  resolveEndpoint({ endpoint, region, allowed });

describe('an endpoint', () => {
  it('of a region is the regional host, known by the region', () => {
    expect(resolve(null, 'cn-shanghai')).toEqual({
      ok: true,
      endpoint: {
        protocol: 'https:',
        hostname: 'dataphin-public.cn-shanghai.aliyuncs.com',
        port: 443,
        host: 'dataphin-public.cn-shanghai.aliyuncs.com',
        origin: 'https://dataphin-public.cn-shanghai.aliyuncs.com',
        deployment: 'cn-shanghai',
        isLoopback: false,
      },
    });
  });

  it.each<[string, string, string]>([
    ['https://dataphin-public-vpc.cn-beijing.aliyuncs.com', 'cn-beijing', 'dataphin-public-vpc.cn-beijing.aliyuncs.com'],
    ['dataphin-public.cn-hangzhou.aliyuncs.com', 'cn-hangzhou', 'dataphin-public.cn-hangzhou.aliyuncs.com'],
    ['https://gateway.aliyuncs.com', 'gateway.aliyuncs.com', 'gateway.aliyuncs.com'],
    ['http://127.0.0.1:8080', 'loopback', '127.0.0.1:8080'],
    ['http://127.1:8080/', 'loopback', '127.0.0.1:8080'],
    ['http://localhost', 'loopback', 'localhost'],
    ['http://[::1]:81', 'loopback', '[::1]:81'],
    ['https://LOCALHOST:444', 'loopback', 'localhost:444'],
    ['https://dataphin.example.com', 'dataphin.example.com', 'dataphin.example.com'],
    ['dataphin.example.com:8443', 'dataphin.example.com:8443', 'dataphin.example.com:8443'],
  ])('%s is known by %s and signed with the host %s', (address, deployment, host) => {
    const result = resolve(address, 'cn-shanghai', ['dataphin.example.com']);
    expect(result.ok && [result.endpoint.deployment, result.endpoint.host]).toEqual([deployment, host]);
  });

  it.each<[string, string | null, string | null]>([
    ['neither region nor endpoint', null, null],
    ['a region that smuggles a host', null, 'cn-shanghai.evil.example/x'],
    ['a region of another form', null, 'Shanghai'],
    ['plain http to the service', 'http://dataphin-public.cn-shanghai.aliyuncs.com', null],
    ['a look-alike of the domain', 'https://evil-aliyuncs.com', null],
    ['the domain in front', 'https://aliyuncs.com.example.net', null],
    ['a host that nobody allowed', 'https://dataphin.example.net', null],
    ['user information', 'https://aliyuncs.com@evil.example', null],
    ['empty user information', 'https://@gateway.aliyuncs.com', null],
    ['a path', 'https://gateway.aliyuncs.com/x', null],
    ['a query', 'https://gateway.aliyuncs.com?x=1', null],
    ['another protocol', 'ftp://gateway.aliyuncs.com', null],
    ['a backslash', 'https://evil.example\\.aliyuncs.com', null],
    ['a space', 'https://gateway .aliyuncs.com', null],
    ['a closing dot', 'https://gateway.aliyuncs.com.', null],
    ['a loopback name in front', 'http://127.0.0.1.example.net', null],
    ['localhost in front', 'http://localhost.example.net', null],
    ['nothing', '', null],
  ])('is refused for %s', (_, endpoint, region) => {
    expect(resolve(endpoint, region, ['dataphin.example.com'])).toMatchObject({ ok: false, code: 'ENDPOINT_WRONG' });
  });

  it('outside needs its host in the list, with the port where the list names one', () => {
    const isAllowed = (address: string, list: string): boolean => resolve(address, null, allowedEndpoints(list)).ok;
    expect([
      isAllowed('https://a.example.com:8443', 'b.example.com, a.example.com'),
      isAllowed('https://a.example.com:8443', 'a.example.com:8443'),
      isAllowed('https://a.example.com:9443', 'a.example.com:8443'),
      isAllowed('https://x.a.example.com', 'a.example.com'),
      isAllowed('http://a.example.com', 'a.example.com'),
      isAllowed('https://a.example.com', ''),
    ]).toEqual([true, true, false, false, false, false]);
  });

  it('that is refused comes with the next step', () => {
    expect(resolve('https://dataphin.example.net:8443')).toEqual({
      ok: false,
      code: 'ENDPOINT_WRONG',
      message: 'the endpoint dataphin.example.net:8443 is neither under aliyuncs.com nor on loopback',
      hint: 'if it is your deployment, set PHINFRA_ALLOW_ENDPOINT=dataphin.example.net:8443 where phinfra runs',
    });
  });
});

describe('a proxy', () => {
  it('is read with its port and its password, which go to it alone', () => {
    expect(readProxy('http://us%40er:p%3Ass@proxy.example.com:3128', 'a.example.com, .b.example.com')).toEqual({
      ok: true,
      proxy: {
        protocol: 'http:',
        hostname: 'proxy.example.com',
        port: 3128,
        authorization: `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`,
        except: ['a.example.com', '.b.example.com'],
      },
    });
    expect(readProxy('proxy.example.com:8080', undefined)).toMatchObject({
      ok: true,
      proxy: { protocol: 'http:', port: 8080, authorization: null },
    });
    expect(readProxy(undefined, '*')).toEqual({ ok: true, proxy: null });
  });

  it.each(['socks5://secret@proxy.example.com', 'http://', 'http://user:%zzsecret@proxy.example.com'])(
    'is refused for %s, unrepeated',
    (text) => {
      const result = readProxy(text, '');
      expect(result).toMatchObject({ ok: false, code: 'OPTION_WRONG' });
      expect(JSON.stringify(result)).not.toContain('secret');
    },
  );

  it.each<[string, boolean]>([
    ['', true],
    ['*', false],
    ['aliyuncs.com', false],
    ['.aliyuncs.com', false],
    ['*.aliyuncs.com', false],
    ['yuncs.com', true],
    ['dataphin-public.cn-shanghai.aliyuncs.com:443', false],
    ['dataphin-public.cn-shanghai.aliyuncs.com:444', true],
    ['example.com ALIYUNCS.COM', false],
    [',', true],
  ])('with NO_PROXY "%s" is used: %s', (noProxy, expected) => {
    const result = readProxy('http://proxy.example.com:3128', noProxy);
    const endpoint = endpointOf('https://dataphin-public.cn-shanghai.aliyuncs.com');
    expect(result.ok && usesProxy(result.proxy, endpoint)).toBe(expected);
  });

  it('is never used for loopback', () => {
    const result = readProxy('http://proxy.example.com:3128', '');
    expect(result.ok && usesProxy(result.proxy, endpointOf('http://127.0.0.1:1'))).toBe(false);
  });
});
