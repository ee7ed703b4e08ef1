import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createService, defaultWorld, SERVED } from '../../emulator/index.ts';
import { type FieldShape, SHAPES } from '../../engine/operations/shapes.ts';

const PEOPLE = ['300000001', '300000003', '300000004', '300000005', '204800000000000004'];
const NAMES = ['a', 'b', 'c', 'a_dev', 'MAX_COMPUTE', 'REDIS', 'DEV', 'PROD', 'GENERAL', '1', '2', '3', '4', '', '__proto__'];
/** What some fields must hold to get anywhere. */
const LIKELY: { readonly [field: string]: readonly string[] } = {
  Name: ['a', 'b', 'c'],
  UserId: PEOPLE,
  OwnerIds: PEOPLE,
  MemberIds: PEOPLE,
  EffectiveEnd: ['2027-12-31', '2020-02-29', '2027-12-31 23:59:59'],
  ExpireDate: ['2027-12-31', '2020-02-29'],
  AppName: ['shop', 'sales', 'stock'],
  AppKey: ['app-key-3', 'app-key-4', 'app-key-5'],
  AppSecret: ['secret-1', 'secret-2'],
  GranteeType: ['APP', 'USER'],
  AuthType: ['USE', 'DELEGATION'],
  Env: ['DEV', 'PROD', 'QA'],
  AuthTypes: ['USE', 'DELEGATION'],
  Mode: ['DEV', 'DEV_PROD', 'BASIC'],
  Type: ['MAX_COMPUTE', 'REDIS', 'GENERAL', 'RELATION', 'EXPRESSION'],
  TabType: ['TABLE', 'DATASOURCE'],
  ResourceType: ['DATASOURCE', 'PHYSICAL_FIELD', 'PHYSICAL_TABLE'],
  OperateList: ['SYNC_READ', 'SELECT'],
  Operate: ['SYNC_READ', 'SELECT'],
  UserIdList: PEOPLE,
  ResourceId: ['1', '2', '3'],
  AppKeyStr: ['app-key-1', 'app-key-2'],
};
/** Optional by the shape, but most calls need one of them. */
const NEEDED = new Set(['Id', 'AppId', 'UserId', 'ProdFieldList', 'DevFieldList', 'ResourceId', 'ProdDataSourceCreate']);
/** Groups, compute sources and projects whose ids are in the range that the generator uses. */
const HALF = { ComputeSourceId: null };
const WORLD = {
  ...defaultWorld('intelligent'),
  userGroups: [1, 2].map((id) => ({ Id: String(id), Name: `g${id}` })),
  computeSources: [1, 2, 3, 4].map((id) => ({ Id: String(id), Name: `mc${id}` })),
  projects: [
    { Id: '3', Name: 'a', Mode: 'DEV_PROD', Halves: { PROD: { ...HALF, Members: { '300000003': [1] } }, DEV: HALF } },
    { Id: '4', Name: 'b', Mode: 'BASIC', Halves: { PROD: { ...HALF, Members: { '300000003': [1] } } } },
  ],
  appGroups: [1, 2, 3].map((id) => ({ Id: String(id), Name: `apps${id}` })),
  apps: [1, 2, 3].map((id) => ({
    AppId: String(id),
    AppName: `app_${id}`,
    AppGroupId: '1',
    AppKey: `app-key-${id}`,
    OwnerIds: ['300000001'],
    Members: ['300000003', '300000004'].map((UserId) => ({ UserId, EffectiveEnd: '2027-12-31' })),
  })),
  dataServiceProjects: [
    { ProjectId: '3', ProjectName: 'basic', Mode: 'BASIC' },
    { ProjectId: '4', ProjectName: 'pair', Mode: 'DEV_PROD' },
  ].map((project, at) => ({
    ...project,
    Apis: [true, false].map((Query, nth) => ({
      ApiId: String(2 * at + nth + 1),
      ApiName: `api${nth}`,
      Query,
      Fields: Query ? [1, 2, 3].map((id) => ({ Id: String(id), ParameterName: `f${id}` })) : [],
      Grants: ['1', '2'].map((GranteeId) => ({ GranteeType: 'APP', GranteeId, ExpireDate: '2027-12-31' })),
    })),
  })),
  dataSources: [1, 3].map((id) => ({
    Prod: { Id: String(id), Name: `source${id}`, Type: 'REDIS' },
    Dev: { Id: String(id + 1), Name: `source${id}`, Type: 'REDIS' },
  })),
  resourceGrants: PEOPLE.slice(0, 3).map((AccountId, at) => ({
    ResourceType: 'DATASOURCE',
    ResourceId: '1',
    AccountId,
    AccountType: 'PERSONAL',
    Operations: { SYNC_READ: '2027-12-31 23:59:59' },
    ...(at === 0 ? { Pending: { SYNC_WRITE: '2027-12-31 23:59:59' } } : {}),
  })),
  rowPermissions: [1, 2, 3, 4].map((id) => ({ RowPermissionId: String(id), RowPermissionName: `rows${id}` })),
};
const junk = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...NAMES, ...PEOPLE));

/** Mostly what the shape asks for, now and then something else. */
const given = (shape: FieldShape, field = ''): fc.Arbitrary<unknown> => {
  const right = (): fc.Arbitrary<unknown> => {
    switch (shape.type) {
      case 'array':
        return fc.array(shape.items ? given(shape.items, field) : junk, { maxLength: 2 });
      case 'object':
        return fc.record(Object.fromEntries(Object.entries(shape.fields ?? {}).map(([name, one]) => [name, given(one, name)])));
      case 'boolean':
        return fc.boolean();
      case 'number':
        return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(1, '2', '3', 4) }, { weight: 1, arbitrary: fc.integer() });
      default:
        return fc.constantFrom(...(LIKELY[field] ?? [...NAMES, ...PEOPLE]));
    }
  };
  return fc.oneof(
    { weight: 34, arbitrary: right() },
    { weight: shape.required || NEEDED.has(field) ? 1 : 40, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: junk },
  );
};

describe('any arguments', () => {
  it('are answered in the service’s own words, and a refused call changes nothing', () => {
    const calls = fc
      .constantFrom(...SERVED)
      .chain((action) =>
        fc
          .record(
            Object.fromEntries(Object.entries(SHAPES[action]?.request ?? {}).map(([name, shape]) => [name, given(shape, name)])),
          )
          .map(({ OpTenantId: _tenant, ...parameters }) => ({ action, parameters })),
      );
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(calls, { minLength: 1, maxLength: 60, size: 'max' }), (list) => {
        let ms = 0;
        const service = createService({ world: WORLD, seed: 1, clock: { nowMs: () => ms } });
        for (const { action, parameters } of list) {
          ms += 500;
          const before = service.calls().length;
          const { status, body } = service.call({ action, parameters: parameters as never });
          const record = service.calls()[before];
          expect(body.Code).toMatch(/^(OK|DPN(\.[A-Za-z]+)+|Dataphin\.OpenAPI\.BadRequest)$/);
          expect([status, body.Success, record?.outcome]).toEqual(
            body.Code === 'OK' ? [200, true, 'ok'] : [400, false, 'refused'],
          );
          if (record?.outcome === 'refused') expect(record.committed).toBe(false);
          if (body.Code === 'OK') seen.set(action, (seen.get(action) ?? 0) + 1);
        }
        const world = service.world();
        expect(createService({ world: JSON.parse(JSON.stringify(world)), clock: { nowMs: () => ms } }).world()).toEqual(world);
        expect(service.violations()).toEqual([]);
      }),
      { numRuns: 900, seed: 20261124, unbiased: true },
    );
    // A generator that never gets past the arguments would prove nothing.
    expect(SERVED.filter((action) => !seen.has(action))).toEqual([]);
  });
});
