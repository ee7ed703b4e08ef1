/** Every shape of a failure, answered by nock in the service's place (BEHAVIOUR 1.6, 2.2, 2.3). */
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../engine/core/diagnostic.ts';
import type { CallResult, Client, JsonObject } from '../../engine/core/ports.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import { readOnlyClient } from '../../engine/shell/client.ts';
import { isAuthCode, isRefusal, isStoppingCode } from '../../engine/shell/codes.ts';
import { callOnce, KEY } from '../support/transport-client.ts';
import { operationNames, sourceFacts } from '../support/transport-facts.ts';

const HOST = 'https://dataphin-public.cn-shanghai.aliyuncs.com';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const isDone = nock.isDone();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(isDone).toBe(true);
});

type Reply = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> };

/** One call, answered once; a second request would fail, as the network is off. */
const answered = (reply: Reply, operation: OperationName = 'CreateUserGroup', request: JsonObject = {}): Promise<CallResult> => {
  nock(HOST)
    .post('/')
    .query((query) => query['OpTenantId'] === '300001413')
    .reply(reply.status ?? 200, reply.body as nock.Body, { 'content-type': 'application/json', ...reply.headers });
  return callOnce(HOST, operation, request);
};

const SUCCESS = { Code: 'OK', HttpStatusCode: 200, Success: true, RequestId: 'R-1' };
const failure = (Code: string, Message = 'no') => ({ Code, Message, RequestId: 'R-1' });

describe('a success', () => {
  it.each<[string, unknown, CallResult]>([
    ['with a payload', { ...SUCCESS, UserGroupId: '7' }, { outcome: 'done', answer: { UserGroupId: '7' }, requestId: 'R-1' }],
    ['without a payload', SUCCESS, { outcome: 'done', answer: {}, requestId: 'R-1' }],
    ['with the bare minimum', { Success: true }, { outcome: 'done', answer: {}, requestId: null }],
    ['with the code 0', { Success: true, Code: '0' }, { outcome: 'done', answer: {}, requestId: null }],
  ])('%s is done', async (_, body, expected) => {
    expect(await answered({ body })).toEqual(expected);
  });

  it('is done also when it tells when to come again', async () => {
    expect(await answered({ body: SUCCESS, headers: { 'x-acs-retry-after': '1000' } })).toEqual({
      outcome: 'done',
      answer: {},
      requestId: 'R-1',
    });
  });

  it('of a list makes its ids text and needs its count', async () => {
    const page = (PageResult: unknown) => answered({ body: { ...SUCCESS, PageResult } }, 'ListComputeSources', { ListQuery: {} });
    expect(await page({ TotalCount: 1, ComputeSourceList: [{ Id: 6798087749072704, Name: 'a' }] })).toEqual({
      outcome: 'done',
      answer: { PageResult: { TotalCount: 1, ComputeSourceList: [{ Id: '6798087749072704', Name: 'a' }] } },
      requestId: 'R-1',
    });
    expect(await page({ TotalCount: 0 })).toMatchObject({ outcome: 'done' });
    for (const wrong of [
      undefined,
      null,
      [],
      {},
      { ComputeSourceList: [] },
      { TotalCount: '1', ComputeSourceList: [] },
      { TotalCount: -1 },
      { TotalCount: 1, ComputeSourceList: {} },
    ])
      expect(await page(wrong)).toMatchObject({ outcome: 'unknown', code: 'ANSWER_WRONG_SHAPE' });
  });

  it('of a create that says it was done, in the place of the id, has no id', async () => {
    const body = '{"Success":true,"Code":"OK","Data":true}';
    const command = { CreateRowPermissionCommand: { MappingColumns: [], RowPermissionName: 'a' } };
    const answeredWith = (data: string) => answered({ body: body.replace('true}', data) }, 'CreateRowPermission', command);
    expect(await answeredWith('true}')).toEqual({ outcome: 'done', answer: {}, requestId: null });
    expect(await answeredWith('7}')).toMatchObject({ outcome: 'done', answer: { Data: '7' } });
    expect(await answeredWith('false}')).toMatchObject({ outcome: 'unknown' });
  });

  it('with an id that went through a double is not believed', async () => {
    const body = '{"Success":true,"CreateResult":{"Id":7.47E18}}';
    expect(await answered({ body }, 'CreateComputeSource', { CreateCommand: {} })).toEqual({
      outcome: 'unknown',
      code: 'ANSWER_WRONG_SHAPE',
      message: 'the id at CreateResult.Id is not an integer',
      status: 200,
      requestId: null,
    });
  });

  it('of a connectivity check may say false, that of a write may not', async () => {
    const body = { ...SUCCESS, Data: false };
    expect(await answered({ body }, 'CheckDataSourceConnectivityById', { Id: '1' })).toEqual({
      outcome: 'done',
      answer: { Data: false },
      requestId: 'R-1',
    });
    expect(await answered({ body }, 'AddTenantMembers', {})).toMatchObject({ outcome: 'unknown', code: 'INNER_FAILURE' });
  });
});

describe('a refusal with a listed code', () => {
  it.each<[number, string]>([
    [400, 'Dataphin.OpenAPI.BadRequest'],
    [400, 'DPN.Commons.InvalidParam'],
    [400, 'DPN.Filter.NoPermission'],
    [400, 'SignatureDoesNotMatch'],
    [404, 'InvalidAccessKeyId.NotFound'],
    [403, 'Forbidden.RAM'],
    [404, 'InvalidAction.NotFound'],
    [400, 'MissingOpTenantId'],
    [200, 'DPN.Commons.InvalidParam'],
  ])('HTTP %i %s is rejected', async (status, code) => {
    const body = { ...failure(code), ...(status === 200 ? { Success: false } : {}) };
    expect(await answered({ status, body })).toMatchObject({ outcome: 'rejected', code, status, requestId: 'R-1' });
  });

  it('in XML is rejected too', async () => {
    const body =
      '<?xml version="1.0"?><Error><Code>Forbidden.RAM</Code><Message>a &lt;b&gt; &amp; c</Message><RequestId>R-2</RequestId></Error>';
    expect(await answered({ status: 403, body, headers: { 'content-type': 'text/xml' } })).toEqual({
      outcome: 'rejected',
      code: 'Forbidden.RAM',
      message: 'a <b> & c',
      status: 403,
      requestId: 'R-2',
    });
  });

  it('inside a success is rejected by its inner code', async () => {
    const body = {
      ...SUCCESS,
      DeleteResult: { Success: false, ErrorCode: 'DPN.DataSecurity.LevelIndexOutOfRange', Message: 'range' },
    };
    expect(await answered({ body }, 'DeleteSecurityLevel', {})).toEqual({
      outcome: 'rejected',
      code: 'DPN.DataSecurity.LevelIndexOutOfRange',
      message: 'range',
      status: 200,
      requestId: 'R-1',
    });
  });

  it('says "already there" or "not there" only where that proves something', () => {
    expect([
      isRefusal('DPN.Project.DisplayNameDuplicated', 'CreateBasicProject'),
      isRefusal('DPN.Project.DisplayNameDuplicated', 'UpdateBasicProject'),
      isRefusal('DPN.Filter.ProjectNotFound', 'DeleteProject'),
      isRefusal('DPN.Filter.ProjectNotFound', 'RemoveProjectMember'),
      isRefusal('DPN.Filter.ProjectNotFound', 'AddProjectMember'),
      isRefusal('DPN.Filter.ProjectNotFound', 'GetProject'),
    ]).toEqual([false, true, false, false, true, true]);
  });
});

describe('a failure that may have acted', () => {
  it.each<[number, string]>([
    [400, 'DPN.UserGroup.Duplicated'],
    [400, 'DPN.Commons.InternalError'],
    [500, 'DPN.Commons.InternalError'],
    [500, 'InternalError'],
    [500, 'UnknownError'],
    [502, 'Dataphin.OpenAPI.BadGateway'],
    [503, 'ServiceUnavailable'],
    [500, 'DPN.Commons.InvalidParam'],
    [400, 'SignatureNonceUsed'],
    [400, 'toString'],
    [200, 'DPN.UserGroup.Duplicated'],
  ])('HTTP %i %s is unknown', async (status, code) => {
    const body = { ...failure(code, 'why'), ...(status === 200 ? { Success: false } : {}) };
    expect(await answered({ status, body })).toEqual({ outcome: 'unknown', code, message: 'why', status, requestId: 'R-1' });
  });

  it.each<[string, Reply, string]>([
    [
      'HTTP 502 with HTML',
      { status: 502, body: '<html><body>password=canary</body></html>', headers: { 'content-type': 'text/html' } },
      'HTTP_502',
    ],
    ['HTTP 504 with nothing', { status: 504, body: '' }, 'HTTP_504'],
    ['HTTP 404 with HTML', { status: 404, body: '<html>canary</html>' }, 'HTTP_404'],
    ['HTTP 400 with a list', { status: 400, body: '["canary"]' }, 'HTTP_400'],
    ['HTTP 400 without a code', { status: 400, body: { RequestId: 'canary canary' } }, 'HTTP_400'],
    ['HTTP 200 with HTML', { body: '<html>canary</html>' }, 'ANSWER_NOT_JSON'],
    ['HTTP 200 with nothing', { body: '' }, 'ANSWER_NOT_JSON'],
    ['HTTP 200 with half of JSON', { body: '{"Success":true,"x":"canary' }, 'ANSWER_NOT_JSON'],
    ['HTTP 200 with null', { body: 'null' }, 'ANSWER_WRONG_SHAPE'],
    ['HTTP 200 too deep', { body: `{"Success":true,"x":${'['.repeat(70)}${']'.repeat(70)}}` }, 'ANSWER_TOO_DEEP'],
    ['HTTP 200 without Success', { body: { Code: 'OK', UserGroupId: '7' } }, 'ANSWER_WRONG_SHAPE'],
    ['Success as text', { body: { Code: 'OK', Success: 'true' } }, 'ANSWER_WRONG_SHAPE'],
    ['Success false without a code', { body: { Success: false } }, 'SUCCESS_FALSE'],
    ['Success true with another code', { body: { Success: true, Code: 'DPN.Commons.InvalidParam' } }, 'DPN.Commons.InvalidParam'],
    ['Success true with a code that is no text', { body: { Success: true, Code: 7 } }, 'ANSWER_WRONG_SHAPE'],
    ['HTTP 204', { status: 204, body: undefined }, 'ANSWER_NOT_JSON'],
    ['an inner failure', { body: { ...SUCCESS, Data: { Success: false, Message: 'asset' } } }, 'INNER_FAILURE'],
    ['a part that was not done', { body: { ...SUCCESS, Data: { SuccessCount: 1, FailedGuidList: ['x'] } } }, 'INNER_FAILURE'],
    ['rows that were not made', { body: { ...SUCCESS, CreateResult: { SuccessCount: 1, FailCount: 1 } } }, 'INNER_FAILURE'],
  ])('%s is unknown', async (_, reply, code) => {
    const result = await answered(reply);
    expect(result).toMatchObject({ outcome: 'unknown', code, status: reply.status ?? 200 });
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  it('is a connection that breaks', async () => {
    nock(HOST)
      .post('/')
      .query(true)
      .replyWithError(Object.assign(new Error('socket hang up with canary'), { code: 'ECONNRESET' }));
    expect(await callOnce(HOST, 'CreateUserGroup', {})).toEqual({
      outcome: 'unknown',
      code: 'CONNECTION_LOST',
      message: 'the connection was lost (ECONNRESET)',
      status: null,
      requestId: null,
    });
  });
});

describe('a throttled call', () => {
  it.each<[string, Reply, string, number | null]>([
    [
      'Throttling.User with a hint',
      { status: 400, body: failure('Throttling.User'), headers: { 'x-acs-retry-after': '1500' } },
      'Throttling.User',
      1500,
    ],
    ['Throttling.User without one (the spent day)', { status: 400, body: failure('Throttling.User') }, 'Throttling.User', null],
    ['Throttling.Api with HTTP 200', { body: { ...failure('Throttling.Api'), Success: false } }, 'Throttling.Api', null],
    ['Throttling without Success in HTTP 200', { body: failure('Throttling') }, 'Throttling', null],
    ['HTTP 429 with another code', { status: 429, body: failure('TooManyRequests') }, 'TooManyRequests', null],
    ['HTTP 429 with HTML', { status: 429, body: '<html></html>' }, 'HTTP_429', null],
    ['any error with the header', { status: 503, body: failure('Busy'), headers: { 'x-acs-retry-after': '20' } }, 'Busy', 20],
    ['HTML with the header', { status: 503, body: '<html></html>', headers: { 'x-acs-retry-after': '20' } }, 'HTTP_503', 20],
    ['the longest hint', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '900000' } }, 'T', 900_000],
    ['a hint beyond 15 minutes', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '900001' } }, 'T', null],
    [
      'a hint of a thousand digits',
      { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '9'.repeat(1000) } },
      'T',
      null,
    ],
    ['a hint of zero', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '0' } }, 'T', null],
    ['a negative hint', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '-5' } }, 'T', null],
    ['a hint in words', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': 'soon' } }, 'T', null],
    ['a hint with a fraction', { status: 429, body: failure('T'), headers: { 'x-acs-retry-after': '1.5' } }, 'T', null],
  ])('%s', async (_, reply, code, retryAfterMs) => {
    expect(await answered(reply)).toMatchObject({ outcome: 'throttled', code, retryAfterMs });
  });

  it.each(['0', '-5', 'soon', '1.5'])('is not made by the hint "%s" alone', async (hint) => {
    expect(await answered({ status: 503, body: failure('Busy'), headers: { 'x-acs-retry-after': hint } })).toMatchObject({
      outcome: 'unknown',
    });
  });
});

describe('a message', () => {
  const messageOf = async (Code: string, Message: string, request: JsonObject = {}): Promise<string> => {
    const result = await answered({ status: 400, body: { Code, Message, RequestId: 'R-1' } }, 'CreateUserGroup', request);
    return 'message' in result ? result.message : '';
  };

  it.each<[string, string, string, string]>([
    [
      'what was signed',
      'SignatureDoesNotMatch',
      'server string to sign is:POST&%2F&AccessKeyId%3Dcanary',
      'the service computed another signature: the AccessKey secret is wrong, or the gateway wants the other signature version',
    ],
    ['what was signed, under another code', 'X', 'no match. StringToSign: POST&canary\ncanary', 'no match. [left out]'],
    ['addresses', 'X', 'see https://user:canary@h.example/?a=canary now', 'see [address] now'],
    ['queries', 'X', 'bad /?AccessKeyId=canary&x=canary now', 'bad [query] now'],
    ['parts of a signature', 'X', 'Signature=canary, AccessKeySecret=canary', 'Signature=[hidden], AccessKeySecret=[hidden]'],
    ['our secret', 'X', `bad key ${KEY.accessKeySecret}!`, 'bad key [hidden]!'],
    [
      'what a terminal acts on',
      'X',
      'a\u001b[31m\r\nb\u202ec\u200bd\u2028',
      'a\\u{1b}[31m\\u{d}\\u{a}b\\u{202e}c\\u{200b}d\\u{2028}',
    ],
  ])('does not show %s', async (_, code, message, shown) => {
    expect(await messageOf(code, message)).toBe(shown);
  });

  it('keeps its language and is at most 300 characters long', async () => {
    expect(await messageOf('X', '用户组名称重复')).toBe('用户组名称重复');
    const long = await messageOf('X', '组'.repeat(5_000));
    expect([...long].length).toBe(300);
  });

  it('does not repeat secret values of the request, in any spelling', async () => {
    const password = 'p"ä/ss w0rd';
    const request = { CreateCommand: { ConfigItemList: [{ Key: 'jdbc.password', Value: password }], appSecret: 'canary-two' } };
    const spellings = [
      password,
      JSON.stringify(password),
      encodeURIComponent(password),
      Buffer.from(password).toString('base64'),
      'canary-two',
    ];
    expect(await messageOf('X', `cannot use ${spellings.join(' , ')}`, request)).toBe(
      'cannot use [hidden] , "[hidden]" , [hidden] , [hidden] , [hidden]',
    );
  });

  it('comes with a printable code and with no request id that is none', async () => {
    const body = { Code: `Evil\u001b${'x'.repeat(500)}`, Message: '', RequestId: '<script>' };
    const result = await answered({ status: 400, body });
    expect(result).toEqual({
      outcome: 'unknown',
      code: `Evil\\u{1b}${'x'.repeat(117)}…`,
      message: 'HTTP 400 without a message',
      status: 400,
      requestId: null,
    });
  });
});

describe('codes about credentials and permission', () => {
  it.each<[string, boolean, boolean]>([
    ['InvalidAccessKeyId.NotFound', true, true],
    ['InvalidAccessKeyId', true, true],
    ['InvalidAccessKeyIdX', false, false],
    ['SignatureDoesNotMatch', true, true],
    ['InvalidTimeStamp.Expired', true, true],
    ['InvalidSecurityToken.Expired', true, true],
    ['Forbidden.RAM', true, true],
    ['NoPermission', true, false],
    ['DPN.Filter.NoPermission', true, false],
    ['DPN.Commons.InvalidParam', false, false],
    ['Throttling.User', false, false],
  ])('%s: exit 4 %s, ends the run %s', (code, isAuth, isStopping) => {
    expect([isAuthCode(code), isStoppingCode(code)]).toEqual([isAuth, isStopping]);
  });
});

describe('the client of a plan', () => {
  it('sends the reads of the catalogue and throws for every write, before anything is sent', async () => {
    const sent: string[] = [];
    const inner: Client = {
      call: async (operation) => {
        sent.push(operation);
        return { outcome: 'done', answer: {}, requestId: null };
      },
      close: vi.fn(),
    };
    const client = readOnlyClient(inner, sourceFacts);
    const names = operationNames() as OperationName[];
    const refused: string[] = [];
    for (const name of names) {
      try {
        await client.call(name, {});
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'INTERNAL') throw error;
        refused.push(name);
      }
    }
    expect(sent).toEqual(names.filter((name) => sourceFacts(name).kind === 'read'));
    expect(refused).toEqual(names.filter((name) => sourceFacts(name).kind === 'write'));
    expect(sent.length + refused.length).toBe(338);
    client.close();
    expect(inner.close).toHaveBeenCalledOnce();
  });
});
