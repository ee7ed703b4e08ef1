/** References that may mean one of two things, and those to what the edition does not have. */
import { expect, it } from 'vitest';
import type { Kind } from '../../engine/core/kind.ts';
import type { LoadedResource } from '../../engine/core/model.ts';
import { resolve, unknownReferences } from '../../engine/core/resolve.ts';
import type { LoadedWorkspace } from '../../engine/core/workspace.ts';
import { kindOf } from '../support/resources.ts';

const at = (line: number) => ({ file: 'tenant.yaml', line, column: 1 });
const loaded = (kind: string, key: string): LoadedResource => ({
  kind,
  key: [key],
  address: `${kind}/${key}`,
  raw: {},
  source: at(1),
  sourceOf: () => at(2),
});
const table: Kind = kindOf([], {
  collection: 'tables',
  normalise: (_raw, { reference }) => {
    reference('projects', 'finance_dev', '', 'finance');
    return {};
  },
});
const projects: Kind = kindOf([], { collection: 'projects', edition: 'basic' });
const resolved = (edition: string, ...declared: readonly LoadedResource[]) =>
  resolve(
    {
      resources: [loaded('tables', 't'), ...declared],
      sets: [],
      config: { environment: { name: 'prod', edition, serverVersion: null } },
    } as unknown as LoadedWorkspace,
    [table, projects],
    { day: '2026-11-24', tenant: '300001413', caller: null },
  );
const addresses = (found: ReturnType<typeof resolved>) =>
  found.desired.filter(({ kind }) => kind === 'tables').flatMap(({ references }) => references.map(({ address }) => address));

it('a name means what is declared under it, else what it means otherwise', () => {
  expect(addresses(resolved('basic', loaded('projects', 'finance')))).toEqual(['projects/finance']);
  expect(addresses(resolved('basic', loaded('projects', 'finance'), loaded('projects', 'finance_dev')))).toEqual([
    'projects/finance_dev',
  ]);
  expect(resolved('basic', loaded('projects', 'finance')).external).toEqual([]);
});

it('a name is unknown where neither meaning is live', () => {
  const { external } = resolved('basic');
  const unknown = (...live: readonly string[]) =>
    unknownReferences(
      external,
      [projects],
      (_, name) => live.includes(name),
      () => [],
    ).map(({ code }) => code);
  expect([unknown('finance'), unknown('finance_dev'), unknown('other')]).toEqual([[], [], ['REFERENCE_UNKNOWN']]);
});

it('what the edition does not have cannot be referred to', () => {
  expect(resolved('agile').diagnostics).toEqual([
    {
      code: 'EDITION_TOO_LOW',
      severity: 'error',
      message: '"finance_dev": projects need the basic edition; environment "prod" says agile.',
      hint: 'Take it out for this environment, or write edition: basic if the tenant has it.',
      source: at(2),
    },
  ]);
  expect(resolved('basic').diagnostics).toEqual([]);
});
