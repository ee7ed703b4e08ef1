import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createGateway, createService, SERVED, type WireAnswer, type WireRequest } from '../../emulator/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type Parameters, type Signer, signV1, signV3, timestampOf } from '../support/emulator-signing.ts';

type Recorded = { readonly query: Readonly<Record<string, string>>; readonly body: string };
const RECORDED = Object.entries(
  (JSON.parse(readFileSync('engine/operations/source/wire.json', 'utf8')) as { calls: Record<string, Recorded> }).calls,
);
const HOST_MS = Date.parse('2026-11-24T02:00:00Z');
const SECRET = 'recorded-secret';
const WORLD = {
  format: 'phinfra.world/1',
  tenant: '300001413',
  keys: [
    { id: 'RW', secret: SECRET, userId: '300000001' },
    { id: 'RO', secret: 'read-only-secret', userId: '300000001', readOnly: true },
  ],
  users: [{ Id: '300000001', AccountName: 'owner@example.com' }],
  members: [{ UserId: '300000001', RoleList: ['SUPER_ADMIN'] }],
};

const signer = (nonce: string, more: Partial<Signer> = {}): Signer => ({
  keyId: 'RW',
  secret: SECRET,
  nonce,
  timestamp: timestampOf(HOST_MS),
  ...more,
});
const parametersOf = (call: Recorded): Parameters => ({
  query: call.query,
  form: Object.fromEntries(new URLSearchParams(call.body)),
});

const SENT: readonly (readonly [string, (action: string, given: Parameters, signer: Signer) => WireRequest])[] = [
  ['v3, body', signV3],
  ['v3, query', (action, { query, form }, by) => signV3(action, { query: { ...query, ...form }, form: {} }, by)],
  ['v1, body', (action, given, by) => signV1(action, given, by, 'body')],
  ['v1, query', (action, given, by) => signV1(action, given, by, 'query')],
];

const startWire = (world: object = WORLD) => {
  let ms = HOST_MS;
  const service = createService({ world, seed: 1, clock: { nowMs: () => ms } });
  const gateway = createGateway(service, () => HOST_MS);
  const wire = (request: WireRequest): WireAnswer & { readonly body: Record<string, unknown> } => {
    ms += 500;
    const answer = gateway.wire(request);
    return { ...answer, body: JSON.parse(answer.text) };
  };
  return { service, gateway, wire };
};
const TENANT = { query: { OpTenantId: '300001413' }, form: {} };

describe('the recorded requests', () => {
  it('are 87', () => expect(RECORDED).toHaveLength(87));

  for (const [form, sign] of SENT)
    it(`are accepted signed as ${form}: payload or business code where served, unknown action elsewhere`, () => {
      const seen = { payload: 0, refused: 0, unknown: 0 };
      for (const [action, recorded] of RECORDED) {
        const { service, wire } = startWire();
        const { status, body } = wire(sign(action, parametersOf(recorded), signer('n')));
        expect(service.violations(), action).toEqual([]);
        if (!(SERVED as readonly string[]).includes(action)) {
          expect([status, body.Code], action).toEqual([404, 'InvalidAction.NotFound']);
          seen.unknown++;
          continue;
        }
        const key = operationFacts(action as OperationName).result;
        if (body.Code === 'OK') {
          if (key !== null) expect(body, action).toHaveProperty(key);
          seen.payload++;
        } else {
          // Ids, people and the spelling MacCompute of the samples are made up; nothing else may be wrong with them.
          expect(body.Code, `${action}: ${body.Message}`).toMatch(
            /^(DPN\.(Filter\.ProjectNotFound|(UserGroup|ComputeSource|TenantMember|ProjectMember|RowPermission|DataSource|ResourceGrant|App|AppGroup)\.NotFound|Os\.TableNotFound|Project\.ParameterError|DataSource\.Invalid|Commons\.InvalidParam)|Dataphin\.OpenAPI\.BadRequest)$/,
          );
          if (body.Code === 'Dataphin.OpenAPI.BadRequest') expect(body.Message, action).toContain('No enum constant');
          expect(body.Success).toBe(false);
          seen.refused++;
        }
      }
      expect(seen).toEqual({ payload: 25, refused: 62, unknown: 0 });
    });
});

describe('the gateway', () => {
  it('refuses another secret, a changed body, an unsigned header, and counts them', () => {
    const { service, wire } = startWire();
    const code = (request: WireRequest) => wire(request).body.Code;
    expect(code(signV3('GetMyTenants', TENANT, signer('1', { secret: 'x' })))).toBe('SignatureDoesNotMatch');
    expect(code(signV1('GetMyTenants', TENANT, signer('2', { secret: 'x' }), 'query'))).toBe('SignatureDoesNotMatch');
    const group = { ...TENANT, form: { CreateCommand: '{"Name":"a"}' } };
    expect(code({ ...signV3('CreateUserGroup', group, signer('3')), body: 'CreateCommand=%7B%22Name%22%3A%22b%22%7D' })).toBe(
      'SignatureDoesNotMatch',
    );
    expect(code({ ...signV1('GetMyTenants', TENANT, signer('4'), 'query'), body: 'CreateCommand=1' })).toBe(
      'SignatureDoesNotMatch',
    );
    const signed = signV3('GetMyTenants', TENANT, signer('5'));
    expect(code({ ...signed, headers: { ...signed.headers, 'x-acs-extra': '1' } })).toBe('IncompleteSignature');
    expect(service.violations().map((one) => one.kind)).toEqual(Array(5).fill('signature'));
    expect(service.world().userGroups).toEqual([]);
  });

  it('takes a nonce once and a clock that is at most 15 minutes off', () => {
    const { service, gateway, wire } = startWire();
    const at = (nonce: string, ms: number) =>
      wire(signV3('GetMyTenants', TENANT, signer(nonce, { timestamp: timestampOf(ms) }))).body.Code;
    expect([at('a', HOST_MS), at('a', HOST_MS)]).toEqual(['OK', 'SignatureNonceUsed']);
    expect([at('b', HOST_MS - 900_000), at('c', HOST_MS + 900_000)]).toEqual(['OK', 'OK']);
    expect([at('d', HOST_MS - 901_000), at('e', HOST_MS + 901_000)]).toEqual([
      'InvalidTimeStamp.Expired',
      'InvalidTimeStamp.Expired',
    ]);
    gateway.setSkew(901_000);
    expect(at('f', HOST_MS)).toBe('InvalidTimeStamp.Expired');
    expect(service.violations().map((one) => one.kind)).toEqual(['nonce', 'skew', 'skew', 'skew']);
  });

  it('refuses what is not the protocol', () => {
    const { wire } = startWire();
    const post = signV3('GetMyTenants', TENANT, signer('1'));
    const codes = [
      { ...post, method: 'GET' },
      { ...post, path: '/api' },
      signV3('GetMyTenants', TENANT, signer('2'), '2020-01-01'),
      signV3('GetMyTenants', TENANT, signer('3', { keyId: 'nobody' })),
      signV3('PagedQueryUsers', TENANT, signer('4')),
      signV3('constructor', TENANT, signer('5')),
      { ...post, headers: { host: 'x' } },
    ].map((request) => {
      const { status, body } = wire(request);
      return [status, body.Code];
    });
    expect(codes).toEqual([
      [400, 'UnsupportedHTTPMethod'],
      [404, 'InvalidAction.NotFound'],
      [404, 'InvalidVersion'],
      [404, 'InvalidAccessKeyId.NotFound'],
      [404, 'InvalidAction.NotFound'],
      [404, 'InvalidAction.NotFound'],
      [400, 'MissingParameter'],
    ]);
  });

  it('refuses a read-only key its writes, as a violation, and serves its reads', () => {
    const { service, wire } = startWire();
    const by = (nonce: string) => signer(nonce, { keyId: 'RO', secret: 'read-only-secret' });
    const write = wire(signV3('CreateUserGroup', { ...TENANT, form: { CreateCommand: '{"Name":"a"}' } }, by('1')));
    expect([write.status, write.body.Code]).toEqual([403, 'Forbidden.RAM']);
    expect(wire(signV3('GetMyTenants', TENANT, by('2'))).body.Code).toBe('OK');
    expect(service.violations()).toMatchObject([{ kind: 'readOnlyWrite', action: 'CreateUserGroup' }]);
    expect(service.world().userGroups).toEqual([]);
  });

  it('needs the tenant, and the right one', () => {
    const { wire } = startWire();
    const code = (OpTenantId: string | undefined, action = 'GetMyTenants', more: Record<string, string> = {}) =>
      wire(
        signV3(
          action,
          { query: { ...(OpTenantId === undefined ? {} : { OpTenantId }), ...more }, form: {} },
          signer(`${Math.random()}`),
        ),
      ).body;
    expect(code(undefined)).toMatchObject({
      Code: 'Dataphin.OpenAPI.BadRequest',
      Message: 'Missing required argument: OpTenantId',
    });
    expect(code('300001414').Code).toBe('DPN.Filter.NoPermission');
    expect(code('300001414', 'GetProject', { Id: '7155117168000001' }).Code).toBe('DPN.Filter.ProjectNotFound');
    expect(code('7.4E18').Code).toBe('Dataphin.OpenAPI.BadRequest');
  });

  it('looks for parameters and signatures where the switches say', () => {
    const { service, wire } = startWire();
    let nonce = 0;
    const form = { UserIdList: '["300000001"]' };
    const code = (request: (by: Signer) => WireRequest) => wire(request(signer(String(nonce++)))).body.Code;
    const body = (by: Signer) => signV3('GetUsers', { ...TENANT, form }, by);
    const query = (by: Signer) => signV3('GetUsers', { query: { ...TENANT.query, ...form }, form: {} }, by);
    const v1 = (by: Signer) => signV1('GetUsers', { ...TENANT, form }, by, 'query');
    expect([code(body), code(query), code(v1)]).toEqual(['OK', 'OK', 'OK']);
    service.setSwitches({ parameters: 'query' });
    expect([code(body), code(query)]).toEqual(['Dataphin.OpenAPI.BadRequest', 'OK']);
    service.setSwitches({ parameters: 'body' });
    expect([code(body), code(query)]).toEqual(['OK', 'Dataphin.OpenAPI.BadRequest']);
    service.setSwitches({ parameters: 'both', signature: 'v1' });
    expect([code(body), code(v1)]).toEqual(['IncompleteSignature', 'OK']);
    service.setSwitches({ signature: 'v3' });
    expect([code(body), code(v1)]).toEqual(['OK', 'IncompleteSignature']);
  });

  it('puts 64-bit numbers bare into the text and ids that are text into quotes', () => {
    const { service, wire } = startWire({
      ...WORLD,
      computeSources: [{ Id: '9007199254740993', Name: 'mc' }],
      userGroups: [{ Id: '13007', Name: 'g' }],
    });
    const compute = wire(
      signV3('GetComputeSource', { query: { ...TENANT.query, Id: '9007199254740993' }, form: {} }, signer('1')),
    );
    expect(compute.text).toContain('"Id":9007199254740993,');
    const group = wire(signV3('GetUserGroup', { query: { ...TENANT.query, UserGroupId: '13007' }, form: {} }, signer('2')));
    expect(group.text).toContain('"Id":"13007"');
    const bare = '{"Id":9007199254740993,"Name":"mc","Description":"new","Type":"MAX_COMPUTE","ConfigList":[]}';
    expect(wire(signV3('UpdateComputeSource', { ...TENANT, form: { UpdateCommand: bare } }, signer('3'))).body.Code).toBe('OK');
    expect(service.world().computeSources[0]?.Description).toBe('new');
    const rounded = bare.replace('9007199254740993', '9.007199254740993E15');
    expect(wire(signV3('UpdateComputeSource', { ...TENANT, form: { UpdateCommand: rounded } }, signer('4'))).body).toMatchObject({
      Code: 'Dataphin.OpenAPI.BadRequest',
      Message: expect.stringContaining('NumberFormatException'),
    });
  });

  it('tells its version in private deployments, and lacks what is newer', () => {
    const old = startWire({ ...WORLD, serverVersion: '6.2' });
    expect(old.wire(signV3('GetServerVersion', TENANT, signer('1'))).body).toMatchObject({ Data: 'v6.2.0.964601', Code: 'OK' });
    expect(old.wire(signV3('DeleteProject', { query: { ...TENANT.query, Id: '1' }, form: {} }, signer('2'))).body.Code).toBe(
      'InvalidAction.NotFound',
    );
    const cloud = startWire({ ...WORLD, serverVersion: null });
    expect(cloud.wire(signV3('GetServerVersion', TENANT, signer('1'))).body.Code).toBe('InvalidAction.NotFound');
    expect(cloud.wire(signV3('DeleteProject', { query: { ...TENANT.query, Id: '1' }, form: {} }, signer('2'))).body.Code).toBe(
      'DPN.Filter.ProjectNotFound',
    );
  });
});

describe('arguments', () => {
  const { wire } = startWire();
  let nonce = 0;
  const message = (action: string, name: string, text: string) => {
    const { body } = wire(signV3(action, { ...TENANT, form: { [name]: text } }, signer(`m${nonce++}`)));
    return [body.Code, body.Message];
  };
  const refused = (text: string) => ['Dataphin.OpenAPI.BadRequest', text];

  it('that are missing or misnamed are named', () => {
    expect(message('AddTenantMembers', 'addCommand', '{}')).toEqual(refused('Missing required argument: AddCommand'));
    expect(message('AddTenantMembers', 'AddCommand', '{}')).toEqual(refused('Missing required argument: UserList'));
    expect(message('AddTenantMembers', 'AddCommand', '{"UserList":null}')).toEqual(
      refused('Missing required argument: UserList'),
    );
  });

  it('of another type come back as raw Java messages with lower-camel paths', () => {
    expect(message('AddTenantMembers', 'AddCommand', '{"UserList":[[]]}')).toEqual(
      refused('java.lang.IllegalStateException: Expected BEGIN_OBJECT but was BEGIN_ARRAY at path $.userList[0]'),
    );
    expect(message('GetUsers', 'UserIdList', '"1"')).toEqual(
      refused('java.lang.IllegalStateException: Expected BEGIN_ARRAY but was STRING at path $'),
    );
    expect(message('ListTenantMembers', 'ListQuery', '{"Page":[],"PageSize":1}')).toEqual(
      refused('java.lang.IllegalStateException: Expected NUMBER but was BEGIN_ARRAY at path $.page'),
    );
    expect(message('GetUsers', 'UserIdList', 'nonsense')[1]).toContain('MalformedJsonException');
  });

  it('may be text where numbers stand, and unknown keys are ignored', () => {
    expect(message('ListTenantMembers', 'ListQuery', '{"Page":"1","PageSize":"20","Colour":"red","SearchText":null}')[0]).toBe(
      'OK',
    );
  });
});
