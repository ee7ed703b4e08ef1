import { describe, expect, it } from 'vitest';
import type { Desired, LoadedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { resolve, resolvePeople, unknownReferences } from '../../engine/core/resolve.ts';
import type { LoadedWorkspace } from '../../engine/core/workspace.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { tenantMembers } from '../../engine/kinds/tenant-members.ts';
import { userGroups } from '../../engine/kinds/user-groups.ts';
import { desiredOf, PLACE } from '../support/resources.ts';

const at = (line: number) => ({ file: 'tenant.yaml', line, column: 1 });

const loaded = (kind: string, key: string, raw: JsonObject): LoadedResource => ({
  kind,
  key: [key],
  address: `${kind}/${key}`,
  raw,
  source: at(1),
  sourceOf: (pointer) => ({ file: 'tenant.yaml', line: 1, column: pointer.length + 1 }),
});
const on = (day: string) => ({ day, tenant: '300001413', caller: null });
const workspace = (resources: readonly LoadedResource[], environment: JsonObject = {}): LoadedWorkspace =>
  ({
    resources,
    sets: [
      {
        name: 'analysts',
        raw: { people: ['alice@example.com', { who: 'bob@example.com', until: '2026-12-31' }] },
        source: at(9),
        sourceOf: () => at(9),
      },
    ],
    config: { environment: { name: 'prod', edition: 'basic', serverVersion: null, ...environment } },
  }) as unknown as LoadedWorkspace;

describe('resolving what is written', () => {
  it('brings lists of people into maps, with the place and the cause of each', () => {
    const { desired, diagnostics } = resolve(
      workspace([loaded('userGroups', 'a', { members: ['sets/analysts', 'carol@example.com'] })]),
      KINDS,
      on('2026-11-24'),
    );
    expect(diagnostics).toEqual([]);
    expect(desired[0]).toMatchObject({
      spec: { members: { 'alice@example.com': true, 'bob@example.com': true, 'carol@example.com': true } },
      causes: { '/members/alice@example.com': 'sets/analysts', '/members/bob@example.com': 'sets/analysts' },
      listsPeople: true,
    });
    expect(desired[0]?.people.map(({ account }) => account)).toEqual([
      'alice@example.com',
      'bob@example.com',
      'carol@example.com',
    ]);
  });

  it('leaves out whose time is over, warns once at the line, and remembers the pointer', () => {
    const both = [
      loaded('userGroups', 'a', { members: ['sets/analysts'] }),
      loaded('userGroups', 'b', { members: ['sets/analysts'] }),
    ];
    const { desired, diagnostics } = resolve(workspace(both), KINDS, on('2027-01-01'));
    expect(diagnostics.map(({ code, severity, source }) => [code, severity, source?.line])).toEqual([
      ['PERSON_EXPIRED', 'warning', 9],
    ]);
    expect(desired.map(({ spec, expired }) => [spec, expired.map(({ pointer }) => pointer)])).toEqual([
      [{ members: { 'alice@example.com': true } }, ['/members/bob@example.com']],
      [{ members: { 'alice@example.com': true } }, ['/members/bob@example.com']],
    ]);
  });

  it('sorts by address, and tells what is named and not declared', () => {
    const { desired, external } = resolve(
      workspace([
        loaded('projects', 'p', { mode: 'basic', computeSource: 'mc' }),
        loaded('projects', 'a', { mode: 'basic', computeSource: 'live' }),
        loaded('computeSources', 'mc', {}),
      ]),
      KINDS,
      on('2026-11-24'),
    );
    expect(desired.map(({ address }) => address)).toEqual(['computeSources/mc', 'projects/a', 'projects/p']);
    expect(external.map(({ kind, name }) => [kind, name])).toEqual([['computeSources', 'live']]);
  });

  it('refuses offline what edition or server lack, and nothing where they are unknown', () => {
    const codes = (resource: LoadedResource, environment: JsonObject) =>
      resolve(workspace([resource], environment), KINDS, on('2026-11-24')).diagnostics.map(({ code }) => code);
    const group = loaded('userGroups', 'a', {});
    const project = loaded('projects', 'p', { mode: 'basic' });
    expect(codes(group, { edition: 'agile' })).toEqual(['EDITION_TOO_LOW']);
    expect(codes(group, { edition: 'personal' })).toEqual(['EDITION_TOO_LOW']);
    expect(codes(group, { edition: 'intelligent' })).toEqual([]);
    expect(codes(group, { edition: null })).toEqual([]);
    expect(codes(project, { serverVersion: '6.2' })).toEqual(['SERVER_TOO_OLD']);
    expect(codes(project, { serverVersion: '5.9' })).toEqual(['SERVER_TOO_OLD']);
    expect(codes(project, { serverVersion: '6.10' })).toEqual([]);
    expect(codes(project, { serverVersion: '10.0' })).toEqual([]);
  });

  it('refuses a rename from a key of too many parts', () => {
    const { diagnostics } = resolve(
      workspace([loaded('userGroups', 'a', { renamedFrom: 'finance/b' })]),
      KINDS,
      on('2026-11-24'),
    );
    expect(diagnostics.map(({ code, hint, source }) => [code, hint, source?.column])).toEqual([
      ['VALUE_WRONG', 'Write renamedFrom: NAME.', '/renamedFrom'.length + 1],
    ]);
  });
  it('refuses a rename where the service has none', () => {
    const { diagnostics } = resolve(workspace([loaded('projects', 'p', { renamedFrom: 'q' })]), KINDS, on('2026-11-24'));
    expect(diagnostics.map(({ code, source }) => [code, source?.column])).toEqual([['RENAME_UNSUPPORTED', 13]]);
  });
});

describe('everybody who is named', () => {
  const groupOf = (name: string, line: number, ...accounts: readonly string[]): Desired =>
    desiredOf(
      userGroups,
      name,
      { members: Object.fromEntries(accounts.map((account) => [account, true])) },
      { people: accounts.map((account) => ({ account, pointer: `/members/${account}`, source: at(line) })), listsPeople: true },
    );
  const people = (
    desired: readonly Desired[],
    members: Readonly<Record<string, string>>,
    recorded: Readonly<Record<string, string>> = {},
    addable: Readonly<Record<string, string>> = {},
  ) => {
    const found = resolvePeople(desired, {
      members: new Map(Object.entries(members)),
      addable: new Map(Object.entries(addable)),
      recorded,
    });
    return {
      ...found,
      told: found.diagnostics.map(({ code, severity, source, related }) => [
        code,
        severity,
        source?.line,
        ...(related ?? []).map((one) => one.source.line),
      ]),
      specs: found.desired.map(({ spec }) => Object.keys((spec['members'] ?? {}) as JsonObject)),
    };
  };

  it('and is a member is nobody to speak of', () => {
    const { told, gone, aliases } = people([groupOf('a', 1, 'alice')], { alice: '2' }, { alice: '2' });
    expect([told, gone.size, aliases.size]).toEqual([[], 0, 0]);
  });
  it('and was never seen is an error at each place', () => {
    const { told } = people([groupOf('a', 1, 'nobody'), groupOf('b', 2, 'nobody')], { alice: '2' });
    expect(told).toEqual([
      ['REFERENCE_UNKNOWN', 'error', 1],
      ['REFERENCE_UNKNOWN', 'error', 2],
    ]);
  });
  it('and left after the record saw him is gone: one warning with every place, absent everywhere, known by his name', () => {
    const { told, specs, gone, aliases } = people(
      [groupOf('a', 1, 'alice', 'bob'), groupOf('b', 2, 'bob')],
      { alice: '2' },
      { bob: '3' },
    );
    expect(told).toEqual([['PERSON_GONE', 'warning', 1, 2]]);
    expect(specs).toEqual([['alice'], []]);
    expect([...gone]).toEqual(['bob']);
    expect([...aliases]).toEqual([['3', 'bob']]);
  });
  it('and has another name now is the same person under the name of the files', () => {
    const { told, specs, aliases } = people([groupOf('a', 1, 'bob')], { robert: '3' }, { bob: '3' });
    expect(told).toEqual([['PERSON_RENAMED', 'warning', 1]]);
    expect(specs).toEqual([['bob']]);
    expect([...aliases]).toEqual([['3', 'bob']]);
  });
  it('under the old and the new name is there once', () => {
    const { told, specs, aliases } = people([groupOf('a', 1, 'bob', 'robert')], { robert: '3' }, { bob: '3' });
    expect(told).toEqual([['PERSON_RENAMED', 'warning', 1]]);
    expect(specs).toEqual([['robert']]);
    expect([...aliases]).toEqual([]);
  });
  it('and is declared and can be added is nobody to speak of', () => {
    const { told, specs } = people(
      [desiredOf(tenantMembers, 'dave', {}), groupOf('a', 2, 'dave')],
      { alice: '2' },
      {},
      { dave: '5' },
    );
    expect([told, specs]).toEqual([[], [[], ['dave']]]);
  });
  it('and came back as another person is not taken for the one who left', () => {
    const { aliases } = people([groupOf('a', 1, 'bob')], { bob: '33' }, { bob: '3' });
    expect([...aliases]).toEqual([]);
    const declared = people([desiredOf(tenantMembers, 'bob', {})], {}, { bob: '3' }, { bob: '33' });
    expect([...declared.aliases]).toEqual([]);
    expect(declared.told).toEqual([]);
  });
  it('and cannot be found is told the nearest member, by what stands before the @', () => {
    const hints = (account: string) =>
      resolvePeople([groupOf('a', 1, account)], {
        members: new Map([
          ['alice@example.com', '2'],
          ['carol@example.com', '4'],
        ]),
        addable: new Map(),
        recorded: {},
      }).diagnostics.map(({ hint }) => hint);
    expect(hints('alcie@example.com')).toEqual(['Did you mean "alice@example.com"?']);
    expect(hints('erin@example.com')).toEqual(['Declare the person: tenantMembers: { erin@example.com: {} }.']);
  });
});

it('tells a reference that nobody knows with the nearest one and where it stands', () => {
  const mention = (name: string) => ({
    kind: 'computeSources',
    name,
    address: `computeSources/${name}`,
    pointer: '/computeSource',
    source: at(3),
  });
  const found = unknownReferences(
    [mention('mc_finanse'), mention('live'), mention('id:7'), mention('zzz')],
    KINDS,
    (_, name) => name === 'live',
    () => [
      { name: 'mc_finance', source: at(7) },
      { name: 'live', source: null },
    ],
  );
  expect(found.map(({ code, message, hint, length }) => [code, message, hint, length])).toEqual([
    [
      'REFERENCE_UNKNOWN',
      'No compute source "mc_finanse" is declared here or exists in the tenant.',
      'Did you mean mc_finance (tenant.yaml:7)?',
      10,
    ],
    [
      'REFERENCE_UNKNOWN',
      'No compute source "zzz" is declared here or exists in the tenant.',
      'Declare it under computeSources, or mend the name.',
      3,
    ],
  ]);
  expect(found[0]?.source).toEqual({ ...PLACE, line: 3 });
});
