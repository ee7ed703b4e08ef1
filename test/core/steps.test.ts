import { describe, expect, it } from 'vitest';
import { type ChangesInput, findChanges } from '../../engine/core/changes.ts';
import type { Kind, StepDraft } from '../../engine/core/kind.ts';
import { step as stepOf } from '../../engine/core/kind.ts';
import type { Desired, Live, RecordedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { nameTable } from '../../engine/core/reads.ts';
import { makeSteps } from '../../engine/core/steps.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { desiredOf, hash, kindOf, LIFECYCLE, liveOf, PORTS, recordOf } from '../support/resources.ts';

const [MEMBERS, GROUPS, SOURCES, PROJECTS] = ['tenantMembers', 'userGroups', 'computeSources', 'projects'].map((collection) =>
  KINDS.find((kind) => kind.collection === collection),
) as unknown as readonly [Kind, Kind, Kind, Kind];

type Given = {
  readonly kinds?: readonly Kind[];
  readonly desired: readonly Desired[];
  readonly live?: readonly Live[];
  readonly recorded?: Readonly<Record<string, RecordedResource>>;
  readonly addable?: Readonly<Record<string, string>>;
  readonly users?: Readonly<Record<string, string>>;
  readonly caller?: string;
};

const made = ({ kinds = KINDS, desired, live = [], recorded = {}, addable = {}, users = {}, caller }: Given) => {
  const names = nameTable(new Map());
  names.learn(Object.entries(users).map(([account, id]) => ['users', account, id] as const));
  names.learn(live.map((one) => [one.kind, one.key.join('/'), one.ids['id'] ?? ''] as const));
  const input: ChangesInput = {
    kinds,
    desired,
    live: new Map(
      kinds.map((kind) => [
        kind.collection,
        { resources: live.filter((one) => one.kind === kind.collection), isComplete: true, unproven: new Set<string>() },
      ]),
    ),
    state: {
      format: 'phinfra.state/1',
      lineage: 'l',
      serial: 1,
      environment: 'e',
      tenant: 't',
      deployment: 'd',
      salt: 's',
      resources: recorded,
      people: {},
    },
    drift: 'revert',
    exclusive: [],
    caller: caller ?? null,
    gone: new Set(),
    pushSecrets: [],
  };
  const { drafts } = findChanges(input, { ...PORTS, hash });
  return makeSteps({
    drafts,
    kinds,
    names,
    addable: new Map(Object.entries(addable)),
    caller: caller ?? null,
    tenant: '300001413',
    liveCount: () => 0,
  });
};

/** Steps with what they wait for, in the order of the plan. */
const ordered = (given: Given) =>
  made(given).steps.map((one) => `${one.id}${one.after.length > 0 ? ` after ${one.after.join(', ')}` : ''}`);

const ours = (live: Live, more: Partial<RecordedResource> = {}): RecordedResource =>
  recordOf(live.spec, [], { ids: live.ids, ...more });
const deletable: Partial<Desired> = { lifecycle: { ...LIFECYCLE, allow: ['delete'] } };

describe('what waits for what', () => {
  it('a group waits for the person that it names and that is still to be added', () => {
    expect(
      ordered({
        desired: [
          desiredOf(MEMBERS, 'dave@example.com', { roles: {} }),
          desiredOf(GROUPS, 'analysts', { admins: { 'dave@example.com': true }, members: { 'alice@example.com': true } }),
        ],
        users: { 'alice@example.com': '2' },
        addable: { 'dave@example.com': '5' },
      }),
    ).toEqual([
      'tenantMembers/dave@example.com#create',
      'userGroups/analysts#create after tenantMembers/dave@example.com#create',
      'userGroups/analysts#members+ after userGroups/analysts#create',
    ]);
  });

  it('names an id to come by a placeholder, and waits for the step that gives it', () => {
    const { steps } = made({
      desired: [
        desiredOf(MEMBERS, 'zoe@example.com', { source: { type: 'aliyun', id: '99' } }),
        desiredOf(GROUPS, 'analysts', { members: { 'zoe@example.com': true } }),
        desiredOf(SOURCES, 'mc', { type: 'HADOOP', config: { url: 'u' } }),
        desiredOf(PROJECTS, 'finance', { mode: 'basic', computeSource: { prod: 'mc' } }),
      ],
    });
    const of = (id: string) => steps.find((one) => one.id === id);
    expect(of('userGroups/analysts#members+')).toMatchObject({
      request: {
        AddCommand: { UserGroupId: { $id: 'userGroups/analysts' }, UserIdList: [{ $id: 'tenantMembers/zoe@example.com' }] },
      },
      after: ['tenantMembers/zoe@example.com#find', 'userGroups/analysts#create'],
    });
    expect(of('projects/finance#create')).toMatchObject({
      request: { CreateCommand: { ComputeSourceId: { $id: 'computeSources/mc' } } },
      after: ['computeSources/mc#create'],
    });
  });

  it('a delete waits until everybody has let go: members before a person, a project before its compute source', () => {
    const group = liveOf(GROUPS, 'analysts', { description: '', admins: {}, members: { 'bob@example.com': true } });
    const bob = liveOf(MEMBERS, 'bob@example.com', { roles: {} }, { extra: { sourceId: '2048' } });
    const source = liveOf(SOURCES, 'mc', { type: 'HADOOP', description: '' }, { extra: { boundTo: 'finance' } });
    const project = liveOf(PROJECTS, 'finance', { mode: 'basic', computeSource: { prod: 'mc' } });
    const live = [group, bob, source, project];
    expect(
      ordered({
        desired: [desiredOf(GROUPS, 'analysts', { members: {} })],
        live,
        users: { 'bob@example.com': 'id of bob@example.com' },
        recorded: {
          'userGroups/analysts': recordOf(group.spec, ['/members/*'], { ids: group.ids, lists: ['/members'] }),
          'tenantMembers/bob@example.com': ours(bob),
          'computeSources/mc': ours(source),
          'projects/finance': ours(project),
        },
      }),
    ).toEqual([
      'userGroups/analysts#members-',
      'tenantMembers/bob@example.com#delete after userGroups/analysts#members-',
      'projects/finance#delete',
      'computeSources/mc#delete after projects/finance#delete',
    ]);
  });

  it('a new project waits for the old one that holds its compute source', () => {
    const source = liveOf(SOURCES, 'mc', { type: 'HADOOP', description: '' });
    const old = liveOf(PROJECTS, 'old', { mode: 'basic', computeSource: { prod: 'mc' } });
    expect(
      ordered({
        desired: [desiredOf(PROJECTS, 'new', { mode: 'basic', computeSource: { prod: 'mc' } })],
        live: [source, old],
        recorded: { 'projects/old': ours(old) },
      }),
    ).toEqual(['projects/old#delete', 'projects/new#create after projects/old#delete']);
  });

  it('what was renamed outside gets its name back by an update, before anything is deleted', () => {
    const a = liveOf(GROUPS, 'a', { description: 'A', admins: {} });
    const b = liveOf(GROUPS, 'b', { description: 'B', admins: {} });
    // Somebody has renamed "first" to "a" outside; it gets its name back.
    expect(
      ordered({
        desired: [desiredOf(GROUPS, 'first', { description: 'A' })],
        live: [a, b],
        recorded: { 'userGroups/first': ours(a), 'userGroups/b': ours(b) },
      }),
    ).toEqual(['userGroups/first#update', 'userGroups/b#delete']);
  });

  it('a replacement deletes first, and what names it waits for the new id', () => {
    const source = liveOf(SOURCES, 'mc', { type: 'MAX_COMPUTE', description: '' });
    const { steps } = made({
      desired: [
        desiredOf(SOURCES, 'mc', { type: 'HADOOP', config: { url: 'u' } }, { lifecycle: { ...LIFECYCLE, allow: ['replace'] } }),
        desiredOf(PROJECTS, 'finance', { mode: 'basic', computeSource: { prod: 'mc' } }),
      ],
      live: [source],
      recorded: { 'computeSources/mc': ours(source) },
    });
    expect(steps.map((one) => [one.id, one.after])).toEqual([
      ['computeSources/mc#delete', []],
      ['computeSources/mc#create', ['computeSources/mc#delete']],
      ['projects/finance#create', ['computeSources/mc#create']],
    ]);
    expect(steps[0]?.request).toEqual({ Id: 'id of mc' });
  });
});

describe('the order of a plan', () => {
  it('takes away before it gives, and creates before it deletes, where nothing waits', () => {
    const one = liveOf(GROUPS, 'one', { description: '', active: true, admins: {}, members: { 'bob@example.com': true } });
    const two = liveOf(GROUPS, 'two', { description: '', admins: {} });
    expect(
      ordered({
        desired: [
          desiredOf(GROUPS, 'one', { description: 'x', members: { 'alice@example.com': true } }),
          desiredOf(GROUPS, 'three', {}),
        ],
        live: [one, two],
        users: { 'alice@example.com': '2', 'bob@example.com': '3' },
        recorded: {
          'userGroups/one': recordOf(one.spec, ['/members/*'], { ids: one.ids, lists: ['/members'] }),
          'userGroups/two': ours(two),
        },
      }),
    ).toEqual([
      'userGroups/one#members-',
      'userGroups/three#create',
      'userGroups/one#update',
      'userGroups/one#members+',
      'userGroups/two#delete',
    ]);
  });

  it('is the same whatever the order of the files', () => {
    const all = ['e', 'b', 'd', 'a', 'c'].map((name) => desiredOf(GROUPS, name, { members: { 'alice@example.com': true } }));
    const users = { 'alice@example.com': '2' };
    expect(made({ desired: [...all].reverse(), users }).steps).toEqual(made({ desired: all, users }).steps);
  });

  it('refuses steps that wait for each other, by name', () => {
    const waiting = (name: string, other: string): StepDraft =>
      stepOf(
        'create',
        'create',
        'CreateUserGroup',
        { CreateCommand: { Name: name } },
        {
          gives: { address: `things/${name}`, ids: { id: '/UserGroupId' } },
          ...{ after: [] },
          covers: [other],
        },
      );
    const kind = kindOf([{ path: '/text', rule: 'update' }], {
      steps: (change) => {
        const other = change.key[0] === 'a' ? 'b' : 'a';
        const draft = waiting(change.key[0] ?? '', other);
        return [{ ...draft, request: { ...draft.request, Other: { $id: `things/${other}` } } as JsonObject }];
      },
    });
    expect(() => made({ kinds: [kind], desired: [desiredOf(kind, 'a', {}), desiredOf(kind, 'b', {})] })).toThrow(
      'These steps wait for each other: things/a#create, things/b#create.',
    );
  });
});

describe('what is kept back', () => {
  it('does not delete a compute source that stays bound, and says by what', () => {
    const source = liveOf(SOURCES, 'mc', { type: 'HADOOP', description: '' }, { extra: { boundTo: 'finance' } });
    const { steps, guards } = made({ desired: [], live: [source], recorded: { 'computeSources/mc': ours(source) } });
    expect(steps).toEqual([]);
    expect(guards.map(({ code, address }) => [code, address])).toEqual([['IN_USE', 'computeSources/mc']]);
  });
  it('asks for what a create needs, at the place of the resource', () => {
    const { diagnostics, steps } = made({
      desired: [desiredOf(PROJECTS, 'finance', { displayName: 'F' }, deletable), desiredOf(SOURCES, 'mc', {})],
    });
    expect(diagnostics.map(({ code, address, severity }) => [code, address, severity])).toEqual([
      ['FIELD_REQUIRED', 'computeSources/mc', 'error'],
      ['FIELD_REQUIRED', 'computeSources/mc', 'error'],
      ['FIELD_REQUIRED', 'projects/finance', 'error'],
    ]);
    expect(steps).toEqual([]);
  });
});

it('sends at most fifty people in a call', () => {
  const users = Object.fromEntries(
    Array.from({ length: 101 }, (_, at) => [`p${String(at).padStart(3, '0')}@example.com`, `${at}`]),
  );
  const { steps } = made({
    desired: [desiredOf(GROUPS, 'all', { members: Object.fromEntries(Object.keys(users).map((account) => [account, true])) })],
    users,
  });
  expect(
    steps.map((one) => [
      one.id,
      ((one.request['AddCommand'] as JsonObject | undefined)?.['UserIdList'] as unknown[] | undefined)?.length,
    ]),
  ).toEqual([
    ['userGroups/all#create', undefined],
    ['userGroups/all#members+', 50],
    ['userGroups/all#members+2', 50],
    ['userGroups/all#members+3', 1],
  ]);
});
