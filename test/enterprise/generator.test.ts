/** The generator of enterprises: any size, from a seed, the same bytes each time. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseWorld } from '../../emulator/index.ts';
import { COLLECTIONS, type Enterprise, generateEnterprise } from '../../scripts/enterprise/index.ts';
import { modelOf, resources } from './model.ts';

const digest = ({ files }: Enterprise): string => createHash('sha256').update(JSON.stringify(files)).digest('hex');
const countsOf = (enterprise: Enterprise): Record<string, number> => {
  const model = modelOf(enterprise);
  return Object.fromEntries(COLLECTIONS.map((collection) => [collection, resources(model, collection).length]));
};

describe('a generated enterprise', () => {
  it('is the same for the same seed, and another one for another', () => {
    const [first, second, third] = [7, 7, 8].map((seed) => digest(generateEnterprise({ seed, resources: 400 })));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  for (const size of [70, 71, 81, 105, 147, 399, 1_000, 10_000])
    it(`has exactly ${size} resources when asked for ${size}, some of every kind`, () => {
      const counts = countsOf(generateEnterprise({ seed: 3, resources: size }));
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(size);
      expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
    });

  it('refuses sizes that would leave a kind out', () => {
    expect(() => generateEnterprise({ seed: 1, resources: 69 })).toThrow('resources: expected a whole number from 70 on');
    expect(() => generateEnterprise({ seed: 1, resources: 400.5 })).toThrow('resources: expected a whole number from 70 on');
  });

  it('writes YAML that says what was meant, in lines that can be read', () => {
    for (const seed of [1, 2, 3]) {
      const { files, documents } = generateEnterprise({ seed, resources: 400 });
      for (const [path, { content }] of Object.entries(documents)) expect(parse(files[path] ?? ''), path).toEqual(content);
      const lines = Object.keys(documents).flatMap((path) => (files[path] ?? '').split('\n'));
      // A JDBC address is one word.
      expect(lines.filter((line) => line.length > 130 && !line.includes('jdbc.url'))).toEqual([]);
    }
  });

  it('begins with worlds that an emulator takes, of two tenants, which hold nothing that the files declare', () => {
    const enterprise = generateEnterprise({ seed: 1, resources: 400 });
    const model = modelOf(enterprise);
    const declared = new Set(COLLECTIONS.flatMap((collection) => resources(model, collection).map(({ address }) => address)));
    const worlds = [enterprise.worlds.dev, enterprise.worlds.prod].map(parseWorld);
    expect(worlds.map(({ tenant }) => tenant)).toEqual(['300001500', '300001413']);
    for (const world of worlds) {
      const accounts = new Map(world.users.map(({ Id, AccountName }) => [Id, AccountName]));
      const live = [
        ...world.members.map(({ UserId }) => `tenantMembers/${accounts.get(UserId)}`),
        ...world.userGroups.map(({ Name }) => `userGroups/${Name}`),
        ...world.computeSources.map(({ Name }) => `computeSources/${Name}`),
        ...world.dataSources.map(({ Prod }) => `dataSources/${Prod.Name}`),
        ...world.projects.map(({ Name }) => `projects/${Name}`),
        ...world.appGroups.map(({ Name }) => `dataServiceAppGroups/${Name}`),
      ];
      expect(live.length).toBeGreaterThan(25);
      expect(live.filter((address) => declared.has(address))).toEqual([]);
    }
  });

  it('keeps every secret in a file of its own, with a value that nobody takes for a real one', () => {
    const { files } = generateEnterprise({ seed: 1, resources: 400 });
    const texts = Object.entries(files).filter(([path]) => path.endsWith('.yaml'));
    const named = new Set(texts.flatMap(([, text]) => [...text.matchAll(/\$\{file:([^}]+)\}/g)].map(([, path = '']) => path)));
    const secrets = Object.keys(files).filter((path) => path.startsWith('secrets/'));
    expect([...named].sort()).toEqual([...secrets].sort());
    expect(secrets.filter((path) => !/^example-only-[a-z0-9-]+\n$/.test(files[path] ?? ''))).toEqual([]);
  });
});
