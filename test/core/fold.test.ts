import { describe, expect, it } from 'vitest';
import { foldJournal, recordAfter } from '../../engine/core/fold.ts';
import type { JournalEvent, State } from '../../engine/core/model.ts';
import { change, IDENTITY, recorded, step, toRecord } from '../support/apply-plan.ts';

const STATE: State = {
  format: 'phinfra.state/1',
  lineage: 'L',
  serial: 4,
  ...IDENTITY,
  salt: 'S',
  resources: { 'userGroups/a': recorded({ ids: { id: '1' } }) },
  people: { bob: '3' },
};
const at = '2026-11-24T02:00:00.000Z';
const runEvent = (run: string): JournalEvent => ({ type: 'run', run, command: 'apply', changesDigest: 'd', caller: null, at });
const intent = (run: string, id: string, serves: readonly string[]): JournalEvent => ({
  type: 'intent',
  run,
  step: id,
  operation: 'UpdateUserGroup',
  serves,
  request: 'q',
  at,
});
const outcome = (run: string, id: string, how: 'done' | 'unknown' | 'rejected'): JournalEvent => ({
  type: 'outcome',
  run,
  step: id,
  outcome: how,
  code: null,
  requestId: null,
  at,
});

describe('the journal folded into the state', () => {
  it('adds, replaces and removes resources, and counts the serial up for a run', () => {
    const events: JournalEvent[] = [
      runEvent('r'),
      { type: 'people', run: 'r', people: { carol: '4' } },
      { type: 'record', run: 'r', address: 'userGroups/b', resource: recorded({ ids: { id: '2' } }) },
      { type: 'record', run: 'r', address: 'userGroups/a', resource: null },
      { type: 'end', run: 'r', exit: 0, at },
    ];
    expect(foldJournal(STATE, events)).toEqual({
      state: {
        ...STATE,
        serial: 5,
        ranAt: at,
        resources: { 'userGroups/b': recorded({ ids: { id: '2' } }) },
        people: { bob: '3', carol: '4' },
      },
      open: [],
    });
    expect(foldJournal(STATE, [])).toEqual({ state: STATE, open: [] });
  });

  it('keeps intents open that have no outcome, or an unknown one, until a later run has recorded all their addresses', () => {
    const lost = intent('r', 'lost', ['userGroups/a', 'userGroups/b']);
    const doubted = intent('r', 'doubted', ['userGroups/c']);
    const first = [
      runEvent('r'),
      lost,
      doubted,
      outcome('r', 'doubted', 'unknown'),
      intent('r', 'well', ['x']),
      outcome('r', 'well', 'done'),
    ];
    const open = (events: readonly JournalEvent[]) => foldJournal(STATE, events).open.map((event) => event.step);
    const recordIn = (run: string, address: string): JournalEvent => ({ type: 'record', run, address, resource: recorded() });
    expect(open(first)).toEqual(['lost', 'doubted']);
    expect(open([...first, recordIn('r', 'userGroups/c')])).toEqual(['lost', 'doubted']);
    expect(open([...first, recordIn('r2', 'userGroups/c')])).toEqual(['lost']);
    expect(open([...first, recordIn('r2', 'userGroups/a')])).toEqual(['lost', 'doubted']);
    expect(open([...first, recordIn('r2', 'userGroups/a'), recordIn('r2', 'userGroups/b')])).toEqual(['doubted']);
    expect(open([...first, outcome('r', 'lost', 'rejected')])).toEqual(['doubted']);
  });

  it('counts intents that were carried over as no run', () => {
    expect(foldJournal(STATE, [intent('r', 'lost', ['userGroups/z'])]).state).toEqual({ ...STATE, ranAt: at });
  });
});

describe('the record after a step', () => {
  const remove = step('userGroups/a#members-', 'RemoveUserGroupMember', { phase: 'revoke', covers: ['/members/bob'] });
  const update = step('userGroups/a#update', 'UpdateUserGroup', { covers: ['/description', '/config'] });
  const before = recorded({
    ids: { id: '1' },
    fields: { '/description': 'old', '/members/bob': 'm', '/members/dan': 'm' },
    causes: { '/members/bob': 'sets/x' },
    lists: ['/members'],
  });
  const record = toRecord({
    ids: { id: '1' },
    fields: { '/description': 'new', '/members/dan': 'm' },
    lists: ['/members'],
    fingerprints: { '/config/kept': 'F' },
    sent: { '/config/key': 'v' },
  });
  const changed = change('userGroups/a', 'update', [remove.id, update.id], { record });
  const recordOf = (done: readonly (typeof remove)[], more = {}) =>
    recordAfter({
      change: changed,
      before,
      done,
      steps: [remove, update],
      isComplete: done.length === changed.steps.length,
      ids: undefined,
      sent: { '/config/key': 'G' },
      ...more,
    });

  it('holds what the finished steps brought about and nothing of the others', () => {
    expect(recordOf([remove])).toEqual({
      'userGroups/a': recorded({ ids: { id: '1' }, fields: { '/description': 'old', '/members/dan': 'm' }, lists: ['/members'] }),
    });
    expect(recordOf([update])).toEqual({
      'userGroups/a': recorded({
        ids: { id: '1' },
        fields: { '/description': 'new', '/members/bob': 'm', '/members/dan': 'm' },
        causes: { '/members/bob': 'sets/x' },
        lists: ['/members'],
        fingerprints: { '/config/kept': 'F', '/config/key': 'G' },
      }),
    });
    expect(recordOf([remove, update])).toEqual({
      'userGroups/a': recorded({
        ids: { id: '1' },
        fields: { '/description': 'new', '/members/dan': 'm' },
        lists: ['/members'],
        fingerprints: { '/config/kept': 'F', '/config/key': 'G' },
      }),
    });
  });

  it('moves an address when all is done, and not before', () => {
    const moving = { ...changed, address: 'userGroups/new', renamedFrom: 'userGroups/a' };
    expect(Object.keys(recordOf([remove], { change: moving }))).toEqual(['userGroups/a']);
    const whole = recordOf([remove, update], { change: moving });
    expect(whole['userGroups/a']).toBeNull();
    expect(whole['userGroups/new']?.ids).toEqual({ id: '1' });
  });

  it('waits for an id, and then holds what was done before it', () => {
    const creating = change('userGroups/a', 'create', [update.id, remove.id], { record: { ...record, ids: {} } });
    expect(recordOf([update], { change: creating, before: null })).toEqual({});
    expect(recordOf([update], { change: creating, before: null, ids: { id: '5' } })['userGroups/a']).toMatchObject({
      ids: { id: '5' },
      fields: { '/description': 'new' },
    });
  });

  it('holds on to what it said although a half was made or deleted outside', () => {
    const wider = { ...changed, record: { ...record, ids: { prod: '1', dev: '2' } } };
    const narrow = { ...before, ids: { prod: '1' } };
    expect(recordOf([remove], { change: wider, before: narrow })['userGroups/a']).toMatchObject({
      ids: { prod: '1', dev: '2' },
      fields: { '/description': 'old', '/members/dan': 'm' },
    });
  });

  it('forgets the old resource of a replacement as soon as it is deleted', () => {
    const gone = step('userGroups/a#delete', 'DeleteUserGroup', { phase: 'delete', covers: [] });
    const made = step('userGroups/a#create', 'CreateUserGroup', { phase: 'create' });
    const replacing = change('userGroups/a', 'replace', [gone.id, made.id, update.id], { record });
    expect(recordOf([gone], { change: replacing })).toEqual({ 'userGroups/a': null });
    expect(recordOf([gone, made], { change: replacing, ids: { id: '8' } })['userGroups/a']?.ids).toEqual({ id: '8' });
    expect(recordOf([gone, made, update], { change: replacing, ids: { id: '8' } })['userGroups/a']?.ids).toEqual({ id: '8' });
  });

  it('leaves the record alone where the plan says so, and removes a deleted address at the end', () => {
    const { record: _none, ...unrecorded } = changed;
    expect(recordOf([remove, update], { change: unrecorded })).toEqual({});
    expect(recordOf([remove], { change: { ...changed, record: null } })).toEqual({});
    expect(recordOf([remove, update], { change: { ...changed, record: null } })).toEqual({ 'userGroups/a': null });
  });
});
