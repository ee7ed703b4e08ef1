/** Mutants are edits of the engine's text: when it moves, they have to move with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edited, nameOf } from '../mutants/mutant.ts';
import { REVIEWER } from '../mutants/reviewer.ts';
import { SEEDED } from '../mutants/seeded.ts';

const root = join(import.meta.dirname, '../..');

describe('every mutant', () => {
  it.each([...SEEDED, ...REVIEWER].map((mutant) => [nameOf(mutant), mutant] as const))('applies: %s', (_, { edits }) => {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ?? readFileSync(join(root, edit.file), 'utf8');
      texts.set(edit.file, edited(text, edit));
      expect(texts.get(edit.file)).not.toBe(text);
    }
  });
});
