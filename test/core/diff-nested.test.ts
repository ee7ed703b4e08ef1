/** Lists inside the elements of a list, and what no update can send back. */
import { describe, expect, it } from 'vitest';
import { diffResource, digestOf } from '../../engine/core/diff.ts';
import type { Kind } from '../../engine/core/kind.ts';
import type { RecordedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { desiredOf, hash, kindOf, LIFECYCLE, liveOf, PORTS, recordOf } from '../support/resources.ts';

const PATHS = ['/text', '/rules/*', '/rules/*/grant/*'];
const RULES = kindOf([
  { path: '/text', rule: 'update' },
  { path: '/rules/*', rule: 'update', omits: ['grant', 'note', 'how'] },
  { path: '/rules/*/grant/*', rule: 'update' },
  { path: '/rules/*/note', rule: 'remembered' },
  { path: '/rules/*/how', rule: 'option' },
]);

const rule = (where: string, ...grant: readonly string[]): JsonObject => ({
  where,
  grant: Object.fromEntries(grant.map((name) => [name, true])),
});
/** What the record says after this was applied; a rule's digest is without what has rules of its own. */
const ours = (spec: { readonly rules: Readonly<Record<string, JsonObject>> }): RecordedResource => {
  const names = Object.keys(spec.rules);
  const recorded = recordOf(spec, PATHS, { lists: ['/rules', ...names.map((name) => `/rules/${name}/grant`)] });
  const own = names.map((name) => [`/rules/${name}`, digestOf({ where: spec.rules[name]?.['where'] ?? null }, hash)]);
  return { ...recorded, fields: { ...recorded.fields, ...Object.fromEntries(own) } };
};

const diff = (
  last: RecordedResource | null,
  want: JsonObject,
  live: JsonObject | null,
  more: { readonly drift?: 'report'; readonly kind?: Kind; readonly ignore?: readonly string[] } = {},
) => {
  const kind = more.kind ?? RULES;
  return diffResource(
    {
      kind,
      desired: desiredOf(kind, 'a', want, { lifecycle: { ...LIFECYCLE, ignore: more.ignore ?? [] } }),
      live: live === null ? null : liveOf(kind, 'a', live),
      recorded: last,
      drift: more.drift ?? 'revert',
      exclusiveByWorkspace: false,
      caller: null,
      gone: new Set(),
      pushSecrets: false,
    },
    PORTS,
  );
};
const told = ({ fields }: ReturnType<typeof diff>) =>
  fields.map(({ pointer, reason, stands }) => `${pointer} ${reason}${stands ? ' stands' : ''}`);

describe('a list inside the elements of a list', () => {
  it('is made with its element, and compared by itself from then on', () => {
    const want = { rules: { east: rule('east', 'alice') } };
    expect(told(diff(null, want, null))).toEqual(['/rules/east added', '/rules/east/grant/alice added']);
    const more = diff(ours(want), { rules: { east: rule('east', 'alice', 'bob') } }, want);
    expect(told(more)).toEqual(['/rules/east/grant/bob added']);
    expect(more.after).toEqual({ rules: { east: rule('east', 'alice', 'bob') } });
    const other = diff(ours(want), { rules: { east: rule('west', 'alice') } }, want);
    expect(told(other)).toEqual(['/rules/east changed']);
    expect(other.after).toEqual({ rules: { east: rule('west', 'alice') } });
  });
  it('waits with an element that a guard keeps from being made', () => {
    const found = diff(
      null,
      { rules: { east: { ...rule('east', 'alice'), note: 'n', how: 'h' } } },
      { rules: { west: rule('west') } },
    );
    expect(found.guards.map(({ code, pointer }) => [code, pointer])).toEqual([['ADOPT_HAS_OTHERS', '/rules']]);
    expect(told(found)).toEqual(['/rules/west found stands', '/rules/east later stands']);
    expect(found.after).toEqual({ rules: { west: rule('west') } });
  });
  it('waits with an element whose loss is reported only, and stays in the record', () => {
    const want = { rules: { east: rule('east', 'alice') } };
    const found = diff(ours(want), want, { rules: {} }, { drift: 'report' });
    expect(told(found)).toEqual(['/rules/east drifted stands']);
    expect(found.after).toEqual({ rules: {} });
    expect(found.record.fields).toEqual({
      '/rules/east': digestOf({ where: 'east' }, hash),
      '/rules/east/grant/alice': digestOf(true, hash),
    });
  });
  it('waits with an element that is ignored', () => {
    const found = diff(
      ours({ rules: {} }),
      { rules: { east: rule('east', 'alice') } },
      { rules: {} },
      { ignore: ['/rules/east'] },
    );
    expect(told(found)).toEqual(['/rules/east ignored stands']);
    expect(found.after).toEqual({ rules: {} });
  });
  it('puts options of an element beside it and compares none of them', () => {
    const want = { rules: { east: { where: 'east', how: 'quickly' } } };
    const found = diff(ours({ rules: { east: { where: 'east' } } }), want, { rules: { east: { where: 'east' } } });
    expect(told(found)).toEqual([]);
    expect(found.after).toEqual(want);
  });
});

describe('what no update can send back', () => {
  const kind: Kind = { ...RULES, fallsOut: () => [{ pointer: '/rules/east/grant/left', why: 'has left' }] };
  const live = { text: 'a', rules: { east: rule('east', 'left') } };
  const last = recordOf({ text: 'a' }, ['/text']);
  it('falls out of the first change of something else, with its reason', () => {
    const found = diff(last, { text: 'b' }, live, { kind });
    expect(told(found)).toEqual(['/text changed', '/rules/east/grant/left leaver']);
    expect(found.fields.at(-1)).toMatchObject({ before: true, note: 'has left' });
    expect(found.after).toEqual({ text: 'b', rules: { east: rule('east') } });
  });
  it('is no change by itself', () => {
    const found = diff(last, { text: 'a' }, live, { kind });
    expect(told(found)).toEqual([]);
    expect(found.after).toEqual(live);
  });
  it('falls out of a rename as well', () => {
    const found = diffResource(
      {
        kind,
        desired: desiredOf(kind, 'b', { text: 'a' }),
        live: liveOf(kind, 'a', live),
        recorded: last,
        drift: 'revert',
        exclusiveByWorkspace: false,
        caller: null,
        gone: new Set(),
        pushSecrets: false,
      },
      PORTS,
    );
    expect(told(found)).toEqual(['/rules/east/grant/left leaver']);
  });
  it('is shown once where its list lets others stand', () => {
    const found = diffResource(
      {
        kind,
        desired: desiredOf(
          kind,
          'a',
          { text: 'b', rules: { east: rule('east') } },
          { lifecycle: { ...LIFECYCLE, exclusive: false } },
        ),
        live: liveOf(kind, 'a', live),
        recorded: last,
        drift: 'revert',
        exclusiveByWorkspace: false,
        caller: null,
        gone: new Set(),
        pushSecrets: false,
      },
      PORTS,
    );
    expect(told(found)).toEqual(['/text changed', '/rules/east/grant/left leaver']);
  });
});
