/** What a resource was before a run, as far as the audit tells: each thing that it does not tell is said. */
import { describe, expect, it } from 'vitest';
import type { AuditChange, AuditedRun } from '../../engine/core/audit.ts';
import { changedOutside, wayBack } from '../../engine/core/inverse.ts';
import type { Change, Desired } from '../../engine/core/model.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { desiredOf } from '../support/resources.ts';

const AT = '2027-03-01T00:00:00.000Z';
const change = (address: string, action: AuditChange['action'], more: Partial<AuditChange> = {}): AuditChange => ({
  type: 'change',
  run: '',
  at: AT,
  address,
  action,
  outcome: 'applied',
  ids: { id: '7' },
  cause: null,
  fields: [],
  steps: [],
  ...more,
});
const run = (id: string, ...changes: readonly AuditChange[]): AuditedRun => ({
  begin: { run: id, at: AT } as AuditedRun['begin'],
  changes,
  end: { type: 'end', run: id, at: AT, exit: 0 },
});
const desired = (address: string, spec: Desired['spec'], more: Partial<Desired> = {}): Desired => {
  const kind = KINDS.find(({ collection }) => address.startsWith(`${collection}/`));
  if (!kind) throw new Error(`no kind has ${address}`);
  return desiredOf(kind, '', spec, { key: address.split('/').slice(1), address, ...more });
};
/** The way back of one run among others: the newest first. */
const back = (runs: readonly AuditedRun[], at: number, files: readonly Desired[]) => {
  const { wanted, obstacles } = wayBack({ runs, run: runs[at] as AuditedRun, kinds: KINDS, desired: files, state: null });
  return {
    specs: Object.fromEntries([...wanted].map(([address, one]) => [address, one?.spec ?? null])),
    wanted,
    says: obstacles.map(({ what, message }) => `${what} ${message}`),
  };
};

describe('the way back of an update', () => {
  it('of what no file names any more says that the audit holds only a part of it', () => {
    const before = run(
      'r1',
      change('userGroups/a', 'update', { fields: [{ pointer: '/description', reason: 'changed', before: 'x' }] }),
    );
    expect(back([before], 0, [])).toMatchObject({
      specs: {},
      says: ['lost No file names it any more, and the audit holds only what the run changed of it.'],
    });
  });

  it('takes a value that the audit does not hold from an older run, under the name that it had then', () => {
    const field = { pointer: '/secretsVersion', reason: 'changed', before: null, after: '3' } as const;
    const runs = [
      run('r4', change('computeSources/new', 'update', { fields: [field] })),
      run('r3', change('computeSources/new', 'update', { renamedFrom: 'computeSources/old' })),
      run('r2', change('userGroups/other', 'update')),
      run('r1', change('computeSources/old', 'create', { fields: [{ ...field, before: '1', after: '2' }] })),
    ];
    const files = [desired('computeSources/new', { type: 'MAX_COMPUTE', secretsVersion: '3' })];
    expect(back(runs, 0, files)).toMatchObject({ specs: { 'computeSources/new': { secretsVersion: '2' } }, says: [] });
    // Where no run tells it, what only the record knows is another one than it is, and a value that is read stands.
    expect(back(runs.slice(0, 1), 0, files)).toMatchObject({
      specs: { 'computeSources/new': { secretsVersion: '(not in the audit)' } },
      says: ['lost secretsVersion: the audit does not hold what it was.'],
    });
    const read = run('r5', change('userGroups/a', 'update', { fields: [{ ...field, pointer: '/description' }] }));
    expect(back([read], 0, [desired('userGroups/a', { description: 'now' })])).toMatchObject({
      specs: { 'userGroups/a': { description: 'now' } },
      says: ['lost description: the audit does not hold what it was.'],
    });
  });

  it('never puts a secret back, whose value nobody kept: its source must be named', () => {
    const secret = run(
      'r1',
      change('computeSources/mc', 'update', {
        fields: [{ pointer: '/config/maxcompute.access.key', reason: 'secret', before: null, after: null }],
      }),
    );
    const spec = { type: 'MAX_COMPUTE', config: { 'maxcompute.access.key': { $secret: 'env:KEY' } } };
    expect(back([secret], 0, [desired('computeSources/mc', spec)])).toMatchObject({
      specs: { 'computeSources/mc': spec },
      says: ['lost config maxcompute.access.key: a secret is never kept: name the source that it had.'],
    });
  });

  it('of a half that went names the secrets that it had, and leaves out those of a half that is not there', () => {
    const ours = { fields: [], lists: [], secrets: ['/dev/config/jdbc.password', '/prod/config/jdbc.password'] };
    const fields = [
      { pointer: '/dev', reason: 'removed', before: true },
      { pointer: '/dev/config/user', reason: 'removed', before: 'reader' },
    ] as const;
    const gone = run('r1', change('dataSources/db', 'update', { fields, ours }));
    expect(back([gone], 0, [desired('dataSources/db', { type: 'ORACLE', dev: { config: {} } })]).says).toEqual([
      'lost dev config jdbc.password: a secret is never kept: name the source that it had.',
    ]);
  });

  it('says which field no file had asked for: it stands, or only written out does it go back', () => {
    const field = { pointer: '/description', after: 'b' } as const;
    const files = [desired('userGroups/a', { description: 'b' })];
    const added = run('r1', change('userGroups/a', 'update', { fields: [{ ...field, reason: 'added' }] }));
    expect(back([added], 0, files).says).toEqual([
      'lost description: no file asked for it before, and what no file asks for stands.',
    ]);
    const found = run('r2', change('userGroups/a', 'update', { fields: [{ ...field, reason: 'found', before: 'a' }] }));
    expect(back([found], 0, files)).toMatchObject({
      specs: { 'userGroups/a': { description: 'a' } },
      says: ['files description: no file asked for it before; only written out does it go back.'],
    });
  });

  it('brings back beside a grant what only the record remembered of it', () => {
    const at = 'dataServiceGrants/ds/get';
    const fields = { pointer: '/scope/bob', reason: 'added', after: ['1'] } as const;
    const removed = { pointer: '/use/bob', reason: 'removed', before: { until: '2027-12-31' } } as const;
    const runs = [run('r2', change(at, 'update', { fields: [removed] })), run('r1', change(at, 'create', { fields: [fields] }))];
    expect(back(runs, 0, [desired(at, { use: {} })]).specs).toEqual({
      [at]: { use: { bob: { until: '2027-12-31' } }, scope: { bob: ['1'] } },
    });
    // Where none remembers it, the grant alone goes back.
    expect(back(runs.slice(0, 1), 0, [desired(at, { use: {} })]).specs).toEqual({
      [at]: { use: { bob: { until: '2027-12-31' } } },
    });
  });

  it('of a rename says how it is to be written', () => {
    const renamed = run(
      'r1',
      change('userGroups/new', 'update', {
        renamedFrom: 'userGroups/old',
        fields: [{ pointer: '', reason: 'changed', before: 'old', after: 'new' }],
      }),
    );
    const found = back([renamed], 0, [desired('userGroups/new', {})]);
    expect(found.wanted.get('userGroups/old')).toMatchObject({ key: ['old'], renamedFrom: ['new'] });
    expect(found.says).toEqual([
      'files It is written under its old name with renamedFrom: new. Without it, it is deleted and made anew.',
    ]);
  });
});

describe('the way back of a delete', () => {
  const gone = (more: Partial<AuditChange>) => run('r2', change('userGroups/a', 'delete', more));

  it('is what the files say where they name it again', () => {
    const files = [desired('userGroups/a', { description: 'again' })];
    expect(back([gone({})], 0, files)).toMatchObject({ specs: { 'userGroups/a': { description: 'again' } }, says: [] });
  });

  it('is lost where the audit does not hold what it was', () => {
    expect(back([gone({})], 0, [])).toMatchObject({ specs: {}, says: ['lost The audit does not hold what it was.'] });
  });

  it('is all that was live in lines that do not tell what was ours', () => {
    expect(back([gone({ before: { description: 'x' }, ids: null })], 0, [])).toMatchObject({
      specs: { 'userGroups/a': { description: 'x' } },
      says: [],
    });
  });

  it('is what was ours of it, halves by what stands in them, and what an older run remembered', () => {
    const at = 'dataSources/db';
    const runs = [
      run(
        'r2',
        change(at, 'delete', {
          before: { type: 'ORACLE', dev: { name: 'db_dev' }, foreign: 1 },
          ours: {
            fields: ['/type', '/dev', '/dev/name', '/dev/secretsVersion', '/prod/secretsVersion'],
            lists: [],
            secrets: ['/dev/config/jdbc.password'],
          },
        }),
      ),
      run('r1', change(at, 'create', { fields: [{ pointer: '/dev/secretsVersion', reason: 'added', after: '2' }] })),
    ];
    expect(back(runs, 0, [])).toMatchObject({
      specs: {
        [at]: { type: 'ORACLE', dev: { name: 'db_dev', secretsVersion: '2', config: { 'jdbc.password': { $secret: 'lost' } } } },
      },
      says: [
        'lost Its id was 7: the service gives it another one.',
        'lost dev config jdbc.password: a secret is never kept: name the source that it had.',
        'lost prod secretsVersion: the audit does not hold what it was.',
      ],
    });
  });

  it('of what a later run has deleted finds what that line kept', () => {
    const field = { pointer: '/description', reason: 'changed', before: 'a', after: 'b' } as const;
    const runs = [gone({ before: { description: 'b' } }), run('r1', change('userGroups/a', 'update', { fields: [field] }))];
    expect(back(runs, 1, [])).toMatchObject({
      specs: { 'userGroups/a': { description: 'a' } },
      says: [`later Run r2 of ${AT} has changed it since (delete), other fields of it.`],
    });
  });
});

describe('the way back of other changes', () => {
  it('of what only the record was told is the command that puts it back', () => {
    const only = run(
      'r1',
      change('userGroups/a', 'adopt'),
      change('userGroups/b', 'forget'),
      change('userGroups/c', 'move', { renamedFrom: 'userGroups/d' }),
    );
    expect(back([only], 0, []).says).toEqual([
      'record It was only recorded: phinfra state forget userGroups/a.',
      'record It only left the record: phinfra state adopt userGroups/b, where the files name it.',
      'record It was moved in the record: phinfra state move userGroups/c userGroups/d.',
    ]);
  });

  it('of a kind of another version, of a create that the record has lost, and of a run without an end, is said', () => {
    const { begin, changes } = run(
      'r1',
      change('policies/a', 'update'),
      change('userGroups/a', 'create', { outcome: 'unknown' }),
    );
    expect(back([{ begin, changes, end: null }], 0, [])).toMatchObject({
      specs: { 'userGroups/a': null },
      says: [
        'unsure It has no end in the audit: what it did is told by the run that went on with the same plan, if one did.',
        'lost Its kind is not known to this version.',
        'unsure Nobody knows what the run did to it: what is live tells.',
        'lost The record does not hold it any more, so nothing deletes it.',
      ],
    });
  });

  it('names five fields that a later run has changed, and that there are more', () => {
    const of = (names: string) =>
      [...names].map((name) => ({ pointer: `/members/${name}`, reason: 'added', after: true }) as const);
    const later = (names: string) =>
      back(
        [
          run('r2', change('userGroups/z', 'update'), change('userGroups/a', 'update', { fields: of(names) })),
          run('r1', change('userGroups/a', 'update', { fields: of('abcdefg') })),
        ],
        1,
        [desired('userGroups/a', {})],
      ).says[0];
    expect(later('ab')).toBe(`later Run r2 of ${AT} has changed it since (update): members a, members b.`);
    expect(later('abcdef')).toContain('members a, members b, members c, members d, members e, ….');
  });
});

describe('what somebody else has done since', () => {
  const outside = (one: AuditChange, now: Partial<Change>): readonly string[] => {
    const its = run('r1', one);
    return changedOutside({ run: its, runs: [its], kinds: KINDS }, [
      { address: one.address, before: null, ...now } as Change,
    ]).map(({ message }) => message);
  };
  const field = { pointer: '/description', reason: 'changed', before: 'a', after: 'b' } as const;

  it('is told of what was made and is gone, was deleted and is there, or is neither as it was nor as it became', () => {
    expect(outside(change('userGroups/a', 'create'), {})).toEqual(['It is not there any more: somebody else has deleted it.']);
    expect(outside(change('userGroups/a', 'delete'), { before: {} })).toEqual(['It is there again: somebody else has made it.']);
    const update = change('userGroups/a', 'update', { fields: [field] });
    expect(outside(update, { before: { description: 'c' } })).toEqual(['description: somebody else has changed it since.']);
    expect(outside(update, { before: { description: 'a' } })).toEqual([]);
    expect(outside(update, { before: { description: 'b' } })).toEqual([]);
    expect(outside(update, { address: 'userGroups/other', before: { description: 'c' } })).toEqual([]);
  });
});
