import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../engine/core/diagnostic.ts';
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { isDay, resolveSets } from '../../engine/core/principals.ts';

const TODAY = '2026-11-24';

/** Sets by name; the place of an entry is its pointer's number as a line. */
const setsOf = (sets: Readonly<Record<string, readonly Json[]>>, day = TODAY) =>
  resolveSets(
    Object.entries(sets).map(([name, people]) => ({
      name,
      raw: { people } as JsonObject,
      source: { file: `${name}.yaml`, line: 1, column: 1 },
      sourceOf: (pointer: string) => ({ file: `${name}.yaml`, line: Number(pointer.split('/').pop() ?? 0), column: 1 }),
    })),
    day,
  );

const expand = (sets: Readonly<Record<string, readonly Json[]>>, list: readonly Json[], day = TODAY) => {
  const reports: Diagnostic[] = [];
  const { sets: resolved, diagnostics } = setsOf(sets, day);
  const people = resolved.expand(
    list,
    (index) => ({ file: 'list.yaml', line: index, column: 1 }),
    (one) => reports.push(one),
  );
  return { people, reports: [...diagnostics, ...reports] };
};
const accounts = (...args: Parameters<typeof expand>) => {
  const { people, reports } = expand(...args);
  expect(reports).toEqual([]);
  return people.map(({ account, until, isExpired, cause }) => [account, until, isExpired, cause]);
};

describe('sets', () => {
  it('are a union: a person in two of them, or beside them, is there once', () => {
    expect(
      accounts({ a: ['alice', 'bob'], b: ['bob', 'carol'] }, ['sets/a', 'sets/b', 'alice']).map(([account]) => account),
    ).toEqual(['alice', 'bob', 'carol']);
  });
  it('may hold sets, and the cause is the one that the list names', () => {
    expect(accounts({ leads: ['alice'], all: ['sets/leads', 'bob'] }, ['sets/all', 'carol'])).toEqual([
      ['alice', null, false, 'sets/all'],
      ['bob', null, false, 'sets/all'],
      ['carol', null, false, null],
    ]);
  });
  it('are resolved in time that grows with their number, however often they name each other', () => {
    const layers = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`s${at}`, at === 59 ? ['alice'] : [`sets/s${at + 1}`, `sets/s${at + 1}`]]),
    );
    expect(accounts(layers, ['sets/s0'])).toEqual([['alice', null, false, 'sets/s0']]);
  });
  it('that go in a circle are an error, told once, with the way round', () => {
    const { reports } = expand({ a: ['sets/b'], b: ['sets/c', 'bob'], c: ['sets/a'] }, ['sets/a']);
    expect(reports.map(({ code, message, source }) => [code, message, source?.file])).toEqual([
      ['REFERENCE_CYCLE', 'The sets go in a circle: sets/a → sets/b → sets/c → sets/a.', 'c.yaml'],
    ]);
  });
  it('may be nested 64 deep, and a chain of thousands is an error and no crash', () => {
    const chain = (length: number) =>
      Object.fromEntries(Array.from({ length }, (_, at) => [`s${at}`, at === length - 1 ? ['alice'] : [`sets/s${at + 1}`]]));
    expect(accounts(chain(64), ['sets/s0']).length).toBe(1);
    const codes = new Set(expand(chain(5000), ['sets/s0']).reports.map(({ code }) => code));
    expect([...codes]).toEqual(['LIMIT_EXCEEDED']);
  });
  it('that name themselves are an error', () => {
    expect(expand({ a: ['sets/a'] }, []).reports.map(({ code }) => code)).toEqual(['REFERENCE_CYCLE']);
  });
  it('that nobody declared are an error with the nearest one, in a list and in a set, once each', () => {
    const { reports } = expand({ leads: ['alice'], all: ['sets/laeds'] }, ['sets/leeds', 'sets/all', 'sets/nothing_like_it']);
    expect(reports.map(({ code, hint, source }) => [code, hint, source?.file])).toEqual([
      ['REFERENCE_UNKNOWN', 'Did you mean sets/leads?', 'all.yaml'],
      ['REFERENCE_UNKNOWN', 'Did you mean sets/leads?', 'list.yaml'],
      ['REFERENCE_UNKNOWN', 'Declare it under sets.', 'list.yaml'],
    ]);
  });
  it('may be empty', () => expect(accounts({ a: [] }, ['sets/a'])).toEqual([]));
});

describe('an end in time', () => {
  it('is inclusive: the person is there on the last day and absent on the next', () => {
    const list = [{ who: 'bob', until: '2026-12-31' }];
    expect(accounts({}, list, '2026-12-31')).toEqual([['bob', '2026-12-31', false, null]]);
    expect(accounts({}, list, '2027-01-01')).toEqual([['bob', '2026-12-31', true, null]]);
  });
  it('of a set is the earlier one of the line and of what the set says', () => {
    const set = { a: [{ who: 'alice', until: '2027-06-30' }, 'bob'] };
    expect(accounts(set, [{ who: 'sets/a', until: '2027-03-31' }])).toEqual([
      ['alice', '2027-03-31', false, 'sets/a'],
      ['bob', '2027-03-31', false, 'sets/a'],
    ]);
    expect(accounts(set, [{ who: 'sets/a', until: '2028-01-01' }])).toEqual([
      ['alice', '2027-06-30', false, 'sets/a'],
      ['bob', '2028-01-01', false, 'sets/a'],
    ]);
  });
  it('of somebody who is there twice is the later one, and none is the latest', () => {
    const early = { who: 'bob', until: '2026-01-01' };
    const late = { who: 'bob', until: '2027-01-01' };
    for (const list of [
      [early, late],
      [late, early],
    ])
      expect(accounts({}, list)).toEqual([['bob', '2027-01-01', false, null]]);
    for (const list of [
      [early, 'bob'],
      ['bob', early],
    ])
      expect(accounts({}, list)).toEqual([['bob', null, false, null]]);
  });
  it('that is no day is an error, and the entry is left out', () => {
    const { people, reports } = expand({}, [{ who: 'bob', until: '2026-02-30' }]);
    expect(people).toEqual([]);
    expect(reports.map(({ code }) => code)).toEqual(['UNTIL_WRONG']);
  });
  it('knows the days of the calendar', () => {
    expect(['2026-02-28', '2028-02-29', '2026-12-31'].map(isDay)).toEqual([true, true, true]);
    expect(['2026-02-29', '2026-13-01', '2026-1-1', '', 'tomorrow', '2026-11-24T00:00:00Z'].map(isDay)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

it('takes nobody but people and sets of them', () => {
  const { people, reports } = expand({}, ['userGroups/a', 'projects/b', 'dataServiceApps/c/d', 'people/with/slashes']);
  expect(reports.map(({ code }) => code)).toEqual(['PRINCIPAL_UNSUPPORTED', 'PRINCIPAL_UNSUPPORTED', 'PRINCIPAL_UNSUPPORTED']);
  expect(people.map(({ account }) => account)).toEqual(['people/with/slashes']);
});

it('keeps the reason of the entry, and of the line that names a set where the entry has none', () => {
  const set = { a: [{ who: 'alice', reason: 'HR-1' }, 'bob'] };
  expect(expand(set, [{ who: 'sets/a', reason: 'HR-2' }]).people.map(({ account, reason }) => [account, reason])).toEqual([
    ['alice', 'HR-1'],
    ['bob', 'HR-2'],
  ]);
});
