import { describe, expect, it } from 'vitest';
import { readDocument } from '../../engine/core/document.ts';
import type { KindShape, Validate } from '../../engine/core/load.ts';
import { loadResources } from '../../engine/core/load.ts';
import { renderWorkspace } from '../../engine/core/render-workspace.ts';
import { VALIDATORS } from '../../engine/core/validators/index.js';
import { expandTemplate, secretSources, variableIn } from '../../engine/core/variables.ts';
import { KINDS } from '../../engine/kinds/index.ts';

const LOOKUP = {
  variable: variableIn(
    new Map([
      ['team', 'finance'],
      ['region', 'cn-shanghai'],
    ]),
  ),
  source: secretSources({ env: ['MC_*'], files: ['secrets/*', '/run/secrets/**'] }),
};
const read = (file: string, text: string) =>
  readDocument(file, text, {
    expand: (value) => expandTemplate(value, LOOKUP),
    reservedKeys: ['$secret', '$concat', '$id'],
    nodesLeft: 1000,
  });

type Files = Readonly<Record<string, string>>;
const load = (
  files: Files,
  overlays: Files = {},
  kinds: readonly KindShape[] = KINDS,
  validators: Readonly<Record<string, Validate>> = VALIDATORS,
) =>
  loadResources({
    documents: Object.entries(files).map(([file, text]) => read(file, text)),
    overlays: Object.entries(overlays).map(([file, text]) => read(file, text)),
    kinds,
    validators,
  });
const rawOf = (loaded: ReturnType<typeof load>) => Object.fromEntries(loaded.resources.map(({ address, raw }) => [address, raw]));

describe('values', () => {
  it('reads scalars by the core schema of YAML 1.2, and keeps 64-bit numbers as text', () => {
    const { value } = read(
      'a.yaml',
      'a: [yes, no, 012, 0o17, 0x1f, 1e3, 12:30:45, 2024-01-01, 1_000, true, False, ~, 9007199254740993, -9007199254740993, "1", -0]\n',
    );
    expect(value).toEqual({
      a: [
        'yes',
        'no',
        12,
        15,
        31,
        1000,
        '12:30:45',
        '2024-01-01',
        '1_000',
        true,
        false,
        null,
        '9007199254740993',
        '-9007199254740993',
        '1',
        0,
      ],
    });
  });

  it('takes plain keys as they are written', () => {
    const { value, diagnostics } = read('a.yaml', '{ 17: a, true: b, 1e3: c, 007: d, ~: e, "x y": f }\n');
    expect([diagnostics, value]).toEqual([[], { '17': 'a', true: 'b', '1e3': 'c', '007': 'd', '~': 'e', 'x y': 'f' }]);
  });

  it('lets one byte order mark, CRLF, comments, an empty file and a leading document mark pass', () => {
    expect(read('a.yaml', '---\r\na:\r\n  b: x\r\n').value).toEqual({ a: { b: 'x' } });
    expect(read('a.yaml', '').diagnostics).toEqual([]);
    expect(read('a.yaml', '# nothing yet\n').diagnostics).toEqual([]);
  });

  it('counts values over all files and stops at the limit', () => {
    const { diagnostics, nodes } = readDocument('a.yaml', '[1, 2, 3, 4, 5]\n', { expand: null, reservedKeys: [], nodesLeft: 3 });
    expect(nodes).toBe(6);
    expect(diagnostics.map(({ code, source }) => [code, source?.column])).toEqual([['YAML_TOO_MANY_NODES', 8]]);
  });
});

describe('variables and sources', () => {
  it('fills variables into values and keys, and keeps a literal', () => {
    const { resources } = load({
      'a.yaml': 'userGroups:\n  "${team}_${region}": { description: "of ${team}, not $${team}, $5 {x}" }\n',
    });
    expect(resources.map(({ address, raw }) => [address, raw])).toEqual([
      ['userGroups/finance_cn-shanghai', { description: 'of finance, not ${team}, $5 {x}' }],
    ]);
  });

  it('makes sources references, alone and in text', () => {
    const text = `computeSources:
  mc:
    config:
      jdbc.password: "\${env:MC_PW}"
      jdbc.url: "jdbc:x?user=\${team}&key=\${file:/run/secrets/a/b}&z"
`;
    expect(rawOf(load({ 'a.yaml': text }))).toEqual({
      'computeSources/mc': {
        config: {
          'jdbc.password': { $secret: 'env:MC_PW' },
          'jdbc.url': { $concat: ['jdbc:x?user=finance&key=', { $secret: 'file:/run/secrets/a/b' }, '&z'] },
        },
      },
    });
  });

  it('takes plain scalars of a config as they are written', () => {
    const text =
      'computeSources:\n  mc: { config: { port: 0123, ssl: True, version: 1.10, big: 9007199254740993, text: "07" } }\n';
    expect(rawOf(load({ 'a.yaml': text }))).toEqual({
      'computeSources/mc': { config: { port: '0123', ssl: 'True', version: '1.10', big: '9007199254740993', text: '07' } },
    });
  });

  it('does not take names of files for secrets', () => {
    const text = 'computeSources:\n  mc: { config: { hdfs.keytab.filename: a.keytab, accessId: x } }\n';
    expect(load({ 'a.yaml': text }).diagnostics).toEqual([]);
  });
});

describe('merging', () => {
  const parent = 'projects:\n  finance: { mode: dev-prod, displayName: F }\n';
  const members = '\nprojects:\n  finance:\n    members:\n      prod: { admin: [alice@example.com] }\n';

  it('lets a nested collection stand in a file of its own, and keeps both places', () => {
    const { resources, diagnostics } = load({ 'z.yaml': parent, 'a.yaml': members });
    expect(diagnostics).toEqual([]);
    const [finance] = resources;
    expect(finance?.raw).toEqual({ mode: 'dev-prod', displayName: 'F', members: { prod: { admin: ['alice@example.com'] } } });
    expect([
      finance?.source,
      finance?.sourceOf('/displayName'),
      finance?.sourceOf('/members'),
      finance?.sourceOf('/members/prod/admin/0'),
    ]).toEqual([
      { file: 'z.yaml', line: 2, column: 3 },
      { file: 'z.yaml', line: 2, column: 43 },
      { file: 'a.yaml', line: 4, column: 5 },
      { file: 'a.yaml', line: 5, column: 23 },
    ]);
  });

  it('does not depend on the order of files', () => {
    const files = { 'z.yaml': parent, 'a.yaml': members, 'm.yaml': 'userGroups: { b: {}, a: {} }\nsets: { s: {} }\n' };
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    const seen = (loaded: ReturnType<typeof load>) => [
      loaded.resources.map(({ address, raw, source }) => [address, raw, source]),
      loaded.sets.map(({ name, source }) => [name, source]),
      loaded.diagnostics,
    ];
    expect(seen(load(files))).toEqual(seen(load(reversed)));
  });

  it('shows both places of a duplicate', () => {
    const { diagnostics } = load({ 'a.yaml': parent, 'b.yaml': `\n${parent}` });
    expect(diagnostics).toEqual([
      {
        code: 'ADDRESS_DUPLICATE',
        severity: 'error',
        message: '"projects/finance" is declared twice.',
        hint: 'Keep one of them; only members may stand in a file of its own, once.',
        source: { file: 'b.yaml', line: 3, column: 3 },
        length: 7,
        address: 'projects/finance',
        related: [{ message: 'The first one is here.', source: { file: 'a.yaml', line: 2, column: 3 } }],
      },
    ]);
  });

  it('reads keys of several parts as a map of maps, and encodes them in the address', () => {
    const kind: KindShape = {
      collection: 'apps',
      keyParts: ['group', 'name'],
      nested: [],
      schema: { type: 'object', properties: { owner: { type: 'string' } }, additionalProperties: false },
    };
    const accept: Validate = () => true;
    const loaded = load({ 'a.yaml': 'apps:\n  finance:\n    "portal a/b": { owner: x }\n  empty: {}\n' }, {}, [kind], {
      ...VALIDATORS,
      apps: accept,
    });
    expect(loaded.resources.map(({ address, key }) => [address, key])).toEqual([
      ['apps/finance/portal%20a%2Fb', ['finance', 'portal a/b']],
    ]);
  });
});

describe('overlays', () => {
  const base = {
    'a.yaml': `userGroups:
  a: { description: base, members: [x, y], active: true }
  b: { description: base }
  c: {}
projects:
  p: { displayName: base, description: { prod: one, dev: two } }
computeSources:
  mc: { config: { jdbc.password: "\${env:MC_PW}" } }
`,
  };

  it('merges as RFC 7386 says: maps into maps, lists as a whole, null takes away', () => {
    const overlays = {
      'prod.yaml': `userGroups:
  a: { description: null, members: [z] }
  b: null
  new: { active: false, description: null }
projects:
  p: { description: { dev: three } }
computeSources:
  mc: { config: { jdbc.password: "\${env:MC_PROD}" } }
`,
      'zlast.yaml': 'userGroups:\n  a: { active: false }\n',
    };
    const loaded = load(base, overlays);
    expect(loaded.diagnostics).toEqual([]);
    expect(rawOf(loaded)).toEqual({
      'userGroups/a': { members: ['z'], active: false },
      'userGroups/c': {},
      'userGroups/new': { active: false },
      'projects/p': { displayName: 'base', description: { prod: 'one', dev: 'three' } },
      'computeSources/mc': { config: { 'jdbc.password': { $secret: 'env:MC_PROD' } } },
    });
    const places = Object.fromEntries(loaded.resources.map((resource) => [resource.address, resource]));
    const files = (address: string, ...pointers: string[]) =>
      pointers.map((pointer) => {
        const { file, line } = places[address]?.sourceOf(pointer) ?? { file: '', line: 0 };
        return `${file}:${line}`;
      });
    expect(files('userGroups/a', '', '/members/0', '/active')).toEqual(['a.yaml:2', 'prod.yaml:2', 'zlast.yaml:2']);
    expect(files('projects/p', '/displayName', '/description/prod', '/description/dev')).toEqual([
      'a.yaml:6',
      'a.yaml:6',
      'prod.yaml:6',
    ]);
    expect(files('userGroups/new', '')).toEqual(['prod.yaml:4']);
  });

  it('takes away a whole collection', () => {
    expect(Object.keys(rawOf(load(base, { 'o.yaml': 'userGroups: null\ncomputeSources: ~\n' })))).toEqual(['projects/p']);
  });

  it('never merges into a secret', () => {
    const loaded = load(base, { 'o.yaml': 'computeSources:\n  mc: { config: { jdbc.password: { x: y } } }\n' });
    expect(loaded.diagnostics.map(({ code, source }) => [code, source?.column])).toEqual([['SECRET_LITERAL', 34]]);
  });
});

describe('rendering', () => {
  it('shows the collections as a file would say them, with the place of every value', () => {
    const loaded = load(
      {
        'a.yaml':
          'sets:\n  s: { people: [a] }\ncomputeSources:\n  mc: { description: "$${x}", config: { a.password: "k${env:MC_PW}" } }\n',
      },
      { 'o.yaml': 'computeSources:\n  mc: { type: MAX_COMPUTE }\n' },
    );
    expect(renderWorkspace(loaded)).toEqual({
      rendered: {
        sets: { s: { people: ['a'] } },
        computeSources: { mc: { description: '$${x}', config: { 'a.password': 'k${env:MC_PW}' }, type: 'MAX_COMPUTE' } },
      },
      origins: {
        '/sets/s': { file: 'a.yaml', line: 2, column: 3 },
        '/sets/s/people': { file: 'a.yaml', line: 2, column: 16 },
        '/sets/s/people/0': { file: 'a.yaml', line: 2, column: 17 },
        '/computeSources/mc': { file: 'a.yaml', line: 4, column: 3 },
        '/computeSources/mc/description': { file: 'a.yaml', line: 4, column: 22 },
        '/computeSources/mc/config': { file: 'a.yaml', line: 4, column: 39 },
        '/computeSources/mc/config/a.password': { file: 'a.yaml', line: 4, column: 53 },
        '/computeSources/mc/type': { file: 'o.yaml', line: 2, column: 15 },
      },
    });
  });
});
