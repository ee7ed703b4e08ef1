/** The built program with its record in a bucket: over a real connection, and where the package is not installed. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bucketOf, createOssServer, OSS_ENV } from '../support/oss-server.ts';
import { tenantFiles } from '../support/tenant-files.ts';
import { main, newFolder, runBuilt } from './run-built.ts';

const begin = async (versioning?: 'enabled') => {
  const server = createOssServer(versioning ? { versioning } : {});
  const { endpoint, close } = await server.listen();
  onTestFinished(close);
  const at = newFolder();
  const files = tenantFiles(
    { userGroups: { finance: { description: 'Finance', members: ['bob@example.com'] } } },
    {
      connection: { emulator: { data: 'world.json' } },
      state: bucketOf({ endpoint }),
    },
  );
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text);
  return { server, at, run: (...argv: readonly string[]) => runBuilt(argv, at, main, OSS_ENV) };
};

it('applies, finds its record from an empty folder, and leaves its lock free', async () => {
  const { server, run } = await begin();
  const planned = await run('plan', '-o', 'plan.json');
  expect(planned).toMatchObject({ exit: 0, stderr: '' });
  const applied = await run('apply', 'plan.json');
  expect(applied.exit).toBe(0);
  expect(applied.stderr).not.toMatch(/warning|secret/i);
  // What it is about to spend, its intents, and its end.
  expect(server.versions()).toHaveLength(3);
  expect(server.lock()).toBe(null);
  expect(await run('plan', '--detailed-exitcode')).toMatchObject({ exit: 0 });
  const { stdout } = await run('state', 'unlock', '--dry-run', '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ exit: 0, data: { lock: { status: 'free', fence: 2 } } });
});

it('sends nothing to Dataphin where the bucket cannot hold a lock', async () => {
  const { server, run } = await begin('enabled');
  expect((await run('plan', '-o', 'plan.json')).exit).toBe(0);
  const { exit, stdout } = await run('apply', 'plan.json', '--format', 'json');
  const { diagnostics, applied } = JSON.parse(stdout);
  expect([exit, diagnostics.map(({ code }: { code: string }) => code), applied ?? 0]).toEqual([3, ['BUCKET_VERSIONED'], 0]);
  expect([server.keys(), server.versions()]).toEqual([[], []]);
});

it('says what to install where the package is not there: exit 3', async () => {
  const { server, at } = await begin();
  const alone = newFolder();
  cpSync(join(main, '../..'), join(alone, 'dist'), { recursive: true });
  const { exit, stderr } = await runBuilt(['plan'], at, join(alone, 'dist/cli/main.js'), OSS_ENV);
  expect(exit).toBe(3);
  expect(stderr).toContain('error PACKAGE_MISSING');
  expect(stderr).toContain('npm install ali-oss');
  expect(server.seen()).toEqual([]);
});
