/** Whole texts kept in files: `GOLDEN=write npx vitest run test/cli` rewrites them, and reading the difference is the review. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

export const expectGolden = (name: string, text: string): void => {
  const file = join(import.meta.dirname, 'golden', name);
  if (process.env.GOLDEN === 'write') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${name} is missing; GOLDEN=write makes it`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
};
