/** The documentation holds what the program has: every code, every link, every kind and field. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKSPACE_SCHEMA } from '../engine/core/workspace-schema.ts';
import { CODES, validate } from '../engine/index.ts';
import { KINDS } from '../engine/kinds/index.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
const all = ['README.md', 'CONTRIBUTING.md', ...['docs', 'changes', 'examples'].flatMap(pages)];

describe('documentation', () => {
  it('has every code once, with its exit code', () => {
    const rows = [...read('docs/codes.md').matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, exit]) => [
      code,
      Number(exit),
    ]);
    expect([...rows].sort()).toEqual(Object.entries(CODES).sort());
  });

  it('has a section for every kind, with every field', () => {
    const text = read('docs/kinds.md');
    for (const { collection, schema } of KINDS) {
      const [, section = ''] = new RegExp(`\\n## ${collection}\\n(.*?)(?=\\n## |$)`, 's').exec(text) ?? [];
      const fields = Object.keys(schema['properties'] as object);
      expect(
        fields.filter((field) => !section.includes(`\`${field}\``)),
        collection,
      ).toEqual([]);
    }
  });

  it('has every key of phinfra.yaml', () => {
    const text = read('docs/workspace.md');
    const keys = Object.keys(WORKSPACE_SCHEMA['properties'] as object);
    expect(keys.filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });

  it('shows places of the record that validate', async () => {
    const text = read('docs/record.md');
    const shown = [...text.matchAll(/```yaml\n(state:\n.*?)```/gs)].map(([, one = '']) => one);
    expect(shown.map((one) => /backend: (\w+)/.exec(one)?.[1])).toEqual(['http', 'oss']);
    for (const one of shown) {
      const folder = mkdtempSync(join(tmpdir(), 'phinfra-docs-'));
      const head = 'phinfra: 1\nresources: ["a.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n';
      writeFileSync(join(folder, 'phinfra.yaml'), `${head}${one}`);
      writeFileSync(join(folder, 'a.yaml'), 'userGroups: {}\n');
      const env = { CI_API_V4_URL: 'https://gitlab.example.com/api/v4', CI_JOB_TOKEN: 'x' };
      expect((await validate({ folder, env, home: folder, variables: {} })).diagnostics).toEqual([]);
      rmSync(folder, { recursive: true });
    }
  });

  it('has no link that leads nowhere', () => {
    const broken = all.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => join(ROOT, dirname(page), target))
        .filter((target) => !existsSync(target))
        .map((target) => `${page} -> ${relative(ROOT, target)}`),
    );
    expect(broken).toEqual([]);
  });

  it('numbers its decisions without a gap', () => {
    const numbers = readdirSync(join(ROOT, 'docs/decisions'))
      .map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])
      .sort();
    expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')));
  });
});
