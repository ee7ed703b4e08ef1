/** Hand-made plans for the renderers' tests. */
import type { Change, Plan } from '../../cli/engine.ts';

export const emptyCalls = { levels: { '1': 0, '2': 0, '3': 0 }, operations: {} };

export const aChange = (over: Partial<Change> & Pick<Change, 'address' | 'action'>): Change => {
  const [kind = '', ...rest] = over.address.split('/');
  return {
    kind,
    key: rest,
    reason: null,
    ids: null,
    before: null,
    after: null,
    patch: [],
    fields: [],
    cause: null,
    preimage: null,
    source: null,
    steps: [],
    manual: [],
    ...over,
  };
};

export const aPlan = (over: Partial<Plan> = {}): Plan => ({
  format: 'phinfra.plan/1',
  workspace: 'company',
  environment: 'prod',
  tenant: '300001413',
  endpoint: 'https://dataphin-openapi.cn-shanghai.aliyuncs.com',
  deployment: 'cn-shanghai',
  region: 'cn-shanghai',
  edition: 'basic',
  caller: 'ci-dataphin@example.com',
  key: '7Q2a',
  day: '2026-11-24',
  timezone: 'Asia/Shanghai',
  madeAt: '2026-11-24T02:00:00.000Z',
  record: { lineage: 'a', serial: 3 },
  destroy: false,
  changes: [],
  steps: [],
  summary: { create: 0, update: 0, replace: 0, delete: 0, adopt: 0, forget: 0, manual: 0, none: 0, unchanged: 0, unmanaged: 0 },
  coverage: [],
  looked: [],
  parts: [],
  notCompared: [],
  trusted: 0,
  unmanaged: [],
  bill: {
    spent: emptyCalls,
    minimum: emptyCalls,
    toApply: emptyCalls,
    settle: emptyCalls,
    check: emptyCalls,
    left: [],
    seconds: 0,
    days: 0,
    byDay: [],
    looks: { lists: [], further: [], each: {} },
  },
  access: null,
  guards: [],
  needs: [],
  people: {},
  warnings: [],
  changesDigest: '4f1c9a0000000000000000000000000000000000000000000000000000000000',
  planDigest: '00',
  ...over,
});

const levels = (one: number, two: number, three: number) => ({ levels: { '1': one, '2': two, '3': three }, operations: {} });

/** The situation that DESIGN 5 sketches. */
export const sketchPlan = (): Plan =>
  aPlan({
    changes: [
      aChange({
        address: 'userGroups/finance_analysts',
        action: 'update',
        reason: 'changed',
        source: { file: 'people/groups.yaml', line: 4, column: 3 },
        fields: [
          { pointer: '/description', reason: 'changed', before: 'Reads marts', after: 'Reads the finance marts' },
          { pointer: '/members/bob@example.com', reason: 'added', after: true, cause: 'sets/finance_analysts' },
          { pointer: '/members/carol@example.com', reason: 'drifted', before: true },
          {
            pointer: '/members/alice@example.com',
            reason: 'default',
            before: true,
            stands: true,
            note: 'an administrator is a member by himself',
          },
        ],
      }),
      aChange({
        address: 'dataSources/orders_db',
        action: 'update',
        reason: 'secret',
        source: { file: 'platform/sources.yaml', line: 9, column: 3 },
        fields: [{ pointer: '/prod/config/jdbc.password', reason: 'secret', before: null, after: null, sensitive: true }],
      }),
      aChange({
        address: 'projects/finance',
        action: 'create',
        source: { file: 'platform/projects.yaml', line: 2, column: 3 },
        after: {
          mode: 'dev-prod',
          description: {},
          computeSource: { dev: 'mc_finance_dev', prod: 'mc_finance_prod' },
          members: {
            prod: { 'alice@example.com': { admin: true }, 'bob@example.com': { analyst: true } },
            dev: { 'alice@example.com': { admin: true, developer: true } },
          },
        },
      }),
      aChange({ address: 'projects/sandbox', action: 'adopt', source: { file: 'platform/projects.yaml', line: 20, column: 3 } }),
      aChange({
        address: 'projects/risk',
        action: 'none',
        source: { file: 'platform/projects.yaml', line: 30, column: 3 },
        fields: [
          {
            pointer: '/members/prod/owner@example.com',
            reason: 'default',
            before: { admin: true },
            stands: true,
            note: 'the creator of a project is its owner',
          },
        ],
      }),
    ],
    summary: {
      create: 1,
      update: 2,
      replace: 0,
      delete: 0,
      adopt: 1,
      forget: 0,
      manual: 0,
      none: 1,
      unchanged: 212,
      unmanaged: 3,
    },
    coverage: ['userGroups', 'computeSources', 'dataSources', 'projects'].map((kind) => ({ kind, status: 'live' })),
    needs: ['file:secrets/orders_db'],
    unmanaged: [{ kind: 'userGroups', count: 3, addresses: ['userGroups/a', 'userGroups/b', 'userGroups/c'] }],
    bill: {
      spent: levels(14, 3, 2),
      minimum: levels(14, 3, 2),
      toApply: levels(3, 5, 3),
      settle: levels(1, 1, 1),
      check: levels(0, 0, 0),
      left: [
        { levels: [1, 2], perDay: 50_000, left: 49_912, reserve: 0 },
        { levels: [3], perDay: 10_000, left: 9_812, reserve: 2_000 },
      ],
      seconds: 0.8,
      days: 1,
      byDay: [],
      looks: { lists: [], further: [], each: {} },
    },
  });
