import { describe, expect, it } from 'vitest';
import { diffResource, veiled } from '../../engine/core/diff.ts';
import type { Kind } from '../../engine/core/kind.ts';
import type { RecordedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { desiredOf, kindOf, liveOf, PORTS, recordOf } from '../support/resources.ts';

type Given = {
  readonly kind: Kind;
  readonly last: RecordedResource | null;
  readonly want: JsonObject;
  readonly live: JsonObject;
};

const diff = ({ kind, last, want, live }: Given) =>
  diffResource(
    {
      kind,
      desired: desiredOf(kind, 'a', want),
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

describe('a list that can only be added to, of which a read shows who is there', () => {
  const ROLES = kindOf([{ path: '/members/*', rule: 'update', additive: true }]);
  const members = (of: JsonObject): JsonObject => ({ members: of });
  const of = (last: JsonObject | null, want: JsonObject, live: JsonObject) => {
    const recorded = last === null ? null : recordOf(members(last), ['/members/*'], { lists: ['/members'] });
    const desired = desiredOf(ROLES, 'a', members(want));
    return diff({
      kind: ROLES,
      last: recorded,
      want: members(want),
      live: veiled(ROLES, liveOf(ROLES, 'a', members(live)), desired, recorded).spec,
    });
  };
  const fieldsOf = (...given: Parameters<typeof of>) =>
    of(...given).fields.map(({ pointer, reason, before, after }) => ({ pointer, reason, before, after }));

  it('leaves others be, and holds nobody back because of them', () => {
    const { fields, guards, after } = of(null, { bob: 'admin' }, { alice: true });
    expect(fields.map(({ pointer, reason }) => [pointer, reason])).toEqual([['/members/bob', 'found']]);
    expect({ guards, after }).toEqual({ guards: [], after: members({ bob: 'admin' }) });
  });
  it('believes the value of who is there already, and compares it with the record from then on', () => {
    expect(fieldsOf(null, { bob: 'admin' }, { bob: true })).toEqual([]);
    expect(fieldsOf({ eve: 'admin' }, { eve: 'admin', bob: 'admin' }, { bob: true, eve: true })).toEqual([]);
    expect(fieldsOf({ bob: 'admin' }, { bob: 'admin' }, { bob: true })).toEqual([]);
    expect(fieldsOf({ bob: 'admin' }, { bob: 'developer' }, { bob: true })).toEqual([
      { pointer: '/members/bob', reason: 'changed', before: null, after: 'developer' },
    ]);
  });
  it('misses who is ours and no longer there, and wants out who is ours and no longer named', () => {
    expect(fieldsOf({ bob: 'admin' }, { bob: 'admin' }, {})).toEqual([
      { pointer: '/members/bob', reason: 'drifted', before: undefined, after: 'admin' },
    ]);
    expect(fieldsOf({ bob: 'admin' }, {}, { bob: true })).toEqual([
      { pointer: '/members/bob', reason: 'removed', before: null, after: undefined },
    ]);
    expect(fieldsOf({ bob: 'admin' }, {}, {})).toEqual([]);
  });
});

describe('a value that is compared and never shown', () => {
  const KEYED = kindOf([{ path: '/key', rule: 'update', conceals: true }]);
  it('is told apart by its reason, without what is live', () => {
    const fieldsOf = (last: JsonObject | null, want: JsonObject, live: JsonObject) =>
      diff({ kind: KEYED, last: last && recordOf(last, ['/key']), want, live }).fields;
    expect(fieldsOf(null, { key: 'ours' }, { key: 'canary' })).toMatchObject([{ reason: 'found', before: null, after: 'ours' }]);
    expect(fieldsOf({ key: 'ours' }, { key: 'ours' }, { key: 'canary' })).toMatchObject([{ reason: 'drifted', before: null }]);
    expect(fieldsOf({ key: 'canary' }, { key: 'ours' }, { key: 'canary' })).toMatchObject([{ reason: 'changed', before: null }]);
    expect(fieldsOf(null, { key: 'ours' }, { key: 'ours' })).toEqual([]);
  });
  it('is cut out of the live side where no file names it', () => {
    expect(veiled(KEYED, liveOf(KEYED, 'a', { key: 'canary', text: 'a' }), desiredOf(KEYED, 'a', {}), null).spec).toEqual({
      text: 'a',
    });
  });
});
