/** Rewrites every generated file: `npm run generate`. Tests fail when one of them is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateCalls } from './generate-calls.ts';
import { generateCodes } from './generate-codes.ts';
import { generateOperations } from './generate-operations.ts';
import { generateSchemas } from './generate-schemas.ts';

const root = join(import.meta.dirname, '..');
const files = { ...generateOperations(root), ...(await generateSchemas(root)), ...generateCodes(), ...generateCalls() };
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
