/** Pages from the kinds' own data: complete for every kind and field, whoever adds one. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CODE_TEXTS } from '../../engine/core/code-texts.ts';
import { CODES } from '../../engine/core/diagnostic.ts';
import { explainTopic, topicsOf } from '../../engine/core/explain.ts';
import type { FieldPage, KindPage, Page } from '../../engine/core/explain-pages.ts';
import { yamlOf } from '../../engine/core/yaml-text.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { generateCalls } from '../../scripts/generate-calls.ts';
import { generateCodes } from '../../scripts/generate-codes.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = (topic: string | null): Page => {
  const found = explainTopic(topic, KINDS);
  if ('nearest' in found) throw new Error(`no page about ${topic}; near: ${found.nearest.join(', ')}`);
  return found.page;
};
const field = (topic: string): FieldPage => {
  const found = page(topic);
  if (found.page !== 'field') throw new Error(`${topic} is a ${found.page}`);
  return found;
};
const kind = (topic: string): KindPage => {
  const found = page(topic);
  if (found.page !== 'kind') throw new Error(`${topic} is a ${found.page}`);
  return found;
};
const nearestTo = (topic: string): readonly string[] => {
  const found = explainTopic(topic, KINDS);
  return 'nearest' in found ? found.nearest : [`a page: ${found.page.page}`];
};

describe('every kind', () => {
  for (const { collection, schema, example, calls } of KINDS)
    it(`${collection} has a page with a meaning, an example, its fields and its calls`, () => {
      const found = kind(collection);
      expect(found.means).toMatch(/^[A-Z].*\.$/);
      expect(parse(found.example)).toEqual({ [collection]: example });
      expect(found.fields.map(({ name }) => name)).toEqual(Object.keys(schema['properties'] as object));
      expect([
        found.calls.create.map(({ operation }) => operation),
        found.calls.delete.map(({ operation }) => operation),
      ]).toEqual([calls?.create, calls?.delete]);
    });
});

describe('every field', () => {
  const topics = topicsOf(KINDS).filter((topic) => topic.includes('.'));
  it('is found, nested ones too', () => {
    expect(topics.length).toBeGreaterThan(40);
    expect(topics).toContain('projects.whiteList.ip');
    expect(topics.map((topic) => field(topic).topic)).toEqual(topics);
  });
  it('has a meaning: a sentence in its schema', () => {
    expect(topics.filter((topic) => !/^[A-Z“"{`].*[.…]$/s.test(field(topic).means))).toEqual([]);
  });
  it('has a form, an example that YAML reads, and says how a difference is met', () => {
    const lacking = topics.filter((topic) => {
      const { form, example, changes } = field(topic);
      return form === '' || example === '' || Object.keys(parse(example)).length !== 1 || changes.length === 0;
    });
    expect(lacking).toEqual([]);
  });
});

describe('a page of a field', () => {
  it('is the whole truth about it', () => {
    expect(page('userGroups.members')).toEqual({
      page: 'field',
      topic: 'userGroups.members',
      kind: 'userGroups',
      name: 'members',
      path: '/members',
      means: 'The people of the group, complete.',
      form: 'a list of principals',
      allowed: null,
      limits: [],
      required: 'no',
      edition: 'basic',
      serverVersion: '6.0',
      isContact: false,
      changes: [
        {
          path: '/members/*',
          rule: 'update',
          why: null,
          notes: [],
          refused: null,
          isGuarded: false,
          calls: [
            { operation: 'RemoveUserGroupMember', level: 2 },
            { operation: 'AddUserGroupMember', level: 2 },
          ],
        },
      ],
      known: [],
      example: 'userGroups:\n  finance_analysts:\n    members: [bob@example.com, carol@example.com]',
      fields: [],
    });
  });
  it('is found by its name, by a pointer as plans print it, and in any case', () => {
    for (const topic of [
      'projects.members.prod',
      'projects/members/prod',
      'projects/members/prod/bob@example.com',
      'PROJECTS.Members.Prod',
    ])
      expect(field(topic).topic, topic).toBe('projects.members.prod');
    expect(field('computeSources.config.maxcompute.endpoint').topic).toBe('computeSources.config');
    expect(field('computeSources/config/maxcompute.endpoint').topic).toBe('computeSources.config');
    expect(field('projects/whiteList/10.0.0.0~18:3306').topic).toBe('projects.whiteList');
    expect(field('projects.whiteList.*.port').topic).toBe('projects.whiteList.port');
  });
  it('says which fields a create needs, from what the kind itself refuses', () => {
    const needed = (name: string) =>
      kind(name)
        .fields.filter(({ required }) => required !== 'no')
        .map(({ topic, required }) => `${topic} ${required}`);
    expect(needed('computeSources')).toEqual(['computeSources.type to create', 'computeSources.config to create']);
    expect(needed('projects')).toEqual(['projects.mode to create']);
    expect(needed('userGroups')).toEqual([]);
    expect(field('projects.whiteList.ip').required).toBe('always');
  });
  it('knows the config keys of every type that has a public list, once for types that have the same', () => {
    const { known } = field('dataSources.prod.config');
    const types = known.flatMap(({ of }) => of);
    expect(new Set(types).size).toBe(types.length);
    expect(types).toEqual(expect.arrayContaining(['MYSQL', 'HIVE', 'MONGODB']));
    const mysql = known.find(({ of }) => of.includes('MYSQL'))?.keys ?? [];
    expect(mysql.find(({ key }) => key === 'jdbc.password')).toMatchObject({ isRequired: true, means: 'its password' });
    expect(mysql.find(({ key }) => key === 'access.type')?.values).toEqual(['PUBLIC', 'VPC']);
    expect(field('dataSources.prod').known).toEqual([]);
  });
  it('names the highest edition of what it needs', () => {
    expect([field('projects.displayName').edition, field('projects.bizUnit').edition]).toEqual(['agile', 'intelligent']);
  });
  it('tells rules apart from what can change in place', () => {
    const rulesOf = (topic: string) => field(topic).changes.map(({ rule, refused }) => [rule, refused !== null]);
    expect(rulesOf('computeSources.type')).toEqual([['immutable', false]]);
    expect(rulesOf('projects.mode')).toEqual([['immutable', true]]);
    expect(rulesOf('computeSources.config')).toEqual([['writeOnly', false]]);
    expect(rulesOf('computeSources.secretsVersion')).toEqual([['remembered', false]]);
    expect(rulesOf('computeSources.check')).toEqual([['option', false]]);
    expect(field('projects.computeSource').changes.map(({ isGuarded }) => isGuarded)).toEqual([true, true]);
  });
});

describe('a topic', () => {
  it('may be a code, with its exit and what to do', () => {
    expect(page('reference_unknown')).toEqual({
      page: 'code',
      topic: 'REFERENCE_UNKNOWN',
      means: 'a name that is neither declared nor live',
      next: 'the message names the nearest one',
      exit: 3,
    });
    for (const code of Object.keys(CODES)) expect(page(code).page).toBe('code');
  });
  it('may be a word that all kinds share, also below a resource', () => {
    for (const name of ['sets', 'lifecycle', 'principals', 'renamedFrom']) {
      const found = page(name);
      expect(found.page === 'topic' && [found.topic, found.fields.every(({ means }) => means !== '')]).toEqual([name, true]);
    }
    expect(page('userGroups.lifecycle')).toEqual(page('lifecycle'));
    expect(page('lifecycle.onRemove')).toEqual(page('lifecycle'));
    expect(page('sets.people')).toEqual(page('sets'));
  });
  it('that does not exist gives the nearest ones', () => {
    expect(nearestTo('userGroup')).toEqual(['userGroups']);
    expect(nearestTo('userGroups.membres')).toEqual(['userGroups.members']);
    expect(nearestTo('REFERENCE_UNKOWN')).toEqual(['REFERENCE_UNKNOWN']);
    expect(nearestTo('projects.description.drod')[0]).toBe('projects.description.prod');
    expect(nearestTo('userGroups.xyz')).toEqual(['userGroups']);
    expect(nearestTo('usergrups.membrs')).toEqual(['userGroups.members']);
    expect(nearestTo('mobile')).toEqual(['tenantMembers.mobile']);
    expect(nearestTo('lifecycle.onremoved')).toEqual(['lifecycle']);
    expect(nearestTo('zzz')).toEqual([]);
  });
  it('may be left out: the overview has every kind', () => {
    const found = page(null);
    expect(found.page === 'overview' && found.kinds.map(({ topic }) => topic)).toEqual(KINDS.map(({ collection }) => collection));
  });
});

describe('generated pages', () => {
  it('are what the sources say: npm run generate was run', () => {
    const stale = Object.entries({ ...generateCalls(), ...generateCodes() }).filter(
      ([path, text]) => readFileSync(join(ROOT, path), 'utf8') !== text,
    );
    expect(stale.map(([path]) => path)).toEqual([]);
  });
  it('have every code with a meaning and a next step, once, and every kind with every field', () => {
    const codes = generateCodes()['docs/codes.md'] ?? '';
    for (const [code, { means, next }] of Object.entries(CODE_TEXTS)) {
      expect(codes.split(`| \`${code}\` | ${CODES[code as keyof typeof CODES]} | ${means} | ${next} |`).length, code).toBe(2);
      expect(
        [means, next].every((text) => text !== '' && !text.endsWith('.')),
        code,
      ).toBe(true);
    }
    const calls = generateCalls()['docs/calls.md'] ?? '';
    for (const { collection, fields } of KINDS) {
      const [, section = ''] = new RegExp(`\\n## ${collection}\\n(.*?)(?=\\n## |$)`, 's').exec(calls) ?? [];
      expect(fields.filter(({ path }) => !section.includes(`| \`${path.slice(1)}\``))).toEqual([]);
    }
  });
});

describe('YAML as people would have written it', () => {
  it('reads back as the same value', () => {
    const value = {
      a: { 'b c': { list: ['x', 'true', '1', 'a: b', '${env:X}', '财务', ' y'], flag: true, number: 3, none: {}, empty: [] } },
      'id:1': { long: Array.from({ length: 9 }, (_, index) => ({ who: `person${index}@example.com`, until: '2027-03-31' })) },
    };
    expect(parse(yamlOf(value))).toEqual(value);
  });
});

describe('what every start loads', () => {
  it('does not hold a line of it', () => {
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file) || !existsSync(file) || !file.endsWith('.ts')) return;
      reached.add(file);
      const statements = /(?:^|\n)\s*(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/g;
      for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(statements)) follow(resolve(dirname(file), target));
    };
    for (const entry of ['cli/main.ts', 'cli/run.ts', 'cli/command-line.ts', 'engine/index.ts']) follow(join(ROOT, entry));
    expect(reached.size).toBeGreaterThan(40);
    expect([...reached].map((file) => relative(ROOT, file)).filter((file) => /explain|code-texts|yaml-text/.test(file))).toEqual(
      [],
    );
  });
});
