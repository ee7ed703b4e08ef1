import { describe, expect, it } from 'vitest';
import { type ChangesInput, changeOf, findChanges } from '../../engine/core/changes.ts';
import type { Desired, Live, RecordedResource } from '../../engine/core/model.ts';
import { desiredOf, kindOf, LIFECYCLE, liveOf, PORTS, recordOf } from '../support/resources.ts';

const KIND = kindOf([
  { path: '/text', rule: 'update' },
  { path: '/note', rule: 'update' },
  { path: '/type', rule: 'immutable' },
  { path: '/list/*', rule: 'update' },
]);
const FIXED = kindOf(KIND.fields, { renames: false, replaceRefused: 'Make a new one by hand.' });

type Given = {
  readonly kind?: typeof KIND;
  readonly desired?: readonly Desired[];
  readonly live?: readonly Live[];
  readonly recorded?: Readonly<Record<string, RecordedResource>>;
  readonly isComplete?: boolean;
  readonly unproven?: readonly string[];
};

const found = ({ kind = KIND, desired = [], live = [], recorded = {}, isComplete = true, unproven = [] }: Given) => {
  const input: ChangesInput = {
    kinds: [kind],
    desired,
    live: new Map([['things', { resources: live, isComplete, unproven: new Set(unproven) }]]),
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
    caller: null,
    gone: new Set(),
    pushSecrets: [],
  };
  return findChanges(input, PORTS);
};
const told = (given: Given) => {
  const { drafts, diagnostics, unchanged, unmanaged } = found(given);
  return {
    actions: drafts.map((one) => `${one.action} ${one.address}${one.renamedFrom ? ` was ${one.renamedFrom}` : ''}`),
    guards: drafts.flatMap((one) => one.guards.map((guard) => guard.code)),
    codes: diagnostics.map((one) => one.code),
    unchanged,
    unmanaged: unmanaged.get('things'),
  };
};
const NOTHING = { actions: [], guards: [], codes: [], unchanged: 0, unmanaged: [] };

const want = (key: string, spec = { text: 'a' }, more: Partial<Desired> = {}) => desiredOf(KIND, key, spec, more);
const have = (key: string, spec = { text: 'a' }, id = `id of ${key}`) => liveOf(KIND, key, spec, { ids: { id } });
const ours = (live: Live, more: Partial<RecordedResource> = {}) =>
  recordOf(live.spec, ['/text', '/note', '/type', '/list/*'], { ids: live.ids, ...more });

describe('what is declared', () => {
  it('and not there is created', () => {
    expect(told({ desired: [want('a')] })).toEqual({ ...NOTHING, actions: ['create things/a'] });
  });
  it('and live as declared is adopted; once it is in the record it is unchanged', () => {
    const live = have('a');
    expect(told({ desired: [want('a')], live: [live] })).toEqual({ ...NOTHING, actions: ['adopt things/a'] });
    expect(told({ desired: [want('a')], live: [live], recorded: { 'things/a': ours(live) } })).toEqual({
      ...NOTHING,
      unchanged: 1,
    });
  });
  it('and live with another spelling is created, and the other one left alone', () => {
    expect(told({ desired: [want('a')], live: [have('A')] })).toEqual({
      ...NOTHING,
      actions: ['create things/a'],
      unmanaged: ['things/A'],
    });
  });
  it('and made again outside is found, with nothing of the old record', () => {
    const live = have('a', { text: 'b' }, 'another id');
    const { drafts } = found({ desired: [want('a')], live: [live], recorded: { 'things/a': ours(have('a')) } });
    expect(drafts.map(({ action, recorded, fields }) => [action, recorded, fields.map(({ reason }) => reason)])).toEqual([
      ['update', null, ['found']],
    ]);
  });
});

describe('a name that several live ones have', () => {
  const twins = [have('a', { text: 'b' }, '12'), have('a', { text: 'c' }, '7')];
  it('waits for an answer as long as none of them is in the record', () => {
    const { drafts, unmanaged } = found({ desired: [want('a')], live: twins });
    expect(drafts.map(({ action, isHeld, guards }) => ({ action, isHeld, codes: guards.map((guard) => guard.code) }))).toEqual([
      { action: 'none', isHeld: true, codes: ['ADOPT_AMBIGUOUS'] },
    ]);
    expect(drafts[0]?.guards[0]?.message).toContain('12, 7');
    expect(unmanaged.get('things')).toEqual(['things/a']);
  });
  it('means the one that the record knows, wherever it stands in the list', () => {
    for (const [mine, other] of [twins, [...twins].reverse()] as [Live, Live][]) {
      const { drafts } = found({ desired: [want('a')], live: [mine, other], recorded: { 'things/a': ours(mine) } });
      expect(drafts.map(({ action, live, guards }) => ({ action, ids: live?.ids, guards }))).toEqual([
        { action: 'update', ids: mine.ids, guards: [] },
      ]);
    }
  });
});

describe('what the record calls ours and no file names', () => {
  const live = have('a');
  const record = (more: Partial<RecordedResource> = {}) => ({ 'things/a': ours(live, more) });
  it('is deleted when we made or imported it, and forgotten when we adopted it', () => {
    for (const origin of ['created', 'imported'] as const)
      expect(told({ live: [live], recorded: record({ origin }) })).toEqual({ ...NOTHING, actions: ['delete things/a'] });
    expect(told({ live: [live], recorded: record({ origin: 'adopted' }) })).toEqual({
      ...NOTHING,
      actions: ['forget things/a'],
    });
  });
  it('goes as onRemove says, whatever it was', () => {
    expect(told({ live: [live], recorded: record({ onRemove: 'forget' }) }).actions).toEqual(['forget things/a']);
    expect(told({ live: [live], recorded: record({ origin: 'adopted', onRemove: 'delete' }) }).actions).toEqual([
      'delete things/a',
    ]);
  });
  it('waits when it is protected', () => {
    expect(told({ live: [live], recorded: record({ prevent: ['delete'] }) })).toEqual({
      ...NOTHING,
      actions: ['delete things/a'],
      guards: ['DELETE_PREVENTED'],
    });
  });
  it('is forgotten when it is gone already, also when it is protected', () => {
    expect(told({ recorded: record({ prevent: ['delete'] }) })).toEqual({ ...NOTHING, actions: ['forget things/a'] });
  });
  it('is known by its id: another one of the same name stays', () => {
    expect(told({ live: [have('a', { text: 'a' }, 'another id')], recorded: record() })).toEqual({
      ...NOTHING,
      actions: ['forget things/a'],
      unmanaged: ['things/a'],
    });
  });
  it('is deleted by its id also under another name', () => {
    const { drafts } = found({ live: [have('z', { text: 'a' }, 'id of a')], recorded: record() });
    expect(drafts.map(({ action, address, live: at }) => [action, address, at?.ids])).toEqual([
      ['delete', 'things/a', { id: 'id of a' }],
    ]);
  });
});

describe('a rename', () => {
  const old = have('old');
  const moved = want('new', { text: 'a' }, { renamedFrom: ['old'] });
  it('keeps the object and takes the record along', () => {
    expect(told({ desired: [moved], live: [old], recorded: { 'things/old': ours(old) } })).toEqual({
      ...NOTHING,
      actions: ['update things/new was things/old'],
    });
  });
  it('of something that was never ours works too', () => {
    expect(told({ desired: [moved], live: [old] }).actions).toEqual(['update things/new was things/old']);
  });
  it('that is over is nothing, as long as the line stays', () => {
    const live = have('new');
    expect(told({ desired: [moved], live: [live], recorded: { 'things/new': ours(live) } })).toEqual({
      ...NOTHING,
      unchanged: 1,
    });
  });
  it('of what is not there is a create', () => expect(told({ desired: [moved] }).actions).toEqual(['create things/new']));
  it('to a name that exists is a conflict', () => {
    expect(told({ desired: [moved], live: [old, have('new')] }).codes).toEqual(['RENAME_CONFLICT']);
  });
  it('to a name that is ours is a conflict too: the old one would be deleted', () => {
    const live = have('new');
    expect(
      told({ desired: [moved], live: [old, live], recorded: { 'things/old': ours(old), 'things/new': ours(live) } }).codes,
    ).toEqual(['RENAME_CONFLICT']);
  });
  it('from a name that is declared as well is a create: one object never becomes two', () => {
    const { actions, unchanged } = told({ desired: [want('old'), moved], live: [old], recorded: { 'things/old': ours(old) } });
    expect([actions, unchanged]).toEqual([['create things/new'], 1]);
  });
  it('by somebody outside is put back, known by the id', () => {
    const live = have('elsewhere', { text: 'a' }, 'id of a');
    const { drafts } = found({ desired: [want('a')], live: [live], recorded: { 'things/a': ours(have('a')) } });
    expect(drafts.map(({ action, fields }) => [action, fields.map(({ pointer, reason }) => [pointer, reason])])).toEqual([
      ['update', [['', 'drifted']]],
    ]);
  });
  it('is suspected where almost the same is deleted and created', () => {
    const live = have('old', { text: 'a', note: 'n' } as never);
    const near = want('new', { text: 'a', note: 'n' } as never);
    expect(told({ desired: [near], live: [live], recorded: { 'things/old': ours(live) } }).codes).toEqual(['LOOKS_LIKE_RENAME']);
    const far = want('new', { text: 'a', note: 'other' } as never);
    expect(told({ desired: [far], live: [live], recorded: { 'things/old': ours(live) } }).codes).toEqual([]);
  });
});

describe('a replacement', () => {
  const live = have('a', { type: 'A' } as never);
  const recorded = { 'things/a': ours(live) };
  const other = (more: Partial<Desired> = {}) => want('a', { type: 'B' } as never, more);
  it('goes on where nothing prevents it', () => {
    expect(told({ desired: [other()], live: [live], recorded })).toEqual({ ...NOTHING, actions: ['replace things/a'] });
  });
  it('waits where the resource is protected, now or by the record', () => {
    const prevent = { lifecycle: { ...LIFECYCLE, prevent: ['replace'] as const } };
    expect(told({ desired: [other(prevent)], live: [live], recorded }).guards).toEqual(['REPLACE_PREVENTED']);
    const protectedOnce = { 'things/a': ours(live, { prevent: ['replace'] }) };
    expect(told({ desired: [other()], live: [live], recorded: protectedOnce }).guards).toEqual(['REPLACE_PREVENTED']);
    const allow = { lifecycle: { ...LIFECYCLE, allow: ['replace'] as const } };
    expect(told({ desired: [other(allow)], live: [live], recorded: protectedOnce }).guards).toEqual([]);
  });
  it('is refused where the kind cannot be replaced, whatever is allowed', () => {
    const allow = { lifecycle: { ...LIFECYCLE, allow: ['replace'] as const } };
    expect(told({ kind: FIXED, desired: [other(allow)], live: [live], recorded }).guards).toEqual(['REPLACE_REFUSED']);
  });
});

describe('from a list that cannot be proven complete', () => {
  const live = have('a');
  it('nothing is created, adopted, deleted or forgotten, and each is said', () => {
    expect(told({ isComplete: false, desired: [want('b')], recorded: { 'things/c': ours(have('c')) } })).toEqual({
      ...NOTHING,
      codes: ['LIST_INCOMPLETE', 'LIST_INCOMPLETE'],
    });
    const seen = told({ isComplete: false, desired: [want('a')], live: [live] });
    expect(seen).toEqual({ ...NOTHING, codes: ['LIST_INCOMPLETE'], unchanged: 1 });
    expect(told({ isComplete: false, live: [live], recorded: { 'things/a': ours(live) } }).actions).toEqual([]);
  });
  it('what was seen can be updated', () => {
    const { actions } = told({
      isComplete: false,
      desired: [want('a', { text: 'b' })],
      live: [live],
      recorded: { 'things/a': ours(live) },
    });
    expect(actions).toEqual(['update things/a']);
  });
  it('of its own nothing is planned for the resource', () => {
    expect(
      told({
        unproven: ['id of a'],
        desired: [want('a', { text: 'b' })],
        live: [live],
        recorded: { 'things/a': ours(live) },
      }),
    ).toEqual({ ...NOTHING, codes: ['LIST_INCOMPLETE'] });
  });
});

it('counts what is live and in no file, sorted', () => {
  expect(told({ live: [have('b'), have('a')] }).unmanaged).toEqual(['things/a', 'things/b']);
});

describe('what the record knows by an address that nobody declares', () => {
  const live = have('new/a', { text: 'a' }, 'id of a');
  it('goes along where its key begins with something that is renamed: no call, and ours as before', () => {
    const { drafts } = found({ desired: [want('new/a')], live: [live], recorded: { 'things/old': ours(live) } });
    expect(
      drafts.map(({ action, address, renamedFrom, difference }) => [action, address, renamedFrom, difference?.record.origin]),
    ).toEqual([['none', live.address, 'things/old', 'created']]);
  });
  it('stays where it is while that address is declared', () => {
    expect(told({ desired: [want('new/a'), want('old')], live: [live], recorded: { 'things/old': ours(live) } }).actions).toEqual(
      [`adopt ${live.address}`, 'create things/old'],
    );
  });
});

describe('what a change may show', () => {
  const kind = kindOf([{ path: '/key', rule: 'update', conceals: true }]);
  it('holds no live value that a rule conceals', () => {
    const declared = desiredOf(kind, 'a', { key: 'ours' });
    const live = liveOf(kind, 'a', { key: 'canary' });
    const drafts = [
      ...found({ kind, desired: [declared], live: [live] }).drafts,
      ...found({ kind, live: [live], recorded: { 'things/a': recordOf({}, [], { ids: live.ids }) } }).drafts,
    ];
    const changes = drafts.map((draft) => changeOf(draft, [], [], PORTS));
    expect(changes.map(({ action, before, after }) => ({ action, before, after }))).toEqual([
      { action: 'update', before: { key: null }, after: { key: 'ours' } },
      { action: 'delete', before: { key: null }, after: null },
    ]);
    expect(JSON.stringify(changes)).not.toContain('canary');
  });
});

it('what is to be done by hand beside calls stays in the record as it was, until it is done', () => {
  const kind = kindOf([{ path: '/list/*', rule: 'update', additive: true }], {
    byHand: (change) => change.removed('/list').map((key) => `/list/${key}`),
  });
  const live = liveOf(kind, 'a', { list: { bob: true, eve: true } });
  const recorded = recordOf({ list: { bob: 'x' } }, ['/list/*'], { ids: live.ids, lists: ['/list'] });
  const { drafts } = found({
    kind,
    desired: [desiredOf(kind, 'a', { list: { carol: 'y' } })],
    live: [live],
    recorded: { 'things/a': recorded },
  });
  const [change] = drafts.map((draft) => changeOf(draft, ['things/a#add'], ['Take bob out.'], PORTS));
  expect(change?.fields.map(({ pointer, reason }) => [pointer, reason])).toEqual([
    ['/list/bob', 'removed'],
    ['/list/carol', 'added'],
  ]);
  expect(Object.keys(change?.record?.fields ?? {}).sort()).toEqual(['/list/bob', '/list/carol']);
  expect(change?.record?.fields['/list/bob']).toBe(recorded.fields['/list/bob']);
});
