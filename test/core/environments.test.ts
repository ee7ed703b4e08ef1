import { describe, expect, it } from 'vitest';
import { readDocument } from '../../engine/core/document.ts';
import { type Choices, readWorkspace } from '../../engine/core/environments.ts';
import { ledgerPassword } from '../../engine/core/ledger-place.ts';
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
        ledger: { store: 'local' },
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
      ledger: { store: 'local' },
    });
  });

  const ledgerOf = (line: string, env: Readonly<Record<string, string>> = {}) => {
    const text = `phinfra: 1\nresources: []\ntenant: "1"\nconnection: { region: cn-shanghai }\nbudget: { ${line} }\n`;
    const { config, diagnostics } = read(text, { env });
    return config?.budget.ledger ?? diagnostics.map(({ code, source }) => `${code} ${source?.line ?? '-'}`);
  };
  const redis = { store: 'redis', address: 'redis://h:6379/0', host: 'h', port: 6379, database: 0, isSecure: false, user: null };

  it('takes a Redis whose password is a variable’s, read where it is sent', () => {
    expect(ledgerOf('ledger: "redis://h"')).toEqual(redis);
    const secure = { ...redis, address: 'rediss://[::1]:6380/3', host: '::1', port: 6380, database: 3, isSecure: true };
    expect(ledgerOf('ledger: { redis: "rediss://[::1]:6380/3", username: me, password: "${env:REDIS_PASSWORD}" }')).toEqual({
      ...secure,
      user: { name: 'me', variable: 'REDIS_PASSWORD' },
    });
    expect(ledgerOf('ledger: { redis: "redis://${env:HOST}", password: "${env:P}" }', { HOST: 'h' })).toEqual({
      ...redis,
      user: { name: null, variable: 'P' },
    });
  });

  it('takes no password that stands in the file, none of ours, and no half of a user', () => {
    expect(ledgerOf('ledger: "redis://me:pa55@h"')).toEqual(['SECRET_LITERAL 5']);
    expect(ledgerOf('ledger: "${env:WHERE}"', { WHERE: 'redis://:pa55@h' })).toEqual(['SECRET_LITERAL 5']);
    expect(ledgerOf('ledger: { redis: "redis://h", password: pa55 }')).toEqual(['SECRET_LITERAL 5']);
    expect(ledgerOf('ledger: { redis: "redis://h", password: "${env:PHINFRA_LEDGER}" }')).toEqual(['SECRET_NOT_ALLOWED 5']);
    expect(ledgerOf('ledger: { redis: "redis://h", username: me }')).toEqual(['KEY_MISSING 5']);
  });

  it('takes no address that leads nowhere', () => {
    for (const address of ['redis://', 'redis://h/x', 'redis://h:99999', 'redis://h?a=1', 'redis://h/0#x', 'redis://h /0'])
      expect([address, ledgerOf(`ledger: "${address}"`)]).toEqual([address, ['ENDPOINT_WRONG 5']]);
    expect(ledgerOf('ledger: { redis: "https://h" }')).toEqual(['ENDPOINT_WRONG 5']);
    expect(ledgerOf('ledger: memcached')).toEqual(['OPTION_UNSUPPORTED 5']);
    expect(ledgerOf('ledger: "${env:WHERE}"')).toEqual(['VARIABLE_UNSET 5']);
  });

  it('is beside the record where that is shared, unless it says otherwise', () => {
    const state = 'state: { backend: http, address: "https://h.example.com/x" }';
    const placeOf = (more: string, env = {}) =>
      read(`phinfra: 1\nresources: []\ntenant: "1"\nconnection: { region: cn-shanghai }\n${more}\n`, { env }).config?.budget
        .ledger;
    expect(placeOf('')).toEqual({ store: 'local' });
    expect(placeOf(state)).toEqual({ store: 'state' });
    expect(placeOf(`${state}\nbudget: { share: 1 }`)).toEqual({ store: 'state' });
    expect(placeOf(`${state}\nbudget: { ledger: local }`)).toEqual({ store: 'local' });
    expect(placeOf('budget: { ledger: state }')).toEqual({ store: 'state' });
    expect(placeOf(state, { PHINFRA_LEDGER: 'local' })).toEqual({ store: 'local' });
  });

  it('lets PHINFRA_LEDGER win, whose password stays in it', () => {
    const env = (text: string) => ({ PHINFRA_LEDGER: text });
    expect(ledgerOf('ledger: local', env('redis://h'))).toEqual(redis);
    expect(ledgerOf('ledger: local', env('redis://me:p%40ss@h'))).toEqual({
      ...redis,
      user: { name: 'me', variable: 'PHINFRA_LEDGER' },
    });
    expect(ledgerOf('ledger: "redis://h"', env('local'))).toEqual({ store: 'local' });
    for (const wrong of ['memcached', 'redis://:pa%ss@h', 'redis://h/x', 'http://me:pa55@h'])
      expect([wrong, ledgerOf('ledger: local', env(wrong))]).toEqual([wrong, ['OPTION_WRONG -']]);
    expect(ledgerPassword('PHINFRA_LEDGER', 'redis://me:p%40ss@h')).toBe('p@ss');
    expect(ledgerPassword('P', 'p%40ss')).toBe('p%40ss');
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
      ledger: { store: 'local' },
    });
  });
});

describe('what is asked of the file without an environment', () => {
  it('takes predefined variables for known, and no others', () => {
    const { config, variable, diagnostics } = read(TWO, { env: { SUFFIX: 'x', PROD_TENANT: '2' } });
    expect([config, diagnostics.map(({ code }) => code)]).toEqual([null, ['ENVIRONMENT_MISSING']]);
    expect([variable('environment'), variable('suffix'), variable('other')]).toEqual([
      { value: '' },
      { value: 'x' },
      expect.not.objectContaining({ value: expect.anything() }),
    ]);
  });
});

describe('a value that cannot be filled in', () => {
  const TOP = 'phinfra: 1\nresources: ["*.yaml"]\ntenant: "1"\n';
  const places = (text: string) =>
    read(TOP + text).diagnostics.map(({ code, source, length }) => [code, source?.line, source?.column, length]);

  it('is told at the placeholder, plain or in quotes; where escapes hide it, at the value', () => {
    expect(places('connection:\n  caller: a-${nobody}\n')).toEqual([['VARIABLE_UNKNOWN', 5, 13, 9]]);
    expect(places('connection: { region: cn-shanghai, caller: "a-${nobody}" }\n')).toEqual([['VARIABLE_UNKNOWN', 4, 47, 9]]);
    expect(places('connection: { region: cn-shanghai, caller: "\\x61-${nobody}" }\n')).toEqual([['VARIABLE_UNKNOWN', 4, 44, 9]]);
  });
});

describe('an environment that cannot be', () => {
  const TOP = 'phinfra: 1\nresources: ["*.yaml"]\n';
  const codes = (text: string, choices: Partial<Choices> = {}) => read(TOP + text, choices).diagnostics.map(({ code }) => code);

  it('is told by what is wrong with it', () => {
    expect(codes('tenant: "1"\nconnection: { region: cn-shanghai }\ndefaultEnvironment: dev\n')).toEqual([
      'ENVIRONMENT_UNKNOWN',
      'ENVIRONMENT_UNKNOWN',
    ]);
    expect(codes('environments: { dev: 5 }\n', { environment: 'dev' })).toEqual(['TYPE_WRONG']);
    expect(codes('environments: 5\n')).toContain('TYPE_WRONG');
    expect(codes('tenant: "1"\nconnection: { region: cn-shanghai }\n', { tenant: 'acme' })).toEqual(['OPTION_WRONG']);
  });

  it('has an address that is told at its place, or nowhere where it was given', () => {
    const refused = (text: string, message: string, choices: Partial<Choices> = {}) =>
      readWorkspace({
        document: readDocument('phinfra.yaml', TOP + text, { expand: null, reservedKeys: [], nodesLeft: 10_000 }),
        name: 'bank',
        choices: { variables: {}, env: {}, ...choices },
        validate: validateWorkspace,
        endpoint: () => ({ ok: false, code: 'ENDPOINT_WRONG', message, hint: 'mend it' }),
        isTimezone: () => true,
      }).diagnostics.map(({ code, message: says, hint, source }) => [
        code,
        says,
        hint,
        source ? `${source.line}:${source.column}` : '',
      ]);
    const wrong = (message: string, place: string) => [['ENDPOINT_WRONG', message, 'Mend it.', place]];
    expect(refused('tenant: "1"\nconnection: { region: cn-shanghai }\n', 'it is none')).toEqual(wrong('It is none.', '4:23'));
    expect(refused('tenant: "1"\nconnection: { endpoint: "http://e" }\n', 'it is none!')).toEqual(wrong('It is none!', '4:25'));
    expect(refused('tenant: "1"\nconnection: { region: cn-shanghai }\n', 'it is none', { endpoint: 'x' })).toEqual(
      wrong('It is none.', ''),
    );
  });
});

describe('what a run may spend', () => {
  const TOP = 'phinfra: 1\nresources: ["*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n';
  const perRun = (value: string) => read(`${TOP}budget: { perRun: ${value} }\n`).config?.budget.perRun;

  it('is a number of all calls together, or one for each level and for all', () => {
    expect(perRun('100')).toEqual({ level1: null, level2: null, level3: null, all: 100 });
    expect(perRun('{ level2: 5, all: 9 }')).toEqual({ level1: null, level2: 5, level3: null, all: 9 });
    expect(perRun('{ level2: 5 }')).toEqual({ level1: null, level2: 5, level3: null, all: null });
  });
});
