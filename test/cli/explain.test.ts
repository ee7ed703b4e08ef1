import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topicsOf } from '../../engine/core/explain.ts';
import { ENVIRONMENT_PROPERTIES } from '../../engine/core/workspace-schema.ts';
import { explain } from '../../engine/index.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { runCli } from './hosts.ts';

const EXPLAIN_PAGE = join(import.meta.dirname, '../../docs/explain.md');
const run = (...argv: readonly string[]) => runCli(['explain', ...argv], { engine: { explain } });

describe('explain', () => {
  it('shows a field: what it is, what a change of it costs, how it is written', async () => {
    expect(await run('userGroups.active')).toEqual({
      exit: 0,
      stdout: `userGroups.active   a field of userGroups

A disabled group keeps its members and grants, but they do not work.

  form       true or false
  allowed    true, false
  required   no
  edition    basic or higher
  server     6.0 or newer in private deployments

A change of it
  changes   in place. Calls: UpdateUserGroupSwitch (level 3)

Example
  userGroups:
    finance_analysts:
      active: true
`,
      stderr: '',
      asked: [],
    });
  });

  it('is shown in the documentation as it is', async () => {
    const [, shown = ''] = /\$ phinfra explain userGroups\.active\n(.*?)```/s.exec(readFileSync(EXPLAIN_PAGE, 'utf8')) ?? [];
    expect((await run('userGroups.active')).stdout).toBe(shown);
  });

  it('shows a code', async () => {
    const { stdout } = await run('SECRET_LITERAL');
    expect(stdout).toBe(`SECRET_LITERAL   a code of messages

Means: a secret stands in a file as it is.
Next: take it out of the file and its history; write \${env:NAME} or
\${file:path}.
An error of it ends the command with exit 3.
`);
  });

  it('tells immutable fields from those of kinds that are never replaced', async () => {
    expect((await run('computeSources.type')).stdout).toContain(
      '  changes   only by a replacement: the service cannot change the type of a\n            compute source. Calls: DeleteComputeSource (level 3),\n            CreateComputeSource (level 3)\n',
    );
    expect((await run('projects.mode')).stdout).toContain(
      '  changes   never: the service cannot turn one mode into the other. Make a new\n            project under another name',
    );
  });

  it('shows the record’s place with every key of it, each said to belong to what it belongs to', async () => {
    const { stdout, exit } = await run('state.bucket');
    expect([exit, stdout.split('\n')[0]]).toEqual([0, 'state   a key of phinfra.yaml']);
    const fields = [...(stdout.split('\nFields\n')[1] ?? '').matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name);
    const { properties } = ENVIRONMENT_PROPERTIES['state'] as { readonly properties: object };
    expect(fields).toEqual(Object.keys(properties));
  });

  it('reads well at eighty columns: only what cannot be broken is longer', async () => {
    for (const topic of [undefined, ...topicsOf(KINDS)]) {
      const { stdout, exit } = await run(...(topic === undefined ? [] : [topic]));
      expect(exit, topic).toBe(0);
      const example = stdout.indexOf('\nExample\n');
      const end = example < 0 ? -1 : stdout.indexOf('\n\n', example);
      const prose = example < 0 ? stdout : stdout.slice(0, example) + (end < 0 ? '' : stdout.slice(end));
      expect(
        prose.split('\n').filter((line) => line.length > 80),
        topic,
      ).toEqual([]);
      expect(stdout, topic).not.toMatch(/undefined|\[object|\u0000|null/);
    }
  });

  it('has no page: exit 3 and the nearest names', async () => {
    expect(await run('userGroups.membres')).toMatchObject({
      exit: 3,
      stdout: '',
      stderr: 'error OPTION_WRONG\n  There is no page about "userGroups.membres".\n  Did you mean userGroups.members?\n',
    });
    expect((await run('zzz')).stderr).toContain('phinfra explain lists what there is.');
  });

  it('gives the page as JSON, and the refusal too', async () => {
    const { stdout } = await run('userGroups', '--format', 'json');
    const found = await explain('userGroups');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'phinfra.result/1',
      command: 'explain',
      exit: 0,
      data: 'page' in found ? found.page : null,
    });
    expect(JSON.parse((await run('zzz', '--format', 'json')).stdout)).toMatchObject({ exit: 3, data: null });
  });
});
