import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../engine/core/diagnostic.ts';
import type { JournalEvent } from '../../engine/core/model.ts';
import { parseJournal } from '../../engine/shell/journal.ts';
import type { RecordStore } from '../../engine/shell/state.ts';
import {
  applied,
  busiestSecond,
  change,
  DONE,
  done,
  notSent,
  planOf,
  recorded,
  rejected,
  step,
  temporaryFolder,
  throttled,
  toRecord,
  unknown,
} from '../support/apply-plan.ts';

const group = (name: string, more: Parameters<typeof step>[2] = {}) => step(`userGroups/${name}#update`, 'UpdateUserGroup', more);
const outcomes = (world: Awaited<ReturnType<typeof applied>>) =>
  Object.fromEntries(world.result.steps.map(({ id, outcome }) => [id, outcome]));
const many = (count: number, make: (index: number) => ReturnType<typeof step>) =>
  Array.from({ length: count }, (_, index) => make(index));

describe('order', () => {
  it('sends a step when all that it waits for is done', async () => {
    const steps = [
      step('userGroups/a#members+', 'AddUserGroupMember', { phase: 'grant', after: ['userGroups/a#create'] }),
      step('userGroups/a#create', 'CreateUserGroup', { phase: 'create' }),
      step('userGroups/a#switch', 'UpdateUserGroupSwitch', {
        phase: 'update',
        after: ['userGroups/a#create', 'userGroups/a#members+'],
      }),
    ];
    const world = await applied(planOf(steps), () => DONE);
    expect(world.order()).toEqual(['userGroups/a#create', 'userGroups/a#members+', 'userGroups/a#switch']);
    expect(world.result).toMatchObject({ exit: 0, reason: 'done', applied: 1, left: 0, skipped: [], diagnostics: [] });
  });

  it('tries phases in order, and inside a phase what most hangs on', async () => {
    const steps = [
      group('d', { phase: 'delete' }),
      group('g', { phase: 'grant' }),
      group('c1', { phase: 'create' }),
      group('c2', { phase: 'create' }),
      group('r', { phase: 'revoke' }),
      group('after', { phase: 'delete', after: ['userGroups/c2#update'] }),
    ];
    const world = await applied(planOf(steps), () => DONE);
    expect(world.order()).toEqual(['r', 'c2', 'c1', 'g', 'd', 'after'].map((name) => `userGroups/${name}#update`));
  });

  it('lets independent steps overlap, of one level and of several, after the first write', async () => {
    const steps = [
      ...many(20, (index) => group(`a${index}`)),
      ...many(20, (index) => step(`projects/p${index}#members`, 'AddProjectMember')),
    ];
    const world = await applied(planOf(steps), () => DONE, { latencyMs: 900 });
    expect(world.result.exit).toBe(0);
    expect(world.most()).toBeGreaterThan(10);
    expect(world.calls.filter(({ atMs }) => atMs < 900)).toHaveLength(1);
  });

  it('has at most one call under way for one address, whatever the plan allows', async () => {
    const steps = many(6, (index) => step(`userGroups/a#members+${index}`, 'AddUserGroupMember'));
    const world = await applied(planOf(steps), () => DONE, { latencyMs: 400 });
    expect(world.most()).toBe(1);
    expect(world.result).toMatchObject({ exit: 0, applied: 1 });
  });
});

describe('pace', () => {
  it('never exceeds the rate of any quota, and keeps the binding one full', async () => {
    const steps = [
      ...many(200, (index) => step(`userGroups/l2-${index}#a`, 'AddUserGroupMember')),
      ...many(40, (index) => step(`projects/l3-${index}#a`, 'CreateBasicProject')),
    ];
    const world = await applied(planOf(steps), () => DONE, { latencyMs: 150 });
    const times = (level: number) =>
      world.calls.filter(({ operation }) => (operation === 'AddUserGroupMember' ? 2 : 3) === level).map(({ atMs }) => atMs);
    expect([busiestSecond(times(2)), busiestSecond(times(3))]).toEqual([20, 5]);
    const last = Math.max(...times(2));
    expect(last).toBeLessThan((200 * 1050) / 20 + 300);
  });
});

describe('failures', () => {
  it('skips what depends on a refused step and goes on with the rest', async () => {
    const steps = [
      step('userGroups/a#create', 'CreateUserGroup', { phase: 'create' }),
      step('userGroups/a#members+', 'AddUserGroupMember', { phase: 'grant', after: ['userGroups/a#create'] }),
      step('projects/p#members', 'AddProjectMember', { phase: 'grant', after: ['userGroups/a#members+'] }),
      group('z'),
    ];
    const world = await applied(planOf(steps), ({ of }) => (of === 'userGroups/a#create' ? rejected('InvalidParameter') : DONE));
    expect(outcomes(world)).toEqual({ 'userGroups/a#create': 'rejected', 'userGroups/z#update': 'done' });
    expect(world.result).toMatchObject({
      exit: 5,
      reason: 'refused',
      applied: 1,
      failed: 1,
      left: 1,
      skipped: [{ address: 'projects/p', because: 'userGroups/a#create' }],
    });
    expect(world.result.diagnostics).toEqual([
      {
        code: 'STEP_REJECTED',
        severity: 'error',
        message:
          'CreateUserGroup for "userGroups/a" was refused by the service: InvalidParameter: no: InvalidParameter (request R).',
        hint: 'Mend what the code names and apply again; what does not depend on it was applied.',
        address: 'userGroups/a',
      },
    ]);
  });

  it('stops at the first write that the key may not make: one call, nothing else', async () => {
    const steps = [
      ...many(30, (index) => group(`a${index}`)),
      ...many(30, (index) => step(`projects/p${index}#c`, 'CreateBasicProject')),
    ];
    const world = await applied(planOf(steps), () => rejected('Forbidden.RAM'));
    expect(world.calls).toHaveLength(1);
    expect(world.result).toMatchObject({ exit: 4, reason: 'not-allowed', applied: 0, failed: 1, left: 59, skipped: [] });
    expect(world.result.diagnostics.map(({ code }) => code)).toEqual(['PERMISSION_DENIED']);
    expect(world.state.state?.resources).toEqual({});
  });

  it('takes a payload that says no for a refusal', async () => {
    const check = step('computeSources/a#check', 'CheckComputeSourceConnectivity', {
      phase: 'check',
      fails: { pointer: '/Data', equals: false, code: 'UNREACHABLE', message: 'The service could not connect.' },
    });
    const steps = [check, step('computeSources/a#create', 'CreateComputeSource', { phase: 'create', after: [check.id] })];
    const world = await applied(planOf(steps), () => done({ Data: false }));
    expect(outcomes(world)).toEqual({ 'computeSources/a#check': 'rejected' });
    expect(world.result).toMatchObject({ exit: 5, failed: 1, left: 0 });
  });

  it('repeats a throttled call after the pause, under the same intent', async () => {
    const world = await applied(planOf([group('a')]), ({ nth }) => (nth < 3 ? throttled(5_000) : DONE), {
      wrap: (record) => ({ ...record, state: record.state, compact: async () => record.base }),
    });
    expect(world.calls.map(({ atMs }) => Math.floor(atMs / 1000))).toEqual([0, 5, 10]);
    expect(eventsIn(world.folder).map((event) => event.type)).toEqual(['run', 'intent', 'outcome', 'record', 'end']);
    expect(world.events.filter((event) => event.type === 'pause')).toEqual([
      { type: 'pause', reason: 'throttled', seconds: 5 },
      { type: 'pause', reason: 'throttled', seconds: 5 },
    ]);
    expect(world.result).toMatchObject({ exit: 0, applied: 1 });
  });

  it('gives up on a level whose day is spent and goes on with the others', async () => {
    const steps = [
      ...many(3, (index) => group(`a${index}`)),
      ...many(10, (index) => step(`projects/p${index}#c`, 'CreateBasicProject')),
    ];
    const world = await applied(planOf(steps), ({ operation }) => (operation === 'CreateBasicProject' ? throttled(null) : DONE));
    expect(world.result).toMatchObject({ exit: 6, reason: 'stopped', applied: 3, failed: 0, left: 10 });
    expect(world.calls.filter(({ operation }) => operation === 'CreateBasicProject').length).toBeLessThan(16);
    expect(world.result.diagnostics.map(({ code }) => code)).toEqual(['DAY_SPENT']);
    // No further intent is written for a level that has no calls left.
    expect(world.result.steps.filter(({ outcome }) => outcome === 'not-sent').length).toBeLessThanOrEqual(5);
    expect(world.state.open).toEqual([]);
  });

  it('tries a call that did not leave a few times, then stops: 11 before anything changed', async () => {
    const world = await applied(planOf([group('a'), group('b')]), () => notSent());
    expect(world.calls).toHaveLength(4);
    expect(world.result).toMatchObject({ exit: 11, reason: 'unreachable', applied: 0, left: 2 });
    const later = await applied(planOf([group('a'), group('b')]), ({ of }) => (of.includes('/a#') ? DONE : notSent()));
    expect(later.result).toMatchObject({ exit: 6, reason: 'stopped', applied: 1, left: 1 });
  });

  it('goes on after a call that did not leave once', async () => {
    const world = await applied(planOf([group('a')]), ({ nth }) => (nth === 1 ? notSent() : DONE));
    expect(world.result).toMatchObject({ exit: 0, applied: 1 });
  });
});

describe('doubts', () => {
  const settling = (...verdicts: readonly ('done' | 'void' | 'undecided')[]) => {
    const asked: string[] = [];
    return {
      asked,
      settle: async (doubted: { readonly id: string }) => {
        asked.push(doubted.id);
        const verdict = verdicts[asked.length - 1] ?? 'undecided';
        return verdict === 'undecided' ? { verdict, because: 'two candidates' } : { verdict };
      },
    };
  };

  it('takes what is found to have happened for done, after the settle time', async () => {
    const { settle, asked } = settling('done');
    const steps = [group('a'), group('b', { after: ['userGroups/a#update'] })];
    const world = await applied(planOf(steps), ({ of }) => (of.includes('/a#') ? unknown('HTTP_502') : DONE), { settle });
    expect(asked).toEqual(['userGroups/a#update']);
    expect(world.calls[1]?.atMs).toBeGreaterThanOrEqual(2_030);
    expect(world.result).toMatchObject({ exit: 0, applied: 2 });
    expect(world.state.open).toEqual([]);
  });

  it('runs a void step once more, under a new intent', async () => {
    const { settle } = settling('void', 'void');
    const world = await applied(planOf([group('a')]), ({ nth }) => (nth === 1 ? unknown('ECONNRESET', null) : DONE), {
      settle,
      wrap: (record) => ({ ...record, state: record.state, compact: async () => record.base }),
    });
    expect(eventsIn(world.folder).map((event) => (event.type === 'outcome' ? event.outcome : event.type))).toEqual([
      'run',
      'intent',
      'unknown',
      'rejected',
      'intent',
      'done',
      'record',
      'end',
    ]);
    expect(world.calls[1]?.atMs).toBeGreaterThanOrEqual(30_000);
    expect(world.result).toMatchObject({ exit: 0, applied: 1 });
  });

  it('looks again at what it does not see before it sends it again: a list may be behind', async () => {
    const { settle, asked } = settling('void', 'done');
    const world = await applied(planOf([group('a')]), () => unknown('ECONNRESET', null), { settle });
    expect([asked.length, world.calls.length]).toEqual([2, 1]);
    expect(world.result).toMatchObject({ exit: 0, applied: 1 });
  });

  it('leaves what no call of the day is left to look up to the next run: exit 6, the intent open', async () => {
    const settle = async () => ({ verdict: 'undecided', because: 'no call is left', hindrance: 'day' }) as const;
    const world = await applied(planOf([group('a')]), () => unknown('HTTP_502'), {
      settle,
      nextDay: () => '2026-11-25T00:00:00Z',
    });
    expect(world.result).toMatchObject({ exit: 6, unknown: 1, notBefore: '2026-11-25T00:00:00Z' });
    expect(world.result.diagnostics.map(({ code }) => code)).toEqual(['DAY_SPENT']);
    expect(world.state.open.map(({ step }) => step)).toEqual(['userGroups/a#update']);
  });

  it('takes nothing for gone that is missed once: two looks must agree', async () => {
    const looks = (...absences: readonly boolean[]) => {
      const left = [...absences];
      return async () => (left.shift() ? ({ verdict: 'done', isAbsence: true } as const) : ({ verdict: 'void' } as const));
    };
    const gone = planOf([step('userGroups/a#delete', 'DeleteUserGroup', { phase: 'delete' })]);
    const agreed = await applied(gone, () => unknown('ECONNRESET', null), { settle: looks(true, true) });
    expect([agreed.result.exit, agreed.calls.length]).toEqual([0, 1]);
    const contradicted = await applied(gone, () => unknown('ECONNRESET', null), { settle: looks(true, false) });
    expect([contradicted.result.exit, contradicted.calls.length]).toEqual([7, 1]);
  });

  it('takes a blind revoke for done when the service says that nothing is there, and nothing else it says', async () => {
    const settle = async () => ({ verdict: 'void' }) as const;
    const revoke = (isBlind: boolean) =>
      planOf([
        step('dataServiceGrants/p/a#use-', 'RevokeDataServiceApi', { phase: 'revoke', ...(isBlind ? { isBlind: true } : {}) }),
      ]);
    const lostFirst = await applied(
      revoke(true),
      ({ nth }) => (nth === 1 ? unknown('ECONNRESET', null) : unknown('DPN.ApiGrant.NotFound')),
      { settle },
    );
    expect(lostFirst.result).toMatchObject({ exit: 0, applied: 1 });
    expect(lostFirst.calls).toHaveLength(2);
    for (const [isBlind, code] of [
      [true, 'DPN.ApiGrant.Locked'],
      [false, 'DPN.ApiGrant.NotFound'],
    ] as const) {
      const refused = await applied(revoke(isBlind), () => unknown(code), { settle });
      expect(refused.result).toMatchObject({ exit: 5, applied: 0, failed: 1 });
    }
  });

  it('takes the second void for a refusal with its code', async () => {
    const { settle } = settling('void', 'void');
    const world = await applied(planOf([group('a')]), () => unknown('DPN.UserGroup.Duplicated'), { settle });
    expect(world.calls).toHaveLength(2);
    expect(world.result).toMatchObject({ exit: 5, failed: 1 });
    expect(world.result.steps).toEqual([
      { id: 'userGroups/a#update', outcome: 'rejected', code: 'DPN.UserGroup.Duplicated', requestId: 'R' },
    ]);
  });

  it('keeps what cannot be decided open: exit 7, dependants skipped, the intent still there for the next run', async () => {
    const { settle } = settling('undecided');
    const steps = [group('a'), group('b', { after: ['userGroups/a#update'] }), group('c')];
    const world = await applied(planOf(steps), ({ of }) => (of.includes('/a#') ? unknown('HTTP_502', 502) : DONE), { settle });
    expect(world.result).toMatchObject({ exit: 7, reason: 'unknown', applied: 1, unknown: 1, left: 1 });
    expect(world.result.skipped).toEqual([{ address: 'userGroups/b', because: 'userGroups/a#update' }]);
    expect(world.result.diagnostics.map(({ code, message }) => [code, message])).toEqual([
      [
        'STEP_UNKNOWN',
        'UpdateUserGroup for "userGroups/a" may or may not have happened: HTTP_502: hm: HTTP_502 (two candidates) (request R).',
      ],
    ]);
    expect(world.state.open.map(({ step: id }) => id)).toEqual(['userGroups/a#update']);
  });

  it('finds the id of a create whose answer was lost by the look-up', async () => {
    const create = step('userGroups/a#create', 'CreateUserGroup', {
      phase: 'create',
      gives: { address: 'userGroups/a', ids: { id: '/CreateResult/Id' } },
    });
    const add = step('userGroups/a#add', 'AddUserGroupMember', {
      phase: 'grant',
      after: [create.id],
      request: { Step: 'userGroups/a#add', Id: { $id: 'userGroups/a' } },
    });
    const plan = planOf([create, add], [change('userGroups/a', 'create', [create.id, add.id], { record: toRecord() })]);
    const world = await applied(plan, ({ of }) => (of === create.id ? unknown('ETIMEDOUT', null) : DONE), {
      settle: async () => ({ verdict: 'done', ids: { 'userGroups/a': { id: '77' } } }),
    });
    expect(world.calls[1]?.request).toEqual({ Step: 'userGroups/a#add', Id: '77' });
    expect(world.state.state?.resources['userGroups/a']?.ids).toEqual({ id: '77' });
    const blind = await applied(plan, ({ of }) => (of === create.id ? unknown('ETIMEDOUT', null) : DONE), {
      settle: async () => ({ verdict: 'done' }),
    });
    expect(blind.result).toMatchObject({ exit: 7, unknown: 1 });
    expect(blind.calls).toHaveLength(1);
  });

  it('looks up a create whose answer has no id', async () => {
    const create = step('userGroups/a#create', 'CreateUserGroup', {
      phase: 'create',
      gives: { address: 'userGroups/a', ids: { id: '/CreateResult/Id' } },
    });
    const world = await applied(
      planOf([create], [change('userGroups/a', 'create', [create.id], { record: toRecord() })]),
      () => DONE,
    );
    expect(world.result.steps).toEqual([{ id: create.id, outcome: 'unknown', code: 'ANSWER_WRONG', requestId: 'R' }]);
  });

  it('reads once more when the list does not show the new row yet', async () => {
    const create = step('tenantMembers/bob@example.com#create', 'AddTenantMembersBySourceUser', { phase: 'create' });
    const find = step('tenantMembers/bob@example.com#find', 'ListTenantMembers', {
      phase: 'find',
      after: [create.id],
      covers: [],
      gives: {
        address: 'tenantMembers/bob@example.com',
        list: '/PageResult/UserList',
        where: { '/AccountName': 'bob@example.com' },
        ids: { id: '/Id' },
      },
    });
    const plan = planOf(
      [create, find],
      [change('tenantMembers/bob@example.com', 'create', [create.id, find.id], { record: toRecord() })],
    );
    const row = (AccountName: string, Id: string) => ({ AccountName, Id });
    const world = await applied(plan, ({ of, nth }) => {
      if (of === create.id) return DONE;
      return done({
        PageResult: {
          UserList: nth === 1 ? [row('bobby@example.com', '1')] : [row('bobby@example.com', '1'), row('bob@example.com', '2')],
        },
      });
    });
    expect(world.result.exit).toBe(0);
    expect(world.state.state?.resources['tenantMembers/bob@example.com']?.ids).toEqual({ id: '2' });
    const twice = await applied(plan, ({ of }) =>
      of === create.id ? DONE : done({ PageResult: { UserList: [row('bob@example.com', '1'), row('bob@example.com', '2')] } }),
    );
    expect(twice.result).toMatchObject({ exit: 7, unknown: 1 });
    expect(twice.calls).toHaveLength(2);
  });
});

describe('secrets', () => {
  const secret = step('computeSources/a#update', 'UpdateComputeSource', {
    request: {
      Step: 'computeSources/a#update',
      Key: { $secret: 'env:MC_KEY' },
      Url: { $concat: ['jdbc:x?key=', { $secret: 'env:MC_KEY' }, '&b=1'] },
    },
  });
  const plan = planOf(
    [secret],
    [
      change('computeSources/a', 'update', [secret.id], {
        ids: { id: '5' },
        record: toRecord({
          ids: { id: '5' },
          fingerprints: { '/config/old': 'F0' },
          sent: { '/config/key': { $secret: 'env:MC_KEY' } },
        }),
      }),
    ],
  );

  it('sends nothing while one has no value', async () => {
    const world = await applied(plan, () => DONE);
    expect(world.calls).toEqual([]);
    expect(world.result).toMatchObject({ exit: 3, reason: 'input', left: 1 });
    expect(world.result.diagnostics).toEqual([
      {
        code: 'SECRET_UNSET',
        severity: 'error',
        message: 'The secret "env:MC_KEY" has no value here, and the plan sends it.',
        hint: 'Set MC_KEY and run the same command again.',
      },
    ]);
    expect(existsSync(join(world.folder, 'state.json'))).toBe(false);
  });

  it('sends values, records fingerprints, and shows neither in files nor in messages', async () => {
    const world = await applied(plan, () => rejected('InvalidParameter'), { secrets: () => 'no: InvalidParameter' });
    expect(world.calls[0]?.request).toMatchObject({ Key: 'no: InvalidParameter', Url: 'jdbc:x?key=no: InvalidParameter&b=1' });
    expect(world.result.diagnostics[0]?.message).toBe(
      'UpdateComputeSource for "computeSources/a" was refused by the service: InvalidParameter: [hidden] (request R).',
    );
    const well = await applied(plan, () => DONE, { secrets: () => 's3cret' });
    expect(well.state.state?.resources['computeSources/a']?.fingerprints).toEqual({
      '/config/old': 'F0',
      '/config/key': 'fingerprint of s3cret',
    });
    expect(readFileSync(join(well.folder, 'state.json'), 'utf8').replace('fingerprint of s3cret', '')).not.toContain('s3cret');
  });
});

describe('the record', () => {
  const create = step('userGroups/a#create', 'CreateUserGroup', {
    phase: 'create',
    covers: ['/description'],
    gives: { address: 'userGroups/a', ids: { id: '/CreateResult/Id' } },
  });
  const add = step('userGroups/a#members+', 'AddUserGroupMember', {
    phase: 'grant',
    after: [create.id],
    covers: ['/members/bob@example.com'],
  });
  const plan = planOf(
    [create, add],
    [
      change('userGroups/a', 'create', [create.id, add.id], {
        record: toRecord({ fields: { '/description': 'd', '/members/bob@example.com': 'm' }, lists: ['/members'] }),
      }),
    ],
  );

  it('holds the id as soon as the create is answered, and only what has been brought about', async () => {
    const world = await applied(plan, ({ of }) =>
      of === create.id ? done({ CreateResult: { Id: '9' } }) : rejected('InvalidParameter'),
    );
    expect(world.state.state?.resources).toEqual({
      'userGroups/a': recorded({ ids: { id: '9' }, fields: { '/description': 'd' } }),
    });
  });

  it('holds the whole resource when all steps are done', async () => {
    const world = await applied(plan, ({ of }) => (of === create.id ? done({ CreateResult: { Id: '9' } }) : DONE));
    expect(world.state.state?.resources).toEqual({
      'userGroups/a': recorded({
        ids: { id: '9' },
        fields: { '/description': 'd', '/members/bob@example.com': 'm' },
        lists: ['/members'],
      }),
    });
  });

  it('has every intent on disk when its call leaves, and every outcome before what depends on it', async () => {
    const folder = temporaryFolder();
    const seen: unknown[] = [];
    await applied(
      plan,
      ({ of }) => {
        seen.push([
          of,
          eventsIn(folder).map((event) => ('step' in event ? `${event.type} ${event.step.split('#')[1]}` : event.type)),
        ]);
        return of === create.id ? done({ CreateResult: { Id: '9' } }) : DONE;
      },
      { folder },
    );
    expect(seen).toEqual([
      [create.id, ['run', 'intent create']],
      [add.id, ['run', 'intent create', 'outcome create', 'record', 'intent members+']],
    ]);
  });

  it('records adoptions, moves and forgettings without a call', async () => {
    const folder = temporaryFolder();
    const made = planOf(
      [],
      [
        change('userGroups/old', 'adopt', [], { record: toRecord({ ids: { id: '1' }, origin: 'adopted' }) }),
        change('userGroups/gone', 'adopt', [], { record: toRecord({ ids: { id: '2' }, origin: 'adopted' }) }),
      ],
    );
    const first = await applied(made, () => DONE, { folder });
    expect(first.result).toMatchObject({ exit: 0, applied: 2 });
    const state = first.state.state;
    expect(Object.keys(state?.resources ?? {})).toEqual(['userGroups/gone', 'userGroups/old']);
    const moved = planOf(
      [],
      [
        change('userGroups/new', 'none', [], {
          renamedFrom: 'userGroups/old',
          record: toRecord({ ids: { id: '1' }, origin: 'adopted' }),
        }),
        change('userGroups/gone', 'forget', [], { record: null }),
      ],
      { record: { lineage: state?.lineage ?? '', serial: state?.serial ?? 0 }, people: { 'bob@example.com': '3' } },
    );
    const second = await applied(moved, () => DONE, { folder });
    expect(second.calls).toEqual([]);
    expect(second.state.state).toEqual({
      ...state,
      serial: 2,
      resources: { 'userGroups/new': recorded({ ids: { id: '1' }, origin: 'adopted' }) },
      people: { 'bob@example.com': '3' },
    });
  });

  it('loses a resource that was deleted, and the first half of a replacement at once', async () => {
    const folder = temporaryFolder();
    const seeded = await applied(
      planOf(
        [],
        ['a', 'b'].map((name) =>
          change(`computeSources/${name}`, 'adopt', [], { record: toRecord({ ids: { id: `old ${name}` } }) }),
        ),
      ),
      () => DONE,
      { folder },
    );
    const { lineage = '', serial = 0 } = seeded.state.state ?? {};
    const steps = [
      step('computeSources/a#delete', 'DeleteComputeSource', { phase: 'delete' }),
      step('computeSources/b#delete', 'DeleteComputeSource', { phase: 'delete', covers: [] }),
      step('computeSources/b#create', 'CreateComputeSource', {
        phase: 'create',
        after: ['computeSources/b#delete'],
        gives: { address: 'computeSources/b', ids: { id: '/CreateResult/Id' } },
      }),
    ];
    const replacing = planOf(
      steps,
      [
        change('computeSources/a', 'delete', ['computeSources/a#delete'], { ids: { id: 'old a' }, record: null }),
        change('computeSources/b', 'replace', ['computeSources/b#delete', 'computeSources/b#create'], {
          ids: { id: 'old b' },
          record: toRecord({ ids: { id: 'old b' } }),
        }),
      ],
      { record: { lineage, serial } },
    );
    const world = await applied(replacing, ({ of }) => (of.endsWith('#create') ? rejected('InvalidParameter') : DONE), {
      folder,
    });
    expect(world.result).toMatchObject({ exit: 5, applied: 1, failed: 1 });
    expect(world.state.state?.resources).toEqual({});
  });

  it('refuses a plan that was made from another record, before any call', async () => {
    const folder = temporaryFolder();
    await applied(planOf([group('a')]), () => DONE, { folder });
    const world = await applied(planOf([group('b')]), () => DONE, { folder });
    expect(world.calls).toEqual([]);
    expect(world.result).toMatchObject({ exit: 9, reason: 'stale', left: 1 });
    expect(world.result.diagnostics[0]).toMatchObject({
      code: 'STATE_STALE',
      message: 'The plan was made before anything was recorded, and now there is another record.',
    });
  });

  it('refuses a plan that was made before the record moved on, and takes one that was made since', async () => {
    const folder = temporaryFolder();
    const { state } = (await applied(planOf([group('a')]), () => DONE, { folder })).state;
    const record = { lineage: state?.lineage ?? '', serial: state?.serial ?? 0 };
    const madeThen = (name: string) => planOf([group(name)], [], { record });
    expect((await applied(madeThen('b'), () => DONE, { folder })).result.exit).toBe(0);
    const world = await applied(madeThen('c'), () => DONE, { folder });
    expect([world.calls, world.result.exit]).toEqual([[], 9]);
    expect(world.result.diagnostics[0]).toMatchObject({
      code: 'STATE_STALE',
      message: `The plan was made at record ${record.serial}, and now the record is at ${record.serial + 1}.`,
    });
  });

  it('leaves no trace of a plan without work', async () => {
    const world = await applied(planOf([]), () => DONE);
    expect(world.result).toMatchObject({ exit: 0, reason: 'done', applied: 0 });
    expect(world.state.state).toBeNull();
  });
});

describe('a record that cannot be written', () => {
  const failing = (nth: number) => {
    let appends = 0;
    let hasFailed = false;
    return {
      hasFailed: () => hasFailed,
      wrap: (record: RecordStore): RecordStore => ({
        ...record,
        state: record.state,
        append: async (...events) => {
          if (++appends >= nth) {
            hasFailed = true;
            throw new EngineError('JOURNAL_WRITE', 'The record cannot be written: no room.');
          }
          await record.append(...events);
        },
      }),
    };
  };

  it('is followed by no call, at whichever append it fails', async () => {
    const steps = [
      group('a'),
      group('b', { after: ['userGroups/a#update'] }),
      group('c', { after: ['userGroups/b#update'] }),
      group('d'),
    ];
    const exits: number[] = [];
    for (let nth = 1; nth <= 10; nth++) {
      const { wrap, hasFailed } = failing(nth);
      const late: string[] = [];
      const world = await applied(
        planOf(steps),
        ({ of }) => {
          if (hasFailed()) late.push(of);
          return DONE;
        },
        { wrap },
      );
      expect(late).toEqual([]);
      exits.push(world.result.exit);
      if (nth === 1) expect(world.calls).toEqual([]);
    }
    expect(exits).toEqual(Array.from({ length: 10 }, () => 10));
  });

  it('keeps in the journal what was on disk before: the next run sees every id', async () => {
    const create = step('userGroups/a#create', 'CreateUserGroup', {
      phase: 'create',
      gives: { address: 'userGroups/a', ids: { id: '/CreateResult/Id' } },
    });
    const steps = [create, group('b', { after: [create.id] })];
    const { wrap } = failing(4);
    const world = await applied(
      planOf(steps, [change('userGroups/a', 'create', [create.id], { record: toRecord() })]),
      () => done({ CreateResult: { Id: '9' } }),
      { wrap },
    );
    expect(world.result.exit).toBe(10);
    expect(world.state.state?.resources['userGroups/a']?.ids).toEqual({ id: '9' });
    expect(world.state.state?.serial).toBe(1);
  });
});

describe('an interruption', () => {
  it('lets the calls in flight end and starts nothing new', async () => {
    const controller = new AbortController();
    const steps = many(50, (index) => group(`a${index}`));
    const world = await applied(
      planOf(steps),
      ({ of }) => {
        if (of === 'userGroups/a7#update') controller.abort();
        return DONE;
      },
      { signal: controller.signal, latencyMs: 500 },
    );
    expect(world.calls).toHaveLength(8);
    expect(world.result).toMatchObject({ exit: 130, reason: 'interrupted', applied: 8, left: 42, failed: 0, unknown: 0 });
    expect(world.state.open).toEqual([]);
    expect(Object.keys(world.state.state?.resources ?? {})).toHaveLength(8);
  });

  it('ends a pause', async () => {
    const controller = new AbortController();
    const world = await applied(
      planOf([group('a')]),
      () => {
        setImmediate(() => controller.abort());
        return throttled(50_000);
      },
      { signal: controller.signal, latencyMs: 0 },
    );
    expect(world.result).toMatchObject({ exit: 130, left: 1 });
    expect(world.state.open).toEqual([]);
  });
});

describe('what is told', () => {
  it('starts, tells each step, progress at most every 100 ms, and ends', async () => {
    const steps = many(120, (index) => group(`a${index}`));
    const times: number[] = [];
    const world = await applied(planOf(steps), () => DONE, {
      latencyMs: 5,
      withClock: (clock) => ({
        onEvent: (event) => {
          if (event.type === 'progress') times.push(clock.nowMs());
        },
      }),
    });
    expect(world.result.exit).toBe(0);
    expect(times.length).toBeGreaterThan(20);
    expect(Math.min(...times.slice(1, -1).map((at, index) => at - (times[index] ?? 0)))).toBeGreaterThanOrEqual(100);
    const told = await applied(planOf([group('a')]), () => DONE);
    expect(told.events.map((event) => event.type)).toEqual(['start', 'progress', 'step', 'progress', 'end']);
    expect(told.events[0]).toEqual({
      type: 'start',
      steps: 1,
      levels: { '1': 0, '2': 0, '3': 1 },
      seconds: 1,
      day: 1,
      days: 1,
      today: { calls: 1, seconds: 1 },
      goesOnAt: null,
    });
    expect(told.events[3]).toEqual({
      type: 'progress',
      done: 1,
      failed: 0,
      unknown: 0,
      running: 0,
      left: 0,
      secondsLeft: 0,
      day: 1,
      days: 1,
      today: { calls: 0, seconds: 0 },
      goesOnAt: null,
      byKind: { userGroups: { done: 1, total: 1 } },
    });
  });

  it('ends with 12 when a guard wants a person and all else is done', async () => {
    const guard = { code: 'IN_USE', address: 'computeSources/x', message: 'm', hint: 'h' };
    const world = await applied(planOf([group('a')], [], { guards: [guard] }), () => DONE);
    expect(world.result).toMatchObject({ exit: 12, reason: 'guarded', applied: 1 });
  });
});

const eventsIn = (folder: string): readonly JournalEvent[] =>
  parseJournal(readFileSync(join(folder, 'journal.jsonl'), 'utf8'), 'journal').events;
