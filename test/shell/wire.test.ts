import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../engine/core/ports.ts';
import { type HttpRequest, type SignatureVersion, signRequest, splitRequest } from '../../engine/shell/request.ts';
import { sha256 } from '../../engine/shell/sign.ts';
import { KEY, WALL_MS } from '../support/transport-client.ts';
import { type Recorded, recordedCalls, sourceFacts } from '../support/transport-facts.ts';

const build = (operation: string, recorded: Recorded, signature: SignatureVersion, placement: 'body' | 'query'): HttpRequest => {
  const { OpTenantId, ...parameters } = recorded.parameters;
  const parts = splitRequest(sourceFacts(operation), parameters as JsonObject, String(OpTenantId), placement);
  return signRequest(parts, {
    operation,
    host: 'dataphin-public.cn-shanghai.aliyuncs.com',
    key: KEY,
    signature,
    wallMs: WALL_MS,
    nonce: 'n-1',
    userAgent: 'test',
  });
};

const fieldsOf = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text));

describe('the 87 recorded requests', () => {
  it('are 87', () => {
    expect(recordedCalls().length).toBe(87);
  });

  it.each(recordedCalls())('%s is sent as recorded, byte for byte', (operation, recorded) => {
    const http = build(operation, recorded, 'v3', 'body');
    expect({
      method: http.method,
      path: http.path,
      query: fieldsOf(http.query),
      rawQuery: http.query,
      headers: {
        'x-acs-action': http.headers['x-acs-action'],
        'x-acs-version': http.headers['x-acs-version'],
        'content-type': http.headers['content-type'] ?? null,
        'x-acs-content-sha256': http.headers['x-acs-content-sha256'],
        signedHeaders: /SignedHeaders=([^,]+),/.exec(http.headers.authorization ?? '')?.[1],
      },
      body: http.body ?? '',
    }).toEqual({
      method: recorded.method,
      path: recorded.path,
      query: recorded.query,
      rawQuery: recorded.rawQuery,
      headers: recorded.headers,
      body: recorded.body,
    });
  });

  it.each(recordedCalls())(
    '%s has the same parameters in the query, and no body, where the gateway wants that',
    (operation, recorded) => {
      const http = build(operation, recorded, 'v3', 'query');
      expect([fieldsOf(http.query), http.body, http.headers['content-type'], http.headers['content-length']]).toEqual([
        { ...recorded.query, ...fieldsOf(recorded.body) },
        null,
        undefined,
        '0',
      ]);
      expect(http.headers['x-acs-content-sha256']).toBe(sha256(''));
    },
  );

  it.each(recordedCalls())('%s in v1 keeps its body and carries the signature in the query', (operation, recorded) => {
    const http = build(operation, recorded, 'v1', 'body');
    const { Signature, ...query } = fieldsOf(http.query);
    expect([query, http.body ?? '']).toEqual([
      {
        ...recorded.query,
        Action: operation,
        Version: '2023-06-30',
        Format: 'json',
        Timestamp: '2026-11-20T06:02:03Z',
        SignatureNonce: 'n-1',
        SignatureMethod: 'HMAC-SHA1',
        SignatureVersion: '1.0',
        AccessKeyId: KEY.accessKeyId,
      },
      recorded.body,
    ]);
    expect(Signature).toMatch(/^[A-Za-z0-9+/]{27}=$/);
    expect(Object.keys(http.headers).sort()).toEqual(
      ['accept', 'accept-encoding', 'content-length', 'content-type', 'host', 'user-agent'].filter(
        (name) => name !== 'content-type' || recorded.body !== '',
      ),
    );
  });
});

describe('a request object', () => {
  const facts = sourceFacts('UpdateUserGroupSwitch');
  const split = (request: JsonObject) => splitRequest(facts, request, '300001413', 'body').query;

  it('leaves out what is null or undefined, at the top and inside commands, and keeps the order given', () => {
    const command = { Zeta: 1, Alpha: null, Inner: { B: undefined, A: [null, 1, 'x'] }, Empty: '' } as unknown as JsonObject;
    expect(splitRequest(sourceFacts('CreateUserGroup'), { CreateCommand: command }, '1', 'body')).toEqual({
      query: { OpTenantId: '1' },
      form: { CreateCommand: '{"Zeta":1,"Inner":{"A":[null,1,"x"]},"Empty":""}' },
    });
    expect(split({ Active: null, UserGroupId: '7' } as JsonObject)).toEqual({ UserGroupId: '7', OpTenantId: '300001413' });
  });

  it('writes booleans and numbers as text in the query, and takes ids as text of any width', () => {
    expect(split({ Active: false, UserGroupId: '7456935852434808960' })).toEqual({
      Active: 'false',
      UserGroupId: '7456935852434808960',
      OpTenantId: '300001413',
    });
  });

  it("encodes the body plainly: ! ' ( ) * stay as they are, all else is escaped", () => {
    const parts = splitRequest(sourceFacts('CreateUserGroup'), { CreateCommand: { Name: "a!'()*~ +&=ü组" } }, '1', 'body');
    const { body } = signRequest(parts, {
      operation: 'CreateUserGroup',
      host: 'h',
      key: KEY,
      signature: 'v3',
      wallMs: 0,
      nonce: 'n',
      userAgent: 'u',
    });
    expect(body).toBe("CreateCommand=%7B%22Name%22%3A%22a!'()*~%20%2B%26%3D%C3%BC%E7%BB%84%22%7D");
  });

  it.each<[string, JsonObject]>([
    ['a misspelled parameter', { Activ: true }],
    ["OpTenantId, which is the client's", { OpTenantId: '1' }],
    ['an object in the query', { UserGroupId: { a: 1 } }],
    ['an id as a number that is not exact', { UserGroupId: 2 ** 60 }],
    ['a number that is none', { UserGroupId: Number.NaN }],
  ])('is refused for %s', (_, request) => {
    expect(() => split(request)).toThrow(TypeError);
  });

  it('is refused for an inexact number deep inside a command', () => {
    const command = { CreateCommand: { AdminUserIdList: [2 ** 60] } } as unknown as JsonObject;
    expect(() => splitRequest(sourceFacts('CreateUserGroup'), command, '1', 'body')).toThrow(/not exact/);
  });
});
