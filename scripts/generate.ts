/** Rewrites every generated file: `npm run generate`. Tests fail when one of them is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateOperations } from './generate-operations.ts';
import { generateSchemas } from './generate-schemas.ts';

const root = join(import.meta.dirname, '..');
for (const [path, text] of Object.entries({ ...generateOperations(root), ...(await generateSchemas(root)) })) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
