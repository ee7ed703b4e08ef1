import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { generateSchemas } from '../../scripts/generate-schemas.ts';

const root = join(import.meta.dirname, '..', '..');
const schemaOf = (name: string) =>
  new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas', `${name}.json`), 'utf8')));

describe('generated schemas', () => {
  it('are what the sources say: npm run generate was run', async () => {
    const files = await generateSchemas(root);
    const stale = Object.entries(files).filter(([path, text]) => readFileSync(join(root, path), 'utf8') !== text);
    expect(stale.map(([path]) => path)).toEqual([]);
    expect(Object.keys(files).filter((path) => path.startsWith('schemas/'))).toEqual([
      'schemas/workspace.json',
      'schemas/resources.json',
      'schemas/plan.json',
      'schemas/snapshot.json',
    ]);
  });

  it('take what an editor sees: numbers in a config, sources as text', () => {
    const accepts = schemaOf('resources');
    expect(accepts({ computeSources: { mc: { type: 'MAX_COMPUTE', config: { port: 3306, password: '${env:MC_PW}' } } } })).toBe(
      true,
    );
    expect(accepts({ computeSources: { mc: { tipe: 'MAX_COMPUTE' } } })).toBe(false);
    expect(accepts({ userGroups: { a: { members: [{ who: 'x', until: '2027-03-31' }] } } })).toBe(true);
    expect(accepts({ usergroups: {} })).toBe(false);
  });

  it('hold plans to their form: every golden plan fits, and a plan of another format or without its steps does not', () => {
    const accepts = schemaOf('plan');
    const golden = join(root, 'test', 'golden');
    const plans = readdirSync(golden)
      .map((name) => join(golden, name, 'plan.json'))
      .filter((path) => existsSync(path));
    expect(plans.length).toBeGreaterThan(20);
    for (const path of plans) {
      const plan = JSON.parse(readFileSync(path, 'utf8'));
      expect([path, accepts(plan), accepts.errors ?? []]).toEqual([path, true, []]);
      expect(accepts({ ...plan, format: 'phinfra.plan/2' })).toBe(false);
      expect(accepts({ ...plan, steps: undefined })).toBe(false);
    }
  });
});
