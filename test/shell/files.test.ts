import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KINDS } from '../../engine/kinds/index.ts';
import { findFiles, openFileSystem, readTextFile } from '../../engine/shell/files.ts';
import { loadWorkspace } from '../../engine/shell/workspace.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phinfra-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};
const find = (glob: string) => findFiles(openFileSystem(folder), glob);

describe('patterns', () => {
  const tree = [
    'a.yaml',
    'b.yml',
    'team/x.yaml',
    'team/deep/y.yaml',
    'team/.hidden.yaml',
    '.git/z.yaml',
    'node_modules/p/q.yaml',
    'größe/财.yaml',
  ];

  it('name files in the workspace, sorted, without hidden ones and packages', () => {
    write(Object.fromEntries(tree.map((path) => [path, ''])));
    expect(find('**/*.yaml')).toEqual({
      files: ['a.yaml', 'größe/财.yaml', 'team/deep/y.yaml', 'team/x.yaml'],
      faults: [],
      wrong: null,
    });
    expect(find('*.{yaml,yml}').files).toEqual(['a.yaml', 'b.yml']);
    expect(find('./team/*.yaml').files).toEqual(['team/x.yaml']);
    expect(find('team/deep/y.yaml').files).toEqual(['team/deep/y.yaml']);
    expect(find('node_modules/**/*.yaml').files).toEqual(['node_modules/p/q.yaml']);
    expect(find('team/.hidden.yaml').files).toEqual(['team/.hidden.yaml']);
    expect(find('none/*.yaml')).toEqual({ files: [], faults: [], wrong: null });
  });

  it('follow links inside the workspace once, also where they lead back', () => {
    write({ 'real/a.yaml': '' });
    symlinkSync('real', join(folder, 'linked'));
    symlinkSync('..', join(folder, 'real', 'loop'));
    symlinkSync('real/a.yaml', join(folder, 'b.yaml'));
    expect(find('**/*.yaml')).toEqual({ files: ['b.yaml', 'linked/a.yaml', 'real/a.yaml'], faults: [], wrong: null });
  });

  it('tell a folder from a pattern without matches', () => {
    write({ 'team/a.yaml': '' });
    expect(find('team').wrong).toBe('folder');
    expect(find('../x.yaml').wrong).toBe('outside');
  });
});

describe('a file', () => {
  it('is read without its byte order mark', () => {
    write({ 'a.yaml': '\ufeffa: 财\n' });
    expect(readTextFile(openFileSystem(folder), 'a.yaml')).toEqual({ text: 'a: 财\n' });
  });

  it('counts against what may be read in all', () => {
    write({ 'a.yaml': '12345', 'b.yaml': '12345' });
    const system = openFileSystem(folder);
    system.bytesLeft = 8;
    expect(readTextFile(system, 'a.yaml')).toEqual({ text: '12345' });
    expect(readTextFile(system, 'b.yaml')).toMatchObject({
      fault: { code: 'FILE_TOO_LARGE', source: { file: 'b.yaml', line: 1, column: 1 } },
    });
  });
});

describe('a workspace', () => {
  const invocation = () => ({ folder, variables: {}, env: {}, home: folder });

  it('takes no overlay, of any environment, for a resource file', async () => {
    write({
      'phinfra.yaml': `phinfra: 1
resources: ["**/*.yaml"]
defaultEnvironment: dev
environments:
  dev: { tenant: "1", connection: { region: cn-shanghai }, overlays: ["env/dev/*.yaml"] }
  prod: { tenant: "2", connection: { region: cn-shanghai }, overlays: ["env/prod/*.yaml"] }
`,
      'people/a.yaml': 'userGroups:\n  a: { description: base }\n',
      'env/dev/o.yaml': 'userGroups:\n  a: { description: dev }\n',
      'env/prod/o.yaml': 'userGroups:\n  a: null\n',
    });
    const loaded = await loadWorkspace(invocation(), KINDS);
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.resources.map(({ address, raw }) => [address, raw])).toEqual([['userGroups/a', { description: 'dev' }]]);
    const prod = await loadWorkspace({ ...invocation(), environment: 'prod' }, KINDS);
    expect([prod.config?.environment.tenant, prod.resources, prod.diagnostics]).toEqual(['2', [], []]);
  });

  it('is its configuration alone where only that is asked for', async () => {
    write({ 'phinfra.yaml': 'phinfra: 1\nresources: ["missing/*.yaml"]\ntenant: "1"\nconnection: { region: cn-shanghai }\n' });
    const { config, resources, diagnostics } = await loadWorkspace(invocation(), KINDS, { configOnly: true });
    expect([config?.environment.tenant, resources, diagnostics]).toEqual(['1', [], []]);
  });
});
