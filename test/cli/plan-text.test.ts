import { describe, expect, it } from 'vitest';
import { harmless, harmlessJson, visible, widthFor } from '../../cli/render/lines.ts';
import { type PlanTextOptions, renderPlan } from '../../cli/render/plan.ts';
import { aChange, aPlan, emptyCalls, sketchPlan } from './builders.ts';
import { expectGolden } from './golden.ts';

const plain: PlanTextOptions = { color: false, width: 100 };

describe('a plan as text', () => {
  it('reads like the sketch of the design', () => {
    expectGolden('sketch.txt', renderPlan(sketchPlan(), { ...plain, savedTo: 'plan.json' }));
  });

  it('shows every difference that is let stand, the calls and the unmanaged when asked to', () => {
    expectGolden(
      'sketch-full.txt',
      renderPlan(sketchPlan(), { ...plain, full: true, unmanaged: true, day: '2026-11-25', emulator: true }),
    );
  });

  it('says plainly that nothing changes', () => {
    const summary = { ...aPlan().summary, unchanged: 212 };
    expectGolden('nothing.txt', renderPlan(aPlan({ summary, coverage: [{ kind: 'userGroups', status: 'live' }] }), plain));
  });

  it('never says that nothing changes about what it did not look at', () => {
    const text = renderPlan(
      aPlan({
        summary: { ...aPlan().summary, unchanged: 3 },
        coverage: [
          { kind: 'userGroups', status: 'live' },
          { kind: 'projects', status: 'incomplete', note: 'two pages told different totals' },
        ],
        notCompared: ['a', 'b', 'c', 'd'].map((name) => ({
          address: `dataSources/${name}`,
          pointer: '/prod/config/jdbc.password',
          why: 'ORDERS_DB_PW is not set here',
        })),
        trusted: 2,
      }),
      plain,
    );
    expectGolden('nothing-in-what-was-read.txt', text);
  });

  it('folds long lists, and unfolds them with full', () => {
    const people = Array.from({ length: 30 }, (_, index) => `p${index}@example.com`);
    const plan = aPlan({
      changes: [
        aChange({
          address: 'userGroups/everybody',
          action: 'update',
          fields: people.map((person, index) =>
            index % 3 === 0
              ? { pointer: `/members/${person}`, reason: 'removed' as const, before: true }
              : { pointer: `/members/${person}`, reason: 'added' as const, after: true },
          ),
        }),
        aChange({
          address: 'userGroups/new',
          action: 'create',
          after: { members: Object.fromEntries(people.map((person) => [person, true])) },
        }),
      ],
      summary: { ...aPlan().summary, create: 1, update: 1 },
    });
    expectGolden('folded.txt', renderPlan(plan, plain));
    expect(renderPlan(plan, { ...plain, full: true })).toContain('p29@example.com');
  });

  it('shows deletions, replacements, renames, hand work, forgetting, guards and warnings', () => {
    const source = { file: 'a.yaml', line: 7, column: 3 };
    const plan = aPlan({
      record: null,
      changes: [
        aChange({
          address: 'userGroups/old',
          action: 'delete',
          before: { description: 'gone soon', active: true, members: { 'bob@example.com': true } },
        }),
        aChange({
          address: 'computeSources/mc',
          action: 'replace',
          source,
          fields: [{ pointer: '/type', reason: 'immutable', before: 'HADOOP', after: 'MAX_COMPUTE' }],
        }),
        aChange({
          address: 'userGroups/new_name',
          action: 'update',
          renamedFrom: 'userGroups/old_name',
          source,
          fields: [
            { pointer: '/roles', reason: 'changed', before: ['A', 'B'], after: ['B', 'C'] },
            { pointer: '/active', reason: 'both', before: true, after: false },
            { pointer: '/description', reason: 'unset', before: 'x', note: 'the live value stays', stands: true },
            { pointer: '/admins/eve@example.com', reason: 'expired', before: true, note: 'until 2026-10-31' },
          ],
        }),
        aChange({
          address: 'tenantMembers/owner@example.com',
          action: 'manual',
          source,
          manual: ['Edit the super admin in the console.'],
        }),
        aChange({ address: 'userGroups/theirs', action: 'forget' }),
      ],
      summary: { ...aPlan().summary, update: 1, replace: 1, delete: 1, forget: 1, manual: 1 },
      guards: [
        {
          code: 'ADOPT_HAS_OTHERS',
          address: 'userGroups/finance',
          pointer: '/members',
          message: 'The live list holds carol@example.com, whom the files do not name.',
          hint: 'Write her in, or say exclusive: true (she goes) or exclusive: false (she stays).',
          source,
        },
      ],
      warnings: [
        {
          code: 'PERSON_GONE',
          severity: 'warning',
          message: '"dan@example.com" has left the tenant.',
          hint: 'Delete the line.',
          source,
        },
      ],
      bill: {
        ...aPlan().bill,
        spent: { levels: { '1': 4, '2': 0, '3': 0 }, operations: {} },
        minimum: { levels: { '1': 3, '2': 0, '3': 0 }, operations: {} },
        toApply: { levels: { '1': 2000, '2': 0, '3': 0 }, operations: {} },
        fromReserve: { levels: { '1': 12, '2': 0, '3': 0 }, operations: {} },
        left: [{ levels: [1, 2, 3], perDay: 1000, left: 996, reserve: 200 }],
        seconds: 500,
        days: 3,
      },
    });
    expectGolden('everything.txt', renderPlan(plan, plain));
  });

  it('folds differences that are let stand into one line a resource, and counts what is more than five', () => {
    const changes = Array.from({ length: 8 }, (_, index) =>
      aChange({
        address: `projects/p${index}`,
        action: 'none',
        fields: [
          { pointer: '/members/prod/owner@example.com', reason: 'default', before: {}, stands: true },
          { pointer: '/description', reason: 'ignored', before: 'a', after: 'b', stands: true },
        ],
      }),
    );
    expectGolden('standing.txt', renderPlan(aPlan({ changes, summary: { ...aPlan().summary, unchanged: 8 } }), plain));
  });

  it('never shows a value that is marked sensitive, whatever stands in it', () => {
    const canary = 'hunter2-canary';
    const plan = aPlan({
      changes: [
        aChange({
          address: 'computeSources/mc',
          action: 'create',
          after: {
            type: 'MYSQL',
            config: {
              'a.key': canary,
              'b.key': { $secret: 'env:MC_KEY' },
              url: { $concat: ['x?k=', { $secret: 'env:URL_KEY' }] },
            },
          },
          fields: [{ pointer: '/config/a.key', reason: 'added', after: canary, sensitive: true }],
        }),
        aChange({
          address: 'computeSources/mc2',
          action: 'update',
          fields: [{ pointer: '/config/a.key', reason: 'secret', before: canary, after: canary, sensitive: true }],
        }),
      ],
    });
    const text = renderPlan(plan, { ...plain, full: true });
    expect(text).not.toContain(canary);
    expect(text).toContain('a.key secret, b.key secret from env:MC_KEY,');
    expect(text).toContain('url x?k=(secret from env:URL_KEY)');
  });

  it('aligns Chinese names by the columns that they take', async () => {
    const plan = aPlan({
      changes: ['财务分析', 'abc'].map((name) =>
        aChange({
          address: `userGroups/${name}`,
          action: 'update',
          source: { file: 'g.yaml', line: 1, column: 1 },
          fields: [{ pointer: '/description', reason: 'changed', before: '旧', after: 'new' }],
        }),
      ),
    });
    const widthOf = await widthFor(JSON.stringify(plan));
    const lines = renderPlan(plan, { ...plain, widthOf }).split('\n');
    const columns = lines.filter((line) => line.includes('g.yaml')).map((line) => widthOf(line.slice(0, line.indexOf('g.yaml'))));
    expect(columns).toEqual([40, 40]);
  });

  it('escapes what hides, moves the cursor or turns text around', () => {
    const evil = 'a\u001b[31mb\r\nc\u202ed\u200be\u2028f\ud800';
    const plan = aPlan({
      caller: evil,
      changes: [
        aChange({
          address: `userGroups/${evil}`,
          action: 'update',
          fields: [
            { pointer: `/members/${evil}`, reason: 'drifted', before: true },
            { pointer: '/description', reason: 'changed', before: evil, after: '' },
          ],
        }),
      ],
      guards: [{ code: 'IN_USE', address: evil, message: evil, hint: evil }],
      coverage: [{ kind: 'userGroups', status: 'incomplete', note: evil }],
    });
    const text = renderPlan(plan, { ...plain, full: true });
    expect(text.replaceAll('\n', '')).toBe(visible(text.replaceAll('\n', '')));
    expect(text).toContain('a\\u{1b}[31mb\\u{d}\\u{a}c\\u{202e}d\\u{200b}e\\u{2028}f\\u{d800}');
  });

  it('colours only when asked to', () => {
    expect(renderPlan(sketchPlan(), plain)).not.toContain('\u001b');
    const coloured = renderPlan(sketchPlan(), { ...plain, color: true });
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderPlan(sketchPlan(), plain));
    expect(coloured).toContain('\u001b[32m+ bob@example.com\u001b[39m');
  });

  it('holds for a hundred thousand changes', () => {
    const changes = Array.from({ length: 100_000 }, (_, index) =>
      aChange({
        address: `userGroups/g${index}`,
        action: 'update',
        steps: [`userGroups/g${index}#update`],
        fields: [{ pointer: '/description', reason: 'changed', before: 'a', after: 'b' }],
      }),
    );
    const steps = changes.map(({ address, steps: [id = ''] }) => ({
      id,
      operation: 'UpdateUserGroup' as const,
      level: 1 as const,
      phase: 'update' as const,
      request: {},
      serves: [address],
      after: [],
      gives: null,
      covers: [''],
    }));
    const text = renderPlan(aPlan({ changes, steps }), { ...plain, full: true });
    expect(text.match(/calls {8}UpdateUserGroup/g)).toHaveLength(100_000);
  });

  it('prints no row of calls to apply where nothing is to be sent', () => {
    const text = renderPlan(aPlan({ bill: { ...aPlan().bill, toApply: emptyCalls } }), plain);
    expect(text).not.toContain('to apply');
  });
});

describe('text in the log of a runner', () => {
  it('starts no command', () => {
    expect(harmless('::error::x\n  ::set-output name=a\na::b\n##[group]x\nx ##vso[task]y\n# title')).toBe(
      '\\u{3a}:error::x\n  \\u{3a}:set-output name=a\na::b\n#\\u{23}[group]x\nx #\\u{23}vso[task]y\n# title',
    );
  });
  it('stays the same value as JSON', () => {
    const value = { name: '##[error]x' };
    const text = harmlessJson(JSON.stringify(value));
    expect(text).not.toContain('##[');
    expect(JSON.parse(text)).toEqual(value);
  });
});

it('names the first secrets that an apply needs, counts the others, and has all of them with --full', () => {
  const needs = Array.from({ length: 9 }, (_, index) => `env:SECRET_${index + 1}`);
  const line = (full: boolean): string | undefined =>
    renderPlan({ ...sketchPlan(), needs }, { color: false, full, width: 200 })
      .split('\n')
      .find((one) => one.startsWith('To apply it needs'));
  expect(line(false)).toBe(
    'To apply it needs env:SECRET_1, env:SECRET_2, env:SECRET_3, env:SECRET_4, env:SECRET_5 and 4 more secrets (--full).',
  );
  expect(line(true)).toBe(`To apply it needs ${needs.join(', ')}.`);
});
