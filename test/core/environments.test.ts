import { describe, expect, it } from 'vitest';
import { readDocument } from '../../engine/core/document.ts';
import { type Choices, readWorkspace } from '../../engine/core/environments.ts';
import { validateWorkspace } from '../../engine/core/validators/index.js';

const read = (text: string, choices: Partial<Choices> = {}) =>
  readWorkspace({
    document: readDocument('phinfra.yaml', text, { expand: null, reservedKeys: [], nodesLeft: 10_000 }),
    name: 'bank',
    choices: { variables: {}, env: {}, ...choices },
    validate: validateWorkspace,
    endpoint: ({ region, endpoint }) => ({ deployment: endpoint ?? region ?? '' }),
    isTimezone: () => true,
  });

const CONNECTION = {
  region: 'cn-shanghai',
  endpoint: null,
  emulator: null,
  caller: null,
  signature: 'v3',
  parameters: 'body',
  caFile: null,
};
const TWO = `phinfra: 1
resources: ["r/\${environment}/*.yaml"]
variables: { suffix: "\${env:SUFFIX}", count: 007 }
environments:
  dev:
    tenant: "300001500"
    connection: { region: cn-shanghai }
    overlays: ["env/dev/*.yaml"]
  prod:
    tenant: "\${env:PROD_TENANT}"
    connection: { region: cn-beijing, caller: "ci-\${suffix}@example.com", signature: v1, parameters: query, caFile: ca.pem }
    edition: basic
    serverVersion: "6.3"
    drift: report
    overlays: ["env/prod/*.yaml"]
`;

describe('an environment', () => {
  it('is the top of a file without environments, named default, with every default filled in', () => {
    const { config, diagnostics } = read(
      'phinfra: 1\nresources: ["**/*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n',
    );
    expect(diagnostics).toEqual([]);
    expect(config).toEqual({
      name: 'bank',
      timezone: 'Asia/Shanghai',
      environment: {
        name: 'default',
        tenant: '1',
        connection: CONNECTION,
        edition: null,
        serverVersion: null,
        drift: 'revert',
        overlays: [],
        isProtected: false,
        adopt: [],
        approvals: [],
        state: { backend: 'local' },
      },
      environments: ['default'],
      budget: {
        perRun: { level1: null, level2: null, level3: null, all: null },
        reserve: { level1: 0, level2: 0, level3: 0 },
        share: 1,
        review: 0.3,
        quotas: null,
      },
      secrets: { env: [], files: [] },
      exclusive: [],
      guards: {
        deletes: { count: null, share: null },
        losses: { people: null },
        gains: { people: null },
        minAdmins: null,
        require: { self: false },
        isProtected: false,
      },
      released: [],
    });
  });

  it('has its guards, what it may adopt, and what is released', () => {
    const { config, diagnostics } = read(
      [
        'phinfra: 1',
        'resources: ["**/*.yaml"]',
        'tenant: "1"',
        'connection: { region: cn-shanghai }',
        'protected: true',
        'adopt: { allow: ["userGroups/*"] }',
        'guards: { deletes: { count: 10, share: 0.3 }, losses: { people: 50 }, gains: { people: 100 }, minAdmins: 1, require: { self: true } }',
        'released: [{ address: projects/risk, to: risk, reason: R-1 }]',
        '',
      ].join('\n'),
    );
    expect(diagnostics).toEqual([]);
    expect(config?.environment).toMatchObject({ isProtected: true, adopt: ['userGroups/*'] });
    expect(config?.guards).toEqual({
      deletes: { count: 10, share: 0.3 },
      losses: { people: 50 },
      gains: { people: 100 },
      minAdmins: 1,
      require: { self: true },
      isProtected: true,
    });
    expect(config?.released).toEqual([{ address: 'projects/risk', to: 'risk', reason: 'R-1' }]);
  });

  it('is chosen by the flag, then PHINFRA_ENV, then the default', () => {
    const text = `${TWO}defaultEnvironment: dev\n`;
    const env = { SUFFIX: 'x', PROD_TENANT: '9' };
    const chosen = (choices: Partial<Choices>) => read(text, { env, ...choices }).config?.environment.name;
    expect([
      chosen({}),
      chosen({ env: { ...env, PHINFRA_ENV: 'prod' } }),
      chosen({ env: { ...env, PHINFRA_ENV: 'prod' }, environment: 'dev' }),
    ]).toEqual(['dev', 'prod', 'dev']);
  });

  it('takes plain values from variables of the environment, and says all it knows', () => {
    const workspace = read(TWO, { environment: 'prod', env: { SUFFIX: 'bank', PROD_TENANT: '300001413' } });
    expect(workspace.diagnostics).toEqual([]);
    expect(workspace.config?.environment).toEqual({
      name: 'prod',
      tenant: '300001413',
      connection: {
        ...CONNECTION,
        region: 'cn-beijing',
        caller: 'ci-bank@example.com',
        signature: 'v1',
        parameters: 'query',
        caFile: 'ca.pem',
      },
      edition: 'basic',
      serverVersion: '6.3',
      drift: 'report',
      overlays: ['env/prod/*.yaml'],
      isProtected: false,
      adopt: [],
      approvals: [],
      state: { backend: 'local' },
    });
    expect(workspace.resources.map(({ glob }) => glob)).toEqual(['r/prod/*.yaml']);
    expect(workspace.otherOverlays).toEqual(['env/dev/*.yaml']);
    expect(['suffix', 'count', 'tenant', 'region', 'environment'].map(workspace.variable)).toEqual(
      ['bank', '007', '300001413', 'cn-beijing', 'prod'].map((value) => ({ value })),
    );
  });

  it('does not ask for the variables of another one', () => {
    expect(read(TWO, { environment: 'dev', env: { SUFFIX: 'x' } }).diagnostics).toEqual([]);
  });

  it('yields to flags, and flags win over the environment', () => {
    const text = 'phinfra: 1\nresources: []\ntenant: "1"\nconnection: { emulator: {}, caller: a }\n';
    const env = { PHINFRA_TENANT: '2', PHINFRA_ENDPOINT: 'https://e', PHINFRA_CALLER: 'b' };
    const seen = (choices: Partial<Choices>) => {
      const { tenant, connection } = read(text, choices).config?.environment ?? {};
      return [tenant, connection?.endpoint, connection?.caller, connection?.emulator];
    };
    expect(seen({})).toEqual(['1', null, 'a', { data: null, world: null }]);
    expect(seen({ env })).toEqual(['2', 'https://e', 'b', null]);
    expect(seen({ env, tenant: '3', endpoint: 'https://f', caller: 'c' })).toEqual(['3', 'https://f', 'c', null]);
  });

  it('needs no tenant with an emulator', () => {
    const { config } = read('phinfra: 1\nresources: []\nconnection: { emulator: { data: d.json, world: w.json } }\n');
    expect([config?.environment.tenant, config?.environment.connection.emulator]).toEqual([
      null,
      { data: 'd.json', world: 'w.json' },
    ]);
  });

  it('prefers --var to the file', () => {
    const workspace = read(TWO, { environment: 'dev', variables: { suffix: 'given', more: 'x' }, env: { SUFFIX: 'y' } });
    expect(['suffix', 'more'].map(workspace.variable)).toEqual([{ value: 'given' }, { value: 'x' }]);
  });
});

describe('a budget', () => {
  const budget = (line: string) =>
    read(`phinfra: 1\nresources: []\ntenant: "1"\nconnection: { region: cn-shanghai }\nbudget: ${line}\n`).config?.budget;

  it('takes a plain number for all levels', () => {
    expect(budget('{ reserve: 0.2, share: 0.9, ledger: local }')).toEqual({
      perRun: { level1: null, level2: null, level3: null, all: null },
      reserve: { level1: 0.2, level2: 0.2, level3: 0.2 },
      share: 0.9,
      review: 0.3,
      quotas: null,
    });
  });

  it('takes levels one by one, and quotas in place of the edition’s', () => {
    expect(
      budget(
        '{ reserve: { level3: 0.2 }, quotas: [{ levels: [3, 1], perSecond: 5, perDay: 100 }, { levels: [2], perSecond: 0.5 }] }',
      ),
    ).toEqual({
      perRun: { level1: null, level2: null, level3: null, all: null },
      reserve: { level1: 0, level2: 0, level3: 0.2 },
      share: 1,
      review: 0.3,
      quotas: [
        { levels: [1, 3], perSecond: 5, perDay: 100 },
        { levels: [2], perSecond: 0.5, perDay: null },
      ],
    });
  });
});
