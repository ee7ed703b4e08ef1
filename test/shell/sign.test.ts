import core from '@alicloud/openapi-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestParts, signRequest } from '../../engine/shell/request.ts';
import { encodeStrict, sha256, signatureDate, signV1, signV3 } from '../../engine/shell/sign.ts';

const official = core.$OpenApiUtil.default;

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/);
const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/[\ud800-\udfff]/.test(text)),
  fc.json({ maxDepth: 3 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.constantFrom("!'()*~ +&=%/?#", '', ' padded ', '名称', '\t\r\n'),
);
// `Signature` would be a parameter of our own, and `__proto__` is none that an object literal of the core keeps.
const parameters = fc.dictionary(
  name.filter((text) => text !== 'Signature'),
  value,
  { maxKeys: 8, noNullPrototype: true },
);
const key = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Za-z0-9]{4,30}$/),
  accessKeySecret: fc.stringMatching(/^[A-Za-z0-9]{4,40}$/),
});
const random = fc.record({
  query: parameters,
  form: parameters,
  key,
  operation: name,
  host: fc.constantFrom('dataphin-public.cn-shanghai.aliyuncs.com', 'localhost:8080', '[::1]:81'),
  nonce: fc.uuid(),
  wallMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
});

/** Names of the signature itself win over a parameter of the same name in both, so that they do not meet in the test. */
const OWN = new Set([
  'Action',
  'Version',
  'Format',
  'Timestamp',
  'SignatureNonce',
  'SignatureMethod',
  'SignatureVersion',
  'AccessKeyId',
]);
const apart = (parts: RequestParts): RequestParts => ({
  query: parts.query,
  form: Object.fromEntries(Object.entries(parts.form).filter(([each]) => !(each in parts.query) && !OWN.has(each))),
});

describe('signatures', () => {
  it('equal those of the official core, v3 and v1, on 2,000 random requests', () => {
    let compared = 0;
    fc.assert(
      fc.property(random, ({ query, form, ...rest }) => {
        const parts = apart({ query, form });
        const common = { ...rest, userAgent: 'u' };
        const v3 = signRequest(parts, { ...common, signature: 'v3' });
        const { authorization, ...headers } = v3.headers;
        expect(authorization).toBe(
          official.getAuthorization(
            { method: 'POST', pathname: '/', query: parts.query, headers } as never,
            'ACS3-HMAC-SHA256',
            sha256(v3.body ?? ''),
            rest.key.accessKeyId,
            rest.key.accessKeySecret,
          ),
        );
        const v1 = signRequest(parts, { ...common, signature: 'v1' });
        const { Signature, ...sent } = Object.fromEntries(new URLSearchParams(v1.query));
        expect(Signature).toBe(official.getRPCSignature({ ...sent, ...parts.form }, 'POST', rest.key.accessKeySecret));
        compared += 1;
      }),
      { numRuns: 2_000, seed: 20_261_120 },
    );
    expect(compared).toBe(2_000);
  });

  it('of v3 cover host, content-type and x-acs headers, in order, and nothing else', () => {
    const headers = { 'x-acs-b': ' 1 ', host: 'h', accept: 'a', 'content-type': 'c', 'x-acs-a': '2', 'user-agent': 'u' };
    const request = { method: 'POST', path: '/', query: { b: '(1)', a: '' }, headers, contentHash: 'hash' };
    const signed = signV3(request, { accessKeyId: 'id', accessKeySecret: 'secret' });
    expect(signed).toMatch(
      /^ACS3-HMAC-SHA256 Credential=id,SignedHeaders=content-type;host;x-acs-a;x-acs-b,Signature=[0-9a-f]{64}$/,
    );
    expect(
      signV3({ ...request, headers: { ...headers, 'x-acs-b': '1' } }, { accessKeyId: 'id', accessKeySecret: 'secret' }),
    ).toBe(signed);
    expect(
      signV3({ ...request, headers: { ...headers, accept: 'other' } }, { accessKeyId: 'id', accessKeySecret: 'secret' }),
    ).toBe(signed);
    expect(
      signV3({ ...request, headers: { ...headers, 'x-acs-a': '3' } }, { accessKeyId: 'id', accessKeySecret: 'secret' }),
    ).not.toBe(signed);
  });

  it('of v1 change with a parameter of the body', () => {
    const query = { OpTenantId: '1', Action: 'A' };
    expect(signV1('POST', { ...query, Command: '{}' }, 's')).not.toBe(signV1('POST', { ...query, Command: '[]' }, 's'));
  });

  it('encode by RFC 3986 and date to the second', () => {
    expect(encodeStrict("a b+c!'()*~/名")).toBe('a%20b%2Bc%21%27%28%29%2A~%2F%E5%90%8D');
    expect(signatureDate(Date.UTC(2026, 0, 2, 3, 4, 5, 999))).toBe('2026-01-02T03:04:05Z');
  });
});
