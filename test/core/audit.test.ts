/** The audit's file: which lines are lines, which runs they make, and what is about whom. */
import { describe, expect, it } from 'vitest';
import { type AuditLine, about, lastCommit, lineOf, runsOf } from '../../engine/core/audit.ts';

const at = (hour: number): string => `2027-03-01T0${hour}:00:00.000Z`;
const begin = (run: string, more: object = {}) =>
  ({
    type: 'begin',
    format: 'phinfra.audit/1',
    run,
    at: at(1),
    command: 'apply',
    caller: null,
    startedBy: null,
    ...more,
  }) as unknown;
const change = (run: string, address: string, more: object = {}) =>
  ({ type: 'change', run, at: at(2), address, fields: [], ...more }) as unknown;
const end = (run: string, exit = 0) => ({ type: 'end', run, at: at(3), exit });
const runs = (...lines: readonly unknown[]) => runsOf(lines as readonly AuditLine[]);
const shown = (found: ReturnType<typeof runs>) =>
  found.map(({ begin: { run }, changes }) => [run, changes.map((one) => one.address)]);

describe('a line of the audit', () => {
  it.each([
    ['no JSON', '{"run": "r'],
    ['no object', '["begin"]'],
    ['without a run', JSON.stringify({ ...end('r'), run: 1 })],
    ['without a time', JSON.stringify({ ...end('r'), at: null })],
    ['of another format', JSON.stringify(begin('r', { format: 'phinfra.audit/2' }))],
    ['without its fields', JSON.stringify(change('r', 'userGroups/a', { fields: {} }))],
    ['without an exit code', JSON.stringify({ ...end('r'), exit: '0' })],
    ['of another type', JSON.stringify({ ...end('r'), type: 'middle' })],
  ])('is none: %s', (_claim, text) => expect(lineOf(text)).toBeNull());

  it('is one of three', () => {
    for (const line of [begin('r'), change('r', 'userGroups/a'), end('r')]) expect(lineOf(JSON.stringify(line))).toEqual(line);
  });
});

describe('runs', () => {
  it('are the newest first; lines of a run whose first one is lost are left out', () => {
    const found = runs(
      change('r0', 'userGroups/lost'),
      end('r0'),
      begin('r1'),
      begin('r2'),
      change('r1', 'userGroups/a'),
      end('r1', 7),
    );
    expect(shown(found)).toEqual([
      ['r2', []],
      ['r1', ['userGroups/a']],
    ]);
    expect(found.map((one) => one.end?.exit ?? null)).toEqual([null, 7]);
  });

  it('about an address are those that had to do with it, also under its old name', () => {
    const found = runs(
      begin('r1'),
      change('r1', 'userGroups/b', { renamedFrom: 'userGroups/a' }),
      change('r1', 'projects/a'),
      begin('r2'),
      change('r2', 'userGroups/b'),
    );
    expect(shown(about(found, 'userGroups/a'))).toEqual([['r1', ['userGroups/b']]]);
    expect(shown(about(found, 'userGroups/*'))).toEqual([
      ['r2', ['userGroups/b']],
      ['r1', ['userGroups/b']],
    ]);
  });

  it('about a person are those started by the person, and changes that name the person anywhere', () => {
    const who = 'bob@example.com';
    const found = runs(
      begin('r1', { startedBy: who }),
      change('r1', 'userGroups/all'),
      begin('r2', { caller: who }),
      begin('r3'),
      change('r3', `tenantMembers/${who}`),
      change('r3', 'userGroups/field', { fields: [{ pointer: `/members/${who}` }] }),
      change('r3', 'dataServiceGrants/deep', { before: { use: { [`${who} 7`]: {} } } }),
      change('r3', 'userGroups/other', { before: { members: { 'carol@example.com': true }, description: who } }),
      begin('r4'),
      change('r4', 'userGroups/other'),
    );
    expect(shown(about(found, who))).toEqual([
      ['r3', [`tenantMembers/${who}`, 'userGroups/field', 'dataServiceGrants/deep']],
      ['r2', []],
      ['r1', ['userGroups/all']],
    ]);
  });

  it('tell the commit that was applied last: the newest by time of those that ended well', () => {
    const found = runs(
      begin('r1', { planCommit: 'one', at: at(5) }),
      end('r1'),
      begin('r2', { planCommit: 'two', at: at(4) }),
      end('r2'),
      begin('r3', { planCommit: 'three', at: at(6) }),
      end('r3', 7),
      begin('r4', { planCommit: 'four', at: at(7) }),
      begin('r5', { at: at(8) }),
      end('r5'),
    );
    expect(lastCommit(found)).toBe('one');
    expect(lastCommit([...found].reverse())).toBe('one');
    expect(lastCommit([])).toBeNull();
  });
});
