/** What the kinds say about their calls, held against what their cases do. */
import { describe, expect, it } from 'vitest';
import { fits, partsOf } from '../../engine/core/json.ts';
import type { FieldRule, Kind } from '../../engine/core/kind.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';
import type { KindCase, Variant } from './case.ts';
import { CASES } from './table.ts';

type Names = readonly OperationName[];
const sorted = (names: Iterable<OperationName>): Names => [...new Set(names)].sort();

/** The rule that meets a difference: the most exact of those that fit. */
const ruleOf = (kind: Kind, pointer: string): FieldRule | undefined =>
  [...kind.fields]
    .sort((a, b) => partsOf(b.path).length - partsOf(a.path).length)
    .find(({ path }) => fits(path, pointer) || pointer === path.replace(/\/\*$/, ''));

const optionCalls = (kind: Kind): Names =>
  kind.fields.filter(({ rule }) => rule === 'option').flatMap(({ calls }) => calls ?? []);

const variantsOf = (kind: Kind): readonly { readonly one: KindCase; readonly variant: Variant }[] =>
  CASES.filter((one) => one.kind.collection === kind.collection).flatMap((one) =>
    one.variants.filter(({ operations }) => operations.length > 0).map((variant) => ({ one, variant })),
  );

/** The calls of a variant without those of options, and the rules that it touches. */
const effectOf = (kind: Kind, { operations, pointers }: Variant) => ({
  calls: operations.filter((name) => !optionCalls(kind).includes(name)),
  rules: [...new Set(pointers.filter((pointer) => pointer !== '').map((pointer) => ruleOf(kind, pointer)))],
  renames: pointers.includes(''),
});

describe('the calls that a kind names', () => {
  for (const kind of KINDS) {
    const effects = variantsOf(kind).map(({ variant }) => ({ name: variant.name, ...effectOf(kind, variant) }));
    const touching = (rule: FieldRule) => effects.filter(({ rules }) => rules.includes(rule));

    it(`${kind.collection}: for each field exactly those that its variants need`, () => {
      for (const rule of kind.fields.filter(({ rule: word }) => word !== 'option')) {
        const named = sorted(rule.calls ?? []);
        const alone = touching(rule).filter(({ rules, renames }) => rules.length === 1 && !renames);
        const missing = sorted(alone.flatMap(({ calls }) => calls)).filter((name) => !named.includes(name));
        const seen = sorted(touching(rule).flatMap(({ calls }) => calls));
        // Where every variant waits for a person, no call is seen.
        const waits = rule.guard !== undefined && touching(rule).length === 0;
        const idle = waits ? [] : named.filter((name) => !seen.includes(name));
        expect({ path: rule.path, missing, idle }).toEqual({ path: rule.path, missing: [], idle: [] });
      }
    });

    it(`${kind.collection}: no variant makes a call that no field of it names`, () => {
      const strays = effects.flatMap(({ name, calls, rules, renames }) => {
        const named = [...rules.flatMap((rule) => rule?.calls ?? []), ...(renames ? (kind.calls?.rename ?? []) : [])];
        const stray = calls.filter((call) => !named.includes(call));
        return stray.length > 0 || rules.includes(undefined) ? [{ name, stray, rules: rules.map((rule) => rule?.path) }] : [];
      });
      expect(strays).toEqual([]);
    });

    it(`${kind.collection}: of a rename exactly those that renaming needs`, () => {
      const alone = effects.filter(({ rules, renames }) => renames && rules.length === 0);
      expect(kind.calls?.rename === undefined).toBe(!kind.renames);
      expect(sorted(alone.flatMap(({ calls }) => calls))).toEqual(sorted(kind.calls?.rename ?? []));
    });

    it(`${kind.collection}: of a create and a delete those that its cases make`, () => {
      const cases = CASES.filter((one) => one.kind.collection === kind.collection);
      const creates = sorted(cases.flatMap((one) => one.creates));
      const ofFields = kind.fields.flatMap(({ calls }) => calls ?? []);
      const create = kind.calls?.create ?? [];
      expect({
        idle: create.filter((name) => !creates.includes(name)),
        strays: creates.filter((name) => !create.includes(name) && !ofFields.includes(name)),
        delete: sorted(kind.calls?.delete ?? []),
      }).toEqual({ idle: [], strays: [], delete: sorted(cases.flatMap((one) => one.deletes)) });
    });

    it(`${kind.collection}: of an option exactly those that it adds`, () => {
      const made = CASES.filter((one) => one.kind.collection === kind.collection).flatMap((one) => [
        ...one.creates,
        ...one.variants.flatMap(({ operations }) => operations),
      ]);
      expect(sorted(optionCalls(kind)).filter((name) => !made.includes(name))).toEqual([]);
    });
  }
});
