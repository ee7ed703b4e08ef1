import { expect, it } from 'vitest';
import { renderConfig } from '../../cli/render/config.ts';
import { narrowWidth } from '../../cli/render/lines.ts';

it('reads like YAML, with the place of every value that has one', () => {
  const rendered = {
    sets: { finance: { people: ['sets/leads', { who: 'bob@example.com', until: '2030-12-31' }] } },
    userGroups: { yes: { active: true, description: 'a: b', admins: [], 'two\nlines': '' } },
    computeSources: { mc: { config: { key: '${env:MC_KEY}' } } },
    projects: {},
  };
  const source = { file: 'a.yaml', line: 3, column: 5 };
  const text = renderConfig(
    rendered,
    { '/sets/finance/people/1/who': source, '/userGroups/yes/active': source },
    { color: false, widthOf: narrowWidth },
  );
  expect(text).toBe(
    [
      'sets:',
      '  finance:',
      '    people:',
      '      - sets/leads',
      '      - who: bob@example.com                            # a.yaml:3',
      '        until: "2030-12-31"',
      'userGroups:',
      '  "yes":',
      '    active: true                                        # a.yaml:3',
      '    description: "a: b"',
      '    admins: []',
      '    "two\\nlines": ""',
      'computeSources:',
      '  mc:',
      '    config:',
      '      key: "${env:MC_KEY}"',
      'projects: {}',
      '',
    ].join('\n'),
  );
});
