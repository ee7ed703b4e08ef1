/** Bad input: every case is refused with a code and a place, all at once, and nothing of it is quoted (DESIGN 1.11). */
import { describe, expect, it } from 'vitest';
import { DATA_SERVICE } from './data-service.ts';
import { DATA_SOURCES, GOOD_DATA_SOURCES } from './data-sources.ts';
import { FORM } from './form.ts';
import { GRANTS } from './grants.ts';
import { type Case, loadCase, placeAndCode, validateCase } from './harness.ts';
import { ROW_PERMISSIONS } from './row-permissions.ts';
import { SCHEMA } from './schema.ts';
import { WORKSPACE } from './workspace.ts';

const refuses = (cases: readonly Case[], look: typeof validateCase = loadCase): void => {
  for (const one of cases)
    it(one.claim, async () => {
      const { diagnostics } = await look(one);
      expect(diagnostics.map(placeAndCode)).toEqual(one.expected);
      expect(JSON.stringify(diagnostics)).not.toContain('hunter2-canary');
      for (const { message, hint, severity } of diagnostics) {
        expect(severity).toBe('error');
        expect(message).toMatch(/^[A-Z"_p].*\.$/s);
        expect(hint ?? 'no hint').not.toBe('');
      }
      if (one.says !== undefined)
        expect(diagnostics.map(({ message, hint }) => `${message} ${hint}`).join('\n')).toContain(one.says);
    });
};

describe('a file of wrong form is refused', () => refuses(FORM));
describe('a wrong resource is refused', () => refuses(SCHEMA));
describe('a wrong workspace is refused', () => refuses(WORKSPACE));
describe('what is wrong with the data service is refused', () => refuses(DATA_SERVICE, validateCase));
describe('what is wrong with row permissions is refused', () => refuses(ROW_PERMISSIONS, validateCase));
describe('what is wrong with a data source is refused', () => refuses(DATA_SOURCES, validateCase));
describe('what only looks wrong with a data source passes', () => refuses(GOOD_DATA_SOURCES, validateCase));
describe('what is wrong with grants is refused', () => refuses(GRANTS, validateCase));

describe('bad input in general', () => {
  it('is covered by at least sixty cases with a place', () => {
    const placed = [...FORM, ...SCHEMA, ...WORKSPACE, ...DATA_SERVICE].filter(({ expected }) =>
      expected.every((text) => !text.startsWith('-')),
    );
    expect(placed.length).toBeGreaterThanOrEqual(60);
  });

  it('never changes a prototype', async () => {
    await loadCase({
      claim: '',
      resources: 'userGroups:\n  __proto__: { polluted: true }\n  a: { constructor: { prototype: { polluted: true } } }\n',
      expected: [],
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('never quotes a value', async () => {
    const canary = 'hunter2-canary';
    const texts = [
      `computeSources:\n  a:\n    config: { jdbc.password: ${canary} }\n`,
      `computeSources:\n  a:\n    config: { jdbc.password: "${canary} }\n`,
      `computeSources:\n  a:\n    config: { jdbc.password: !${canary} x }\n`,
      `computeSources:\n  a:\n    config: [${canary}]\n`,
      `computeSources:\n  a: ${canary}\n`,
      `computeSources:\n  a: ] ${canary}\n`,
      `projects:\n  a: { mode: ${canary} }\n`,
      `${canary}\n`,
    ];
    for (const resources of texts) {
      const { diagnostics } = await loadCase({ claim: '', resources, expected: [] });
      expect(diagnostics.length).toBeGreaterThan(0);
      expect(JSON.stringify(diagnostics)).not.toContain(canary);
    }
  });
});
