import { describe, expect, it } from 'vitest';
import { type DiffInput, diffResource, digestOf, patchOf, preimageOf, strongest } from '../../engine/core/diff.ts';
import type { RecordedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { desiredOf, hash, kindOf, LIFECYCLE, liveOf, PORTS, recordOf } from '../support/resources.ts';

const KIND = kindOf([
  { path: '/text', rule: 'update' },
  { path: '/type', rule: 'immutable', why: 'it is carved in stone' },
  { path: '/list/*', rule: 'update' },
  { path: '/config/*', rule: 'writeOnly' },
  { path: '/version', rule: 'remembered' },
  { path: '/check', rule: 'option' },
]);

type Given = {
  readonly last?: JsonObject | RecordedResource | null;
  readonly want: JsonObject;
  readonly live: JsonObject | null;
} & Partial<Omit<DiffInput, 'live' | 'desired' | 'recorded'>> & { readonly desired?: Parameters<typeof desiredOf>[3] };

const isRecord = (value: JsonObject | RecordedResource): value is RecordedResource => 'origin' in value;

const diff = ({ last = null, want, live, desired, ...more }: Given, ports = PORTS) =>
  diffResource(
    {
      kind: KIND,
      desired: desiredOf(KIND, 'a', want, desired),
      live: live === null ? null : liveOf(KIND, 'a', live),
      recorded: last === null || isRecord(last) ? last : recordOf(last, ['/text', '/type', '/list/*'], { lists: ['/list'] }),
      drift: 'revert',
      exclusiveByWorkspace: false,
      caller: null,
      gone: new Set(),
      pushSecrets: false,
      ...more,
    },
    ports,
  );

const told = (given: Given) =>
  diff(given).fields.map(({ pointer, reason, stands }) => `${pointer} ${reason}${stands ? ' stands' : ''}`);

describe('one field, three ways: last applied, desired, live', () => {
  const A = { text: 'a' };
  const B = { text: 'b' };
  const C = { text: 'c' };
  const table: readonly (readonly [string, JsonObject | null, JsonObject, JsonObject | null, readonly string[]])[] = [
    // what is claimed                       last  desired live  fields
    ['all equal: nothing', A, A, A, []],
    ['you changed it', A, B, A, ['/text changed']],
    ['it drifted', A, A, B, ['/text drifted']],
    ['both changed it, differently', A, B, C, ['/text both']],
    ['both changed it to the same: nothing', A, B, B, []],
    ['you declare it for the first time and it differs', {}, A, B, ['/text found']],
    ['you declare it for the first time and it is so', {}, A, A, []],
    ['you no longer declare it: it stands', A, {}, A, ['/text unset stands']],
    ['you no longer declare it, and it drifted: it stands', A, {}, B, ['/text unset stands']],
    ['never declared: nothing', {}, {}, A, []],
    ['no record, equal: nothing', null, A, A, []],
    ['no record, different: found', null, A, B, ['/text found']],
    ['nothing live: added', null, A, null, ['/text added']],
    ['nothing live any more: added again', A, A, null, ['/text added']],
  ];
  for (const [claim, last, want, live, fields] of table) it(claim, () => expect(told({ last, want, live })).toEqual(fields));

  it('takes a field that the service does not show for one that is not there', () => {
    expect(told({ last: A, want: A, live: {} })).toEqual(['/text drifted']);
    expect(told({ last: {}, want: A, live: {} })).toEqual(['/text added']);
  });

  it('tells values of other types apart, and not maps in another order', () => {
    expect(told({ last: { text: '1' }, want: { text: 1 }, live: { text: '1' } })).toEqual(['/text changed']);
    expect(told({ last: null, want: { text: { x: 1, y: 2 } }, live: { text: { y: 2, x: 1 } } })).toEqual([]);
  });
});

describe('the elements of a list that is ours', () => {
  const list = (...keys: readonly string[]) => ({ list: Object.fromEntries(keys.map((key) => [key, true])) });
  const table: readonly (readonly [string, JsonObject | null, JsonObject, JsonObject, readonly string[]])[] = [
    ['added by you', list('a'), list('a', 'b'), list('a'), ['/list/b added']],
    ['removed by you', list('a', 'b'), list('a'), list('a', 'b'), ['/list/b removed']],
    ['added outside', list('a'), list('a'), list('a', 'b'), ['/list/b drifted']],
    ['removed outside', list('a', 'b'), list('a', 'b'), list('a'), ['/list/b drifted']],
    ['added by you and outside alike', list('a'), list('a', 'b'), list('a', 'b'), []],
    ['removed by you and outside alike', list('a', 'b'), list('a'), list('a'), []],
    ['emptied by you', list('a', 'b'), list(), list('a', 'b'), ['/list/a removed', '/list/b removed']],
    ['no longer declared: each stands', list('a'), {}, list('a', 'b'), ['/list/a unset stands']],
  ];
  for (const [claim, last, want, live, fields] of table) it(claim, () => expect(told({ last, want, live })).toEqual(fields));

  it('changes an element with a value in place', () => {
    const { fields } = diff({ last: { list: { a: 1 } }, want: { list: { a: 2 } }, live: { list: { a: 1 } } });
    expect(fields).toMatchObject([{ pointer: '/list/a', reason: 'changed', before: 1, after: 2 }]);
  });

  it('says expired of what falls out by its day, and leaver of who is gone', () => {
    const past = { pointer: '/list/b', until: '2026-01-01', source: { file: 'f', line: 1, column: 1 } };
    expect(told({ last: list('a', 'b'), want: list('a'), live: list('a', 'b'), desired: { expired: [past] } })).toEqual([
      '/list/b expired',
    ]);
    expect(told({ last: list('a', 'b'), want: list('a'), live: list('a', 'b'), gone: new Set(['b']) })).toEqual([
      '/list/b leaver',
    ]);
  });
});

describe('a list that is first given for something live', () => {
  const live = { list: { a: true, x: true } };
  const want = { list: { a: true, b: true } };

  it('is left alone when it holds others, and asks', () => {
    const { fields, guards, record, after } = diff({ want, live });
    expect(fields.map(({ pointer, reason, stands }) => [pointer, reason, stands])).toEqual([
      ['/list/x', 'found', true],
      ['/list/b', 'later', true],
    ]);
    expect(guards.map(({ code, pointer }) => [code, pointer])).toEqual([['ADOPT_HAS_OTHERS', '/list']]);
    expect(record.lists).toEqual([]);
    expect(record.fields).toEqual({});
    expect(after).toEqual(live);
  });
  it('is ours at once when it holds nobody else', () => {
    const { guards, record } = diff({ want, live: { list: { a: true } } });
    expect(guards).toEqual([]);
    expect(record.lists).toEqual(['/list']);
  });
  it('asks also of a resource that has long been ours', () => {
    expect(diff({ last: recordOf({}, []), want, live }).guards.map(({ code }) => code)).toEqual(['ADOPT_HAS_OTHERS']);
  });
  it('loses the others with exclusive: true, whatever drift says', () => {
    for (const drift of ['revert', 'report'] as const)
      for (const last of [null, recordOf({}, [])]) {
        const { fields, guards, record } = diff({
          last,
          want,
          live,
          drift,
          desired: { lifecycle: { ...LIFECYCLE, exclusive: true } },
        });
        expect(fields.map(({ pointer, stands }) => [pointer, stands ?? false])).toEqual([
          ['/list/b', false],
          ['/list/x', false],
        ]);
        expect(guards).toEqual([]);
        expect(record.lists).toEqual(['/list']);
      }
  });
  it('keeps the others with exclusive: false, and takes away what was ours', () => {
    const { fields, record } = diff({
      last: recordOf({ list: { a: true, c: true } }, ['/list/*']),
      want,
      live: { list: { a: true, c: true, x: true } },
      desired: { lifecycle: { ...LIFECYCLE, exclusive: false } },
    });
    expect(fields.map(({ pointer, reason, stands }) => [pointer, reason, stands ?? false])).toEqual([
      ['/list/b', 'added', false],
      ['/list/c', 'removed', false],
      ['/list/x', 'found', true],
    ]);
    expect(record.lists).toEqual([]);
    expect(Object.keys(record.fields)).toEqual(['/list/a', '/list/b']);
  });
  it('is exclusive where the workspace says so, unless the resource says otherwise', () => {
    expect(diff({ want, live, exclusiveByWorkspace: true }).guards).toEqual([]);
    const { fields } = diff({
      want,
      live,
      exclusiveByWorkspace: true,
      desired: { lifecycle: { ...LIFECYCLE, exclusive: false } },
    });
    expect(fields.filter((one) => one.pointer === '/list/x')).toMatchObject([{ stands: true }]);
  });
  it('lets stand what the service adds by itself', () => {
    const kind = kindOf(KIND.fields, { letStand: () => [{ pointer: '/list/x', why: 'the service adds it' }] });
    const { fields, guards } = diff({ kind, want, live });
    expect(guards).toEqual([]);
    expect(fields.map(({ pointer, reason, note, stands }) => [pointer, reason, note, stands])).toEqual([
      ['/list/b', 'found', undefined, undefined],
      ['/list/x', 'default', 'the service adds it', true],
    ]);
  });
});

describe('differences that are let stand', () => {
  it('reports drift and sends the live value, where the environment says report', () => {
    const { fields, after } = diff({
      last: { text: 'a', list: { a: true } },
      want: { text: 'a', list: { a: true } },
      live: { text: 'b', list: { x: true } },
      drift: 'report',
    });
    expect(fields.map(({ pointer, reason, stands }) => [pointer, reason, stands])).toEqual([
      ['/text', 'drifted', true],
      ['/list/a', 'drifted', true],
      ['/list/x', 'drifted', true],
    ]);
    expect(after).toEqual({ text: 'b', list: { x: true } });
  });
  it('still sends what you changed yourself there', () => {
    expect(told({ last: { text: 'a' }, want: { text: 'b' }, live: { text: 'a' }, drift: 'report' })).toEqual(['/text changed']);
    expect(told({ last: { text: 'a' }, want: { text: 'b' }, live: { text: 'c' }, drift: 'report' })).toEqual(['/text both']);
  });
  it('ignores what lifecycle.ignore names, with the live value in what an update sends', () => {
    const { fields, after } = diff({
      last: { text: 'a' },
      want: { text: 'b', list: { b: true } },
      live: { text: 'c', list: { x: true } },
      desired: { lifecycle: { ...LIFECYCLE, ignore: ['/text', '/list/*'] } },
    });
    expect(fields.map(({ pointer, reason, stands }) => [pointer, reason, stands])).toEqual([
      ['/text', 'ignored', true],
      ['/list/b', 'ignored', true],
      ['/list/x', 'ignored', true],
    ]);
    expect(after).toEqual({ text: 'c', list: { x: true } });
  });
  it('waits with a field whose guard speaks, and remembers what was', () => {
    const kind = kindOf([
      { path: '/text', rule: 'update', guard: () => ({ code: 'REBIND_REFUSED', message: 'no', hint: 'ask' }) },
    ]);
    const last = recordOf({ text: 'a' }, ['/text']);
    const { fields, guards, after, record } = diff({ kind, last, want: { text: 'b' }, live: { text: 'a' } });
    expect(fields.map(({ pointer, stands }) => [pointer, stands])).toEqual([['/text', true]]);
    expect(guards.map(({ code, pointer }) => [code, pointer])).toEqual([['REBIND_REFUSED', '/text']]);
    expect(after).toEqual({ text: 'a' });
    expect(record.fields).toEqual(last.fields);
  });
});

describe('rules other than update', () => {
  it('names a field that needs a replacement', () => {
    const { immutable } = diff({ last: { type: 'A' }, want: { type: 'B' }, live: { type: 'A' } });
    expect(immutable).toMatchObject([
      { pointer: '/type', reason: 'immutable', before: 'A', after: 'B', note: 'it is carved in stone' },
    ]);
  });
  it('compares what was remembered with the record, and never with what is live', () => {
    const last = recordOf({ version: '1' }, ['/version']);
    expect(told({ last, want: { version: '1' }, live: { version: 'whatever' } })).toEqual([]);
    expect(told({ last, want: { version: '2' }, live: {} })).toEqual(['/version changed']);
    expect(told({ last: recordOf({}, []), want: { version: '1' }, live: {} })).toEqual(['/version added']);
    expect(told({ last: null, want: { version: '1' }, live: {} })).toEqual([]);
  });
  it('never shows an option', () => expect(told({ last: {}, want: { check: 'connectivity' }, live: {} })).toEqual([]));
});

describe('values that are never shown', () => {
  const secret = { $secret: 'env:KEY' };
  const want = { config: { plain: 'p', key: secret } };
  const known = { '/config/plain': '("p")', '/config/key': '({"$secret":"env:KEY"})' };

  it('are equal while their fingerprints are', () => {
    const { fields, record } = diff({ last: recordOf({}, [], { fingerprints: known }), want, live: {} });
    expect(fields).toEqual([]);
    expect(record.fingerprints).toEqual(known);
    expect(record.sent).toEqual({});
  });
  it('differ by fingerprint, are sent all together, and no secret is in the fields', () => {
    const { fields, record } = diff({
      last: recordOf({}, [], { fingerprints: { ...known, '/config/key': '(other)' } }),
      want,
      live: {},
    });
    expect(fields).toMatchObject([{ pointer: '/config/key', reason: 'secret', before: null, after: null, sensitive: true }]);
    expect(record.sent).toEqual({ '/config/plain': 'p', '/config/key': secret });
    expect(record.fingerprints).toEqual({});
  });
  it('are taken on trust where there is no fingerprint, and counted', () => {
    const { fields, trusted, record } = diff({ last: recordOf({}, []), want, live: {} });
    expect(fields).toEqual([]);
    expect(trusted).toBe(2);
    expect(record.assumed).toEqual(['/config/key', '/config/plain']);
    expect(record.fingerprints).toEqual(known);
  });
  it('are sent when asked for, although nothing differs', () => {
    const { fields } = diff({ last: recordOf({}, [], { fingerprints: known }), want, live: {}, pushSecrets: true });
    expect(fields.map(({ pointer, reason }) => [pointer, reason])).toEqual([
      ['/config/plain', 'secret'],
      ['/config/key', 'secret'],
    ]);
  });
  it('are not compared where a source is not set, and keep what is known of them', () => {
    const ports = { ...PORTS, fingerprint: (value: unknown) => (typeof value === 'string' ? PORTS.fingerprint(value) : null) };
    const { fields, notCompared, record } = diff({ last: recordOf({}, [], { fingerprints: known }), want, live: {} }, ports);
    expect(fields).toEqual([]);
    expect(notCompared).toEqual([{ pointer: '/config/key', why: 'env:KEY is not set here' }]);
    expect(record.fingerprints).toEqual(known);
  });
  it('tell a key that came and a key that went', () => {
    const last = recordOf({}, [], { fingerprints: { '/config/plain': '("p")', '/config/old': '(x)' } });
    expect(told({ last, want: { config: { plain: 'p', fresh: 'f' } }, live: {} })).toEqual([
      '/config/fresh added',
      '/config/old removed',
    ]);
  });
  it('keep their fingerprints while the config is not declared', () => {
    const { record } = diff({ last: recordOf({}, [], { fingerprints: known }), want: { text: 'b' }, live: { text: 'a' } });
    expect(record.fingerprints).toEqual(known);
  });
});

it('gives the live form with every acting change in it, and the patch that leads there', () => {
  const live = { text: 'a', other: 'stays', list: { a: true, x: true } };
  const { after } = diff({
    last: { text: 'a', list: { a: true } },
    want: { text: 'b', list: { a: true, c: true } },
    live,
  });
  expect(after).toEqual({ text: 'b', other: 'stays', list: { a: true, c: true } });
  expect(patchOf(live, after)).toEqual(
    expect.arrayContaining([
      { op: 'replace', path: '/text', value: 'b' },
      { op: 'remove', path: '/list/x' },
      { op: 'add', path: '/list/c', value: true },
    ]),
  );
  expect(patchOf(null, after)).toEqual([]);
});

it('keeps protection that was recorded until allow lifts it', () => {
  const last = recordOf({}, [], { prevent: ['delete'] });
  expect(diff({ last, want: {}, live: {} }).record.prevent).toEqual(['delete']);
  expect(diff({ last, want: {}, live: {}, desired: { lifecycle: { ...LIFECYCLE, allow: ['delete'] } } }).record.prevent).toEqual(
    [],
  );
});

it('digests what was read and can be written: no order, nothing read-only, no contact', () => {
  const kind = kindOf([
    { path: '/text', rule: 'update' },
    { path: '/mail', rule: 'update', contact: true },
    { path: '/list/*', rule: 'update' },
  ]);
  const digest = (spec: JsonObject) => preimageOf(kind, liveOf(kind, 'a', spec), hash);
  const base = digest({ text: 't', list: { a: 1, b: 2 } });
  expect(digest({ list: { b: 2, a: 1 }, text: 't', seen: 'yesterday', mail: 'x' })).toBe(base);
  expect(digest({ text: 't', list: { a: 1 } })).not.toBe(base);
  expect(preimageOf(kind, liveOf(kind, 'a', { text: 't', list: { a: 1, b: 2 } }, { ids: { id: 'other' } }), hash)).not.toBe(base);
});

it('puts the strongest reason first, and what acts before what stands', () => {
  const field = (reason: Parameters<typeof strongest>[0][number]['reason'], stands?: true) => ({
    pointer: '/x',
    reason,
    ...(stands ? { stands } : {}),
  });
  expect(strongest([field('added'), field('both'), field('immutable', true)])).toBe('both');
  expect(strongest([field('default', true), field('drifted', true)])).toBe('drifted');
  expect(strongest([])).toBe(null);
});

it('digests equal values equally whatever the order of their keys', () => {
  expect(digestOf({ a: 1, b: [1, 2] }, hash)).toBe(digestOf({ b: [1, 2], a: 1 }, hash));
  expect(digestOf({ b: [2, 1] }, hash)).not.toBe(digestOf({ b: [1, 2] }, hash));
});
