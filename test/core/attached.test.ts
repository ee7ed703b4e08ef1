/** Resources that hang on something that is there by itself: grants of an API, of a table. */
import { describe, expect, it } from 'vitest';
import { findChanges, kindChange } from '../../engine/core/changes.ts';
import { diffResource } from '../../engine/core/diff.ts';
import type { Live, RecordedResource, State } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { keysOf, recordedPrincipals, wantedLists } from '../../engine/core/reads.ts';
import { userGroups } from '../../engine/kinds/user-groups.ts';
import { desiredOf, kindOf, liveOf, PORTS, recordOf } from '../support/resources.ts';

const KIND = kindOf([{ path: '/use/*', rule: 'update' }], { attached: true });
const bare = (more: Partial<Live> = {}): Live => liveOf(KIND, 'api', { use: {} }, { isBare: true, ...more });
const stateOf = (resources: Readonly<Record<string, RecordedResource>>): State => ({
  format: 'phinfra.state/1',
  lineage: 'l',
  serial: 1,
  environment: 'e',
  tenant: 't',
  deployment: 'd',
  salt: 's',
  resources,
  people: {},
});

const draftsOf = (spec: JsonObject, live: readonly Live[], resources: Readonly<Record<string, RecordedResource>> = {}) =>
  findChanges(
    {
      kinds: [KIND],
      desired: [desiredOf(KIND, 'api', spec)],
      live: new Map([['things', { resources: live, isComplete: true, unproven: new Set<string>() }]]),
      state: stateOf(resources),
      drift: 'revert',
      exclusive: [],
      caller: null,
      gone: new Set(),
      pushSecrets: [],
    },
    PORTS,
  ).drafts;

describe('something that hangs on a thing with nothing on it', () => {
  it('is created on it, and the calls know the thing', () => {
    const [draft] = draftsOf({ use: { bob: true } }, [bare()]);
    expect(draft?.action).toBe('create');
    const change = draft && kindChange(draft);
    expect({ live: change?.live, host: change?.host }).toEqual({ live: null, host: bare() });
  });

  it('is adopted where nothing is to be put on it, and is in the record with its ids from then on', () => {
    const [draft] = draftsOf({ use: {} }, [bare()]);
    expect({ action: draft?.action, ids: draft?.difference?.record.ids }).toEqual({ action: 'adopt', ids: { id: 'id of api' } });
    const recorded = recordOf({ use: {} }, [], { ids: { id: 'id of api' }, lists: ['/use'], origin: 'adopted' });
    expect(draftsOf({ use: {} }, [bare()], { 'things/api': recorded })).toEqual([]);
  });

  it('waits where two things have its name', () => {
    const drafts = draftsOf({ use: { bob: true } }, [bare(), bare({ ids: { id: 'another' } })]);
    expect(drafts.map(({ action, guards }) => ({ action, codes: guards.map(({ code }) => code) }))).toEqual([
      { action: 'none', codes: ['ADOPT_AMBIGUOUS'] },
    ]);
  });
});

describe('an element that is there and whose value no read shows', () => {
  const diff = (want: JsonObject, live: JsonObject, last: RecordedResource | null) =>
    diffResource(
      {
        kind: KIND,
        desired: desiredOf(KIND, 'api', { use: want }),
        live: liveOf(KIND, 'api', { use: live }, { unread: Object.keys(live).map((name) => `/use/${name}`) }),
        recorded: last,
        drift: 'revert',
        exclusiveByWorkspace: false,
        caller: null,
        gone: new Set(),
        pushSecrets: false,
      },
      PORTS,
    ).fields.map(({ pointer, reason, before, after }) => ({ pointer, reason, before, after }));
  const until = (day: string): JsonObject => ({ until: day });
  const recorded = recordOf({ use: { bob: until('2027-01-01') } }, ['/use/*'], { lists: ['/use'] });

  it('is compared with the record, and believed when it is adopted', () => {
    expect(diff({ bob: until('2027-01-01') }, { bob: {} }, recorded)).toEqual([]);
    expect(diff({ bob: until('2027-01-01') }, { bob: {} }, null)).toEqual([]);
    expect(diff({ bob: until('2028-01-01') }, { bob: {} }, recorded)).toEqual([
      { pointer: '/use/bob', reason: 'changed', before: null, after: until('2028-01-01') },
    ]);
  });

  it('is sent once where the resource is ours and the element is new to it', () => {
    expect(diff({ bob: until('2027-01-01'), carol: {} }, { bob: {}, carol: {} }, recorded)).toEqual([
      { pointer: '/use/carol', reason: 'added', before: undefined, after: {} },
    ]);
  });

  it('says of members with rules of their own no more than lists that are read', () => {
    const kind = kindOf([{ path: '/use/*', rule: 'update', omits: ['reason'] }], { attached: true });
    const want = { use: { bob: { until: '2027-01-01', reason: 'HR-881' } } };
    const of = (unread: readonly string[], use: JsonObject) =>
      diffResource(
        {
          kind,
          desired: desiredOf(kind, 'api', want),
          live: liveOf(kind, 'api', { use }, { unread }),
          recorded,
          drift: 'revert',
          exclusiveByWorkspace: false,
          caller: null,
          gone: new Set(),
          pushSecrets: false,
        },
        PORTS,
      );
    const [asked, listed] = [of(['/use/bob'], { bob: null }), of([], { bob: until('2027-01-01') })];
    expect([asked.fields, listed.fields]).toEqual([[], []]);
    expect(asked.record.fields).toEqual(listed.record.fields);
  });

  it('is missed when it is not there, and goes when no file names it', () => {
    expect(diff({ bob: until('2027-01-01') }, {}, recorded)).toEqual([
      { pointer: '/use/bob', reason: 'drifted', before: undefined, after: until('2027-01-01') },
    ]);
    expect(diff({}, { bob: {} }, recorded)).toEqual([{ pointer: '/use/bob', reason: 'removed', before: null, after: undefined }]);
  });
});

describe('what the record holds of others', () => {
  const state = stateOf({
    'things/a%20b': recordOf({ use: { 'userGroups/x': {}, 'projects/a%20b LOGICAL_TABLE': {}, 'bob@example.com': {} } }, [
      '/use/*',
    ]),
  });
  it('names groups, projects and apps, so that their lists are read', () => {
    expect(
      recordedPrincipals(stateOf({ 'things/a': recordOf({}, [], { fields: { '/use/userGroups~1x': '', '/use/bob': '' } }) })),
    ).toEqual([{ kind: 'userGroups', key: ['x'] }]);
    const fields = { '/use/projects~1a%20b LOGICAL_TABLE': '', '/use/dataServiceApps~1finance~1portal': '' };
    const other = stateOf({ 'things/a': recordOf({}, [], { fields }) });
    expect(recordedPrincipals(other)).toEqual([
      { kind: 'projects', key: ['a b'] },
      { kind: 'dataServiceApps', key: ['finance', 'portal'] },
    ]);
    const withGroup = stateOf({ 'things/a': recordOf({}, [], { fields: { '/use/userGroups~1x': '' } }) });
    expect(wantedLists([KIND, userGroups], [], [], withGroup).kinds.map(({ collection }) => collection)).toEqual([
      'things',
      'userGroups',
    ]);
  });

  it('and what is declared are the keys that a kind may have to look at, each once', () => {
    expect(keysOf([desiredOf(KIND, 'a b', {}), desiredOf(KIND, 'c', {})], state)('things')).toEqual([['a b'], ['c']]);
  });
});
