import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { SETS, schemaOf } from '../../engine/core/resource-schema.ts';
import type { Validate } from '../../engine/core/schema-check.ts';
import { VALIDATORS, validateWorkspace } from '../../engine/core/validators/index.js';
import { WORKSPACE_SCHEMA } from '../../engine/core/workspace-schema.ts';
import { KINDS } from '../../engine/kinds/index.ts';

const MARKS = ['x-phinfra-secrets', 'x-phinfra-secret', 'x-phinfra-as-written', 'x-phinfra-form'];
const FORMS = [
  { name: 'workspace', schema: WORKSPACE_SCHEMA, shortened: validateWorkspace },
  ...[SETS, ...KINDS].map((kind) => ({
    name: kind.collection,
    schema: schemaOf(kind),
    shortened: VALIDATORS[kind.collection] as Validate,
  })),
];

const WORDS = ['', 'a', 'prod', 'dev', 'basic', '2027-03-31', '10.0.0.0/8', 'group:x', 'GENERAL', 'MAX_COMPUTE', '*'];
const ANY: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.integer({ min: -1, max: 4 }),
  fc.constantFrom(true, false, null, 0.5, 70_000),
  fc.constantFrom([], {}, [7], ['a', 'a'], { who: 'a' }, { unheard: 1 }),
);

/** Values that mostly fit, with a fault here and there, so that every branch of a validator has its turn. */
const valuesOf = (schema: Json | undefined, depth = 0): fc.Arbitrary<unknown> => {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema) || depth > 6) return ANY;
  const form = schema as JsonObject;
  const choices = ((form['anyOf'] ?? form['oneOf'] ?? form['allOf'] ?? []) as readonly Json[]).map((one) =>
    valuesOf(one, depth + 1),
  );
  const own = [...choices];
  if (Array.isArray(form['enum'])) own.push(fc.constantFrom(...(form['enum'] as readonly unknown[])));
  if (form['const'] !== undefined) own.push(fc.constant(form['const']));
  if (form['items'] !== undefined) own.push(fc.array(valuesOf(form['items'], depth + 1), { maxLength: 3 }));
  const properties = Object.entries((form['properties'] ?? {}) as JsonObject);
  if (properties.length > 0) {
    const known = Object.fromEntries(properties.map(([key, below]) => [key, valuesOf(below, depth + 1)]));
    own.push(fc.record({ ...known, unheard: ANY }, { requiredKeys: [] }));
  }
  if (typeof form['additionalProperties'] === 'object')
    own.push(fc.dictionary(fc.constantFrom(...WORDS, 'b c'), valuesOf(form['additionalProperties'], depth + 1), { maxKeys: 2 }));
  if (own.length === 0) return ANY;
  return fc.oneof({ weight: 8, arbitrary: fc.oneof(...own) }, { weight: 1, arbitrary: ANY });
};

describe('a shortened validator', () => {
  it.each(FORMS)('says what ajv says, word for word: $name', ({ schema, shortened }) => {
    const ajv = new Ajv({ allErrors: true, messages: false, strict: true, strictTypes: false });
    ajv.addVocabulary(MARKS);
    const whole = ajv.compile(schema);
    let faults = 0;
    fc.assert(
      fc.property(valuesOf(schema), (value) => {
        const fits = whole(value);
        if (!fits) faults++;
        expect(shortened(value)).toBe(fits);
        expect(shortened.errors ?? null).toEqual(whole.errors ?? null);
      }),
      { numRuns: 120 },
    );
    expect(faults).toBeGreaterThan(10);
  });
});
